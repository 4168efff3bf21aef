package power

import "hillock/isa/count"

// Group is a set of event classes that reports sum: learning apart from
// inference, the host apart from the chip.
type Group uint8

// The groups.
const (
	Synapses Group = iota
	Neurons
	Mesh // packets and hops
	Learning
	Host // encoding, decoding and everything that crosses to the host
	Steps
	NumGroups
)

var groupWords = [NumGroups]string{"synapses", "neurons", "network", "learning", "host", "barriers and resets"}

// String is the group as reports write it.
func (g Group) String() string { return wordOf(groupWords[:], int(g)) }

// GroupOf is the group of an event class.
func GroupOf(e count.Event) Group {
	switch e {
	case count.SynSparse, count.SynDense, count.SynConv, count.SynWords, count.AxonEvents:
		return Synapses
	case count.PacketsOut, count.PacketsIn, count.HopsX, count.HopsY, count.Lost, count.Late, count.Merged:
		return Mesh
	case count.LearnUpdates, count.InstrW:
		return Learning
	case count.HostIn, count.HostOut, count.HostReads, count.HostWrites, count.HostMultiplies:
		return Host
	case count.Barriers, count.Resets:
		return Steps
	}
	return Neurons
}

// Groups is the dynamic energy by group; its entries sum to Dynamic.
func (r *Report) Groups() [NumGroups]Band {
	var out [NumGroups]Band
	for i := range r.Lines {
		g := GroupOf(r.Lines[i].Event)
		out[g] = out[g].Add(r.Lines[i].Joules)
	}
	return out
}
