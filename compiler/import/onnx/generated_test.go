package onnx

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/compiler/analog"
)

// TestGenerated compares small random models with ONNX Runtime, which made the
// outputs (optimisations off). HILLOCK_ONNX names a folder of more of them:
// NAME.onnx and NAME.npz with x, y, kind (1 softmax, 2 its logarithm) and qdq.
func TestGenerated(t *testing.T) {
	dir := "testdata"
	if more := os.Getenv("HILLOCK_ONNX"); more != "" {
		dir = more
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	images, off, ties := 0, 0, 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		if !IsONNX(b) {
			t.Errorf("%s: not recognised", file)
		}
		g, err := Parse(b, filepath.Base(file))
		require.NoError(t, err)
		Describe(g)
		m, err := g.Model()
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		r, err := analog.NewRun(m)
		require.NoError(t, err)
		npz := strings.TrimSuffix(file, ".onnx") + ".npz"
		x, y := array(t, npz, "x"), array(t, npz, "y")
		kind, qdq := array(t, npz, "kind")[0], array(t, npz, "qdq")[0] != 0
		n := m.In.Size()
		for i := range len(x) / n {
			got, err := r.Forward(x[i*n : (i+1)*n])
			require.NoError(t, err)
			images++
			d := distance(got, y[i*len(got):(i+1)*len(got)], kind)
			switch {
			case d < 1e-4:
			case qdq:
				ties++ // a value on the edge of two steps, in float32 or float64
				t.Logf("%s: image %d: differs by %g of the largest value", file, i, d)
			default:
				off++
				t.Errorf("%s: image %d: differs by %g of the largest value", file, i, d)
			}
		}
	}
	t.Logf("%d files, %d images: %d differ, %d of 8 bits differ", len(files), images, off, ties)
	require.LessOrEqual(t, ties, images/50)
}

// distance is the largest difference over the largest value or 1.
func distance(got, want []float64, kind float64) float64 {
	if kind > 0 {
		got = softmax(got, kind == 2)
	}
	d, largest := 0.0, 1.0
	for i := range got {
		d, largest = max(d, math.Abs(got[i]-want[i])), max(largest, math.Abs(want[i]))
	}
	return d / largest
}

// softmax of a vector, or its logarithm.
func softmax(v []float64, log bool) []float64 {
	sum, out := 0.0, make([]float64, len(v))
	for _, x := range v {
		sum += math.Exp(x)
	}
	for i, x := range v {
		if out[i] = x - math.Log(sum); !log {
			out[i] = math.Exp(out[i])
		}
	}
	return out
}
