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
func TestFixtures(t *testing.T) {
	images := "../../../test/data/mnist/t10k-images-idx3-ubyte.gz"
	if all := os.Getenv("HILLOCK_MNIST"); all != "" {
		images = all
	}
	set, err := dataset.Load(images, "")
	require.NoError(t, err)
	for _, c := range []struct {
		folder, file, logits, classes string
	}{
		{"onnx_mlp_mnist", "model.onnx", "logits_float", "pred_float"},
		{"onnx_mlp_mnist", "model_qdq.onnx", "logits_qdq", "pred_qdq"},
		{"onnx_cnn_avg_mnist", "model.onnx", "logits_float", "pred_float"},
		{"onnx_cnn_avg_mnist", "model_qdq.onnx", "logits_qdq", "pred_qdq"},
	} {
		t.Run(c.folder+"/"+c.file, func(t *testing.T) {
			m := load(t, c.folder, c.file)
			outputs := filepath.Join(models, c.folder, "outputs.npz")
			logits, classes := array(t, outputs, c.logits), array(t, outputs, c.classes)
			near := 1e-4
			if q := m.Layers[len(m.Layers)-1].Quant; q != nil {
				near = q.Scale * 1.001
			}
			r, err := analog.NewRun(m)
			require.NoError(t, err)
			worst, equal, close := 0.0, 0, 0
			for i, img := range set.Images {
				y, err := r.Forward(pixels(img))
				require.NoError(t, err)
				if (i+1)*len(y) <= len(logits) {
					for k, v := range y {
						worst = max(worst, math.Abs(v-logits[i*len(y)+k]))
					}
				}
				class, gap := largest(y)
				if class == int(classes[i]) {
					equal++
				} else if gap < near {
					close++
				}
			}
			t.Logf("%d of %d classes equal, %d others at a tie; logits differ by at most %g (step %g)", equal, len(set.Images), close, worst, near)
			require.LessOrEqual(t, worst, near)
			require.Equal(t, len(set.Images), equal+close)
			require.LessOrEqual(t, close, len(set.Images)/1000)
		})
	}
}
