package event

import "slices"

// access does the access in work.
func (c *Core) access(x *Transfers) {
	s := &c.State.Shift
	s.Doing = false
	r := x.row(s.Latched)
	if r == nil || r.Memory < 0 {
		return
	}
	at := place{word: s.Latched}
	first, bits, ok := c.span(r, at)
	if !s.Write {
		s.Read, s.Fetched = 0, true
		if ok {
			s.Read = c.bitsOf(r.Memory, first, bits)
		}
		return
	}
	m := &c.img.Spec.Memories[r.Memory]
	n := m.chunks()
	w := int(c.value(&r.Word, at))
	if w < 0 || w >= m.Words {
		return
	}
	words := c.State.Mem[r.Memory][w*n:]
	old := slices.Clone(words[:min(len(words), n*max(1, bits/m.Bits))])
	c.runAside(r.Walks, s.Edge)
	copy(words, old)
	if ok {
		c.setBits(r, first, bits, s.Latched)
	}
	c.State.Ended = max(c.State.Ended, s.Edge)
	c.note(Note{Kind: Accessed, Edge: s.Edge, Index: int64(r.Memory), Value: int64(w), Name: r.Name})
}

// span is where the bits of a row lie: the first, counted over all words, and
// how many; false if the memory has them not.
func (c *Core) span(r *TransferRow, at place) (first int64, bits int, ok bool) {
	m := &c.img.Spec.Memories[r.Memory]
	w, p := c.value(&r.Word, at), c.value(&r.Part, at)
	bits = r.Width
	if w < 0 || w >= int64(m.Words) || p < 0 || p > int64(m.Bits/bits) {
		return 0, bits, false
	}
	first = w*int64(m.Bits) + p*int64(bits)
	if m.Bits < bits {
		return first, bits, p == 0 && first+int64(bits) <= int64(m.Words)*int64(m.Bits)
	}
	return first, bits, (p+1)*int64(bits) <= int64(m.Bits)
}

// bitsOf reads bits of a memory, counted over all words.
func (c *Core) bitsOf(m int, first int64, bits int) (v uint64) {
	mem := &c.img.Spec.Memories[m]
	for i := range bits {
		b := first + int64(i)
		w, at := int(b)/mem.Bits*mem.chunks(), int(b)%mem.Bits
		v |= c.State.Mem[m][w+at/64] >> (at % 64) & 1 << i
	}
	return v
}

// setBits writes the new bits of the word in hand, except those that are kept.
func (c *Core) setBits(r *TransferRow, first int64, bits int, hand uint64) {
	keep, v := uint64(0), r.Value.of(hand)
	if r.Keep.Width > 0 {
		keep = r.Keep.of(hand)
	}
	mem := &c.img.Spec.Memories[r.Memory]
	for i := range bits {
		if keep>>i&1 == 1 {
			continue
		}
		b := first + int64(i)
		w, at := int(b)/mem.Bits*mem.chunks(), int(b)%mem.Bits
		insert(c.State.Mem[r.Memory][w+at/64:w+at/64+1], at%64, 1, v>>i)
	}
}

// direct writes a register at the rising edge of the last bit.
func (c *Core) direct(x *Transfers, m int64) {
	s := &c.State.Shift
	word := s.hand(x, s.Word)
	for i := range x.Rows {
		r := &x.Rows[i]
		if !r.Holds(s.Waiting[0].Words[0]) {
			continue
		}
		if r.Direct && r.Memory < 0 {
			s.Unmodelled++
		} else if r.Direct {
			s.Wrote(r.Memory)
			if r.Memory == x.Gate.Register && x.Gate.Waits && r.Value.of(word) != 0 {
				s.Opening, s.OpenAt = true, m+r.Delay
				return
			}
			s.Storing, s.Row, s.Due = true, i, m+r.Delay
			s.Value = word & (1<<x.Data - 1)
		}
		return
	}
}

// storeRegister gives a register its value.
func (c *Core) storeRegister(x *Transfers, t int64) {
	s := &c.State.Shift
	r := &x.Rows[s.Row]
	s.Storing = false
	if r.Memory == x.Gate.Register {
		s.Opening = false
	}
	was := c.blocked()
	if first, bits, ok := c.span(r, place{}); ok {
		c.setBits(r, first, bits, s.Value)
	}
	if !was && c.blocked() {
		c.endOutput(t)
	}
}

