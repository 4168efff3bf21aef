package onnx

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/compiler/analog"
	"hillock/internal/dataset"
)

const models = "../../../test/data/models"

// load reads one of the project's models.
func load(t testing.TB, path ...string) *analog.Model {
	t.Helper()
	file := filepath.Join(append([]string{models}, path...)...)
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, IsONNX(b))
	g, err := Parse(b, filepath.Base(file))
	require.NoError(t, err)
	m, err := g.Model()
	require.NoError(t, err)
	return m
}

// array reads one array of an npz file.
func array(t testing.TB, file, name string) []float64 {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	all, err := dataset.ReadNpz(b, file)
	require.NoError(t, err)
	a := dataset.Find(all, name)
	require.NotNil(t, a, name)
	return a.Float64s()
}

// pixels is an image as numbers 0..1, as float32, which the training used.
func pixels(img []uint16) []float64 {
	x := make([]float64, len(img))
	for i, p := range img {
		x[i] = float64(float32(p) / 255)
	}
	return x
}

// largest is the index of the largest value, the first of equals, and how far
// the next one is below.
func largest(v []float64) (class int, gap float64) {
	for i := range v {
		if v[i] > v[class] {
			class = i
		}
	}
	gap = math.Inf(1)
	for i := range v {
		if i != class {
			gap = min(gap, v[class]-v[i])
		}
	}
	return class, gap
}

// TestFixtures compares logits and classes with those that ONNX Runtime gave.
// HILLOCK_MNIST names a file of other test images (all 10,000).
//
// The stored 8-bit outputs come from a processor on which ONNX Runtime adds
// pairs of products in 16 bits with saturation (AVX2 without VNNI), which the
// format does not say: so two steps there, and one step from the outputs of
// the same file on a processor that does not saturate.
func TestFixtures(t *testing.T) {
	images := "../../../test/data/mnist/t10k-images-idx3-ubyte.gz"
	if all := os.Getenv("HILLOCK_MNIST"); all != "" {
		images = all
	}
	set, err := dataset.Load(images, "")
	require.NoError(t, err)
	for _, c := range []struct {
		folder, file, logits, classes, exact string
		near, least                          float64 // logits, in steps where there are any; share of equal classes
	}{
		{"onnx_mlp_mnist", "model.onnx", "logits_float", "pred_float", "", 1e-4, 1},
		{"onnx_mlp_mnist", "model_qdq.onnx", "logits_qdq", "pred_qdq", "mlp", 2.01, 0.998},
		{"onnx_cnn_avg_mnist", "model.onnx", "logits_float", "pred_float", "", 1e-4, 1},
		{"onnx_cnn_avg_mnist", "model_qdq.onnx", "logits_qdq", "pred_qdq", "cnn", 2.01, 0.995},
	} {
		t.Run(c.folder+"/"+c.file, func(t *testing.T) {
			m := load(t, c.folder, c.file)
			outputs := filepath.Join(models, c.folder, "outputs.npz")
			logits, classes := array(t, outputs, c.logits), array(t, outputs, c.classes)
			step := 1.0
			if q := m.Layers[len(m.Layers)-1].Quant; q != nil {
				step = q.Scale
			}
			r, err := analog.NewRun(m)
			require.NoError(t, err)
			worst, equal, ties := difference(t, r, set, logits)/step, 0, 0
			for i, img := range set.Images {
				y, err := r.Forward(pixels(img))
				require.NoError(t, err)
				class, gap := largest(y)
				if class == int(classes[i]) {
					equal++
				} else if gap < c.near*step {
					ties++
				}
			}
			n := len(set.Images)
			t.Logf("%d of %d classes equal, %d others within the tolerance; logits differ by at most %g (of a step %g)", equal, n, ties, worst, step)
			require.LessOrEqual(t, worst, c.near)
			require.Equal(t, n, equal+ties)
			require.GreaterOrEqual(t, float64(equal), c.least*float64(n))
			if c.exact != "" {
				worst = difference(t, r, set, array(t, "testdata/unsaturated.npz", c.exact)) / step
				t.Logf("without saturation at most %g steps", worst)
				require.LessOrEqual(t, worst, 1.01)
			}
		})
	}
}

// difference is the largest between the logits of the first images and those
// given.
func difference(t *testing.T, r *analog.Run, set *dataset.Set, logits []float64) float64 {
	worst := 0.0
	for i, img := range set.Images {
		y, err := r.Forward(pixels(img))
		require.NoError(t, err)
		if (i+1)*len(y) > len(logits) {
			break
		}
		for k, v := range y {
			worst = max(worst, math.Abs(v-logits[i*len(y)+k]))
		}
	}
	return worst
}
