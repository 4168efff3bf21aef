package analog

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// eightBit is a dense layer of codes between quantisers of scale 1.
func eightBit(w, b []float64, in int) *Model {
	l := Layer{Name: "dense", Kind: Dense, From: []int{-1}, In: Shape{in, 1, 1}, Out: Shape{len(w) / in, 1, 1}, W: w, B: b, WScale: []float64{1}}
	return &Model{In: l.In, InQuant: &Quant{Scale: 1, Hi: 255}, Layers: []Layer{l}}
}

// outputs runs a model in an arithmetic.
func outputs(t require.TestingT, m *Model, a Arithmetic, x []float64) []float64 {
	r, err := NewRunWith(m, a)
	require.NoError(t, err)
	y, err := r.Forward(x)
	require.NoError(t, err)
	return y
}

// TestPairsAreLimited: 255 * 127 fits 16 bits, two of them do not.
func TestPairsAreLimited(t *testing.T) {
	m := eightBit([]float64{127, 127, 127, -128, -128, 1}, []float64{5, 0}, 3)
	x := []float64{255, 255, 255}
	require.Equal(t, []float64{3*32385 + 5, 255 * (-128 - 128 + 1)}, outputs(t, m, Exact, x))
	require.Equal(t, outputs(t, m, Exact, x), outputs(t, m, Sums32, x))
	require.Equal(t, []float64{32767 + 32385 + 5, -32768 + 255}, outputs(t, m, Pairs16, x))
	// int8 inputs are shifted by 128 first: -1 is 127, and the shift is taken
	// off again without a limit.
	m.InQuant = &Quant{Scale: 1, Lo: -128, Hi: 127}
	require.Equal(t, []float64{5 - 3*127, 255}, outputs(t, m, Exact, []float64{-1, -1, -1}))
	require.Equal(t, []float64{5 - 3*127, 255}, outputs(t, m, Pairs16, []float64{-1, -1, -1}))
	require.Equal(t, []float64{32767 + 32385 + 5 - 3*127*128, -32768 + 255 + 255*128}, outputs(t, m, Pairs16, []float64{127, 127, 127}))
}

// TestNeighboursAreChannels: in a convolution the two channels of a pixel are
// a pair, not two pixels of a channel.
func TestNeighboursAreChannels(t *testing.T) {
	w := plain()
	w.Size = [2]int{1, 2}
	l := Layer{Name: "conv", Kind: Conv, From: []int{-1}, In: Shape{2, 1, 2}, Out: Shape{1, 1, 1}, W: []float64{127, 1, 127, 1}, WScale: []float64{1}, Win: w,
		Quant: &Quant{Scale: 512, Hi: 255}}
	m := &Model{In: l.In, InQuant: &Quant{Scale: 1, Hi: 255}, Layers: []Layer{l}}
	x := []float64{255, 255, 255, 255}
	require.Equal(t, []float64{128 * 512}, outputs(t, m, Sums32, x)) // 65280 / 512 = 127.5
	require.Equal(t, []float64{65 * 512}, outputs(t, m, Pairs16, x)) // 32767 + 510 = 33277 = 65 * 512 - 3
	m.Layers[0].W = []float64{127, 127, 1, 1}
	require.Equal(t, []float64{128 * 512}, outputs(t, m, Pairs16, x))
}

