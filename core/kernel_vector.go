package core

import (
	"hillock/core/alu"
	"hillock/isa"
	"hillock/isa/fixed"
)

// direct writes a temporary without the 64-bit detour, for operations whose
// low 32 bits do not need it. It says whether it did.
func direct(in *isa.Instr, d, a, b []int32) bool {
	d = d[:len(a)]
	b = b[:len(a)]
	switch in.Op {
	case isa.MOV:
		copy(d, a)
	case isa.ADD:
		for i := range a {
			d[i] = a[i] + b[i]<<in.Sh
		}
	case isa.SUB:
		for i := range a {
			d[i] = a[i] - b[i]<<in.Sh
		}
	case isa.ADDI:
		for i := range a {
			d[i] = a[i] + in.Imm
		}
	case isa.MIN:
		for i := range a {
			d[i] = min(a[i], b[i])
		}
	case isa.MAX:
		for i := range a {
			d[i] = max(a[i], b[i])
		}
	case isa.WRAP:
		s := 32 - in.Sh
		for i := range a {
			d[i] = a[i] << s >> s
		}
	case isa.MULZ:
		bias := int64(1)<<in.Sh - 1
		for i := range a {
			p := int64(a[i]) * int64(b[i])
			d[i] = int32((p + p>>63&bias) >> in.Sh)
		}
	default:
		return false
	}
	return true
}

// compute writes the 64-bit results of an arithmetic operation.
func compute(in *isa.Instr, r []int64, a, b []int32) {
	r = r[:len(a)]
	b = b[:len(a)]
	sh := uint(in.Sh)
	switch in.Op {
	case isa.LDI:
		for i := range r {
			r[i] = int64(in.Imm)
		}
	case isa.LDIH:
		for i := range r {
			r[i] = int64(int32(uint32(in.Imm)<<17 | uint32(a[i])&(1<<17-1)))
		}
	case isa.ADDI:
		for i := range r {
			r[i] = int64(a[i]) + int64(in.Imm)
		}
	case isa.MOV:
		for i := range r {
			r[i] = int64(a[i])
		}
	case isa.ADD:
		for i := range r {
			r[i] = int64(a[i]) + int64(b[i])<<sh
		}
	case isa.SUB:
		for i := range r {
			r[i] = int64(a[i]) - int64(b[i])<<sh
		}
	case isa.MULZ:
		bias := int64(1)<<sh - 1
		for i := range r {
			p := int64(a[i]) * int64(b[i])
			r[i] = (p + p>>63&bias) >> sh
		}
	case isa.MIN:
		for i := range r {
			r[i] = int64(min(a[i], b[i]))
		}
	case isa.MAX:
		for i := range r {
			r[i] = int64(max(a[i], b[i]))
		}
	default: // one meaning: the rarer operations share the oracle's
		for i := range r {
			r[i] = alu.Arith(in.Op, int64(a[i]), int64(b[i]), sh)
		}
	}
}

func storeTemp(d []int32, r []int64, m []uint8, want uint8) {
	r = r[:len(d)]
	if m == nil {
		for i := range d {
			d[i] = int32(r[i])
		}
		return
	}
	m = m[:len(d)]
	for i := range d {
		if m[i] == want {
			d[i] = int32(r[i])
		}
	}
}

func storeState(d []int32, r []int64, l fixed.Layout, m []uint8, want uint8) {
	r = r[:len(d)]
	if m != nil {
		m = m[:len(d)]
		for i := range d {
			if m[i] == want {
				d[i] = l.Apply(r[i])
			}
		}
		return
	}
	switch l.Over {
	case fixed.Wrap:
		s := 64 - uint(l.Width)
		for i := range d {
			d[i] = int32(r[i] << s >> s)
		}
	default:
		for i := range d {
			d[i] = l.Apply(r[i])
		}
	}
}

// compare writes a flag: first the bare comparison of all lanes, then its
// combination with the source flag, under the predicate.
func (v *vector) compare(in *isa.Instr, a, b []int32, m []uint8, want uint8) {
	d := v.flag[in.Flag][:v.n]
	if m == nil && in.Comb == isa.Set {
		compareRow(in.Op, d, a, b)
		return
	}
	compareRow(in.Op, v.cmp[:v.n], a, b)
	v.combine(in, m, want)
}

// test is compare for the bits of a mask.
func (v *vector) test(in *isa.Instr, a []int32, m []uint8, want uint8) {
	c := v.cmp[:v.n]
	for i := range c {
		c[i] = bit(a[i]&in.Imm != 0 == (in.Op == isa.TST))
	}
	v.combine(in, m, want)
}

// combine writes a flag from the bare comparison.
func (v *vector) combine(in *isa.Instr, m []uint8, want uint8) {
	d, f, c := v.flag[in.Flag][:v.n], v.flag[in.Src][:v.n], v.cmp[:v.n]
	for i := range d {
		if m != nil && m[i] != want {
			continue
		}
		switch in.Comb {
		case isa.Set:
			d[i] = c[i]
		case isa.And:
			d[i] = f[i] & c[i]
		case isa.AndN:
			d[i] = (f[i] ^ 1) & c[i]
		default:
			d[i] = f[i] | c[i]
		}
	}
}

func compareRow(op isa.Op, d []uint8, a, b []int32) {
	a, b = a[:len(d)], b[:len(d)]
	switch op {
	case isa.CLT:
		for i := range d {
			d[i] = bit(a[i] < b[i])
		}
	case isa.CLE:
		for i := range d {
			d[i] = bit(a[i] <= b[i])
		}
	case isa.CEQ:
		for i := range d {
			d[i] = bit(a[i] == b[i])
		}
	case isa.CNE:
		for i := range d {
			d[i] = bit(a[i] != b[i])
		}
	default:
		for i := range d {
			d[i] = bit(uint32(a[i]) < uint32(b[i]))
		}
	}
}

func bit(c bool) uint8 {
	if c {
		return 1
	}
	return 0
}
