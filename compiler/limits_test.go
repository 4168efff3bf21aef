package compiler

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
)

func TestFanOutIsSpread(t *testing.T) {
	b := newFakeBinder()
	b.limits[limCompartments], b.limits[limOutAxons], b.limits[limCores] = 16, 24, 64
	f := fakeFamily()
	f.Mesh.X, f.Mesh.Y = 4, 8
	// 16 neurons feed 64 on four cores: 64 out-axons, 24 per core
	n := wholeFeed(16, 64)
	r, err := Compile(n, f, options(b))
	require.NoError(t, err)
	for _, c := range r.Unit.Cores {
		assert.LessOrEqual(t, c.Use.OutAxons, int64(24))
		assert.Len(t, r.Image.Cores[0].Image.OutOff, r.Image.Cores[0].Image.N+1)
	}
	wrong, spikes := agreement(t, n, r.Image, 30, 0.3, 1)
	require.Zero(t, wrong, "of %d", spikes)
	assert.Positive(t, r.Report.Mapping.Packets)
	assert.GreaterOrEqual(t, r.Report.Mapping.Hops, r.Report.Mapping.MaxLink)
	_, err = chip.New(r.Image, chip.Options{})
	require.NoError(t, err)
}

func wholeFeed(sizes ...int) *graph.Network {
	r := rand.New(rand.NewPCG(8, 8))
	n := &graph.Network{Pops: []*graph.Population{input("in", 10)}}
	for k, s := range sizes {
		n.Pops = append(n.Pops, lif(fmt.Sprint("p", k), s, 1, 5))
		w := make([]float64, s*n.Pops[k].N)
		for i := range w {
			w[i] = float64(r.IntN(6) - 2)
		}
		n.Projs = append(n.Projs, join(fmt.Sprint("w", k), k, k+1, w))
	}
	return n
}

func TestMemoryIsSplit(t *testing.T) {
	b := newFakeBinder()
	b.mem.Words = 300
	r, err := Compile(mlp(64, 96, 10), fakeFamily(), options(b))
	require.NoError(t, err)
	assert.Greater(t, len(r.Image.Cores), 3)
	for _, c := range r.Unit.Cores {
		assert.LessOrEqual(t, c.Use.Words, int64(300))
	}
	b.mem.Words = 20
	_, err = Compile(mlp(64, 96, 10), fakeFamily(), options(b))
	assert.ErrorContains(t, err, "l1: synapse_words: need 64, have 20")
}

func TestSparseAndDense(t *testing.T) {
	const n = 100
	diag, full := make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		diag[i*n+i] = 1
		for j := range n {
			full[i*n+j] = 1
		}
	}
	net := &graph.Network{Pops: []*graph.Population{input("in", n), lif("a", n, 1, 2), lif("b", n, 1, 40)},
		Projs: []*graph.Projection{join("d", 0, 1, diag), join("f", 1, 2, full)}}
	r := compileFake(t, net)
	c := r.Image.Cores[0].Image
	require.Len(t, c.Axons, 2*n)
	assert.False(t, c.Axons[0].Dense)
	assert.EqualValues(t, 1, c.Axons[0].N)
	assert.EqualValues(t, 1, c.Axons[0].Words)
	assert.True(t, c.Axons[n].Dense)
	assert.EqualValues(t, n, c.Axons[n].N)
	assert.EqualValues(t, 9+5, c.Axons[n].Words)

	// the same pair twice: two synapses, which a dense row cannot hold
	net.Projs = append(net.Projs, join("f2", 1, 2, full))
	r = compileFake(t, net)
	c = r.Image.Cores[0].Image
	assert.False(t, c.Axons[n].Dense)
	assert.EqualValues(t, 2*n, c.Axons[n].N)
	wrong, spikes := agreement(t, net, r.Image, 40, 0.3, 3)
	assert.Zero(t, wrong, "of %d", spikes)
}

func TestThresholdsAreEqualised(t *testing.T) {
	n := wholeFeed(40)
	for i := range n.Pops[1].Theta {
		n.Pops[1].Theta[i] = float64(4+i%20) + 0.4
	}
	exact := compileFake(t, n)
	assert.Greater(t, len(exact.Image.Cores), 1, "whole weights stay whole, at the price of a core")
	for i := range n.Projs[0].W {
		n.Projs[0].W[i] += 1e-3 * float64(i%7)
	}
	r := compileFake(t, n)
	assert.Len(t, r.Image.Cores, 1)
	assert.EqualValues(t, 1, r.Unit.Cores[0].Use.Thresholds)
	assert.Contains(t, fmt.Sprint(r.Report.Notes), "20 distinct thresholds, a core holds 16")
	wrong, spikes := agreement(t, n, r.Image, 100, 0.3, 1)
	assert.Less(t, wrong*10, spikes)
}

// Whole weights give way where keeping them would take more cores than there
// are: 16 thresholds a core, and every neuron has another one.
func TestWholeWeightsGiveWayToCores(t *testing.T) {
	n := wholeFeed(700)
	for i := range n.Pops[1].Theta {
		n.Pops[1].Theta[i] = 4 + float64(i)/64
	}
	r := compileFake(t, n)
	assert.LessOrEqual(t, len(r.Image.Cores), 8)
	assert.Contains(t, fmt.Sprint(r.Report.Notes), "700 distinct thresholds, a core holds 16")
}

