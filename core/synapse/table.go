package synapse

import (
	"unsafe"

	"hillock/router"
)

// ref is an in-axon of a Table, in the layout that the assembly reads. It is
// small, so that the refs of a machine stay in a near cache.
type ref struct {
	off  uint32 // of the list, in units of 4 bytes
	n    uint16 // entries, in units of unroll
	kind uint16
}

// kind is what in-axons have in common.
type kind struct {
	events, words uint32 // what a spike counts
	place, shift  uint32 // as in item; place without the slot
}

// Table serves whole runs of packets for a core all of whose in-axons have
// lists of one form, Gap, Pair or Masked: the commonest case, and the one that the
// machine's speed rests on.
type Table struct {
	refs  []ref
	kinds []kind
	form  Form
	ahead int // packets before its turn that a list is fetched
	wait  []router.Packet
	rows  []item // of form Masked, while they are served
}

// Served is what a run of packets counted.
type Served struct {
	Events int64 // synaptic events
	Words  int64 // synapse memory words read
	Lost   int64 // packets to in-axons that do not exist
}

// NewTable makes the table of n in-axons, nil if they are not all of the form
// Gap, all Pair or all Masked, lists without synapses aside, or differ in more
// than 65,536 ways. Each gives an in-axon's list, its synapses and its memory words.
func NewTable(n int, each func(axon int) (l *List, events, words uint32)) *Table {
	t := &Table{refs: make([]ref, n)}
	known, bytes := map[kind]int{}, 0
	for a := range t.refs {
		l, events, words := each(a)
		if empty := l.Form == Gap && l.n == 0; !empty {
			if t.form == None {
				t.form = l.Form
			}
			if l.Form != t.form || l.Form != Gap && l.Form != Pair && l.Form != Masked {
				return nil
			}
		}
		k := kind{events: events, words: words, place: l.place, shift: uint32(l.shift)}
		at, ok := known[k]
		if !ok {
			at = len(t.kinds)
			known[k], t.kinds = at, append(t.kinds, k)
		}
		if at >= 1<<16 || l.n/unroll >= 1<<16 || max(events, words) >= mostCounted {
			return nil
		}
		bytes += 4 * int(l.n) // of a Gap list half of that: the estimate need not be good
		t.refs[a] = ref{off: l.off / 4, n: uint16(l.n / unroll), kind: uint16(at)}
	}
	t.ahead = min(max(fetched*n/max(bytes, 1), 2), ahead)
	return t
}

// fetched is how many bytes of lists are on their way at a time. Measured: more
// or less costs a few percent.
const fetched = 2048

// Put lets packets wait for Serve.
func (t *Table) Put(p []router.Packet) { t.wait = append(t.wait, p...) }

// Waiting is the number of packets that wait.
func (t *Table) Waiting() int { return len(t.wait) }

// Drop forgets the packets that wait.
func (t *Table) Drop() { t.wait = t.wait[:0] }

// Serve adds the synapses of all packets that wait to acc; slot is the ring
// slot of this tick.
func (t *Table) Serve(m *Memory, acc []int32, slot int) (s Served) {
	if len(t.refs) == 0 {
		s.Lost = int64(len(t.wait))
	} else if t.form == Masked {
		s = t.serveMasked(m, acc, slot)
	} else if vector {
		s = t.serveVector(m, acc, slot)
	} else {
		s = t.serve(m, acc, slot)
	}
	t.Drop()
	return s
}

// atOnce packets of at most mostCounted events and words each count in two halves
// of one register.
const atOnce, mostCounted = 1 << 15, 1 << 17

func (t *Table) serveVector(m *Memory, acc []int32, slot int) Served {
	var sums [3]int64
	ref, kind, arena := &t.refs[0].off, &t.kinds[0].events, unsafe.SliceData(m.arena)
	for wait := t.wait; len(wait) > 0; wait = wait[min(len(wait), atOnce):] {
		n := min(len(wait), atOnce)
		if t.form == Pair { // called by name: what an indirect call takes would be allocated
			pairAxonsAVX2(&acc[0], arena, ref, len(t.refs), kind, &wait[0].Axon, n, min(t.ahead, ahead), slot*m.n, m.n*m.ring, &sums[0])
		} else {
			gapAxonsAVX2(&acc[0], arena, ref, len(t.refs), kind, &wait[0].Axon, n, min(t.ahead, ahead), slot*m.n, m.n*m.ring, &sums[0])
		}
	}
	return Served{sums[0], sums[1], sums[2]}
}

func (t *Table) serve(m *Memory, acc []int32, slot int) (s Served) {
	var one [1]item
	for _, p := range t.wait {
		if int(p.Axon) >= len(t.refs) {
			s.Lost++
			continue
		}
		r := &t.refs[p.Axon]
		k := &t.kinds[r.kind]
		s.Events += int64(k.events)
		s.Words += int64(k.words)
		one[0] = item{r.off * 4, uint32(r.n) * unroll, m.from(slot, k.place), k.shift}
		if t.form == Pair {
			m.servePair(acc, one[:])
		} else {
			m.serveGap(acc, one[:])
		}
	}
	return s
}

func (t *Table) serveMasked(m *Memory, acc []int32, slot int) (s Served) {
	t.rows = t.rows[:0]
	masks := uint32(m.masks())
	for _, p := range t.wait {
		if int(p.Axon) >= len(t.refs) {
			s.Lost++
			continue
		}
		r := t.refs[p.Axon]
		k := &t.kinds[r.kind]
		s.Events += int64(k.events)
		s.Words += int64(k.words)
		if k.events > 0 {
			t.rows = append(t.rows, item{r.off * 4, r.off*4 + masks, m.from(slot, k.place), k.shift})
		}
	}
	m.serveMasked(acc, t.rows)
	return s
}
