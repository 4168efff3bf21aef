package compiler

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
)

// plainCross runs the fitted network as plain integers, neuron by neuron, with
// the chip's delays but without its cores, copies and relays.
type plainCross struct {
	u      *Unit
	weight [][][]int64 // [population][neuron][source, the constant one first]
	asked  [][]asked
	v      [][]int64
	past   [][][]bool // [population][tick][neuron]
}

func newPlainCross(u *Unit) *plainCross {
	p := &plainCross{u: u, weight: make([][][]int64, len(u.Pops)), asked: make([][]asked, len(u.Pops)), v: make([][]int64, len(u.Pops)), past: make([][][]bool, len(u.Pops))}
	for k := range u.Pops {
		n := u.Net.Pops[k].N
		p.weight[k], p.asked[k], p.v[k] = make([][]int64, n), make([]asked, n), make([]int64, n)
		c := &u.crossbar.pops[k]
		for t := range c.tiles {
			f := &c.fits[t]
			for at, i := range c.tiles[t].targets {
				row := make([]int64, 1+len(c.sources))
				for j := range f.base {
					if j == 0 {
						row[0] = f.weight(at, 0)
						continue
					}
					row[1+c.tiles[t].sources[j-1]] = f.weight(at, j)
				}
				p.weight[k][i], p.asked[k][i] = row, f.asked[at]
				p.v[k][i] = f.asked[at][askStart]
			}
		}
	}
	return p
}

// step computes tick t; a spike of tick s is there lag + delay ticks later.
func (p *plainCross) step(t int, in []bool) {
	for k := range p.u.Pops {
		now := make([]bool, p.u.Net.Pops[k].N)
		p.past[k] = append(p.past[k], now)
		if p.u.isInput(k) {
			copy(now, in)
		}
	}
	for k := range p.u.Pops {
		if p.u.isInput(k) {
			continue
		}
		c := &p.u.crossbar.pops[k]
		for i := range p.v[k] {
			a := p.asked[k][i]
			v := p.v[k][i]
			if c.constant && t >= max(p.u.Pops[k].Depth, 1) {
				v += p.weight[k][i][0]
			}
			for j, s := range c.sources {
				at := t - p.u.crossLag(int(s.pre)) - p.u.Projs[s.proj].Delay
				if at >= 0 && p.past[s.pre][at][s.neuron] {
					v += p.weight[k][i][1+j]
				}
			}
			p.v[k][i], p.past[k][t][i] = fire(p.leaked(v, &a, c), &a, c.role)
		}
	}
}

// leaked is the constant drive or the leak that stops at 0.
func (p *plainCross) leaked(v int64, a *asked, c *crossPop) int64 {
	v += a[askDrive]
	if a[askDrive] != 0 || !c.cap.leak {
		return v
	}
	if v > 0 {
		return max(v-a[askLeak], 0)
	}
	return min(v+a[askLeak], 0)
}

func fire(v int64, a *asked, role string) (int64, bool) {
	if v >= a[askThreshold] {
		if role == roleSubtract {
			return v - a[askThreshold], true
		}
		return 0, true
	}
	return max(v, -a[askFloor]), false
}

// compareCross holds an image against plain integers, tick by tick.
func compareCross(t *testing.T, res *Result, ticks int, rate float64, seed uint64) (spikes int) {
	u := res.Unit
	ref := newPlainCross(u)
	r := rand.New(rand.NewPCG(seed, 77))
	in := make([]bool, u.Net.Pops[0].N)
	m, err := chip.New(res.Image, chip.Options{})
	require.NoError(t, err)
	rec := chip.NewRecorder(res.Image, false)
	src := func(_ int64, dst []chip.Injection) []chip.Injection {
		for i := range in {
			if in[i] = r.Float64() < rate; in[i] {
				dst = append(dst, chip.Injection{Pop: 0, Index: int32(i), Payload: 1})
			}
		}
		return dst
	}
	require.NoError(t, m.Run(int64(ticks), src, func(tick int64, m *chip.Machine) error {
		if err := rec.Tick(tick, m); err != nil {
			return err
		}
		ref.step(int(tick), in)
		got := make([][]bool, len(u.Pops))
		for k := range got {
			got[k] = make([]bool, u.Net.Pops[k].N)
		}
		for _, s := range rec.Last() {
			got[s.Pop][s.Index] = true
			spikes++
		}
		for k := range u.Pops {
			if !u.isInput(k) {
				require.Equal(t, ref.past[k][tick], got[k], "tick %d, population %s", tick, u.Net.Pops[k].Name)
			}
		}
		return nil
	}))
	return spikes
}

