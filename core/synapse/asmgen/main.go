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
	lists("gapAVX2", "func(acc *int32, arena *byte, items *uint32, n, ahead int)", 2)
	lists("pairAVX2", "func(acc *int32, arena *byte, items *uint32, n, ahead int)", 4)
	lists("nearAVX2", "func(acc *int32, arena *byte, items *uint32, n, ahead, total int)", 3)
	axons("gapAxonsAVX2", 2)
	axons("pairAxonsAVX2", 4)
	rows()
	cross()
	patch()
	masked()
	Generate()
}

// lists serves a batch of sparse lists, each fetched "ahead" items before its
// turn. Places of near lists wrap at total.
func lists(name, signature string, size int) {
	near := size == 3
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
	fetch(name, it, ahead, last, arena, size)
	p, n, to, s := GP64(), GP64(), GP64(), GP64()
	MOVL(Mem{Base: it, Disp: itemOff}, p.As32())
	ADDQ(arena, p)
	MOVL(Mem{Base: it, Disp: itemN}, n.As32())
	MOVL(Mem{Base: it, Disp: itemPlace}, to.As32())
	MOVL(Mem{Base: it, Disp: itemShift}, s.As32())
	ADDQ(U8(itemSize), it)
	switch size {
	case 3:
		nearLoop(name, acc, p, n, to, s, total)
	case 4:
		pairLoop(name, acc, p, n, to)
	default:
		gapLoop(name, acc, p, n, to, s)
	}
	CMPQ(it, end)
	JNE(LabelRef(name + "_item"))
	RET()
}

// fetch prefetches the lines of the list that comes "ahead" items later.
func fetch(name string, it, ahead, last, arena reg.Register, size int) {
	next, q, n := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: it, Index: ahead, Scale: 1}, next)
	CMPQ(next, last)
	CMOVQHI(last, next)
	MOVL(Mem{Base: next, Disp: itemOff}, q.As32())
	ADDQ(arena, q)
	PREFETCHT0(Mem{Base: q})
	MOVL(Mem{Base: next, Disp: itemN}, n.As32())
	fetchLines(name, q, n, size)
}

// fetchLines prefetches the lines of a list of n entries behind its first, at
// most three.
func fetchLines(name string, list, n reg.Register, size int) {
	CMPQ(n, U32(64/size))
	JLE(LabelRef(name + "_fetched"))
	PREFETCHT0(Mem{Base: list, Disp: 64})
	CMPQ(n, U32(128/size))
	JLE(LabelRef(name + "_fetched"))
	PREFETCHT0(Mem{Base: list, Disp: 128})
	PREFETCHT0(Mem{Base: list, Disp: 192})
	if size == 4 {
		CMPQ(n, U32(256/size))
		JLE(LabelRef(name + "_fetched"))
		PREFETCHT0(Mem{Base: list, Disp: 256})
		PREFETCHT0(Mem{Base: list, Disp: 320})
		PREFETCHT0(Mem{Base: list, Disp: 384})
	}
	Label(name + "_fetched")
}

