package event

import (
	"fmt"
	"slices"
)

// State is everything of a core that edges change: plain data, complete.
type State struct {
	// Mem[m] are the words of memory m in chunks of 64 bits, low chunk first.
	Mem [][]uint64
	// Streams[s] is what comes next of stream s, per lane.
	Streams [][]uint64
	// Queue[0] is the head, which stays while it is executed.
	Queue []uint64
	// Wheel are the queues of the wheel, heads first; nil without one.
	Wheel [][]uint64
	// Ports are the input links.
	Ports []Link
	// Decision is the first edge at which the controller may decide again;
	// through edge Busy the output link keeps it from deciding.
	Decision, Busy int64
	// Blocked: an output waits for the acknowledge of a wired receiver, Busy is
	// the edge behind which it was requested.
	Blocked bool
	// Clear is the first edge at which an output to a wired receiver can start.
	Clear int64
	// Outbox are outputs that wait for one before them to end; At is Never while
	// that end is not known.
	Outbox []Output
	// Ended is the edge of the last activity: a write, an output's end, the end
	// of a handshake; -1 = none yet.
	Ended int64
	Walk  Walking
	Shift Shifting
}

// Link is an input link: what the sender still has to send, and the first edge
// at which its next request can be sampled.
type Link struct {
	Waiting []Arrival
	Free    int64
	Calls   []Call // requests of wired senders, at most one of each
}

// Arrival is an event at a port: its request is raised at edge At at the
// earliest.
type Arrival struct {
	At   int64
	Word uint64
}

// Output is an address that leaves at an edge.
type Output struct{ At, Address int64 }

// Walking is the controller's work in progress.
type Walking struct {
	Running bool
	Head    bool // the row is one of the queue's head, else of a request
	Row     int
	Port    int
	Wire    int    // of a request: 1 + the wire that called, 0 = none did
	Slot    int    // of a head: 0 = the queue's, k = that of the wheel's slot k-1
	Word    uint64 // the event in hand
	Edge    int64  // of the next item, push or pop; Held: from the end of the output on
	Held    bool   // the output's end is not known yet
	Last    int64  // edge of the last write
	Pushing bool   // the next thing is the push of the event
	Popping bool   // the next thing is the pop of the head
	Level   int    // depth of the walk in hand: 0 or 1
	At      [2]Cursor
	Old     []uint64 // word of a learning memory before its granule was learnt
}

// Cursor is a place within a list of walks.
type Cursor struct {
	Walk             int
	Src, Dst         int64
	First            int64 // target at which every source begins
	LastSrc, LastDst int64
	Began            int64 // edge before the first edge of the walk
}

// newState is the start state of an image.
func newState(img *Image) State {
	s := State{Ended: -1}
	for m, mem := range img.Spec.Memories {
		words := make([]uint64, mem.Words*mem.chunks())
		if m < len(img.Init) {
			copy(words, img.Init[m])
		}
		s.Mem = append(s.Mem, words)
	}
	for _, x := range img.Spec.Streams {
		s.Streams = append(s.Streams, slices.Clone(x.Seeds))
	}
	s.Ports = make([]Link, len(img.Spec.Control.Ports))
	if w := img.Spec.Control.Wheel; w != nil {
		s.Wheel = make([][]uint64, w.Slots)
	}
	return s
}

// Clone is a copy of s that shares nothing with it.
func (s *State) Clone() State {
	c := *s
	c.Mem, c.Streams, c.Wheel = cloneRows(s.Mem), cloneRows(s.Streams), cloneRows(s.Wheel)
	c.Queue, c.Walk.Old, c.Outbox = slices.Clone(s.Queue), slices.Clone(s.Walk.Old), slices.Clone(s.Outbox)
	c.Ports, c.Shift = slices.Clone(s.Ports), s.Shift.clone()
	for p := range c.Ports {
		c.Ports[p].Waiting = slices.Clone(s.Ports[p].Waiting)
		c.Ports[p].Calls = slices.Clone(s.Ports[p].Calls)
	}
	return c
}

func cloneRows(rows [][]uint64) [][]uint64 {
	out := slices.Clone(rows)
	for i := range out {
		out[i] = slices.Clone(rows[i])
	}
	return out
}

// chunks is how many 64-bit chunks a word takes.
func (m *Memory) chunks() int { return (m.Bits + 63) / 64 }

// item is the number of the item at a source and target.
func (m *Memory) item(src, dst int64) int64 {
	if m.Row > 0 {
		return src*int64(m.Row) + dst
	}
	if m.Words*m.Lanes == 1 {
		return 0
	}
	return dst
}

