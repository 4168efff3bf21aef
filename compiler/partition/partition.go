package partition

import (
	"fmt"
)

// Resource is one line of a core's resource vector whose needs add up:
// neurons, synapses, synapse bits.
type Resource struct {
	Name  string
	Need  []int32 // per neuron, at least 0; nil is 1 each
	Limit int64   // of one core, at least 1
}

func (r *Resource) need(v int) int32 {
	if r.Need == nil {
		return 1
	}
	return r.Need[v]
}

// Problem is a network and what one core may hold. The first resource is the
// one whose slack is spread over the cores; mostly neurons.
type Problem struct {
	Graph      *Hypergraph
	Resources  []Resource
	MaxInAxons int64   // distinct sources of the targets in one core; 0 is no limit
	Coords     []Coord // per neuron, or nil
}

// Effort is how much work may be spent.
type Effort int

// The efforts of the contract.
const (
	Fast Effort = iota
	Normal
	High
)

// ParseEffort reads fast, normal or high.
func ParseEffort(s string) (Effort, error) {
	for i, name := range [...]string{"fast", "normal", "high"} {
		if s == name {
			return Effort(i), nil
		}
	}
	return 0, fmt.Errorf("partition: need fast, normal or high, have %q", s)
}

// Options of Run.
type Options struct {
	Effort  Effort
	Seed    uint64
	Workers int // goroutines, at least 1; the result does not depend on it
}

// Result is a partition that holds every limit.
type Result struct {
	Part  []int32 // per neuron, 0 to Cores-1, every core in use
	Cores int
	From  string // the start that won
	Note  string // "no structure found" or empty
}

// Run divides the neurons among cores.
func Run(p *Problem, o Options) (*Result, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	l := finest(p)
	k := p.cores()
	part := make([]int32, l.n)
	ids := make([]int32, l.n)
	for i := range ids {
		ids[i] = int32(i)
	}
	cap := make([]int64, l.kinds)
	for r, res := range p.Resources {
		cap[r] = res.Limit
	}
	bisection{cap: cap, seed: o.Seed + 1, tries: 12, passes: 3, netSize: 500}.assign(l, ids, k, 0, part)
	b := newBlocks(l, k, part, p)
	s := newSearch(b, o.Seed+2, 100, 1000)
	for range 10 {
		saved := s.round()
		if saved*1000 < b.packets {
			break
		}
	}
	return &Result{Part: part, Cores: int(k)}, nil
}

// cores is the number of cores to aim at: 3 % above the least that the
// resources ask for, so that refinement has room.
func (p *Problem) cores() int32 {
	k := int64(1)
	for _, r := range p.Resources {
		sum := int64(0)
		for v := range p.Graph.Neurons {
			sum += int64(r.need(v))
		}
		k = max(k, (sum*103+r.Limit*100-1)/(r.Limit*100))
	}
	return int32(k)
}

// check says what of the problem cannot be.
func (p *Problem) check() error {
	if len(p.Resources) == 0 {
		return fmt.Errorf("partition: need at least 1 resource, have none")
	}
	n := p.Graph.Neurons
	for _, r := range p.Resources {
		if r.Limit < 1 || r.Need != nil && len(r.Need) != n {
			return fmt.Errorf("partition: resource %s: need a limit of at least 1 and %d needs, have %d and %d", r.Name, n, r.Limit, len(r.Need))
		}
	}
	if p.Coords != nil && len(p.Coords) != n {
		return fmt.Errorf("partition: %d coordinates, need %d", len(p.Coords), n)
	}
	return nil
}