// crossNets are networks of every shape that the mapping tells apart.
func crossNets() map[string]*graph.Network {
	deep := mlp(100, 150, 140, 120, 10) // copies, relays, constants
	subtract := mlp(40, 30, 20)
	for _, p := range subtract.Pops[1:] {
		p.Reset, p.AV = graph.ResetSubtract, fill(p.N, 1)
	}
	loop := mlp(20, 60, 10)
	loop.Projs = append(loop.Projs, join("back", 1, 1, randomWeights(rand.New(rand.NewPCG(4, 4)), 60, 60, 0.1)))
	loop.Projs[len(loop.Projs)-1].Recurrent = true
	skip := mlp(12, 20, 20, 8)
	skip.Projs = append(skip.Projs, join("skip", 1, 3, randomWeights(rand.New(rand.NewPCG(5, 4)), 8, 20, 0.2)),
		join("far", 0, 3, randomWeights(rand.New(rand.NewPCG(6, 4)), 8, 12, 0.2)))
	skip.Projs[len(skip.Projs)-1].Delay = 3
	skip.Pops[1].Output = true // read by the host, and it drives others
	bare := mlp(30, 20, 10)
	for _, p := range bare.Pops[1:] {
		p.Kind, p.AV, p.Reset = graph.Threshold, fill(p.N, 0), graph.ResetNone
	}
	conv := &graph.Network{Name: "conv", Pops: []*graph.Population{input("in", 2*9*9), lif("a", 4*7*7, 0.8, 1), lif("b", 3*3*3, 1, 1)}}
	conv.Pops[1].Shape, conv.Pops[2].Output = []int{4, 7, 7}, true
	r := rand.New(rand.NewPCG(7, 7))
	conv.Projs = []*graph.Projection{
		{Name: "k1", Pre: 0, Post: 1, Kernel: &graph.Kernel{In: [3]int{2, 9, 9}, Out: [3]int{4, 7, 7}, Size: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1, W: randomWeights(r, 4*2, 9, 0.3)}},
		{Name: "k2", Pre: 1, Post: 2, Kernel: &graph.Kernel{In: [3]int{4, 7, 7}, Out: [3]int{3, 3, 3}, Size: [2]int{3, 3}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}, Groups: 1, W: randomWeights(r, 3*4, 9, 0.3)}},
	}
	return map[string]*graph.Network{"deep": deep, "relayed": mlp(40, 50, 120, 400), "subtract": subtract, "loop": loop, "skip": skip, "bare": bare, "conv": conv}
}

// TestCrossbarsAreExact holds images of crossbar cores against plain integers.
func TestCrossbarsAreExact(t *testing.T) {
	for _, family := range []string{"truenorth", "ranc-sim", "ranc-rtl"} {
		f, err := chip.LoadNamed(family)
		require.NoError(t, err)
		for name, n := range crossNets() {
			t.Run(family+"/"+name, func(t *testing.T) {
				res, err := Compile(n, f, Options{})
				require.NoError(t, err)
				for _, note := range res.Report.Notes {
					t.Log(note)
				}
				t.Logf("%d cores", res.Report.Cores)
				relays := slices.ContainsFunc(res.Image.Pops, func(p chip.Population) bool { return p.Name == "l2.relays" })
				require.Equal(t, name == "relayed", relays)
				for seed := range uint64(3) {
					require.Positive(t, compareCross(t, res, 40, 0.2, seed))
				}
				res, err = Compile(n, f, Options{Calib: noisy{4, 20}})
				require.NoError(t, err)
				require.Positive(t, compareCross(t, res, 40, 0.2, 5))
				require.Positive(t, res.Report.Layers[0].SpikesPerInput)
			})
		}
	}
}

// TestCrossbarsKeepWholeNumbers: small whole weights and no leak lose nothing,
// so the chip spikes as the float reference, every layer by its depth later.
func TestCrossbarsKeepWholeNumbers(t *testing.T) {
	for _, family := range []string{"truenorth", "ranc-sim", "ranc-rtl"} {
		for _, reset := range []graph.Reset{graph.ResetZero, graph.ResetSubtract} {
			t.Run(fmt.Sprint(family, reset), func(t *testing.T) {
				f, err := chip.LoadNamed(family)
				require.NoError(t, err)
				n := wholeNetwork(3, false)
				for _, p := range n.Pops[1:] {
					p.Reset, p.AV = reset, fill(p.N, 1)
				}
				n.Pops[4].Output = true
				res, err := Compile(n, f, Options{})
				require.NoError(t, err)
				for _, l := range res.Report.Layers {
					require.Less(t, l.WeightError, 1e-12, l.Name)
				}
				require.Positive(t, agreeWithFloat(t, n, res, 60, 3))
			})
		}
	}
}

