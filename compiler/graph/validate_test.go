package graph

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidate(t *testing.T) {
	require.NoError(t, layers(1, 3, 4, 2).Validate())
	for _, c := range []struct {
		name string
		edit func(*Network)
		says string
	}{
		{"empty", func(n *Network) { n.Pops = nil }, "graph: network has no populations, need at least 1"},
		{"nil population", func(n *Network) { n.Pops[1] = nil }, "population 1 is nil"},
		{"nil projection", func(n *Network) { n.Projs[0] = nil }, "projection 0 is nil"},
		{"no name", func(n *Network) { n.Pops[1].Name = "" }, "need a name of its own"},
		{"same name", func(n *Network) { n.Pops[2].Name = "a" }, `have "a" (population 1)`},
		{"size", func(n *Network) { n.Pops[1].N = 0 }, "need 1..4194304 neurons, have 0"},
		{"shape", func(n *Network) { n.Pops[1].Shape = []int{2, 3} }, "shape [2 3]: need a product of 4, have 6"},
		{"huge shape", func(n *Network) { n.Pops[1].Shape = []int{4, 4, 4, 4, 4} }, "need a product of 4"},
		{"kind", func(n *Network) { n.Pops[1].Kind = 9 }, "kind 9 is unknown"},
		{"reset", func(n *Network) { n.Pops[1].Reset = 9 }, "reset 9 is unknown"},
		{"length", func(n *Network) { n.Pops[1].AV = n.Pops[1].AV[1:] }, "graph: population 1 (a): AV: need 4 values, have 3"},
		{"missing", func(n *Network) { n.Pops[1].Theta = nil }, "Theta: need 4 values, have 0"},
		{"nan", func(n *Network) { n.Pops[1].C[2] = math.NaN() }, "C[2]: need a finite value, have NaN"},
		{"multi", func(n *Network) { n.Pops[1].Multi, n.Pops[1].Theta[3] = true, 0 }, "Theta[3]: several spikes per tick need a value above 0"},
		{"floor", func(n *Network) { n.Pops[1].Floor = []float64{0, 2, 0, 0} }, "Floor[1]: need at most Theta = 1, have 2"},
		{"threshold", func(n *Network) { n.Pops[1].Kind = Threshold }, "a threshold population needs 0, 0, have 0, 0.9"},
		{"end", func(n *Network) { n.Projs[0].Post = 3 }, "projection 0 (w): need populations 0..2, have 0 -> 3"},
		{"into input", func(n *Network) { n.Projs[0].Pre, n.Projs[0].Post = 1, 0 }, "target in is an input"},
		{"readout", func(n *Network) { n.Pops[1].Kind = Readout }, "source a is a readout"},
		{"cycle", func(n *Network) { n.Projs[1].Pre, n.Projs[1].Post = 2, 1 }, "closes a cycle within one tick"},
		{"self", func(n *Network) { n.Projs[1].Post = 1 }, "closes a cycle within one tick"},
		{"delay", func(n *Network) { n.Projs[0].Delay = -1 }, "delay: need 0..65536 ticks, have -1"},
		{"weights", func(n *Network) { n.Projs[0].W = n.Projs[0].W[1:] }, "W: need 4 x 3 values, have 11"},
		{"bias", func(n *Network) { n.Projs[0].Bias = []float64{1} }, "Bias: need 4 values, have 1"},
		{"infinite", func(n *Network) { n.Projs[0].W[7] = math.Inf(1) }, "W[2][1]: need a finite value, have +Inf"},
		{"infinite bias", func(n *Network) { n.Projs[0].Bias = []float64{0, math.Inf(1), 0, 0} }, "Bias[1]: need a finite value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := layers(1, 3, 4, 2)
			c.edit(n)
			require.ErrorContains(t, n.Validate(), c.says)
			_, err := NewRun(n)
			require.Error(t, err)
		})
	}
	require.Error(t, (*Network)(nil).Validate())
}

func TestRunBoundsHistory(t *testing.T) {
	n := layers(1, 2000, 1)
	n.Projs[0].Delay = MaxDelay
	_, err := NewRun(n)
	require.ErrorContains(t, err, "stored spikes, limit")
}

func TestPorts(t *testing.T) {
	n := layers(1, 3, 4, 2)
	n.Pops[2].Output = true
	require.Equal(t, []int{0}, n.Inputs())
	require.Equal(t, []int{2}, n.Outputs())
}
