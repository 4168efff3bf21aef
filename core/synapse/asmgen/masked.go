package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// maskedTile is the number of compartments that one pass over masked rows adds
// up in registers.
const maskedTile = 256

// masked adds up to 255 masked rows of one shift: 64 weights at a time are
// spread to the places of a mask, then even and odd columns are summed exactly
// in 16 bits. Items move on to the next tile's masks and weights.
func masked() {
	TEXT("maskedAVX512", NOSPLIT, "func(acc *int32, arena *byte, items *uint32, n, ahead, cols int)")
	Doc("maskedAVX512 adds up to 255 masked rows to cols accumulators, a multiple of 256.")
	acc, arena := Load(Param("acc"), GP64()), Load(Param("arena"), GP64())
	items, n := Load(Param("items"), GP64()), Load(Param("n"), GP64())
	ahead, cols := Load(Param("ahead"), GP64()), Load(Param("cols"), GP64())
	SHLQ(U8(4), n)
	ADDQ(items, n) // end of the items
	SHLQ(U8(4), ahead)
	last := GP64()
	LEAQ(Mem{Base: n, Disp: -itemSize}, last)
	one := GP32()
	MOVL(U32(1), one)
	low := ZMM()
	VPBROADCASTW(one, low)
	var even, odd [maskedTile / 64]reg.VecVirtual
	Label("masked_tile")
	for c := range even {
		even[c], odd[c] = ZMM(), ZMM()
		VPXORQ(even[c], even[c], even[c])
		VPXORQ(odd[c], odd[c], odd[c])
	}
	it, next := GP64(), GP64()
	MOVQ(items, it)
	Label("masked_row")
	LEAQ(Mem{Base: it, Index: ahead, Scale: 1}, next)
	CMPQ(next, last)
	CMOVQHI(last, next)
	MOVL(Mem{Base: next, Disp: itemOff}, next.As32())
	ADDQ(arena, next)
	for k := range 4 {
		PREFETCHT0(Mem{Base: next, Disp: 64 * k})
	}
	row, w := GP64(), GP64()
	MOVL(Mem{Base: it, Disp: itemOff}, row.As32())
	MOVL(Mem{Base: it, Disp: itemN}, w.As32())
	ADDL(U8(maskedTile/8), Mem{Base: it, Disp: itemOff})
	ADDQ(arena, row)
	ADDQ(arena, w)
	for c := range even {
		k, v, e, used := K(), ZMM(), ZMM(), GP64()
		mask := Mem{Base: row, Disp: 8 * c}
		KMOVQ(mask, k)
		VMOVDQU64(Mem{Base: w}, v)
		VPEXPANDB_Z(v, k, v)
		POPCNTQ(mask, used)
		ADDQ(used, w)
		VPMADDUBSW(v, low, e)
		VPSRAW(U8(8), v, v)
		VPADDW(e, even[c], even[c])
		VPADDW(v, odd[c], odd[c])
	}
	SUBQ(arena, w)
	MOVL(w.As32(), Mem{Base: it, Disp: itemN})
	ADDQ(U8(itemSize), it)
	CMPQ(it, n)
	JNE(LabelRef("masked_row"))
	shift, s := XMM(), GP32()
	MOVL(Mem{Base: items, Disp: itemShift}, s)
	VMOVD(s, shift)
	for c := range even {
		maskedStore(acc, even[c], odd[c], shift, 4*64*c)
	}
	ADDQ(U32(4*maskedTile), acc)
	SUBQ(U32(maskedTile), cols)
	JNZ(LabelRef("masked_tile"))
	VZEROUPPER()
	RET()
}

// maskedStore adds the sums of 64 columns to the accumulators at disp.
func maskedStore(acc reg.Register, even, odd, shift reg.VecVirtual, disp int) {
	low, high := ZMM(), ZMM()
	VPUNPCKLWD(odd, even, low)
	VPUNPCKHWD(odd, even, high)
	for lane := range 4 {
		for h, z := range []reg.VecVirtual{low, high} {
			x, y := XMM(), YMM()
			VEXTRACTI32X4(U8(lane), z, x)
			VPMOVSXWD(x, y)
			VPSLLD(shift, y, y)
			m := Mem{Base: acc, Disp: disp + 64*lane + 32*h}
			VPADDD(m, y, y)
			VMOVDQU32(y, m)
		}
	}
}
