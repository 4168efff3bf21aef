package chip

import (
	"encoding/binary"
	"hash/crc32"
)

func leUint64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

func putCRC(dst, payload []byte) {
	binary.LittleEndian.PutUint32(dst, crc32.Checksum(payload, castagnoli))
}
