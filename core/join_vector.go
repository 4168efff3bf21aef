package core

import (
	"hillock/core/simd"
	"hillock/isa"
)

// joined plans the next two instructions as one loop where there is one, the
// first only makes a temporary for the second, and nothing reads that later.
func (b *planner) joined(list []isa.Instr) (call, bool) {
	if len(list) < 2 {
		return call{}, false
	}
	first, second := &list[0], &list[1]
	if first.Pred != isa.Always || second.Pred != isa.Always || first.D >= isa.S0 || !takes(second, first.D) {
		return call{}, false
	}
	if second.D != first.D && !dead(list[2:], first.D) || second.D >= isa.P0 {
		return call{}, false
	}
	other := second.A
	if second.A == first.D {
		other = second.B
	}
	fused := *first
	fused.D = second.D
	switch {
	case first.Op == isa.MULZ && second.Op == isa.ADD && second.Sh == 0:
		return b.three(&fused, simd.MulZeroAdd, other), true
	case first.Op == isa.MIN && second.Op == isa.MAX:
		return b.three(&fused, simd.Between, other), true
	case second.Op == isa.WRAP && second.D < isa.S0 && wraps(first.Op):
		c, _ := b.instr(&fused)
		c.mode, c.step.Wrap = simd.Wrap, 32-int32(second.Sh)
		b.link(&c, c.op)
		return c, true
	}
	return call{}, false
}

// three is a loop with a third operand.
func (b *planner) three(in *isa.Instr, op simd.Op, third isa.Operand) call {
	row := b.row(third)
	c, _ := b.instr(in)
	c.step.C = row
	b.link(&c, op)
	return c
}

// takes says that an instruction reads a temporary once, and as a number.
func takes(in *isa.Instr, t isa.Operand) bool {
	return (in.Op == isa.ADD || in.Op == isa.MAX || in.Op == isa.WRAP) && (in.A == t) != (in.B == t)
}

// wraps are operations whose loops can end in a wrap.
func wraps(op isa.Op) bool {
	switch op {
	case isa.ADD, isa.SUB, isa.ADDI, isa.MUL, isa.MULZ, isa.MULH:
		return true
	}
	return false
}

// dead says that no instruction reads a temporary before it is written anew. A
// write under a predicate keeps lanes, and so does LDIH bits: both read it.
func dead(list []isa.Instr, t isa.Operand) bool {
	for k := range list {
		in := &list[k]
		switch {
		case in.A == t || in.B == t:
			return false
		case in.D == t:
			return in.Pred == isa.Always && in.Op != isa.LDIH
		}
	}
	return true
}