// extract reads width bits from bit on of a word in chunks.
func extract(word []uint64, bit, width int) uint64 {
	v := word[bit/64] >> (bit % 64)
	if over := bit%64 + width; over > 64 {
		v |= word[bit/64+1] << (64 - bit%64)
	}
	return v & (1<<width - 1)
}

// insert is the inverse of extract.
func insert(word []uint64, bit, width int, v uint64) {
	mask := uint64(1)<<width - 1
	v &= mask
	at := bit % 64
	word[bit/64] = word[bit/64]&^(mask<<at) | v<<at
	if at+width > 64 {
		word[bit/64+1] = word[bit/64+1]&^(mask>>(64-at)) | v>>(64-at)
	}
}

// Fits verifies that a state is one of this image: that every array has its
// length, and the work in progress is a place of the image's rows.
func (s *State) Fits(img *Image) error {
	if len(s.Mem) != len(img.Spec.Memories) || len(s.Streams) != len(img.Spec.Streams) || len(s.Ports) != len(img.Spec.Control.Ports) {
		return fmt.Errorf("event: state of %d memories, %d streams, %d ports, need %d, %d and %d", len(s.Mem), len(s.Streams), len(s.Ports), len(img.Spec.Memories), len(img.Spec.Streams), len(img.Spec.Control.Ports))
	}
	if err := (&Image{Spec: img.Spec, Init: s.Mem}).Check(); err != nil {
		return err
	}
	for m, words := range s.Mem {
		if mem := &img.Spec.Memories[m]; len(words) != mem.Words*mem.chunks() {
			return fmt.Errorf("event: %d chunks of memory %q, need %d", len(words), mem.Name, mem.Words*mem.chunks())
		}
	}
	for i, lanes := range s.Streams {
		if len(lanes) != len(img.Spec.Streams[i].Seeds) {
			return fmt.Errorf("event: %d lanes of stream %q, need %d", len(lanes), img.Spec.Streams[i].Name, len(img.Spec.Streams[i].Seeds))
		}
	}
	if len(s.Queue) > img.Spec.Control.Depth {
		return fmt.Errorf("event: queue of %d entries, need at most %d", len(s.Queue), img.Spec.Control.Depth)
	}
	if w := img.Spec.Control.Wheel; (w == nil) != (len(s.Wheel) == 0) || w != nil && w.Slots != len(s.Wheel) {
		return fmt.Errorf("event: wheel of %d queues, which the image has not", len(s.Wheel))
	}
	if err := s.Shift.fits(&img.Spec); err != nil {
		return err
	}
	return s.Walk.fits(s, img)
}

func (w *Walking) fits(s *State, img *Image) error {
	if !w.Running {
		return nil
	}
	rows := img.Spec.Control.Input
	if w.Head {
		rows = img.Spec.Control.Head
	}
	if w.Popping && !w.Head {
		return fmt.Errorf("event: work on a pop of what did not come from a queue")
	}
	if w.Slot < 0 || w.Slot > len(s.Wheel) || w.Slot > 0 && (!w.Head || len(s.Wheel[w.Slot-1]) == 0) {
		return fmt.Errorf("event: work on slot %d of a wheel of %d", w.Slot, len(s.Wheel))
	}
	if w.Slot > 0 {
		rows = img.Spec.Control.Wheel.Head
	}
	if w.Row < 0 || w.Row >= len(rows) || w.Port < 0 || w.Port >= len(s.Ports) || w.Level < 0 || w.Level > 1 || w.Head && w.Slot == 0 && len(s.Queue) == 0 {
		return fmt.Errorf("event: work on row %d at level %d of port %d, need a row of %d and a port of %d", w.Row, w.Level, w.Port, len(rows), len(s.Ports))
	}
	walks := rows[w.Row].Walks
	for level := 0; level <= w.Level && !w.Pushing && !w.Popping; level++ {
		k := w.At[level].Walk
		if k < 0 || k >= len(walks) {
			return fmt.Errorf("event: work in walk %d of %d", k, len(walks))
		}
		if at := &w.At[level]; at.Dst < 0 || at.LastDst > maxItems {
			return fmt.Errorf("event: work on targets %d..%d, need 0..%d", at.Dst, at.LastDst, maxItems)
		}
		if l := walks[k].Learn; l != nil && len(w.Old) > 0 && len(w.Old) != img.Spec.Memories[l.Memory].chunks() {
			return fmt.Errorf("event: kept word of %d chunks, need %d", len(w.Old), img.Spec.Memories[l.Memory].chunks())
		}
		walks = walks[k].Sub
	}
	return nil
}
