package learn

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/core/simd"
	"hillock/isa/fixed"
)

// pastPlan keeps 4 entries (time, value): a target that fires appends one, and so
// does a source of the silent role. A spike of another source notes, per
// synapse, sums over the window (from, to], which are synapse words that a test
// sets, and the values around it.
func pastPlan(t testing.TB) *Plan {
	word := func(name string) Word { return Word{Name: name} }
	p := &Plan{Epoch: 1, Past: Past{Depth: 4, Words: []Word{word("time"), {Name: "value", Layout: fixed.Layout{Width: 8, Over: fixed.WrapU}}}},
		Roles: []Role{{Name: "plain"}, {Name: "teller", Silent: true}}, ByRole: [][]int32{{5, 9}}}
	p.Words[Synapse] = []Word{{Name: "w", Stored: true}, word("from"), word("to"), word("sum"), word("last"), word("before"), word("tails"), word("role")}
	served := func(name, prog string, walk Walk, state ...Ref) Step {
		return Step{Name: name, On: Arrive, At: Served, Over: Synapse, Roles: 1, Passes: 1, Walk: walk, From: synapse(1), To: synapse(2), State: state,
			Params: []Ref{{Entry, 0}, {Entry, 1}}, Prog: program(t, prog)}
	}
	clear := served("clear", "MOV s0 Z | MOV s1 Z | MOV s2 Z | MOV s3 Z | ADD s4 p2 p3", Whole, synapse(3), synapse(4), synapse(5), synapse(6), synapse(7))
	clear.Params = []Ref{{Entry, 0}, {Entry, 1}, {ByRole, 0}, {Delay, 0}}
	window := served("window", "SHL s0 s0 8 | ADD s0 s0 p1 | SHL s1 s1 8 | ADD s1 s1 p2", Window, synapse(3), synapse(6))
	window.Params = append(window.Params, Ref{Tail, 1})
	p.Steps = []Step{clear, window,
		served("last", "MOV s0 p0", Newest, synapse(4)), served("before", "MOV s0 p0", Before, synapse(5)),
		served("store", "ADDI s0 s0 #1 | STW", Whole, synapse(0)),
		{Name: "fire", On: Fire, At: Fired, Over: Post, Passes: 1, Append: true, State: []Ref{{Entry, 0}, {Entry, 1}}, Params: []Ref{{Entry, 1}}, Prog: program(t, "MOV s0 TCK | ADDI s1 p0 #1")},
		{Name: "tell", On: Arrive, At: Served, Over: Synapse, Roles: 2, Passes: 1, Append: true, State: []Ref{{Entry, 0}, {Entry, 1}}, Params: []Ref{synapse(0)}, Prog: program(t, "MOV s0 TCK | MOV s1 p0")}}
	return p
}

// pastNet has a plain source with two synapses and a teller of target 1.
func pastNet() *Net {
	return &Net{NPre: 2, NPost: 2, Pre: []int32{0, 0, 1}, Post: []int32{0, 1, 1}, Delay: []uint8{2, 3, 0}, Role: []uint8{0, 1}}
}

func (b *bench) window(from, to int32) (sum, last, before, tails int32) {
	for i := range 2 {
		b.s.Words[Synapse][1][i], b.s.Words[Synapse][2][i] = from, to
	}
	b.u.Serve(&b.s, &b.env, Event{Item: 0, Payload: 1})
	w := b.s.Words[Synapse]
	return w[3][0], w[4][0], w[5][0], w[6][0]
}

func TestPastOfATarget(t *testing.T) {
	b := newBench(t, pastPlan(t), pastNet(), 10, 20, 77)
	fire := func(tick int64) {
		b.env.Tick = tick
		b.tick(nil, []Event{{0, 1}})
	}
	is := func(from, to int32, want ...int32) {
		t.Helper()
		sum, last, before, tails := b.window(from, to)
		require.Equal(t, want, []int32{sum, last, before, tails})
	}
	is(0, 9, 0, 0, 0, 0) // the entry of zeros is in no walk
	fire(3)
	fire(5)
	is(0, 9, 0x0102, 5, 0, 0x0102)
	is(3, 4, 0, 3, 3, 0)       // an empty window; the last entry is the one before it
	is(0, 3, 0x01, 3, 0, 0x02) // the tail is as far from the end of the past
	is(4, 5, 0x02, 5, 3, 0x02) // bounds: after from, up to to
	require.Equal(t, []int32{3, 1}, b.s.Len)
	fire(6)
	fire(8) // drops the oldest but the zeros
	is(0, 9, 0x020304, 8, 0, 0x020304)
	is(5, 7, 0x03, 6, 5, 0x04)
	require.Equal(t, []int32{0, 5, 6, 8, 0, 0, 0, 0}, b.s.Past[0])
	require.Equal(t, []int32{5 + 2, 5 + 3}, b.s.Words[Synapse][7][:2], "by role, and delays")
	require.Equal(t, []int32{17, 27, 77}, b.s.Words[Synapse][0], "stored by every serving of source 0")
	require.Equal(t, []int32{0, 1}, b.u.Changed)

	b.env.Tick = 9
	b.u.Serve(&b.s, &b.env, Event{Item: 1, Payload: 1})
	require.Equal(t, []int32{4, 2}, b.s.Len)
	require.Equal(t, []int32{9, 77}, []int32{b.s.Past[0][5], b.s.Past[1][5]})
}

