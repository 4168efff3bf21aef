package synapse

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// crossbar is a binary array with a weight per row type and target. Bits are
// padded to whole chunks of targets, weights likewise.
type crossbar struct {
	n     int    // targets
	first uint32 // first place of its targets
	bits  []byte
	mant  []byte // int16, little-endian, type after type
}

// chunk is the number of targets that a row is padded to.
const chunk = 64

// maxCrossbars bounds the crossbars of a memory: the number has 8 bits.
const maxCrossbars = 256

// AddCrossbar stores a crossbar with targets base .. base+n-1 at a delay:
// words of 64 bits row after row, and weights per type and target. It gives
// the lists of the rows. ok is false if a weight does not fit 16 bits or there
// are too many crossbars: then nothing was stored.
func (m *Memory) AddCrossbar(base, n int, delay uint8, types []uint8, words []uint64, weights [][]int32) (rows []List, ok bool) {
	pitch := (n + chunk - 1) / chunk * chunk
	if len(m.cross) == maxCrossbars || len(types)*pitch/8 > 1<<31 || len(weights)*pitch*2 > 1<<31 {
		return nil, false
	}
	x := crossbar{n: n, first: uint32(int(delay)*m.n + base), bits: make([]byte, len(types)*pitch/8), mant: make([]byte, len(weights)*pitch*2)}
	for i, w := range words {
		binary.LittleEndian.PutUint64(x.bits[8*i:], w)
	}
	for t := range weights {
		for i, w := range weights[t] {
			if int32(int16(w)) != w {
				return nil, false
			}
			binary.LittleEndian.PutUint16(x.mant[2*(t*pitch+i):], uint16(w))
		}
	}
	x.bits, x.mant = aligned(x.bits), aligned(x.mant)
	for r, t := range types {
		rows = append(rows, List{off: uint32(r * pitch / 8), n: uint32(int(t) * pitch * 2), place: x.first, shift: uint8(len(m.cross)), Form: Cross})
	}
	m.cross = append(m.cross, x)
	return rows, true
}

// serveCross adds rows, those of one crossbar and place together.
func (m *Memory) serveCross(acc []int32, rows []item) {
	same := func(a, b *item) bool { return a.place == b.place && a.shift == b.shift }
	for i := range rows {
		if !same(&rows[i], &rows[0]) {
			slices.SortStableFunc(rows, func(a, b item) int {
				return cmp.Or(cmp.Compare(a.shift, b.shift), cmp.Compare(a.place, b.place))
			})
			break
		}
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && same(&rows[n], &rows[0]) {
			n++
		}
		x := &m.cross[rows[0].shift]
		x.add(acc[rows[0].place:][:x.n], rows[:n])
		rows = rows[n:]
	}
}

// add adds rows to the accumulators of the targets.
func (x *crossbar) add(acc []int32, rows []item) {
	if !vector {
		x.count(acc, rows)
		return
	}
	full := x.n / chunk * chunk
	if full > 0 {
		crossAVX2(&acc[0], &x.bits[0], &x.mant[0], &rows[0].off, len(rows), full)
	}
	if full < x.n {
		var last [chunk]int32
		crossAVX2(&last[0], &x.bits[full/8], &x.mant[2*full], &rows[0].off, len(rows), chunk)
		for i := range acc[full:] {
			acc[full+i] += last[i]
		}
	}
}

// count is add without assembly: per type, the rows are counted for all
// targets at once in bit-sliced counters of 16 bits, then weighted.
func (x *crossbar) count(acc []int32, rows []item) {
	slices.SortStableFunc(rows, func(a, b item) int { return cmp.Compare(a.n, b.n) })
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && n < 1<<15 && rows[n].n == rows[0].n {
			n++
		}
		for w := 0; w*64 < x.n; w++ {
			x.countWord(acc, rows[:n], w)
		}
		rows = rows[n:]
	}
}

func (x *crossbar) countWord(acc []int32, rows []item, w int) {
	var plane [16]uint64
	any := uint64(0)
	for k := range rows {
		carry := binary.LittleEndian.Uint64(x.bits[int(rows[k].off)+8*w:])
		any |= carry
		for p := 0; carry != 0; p++ {
			plane[p], carry = plane[p]^carry, plane[p]&carry
		}
	}
	mant := x.mant[int(rows[0].n)+128*w:]
	for ; any != 0; any &= any - 1 {
		i := bits.TrailingZeros64(any)
		times := int32(0)
		for p := 0; len(rows)>>p != 0; p++ {
			times |= int32(plane[p]>>i&1) << p
		}
		acc[w*64+i] += times * int32(int16(binary.LittleEndian.Uint16(mant[2*i:])))
	}
}

// eachCross visits the synapses of a row.
func (m *Memory) eachCross(l *List, visit func(e Entry)) {
	x := &m.cross[l.shift]
	delay, base := int(x.first)/m.n, int(x.first)%m.n
	for i := range x.n {
		if x.bits[int(l.off)+i/8]>>(i%8)&1 == 1 {
			w := int16(binary.LittleEndian.Uint16(x.mant[int(l.n)+2*i:]))
			visit(Entry{uint16(base + i), uint8(delay), int32(w)})
		}
	}
}
