package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// field is where a constant of simd.Step stands and how a loop wants it:
// d spread over 32-bit lanes, q over 64-bit lanes, x as a shift count.
type field struct {
	disp int
	kind byte
	name string // in Go
}

// fields repeats the layout of simd.Step; a test of package simd holds the two
// together.
var fields = map[string]field{
	"inv": {24, 'd', "Inv"}, "imm": {28, 'd', "Imm"}, "not": {32, 'd', "Not"}, "keep": {36, 'd', "Keep"},
	"lo": {40, 'd', "Lo"}, "hi": {44, 'd', "Hi"}, "clipLo": {48, 'd', "ClipLo"}, "clipHi": {52, 'd', "ClipHi"},
	"sh": {56, 'x', "Sh"}, "left": {60, 'x', "Left"}, "less": {64, 'x', "Less"}, "wrap": {68, 'x', "Wrap"}, "narrow": {72, 'x', "Narrow"},
	"bias": {80, 'q', "Bias"}, "half": {88, 'q', "Half"}, "top": {96, 'q', "Top"},
}

// rowAt is where the number of a row stands in simd.Step.
var rowAt = map[string]int{"d": 0, "e": 4, "a": 8, "b": 12, "c": 16, "m": 20}

// emitter holds the registers of one loop.
type emitter struct {
	block, step reg.Register
	row         map[string]reg.Register
	i           reg.GPVirtual
	con         map[string]reg.Register
	shared      map[string]bool // rows of which only the first lanes are read
}

// begin opens a function, loads rows and constants and starts the loop. The
// index runs from -4n to 0, so that one add also tests for the end.
func begin(name string, rows, constants []string) *emitter {
	TEXT(name, NOSPLIT, "func(b, s *byte, n int)")
	e := &emitter{row: map[string]reg.Register{}, con: map[string]reg.Register{}}
	e.block, e.step = Load(Param("b"), GP64()), Load(Param("s"), GP64())
	e.i = GP64()
	Load(Param("n"), e.i)
	SHLQ(U8(2), e.i)
	for _, r := range rows {
		if r == "fired" {
			e.row[r] = GP64()
			LEAQ(Mem{Base: e.block, Disp: firedAt}, e.row[r])
		} else if _, done := e.row[r]; !done {
			e.row[r] = e.rowPointer(Mem{Base: e.step, Disp: rowAt[r]})
		}
	}
	for _, c := range constants {
		e.constant(c)
	}
	NEGQ(e.i)
	Label("next")
	return e
}

// rowPointer is the end of the row whose number is at m: rows are slices of 24
// bytes from the start of a block.
func (e *emitter) rowPointer(m Mem) reg.Register {
	p := GP64()
	MOVLQSX(m, p)
	LEAQ(Mem{Base: p, Index: p, Scale: 2}, p)
	MOVQ(Mem{Base: e.block, Index: p, Scale: 8}, p)
	ADDQ(e.i, p)
	return p
}

// rowStart is the start of a row with a number that never changes.
func (e *emitter) rowStart(number int) reg.Register {
	p := GP64()
	MOVQ(Mem{Base: e.block, Disp: 24 * number}, p)
	return p
}

// fixedRow is the end of a row with a number that never changes.
func (e *emitter) fixedRow(number int) reg.Register {
	p := GP64()
	MOVQ(Mem{Base: e.block, Disp: 24 * number}, p)
	ADDQ(e.i, p)
	return p
}

func (e *emitter) constant(name string) {
	if _, done := e.con[name]; done {
		return
	}
	if f, ok := fields[name]; ok {
		m := Mem{Base: e.step, Disp: f.disp}
		switch f.kind {
		case 'd':
			y := YMM()
			VPBROADCASTD(m, y)
			e.con[name] = y
		case 'q':
			y := YMM()
			VPBROADCASTQ(m, y)
			e.con[name] = y
		case 'x':
			x := XMM()
			VMOVD(m, x)
			e.con[name] = x
		}
		return
	}
	y := YMM()
	e.con[name] = y
	switch name {
	case "zero", "count", "active":
		VPXOR(y, y, y)
	case "ones":
		VPCMPEQD(y, y, y)
	case "one": // 1 in 32-bit lanes
		VPCMPEQD(y, y, y)
		VPSRLD(U8(31), y, y)
	case "max": // 2^31-1 in 32-bit lanes
		VPCMPEQD(y, y, y)
		VPSRLD(U8(1), y, y)
	case "min": // -2^31 in 32-bit lanes
		VPCMPEQD(y, y, y)
		VPSLLD(U8(31), y, y)
	case "low17":
		VPCMPEQD(y, y, y)
		VPSRLD(U8(15), y, y)
	case "low12":
		VPCMPEQD(y, y, y)
		VPSRLD(U8(20), y, y)
	case "lo64", "hi64":
		VPBROADCASTD(Mem{Base: e.step, Disp: fields[name[:2]].disp}, y)
		one := YMM()
		VPCMPEQD(one, one, one)
		VPSRLD(U8(31), one, one)
		VPMULDQ(one, y, y)
	default:
		panic("asmgen: constant " + name)
	}
}

func (e *emitter) k(name string) reg.VecVirtual { return e.con[name].(reg.VecVirtual) }

// at is the memory of eight lanes of a row: always the first ones if all have
// the same.
func (e *emitter) at(row string) Mem {
	if e.shared[row] {
		return Mem{Base: e.row[row]}
	}
	return Mem{Base: e.row[row], Index: e.i, Scale: 1}
}

func (e *emitter) load(row string) reg.VecVirtual {
	y := YMM()
	VMOVDQU(e.at(row), y)
	return y
}

// odd loads a row with every odd lane copied to the even one below it.
func (e *emitter) odd(row string) reg.VecVirtual {
	y := YMM()
	VMOVSHDUP(e.at(row), y)
	return y
}

// mask is the predicate of eight lanes.
func (e *emitter) mask() reg.VecVirtual {
	m := YMM()
	VPXOR(e.at("m"), e.k("inv"), m)
	return m
}

func (e *emitter) end() {
	ADDQ(U8(32), e.i)
	JNZ(LabelRef("next"))
	VZEROUPPER()
	RET()
}

// store writes eight results, under the mask if there is one.
func (e *emitter) store(y reg.VecVirtual, masked bool) {
	if masked {
		old := e.load("e")
		VPBLENDVB(e.mask(), y, old, y)
	}
	VMOVDQU(y, e.at("d"))
}

func lower(name string) string { return string(name[0]|0x20) + name[1:] }

func suffix(masked bool) string {
	if masked {
		return "If"
	}
	return ""
}

// twinHead is the start of a twin: slices of its rows and its constants.
func twinHead(name string, rows, constants []string) string {
	s := fmt.Sprintf("func %sGo(block *Block, s *Step, n int) {\n", name)
	seen := map[string]bool{}
	for _, r := range rows {
		if !seen[r] {
			s += fmt.Sprintf("%s := block.Rows[s.%s][:n]\n", r, string(r[0]&^0x20))
		}
		seen[r] = true
	}
	for _, c := range constants {
		f, ok := fields[c]
		if !ok || seen[c] {
			continue
		}
		seen[c] = true
		switch {
		case f.kind == 'x':
			s += fmt.Sprintf("%s := uint(s.%s) & 63\n", c, f.name)
		case c == "lo" || c == "hi" || c == "clipLo" || c == "clipHi":
			s += fmt.Sprintf("%s := int64(s.%s)\n", c, f.name)
		default:
			s += fmt.Sprintf("%s := s.%s\n", c, f.name)
		}
	}
	return s
}
