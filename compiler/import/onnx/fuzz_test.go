package onnx

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/compiler/analog"
)

// FuzzParse: no input may panic, and what converts must be a valid model that
// runs.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.onnx")
	codes, _ := filepath.Glob("testdata/codes/*.onnx")
	files = append(files, codes...)
	require.NoError(f, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		if len(b) < 8<<10 { // mutation is slow on large inputs
			f.Add(b)
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		IsONNX(b)
		g, err := Parse(b, "f")
		if err != nil {
			return
		}
		Describe(g)
		for _, v := range g.Inputs { // a small file may have a large image
			size := int64(1)
			for _, d := range v.Dims {
				if size *= max(1, min(d.Size, 1<<20)); size > 1<<16 {
					return
				}
			}
		}
		for _, n := range g.Nodes { // and large padding makes large layers: one in eight will do
			for _, a := range n.Attrs {
				if len(b)%8 != 0 && slices.ContainsFunc(a.Ints, func(x int64) bool { return x > 1<<10 }) {
					return
				}
			}
		}
		m, err := g.Model()
		if err != nil {
			return
		}
		if err := m.Validate(); err != nil {
			t.Fatalf("converted, but %v", err)
		}
		work := 0
		for i := range m.Layers {
			l := &m.Layers[i]
			work += l.Out.Size() * (1 + l.Win.Size[0]*l.Win.Size[1])
		}
		if work > 1<<20 {
			return
		}
		r, err := analog.NewRun(m)
		require.NoError(t, err)
		_, err = r.Forward(make([]float64, m.In.Size()))
		require.NoError(t, err)
		if r, err := analog.NewRunWith(m, analog.Pairs16); err == nil {
			_, err = r.Forward(make([]float64, m.In.Size()))
			require.NoError(t, err)
		}
	})
}
