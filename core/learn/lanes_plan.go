package learn

import (
	"math"
	"slices"

	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/fixed"
)

// Rows of the block beside those of simd: no program of a rule uses the rows of
// a neuron's tick.
const (
	rowResult = simd.RowScratch + iota // draws and look-ups before they are stored
	rowMoment                          // pass that a view names
	rowGate                            // value of a gate, then lanes 0 or -1
)

// kind says what a call of a plan does.
type kind uint8

const (
	loop  kind = iota // a loop of simd
	load              // a value into row D
	gate              // EVT with the gates that the epoch opens
	draw              // RND into rowResult
	look              // LUT into rowResult
	odd               // arithmetic without a loop
	store             // STW
)

// call is one pass over the lanes of a block.
type call struct {
	kind   kind
	mask   bool
	view   uint8 // load
	ref    Ref   // load
	run    simd.Func
	step   simd.Step
	in     *isa.Instr
	layout fixed.Layout // odd: of the result
	words  []int        // store: places in State
}

// lanePlan is the program of a step as calls over lanes.
type lanePlan struct {
	ok     bool // false: the step runs item by item
	pay    bool // operands that are read
	mods   bool
	tick   bool
	every  [][2]int64 // gates that epochs open: bit, and Gate.Every
	same   []int      // parameters that are the same for all items of a pass
	state  int        // words of State that have rows
	back   []int      // places in State of words that are written back after a run
	direct bool       // at most one store of one watched word: changes come in order
	calls  []call
}

// lanePlanner follows which row holds each operand: what has not been written
// yet is zero, so nothing needs clearing before a run.
type lanePlanner struct {
	lanePlan
	unit    *Unit
	step    *Step
	loops   *simd.Table
	temp    [isa.NumT]int32
	flag    [3]int32
	written [isa.NumS]bool
	view    int
	loaded  [isa.NumP]int // view under which a row of a parameter was filled, -1 = stale
	watched int           // stores of watched words
}

func newLanePlanner(u *Unit, step *Step, loops *simd.Table) *lanePlanner {
	b := &lanePlanner{unit: u, step: step, loops: loops}
	b.ok = true
	for k := range b.temp {
		b.temp[k] = simd.RowZero
	}
	b.flag = [3]int32{simd.RowZero, simd.RowZero, simd.RowZero}
	b.state = step.Prog.NumS
	if twice(step.State) {
		// A word with two places: both are stored and written back, changed or
		// not, in the order of the list.
		b.state = len(step.State)
		for k := range b.state {
			b.written[k] = true
		}
	}
	for k := range b.loaded {
		b.loaded[k] = -1
	}
	for k, r := range step.Params {
		if k < step.Prog.NumP && r.Space >= Const {
			b.same, b.loaded[k] = append(b.same, k), 0
		}
	}
	return b
}

// newLanePlan plans a step. Not over lanes: a program that switches its view
// under a predicate, for then every item has a view of its own, and a phase
// that does not fit a lane.
func newLanePlan(u *Unit, step *Step, loops *simd.Table) lanePlan {
	if u.plan.Epoch > math.MaxInt32 || step.serial() {
		return lanePlan{}
	}
	b := newLanePlanner(u, step, loops)
	if slices.ContainsFunc(step.Prog.Instrs, func(i isa.Instr) bool { return i.A == isa.EVT || i.B == isa.EVT }) {
		b.gates()
	}
	for k := range step.Prog.Instrs {
		in := &step.Prog.Instrs[k]
		if in.Op == isa.SMP && in.Pred != isa.Always {
			return lanePlan{}
		}
		b.instr(in)
	}
	for k, r := range step.State[:b.state] {
		if b.written[k] && !u.plan.Words[r.Space][r.Word].Stored {
			b.back = append(b.back, k)
		}
	}
	b.direct = b.watched <= 1
	return b.lanePlan
}

func twice(list []Ref) bool {
	for k, r := range list {
		for _, s := range list[:k] {
			if r == s {
				return true
			}
		}
	}
	return false
}

// seen is the view under which a parameter is read: 0 where the view in hand
// changes nothing.
func (b *lanePlanner) seen(r Ref) int {
	if b.view == 0 || r.Space > Post || b.unit.kept[r.Space][r.Word].after == nil || b.step.Views[b.view-1] == r {
		return 0
	}
	return b.view
}

// row is the row that holds an operand that an instruction reads.
func (b *lanePlanner) row(o isa.Operand) int32 {
	switch {
	case o < isa.S0:
		return b.temp[o]
	case o < isa.P0:
		return int32(simd.RowState) + int32(o-isa.S0)
	case o < isa.IN0:
		k := int(o - isa.P0)
		if r := b.step.Params[k]; b.loaded[k] < 0 || r.Space <= Post && b.loaded[k] != b.seen(r) {
			b.loaded[k] = b.seen(r)
			b.load(r, b.loaded[k], int32(o))
		}
	}
	b.pay, b.tick = b.pay || o == isa.PAY, b.tick || o == isa.TCK
	b.mods = b.mods || o == isa.MOD || o >= isa.MD1 && o <= isa.MD3
	return int32(o)
}

