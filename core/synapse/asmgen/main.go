// Command asmgen writes the assembly of package synapse. Run it by go generate.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Fields of item, in bytes.
const (
	itemOff, itemN, itemPlace, itemShift, itemSize = 0, 4, 8, 12, 16
)

// unroll and tile are those of the package.
const unroll, tile = 4, 128

func main() {
	ConstraintExpr("amd64")
	lists("gapAVX2", "func(acc *int32, arena *byte, items *uint32, n, ahead int)", false)
	lists("nearAVX2", "func(acc *int32, arena *byte, items *uint32, n, ahead, total int)", true)
	gapAxons()
	rows()
	cross()
	patch()
	Generate()
}

// lists serves a batch of sparse lists, each fetched "ahead" items before its
// turn. Places of near lists wrap at total.
func lists(name, signature string, near bool) {
	TEXT(name, NOSPLIT, signature)
	Doc(name + " adds the lists of a batch to the accumulators.")
	acc, arena := Load(Param("acc"), GP64()), Load(Param("arena"), GP64())
	it, end := Load(Param("items"), GP64()), Load(Param("n"), GP64())
	ahead := Load(Param("ahead"), GP64())
	SHLQ(U8(4), end)
	ADDQ(it, end)
	SHLQ(U8(4), ahead)
	var total reg.Register
	if near {
		total = Load(Param("total"), GP64())
	}
	last := GP64()
	LEAQ(Mem{Base: end, Disp: -itemSize}, last)
	Label(name + "_item")
	fetch(name, it, ahead, last, arena, near)
	p, n, to, s := GP64(), GP64(), GP64(), GP64()
	MOVL(Mem{Base: it, Disp: itemOff}, p.As32())
	ADDQ(arena, p)
	MOVL(Mem{Base: it, Disp: itemN}, n.As32())
	MOVL(Mem{Base: it, Disp: itemPlace}, to.As32())
	MOVL(Mem{Base: it, Disp: itemShift}, s.As32())
	ADDQ(U8(itemSize), it)
	if near {
		nearLoop(name, acc, p, n, to, s, total)
	} else {
		gapLoop(name, acc, p, n, to, s)
	}
	CMPQ(it, end)
	JNE(LabelRef(name + "_item"))
	RET()
}

// fetch prefetches the lines of the list that comes "ahead" items later.
func fetch(name string, it, ahead, last, arena reg.Register, near bool) {
	next, q, n := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: it, Index: ahead, Scale: 1}, next)
	CMPQ(next, last)
	CMOVQHI(last, next)
	MOVL(Mem{Base: next, Disp: itemOff}, q.As32())
	ADDQ(arena, q)
	PREFETCHT0(Mem{Base: q})
	MOVL(Mem{Base: next, Disp: itemN}, n.As32())
	per := 2
	if near {
		per = 3
	}
	CMPQ(n, U32(64/per))
	JLE(LabelRef(name + "_fetched"))
	PREFETCHT0(Mem{Base: q, Disp: 64})
	CMPQ(n, U32(128/per))
	JLE(LabelRef(name + "_fetched"))
	PREFETCHT0(Mem{Base: q, Disp: 128})
	PREFETCHT0(Mem{Base: q, Disp: 192})
	Label(name + "_fetched")
}

func gapLoop(name string, acc reg.Register, p, n, to, s reg.GPVirtual) {
	LEAQ(Mem{Base: acc, Index: to, Scale: 4}, to)
	at := GP64()
	XORL(at.As32(), at.As32())
	entries := func(count int) {
		for k := range count {
			g, w := GP64(), GP64()
			MOVBLZX(Mem{Base: p, Disp: 2 * k}, g.As32())
			MOVBLSX(Mem{Base: p, Disp: 2*k + 1}, w.As32())
			ADDQ(g, at)
			SHLXL(s.As32(), w.As32(), w.As32())
			ADDL(w.As32(), Mem{Base: to, Index: at, Scale: 4})
		}
		ADDQ(U8(2*count), p)
	}
	TESTQ(U32(unroll), n)
	JZ(LabelRef(name + "_even"))
	entries(unroll)
	Label(name + "_even")
	SUBQ(U8(2*unroll), n)
	JL(LabelRef(name + "_done"))
	Label(name + "_turn")
	entries(2 * unroll)
	SUBQ(U8(2*unroll), n)
	JGE(LabelRef(name + "_turn"))
	Label(name + "_done")
}

