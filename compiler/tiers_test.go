package compiler

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core"
)

// tierChip is the description whose cores hold one layer each.
const tierChip = "speck"

// integrators is a population of neurons without a leak.
func integrators(r *rand.Rand, name string, shape []int, multi bool) *graph.Population {
	n := 1
	for _, d := range shape {
		n *= d
	}
	full := func(x float64) []float64 { return slices.Repeat([]float64{x}, n) }
	p := &graph.Population{Name: name, Kind: graph.CubaLIF, N: n, Shape: shape, AJ: full(0), GJ: full(1), AV: full(1), GV: full(1), C: full(0),
		Theta: full(0.5 + r.Float64()), VReset: full(0), Reset: graph.ResetSubtract, GE: true, Multi: multi}
	if r.IntN(2) == 0 {
		p.Reset = graph.ResetZero
	}
	switch r.IntN(3) {
	case 0:
		p.Floor = full(-p.Theta[0])
	case 1:
		p.Floor = full(0)
	}
	if r.IntN(3) == 0 {
		p.V0 = full(p.Theta[0] / 2)
	}
	return p
}

// spread is a kernel over a source that sums windows of p x p first.
func spread(k *graph.Kernel, p int) *graph.Kernel {
	s := *k
	s.In[1], s.In[2] = k.In[1]*p, k.In[2]*p
	for a := range 2 {
		s.Size[a], s.Stride[a], s.Pad[a] = k.Size[a]*p, k.Stride[a]*p, k.Pad[a]*p
	}
	s.W = make([]float64, 0, len(k.W)*p*p)
	for from := 0; from < len(k.W); from += k.Size[0] * k.Size[1] {
		for y := range s.Size[0] {
			for x := range s.Size[1] {
				s.W = append(s.W, k.W[from+y/p*k.Size[1]+x/p])
			}
		}
	}
	return &s
}

// drawKernel is a random kernel that the chip can hold; sides of what it reads
// are pooled by p first.
func drawKernel(r *rand.Rand, in [3]int, p int) *graph.Kernel {
	in[1], in[2] = in[1]/p, in[2]/p
	size := 1 + r.IntN(min(3, in[1], in[2]))
	pad := r.IntN(2)
	k := kernelOf(r, in, 1+r.IntN(4), 1, size, 1+r.IntN(2), pad, 1)
	for i := range k.W {
		k.W[i] = r.NormFloat64()
	}
	return k
}

// tieredNetwork is a random network for such a chip: convolutions behind
// poolings, a way around a layer, a matrix at the end.
func tieredNetwork(seed uint64) *graph.Network {
	r := rand.New(rand.NewPCG(seed, 9))
	in := [3]int{1 + r.IntN(2), 4 * (1 + r.IntN(3)), 4 * (1 + r.IntN(3))}
	n := &graph.Network{Name: "tiers", Pops: []*graph.Population{{Name: "in", Kind: graph.Input, N: in[0] * in[1] * in[2], Shape: in[:]}}}
	multi := r.IntN(4) > 0
	add := func(pre, p int, k *graph.Kernel, bias bool) {
		pop := integrators(r, fmt.Sprintf("l%d", len(n.Pops)), k.Out[:], multi)
		q := &graph.Projection{Name: "to " + pop.Name, Pre: pre, Post: len(n.Pops), Kernel: spread(k, p)}
		if bias {
			for range k.Out[0] {
				b := r.NormFloat64() / 4
				q.Bias = append(q.Bias, slices.Repeat([]float64{b}, k.Out[1]*k.Out[2])...)
			}
		}
		n.Pops, n.Projs = append(n.Pops, pop), append(n.Projs, q)
	}
	first := drawKernel(r, in, 1)
	first.Out = [3]int{first.Out[0], in[1], in[2]} // the same size: all windows within the padding below
	first.Size, first.Stride, first.Pad = [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}
	first.W = make([]float64, first.Weights())
	for i := range first.W {
		first.W[i] = r.NormFloat64()
	}
	add(0, 1, first, r.IntN(2) == 0)
	p := []int{1, 2, 4}[r.IntN(3)]
	second := drawKernel(r, first.Out, p)
	add(1, p, second, true)
	last := integrators(r, "last", []int{5}, multi)
	if r.IntN(2) == 0 { // thresholds of its own for every neuron
		for i := range last.Theta {
			last.Theta[i] *= 1 + float64(i)/4
			if last.Floor != nil {
				last.Floor[i] *= 1 + float64(i)/4
			}
		}
	}
	if last.Output = true; r.IntN(4) == 0 {
		last.Kind, last.Reset, last.Multi, last.Theta, last.VReset, last.Floor = graph.Readout, graph.ResetNone, false, nil, nil, nil
	}
	n.Pops = append(n.Pops, last)
	q := &graph.Projection{Name: "to last", Pre: 2, Post: 3, W: make([]float64, 5*second.Targets())}
	for i := range q.W {
		q.W[i] = r.NormFloat64()
	}
	n.Projs = append(n.Projs, q)
	return n
}

