package main

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

type vec = reg.VecVirtual

// op is one arithmetic operation. Its exact result may need 64 bits: low gives
// the low 32 bits, which are all that a temporary or a wrapping register takes;
// a clipping register takes low if the result always fits 32 bits (fits), else
// sat, which clips to 32 bits first, else pair, the exact even and odd lanes.
type op struct {
	name      string
	rows      []string
	constants []string
	fits      bool
	low       func(e *emitter) vec
	sat       func(e *emitter) vec
	pair      func(e *emitter) (even, odd vec)
	wants     []string // constants of sat or pair
	twin      string   // Go expression of the exact result x of a[i], b[i], c[i]
}

// two makes an operation of one instruction on two rows.
func two(name string, f func(m, a, d Op), twin string) op {
	return op{name: name, rows: []string{"a", "b"}, fits: true, twin: twin, low: func(e *emitter) vec {
		y := e.load("a")
		f(e.at("b"), y, y)
		return y
	}}
}

var ops = []op{
	{name: "Mov", rows: []string{"a"}, fits: true, twin: "int64(a[i])", low: func(e *emitter) vec { return e.load("a") }},
	{name: "Set", constants: []string{"imm"}, fits: true, twin: "int64(imm)", low: func(e *emitter) vec {
		y := YMM()
		VMOVDQA(e.k("imm"), y)
		return y
	}},
	{name: "Add", rows: []string{"a", "b"}, twin: "int64(a[i]) + int64(b[i])", wants: []string{"max"},
		low: func(e *emitter) vec { return sum(e, e.load("a"), e.at("b"), false) },
		sat: func(e *emitter) vec { return sum(e, e.load("a"), e.load("b"), true) }},
	{name: "Sub", rows: []string{"a", "b"}, twin: "int64(a[i]) - int64(b[i])", wants: []string{"max"},
		low: func(e *emitter) vec { return difference(e, false) },
		sat: func(e *emitter) vec { return difference(e, true) }},
	{name: "AddSet", rows: []string{"a"}, constants: []string{"imm"}, twin: "int64(a[i]) + int64(imm)", wants: []string{"max"},
		low: func(e *emitter) vec { return sum(e, e.load("a"), e.k("imm"), false) },
		sat: func(e *emitter) vec { return sum(e, e.load("a"), e.k("imm"), true) }},
	{name: "AddShift", rows: []string{"a", "b"}, constants: []string{"sh"}, twin: "int64(a[i]) + int64(b[i])<<sh", wants: []string{"one"},
		low:  func(e *emitter) vec { return shifted(e, func(b, a vec) { VPADDD(b, a, a) }) },
		pair: func(e *emitter) (vec, vec) { return shiftedPair(e, func(b, a vec) { VPADDQ(b, a, a) }) }},
	{name: "SubShift", rows: []string{"a", "b"}, constants: []string{"sh"}, twin: "int64(a[i]) - int64(b[i])<<sh", wants: []string{"one"},
		low:  func(e *emitter) vec { return shifted(e, func(b, a vec) { VPSUBD(b, a, a) }) },
		pair: func(e *emitter) (vec, vec) { return shiftedPair(e, func(b, a vec) { VPSUBQ(b, a, a) }) }},
	multiply("Mul", "int64(a[i]) * int64(b[i]) >> sh", nil, func(*emitter, vec) {}),
	multiply("MulZero", "towardZero(int64(a[i])*int64(b[i]), sh)", []string{"zero", "bias"}, roundZero),
	multiply("MulHalf", "halfAway(int64(a[i])*int64(b[i]), sh)", []string{"zero", "bias", "half"}, func(e *emitter, p vec) {
		roundZero(e, p)
		VPADDQ(e.k("half"), p, p)
	}),
	multiplyAdd,
	multiplyHigh,
	{name: "Shr", rows: []string{"a"}, constants: []string{"sh"}, fits: true, twin: "int64(a[i]) >> sh", low: func(e *emitter) vec {
		y := e.load("a")
		VPSRAD(e.con["sh"], y, y)
		return y
	}},
	{name: "ShrZero", rows: []string{"a"}, constants: []string{"sh"}, fits: true, twin: "towardZero(int64(a[i]), sh)", low: func(e *emitter) vec {
		y, m := e.load("a"), YMM()
		VPABSD(y, m)
		VPSRLD(e.con["sh"], m, m)
		VPSIGND(y, m, m)
		return m
	}},
	{name: "ShrHalf", rows: []string{"a"}, constants: []string{"sh", "less", "one"}, fits: true, twin: "halfAway(int64(a[i]), sh)", low: func(e *emitter) vec {
		y, m, h := e.load("a"), YMM(), YMM()
		VPABSD(y, m)
		VPSRLD(e.con["less"], m, h)
		VPSRLD(e.con["sh"], m, m)
		VPAND(e.k("one"), h, h)
		VPADDD(h, m, m)
		VPSIGND(y, m, m)
		return m
	}},
	two("And", VPAND, "int64(a[i] & b[i])"),
	two("Or", VPOR, "int64(a[i] | b[i])"),
	two("Xor", VPXOR, "int64(a[i] ^ b[i])"),
	two("Min", func(m, a, d Op) { VPMINSD(m, a, d) }, "int64(min(a[i], b[i]))"),
	two("Max", func(m, a, d Op) { VPMAXSD(m, a, d) }, "int64(max(a[i], b[i]))"),
	{name: "Between", rows: []string{"a", "b", "c"}, fits: true, twin: "int64(max(min(a[i], b[i]), c[i]))", low: func(e *emitter) vec {
		y := e.load("a")
		VPMINSD(e.at("b"), y, y)
		VPMAXSD(e.at("c"), y, y)
		return y
	}},
	{name: "Abs", rows: []string{"a"}, twin: "max(int64(a[i]), -int64(a[i]))", wants: []string{"max"},
		low: func(e *emitter) vec {
			y := YMM()
			VPABSD(e.at("a"), y)
			return y
		},
		sat: func(e *emitter) vec { // -2^31 becomes 2^31, read as unsigned
			y := YMM()
			VPABSD(e.at("a"), y)
			VPMINUD(e.k("max"), y, y)
			return y
		}},
	{name: "Sign", rows: []string{"a"}, constants: []string{"one"}, fits: true, twin: "sign(a[i])", low: func(e *emitter) vec {
		y := YMM()
		VPSIGND(e.at("a"), e.k("one"), y)
		return y
	}},
	{name: "Clip", rows: []string{"a"}, constants: []string{"clipLo", "clipHi"}, fits: true, twin: "min(max(int64(a[i]), clipLo), clipHi)", low: func(e *emitter) vec {
		y := YMM()
		VPMAXSD(e.at("a"), e.k("clipLo"), y)
		VPMINSD(e.k("clipHi"), y, y)
		return y
	}},
	{name: "Narrow", rows: []string{"a"}, constants: []string{"narrow"}, fits: true, twin: "int64(a[i] << narrow >> narrow)", low: func(e *emitter) vec {
		y := YMM()
		VPSLLD(e.con["narrow"], e.load("a"), y)
		VPSRAD(e.con["narrow"], y, y)
		return y
	}},
	{name: "High", rows: []string{"a"}, constants: []string{"imm", "low17"}, fits: true, twin: "int64(imm | a[i]&(1<<17-1))", low: func(e *emitter) vec {
		y := YMM()
		VPAND(e.at("a"), e.k("low17"), y)
		VPOR(e.k("imm"), y, y)
		return y
	}},
}

