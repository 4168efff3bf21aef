package analog

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// plain is a window that sees one value.
func plain() Window {
	one := [2]int{1, 1}
	return Window{Size: one, Stride: one, Dilation: one, Groups: 1}
}

// small is a valid model of a convolution, a pooling and a dense layer.
func small() *Model {
	conv, pool := plain(), plain()
	conv.Size, conv.Pad, conv.PadEnd = [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}
	pool.Size, pool.Stride = [2]int{2, 2}, [2]int{2, 2}
	return &Model{In: Shape{1, 4, 4}, Layers: []Layer{
		{Name: "conv", Kind: Conv, From: []int{-1}, In: Shape{1, 4, 4}, Out: Shape{2, 4, 4}, W: make([]float64, 18), B: []float64{1, -1}, Win: conv, Act: Relu},
		{Name: "pool", Kind: Pool, From: []int{0}, In: Shape{2, 4, 4}, Out: Shape{2, 2, 2}, Win: pool, Factor: []float64{0.25}},
		{Name: "dense", Kind: Dense, From: []int{1}, In: Shape{2, 2, 2}, Out: Shape{1, 1, 1}, W: []float64{1, 1, 1, 1, 1, 1, 1, 1}},
	}}
}

func TestValidate(t *testing.T) {
	require.NoError(t, small().Validate())
	for want, damage := range map[string]func(m *Model){
		"model has no layers":                          func(m *Model) { m.Layers = nil },
		"input: shape: need 1..":                       func(m *Model) { m.In[0] = 0 },
		"layer 1 (pool): need 1 source, have 2":        func(m *Model) { m.Layers[1].From = []int{-1, 0} },
		"layer 1 (pool): need ascending sources -1..0": func(m *Model) { m.Layers[1].From = []int{1} },
		"need a name of its own":                       func(m *Model) { m.Layers[1].Name = "conv" },
		"in: need the 32 values of source 0":           func(m *Model) { m.Layers[1].In = Shape{2, 4, 5} },
		"out: need 4 rows, have 5":                     func(m *Model) { m.Layers[0].Out = Shape{2, 5, 4} },
		"W: need 2 x 1 x 3 x 3 values, have 17":        func(m *Model) { m.Layers[0].W = m.Layers[0].W[1:] },
		"B: need 2 values, have 1":                     func(m *Model) { m.Layers[0].B = []float64{1} },
		"W[1]: need a finite value, have NaN":          func(m *Model) { m.Layers[0].W[1] = math.NaN() },
		"groups: need a divisor of 1 and 2 channels":   func(m *Model) { m.Layers[0].Win.Groups = 2 },
		"window: need sizes, strides and dilations":    func(m *Model) { m.Layers[0].Win.Stride[0] = 0 },
		"window: need at most the 6 rows":              func(m *Model) { m.Layers[0].Win.Dilation[0] = 9 },
		"Factor: need 1 or 4 values, have 2":           func(m *Model) { m.Layers[1].Factor = []float64{1, 1} },
		"layer 2 (dense): field W: need 1 x 8 values":  func(m *Model) { m.Layers[2].W = nil },
		"quantiser: need a finite scale above 0":       func(m *Model) { m.Layers[2].Quant = &Quant{} },
		"quantiser: need Lo <= Zero <= Hi":             func(m *Model) { m.InQuant = &Quant{Scale: 1, Zero: 2, Hi: 1} },
		"clip: need Lo <= Hi":                          func(m *Model) { m.Layers[2].Act, m.Layers[2].Lo = Clip, 1 },
		"kind 9 is unknown":                            func(m *Model) { m.Layers[2].Kind = 9 },
		"activation 9 is unknown":                      func(m *Model) { m.Layers[2].Act = 9 },
		"out: need the 8 values of the sources":        func(m *Model) { m.Layers[2].Kind = Sum },
		"products in all": func(m *Model) {
			w := plain()
			w.Size, w.Pad = [2]int{1 << 14, 1 << 14}, [2]int{1 << 14, 1 << 14}
			m.Layers = m.Layers[:1]
			m.Layers[0] = Layer{Name: "pool", Kind: Pool, From: []int{-1}, In: m.In, Out: Shape{1, 5, 5}, Win: w, Factor: []float64{1}}
			m.Layers = append(m.Layers, make([]Layer, 20)...)
			for i := 1; i < 21; i++ {
				m.Layers[i] = m.Layers[0]
				m.Layers[i].Name = string(rune('a' + i))
			}
		},
		"has no value in it": func(m *Model) {
			l := &m.Layers[1]
			l.Kind, l.Win.Pad, l.Win.PadEnd, l.Out = MaxPool, [2]int{2, 2}, [2]int{2, 2}, Shape{2, 4, 4}
		},
	} {
		m := small()
		damage(m)
		require.ErrorContains(t, m.Validate(), want)
		_, err := NewRun(m)
		require.Error(t, err)
	}
}

