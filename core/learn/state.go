package learn

import (
	"fmt"
	"slices"
)

// items is the number of items of a space.
func (n *Net) items(s Space) int {
	switch s {
	case Synapse:
		return len(n.Pre)
	case Pre:
		return n.NPre
	}
	return n.NPost
}

// NewState is the start state of a plan; weights are the stored mantissas of
// the synapses.
func NewState(p *Plan, n *Net, weights []int32) State {
	var s State
	for space := range s.Words {
		s.Words[space] = make([][]int32, len(p.Words[space]))
		for w := range s.Words[space] {
			s.Words[space][w] = make([]int32, n.items(Space(space)))
		}
	}
	if p.Past.Depth > 0 {
		s.Len = make([]int32, n.NPost)
	}
	for range p.Past.Words {
		s.Past = append(s.Past, make([]int32, n.NPost*p.Past.Depth))
	}
	s.Reset(p, weights)
	return s
}

// Reset puts every word back to its start value.
func (s *State) Reset(p *Plan, weights []int32) {
	s.resetPast(p, len(s.Len))
	for space := range s.Words {
		for w, word := range s.Words[space] {
			start := p.Words[space][w].Init
			if space == int(Synapse) && w == 0 {
				start = weights
			}
			switch len(start) {
			case 0:
				clear(word)
			case len(word):
				copy(word, start)
			default:
				for i := range word {
					word[i] = start[0]
				}
			}
		}
	}
}

// CopyFrom makes s equal to o, which must belong to the same plan.
func (s *State) CopyFrom(o *State) {
	for space := range s.Words {
		for w := range s.Words[space] {
			copy(s.Words[space][w], o.Words[space][w])
		}
	}
	for w := range s.Past {
		copy(s.Past[w], o.Past[w])
	}
	copy(s.Len, o.Len)
}

// Clone is a copy of s that shares nothing with it.
func (s *State) Clone() State {
	c := State{Len: slices.Clone(s.Len)}
	for _, word := range s.Past {
		c.Past = append(c.Past, slices.Clone(word))
	}
	for space := range s.Words {
		for _, word := range s.Words[space] {
			c.Words[space] = append(c.Words[space], slices.Clone(word))
		}
	}
	return c
}

// Fits verifies that a state is one of this plan over these synapses: every
// array has its length, and every word a value that its layout can hold.
func (s *State) Fits(p *Plan, n *Net) error {
	if err := s.pastFits(p, n); err != nil {
		return err
	}
	for space := range s.Words {
		if len(s.Words[space]) != len(p.Words[space]) {
			return fmt.Errorf("learn: %d words of %s, need %d", len(s.Words[space]), Space(space), len(p.Words[space]))
		}
		for w, word := range s.Words[space] {
			if len(word) != n.items(Space(space)) {
				return fmt.Errorf("learn: %d values of word %d of %s, need %d", len(word), w, Space(space), n.items(Space(space)))
			}
			l := p.Words[space][w].Layout
			for i, v := range word {
				if l.Apply(int64(v)) != v {
					return fmt.Errorf("learn: word %d of %s %d is %d, which does not fit %d bits, %s", w, Space(space), i, v, l.Width, l.Over)
				}
			}
		}
	}
	return nil
}
