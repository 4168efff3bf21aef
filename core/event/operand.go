package event

import "hillock/isa/fixed"

// place is the item that a program or condition looks at.
type place struct {
	src, dst int64
	word     uint64
}

// value reads an operand. A place outside a memory reads 0: a row of the
// description may name items that the chip does not have.
func (c *Core) value(o *Operand, at place) int64 { return c.whole(o, at) >> o.Right }

// whole is value before the shift to the right.
func (c *Core) whole(o *Operand, at place) int64 {
	switch o.From {
	case Constant:
		return o.Value
	case Src:
		return at.src
	case Dst:
		return at.dst
	case Fired:
		if c.lane.fired {
			return 1
		}
		return 0
	case Word:
		v := at.word >> o.Bit & (1<<o.Width - 1)
		if o.Signed {
			return int64(v<<(64-o.Width)) >> (64 - o.Width)
		}
		return int64(v)
	}
	f := &c.img.Spec.Fields[o.Field]
	if f.Memory < 0 {
		return int64(c.lane.scratch[o.Field])
	}
	word, bit, ok := c.locate(f, o.BySrc, at)
	if !ok {
		return 0
	}
	return f.decode(extract(word, bit, int(f.Layout.Width)))
}

// locate finds the word and bit of a field at a place.
func (c *Core) locate(f *Field, bySrc bool, at place) (word []uint64, bit int, ok bool) {
	m := &c.img.Spec.Memories[f.Memory]
	dst := at.dst
	if bySrc && m.Row == 0 {
		dst = at.src
	}
	i := m.item(at.src, dst)
	if i < 0 || i >= int64(m.Words*m.Lanes) || m.Row > 0 && (dst < 0 || dst >= int64(m.Row)) {
		return nil, 0, false
	}
	n := m.chunks()
	w := int(i) / m.Lanes
	return c.State.Mem[f.Memory][w*n : w*n+n], f.Bit + int(i)%m.Lanes*f.Stride, true
}

// decode gives the number that a field's bits stand for.
func (f *Field) decode(bits uint64) int64 {
	switch f.Layout.Over {
	case fixed.SatU, fixed.WrapU:
		return int64(bits)
	}
	s := 64 - uint(f.Layout.Width)
	return int64(bits<<s) >> s
}

// store writes a field by its layout.
func (c *Core) store(o *Operand, at place, v int64) {
	f := &c.img.Spec.Fields[o.Field]
	if f.Memory < 0 {
		c.lane.scratch[o.Field] = f.Layout.Apply(v)
		return
	}
	if word, bit, ok := c.locate(f, o.BySrc, at); ok {
		insert(word, bit, int(f.Layout.Width), uint64(uint32(f.Layout.Apply(v))))
	}
}

// holds says whether all terms are true.
func (c *Core) holds(terms []Term, at place) bool {
	for i := range terms {
		if !terms[i].Rel.holds(c.value(&terms[i].L, at), c.value(&terms[i].R, at)) {
			return false
		}
	}
	return true
}

func (r Relation) holds(a, b int64) bool {
	switch r {
	case Equal:
		return a == b
	case NotEqual:
		return a != b
	case Less:
		return a < b
	case AtMost:
		return a <= b
	case Greater:
		return a > b
	case AtLeast:
		return a >= b
	case Has:
		return a&b != 0
	}
	return a&b == 0
}

// weight is the value of a walk's input at a place. The stored part is read
// from the word before learning, if the walk keeps one of that memory.
func (c *Core) weight(w *Weight, at place) int64 {
	if w == nil {
		return 0
	}
	open := len(w.Gate) == 0
	for i := range w.Gate {
		open = open || c.before(&w.Gate[i], at) != 0
	}
	if !open {
		return 0
	}
	v := fixed.Shift(c.before(&w.Value, at), int(c.value(&w.Shift, at)&31))
	if c.value(&w.Neg, at) != 0 {
		return -v
	}
	return v
}

// compose puts a word together of its pieces.
func (c *Core) compose(pieces []Piece, at place) (word uint64) {
	for i := range pieces {
		p := &pieces[i]
		word |= uint64(c.value(&p.Value, at)) & (1<<p.Width - 1) << p.Bit
	}
	return word
}

// before is value, with the words of the learning memory as they were before
// the granule was learnt.
func (c *Core) before(o *Operand, at place) int64 {
	if o.From != Stored || len(c.State.Walk.Old) == 0 {
		return c.value(o, at)
	}
	f := &c.img.Spec.Fields[o.Field]
	if f.Memory != c.kept {
		return c.value(o, at)
	}
	_, bit, ok := c.locate(f, o.BySrc, at)
	if !ok {
		return 0
	}
	return f.decode(extract(c.State.Walk.Old, bit, int(f.Layout.Width)))
}

// draw takes random bits for an item.
func (c *Core) draw(k int, at place) int64 {
	d := &c.img.Spec.Draws[k]
	s := &c.img.Spec.Streams[d.Stream]
	lane := &c.State.Streams[d.Stream][uint64(at.dst)%uint64(len(s.Seeds))]
	v, next := s.take(*lane, d.Bits)
	if !d.Look {
		*lane = next
	}
	x := int64(v)
	if d.Signed {
		x = int64(v<<(64-d.Bits)) >> (64 - d.Bits)
	}
	return fixed.Shift(x, -int(c.value(&d.Shift, at)&31))
}

// take gives the next n bits of a stream and its state behind them.
func (s *Stream) take(state uint64, n int) (bits, next uint64) {
	for i := range n {
		bits |= state & 1 << i
		b := state>>(s.Length-s.Taps[0]) ^ state>>(s.Length-s.Taps[1])
		state = state>>1 | b&1<<(s.Length-1)
	}
	return bits, state
}
