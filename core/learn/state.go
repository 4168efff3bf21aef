package learn

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
	s.Reset(p, weights)
	return s
}

// Reset puts every word back to its start value.
func (s *State) Reset(p *Plan, weights []int32) {
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
}