// noisy gives every input a spike with probability 1/5.
type noisy struct{ samples, ticks int }

func (n noisy) Len() int      { return n.samples }
func (n noisy) Ticks(int) int { return n.ticks }
func (n noisy) Fill(sample, tick int, in [][]float64) {
	r := rand.New(rand.NewPCG(uint64(sample), uint64(tick)))
	for _, x := range in {
		for i := range x {
			if r.IntN(5) == 0 {
				x[i] = 1
			}
		}
	}
}

func TestCalibration(t *testing.T) {
	// slow currents: the worst case wastes mantissa bits
	n := mlp(200, 50, 10)
	for i := range n.Pops[1].AJ {
		n.Pops[1].AJ[i] = 0.999
		n.Pops[1].GJ[i] = 0.02
	}
	plain := compileFake(t, n)
	assert.Contains(t, fmt.Sprint(plain.Report.Notes), "calibration could do better")
	o := options(newFakeBinder())
	o.Calib = noisy{4, 50}
	r, err := Compile(n, fakeFamily(), o)
	require.NoError(t, err)
	assert.Greater(t, r.Unit.Pops[1].Scale, plain.Unit.Pops[1].Scale)
	assert.Contains(t, fmt.Sprint(r.Report.Notes), "scaled to calibrated peaks")
	assert.Positive(t, r.Report.Layers[0].SpikesPerInput)

	easy := mlp(16, 8)
	a := compileFake(t, easy)
	b, err := Compile(easy, fakeFamily(), o)
	require.NoError(t, err)
	assert.Equal(t, a.Unit.Pops[1].Scale, b.Unit.Pops[1].Scale, "the worst case costs nothing here, so it stays")
	o.Calib = noisy{0, 0}
	b, err = Compile(easy, fakeFamily(), o)
	require.NoError(t, err)
	assert.Contains(t, fmt.Sprint(b.Report.Notes), "no samples")
}

func TestFloorAndReset(t *testing.T) {
	n := wholeFeed(8, 8)
	for k, p := range n.Pops[1:] {
		p.Floor, p.VReset = fill(8, float64(-1-k)), fill(8, 0)
	}
	b := newFakeBinder()
	r, err := Compile(n, fakeFamily(), options(b))
	require.NoError(t, err)
	assert.Len(t, r.Image.Cores, 2, "the floors differ and the register is one per core")
	wrong, spikes := agreement(t, n, r.Image, 60, 0.4, 4)
	assert.Zero(t, wrong, "of %d", spikes)

	n.Pops[1].Floor[3] = -7
	_, err = Compile(n, fakeFamily(), options(b))
	assert.ErrorContains(t, err, "p0: membrane floor: need 1, have 0")
}

func TestVoltagesAreShifted(t *testing.T) {
	n := wholeFeed(8)
	p := n.Pops[1]
	for i := range p.VReset {
		p.VReset[i], p.Theta[i], p.AV[i] = -60, -55, 0.5
		p.C[i] = -30 // rest at -60
	}
	r := compileFake(t, n)
	assert.InDelta(t, 5*r.Unit.Pops[1].Scale, float64(r.Unit.Pops[1].Thresh[0])*64, 64)
	assert.Zero(t, r.Unit.Pops[1].BiasMant[0])
	assert.Contains(t, fmt.Sprint(r.Report.Notes), "starts at the reset")
}

func TestBiasThroughSynapse(t *testing.T) {
	n := wholeFeed(4)
	n.Pops[1].AJ = fill(4, 0.75)
	n.Projs[0].Bias = fill(4, 0.5)
	r := compileFake(t, n)
	assert.InDelta(t, 2.0, r.Unit.Pops[1].C[0], 1e-12)
	assert.Contains(t, fmt.Sprint(r.Report.Notes), "steady values")
	n.Pops[1].AJ = fill(4, 1)
	_, err := Compile(n, fakeFamily(), options(newFakeBinder()))
	assert.ErrorContains(t, err, "bias of a synapse that never decays")
}

func TestStrictRefusesAssumptions(t *testing.T) {
	n := mlp(3, 2)
	n.Assumptions = []graph.Assumption{{What: "reset", Value: "zero", Why: "not in the file"}}
	r := compileFake(t, n)
	assert.Equal(t, []string{"reset = zero: not in the file"}, r.Report.Assumptions)
	o := options(newFakeBinder())
	o.Strict = true
	_, err := Compile(n, fakeFamily(), o)
	assert.ErrorContains(t, err, "assumption reset")
}

// TestPlaceIsNear checks that a chain of cores is laid out along short ways.
func TestPlaceIsNear(t *testing.T) {
	b := newFakeBinder()
	b.limits[limCompartments] = 8
	n := wholeFeed(8, 8, 8, 8)
	r, err := Compile(n, fakeFamily(), options(b))
	require.NoError(t, err)
	var ids []int
	for _, c := range r.Image.Cores {
		ids = append(ids, c.ID)
	}
	assert.Equal(t, []int{0, 1, 2, 3}, ids)
	assert.InDelta(t, 8, r.Report.Mapping.Hops, 1e-9, "one of the three ways crosses a link, with 8 spikes")
}
