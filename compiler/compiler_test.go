package compiler

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core"
)

func fill(n int, x float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = x
	}
	return v
}

func input(name string, n int) *graph.Population { return &graph.Population{Name: name, N: n} }

func lif(name string, n int, av, theta float64) *graph.Population {
	return &graph.Population{Name: name, N: n, Kind: graph.CubaLIF, AJ: fill(n, 0), GJ: fill(n, 1), AV: fill(n, av), GV: fill(n, 1),
		C: fill(n, 0), Theta: fill(n, theta), VReset: fill(n, 0)}
}

func join(name string, pre, post int, w []float64) *graph.Projection {
	return &graph.Projection{Name: name, Pre: pre, Post: post, W: w}
}

func randomWeights(r *rand.Rand, post, pre int, scale float64) []float64 {
	w := make([]float64, post*pre)
	for i := range w {
		w[i] = r.NormFloat64() * scale
	}
	return w
}

// mlp is a random feed-forward network with biases.
func mlp(sizes ...int) *graph.Network {
	r := rand.New(rand.NewPCG(1, 2))
	n := &graph.Network{Name: "mlp", Pops: []*graph.Population{input("in", sizes[0])}}
	for k := 1; k < len(sizes); k++ {
		n.Pops = append(n.Pops, lif(fmt.Sprintf("l%d", k), sizes[k], 0.9, 1))
		p := join(fmt.Sprintf("w%d", k), k-1, k, randomWeights(r, sizes[k], sizes[k-1], 0.2))
		p.Bias = randomWeights(r, sizes[k], 1, 0.02)
		n.Projs = append(n.Projs, p)
	}
	n.Pops[len(sizes)-1].Output = true
	return n
}

func options(b *fakeBinder) Options { return Options{bind: b} }

func compileFake(t *testing.T, n *graph.Network) *Result {
	t.Helper()
	r, err := Compile(n, fakeFamily(), options(newFakeBinder()))
	require.NoError(t, err)
	require.NoError(t, r.Image.Check())
	return r
}

func TestPassOrder(t *testing.T) {
	require.NoError(t, checkOrder(passes[:], order[:]))
	assert.ErrorContains(t, checkOrder(passes[:], []Constraint{{"encode", "check", "wrong"}}), "need the first ahead")
	assert.ErrorContains(t, checkOrder(passes[:], []Constraint{{"encode", "nowhere", "wrong"}}), "does not exist")
	twice := append(Passes(), passes[0])
	assert.ErrorContains(t, checkOrder(twice, nil), "twice")
	assert.ErrorContains(t, checkOrder([]Pass{{Name: "x"}}, nil), "lacks")
}

func TestDumpSeesEveryPass(t *testing.T) {
	var seen []string
	o := options(newFakeBinder())
	o.Dump = func(pass string, u *Unit) { seen = append(seen, pass) }
	_, err := Compile(mlp(4, 3), fakeFamily(), o)
	require.NoError(t, err)
	var want []string
	for _, p := range passes {
		want = append(want, p.Name)
	}
	assert.Equal(t, want, seen)
	for _, m := range mappings() {
		require.NoError(t, checkOrder(m.passes, m.order), m.name)
		for _, p := range m.passes {
			assert.True(t, slices.ContainsFunc(Passes(), func(x Pass) bool { return x.Name == p.Name }), p.Name)
		}
	}
}

func TestMlpImage(t *testing.T) {
	r := compileFake(t, mlp(64, 96, 10))
	img := r.Image
	require.Len(t, img.Cores, 1)
	c := img.Cores[0].Image
	assert.Equal(t, 106, c.N)
	assert.Equal(t, 1, c.Ring)
	assert.Len(t, c.Axons, 64+96)
	assert.Equal(t, "l1", c.Groups[0].Name)
	assert.Equal(t, 96, c.Groups[1].Base)
	assert.Equal(t, []chip.Population{{Name: "in", N: 64, Input: true}, {Name: "l1", N: 96}, {Name: "l2", N: 10, Output: true, Depth: 1}}, img.Pops)
	assert.Equal(t, []int32{1}, c.Groups[1].Init[2], "biases of the second layer wait for its depth")
	assert.Equal(t, []int32{0}, c.Groups[0].Init[2])
	for _, a := range c.Axons[:64] {
		assert.True(t, a.Dense)
		assert.Equal(t, uint32(96), a.N)
		// two groups: 64*8+10 and 32*8+10 bits in 64-bit words
		assert.Equal(t, uint32(9+5), a.Words)
	}
	assert.EqualValues(t, 96, c.OutOff[96]-c.OutOff[0])
	assert.Len(t, img.Inputs[0].Dst, 64)
	for _, l := range r.Report.Layers {
		assert.Less(t, l.WeightError, 0.015)
		assert.Less(t, l.ThresholdError, 0.001)
		assert.Less(t, l.DecayError, 0.0002)
		assert.Less(t, l.BiasError, 0.001)
		assert.Zero(t, l.WeightsClipped)
	}
	assert.InDelta(t, 1.1, r.Report.BytesPerSynapse, 0.2)
}

