package sanafe

import (
	"cmp"
	"fmt"
	"slices"

	"hillock/router/queued"
)

// Plan is a mapped network by cores: what both its image and the messages of
// its steps follow from.
type Plan struct {
	arch  *Arch
	net   *Network
	cores []int32   // in use, ascending
	comps [][]int32 // per core in use: its neurons in the order of their mapping
	out   [][]fan   // per neuron: the cores that it reaches, ascending
}

// fan is the synapses of one neuron on one core: edges[first : first+n] of the
// neuron's own order.
type fan struct {
	core  int32
	edges []int32
}

// NewPlan checks a network against an architecture.
func NewPlan(a *Arch, n *Network) (*Plan, error) {
	p := &Plan{arch: a, net: n, out: make([][]fan, len(n.Neurons))}
	order := make([]int32, len(n.Neurons))
	for i := range n.Neurons {
		if order[i] = int32(i); n.Neurons[i].Core < 0 {
			return nil, fmt.Errorf("sanafe: neuron %d of %d: need a mapping, have none", i, len(n.Neurons))
		}
	}
	if len(order) == 0 {
		return nil, fmt.Errorf("sanafe: need a neuron, have none")
	}
	slices.SortFunc(order, func(x, y int32) int {
		u, v := &n.Neurons[x], &n.Neurons[y]
		return cmp.Or(cmp.Compare(u.Core, v.Core), cmp.Compare(u.Order, v.Order))
	})
	for k, i := range order {
		c := n.Neurons[i].Core
		if k == 0 || c != p.cores[len(p.cores)-1] {
			p.cores, p.comps = append(p.cores, c), append(p.comps, nil)
		}
		last := len(p.comps) - 1
		if p.comps[last] = append(p.comps[last], i); len(p.comps[last]) > a.Neurons {
			return nil, fmt.Errorf("sanafe: core %d: need at most %d neurons", c, a.Neurons)
		}
	}
	p.wire()
	return p, nil
}

func (p *Plan) wire() {
	n := p.net
	edges := make([]int32, len(n.Edges))
	for i := range edges {
		edges[i] = int32(i)
	}
	slices.SortStableFunc(edges, func(x, y int32) int {
		u, v := &n.Edges[x], &n.Edges[y]
		return cmp.Or(cmp.Compare(u.Src, v.Src), cmp.Compare(n.Neurons[u.Dst].Core, n.Neurons[v.Dst].Core))
	})
	for lo := 0; lo < len(edges); {
		e := n.Edges[edges[lo]]
		c := n.Neurons[e.Dst].Core
		hi := lo + 1
		for hi < len(edges) && n.Edges[edges[hi]].Src == e.Src && n.Neurons[n.Edges[edges[hi]].Dst].Core == c {
			hi++
		}
		p.out[e.Src] = append(p.out[e.Src], fan{c, edges[lo:hi]})
		lo = hi
	}
}

// Neuron is the number of the neuron of a compartment; k counts the cores in
// use, which are those of the image.
func (p *Plan) Neuron(k, comp int) int { return int(p.comps[k][comp]) }

// Queue is the mesh of the architecture for package queued.
func (a *Arch) Queue() queued.Spec {
	return queued.Spec{W: a.W, H: a.H, CoresPerTile: a.CoresPerTile, HopX: a.HopX.Seconds, HopY: a.HopY.Seconds, Buffer: a.Buffer}
}

// Messages appends the messages of a step to dst, in the order of their source
// cores and of sending: what each core does before the next message is in its
// Gen, what is left at the end is a message without a target. fired and active
// say of each neuron whether it spikes in this step and whether it has input,
// bias or potential.
func (p *Plan) Messages(dst []queued.Message, fired, active []bool) ([]queued.Message, error) {
	if len(fired) != len(p.out) || len(active) != len(p.out) {
		return dst, fmt.Errorf("sanafe: step: need a flag for each of %d neurons, have %d and %d", len(p.out), len(fired), len(active))
	}
	a := p.arch
	for k, c := range p.cores {
		var gen float64
		for _, i := range p.comps[k] {
			gen += a.Access.Seconds
			if active[i] || fired[i] {
				gen += a.Update.Seconds
			}
			if !fired[i] {
				continue
			}
			gen += a.Spike.Seconds
			for _, f := range p.out[i] {
				m := queued.Message{Src: c, Dst: f.core, Gen: gen + a.MessageOut.Seconds, Proc: a.MessageIn.Seconds}
				for range f.edges {
					m.Proc += a.Synapse.Seconds
				}
				dst, gen = append(dst, m), 0
			}
		}
		if gen > 0 {
			dst = append(dst, queued.Message{Src: c, Dst: queued.None, Gen: gen})
		}
	}
	return dst, nil
}

// Barrier is the barrier time for the tiles in use, in seconds.
func (p *Plan) Barrier() float64 {
	tiles, last := 0, int32(-1)
	for _, c := range p.cores {
		if t := c / int32(p.arch.CoresPerTile); t != last {
			tiles, last = tiles+1, t
		}
	}
	s := 0.0
	for _, x := range p.arch.Sync {
		if x.Tiles <= tiles {
			s = x.Seconds
		}
	}
	return s
}

// Simple is the largest sum of Gen by source core or of Proc by target core, in
// seconds: the peer's simple step time without the barrier.
func (p *Plan) Simple(list []queued.Message) float64 {
	cores := p.arch.W * p.arch.H * p.arch.CoresPerTile
	gen, proc := make([]float64, cores), make([]float64, cores)
	for _, m := range list {
		if gen[m.Src] += m.Gen; m.Dst != queued.None {
			proc[m.Dst] += m.Proc
		}
	}
	return max(slices.Max(gen), slices.Max(proc))
}
