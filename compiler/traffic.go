package compiler

import (
	"math"
	"slices"

	"hillock/compiler/graph"
	"hillock/compiler/partition"
)

// mostPins bounds the hypergraph of a network: beyond, cores are packed.
const mostPins = 1 << 28

// traffic is the network as a hypergraph. Its vertices are the neurons, inputs
// included, population after population; its nets are the in-axons that a
// source needs on every core that holds a target: one per source neuron and
// storage format.
type traffic struct {
	graph *partition.Hypergraph
	first []int // per population, its first vertex
	input []bool
	inner int // nets of neurons on the chip, which come first
}

// traffic is nil if the network is too large for it.
func (u *Unit) traffic() *traffic {
	t := &traffic{graph: &partition.Hypergraph{First: []int32{0}}, input: make([]bool, len(u.Pops))}
	n := 0
	for k, p := range u.Net.Pops {
		t.first = append(t.first, n)
		t.input[k] = p.Kind == graph.Input
		n += p.N
	}
	t.graph.Neurons = n
	mark := make([]int32, n)
	for _, fromInput := range [...]bool{false, true} {
		for k := range u.Pops {
			if t.input[k] == fromInput && !u.addNets(t, mark, k) {
				return nil
			}
		}
		if !fromInput {
			t.inner = t.graph.Nets()
		}
	}
	return t
}

// addNets adds the nets of one source population; false if they are too many.
func (u *Unit) addNets(t *traffic, mark []int32, pop int) bool {
	h := t.graph
	weight := int32(min(max(math.Round(1000*u.Pops[pop].Rate), 1), 1<<20))
	for _, projs := range u.formatsOf(pop) {
		for j := range u.Net.Pops[pop].N {
			start, stamp := len(h.Pins), int32(h.Nets())+1
			source := int32(t.first[pop] + j)
			mark[source] = stamp // a neuron that feeds itself hears that on its own core
			h.Pins = append(h.Pins, source)
			for _, q := range projs {
				first := t.first[q.Src.Post]
				u.targets(q, j, func(target int) {
					if v := int32(first + target); mark[v] != stamp {
						mark[v] = stamp
						h.Pins = append(h.Pins, v)
					}
				})
			}
			if len(h.Pins) == start+1 {
				h.Pins = h.Pins[:start]
				continue
			}
			h.First, h.Weight = append(h.First, int32(len(h.Pins))), append(h.Weight, weight)
			if len(h.Pins) > mostPins {
				return false
			}
		}
	}
	return true
}

// formatsOf groups the projections of a source population by the in-axons that
// they share, in the order of projections.
func (u *Unit) formatsOf(pop int) [][]*Proj {
	var keys []rowKey
	var out [][]*Proj
	for i := range u.Projs {
		q := &u.Projs[i]
		if q.Src.Pre != pop {
			continue
		}
		key := q.rowKey()
		if q.kernel != nil {
			key.kernel = i + 1
		}
		at := slices.Index(keys, key)
		if at < 0 {
			at = len(keys)
			keys, out = append(keys, key), append(out, nil)
		}
		out[at] = append(out[at], q)
	}
	return out
}

// targets visits the neurons that a source neuron reaches.
func (u *Unit) targets(q *Proj, j int, visit func(target int)) {
	switch {
	case q.raw != nil:
		for _, s := range q.raw.src.Synapses[q.raw.off[j]:q.raw.off[j+1]] {
			visit(int(s.Post))
		}
	case q.kernel != nil:
		q.kernel.Each(j, func(target, weight int) {
			if q.stored || q.Mant[weight] != 0 {
				visit(target)
			}
		})
	default:
		n := len(q.Gain)
		for i, m := range q.Mant[j*n : (j+1)*n] {
			if m != 0 {
				visit(i)
			}
		}
	}
}

// coords is where neurons lie, nil if no population has a plane.
func (u *Unit) coords() []partition.Coord {
	var out []partition.Coord
	plane := false
	for k, p := range u.Net.Pops {
		c := u.planeOf(k)
		plane = plane || c[1]*c[2] > 1
		for i := range p.N {
			out = append(out, partition.Coord{Layer: int32(k), Channel: int32(i / (c[1] * c[2])), Y: int32(i / c[2] % c[1]), X: int32(i % c[2])})
		}
	}
	if !plane {
		return nil
	}
	return out
}

// planeOf is the channels, rows and columns of a population: those of a kernel
// that it is an end of, else of its shape; a channel per neuron if it has none.
func (u *Unit) planeOf(pop int) [3]int {
	for i := range u.Projs {
		q := &u.Projs[i]
		switch k := q.Src.Kernel; {
		case k == nil:
		case q.Src.Post == pop:
			return k.Out
		case q.Src.Pre == pop:
			return k.In
		}
	}
	p := u.Net.Pops[pop]
	switch s := p.Shape; len(s) {
	case 2:
		return [3]int{1, s[0], s[1]}
	case 3:
		return [3]int{s[0], s[1], s[2]}
	}
	return [3]int{p.N, 1, 1}
}

// remote is the weighted number of cores that spikes have to reach beside
// their own, and what the busiest core sends and receives of it; spikes from
// outside have no core of their own.
func (t *traffic) remote(core []int32) (sum, busiest int64) {
	h := t.graph
	most := slices.Max(core) + 1
	mark, load := make([]int32, max(most, 1)), make([]int64, max(most, 1))
	for e := range h.Nets() {
		net := h.Net(e)
		if own := core[net[0]]; own >= 0 {
			mark[own] = int32(e) + 1
		}
		for _, v := range net[1:] {
			if c := core[v]; c >= 0 && mark[c] != int32(e)+1 {
				mark[c] = int32(e) + 1
				sum += int64(h.Weight[e])
				load[c] += int64(h.Weight[e])
				if own := core[net[0]]; own >= 0 {
					load[own] += int64(h.Weight[e])
				}
			}
		}
	}
	return sum, slices.Max(load)
}
