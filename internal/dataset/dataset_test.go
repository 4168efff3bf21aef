package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func pack(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b)
	_ = z.Close()
	return out.Bytes()
}

func idx(body string, dims ...uint32) []byte {
	b := []byte{0, 0, idxBytes, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, body...)
}

func npzOf(t testing.TB, arrays ...Array) []byte {
	var b bytes.Buffer
	w := NewNpzWriter(&b)
	for _, a := range arrays {
		require.NoError(t, w.Add(a.Name, a.Shape, a.Data))
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestLoadCSV(t *testing.T) {
	s, err := Load("testdata/digits16.csv.gz", "")
	require.NoError(t, err)
	require.Equal(t, "digits16.csv.gz", s.Name)
	require.Equal(t, []int{64}, s.Shape)
	require.Equal(t, 16, s.Len())
	require.Equal(t, 16, s.Max)
	require.Equal(t, []uint16{0, 0, 5, 13, 9, 1, 0, 0}, s.Images[0][:8])
	require.Equal(t, []int{0, 1, 2, 3}, s.Labels[:4])
}

func TestDecodeCSV(t *testing.T) {
	s, err := Decode([]byte("1, 2,0\r\n\n65535,0,3"), "d/f.csv", nil, "")
	require.NoError(t, err)
	require.Equal(t, &Set{"f.csv", [][]uint16{{1, 2}, {65535, 0}}, []int{2}, []int{0, 3}, 4, 65535}, s)
	s, err = Decode([]byte("1,2\n3,4\n"), "f", []byte("5\n6\n"), "l")
	require.NoError(t, err)
	require.Equal(t, []int{5, 6}, s.Labels)
	require.Equal(t, [][]uint16{{1, 2}, {3, 4}}, s.Images)
	for in, want := range map[string]string{
		"":                "dataset: f: 0 images and 0 labels",
		"7":               "dataset: f:1: 1 columns, need pixels and a label",
		"1,2\n\n1,2,3":    "dataset: f:3: 3 columns, the lines before have 2",
		"a,b,label\n":     `dataset: f:1: column 1 holds "a", need a whole number 0 to 65535 (a set has no header line)`,
		"1,65536":         `dataset: f:1: column 2 holds "65536"`,
		"-1,2":            `dataset: f:1: column 1 holds "-1"`,
		"1,":              `dataset: f:1: column 2 holds ""`,
		"99999999999,2":   `dataset: f:1: column 1 holds "99999999999"`,
		"\x1f\x8b\x08bad": "dataset: f: ",
	} {
		_, err := Decode([]byte(in), "f", nil, "")
		require.ErrorContains(t, err, want, "%q", in)
	}
}

func TestLoadIDX(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o666))
		return filepath.Join(dir, name)
	}
	images := write("t-images-idx3-ubyte.gz", pack(idx("abcdefghijkl", 2, 2, 3)))
	_, err := Load(images, "")
	require.ErrorContains(t, err, "need a labels file")
	write("t-labels-idx1-ubyte", idx("\x04\x09", 2)) // the sibling need not be gzipped too
	s, err := Load(images, "")
	require.NoError(t, err)
	require.Equal(t, []int{2, 3}, s.Shape)
	require.Equal(t, []uint16{'g', 'h', 'i', 'j', 'k', 'l'}, s.Images[1])
	require.Equal(t, []int{4, 9}, s.Labels)
	require.Equal(t, 10, s.Classes)
	require.Equal(t, 255, s.Max)
	other := write("other", pack(idx("\x01\x02", 2)))
	s, err = Load(images, other)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, s.Labels)
	_, err = Load(dir, "")
	require.ErrorContains(t, err, "is a folder")
	_, err = Load(filepath.Join(dir, "none"), "")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestIDXErrors(t *testing.T) {
	for _, c := range []struct {
		b, labels []byte
		want      string
	}{
		{idx("abcde", 2, 3), idx("ab", 2), "dimensions [2 3] need 6 bytes|dimension 1 of 2 is 3"},
		{idx("abcdefg", 2, 3), idx("ab", 2), "dimensions [2 3] need 6 bytes of elements, have 7"},
		{idx("", 1<<31, 1<<31, 1<<31), idx("ab", 2), "dimension 0 of 3"},
		{idx("", 0, 3), idx("ab", 2), "dimension 0 of 2 is 0"},
		{idx("ab", 2), idx("ab", 2), "is it the labels?"},
		{[]byte{0, 0, 13, 2, 0, 0}, idx("ab", 2), "IDX element type 0xd"},
		{[]byte{0, 0, 8, 2, 0, 0}, idx("ab", 2), "the header of an IDX file of 2 dimensions has 12"},
		{idx("abcdef", 2, 3), idx("abc", 3), "2 images and 3 labels"},
		{idx("abcdef", 2, 3), idx("ab", 1, 2), "labels need 1"},
		{idx("abcdef", 2, 3), []byte("1\nx\n"), `dataset: l:2: column 1 holds "x"`},
	} {
		_, err := Decode(c.b, "f", c.labels, "l")
		require.Error(t, err)
		ok := false
		for _, w := range strings.Split(c.want, "|") {
			ok = ok || strings.Contains(err.Error(), w)
		}
		require.True(t, ok, "%v, want %s", err, c.want)
	}
}

