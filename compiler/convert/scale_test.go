package convert

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/compiler/graph"
)

// randomPopulation draws neurons of any reset rule.
func randomPopulation(t *rapid.T, name string, n int) *graph.Population {
	p := &graph.Population{Name: name, Kind: graph.CubaLIF, N: n, AJ: numbers(t, n, "aj"), GJ: numbers(t, n, "gj"), AV: numbers(t, n, "av"), GV: numbers(t, n, "gv"),
		C: numbers(t, n, "c"), VReset: numbers(t, n, "reset"), V0: numbers(t, n, "v0"), Theta: repeat(0.75, n), Floor: repeat(-0.5, n)}
	p.Reset = graph.Reset(rapid.IntRange(0, 4).Draw(t, "rule"))
	p.LateZeroWipe, p.GE, p.Multi = rapid.Bool().Draw(t, "wipe"), rapid.Bool().Draw(t, "ge"), rapid.Bool().Draw(t, "multi")
	if rapid.Bool().Draw(t, "memoryless") {
		p.Kind = graph.Threshold
		clear(p.AJ)
		clear(p.AV)
	}
	return p
}

// raster runs a network and returns all spikes.
func raster(t *rapid.T, n *graph.Network, in [][]float64) []float64 {
	r, err := graph.NewRun(n)
	if err != nil {
		t.Fatal(err)
	}
	var all []float64
	for _, x := range in {
		r.Step([][]float64{x})
		for k := range r.Spikes {
			all = append(all, r.Spikes[k]...)
		}
	}
	return all
}

// TestScaledNeuronsSpikeTheSame multiplies neurons by powers of two, which
// floating point does without rounding: every spike stays.
func TestScaledNeuronsSpikeTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.IntRange(1, 4).Draw(t, "a"), rapid.IntRange(1, 4).Draw(t, "b")
		n := &graph.Network{Pops: []*graph.Population{{Name: "in", N: 3}, randomPopulation(t, "a", a), randomPopulation(t, "b", b)}}
		n.Projs = []*graph.Projection{
			{Name: "ia", Pre: 0, Post: 1, W: numbers(t, 3*a, "w"), Bias: numbers(t, a, "bias")},
			{Name: "aa", Pre: 1, Post: 1, W: numbers(t, a*a, "w"), Recurrent: true, Delay: 1},
			{Name: "ab", Pre: 1, Post: 2, W: numbers(t, a*b, "w")},
		}
		var in [][]float64
		for range 12 {
			in = append(in, numbers(t, 3, "x"))
		}
		want := raster(t, n, in)
		matrix := n.Projs[0].W
		kept := append([]float64(nil), matrix...)
		for k := 1; k < 3; k++ {
			c := make([]float64, n.Pops[k].N)
			for i := range c {
				c[i] = math.Ldexp(1, rapid.IntRange(-6, 6).Draw(t, "exponent"))
			}
			if err := ScaleNeuron(n, k, c); err != nil {
				t.Fatal(err)
			}
		}
		assert.Equal(t, kept, matrix, "the caller's matrix")
		if have := raster(t, n, in); !assert.ObjectsAreEqual(want, have) {
			t.Fatalf("spikes changed: %v, before %v", have, want)
		}
	})
}

func TestScaleKernelChannels(t *testing.T) {
	k := &graph.Kernel{In: [3]int{1, 1, 2}, Out: [3]int{2, 1, 2}, Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1, W: []float64{1, 2}}
	p := &graph.Population{Name: "a", Kind: graph.CubaLIF, N: 4, C: []float64{1, 2, 3, 4}}
	n := &graph.Network{Pops: []*graph.Population{{Name: "in", N: 2}, p}, Projs: []*graph.Projection{{Name: "k", Post: 1, Kernel: k}}}
	require.NoError(t, ScaleNeuron(n, 1, []float64{2, 2, 4, 4}))
	assert.Equal(t, []float64{2, 8}, n.Projs[0].Kernel.W)
	assert.Equal(t, []float64{1, 2}, k.W)
	assert.Equal(t, []float64{2, 4, 12, 16}, p.C)
	assert.ErrorContains(t, ScaleNeuron(n, 1, []float64{1, 2, 1, 1}), "share")
	assert.ErrorContains(t, ScaleNeuron(n, 1, []float64{1, 1, 0, 1}), "above 0")
	assert.ErrorContains(t, ScaleNeuron(n, 1, []float64{1}), "need 4")
	assert.Error(t, ScaleNeuron(n, 0, []float64{1, 1}))
}
