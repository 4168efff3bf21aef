package convert

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/compiler/analog"
)

// forward is the model computed layer by layer, straight from the definitions
// of package analog.
func forward(m *analog.Model, x []float64) [][]float64 {
	v := make([][]float64, len(m.Layers))
	at := func(f int) []float64 {
		if f < 0 {
			return x
		}
		return v[f]
	}
	for k := range m.Layers {
		y := &m.Layers[k]
		out := make([]float64, y.Out.Size())
		switch y.Kind {
		case analog.Dense:
			for o := range out {
				for i, s := range at(y.From[0]) {
					out[o] += y.W[o*y.In.Size()+i] * s
				}
			}
		case analog.Sum:
			for _, f := range y.From {
				for i, s := range at(f) {
					out[i] += s
				}
			}
		default:
			for o := range out {
				out[o] = window(y, at(y.From[0]), o)
			}
		}
		for o := range out {
			if y.B != nil {
				out[o] += y.B[o/(len(out)/len(y.B))]
			}
			if y.Act != analog.Linear {
				out[o] = math.Max(out[o], 0)
			}
			if y.Act == analog.Clip {
				out[o] = math.Min(out[o], y.Hi)
			}
		}
		v[k] = out
	}
	return v
}

// window is one value of a convolution or an average pooling.
func window(y *analog.Layer, x []float64, o int) float64 {
	w := y.Win
	plane := y.Out[1] * y.Out[2]
	c, oy, ox := o/plane, o%plane/y.Out[2], o%y.Out[2]
	per, first := 1, c
	if y.Kind == analog.Conv {
		per = y.In[0] / w.Groups
		first = c / (y.Out[0] / w.Groups) * per
	}
	sum, most := 0.0, math.Inf(-1)
	for k := range per {
		for i := range w.Size[0] {
			for j := range w.Size[1] {
				sy, sx := oy*w.Stride[0]-w.Pad[0]+i*w.Dilation[0], ox*w.Stride[1]-w.Pad[1]+j*w.Dilation[1]
				if sy < 0 || sx < 0 || sy >= y.In[1] || sx >= y.In[2] {
					continue
				}
				weight := 1.0
				if y.Kind == analog.Conv {
					weight = y.W[((c*per+k)*w.Size[0]+i)*w.Size[1]+j]
				}
				s := x[((first+k)*y.In[1]+sy)*y.In[2]+sx]
				sum, most = sum+weight*s, math.Max(most, s)
			}
		}
	}
	if y.Kind == analog.MaxPool {
		return most
	}
	if y.Kind == analog.Pool {
		sum *= y.Factor[o%plane%len(y.Factor)]
	}
	return sum
}

func numbers(t *rapid.T, n int, name string) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(rapid.IntRange(-8, 8).Draw(t, name)) / 8
	}
	return v
}