// openGate sets a gate that waited for the controller.
func (c *Core) openGate(x *Transfers, t int64) {
	c.State.Shift.Opening = false
	if gate := &c.State.Mem[x.Gate.Register][0]; *gate == 0 {
		*gate = 1
		c.endOutput(t)
	}
}

// mute says that an output that begins at an edge is never seen: the gate is set
// at that very edge, or was before. Last: with it the event in hand is served.
func (c *Core) mute(edge int64, last bool) bool {
	x, s := c.img.Spec.Transfers, &c.State.Shift
	if x == nil || x.Aside {
		return false
	}
	if c.gated() || s.Storing && x.Rows[s.Row].Memory == x.Gate.Register && s.Value&1 != 0 && s.Due == edge+1 {
		return true
	}
	w := &c.State.Walk
	switch {
	case !s.Opening || s.OpenAt > edge+1:
		return false
	case w.Running:
		return last && w.Head && c.row().Pop == 0 && c.row().Tail == 1
	}
	return c.dueOpen() == edge+1
}

// endOutput takes back the output in work: the gate resets the link.
func (c *Core) endOutput(t int64) {
	s := &c.State
	if w := &s.Walk; w.Running && s.Busy >= t && w.Edge > s.Busy {
		w.Edge -= s.Busy - max(t-1, w.Last)
	}
	s.Busy, s.Outbox = min(s.Busy, t-1), nil
}

// Wrote remembers that a register was written.
func (s *Shifting) Wrote(m int) {
	for len(s.Written) <= m/64 {
		s.Written = append(s.Written, 0)
	}
	s.Written[m/64] |= 1 << (m % 64)
}

// runAside runs walks that take no edges, for the word in hand.
func (c *Core) runAside(walks []Walk, edge int64) {
	work := c.State.Walk
	for i := range walks {
		k := &walks[i]
		at := place{word: c.State.Shift.Latched}
		if !c.holds(k.When, at) {
			continue
		}
		c.State.Walk = Walking{Word: at.word}
		cur := &c.State.Walk.At[0]
		cur.Src = c.value(&k.Src, at)
		cur.LastSrc = cur.Src
		cur.First, cur.LastDst = c.extent(k, at)
		cur.Dst = cur.First
		for more := cur.Dst <= cur.LastDst; more; more = cur.next(k) {
			c.serve(k, edge)
		}
	}
	c.State.Walk = work
}

// guarded is the word of an item that the walk of an event spoils under a set
// gate, as it was; nil if it does not.
func (c *Core) guarded(item int64) []uint64 {
	x := c.img.Spec.Transfers
	if x == nil || x.Gate.Over < 0 || !c.blocked() || item >= int64(c.img.Spec.Memories[x.Gate.Over].Words) {
		return nil
	}
	n := int64(c.img.Spec.Memories[x.Gate.Over].chunks())
	return slices.Clone(c.State.Mem[x.Gate.Over][item*n : item*n+n])
}

// spoil writes the port's data into the old word of an item instead of what the
// walk of an event wrote.
func (c *Core) spoil(old []uint64, item int64) {
	if old == nil {
		return
	}
	x, s := c.img.Spec.Transfers, &c.State.Shift
	copy(c.State.Mem[x.Gate.Over][item*int64(len(old)):], old)
	for i := range x.Rows {
		r := &x.Rows[i]
		if r.Memory != x.Gate.Over || r.Direct {
			continue
		}
		own := *r
		own.Word = Operand{Value: item}
		if first, bits, ok := c.span(&own, place{word: s.Latched}); ok {
			c.setBits(r, first, bits, s.Latched)
		}
		return
	}
}

// Shift gives a transfer to the serial port, behind those that wait.
func (c *Core) Shift(t Transfer) error {
	x := c.img.Spec.Transfers
	if err := x.Check(&t); err != nil {
		return err
	}
	c.State.Shift.Waiting = append(c.State.Shift.Waiting, t)
	return nil
}

// Undefined are the registers without reset value that neither the image nor a
// transfer gave one.
func (c *Core) Undefined() (names []string) {
	x := c.img.Spec.Transfers
	if x == nil {
		return nil
	}
	for _, m := range x.NoReset {
		w := c.State.Shift.Written
		if (m >= len(c.img.Init) || len(c.img.Init[m]) == 0) && (m/64 >= len(w) || w[m/64]>>(m%64)&1 == 0) {
			names = append(names, c.img.Spec.Memories[m].Name)
		}
	}
	return names
}
