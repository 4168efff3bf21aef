package compiler

import (
	"math"
	"slices"

	"hillock/compiler/graph"
)

// crossTile is a set of targets that share in-axons.
type crossTile struct {
	targets  []int32
	sources  []int32 // into crossPop.sources, ascending
	kinds    []uint8 // in-axons of each source
	constant int     // in-axons of the constant source, ahead of the others
	cores    int
}

// used is the in-axons of a tile.
func (t *crossTile) used() int {
	n := t.constant
	for _, k := range t.kinds {
		n += int(k)
	}
	return n
}

// passCrossSources shifts voltages and lists the synapses of every target.
func passCrossSources(u *Unit) error {
	total := 0
	for _, q := range u.Net.Projs {
		n := len(q.W)
		if k := q.Kernel; k != nil {
			n = min(k.Targets(), mostCrossings) * (len(k.W) / k.Out[0])
		}
		total = min(total+n, math.MaxInt32)
	}
	if total > mostCrossings {
		u.misfit(Misfit{"", -1, "synapses", int64(total), mostCrossings, "a crossbar stores every synapse of a kernel by itself, and the compiler lists no more"})
		u.crossbar.stopped = true
		return nil
	}
	for k := range u.Pops {
		if u.isInput(k) {
			continue
		}
		p, c := &u.Pops[k], &u.crossbar.pops[k]
		if p.Src.Code != graph.Rate { // a misfit already; its synapses count
			p.foldExact()
		} else {
			p.fold()
		}
		u.crossSynapses(k)
		p.drivesOf(u, k)
		leaks, driven := false, false
		for i := range p.C {
			leaks = leaks || p.AV[i] != 1 && !memoryless(p.Src)
			driven = driven || p.C[i] != 0
		}
		c.constant = driven && leaks && c.cap.leak && !c.cap.both
	}
	return nil
}

// drivesOf adds biases to the constant drives; behind a synapse they act by
// their steady value.
func (p *Pop) drivesOf(u *Unit, pop int) {
	for _, q := range u.into(pop) {
		for i, b := range q.Src.Bias {
			if a := 1 - p.AU[i]; b != 0 && a > 0 {
				p.C[i] += p.gain(i) * b / a
			}
		}
	}
}

// gain is what a weight is worth in the membrane of neuron i in its tick.
func (p *Pop) gain(i int) float64 {
	if p.Src.GV == nil || p.Src.GJ == nil {
		return 1
	}
	return p.Src.GV[i] * p.Src.GJ[i]
}

// crossSynapses lists the synapses into a population by target, with the whole
// charge that a spike brings. Projections of one delay share sources.
func (u *Unit) crossSynapses(pop int) {
	c, n := &u.crossbar.pops[pop], u.Net.Pops[pop].N
	var list []crossEntry
	base := map[[3]int]int32{}
	for k := range u.Projs {
		q := &u.Projs[k]
		if q.Src.Post != pop {
			continue
		}
		p := q.Src
		key := [3]int{p.Pre, p.Delay, map[bool]int{true: 1}[p.Recurrent]}
		if _, ok := base[key]; !ok {
			base[key] = int32(len(c.sources))
			for j := range u.Net.Pops[p.Pre].N {
				c.sources = append(c.sources, crossSource{int32(p.Pre), int32(j), int32(k)})
			}
		}
		for i := range q.Gain {
			q.Gain[i] = u.Pops[pop].gain(i)
			if a := 1 - u.Pops[pop].AU[i]; a > 0 {
				q.Gain[i] /= a
			}
		}
		q.eachWeight(func(pre, post int, w float64) {
			if w *= q.Gain[post]; w != 0 {
				q.MaxAbs = max(q.MaxAbs, math.Abs(w))
				list = append(list, crossEntry{int32(post), base[key] + int32(pre), w})
			}
		})
	}
	c.store(list, n)
}

// crossEntry is a synapse of a population: target, source and weight.
type crossEntry struct {
	post, at int32
	w        float64
}

// store keeps synapses by target, and adds up those of one source.
func (c *crossPop) store(list []crossEntry, n int) {
	slices.SortStableFunc(list, func(a, b crossEntry) int {
		if a.post != b.post {
			return int(a.post - b.post)
		}
		return int(a.at - b.at)
	})
	c.off = make([]int, n+1)
	for i, e := range list {
		if i > 0 && e.post == list[i-1].post && e.at == list[i-1].at {
			c.w[len(c.w)-1] += e.w
			continue
		}
		c.src, c.w = append(c.src, e.at), append(c.w, e.w)
		c.off[e.post+1] = len(c.src)
	}
	for i := range n {
		c.off[i+1] = max(c.off[i+1], c.off[i])
	}
}