// randomLayer draws a layer that reads layer from, of shape in.
func randomLayer(t *rapid.T, from int, in analog.Shape) analog.Layer {
	y := analog.Layer{From: []int{from}, In: in, Act: analog.Act(rapid.IntRange(0, 2).Draw(t, "act")), Hi: 1.5}
	y.Kind = rapid.SampledFrom([]analog.Kind{analog.Dense, analog.Conv, analog.Pool, analog.MaxPool, analog.Sum}).Draw(t, "kind")
	switch y.Kind {
	case analog.Dense:
		y.Out = analog.Shape{rapid.IntRange(1, 5).Draw(t, "out"), 1, 1}
		y.W, y.B = numbers(t, y.Out[0]*in.Size(), "w"), numbers(t, y.Out[0], "b")
		return y
	case analog.Sum:
		y.Out = in
		return y
	}
	y.Out[0] = in[0]
	y.Win.Groups = 1
	if y.Kind == analog.Conv {
		y.Out[0] = rapid.IntRange(1, 3).Draw(t, "channels")
		if rapid.Bool().Draw(t, "depthwise") {
			y.Win.Groups, y.Out[0] = in[0], in[0]*rapid.IntRange(1, 2).Draw(t, "multiplier")
		}
	}
	for a := range 2 {
		y.Win.Size[a], y.Win.Stride[a] = rapid.IntRange(1, 3).Draw(t, "size"), rapid.IntRange(1, 3).Draw(t, "stride")
		y.Win.Dilation[a] = rapid.IntRange(1, 2).Draw(t, "dilation")
		y.Win.Pad[a], y.Win.PadEnd[a] = rapid.IntRange(0, 2).Draw(t, "pad"), rapid.IntRange(0, 2).Draw(t, "end")
		if y.Kind == analog.MaxPool { // every window has a value in it
			y.Win.Size[a] = min(y.Win.Size[a], in[1+a])
			y.Win.Dilation[a], y.Win.Pad[a], y.Win.PadEnd[a] = 1, min(y.Win.Pad[a], y.Win.Size[a]-1), min(y.Win.PadEnd[a], y.Win.Size[a]-1)
		}
		y.Out[1+a] = max(1, (in[1+a]+y.Win.Pad[a]+y.Win.PadEnd[a]-(y.Win.Size[a]-1)*y.Win.Dilation[a]-1)/y.Win.Stride[a]+1)
	}
	if y.Kind == analog.Conv {
		y.W = numbers(t, y.Out[0]*in[0]/y.Win.Groups*y.Win.Size[0]*y.Win.Size[1], "w")
		y.B = numbers(t, y.Out[0], "b")
		return y
	}
	if y.Kind == analog.MaxPool {
		return y
	}
	y.Factor = []float64{0.25}
	if rapid.Bool().Draw(t, "uneven") {
		y.Factor = make([]float64, y.Out[1]*y.Out[2])
		for i := range y.Factor {
			y.Factor[i] = 1 / float64(1+i%3)
		}
	}
	return y
}

func randomModel(t *rapid.T) *analog.Model {
	m := &analog.Model{Name: "random", In: analog.Shape{rapid.IntRange(1, 2).Draw(t, "c"), rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(1, 6).Draw(t, "columns")}}
	in := m.In
	for k := range rapid.IntRange(1, 5).Draw(t, "layers") {
		y := randomLayer(t, k-1, in)
		if y.Kind == analog.Sum { // of all layers of this shape
			y.From = nil
			if m.In == in {
				y.From = append(y.From, -1)
			}
			for j := range m.Layers {
				if m.Layers[j].Out == in {
					y.From = append(y.From, j)
				}
			}
		}
		m.Layers, in = append(m.Layers, y), y.Out
	}
	return m
}

// lowered is Lower of a random model; a padded maximum of values below zero is
// the one thing in them that it refuses.
func lowered(t *rapid.T, m *analog.Model) *Plan {
	p, err := Lower(m)
	if err != nil && strings.Contains(err.Error(), "padding would win") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLoweredModelComputesTheSame compares every population with the layer it
// stands for, on models with every kind of layer in any order.
func TestLoweredModelComputesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomModel(t)
		p := lowered(t, m)
		x := numbers(t, m.In.Size(), "x")
		want, have := forward(m, x), p.Values(x)
		for k, s := range p.Stages {
			if s.Inner {
				continue
			}
			w := want[s.Layer]
			if s.Output {
				last := m.Layers[len(m.Layers)-1]
				last.Act = analog.Linear
				plain := *m
				plain.Layers = append(append([]analog.Layer(nil), m.Layers[:len(m.Layers)-1]...), last)
				w = forward(&plain, x)[s.Layer]
			}
			for i := range w {
				if math.Abs(w[i]-have[k][i]) > 1e-9*(1+math.Abs(w[i])) {
					t.Fatalf("stage %s, value %d: have %g, need %g", s.Name, i, have[k][i], w[i])
				}
			}
		}
	})
}

func conv(from int, in, out analog.Shape, size, stride, pad int) analog.Layer {
	y := analog.Layer{Kind: analog.Conv, From: []int{from}, In: in, Out: out,
		Win: analog.Window{Size: [2]int{size, size}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}, Pad: [2]int{pad, pad}, PadEnd: [2]int{pad, pad}, Groups: 1}}
	y.W = make([]float64, out[0]*in[0]*size*size)
	for i := range y.W {
		y.W[i] = float64(i%7) - 3
	}
	return y
}

