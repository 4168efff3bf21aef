package compiler

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
)

// TestBiasBehindASynapseStartsExactly compares membranes tick by tick: a bias
// that passes the synaptic current, in the first layer and in the second, and
// a reset voltage other than the start.
func TestBiasBehindASynapseStartsExactly(t *testing.T) {
	for _, name := range []string{"loihi1", "loihi2"} {
		t.Run(name, func(t *testing.T) { biasBehindASynapse(t, name) })
	}
}

func biasBehindASynapse(t *testing.T, name string) {
	fill := func(x float64) []float64 { return []float64{x, x} }
	cuba := func(name string) *graph.Population {
		return &graph.Population{Name: name, Kind: graph.CubaLIF, N: 2, AJ: fill(0.7), GJ: fill(1), AV: fill(0.85), GV: fill(1),
			C: fill(0), Theta: fill(100), VReset: fill(0), Output: name == "b"}
	}
	a, b := cuba("a"), cuba("b")
	a.VReset = fill(-3)
	net := &graph.Network{Pops: []*graph.Population{{Name: "in", N: 1}, a, b}, Projs: []*graph.Projection{
		{Name: "x", Pre: 0, Post: 1, W: []float64{5, -4}, Bias: []float64{2, -1}},
		{Name: "y", Pre: 1, Post: 2, W: []float64{1, 0.5, -1, 1}, Bias: []float64{3, 0.5}}}}
	f, err := chip.LoadNamed(name)
	require.NoError(t, err)
	r, err := Compile(net, f, Options{})
	require.NoError(t, err)
	run, err := graph.NewRun(net)
	require.NoError(t, err)
	require.Len(t, r.Image.Cores[0].Image.Ports, 1, "ports that nobody reads are left out")
	m, err := chip.New(r.Image, chip.Options{})
	require.NoError(t, err)
	var first, second [][]float64 // float membranes per tick
	for tick := range 40 {
		run.Step([][]float64{{float64(tick % 3 / 2)}})
		first = append(first, append([]float64(nil), run.V[1]...))
		second = append(second, append([]float64(nil), run.V[2]...))
	}
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick%3 == 2 {
			dst = append(dst, chip.Injection{Payload: 1})
		}
		return dst
	}
	err = m.Run(40, src, func(tick int64, m *chip.Machine) error {
		for g, pop := range []int{1, 2} {
			p := &r.Unit.Pops[pop]
			want := first
			at := int(tick) - p.Depth
			if pop == 2 {
				want = second
			}
			if at < 0 {
				continue
			}
			for i := range 2 {
				got := float64(m.Core(0).State.Words[g][1][i])/p.Scale + net.Pops[pop].VReset[i]
				require.Less(t, math.Abs(got-want[at][i]), 0.02+0.002*math.Abs(want[at][i]), "population %d, neuron %d, tick %d: chip %g, float %g", pop, i, at, got, want[at][i])
			}
		}
		return nil
	})
	require.NoError(t, err)
}
