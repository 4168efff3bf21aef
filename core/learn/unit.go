package learn

import (
	"hillock/core/alu"
	"hillock/isa"
	"hillock/isa/count"
)

// Env is what a running plan sees of its core.
type Env struct {
	Core, Rule int32
	Tick       int64
	Mods       *[isa.NumMOD]int32
	Neuron     func(comp, word int32) int32 // state word of a compartment
	Neurons    []Neurons                    // the same by rows, see Lanes
	Draw       Source
	Tap        func(tap int, item, value int32) // samples of PRB; nil = off
	Counts     *count.Counts
	Repeated   bool // payloads are numbers of spikes
}

// Unit runs a plan over one State: one item after the other, one instruction
// after the other, the definition of truth.
type Unit struct {
	// Changed are the synapses whose weight or presence was stored since Run
	// began, in the order of the stores.
	Changed []int32

	plan *Plan
	net  *Net
	off  []int32 // synapses of source i: off[i] .. off[i+1]
	kept [NumSpaces][]history
	pay  [2][]int32 // payloads of the tick: of sources, of targets
	cost [][isa.NumClasses]int64

	// The run in hand.
	st   *State
	env  *Env
	step *Step
	item int32
	pass int32
	view int
	evt  int64
	in   int64 // PAY
	once []int32
	have []bool // once[k] was drawn
	t    [isa.NumT]int32
	s    [isa.NumS]int32
	flag [3]bool

	entry, tail int32 // places in State.Past: of the entry in hand, and see Tail
	one         [1]Event
}

// history is what a word was after each pass of the moment in hand.
type history struct {
	n     int
	after [][]int32
}

// New makes a unit for a plan that Check found good.
func New(p *Plan, n *Net) *Unit {
	u := &Unit{plan: p, net: n, off: make([]int32, n.NPre+1), cost: make([][isa.NumClasses]int64, len(p.Steps))}
	for _, i := range n.Pre {
		u.off[i+1]++
	}
	for i := range n.NPre {
		u.off[i+1] += u.off[i]
	}
	u.pay = [2][]int32{make([]int32, n.NPre), make([]int32, n.NPost)}
	for s := range u.kept {
		u.kept[s] = make([]history, len(p.Words[s]))
	}
	for k := range p.Steps {
		step := &p.Steps[k]
		for _, i := range step.Prog.Instrs {
			u.cost[k][isa.Table[i.Op].Class]++
		}
		for _, r := range step.State {
			if !step.Keep {
				continue
			}
			if h := &u.kept[r.Space][r.Word]; len(h.after) < step.Passes {
				h.after = make([][]int32, step.Passes)
				for i := range h.after {
					h.after[i] = make([]int32, n.items(r.Space))
				}
			}
		}
		u.once = append(u.once, make([]int32, max(0, len(step.Draws)-len(u.once)))...)
	}
	u.have = make([]bool, len(u.once))
	return u
}

// Run makes all steps of a moment. Arrived and fired are the events of the
// tick, fired only at the moment Fired.
func (u *Unit) Run(s *State, at Moment, env *Env, arrived, fired []Event) {
	u.begin(s, env, arrived, fired)
	for k := range u.plan.Steps {
		if step := &u.plan.Steps[k]; step.At == at {
			u.walk(k, step, arrived, fired)
		}
	}
	u.end(arrived, fired)
}

func (u *Unit) begin(s *State, env *Env, arrived, fired []Event) {
	u.st, u.env, u.Changed = s, env, u.Changed[:0]
	u.fill(arrived, fired, 1)
}

func (u *Unit) end(arrived, fired []Event) {
	u.fill(arrived, fired, 0)
	for s := range u.kept {
		for w := range u.kept[s] {
			u.kept[s][w].n = 0
		}
	}
}

// fill notes the payloads of the tick, or clears them with keep 0.
func (u *Unit) fill(arrived, fired []Event, keep int32) {
	for k, list := range [...][]Event{arrived, fired} {
		for _, e := range list {
			u.pay[k][e.Item] = (u.pay[k][e.Item] + e.Payload) * keep
		}
	}
}

// due says whether a step of trigger Tick runs now.
func (s *Step) due(tick int64) bool {
	return tick >= s.Offset && (tick-s.Offset)%s.Every == 0
}

