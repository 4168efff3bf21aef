package partition

// Score is what a partition costs and what its cores hold.
type Score struct {
	Cores   int   // with at least one neuron
	Packets int64 // sum of weight times remote cores that hold a target
	Axons   int64 // the same, unweighted
	// Per core, 0 to the greatest number in use.
	Neurons, InAxons, Synapses []int32
}

// Rate scores a partition of h into cores 0 to cores-1.
func Rate(h *Hypergraph, part []int32, cores int) *Score {
	s := &Score{Neurons: make([]int32, cores), InAxons: make([]int32, cores), Synapses: make([]int32, cores)}
	for _, c := range part {
		if s.Neurons[c]++; s.Neurons[c] == 1 {
			s.Cores++
		}
	}
	mark := make([]int32, cores)
	for e, w := range h.Weight {
		net := h.Net(e)
		source := part[net[0]]
		for _, v := range net[1:] {
			c := part[v]
			s.Synapses[c]++
			if mark[c] == int32(e)+1 {
				continue
			}
			mark[c] = int32(e) + 1
			s.InAxons[c]++
			if c != source {
				s.Packets += int64(w)
				s.Axons++
			}
		}
	}
	return s
}