func nearLoop(name string, acc reg.Register, p, n, to, s reg.GPVirtual, total reg.Register) {
	weights := GP64()
	LEAQ(Mem{Base: p, Index: n, Scale: 2}, weights)
	TESTQ(n, n)
	JZ(LabelRef(name + "_done"))
	Label(name + "_turn")
	for k := range unroll {
		at, less, w := GP64(), GP64(), GP64()
		MOVWLZX(Mem{Base: p, Disp: 2 * k}, at.As32())
		MOVBLSX(Mem{Base: weights, Disp: k}, w.As32())
		ADDQ(to, at)
		MOVQ(at, less)
		SUBQ(total, less)
		CMOVQCC(less, at)
		SHLXL(s.As32(), w.As32(), w.As32())
		ADDL(w.As32(), Mem{Base: acc, Index: at, Scale: 4})
	}
	ADDQ(U8(2*unroll), p)
	ADDQ(U8(unroll), weights)
	SUBQ(U8(unroll), n)
	JNZ(LabelRef(name + "_turn"))
	Label(name + "_done")
}

// Fields of ref, in bytes, and the size of a packet.
const (
	refOff, refN, refPlace, refShift, refEvents, refWords, refSize = 0, 4, 8, 12, 16, 20, 32
	packetSize                                                     = 8
)

// gapAxons serves packets: the in-axon's entry is fetched 2 * ahead packets
// before its turn, its list ahead packets before.
func gapAxons() {
	const name = "gapAxonsAVX2"
	TEXT(name, NOSPLIT, "func(acc *int32, arena *byte, refs *uint32, nRefs int, packets *uint16, n, ahead, slot, total int, sums *int64)")
	Doc(name + " adds the lists of packets to the accumulators and counts.")
	acc, arena := Load(Param("acc"), GP64()), Load(Param("arena"), GP64())
	refs, pk := Load(Param("refs"), GP64()), Load(Param("packets"), GP64())
	end := Load(Param("n"), GP64())
	LEAQ(Mem{Base: pk, Index: end, Scale: packetSize}, end)
	Label("axons_packet")
	CMPQ(pk, end)
	JEQ(LabelRef("axons_end"))
	axonsFetch(refs, pk, end, arena)
	x, p := GP64(), GP64()
	MOVWQZX(Mem{Base: pk}, x)
	ADDQ(U8(packetSize), pk)
	nRefs := Load(Param("nRefs"), GP64())
	CMPQ(x, nRefs)
	JCC(LabelRef("axons_lost"))
	SHLQ(U8(5), x)
	ADDQ(refs, x)
	axonsCount(x)
	to, less := GP64(), GP64()
	Load(Param("slot"), to)
	total := Load(Param("total"), GP64())
	MOVL(Mem{Base: x, Disp: refPlace}, p.As32())
	ADDQ(p, to)
	MOVQ(to, less)
	SUBQ(total, less)
	CMOVQCC(less, to)
	list, n, s := GP64(), GP64(), GP64()
	MOVL(Mem{Base: x, Disp: refOff}, list.As32())
	ADDQ(arena, list)
	MOVL(Mem{Base: x, Disp: refN}, n.As32())
	MOVL(Mem{Base: x, Disp: refShift}, s.As32())
	gapLoop("axons", acc, list, n, to, s)
	JMP(LabelRef("axons_packet"))
	Label("axons_lost")
	sums := Load(Param("sums"), GP64())
	INCQ(Mem{Base: sums, Disp: 16})
	JMP(LabelRef("axons_packet"))
	Label("axons_end")
	RET()
}

