package learn

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

func program(t testing.TB, src string) *isa.Program {
	t.Helper()
	p, err := asm.Assemble(src+"\nEND\n", "rule", asm.Options{Kind: isa.Rule})
	require.NoError(t, err)
	return p
}

var (
	w9   = Word{Name: "w", Layout: fixed.Layout{Width: 9, Over: fixed.Sat}, Stored: true}
	d4   = Word{Name: "d", Layout: fixed.Layout{Width: 4, Over: fixed.SatU}, Stored: true}
	free = Word{Name: "e"}
)

// square has 2 sources, 2 targets and the synapses 00, 01, 11.
func square() *Net {
	return &Net{NPre: 2, NPost: 2, Pre: []int32{0, 0, 1}, Post: []int32{0, 1, 1}}
}

func synapse(k int32) Ref { return Ref{Space: Synapse, Word: k} }

// bench runs a plan by hand.
type bench struct {
	t   testing.TB
	u   *Unit
	s   State
	env Env
	c   count.Counts
}

func newBench(t testing.TB, p *Plan, n *Net, weights ...int32) *bench {
	t.Helper()
	require.NoError(t, p.Check(n))
	b := &bench{t: t, u: New(p, n), s: NewState(p, n, weights)}
	b.env = Env{Mods: new([isa.NumMOD]int32), Neuron: func(c, w int32) int32 { return 100*w + c }, Draw: Seeded(1), Counts: &b.c}
	return b
}

// tick runs both moments.
func (b *bench) tick(arrived, fired []Event) {
	b.u.Run(&b.s, Delivered, &b.env, arrived, nil)
	b.u.Run(&b.s, Fired, &b.env, arrived, fired)
	b.env.Tick++
}

func TestStoreCountsChangedWordsOnly(t *testing.T) {
	p := &Plan{Epoch: 1, Steps: []Step{{On: Tick, At: Fired, Every: 1, Passes: 1, Over: Synapse, State: []Ref{synapse(0), synapse(1), synapse(2)},
		Prog: program(t, "ADDI s2 s2 #7 | MOV s1 s1 | ADDI s0 s0 #1 | STW | ADDI s0 s0 #5 | ADDI s1 s1 #1")}}}
	p.Words[Synapse] = []Word{w9, d4, free}
	b := newBench(t, p, square(), 1, 255, -256)
	b.tick(nil, nil)
	// Writes after STW are lost, words that are not stored need none, a weight
	// at its bound does not change.
	require.Equal(t, [][]int32{{2, 255, -255}, {0, 0, 0}, {7, 7, 7}}, b.s.Words[Synapse])
	require.Equal(t, int64(2), b.c[count.LearnUpdates])
	require.Equal(t, []int32{0, 2}, b.u.Changed)
	require.Equal(t, int64(3), b.c[count.InstrW])
	require.Equal(t, int64(15), b.c[count.InstrA])
	require.Equal(t, int64(3), b.c[count.InstrX])
}

func TestTriggersVisitTheirItems(t *testing.T) {
	mark := program(t, "ADD s0 s0 PAY")
	p := &Plan{Epoch: 4, Steps: []Step{
		{On: Arrive, At: Delivered, Over: Pre, State: []Ref{{Pre, 0}}, Prog: mark, Passes: 1},
		{On: Arrive, At: Fired, Over: Synapse, State: []Ref{synapse(1)}, Prog: mark, Passes: 1},
		{On: Fire, At: Fired, Over: Post, State: []Ref{{Post, 0}}, Prog: mark, Passes: 1},
		{On: Tick, At: Fired, Every: 2, Offset: 1, Over: Pre, State: []Ref{{Pre, 1}}, Params: []Ref{{Phase, 0}}, Prog: program(t, "ADD s0 p0 PAY"), Passes: 1},
	}}
	p.Words = [NumSpaces][]Word{{w9, free}, {free, free}, {free}}
	b := newBench(t, p, square(), 0, 0, 0)
	b.tick([]Event{{0, 3}, {1, 10}, {0, 1}}, []Event{{1, 2}})
	require.Equal(t, [][]int32{{4, 10}, {0, 0}}, b.s.Words[Pre])
	require.Equal(t, []int32{4, 4, 10}, b.s.Words[Synapse][1])
	require.Equal(t, []int32{0, 2}, b.s.Words[Post][0])
	b.tick([]Event{{1, 5}, {1, 6}}, nil)
	require.Equal(t, [][]int32{{4, 21}, {2, 13}}, b.s.Words[Pre])
	b.tick(nil, nil)
	b.tick(nil, nil)
	require.Equal(t, []int32{4, 4}, b.s.Words[Pre][1])
}

