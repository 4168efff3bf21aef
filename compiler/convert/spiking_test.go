package convert

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// TestConstantDriveCountsAreRounded: a neuron that starts at half its
// threshold, is driven by a constant and keeps what is above the threshold
// spikes clip(floor(T a/scale + 1/2), 0, T) times in T ticks (Bu et al. 2022):
// the first layer of a current-driven network does, whatever it is.
func TestConstantDriveCountsAreRounded(t *testing.T) {
	const ticks = 16
	rapid.Check(t, func(t *rapid.T) {
		in := analog.Shape{rapid.IntRange(1, 2).Draw(t, "channels"), 4, 4}
		first := randomLayer(t, -1, in)
		first.Act = analog.Relu
		last := analog.Layer{Kind: analog.Pool, From: []int{0}, In: first.Out, Out: first.Out, Factor: []float64{1},
			Win: analog.Window{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1}}
		p, err := Lower(&analog.Model{In: in, Layers: []analog.Layer{first, last}})
		if err != nil {
			t.Fatal(err)
		}
		x := numbers(t, in.Size(), "x")
		for i := range x {
			x[i] = math.Abs(x[i])
		}
		if p.Stages[0].Output {
			t.Skip("a pooling of an input has no rectifier")
		}
		n, r, err := Spiking(p, Options{Reset: graph.ResetSubtract, Input: CurrentInput, Calib: Vectors{x, make([]float64, len(x))}, Percentile: 80})
		if err != nil {
			t.Fatal(err)
		}
		counts := countSpikes(t, n, r, x, ticks)
		for i, a := range p.Values(x)[0] {
			z := ticks*a/r.Layers[0].Scale + 0.5
			if math.Abs(z-math.Round(z)) < 1e-6 {
				continue // on the edge between two counts
			}
			if want := math.Min(math.Floor(z), ticks); counts[i] != want {
				t.Fatalf("neuron %d: %g spikes, need %g", i, counts[i], want)
			}
		}
	})
}

// countSpikes runs a current-driven network and counts its first layer.
func countSpikes(t require.TestingT, n *graph.Network, r *Report, x []float64, ticks int) []float64 {
	pop := n.Pops[r.First.Pop]
	drive := r.First.Drive(x)
	for _, d := range drive {
		require.LessOrEqual(t, math.Abs(d), r.First.Bound()*(1+1e-12))
	}
	copy(pop.C, drive)
	run, err := graph.NewRun(n)
	require.NoError(t, err)
	counts := make([]float64, pop.N)
	for range ticks {
		run.Step(nil)
		for i, s := range run.Spikes[r.First.Pop] {
			counts[i] += s
		}
	}
	return counts
}

var samples = Vectors{{0.3, 0.9, 0, 1, 0.5, 0.25}, {1, 0, 0.5, 0.5, 0, 1}, {0, 0.2, 0.8, 0.1, 1, 0.7}, {0.5, 0.5, 0.5, 0, 0, 0}}

// TestRatesApproachTheModel: the more ticks, the closer the accumulated output
// is to the model's, for both kinds of input.
func TestRatesApproachTheModel(t *testing.T) {
	p, err := Lower(dense3())
	require.NoError(t, err)
	for _, in := range []InputKind{RateInput, CurrentInput} {
		n, r, err := Spiking(p, Options{Reset: graph.ResetSubtract, Input: in, Method: Max, Calib: samples})
		require.NoError(t, err)
		short, long := outputError(t, p, n, r, 8), outputError(t, p, n, r, 512)
		assert.Less(t, long, 0.02)
		assert.Less(t, long, short/4)
	}
}

// outputError is the largest error of the output per tick over the samples.
func outputError(t *testing.T, p *Plan, n *graph.Network, r *Report, ticks int) float64 {
	worst := 0.0
	for _, x := range samples {
		if r.First != nil {
			copy(n.Pops[r.First.Pop].C, r.First.Drive(x))
		}
		run, err := graph.NewRun(n)
		require.NoError(t, err)
		e := encoder{top: 1, acc: make([]float64, len(x)), spikes: make([]float64, len(x))}
		e.start()
		for range ticks {
			e.next(x)
			run.Step([][]float64{e.spikes})
		}
		v := p.Values(x)
		for i, z := range v[len(v)-1] {
			worst = math.Max(worst, math.Abs(z-run.V[len(n.Pops)-1][i]/float64(ticks)))
		}
	}
	return worst
}

// TestCorrectionMeetsTheMean: with reset to zero rates fall short; after the
// correction the mean rate of the first layer is nearer to the activation.
func TestCorrectionMeetsTheMean(t *testing.T) {
	p, err := Lower(dense3())
	require.NoError(t, err)
	short := func(rounds int) float64 {
		o := Options{Method: Max, Calib: samples, Correct: rounds}
		n, r, err := Spiking(p, o)
		require.NoError(t, err)
		require.NoError(t, o.fill())
		c := &correcting{p: p, n: n, o: &o, r: r, first: 1, count: len(samples)}
		m, err := c.simulate(0)
		require.NoError(t, err)
		sum := 0.0
		for i := range m.rate {
			sum += math.Abs(m.rate[i] - m.want[i])
		}
		return sum
	}
	assert.Less(t, short(3), short(0)*2/3)
}

