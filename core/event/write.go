package event

import (
	"fmt"

	"hillock/isa/fixed"
)

// Field is the index of a field by name, -1 if no memory has it.
func (s *Spec) Field(name string) int {
	for i := range s.Fields {
		if s.Fields[i].Name == name && s.Fields[i].Memory >= 0 {
			return i
		}
	}
	return -1
}

// Shared is the number of neighbouring items of a field's memory that have the
// field in common, 1 if every item has its own.
func (s *Spec) Shared(field int) int {
	if f := &s.Fields[field]; f.Stride == 0 {
		return s.Memories[f.Memory].Lanes
	}
	return 1
}

// Range is the least and the largest number that a field holds.
func (s *Spec) Range(field int) (lo, hi int64) {
	l := s.Fields[field].Layout
	switch l.Over {
	case fixed.SatU, fixed.WrapU:
		return 0, 1<<l.Width - 1
	case fixed.Sym:
		return 1 - 1<<(l.Width-1), 1<<(l.Width-1) - 1
	}
	return -1 << (l.Width - 1), 1<<(l.Width-1) - 1
}

// Write sets a field of the item at a source and target in start contents, one
// list of chunks per memory (Image.Init), which grow as needed.
func (s *Spec) Write(init [][]uint64, field int, src, dst, v int64) error {
	f := &s.Fields[field]
	m := &s.Memories[f.Memory]
	if lo, hi := s.Range(field); v < lo || v > hi {
		return fmt.Errorf("event: field %q of item %d, %d is %d, need %d..%d", f.Name, src, dst, v, lo, hi)
	}
	i := m.item(src, dst)
	if i < 0 || i >= int64(m.Words*m.Lanes) || m.Row > 0 && (dst < 0 || dst >= int64(m.Row)) {
		return fmt.Errorf("event: memory %q has no item %d, %d", m.Name, src, dst)
	}
	n := m.chunks()
	at := int(i) / m.Lanes * n
	for len(init[f.Memory]) < at+n {
		init[f.Memory] = append(init[f.Memory], 0)
	}
	insert(init[f.Memory][at:at+n], f.Bit+int(i)%m.Lanes*f.Stride, int(f.Layout.Width), uint64(v))
	return nil
}
