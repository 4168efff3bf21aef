package event

import (
	"slices"

	"hillock/core/simd"
	"hillock/isa"
)

// ahead computes what walks will do before their edges come: a block of items
// at once, one instruction after the other over all of them. Nothing of it is in
// State until an item's edge: then its results are written, which is all that
// is left to do for an item that puts nothing out. So State is at every edge
// what it is when items are computed one by one. That needs items that do not
// see what others of their walk write, see Spec.apart; other walks are run item
// by item.
type ahead struct {
	sweeps map[*Walk]*sweep
	loops  *simd.Table
	block  simd.Block
	walk   *Walk // whose sweep was looked up last
	found  *sweep

	// The block in hand.
	sweep    *sweep // nil = none
	src      int64
	word     uint64
	first, n int64
	done     int64   // target of the first item whose results are not in State
	stops    []int32 // targets that need more than their results written, ascending
	passed   int     // of them: those before the item in hand
	keep     [blockLanes]bool
	learns   bool   // the walk learns
	turn     uint64 // of what only a host can change

	all       []int32 // targets of the block
	in0, pay  []int32
	evt, gate []int32
	zero      []int32
}

// sweep is a walk whose items are computed in blocks.
type sweep struct {
	plans    []*plan // that its items choose from
	programs []int
	pick     []uint8 // by model: which of plans
	model    *column
	learn    *plan
	in0, pay *inputs
	reach    []column // all that items read and write
	hints    []hint   // per emission
	block    int64    // items of a block at most
}

// inputs is how a weight of a walk is read for many items.
type inputs struct {
	weight *Weight
	value  column
	gates  []column
	neg    column
	shift  column
}

// hint is what is known of an emission before an item's edge.
type hint struct {
	fixed []Term // the same for all items of a source
	index []Term // of the item's number
}

// NewVector is New with the engine that computes walks ahead in lanes.
func NewVector(img *Image, loops *simd.Table) (*Core, error) {
	c, err := New(img)
	if err != nil {
		return nil, err
	}
	a := &ahead{sweeps: map[*Walk]*sweep{}, loops: loops, turn: 1}
	for k := range a.block.Rows {
		a.block.Rows[k] = make([]int32, blockLanes)
	}
	for _, row := range [...]*[]int32{&a.all, &a.in0, &a.pay, &a.evt, &a.gate, &a.zero} {
		*row = make([]int32, blockLanes)
	}
	plans := make([]*plan, len(img.Spec.Programs))
	alone := img.Spec.remembers()
	img.Spec.eachWalk(func(k *Walk) {
		if !alone && img.Spec.apart(k) {
			a.sweeps[k] = a.prepare(&img.Spec, k, plans)
		}
	})
	if len(a.sweeps) > 0 {
		c.ahead = a
	}
	return c, nil
}

// prepare finds once what a walk's blocks need.
func (a *ahead) prepare(s *Spec, k *Walk, plans []*plan) *sweep {
	w := &sweep{block: blockLanes}
	of := func(p int) *plan {
		if plans[p] == nil {
			plans[p] = newPlan(s, &s.Programs[p], a.loops)
		}
		return plans[p]
	}
	for _, p := range k.Programs {
		at := 0
		for at < len(w.programs) && w.programs[at] != p {
			at++
		}
		if at == len(w.programs) {
			w.plans, w.programs = append(w.plans, of(p)), append(w.programs, p)
		}
		w.pick = append(w.pick, uint8(at))
	}
	if k.Model != nil {
		col := s.column(k.Model)
		w.model, w.reach = &col, append(w.reach, col)
	}
	if k.Learn != nil {
		w.learn = of(k.Learn.Program)
		w.block -= blockLanes % int64(k.Learn.Granule)
		w.reach = append(w.reach, s.column(&Operand{From: Stored, Field: s.fieldOf(k.Learn.Memory)}))
	}
	if n := s.drawn(k); n > 0 {
		w.block = min(w.block, n)
	}
	w.block -= w.block % int64(max(k.Group, 1))
	w.in0, w.pay = s.inputs(k.In0), s.inputs(k.Pay)
	w.reaches()
	for i := range k.Emit {
		w.hints = append(w.hints, s.hint(k.Emit[i].When))
	}
	return w
}

// reaches lists the columns that must exist for all items of a block.
func (w *sweep) reaches() {
	for _, x := range [...]*inputs{w.in0, w.pay} {
		if x != nil {
			w.reach = append(append(w.reach, x.value, x.neg, x.shift), x.gates...)
		}
	}
	for _, p := range append(w.plans[:len(w.plans):len(w.plans)], w.learn) {
		if p == nil {
			continue
		}
		w.reach = append(append(w.reach, p.state...), p.params...)
		for i := range p.fields {
			w.reach = append(w.reach, p.fields[i].col)
		}
	}
}

func (s *Spec) inputs(w *Weight) *inputs {
	if w == nil {
		return nil
	}
	in := &inputs{weight: w, value: s.column(&w.Value), neg: s.column(&w.Neg), shift: s.column(&w.Shift)}
	for i := range w.Gate {
		in.gates = append(in.gates, s.column(&w.Gate[i]))
	}
	return in
}

