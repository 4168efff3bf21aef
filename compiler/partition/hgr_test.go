package partition_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/compiler/partition"
)

const small = "% a comment\n3 4 1\n\n5 1 2 3\n7 4 1\r\n0 2\n"

func TestReadHGR(t *testing.T) {
	h, err := partition.ReadHGR([]byte(small))
	require.NoError(t, err)
	want := &partition.Hypergraph{Neurons: 4, Weight: []int32{5, 7, 0}, First: []int32{0, 3, 5, 6}, Pins: []int32{0, 1, 2, 3, 0, 1}}
	require.Empty(t, cmp.Diff(want, h))
	require.NoError(t, h.Validate())
}

func TestReadHGRErrors(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"", "line 1: need NETS NEURONS 1, have an empty file"},
		{"3", "line 1: need a number of neurons, have the end of the line"},
		{"0 0 1\n", `line 1: need a number of neurons of 1 to`},
		{"1 2\n1 1 2\n", "line 1: need format 1 (weighted nets), have no format"},
		{"1 2 11\n1 1 2\n", `line 1: need format 1 (weighted nets) and the end of the line, have "11"`},
		{"1 2 1 9\n1 1 2\n", "line 1: need format 1"},
		{"999999 2 1\n1 1 2\n", "999999 nets need at least 3999996 bytes, have 17"},
		{"1 200000000 1\n1 1 2\n", "200000000 neurons in a file of 20 bytes"},
		{"2 2 1\n1 1 2\n", "line 3: need net 2 of 2, have the end of the file"},
		{"1 2 1\n1 1 2\n1 1 2\n", "line 3: need the end of the file after 1 nets"},
		{"1 2 1\n1\n", "line 2: need the source of net 1, have the end of the line"},
		{"1 2 1\n-1 1 2\n", `line 2: need a weight of 0 to 2147483647, have "-1"`},
		{"1 2 1\n2147483648 1 2\n", `have "2147483648"`},
		{"1 2 1\n1 1 3\n", `line 2: need a neuron of 1 to 2, have "3"`},
		{"1 2 1\n1 0 1\n", `line 2: need a neuron of 1 to 2, have "0"`},
		{"1 2 1\n1 1 2x\n", `have "2x"`},
		{"1 2 1\n1 2 1 2\n", "line 2: neuron 2 twice"},
	} {
		_, err := partition.ReadHGR([]byte(c.file))
		require.ErrorContains(t, err, c.want, "%q", c.file)
		require.ErrorContains(t, err, "partition: ", "%q", c.file)
	}
}

func TestReadCoords(t *testing.T) {
	got, err := partition.ReadCoords([]byte("layer,channel,y,x\n# c\n0,1,2,3\n\n1 0 -5 6\n"), 2)
	require.NoError(t, err)
	require.Equal(t, []partition.Coord{{Channel: 1, Y: 2, X: 3}, {Layer: 1, Y: -5, X: 6}}, got)
	for _, c := range []struct{ file, want string }{
		{"1 2\n", "need 2 lines, one per neuron, have 1"},
		{"1 2\n3 4\n5 6\n", "line 3: more than 2 neurons"},
		{"1 2\n3\n", "line 2: need 2 to 4 numbers"},
		{"1 2\n3 4.5\n", `line 2: need a whole number, have "4.5"`},
		{"1", "1 bytes cannot hold 2 lines"},
	} {
		_, err := partition.ReadCoords([]byte(c.file), 2)
		require.ErrorContains(t, err, c.want, "%q", c.file)
	}
}

// FuzzReadHGR is that the reader never panics, and that what it accepts is
// valid and can be partitioned within its limits.
func FuzzReadHGR(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("1 3 1\n9 3 1 2"))
	f.Add([]byte("0 1 1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := partition.ReadHGR(b)
		if err != nil {
			return
		}
		require.NoError(t, h.Validate())
		if h.Neurons > 2000 {
			return
		}
		r, err := partition.Run(neurons(h, 3), partition.Options{Effort: partition.Fast})
		require.NoError(t, err)
		for _, n := range partition.Rate(h, r.Part, r.Cores).Neurons {
			require.True(t, n >= 1 && n <= 3)
		}
	})
}

// FuzzReadCoords is that the reader never panics.
func FuzzReadCoords(f *testing.F) {
	f.Add([]byte("y x\n1 2\n3,4\n"), 2)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		got, err := partition.ReadCoords(b, n&0xff)
		if err == nil {
			require.Len(t, got, n&0xff)
		}
	})
}