func TestViewsReadTracesAsTheyWere(t *testing.T) {
	p := &Plan{Epoch: 1, Steps: []Step{
		{On: Tick, At: Fired, Every: 1, Over: Pre, Passes: 3, Keep: true, State: []Ref{{Pre, 0}}, Params: []Ref{{Pass, 0}}, Prog: program(t, "SHL s0 s0 4 | ADD s0 s0 p0")},
		{On: Tick, At: Fired, Every: 1, Over: Synapse, Passes: 1, State: []Ref{synapse(1), synapse(2), synapse(3)}, Params: []Ref{{Pre, 0}, {Neuron, 2}},
			Views: []Ref{{Pre, 1}, {Post, 0}}, Gates: []Gate{{Ref: Ref{Pre, 1}}, {Ref: Ref{Post, 0}}, {Every: 2}},
			Prog: program(t, "MOV s0 p0 | SMP #1 | MOV s1 p0 | SMP #2 | MOV s2 p0 | SMP #0 | CEQ F s0 p0 | ?!F MOV s0 Z | SHL t0 EVT 16 | ADD s0 s0 t0 | SHL t0 p1 20 | ADD s1 s1 t0")},
	}}
	p.Words = [NumSpaces][]Word{{w9, free, free, free}, {free, {Name: "t", Init: []int32{1, 0}}}, {{Name: "t", Init: []int32{2, 3}}}}
	b := newBench(t, p, square(), 0, 0, 0)
	b.tick(nil, nil)
	require.Equal(t, []int32{0x123, 0x123}, b.s.Words[Pre][0])
	require.Equal(t, []int32{0x7<<16 | 0x123, 0x7<<16 | 0x123, 0x6<<16 | 0x123}, b.s.Words[Synapse][1])
	// Source 0 spiked in pass 1, source 1 never; target 0 in pass 2, target 1 in 3.
	require.Equal(t, []int32{0x1 + 200<<20, 0x1 + 201<<20, 0x123 + 201<<20}, b.s.Words[Synapse][2])
	require.Equal(t, []int32{0x12, 0x123, 0x123}, b.s.Words[Synapse][3])
}

func TestDrawsPerStepAndPerItem(t *testing.T) {
	var asked []Query
	p := &Plan{Epoch: 1, Steps: []Step{{On: Tick, At: Delivered, Every: 1, Over: Synapse, Passes: 2, State: []Ref{synapse(1)},
		Draws: []Draw{{Stream: 5, Bits: 7}, {Stream: 6, Bits: 31, Each: true}}, Prog: program(t, "RND t0 #0 | RND t0 #0 | RND t1 #1 | ADD s0 t0 t1")}}}
	p.Words[Synapse] = []Word{w9, free}
	b := newBench(t, p, square(), 0, 0, 0)
	b.env.Draw = func(q Query) int32 { asked = append(asked, q); return int32(len(asked)) }
	b.tick(nil, nil)
	require.Len(t, asked, 1+3*2)
	require.Equal(t, int64(7), b.c[count.Draws])
	require.Equal(t, Query{Stream: 5, Bits: 7, Item: -1}, asked[0])
	require.Equal(t, Query{Stream: 6, Bits: 31, Item: 2, Pass: 2}, asked[6])
	require.Equal(t, []int32{6, 7, 8}, b.s.Words[Synapse][1])
}

