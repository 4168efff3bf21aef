package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Numbers of rows and places behind the rows of a simd.Block; a test of
// package simd holds them to its own.
const (
	rowState, rowParam, rowAcc = 8, 24, 80
	numRows                    = 85
	overAt, activeAt, firedAt  = numRows * 24, numRows*24 + 8, numRows*24 + 16
)

func system() []loop {
	loadWrap()
	loadClip()
	commit()
	finish()
	cuba("cuba")
	cuba("cubaShared", "p0", "p1", "p3", "p4", "p5", "p6")
	return []loop{{"LoadWrap", "loadWrap", ""}, {"LoadClip", "loadClip", ""}, {"Commit", "commit", ""}, {"Finish", "finish", ""}, {"Cuba", "cuba", ""}, {"CubaShared", "cubaShared", ""}}
}

// tally counts the lanes for which a comparison holds.
func tally(equal, into vec) { VPSUBD(equal, into, into) }

// total adds n less the sum of the lanes of y to the count at disp of the block.
func total(y vec, disp int) {
	x, lanes, n := XMM(), GP64(), GP64()
	VEXTRACTI128(U8(1), y, x)
	VPADDD(y.AsX(), x, x)
	VPHADDD(x, x, x)
	VPHADDD(x, x, x)
	VMOVD(x, lanes.As32())
	Load(Param("n"), n)
	SUBQ(lanes, n)
	block := Load(Param("b"), GP64())
	ADDQ(n, Mem{Base: block, Disp: disp})
}

// loadWrap reads accumulators: d = the low bits of a << sh, sign extended, and
// the row m = e or d. What d lost is counted.
func loadWrap() {
	e := begin("loadWrap", []string{"a", "d", "e", "m"}, []string{"sh", "left", "wrap", "count"})
	x := e.wrapped(e.load("a"))
	VMOVDQU(x, e.at("d"))
	VPOR(e.at("e"), x, x)
	VMOVDQU(x, e.at("m"))
	e.finish(map[int]vec{overAt: e.k("count")})
}

// wrapped is the value of accumulators a; it counts those that it keeps.
func (e *emitter) wrapped(a vec) vec {
	x, back := YMM(), YMM()
	VPSLLD(e.con["left"], a, x)
	VPSRAD(e.con["wrap"], x, x)
	VPSRAD(e.con["sh"], x, back)
	VPCMPEQD(a, back, back)
	tally(back, e.k("count"))
	return x
}

func loadClip() {
	e := begin("loadClip", []string{"a", "d", "e", "m"}, []string{"lo", "hi", "count"})
	a, x, same := e.load("a"), YMM(), YMM()
	VPMAXSD(e.k("lo"), a, x)
	VPMINSD(e.k("hi"), x, x)
	VPCMPEQD(a, x, same)
	tally(same, e.k("count"))
	VMOVDQU(x, e.at("d"))
	VPOR(e.at("e"), x, x)
	VMOVDQU(x, e.at("m"))
	e.finish(map[int]vec{overAt: e.k("count")})
}

// commit makes the new word a the state word d and notes in m what e has or
// differs.
func commit() {
	e := begin("commit", []string{"a", "d", "e", "m"}, nil)
	a, x := e.load("a"), YMM()
	VPXOR(e.at("d"), a, x)
	VPOR(e.at("e"), x, x)
	VMOVDQU(a, e.at("d"))
	VMOVDQU(x, e.at("m"))
	e.end()
}

// finish counts the lanes where row a or row b is not 0, and notes one bit per
// lane where b is not.
func finish() {
	e := begin("finish", []string{"a", "b", "fired"}, []string{"zero", "count"})
	out, any := e.load("b"), YMM()
	VPOR(e.at("a"), out, any)
	e.note(out)
	VPCMPEQD(e.k("zero"), any, any)
	tally(any, e.k("count"))
	e.finish(map[int]vec{activeAt: e.k("count")})
}

// note writes the bits of lanes where y is not 0.
func (e *emitter) note(y vec) {
	none, bits := YMM(), GP32()
	VPCMPEQD(e.k("zero"), y, none)
	VMOVMSKPS(none, bits)
	XORL(U32(0xff), bits)
	fired := e.row["fired"]
	MOVB(bits.As8(), Mem{Base: fired})
	INCQ(fired)
}

// finish closes a loop that counts.
func (e *emitter) finish(counts map[int]vec) {
	ADDQ(U8(32), e.i)
	JNZ(LabelRef("next"))
	for _, disp := range []int{overAt, activeAt} {
		if y, ok := counts[disp]; ok {
			total(y, disp)
		}
	}
	VZEROUPPER()
	RET()
}

func cpu() {
	TEXT("cpuid", NOSPLIT, "func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)")
	Load(Param("leaf"), reg.EAX)
	Load(Param("sub"), reg.ECX)
	CPUID()
	Store(reg.EAX, ReturnIndex(0))
	Store(reg.EBX, ReturnIndex(1))
	Store(reg.ECX, ReturnIndex(2))
	Store(reg.EDX, ReturnIndex(3))
	RET()
	TEXT("xgetbv", NOSPLIT, "func() (eax uint32)")
	XORL(reg.ECX, reg.ECX)
	XGETBV()
	Store(reg.EAX, ReturnIndex(0))
	RET()
}