func TestOnCodes(t *testing.T) {
	base := func() *Model { return eightBit([]float64{1, 2, 3, 4}, []float64{1, 2}, 2) }
	require.Equal(t, []int{0}, base().OnCodes())
	for name, change := range map[string]func(m *Model){
		"weights of real numbers":   func(m *Model) { m.Layers[0].WScale = nil },
		"input of real numbers":     func(m *Model) { m.InQuant = nil },
		"input of 16 bits":          func(m *Model) { m.InQuant.Hi = 65535 },
		"bias between codes":        func(m *Model) { m.Layers[0].B[1] = 0.5 },
		"rectifier of real numbers": func(m *Model) { m.Layers[0].Act = Relu },
		"rectifier not implied":     func(m *Model) { m.Layers[0].Act, m.Layers[0].Quant = Relu, &Quant{Scale: 1, Zero: 9, Hi: 255} },
	} {
		m := base()
		change(m)
		require.Empty(t, m.OnCodes(), name)
		_, err := NewRunWith(m, Pairs16)
		require.EqualError(t, err, "analog: pairs16: need a layer of int8 weights (zero point 0) that reads 8-bit codes, have none of 1 layers", name)
		_, err = NewRun(m)
		require.NoError(t, err, name)
	}
	m := base()
	m.Layers[0].Act, m.Layers[0].B[1], m.Layers[0].Quant = Relu, 0.5, &Quant{Scale: 1, Hi: 255}
	require.Equal(t, []int{0}, m.OnCodes(), "a rectifier that the quantiser implies, a bias to round")
	for want, damage := range map[string]func(l *Layer){
		"field WScale: need 1 value or 2":         func(l *Layer) { l.WScale = []float64{1, 1, 1} },
		"field WScale[0]: need a finite scale":    func(l *Layer) { l.WScale[0] = 0 },
		"field W[1]: need a whole number -128":    func(l *Layer) { l.W[1] = 128 },
		"field W[3]: need a whole number -128..1": func(l *Layer) { l.W[3] = 0.5 },
	} {
		m := base()
		damage(&m.Layers[0])
		require.ErrorContains(t, m.Validate(), want)
	}
	_, err := NewRunWith(base(), 9)
	require.EqualError(t, err, "analog: arithmetic 9 is unknown")
	for _, a := range []Arithmetic{Exact, Sums32, Pairs16} {
		b, err := ParseArithmetic(a.String())
		require.NoError(t, err)
		require.Equal(t, a, b)
	}
	_, err = ParseArithmetic("fast")
	require.EqualError(t, err, `analog: arithmetic: need exact, sums32 or pairs16, have "fast"`)
}

// TestSums32IsExact where float32 has room for every sum: scales are powers of
// two, so that it differs from float64 in nothing.
func TestSums32IsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := layerOf(t)
		if l.Kind != Pool {
			for i := range l.W {
				l.W[i] = float64(rapid.IntRange(-128, 127).Draw(t, "code")) / 4
			}
			l.WScale = []float64{0.25}
		} else {
			l.Factor = []float64{0.5}
		}
		if l.Kind == Conv || l.Kind == Pool {
			zero := rapid.IntRange(0, 127).Draw(t, "zero") * 2 // even: a tie goes where it goes without it
			l.Quant = &Quant{Scale: 64, Zero: zero, Hi: 255}
		}
		in := &Quant{Scale: 0.5, Zero: rapid.IntRange(0, 255).Draw(t, "zero of input"), Hi: 255}
		if rapid.Bool().Draw(t, "signed") {
			in.Zero, in.Lo, in.Hi = in.Zero-128, -128, 127
		}
		dense := Layer{Name: "dense", Kind: Dense, From: []int{0}, In: l.Out, Out: Shape{1, 1, 1}, W: make([]float64, l.Out.Size()), WScale: []float64{1}}
		for i := range dense.W {
			dense.W[i] = float64(i % 100)
		}
		m := &Model{In: l.In, InQuant: in, Layers: []Layer{*l, dense}}
		if m.Validate() != nil {
			t.Skip("a window of padding only")
		}
		x := draw(t, l.In.Size(), "x")
		for i := range x {
			x[i] *= 200
		}
		require.Equal(t, outputs(t, m, Exact, x), outputs(t, m, Sums32, x))
	})
}

func TestCodesWithoutAllocation(t *testing.T) {
	r, err := NewRunWith(eightBit([]float64{1, 2, 3, 4}, nil, 2), Pairs16)
	require.NoError(t, err)
	x := []float64{1, 2}
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = r.Forward(x) }))
}