func TestSeededDrawsAreEvenAndDistinct(t *testing.T) {
	src := Seeded(3)
	seen := map[int32]bool{}
	ones := [31]int{}
	const n = 4000
	for i := range int32(n) {
		v := src(Query{Stream: i % 3, Bits: 31, Tick: int64(i / 100), Item: i % 100, Core: i % 2})
		require.GreaterOrEqual(t, v, int32(0))
		seen[v] = true
		for k := range ones {
			ones[k] += int(v >> k & 1)
		}
	}
	require.Len(t, seen, n)
	for k, c := range ones {
		require.InDelta(t, n/2, c, 200, "bit %d", k)
	}
	require.NotEqual(t, src(Query{Bits: 31}), Seeded(4)(Query{Bits: 31}))
}

// A snapshot in the middle of a run goes on as the run did.
func TestStateIsComplete(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := &Plan{Epoch: 3, First: 1, Steps: []Step{
		{On: Arrive, At: Delivered, Over: Pre, Passes: 1, State: []Ref{{Pre, 0}, {Pre, 1}}, Params: []Ref{{Phase, 0}}, Prog: program(t, "ADD s0 s0 PAY | MOV s1 p0")},
		{On: Fire, At: Fired, Over: Post, Passes: 1, State: []Ref{{Post, 0}}, Prog: program(t, "ADDI s0 s0 #9")},
		{On: Tick, At: Fired, Every: 3, Offset: 2, Over: Pre, Passes: 3, Keep: true, State: []Ref{{Pre, 0}}, Draws: []Draw{{Stream: 1, Bits: 3, Each: true}}, Prog: program(t, "RND t0 #0 | SHR s0 s0 1 | ADD s0 s0 t0")},
		{On: Tick, At: Fired, Every: 3, Offset: 2, Over: Synapse, Passes: 1, State: []Ref{synapse(0)}, Params: []Ref{{Pre, 0}, {Post, 0}}, Views: []Ref{{Pre, 1}},
			Gates: []Gate{{Every: 2}}, Prog: program(t, "SMP #1 | TST F EVT #1 | ADD s0 s0 p0 | ?F SUB s0 s0 p1 | STW")},
	}}
	p.Words = [NumSpaces][]Word{{w9}, {{Layout: fixed.Layout{Width: 7, Over: fixed.SatU}}, free}, {{Layout: fixed.Layout{Width: 7, Over: fixed.WrapU}}}}
	a, b := newBench(t, p, square(), 1, 2, 3), newBench(t, p, square(), 1, 2, 3)
	for i := range 60 {
		if i == 31 {
			b.s.CopyFrom(&a.s)
			b.env.Tick = a.env.Tick
			b.u = New(p, square())
		}
		var in, out []Event
		for k := range int32(2) {
			if r.IntN(3) == 0 {
				in = append(in, Event{k, int32(r.IntN(9))})
			}
			if r.IntN(3) == 0 {
				out = append(out, Event{k, 1})
			}
		}
		a.tick(in, out)
		if i >= 31 {
			b.tick(in, out)
			require.Empty(t, cmp.Diff(a.s, b.s), "tick %d", i)
		}
	}
	before := NewState(p, square(), []int32{1, 2, 3})
	a.s.Reset(p, []int32{1, 2, 3})
	require.Equal(t, before, a.s)
}

