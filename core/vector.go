package core

import (
	"encoding/binary"
	"math/bits"

	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/count"
)

// vector runs one instruction over a block of compartments, then the next.
// Lanes are independent, so this equals the oracle for every program.
type vector struct {
	block simd.Block
	loops *simd.Table
	plans []plan
	// generic switches the specialised loops off, for tests.
	generic bool
	tick    bool              // a program reads the tick
	mods    bool              // a program reads a modulator
	res     [simd.Lanes]int64 // results of operations without a loop
	draw    [simd.Lanes]int32 // draws taken by each lane this tick
	c       *Core
	grp     *Group
	base    int    // first compartment of the block in hand
	n       int    // lanes of the block in hand
	oracle  oracle // runs groups whose draws are in order
}

// call is one loop of a plan.
type call struct {
	run  simd.Func // nil: an operation without a loop, see slow
	tail simd.Func // the same for a number of lanes that run does not take
	step simd.Step
	in   *isa.Instr
	op   simd.Op
	mode simd.Mode
	mask bool
}

func newVector(img *Image, loops *simd.Table) *vector {
	v := &vector{loops: loops}
	for k := range v.block.Rows {
		v.block.Rows[k] = make([]int32, simd.Lanes)
	}
	v.plans = make([]plan, len(img.Groups))
	for g := range img.Groups {
		v.plans[g] = newPlan(img, &img.Groups[g], v.loops)
		for _, i := range img.Groups[g].Prog.Instrs {
			for _, o := range [...]isa.Operand{i.A, i.B} {
				v.tick = v.tick || o == isa.TCK
				v.mods = v.mods || o == isa.MOD || o >= isa.MD1 && o <= isa.MD3
			}
		}
	}
	return v
}

func (v *vector) run(c *Core) (changed bool) {
	v.c = c
	v.spread(c)
	v.block.Over, v.block.Active = 0, 0
	before := c.Counts[count.UpdatesActive]
	for g := range c.Image.Groups {
		if v.grp = &c.Image.Groups[g]; v.plans[g].serial {
			v.oracle.group(c, g)
			continue
		}
		v.group(g, &v.plans[g])
	}
	c.Counts[count.Overflowed] += v.block.Over
	c.Counts[count.UpdatesActive] += v.block.Active
	return c.Counts[count.UpdatesActive] > before
}

// spread copies what is the same for all compartments over the lanes.
func (v *vector) spread(c *Core) {
	if v.tick {
		fill(v.block.Rows[isa.TCK], int32(c.State.Tick))
	}
	if v.mods {
		fill(v.block.Rows[isa.MOD], c.State.Mods[0])
		for k, m := range c.State.Mods[1:] {
			fill(v.block.Rows[int(isa.MD1)+k], m)
		}
	}
}

func fill(row []int32, x int32) {
	for i := range row {
		row[i] = x
	}
}

// group runs a group block by block; the last lanes, fewer than a vector loop
// takes, are a block of their own.
func (v *vector) group(g int, p *plan) {
	special, shared, most := !v.generic && v.c.Tap == nil && p.special.holds(v.c.State.Params[g]), false, simd.Lanes
	if special && p.special.shares(v.c.State.Params[g], p.uniform) {
		shared, most = true, simd.Wide
	}
	for lo := 0; lo < v.grp.N; lo += v.n {
		v.n = min(most, v.grp.N-lo)
		if r := v.c.relays; r != nil {
			v.n = min(v.n, int(r.stop[v.grp.Base+lo])-v.grp.Base-lo)
		}
		whole := v.loops.Vector && v.n >= simd.Width
		if whole {
			v.n -= v.n % simd.Width
		}
		v.base = v.grp.Base + lo
		v.bind(g, lo, p)
		if v.c.relays != nil {
			copy(v.block.Rows[simd.RowOut][:v.n], v.c.relays.out[v.base:])
		}
		if special {
			p.special.run(&v.block, v.loops, shared, whole, v.n)
			v.emit(nil)
			continue
		}
		v.load(p, whole)
		v.calls(p.first, whole)
		for range v.grp.Substeps - 1 {
			v.calls(p.rest, whole)
		}
		v.calls(p.last, whole)
		switch {
		case v.c.relays != nil:
			v.relay()
		case p.spikes:
			v.emit(v.block.Rows[isa.OUT])
		}
	}
}

// bind points the rows of the block at lanes lo.. of the group.
func (v *vector) bind(g, lo int, p *plan) {
	s := &v.c.State
	for w, word := range s.Words[g] {
		v.block.Rows[simd.RowState+w] = word[lo : lo+v.n]
	}
	for k, row := range s.Params[g] {
		if u := p.uniform[k]; u != nil && len(row) == 1 {
			v.block.Rows[simd.RowParam+k] = u[:min(v.n, len(u))]
			continue
		}
		v.block.Rows[simd.RowParam+k] = row[lo : lo+v.n]
	}
	for k := range s.Acc {
		v.block.Rows[simd.RowAcc+k] = s.Acc[k][v.c.slot*v.c.Image.N+v.base:][:v.n]
	}
	if p.draws {
		clear(v.draw[:v.n])
		if v.c.drawn != nil {
			copy(v.draw[:v.n], v.c.drawn[v.base:])
		}
	}
}

// load reads the inputs; formats without a loop are read like the oracle does.
func (v *vector) load(p *plan, whole bool) {
	for k := range p.load {
		l := &p.load[k]
		if l.run != nil {
			v.call(l, whole)
			continue
		}
		in, seen, before := v.block.Rows[l.step.D], v.block.Rows[l.step.M], v.block.Rows[l.step.E]
		for i := range v.n {
			in[i] = v.c.input(k, v.base+i)
			seen[i] = before[i] | in[i]
		}
	}
}

func (v *vector) calls(calls []call, whole bool) {
	for k := range calls {
		if calls[k].run == nil {
			v.slow(&calls[k])
			continue
		}
		v.call(&calls[k], whole)
	}
}

func (v *vector) call(l *call, whole bool) {
	if whole || !v.loops.Vector {
		l.run(&v.block, &l.step, v.n)
		return
	}
	l.tail(&v.block, &l.step, v.n)
}

// emit lists the compartments that put something out; nil = each a 1.
func (v *vector) emit(out []int32) {
	spikes := v.c.Spikes
	for at := 0; at < v.n; at += 64 {
		m := binary.LittleEndian.Uint64(v.block.Fired[at/8:])
		if left := v.n - at; left < 64 {
			m &= 1<<left - 1
		}
		for ; m != 0; m &= m - 1 {
			spikes = append(spikes, Spike{Comp: int32(v.base + at + bits.TrailingZeros64(m)), Payload: 1})
		}
	}
	if out != nil {
		for k := len(v.c.Spikes); k < len(spikes); k++ {
			spikes[k].Payload = out[int(spikes[k].Comp)-v.base]
		}
	}
	v.c.Spikes = spikes
}