// integers is the network of the integers that a unit holds, as matrices, made
// from the chip's own in-axons and kernels.
func integers(t require.TestingT, u *Unit, img *chip.Image) *graph.Network {
	n := &graph.Network{Name: "integers"}
	for k, p := range u.Net.Pops {
		pop := *p
		if p.Kind != graph.Input {
			plan := &u.Pops[k]
			pop.C, pop.Theta, pop.Floor, pop.V0 = nil, nil, nil, nil
			for i := range p.N {
				pop.C = append(pop.C, float64(plan.BiasMant[i]))
				if p.Theta != nil {
					pop.Theta = append(pop.Theta, float64(plan.Thresh[i]))
				}
				pop.Floor, pop.V0 = append(pop.Floor, float64(plan.VMin)), append(pop.V0, float64(plan.VStart[i]))
			}
		}
		n.Pops = append(n.Pops, &pop)
	}
	for i, q := range u.Net.Projs {
		n.Projs = append(n.Projs, &graph.Projection{Name: q.Name, Pre: q.Pre, Post: q.Post, Delay: q.Delay, W: matrixOn(t, u, img, i)})
	}
	return n
}

// matrixOn follows the spikes of every source of a projection to the neurons
// that they reach.
func matrixOn(t require.TestingT, u *Unit, img *chip.Image, proj int) []float64 {
	q := u.Net.Projs[proj]
	at := slices.IndexFunc(img.Cores, func(c chip.Core) bool { return c.Runs[0].Pop == q.Post })
	require.GreaterOrEqual(t, at, 0)
	target := img.Cores[at].Image
	pre, post := u.Net.Pops[q.Pre].N, u.Net.Pops[q.Post].N
	w := make([]float64, pre*post)
	reach := func(j int, axon uint16) {
		a := target.Axons[axon]
		k := &target.Kernels[a.Kernel-1]
		k.Each(int32(a.Off), func(comp, m int32) { w[int(comp)*pre+j] += float64(k.Mant[m]) })
	}
	if u.Net.Pops[q.Pre].Kind == graph.Input {
		m := img.Inputs[0]
		for j := range pre {
			for _, d := range m.Dst[m.Off[j]:m.Off[j+1]] {
				if int(d.Core) == at {
					reach(j, d.Axon)
				}
			}
		}
		return w
	}
	from := img.Cores[slices.IndexFunc(img.Cores, func(c chip.Core) bool { return c.Runs[0].Pop == q.Pre })].Image
	for j := range pre {
		for _, o := range from.Out[from.OutOff[j]:from.OutOff[j+1]] {
			if int(from.Boxes[o.Box]) == at {
				reach(j, o.Axon)
			}
		}
	}
	return w
}

// whole is the float matrix of a projection.
func whole(q *graph.Projection, pre, post int) []float64 {
	if q.Kernel == nil {
		return q.W
	}
	w := make([]float64, pre*post)
	for j := range pre {
		q.Kernel.Each(j, func(target, weight int) { w[target*pre+j] = q.Kernel.W[weight] })
	}
	return w
}

// Every weight that a spike meets on the chip is the scaled weight of the
// network, rounded; and the chip spikes as the network of these integers does,
// later by a layer's depth.
func TestTiersSpikeAsTheirIntegers(t *testing.T) {
	f := loadChip(t, tierChip, nil)
	rapid.Check(t, func(rt *rapid.T) {
		net := tieredNetwork(rapid.Uint64Range(0, 1<<20).Draw(rt, "seed"))
		res, err := Compile(net, f, Options{})
		require.NoError(rt, err)
		ref := integers(rt, res.Unit, res.Image)
		for i, q := range net.Projs {
			pre, post := net.Pops[q.Pre].N, net.Pops[q.Post].N
			p := &res.Unit.Pops[q.Post]
			got := ref.Projs[i].W
			for j, w := range whole(q, pre, post) {
				require.InDelta(rt, w*p.Scale*p.norm(j/pre), got[j], 0.5001)
			}
		}
		compareTiers(rt, res, ref, rapid.Uint64().Draw(rt, "input"))
	})
}

