package remedy

import (
	"reflect"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
)

// Found is a remedy: changes after which the compiler was run again and the
// network fits.
type Found struct {
	Changes []Change
	Kind    Kind
	Ticks   int    // Late: by which the outputs come later
	Chip    string // the family, if it is another one
	Cores   int
}

// Bounds of a search: what is tried follows from the network alone, never from
// a clock.
const (
	mostTried  = 48      // runs of the compiler
	mostPairs  = 24      // of two changes at once
	mostFound  = 3       // per misfit
	manyNeeded = 1 << 24 // weights beyond which neither pairs nor other chips are tried

	manySynapses = 1 << 20 // beyond which other chips are tried only if nothing else fits
)

// search looks for the remedies of one answer.
type search struct {
	base   plan
	answer *compiler.FitResult
	tried  int
	ran    map[string]*outcome // by the text of the changes; looked up only
	order  []*outcome
}

// outcome is what a run of the compiler after some changes gave.
type outcome struct {
	changes []Change
	fits    bool
	misfits int
	kind    Kind
	ticks   int
	cores   int
	chip    string
}

// Find gives up to three remedies for each misfit of an answer, exact ones
// first, then late, then approximate; each was run and fits. Single changes
// are tried before pairs. The result is parallel to the misfits.
func Find(net *graph.Network, f *chip.Family, o compiler.Options, answer *compiler.FitResult, convert Convert) [][]Found {
	s := &search{base: plan{net, f, o, convert}, answer: answer, ran: map[string]*outcome{}}
	var lists [][]candidate
	for _, m := range answer.Misfits {
		lists = append(lists, s.candidates(m))
	}
	s.singles(lists)
	s.pairs(lists)
	s.chips()
	out := make([][]Found, len(answer.Misfits))
	for i, m := range answer.Misfits {
		out[i] = s.remedies(m, lists[i])
	}
	return out
}

// singles runs every candidate alone.
func (s *search) singles(lists [][]candidate) {
	for _, list := range lists {
		for _, c := range list {
			if !c.until || !s.enough(c.verb()) {
				s.run(c.change)
			}
		}
	}
}

// enough says that a change of a verb already fits.
func (s *search) enough(verb string) bool {
	for _, x := range s.order {
		if x.fits && len(x.changes) == 1 && x.changes[0].Verb == verb {
			return true
		}
	}
	return false
}

// pairs runs changes for different misfits together, where no single one is
// enough: best kinds first.
func (s *search) pairs(lists [][]candidate) {
	if s.solved() || s.large() {
		return
	}
	var all []Change
	for _, k := range [...]Kind{Exact, Late, Approximate} {
		for _, list := range lists {
			for _, c := range list {
				if x := s.ran[c.change.String()]; x != nil && x.kind == k && x.misfits >= 0 && x.misfits < len(s.answer.Misfits) {
					all = append(all, c.change)
				}
			}
		}
	}
	all = distinct(all)
	ran := 0
	for j := range all {
		for i := range j {
			if all[i].Verb == all[j].Verb && all[i].Subject == all[j].Subject {
				continue
			}
			if ran++; ran > mostPairs {
				return
			}
			s.run(all[i], all[j])
		}
	}
}

func distinct(cs []Change) []Change {
	var out []Change
	for _, c := range cs {
		again := false
		for _, x := range out {
			again = again || x == c
		}
		if !again {
			out = append(out, c)
		}
	}
	return out
}

// solved says that some run fits.
func (s *search) solved() bool {
	for _, x := range s.order {
		if x.fits {
			return true
		}
	}
	return false
}

// large says that a run of the compiler takes long.
func (s *search) large() bool {
	n := 0
	for _, q := range s.base.net.Projs {
		n += len(weightsOf(q))
	}
	return n > manyNeeded
}

// chips tries the other families, where little else fits.
func (s *search) chips() {
	fitting := 0
	for _, x := range s.order {
		if x.fits {
			fitting++
		}
	}
	if fitting >= mostFound || s.large() || fitting > 0 && s.synapses() > manySynapses {
		return
	}
	for _, name := range chip.Names() {
		c := Change{Verb: "chip", Subject: name}
		f, err := chip.LoadNamed(name)
		if err != nil || name == s.base.family.Name || f.Mesh.ChipX > 0 {
			continue // a board is for what is too large for its chip, see sizes
		}
		if x := s.run(c); x != nil && !x.fits && x.misfits > 0 && fitting == 0 {
			s.run(c, Change{Verb: "neuron", Subject: "plain"})
		}
	}
}

