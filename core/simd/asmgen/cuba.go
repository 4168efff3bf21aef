package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// cubaRows are the rows of the kernel by their names in the microcode.
var cubaRows = []struct {
	name   string
	number int
}{
	{"IN0", rowAcc}, {"s0", rowState}, {"s1", rowState + 1}, {"s2", rowState + 2}, {"p0", rowParam}, {"p1", rowParam + 1},
	{"p2", rowParam + 2}, {"p3", rowParam + 3}, {"p4", rowParam + 4}, {"p5", rowParam + 5}, {"p6", rowParam + 6},
}

// cuba emits the whole program of a current-based neuron with every value in a
// register; the comments in the assembly are the instructions that it replaces.
// It is exact for decay factors p0 and p1 of 0..4096 and any other values, for
// one input of 22 bits that wraps, a current of 24 bits that wraps, a membrane
// of 32 bits that wraps and a counter of 6 bits that clips at 0 and 63.
func cuba(name string, shared ...string) {
	TEXT(name, NOSPLIT, "func(b, s *byte, n int)")
	e := &emitter{block: Load(Param("b"), GP64()), i: GP64(), row: map[string]reg.Register{}, shared: map[string]bool{}, con: map[string]reg.Register{}}
	Load(Param("n"), e.i)
	SHLQ(U8(2), e.i)
	for _, s := range shared {
		e.shared[s] = true
	}
	for _, r := range cubaRows {
		if e.shared[r.name] {
			e.row[r.name] = e.rowStart(r.number)
			continue
		}
		e.row[r.name] = e.fixedRow(r.number)
	}
	fired := GP64()
	LEAQ(Mem{Base: e.block, Disp: firedAt}, fired)
	e.row["fired"] = fired
	for _, c := range []string{"zero", "count", "active", "low12", "one"} {
		e.constant(c)
	}
	most := YMM() // 63
	VPSRLD(U8(6), e.k("low12"), most)
	NEGQ(e.i)
	Label("next")
	in, changed := e.cubaInput()
	u := e.cubaCurrent(in, changed)
	e.cubaMembrane(u, changed, most)
	VPCMPEQD(e.k("zero"), changed, changed)
	tally(changed, e.k("active"))
	e.finish(map[int]vec{overAt: e.k("count"), activeAt: e.k("active")})
}

func (e *emitter) cubaInput() (in, changed vec) {
	Comment("IN0: 22 bits of the accumulator")
	a, same := e.load("IN0"), YMM()
	in, changed = YMM(), YMM()
	extend(a, in, 22)
	VPCMPEQD(a, in, same)
	tally(same, e.k("count"))
	VMOVDQA(in, changed)
	return in, changed
}

// differ notes the lanes where a word changed from old to now.
func differ(old, now, changed vec) {
	VPXOR(now, old, old)
	VPOR(old, changed, changed)
}

// extend keeps the low bits of a, sign extended.
func extend(a, d vec, bits uint8) {
	VPSLLD(U8(32-bits), a, d)
	VPSRAD(U8(32-bits), d, d)
}

// fraction is x r / 4096 toward zero for r of 0..4096. The magnitude is split
// in 20 and 12 bits, so that every product and the sum fit 32 bits unsigned; of
// the lower one only the upper half of the product counts.
func (e *emitter) fraction(x vec, r string) vec {
	hi, lo, y := YMM(), YMM(), YMM()
	f := e.load(r)
	VPABSD(x, y)
	VPSRLD(U8(12), y, hi)
	VPSLLD(U8(4), y, lo) // the low 12 bits fill the lower word; r has no upper word
	VPMULLD(f, hi, hi)
	VPMULHUW(f, lo, lo)
	VPADDD(hi, lo, y)
	VPSIGND(x, y, y)
	return y
}

func (e *emitter) cubaCurrent(in, changed vec) vec {
	Comment("MUL t0 s0 p0 12 tz")
	old := e.load("s0")
	u := e.fraction(old, "p0")
	Comment("ADD s0 t0 IN0")
	VPADDD(in, u, u)
	extend(u, u, 24)
	differ(old, u, changed)
	return u
}

func (e *emitter) cubaMembrane(u, changed, most vec) {
	Comment("ADD t1 s0 p2")
	w := YMM()
	VPADDD(e.at("p2"), u, w)
	Comment("WRAP t1 t1 24")
	extend(w, w, 24)
	Comment("MUL t2 s1 p1 12 tz")
	old := e.load("s1")
	v := e.fraction(old, "p1")
	Comment("ADD t1 t2 t1")
	VPADDD(w, v, v)
	Comment("MIN t1 t1 p6")
	VPMINSD(e.at("p6"), v, v)
	Comment("MAX s1 t1 p5")
	VPMAXSD(e.at("p5"), v, v)
	Comment("CLT F Z s2")
	r, f := e.load("s2"), YMM()
	VPCMPGTD(e.k("zero"), r, f)
	Comment("?F MOV s1 Z")
	VPANDN(v, f, v)
	Comment("CLT F p3 s1")
	VPCMPGTD(e.at("p3"), v, f)
	Comment("?F MOV s1 Z")
	VPANDN(v, f, v)
	differ(old, v, changed)
	Comment("?F MOV s2 p4")
	now := YMM()
	VPMINSD(e.at("p4"), most, now)
	VPBLENDVB(f, now, r, now)
	Comment("?F SPK Z")
	bits := GP32()
	VMOVMSKPS(f, bits)
	MOVB(bits.As8(), Mem{Base: e.row["fired"]})
	INCQ(e.row["fired"])
	VPOR(f, changed, changed)
	Comment("ADDI s2 s2 #-1")
	VPMAXSD(e.k("one"), now, now)
	VPSUBD(e.k("one"), now, now)
	VPMINSD(most, now, now)
	differ(r, now, changed)
	// Words are stored behind all loads: a load behind a store to another row
	// waits for it where both have the same place in a page.
	VMOVDQU(u, e.at("s0"))
	VMOVDQU(v, e.at("s1"))
	VMOVDQU(now, e.at("s2"))
}