// compareTiers runs both on the same input, with counts of more than one.
func compareTiers(t *rapid.T, res *Result, ref *graph.Network, seed uint64) {
	const ticks = 8
	r := rand.New(rand.NewPCG(seed, 3))
	in := make([][]float64, ticks)
	for k := range in {
		in[k] = make([]float64, ref.Pops[0].N)
		for i := range in[k] {
			in[k][i] = float64(max(r.IntN(6)-3, 0))
		}
	}
	run, err := graph.NewRun(ref)
	require.NoError(t, err)
	want, membranes := make([][][]float64, ticks), make([][][]float64, ticks) // [tick][population][neuron]
	for k := range in {
		run.Step([][]float64{in[k]})
		for p, s := range run.Spikes {
			want[k], membranes[k] = append(want[k], slices.Clone(s)), append(membranes[k], slices.Clone(run.V[p]))
			if ref.Pops[p].Kind == graph.Readout && slices.Max(run.V[p]) >= 32767 {
				require.Contains(t, res.Report.Notes, "last: what it reads may spike several times in a tick, and its bound counts one: a membrane that reaches 32767 spikes")
				return
			}
		}
	}
	for _, engine := range core.Engines() {
		m, err := chip.New(res.Image, chip.Options{Engine: engine})
		require.NoError(t, err)
		err = m.Run(ticks+3, func(tick int64, dst []chip.Injection) []chip.Injection {
			for i := range in[0] {
				if tick < ticks && in[tick][i] > 0 {
					dst = append(dst, chip.Injection{Index: int32(i), Payload: int32(in[tick][i])})
				}
			}
			return dst
		}, func(tick int64, m *chip.Machine) error {
			for c := range res.Image.Cores {
				pop := res.Image.Cores[c].Runs[0].Pop
				at := int(tick) - res.Image.Pops[pop].Depth
				if at < 0 || at >= ticks {
					continue
				}
				got := make([]float64, res.Image.Pops[pop].N)
				for _, s := range m.Spikes(c) {
					got[s.Comp] = float64(s.Payload)
				}
				require.Equal(t, want[at][pop], got, "engine %s, tick %d, population %d", engine, tick, pop)
				for i, v := range m.Core(c).State.Words[0][0] {
					require.EqualValues(t, membranes[at][pop][i], v, "engine %s, tick %d, population %d, neuron %d", engine, tick, pop, i)
				}
			}
			return nil
		})
		require.NoError(t, err)
	}
}

// Where two ways of different length meet, both act in the same step.
func TestTiersThatMeet(t *testing.T) {
	net := tieredNetwork(3)
	net.Pops[1].Shape, net.Pops[2].Shape = []int{2, 4, 4}, []int{2, 4, 4}
	k := &graph.Kernel{In: [3]int{2, 4, 4}, Out: [3]int{2, 4, 4}, Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1, W: []float64{1, -0.5, 0.25, 2}}
	r := rand.New(rand.NewPCG(1, 1))
	net.Pops = []*graph.Population{{Name: "in", Kind: graph.Input, N: 32, Shape: []int{2, 4, 4}}, integrators(r, "a", []int{2, 4, 4}, true), integrators(r, "b", []int{2, 4, 4}, true), integrators(r, "c", []int{2, 4, 4}, true)}
	net.Pops[3].Output = true
	net.Projs = nil
	for _, q := range [][2]int{{0, 1}, {1, 2}, {1, 3}, {2, 3}} {
		net.Projs = append(net.Projs, &graph.Projection{Name: fmt.Sprint(q), Pre: q[0], Post: q[1], Kernel: k})
	}
	res, err := Compile(net, loadChip(t, tierChip, nil), Options{})
	require.NoError(t, err)
	require.Equal(t, 1, res.Unit.Projs[2].Delay)
	rapid.Check(t, func(rt *rapid.T) {
		compareTiers(rt, res, integers(rt, res.Unit, res.Image), rapid.Uint64().Draw(rt, "input"))
	})
	net.Projs[3].Kernel = &graph.Kernel{In: k.In, Out: k.Out, Size: k.Size, Stride: k.Stride, Dilation: k.Dilation, Groups: 1, W: []float64{1, 2, 3, 4}}
	fit, err := Fit(net, loadChip(t, tierChip, nil), Options{})
	require.NoError(t, err)
	require.Len(t, fit.Misfits, 1)
	require.Equal(t, "kernels", fit.Misfits[0].Resource)
}

