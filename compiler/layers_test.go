package compiler

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
)

// plainLayers runs hidden and output neurons as plain integers, one event
// after the other, from the quantised matrices alone.
type plainLayers struct {
	u               *Unit
	syn, mem        []int64 // shifts, hidden then output
	thr, bias       []int64
	i, v, spikes    []int64
	hidden, outputs int
}

func newPlainLayers(u *Unit) *plainLayers {
	p := &plainLayers{u: u, hidden: u.layers.float.Hidden, outputs: u.layers.float.Outputs}
	for _, s := range u.Cores[0].Slices {
		q := &u.Pops[s.Pop]
		p.syn, p.mem, p.thr = append(p.syn, q.DecayU...), append(p.mem, q.DecayV...), append(p.thr, q.Thresh...)
		if q.BiasMant == nil {
			q.BiasMant = make([]int64, s.N)
		}
		p.bias = append(p.bias, q.BiasMant...)
	}
	n := p.hidden + p.outputs
	p.i, p.v, p.spikes = make([]int64, n), make([]int64, n), make([]int64, n)
	return p
}

func sat16(x int64) int64 { return min(max(x, math.MinInt16), math.MaxInt16) }

func leakOf(x, shift int64) int64 {
	if y := x >> shift; y != 0 || x == 0 {
		return y
	}
	if x < 0 {
		return -1
	}
	return 1
}

func (p *plainLayers) add(row []int64, base int, times int64) {
	for range times {
		for k, w := range row {
			p.i[base+k] = sat16(p.i[base+k] + w)
		}
	}
}

func (p *plainLayers) step(in []int64) []int64 {
	l, x, h := &p.u.layers.float, p.u.layers.ints, p.hidden
	for c, n := range in {
		p.add(x.In[c*l.Reached:(c+1)*l.Reached], 0, min(n, 15))
	}
	for j, n := range p.spikes[:h] {
		p.add(x.Rec[j*h:(j+1)*h], 0, min(n, 31))
	}
	for j, n := range p.spikes[:h] {
		if r := j - (h - l.Read); r >= 0 {
			p.add(x.Out[r*p.outputs:(r+1)*p.outputs], h, min(n, 31))
		}
	}
	for k := range p.i {
		most := int64(31)
		if k >= h {
			most = 1
		}
		p.i[k] -= leakOf(p.i[k], p.syn[k])
		dv := sat16(sat16(p.i[k]-leakOf(p.v[k], p.mem[k])) + p.bias[k])
		p.v[k] = sat16(p.v[k] + dv)
		n := int64(0)
		for p.v[k] >= p.thr[k] && n < most {
			p.v[k] -= p.thr[k]
			n++
		}
		p.spikes[k] = n
	}
	return p.spikes
}

// recurrentNet is inputs to a recurrent population, to one behind it, to outputs.
func recurrentNet(r *rand.Rand, bias bool) *graph.Network {
	pop := func(name string, n int, output bool) *graph.Population {
		p := &graph.Population{Name: name, Kind: graph.CubaLIF, N: n, Output: output, Reset: graph.ResetSubtract, GE: true, Multi: !output}
		for range n {
			p.AJ, p.GJ = append(p.AJ, 0.3+0.6*r.Float64()), append(p.GJ, 1+r.Float64())
			p.AV, p.GV = append(p.AV, 0.4+0.6*r.Float64()), append(p.GV, 1)
			p.Theta, p.VReset = append(p.Theta, 0.5+4*r.Float64()), append(p.VReset, 0)
			p.C = append(p.C, 0)
			if bias {
				p.C[len(p.C)-1] = r.NormFloat64() / 4
			}
		}
		return p
	}
	n := &graph.Network{Name: "recurrent", Pops: []*graph.Population{{Name: "in", Kind: graph.Input, N: 7}, pop("a", 20, false), pop("b", 15, false), pop("out", 6, true)}}
	join := func(pre, post int, density float64, back bool) {
		w := make([]float64, n.Pops[pre].N*n.Pops[post].N)
		for i := range w {
			if r.Float64() < density {
				w[i] = r.NormFloat64() + 0.2
			}
		}
		n.Projs = append(n.Projs, &graph.Projection{Name: fmt.Sprint(pre, "-", post), Pre: pre, Post: post, W: w, Recurrent: back})
	}
	join(0, 1, 1, false)
	join(1, 1, 0.2, true)
	join(1, 2, 0.6, false)
	join(2, 3, 1, false)
	return n
}

