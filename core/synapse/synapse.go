// Package synapse holds the fixed synapse lists of a core in compact forms and
// adds them to accumulators. A form is chosen per in-axon and only where the
// sums are the same to the last bit: accumulators wrap modulo 2^32, so the
// order of additions inside a tick is free. What is not (accumulators that
// saturate after every event, weights that learn, staged sums) stays with the
// core as plain cells.
package synapse

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// Entry is one synapse: the compartment, the delay in ticks and what one event
// adds.
type Entry struct {
	Target uint16
	Delay  uint8
	W      int32
}

// Form is how a list is stored.
type Form uint8

// The forms, in bytes per synapse: Pair 4 (target and weight of 16 bits each,
// one delay for the list), Gap 2 (distance to the last target and weight, one
// delay), Near 3 (16-bit place in the ring and weight), Row 1 per compartment (dense, one delay); Masked 1 and
// a bit per compartment (one delay); Cross is a bit per target
// of a crossbar. None: no form of this package fits.
const (
	None Form = iota
	Gap
	Near
	Row
	Cross
	Pair
	Masked
)

// List is a stored list.
type List struct {
	off   uint32 // bytes into arena, rows or a crossbar's bits
	n     uint32 // entries; Cross: bytes into the crossbar's weights
	place uint32 // Gap, Row: delay * N; Cross: its first place
	shift uint8  // weights are stored >> shift; Cross: number of the crossbar
	Form  Form
}

// Memory is the synapse memory of one core.
type Memory struct {
	n, ring int // compartments, slots
	pitch   int // bytes of a dense row, a multiple of tile
	arena   []byte
	rows    []byte
	cross   []crossbar
}

// line is a cache line: a list of up to one line does not cross one.
const line = 64

// unroll entries are served per turn of a loop; lists are filled up to a
// multiple with entries of weight 0, which add nothing.
const unroll = 4

// tile is the number of compartments that one pass over dense rows adds up in
// registers.
const tile = 128

// New makes an empty memory for n compartments and a ring of slots.
func New(n, ring int) *Memory {
	return &Memory{n: n, ring: ring, pitch: (n + tile - 1) / tile * tile}
}

// Bytes is the size of the memory.
func (m *Memory) Bytes() int {
	n := len(m.arena) + len(m.rows)
	for i := range m.cross {
		n += len(m.cross[i].bits) + len(m.cross[i].mant)
	}
	return n
}

// denseFrom is the density from which a list is stored as a dense row, as
// synapses per 64 compartments. Measured, see docs/PERFORMANCE.md.
const denseFrom = 10

// Add stores a list in the form that suits it. ok is false if none fits: then
// nothing was stored. Entries are reordered.
func (m *Memory) Add(list []Entry) (l List, ok bool) {
	if len(list) == 0 {
		return List{Form: Gap}, true
	}
	shift, ok := common(list)
	if len(m.arena) > 1<<31 {
		return List{}, false
	}
	one := true
	for i := range list {
		one = one && list[i].Delay == list[0].Delay
	}
	place := uint32(list[0].Delay) * uint32(m.n)
	dense := ok && one && len(list)*64 >= m.n*denseFrom && len(m.rows)+m.pitch < 1<<32
	if one && !ok && pairable(list) {
		return m.addPair(list, place), true
	}
	if !ok {
		return List{}, false
	}
	if one && m.maskable(len(list)) {
		if l, ok = m.addMasked(list, shift, place); ok {
			return l, true
		}
	}
	switch {
	case dense:
		if l, ok = m.addRow(list, shift, place); ok {
			return l, true
		}
		fallthrough
	case one:
		if l, ok = m.addGap(list, shift, place); ok {
			return l, true
		}
	}
	if m.n*m.ring > 1<<16 {
		return List{}, false
	}
	return m.addNear(list, shift), true
}

// common is the largest shift that all weights are multiples of, and whether
// what remains fits 8 bits.
func common(list []Entry) (shift uint8, ok bool) {
	all := uint32(0)
	for i := range list {
		all |= uint32(list[i].W)
	}
	if all == 0 {
		return 0, true
	}
	shift = uint8(bits.TrailingZeros32(all))
	for i := range list {
		if w := list[i].W >> shift; int32(int8(w)) != w {
			return 0, false
		}
	}
	return shift, true
}

// addRow stores a dense row; synapses of one target add up if they fit.
func (m *Memory) addRow(list []Entry, shift uint8, place uint32) (List, bool) {
	at := len(m.rows)
	m.rows = append(m.rows, make([]byte, m.pitch)...)
	row := m.rows[at:]
	for i := range list {
		w := int32(int8(row[list[i].Target])) + list[i].W>>shift
		if int32(int8(w)) != w {
			m.rows = m.rows[:at]
			return List{}, false
		}
		row[list[i].Target] = byte(w)
	}
	return List{off: uint32(at), n: uint32(m.n), place: place, shift: shift, Form: Row}, true
}