// hint sorts the terms of a condition by when they can be told.
func (s *Spec) hint(when []Term) (h hint) {
	for _, t := range when {
		switch l, r := s.steady(&t.L), s.steady(&t.R); {
		case l && r:
			h.fixed = append(h.fixed, t)
		case (l || t.L.From == Dst) && (r || t.R.From == Dst):
			h.index = append(h.index, t)
		}
	}
	return h
}

// steady says that an operand is the same for all items of a source, whatever
// the walk's programs write: they write no registers.
func (s *Spec) steady(o *Operand) bool {
	if o.From != Stored {
		return o.From != Dst && o.From != Fired
	}
	f := &s.Fields[o.Field]
	return f.Memory >= 0 && s.Memories[f.Memory].Row == 0 && s.Memories[f.Memory].Words*s.Memories[f.Memory].Lanes == 1
}

// eachWalk visits all walks and sub-walks of the rows.
func (s *Spec) eachWalk(visit func(*Walk)) {
	lists := [][]Row{s.Control.Input, s.Control.Head}
	if s.Control.Wheel != nil {
		lists = append(lists, s.Control.Wheel.Head)
	}
	for _, rows := range lists {
		for r := range rows {
			for w := range rows[r].Walks {
				k := &rows[r].Walks[w]
				visit(k)
				for i := range k.Sub {
					visit(&k.Sub[i])
				}
			}
		}
	}
}

// sweepOf is the sweep of a walk, nil if its items are run one by one.
func (a *ahead) sweepOf(k *Walk) *sweep {
	if a.walk != k {
		a.walk, a.found = k, a.sweeps[k]
	}
	return a.found
}

// covers says that the item in hand of a walk is in the block in hand; if
// it is not and can be, it computes a block that begins with it.
func (c *Core) covers(k *Walk, cur *Cursor) bool {
	a := c.ahead
	s := a.sweepOf(k)
	if s == nil {
		return false
	}
	if c.serial() {
		a.sweep = nil
		return false
	}
	w := &c.State.Walk
	if a.sweep == s && a.src == cur.Src && a.word == w.Word && a.done == cur.Dst && cur.Dst < a.first+a.n {
		return true
	}
	a.sweep = nil
	at := place{src: cur.Src, word: w.Word}
	a.learns = k.Learn != nil && c.holds(k.Learn.When, at)
	if k.Learn != nil && len(w.Old) > 0 && (!a.learns || cur.Dst%int64(k.Learn.Granule) != 0) {
		return false // in a granule that has been learnt
	}
	n := min(cur.LastDst-cur.Dst+1, s.block)
	if g := int64(s.learnt(k)); cur.Dst+n <= cur.LastDst {
		if n -= (cur.Dst + n) % g; n < 1 || n%int64(max(k.Group, 1)) != 0 {
			return false // a block ends with a granule and with a group
		}
	}
	for i := range s.reach {
		if col := &s.reach[i]; !col.within(&c.img.Spec.Memories[col.mem], cur.Src, cur.Dst, cur.Dst+n-1) {
			return false
		}
	}
	if c.Tap != nil && s.taps() {
		return false
	}
	a.sweep, a.src, a.word, a.first, a.done, a.n = s, cur.Src, w.Word, cur.Dst, cur.Dst, n
	c.compute(k, at, cur.LastDst)
	return true
}

// learnt is the granule of a walk, 1 if it does not learn.
func (s *sweep) learnt(k *Walk) int {
	if k.Learn == nil {
		return 1
	}
	return k.Learn.Granule
}

func (s *sweep) taps() bool {
	for _, p := range s.plans {
		if p.taps {
			return true
		}
	}
	return s.learn != nil && s.learn.taps
}

// compute fills the block in hand.
func (c *Core) compute(k *Walk, at place, last int64) {
	a := c.ahead
	s := a.sweep
	a.all = a.all[:a.n]
	for i := range a.all {
		a.all[i] = int32(a.first) + int32(i)
	}
	if a.learns {
		s.learn.dst = append(s.learn.dst[:0], a.all...)
		a.run(c, s.learn, at)
	}
	c.sort(k, at)
	fill(a.evt[:a.n], int32(k.Event))
	for _, p := range s.plans {
		if len(p.dst) == 0 {
			continue
		}
		if p.in0 {
			c.inputRow(s.in0, a.in0, p.dst, at)
		}
		if p.pay {
			c.inputRow(s.pay, a.pay, p.dst, at)
		}
		a.run(c, p, at)
	}
	c.findStops(k, at, last)
}

// sort gives every item to the plan that its model names.
func (c *Core) sort(k *Walk, at place) {
	a := c.ahead
	s := a.sweep
	for _, p := range s.plans {
		p.dst, p.done = p.dst[:0], 0
	}
	if s.learn != nil {
		s.learn.done = 0
	}
	if s.model == nil || len(s.plans) == 1 {
		s.plans[0].dst = append(s.plans[0].dst, a.all...)
	} else {
		c.read(s.model, a.gate, a.all, at)
		for i, d := range a.all {
			m := min(max(int(a.gate[i]), 0), len(s.pick)-1)
			p := s.plans[s.pick[m]]
			p.dst = append(p.dst, d)
		}
	}
	for i := range a.keep[:a.n] {
		at.dst = a.first + int64(i)
		a.keep[i] = len(k.Keep) == 0 || c.holds(k.Keep, at)
	}
}