// sum adds y to a. Clipped: if both have the sign that the sum has not, the
// sum is beyond 32 bits on the side of a.
func sum(e *emitter, a vec, y Op, clipped bool) vec {
	s := YMM()
	VPADDD(y, a, s)
	if !clipped {
		return s
	}
	over, t := YMM(), YMM()
	VPXOR(a, s, over)
	VPXOR(y, s, t)
	VPAND(t, over, over)
	return beyond(e, a, s, over)
}

func difference(e *emitter, clipped bool) vec {
	a, s := e.load("a"), YMM()
	if !clipped {
		VPSUBD(e.at("b"), a, s)
		return s
	}
	b, over, t := e.load("b"), YMM(), YMM()
	VPSUBD(b, a, s)
	VPXOR(a, s, over)
	VPXOR(a, b, t)
	VPAND(t, over, over)
	return beyond(e, a, s, over)
}

// beyond replaces s by the end of the 32-bit range on the side of a where the
// sign bit of over is set.
func beyond(e *emitter, a, s, over vec) vec {
	limit := YMM()
	VPSRAD(U8(31), a, limit)
	VPXOR(e.k("max"), limit, limit)
	VBLENDVPS(over, limit, s, s)
	return s
}

func shifted(e *emitter, f func(b, a vec)) vec {
	a, b := e.load("a"), e.load("b")
	VPSLLD(e.con["sh"], b, b)
	f(b, a)
	return a
}