// addGap stores distances and weights, ascending by target. Distances above
// 255 are bridged by entries of weight 0.
func (m *Memory) addGap(list []Entry, shift uint8, place uint32) (List, bool) {
	sortByTarget(list)
	fill, last := 0, uint16(0)
	for i := range list {
		fill += int(list[i].Target-last) / 256
		last = list[i].Target
	}
	n := len(list) + fill
	if fill > len(list) { // the other form is smaller
		return List{}, false
	}
	at := m.room(2 * (n + unroll - 1) / unroll * unroll)
	last = 0
	for i := range list {
		gap := list[i].Target - last
		for ; gap > 255; gap -= 255 {
			m.arena = append(m.arena, 255, 0)
		}
		m.arena = append(m.arena, byte(gap), byte(list[i].W>>shift))
		last = list[i].Target
	}
	for (len(m.arena)-at)%(2*unroll) != 0 {
		m.arena = append(m.arena, 0, 0)
	}
	n = (len(m.arena) - at) / 2
	return List{off: uint32(at), n: uint32(n), place: place, shift: shift, Form: Gap}, true
}

// pairable says that all weights fit 16 bits.
func pairable(list []Entry) bool {
	for i := range list {
		if int32(int16(list[i].W)) != list[i].W {
			return false
		}
	}
	return true
}

// addPair stores target and weight of each synapse.
func (m *Memory) addPair(list []Entry, place uint32) List {
	n := (len(list) + unroll - 1) / unroll * unroll
	at := m.room(4 * n)
	for i := range list {
		m.arena = binary.LittleEndian.AppendUint32(m.arena, uint32(list[i].Target)|uint32(list[i].W)<<16)
	}
	m.arena = append(m.arena, make([]byte, 4*(n-len(list)))...)
	return List{off: uint32(at), n: uint32(n), place: place, Form: Pair}
}

// addNear stores 16-bit places, then weights.
func (m *Memory) addNear(list []Entry, shift uint8) List {
	n := (len(list) + unroll - 1) / unroll * unroll
	at := m.room(3 * n)
	m.arena = append(m.arena, make([]byte, 3*n)...)
	places, weights := m.arena[at:at+2*n], m.arena[at+2*n:]
	for i := range list {
		p := int(list[i].Delay)*m.n + int(list[i].Target)
		places[2*i], places[2*i+1] = byte(p), byte(p>>8)
		weights[i] = byte(list[i].W >> shift)
	}
	return List{off: uint32(at), n: uint32(n), shift: shift, Form: Near}
}

// room aligns the end of the arena for a list of size bytes: up to a line it
// stays in one, longer ones start a line.
func (m *Memory) room(size int) int {
	at := len(m.arena)
	if left := line - at%line; at%line != 0 && size > left {
		m.arena = append(m.arena, make([]byte, left)...)
	}
	for len(m.arena)%4 != 0 {
		m.arena = append(m.arena, 0)
	}
	return len(m.arena)
}

// Seal ends building: the memory moves to where lines start at lines.
func (m *Memory) Seal() {
	m.arena, m.rows = aligned(m.arena), aligned(m.rows)
}

// Each visits the entries of a list as they are stored: compartment, delay
// and weight. Fillers and the empty places of rows are left out.
func (m *Memory) Each(l *List, visit func(e Entry)) {
	switch l.Form {
	case Cross:
		m.eachCross(l, visit)
	case Gap:
		at, delay := 0, uint8(int(l.place)/m.n)
		for i := range int(l.n) {
			at += int(m.arena[int(l.off)+2*i])
			if w := int32(int8(m.arena[int(l.off)+2*i+1])); w != 0 {
				visit(Entry{uint16(at), delay, w << l.shift})
			}
		}
	case Pair:
		delay := uint8(int(l.place) / m.n)
		for i := range int(l.n) {
			if x := binary.LittleEndian.Uint32(m.arena[int(l.off)+4*i:]); int32(x)>>16 != 0 {
				visit(Entry{uint16(x), delay, int32(x) >> 16})
			}
		}
	case Masked:
		delay := uint8(int(l.place) / m.n)
		m.eachMasked(l.off, func(to int, w int32) { visit(Entry{uint16(to), delay, w << l.shift}) })
	case Near:
		for i := range int(l.n) {
			p := int(m.arena[int(l.off)+2*i]) | int(m.arena[int(l.off)+2*i+1])<<8
			if w := int32(int8(m.arena[int(l.off)+2*int(l.n)+i])); w != 0 {
				visit(Entry{uint16(p % m.n), uint8(p / m.n), w << l.shift})
			}
		}
	case Row:
		row, delay := m.rows[int(l.off):], uint8(int(l.place)/m.n)
		for i := range m.n {
			if w := int32(int8(row[i])); w != 0 {
				visit(Entry{uint16(i), delay, w << l.shift})
			}
		}
	}
}

// Lines is the number of cache lines that serving a list touches.
func (m *Memory) Lines(l *List) int {
	at, size := int(l.off), 0
	switch l.Form {
	case Gap:
		size = 2 * int(l.n)
	case Near:
		size = 3 * int(l.n)
	case Pair:
		size = 4 * int(l.n)
	case Row:
		size = m.pitch
	case Masked:
		size = m.masks() + int(l.n)
	case Cross:
		size = (m.cross[l.shift].n + 7) / 8
	}
	if size == 0 {
		return 0
	}
	return (at+size-1)/line - at/line + 1
}

func sortByTarget(list []Entry) {
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(a.Target, b.Target) })
}
