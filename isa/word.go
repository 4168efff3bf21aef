package isa

import "fmt"

// Word layout: op[31:26] pred[25:23] d[22:17] a[16:11] b[10:5] sh[4:0].
// Operand fields that an operation does not use hold Z; comparisons keep
// flag[1:0], comb[3:2] and the source flag[5:4] in d; i11, masks and field
// numbers are [10:0], i17 is [16:0], u15 is [14:0].

// Encode returns the instruction word, or an error for a field out of range.
func (i Instr) Encode() (uint32, error) {
	if i.Op >= NumOps || i.Pred > IfNotH || i.Sh > 31 || i.D > Z || i.A > MD3 || i.B > MD3 {
		return 0, fmt.Errorf("isa: field out of range in %+v", i)
	}
	w := uint32(i.Op)<<26 | uint32(i.Pred)<<23
	d, a, b, sh := uint32(i.D), uint32(i.A), uint32(i.B), uint32(i.Sh)
	const z = uint32(Z)
	switch Table[i.Op].Form {
	case FormNone:
		return w | z<<17 | z<<11 | z<<5, nil
	case FormD1:
		return w | d<<17 | a<<11 | z<<5, nil
	case FormD2, FormD1S:
		return w | d<<17 | a<<11 | b<<5 | sh, nil
	case FormD3:
		return w | d<<17 | a<<11 | b<<5, nil
	case FormWidth, FormTable:
		return w | d<<17 | a<<11 | z<<5 | sh, nil
	case FormCmp:
		f, err := i.flags()
		return w | f<<17 | a<<11 | b<<5, err
	case FormTest:
		f, err := i.flags()
		if err == nil && (i.Imm < 1 || i.Imm > 2047) {
			err = fmt.Errorf("isa: %s mask %d, need 1..2047", Table[i.Op].Name, i.Imm)
		}
		return w | f<<17 | a<<11 | uint32(i.Imm)&2047, err
	case FormSrc:
		return w | z<<17 | a<<11 | z<<5, nil
	case FormSrcK:
		return w | z<<17 | a<<11 | z<<5 | sh, nil
	case FormDraw:
		return w | d<<17 | z<<11 | z<<5 | sh, nil
	case FormSkip:
		return w | z<<17 | z<<11 | z<<5 | sh, nil
	}
	return i.encodeImm(w | d<<17)
}

// flags is the d field of a comparison. What is not combined has no source.
func (i Instr) flags() (uint32, error) {
	if i.Flag > FlagH || i.Comb > Or || i.Src > FlagH || i.Comb == Set && i.Src != FlagF {
		return 0, fmt.Errorf("isa: flag %d, combination %d or its source %d out of range", i.Flag, i.Comb, i.Src)
	}
	return uint32(i.Flag) | uint32(i.Comb)<<2 | uint32(i.Src)<<4, nil
}

func (i Instr) encodeImm(w uint32) (uint32, error) {
	lo, hi, mask := int32(-1024), int32(1023), uint32(1<<11-1)
	switch Table[i.Op].Form {
	case FormImm11:
		w |= uint32(i.A) << 11
	case FormImm17:
		lo, hi, mask = -65536, 65535, 1<<17-1
	case FormImm15:
		lo, hi, mask = 0, 32767, 1<<15-1
	case FormLoad:
		w |= uint32(Z) << 11
		lo, hi = 0, 2047
	case FormStore:
		w = w&^(63<<17) | uint32(Z)<<17 | uint32(i.A)<<11
		lo, hi = 0, 2047
	}
	if i.Imm < lo || i.Imm > hi {
		return 0, fmt.Errorf("isa: %s immediate %d, need %d..%d", Table[i.Op].Name, i.Imm, lo, hi)
	}
	return w | uint32(i.Imm)&mask, nil
}

// Decode is the inverse of Encode: it refuses unknown operations, reserved
// predicates and operands, and any word that Encode would not have produced.
func Decode(w uint32) (Instr, error) {
	i := Instr{Op: Op(w >> 26), Pred: Pred(w >> 23 & 7)}
	if i.Op >= NumOps {
		return Instr{}, fmt.Errorf("isa: word %08x: operation %d is not defined", w, i.Op)
	}
	d, a, b, sh := Operand(w>>17&63), Operand(w>>11&63), Operand(w>>5&63), uint8(w&31)
	i.D, i.A, i.B = Z, Z, Z
	switch Table[i.Op].Form {
	case FormD1:
		i.D, i.A = d, a
	case FormD2, FormD1S:
		i.D, i.A, i.B, i.Sh = d, a, b, sh
	case FormD3:
		i.D, i.A, i.B = d, a, b
	case FormWidth, FormTable:
		i.D, i.A, i.Sh = d, a, sh
	case FormCmp:
		i.Flag, i.Comb, i.Src, i.A, i.B = Flag(d&3), Comb(d>>2&3), Flag(d>>4), a, b
	case FormTest:
		i.Flag, i.Comb, i.Src, i.A, i.Imm = Flag(d&3), Comb(d>>2&3), Flag(d>>4), a, int32(w&2047)
	case FormLoad:
		i.D, i.Imm = d, int32(w&2047)
	case FormStore:
		i.A, i.Imm = a, int32(w&2047)
	case FormSrc:
		i.A = a
	case FormSrcK:
		i.A, i.Sh = a, sh
	case FormDraw:
		i.D, i.Sh = d, sh
	case FormSkip:
		i.Sh = sh
	case FormImm11:
		i.D, i.A, i.Imm = d, a, int32(w<<21)>>21
	case FormImm17:
		i.D, i.Imm = d, int32(w<<15)>>15
	case FormImm15:
		i.D, i.Imm = d, int32(w&(1<<15-1))
	}
	back, err := i.Encode()
	if err != nil {
		return Instr{}, fmt.Errorf("isa: word %08x: %w", w, err)
	}
	if back != w {
		return Instr{}, fmt.Errorf("isa: word %08x: reserved bits are set (%s would be %08x)", w, Table[i.Op].Name, back)
	}
	return i, nil
}