// TestRandomNetworks compiles many random networks; verify and the
// image check run inside.
func TestRandomNetworks(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := &graph.Network{Name: "random", Pops: []*graph.Population{input("a", 1+r.IntN(40)), input("b", 1+r.IntN(40))}}
		for k := range 4 {
			p := lif(fmt.Sprintf("p%d", k), 1+r.IntN(90), r.Float64(), 0.5+r.Float64()*30)
			for i := range p.AJ {
				p.AJ[i] = r.Float64() * 0.95
				p.C[i] = r.NormFloat64() * 0.1
			}
			n.Pops = append(n.Pops, p)
			pre, post := r.IntN(len(n.Pops)-1), len(n.Pops)-1
			n.Projs = append(n.Projs, join("f", pre, post, randomWeights(r, p.N, n.Pops[pre].N, r.ExpFloat64())))
			n.Projs = append(n.Projs, &graph.Projection{Name: "r", Pre: post, Post: post, Recurrent: true, W: randomWeights(r, p.N, p.N, 0.1)})
		}
		b := newFakeBinder()
		b.limits[limProfiles] = 1 << 10 // every neuron has decays of its own
		res, err := Compile(n, fakeFamily(), options(b))
		require.NoError(t, err)
		again, err := Compile(n, fakeFamily(), options(b))
		require.NoError(t, err)
		assert.True(t, reflect.DeepEqual(encoded(res.Image), encoded(again.Image)))
		assert.Empty(t, cmp.Diff(res.Report, again.Report))
		for _, c := range res.Unit.Cores {
			for _, l := range res.Unit.coreLimits(c.Use) {
				assert.False(t, l.ok && l.need > l.have, "%+v", l)
			}
		}
	}
}

// encoded is an image without its programs, which do not compare.
func encoded(img *chip.Image) any {
	var cores []core.Image
	for _, c := range img.Cores {
		ci := *c.Image
		ci.Groups = append([]core.Group(nil), ci.Groups...)
		for g := range ci.Groups {
			ci.Groups[g].Prog = nil
		}
		cores = append(cores, ci)
	}
	return []any{img.Meta, img.Pops, img.Inputs, cores}
}

func TestSplitOverCores(t *testing.T) {
	b := newFakeBinder()
	b.limits[limCompartments] = 40
	r, err := Compile(mlp(64, 96, 10), fakeFamily(), options(b))
	require.NoError(t, err)
	assert.Len(t, r.Image.Cores, 4, "96 = 3 x 32, and 10 more fit beside none of them")
}

func TestAllMisfitsAtOnce(t *testing.T) {
	n := mlp(64, 3000, 10)
	n.Pops[1].Reset = graph.ResetSubtract
	n.Pops = append(n.Pops, &graph.Population{Name: "ro", N: 2, Kind: graph.Readout, AJ: fill(2, 0), GJ: fill(2, 1), AV: fill(2, 0.9), GV: fill(2, 1), C: fill(2, 0)})
	n.Projs = append(n.Projs, join("wro", 2, 3, fill(20, 1)))
	b := newFakeBinder()
	b.limits[limCompartments] = 128
	b.limits[limInAxons] = 1000
	_, err := Compile(n, fakeFamily(), options(b))
	var fit *FitError
	require.True(t, errors.As(err, &fit))
	var got []string
	for _, m := range fit.Misfits {
		got = append(got, m.Population+" "+m.Resource)
	}
	assert.Contains(t, got, "l1 reset subtract")
	assert.Contains(t, got, "l2 in_axons")
	assert.Contains(t, got, " cores")
	assert.ErrorContains(t, err, ", have 1000: one neuron alone")
}