// inputRow reads a weight of a walk for items.
func (c *Core) inputRow(in *inputs, row, dst []int32, at place) {
	if in == nil {
		clear(row[:len(dst)])
		return
	}
	c.read(&in.value, row, dst, at)
	row = row[:len(dst)]
	if len(in.gates) > 0 {
		c.gateRow(in, row, dst, at)
	}
	if sh := c.value(in.shift.op, at) & 31; sh > 0 {
		for i := range row {
			row[i] <<= sh
		}
	}
	if c.value(in.neg.op, at) != 0 {
		for i := range row {
			row[i] = -row[i]
		}
	}
}

// gateRow sets to 0 what no gate lets through. A gate that is the same for all
// opens for all.
func (c *Core) gateRow(in *inputs, row, dst []int32, at place) {
	for i := range in.gates {
		if in.gates[i].kind == same && c.value(in.gates[i].op, at) != 0 {
			return
		}
	}
	gate, sum := c.ahead.gate[:len(dst)], c.ahead.zero[:len(dst)]
	clear(sum)
	for i := range in.gates {
		if in.gates[i].kind != same {
			c.read(&in.gates[i], gate, dst, at)
			for k := range sum {
				sum[k] |= gate[k]
			}
		}
	}
	for k := range row {
		if sum[k] == 0 {
			row[k] = 0
		}
	}
}

// run executes a plan for its items.
func (a *ahead) run(c *Core, p *plan, at place) {
	rows := &a.block.Rows
	p.settle()
	for i := range p.state {
		c.read(&p.state[i], p.before[i], p.dst, at)
		rows[simd.RowState+i], rows[simd.RowScratch+i] = p.before[i], p.after[i]
	}
	for i := range p.params {
		c.param(p, i, at)
	}
	for i := range p.fields {
		f := &p.fields[i]
		if f.scratch {
			clear(f.before)
		} else {
			c.read(&f.col, f.before, p.dst, at)
		}
		copy(f.after, f.before)
	}
	for i := range p.draws {
		p.draws[i].begin(c, len(p.dst))
	}
	rows[isa.IN0], rows[isa.PAY], rows[isa.EVT], rows[isa.OUT], rows[rowWrites] = a.in0, a.pay, a.evt, p.out, p.stores
	n := (len(p.dst) + simd.Width - 1) &^ (simd.Width - 1)
	for i := range p.calls {
		l := &p.calls[i]
		if l.field >= 0 {
			rows[rowField] = p.fields[l.field].after
		}
		if l.draw >= 0 {
			c.drawRow(p, l, at)
			continue
		}
		if l.run == nil {
			l.slow(&a.block, c.img.Spec.Tables, n)
			continue
		}
		l.run(&a.block, &l.step, n)
	}
}

// param fills the row of a parameter, unless it holds what it should: what no
// program writes is read again when other items are meant or a host was here.
func (c *Core) param(p *plan, i int, at place) {
	a := c.ahead
	row := p.par[i]
	if len(p.dst) <= few { // leave the row to those walks that are worth it
		row = p.spare[i]
	} else if p.fixed[i] {
		if p.turn[i] == a.turn && p.same {
			a.block.Rows[simd.RowParam+i] = row
			return
		}
		p.turn[i] = a.turn
	}
	c.read(&p.params[i], row, p.dst, at)
	a.block.Rows[simd.RowParam+i] = row
}

// findStops lists the items that need more than their results written: those
// that put something out, and those at which an emission may send.
func (c *Core) findStops(k *Walk, at place, last int64) {
	a := c.ahead
	a.stops, a.passed = a.stops[:0], 0
	lists := 0
	for _, p := range a.sweep.plans {
		if !p.spikes {
			continue
		}
		for i, n := range p.out[:len(p.dst)] {
			if n != 0 {
				a.stops = append(a.stops, p.dst[i])
			}
		}
		lists++
	}
	for i := range k.Emit {
		e, h := &k.Emit[i], &a.sweep.hints[i]
		if e.On == OnSpike || !c.holds(h.fixed, at) {
			continue
		}
		lists++
		d := a.first
		if e.On == OnLast {
			d = max(last, d)
		}
		for ; d < a.first+a.n; d++ {
			if at.dst = d; c.holds(h.index, at) {
				a.stops = append(a.stops, int32(d))
			}
		}
	}
	if lists > 1 {
		slices.Sort(a.stops)
	}
}

// nextStop is the first target from d on that is a stop; d does not go back
// within a block.
func (a *ahead) nextStop(d int64) int64 {
	for ; a.passed < len(a.stops); a.passed++ {
		if s := int64(a.stops[a.passed]); s >= d {
			return s
		}
	}
	return a.first + a.n
}