func TestCheckRefuses(t *testing.T) {
	good := func() *Plan {
		p := &Plan{Epoch: 1, Steps: []Step{{Name: "x", On: Tick, Every: 1, Over: Synapse, Passes: 1, State: []Ref{synapse(0)}, Params: []Ref{{Pre, 0}}, Prog: program(t, "ADD s0 s0 p0 | STW")}}}
		p.Words = [NumSpaces][]Word{{w9}, {free}, {free}}
		return p
	}
	require.NoError(t, good().Check(square()))
	for want, change := range map[string]func(p *Plan, s *Step){
		"first word of a synapse":        func(p *Plan, _ *Step) { p.Words[Synapse][0].Stored = false },
		"epoch of 0 ticks":               func(p *Plan, _ *Step) { p.Epoch = 0 },
		"is stored, need space synapse":  func(p *Plan, _ *Step) { p.Words[Pre] = []Word{w9} },
		"2 start values, need 0, 1 or 3": func(p *Plan, _ *Step) { p.Words[Synapse][0].Init = []int32{1, 2} },
		"start value 300":                func(p *Plan, _ *Step) { p.Words[Synapse][0].Init = []int32{300} },
		"no program of a learning rule":  func(_ *Plan, s *Step) { s.Prog = nil },
		"a spike out cannot walk them":   func(_ *Plan, s *Step) { s.On, s.At = Fire, Fired },
		"do not meet":                    func(_ *Plan, s *Step) { s.On, s.Over = Arrive, Post },
		"only after the neurons":         func(_ *Plan, s *Step) { s.On, s.Over = Fire, Post },
		"every 0 ticks":                  func(_ *Plan, s *Step) { s.Every = 0 },
		"65 passes":                      func(_ *Plan, s *Step) { s.Passes = 65 },
		"s0 is word 1 of synapse":        func(_ *Plan, s *Step) { s.State[0].Word = 1 },
		"p0: word 3 of pre, have 1":      func(_ *Plan, s *Step) { s.Params[0].Word = 3 },
		"0 parameters, program needs 1":  func(_ *Plan, s *Step) { s.Params = nil },
		"word 0: view 1, have 0":         func(_ *Plan, s *Step) { s.Prog = program(t, "SMP #1 | ADD s0 s0 p0") },
		"STW in a walk over pre": func(p *Plan, s *Step) {
			s.Over, s.State = Pre, []Ref{{Pre, 0}}
		},
		"a source has no neuron": func(_ *Plan, s *Step) {
			s.Over, s.State, s.Params, s.Prog = Pre, nil, []Ref{{Neuron, 0}}, program(t, "MOV t0 p0")
		},
		"gate 0: word 9":           func(_ *Plan, s *Step) { s.Gates = []Gate{{Ref: Ref{Post, 9}}} },
		"view 1: unknown space 20": func(_ *Plan, s *Step) { s.Views = []Ref{{20, 0}} },
		"has 32 bits":              func(_ *Plan, s *Step) { s.Draws = []Draw{{Bits: 32}} },
		"table 0 has no entries":   func(_ *Plan, s *Step) { s.Tables = [][]int32{{}} },
	} {
		p := good()
		change(p, &p.Steps[0])
		require.ErrorContains(t, p.Check(square()), want)
	}
	huge := &Net{NPre: 1, NPost: 1 << 16, Pre: make([]int32, 1), Post: make([]int32, 1)}
	p := good()
	p.Words[Post] = make([]Word, MaxWords)
	require.NoError(t, p.Check(huge))
	huge.NPost <<= 8
	require.ErrorContains(t, p.Check(huge), "words of all items")
}

// BenchmarkRule is a rule of two products over 10,000 synapses; it reports
// nanoseconds per synapse.
func BenchmarkRule(b *testing.B) {
	p := &Plan{Epoch: 1, Steps: []Step{{On: Tick, At: Fired, Every: 1, Passes: 1, Over: Synapse, State: []Ref{synapse(0)}, Params: []Ref{{Pre, 0}, {Post, 0}},
		Gates: []Gate{{Ref: Ref{Pre, 0}}, {Ref: Ref{Post, 0}}}, Draws: []Draw{{Bits: 7}},
		Prog: program(b, "LDC t4 #-32769 | LDC t5 #32767 | SHL t0 s0 7 | TST F EVT #1 | LDC t1 #1 | SAT t2 p0 8 | MUL t1 t1 t2 | SHL t1 t1 5 | MAX t1 t1 t4 | MIN t1 t1 t5 | ?F ADD t0 t0 t1 | TST F EVT #2 | LDC t1 #-1 | SAT t2 p1 8 | MUL t1 t1 t2 | SHL t1 t1 5 | ?F ADD t0 t0 t1 | RND t1 #0 | ADD t0 t0 t1 | SHR s0 t0 7 | STW")}}}
	p.Words = [NumSpaces][]Word{{w9}, {{Name: "x", Init: []int32{3}}}, {{Name: "y", Init: []int32{2}}}}
	n := &Net{NPre: 100, NPost: 100}
	for i := range int32(10000) {
		n.Pre, n.Post = append(n.Pre, i/100), append(n.Post, i%100)
	}
	u := newBench(b, p, n, make([]int32, 10000)...)
	b.ResetTimer()
	for b.Loop() {
		u.tick(nil, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10000, "ns/synapse")
}
