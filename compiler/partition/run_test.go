package partition_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/compiler/partition"
)

// anyGraph draws a small hypergraph: neurons, some silent, nets of any size.
func anyGraph(t *rapid.T) *partition.Hypergraph {
	n := rapid.IntRange(1, 80).Draw(t, "neurons")
	h := &partition.Hypergraph{Neurons: n, First: []int32{0}}
	for v := range n {
		if rapid.IntRange(0, 9).Draw(t, "silent") == 0 {
			continue
		}
		pins := []int32{int32(v)}
		for range rapid.IntRange(0, 8).Draw(t, "targets") {
			if u := int32(rapid.IntRange(0, n-1).Draw(t, "target")); !slices.Contains(pins, u) {
				pins = append(pins, u)
			}
		}
		h.Pins = append(h.Pins, pins...)
		h.First = append(h.First, int32(len(h.Pins)))
		h.Weight = append(h.Weight, rapid.Int32Range(0, 1<<31-1).Draw(t, "weight")>>rapid.IntRange(0, 30).Draw(t, "shift"))
	}
	return h
}

// TestLimitsHold is that no limit is ever broken, whatever the network and the
// limits, and that the bytes do not depend on the workers.
func TestLimitsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyGraph(t)
		require.NoError(t, h.Validate())
		fan := h.FanIn()
		p := &partition.Problem{Graph: h, Resources: []partition.Resource{
			{Name: "neurons", Limit: int64(rapid.IntRange(1, 20).Draw(t, "capacity"))},
			{Name: "synapses", Need: fan, Limit: int64(max(1, slices.Max(fan))) + int64(rapid.IntRange(0, 60).Draw(t, "synapses"))},
		}}
		if rapid.Bool().Draw(t, "axons") {
			p.MaxInAxons = int64(max(1, slices.Max(fan))) + int64(rapid.IntRange(0, 20).Draw(t, "more"))
		}
		if rapid.Bool().Draw(t, "coordinates") {
			for v := range h.Neurons {
				p.Coords = append(p.Coords, partition.Coord{Layer: int32(v / 20), Y: int32(v % 5), X: int32(v % 7)})
			}
		}
		o := partition.Options{Effort: partition.Effort(rapid.IntRange(0, 2).Draw(t, "effort")), Seed: rapid.Uint64().Draw(t, "seed"), Workers: 1}
		r, err := partition.Run(p, o)
		require.NoError(t, err)
		s := partition.Rate(h, r.Part, r.Cores)
		require.Equal(t, r.Cores, s.Cores, "no core is empty")
		require.LessOrEqual(t, int64(slices.Max(s.Neurons)), p.Resources[0].Limit)
		require.LessOrEqual(t, int64(slices.Max(s.Synapses)), p.Resources[1].Limit)
		if p.MaxInAxons > 0 {
			require.LessOrEqual(t, int64(slices.Max(s.InAxons)), p.MaxInAxons)
		}
		for _, o.Workers = range []int{2, 8} {
			again, err := partition.Run(p, o)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(r, again))
		}
	})
}

// TestSameBytes compares 1, 2 and 8 workers on a network with several starts.
func TestSameBytes(t *testing.T) {
	p := neurons(letters(20, 3).graph(), 128)
	one, err := partition.Run(p, partition.Options{Effort: partition.Normal, Workers: 1})
	require.NoError(t, err)
	for _, workers := range []int{2, 8} {
		r, err := partition.Run(p, partition.Options{Effort: partition.Normal, Workers: workers})
		require.NoError(t, err)
		require.Equal(t, one, r)
	}
}

// TestCoordinates is that coordinates help a network whose ids are user order
// and are never worse than doing without.
func TestCoordinates(t *testing.T) {
	h := separable(16, 8, 4).graph()
	p := neurons(h, 256)
	var layers []partition.Coord
	for i, l := range [][2]int{{3, 16}, {8, 16}, {8, 16}, {16, 16}, {16, 8}, {32, 8}, {32, 4}, {64, 4}, {64, 2}, {128, 2}, {10, 1}} {
		for c := range l[0] {
			for px := range l[1] * l[1] {
				layers = append(layers, partition.Coord{Layer: int32(i), Channel: int32(c), Y: int32(px / l[1]), X: int32(px % l[1])})
			}
		}
	}
	require.Len(t, layers, h.Neurons)
	plain, err := partition.Run(p, partition.Options{Effort: partition.Fast, Workers: 1})
	require.NoError(t, err)
	p.Coords = layers
	r, err := partition.Run(p, partition.Options{Effort: partition.Fast, Workers: 1})
	require.NoError(t, err)
	a, b := partition.Rate(h, r.Part, r.Cores).Packets, partition.Rate(h, plain.Part, plain.Cores).Packets
	require.LessOrEqual(t, a, b)
}

func TestImpossible(t *testing.T) {
	h := &partition.Hypergraph{Neurons: 4, Weight: []int32{1, 1, 1}, First: []int32{0, 2, 4, 6}, Pins: []int32{0, 3, 1, 3, 2, 3}}
	for _, c := range []struct {
		p    partition.Problem
		want string
	}{
		{partition.Problem{Graph: h}, "1 resource"},
		{partition.Problem{Graph: &partition.Hypergraph{First: []int32{0}}, Resources: []partition.Resource{{Name: "neurons", Limit: 1}}}, "1 neuron"},
		{partition.Problem{Graph: h, Resources: []partition.Resource{{Name: "neurons"}}}, "a limit of 1"},
		{partition.Problem{Graph: h, Resources: []partition.Resource{{Name: "synapses", Need: h.FanIn(), Limit: 2}}}, "neuron 4: need 3 synapses, have 2"},
		{partition.Problem{Graph: h, Resources: []partition.Resource{{Name: "neurons", Limit: 1}}, MaxInAxons: 2}, "neuron 4: need 3 in-axons, have 2"},
		{partition.Problem{Graph: h, Resources: []partition.Resource{{Name: "neurons", Limit: 1}}, Coords: make([]partition.Coord, 3)}, "3 coordinates, need 4"},
	} {
		_, err := partition.Run(&c.p, partition.Options{})
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, "partition: ")
	}
}
