package compiler

import (
	"fmt"

	"hillock/compiler/graph"
)

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
	if u.crossbar != nil && u.crossbar.stopped {
		return nil // a network without cores has no ticks
	}
	if u.addr != nil && !u.addr.t.Stepped {
		return nil // spikes act within the step
	}
	for i := range u.Projs {
		q := &u.Projs[i]
		pre, post := &u.Pops[q.Src.Pre], &u.Pops[q.Src.Post]
		if q.Delay < 0 || !q.Src.Recurrent && pre.Depth+u.lagOf(q.Src.Pre)+q.Delay != post.Depth+q.Src.Delay {
			return fmt.Errorf("projection %d: depth %d, lag %d and delay %d do not meet depth %d", i, pre.Depth, u.lagOf(q.Src.Pre), q.Delay, post.Depth)
		}
	}
	return nil
}

func (u *Unit) verifyScale() error {
	for k := range u.Pops {
		p := &u.Pops[k]
		if p.exact {
			continue // ranges are misfits there, see scaleExact
		}
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

// verifySplit checks that every neuron sits in exactly one compartment and
// that compartments have no gaps.
func (u *Unit) verifySplit() error {
	seen := make([][]bool, len(u.Pops))
	for k := range u.Pops {
		if p := u.Net.Pops[k]; p.Kind != graph.Input {
			seen[k] = make([]bool, p.N)
		}
	}
	for c := range u.Cores {
		base := 0
		for _, s := range u.Cores[c].Slices {
			if s.Base != base || s.N < 1 || s.First < 0 || s.First+s.N > len(seen[s.Pop]) {
				return fmt.Errorf("core %d: neurons %d..%d of %q start at compartment %d, need %d", c, s.First, s.First+s.N-1, u.Net.Pops[s.Pop].Name, s.Base, base)
			}
			base += s.N
			for i := s.First; i < s.First+s.N; i++ {
				if seen[s.Pop][i] {
					return fmt.Errorf("core %d: neuron %d of %q has a compartment already", c, i, u.Net.Pops[s.Pop].Name)
				}
				seen[s.Pop][i] = true
			}
		}
	}
	for k := range seen {
		for i, ok := range seen[k] {
			if !ok {
				return fmt.Errorf("neuron %d of %q has no compartment", i, u.Net.Pops[k].Name)
			}
		}
	}
	return nil
}
