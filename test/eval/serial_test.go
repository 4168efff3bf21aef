package eval

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
)

// noise is a set of random spikes.
type noise struct{ width, images int }

func (n noise) Len() int      { return n.images }
func (n noise) Width() int    { return n.width }
func (n noise) Label(int) int { return 0 }
func (n noise) Ticks() int    { return 12 }
func (n noise) Spikes(image, tick int, dst []int32) []int32 {
	r := rand.New(rand.NewPCG(uint64(image), uint64(tick)))
	for k := n.width - 1; k >= 0; k-- {
		if r.IntN(3) == 0 {
			dst = append(dst, int32(k))
		}
	}
	return dst
}

// oneLayer is a layer of 4 neurons that read 9 inputs.
func oneLayer(r *rand.Rand, least float64) *graph.Network {
	full := func(x float64) []float64 { return slices.Repeat([]float64{x}, 4) }
	p := &graph.Population{Name: "out", Kind: graph.CubaLIF, N: 4, AJ: full(0), GJ: full(1), AV: full(1), GV: full(1), C: full(0), Theta: full(2),
		VReset: full(0), Reset: graph.ResetSubtract, GE: true, Multi: true, Output: true}
	q := &graph.Projection{Name: "q", Pre: 0, Post: 1, W: make([]float64, 36), Bias: []float64{0.5, 0, 0.125, 0.25}}
	for i := range q.W {
		q.W[i] = least + r.Float64()
	}
	return &graph.Network{Name: "n", Pops: []*graph.Population{{Name: "in", Kind: graph.Input, N: 9}, p}, Projs: []*graph.Projection{q}}
}

func onLayers(t *testing.T, net *graph.Network, serial string) (*Result, error) {
	f, err := chip.LoadNamed("speck")
	require.NoError(t, err)
	res, err := compiler.Compile(net, f, compiler.Options{})
	require.NoError(t, err)
	return Chip(res.Image, noise{9, 20}, Options{Serial: serial}, chip.Options{})
}

// Where nothing is subtracted, the order of events changes nothing but the tick
// in which a spike comes.
func TestOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 10 {
		net := oneLayer(r, 0)
		want, err := onLayers(t, net, "")
		require.NoError(t, err)
		for _, order := range []string{Scattered, Ascending} {
			got, err := onLayers(t, net, order)
			require.NoError(t, err)
			require.Equal(t, want.Counts, got.Counts, order)
			require.Equal(t, []string{"in", "out", "clock"}, got.Pops)
			for i, l := range got.Layer {
				require.Equal(t, append(slices.Clone(want.Layer[i]), 12), l)
				require.LessOrEqual(t, l[0]+12, int64(got.Ticks))
			}
		}
	}
	net := oneLayer(r, -0.5)
	ticks, err := onLayers(t, net, "")
	require.NoError(t, err)
	one, err := onLayers(t, net, Scattered)
	require.NoError(t, err)
	again, err := onLayers(t, net, Scattered)
	require.NoError(t, err)
	require.NotEqual(t, ticks.Counts, one.Counts, "spikes of one tick that would cancel")
	require.Equal(t, one.Counts, again.Counts)
}

func TestOneByOneRefuses(t *testing.T) {
	net := oneLayer(rand.New(rand.NewPCG(1, 1)), 0)
	_, err := onLayers(t, net, "sorted")
	require.ErrorContains(t, err, `eval: order "sorted" of spikes one by one, need scattered or ascending`)
	f, err := chip.LoadNamed("loihi2")
	require.NoError(t, err)
	net.Pops[1].Multi = false
	res, err := compiler.Compile(net, f, compiler.Options{})
	require.NoError(t, err)
	_, err = Chip(res.Image, noise{9, 2}, Options{Serial: Scattered}, chip.Options{})
	require.ErrorContains(t, err, `has no parameter that is field "bias_mant" alone`)
}
