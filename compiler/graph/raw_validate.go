package graph

import (
	"fmt"
	"math"
)

// Limits of a valid raw network; they bound the memory that it takes.
const (
	MaxRawNeurons  = 1 << 20 // neurons of all populations
	MaxRawSynapses = 1 << 22 // synapses of all projections
)

// Validate reports the first index, length or order that is wrong. What a chip
// can hold is the compiler's question.
func (n *Raw) Validate() error {
	if n == nil || len(n.Pops) == 0 {
		return fmt.Errorf("graph: network has no populations, need at least 1")
	}
	seen := map[string]bool{}
	neurons, synapses, placed := 0, 0, false
	for i, p := range n.Pops {
		if p.Name == "" || seen[p.Name] {
			return fmt.Errorf("graph: population %d: need a name of its own, have %q", i, p.Name)
		}
		seen[p.Name] = true
		if p.N < 1 || p.N > MaxRawNeurons-neurons {
			return fmt.Errorf("graph: population %s: need 1..%d neurons in all, have %d more", p.Name, MaxRawNeurons, p.N)
		}
		neurons += p.N
		placed = placed || !p.Input
		for _, f := range p.Fields {
			if len(f.Values) != 1 && len(f.Values) != p.N {
				return fmt.Errorf("graph: population %s, field %s: need 1 or %d values, have %d", p.Name, f.Name, p.N, len(f.Values))
			}
		}
	}
	if !placed {
		return fmt.Errorf("graph: network has inputs only, need a population on the chip")
	}
	for i, q := range n.Projs {
		if synapses += len(q.Synapses); synapses > MaxRawSynapses {
			return fmt.Errorf("graph: projection %d (%s): need at most %d synapses in all, have %d or more", i, q.Name, MaxRawSynapses, synapses)
		}
		if err := n.validateProj(q); err != nil {
			return fmt.Errorf("graph: projection %d (%s): %w", i, q.Name, err)
		}
	}
	return n.validateRules()
}

func (n *Raw) validateProj(q *RawProj) error {
	for _, end := range []int{q.Pre, q.Post} {
		if end < 0 || end >= len(n.Pops) {
			return fmt.Errorf("need populations 0..%d, have %d -> %d", len(n.Pops)-1, q.Pre, q.Post)
		}
	}
	pre, post := n.Pops[q.Pre], n.Pops[q.Post]
	switch {
	case post.Input:
		return fmt.Errorf("target %s is an input and takes no projections", post.Name)
	case q.Port < 0 || q.Rule < -1 || q.Rule >= len(n.Rules):
		return fmt.Errorf("port %d and rule %d, need 0 or more and -1..%d", q.Port, q.Rule, len(n.Rules)-1)
	case q.Reserved && q.Rule < 0:
		return fmt.Errorf("reserved synapses need a rule that makes them")
	case q.Role != "" && q.Rule < 0:
		return fmt.Errorf("role %q needs a rule", q.Role)
	case q.Sign != "" && q.Sign != "exc" && q.Sign != "inh" && q.Sign != "mixed":
		return fmt.Errorf("sign mode %q, need exc, inh or mixed", q.Sign)
	}
	for i, s := range q.Synapses {
		if s.Pre < 0 || int(s.Pre) >= pre.N || s.Post < 0 || int(s.Post) >= post.N || s.Delay < 0 || s.Delay > MaxDelay {
			return fmt.Errorf("synapse %d: %d -> %d after %d ticks, need neurons below %d and %d and 0..%d ticks", i, s.Pre, s.Post, s.Delay, pre.N, post.N, MaxDelay)
		}
		if i > 0 && q.Synapses[i-1].after(s) {
			return fmt.Errorf("synapse %d stands before synapse %d, need them by pre, post and delay", i-1, i)
		}
	}
	return nil
}

// after is the order of synapse lists.
func (s RawSynapse) after(t RawSynapse) bool {
	switch {
	case s.Pre != t.Pre:
		return s.Pre > t.Pre
	case s.Post != t.Post:
		return s.Post > t.Post
	}
	return s.Delay > t.Delay
}

func (n *Raw) validateRules() error {
	for _, r := range n.Rules {
		for _, list := range [][]RawField{r.Settings, r.Start} {
			for _, s := range list {
				if len(s.Values) != 1 {
					return fmt.Errorf("graph: learning %s: %s has %d values, need 1", r.Name, s.Name, len(s.Values))
				}
			}
		}
		for _, t := range r.Times {
			if !(t.Value >= 0) || math.IsInf(t.Value, 0) {
				return fmt.Errorf("graph: learning %s: time %s is %g ticks, need 0 or more", r.Name, t.Name, t.Value)
			}
		}
	}
	for i, m := range n.Modulators {
		switch {
		case m.Pop < 0 || m.Pop >= len(n.Pops) || n.Pops[m.Pop].Input:
			return fmt.Errorf("graph: modulator %d follows population %d, need one on the chip", i, m.Pop)
		case m.Register < 0 || m.Register > 3 || m.Keep < 0 || m.Keep > 4096 || m.Top < 0:
			return fmt.Errorf("graph: modulator %d: register %d keeps %d up to %d, need 0..3, 0..4096 and 0 or more", i, m.Register, m.Keep, m.Top)
		}
		for _, other := range n.Modulators[:i] {
			if other.Register == m.Register {
				return fmt.Errorf("graph: modulator %d: register %d is driven twice", i, m.Register)
			}
		}
	}
	return nil
}
