package chip

import (
	"testing"

	"github.com/stretchr/testify/require"

	"encoding/binary"
	"hash/crc32"
	"hillock/router/aer"
)

func leUint64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func putCRC(dst, payload []byte) {
	binary.LittleEndian.PutUint32(dst, crc32.Checksum(payload, castagnoli))
}

func parseEvents(t *testing.T, csv string) *aer.Stream {
	s, err := aer.ReadCSV([]byte(csv), "e.csv")
	require.NoError(t, err)
	return s
}
