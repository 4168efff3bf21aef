package core

import (
	"math"

	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/fixed"
)

// plan is the program of a group as calls of loops: found once, when a core is
// made, so that a tick decides nothing per instruction.
type plan struct {
	load    []call // per port
	first   []call // the first sub-step
	rest    []call // every further one
	last    []call // state words are written back, activity is found
	uniform [][]int32
	draws   bool
	spikes  bool
	special *special // nil: none fits
	serial  bool     // draws of a generator have an order: the oracle runs the group
}

// planner follows which row holds each operand. What has not been written yet
// is somewhere else than what has: temporaries, flags and the output are zeros,
// state words are the old ones. So nothing needs clearing or copying before a
// program starts: an instruction under a predicate takes the lanes that it does
// not write from the row that held the operand before.
type planner struct {
	grp     *Group
	loops   *simd.Table
	temp    [isa.NumT]int32
	state   [isa.NumS]int32
	flag    [3]int32
	in      [isa.NumIN]int32
	out     int32
	written [isa.NumS]bool
}

func newPlan(img *Image, grp *Group, loops *simd.Table) plan {
	p := plan{draws: grp.Prog.Draws > 0, uniform: make([][]int32, len(grp.Params)), special: findSpecial(img, grp)}
	p.serial = p.draws && img.Generator != Numbered
	for k, vals := range grp.Params {
		if len(vals) == 1 && grp.N != 1 {
			most := simd.Lanes
			if p.special != nil && k == p.special.own {
				most = simd.Wide
			}
			p.uniform[k] = make([]int32, min(most, grp.N))
			fill(p.uniform[k], vals[0])
		}
	}
	b := &planner{grp: grp, loops: loops, out: simd.RowZero}
	for w := range b.state {
		b.state[w] = int32(simd.RowState + w)
	}
	if len(img.Relays) > 0 {
		b.out, p.special = simd.RowOut, nil
	}
	before := int32(simd.RowZero)
	for k := range img.Ports {
		p.load = append(p.load, b.port(&img.Ports[k], k, before))
		b.in[k] = int32(simd.RowInput + k)
		before = simd.RowSeen
	}
	p.first = b.program()
	b.in = [isa.NumIN]int32{simd.RowZero, simd.RowZero, simd.RowZero, simd.RowZero}
	if grp.Substeps > 1 {
		p.rest = b.program()
	}
	for w, written := range b.written {
		if written {
			c := call{run: loops.Commit, tail: simd.Twins().Commit}
			c.step = simd.Step{D: int32(simd.RowState + w), A: b.state[w], E: simd.RowSeen, M: simd.RowSeen}
			p.last = append(p.last, c)
		}
	}
	p.spikes = b.out != simd.RowZero
	p.last = append(p.last, call{run: loops.Finish, tail: simd.Twins().Finish, step: simd.Step{A: simd.RowSeen, B: b.out}})
	return p
}

// port is the loop that reads an input, or none where the format has none.
func (b *planner) port(port *Port, k int, before int32) call {
	c := call{step: simd.Step{A: int32(simd.RowAcc + k), D: int32(simd.RowInput + k), E: before, M: simd.RowSeen}}
	l := port.Acc
	if port.When == AtEvent || l.Over == fixed.None {
		l = fixed.Layout{Width: 32, Over: fixed.Wrap}
	}
	mode := c.step.SetLayout(l)
	c.step.Sh, c.step.Left = int32(port.ReadShift), int32(port.ReadShift)+c.step.Wrap
	switch {
	case mode == simd.Wrap:
		c.run, c.tail = b.loops.LoadWrap, simd.Twins().LoadWrap
	case mode == simd.Clamp && port.ReadShift == 0:
		c.run, c.tail = b.loops.LoadClip, simd.Twins().LoadClip
	}
	return c
}