// axonsFetch prefetches for packets to come; behind the last one it does for
// the last again.
func axonsFetch(refs, pk, end reg.Register, arena reg.Register) {
	ahead, last := Load(Param("ahead"), GP64()), GP64()
	LEAQ(Mem{Base: end, Disp: -packetSize}, last)
	// The far entry is only prefetched, so its number need not be checked.
	far, near := GP64(), GP64()
	LEAQ(Mem{Base: pk, Index: ahead, Scale: packetSize}, near)
	LEAQ(Mem{Base: near, Index: ahead, Scale: packetSize}, far)
	CMPQ(near, last)
	CMOVQHI(last, near)
	CMPQ(far, last)
	CMOVQHI(last, far)
	MOVWQZX(Mem{Base: far}, far)
	SHLQ(U8(5), far)
	PREFETCHT0(Mem{Base: refs, Index: far, Scale: 1})
	nRefs, zero := Load(Param("nRefs"), GP64()), GP64()
	XORL(zero.As32(), zero.As32())
	MOVWQZX(Mem{Base: near}, near)
	CMPQ(near, nRefs)
	CMOVQCC(zero, near)
	SHLQ(U8(5), near)
	ADDQ(refs, near)
	list, n := GP64(), GP64()
	MOVL(Mem{Base: near, Disp: refOff}, list.As32())
	ADDQ(arena, list)
	PREFETCHT0(Mem{Base: list})
	MOVL(Mem{Base: near, Disp: refN}, n.As32())
	CMPQ(n, U32(32))
	JLE(LabelRef("axons_fetched"))
	PREFETCHT0(Mem{Base: list, Disp: 64})
	CMPQ(n, U32(64))
	JLE(LabelRef("axons_fetched"))
	PREFETCHT0(Mem{Base: list, Disp: 128})
	PREFETCHT0(Mem{Base: list, Disp: 192})
	Label("axons_fetched")
}

// axonsCount adds what a spike at an in-axon counts.
func axonsCount(x reg.Register) {
	sums, v := Load(Param("sums"), GP64()), GP64()
	MOVL(Mem{Base: x, Disp: refEvents}, v.As32())
	ADDQ(v, Mem{Base: sums})
	MOVL(Mem{Base: x, Disp: refWords}, v.As32())
	ADDQ(v, Mem{Base: sums, Disp: 8})
}

// rows adds up to 255 dense rows of one shift, a tile of columns at a time:
// exact sums in 16 bits, then shifted and added.
func rows() {
	TEXT("rowsAVX2", NOSPLIT, "func(acc *int32, rows *byte, items *uint32, n, cols int)")
	Doc("rowsAVX2 adds up to 255 rows to cols accumulators, a multiple of 128.")
	acc, base := Load(Param("acc"), GP64()), Load(Param("rows"), GP64())
	items, n := Load(Param("items"), GP64()), Load(Param("n"), GP64())
	cols := Load(Param("cols"), GP64())
	SHLQ(U8(4), n)
	ADDQ(items, n) // end of the items
	shift := XMM()
	s := GP32()
	MOVL(Mem{Base: items, Disp: itemShift}, s)
	VMOVD(s, shift)
	Label("rows_tile")
	var sum [tile / 16]reg.VecVirtual
	for k := range sum {
		sum[k] = YMM()
		VPXOR(sum[k], sum[k], sum[k])
	}
	it, row := GP64(), GP64()
	MOVQ(items, it)
	Label("rows_row")
	MOVL(Mem{Base: it, Disp: itemOff}, row.As32())
	ADDQ(base, row)
	PREFETCHT0(Mem{Base: row, Disp: tile})
	PREFETCHT0(Mem{Base: row, Disp: tile + 64})
	for k := range sum {
		y := YMM()
		VPMOVSXBW(Mem{Base: row, Disp: 16 * k}, y)
		VPADDW(y, sum[k], sum[k])
	}
	ADDQ(U8(itemSize), it)
	CMPQ(it, n)
	JNE(LabelRef("rows_row"))
	for k := range sum {
		lo, hi, x := YMM(), YMM(), XMM()
		VPMOVSXWD(sum[k].AsX(), lo)
		VEXTRACTI128(U8(1), sum[k], x)
		VPMOVSXWD(x, hi)
		for h, v := range []reg.VecVirtual{lo, hi} {
			m := Mem{Base: acc, Disp: 64*k + 32*h}
			VPSLLD(shift, v, v)
			VPADDD(m, v, v)
			VMOVDQU(v, m)
		}
	}
	ADDQ(U32(4*tile), acc)
	ADDQ(U32(tile), base)
	SUBQ(U32(tile), cols)
	JNZ(LabelRef("rows_tile"))
	VZEROUPPER()
	RET()
}

