package event

import (
	"slices"

	"hillock/isa"
)

// apart says that the items of a walk do not see what others of the walk
// write, that nothing of it depends on their order, and that all it needs is
// known when it begins: its results may be computed at once.
func (s *Spec) apart(k *Walk) bool {
	if len(k.Sub)+len(k.While) > 0 || k.Group > blockLanes || len(k.Programs) == 0 {
		return false
	}
	u := &usage{spec: s}
	for _, p := range k.Programs {
		u.program(&s.Programs[p])
		u.bad = u.bad || s.Programs[p].Prog.Draws > 0 && p != k.Programs[0] // draws of items have an order
	}
	if n := s.drawn(k); n < 0 || n > 0 && n < int64(max(k.Group, 1)) {
		return false
	}
	if k.Model != nil {
		u.reads(*k.Model)
	}
	for _, w := range [...]*Weight{k.In0, k.Pay} {
		if w != nil {
			u.weight(w)
		}
	}
	u.terms(k.Keep, index)
	if k.Keep != nil && u.stores {
		return false // what is thrown away must not be loaded again
	}
	if k.Learn != nil && !u.learning(k) {
		return false
	}
	return !u.bad && u.private()
}

// drawn is the number of items of a walk whose draws do not depend on each
// other: any number, 0, if no more than one draw of a program is of the same
// stream, for then the draws of its items follow each other whatever else it
// does; else as many as there are lanes of the stream. -1 = not even one.
func (s *Spec) drawn(k *Walk) (n int64) {
	var streams []int
	for _, in := range s.Programs[k.Programs[0]].Prog.Instrs {
		if in.Op != isa.RND {
			continue
		}
		d := &s.Draws[in.Sh]
		if !s.steady(&d.Shift) {
			return -1
		}
		if lanes := int64(len(s.Streams[d.Stream].Seeds)); slices.Contains(streams, d.Stream) && (n == 0 || lanes < n) {
			n = lanes
		}
		streams = append(streams, d.Stream)
	}
	return n
}

// usage is what the programs of a walk read and write.
type usage struct {
	spec        *Spec
	read, wrote []Operand
	bad         bool
	stores      bool // STF into a memory
}

func (u *usage) reads(o Operand) {
	switch {
	case o.From == Fired:
		u.bad = true
	case o.From == Stored && u.spec.Fields[o.Field].Memory >= 0:
		u.read = append(u.read, o)
	}
}

// program notes what a program uses. Two names of the same bits have an order
// if one is written.
func (u *usage) program(p *Program) {
	var loads, stores, words []Operand
	for i := range p.State {
		u.reads(p.State[i])
		if u.spec.Fields[p.State[i].Field].Memory < 0 {
			continue
		}
		for k := range i {
			u.bad = u.bad || p.State[k].Field == p.State[i].Field
		}
		if sets(p.Prog, i) {
			words = append(words, p.State[i])
		}
	}
	for i := range p.Params {
		u.reads(p.Params[i])
	}
	for _, in := range p.Prog.Instrs {
		o := Operand{From: Stored, Field: int(in.Imm)}
		if in.Op != isa.LDF && in.Op != isa.STF {
			continue
		}
		for i := range p.State {
			u.bad = u.bad || p.State[i].Field == o.Field
		}
		if u.reads(o); in.Op == isa.LDF {
			loads = append(loads, o)
		} else if u.spec.Fields[o.Field].Memory >= 0 {
			stores, u.stores = append(stores, o), true
		}
	}
	u.ordered(words, words)
	u.ordered(words, stores)
	u.ordered(stores, stores)
	u.ordered(stores, loads)
	u.wrote = append(append(u.wrote, words...), stores...)
}

// ordered refuses different names of the same bits.
func (u *usage) ordered(a, b []Operand) {
	for _, x := range a {
		for _, y := range b {
			if (x.Field != y.Field || x.BySrc != y.BySrc) && u.spec.overlap(x, y, true) {
				u.bad = true
			}
		}
	}
}

// sets says that a program writes state word w.
func sets(p *isa.Program, w int) bool {
	for _, in := range p.Instrs {
		if in.D == isa.S0+isa.Operand(w) {
			return true
		}
	}
	return false
}

func (u *usage) weight(w *Weight) {
	u.reads(w.Value)
	for i := range w.Gate {
		u.reads(w.Gate[i])
	}
	for _, o := range [...]Operand{w.Neg, w.Shift} {
		u.reads(o)
		u.bad = u.bad || u.spec.column(&o).kind != same
	}
}

// terms notes a condition that must be no more different from item to item
// than a kind.
func (u *usage) terms(list []Term, most columnKind) {
	for _, t := range list {
		for _, o := range [...]Operand{t.L, t.R} {
			u.reads(o)
			u.bad = u.bad || u.spec.column(&o).kind > most
		}
	}
}

