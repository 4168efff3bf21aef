package event

import (
	"slices"

	"hillock/core/alu"
	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// Rows of a block beyond the operands: how many synapse writes a lane issued,
// and the field that LDF or STF has in hand.
const (
	rowWrites = simd.RowAcc
	rowField  = simd.RowAcc + 1
	rowNone   = simd.RowAcc + 2 // what nobody reads
)

// plan is a program as loops over items, found once, when a core is made.
type plan struct {
	prog   *Program
	state  []column // s0.., loaded before
	params []column
	fields []fieldRow // that LDF and STF name
	draws  []drawRow  // the streams that RND takes from
	calls  []loop
	wrote  []written // what a run can change in memories
	writes bool      // it has STW
	in0    bool      // it reads IN0
	pay    bool      // it reads PAY
	spikes bool
	taps   bool

	// Rows of the items in hand.
	before, after [isa.NumS][]int32
	par, spare    [isa.NumP][]int32 // of many items and of few
	fixed         [isa.NumP]bool    // no program writes the parameter
	turn          [isa.NumP]uint64  // ahead.turn when par was filled
	seen          []int32           // the items that par was filled for
	same          bool              // they are those of the run in hand
	dst           []int32           // their targets
	done          int               // of them: results are in State
	out, stores   []int32
}

// fieldRow is a field that a program loads or stores by name.
type fieldRow struct {
	col           column
	scratch, set  bool
	before, after []int32
}

// written is a value of items that a run can change.
type written struct {
	col           *column
	before, after []int32
}

// loop is one call of a lane loop.
type loop struct {
	run    simd.Func // nil: an operation without a loop
	step   simd.Step
	in     *isa.Instr
	layout fixed.Layout // of a state word that it writes
	mask   bool
	field  int // of LDF and STF, else -1
	draw   int // of RND, else -1
}

// drawRow is what a run takes from a stream for the items in hand.
type drawRow struct {
	stream int
	lanes  []uint64 // of the stream, behind the items so far
	next   []uint64 // of each item: its lane behind it
	took   []int32  // draws of each item
}

// planner follows which row holds each operand, like that of package core:
// what has not been written yet is somewhere else than what has.
type planner struct {
	spec  *Spec
	p     *plan
	table *simd.Table
	temp  [isa.NumT]int32
	state [isa.NumS]int32
	flag  [3]int32
	out   int32
	done  int32 // synapse writes
}

func newPlan(s *Spec, p *Program, table *simd.Table) *plan {
	pl := &plan{prog: p, out: make([]int32, blockLanes), stores: make([]int32, blockLanes), dst: make([]int32, 0, blockLanes)}
	b := &planner{spec: s, p: pl, table: table, out: simd.RowZero, done: simd.RowZero}
	for w := range b.state {
		b.state[w] = int32(simd.RowState + w)
	}
	for i := range b.temp {
		b.temp[i] = simd.RowZero
	}
	for i := range b.flag {
		b.flag[i] = simd.RowZero
	}
	for i := range p.State {
		pl.state = append(pl.state, s.column(&p.State[i]))
		pl.before[i], pl.after[i] = make([]int32, blockLanes), make([]int32, blockLanes)
	}
	for i := range p.Params {
		pl.params = append(pl.params, s.column(&p.Params[i]))
		pl.par[i], pl.spare[i] = make([]int32, blockLanes), make([]int32, few)
		pl.fixed[i] = s.fixed(&pl.params[i])
	}
	for k := range p.Prog.Instrs {
		b.instr(&p.Prog.Instrs[k])
	}
	b.finish()
	return pl
}

// few is the number of items up to which a run keeps no parameters.
const few = simd.Width

// settle compares the items of a run with those that parameters are held for.
func (p *plan) settle() {
	if len(p.dst) <= few {
		return
	}
	if p.same = slices.Equal(p.seen, p.dst); !p.same {
		p.seen = append(p.seen[:0], p.dst...)
		clear(p.turn[:])
	}
}

// fixed says that an operand is a field, in words that no source chooses, of
// which no program and no walk writes a bit.
func (s *Spec) fixed(col *column) bool {
	if col.kind < single || col.row > 0 {
		return false
	}
	fixed := true
	s.eachWalk(func(k *Walk) {
		fixed = fixed && !slices.Contains(k.Clear, col.mem)
	})
	for i := range s.Programs {
		u := &usage{spec: s}
		u.program(&s.Programs[i])
		for _, w := range u.wrote {
			fixed = fixed && !s.overlap(w, *col.op, true) && !s.overlap(w, *col.op, false)
		}
	}
	return fixed
}

// Changing are the numbers of the fields that items have in memories with one
// index and that some program or walk changes.
func (s *Spec) Changing() (out []int) {
	for i := range s.Fields {
		col := s.column(&Operand{From: Stored, Field: i})
		if col.kind >= single && col.row == 0 && !s.fixed(&col) {
			out = append(out, i)
		}
	}
	return out
}

// finish lists what a run can change.
func (b *planner) finish() {
	pl := b.p
	pl.spikes, pl.writes, pl.taps = b.out != simd.RowZero, b.done != simd.RowZero, pl.prog.Prog.Taps > 0
	for w := range pl.state {
		if b.state[w] != int32(simd.RowState+w) && b.spec.Fields[pl.state[w].op.Field].Memory >= 0 {
			pl.wrote = append(pl.wrote, written{&pl.state[w], pl.before[w], pl.after[w]})
		}
	}
	for k := range pl.fields {
		if f := &pl.fields[k]; f.set && !f.scratch {
			pl.wrote = append(pl.wrote, written{&f.col, f.before, f.after})
		}
	}
}

// row is the row that holds an operand now.
func (b *planner) row(o isa.Operand) int32 {
	switch {
	case o < isa.S0:
		return b.temp[o]
	case o < isa.P0:
		return b.state[o-isa.S0]
	case o < isa.IN0:
		return int32(o)
	case o == isa.IN0:
		b.p.in0 = true
		return int32(o)
	case o == isa.PAY:
		b.p.pay = true
		return int32(o)
	case o == isa.EVT:
		return int32(o)
	case o == isa.OUT:
		return b.out
	}
	return simd.RowZero
}

// instr plans one instruction.
func (b *planner) instr(in *isa.Instr) {
	c := loop{in: in, field: -1, draw: -1, mask: in.Pred != isa.Always, step: simd.Step{A: b.row(in.A), B: b.row(in.B), M: simd.RowZero, Imm: in.Imm}}
	if c.mask {
		c.step.M, c.step.Inv = b.flag[(in.Pred-1)/2], -int32((in.Pred+1)%2)
	}
	switch isa.Table[in.Op].Form {
	case isa.FormNone:
		if in.Op == isa.STW {
			b.add(&c, &b.done, rowWrites, isa.Z)
		}
		return
	case isa.FormSrc:
		b.add(&c, &b.out, int32(isa.OUT), in.A)
		return
	case isa.FormSrcK:
		return
	case isa.FormCmp, isa.FormTest:
		b.compare(&c)
		return
	case isa.FormStore:
		b.storeField(&c)
		return
	}
	b.value(&c)
}

// add plans an addition to a sum: 1 for Z, else operand a.
func (b *planner) add(c *loop, sum *int32, row int32, a isa.Operand) {
	op := simd.Add
	c.step.B, c.step.E, c.step.D = *sum, *sum, row
	if a == isa.Z {
		op, c.step.A, c.step.Imm = simd.AddSet, *sum, 1
	}
	*sum = row
	b.link(c, op, simd.Low)
}

func (b *planner) compare(c *loop) {
	loop, join := c.step.SetCompare(c.in)
	c.step.C, c.step.E, c.step.D = b.flag[c.in.Src], b.flag[c.in.Flag], int32(simd.RowFlag)+int32(c.in.Flag)
	b.flag[c.in.Flag] = c.step.D
	c.run = b.table.Flag[loop][join][masked(c)]
	b.p.calls = append(b.p.calls, *c)
}

// value plans an instruction with a result.
func (b *planner) value(c *loop) {
	in := c.in
	if in.Op == isa.RND {
		c.draw = b.stream(b.spec.Draws[in.Sh].Stream)
		if in.D >= isa.P0 {
			c.step.D, c.step.E = rowNone, rowNone
			b.p.calls = append(b.p.calls, *c)
		}
	}
	if in.D >= isa.P0 {
		return
	}
	if in.Op == isa.LDIH {
		c.step.A = b.row(in.D)
	}
	op, ok := simd.Mov, true
	if in.Op == isa.LDF {
		c.field, c.step.A = b.field(int(in.Imm)), rowField
	} else {
		op, ok = c.step.SetValue(in)
	}
	mode := simd.Low
	if in.D < isa.S0 {
		c.step.E, c.step.D = b.temp[in.D], int32(in.D)
		b.temp[in.D] = c.step.D
	} else {
		w := in.D - isa.S0
		c.step.E, c.step.D = b.state[w], int32(simd.RowScratch)+int32(w)
		b.state[w] = c.step.D
		c.layout = b.spec.Fields[b.p.prog.State[w].Field].Layout
		mode = c.step.SetLayout(c.layout)
	}
	if !ok {
		b.p.calls = append(b.p.calls, *c)
		return
	}
	b.link(c, op, mode)
}

// stream is the place of a stream in the plan's list.
func (b *planner) stream(n int) int {
	for k := range b.p.draws {
		if b.p.draws[k].stream == n {
			return k
		}
	}
	b.p.draws = append(b.p.draws, drawRow{stream: n, lanes: make([]uint64, len(b.spec.Streams[n].Seeds)), next: make([]uint64, blockLanes), took: make([]int32, blockLanes)})
	return len(b.p.draws) - 1
}

// storeField plans STF: a move into the field's row.
func (b *planner) storeField(c *loop) {
	c.field = b.field(int(c.in.Imm))
	b.p.fields[c.field].set = true
	c.step.D, c.step.E = rowField, rowField
	b.link(c, simd.Mov, c.step.SetLayout(b.spec.Fields[c.in.Imm].Layout))
}

// field is the place of a field in the plan's list.
func (b *planner) field(n int) int {
	for k := range b.p.fields {
		if b.p.fields[k].col.op.Field == n {
			return k
		}
	}
	f := fieldRow{col: b.spec.column(&Operand{From: Stored, Field: n}), scratch: b.spec.Fields[n].Memory < 0, before: make([]int32, blockLanes), after: make([]int32, blockLanes)}
	b.p.fields = append(b.p.fields, f)
	return len(b.p.fields) - 1
}

func (b *planner) link(c *loop, op simd.Op, mode simd.Mode) {
	c.run = b.table.Value[op][mode][masked(c)]
	b.p.calls = append(b.p.calls, *c)
}

func masked(c *loop) int {
	if c.mask {
		return 1
	}
	return 0
}

// slow runs an operation that has no loop.
func (c *loop) slow(b *simd.Block, tables [][]int32, n int) {
	s := &c.step
	x, y := b.Rows[s.A], b.Rows[s.B]
	for i := range n {
		switch {
		case !c.selects(b, i):
			b.Rows[s.D][i] = b.Rows[s.E][i]
		case c.in.Op == isa.LUT:
			c.set(b, i, int64(alu.LookUp(tables[c.in.Sh], int64(x[i]))))
		default:
			c.set(b, i, alu.Arith(c.in.Op, int64(x[i]), int64(y[i]), uint(c.in.Sh)))
		}
	}
}

// selects says that the predicate holds for a lane.
func (c *loop) selects(b *simd.Block, i int) bool {
	return !c.mask || b.Rows[c.step.M][i]^c.step.Inv != 0
}

// set stores a result in a lane.
func (c *loop) set(b *simd.Block, i int, v int64) {
	x := int32(v)
	if c.in.D >= isa.S0 && c.in.D < isa.P0 {
		x = c.layout.Apply(v)
	}
	b.Rows[c.step.D][i] = x
}

// begin takes note of where streams are before a run.
func (r *drawRow) begin(c *Core, items int) {
	copy(r.lanes, c.State.Streams[r.stream])
	clear(r.took[:items])
}

// drawRow takes random bits for the items of a run, in their order. The stream
// moves on when the items' results are written.
func (c *Core) drawRow(p *plan, l *loop, at place) {
	r, b := &p.draws[l.draw], &c.ahead.block
	d := &c.img.Spec.Draws[l.in.Sh]
	s := &c.img.Spec.Streams[d.Stream]
	right := -int(c.value(&d.Shift, at) & 31)
	for i, dst := range p.dst {
		if !l.selects(b, i) {
			b.Rows[l.step.D][i] = b.Rows[l.step.E][i]
			continue
		}
		k := uint64(dst) % uint64(len(r.lanes))
		v, next := s.take(r.lanes[k], d.Bits)
		if !d.Look {
			r.lanes[k] = next
		}
		r.next[i] = r.lanes[k]
		r.took[i]++
		x := int64(v)
		if d.Signed {
			x = int64(v<<(64-d.Bits)) >> (64 - d.Bits)
		}
		l.set(b, i, fixed.Shift(x, right))
	}
}

// commitDraws moves the streams on behind items.
func (c *Core) commitDraws(p *plan, lo, hi int) {
	for i := range p.draws {
		r := &p.draws[i]
		lanes := c.State.Streams[r.stream]
		for x := lo; x < hi; x++ {
			if n := r.took[x]; n > 0 {
				lanes[uint64(p.dst[x])%uint64(len(lanes))] = r.next[x]
				c.Counts[count.Draws] += int64(n)
			}
		}
	}
}
