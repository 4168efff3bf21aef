package remedy

import (
	"fmt"

	"hillock/compiler/graph"
)

// copied is a network whose populations and projections may be replaced.
func copied(n *graph.Network) *graph.Network {
	out := *n
	out.Pops = append([]*graph.Population(nil), n.Pops...)
	out.Projs = append([]*graph.Projection(nil), n.Projs...)
	return &out
}

// each replaces populations by what edit makes of a copy; an error if nothing
// changed.
func (p *plan) each(edit func(*graph.Population) bool) error {
	net, any := copied(p.net), false
	for k, old := range net.Pops {
		pop := *old
		if pop.Kind != graph.Input && edit(&pop) {
			net.Pops[k], any = &pop, true
		}
	}
	if !any {
		return fmt.Errorf("it changes no population")
	}
	p.net = net
	return nil
}

// only says that a change takes one word.
func only(c Change, word string) error {
	if c.Subject != word {
		return fmt.Errorf("need %s:%s", c.Verb, word)
	}
	return nil
}

func (p *plan) floor(c Change) error {
	if err := only(c, "none"); err != nil {
		return err
	}
	return p.each(noFloor)
}

func (p *plan) multispike(c Change) error {
	if err := only(c, "off"); err != nil {
		return err
	}
	return p.each(noMulti)
}

func (p *plan) reset(c Change) error {
	if err := only(c, "zero"); err != nil {
		return err
	}
	return p.each(zeroReset)
}

func (p *plan) neuron(c Change) error {
	if err := only(c, "plain"); err != nil {
		return err
	}
	return p.each(func(s *graph.Population) bool {
		a, b, d := noFloor(s), noMulti(s), zeroReset(s)
		return a || b || d
	})
}

func noFloor(s *graph.Population) bool {
	had := s.Floor != nil
	s.Floor = nil
	return had
}

func noMulti(s *graph.Population) bool {
	had := s.Multi
	s.Multi = false
	return had
}

func zeroReset(s *graph.Population) bool {
	if s.Kind != graph.CubaLIF || s.Reset == graph.ResetZero {
		return false
	}
	s.Reset, s.LateZeroWipe = graph.ResetZero, false
	return true
}

func (p *plan) decay(c Change) error {
	if err := only(c, "clamp"); err != nil {
		return err
	}
	return p.each(func(s *graph.Population) bool {
		a, b := false, false
		s.AJ, a = clamped(s.AJ)
		s.AV, b = clamped(s.AV)
		return a || b
	})
}

// clamped is a copy of v within 0..1.
func clamped(v []float64) ([]float64, bool) {
	out, any := append([]float64(nil), v...), false
	for i, x := range out {
		out[i] = min(max(x, 0), 1)
		any = any || out[i] != x
	}
	return out, any
}

// bias removes constant drives: those of populations and of projections.
func (p *plan) bias(c Change) error {
	if err := only(c, "none"); err != nil {
		return err
	}
	net, any := copied(p.net), false
	for k, old := range net.Pops {
		for _, x := range old.C {
			if x != 0 {
				pop := *old
				pop.C = make([]float64, pop.N)
				net.Pops[k], any = &pop, true
				break
			}
		}
	}
	for k, old := range net.Projs {
		if old.Bias != nil {
			q := *old
			q.Bias = nil
			net.Projs[k], any = &q, true
		}
	}
	if !any {
		return fmt.Errorf("no population has a constant drive")
	}
	p.net = net
	return nil
}

// floorless says that no membrane can reach its lower bound: no weight, drive
// or start is below 0, and no bound above 0.
func floorless(n *graph.Network) bool {
	for k, s := range n.Pops {
		if s.Floor == nil || s.Kind == graph.Input {
			continue
		}
		if negative(s.C) || negative(s.V0) || negative(s.AJ) || negative(s.AV) || negative(s.GJ) || negative(s.GV) || negative(s.VReset) {
			return false
		}
		for _, x := range s.Floor {
			if x > 0 {
				return false
			}
		}
		if s.Reset != graph.ResetZero && s.Reset != graph.ResetNone && s.Reset != graph.ResetZeroLate {
			return false
		}
		for _, q := range n.Projs {
			if q.Post == k && (negative(q.W) || negative(q.Bias) || q.Kernel != nil && negative(q.Kernel.W)) {
				return false
			}
		}
	}
	return true
}

func negative(v []float64) bool {
	for _, x := range v {
		if x < 0 {
			return true
		}
	}
	return false
}