// layeredFamily is an embedded description with another scaler.
func layeredFamily(t *testing.T, base, scaler string, quirks bool) *chip.Family {
	text := fmt.Sprintf(`{"inherits": %q, "name": "variant", "title": "t", "fidelity": {"neuron": {"label": "modelled", "source": "t"},
"synapse": {"label": "modelled", "source": "t"}, "learning": {"label": "modelled", "source": "t"}, "timing": {"label": "modelled", "source": "t"},
"energy": {"label": "modelled", "source": "t"}}, "strategies": {"layer_scaler": %q, "vendor_quirks": "%v"}}`, base, scaler, quirks)
	path := filepath.Join(t.TempDir(), "variant.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	f, err := chip.LoadPath(path)
	require.NoError(t, err)
	return f
}

// TestLayersAreExact holds images of hidden and output neurons against plain
// integers, for every scaler of the vendor, and for both with their quirks.
func TestLayersAreExact(t *testing.T) {
	for seed := range uint64(6) {
		for _, scaler := range []string{ScaleChannel, ScaleGlobal, ScaleSpread} {
			for _, quirks := range []bool{false, true} {
				r := rand.New(rand.NewPCG(seed, 1))
				f := layeredFamily(t, "xylo-a2", scaler, quirks)
				res, err := Compile(recurrentNet(r, seed%2 == 1), f, Options{})
				require.NoError(t, err)
				spikes := comparePlainLayers(t, res, r)
				require.Positive(t, spikes)
			}
		}
	}
}

func comparePlainLayers(t *testing.T, res *Result, r *rand.Rand) int64 {
	m, err := chip.New(res.Image, chip.Options{})
	require.NoError(t, err)
	ref := newPlainLayers(res.Unit)
	in, total := make([]int64, 7), int64(0)
	src := func(_ int64, dst []chip.Injection) []chip.Injection {
		for c := range in {
			if in[c] = int64(r.IntN(4)) * int64(r.IntN(6)); in[c] > 0 {
				dst = append(dst, chip.Injection{Pop: 0, Index: int32(c), Payload: int32(in[c])})
			}
		}
		return dst
	}
	require.NoError(t, m.Run(60, src, func(tick int64, m *chip.Machine) error {
		got := make([]int64, len(ref.spikes))
		for _, s := range m.Spikes(0) {
			got[s.Comp] = int64(s.Payload)
			total += int64(s.Payload)
		}
		require.Equal(t, ref.step(in), got, "tick %d", tick)
		return nil
	}))
	return total
}

// TestLayersFollowTheNetwork compares spikes with the float reference where
// decays are powers of two: what remains is rounding.
func TestLayersFollowTheNetwork(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	n := recurrentNet(r, false)
	for _, p := range n.Pops[1:] {
		for i := range p.AJ {
			p.AJ[i], p.AV[i], p.GJ[i] = 0.75, 0.875, 0.75
		}
	}
	for i := range n.Projs[1].W {
		n.Projs[1].W[i] /= 8 // the float reference has no cap on spikes
	}
	f, err := chip.LoadNamed("xylo-a2")
	require.NoError(t, err)
	res, err := Compile(n, f, Options{})
	require.NoError(t, err)
	require.Equal(t, []int{0, 0, 1, 2}, []int{res.Unit.Pops[0].Depth, res.Unit.Pops[1].Depth, res.Unit.Pops[2].Depth, res.Unit.Pops[3].Depth})
	run, err := graph.NewRun(n)
	require.NoError(t, err)
	ref := newPlainLayers(res.Unit)
	var got, want float64
	in, ints := [][]float64{make([]float64, 7)}, make([]int64, 7)
	for range 200 {
		for c := range ints {
			ints[c] = int64(r.IntN(4) / 3)
			in[0][c] = float64(ints[c])
		}
		run.Step(in)
		for k := range 3 {
			for _, s := range run.Spikes[k+1] {
				want += s
			}
		}
		for _, s := range ref.step(ints) {
			got += float64(s)
		}
	}
	require.InEpsilon(t, want, got, 0.03)
}

// TestLayersMisfit lists what a chip of hidden and output neurons refuses.
func TestLayersMisfit(t *testing.T) {
	find := func(n *graph.Network, family string, strict bool) map[string]Misfit {
		f, err := chip.LoadNamed(family)
		require.NoError(t, err)
		r, err := Fit(n, f, Options{Strict: strict})
		require.NoError(t, err)
		out := map[string]Misfit{}
		for _, m := range r.Misfits {
			out[m.Resource] = m
		}
		return out
	}
	r := rand.New(rand.NewPCG(1, 1))
	wide := wholeFeed(300, 900, 40)
	for _, p := range wide.Pops[1:] {
		p.Reset = graph.ResetSubtract
	}
	wide.Pops[len(wide.Pops)-1].Output = true
	have := find(wide, "xylo-a3", false)
	require.Equal(t, Misfit{"", -1, limHidden, 1200, 992, "every neuron that the host does not read is a hidden neuron"}, have[limHidden])
	require.Equal(t, [2]int64{40, 32}, [2]int64{have[limOutputs].Need, have[limOutputs].Have})
	require.Equal(t, [2]int64{300, 128}, [2]int64{have[limInWindow].Need, have[limInWindow].Have})
	require.Equal(t, [2]int64{900, 128}, [2]int64{have[limOutWindow].Need, have[limOutWindow].Have})
	require.Contains(t, find(recurrentNet(r, true), "xylo-a1", false), "bias")
	require.Contains(t, find(recurrentNet(r, true), "xylo-a2", true), "start delay")
	plain := recurrentNet(r, false)
	plain.Pops[1].Reset, plain.Pops[2].Reset = graph.ResetZero, graph.ResetSubtractLate
	have = find(plain, "xylo-a2", false)
	require.Contains(t, have, "reset zero")
	require.Contains(t, have, "reset subtract-late")
	dense := wholeFeed(60, 100, 4)
	for _, p := range dense.Pops[1:] {
		p.Reset = graph.ResetSubtract
	}
	dense.Pops[3].Output = true
	m := find(dense, "xylo-a2", false)[limFanOut]
	require.Equal(t, int64(64), m.Have)
	require.Greater(t, m.Need, int64(64))
}

// TestLayersRead: membranes of outputs follow the float reference.
func TestLayersRead(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	n := recurrentNet(r, false)
	for _, p := range n.Pops[1:] {
		for i := range p.AJ {
			p.AJ[i], p.AV[i], p.GJ[i] = 0.75, 0.875, 0.75
		}
	}
	for i := range n.Projs[1].W {
		n.Projs[1].W[i] /= 8
	}
	out := n.Pops[3]
	out.Kind, out.Theta, out.VReset, out.GE = graph.Readout, nil, nil, false
	f, err := chip.LoadNamed("xylo-a2")
	require.NoError(t, err)
	res, err := Compile(n, f, Options{})
	require.NoError(t, err)
	m, err := chip.New(res.Image, chip.Options{})
	require.NoError(t, err)
	run, err := graph.NewRun(n)
	require.NoError(t, err)
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick >= 10 {
			return dst // outputs trail by two ticks
		}
		in := [][]float64{make([]float64, 7)}
		for c := range in[0] {
			if r.IntN(3) == 0 {
				in[0][c] = 1
				dst = append(dst, chip.Injection{Pop: 0, Index: int32(c), Payload: 1})
			}
		}
		run.Step(in)
		return dst
	}
	require.NoError(t, m.Run(12, src, nil))
	got := make([]int32, 6)
	require.NoError(t, m.ReadState(3, got))
	top := 0.0
	for _, v := range run.V[3] {
		top = max(top, math.Abs(v)*res.Unit.Pops[3].Scale)
	}
	require.Greater(t, top, 1000.0)
	for i, v := range run.V[3] {
		require.InDelta(t, v*res.Unit.Pops[3].Scale, float64(got[i]), 0.2*top, "output %d", i)
	}
}
