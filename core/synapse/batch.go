package synapse

import (
	"cmp"
	"encoding/binary"
	"unsafe"
)

// item is a list that waits in a batch, in the layout that the assembly reads.
type item struct {
	off   uint32 // byte offset into arena or rows
	n     uint32
	place uint32 // Gap, Row: first place of its slot; Near: place of slot 0
	shift uint32
}

// Batch collects the lists that spikes of one tick call for, so that they can
// be fetched ahead of their use.
type Batch struct {
	gap, near, rows, cross, pair, masked []item
}

// Put adds a list to the batch. Slot is the ring slot of this tick.
func (b *Batch) Put(m *Memory, l *List, slot int) {
	switch l.Form {
	case Gap:
		b.gap = append(b.gap, item{l.off, l.n, m.from(slot, l.place), uint32(l.shift)})
	case Pair:
		b.pair = append(b.pair, item{l.off, l.n, m.from(slot, l.place), 0})
	case Near:
		b.near = append(b.near, item{l.off, l.n, uint32(slot * m.n), uint32(l.shift)})
	case Row:
		b.rows = append(b.rows, item{l.off, l.n, m.from(slot, l.place), uint32(l.shift)})
	case Masked:
		b.masked = append(b.masked, m.maskedItem(l, slot))
	case Cross:
		b.cross = append(b.cross, item{l.off, l.n, m.from(slot, l.place), uint32(l.shift)})
	}
}

// from is the first place of the slot that a delay reaches.
func (m *Memory) from(slot int, place uint32) uint32 {
	at := uint32(slot*m.n) + place
	if all := uint32(m.n * m.ring); at >= all {
		at -= all
	}
	return at
}

// Empty says whether nothing waits.
func (b *Batch) Empty() bool {
	return len(b.gap)+len(b.near)+len(b.rows)+len(b.cross)+len(b.pair)+len(b.masked) == 0
}

// Drop forgets what waits.
func (b *Batch) Drop() {
	b.gap, b.near, b.rows = b.gap[:0], b.near[:0], b.rows[:0]
	b.cross, b.pair, b.masked = b.cross[:0], b.pair[:0], b.masked[:0]
}

// Serve adds everything that waits to acc, ring x compartments accumulators,
// and empties the batch.
func (b *Batch) Serve(m *Memory, acc []int32) {
	if len(b.gap) > 0 {
		m.serveGap(acc, b.gap)
		b.gap = b.gap[:0]
	}
	if len(b.pair) > 0 {
		m.servePair(acc, b.pair)
		b.pair = b.pair[:0]
	}
	if len(b.near) > 0 {
		m.serveNear(acc, b.near)
		b.near = b.near[:0]
	}
	if len(b.rows) > 0 {
		m.serveRows(acc, b.rows)
		b.rows = b.rows[:0]
	}
	if len(b.masked) > 0 {
		m.serveMasked(acc, b.masked)
		b.masked = b.masked[:0]
	}
	if len(b.cross) > 0 {
		m.serveCross(acc, b.cross)
		b.cross = b.cross[:0]
	}
}

// alike says that two rows have the same place and shift.
func alike(a, b *item) bool { return a.place == b.place && a.shift == b.shift }

// byPlace orders rows by place, then shift.
func byPlace(a, b item) int {
	return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.shift, b.shift))
}

// serveRows adds rows of one place and shift together.
func (m *Memory) serveRows(acc []int32, rows []item) {
	serveSorted(rows, func(rows []item) { m.addRows(acc[rows[0].place:][:m.n], rows) })
}

// serveMasked adds masked rows of one place and shift together.
func (m *Memory) serveMasked(acc []int32, rows []item) {
	serveSorted(rows, func(rows []item) { m.addMaskedRows(acc[rows[0].place:][:m.n], rows) })
}

// ahead is how many lists before its turn a list is fetched; 0 = not at all.
var ahead = 8

// rowsAtOnce rows of 8 bits add up exactly in 16.
const rowsAtOnce = 255

// addRows adds up to rowsAtOnce rows of one shift to the accumulators of a
// slot, tile by tile.
func (m *Memory) addRows(acc []int32, rows []item) {
	full := len(acc) / tile * tile
	if vector {
		if full > 0 {
			rowsAVX2(&acc[0], &m.rows[0], &rows[0].off, len(rows), full)
		}
		if full < len(acc) {
			var last [tile]int32
			rowsAVX2(&last[0], &m.rows[full], &rows[0].off, len(rows), tile)
			for i := range acc[full:] {
				acc[full+i] += last[i]
			}
		}
		return
	}
	shift := rows[0].shift
	for k := range rows {
		row := m.rows[rows[k].off:][:len(acc)]
		for i, w := range row {
			acc[i] += int32(int8(w)) << shift
		}
	}
}

func (m *Memory) serveGap(acc []int32, items []item) {
	if vector {
		gapAVX2(&acc[0], unsafe.SliceData(m.arena), &items[0].off, len(items), ahead)
		return
	}
	for k := range items {
		x := &items[k]
		to, list := acc[x.place:][:m.n], m.arena[x.off:][:2*x.n]
		at := 0
		for i := 0; i+1 < len(list); i += 2 {
			at += int(list[i])
			to[at] += int32(int8(list[i+1])) << x.shift
		}
	}
}

func (m *Memory) servePair(acc []int32, items []item) {
	if vector {
		pairAVX2(&acc[0], unsafe.SliceData(m.arena), &items[0].off, len(items), ahead)
		return
	}
	for k := range items {
		x := &items[k]
		to, list := acc[x.place:][:m.n], m.arena[x.off:][:4*x.n]
		for i := 0; i+3 < len(list); i += 4 {
			v := binary.LittleEndian.Uint32(list[i:])
			to[v&0xffff] += int32(v) >> 16
		}
	}
}

func (m *Memory) serveNear(acc []int32, items []item) {
	if vector {
		nearAVX2(&acc[0], unsafe.SliceData(m.arena), &items[0].off, len(items), ahead, len(acc))
		return
	}
	for k := range items {
		x := &items[k]
		n := int(x.n)
		list := m.arena[x.off:][:3*n]
		for i := range n {
			at := (int(list[2*i]) | int(list[2*i+1])<<8) + int(x.place)
			if at >= len(acc) {
				at -= len(acc)
			}
			acc[at] += int32(int8(list[2*n+i])) << x.shift
		}
	}
}

// aligned copies b to where a cache line starts.
func aligned(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	big := make([]byte, len(b)+2*line)
	skip := int(-uintptr(unsafe.Pointer(&big[0])) & (line - 1))
	out := big[skip : skip+len(b) : skip+len(b)+line] // what is fetched behind the end is ours
	copy(out, b)
	return out
}