// A pooling is found in a composed kernel where there is one, and the map that
// it leaves out does not count.
func TestUnpool(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		p := 2 + r.IntN(3)
		k := drawKernel(r, [3]int{1 + r.IntN(2), p * (2 + r.IntN(4)), p * (2 + r.IntN(4))}, p)
		wide := spread(k, p)
		got, ok := unpool(wide, p)
		require.True(t, ok)
		for a := range 2 {
			if k.Out[1+a] == 1 {
				k.Stride[a] = 1
			}
		}
		require.Equal(t, k, got)
		wide.W[r.IntN(len(wide.W))]++
		_, ok = unpool(wide, p)
		require.False(t, ok)
	}
	k := kernelOf(r, [3]int{1, 2, 2}, 1, 1, 2, 1, 0, 1)
	wide := spread(k, 2)
	wide.In = [3]int{1, 5, 5} // the last row and column fill no window
	got, ok := unpool(wide, 2)
	require.True(t, ok)
	require.Equal(t, [3]int{1, 2, 2}, got.In)
	wide.Pad = [2]int{0, 0}
	wide.Size[0], wide.W = 6, append(wide.W, wide.W[:8]...) // reads a row of the last
	wide.Out[1] = 1
	_, ok = unpool(wide, 2)
	require.False(t, ok)
}

func TestScaleJointlyAgainstTheRule(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := rapid.Map(rapid.Float32Range(-8, 8), func(x float32) float64 { return float64(x) })
		l := &JointLayer{Weights: rapid.SliceOfN(draw, 1, 40).Draw(rt, "weights"), Bias: rapid.SliceOfN(draw, 0, 4).Draw(rt, "biases"),
			Threshold: float64(rapid.Float32Range(0.01, 400).Draw(rt, "threshold")), Floor: float64(rapid.Float32Range(-400, 0).Draw(rt, "floor")), Bounded: rapid.Bool().Draw(rt, "bounded")}
		code := JointCode{WeightBits: 8, StateBits: 16, Quirks: rapid.Bool().Draw(rt, "quirks")}
		got, err := ScaleJointly(l, code)
		require.NoError(rt, err)
		// Everything fits, something fills its bits, and each is the nearest integer.
		full := got.Threshold == 32767 || got.Floor == -32768 && (l.Bounded || code.Quirks)
		for i, x := range append(slices.Clone(l.Weights), l.Bias...) {
			n := slices.Concat(got.Weights, got.Bias)[i]
			require.InDelta(rt, x*got.Scale, float64(n), 0.5001)
			require.True(rt, n >= -128 && n <= 127)
			full = full || n >= 127 || n <= -127
		}
		require.InDelta(rt, l.Threshold*got.Scale, float64(got.Threshold), 0.51)
		require.True(rt, got.Threshold >= 0 && got.Threshold <= 32767 && got.Floor >= -32768)
		require.True(rt, full || slices.Max(append(l.Weights, 0)) == 0, "%+v", got)
		if !l.Bounded && code.Quirks {
			require.LessOrEqual(rt, got.Scale, 1.0)
		}
	})
	zeros, err := ScaleJointly(&JointLayer{Weights: []float64{0, 0}, Bias: []float64{0}}, JointCode{WeightBits: 8, StateBits: 16})
	require.NoError(t, err)
	require.Equal(t, &JointInts{Weights: []int64{0, 0}, Bias: []int64{0}, Floor: -32768, Scale: 1}, zeros)
	for _, bad := range []JointLayer{{Weights: []float64{math.NaN()}}, {Bias: []float64{math.Inf(1)}}, {Threshold: 1 << 41}} {
		_, err := ScaleJointly(&bad, JointCode{WeightBits: 8, StateBits: 16})
		require.ErrorContains(t, err, "compiler: layers: entry 0 of")
	}
	_, err = ScaleJointly(&JointLayer{}, JointCode{WeightBits: 1, StateBits: 16})
	require.ErrorContains(t, err, "need 2..16")
}