// TestCorrectionServesSubtraction: where resets lose nothing, spikes that come
// before those that would have stopped them still add up from layer to layer;
// in a chain the correction takes most of that away.
func TestCorrectionServesSubtraction(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const width, depth = 24, 4
	m := &analog.Model{In: analog.Shape{width, 1, 1}}
	for k := range depth + 1 {
		l := analog.Layer{Kind: analog.Dense, From: []int{k - 1}, In: m.In, Out: m.In, Act: analog.Relu, W: make([]float64, width*width)}
		for i := range l.W {
			l.W[i] = r.NormFloat64() * math.Sqrt(2.0/width)
		}
		m.Layers = append(m.Layers, l)
	}
	m.Layers[depth].Act = analog.Linear
	p, err := Lower(m)
	require.NoError(t, err)
	seen := make(Vectors, 64)
	for i := range seen {
		seen[i] = make([]float64, width)
		for j := range seen[i] {
			seen[i][j] = r.Float64()
		}
	}
	known, fresh := seen[:48], seen[48:]
	over := func(rounds int) float64 {
		o := Options{Reset: graph.ResetSubtract, Calib: known, Ticks: 16, Correct: rounds}
		n, rep, err := Spiking(p, o)
		require.NoError(t, err)
		require.NoError(t, o.fill())
		o.Calib = fresh
		c := &correcting{p: p, n: n, o: &o, r: rep, first: 1, count: len(fresh)}
		got, err := c.simulate(depth - 1)
		require.NoError(t, err)
		sum := 0.0
		for i := range got.rate {
			sum += got.rate[i] - got.want[i]
		}
		return sum / width
	}
	assert.Greater(t, over(0), 0.01)
	assert.Less(t, math.Abs(over(1)), over(0)/2)
}

func TestScales(t *testing.T) {
	a := newActivations(100)
	v := make([]float64, 100)
	for i := range v {
		v[i] = float64(i + 1)
	}
	_, ok := a.see(v, repeat(1, 100), 1)
	require.True(t, ok)
	assert.InDelta(t, 100, a.top, 0)
	assert.InDelta(t, 90, a.percentile(90), 0.1)
	assert.InDelta(t, 100, a.percentile(100), 1e-9)
	assert.InDelta(t, 0.1, a.share(90.5), 1e-9)
	s, _ := a.minError(1 << 20)
	assert.InDelta(t, 100, s, 0.1, "without rounding, clipping nothing is best")
	s, _ = a.minError(2)
	assert.Less(t, s, 99.5, "with coarse levels some clipping is")
}

// TestOutlierDoesNotSetTheScale: one activation in thousands is clipped.
func TestOutlierDoesNotSetTheScale(t *testing.T) {
	one := analog.Layer{Kind: analog.Dense, From: []int{-1}, In: analog.Shape{1, 1, 1}, Out: analog.Shape{1, 1, 1}, W: []float64{1}, Act: analog.Relu}
	last := one
	last.From, last.Act = []int{0}, analog.Linear
	p, err := Lower(&analog.Model{In: analog.Shape{1, 1, 1}, Layers: []analog.Layer{one, last}})
	require.NoError(t, err)
	v := make(Vectors, 1000)
	for i := range v {
		v[i] = []float64{float64(i) / 1000}
	}
	v[17][0] = 50
	_, r, err := Spiking(p, Options{Calib: v})
	require.NoError(t, err)
	assert.InDelta(t, 0.99, r.Layers[0].Scale, 0.02)
	_, r, err = Spiking(p, Options{Calib: v, Method: Max})
	require.NoError(t, err)
	assert.InDelta(t, 50, r.Layers[0].Scale, 1e-9)
}

// TestSaturatingActivationKeepsItsEnd: a learned or fixed end is the scale.
func TestSaturatingActivationKeepsItsEnd(t *testing.T) {
	m := dense3()
	m.Layers[0].Act, m.Layers[0].Hi = analog.Clip, 0.25
	m.Layers[1].Act, m.Layers[1].Quant = analog.Linear, &analog.Quant{Scale: 0.001, Zero: -128, Lo: -128, Hi: 127}
	p, err := Lower(m)
	require.NoError(t, err)
	_, r, err := Spiking(p, Options{Calib: samples})
	require.NoError(t, err)
	assert.InDelta(t, 0.25, r.Layers[0].Scale, 1e-12)
	assert.InDelta(t, 0.255, p.Stages[1].Max, 1e-12)
	assert.Equal(t, "end of the activation", r.Layers[0].Method)
	assert.Less(t, r.Layers[1].Scale, 0.255, "the range of a rounding only ends the percentile")
}

func TestSpikingSaysWhatItChose(t *testing.T) {
	p, err := Lower(dense3())
	require.NoError(t, err)
	n, r, err := Spiking(p, Options{})
	require.NoError(t, err)
	require.NoError(t, n.Validate())
	assert.Contains(t, strings.Join(n.Provenance, "\n"), "no calibration samples")
	assert.Equal(t, "bound", r.Layers[0].Method)
	assert.True(t, math.IsNaN(r.Layers[0].Silent))
	assert.Equal(t, repeat(0.5, 8), n.Pops[1].V0)
	assert.Equal(t, repeat(1, 8), n.Pops[1].Theta)
	assert.Equal(t, []int{3}, n.Outputs())
	_, r, err = Spiking(p, Options{Input: CurrentInput, Calib: Vectors{make([]float64, 6)}})
	require.NoError(t, err)
	assert.Equal(t, 48, r.First.Multiply)
	assert.Greater(t, r.Layers[0].Silent, 0.0)
}

func TestSpikingRefuses(t *testing.T) {
	p, err := Lower(dense3())
	require.NoError(t, err)
	_, _, err = Spiking(p, Options{Calib: Vectors{{-0.5, 0, 0, 0, 0, 0}}})
	assert.ErrorContains(t, err, "a rate cannot be below 0")
	_, _, err = Spiking(p, Options{Percentile: 101})
	assert.ErrorContains(t, err, "percentile 101")
	_, _, err = Spiking(p, Options{Calib: Vectors{{math.NaN(), 0, 0, 0, 0, 0}}})
	assert.ErrorContains(t, err, "sample 0: value 0")
}