// wide extends the even lanes of y to 64 bits.
func wide(e *emitter, y vec) vec {
	VPMULDQ(e.k("one"), y, y)
	return y
}

func shiftedPair(e *emitter, f func(b, a vec)) (vec, vec) {
	half := func(load func(string) vec) vec {
		a, b := wide(e, load("a")), wide(e, load("b"))
		VPSLLQ(e.con["sh"], b, b)
		f(b, a)
		return a
	}
	return half(e.load), half(e.odd)
}

// products are the exact products of the even and the odd lanes of a and b.
func products(e *emitter) (even, odd vec) {
	even, odd = e.load("a"), e.odd("a")
	VPMULDQ(e.at("b"), even, even)
	VPMULDQ(e.odd("b"), odd, odd)
	return even, odd
}

// multiply makes a product with a right shift. Before the shift, which rounds
// down, round adds what makes it round as named.
func multiply(name, twin string, constants []string, round func(e *emitter, p vec)) op {
	exact := func(e *emitter) (vec, vec) {
		even, odd := products(e)
		round(e, even)
		round(e, odd)
		return even, odd
	}
	return op{name: name, rows: []string{"a", "b"}, constants: append([]string{"sh", "left"}, constants...), twin: twin, wants: []string{"top"},
		low: func(e *emitter) vec {
			even, odd := exact(e)
			VPSRLQ(e.con["sh"], even, even)
			VPSLLQ(e.con["left"], odd, odd) // the same bits, 32 places higher
			VPBLENDD(U8(0xaa), odd, even, even)
			return even
		},
		pair: func(e *emitter) (vec, vec) {
			even, odd := exact(e)
			arithmetic(e, even)
			arithmetic(e, odd)
			return even, odd
		}}
}

// roundZero adds bias to negative products.
func roundZero(e *emitter, p vec) {
	neg := YMM()
	VPCMPGTQ(p, e.k("zero"), neg)
	VPAND(e.k("bias"), neg, neg)
	VPADDQ(neg, p, p)
}

// arithmetic shifts 64-bit lanes right and extends the sign, whose place after
// the shift is the constant top.
func arithmetic(e *emitter, p vec) {
	VPSRLQ(e.con["sh"], p, p)
	VPXOR(e.k("top"), p, p)
	VPSUBQ(e.k("top"), p, p)
}

// multiplyAdd is MulZero into a temporary, then an addition of c that ends in
// a form which needs the low 32 bits only; it has no clipping form of its own.
var multiplyAdd = func() op {
	o := multiply("MulZeroAdd", "int64(int32(towardZero(int64(a[i])*int64(b[i]), sh))) + int64(c[i])", []string{"zero", "bias"}, roundZero)
	o.rows = append(o.rows, "c")
	product := o.low
	o.low = func(e *emitter) vec {
		y := product(e)
		VPADDD(e.at("c"), y, y)
		return y
	}
	o.pair, o.wants = nil, []string{"max"}
	o.sat = func(e *emitter) vec { return sum(e, product(e), e.load("c"), true) }
	return o
}()