func agreeWithFloat(t *testing.T, n *graph.Network, res *Result, ticks int, seed uint64) (spikes int) {
	run, err := graph.NewRun(n)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(seed, 1))
	ref := newPlainCross(res.Unit)
	in, x := make([]bool, n.Pops[0].N), [][]float64{make([]float64, n.Pops[0].N)}
	var want [][][]float64
	for tick := range ticks {
		for i := range in {
			in[i], x[0][i] = r.Float64() < 0.3, 0
			if in[i] {
				x[0][i] = 1
			}
		}
		run.Step(x)
		ref.step(tick, in)
		var now [][]float64
		for k := range n.Pops {
			now = append(now, append([]float64(nil), run.Spikes[k]...))
		}
		want = append(want, now)
		for k := range n.Pops {
			if at := tick - res.Unit.Pops[k].Depth; k > 0 && at >= 0 {
				for i, s := range want[at][k] {
					require.Equal(t, s > 0, ref.past[k][tick][i], "tick %d population %d neuron %d", tick, k, i)
					spikes += int(s)
				}
			}
		}
	}
	return spikes
}

// TestCrossbarMisfits lists what crossbar cores refuse, with need and have.
func TestCrossbarMisfits(t *testing.T) {
	f, err := chip.LoadNamed("truenorth")
	require.NoError(t, err)
	find := func(n *graph.Network, o Options) map[string]Misfit {
		r, err := Fit(n, f, o)
		require.NoError(t, err)
		out := map[string]Misfit{}
		for _, m := range r.Misfits {
			out[m.Resource] = m
		}
		return out
	}
	have := find(mlp(300, 20), Options{})
	require.Equal(t, [2]int64{301, 256}, [2]int64{have[limInAxons].Need, have[limInAxons].Have})
	n := mlp(20, 20)
	n.Pops[1].Multi, n.Pops[1].Reset = true, graph.ResetSubtractLate
	have = find(n, Options{})
	require.Contains(t, have, "several spikes per tick")
	require.Contains(t, have, "reset subtract-late")
	require.Contains(t, find(mlp(20, 20), Options{Strict: true}), "membrane decay")
	far := mlp(20, 20, 10)
	far.Projs[1].Delay = 20
	have = find(far, Options{})
	require.Equal(t, [2]int64{20, 14}, [2]int64{have["delay"].Need, have["delay"].Have})
}

// TestFitTypes: weights that sums of a neuron's values can give come out whole.
func TestFitTypes(t *testing.T) {
	kinds := []uint8{4, 4, 4, 4, 4, 4, 4, 4}
	f := fitTypes([]float64{-8, -5, -1, 0, 1, 3, 6, 7}, kinds, 4)
	for j, w := range []float64{-8, -5, -1, 0, 1, 3, 6, 7} {
		sum := 0.0
		for k, s := range f.value {
			if f.bits[j]>>k&1 == 1 {
				sum += s
			}
		}
		require.InDelta(t, w, sum, 1e-9)
	}
	one := fitTypes([]float64{2, 2, 0, 2}, []uint8{1, 1, 1, 1}, 1)
	require.Equal(t, []uint8{1, 1, 0, 1}, one.bits)
	require.InDelta(t, 2, one.value[0], 1e-12)
}

// TestFeedbackBeyondCopies: copies of neurons that all listen to each other ask
// for more copies without end, so such feedback goes through relays, and late.
func TestFeedbackBeyondCopies(t *testing.T) {
	f, err := chip.LoadNamed("truenorth")
	require.NoError(t, err)
	loop := mlp(5, 249, 10)
	loop.Projs = append(loop.Projs, join("back", 1, 1, randomWeights(rand.New(rand.NewPCG(4, 4)), 249, 249, 0.1)))
	loop.Projs[2].Recurrent = true
	res, err := Compile(loop, f, Options{})
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(res.Report.Notes, func(n string) bool { return strings.Contains(n, `feedback "back" acts 1 ticks later`) }), res.Report.Notes)
	require.Less(t, res.Report.Cores, 16)
	require.Positive(t, compareCross(t, res, 30, 0.2, 1))
	r, err := Fit(loop, f, Options{Strict: true})
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(r.Misfits, func(m Misfit) bool { return m.Resource == "membrane decay" }))
}

// TestCrossbarImagesAreStable: the same network gives the same bytes, and what
// the compiler added is beside the network in file and text.
func TestCrossbarImagesAreStable(t *testing.T) {
	f, err := chip.LoadNamed("truenorth")
	require.NoError(t, err)
	n := crossNets()["relayed"]
	a, err := Compile(n, f, Options{})
	require.NoError(t, err)
	b, err := Compile(n, f, Options{})
	require.NoError(t, err)
	require.Equal(t, a.Image.Encode(), b.Image.Encode())
	back, err := chip.DecodeImage(a.Image.Encode(), "a.img")
	require.NoError(t, err)
	require.Equal(t, a.Image.Pops, back.Pops)
	require.True(t, back.Pops[len(back.Pops)-1].Aside)
	var text bytes.Buffer
	require.NoError(t, back.WriteText(&text))
	again, err := chip.ReadImageText(text.Bytes(), "a.txt")
	require.NoError(t, err)
	require.Equal(t, a.Image.Encode(), again.Encode())
}