func TestQuantRoundsHalvesToEven(t *testing.T) {
	q := &Quant{Scale: 0.5, Zero: 1, Lo: 0, Hi: 6}
	v := []float64{0.25, 0.75, 1.25, -0.25, -9, 9}
	q.apply(v)
	require.Equal(t, []float64{0, 1, 1, 0, -0.5, 2.5}, v)
}

func TestForwardWantsItsInput(t *testing.T) {
	r, err := NewRun(small())
	require.NoError(t, err)
	_, err = r.Forward(make([]float64, 3))
	require.EqualError(t, err, "analog: input: need 16 values, have 3")
	x := make([]float64, 16)
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = r.Forward(x) }))
	require.Len(t, r.Values, 3)
	require.Equal(t, []float64{4}, r.Values[2], "biases 1 and -1, a rectifier, four means of each")
}

// draw gives n values, some of them 0.
func draw(t *rapid.T, n int, name string) []float64 {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.IntRange(-4, 4).Draw(t, "v")) / 4 }), n, n).Draw(t, name)
}

// layerOf draws a convolution or pooling.
func layerOf(t *rapid.T) *Layer {
	l := &Layer{Name: "l", Kind: rapid.SampledFrom([]Kind{Conv, Pool, MaxPool}).Draw(t, "kind"), From: []int{-1}, Win: plain()}
	w := &l.Win
	channels := rapid.IntRange(1, 3).Draw(t, "channels")
	l.In[0], l.Out[0] = channels, channels
	if l.Kind == Conv {
		w.Groups = rapid.IntRange(1, 2).Draw(t, "groups")
		l.In[0], l.Out[0] = channels*w.Groups, rapid.IntRange(1, 3).Draw(t, "out")*w.Groups
	}
	for d := range 2 {
		w.Size[d], w.Stride[d], w.Dilation[d] = rapid.IntRange(1, 3).Draw(t, "size"), rapid.IntRange(1, 3).Draw(t, "stride"), rapid.IntRange(1, 2).Draw(t, "dilation")
		w.Pad[d], w.PadEnd[d] = rapid.IntRange(0, 3).Draw(t, "pad"), rapid.IntRange(0, 3).Draw(t, "end")
		span := w.Dilation[d]*(w.Size[d]-1) + 1
		l.In[d+1] = rapid.IntRange(max(1, span-w.Pad[d]-w.PadEnd[d]), span+5).Draw(t, "in")
		l.Out[d+1] = (l.In[d+1]+w.Pad[d]+w.PadEnd[d]-span)/w.Stride[d] + 1
	}
	if l.Kind == Conv {
		l.W, l.B = draw(t, l.Out[0]*channels*w.Size[0]*w.Size[1], "w"), draw(t, l.Out[0], "b")
	} else {
		l.Factor = draw(t, l.Out[1]*l.Out[2], "factor")
	}
	return l
}

// slow computes one output value by the definition.
func slow(l *Layer, x []float64, o, row, column int) float64 {
	w := &l.Win
	perIn, perOut := l.In[0]/w.Groups, l.Out[0]/w.Groups
	sum, largest := 0.0, math.Inf(-1)
	for c := range l.In[0] {
		if l.Kind == Conv && c/perIn != o/perOut || l.Kind != Conv && c != o {
			continue
		}
		for a := range w.Size[0] {
			for b := range w.Size[1] {
				r, k := row*w.Stride[0]+a*w.Dilation[0]-w.Pad[0], column*w.Stride[1]+b*w.Dilation[1]-w.Pad[1]
				if r < 0 || r >= l.In[1] || k < 0 || k >= l.In[2] {
					continue
				}
				v := x[(c*l.In[1]+r)*l.In[2]+k]
				largest = max(largest, v)
				if l.Kind == Conv {
					v *= l.W[((o*perIn+c%perIn)*w.Size[0]+a)*w.Size[1]+b]
				}
				sum += v
			}
		}
	}
	switch l.Kind {
	case Conv:
		return sum + l.B[o]
	case Pool:
		return sum * l.Factor[row*l.Out[2]+column]
	}
	return largest
}

// TestWindowsByDefinition: values are multiples of 1/16, so sums are exact in
// any order.
func TestWindowsByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := layerOf(t)
		m := &Model{In: l.In, Layers: []Layer{*l}}
		x := draw(t, l.In.Size(), "x")
		r, err := NewRun(m)
		if err != nil {
			if l.Kind == MaxPool {
				require.ErrorContains(t, err, "has no value in it")
				return
			}
			t.Fatal(err)
		}
		y, err := r.Forward(x)
		require.NoError(t, err)
		for i, v := range y {
			o, rest := i/(l.Out[1]*l.Out[2]), i%(l.Out[1]*l.Out[2])
			if want := slow(l, x, o, rest/l.Out[2], rest%l.Out[2]); v != want {
				t.Fatalf("%+v: value %d is %g, want %g", l, i, v, want)
			}
		}
	})
}