func pool(from int, in, out analog.Shape, size int) analog.Layer {
	return analog.Layer{Kind: analog.Pool, From: []int{from}, In: in, Out: out, Factor: []float64{1 / float64(size*size)},
		Win: analog.Window{Size: [2]int{size, size}, Stride: [2]int{size, size}, Dilation: [2]int{1, 1}, Groups: 1}}
}

// TestPoolComposesToAKernel: also before a padded convolution, where the
// padding of the small image is padding of the large one.
func TestPoolComposesToAKernel(t *testing.T) {
	a, b, c := analog.Shape{2, 8, 8}, analog.Shape{2, 4, 4}, analog.Shape{3, 4, 4}
	first := conv(-1, a, a, 1, 1, 0)
	first.Act = analog.Relu
	m := &analog.Model{In: a, Layers: []analog.Layer{first, pool(0, a, b, 2), conv(1, b, c, 3, 1, 1)}}
	p, err := Lower(m)
	require.NoError(t, err)
	require.Len(t, p.Stages, 2)
	k := p.Stages[1].Maps[0].Kernel
	require.NotNil(t, k)
	assert.Equal(t, [2]int{6, 6}, k.Size)
	assert.Equal(t, [2]int{2, 2}, k.Stride)
	assert.Equal(t, [2]int{2, 2}, k.Pad)
	assert.Equal(t, 0, p.Stages[1].Maps[0].From)
}

// TestResidual: a sum becomes two projections into one population, the skipping
// one a kernel of one weight per channel.
func TestResidual(t *testing.T) {
	s := analog.Shape{2, 4, 4}
	first, last := conv(-1, s, s, 3, 1, 1), conv(3, s, s, 3, 1, 1)
	first.Act = analog.Relu
	sum := analog.Layer{Kind: analog.Sum, From: []int{0, 1}, In: s, Out: s}
	relu := analog.Layer{Kind: analog.Sum, From: []int{2}, In: s, Out: s, Act: analog.Relu}
	p, err := Lower(&analog.Model{In: s, Layers: []analog.Layer{first, conv(0, s, s, 3, 1, 1), sum, relu, last}})
	require.NoError(t, err)
	require.Len(t, p.Stages, 3)
	require.Len(t, p.Stages[1].Maps, 2)
	assert.Len(t, p.Stages[1].Maps[0].Kernel.W, 2)
	assert.Equal(t, 0, p.Stages[1].Maps[1].From)
}

func TestLowerRefuses(t *testing.T) {
	s := analog.Shape{1, 4, 4}
	peak := pool(0, s, analog.Shape{1, 2, 2}, 2)
	peak.Kind, peak.Name, peak.Win.Size[1] = analog.MaxPool, "peak", 9
	first := conv(-1, s, s, 3, 1, 1)
	leaky := first
	leaky.Act, leaky.Lo, leaky.Hi = analog.Clip, -1, 1
	nan := conv(-1, s, s, 3, 1, 1)
	nan.W[3] = math.NaN()
	short := conv(-1, s, s, 3, 1, 1)
	short.W = short.W[1:]
	for _, r := range []struct {
		say    string
		layers []analog.Layer
	}{
		{"layer 1 (peak): maximum pooling of [2 9]", []analog.Layer{first, peak}},
		{"clipped to -1..1", []analog.Layer{leaky, conv(0, s, s, 1, 1, 0)}},
		{"finite", []analog.Layer{nan}}, {"8 weights, need 9", []analog.Layer{short}}, {"no layers", nil},
	} {
		_, err := Lower(&analog.Model{In: s, Layers: r.layers})
		assert.ErrorContains(t, err, r.say)
	}
	_, err := Lower(nil)
	assert.Error(t, err)
}

// TestNamesThatEventFilesCarry: names of a file become names of populations
// that traces can be written with, each once.
func TestNamesThatEventFilesCarry(t *testing.T) {
	m := dense3()
	m.Layers[0].Name, m.Layers[1].Name = "a\n\xff,b", strings.Repeat("é", 5000)
	p, err := Lower(m)
	require.NoError(t, err)
	assert.Equal(t, "a__,b", p.Stages[0].Name)
	assert.Equal(t, strings.Repeat("é", longestName/2), p.Stages[1].Name)
}