// run compiles with changes and notes what comes out; nil if enough was tried.
func (s *search) run(cs ...Change) *outcome {
	key := ""
	for _, c := range cs {
		key += c.String() + " "
	}
	key = key[:len(key)-1]
	if s.ran[key] != nil || s.tried == mostTried {
		return s.ran[key]
	}
	s.tried++
	x := &outcome{changes: cs, misfits: -1, kind: Exact}
	s.ran[key] = x
	s.order = append(s.order, x)
	p := s.base
	for _, c := range cs {
		if p.apply(c) != nil {
			return x // a candidate that does not apply is none
		}
	}
	r, err := compiler.Fit(p.net, p.family, p.o)
	if err != nil {
		return x
	}
	x.fits, x.misfits, x.cores, x.chip = r.Fits, len(r.Misfits), r.Cores, p.family.Name
	x.kind, x.ticks = s.judge(cs, r.Unit)
	return x
}

// judge says what changes do to the spikes: what each is made for, made worse
// by what the compiler did of it.
func (s *search) judge(cs []Change, u *compiler.Unit) (Kind, int) {
	kind := Exact
	for _, c := range cs {
		kind = kind.worse(s.kindOf(c))
	}
	if len(cs) == 1 && cs[0].Verb == "effort" {
		return Exact, 0 // it acts when all numbers are final
	}
	if kind != Approximate && !(s.sameNumbers(u) && s.sameFeedback(u)) {
		return Approximate, 0
	}
	ticks := s.later(u)
	if ticks > 0 {
		kind = kind.worse(Late)
	}
	if kind != Late {
		ticks = 0
	}
	return kind, ticks
}

// kindOf is the kind that a change is made for.
func (s *search) kindOf(c Change) Kind {
	switch c.Verb {
	case "effort", "relay", "fan-relay", "copies", "split-weights", "divide", "weight-bits":
		return Exact // sameNumbers says whether weight-bits rounds, later whether relays make it late
	case "floor":
		if floorless(s.base.net) {
			return Exact
		}
	case "chip":
		if f, err := chip.LoadNamed(c.Subject); err == nil && sameMachine(f, s.base.family) {
			return Exact
		}
	}
	return Approximate
}

// sameMachine says that two families differ in nothing but how much there is:
// a board and its chip.
func sameMachine(a, b *chip.Family) bool {
	return reflect.DeepEqual(a.Core, b.Core) && reflect.DeepEqual(a.Fields, b.Fields) && reflect.DeepEqual(a.Weights, b.Weights) &&
		reflect.DeepEqual(a.Strategies, b.Strategies) && reflect.DeepEqual(a.Roles, b.Roles)
}

// remedies are the runs that fit, for a misfit: those made for it first, then
// others that made everything fit.
func (s *search) remedies(m compiler.Misfit, list []candidate) []Found {
	var own, other []*outcome
	for _, x := range s.order {
		if !x.fits {
			continue
		}
		if s.isFor(x, list) {
			own = append(own, x)
		} else if x.changes[0].Verb == "chip" {
			other = append(other, x)
		}
	}
	var out []Found
	for _, group := range [...][]*outcome{own, other} {
		for _, k := range [...]Kind{Exact, Late, Approximate} {
			for _, x := range group {
				if x.kind == k && len(out) < mostFound {
					out = append(out, x.found(s.base.family.Name))
				}
			}
		}
	}
	return out
}

// isFor says that one of the changes is a candidate of the misfit.
func (s *search) isFor(x *outcome, list []candidate) bool {
	for _, c := range x.changes {
		for _, want := range list {
			if want.change == c {
				return true
			}
		}
	}
	return false
}

func (x *outcome) found(family string) Found {
	f := Found{Changes: x.changes, Kind: x.kind, Ticks: x.ticks, Cores: x.cores}
	if x.chip != family {
		f.Chip = x.chip
	}
	return f
}

// Text is the changes on a command line.
func (f Found) Text() string {
	s := ""
	for _, c := range f.Changes {
		if s != "" {
			s += " "
		}
		s += c.Flags()
	}
	return s
}
