package compiler

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/isa/count"
)

func typedFamily(t *testing.T) *chip.Family {
	f, err := chip.LoadNamed("spinnaker")
	require.NoError(t, err)
	return f
}

func TestRingShift(t *testing.T) {
	for most, want := range map[float64]int{0: 0, 0.99: 0, 1: 1, 1.5: 1, 1.99: 1, 2: 2, 3: 2, 4: 3, 1000: 10, 1024: 11} {
		require.Equal(t, want, RingShift(most), most)
		require.Less(t, most, math.Ldexp(1, RingShift(most)))
	}
}

// What the compiler takes a neuron for is what the description's own
// expressions give, and near what was asked for.
func TestFixedDecaysAreTheChips(t *testing.T) {
	f := typedFamily(t)
	r := rand.New(rand.NewPCG(3, 4))
	least := int64(182)
	for k := range 300 {
		a, j := 1-math.Pow(10, -5*r.Float64()), 1-math.Pow(10, -5*r.Float64())
		switch k {
		case 0, 1:
			a, j = float64(k), float64(k)
		}
		m, s := membraneOf(a), synapseOf(j, least)
		g, err := f.BindGroup("lif-exp", 1, settings{neuron: map[string][]int64{varFixedTauM: {m.tau}, varFixedCap: {m.capacity}, varFixedTauExc: {s.tau}, varFixedTauInh: {s.tau}}})
		require.NoError(t, err)
		require.EqualValues(t, g.Params[0][0], m.resist)
		require.EqualValues(t, g.Params[1][0], m.keep)
		require.InDelta(t, float64(uint32(g.Params[7][0]))/(1<<32), s.keep, 1e-12)
		require.InDelta(t, float64(uint32(g.Params[8][0]))/(1<<32), s.gain, 1e-12)
		require.InDelta(t, a, float64(m.keep)/fixedOne, 1.0/(1<<14), a)
		require.InDelta(t, 1, m.gain(), 0.3, a)
		require.InDelta(t, j, s.keep, 1.4e-3, j) // its exponential is 1e-6 off near 0, and inputs would wrap
		require.Greater(t, s.gain, 0.0)
	}
}

// Networks of whole numbers agree with the reference spike by spike, though
// membranes leak a little; others nearly.
func TestTypedNearReference(t *testing.T) {
	f := typedFamily(t)
	for seed := range uint64(6) {
		n := wholeNetwork(seed, seed%2 == 1)
		res, err := Compile(n, f, Options{})
		require.NoError(t, err)
		wrong, spikes := agreement(t, n, res.Image, 60, 0.2, seed)
		require.Greater(t, spikes, 100)
		require.Zero(t, wrong, "seed %d, of %d spikes", seed, spikes)
		require.Contains(t, res.Report.Notes[0], "membranes leak")
		_, err = Compile(n, f, Options{Strict: true})
		require.ErrorContains(t, err, "strict: the chip's membranes leak")
	}
	for k, change := range []func(p *graph.Population){
		func(*graph.Population) {},
		func(p *graph.Population) { p.Reset = graph.ResetSubtract },
		func(p *graph.Population) { p.AJ = fill(p.N, 0.7) },
		func(p *graph.Population) { p.AJ, p.Reset = fill(p.N, 0.7), graph.ResetSubtract },
		func(p *graph.Population) { p.Reset, p.LateZeroWipe = graph.ResetZeroLate, true },
		func(p *graph.Population) { p.GE, p.VReset = true, fill(p.N, -0.3) },
	} {
		n := mlp(64, 96, 10)
		for _, p := range n.Pops[1:] {
			change(p)
		}
		res, err := Compile(n, f, Options{})
		require.NoError(t, err)
		wrong, spikes := agreement(t, n, res.Image, 150, 0.2, 1)
		require.Greater(t, spikes, 500)
		require.Less(t, float64(wrong), 0.02*float64(spikes), "case %d, notes %v", k, res.Report.Notes)
		require.Less(t, res.Report.Layers[0].WeightsZeroed, 20)
		require.Less(t, res.Report.Layers[0].WeightError, 1e-3)
	}
}