func (u *Unit) walk(k int, step *Step, arrived, fired []Event) {
	u.step = step
	clear(u.have)
	runs := int64(0)
	for u.pass = 1; u.pass <= int32(step.Passes); u.pass++ {
		switch {
		case step.On == Tick && !step.due(u.env.Tick):
			return
		case step.On == Tick:
			for i := range int32(u.net.items(step.Over)) {
				runs += u.visit(i, u.arrivedAt(i))
			}
		case step.On == Fire:
			for _, e := range fired {
				runs += u.spikes(e)
			}
		default:
			runs += u.arrivals(arrived)
		}
		if step.Keep {
			u.keep()
		}
	}
	for c, n := range u.cost[k] {
		u.env.Counts[int(count.InstrX)+c] += n * runs
	}
}

// arrivals runs the step for every source that a spike came in at, or for the
// synapses of that source.
func (u *Unit) arrivals(arrived []Event) int64 {
	runs := int64(0)
	for _, e := range arrived {
		if u.step.Over == Pre {
			runs += u.visit(e.Item, e.Payload)
			continue
		}
		for i := u.off[e.Item]; i < u.off[e.Item+1]; i++ {
			runs += u.visit(i, e.Payload)
		}
	}
	return runs
}

// visit runs the step for an item of its roles, and says how often.
func (u *Unit) visit(item, payload int32) int64 {
	switch {
	case u.step.Roles != 0 && !u.takes(u.step.Over, item):
		return 0
	case u.step.Walk != Whole:
		return u.walkPast(item, payload)
	}
	u.newest(item)
	u.run(item, payload)
	if u.step.Append {
		u.push(u.at(Post))
	}
	return 1
}

// newest makes the last entry of an item's target the one in hand.
func (u *Unit) newest(item int32) {
	if u.plan.Past.Depth > 0 && u.step.Over != Pre {
		u.item = item
		target := u.at(Post)
		u.entry = target*int32(u.plan.Past.Depth) + u.st.Len[target] - 1
	}
}

// spikes runs the step for a target that fired: where payloads count spikes,
// an entry of the past is made for each.
func (u *Unit) spikes(e Event) int64 {
	n := int64(1)
	if u.step.Append && u.env.Repeated {
		n = int64(max(e.Payload, 1))
	}
	for range n {
		u.visit(e.Item, e.Payload)
	}
	return n
}

// arrivedAt is the payload that came in at an item's source in this tick; for
// a target what it put out.
func (u *Unit) arrivedAt(i int32) int32 {
	switch u.step.Over {
	case Synapse:
		return u.pay[0][u.net.Pre[i]]
	case Pre:
		return u.pay[0][i]
	}
	return u.pay[1][i]
}

// keep notes what the words of the step are after the pass in hand.
func (u *Unit) keep() {
	for _, r := range u.step.State {
		h := &u.kept[r.Space][r.Word]
		copy(h.after[u.pass-1], u.st.Words[r.Space][r.Word])
		h.n = int(u.pass)
	}
}

// at is the index of the item in hand in a space.
func (u *Unit) at(s Space) int32 {
	switch {
	case s == u.step.Over || u.step.Over != Synapse:
		return u.item
	case s == Pre:
		return u.net.Pre[u.item]
	}
	return u.net.Post[u.item]
}

// value reads what a Ref names, under the view in hand.
func (u *Unit) value(r Ref) int64 {
	switch r.Space {
	case Const:
		return int64(r.Word)
	case Phase:
		return u.env.Tick%u.plan.Epoch + 1
	case Pass:
		return int64(u.pass)
	case Neuron:
		return int64(u.env.Neuron(u.at(Post), r.Word))
	case Entry, Tail, ByRole, Delay:
		return u.beyond(r)
	}
	i := u.at(r.Space)
	if h := &u.kept[r.Space][r.Word]; u.view > 0 && h.n > 0 {
		if v := u.step.Views[u.view-1]; v != r {
			if n := u.now(v); n >= 1 && n <= int64(h.n) {
				return int64(h.after[n-1][i])
			}
		}
	}
	return int64(u.st.Words[r.Space][r.Word][i])
}

// now is value without a view.
func (u *Unit) now(r Ref) int64 {
	view := u.view
	u.view = 0
	v := u.value(r)
	u.view = view
	return v
}

// open says whether a gate of every so many epochs is open.
func (u *Unit) open(every int64) bool {
	return (u.env.Tick/u.plan.Epoch+u.plan.First)%every == 0
}

// gates is EVT of the item in hand.
func (u *Unit) gates() int64 {
	bits := int64(0)
	for n, g := range u.step.Gates {
		open := false
		if g.Every > 0 {
			open = u.open(g.Every)
		} else {
			open = u.value(g.Ref) != 0
		}
		if open {
			bits |= 1 << n
		}
	}
	return bits
}

