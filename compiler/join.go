package compiler

import "slices"

// joinTries bounds the cores that a core is tried to be joined with.
const joinTries = 64

// join puts cores together that fit one core, first fit among the last open
// ones, so that a partition into small pieces leaves no core nearly empty.
func (u *Unit) join() {
	room, bounded := u.limit(limCompartments)
	if !bounded {
		room = 1 << 16
	}
	var out []CorePlan
	var open []int
	for c := range u.Cores {
		core := u.Cores[c]
		at := -1
		for tries, i := range slices.Backward(open) {
			if joined, ok := u.joined(&out[i], &core, room); ok {
				out[i], at = joined, i
				break
			}
			if len(open)-tries > joinTries {
				break
			}
		}
		if at < 0 {
			open = append(open, len(out))
			out = append(out, core)
		}
	}
	u.Cores = out
}

// joined is two cores as one, if that fits.
func (u *Unit) joined(a, b *CorePlan, room int64) (CorePlan, bool) {
	if a.Use.Compartments+b.Use.Compartments > room || !u.samePops(a.Slices[0].Pop, b.Slices[0].Pop) {
		return CorePlan{}, false
	}
	if !sharesPop(a.Slices, b.Slices) && u.excess(atLeast(a.Use, b.Use), nil) > 0 {
		return CorePlan{}, false
	}
	on := mergeSlices(a.Slices, b.Slices)
	x := u.allocate(on)
	if u.excess(x.use, nil) > 0 || x.unfolded() && !a.alloc.unfolded() && !b.alloc.unfolded() {
		return CorePlan{}, false // or what both keep as kernels would become lists
	}
	return CorePlan{ID: -1, Slices: on, Use: x.use, alloc: x}, true
}

func sharesPop(a, b []Slice) bool {
	return slices.ContainsFunc(a, func(s Slice) bool { return slices.ContainsFunc(b, func(o Slice) bool { return o.Pop == s.Pop }) })
}

// mergeSlices is the union of two cores' slices by population and number,
// compartments counted anew.
func mergeSlices(a, b []Slice) []Slice {
	all := append(slices.Clone(a), b...)
	slices.SortFunc(all, func(x, y Slice) int {
		if x.Pop != y.Pop {
			return x.Pop - y.Pop
		}
		return x.First - y.First
	})
	var out []Slice
	base := 0
	for _, s := range all {
		if n := len(out); n > 0 && out[n-1].Pop == s.Pop && out[n-1].First+out[n-1].N == s.First {
			out[n-1].N += s.N
		} else {
			s.Base = base
			out = append(out, s)
		}
		base += s.N
	}
	return out
}

// unfolded says that a kernel is kept as lists on a chip that stores kernels.
func (a *allocation) unfolded() bool {
	return slices.ContainsFunc(a.blocks, func(b rows) bool { return b.conv != nil && b.conv.q.stored && b.conv.form == nil })
}
