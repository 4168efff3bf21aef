// Package route makes the tables of multicast routers: keys for populations,
// entries for their trees, and fewer entries by ordered covering (Mundy,
// Heathcote, Garside, HPSR 2016).
package route

import (
	"math/bits"
	"slices"

	"hillock/router/table"
)

// Sources is a set of inputs that packets of an entry come from: bits 0..5 are
// links, bit 6+c is core c.
type Sources uint32

// Unknown is the bit of Sources that stands for an input nobody knows.
const Unknown Sources = 1 << 31

// Entry is a row of a table and where its packets come from.
type Entry struct {
	table.Entry
	Sources Sources
}

// generality is the number of key bits that the entry leaves open.
func (e Entry) generality() int { return bits.OnesCount32(^e.Key & ^e.Mask) }

// pattern is a key and a mask.
type pattern struct{ key, mask uint32 }

func (p pattern) meets(q pattern) bool { return (p.key^q.key)&p.mask&q.mask == 0 }

func (e Entry) pattern() pattern { return pattern{e.Key, e.Mask} }

// Cover merges entries of equal route until the table has no more than target
// entries (0 = as few as it finds) or no merge is left. The input must be
// orthogonal: no key may match two entries. The result is ordered, the lowest
// entry wins; for every key that matched an entry it gives the same route, keys
// that matched none may get one.
func Cover(in []Entry, target int) []Entry {
	c := &cover{entries: slices.Clone(in), alias: map[pattern][]pattern{}}
	slices.SortStableFunc(c.entries, func(a, b Entry) int { return a.generality() - b.generality() })
	for len(c.entries) > target {
		m := c.best()
		if len(m.members) < 2 {
			break
		}
		c.apply(m)
	}
	return c.entries
}

// cover is a table under compression.
type cover struct {
	entries []Entry
	alias   map[pattern][]pattern // what a merged entry stands for
}

// merge is a proposal: members are indices of entries, ascending.
type merge struct {
	members []int
	entry   Entry
	at      int // where the merged entry goes: before those of its generality
}

// propose computes the merged entry of some members.
func (c *cover) propose(members []int) merge {
	m := merge{members: members}
	if len(members) == 0 {
		return m
	}
	any, all, mask := uint32(0), ^uint32(0), ^uint32(0)
	for _, i := range members {
		e := c.entries[i]
		any, all, mask = any|e.Key, all&e.Key, mask&e.Mask
		m.entry.Sources |= e.Sources
	}
	m.entry.Mask = mask &^ (any ^ all)
	m.entry.Key = all & m.entry.Mask
	m.entry.Route = c.entries[members[0]].Route
	g := m.entry.generality()
	m.at, _ = slices.BinarySearchFunc(c.entries, g, func(e Entry, g int) int { return e.generality() - g })
	return m
}

// best is the first of the merges that remove most entries.
func (c *cover) best() (best merge) {
	gain := 0
	seen := make([]bool, len(c.entries))
	for i := range c.entries {
		if seen[i] {
			continue
		}
		var members []int
		for j := i; j < len(c.entries); j++ {
			if c.entries[j].Route == c.entries[i].Route {
				members = append(members, j)
				seen[j] = true
			}
		}
		if len(members)-1 <= gain {
			continue
		}
		if m := c.refine(c.propose(members), gain); len(m.members)-1 > gain {
			best, gain = m, len(m.members)-1
		}
	}
	return best
}

// refine takes members away until the merged entry takes no key from another.
func (c *cover) refine(m merge, gain int) merge {
	m = c.below(m, gain)
	if len(m.members)-1 <= gain {
		return m
	}
	m, changed := c.above(m, gain)
	if changed && len(m.members)-1 > gain {
		m = c.below(m, gain)
	}
	return m
}

// above drops members, the last first, that an entry between them and the
// merged one would cover.
func (c *cover) above(m merge, gain int) (merge, bool) {
	changed := false
	for _, i := range slices.Backward(slices.Clone(m.members)) {
		p := c.entries[i].pattern()
		hidden := false
		for k := i + 1; k < m.at; k++ {
			hidden = hidden || p.meets(c.entries[k].pattern())
		}
		if !hidden {
			continue
		}
		changed = true
		rest := slices.DeleteFunc(slices.Clone(m.members), func(j int) bool { return j == i })
		if m = c.propose(rest); len(rest)-1 <= gain {
			return merge{}, true
		}
	}
	return m, changed
}