// passCrossTiles cuts populations into tiles. Every source gets as many
// in-axons per tile as the fullest neuron leaves room for, and what a tile has
// left goes to its strongest sources.
func passCrossTiles(u *Unit) error {
	x := u.crossbar
	if x.stopped {
		return nil
	}
	for k := range u.Pops {
		if u.isInput(k) {
			continue
		}
		c := &x.pops[k]
		extra := 0
		if c.constant {
			extra = 1
		}
		most := 0
		for i := range c.off[1:] {
			most = max(most, c.off[i+1]-c.off[i])
		}
		if most+extra > x.axons {
			u.misfit(Misfit{u.Net.Pops[k].Name, -1, limInAxons, int64(most + extra), int64(x.axons), "one neuron alone needs an in-axon for every source"})
			x.stopped = true
			continue
		}
		per := 1
		if most > x.types {
			per = min(x.types, mostPerSource, x.axons/(most+extra))
		}
		c.tile(u, k, per, extra)
	}
	return nil
}

// tile chooses the largest blocks of positions whose sources fit a core.
func (c *crossPop) tile(u *Unit, pop, per, extra int) {
	x := u.crossbar
	room := x.axons/per - extra
	blocks := u.blocks(pop, 1)
	for side := u.side(pop); side > 1; side-- {
		try := u.blocks(pop, side)
		fits := true
		for _, b := range try {
			if fits = c.within(b, room); !fits {
				break
			}
		}
		if fits {
			blocks = try
			break
		}
	}
	for _, b := range blocks {
		for _, part := range c.cut(b, room, x.neurons-extra*mostPerSource) {
			t := crossTile{targets: part, sources: c.union(part), cores: 1}
			t.kinds = make([]uint8, len(t.sources))
			for i := range t.kinds {
				t.kinds[i] = uint8(per)
			}
			t.constant = extra * per
			c.spend(&t, x, per)
			c.tiles = append(c.tiles, t)
		}
	}
}

// within says that a set of targets has at most room sources.
func (c *crossPop) within(targets []int32, room int) bool {
	have := map[int32]bool{}
	for _, i := range targets {
		for _, s := range c.src[c.off[i]:c.off[i+1]] {
			if have[s] = true; len(have) > room {
				return false
			}
		}
	}
	return true
}

// union is the sources of a set of targets, ascending.
func (c *crossPop) union(targets []int32) []int32 {
	var all []int32
	for _, i := range targets {
		all = append(all, c.src[c.off[i]:c.off[i+1]]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// cut takes targets in order until neurons or sources are used up.
func (c *crossPop) cut(targets []int32, room, neurons int) [][]int32 {
	var parts [][]int32
	have := map[int32]bool{}
	first := 0
	for k, i := range targets {
		fresh := 0
		for _, s := range c.src[c.off[i]:c.off[i+1]] {
			if !have[s] {
				fresh++
			}
		}
		if k > first && (len(have)+fresh > room || k-first == neurons) {
			parts, first = append(parts, targets[first:k]), k
			clear(have)
		}
		for _, s := range c.src[c.off[i]:c.off[i+1]] {
			have[s] = true
		}
	}
	return append(parts, targets[first:])
}

// spend gives the in-axons that a tile has left to the sources of the largest
// weights, one each.
func (c *crossPop) spend(t *crossTile, x *crossbarPlan, per int) {
	left := x.axons - t.used()
	if per >= min(x.types, mostPerSource) || len(t.sources) <= x.types && per == 1 || left <= 0 {
		return
	}
	if t.constant > 0 {
		t.constant++
		left--
	}
	weight := map[int32]float64{}
	for _, i := range t.targets {
		for e := c.off[i]; e < c.off[i+1]; e++ {
			weight[c.src[e]] += math.Abs(c.w[e])
		}
	}
	by := make([]int, len(t.sources))
	for i := range by {
		by[i] = i
	}
	slices.SortStableFunc(by, func(a, b int) int {
		wa, wb := weight[t.sources[a]], weight[t.sources[b]]
		switch {
		case wa > wb:
			return -1
		case wa < wb:
			return 1
		}
		return a - b
	})
	for _, i := range by[:min(left, len(by))] {
		t.kinds[i]++
	}
}

// plane is the shape of a population that a kernel drives: channels, rows,
// columns; one row of one column per neuron otherwise.
func (u *Unit) plane(pop int) [3]int {
	for _, q := range u.Net.Projs {
		if q.Post == pop && q.Kernel != nil {
			return q.Kernel.Out
		}
	}
	return [3]int{u.Net.Pops[pop].N, 1, 1}
}

// side is the largest side of a block of positions that is tried.
func (u *Unit) side(pop int) int {
	s := u.plane(pop)
	return max(s[1], s[2])
}

// blocks lists the neurons of a population by blocks of side x side positions,
// within a block position by position with all its channels.
func (u *Unit) blocks(pop, side int) [][]int32 {
	s := u.plane(pop)
	var out [][]int32
	for y := 0; y < s[1]; y += side {
		for x := 0; x < s[2]; x += side {
			var b []int32
			for dy := y; dy < min(y+side, s[1]); dy++ {
				for dx := x; dx < min(x+side, s[2]); dx++ {
					for c := range s[0] {
						b = append(b, int32((c*s[1]+dy)*s[2]+dx))
					}
				}
			}
			out = append(out, b)
		}
	}
	return out
}

// isRecurrent says that a population sends back in time.
func (u *Unit) isRecurrent(pop int) bool {
	return slices.ContainsFunc(u.Net.Projs, func(q *graph.Projection) bool { return q.Pre == pop && q.Recurrent })
}