func TestDecodeNpz(t *testing.T) {
	y := Array{"y", []int{2}, []int64{1, 0}}
	s, err := Decode(npzOf(t, Array{"x", []int{2, 1, 3}, []float32{0, 1, 2, 3, 4, 300}}, y), "f.npz", nil, "")
	require.NoError(t, err)
	require.Equal(t, &Set{"f.npz", [][]uint16{{0, 1, 2}, {3, 4, 300}}, []int{1, 3}, []int{1, 0}, 2, 300}, s)
	s, err = Decode(npzOf(t, Array{"x", []int{2, 2}, []uint8{0, 1, 2, 3}}, y), "f.npz", nil, "")
	require.NoError(t, err)
	require.Equal(t, 255, s.Max)
	for _, c := range []struct {
		want   string
		arrays []Array
	}{
		{"need an array x [image, ...] of numbers; have y [2]", []Array{y}},
		{"need an array x", []Array{{"x", []int{4}, []uint8{0, 1, 2, 3}}, y}},
		{"dataset: f:1: x element 0 is 0.5, need a whole number", []Array{{"x", []int{2, 2}, []float64{0, 1, 0.5, 3}}, y}},
		{"dataset: f:0: x element 1 is -1", []Array{{"x", []int{2, 2}, []int8{0, -1, 2, 3}}, y}},
		{"dataset: f:1: y element 0 is 70000", []Array{{"x", []int{2, 2}, []int8{0, 1, 2, 3}}, {"y", []int{2}, []int32{1, 70000}}}},
		{"2 images and 0 labels", []Array{{"x", []int{2, 2}, []int8{0, 1, 2, 3}}}},
		{"y has shape [1 2]", []Array{{"x", []int{2, 2}, []int8{0, 1, 2, 3}}, {"y", []int{1, 2}, []int32{1, 7}}}},
	} {
		_, err := Decode(npzOf(t, c.arrays...), "f", nil, "")
		require.ErrorContains(t, err, c.want)
	}
}

// FuzzDecode: no input panics, and a set that loads encodes without panic.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("1,2,0\n3,4,1\n"), []byte(nil))
	f.Add(idx("abcdef", 2, 1, 3), idx("\x01\x02", 2))
	f.Add(pack(idx("abcdef", 2, 3)), []byte("3\n4\n"))
	f.Add(npzOf(f, Array{"x", []int{2, 1, 2}, []uint16{1, 2, 3, 4}}, Array{"y", []int{2}, []int8{0, 1}}), []byte(nil))
	f.Fuzz(func(t *testing.T, b, labels []byte) {
		if len(labels) == 0 {
			labels = nil
		}
		s, err := Decode(b, "f", labels, "l")
		if err != nil {
			require.ErrorContains(t, err, "dataset: ")
			return
		}
		for _, code := range []string{"phase:3,-2,5,7", "rate", "bernoulli:3", "none", "current"} {
			for _, layout := range []string{"flat", "rows:2", "chw"} {
				e, err := ParseEncoding(code)
				require.NoError(t, err)
				l, err := ParseLayout(layout)
				require.NoError(t, err)
				en, err := NewEncoder(s, e, l, 5)
				if err != nil {
					continue
				}
				for tick := range 6 {
					for _, k := range en.Spikes(s.Len()-1, tick, nil) {
						require.Less(t, int(k), en.Width())
					}
				}
			}
		}
	})
}
