package synapse

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"
)

// maskedTile is the number of compartments that one pass over masked rows adds
// up in registers.
const maskedTile = 256

// maskedFrom and maskedTo bound the density of lists that are stored as masked
// rows, as synapses per 64 compartments. Measured, see docs/PERFORMANCE.md.
const maskedFrom, maskedTo = 4, 44

// preferMasked says that masked rows are stored: only their loop is fast.
var preferMasked = wide

// masks is the size of a masked row's masks in bytes.
func (m *Memory) masks() int { return (m.n + maskedTile - 1) / maskedTile * maskedTile / 8 }

// maskable says that a list of one delay and common shift does best as a masked
// row on this processor.
func (m *Memory) maskable(size int) bool {
	return preferMasked && size*64 >= 8*m.masks()*maskedFrom && size*64 < m.n*maskedTo
}

// addMasked stores a bit per compartment, then the weights of those that have
// one; synapses of one target add up if they fit.
func (m *Memory) addMasked(list []Entry, shift uint8, place uint32) (List, bool) {
	sortByTarget(list)
	at := m.room(m.masks() + len(list))
	m.arena = append(m.arena, make([]byte, m.masks())...)
	for i := 0; i < len(list); {
		to, w := list[i].Target, int32(0)
		for ; i < len(list) && list[i].Target == to; i++ {
			w += list[i].W >> shift
		}
		if int32(int8(w)) != w {
			m.arena = m.arena[:at]
			return List{}, false
		}
		if w != 0 {
			m.arena[at+int(to/8)] |= 1 << (to % 8)
			m.arena = append(m.arena, byte(w))
		}
	}
	n := len(m.arena) - at - m.masks()
	return List{off: uint32(at), n: uint32(n), place: place, shift: shift, Form: Masked}, true
}

// eachMasked visits the targets and weights of a masked row.
func (m *Memory) eachMasked(off uint32, visit func(target int, w int32)) {
	w := int(off) + m.masks()
	for at := range m.masks() / 8 {
		for set := binary.LittleEndian.Uint64(m.arena[int(off)+8*at:]); set != 0; set &= set - 1 {
			visit(64*at+bits.TrailingZeros64(set), int32(int8(m.arena[w])))
			w++
		}
	}
}

// maskedItem is a masked row in a batch: its n is where the weights start.
func (m *Memory) maskedItem(l *List, slot int) item {
	return item{l.off, l.off + uint32(m.masks()), m.from(slot, l.place), uint32(l.shift)}
}

// addMaskedRows adds up to rowsAtOnce masked rows of one shift to the
// accumulators of a slot. Rows are used up.
func (m *Memory) addMaskedRows(acc []int32, rows []item) {
	if !wide {
		for k := range rows {
			m.eachMasked(rows[k].off, func(to int, w int32) { acc[to] += w << rows[k].shift })
		}
		return
	}
	full := len(acc) / maskedTile * maskedTile
	arena := unsafe.SliceData(m.arena)
	if full > 0 {
		maskedAVX512(&acc[0], arena, &rows[0].off, len(rows), maskedAhead, full)
	}
	if full < len(acc) {
		var last [maskedTile]int32
		maskedAVX512(&last[0], arena, &rows[0].off, len(rows), maskedAhead, maskedTile)
		for i := range acc[full:] {
			acc[full+i] += last[i]
		}
	}
}

// maskedAhead is how many rows before its turn a masked row is fetched.
const maskedAhead = 4

// serveSorted hands out rows of one place and shift together, at most
// rowsAtOnce at a time.
func serveSorted(rows []item, add func(rows []item)) {
	for i := range rows {
		if !alike(&rows[i], &rows[0]) {
			slices.SortStableFunc(rows, byPlace)
			break
		}
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && n < rowsAtOnce && alike(&rows[n], &rows[0]) {
			n++
		}
		add(rows[:n])
		rows = rows[n:]
	}
}