// pairLoop adds a list of 32-bit entries: target below, weight above.
func pairLoop(name string, acc reg.Register, p, n, to reg.GPVirtual) {
	LEAQ(Mem{Base: acc, Index: to, Scale: 4}, to)
	entries := func(count int) {
		for k := range count {
			w, t := GP64(), GP64()
			MOVL(Mem{Base: p, Disp: 4 * k}, w.As32())
			MOVWLZX(w.As16(), t.As32())
			SARL(U8(16), w.As32())
			ADDL(w.As32(), Mem{Base: to, Index: t, Scale: 4})
		}
		ADDQ(U8(4*count), p)
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

func gapLoop(name string, acc reg.Register, p, n, to, s reg.GPVirtual) {
	LEAQ(Mem{Base: acc, Index: to, Scale: 4}, to)
	at := GP64()
	XORL(at.As32(), at.As32())
	count := XMM()
	VMOVD(s.As32(), count)
	// One weight of a pair of entries is the lower half of a register.
	add := func(k int, w reg.GPVirtual) {
		for h := range 2 {
			g := GP64()
			MOVBLZX(Mem{Base: p, Disp: 2 * (k + h)}, g.As32())
			ADDQ(g, at)
			ADDL(w.As32(), Mem{Base: to, Index: at, Scale: 4})
			if h == 0 {
				SHRQ(U8(32), w)
			}
		}
	}
	four := func(k int, v reg.Register) {
		a, b := GP64(), GP64()
		VMOVQ(v, a)
		VPEXTRQ(U8(1), v, b)
		add(k, a)
		add(k+2, b)
	}
	TESTQ(U32(unroll), n)
	JZ(LabelRef(name + "_even"))
	x := XMM()
	VPMOVSXWD(Mem{Base: p}, x)
	VPSRAD(U8(8), x, x)
	VPSLLD(count, x, x)
	four(0, x)
	ADDQ(U8(2*unroll), p)
	Label(name + "_even")
	SUBQ(U8(2*unroll), n)
	JL(LabelRef(name + "_done"))
	Label(name + "_turn")
	y, z := YMM(), XMM()
	VPMOVSXWD(Mem{Base: p}, y)
	VPSRAD(U8(8), y, y)
	VPSLLD(count, y, y)
	VEXTRACTI128(U8(1), y, z)
	four(0, y.AsX())
	four(unroll, z)
	ADDQ(U8(4*unroll), p)
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

// Fields of kind and of a packet, in bytes; a ref has 8: the list's offset / 4,
// then its entries / unroll and its kind in 16 bits each.
const (
	kindEvents, kindPlace, kindShift = 0, 8, 12
	packetSize                       = 8
)

// axons serves packets: the in-axon's ref is fetched 2 * ahead packets before
// its turn, its list ahead packets before.
func axons(name string, size int) {
	TEXT(name, NOSPLIT, "func(acc *int32, arena *byte, refs *uint32, nRefs int, kinds *uint32, packets *uint16, n, ahead, slot, total int, sums *int64)")
	Doc(name + " adds the lists of packets to the accumulators and counts.")
	acc, arena := Load(Param("acc"), GP64()), Load(Param("arena"), GP64())
	refs, pk := Load(Param("refs"), GP64()), Load(Param("packets"), GP64())
	end := Load(Param("n"), GP64())
	LEAQ(Mem{Base: pk, Index: end, Scale: packetSize}, end)
	both := GP64()
	XORQ(both, both)
	Label(name + "_packet")
	CMPQ(pk, end)
	JEQ(LabelRef(name + "_end"))
	axonsFetch(name, size, refs, pk, end, arena)
	x := GP64()
	MOVWQZX(Mem{Base: pk}, x)
	ADDQ(U8(packetSize), pk)
	nRefs := Load(Param("nRefs"), GP64())
	CMPQ(x, nRefs)
	JCC(LabelRef(name + "_lost"))
	list, n, s, to := GP64(), GP64(), GP64(), GP64()
	MOVL(Mem{Base: refs, Index: x, Scale: 8}, list.As32())
	LEAQ(Mem{Base: arena, Index: list, Scale: 4}, list)
	MOVWQZX(Mem{Base: refs, Index: x, Scale: 8, Disp: 4}, n)
	SHLQ(U8(2), n)
	MOVWQZX(Mem{Base: refs, Index: x, Scale: 8, Disp: 6}, x)
	SHLQ(U8(4), x)
	kinds := Load(Param("kinds"), GP64())
	ADDQ(kinds, x)
	ADDQ(Mem{Base: x, Disp: kindEvents}, both) // and the words above
	axonsPlace(x, to)
	MOVL(Mem{Base: x, Disp: kindShift}, s.As32())
	if size == 4 {
		pairLoop(name, acc, list, n, to)
	} else {
		gapLoop(name, acc, list, n, to, s)
	}
	JMP(LabelRef(name + "_packet"))
	Label(name + "_lost")
	sums := Load(Param("sums"), GP64())
	INCQ(Mem{Base: sums, Disp: 16})
	JMP(LabelRef(name + "_packet"))
	Label(name + "_end")
	axonsCount(both)
	RET()
}

// axonsPlace is the first place of the slot that the list's delay reaches.
func axonsPlace(x, to reg.GPVirtual) {
	less, place := GP64(), GP64()
	Load(Param("slot"), to)
	total := Load(Param("total"), GP64())
	MOVL(Mem{Base: x, Disp: kindPlace}, place.As32())
	ADDQ(place, to)
	MOVQ(to, less)
	SUBQ(total, less)
	CMOVQCC(less, to)
}

// axonsFetch prefetches for packets to come; behind the last one it does for
// the last again.
func axonsFetch(name string, size int, refs, pk, end, arena reg.Register) {
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
	PREFETCHT0(Mem{Base: refs, Index: far, Scale: 8})
	nRefs, zero := Load(Param("nRefs"), GP64()), GP64()
	XORL(zero.As32(), zero.As32())
	MOVWQZX(Mem{Base: near}, near)
	CMPQ(near, nRefs)
	CMOVQCC(zero, near)
	list, n := GP64(), GP64()
	MOVL(Mem{Base: refs, Index: near, Scale: 8}, list.As32())
	LEAQ(Mem{Base: arena, Index: list, Scale: 4}, list)
	PREFETCHT0(Mem{Base: list})
	MOVWQZX(Mem{Base: refs, Index: near, Scale: 8, Disp: 4}, n)
	SHLQ(U8(2), n)
	fetchLines(name, list, n, size)
}

// axonsCount splits the events, in the lower half of a register, from the words.
func axonsCount(both reg.GPVirtual) {
	sums, v := Load(Param("sums"), GP64()), GP64()
	MOVL(both.As32(), v.As32())
	ADDQ(v, Mem{Base: sums})
	SHRQ(U8(32), both)
	ADDQ(both, Mem{Base: sums, Disp: 8})
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
