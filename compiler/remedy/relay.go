package remedy

import (
	"fmt"
	"strings"

	"hillock/compiler/graph"
)

// mostRelays bounds the populations that one change adds.
const mostRelays = 256

// proj finds a projection by its name, or #INDEX where names repeat.
func (p *plan) proj(name string) (int, error) {
	for i := range p.net.Projs {
		if projName(p.net, i) == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("the network has no projection %q", name)
}

// projName is the name by which changes call a projection.
func projName(n *graph.Network, i int) string {
	name := n.Projs[i].Name
	for k, q := range n.Projs {
		if k != i && q.Name == name || name == "" {
			return fmt.Sprintf("#%d", i)
		}
	}
	return name
}

// pop finds a population by name; not an input.
func (p *plan) pop(name string) (int, error) {
	for i, s := range p.net.Pops {
		if s.Name == name {
			if s.Kind == graph.Input {
				return 0, fmt.Errorf("population %q is an input", name)
			}
			return i, nil
		}
	}
	return 0, fmt.Errorf("the network has no population %q", name)
}

// insert puts populations in front of index at (or behind all) and moves the
// indices of projections.
func insert(n *graph.Network, at int, pops ...*graph.Population) {
	n.Pops = append(n.Pops[:at:at], append(pops, n.Pops[at:]...)...)
	for k, old := range n.Projs {
		q := *old
		if q.Pre >= at {
			q.Pre += len(pops)
		}
		if q.Post >= at {
			q.Post += len(pops)
		}
		n.Projs[k] = &q
	}
}

// fresh is a population name that is not in use.
func fresh(n *graph.Network, base string) string {
	for k := 1; ; k++ {
		name := fmt.Sprintf("%s~%d", base, k)
		taken := false
		for _, p := range n.Pops {
			taken = taken || p.Name == name
		}
		if !taken {
			return name
		}
	}
}

// relayOf is a population that sends what it is sent, neuron by neuron.
func relayOf(s *graph.Population, name string) (*graph.Population, error) {
	if s.Multi {
		return nil, fmt.Errorf("%s sends several spikes in a tick, which a relay would join", s.Name)
	}
	r := &graph.Population{Name: name, N: s.N, Shape: s.Shape, C: make([]float64, s.N)}
	if s.Code != graph.Rate {
		r.Kind, r.Code, r.Levels, r.Theta = graph.Rectifier, s.Code, s.Levels, constant(s.N, 1)
		return r, nil
	}
	r.Kind, r.Theta = graph.Threshold, constant(s.N, 0.5)
	r.AJ, r.AV, r.VReset = constant(s.N, 0), constant(s.N, 0), constant(s.N, 0)
	r.GJ, r.GV = constant(s.N, 1), constant(s.N, 1)
	return r, nil
}

func constant(n int, x float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// partName is the name of part k of a projection, partOf what it stems from,
// "" if it is no part. Projections into relays stem from none.
func partName(name string, k int) string { return fmt.Sprintf("%s, part %d", name, k) }

func partOf(name string) string {
	at := strings.LastIndex(name, ", part ")
	return name[:max(at, 0)]
}

func intoRelay(name string) string { return "into " + name }

// oneToOne is a projection of weight 1 from each neuron to its twin.
func oneToOne(name string, pre, post, n, delay int) *graph.Projection {
	q := &graph.Projection{Name: name, Pre: pre, Post: post, Delay: delay}
	if n > 256 {
		q.Kernel = &graph.Kernel{In: [3]int{n, 1, 1}, Out: [3]int{n, 1, 1}, Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: n, W: constant(n, 1)}
		return q
	}
	q.W = make([]float64, n*n)
	for i := range n {
		q.W[i*n+i] = 1
	}
	return q
}

// relay leads a projection over relays in a row. Each takes a tick, and up to
// as much of the projection's own delay as the chip's longest: what waited in
// the target's ring waits on the way.
func (p *plan) relay(c Change) error {
	i, err := p.proj(c.Subject)
	if err != nil {
		return err
	}
	if c.Count > mostRelays {
		return fmt.Errorf("%d relays, need at most %d", c.Count, mostRelays)
	}
	net := copied(p.net)
	q := *net.Projs[i]
	pre := net.Pops[q.Pre]
	at := q.Post // a projection within a tick goes forward
	if q.Recurrent {
		at = len(net.Pops)
	}
	steps := relaySteps(q.Delay, c.Count, p.longest())
	from, left := q.Pre, q.Delay
	for k := range c.Count {
		r, err := relayOf(pre, fresh(net, pre.Name))
		if err != nil {
			return err
		}
		insert(net, at+k, r)
		if from >= at+k {
			from++ // a recurrent source behind its target
		}
		net.Projs = append(net.Projs, oneToOne(intoRelay(r.Name), from, at+k, pre.N, steps[k]))
		from, left = at+k, left-steps[k]
	}
	last := *net.Projs[i]
	last.Pre, last.Delay = from, left
	net.Projs[i] = &last
	p.net = net
	return nil
}

// relaySteps shares a delay out to relays, at most most each.
func relaySteps(delay, relays, most int) []int {
	out := make([]int, relays)
	for k := range out {
		out[k] = min(delay, most)
		delay -= out[k]
	}
	return out
}

// longest is the chip's longest synaptic delay.
func (p *plan) longest() int {
	if have, ok := p.family.Limit("max_delay"); ok {
		return int(have)
	}
	for _, f := range p.family.Fields {
		if f.Name == "max_delay" {
			return int(f.Hi)
		}
	}
	return 0
}

func (p *plan) clipDelay(c Change) error {
	i, err := p.proj(c.Subject)
	if err != nil {
		return err
	}
	net := copied(p.net)
	q := *net.Projs[i]
	if q.Delay <= c.Count {
		return fmt.Errorf("its delay is %d", q.Delay)
	}
	q.Delay = c.Count
	net.Projs[i] = &q
	p.net = net
	return nil
}