func TestFitCountsCores(t *testing.T) {
	b := newFakeBinder()
	b.limits[limCompartments] = 10
	r, err := Fit(mlp(8, 95, 5), fakeFamily(), options(b))
	require.NoError(t, err)
	assert.False(t, r.Fits)
	assert.Equal(t, 11, r.Cores)
	assert.Nil(t, r.Result)
	assert.Equal(t, []Misfit{{"", -1, "cores", 11, 8, r.Misfits[0].Because}}, r.Misfits)
}

func TestSchedule(t *testing.T) {
	// in -> a -> b -> c, in -> c, c -> a feedback, b -> b recurrent
	n := &graph.Network{Pops: []*graph.Population{input("in", 2), lif("a", 2, 0, 1), lif("b", 2, 0, 1), lif("c", 2, 0, 1)}}
	w := fill(4, 1)
	n.Projs = []*graph.Projection{
		join("ia", 0, 1, w), join("ab", 1, 2, w), join("bc", 2, 3, w), join("ic", 0, 3, w), join("ac", 1, 3, w),
		{Name: "ca", Pre: 3, Post: 1, W: w, Recurrent: true}, {Name: "bb", Pre: 2, Post: 2, W: w, Recurrent: true},
		{Name: "id", Pre: 0, Post: 1, W: w, Delay: 3},
	}
	r := compileFake(t, n)
	var depth, delay []int
	for _, p := range r.Unit.Pops {
		depth = append(depth, p.Depth)
	}
	for _, q := range r.Unit.Projs {
		delay = append(delay, q.Delay)
	}
	assert.Equal(t, []int{0, 0, 1, 2}, depth)
	assert.Equal(t, []int{0, 0, 0, 2, 1, 0, 0, 3}, delay)
	assert.Equal(t, 4, r.Image.Cores[0].Image.Ring)
	assert.Contains(t, fmt.Sprint(r.Report.Notes), `feedback "ca" acts 2 ticks later`)

	o := options(newFakeBinder())
	o.Strict = true
	_, err := Compile(n, fakeFamily(), o)
	assert.ErrorContains(t, err, "feedback latency")

	n.Projs[7].Delay = 9
	_, err = Compile(n, fakeFamily(), options(newFakeBinder()))
	assert.ErrorContains(t, err, "a: delay: need 9, have 7")
}

func TestWholeWeightsStayExact(t *testing.T) {
	n := &graph.Network{Pops: []*graph.Population{input("in", 3), lif("a", 2, 1, 7)}}
	n.Pops[1].GE = true
	n.Projs = []*graph.Projection{join("w", 0, 1, []float64{-3, 0, 1, 2, 5, -5})}
	r := compileFake(t, n)
	q := r.Unit.Projs[0]
	assert.Zero(t, q.Loss.RMS)
	p := r.Unit.Pops[1]
	assert.Zero(t, q.Mant[5]+q.Mant[3])
	// v >= 7 units must spike, v = 6 units must not
	unit := p.Scale
	assert.Less(t, float64(p.Thresh[0]*64), 7*unit)
	assert.GreaterOrEqual(t, float64(p.Thresh[0]*64), 6*unit)
}

func TestResetsThatAreTheSame(t *testing.T) {
	late := lif("a", 2, 0.9, 1)
	late.Reset, late.LateZeroWipe = graph.ResetZeroLate, true
	n := &graph.Network{Pops: []*graph.Population{input("in", 2), late}, Projs: []*graph.Projection{join("w", 0, 1, fill(4, 1))}}
	r := compileFake(t, n)
	assert.Equal(t, int32(2), r.Image.Cores[0].Image.Groups[0].Params[4][0], "the wiped tick is a refractory tick")

	forget := lif("a", 2, 0, 1)
	forget.Reset = graph.ResetSubtract
	n.Pops[1] = forget
	compileFake(t, n)
}

func TestBadInput(t *testing.T) {
	_, err := Compile(nil, fakeFamily(), Options{})
	assert.Error(t, err)
	_, err = Compile(&graph.Network{Pops: []*graph.Population{nil}}, fakeFamily(), options(newFakeBinder()))
	assert.ErrorContains(t, err, "pass check")
	f := fakeFamily()
	f.Fields = nil
	_, err = Compile(mlp(2, 2), f, options(newFakeBinder()))
	assert.ErrorContains(t, err, "decay_u")
}
