package onnx

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/compiler/analog"
	"hillock/internal/dataset"
)

// TestFixturesOnCodes wants every stored logit and class: those of the 8-bit
// models came from a processor that adds pairs of products in 16 bits, those
// of fixtures.npz from one that does not. HILLOCK_MNIST is as in
// TestFixtures.
func TestFixturesOnCodes(t *testing.T) {
	images := "../../../test/data/mnist/t10k-images-idx3-ubyte.gz"
	if all := os.Getenv("HILLOCK_MNIST"); all != "" {
		images = all
	}
	set, err := dataset.Load(images, "")
	require.NoError(t, err)
	for _, folder := range []string{"onnx_mlp_mnist", "onnx_cnn_avg_mnist"} {
		t.Run(folder, func(t *testing.T) {
			m := load(t, folder, "model_qdq.onnx")
			outputs := filepath.Join(models, folder, "outputs.npz")
			r, err := analog.NewRunWith(m, analog.Pairs16)
			require.NoError(t, err)
			require.Less(t, difference(t, r, set, array(t, outputs, "logits_qdq")), 1e-5)
			classes := array(t, outputs, "pred_qdq")
			for i, img := range set.Images {
				y, err := r.Forward(pixels(img))
				require.NoError(t, err)
				class, _ := largest(y)
				require.Equal(t, int(classes[i]), class, "image %d", i)
			}
			r, err = analog.NewRunWith(m, analog.Sums32)
			require.NoError(t, err)
			require.Less(t, difference(t, r, set, array(t, "testdata/codes/fixtures.npz", folder)), 1e-5)
		})
	}
}

// TestCodes compares random 8-bit networks with ONNX Runtime in both
// arithmetics; HILLOCK_CODES names a folder of more of them: NAME.onnx and
// NAME.npz with x, sums32 and pairs16.
func TestCodes(t *testing.T) {
	dir := "testdata/codes"
	if more := os.Getenv("HILLOCK_CODES"); more != "" {
		dir = more
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		g, err := Parse(b, filepath.Base(file))
		require.NoError(t, err)
		m, err := g.Model()
		require.NoError(t, err)
		npz := strings.TrimSuffix(file, ".onnx") + ".npz"
		x := array(t, npz, "x")
		for _, a := range []analog.Arithmetic{analog.Sums32, analog.Pairs16} {
			r, err := analog.NewRunWith(m, a)
			require.NoError(t, err, file)
			want, n, off := array(t, npz, a.String()), m.In.Size(), 0
			for i := range len(x) / n {
				y, err := r.Forward(x[i*n : (i+1)*n])
				require.NoError(t, err)
				for k, v := range y {
					if w := want[i*len(y)+k]; math.Abs(v-w) > 1e-5*(1+math.Abs(w)) {
						off++
					}
				}
			}
			if off > 0 {
				t.Errorf("%s: %v: %d of %d values differ", file, a, off, len(want))
			}
		}
	}
}

// TestCodesAreKept: scales reach the layers, unless something between weights
// and layer makes other numbers of them.
func TestCodesAreKept(t *testing.T) {
	q := []*Tensor{
		{Name: "s", Type: Float, Values: []float64{0.5}}, {Name: "z", Type: Uint8, Values: []float64{0}},
		{Name: "c", Type: Int8, Dims: []int{2, 3}, Values: []float64{-128, 1, 2, 3, 4, 127}},
		{Name: "ps", Type: Float, Dims: []int{2}, Values: []float64{0.5, 0.25}}, {Name: "pz", Type: Int8, Dims: []int{2}, Values: []float64{0, 0}},
		{Name: "iz", Type: Int8, Values: []float64{0}}, {Name: "one", Type: Int8, Values: []float64{1}},
		{Name: "shift", Type: Float, Dims: []int{2}, Values: []float64{1, 2}},
	}
	front := []*Node{node("QuantizeLinear", []string{"x", "s", "z"}, "q"), node("DequantizeLinear", []string{"q", "s", "z"}, "d")}
	perRow := node("DequantizeLinear", []string{"c", "ps", "pz"}, "w")
	perRow.Attrs = []Attr{{Name: "axis", Type: AttrInt, Int: 0}}
	whole := node("DequantizeLinear", []string{"c", "s", "iz"}, "w")
	turned := func(alpha float64) *Node {
		n := node("Gemm", []string{"d", "w"}, "y")
		n.Attrs = []Attr{{Name: "transB", Type: AttrInt, Int: 1}, {Name: "alpha", Type: AttrFloat, Float: alpha}}
		return n
	}
	for name, c := range map[string]struct {
		nodes []*Node
		want  []float64
	}{
		"one scale":            {[]*Node{whole, turned(1)}, []float64{0.5}},
		"one per output":       {[]*Node{perRow, turned(1)}, []float64{0.5, 0.25}},
		"alpha":                {[]*Node{whole, turned(2)}, nil},
		"zero point of 1":      {[]*Node{node("DequantizeLinear", []string{"c", "s", "one"}, "w"), turned(1)}, nil},
		"turned by a node":     {[]*Node{whole, node("Transpose", []string{"w"}, "t"), node("MatMul", []string{"d", "t"}, "y")}, nil},
		"a shift keeps codes":  {[]*Node{whole, renamed(turned(1), "g"), node("Add", []string{"g", "shift"}, "y")}, []float64{0.5}},
		"a scale makes others": {[]*Node{whole, renamed(turned(1), "g"), node("Mul", []string{"g", "shift"}, "y")}, nil},
	} {
		m, err := network([]int64{3}, q, append(append([]*Node{}, front...), c.nodes...)...).Model()
		require.NoError(t, err, name)
		require.Equal(t, c.want, m.Layers[0].WScale, name)
	}
}

// renamed gives the node another output.
func renamed(n *Node, out string) *Node {
	n.Out = []string{out}
	return n
}
