package science

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func distalShort(t testing.TB, o DistalOptions) []DistalResult {
	r, err := Distal(o)
	require.NoError(t, err)
	for k := range r {
		r[k].Seconds = 0
	}
	return r
}

func TestDistalX(t *testing.T) {
	for _, un := range []bool{false, true} {
		for _, r := range distalShort(t, DistalOptions{Seeds: []uint64{1}, Unmodulated: un, Ticks: 20000}) {
			fmt.Printf("%+v %016x\n", r, r.WHash)
		}
	}
}

func BenchmarkDistal(b *testing.B) {
	b.ReportAllocs()
	distalShort(b, DistalOptions{Seeds: []uint64{1}, Ticks: int64(b.N)})
}
