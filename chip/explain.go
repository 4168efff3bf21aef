package chip

import (
	"fmt"

	"hillock/core"
	"hillock/router"
)

// Origin is the neuron that a packet came from. Pop is -1 if it is not known.
type Origin struct{ Pop, Index int }

// Explanation is what one neuron does in one tick.
type Explanation struct {
	core.Explanation
	Site    Site
	ID      int      // number of its core on the chip
	Origins []Origin // by Arrival.Event
}

// Explain computes, on a copy, what neuron index of population pop does in the
// coming tick if these spikes come from outside. The machine stays as it is.
func (m *Machine) Explain(pop, index int, in []Injection) (*Explanation, error) {
	at, err := m.img.Locate(pop, index)
	if err != nil {
		return nil, err
	}
	if m.img.Cores[at.Core].Image.Event != nil {
		return nil, fmt.Errorf("chip: neuron %d of population %q is on a core without ticks: see ExplainEvent", index, m.img.Pops[pop].Name)
	}
	x := &Explanation{Site: at, ID: m.img.Cores[at.Core].ID}
	var events []router.Packet
	if events, x.Origins, err = m.arriving(at.Core, in); err != nil {
		return nil, err
	}
	m.passOver(at.Core)
	c, err := core.Explain(m.cores[at.Core].Image, &m.cores[at.Core].State, events, at.Comp, m.noiseOf(at.Core))
	if err != nil {
		return nil, err
	}
	x.Explanation = *c
	return x, nil
}

// origins finds the neurons that sent the n packets from the k-th source of a
// core: a box is filled in the order of last tick's spikes and their out-axons.
func (m *Machine) origins(dst, k, n int) []Origin {
	src, box := m.net.Source(dst, k)
	c := m.cores[src]
	var out []Origin
	for _, s := range c.Spikes {
		for _, o := range c.Image.Out[c.Image.OutOff[s.Comp]:c.Image.OutOff[s.Comp+1]] {
			if int(o.Box) == box {
				out = append(out, m.img.neuron(src, int(s.Comp)))
			}
		}
	}
	for len(out) < n {
		out = append(out, Origin{-1, -1})
	}
	return out[:n]
}

// neuron is the neuron of the network that a compartment is.
func (img *Image) neuron(core, comp int) Origin {
	for _, r := range img.Cores[core].Runs {
		if comp >= r.Base && comp < r.Base+r.N {
			return Origin{r.Pop, r.First + comp - r.Base}
		}
	}
	return Origin{-1, -1}
}