// learning notes the learning of a walk. It sees the flags from before and
// writes what the walk's programs do not use.
func (u *usage) learning(k *Walk) bool {
	l := k.Learn
	m := &u.spec.Memories[l.Memory]
	p := &u.spec.Programs[l.Program]
	if l.Granule > blockLanes || k.Group > 1 && l.Granule%k.Group != 0 || m.Lanes%l.Granule != 0 || m.Row%m.Lanes != 0 || u.spec.fieldOf(l.Memory) < 0 {
		return false
	}
	for _, x := range k.Programs {
		if x == l.Program {
			return false
		}
	}
	if p.Prog.Draws > 0 {
		return false
	}
	u.terms(l.When, same)
	v := &usage{spec: u.spec}
	v.program(p)
	for _, x := range v.wrote {
		for _, o := range u.programs(k) {
			if u.spec.overlap(x, o, true) {
				return false
			}
		}
	}
	u.read, u.wrote, u.bad = append(u.read, v.read...), append(u.wrote, v.wrote...), u.bad || v.bad
	return true
}

// programs is all that the walk's programs, its model and its gains use: with
// learning in the walk they would see it.
func (u *usage) programs(k *Walk) []Operand {
	v := &usage{spec: u.spec}
	for _, p := range k.Programs {
		v.program(&u.spec.Programs[p])
	}
	if k.Model != nil {
		v.reads(*k.Model)
	}
	for _, w := range [...]*Weight{k.In0, k.Pay} {
		if w != nil {
			v.reads(w.Neg)
			v.reads(w.Shift)
		}
	}
	return append(v.read, v.wrote...)
}

// remembers says that something reads what the last program left behind: its
// scratch, or the inputs of the item before.
func (s *Spec) remembers() (yes bool) {
	u := &usage{spec: s}
	s.eachWalk(func(k *Walk) {
		u.read = append(u.read, k.Src, k.First, k.Last)
		for _, o := range [...]*Operand{k.Sources, k.Model} {
			if o != nil {
				u.read = append(u.read, *o)
			}
		}
		for _, w := range [...]*Weight{k.In0, k.Pay} {
			if w != nil {
				u.read = append(append(u.read, w.Value, w.Neg, w.Shift), w.Gate...)
			}
		}
		u.list(k.When)
		u.list(k.Keep)
		for i := range k.Emit {
			u.emission(&k.Emit[i])
		}
		if k.Learn != nil {
			u.list(k.Learn.When)
			yes = yes || readsInputs(s.Programs[k.Learn.Program].Prog)
		}
	})
	for i := range s.Draws {
		u.read = append(u.read, s.Draws[i].Shift)
	}
	for _, row := range s.Control.Input {
		for i := range row.Push {
			u.read = append(u.read, row.Push[i].Value)
		}
	}
	if w := s.Control.Wheel; w != nil {
		u.list(w.When)
		u.read = append(u.read, w.Period)
	}
	for i := range u.read {
		yes = yes || u.read[i].From == Stored && s.Fields[u.read[i].Field].Memory < 0
	}
	return yes
}

func readsInputs(p *isa.Program) bool {
	for _, in := range p.Instrs {
		for _, o := range [...]isa.Operand{in.A, in.B} {
			if o == isa.IN0 || o == isa.PAY || o == isa.EVT {
				return true
			}
		}
	}
	return false
}

// list notes what terms read.
func (u *usage) list(terms []Term) {
	for i := range terms {
		u.read = append(u.read, terms[i].L, terms[i].R)
	}
}

// emission notes what an emission reads.
func (u *usage) emission(e *Emission) {
	u.list(e.When)
	u.read = append(u.read, e.Value)
	for _, o := range [...]*Operand{e.At, e.Gap} {
		if o != nil {
			u.read = append(u.read, *o)
		}
	}
	for i := range e.Parts {
		u.read = append(u.read, e.Parts[i].Value)
	}
}

// private says that no bit that one item writes is read or written for
// another.
func (u *usage) private() bool {
	for _, w := range u.wrote {
		if u.spec.column(&w).kind < single {
			return false
		}
		for _, list := range [...][]Operand{u.read, u.wrote} {
			for _, o := range list {
				if u.spec.overlap(w, o, false) {
					return false
				}
			}
		}
	}
	return true
}

// overlap says that two fields have a bit in common: of the same item, or of
// different ones. What it cannot tell soon it takes for an overlap.
func (s *Spec) overlap(a, b Operand, same bool) bool {
	f, g := &s.Fields[a.Field], &s.Fields[b.Field]
	if f.Memory != g.Memory || f.Memory < 0 {
		return false
	}
	m := &s.Memories[f.Memory]
	hit := func(i, j int) bool {
		x, y := f.Bit+i*f.Stride, g.Bit+j*g.Stride
		return x < y+int(g.Layout.Width) && y < x+int(f.Layout.Width)
	}
	switch {
	case m.Row == 0 && (a.BySrc || b.BySrc): // some item of the source's word
		return m.Lanes > 1 || hit(0, 0)
	case f.Stride != g.Stride && m.Lanes > maxCompared:
		return true
	case f.Stride != g.Stride:
		for i := range m.Lanes * m.Lanes {
			if x, y := i/m.Lanes, i%m.Lanes; (x == y) == same && hit(x, y) {
				return true
			}
		}
		return false
	case same:
		return hit(0, 0)
	}
	for d := 1; d < m.Lanes; d++ {
		if hit(0, d) || hit(d, 0) {
			return true
		}
	}
	return false
}

// maxCompared bounds the items of a word of which all pairs are compared.
const maxCompared = 16

// fieldOf is a field of a memory, -1 if it has none.
func (s *Spec) fieldOf(m int) int {
	for i := range s.Fields {
		if s.Fields[i].Memory == m {
			return i
		}
	}
	return -1
}
