package partition

// level is one hypergraph of the multilevel hierarchy: clusters of neurons
// and the nets that still join two of them, in flat arrays. Where the axon
// limit counts, every net also knows its source cluster, how many original
// nets it stands for and whether its source cluster holds a target.
type level struct {
	n       int32
	kinds   int     // additive resources
	need    []int32 // [n*kinds], what each cluster takes of each resource
	weight  []int32 // per net
	first   []int32 // nets+1 offsets into pins
	pins    []int32
	netAt   []int32 // n+1 offsets into nets
	nets    []int32
	into    []int32 // cluster of each vertex of the finer level, nil at the finest
	sources *sources
}

// sources is what in-axons are counted from.
type sources struct {
	of    []int32 // per net, its source cluster
	times []int32 // per net, original nets merged into it
	local []bool  // per net, whether the source cluster also holds a target
	base  []int32 // per cluster, nets wholly inside it
}

func (l *level) numNets() int           { return len(l.weight) }
func (l *level) net(e int32) []int32    { return l.pins[l.first[e]:l.first[e+1]] }
func (l *level) netsOf(v int32) []int32 { return l.nets[l.netAt[v]:l.netAt[v+1]] }
func (l *level) size(e int32) int32     { return l.first[e+1] - l.first[e] }

// finest is the level of single neurons. Nets of one pin cost nothing and are
// left out; a net whose source targets itself alone never occurs in a file.
func finest(p *Problem) *level {
	h := p.Graph
	l := &level{n: int32(h.Neurons), kinds: len(p.Resources), first: []int32{0}}
	l.need = make([]int32, h.Neurons*l.kinds)
	for r, res := range p.Resources {
		for v := range h.Neurons {
			l.need[v*l.kinds+r] = res.need(v)
		}
	}
	if p.MaxInAxons > 0 {
		l.sources = &sources{base: make([]int32, h.Neurons)}
	}
	l.pins = make([]int32, 0, len(h.Pins))
	l.weight = make([]int32, 0, h.Nets())
	for e, w := range h.Weight {
		pins := h.Net(e)
		if len(pins) < 2 {
			continue
		}
		l.weight = append(l.weight, w)
		l.pins = append(l.pins, pins...)
		l.first = append(l.first, int32(len(l.pins)))
		if s := l.sources; s != nil {
			s.of, s.times, s.local = append(s.of, pins[0]), append(s.times, 1), append(s.local, false)
		}
	}
	l.netAt, l.nets = transpose(int(l.n), l.first, l.pins)
	l.scale()
	return l
}

// scale shifts the weights so that their sum at any vertex stays within 30
// bits; a weight above 0 stays so. Reported packets are of the true weights.
func (l *level) scale() {
	shift := 0
	for v := range l.n {
		sum := int64(0)
		for _, e := range l.netsOf(v) {
			sum += int64(l.weight[e])
		}
		for sum>>shift >= 1<<30-1<<24 {
			shift++
		}
	}
	if shift == 0 {
		return
	}
	for e, w := range l.weight {
		l.weight[e] = max(w>>shift, min(w, 1))
	}
}

// contract merges the vertices of l that share a cluster, drops nets inside
// one cluster and merges equal nets.
func (l *level) contract(into []int32, clusters int32) *level {
	c := &level{n: clusters, kinds: l.kinds, into: into}
	c.need = make([]int32, int(clusters)*l.kinds)
	for v := range l.n {
		for r := range l.kinds {
			c.need[int(into[v])*l.kinds+r] += l.need[int(v)*l.kinds+r]
		}
	}
	if l.sources != nil {
		c.sources = &sources{base: make([]int32, clusters)}
		for v := range l.n {
			c.sources.base[into[v]] += l.sources.base[v]
		}
	}
	m := newMerger(c, l.numNets(), len(l.pins))
	for e := range int32(l.numNets()) {
		m.add(l, e)
	}
	c.netAt, c.nets = transpose(int(clusters), c.first, c.pins)
	return c
}

// merger collects the nets of a coarser level; table holds net numbers plus
// one by hash, open addressing.
type merger struct {
	c     *level
	mark  []int32
	stamp int32
	hash  []uint64 // per net
	table []int32
}