// Payloads that are numbers of spikes make an entry each.
func TestPastOfRepeatedSpikes(t *testing.T) {
	for repeated, want := range map[bool]int32{false: 2, true: 4} {
		b := newBench(t, pastPlan(t), pastNet(), 0, 0, 0)
		b.env.Repeated = repeated
		b.tick(nil, []Event{{0, 3}})
		require.Equal(t, want, b.s.Len[0])
	}
}

// The past is state: it is copied, reset, checked, and lanes give the same.
func TestPastIsState(t *testing.T) {
	p, n := pastPlan(t), pastNet()
	a, l := newBench(t, p, n, 1, 2, 3), newBench(t, p, n, 1, 2, 3)
	lanes := NewLanes(p, n, simd.Best())
	run := func(in, out []Event) {
		for _, e := range in {
			a.u.Serve(&a.s, &a.env, e)
			lanes.Serve(&l.s, &l.env, e)
		}
		a.tick(in, out)
		lanes.Run(&l.s, Delivered, &l.env, in, nil)
		lanes.Run(&l.s, Fired, &l.env, in, out)
		l.env.Tick++
		require.Empty(t, cmp.Diff(a.s, l.s))
		require.Equal(t, a.c, l.c)
	}
	for i := range int32(9) {
		run([]Event{{i % 2, 1}}, []Event{{0, 1}, {1, 1}}[:1+i%2])
	}
	c := a.s.Clone()
	require.Empty(t, cmp.Diff(a.s, c, cmpopts.EquateEmpty()))
	fresh := NewState(p, n, []int32{1, 2, 3})
	a.s.Reset(p, []int32{1, 2, 3})
	require.Empty(t, cmp.Diff(fresh, a.s))
	a.s.CopyFrom(&c)
	require.Empty(t, cmp.Diff(c, a.s, cmpopts.EquateEmpty()))
	require.NoError(t, c.Fits(p, n))
	for want, change := range map[string]func(s *State){
		"has 0 entries":             func(s *State) { s.Len[1] = 0 },
		"1 words of the past":       func(s *State) { s.Past = s.Past[:1] },
		"7 values of word 0":        func(s *State) { s.Past[0] = s.Past[0][:7] },
		"does not fit 8 bits, wrap": func(s *State) { s.Past[1][3] = 256 },
	} {
		s := c.Clone()
		change(&s)
		require.ErrorContains(t, s.Fits(p, n), want)
	}
}

func TestCheckRefusesPast(t *testing.T) {
	for want, change := range map[string]func(p *Plan, n *Net){
		"1 entries of the past":        func(p *Plan, _ *Net) { p.Past.Depth = 1 },
		"need both or none":            func(p *Plan, _ *Net) { p.Past.Words = nil },
		"9 roles":                      func(p *Plan, _ *Net) { p.Roles = make([]Role, 9) },
		"3 values by role":             func(p *Plan, _ *Net) { p.ByRole[0] = []int32{1, 2, 3} },
		"source 1 has role 2":          func(_ *Plan, n *Net) { n.Role[1] = 2 },
		"roles of 1 sources":           func(_ *Plan, n *Net) { n.Role = n.Role[:1] },
		"stored or has start values":   func(p *Plan, _ *Net) { p.Past.Words[1].Init = []int32{1} },
		"only a spike that comes in":   func(p *Plan, _ *Net) { p.Steps[0].On, p.Steps[0].Every = Tick, 1 },
		"need 1 pass":                  func(p *Plan, _ *Net) { p.Steps[0].Passes = 2 },
		"unknown walk":                 func(p *Plan, _ *Net) { p.Steps[0].Walk = 4 },
		"roles 0x4":                    func(p *Plan, _ *Net) { p.Steps[0].Roles = 4 },
		"a target has no role":         func(p *Plan, _ *Net) { p.Steps[5].Roles = 1 },
		"made once by a target":        func(p *Plan, _ *Net) { p.Steps[6].Passes, p.Steps[6].At = 2, Delivered },
		"s0 is word 0 of entry":        func(p *Plan, _ *Net) { p.Steps[6].Append = false },
		"bounds of the walk":           func(p *Plan, _ *Net) { p.Steps[1].From = synapse(99) },
		"tail without a walk":          func(p *Plan, _ *Net) { p.Steps[0].Params[2] = Ref{Tail, 0} },
		"word 1 of role, have 1":       func(p *Plan, _ *Net) { p.Steps[0].Params[2].Word = 1 },
		"delay in a walk over post":    func(p *Plan, _ *Net) { p.Steps[5].Params[0] = Ref{Delay, 0} },
		"word 2 of entry, have 2":      func(p *Plan, _ *Net) { p.Steps[5].Params[0] = Ref{Entry, 2} },
		"past of all targets, need at": func(_ *Plan, n *Net) { n.NPost = 1 << 20 },
	} {
		p, n := pastPlan(t), pastNet()
		change(p, n)
		require.ErrorContains(t, p.Check(n), want)
	}
}