// cross adds rows of a crossbar, 64 targets at a time: a bit becomes a mask of
// a lane, and the masked weight of the row's type is added.
func cross() {
	TEXT("crossAVX2", NOSPLIT, "func(acc *int32, bits, mant *byte, items *uint32, n, cols int)")
	Doc("crossAVX2 adds rows of a crossbar to cols accumulators, a multiple of 64.")
	lanes := GLOBL("crossLanes", RODATA|NOPTR)
	for b := range 32 {
		DATA(4*b, U32(1<<b))
	}
	acc, base, mant := Load(Param("acc"), GP64()), Load(Param("bits"), GP64()), Load(Param("mant"), GP64())
	items, n, cols := Load(Param("items"), GP64()), Load(Param("n"), GP64()), Load(Param("cols"), GP64())
	SHLQ(U8(4), n)
	ADDQ(items, n)
	var bit [4]reg.VecVirtual
	for k := range bit {
		bit[k] = YMM()
		VMOVDQU(lanes.Offset(32*k), bit[k])
	}
	Label("cross_tile")
	var sum [8]reg.VecVirtual
	for k := range sum {
		sum[k] = YMM()
		VMOVDQU(Mem{Base: acc, Disp: 32 * k}, sum[k])
	}
	it, row, w := GP64(), GP64(), GP64()
	MOVQ(items, it)
	Label("cross_row")
	MOVL(Mem{Base: it, Disp: itemOff}, row.As32())
	ADDQ(base, row)
	MOVL(Mem{Base: it, Disp: itemN}, w.As32())
	ADDQ(mant, w)
	ADDQ(U8(itemSize), it)
	for half := range 2 {
		word := YMM()
		VPBROADCASTD(Mem{Base: row, Disp: 4 * half}, word)
		for k := range 4 {
			m, v := YMM(), YMM()
			VPAND(bit[k], word, m)
			VPCMPEQD(bit[k], m, m)
			VPMOVSXWD(Mem{Base: w, Disp: 64*half + 16*k}, v)
			VPAND(m, v, v)
			VPADDD(v, sum[4*half+k], sum[4*half+k])
		}
	}
	CMPQ(it, n)
	JNE(LabelRef("cross_row"))
	for k := range sum {
		VMOVDQU(sum[k], Mem{Base: acc, Disp: 32 * k})
	}
	ADDQ(U32(4*64), acc)
	ADDQ(U8(64/8), base)
	ADDQ(U32(2*64), mant)
	SUBQ(U8(64), cols)
	JNZ(LabelRef("cross_tile"))
	VZEROUPPER()
	RET()
}

// patch adds rows of 8 weights, each to 8 accumulators, window row by window
// row; steps are in bytes.
func patch() {
	TEXT("patchAVX2", NOSPLIT, "func(acc *int32, w *int16, rows, step, wStep, columns, cStep, wcStep int)")
	Doc("patchAVX2 adds rows of 8 weights.")
	acc, w := Load(Param("acc"), GP64()), Load(Param("w"), GP64())
	rows, step, wStep := Load(Param("rows"), GP64()), Load(Param("step"), GP64()), Load(Param("wStep"), GP64())
	columns, cStep, wcStep := Load(Param("columns"), GP64()), Load(Param("cStep"), GP64()), Load(Param("wcStep"), GP64())
	Label("patch_row")
	a, v, n := GP64(), GP64(), GP64()
	MOVQ(acc, a)
	MOVQ(w, v)
	MOVQ(columns, n)
	Label("patch_column")
	y := YMM()
	VPMOVSXWD(Mem{Base: v}, y)
	VPADDD(Mem{Base: a}, y, y)
	VMOVDQU(y, Mem{Base: a})
	ADDQ(cStep, a)
	ADDQ(wcStep, v)
	DECQ(n)
	JNZ(LabelRef("patch_column"))
	ADDQ(step, acc)
	ADDQ(wStep, w)
	DECQ(rows)
	JNZ(LabelRef("patch_row"))
	VZEROUPPER()
	RET()
}
