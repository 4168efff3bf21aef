package learn

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// runner is one of the forms in which a plan can run.
type runner struct {
	name string
	run  func(s *State, at Moment, env *Env, arrived, fired []Event)
	unit *Unit
	s    State
	env  Env
	c    count.Counts
	taps []string
}

// runners: the unit, which is the truth, then lanes in every form that this
// machine has.
func runners(p *Plan, n *Net, weights []int32, groups []Neurons, tap bool) []*runner {
	u := New(p, n)
	out := []*runner{{name: "unit", run: u.Run, unit: u}}
	forms := map[string]*simd.Table{"twins": simd.Twins()}
	if t, ok := simd.AVX2(); ok {
		forms["avx2"] = t
	}
	for _, name := range []string{"twins", "avx2"} {
		if t := forms[name]; t != nil {
			l := NewLanes(p, n, t)
			out = append(out, &runner{name: name, run: l.Run, unit: l.Unit})
		}
	}
	for _, x := range out {
		x.s = NewState(p, n, weights)
		x.env = Env{Core: 3, Rule: 1, Mods: &[isa.NumMOD]int32{5, -7, 1 << 20, -1}, Draw: Seeded(9), Counts: &x.c}
		x.env.Neurons = groups
		x.env.Neuron = func(comp, word int32) int32 { return wordOf(groups, comp, word) }
		if tap {
			x.env.Tap = func(tap int, item, value int32) { x.taps = append(x.taps, fmt.Sprint(tap, item, value)) }
		}
	}
	return out
}

func wordOf(groups []Neurons, comp, word int32) int32 {
	for _, g := range groups {
		if comp < g.First+g.N {
			if int(word) < len(g.Words) {
				return g.Words[word][comp-g.First]
			}
			return 0
		}
	}
	return 0
}

// randomNeurons are groups with one word more each.
func randomNeurons(r *rand.Rand, n int) []Neurons {
	var out []Neurons
	for at := 0; at < n; {
		g := Neurons{First: int32(at), N: int32(1 + r.IntN(n-at))}
		for range len(out) {
			word := make([]int32, g.N)
			for i := range word {
				word[i] = randomValue(r)
			}
			g.Words = append(g.Words, word)
		}
		out, at = append(out, g), at+int(g.N)
	}
	return out
}

// compareRunners runs one random plan in every form and compares all that can
// be seen of it after every moment.
func compareRunners(t require.TestingT, seed uint64, ticks int) {
	r := rand.New(rand.NewPCG(seed, 5))
	n := randomNet(r)
	p := randomPlan(r, n)
	weights := make([]int32, len(n.Pre))
	for i := range weights {
		weights[i] = p.Words[Synapse][0].Layout.Apply(int64(randomValue(r)))
	}
	groups := randomNeurons(r, n.NPost)
	all := runners(p, n, weights, groups, r.IntN(4) == 0)
	for space := range all[0].s.Words {
		for w, word := range all[0].s.Words[space] {
			for i := range word {
				x := randomValue(r)
				if p.Words[space][w].Layout.Width == 2 {
					x = int32(r.IntN(4))
				}
				word[i] = p.Words[space][w].Layout.Apply(int64(x))
			}
		}
	}
	for _, x := range all[1:] {
		x.s.CopyFrom(&all[0].s)
	}
	for tick := range ticks {
		arrived, fired := randomEvents(r, n.NPre), randomEvents(r, n.NPost)
		for _, at := range []Moment{Delivered, Fired} {
			for _, x := range all {
				x.env.Tick = int64(tick)
				if at == Delivered {
					x.run(&x.s, at, &x.env, arrived, nil)
				} else {
					x.run(&x.s, at, &x.env, arrived, fired)
				}
			}
			for _, x := range all[1:] {
				compareRunner(t, fmt.Sprintf("seed %d tick %d moment %d %s", seed, tick, at, x.name), all[0], x)
			}
		}
	}
}

