package compiler

import (
	"fmt"
	"slices"
	"strings"
)

// passTierMatch gives every layer a core of its own whose memories have room: a
// maximum matching by augmenting paths, layers and cores in order.
func passTierMatch(u *Unit) error {
	m := matching{u: u, core: map[int]int{}}
	cores, _ := u.limit(limCores)
	for c := range int(cores) {
		m.cores = append(m.cores, c)
	}
	fits := true
	for k := range u.tiers {
		if u.tiers[k].kernel == nil {
			continue
		}
		m.layers = append(m.layers, k)
		fits = u.fitsSomewhere(k, m.cores) && fits
	}
	if n := int64(len(m.layers)); n > cores {
		u.misfit(Misfit{"", -1, limCores, n, cores, "every layer takes a core, and none is shared"})
		fits = false
	}
	if !fits {
		return nil
	}
	for _, k := range m.layers {
		if seen := map[int]bool{}; !m.place(k, seen) {
			m.refuse(k, seen)
			return nil
		}
	}
	u.tierPlans(m.core)
	return nil
}

// fitsSomewhere says that some core alone has room for a layer; if not, it
// records what is too large.
func (u *Unit) fitsSomewhere(pop int, cores []int) bool {
	l, t := &u.tiers[pop], u.Family.Tiers
	name := u.Pops[pop].Src.Name
	ok := true
	for i, m := range t.Memories {
		if have := slices.Max(m.Cores); l.needs[i] > have {
			u.misfit(Misfit{name, -1, m.Name + " memory", l.needs[i], have, fmt.Sprintf("the largest of any core; a layer takes %s entries", m.Entries)})
			ok = false
		}
	}
	if !ok || slices.ContainsFunc(cores, func(c int) bool { return t.Holds(c, l.needs) }) {
		return ok
	}
	u.misfit(Misfit{name, -1, "cores with room", 1, 0, "no core has all of it: " + u.needsOf(pop)})
	return false
}

// needsOf says what a layer takes of a core.
func (u *Unit) needsOf(pop int) string {
	parts := make([]string, len(u.Family.Tiers.Memories))
	for i, m := range u.Family.Tiers.Memories {
		parts[i] = fmt.Sprintf("%s %d", m.Name, u.tiers[pop].needs[i])
	}
	return strings.Join(parts, ", ")
}

// matching is layers on cores.
type matching struct {
	u             *Unit
	layers, cores []int
	core          map[int]int // core -> layer
}

// place finds a core for a layer, moving others where that helps. seen are the
// cores that were asked.
func (m *matching) place(layer int, seen map[int]bool) bool {
	var room []int
	for _, c := range m.cores {
		if !seen[c] && m.u.Family.Tiers.Holds(c, m.u.tiers[layer].needs) {
			if _, taken := m.core[c]; !taken {
				m.core[c] = layer
				return true
			}
			room = append(room, c)
		}
	}
	for _, c := range room {
		if seen[c] {
			continue
		}
		seen[c] = true
		if m.place(m.core[c], seen) {
			m.core[c] = layer
			return true
		}
	}
	return false
}

// refuse names the layers that compete for too few cores: the one without a
// core and all that hold a core which was asked.
func (m *matching) refuse(layer int, seen map[int]bool) {
	rivals := []int{layer}
	for c, other := range m.core {
		if seen[c] {
			rivals = append(rivals, other)
		}
	}
	slices.Sort(rivals)
	var names, needs []string
	for _, k := range rivals {
		names = append(names, m.u.Pops[k].Src.Name)
		needs = append(needs, m.u.Pops[k].Src.Name+" takes "+m.u.needsOf(k))
	}
	m.u.misfit(Misfit{strings.Join(names, "+"), -1, "cores with room", int64(len(rivals)), int64(len(seen)), strings.Join(needs, "; ")})
}

// tierPlans writes the matching into the unit, cores in order.
func (u *Unit) tierPlans(core map[int]int) {
	cores, _ := u.limit(limCores)
	for c := range int(cores) {
		k, taken := core[c]
		if !taken {
			continue
		}
		l, n := &u.tiers[k], u.Pops[k].Src.N
		plan := CorePlan{ID: c, Slices: []Slice{{Pop: k, N: n}}, Use: Usage{Compartments: int64(n), Thresholds: 1, Profiles: 1, Formats: 1}}
		u.Cores = append(u.Cores, plan)
		var room []string
		for i, m := range u.Family.Tiers.Memories {
			room = append(room, fmt.Sprintf("%s %d of %d", m.Name, l.needs[i], m.Cores[c]))
		}
		u.note("%s: core %d, %s entries, pooling %v, window %v over %v", u.Pops[k].Src.Name, c, strings.Join(room, ", "), l.pools, l.shape.Window, l.shape.In)
	}
}
