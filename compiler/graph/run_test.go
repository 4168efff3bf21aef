package graph

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// one is a spiking population of one neuron: V' = av*V + x.
func one(name string, av, theta float64, reset Reset) *Population {
	return &Population{Name: name, Kind: CubaLIF, N: 1, AJ: []float64{0}, GJ: []float64{1}, AV: []float64{av}, GV: []float64{1},
		C: []float64{0}, Theta: []float64{theta}, VReset: []float64{0}, Reset: reset, Output: true}
}

// chain is an input of one and a population behind weight w.
func chain(p *Population, w float64) *Network {
	return &Network{Pops: []*Population{{Name: "in", Kind: Input, N: 1}, p}, Projs: []*Projection{{Name: "w", Pre: 0, Post: 1, W: []float64{w}}}}
}

// drive runs inputs through the network and lists spikes and V of the last population.
func drive(t *testing.T, n *Network, in ...float64) (s, v []float64) {
	t.Helper()
	r, err := NewRun(n)
	require.NoError(t, err)
	last := len(n.Pops) - 1
	for _, x := range in {
		r.Step([][]float64{{x}})
		s, v = append(s, r.Spikes[last][0]), append(v, r.V[last][0])
	}
	return s, v
}

func TestResets(t *testing.T) {
	for _, c := range []struct {
		name  string
		reset Reset
		set   func(*Population)
		s, v  []float64
	}{
		{"zero", ResetZero, nil, []float64{1, 0, 1}, []float64{0, 1, 0}},
		{"zero to v_reset", ResetZero, func(p *Population) { p.VReset[0] = 0.5 }, []float64{1, 1, 1}, []float64{0.5, 0.5, 0.5}},
		{"subtract", ResetSubtract, nil, []float64{1, 1, 1}, []float64{0.5, 0.25, 0.125}},
		{"none", ResetNone, nil, []float64{1, 1, 1}, []float64{1.5, 1.75, 1.875}},
		{"subtract late", ResetSubtractLate, nil, []float64{1, 0, 1}, []float64{1.5, 0.75, 1.375}},
		{"zero late", ResetZeroLate, nil, []float64{1, 0, 1}, []float64{1.5, 1, 1.5}},
		{"zero late wipe", ResetZeroLate, func(p *Population) { p.LateZeroWipe = true }, []float64{1, 0, 0}, []float64{1.5, 0, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := one("n", 0.5, 1, c.reset)
			if c.set != nil {
				c.set(p)
			}
			s, v := drive(t, chain(p, 1), 1.5, 1, 1)
			require.Equal(t, c.s, s)
			require.Equal(t, c.v, v)
		})
	}
}

func TestCompareMultiFloor(t *testing.T) {
	p := one("n", 1, 1, ResetSubtract)
	s, _ := drive(t, chain(p, 1), 1, 0)
	require.Equal(t, []float64{0, 0}, s)
	p.GE = true
	s, _ = drive(t, chain(p, 1), 1, 0)
	require.Equal(t, []float64{1, 0}, s)
	p.Multi = true
	s, v := drive(t, chain(p, 1), 3.25, 0.75, -7)
	require.Equal(t, []float64{3, 1, 0}, s)
	require.Equal(t, []float64{0.25, 0, -7}, v)
	p.Floor = []float64{-1}
	s, v = drive(t, chain(p, 1), 3.25, -7, 2)
	require.Equal(t, []float64{3, 0, 1}, s)
	require.Equal(t, []float64{0.25, -1, 0}, v)
}

func TestKinds(t *testing.T) {
	p := one("n", 0, 1, ResetNone)
	p.Kind = Threshold
	s, v := drive(t, chain(p, 1), 2, 0.5, 1.5)
	require.Equal(t, []float64{1, 0, 1}, s)
	require.Equal(t, []float64{2, 0.5, 1.5}, v)
	q := one("n", 0.5, 1, ResetNone)
	q.Kind, q.Theta, q.VReset = Readout, nil, nil
	q.AJ[0], q.C[0] = 0.5, 0.25
	s, v = drive(t, chain(q, 2), 1, 0, 0)
	require.Equal(t, []float64{0, 0, 0}, s)
	require.Equal(t, []float64{2.25, 2.375, 1.9375}, v)
}