// Weights stand at the port of their sign, shifted so that no entry saturates
// if all sources spike at once.
func TestRingsCannotSaturate(t *testing.T) {
	n := mlp(64, 96, 10)
	res, err := Compile(n, typedFamily(t), Options{})
	require.NoError(t, err)
	require.Len(t, res.Image.Cores, 2, "shifts differ")
	m, err := chip.New(res.Image, chip.Options{})
	require.NoError(t, err)
	all := func(_ int64, dst []chip.Injection) []chip.Injection {
		for i := range int32(64) {
			dst = append(dst, chip.Injection{Pop: 0, Index: i, Payload: 1})
		}
		return dst
	}
	require.NoError(t, m.Run(20, all, nil))
	c := m.Counts()
	require.Zero(t, c[count.Overflowed])
	require.Positive(t, c[count.Spikes])
	ci := res.Image.Cores[0].Image
	sum := [2][]int64{make([]int64, ci.N), make([]int64, ci.N)}
	for _, a := range ci.Axons {
		ci.EachSynapse(&a, func(comp int32, _ uint8, mant int32) { sum[a.Port][comp] += int64(mant) })
	}
	for port := range sum {
		most := int64(0)
		for _, s := range sum[port] {
			most = max(most, s)
		}
		require.Greater(t, most, int64(1)<<14, "a shift too large loses bits")
		require.Less(t, most, int64(1)<<16)
	}
}

func TestTypedMisfits(t *testing.T) {
	f := typedFamily(t)
	for want, change := range map[string]func(p *graph.Population){
		"several spikes per tick": func(p *graph.Population) { p.Multi = true },
		"membrane floor":          func(p *graph.Population) { p.Floor = fill(p.N, -1) },
		"reset":                   func(p *graph.Population) { p.Reset = graph.ResetSubtractLate },
		"drive":                   func(p *graph.Population) { p.Driven = true },
		"decay":                   func(p *graph.Population) { p.AV[1] = 1.5 },
	} {
		n := mlp(4, 3)
		change(n.Pops[1])
		requireResource(t, n, f, want)
	}
	n := mlp(4, 3)
	n.Projs[0].Delay = 40
	requireResource(t, n, f, "delay")
	n = mlp(4, 5000)
	requireResource(t, n, f, limCores)
}

// requireResource wants a misfit of a resource.
func requireResource(t *testing.T, n *graph.Network, f *chip.Family, resource string) {
	t.Helper()
	_, err := Compile(n, f, Options{})
	var fit *FitError
	require.ErrorAs(t, err, &fit, resource)
	for _, m := range fit.Misfits {
		if m.Resource == resource {
			return
		}
	}
	t.Fatalf("no misfit of %s in %v", resource, err)
}

// The host reads the membrane of a readout; kernels become lists.
func TestTypedReadoutAndKernel(t *testing.T) {
	n := &graph.Network{Name: "conv", Pops: []*graph.Population{input("in", 2*5*5), lif("c", 3*3*3, 0.8, 0.5), lif("out", 2, 0.9, 1)}}
	r := rand.New(rand.NewPCG(8, 8))
	n.Pops[2].Kind, n.Pops[2].Theta, n.Pops[2].Output = graph.Readout, nil, true
	k := &graph.Kernel{In: [3]int{2, 5, 5}, Out: [3]int{3, 3, 3}, Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1, W: randomWeights(r, 54, 1, 0.3)}
	n.Projs = []*graph.Projection{{Name: "k", Pre: 0, Post: 1, Kernel: k}, join("o", 1, 2, randomWeights(r, 2, 27, 0.3))}
	res, err := Compile(n, typedFamily(t), Options{Ticks: 30})
	require.NoError(t, err)
	wrong, spikes := agreement(t, n, res.Image, 30, 0.3, 3)
	require.Less(t, float64(wrong), 0.03*float64(spikes))
	require.Equal(t, 1, res.Image.Pops[2].Read, "state word v")
	for _, c := range res.Image.Cores {
		require.Empty(t, c.Image.Kernels)
	}
}