func (b *lanePlanner) load(r Ref, view int, row int32) {
	b.calls = append(b.calls, call{kind: load, ref: r, view: uint8(view), step: simd.Step{D: row}})
}

// gates makes EVT, before anything can be stored. Values that are parameters
// too are read once.
func (b *lanePlanner) gates() {
	b.calls = append(b.calls, call{kind: gate})
	for n, g := range b.step.Gates {
		if g.Every > 0 {
			b.every = append(b.every, [2]int64{1 << n, g.Every})
			continue
		}
		value := int32(rowGate)
		if k := slices.Index(b.step.Params[:b.step.Prog.NumP], g.Ref); k >= 0 {
			value = b.row(isa.P0 + isa.Operand(k))
		} else {
			b.load(g.Ref, 0, value)
		}
		open := simd.Step{A: value, B: simd.RowZero, D: rowGate, Not: -1}
		b.calls = append(b.calls, call{run: b.loops.Flag[simd.Equal][simd.JoinAlone][0], step: open})
		bit := simd.Step{A: int32(isa.EVT), E: int32(isa.EVT), D: int32(isa.EVT), M: rowGate, Imm: 1 << n}
		b.calls = append(b.calls, call{run: b.loops.Value[simd.AddSet][simd.Low][1], step: bit})
	}
}

func (b *lanePlanner) instr(in *isa.Instr) {
	form := isa.Table[in.Op].Form
	c := call{in: in, mask: in.Pred != isa.Always}
	switch {
	case in.Op == isa.SMP:
		b.view = int(in.Sh)
		return
	case form == isa.FormSrc || form == isa.FormSrcK || form == isa.FormNone && in.Op != isa.STW:
		return // ACT, END, NOP; with a tap for PRB the step runs item by item
	case form != isa.FormCmp && form != isa.FormTest && in.D == isa.Z && in.Op != isa.RND && in.Op != isa.STW:
		return
	}
	c.step = simd.Step{A: b.row(in.A), B: b.row(in.B), M: simd.RowZero, Imm: in.Imm}
	if c.mask {
		c.step.M, c.step.Inv = b.flag[(in.Pred-1)/2], -int32((in.Pred+1)%2)
	}
	switch {
	case in.Op == isa.STW:
		b.store(c)
	case form == isa.FormCmp || form == isa.FormTest:
		b.compare(c)
	default:
		b.value(c)
	}
}

// store plans STW. Stored words are read anew by what reads them after it.
func (b *lanePlanner) store(c call) {
	c.kind = store
	for k, r := range b.step.State[:b.state] {
		if b.written[k] && b.unit.plan.Words[r.Space][r.Word].Stored {
			c.words = append(c.words, k)
			if b.unit.watches(r) {
				b.watched++
			}
		}
	}
	if len(c.words) == 0 {
		return
	}
	b.calls = append(b.calls, c)
	for k, r := range b.step.Params {
		if b.loaded[k] > 0 || r.Space == Synapse {
			b.loaded[k] = -1
		}
	}
}

// watches says that stores of a word are listed in Changed.
func (u *Unit) watches(r Ref) bool {
	return r.Space == Synapse && (r.Word == 0 || r.Word == u.plan.Live)
}

func (b *lanePlanner) compare(c call) {
	loop, join := c.step.SetCompare(c.in)
	c.step.C, c.step.E, c.step.D = b.flag[c.in.Src], b.flag[c.in.Flag], int32(simd.RowFlag)+int32(c.in.Flag)
	b.flag[c.in.Flag] = c.step.D
	c.run = b.loops.Flag[loop][join][index(c.mask)]
	b.calls = append(b.calls, c)
}

func index(x bool) int {
	if x {
		return 1
	}
	return 0
}

// value plans an instruction with a numeric result.
func (b *lanePlanner) value(c call) {
	if c.in.Op == isa.LDIH {
		c.step.A = b.row(c.in.D)
	}
	op, ok := c.step.SetValue(c.in)
	if c.in.Op == isa.RND || c.in.Op == isa.LUT {
		if c.kind = look; c.in.Op == isa.RND {
			c.kind = draw
		}
		b.calls = append(b.calls, c)
		if c.in.D == isa.Z {
			return
		}
		c.kind, c.step.A = loop, rowResult
		op, ok = simd.Mov, true
	}
	mode := b.target(&c)
	c.run = b.loops.Value[op][mode][index(c.mask)]
	if !ok {
		c.kind, c.run = odd, nil
	}
	b.calls = append(b.calls, c)
}

// target sets the row of the result, and the one that keeps lanes that the
// predicate does not select.
func (b *lanePlanner) target(c *call) simd.Mode {
	d := c.in.D
	c.step.D = int32(d)
	if d < isa.S0 {
		c.step.E, b.temp[d] = b.temp[d], c.step.D
		return simd.Low
	}
	w := d - isa.S0
	c.step.E, b.written[w] = c.step.D, true
	r := b.step.State[w]
	c.layout = b.unit.plan.Words[r.Space][r.Word].Layout
	return c.step.SetLayout(c.layout)
}