// A recurrent edge carries the spikes of the last tick, a delay adds ticks.
func TestLags(t *testing.T) {
	n := chain(one("n", 0, 0.5, ResetZero), 1)
	n.Projs[0].Delay = 2
	s, _ := drive(t, n, 1, 1, 0, 0, 0)
	require.Equal(t, []float64{0, 0, 1, 1, 0}, s)
	n.Projs[0].Delay = 0
	n.Projs = append(n.Projs, &Projection{Name: "r", Pre: 1, Post: 1, W: []float64{1}, Recurrent: true, Delay: 1})
	s, _ = drive(t, n, 1, 0, 0, 0, 0)
	require.Equal(t, []float64{1, 0, 1, 0, 1}, s)
	n.Projs[1].Bias = []float64{1}
	s, _ = drive(t, n, 0, 0)
	require.Equal(t, []float64{1, 1}, s)
}

func TestStepToleratesInputs(t *testing.T) {
	r, err := NewRun(chain(one("n", 0, 0.5, ResetZero), 1))
	require.NoError(t, err)
	r.Step(nil)
	r.Step([][]float64{{}})
	require.Zero(t, r.Spikes[1][0])
	r.Step([][]float64{{1, 9}, {4}})
	require.Equal(t, 1.0, r.Spikes[1][0])
	require.Equal(t, 3, r.Tick())
	r.Reset()
	require.Zero(t, r.Tick())
	require.Zero(t, r.Spikes[1][0])
}

// random draws a valid network of spiking populations.
func random(t *rapid.T) *Network {
	n := &Network{}
	val := rapid.Float64Range(-1, 1)
	vec := func(k int, label string) []float64 { return rapid.SliceOfN(val, k, k).Draw(t, label) }
	for i := range rapid.IntRange(1, 4).Draw(t, "pops") {
		p := &Population{Name: string(rune('a' + i)), N: rapid.IntRange(1, 4).Draw(t, "n")}
		if i > 0 {
			p.Kind = CubaLIF
			p.AJ, p.GJ, p.AV, p.GV, p.C = vec(p.N, "aj"), vec(p.N, "gj"), vec(p.N, "av"), vec(p.N, "gv"), vec(p.N, "c")
			p.Theta, p.VReset = make([]float64, p.N), vec(p.N, "vr")
			for k := range p.Theta {
				p.Theta[k] = rapid.Float64Range(0.1, 1).Draw(t, "theta")
			}
			p.Reset = Reset(rapid.IntRange(0, int(ResetNone)).Draw(t, "reset"))
			p.LateZeroWipe, p.GE, p.Multi = rapid.Bool().Draw(t, "wipe"), rapid.Bool().Draw(t, "ge"), rapid.Bool().Draw(t, "multi")
		}
		n.Pops = append(n.Pops, p)
	}
	for range rapid.IntRange(0, 6).Draw(t, "projs") {
		if len(n.Pops) == 1 {
			break
		}
		pre, post := rapid.IntRange(0, len(n.Pops)-1).Draw(t, "pre"), rapid.IntRange(1, len(n.Pops)-1).Draw(t, "post")
		q := &Projection{Name: "q", Pre: pre, Post: post, Recurrent: pre >= post || rapid.Bool().Draw(t, "rec"), Delay: rapid.IntRange(0, 3).Draw(t, "delay")}
		q.W = vec(n.Pops[pre].N*n.Pops[post].N, "w")
		if rapid.Bool().Draw(t, "biased") {
			q.Bias = vec(n.Pops[post].N, "bias")
		}
		n.Projs = append(n.Projs, q)
	}
	return n
}

