package compiler

import (
	"fmt"
	"strings"
)

// passLimits checks every limit of the chip on the finished plan and reports
// all that are exceeded.
func passLimits(u *Unit) error {
	for c := range u.Cores {
		core := &u.Cores[c]
		for _, l := range u.coreLimits(core.Use) {
			if l.ok && l.need > l.have && !u.stuckOn(core, l.name) {
				u.misfit(Misfit{u.names(core), core.ID, l.name, l.need, l.have, l.because})
			}
		}
		if have, ok := u.maxDelay(); ok && core.Use.MaxDelay > have {
			u.misfit(Misfit{u.names(core), core.ID, limMaxDelay, core.Use.MaxDelay, have, "the longest synaptic delay on the core"})
		}
	}
	return nil
}

// stuckOn says that the limit was already reported for a population of the
// core.
func (u *Unit) stuckOn(c *CorePlan, limit string) bool {
	for _, s := range c.Slices {
		if u.Pops[s.Pop].stuck[limit] {
			return true
		}
	}
	return false
}

// names lists the populations on a core.
func (u *Unit) names(c *CorePlan) string {
	var names []string
	for _, s := range c.Slices {
		names = append(names, u.Net.Pops[s.Pop].Name)
	}
	return strings.Join(names, "+")
}

// verify checks what must hold after the passes that have run. A failure is a
// bug of the compiler, not a misfit.
func verify(u *Unit) error {
	switch last := u.Done[len(u.Done)-1]; last {
	case "schedule":
		return u.verifySchedule()
	case "scale":
		return u.verifyScale()
	case "weights":
		return u.verifyWeights()
	case "split":
		return u.verifySplit()
	case "encode":
		if u.Image != nil {
			return u.Image.Check()
		}
	}
	return nil
}

func (u *Unit) verifySchedule() error {
	for i := range u.Projs {
		q := &u.Projs[i]
		pre, post := &u.Pops[q.Src.Pre], &u.Pops[q.Src.Post]
		if q.Delay < 0 || !q.Src.Recurrent && pre.Depth+inputLag(pre.Src)+q.Delay != post.Depth+q.Src.Delay {
			return fmt.Errorf("projection %d: depth %d, lag %d and delay %d do not meet depth %d", i, pre.Depth, inputLag(pre.Src), q.Delay, post.Depth)
		}
	}
	return nil
}

func (u *Unit) verifyScale() error {
	for k := range u.Pops {
		p := &u.Pops[k]
		for i := range p.Theta {
			for _, f := range [...]struct {
				name string
				v    int64
			}{{varDecayU, p.DecayU[i]}, {varDecayV, p.DecayV[i]}, {varThresh, p.Thresh[i]}, {varBiasMant, p.BiasMant[i]}, {varBiasExp, p.BiasEx[i]}} {
				if s := u.regs.field(f.name); s.have && (f.v < s.lo || f.v > s.hi) {
					return fmt.Errorf("population %q, neuron %d: field %s is %d, need %d..%d", p.Src.Name, i, f.name, f.v, s.lo, s.hi)
				}
			}
		}
	}
	return nil
}

func (u *Unit) verifyWeights() error {
	for i := range u.Projs {
		q := &u.Projs[i]
		lo, hi := q.Code.bounds()
		for at, m := range q.Mant {
			if x := int64(m) << q.Code.Lsb(); x < lo || x > hi {
				return fmt.Errorf("projection %d: stored weight %d is mantissa %d, need %d..%d", i, at, x, lo, hi)
			}
		}
	}
	return nil
}

// verifySplit checks that every neuron sits in exactly one compartment.
func (u *Unit) verifySplit() error {
	seen := make([]int, len(u.Pops))
	for c := range u.Cores {
		base := 0
		for _, s := range u.Cores[c].Slices {
			if s.Base != base || s.N < 1 || s.First != seen[s.Pop] {
				return fmt.Errorf("core %d: neurons %d.. of %q at compartment %d, need neuron %d at %d", c, s.First, u.Net.Pops[s.Pop].Name, s.Base, seen[s.Pop], base)
			}
			base += s.N
			seen[s.Pop] += s.N
		}
	}
	for k := range u.Pops {
		if p := u.Pops[k].Src; len(u.Pops[k].Theta) > 0 && seen[k] != p.N {
			return fmt.Errorf("population %q: %d of %d neurons have a core", p.Name, seen[k], p.N)
		}
	}
	return nil
}
