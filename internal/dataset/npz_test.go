package dataset

import (
	"archive/zip"
	"bytes"
	"math"
	"os"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNpzRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
		if shape == nil {
			shape = []int{}
		}
		n := 1
		for _, d := range shape {
			n *= d
		}
		arrays := []Array{
			{"a", shape, rapid.SliceOfN(rapid.Uint8(), n, n).Draw(t, "u1")},
			{"b", shape, rapid.SliceOfN(rapid.Uint16(), n, n).Draw(t, "u2")},
			{"c", shape, rapid.SliceOfN(rapid.Uint32(), n, n).Draw(t, "u4")},
			{"d", shape, rapid.SliceOfN(rapid.Uint64(), n, n).Draw(t, "u8")},
			{"e", shape, rapid.SliceOfN(rapid.Int8(), n, n).Draw(t, "i1")},
			{"f", shape, rapid.SliceOfN(rapid.Int16(), n, n).Draw(t, "i2")},
			{"g", shape, rapid.SliceOfN(rapid.Int32(), n, n).Draw(t, "i4")},
			{"h", shape, rapid.SliceOfN(rapid.Int64(), n, n).Draw(t, "i8")},
			{"i", shape, rapid.SliceOfN(rapid.Float32(), n, n).Draw(t, "f4")},
			{"j", shape, rapid.SliceOfN(rapid.Float64(), n, n).Draw(t, "f8")},
		}
		var one, two bytes.Buffer
		for _, b := range []*bytes.Buffer{&one, &two} {
			w := NewNpzWriter(b)
			for _, a := range arrays {
				require.NoError(t, w.Add(a.Name, a.Shape, a.Data))
			}
			require.NoError(t, w.Close())
		}
		require.Equal(t, one.Bytes(), two.Bytes(), "equal arrays give equal bytes")
		got, err := ReadNpz(one.Bytes(), "f")
		require.NoError(t, err)
		require.Equal(t, arrays, got)
	})
}

func TestNpzForeign(t *testing.T) {
	b := npzOf(t, Array{"counts", []int{2, 3}, []int32{1, 2, 3, 4, 5, 6}}, Array{"one", []int{}, []float64{math.Pi}}, Array{"l", []int{3}, []uint8{7, 8, 9}})
	var counts []int32
	require.NoError(t, npz.Read(bytes.NewReader(b), "counts.npy", &counts))
	require.Equal(t, []int32{1, 2, 3, 4, 5, 6}, counts)
	r, err := npz.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	require.Equal(t, []int{2, 3}, r.Header("counts.npy").Descr.Shape)
	require.Equal(t, []int{3}, r.Header("l.npy").Descr.Shape)
	var pi float64
	require.NoError(t, npz.Read(bytes.NewReader(b), "one.npy", &pi))
	require.Equal(t, math.Pi, pi)

	file, err := os.ReadFile("testdata/phase_flat.npz") // NumPy's own
	require.NoError(t, err)
	got, err := ReadNpz(file, "f")
	require.NoError(t, err)
	require.Equal(t, []int{1797, 10}, Find(got, "counts").Shape)
	require.IsType(t, []int8{}, Find(got, "pred").Data)
	require.Nil(t, Find(got, "none"))
}

// raw makes an npz of one member with a hand-written header.
func raw(t testing.TB, dict string, body []byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a.npy")
	require.NoError(t, err)
	head := append([]byte(npyMagic+"\x01\x00"), byte(len(dict)), byte(len(dict)>>8))
	_, err = w.Write(append(append(head, dict...), body...))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestNpyHeaders(t *testing.T) {
	one := func(dict string, body string) Array {
		a, err := ReadNpz(raw(t, dict, []byte(body)), "f")
		require.NoError(t, err)
		require.Len(t, a, 1)
		return a[0]
	}
	require.Equal(t, Array{"a", []int{2, 3}, []int16{0, 2, 4, 1, 3, 5}},
		one("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n", "\x00\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05"))
	require.Equal(t, Array{"a", []int{2}, []uint8{1, 0}}, one("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", "\x01\x00"))
	skipped, err := ReadNpz(raw(t, "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", nil), "f")
	require.NoError(t, err)
	require.Empty(t, skipped, "strings are left out")
	for dict, want := range map[string]string{
		"{'descr': '<i8', 'fortran_order': False, 'shape': (9999999,), }":                   "shape [9999999] needs 79999992 bytes, have 1",
		"{'descr': '<i8', 'fortran_order': False, 'shape': (99999999999,), }":               "need at most 32 dimensions and",
		"{'descr': '<i8', 'fortran_order': False, 'shape': (65536, 65536, 65536, 65536), }": "need at most 32 dimensions and",
		"{'descr': '<i8', 'fortran_order': False, 'shape': (-1,), }":                        "npy header",
		"{'descr': '<i8', 'fortran_order': False, 'shape': (200000000,), }":                 "1600000000 bytes, the limit leaves 1073741824",
		"": "npy header",
	} {
		_, err := ReadNpz(raw(t, dict, []byte("x")), "f")
		require.ErrorContains(t, err, want, dict)
		require.ErrorContains(t, err, "dataset: f: array a: ")
	}
}

func TestNpzWriterErrors(t *testing.T) {
	w := NewNpzWriter(&bytes.Buffer{})
	require.NoError(t, w.Add("a", []int{1}, []int8{1}))
	require.ErrorContains(t, w.Add("a", []int{1}, []int8{1}), "is empty, taken")
	require.ErrorContains(t, w.Add("../a", []int{1}, []int8{1}), "holds a slash")
	require.ErrorContains(t, w.Add("b", []int{2, 2}, []int8{1}), "shape [2 2] needs 4 elements, have 1")
	require.ErrorContains(t, w.Add("b", []int{-1}, []int8{1}), "shape [-1]")
	require.ErrorContains(t, w.Add("b", []int{1}, []string{"x"}), "type []string")
	require.ErrorContains(t, w.Add("b", []int{1}, []int{1}), "type []int")
}

// FuzzReadNpz: no input panics; what reads has as many elements as its shape says.
func FuzzReadNpz(f *testing.F) {
	f.Add(npzOf(f, Array{"x", []int{2, 2}, []uint16{1, 2, 3, 4}}, Array{"y", []int{}, []float32{0.5}}))
	f.Add(raw(f, "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n", make([]byte, 12)))
	f.Fuzz(func(t *testing.T, b []byte) {
		arrays, err := ReadNpz(b, "f")
		if err != nil {
			require.ErrorContains(t, err, "dataset: f:")
			return
		}
		for _, a := range arrays {
			n := 1
			for _, d := range a.Shape {
				n *= d
			}
			require.Equal(t, n, a.Len())
			require.Len(t, a.Float64s(), n)
		}
	})
}

// FuzzNpy gives the header parser text of its own, past the zip checksum.
func FuzzNpy(f *testing.F) {
	f.Add("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", []byte("12345678"))
	f.Fuzz(func(t *testing.T, dict string, body []byte) {
		if len(dict) > 1000 {
			return
		}
		_, _ = ReadNpz(raw(t, dict, body), "f")
	})
}