// below narrows the merged entry until it covers nothing that lies at or below
// its place.
func (c *cover) below(m merge, gain int) merge {
	for len(m.members)-1 > gain {
		wanted, free := c.conflicts(m)
		if free < 0 {
			return m
		}
		if free == 0 {
			break
		}
		away := c.smallest(m, wanted)
		m = c.propose(slices.DeleteFunc(slices.Clone(m.members), func(i int) bool { return away[i] }))
	}
	return merge{}
}

// literal is a bit and the value that the merged entry should have there.
type literal struct {
	bit   int
	value bool
}

// conflicts is the ways to step aside for the covered patterns that leave the
// fewest ways, highest bit first, and that number; -1 = nothing is covered.
func (c *cover) conflicts(m merge) (wanted []literal, free int) {
	free = -1
	var zeros, ones uint32 // bits that should be 0, and 1
	consider := func(p pattern) {
		if !p.meets(m.entry.pattern()) {
			return
		}
		open := p.mask &^ m.entry.Mask
		n := bits.OnesCount32(open)
		if free < 0 || n < free {
			free, zeros, ones = n, 0, 0
		}
		if n == free {
			zeros, ones = zeros|open&p.key, ones|open&^p.key
		}
	}
	for _, e := range c.entries[m.at:] {
		if as, ok := c.alias[e.pattern()]; ok {
			for _, p := range as {
				consider(p)
			}
			continue
		}
		consider(e.pattern())
	}
	for b := 31; b >= 0; b-- {
		if ones>>b&1 != 0 {
			wanted = append(wanted, literal{b, true})
		}
		if zeros>>b&1 != 0 {
			wanted = append(wanted, literal{b, false})
		}
	}
	return wanted, free
}

// smallest is the first of the smallest sets of members that must go to give
// the merged entry one of the wanted literals: those that leave the bit open or
// have the other value.
func (c *cover) smallest(m merge, wanted []literal) map[int]bool {
	var best map[int]bool
	for _, l := range wanted {
		away := map[int]bool{}
		for _, i := range m.members {
			e := c.entries[i]
			if e.Mask>>l.bit&1 == 0 || e.Key>>l.bit&1 != 0 != l.value {
				away[i] = true
			}
		}
		if len(best) == 0 || len(away) < len(best) {
			best = away
		}
		if len(best) == 1 {
			break
		}
	}
	return best
}

// apply replaces the members by the merged entry.
func (c *cover) apply(m merge) {
	out := make([]Entry, 0, len(c.entries))
	var stands []pattern
	next := 0
	for i, e := range c.entries {
		if i == m.at {
			out = append(out, m.entry)
		}
		if next == len(m.members) || m.members[next] != i {
			out = append(out, e)
			continue
		}
		next++
		p := e.pattern()
		if as, ok := c.alias[p]; ok {
			stands = append(stands, as...)
			delete(c.alias, p)
		} else {
			stands = append(stands, p)
		}
	}
	if m.at == len(c.entries) {
		out = append(out, m.entry)
	}
	c.entries = out
	c.alias[m.entry.pattern()] = stands
}

// DropDefaults removes the entries that a router does without: packets that
// come over one link and leave through the opposite one, where no later entry
// would take them instead.
func DropDefaults(in []Entry) []Entry {
	var out []Entry
	for i, e := range in {
		if !e.straight() || slices.ContainsFunc(in[i+1:], func(o Entry) bool { return e.pattern().meets(o.pattern()) }) {
			out = append(out, e)
		}
	}
	return out
}

// straight says that the entry does what a router does without it.
func (e Entry) straight() bool {
	s, r := uint32(e.Sources), uint32(e.Route)
	if bits.OnesCount32(s) != 1 || bits.OnesCount32(r) != 1 {
		return false
	}
	from, to := bits.TrailingZeros32(s), bits.TrailingZeros32(r)
	return from < table.Links && to < table.Links && table.Opposite(from) == to
}
