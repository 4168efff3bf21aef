package partition

// root is what all bisections of a run start from: the network, clustered
// when it is large, as hypergraph or as graph.
type root struct {
	l        *level
	clusters *level  // as hypergraph, nil when not clustered
	into     []int32 // cluster of each neuron, nil when not clustered
}

// saturation: where the first halving cuts more than this share of the spikes
// whatever it does, cut nets are no guide and the star graph is used.
const saturation = 35 // percent

// roots is what starts take turns at: twins clustered to 1/16 of a core, the
// network as it is, and small clusters of twins, as far as they differ. A
// large network has the first alone.
func (t *task) roots() []*root {
	var out []*root
	for _, parts := range [3]int64{16, 0, 64} {
		if r := t.root(parts); r != nil {
			out = append(out, r)
		}
		if t.large && len(out) > 0 || len(out) == t.starts {
			break
		}
	}
	b := t.bisection(0)
	b.tries, b.passes = 2, 1
	side := b.halve(out[0].l, t.k/2, t.k-t.k/2)
	if cut, all := cutOf(out[0].l, side); cut*100 > all*saturation {
		t.saturated = true
		out[0].l = out[0].l.star()
		out = out[:1]
	}
	return out
}

// root clusters twins to at most 1/parts of a core; nil when there are none.
func (t *task) root(parts int64) *root {
	if parts == 0 {
		return &root{l: t.finest}
	}
	levels := []*level{t.finest}
	cap := t.clusterCap(parts)
	if into, n := t.finest.twins(cap); int64(n)*100 < int64(t.finest.n)*95 {
		levels = append(levels, t.finest.contract(into, n))
	}
	if t.large {
		c := coarsening{stop: t.k * int32(parts), netSize: t.netSize, cap: cap}
		more, _ := c.hierarchy(levels[len(levels)-1], &random{mix(t.o.Seed + 5)})
		levels = append(levels, more[1:]...)
	}
	if len(levels) == 1 {
		return nil
	}
	r := &root{l: levels[len(levels)-1]}
	r.clusters = r.l
	for _, l := range levels[1:] {
		if r.into == nil {
			r.into = append([]int32(nil), l.into...)
			continue
		}
		for v, u := range r.into {
			r.into[v] = l.into[u]
		}
	}
	return r
}

// clusterCap is the most that a cluster may take when a core has at least
// parts of them.
func (t *task) clusterCap(parts int64) []int64 {
	cap := make([]int64, len(t.limit))
	for i, x := range t.limit {
		cap[i] = max(1, x/parts)
	}
	return cap
}

func cutOf(l *level, side []uint8) (cut, all int64) {
	for e := range int32(l.numNets()) {
		net := l.net(e)
		all += int64(l.weight[e])
		for _, v := range net[1:] {
			if side[v] != side[net[0]] {
				cut += int64(l.weight[e])
				break
			}
		}
	}
	return cut, all
}

func (t *task) bisection(start uint64) bisection {
	return bisection{cap: t.limit, seed: mix(t.o.Seed*31 + start + 1), tries: t.tries, passes: t.passes, netSize: t.netSize}
}

// bisected is a start by recursive bisection, refined from the clusters up.
func (t *task) bisected(r *root, start uint64) candidate {
	ids := make([]int32, r.l.n)
	for v := range ids {
		ids[v] = int32(v)
	}
	part := make([]int32, r.l.n)
	t.bisection(start).assign(r.l, ids, t.k, 0, part)
	c := candidate{from: "bisection", part: part, cores: t.k}
	if t.saturated {
		c.from = "bisection of the star graph"
	}
	seed := mix(t.o.Seed + start + 9)
	if t.saturated && t.large && t.hopeless(r, part) {
		c.part = t.split(r.fine(part))
		return t.rated(c.from, c.part)
	}
	if r.into != nil {
		b := newBlocks(r.clusters, c.cores, part, t.p)
		s := newSearch(b, seed, t.patience, t.wake, t.budget)
		if t.o.Effort == Fast {
			s.greedy(t.rounds)
		} else {
			s.rounds(t.rounds, 500)
		}
		c.part = r.fine(part)
	}
	if !t.holds(c) {
		newBlocks(t.finest, c.cores, c.part, t.p).repair()
	}
	if !t.holds(c) {
		c.part = t.split(c.part)
		c.cores = t.rated("", c.part).cores
	}
	return t.refined(c, seed)
}

// fine is the part of every neuron from that of its cluster.
func (r *root) fine(part []int32) []int32 {
	if r.into == nil {
		return part
	}
	out := make([]int32, len(r.into))
	for v, u := range r.into {
		out[v] = part[u]
	}
	return out
}

// hopeless tells whether bisection found less than searches could make good:
// no better than the simple fillings where structure would halve the packets.
func (t *task) hopeless(r *root, part []int32) bool {
	return t.rated("", r.fine(part)).packets*100 > t.floor*95
}

// holds tells whether a candidate breaks no limit.
func (t *task) holds(c candidate) bool {
	load := make([]int64, int(c.cores)*t.finest.kinds)
	for v, x := range c.part {
		for r := range t.finest.kinds {
			load[int(x)*t.finest.kinds+r] += int64(t.finest.need[v*t.finest.kinds+r])
		}
	}
	for i, x := range load {
		if x > t.limit[i%t.finest.kinds] {
			return false
		}
	}
	if t.p.MaxInAxons > 0 {
		for _, x := range Rate(t.p.Graph, c.part, int(c.cores)).InAxons {
			if int64(x) > t.p.MaxInAxons {
				return false
			}
		}
	}
	return true
}

// cycle is one V-cycle: the network is coarsened within the cores that it
// has, and local searches refine from the coarsest level up, so that whole
// clusters change cores.
func (t *task) cycle(c *candidate, seed uint64) {
	r := &random{seed}
	h := coarsening{stop: 8 * c.cores, netSize: t.netSize, part: append([]int32(nil), c.part...), cap: t.clusterCap(8)}
	levels, parts := h.hierarchy(t.finest, r)
	for i := len(levels) - 1; i >= 0; i-- {
		b := newBlocks(levels[i], c.cores, parts[i], t.p)
		newSearch(b, r.next(), t.patience, t.wake, t.budget).rounds(t.rounds, 500)
		if i == 0 {
			c.part, c.packets = parts[0], b.packets
			return
		}
		for v, u := range levels[i].into {
			parts[i-1][v] = parts[i][u]
		}
	}
}