// multiplyHigh is the high half of a times b read as unsigned: of the unsigned
// product, less b where a is negative.
var multiplyHigh = op{name: "MulHigh", rows: []string{"a", "b"}, fits: true, twin: "int64(a[i]) * int64(uint32(b[i])) >> 32", low: func(e *emitter) vec {
	a, b := e.load("a"), e.load("b")
	even, odd := YMM(), e.odd("a")
	VPMULUDQ(b, a, even)
	VPMULUDQ(e.odd("b"), odd, odd)
	VPSRLQ(U8(32), even, even)
	VPBLENDD(U8(0xaa), odd, even, even)
	VPSRAD(U8(31), a, a)
	VPAND(b, a, a)
	VPSUBD(a, even, even)
	return even
}}

// value emits one operation in one store mode and gives its twin.
func value(o op, mode, twin string, masked bool) loop {
	name := lower(o.name) + mode + suffix(masked)
	rows := append(slices.Clone(o.rows), "d")
	constants := slices.Clone(o.constants)
	clamp := map[string][]string{"Low": nil, "Wrap": {"wrap"}, "Keep": {"keep"}, "Clamp": {"lo", "hi"}}[mode]
	twinConstants := append(slices.Clone(constants), clamp...)
	exact := mode == "Clamp" && o.pair != nil
	if exact {
		clamp = []string{"lo64", "hi64"}
	}
	constants = append(constants, clamp...)
	if mode == "Clamp" {
		constants = append(constants, o.wants...)
	}
	if masked {
		rows, constants, twinConstants = append(rows, "e", "m"), append(constants, "inv"), append(twinConstants, "inv")
	}
	e := begin(name, rows, constants)
	e.store(e.fitted(o, mode, exact), masked)
	e.end()
	text := twinHead(name, rows, twinConstants)
	// Some operations round with the constants of a step, their twins do not.
	for _, unused := range []string{"bias", "half", "left", "less"} {
		if slices.Contains(o.constants, unused) {
			text = strings.Replace(text, fmt.Sprintf("%s := uint(s.%s) & 63\n", unused, fields[unused].name), "", 1)
			text = strings.Replace(text, fmt.Sprintf("%s := s.%s\n", unused, fields[unused].name), "", 1)
		}
	}
	text += "for i := range d {\n"
	if masked {
		text += "if m[i]^inv == 0 {\nd[i] = e[i]\ncontinue\n}\n"
	}
	text += fmt.Sprintf("x := %s\nd[i] = %s\n}\n}\n\n", o.twin, twin)
	return loop{fmt.Sprintf("Value[%s][%s][%d]", o.name, mode, b2i(masked)), name, text}
}

// fitted computes eight results and fits them to the store mode.
func (e *emitter) fitted(o op, mode string, exact bool) vec {
	switch {
	case exact:
		even, odd := o.pair(e)
		e.clip64(even)
		e.clip64(odd)
		VPSLLQ(U8(32), odd, odd)
		VPBLENDD(U8(0xaa), odd, even, even)
		return even
	case mode == "Clamp":
		f := o.sat
		if o.fits {
			f = o.low
		}
		y := f(e)
		VPMAXSD(e.k("lo"), y, y)
		VPMINSD(e.k("hi"), y, y)
		return y
	}
	y := o.low(e)
	switch mode {
	case "Wrap":
		VPSLLD(e.con["wrap"], y, y)
		VPSRAD(e.con["wrap"], y, y)
	case "Keep":
		VPAND(e.k("keep"), y, y)
	}
	return y
}

func (e *emitter) clip64(p vec) {
	m := YMM()
	VPCMPGTQ(e.k("hi64"), p, m)
	VBLENDVPD(m, e.k("hi64"), p, p)
	n := YMM()
	VPCMPGTQ(p, e.k("lo64"), n)
	VBLENDVPD(n, e.k("lo64"), p, p)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