// run is one run of the program for one item.
func (u *Unit) run(item, payload int32) {
	u.item, u.in, u.view = item, int64(payload), 0
	u.t, u.s, u.flag = [isa.NumT]int32{}, [isa.NumS]int32{}, [3]bool{}
	for k, r := range u.step.State {
		if r.Space != Entry {
			u.s[k] = u.st.Words[r.Space][r.Word][item]
		}
	}
	u.evt = u.gates()
	for k := range u.step.Prog.Instrs {
		u.exec(&u.step.Prog.Instrs[k])
	}
	for k, r := range u.step.State {
		if r.Space != Entry && !u.plan.Words[r.Space][r.Word].Stored {
			u.st.Words[r.Space][r.Word][item] = u.s[k]
		}
	}
}

// store is STW: every memory word that changed is written and counted.
func (u *Unit) store() {
	for k, r := range u.step.State {
		if r.Space == Entry {
			continue
		}
		to := &u.st.Words[r.Space][r.Word][u.item]
		if !u.plan.Words[r.Space][r.Word].Stored || *to == u.s[k] {
			continue
		}
		*to = u.s[k]
		u.env.Counts[count.LearnUpdates]++
		if r.Space == Synapse && (r.Word == 0 || r.Word == u.plan.Live) {
			u.Changed = append(u.Changed, u.item)
		}
	}
}

// draw is RND: a new number for every item, or one for the whole step.
func (u *Unit) draw(k int) int32 {
	d := u.step.Draws[k]
	if !d.Each && u.have[k] {
		return u.once[k]
	}
	q := Query{Core: u.env.Core, Rule: u.env.Rule, Stream: d.Stream, Bits: d.Bits, Tick: u.env.Tick, Item: -1}
	if d.Each {
		q.Item, q.Pass = u.item, u.pass
	}
	u.env.Counts[count.Draws]++
	v := u.env.Draw(q)
	u.once[k], u.have[k] = v, true
	return v
}

func (u *Unit) read(x isa.Operand) int64 {
	switch {
	case x < isa.S0:
		return int64(u.t[x])
	case x < isa.P0:
		return int64(u.s[x-isa.S0])
	case x < isa.IN0:
		return u.value(u.step.Params[x-isa.P0])
	case x == isa.PAY:
		return u.in
	case x == isa.EVT:
		return u.evt
	case x == isa.MOD:
		return int64(u.env.Mods[0])
	case x >= isa.MD1 && x <= isa.MD3:
		return int64(u.env.Mods[1+x-isa.MD1])
	case x == isa.TCK:
		return int64(int32(u.env.Tick))
	}
	return 0
}

func (u *Unit) write(d isa.Operand, v int64) {
	switch {
	case d < isa.S0:
		u.t[d] = int32(v)
	case d < isa.P0:
		r := u.step.State[d-isa.S0]
		u.s[d-isa.S0] = u.plan.word(r).Layout.Apply(v)
	}
}

func (u *Unit) exec(in *isa.Instr) {
	if in.Pred != isa.Always && u.flag[(in.Pred-1)/2] != (in.Pred%2 == 1) {
		return
	}
	switch in.Op {
	case isa.END, isa.NOP, isa.ACT:
	case isa.SMP:
		u.view = int(in.Sh)
	case isa.STW:
		u.store()
	case isa.PRB:
		if u.env.Tap != nil {
			u.env.Tap(int(in.Sh), u.item, int32(u.read(in.A)))
		}
	case isa.RND:
		u.write(in.D, int64(u.draw(int(in.Sh))))
	case isa.CLT, isa.CLE, isa.CEQ, isa.CNE, isa.CLTU:
		u.flag[in.Flag] = alu.Combine(in.Comb, u.flag[in.Src], alu.Compare(in.Op, u.read(in.A), u.read(in.B)))
	case isa.TST, isa.TSZ:
		has := u.read(in.A)&int64(in.Imm) != 0
		u.flag[in.Flag] = alu.Combine(in.Comb, u.flag[in.Src], has == (in.Op == isa.TST))
	case isa.LUT:
		u.write(in.D, int64(alu.LookUp(u.step.Tables[in.Sh], u.read(in.A))))
	case isa.LDI:
		u.write(in.D, int64(in.Imm))
	case isa.LDIH:
		u.write(in.D, alu.High(in.Imm, u.read(in.D)))
	case isa.ADDI:
		u.write(in.D, u.read(in.A)+int64(in.Imm))
	default:
		u.write(in.D, alu.Arith(in.Op, u.read(in.A), u.read(in.B), uint(in.Sh)))
	}
}