// program plans one sub-step.
func (b *planner) program() []call {
	for k := range b.temp {
		b.temp[k] = simd.RowZero
	}
	for k := range b.flag {
		b.flag[k] = simd.RowZero
	}
	var out []call
	list := b.grp.Prog.Instrs
	for k := 0; k < len(list); k++ {
		if c, ok := b.joined(list[k:]); ok {
			out = append(out, c)
			k++
			continue
		}
		if c, ok := b.instr(&list[k]); ok {
			out = append(out, c)
		}
	}
	return out
}

// row is the row that holds an operand now.
func (b *planner) row(o isa.Operand) int32 {
	switch {
	case o < isa.S0:
		return b.temp[o]
	case o < isa.P0:
		return b.state[o-isa.S0]
	case o >= isa.IN0 && o < isa.IN0+isa.NumIN:
		return b.in[o-isa.IN0]
	case o == isa.OUT:
		return b.out
	}
	return int32(o)
}

// instr plans one instruction; false = it does nothing that an engine sees.
func (b *planner) instr(in *isa.Instr) (call, bool) {
	c := call{in: in, mask: in.Pred != isa.Always, step: simd.Step{A: b.row(in.A), B: b.row(in.B), M: simd.RowZero, Imm: in.Imm}}
	if c.mask {
		c.step.M, c.step.Inv = b.flag[(in.Pred-1)/2], -int32((in.Pred+1)%2)
	}
	switch isa.Table[in.Op].Form {
	case isa.FormNone:
		return c, false
	case isa.FormSrcK:
		return c, true
	case isa.FormSrc:
		return c, in.Op == isa.ACT || b.spike(&c)
	case isa.FormCmp, isa.FormTest:
		b.compare(&c)
		return c, true
	}
	if in.Op == isa.LDIH {
		c.step.A = b.row(in.D)
	}
	op, ok := c.step.SetValue(in)
	switch {
	case in.D < isa.S0:
		c.step.E, c.step.D = b.temp[in.D], int32(in.D)
		b.temp[in.D] = c.step.D
	case in.D < isa.P0:
		w := in.D - isa.S0
		c.step.E, c.step.D = b.state[w], int32(simd.RowScratch)+int32(w)
		b.state[w], b.written[w] = c.step.D, true
		c.mode = c.step.SetLayout(b.grp.State[w])
	case in.Op != isa.RND:
		return c, false
	default:
		c.step.D = -1
	}
	if ok {
		b.link(&c, op)
	}
	return c, true
}

// link gives a call its loop.
func (b *planner) link(c *call, op simd.Op) {
	m := 0
	if c.mask {
		m = 1
	}
	c.op = op
	c.run, c.tail = b.loops.Value[op][c.mode][m], simd.Twins().Value[op][c.mode][m]
}

// spike is an addition to what has been put out, clipped to the cap. A cap of
// more than 32 bits has no loop.
func (b *planner) spike(c *call) bool {
	c.step.E, c.step.D = b.out, int32(isa.OUT)
	op := simd.Add
	c.step.B = b.out
	if c.in.A == isa.Z {
		op, c.step.A, c.step.Imm = simd.AddSet, b.out, 1
	}
	b.out = c.step.D
	switch {
	case b.grp.Cap > math.MaxInt32:
		return true
	case b.grp.Cap > 0:
		c.mode, c.step.Lo, c.step.Hi = simd.Clamp, int32(-b.grp.Cap), int32(b.grp.Cap)
	}
	b.link(c, op)
	return true
}

func (b *planner) compare(c *call) {
	loop, join := c.step.SetCompare(c.in)
	c.step.C, c.step.E, c.step.D = b.flag[c.in.Src], b.flag[c.in.Flag], int32(simd.RowFlag)+int32(c.in.Flag)
	b.flag[c.in.Flag] = c.step.D
	m := 0
	if c.mask {
		m = 1
	}
	c.run, c.tail = b.loops.Flag[loop][join][m], simd.Twins().Flag[loop][join][m]
}
