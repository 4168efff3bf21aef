package remedy

import (
	"slices"

	"hillock/compiler"
	"hillock/core"
)

// sameNumbers says that a unit computes with the numbers of the first run:
// every population of that has its registers, every projection the code of its
// weights, and the weights where they are as many. A change that lets the
// compiler choose another scale or exponent rounds otherwise.
func (s *search) sameNumbers(u *compiler.Unit) bool {
	was := s.answer.Unit
	if was == nil || u == nil || !slices.Contains(was.Done, "weights") || !slices.Contains(u.Done, "weights") {
		return false
	}
	for k := range was.Pops {
		a := &was.Pops[k]
		b := popNamed(u, a.Src.Name)
		if b == nil || a.Scale != b.Scale && !dividedBy(s, a.Src.Name) || !sameRegisters(a, b) && !dividedBy(s, a.Src.Name) {
			return false
		}
	}
	same := sameProjections(was, u)
	for k := range u.Projs {
		b := &u.Projs[k]
		a := projNamed(was, b.Src.Name)
		if same {
			a = &was.Projs[k]
		}
		if a == nil {
			continue // of a relay
		}
		if len(a.Mant) != len(b.Mant) {
			return false
		}
		if a.Code != b.Code && !sameWeights(was, a, b) {
			return false
		}
	}
	return true
}

// dividedBy says that a change divides the numbers of a population on purpose.
func dividedBy(s *search, pop string) bool {
	last := s.order[len(s.order)-1]
	return slices.ContainsFunc(last.changes, func(c Change) bool { return c.Verb == "divide" && c.Subject == pop })
}

func popNamed(u *compiler.Unit, name string) *compiler.Pop {
	for k := range u.Pops {
		if u.Pops[k].Src.Name == name {
			return &u.Pops[k]
		}
	}
	return nil
}

// sameProjections says that two units have the same projections, so that
// names, which may repeat, need not tell them apart.
func sameProjections(a, b *compiler.Unit) bool {
	return slices.EqualFunc(a.Projs, b.Projs, func(x, y compiler.Proj) bool {
		return x.Src.Name == y.Src.Name && a.Net.Pops[x.Src.Pre].Name == b.Net.Pops[y.Src.Pre].Name && a.Net.Pops[x.Src.Post].Name == b.Net.Pops[y.Src.Post].Name
	})
}

// projNamed is the projection that a name or a part's name stems from, nil if
// none.
func projNamed(u *compiler.Unit, name string) *compiler.Proj {
	for name != "" {
		for k := range u.Projs {
			if u.Projs[k].Src.Name == name {
				return &u.Projs[k]
			}
		}
		name = partOf(name)
	}
	return nil
}

func sameRegisters(a, b *compiler.Pop) bool {
	for _, v := range [...][2][]int64{{a.DecayU, b.DecayU}, {a.DecayV, b.DecayV}, {a.Thresh, b.Thresh}, {a.BiasMant, b.BiasMant}, {a.BiasEx, b.BiasEx}, {a.UStart, b.UStart}, {a.VStart, b.VStart}} {
		if !slices.Equal(v[0], v[1]) {
			return false
		}
	}
	return a.Hold == b.Hold && a.VMin == b.VMin
}

// sameWeights compares what synapses add.
func sameWeights(u *compiler.Unit, a, b *compiler.Proj) bool {
	format := func(q *compiler.Proj) core.Format {
		return q.Code.Format(int(u.Family.Weights.Scale), u.Family.Weights.Clip)
	}
	fa, fb := format(a), format(b)
	for i := range a.Mant {
		if fa.Contribution(int32(a.Mant[i])) != fb.Contribution(int32(b.Mant[i])) {
			return false
		}
	}
	return true
}

// sameFeedback says that spikes that act on an earlier layer do so as many
// ticks after they were sent as in the first run.
func (s *search) sameFeedback(u *compiler.Unit) bool {
	same := sameProjections(s.answer.Unit, u)
	for k := range u.Projs {
		late := 0
		if a := projNamed(s.answer.Unit, u.Projs[k].Src.Name); same {
			late = s.answer.Unit.Projs[k].Late
		} else if a != nil {
			late = a.Late
		}
		if u.Projs[k].Late != late {
			return false
		}
	}
	return true
}

// later is by how many ticks a population that is read, or any if none is,
// comes later than in the first run.
func (s *search) later(u *compiler.Unit) int {
	was, most := s.answer.Unit, 0
	if was == nil || u == nil {
		return 0
	}
	for k := range was.Pops {
		a := &was.Pops[k]
		if b := popNamed(u, a.Src.Name); b != nil {
			most = max(most, b.Depth-a.Depth)
		}
	}
	return most
}
