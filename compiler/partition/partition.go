package partition

import (
	"fmt"
	"math"
	"math/bits"
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
	Note  string // "no structure found ...", or empty
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
		if sum > r.Limit {
			hi, lo := bits.Mul64(uint64(sum), 103)
			q, rest := bits.Div64(hi, lo, uint64(r.Limit)*100)
			k = max(k, int64(q)+int64(min(rest, 1)))
		}
	}
	return int32(min(k, int64(p.Graph.Neurons)))
}

// check says what of the problem cannot be; a neuron that fits no core by
// itself is named.
func (p *Problem) check() error {
	n := p.Graph.Neurons
	if n < 1 || len(p.Resources) == 0 {
		return fmt.Errorf("partition: need at least 1 neuron and 1 resource, have %d and %d", n, len(p.Resources))
	}
	if p.MaxInAxons < 0 {
		return fmt.Errorf("partition: need a limit of in-axons of at least 0, have %d", p.MaxInAxons)
	}
	for _, r := range p.Resources {
		if r.Limit < 1 || r.Limit > math.MaxInt32 || r.Need != nil && len(r.Need) != n {
			return fmt.Errorf("partition: resource %s: need a limit of 1 to %d and %d needs, have %d and %d", r.Name, math.MaxInt32, n, r.Limit, len(r.Need))
		}
		for v := range r.Need {
			if r.Need[v] < 0 || int64(r.Need[v]) > r.Limit {
				return fmt.Errorf("partition: neuron %d: need %d %s, have %d in an empty core", v+1, r.Need[v], r.Name, r.Limit)
			}
		}
	}
	if p.Coords != nil && len(p.Coords) != n {
		return fmt.Errorf("partition: %d coordinates, need %d", len(p.Coords), n)
	}
	if p.MaxInAxons == 0 {
		return nil
	}
	for v, in := range p.Graph.FanIn() {
		if int64(in) > p.MaxInAxons {
			return fmt.Errorf("partition: neuron %d: need %d in-axons, have %d in an empty core", v+1, in, p.MaxInAxons)
		}
	}
	return nil
}