// What the chip cannot hold is named with need and have.
func TestTierMisfits(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	conv := func(in [3]int, channels, size int) *graph.Kernel {
		k := kernelOf(r, in, channels, 1, size, 1, 0, 1)
		for i := range k.W {
			k.W[i] = r.NormFloat64()
		}
		return k
	}
	chain := func(kernels ...*graph.Kernel) *graph.Network {
		n := &graph.Network{Name: "chain", Pops: []*graph.Population{{Name: "in", Kind: graph.Input, N: kernels[0].Sources(), Shape: kernels[0].In[:]}}}
		for i, k := range kernels {
			p := integrators(r, fmt.Sprintf("l%d", i+1), k.Out[:], true)
			p.Floor = nil
			n.Pops, n.Projs = append(n.Pops, p), append(n.Projs, &graph.Projection{Name: p.Name, Pre: i, Post: i + 1, Kernel: k})
		}
		n.Pops[len(kernels)].Output = true
		return n
	}
	small := conv([3]int{1, 8, 8}, 1, 1)
	many := slices.Repeat([]*graph.Kernel{small}, 10)
	wide := conv([3]int{1, 64, 64}, 6, 1) // 24 Ki neurons: cores 0 to 4
	for name, x := range map[string]struct {
		net  *graph.Network
		want []Misfit
	}{
		"too many layers": {chain(many...), []Misfit{{"", -1, "cores", 10, 9, "every layer takes a core, and none is shared"}}},
		"kernel memory": {chain(conv([3]int{64, 4, 4}, 128, 3)), []Misfit{{"l1", -1, "kernel memory", 64 << 11, 65536,
			"the largest of any core; a layer takes in_channels << (log2up(window_rows * window_columns) + log2up(channels)) entries"}}},
		"neuron memory": {chain(conv([3]int{1, 64, 64}, 17, 1)), []Misfit{{"l1", -1, "neuron memory", 17 << 12, 65536, "the largest of any core; a layer takes channels << (log2up(rows) + log2up(columns)) entries"}}},
		"both together": {chain(conv([3]int{16, 24, 24}, 64, 8)), []Misfit{{"l1", -1, "cores with room", 1, 0, "no core has all of it: kernel 65536, neuron 65536, bias 0"}}},
		"too few large cores": {chain(wide, conv([3]int{6, 64, 64}, 6, 1), conv([3]int{6, 64, 64}, 6, 1), conv([3]int{6, 64, 64}, 6, 1), conv([3]int{6, 64, 64}, 6, 1), conv([3]int{6, 64, 64}, 6, 1)),
			[]Misfit{{"l1+l2+l3+l4+l5+l6", -1, "cores with room", 6, 5, "l1 takes kernel 8, neuron 24576, bias 0; l2 takes kernel 48, neuron 24576, bias 0; l3 takes kernel 48, neuron 24576, bias 0; l4 takes kernel 48, neuron 24576, bias 0; l5 takes kernel 48, neuron 24576, bias 0; l6 takes kernel 48, neuron 24576, bias 0"}}},
		"sides": {chain(conv([3]int{1, 130, 20}, 1, 2)), []Misfit{{"l1", -1, "input_side", 130, 128, "sinabs docs/speck"}, {"l1", -1, "output_side", 129, 64, "sinabs docs/speck"}}},
	} {
		fit, err := Fit(x.net, loadChip(t, tierChip, nil), Options{})
		require.NoError(t, err, name)
		require.Equal(t, x.want, fit.Misfits, name)
	}
}