func newMerger(c *level, nets, pins int) *merger {
	size := 16
	for size < nets*2 {
		size *= 2
	}
	c.first = append(make([]int32, 0, nets/2+1), 0)
	c.pins = make([]int32, 0, pins/2)
	return &merger{c: c, mark: make([]int32, c.n), table: make([]int32, size)}
}

// add maps net e of l to clusters and merges it with an equal one.
func (m *merger) add(l *level, e int32) {
	c := m.c
	m.stamp++
	start, hash := len(c.pins), uint64(0)
	source, copies, times := int32(-1), 0, int32(1)
	if l.sources != nil {
		source, times = c.into[l.sources.of[e]], l.sources.times[e]
	}
	for _, v := range l.net(e) {
		u := c.into[v]
		if u == source {
			copies++
		}
		if m.mark[u] != m.stamp {
			m.mark[u] = m.stamp
			c.pins = append(c.pins, u)
			hash += mix(uint64(u) + 1)
		}
	}
	local := copies > 1 || l.sources != nil && l.sources.local[e]
	if len(c.pins)-start < 2 {
		if l.sources != nil && local {
			c.sources.base[source] += times
		}
		c.pins = c.pins[:start]
		return
	}
	if l.sources != nil {
		hash ^= mix(uint64(source)<<1 | bit(local))
	}
	m.place(l, e, start, hash, source, times, local)
}

// place merges the net whose pins are at the end of c.pins, or keeps it.
func (m *merger) place(l *level, e int32, start int, hash uint64, source, times int32, local bool) {
	c := m.c
	mask := uint64(len(m.table) - 1)
	at := mix(hash) & mask
	for ; m.table[at] != 0; at = (at + 1) & mask {
		f := m.table[at] - 1
		if m.hash[f] != hash || !m.same(f, len(c.pins)-start) {
			continue
		}
		if s := c.sources; s != nil {
			if s.of[f] != source || s.local[f] != local {
				continue
			}
			s.times[f] += times
		}
		c.weight[f] += l.weight[e]
		c.pins = c.pins[:start]
		return
	}
	m.table[at] = int32(len(c.weight)) + 1
	m.hash = append(m.hash, hash)
	c.weight = append(c.weight, l.weight[e])
	c.first = append(c.first, int32(len(c.pins)))
	if s := c.sources; s != nil {
		s.of, s.times, s.local = append(s.of, source), append(s.times, times), append(s.local, local)
	}
}

// same tells whether net f has exactly the clusters marked last.
func (m *merger) same(f int32, size int) bool {
	if int(m.c.size(f)) != size {
		return false
	}
	for _, u := range m.c.net(f) {
		if m.mark[u] != m.stamp {
			return false
		}
	}
	return true
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// part is the sub-hypergraph of the vertices with side[v] == s. Cut nets keep
// their pins on this side. number[v] is the new index of v.
func (l *level) part(side []uint8, s uint8, number []int32) (*level, []int32) {
	p := &level{kinds: l.kinds, first: []int32{0}}
	var back []int32
	for v := range l.n {
		if side[v] == s {
			number[v] = p.n
			p.n++
			back = append(back, v)
			p.need = append(p.need, l.need[int(v)*l.kinds:int(v+1)*l.kinds]...)
		}
	}
	for e := range int32(l.numNets()) {
		start := len(p.pins)
		for _, v := range l.net(e) {
			if side[v] == s {
				p.pins = append(p.pins, number[v])
			}
		}
		if len(p.pins)-start < 2 {
			p.pins = p.pins[:start]
			continue
		}
		p.weight = append(p.weight, l.weight[e])
		p.first = append(p.first, int32(len(p.pins)))
	}
	p.netAt, p.nets = transpose(int(p.n), p.first, p.pins)
	return p, back
}

// total is the sum of a level's needs, one per resource.
func (l *level) total() []int64 {
	sum := make([]int64, l.kinds)
	for i, x := range l.need {
		sum[i%l.kinds] += int64(x)
	}
	return sum
}
