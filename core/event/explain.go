package event

import (
	"fmt"

	"hillock/isa"
)

// Reading is a named number.
type Reading struct {
	Name  string
	Value int64
}

// InstrTrace is what one instruction of a run did.
type InstrTrace struct {
	Word   int // of the program, from 0
	Instr  isa.Instr
	Ran    bool   // its predicate held
	A, B   int64  // operands before it
	Field  string // of LDF and STF
	Result int64  // what it computed, at full width; valid if Ran
	Value  int64  // of its destination, flag, output or field afterwards, also if it did not run
}

// Run is one execution of a program for an item.
type Run struct {
	Event         Hand
	Program       int
	Learns        bool // it is the learning of the walk
	Walk          string
	Src, Dst      int64
	Kept          bool // its results are not thrown away
	Before, After []Reading
	Params        []Reading // named by what they stand for
	In0, Pay, Evt int32
	Steps         []InstrTrace
	Out           int64 // what it put out
}

// Hand is an event that a core works on.
type Hand struct {
	Row  string // of the description
	From string // the port, "queue", or a slot of the wheel
	Word uint64
}

// Explanation is what a core did at an edge.
type Explanation struct {
	Edge  int64
	Runs  []Run // in order
	Notes []Note
	// Ran[k] is how many of Runs had been done before Notes[k].
	Ran     []int
	Working bool // an event is in hand behind the edge
	Event   Hand // it
	Walk    string
	Dst     int64 // target that is next
	Next    int64 // edge at which anything happens again, Never if nothing does
}

// Explain does what a core does at an edge, on a copy of its state, and tells
// it, item by item. Deliver, if it is not nil, brings the events of that edge.
func Explain(img *Image, before *State, edge int64, deliver func(c *Core)) (*Explanation, error) {
	if err := before.Fits(img); err != nil {
		return nil, err
	}
	c, err := New(img)
	if err != nil {
		return nil, err
	}
	c.State = before.Clone()
	if deliver != nil {
		deliver(c)
	}
	x := &Explanation{Edge: edge}
	c.Watch = func(n Note) { x.Notes, x.Ran = append(x.Notes, n), append(x.Ran, len(x.Runs)) }
	c.told = func(r Run) { x.Runs = append(x.Runs, r) }
	c.Edge(edge)
	x.Next = c.Next(edge + 1)
	if w := &c.State.Walk; w.Running {
		x.Working, x.Event = true, c.hand()
		if !w.Pushing && !w.Popping {
			x.Walk, x.Dst = c.walks(w.Level)[w.At[w.Level].Walk].Name, w.At[w.Level].Dst
		}
	}
	return x, nil
}

// hand is the event in hand.
func (c *Core) hand() Hand {
	w := &c.State.Walk
	h := Hand{Row: c.row().Name, From: "queue", Word: w.Word}
	switch {
	case w.Slot > 0:
		h.From = fmt.Sprintf("slot %d of the wheel", w.Slot-1)
	case !w.Head:
		h.From = "port " + c.img.Spec.Control.Ports[w.Port].Name
	}
	return h
}

// tell is run with a witness: its operands are loaded.
func (c *Core) tell(prog int, at place, keep bool) Run {
	p, l := &c.img.Spec.Programs[prog], &c.lane
	w := &c.State.Walk
	k := &c.walks(w.Level)[w.At[w.Level].Walk]
	r := Run{Event: c.hand(), Program: prog, Walk: k.Name, Learns: k.Learn != nil && k.Learn.Program == prog, Src: at.src, Dst: at.dst, Kept: keep,
		Before: c.readings(p, at), In0: l.in[0], Pay: l.in[1], Evt: l.evt}
	for i := range p.Params {
		r.Params = append(r.Params, Reading{c.img.Spec.nameOf(&p.Params[i]), int64(l.p[i])})
	}
	for n := range p.Prog.Instrs {
		r.Steps = append(r.Steps, c.witness(p, n, at, keep))
	}
	return r
}

// witness runs one instruction and says what it did.
func (c *Core) witness(p *Program, n int, at place, keep bool) InstrTrace {
	in, l := &p.Prog.Instrs[n], &c.lane
	t := InstrTrace{Word: n, Instr: *in, Ran: l.holds(in.Pred), A: l.read(in.A), B: l.read(in.B)}
	field := Operand{From: Stored, Field: int(in.Imm)}
	form := isa.Table[in.Op].Form
	if form == isa.FormLoad || form == isa.FormStore {
		t.Field = c.img.Spec.Fields[field.Field].Name
	}
	if form == isa.FormLoad {
		t.A = c.value(&field, at)
	}
	if t.Ran {
		c.step(p, in, at, keep)
	}
	switch form {
	case isa.FormCmp, isa.FormTest:
		if l.flag[in.Flag] {
			t.Value = 1
		}
		t.Result = t.Value
	case isa.FormSrc:
		t.Result, t.Value = l.out, l.out
	case isa.FormStore:
		t.Result, t.Value = t.A, c.value(&field, at)
	default:
		t.Result, t.Value = l.wide, l.read(in.D)
	}
	return t
}

// readings are the fields of an item that a program names.
func (c *Core) readings(p *Program, at place) (out []Reading) {
	seen := map[string]bool{} // looked up only
	note := func(o *Operand) {
		name := c.img.Spec.nameOf(o)
		if c.img.Spec.Fields[o.Field].Memory >= 0 && !seen[name] {
			seen[name] = true
			out = append(out, Reading{name, c.value(o, at)})
		}
	}
	for i := range p.State {
		note(&p.State[i])
	}
	for _, in := range p.Prog.Instrs {
		if in.Op == isa.LDF || in.Op == isa.STF {
			note(&Operand{From: Stored, Field: int(in.Imm)})
		}
	}
	return out
}

// nameOf is what an operand is called.
func (s *Spec) nameOf(o *Operand) (name string) {
	switch o.From {
	case Stored:
		if name = s.Fields[o.Field].Name; o.BySrc && s.Fields[o.Field].Memory >= 0 && s.Memories[s.Fields[o.Field].Memory].Row == 0 {
			name += "@src"
		}
	case Word:
		name = fmt.Sprintf("event[%d,%d]", o.Bit, o.Width)
	case Src:
		name = "src"
	case Dst:
		name = "dst"
	case Fired:
		name = "fired"
	default:
		name = "constant"
	}
	if o.Right > 0 {
		name = fmt.Sprintf("%s>>%d", name, o.Right)
	}
	return name
}

// OperandName is what an operand of microcode stands for in a program.
func (s *Spec) OperandName(prog int, o isa.Operand) string {
	p := &s.Programs[prog]
	switch {
	case o >= isa.S0 && o < isa.P0 && int(o-isa.S0) < len(p.State):
		return s.nameOf(&p.State[o-isa.S0])
	case o >= isa.P0 && o < isa.IN0 && int(o-isa.P0) < len(p.Params):
		return s.nameOf(&p.Params[o-isa.P0])
	}
	return o.String()
}
