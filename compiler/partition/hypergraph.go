// Package partition divides the neurons of a network among cores. The network
// is a hypergraph with one net per neuron, its source first and then its
// targets; the objective is packets, the sum over nets of weight times the
// number of other cores that hold a target, which is the weighted
// connectivity minus one. Limits are a vector of resources per core and are
// never exceeded. The same input gives the same partition on any machine and
// for any number of workers.
package partition

import (
	"fmt"
	"math"
)

// Bounds of a hypergraph: indices are int32.
const (
	MaxNeurons = 1 << 28
	MaxPins    = math.MaxInt32 - 1
)

// Hypergraph is a network of neurons 0 to Neurons-1. Net e has the pins
// Pins[First[e]:First[e+1]], distinct neurons with the source first, and
// Weight[e] spikes per 1,000 ticks, at least 0.
type Hypergraph struct {
	Neurons int
	Weight  []int32
	First   []int32
	Pins    []int32
}

// Nets is the number of nets.
func (h *Hypergraph) Nets() int { return len(h.Weight) }

// Net is the pins of net e, source first.
func (h *Hypergraph) Net(e int) []int32 { return h.Pins[h.First[e]:h.First[e+1]] }

// FanIn is the number of nets that target each neuron.
func (h *Hypergraph) FanIn() []int32 {
	in := make([]int32, h.Neurons)
	for e := range h.Nets() {
		for _, v := range h.Net(e)[1:] {
			in[v]++
		}
	}
	return in
}

// Validate says whether the arrays fit each other: offsets that rise, pins in
// range and distinct within a net, no weight below 0.
func (h *Hypergraph) Validate() error {
	if h.Neurons < 0 || h.Neurons > MaxNeurons || len(h.Pins) > MaxPins {
		return fmt.Errorf("partition: %d neurons and %d pins, need at most %d and %d", h.Neurons, len(h.Pins), MaxNeurons, MaxPins)
	}
	if len(h.First) != len(h.Weight)+1 || h.First[0] != 0 || int(h.First[len(h.First)-1]) != len(h.Pins) {
		return fmt.Errorf("partition: offsets of %d nets do not span %d pins", len(h.Weight), len(h.Pins))
	}
	seen := make([]int32, h.Neurons)
	for e, w := range h.Weight {
		if h.First[e] >= h.First[e+1] || w < 0 {
			return fmt.Errorf("partition: net %d: need a source and a weight of at least 0, have %d pins and weight %d", e+1, h.First[e+1]-h.First[e], w)
		}
		for _, v := range h.Net(e) {
			if v < 0 || int(v) >= h.Neurons {
				return fmt.Errorf("partition: net %d: pin %d, need 1 to %d", e+1, v+1, h.Neurons)
			}
			if seen[v] == int32(e)+1 {
				return fmt.Errorf("partition: net %d: pin %d twice", e+1, v+1)
			}
			seen[v] = int32(e) + 1
		}
	}
	return nil
}

// transpose lists the nets of every vertex in the order of nets.
func transpose(n int, first, pins []int32) (at, nets []int32) {
	at = make([]int32, n+1)
	for _, v := range pins {
		at[v+1]++
	}
	for v := range n {
		at[v+1] += at[v]
	}
	nets = make([]int32, len(pins))
	next := append([]int32(nil), at[:n]...)
	for e := range len(first) - 1 {
		for _, v := range pins[first[e]:first[e+1]] {
			nets[next[v]] = int32(e)
			next[v]++
		}
	}
	return at, nets
}