// A network whose neurons the chip does not have is refused with every reason.
func TestTiersThatTheChipLacks(t *testing.T) {
	for want, do := range map[string]func(n *graph.Network){
		"decay":                func(n *graph.Network) { n.Pops[1].AV[3] = 0.5 },
		"neuron kind":          func(n *graph.Network) { n.Pops[3].Kind, n.Pops[3].Multi = graph.Threshold, false; clear(n.Pops[3].AV) },
		"reset":                func(n *graph.Network) { n.Pops[2].Reset = graph.ResetSubtractLate },
		"feedback":             func(n *graph.Network) { n.Projs[2].Recurrent = true },
		"bias per neuron":      func(n *graph.Network) { n.Pops[1].C[0] = 1 },
		"threshold per neuron": func(n *graph.Network) { n.Pops[1].Theta[0] *= 2 },
		"membrane floor":       func(n *graph.Network) { n.Pops[3].Floor = []float64{-1, -1, -2, -1, -1} },
		"comparison":           func(n *graph.Network) { n.Pops[1].GE = false },
		"assumption reset":     func(n *graph.Network) { n.Assumptions = []graph.Assumption{{What: "reset"}} },
		"threshold":            func(n *graph.Network) { n.Pops[1].Multi, n.Pops[1].VReset = false, slices.Clone(n.Pops[1].Theta) },
		"drive":                func(n *graph.Network) { n.Pops[1].Driven, n.Pops[1].DriveMax = true, 1 },
		"delay":                func(n *graph.Network) { n.Projs[1].Delay = 64 },
		"input":                func(n *graph.Network) { n.Projs = n.Projs[1:] },
		"code graded": func(n *graph.Network) {
			n.Pops[3].Kind, n.Pops[3].Code, n.Pops[3].Levels, n.Pops[3].Multi = graph.Rectifier, graph.Graded, 3, false
			clear(n.Projs[2].W)
		},
	} {
		net := tieredNetwork(9)
		for _, p := range net.Pops[1:] {
			p.Floor, p.V0, p.Reset = nil, nil, graph.ResetZero
			for i := range p.Theta {
				p.Theta[i] = 1
			}
		}
		fit, err := Fit(net, loadChip(t, tierChip, nil), Options{Strict: true})
		require.NoError(t, err, want)
		require.True(t, fit.Fits, "%v", fit.Misfits)
		do(net)
		fit, err = Fit(net, loadChip(t, tierChip, nil), Options{Strict: true})
		require.NoError(t, err, want)
		resources := make([]string, len(fit.Misfits))
		for i, m := range fit.Misfits {
			resources[i] = m.Resource
		}
		require.Contains(t, resources, want)
	}
}

// A matrix that is a padded convolution behind a pooling which leaves out the
// last row and column becomes that again, and its layer keeps its shape.
func TestRefoldedMatrix(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for n := range 6 {
		p := []int{1, 2, 4}[n%3]
		in := [3]int{1 + r.IntN(2), p*(2+r.IntN(2)) + r.IntN(p), p*(3+r.IntN(2)) + r.IntN(p)}
		k := kernelOf(r, [3]int{in[0], in[1] / p, in[2] / p}, 1+r.IntN(3), 1, 2+r.IntN(2), 1+r.IntN(2), 1, 1)
		for i := range k.W {
			k.W[i] = r.NormFloat64()
		}
		pre := in[0] * in[1] * in[2]
		net := &graph.Network{Name: "n", Pops: []*graph.Population{{Name: "in", Kind: graph.Input, N: pre, Shape: in[:]}, integrators(r, "a", k.Out[:], true), integrators(r, "b", k.Out[:], true)}}
		net.Pops[2].Output = true
		q := &graph.Projection{Name: "m", Pre: 0, Post: 1, W: make([]float64, pre*k.Targets())}
		for j := range pre {
			if at, ok := pooledPlace(in, p, k, j); ok {
				k.Each(at, func(target, weight int) { q.W[target*pre+j] = k.W[weight] })
			}
		}
		next := kernelOf(r, k.Out, 2, 1, 1, 1, 0, 1)
		net.Pops[2] = integrators(r, "b", next.Out[:], true)
		net.Pops[2].Output = true
		net.Projs = []*graph.Projection{q, {Name: "k", Pre: 1, Post: 2, Kernel: next}}
		res, err := Compile(net, loadChip(t, tierChip, nil), Options{})
		require.NoError(t, err)
		require.Less(t, len(res.Unit.Projs[0].kernel.W), len(q.W))
		require.Equal(t, k.Out, res.Unit.Projs[0].kernel.Out)
		ref := integers(t, res.Unit, res.Image)
		for j, w := range q.W {
			require.InDelta(t, w*res.Unit.Pops[1].Scale, ref.Projs[0].W[j], 0.5001)
		}
		rapid.Check(t, func(rt *rapid.T) { compareTiers(rt, res, ref, rapid.Uint64().Draw(rt, "input")) })
	}
}
