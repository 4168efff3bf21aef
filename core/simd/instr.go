package simd

import (
	"hillock/isa"
	"hillock/isa/fixed"
)

// values are the loops of the operations that need nothing else.
var values = [isa.NumOps]Op{
	isa.MOV: Mov, isa.ADD: Add, isa.SUB: Sub, isa.MUL: Mul, isa.MULZ: MulZero, isa.MULH: MulHalf,
	isa.MULHSU: MulHigh, isa.SHR: Shr, isa.SHRZ: ShrZero, isa.SHRH: ShrHalf, isa.SHL: AddShift,
	isa.AND: And, isa.OR: Or, isa.XOR: Xor, isa.MIN: Min, isa.MAX: Max, isa.ABS: Abs, isa.SGN: Sign,
	isa.SAT: Clip, isa.SATU: Clip, isa.WRAP: Narrow, isa.ADDI: AddSet, isa.LDI: Set, isa.LDIH: High,
}

// SetValue chooses the loop of an arithmetic instruction and sets what it needs
// beside rows; rows A and B must be there. False = none: look-ups, draws, words
// of other compartments, divisions, and shifts whose count comes from a
// register.
func (s *Step) SetValue(in *isa.Instr) (Op, bool) {
	op := values[in.Op]
	s.SetShift(int32(in.Sh), in.Op == isa.MULH)
	switch in.Op {
	case isa.LUT, isa.RND, isa.RDX, isa.DIV:
		return op, false
	case isa.SHR, isa.SHRZ, isa.SHRH, isa.SHL:
		if s.B != RowZero {
			return op, false
		}
		switch {
		case in.Op == isa.SHL:
			s.A, s.B = RowZero, s.A
		case in.Op == isa.SHRH && in.Sh == 0:
			return Mov, true
		}
	case isa.ADD:
		if in.Sh > 0 {
			return AddShift, true
		}
	case isa.SUB:
		if in.Sh > 0 {
			return SubShift, true
		}
	case isa.SAT:
		s.ClipLo, s.ClipHi = Range(fixed.Layout{Width: in.Sh, Over: fixed.Sat})
	case isa.SATU:
		s.ClipLo, s.ClipHi = Range(fixed.Layout{Width: in.Sh, Over: fixed.SatU})
	case isa.WRAP:
		s.Narrow = 32 - int32(in.Sh)
	case isa.LDIH:
		s.Imm = int32(uint32(in.Imm) << 17)
	}
	return op, true
}

// comparisons are the loops of the comparisons. Those with swap take their
// operands the other way round, those with not the opposite result.
var comparisons = [isa.NumOps]struct {
	loop      Compare
	swap, not bool
}{
	isa.CLT:  {Less, false, false},
	isa.CLE:  {Less, true, true},
	isa.CEQ:  {Equal, false, false},
	isa.CNE:  {Equal, false, true},
	isa.CLTU: {Below, false, false},
	isa.TST:  {Clear, false, true},
	isa.TSZ:  {Clear, false, false},
}

// SetCompare chooses the loop of a comparison and sets what it needs beside
// rows C, D and E; rows A and B must be there.
func (s *Step) SetCompare(in *isa.Instr) (Compare, Join) {
	k := comparisons[in.Op]
	if k.swap {
		s.A, s.B = s.B, s.A
	}
	if k.not {
		s.Not = -1
	}
	return k.loop, Join(in.Comb) // both in the order of the table: alone, and, and not, or
}