// slow is the definition written out: the whole history kept, every weight visited.
func slow(n *Network, in [][]float64) (spikes [][][]float64, v [][]float64) {
	j := make([][]float64, len(n.Pops))
	v = make([][]float64, len(n.Pops))
	for i, p := range n.Pops {
		j[i], v[i] = make([]float64, p.N), make([]float64, p.N)
	}
	for t := range in {
		now := make([][]float64, len(n.Pops))
		spikes = append(spikes, now)
		now[0] = in[t]
		for i, p := range n.Pops {
			if i == 0 {
				continue
			}
			now[i] = make([]float64, p.N)
			for k := range p.N {
				x := 0.0
				for _, q := range n.Projs {
					if q.Post != i {
						continue
					}
					lag := q.Delay
					if q.Recurrent {
						lag++
					}
					pre := n.Pops[q.Pre].N
					for m := 0; m < pre && t >= lag; m++ {
						if s := spikes[t-lag][q.Pre][m]; s != 0 {
							x += float64(q.W[k*pre+m] * s)
						}
					}
					if q.Bias != nil {
						x += q.Bias[k]
					}
				}
				last := 0.0
				if t > 0 {
					last = spikes[t-1][i][k]
				}
				j[i][k] = float64(p.AJ[k]*j[i][k]) + float64(p.GJ[k]*x)
				old := v[i][k]
				if p.Reset == ResetZeroLate && last > 0 {
					old = p.VReset[k]
				}
				u := float64(p.AV[k]*old) + float64(p.GV[k]*j[i][k]) + p.C[k]
				if p.Reset == ResetZeroLate && last > 0 && p.LateZeroWipe {
					u = p.VReset[k]
				}
				if p.Reset == ResetSubtractLate && last > 0 {
					u -= float64(p.Theta[k] * last)
				}
				if u > p.Theta[k] || u == p.Theta[k] && p.GE {
					c := 1.0
					if p.Multi {
						c = math.Max(1, math.Floor(u/p.Theta[k]))
					}
					now[i][k] = c
					switch p.Reset {
					case ResetZero:
						u = p.VReset[k]
					case ResetSubtract:
						u -= float64(c * p.Theta[k])
					}
				}
				v[i][k] = u
			}
		}
	}
	return spikes, v
}

func TestRunEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := random(t)
		r, err := NewRun(n)
		if err != nil {
			t.Fatal(err)
		}
		var in [][]float64
		for range rapid.IntRange(1, 12).Draw(t, "ticks") {
			x := make([]float64, n.Pops[0].N)
			for i := range x {
				x[i] = float64(rapid.IntRange(0, 2).Draw(t, "x"))
			}
			in = append(in, x)
		}
		want, v := slow(n, in)
		for range 2 { // the second time after a Reset
			r.Reset()
			for i, x := range in {
				r.Step([][]float64{x})
				for p := range n.Pops {
					for k, s := range r.Spikes[p] {
						if s != want[i][p][k] {
							t.Fatalf("tick %d population %d neuron %d: %g, want %g", i, p, k, s, want[i][p][k])
						}
					}
				}
			}
		}
		for p := 1; p < len(n.Pops); p++ {
			for k, x := range r.V[p] {
				if x != v[p][k] {
					t.Fatalf("V[%d][%d] = %g, want %g", p, k, x, v[p][k])
				}
			}
		}
	})
}

// layers is an input and layers of the given sizes, all weights w.
func layers(w float64, sizes ...int) *Network {
	n := &Network{Pops: []*Population{{Name: "in", Kind: Input, N: sizes[0]}}}
	fill := func(k int, x float64) []float64 {
		v := make([]float64, k)
		for i := range v {
			v[i] = x
		}
		return v
	}
	for i, size := range sizes[1:] {
		n.Pops = append(n.Pops, &Population{Name: string(rune('a' + i)), Kind: CubaLIF, N: size, AJ: fill(size, 0), GJ: fill(size, 1),
			AV: fill(size, 0.9), GV: fill(size, 1), C: fill(size, 0), Theta: fill(size, 1), VReset: fill(size, 0)})
		n.Projs = append(n.Projs, &Projection{Name: "w", Pre: i, Post: i + 1, W: fill(size*sizes[i], w)})
	}
	return n
}

func TestStepDoesNotAllocate(t *testing.T) {
	r, err := NewRun(layers(0.05, 64, 96, 10))
	require.NoError(t, err)
	in := [][]float64{make([]float64, 64)}
	for i := range in[0] {
		in[0][i] = 1
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { r.Step(in) }))
}

func BenchmarkStep(b *testing.B) {
	r, err := NewRun(layers(0.02, 64, 96, 10))
	require.NoError(b, err)
	in := [][]float64{make([]float64, 64)}
	for i := 0; i < 64; i += 3 {
		in[0][i] = 1
	}
	for b.Loop() {
		r.Step(in)
	}
}
