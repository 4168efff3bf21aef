package convert

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/compiler/analog"
)

func pooledMaximum(in, out analog.Shape, size, stride int) *analog.Model {
	y := analog.Layer{Name: "peak", Kind: analog.MaxPool, From: []int{-1}, In: in, Out: out, Act: analog.Relu,
		Win: analog.Window{Size: [2]int{size, size}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}, Groups: 1}}
	return &analog.Model{In: in, InQuant: &analog.Quant{Scale: 1. / 15, Hi: 15}, Layers: []analog.Layer{y, conv(0, out, out, 1, 1, 0)}}
}

// TestMaximumIsExactInLevels: the whole-number network of a maximum pooling
// gives the largest level, overlapping windows and any weight field alike.
func TestMaximumIsExactInLevels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size, stride := rapid.IntRange(1, 3).Draw(t, "size"), rapid.IntRange(1, 3).Draw(t, "stride")
		in := analog.Shape{2, 6, 5}
		out := analog.Shape{2, (in[1]-size)/stride + 1, (in[2]-size)/stride + 1}
		m := pooledMaximum(in, out, size, stride)
		p, err := Lower(m)
		if err != nil {
			t.Fatal(err)
		}
		n, err := Quantise(p, ExactOptions{Levels: 15, WeightMax: rapid.SampledFrom([]int{1, 5, 127}).Draw(t, "weight")})
		if err != nil {
			t.Fatal(err)
		}
		q, x := make([]int, in.Size()), make([]float64, in.Size())
		for i := range q {
			q[i] = rapid.IntRange(0, 15).Draw(t, "q")
			x[i] = float64(q[i])
		}
		_, layers := n.Forward(q)
		if len(layers) < 2 {
			return // a window of 1: the pooling is composed away
		}
		for i, w := range forward(m, x)[0] {
			if have := layers[len(layers)-2][i]; float64(have) != w {
				t.Fatalf("value %d: have %d, need %g", i, have, w)
			}
		}
	})
}

// TestMaximumSharesItsScale: all populations of a pooling have the scale of
// what they pick from, and rates of three rectifiers approach the maximum.
func TestMaximumSharesItsScale(t *testing.T) {
	m := pooledMaximum(analog.Shape{1, 2, 2}, analog.Shape{1, 1, 1}, 2, 2)
	p, err := Lower(m)
	require.NoError(t, err)
	require.Len(t, p.Stages, 4)
	n, r, err := Spiking(p, Options{Calib: Vectors{{0.1, 0.2, 0.3, 0.4}}, InMax: 2})
	require.NoError(t, err)
	require.NoError(t, n.Validate())
	for _, l := range r.Layers[:3] {
		assert.InDelta(t, 2, l.Scale, 0, l.Name)
		assert.Equal(t, "that of the input", l.Method)
	}
	assert.Equal(t, 2, p.Stages[0].Shape.Size(), "along the columns first")
	assert.Equal(t, "peak", p.Stages[2].Name)
}
