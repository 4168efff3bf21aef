// Package alu is the meaning of the arithmetic of the instruction set, written
// out by hand once: neuron programs and learning rules compute with it.
package alu

import (
	"hillock/isa"
	"hillock/isa/fixed"
)

// LookUp is the entry of a table, the first below its range, the last above.
func LookUp(table []int32, at int64) int32 {
	return table[min(max(at, 0), int64(len(table)-1))]
}

// Compare is what a comparison finds before it is combined with a flag.
func Compare(op isa.Op, a, b int64) bool {
	switch op {
	case isa.CLT:
		return a < b
	case isa.CLE:
		return a <= b
	case isa.CEQ:
		return a == b
	case isa.CNE:
		return a != b
	}
	return uint32(a) < uint32(b)
}

// Combine is the new value of a flag: c, joined with the source flag f.
func Combine(k isa.Comb, f, c bool) bool {
	switch k {
	case isa.And:
		return f && c
	case isa.AndN:
		return !f && c
	case isa.Or:
		return f || c
	}
	return c
}

// Arith is the 64-bit result of the arithmetic operations.
func Arith(op isa.Op, a, b int64, sh uint) int64 {
	switch op {
	case isa.MOV:
		return a
	case isa.ADD:
		return a + b<<sh
	case isa.SUB:
		return a - b<<sh
	case isa.MUL:
		return fixed.ShiftFloor(a*b, sh)
	case isa.MULZ:
		return fixed.ShiftZero(a*b, sh)
	case isa.MULH:
		return fixed.ShiftHalfAway(a*b, sh)
	case isa.MULHSU:
		return a * int64(uint32(b)) >> 32
	case isa.SHR, isa.SHRZ, isa.SHRH, isa.SHL:
		return shift(op, a, int64(sh)+b)
	case isa.DIV:
		return divide(a, b, sh)
	case isa.AND:
		return a & b
	case isa.OR:
		return a | b
	case isa.XOR:
		return a ^ b
	case isa.MIN:
		return min(a, b)
	case isa.MAX:
		return max(a, b)
	case isa.ABS:
		return max(a, -a)
	case isa.SGN:
		if a == 0 {
			return 0
		}
		return a>>63 | 1
	case isa.SAT:
		return int64(fixed.Layout{Width: uint8(sh), Over: fixed.Sat}.Apply(a))
	case isa.SATU:
		return int64(fixed.Layout{Width: uint8(sh), Over: fixed.SatU}.Apply(a))
	case isa.WRAP:
		return int64(fixed.Layout{Width: uint8(sh), Over: fixed.Wrap}.Apply(a))
	}
	return 0
}

// shift moves by a count that may come from a register: counts below 0 move
// the other way, and the count is held to 0..32 first, which loses nothing
// of a 32-bit operand for right shifts and bounds left shifts.
func shift(op isa.Op, a, n int64) int64 {
	n = min(max(n, -32), 32)
	if op == isa.SHL {
		n = -n
	}
	switch {
	case n < 0:
		return a << uint(-n)
	case op == isa.SHRZ:
		return fixed.ShiftZero(a, uint(n))
	case op == isa.SHRH:
		return fixed.ShiftHalfAway(a, uint(n))
	}
	return fixed.ShiftFloor(a, uint(n))
}

// divide is the division of the table: 0 for a negative dividend, the
// largest number for a divisor that is not positive.
func divide(a, b int64, sh uint) int64 {
	switch {
	case a < 0:
		return 0
	case b <= 0:
		return 1<<31 - 1
	}
	return a << sh / b
}

// High replaces bits 31..17 of a register that holds low.
func High(imm int32, low int64) int64 {
	return int64(int32(uint32(imm)<<17 | uint32(low&(1<<17-1))))
}