func compareRunner(t require.TestingT, place string, a, b *runner) {
	for space := range a.s.Words {
		for w, word := range a.s.Words[space] {
			for i, x := range word {
				if y := b.s.Words[space][w][i]; x != y {
					t.Errorf("%s: word %d of %s %d is %d, want %d", place, w, Space(space), i, y, x)
					t.FailNow()
				}
			}
		}
	}
	require.Equal(t, a.c, b.c, place)
	require.Empty(t, cmp.Diff(append([]int32{}, a.unit.Changed...), append([]int32{}, b.unit.Changed...)), place)
	require.Equal(t, a.taps, b.taps, place)
	for s := range a.unit.kept {
		for w := range a.unit.kept[s] {
			require.Equal(t, a.unit.kept[s][w].after, b.unit.kept[s][w].after, place)
		}
	}
}

func TestLanesEqualUnitOnRandomPlans(t *testing.T) {
	for seed := range uint64(300) {
		compareRunners(t, seed, 4)
	}
	rapid.Check(t, func(t *rapid.T) { compareRunners(t, rapid.Uint64().Draw(t, "seed"), 3) })
}

func FuzzLanes(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { compareRunners(t, seed, 3) })
}

// Forms that random plans seldom reach: a view that is the word read, a view
// under a predicate, a view that names a stored word before and after STW, and
// a phase beyond 32 bits.
func TestLanesEqualUnitOnRareForms(t *testing.T) {
	n := grid(7)
	moment := Word{Name: "m", Layout: d4.Layout, Stored: true}
	for _, src := range []string{
		"SMP #1 | MOV s0 p0 | ADD s1 s1 p1",
		"CLT F p0 p2 | ?F SMP #1 | ADD s1 s1 p1 | ?!F SMP #2 | ADD s1 s1 p1",
		"SMP #2 | ADD s1 s1 p1 | ADDI s2 s2 #-1 | STW | ADD s1 s1 p1 | ADD s1 s1 p2 | STW",
		"SMP #2 | ADD s1 s1 p4 | ADDI s2 s2 #-1 | STW | ADD s1 s1 p4",
		"CLT F p2 p3 | ?F ADDI s1 s1 #1",
	} {
		p := &Plan{Epoch: 1 << 40, Steps: []Step{
			{Every: 1, At: Fired, Over: Synapse, Passes: 3, Keep: true, State: []Ref{synapse(1), synapse(2)}, Params: []Ref{{Space: Pass}}, Prog: program(t, "ADD s0 s0 p0 | SHL s1 s1 2 | ADD s1 s1 s0")},
			{Every: 1, At: Fired, Over: Pre, Passes: 3, Keep: true, State: []Ref{{Pre, 0}}, Prog: program(t, "ADDI s0 s0 #5")},
			{Every: 1, At: Fired, Over: Synapse, Passes: 2, State: []Ref{synapse(3), synapse(4), synapse(5)}, Params: []Ref{synapse(1), synapse(2), synapse(5), {Space: Phase}, {Pre, 0}},
				Views: []Ref{synapse(1), synapse(5)}, Prog: program(t, src)},
		}}
		p.Words = [NumSpaces][]Word{{w9, {Layout: fixed.Layout{Width: 2, Over: fixed.WrapU}}, free, free, free, moment}, {free}, {free}}
		if src[0] == 'S' || src[7] == '0' {
			p.Epoch = 2
		}
		require.NoError(t, p.Check(n))
		all := runners(p, n, make([]int32, 49), nil, false)
		for tick := range int64(5) {
			for _, x := range all {
				for i := range 49 { // moments 0..3 and beyond
					x.s.Words[Synapse][1][i], x.s.Words[Synapse][5][i] = int32(i)&3, int32(i%5)
				}
				x.env.Tick = 1<<32 + 3 + tick
				x.run(&x.s, Fired, &x.env, nil, nil)
				compareRunner(t, src, all[0], x)
			}
		}
	}
}
