package chip

import (
	"fmt"

	"hillock/core"
)

// accessMemory visits n parts of 32 bits of a packed memory; words take as many
// whole parts as they need, the low one first. Bits that the word does not have must stay 0.
func accessMemory(c *core.Core, at Place, n int, visit func(i int, word *int32)) error {
	e := c.Event()
	if e == nil {
		return fmt.Errorf("chip: core %d has ticks: it has no packed memories", at.Core)
	}
	spec := &e.Image().Spec
	if at.Group < 0 || at.Group >= len(spec.Memories) {
		return fmt.Errorf("chip: core %d has no memory %d, have %d", at.Core, at.Group, len(spec.Memories))
	}
	mem := &spec.Memories[at.Group]
	words, chunks := spec.Words(&e.State, at.Group)
	parts := (mem.Bits + 31) / 32
	first := at.First
	if at.Word != 0 || first < 0 || first > mem.Words*parts || n > mem.Words*parts-first {
		return fmt.Errorf("chip: core %d, memory %q: %d parts from %d on of word %d, have %d words of %d parts, all of word 0", at.Core, mem.Name, n, first, at.Word, mem.Words, parts)
	}
	next := make([]int32, n)
	for i := range next {
		next[i] = memoryPart(words, chunks, parts, first+i)
		visit(i, &next[i])
		if top := mem.Bits - 32*((first+i)%parts); top < 32 && uint32(next[i])>>top != 0 {
			return fmt.Errorf("chip: core %d, memory %q, word %d: value %d has bits above %d", at.Core, mem.Name, (first+i)/parts, next[i], mem.Bits-1)
		}
	}
	for i, v := range next {
		k := first + i
		chunk, low := k/parts*chunks+k%parts/2, k%parts%2 == 0
		if low {
			words[chunk] = words[chunk]&^(1<<32-1) | uint64(uint32(v))
		} else {
			words[chunk] = words[chunk]&(1<<32-1) | uint64(uint32(v))<<32
		}
	}
	return nil
}

// memoryPart is part k of 32 bits, counted over all words.
func memoryPart(words []uint64, chunks, parts, k int) int32 {
	x := words[k/parts*chunks+k%parts/2]
	if k%parts%2 == 1 {
		x >>= 32
	}
	return int32(uint32(x))
}

// PeekField is a field of item comp of core i by its number in the description,
// between ticks; false if the core has ticks or no such item. Unlike Core it
// disturbs nothing.
func (m *Machine) PeekField(i, field, comp int) (int64, bool) {
	e := m.cores[i].Event()
	if e == nil || field < 0 || field >= len(e.Image().Spec.Fields) || e.Image().Spec.Fields[field].Memory < 0 || comp >= e.Image().Spec.Items {
		return 0, false
	}
	m.passOver(i)
	return e.FieldAt(field, 0, int64(comp))
}
