package mesh

// source is the sending side of one node: an unbounded queue, of which only
// the first packet exists; those behind it are made when it has left.
type source struct {
	next   int64  // cycle in which the next packet is generated; never = no more
	made   uint64 // packets so far: the place in the node's random streams
	drawn  uint64 // draws of gaps so far
	f      flit   // address of the packet in hand
	left   int32  // its flits that have not left
	follow int32  // next node that sleeps in the same place of the wheel; -1 = none
	item   int32  // next entry of the list of messages; -1 = none
	net    uint8  // subnet of the packet in hand
	turn   uint8  // subnet of the next packet, when they take turns
	vc     uint8  // VC of the packet in hand
	last   uint8  // VC that is tried first for the next packet
	queued bool
}

const never = 1<<63 - 1

// sleepers is the number of places of the wheel of sources that wait for the
// cycle of their next packet. A place may hold later cycles; these stay.
const sleepers = 1 << 10

// sources is what all sources share.
type sources struct {
	credits []int16  // by subnet, node and VC
	open    []uint16 // VCs with a credit, by subnet and node
	active  []int32  // nodes that have a packet and, as far as known, a credit
	asleep  []int32  // first node of each place of the wheel; -1 = none
	count   int      // nodes in the wheel
}

// sourceVC is the number of a source's view of the VC of a local input.
func (m *Mesh) sourceVC(node, r, vc uint32) uint32 {
	net := r / uint32(m.spec.W*m.spec.H)
	return (net*uint32(len(m.src))+node)*maxVCs + vc
}

func (m *Mesh) resetSources() {
	s := &m.traffic.sources
	n := len(m.src) * m.spec.Subnets
	if s.credits == nil {
		s.credits, s.open, s.asleep = make([]int16, n*maxVCs), make([]uint16, n), make([]int32, sleepers)
	}
	for i := range s.credits {
		s.credits[i] = int16(m.spec.Buffer)
	}
	for i := range s.open {
		s.open[i] = 1<<m.vcs - 1
	}
	for i := range s.asleep {
		s.asleep[i] = -1
	}
	s.active, s.count = s.active[:0], 0
	for i := range m.src {
		m.src[i] = source{next: never, follow: -1, item: -1}
	}
	m.traffic.mode = idle
}

// sourceCredits gives sources the places that became free.
func (m *Mesh) sourceCredits(w *slot) {
	s := &m.traffic.sources
	for _, k := range w.source {
		s.credits[k]++
		if s.credits[k] != 1 {
			continue
		}
		at := k / maxVCs
		s.open[at] |= 1 << (k % maxVCs)
		n := int32(at) % int32(len(m.src))
		if x := &m.src[n]; x.left > 0 && !x.queued {
			x.queued = true
			s.active = append(s.active, n)
		}
	}
	w.source = w.source[:0]
}

// sleep puts a node into the wheel until its next packet.
func (m *Mesh) sleep(n int32) {
	x := &m.src[n]
	x.queued = false
	if x.next == never {
		return
	}
	s := &m.traffic.sources
	at := x.next & (sleepers - 1)
	x.follow, s.asleep[at] = s.asleep[at], n
	s.count++
}

// arise takes the nodes out of the wheel whose packet is due.
func (m *Mesh) arise() {
	s := &m.traffic.sources
	at := m.now & (sleepers - 1)
	n := s.asleep[at]
	if n < 0 {
		return
	}
	s.asleep[at] = -1
	for n >= 0 {
		x := &m.src[n]
		behind := x.follow
		if x.next <= m.now {
			x.queued = true
			s.active = append(s.active, n)
			s.count--
		} else {
			x.follow, s.asleep[at] = s.asleep[at], n
		}
		n = behind
	}
}

// inject lets every active source send one flit.
func (m *Mesh) inject() {
	s := &m.traffic.sources
	if s.count > 0 {
		m.arise()
	}
	if len(s.active) == 0 {
		return
	}
	keep := s.active[:0]
	w := m.at(uint32(m.spec.InjectLink + 1))
	for _, n := range s.active {
		x := &m.src[n]
		if x.left == 0 {
			if x.next > m.now {
				m.sleep(n)
				continue
			}
			m.generate(n)
		}
		if !m.emit(n, w) {
			x.queued = false // until a credit comes
			continue
		}
		if x.left == 0 && x.next > m.now+1 {
			m.sleep(n)
			continue
		}
		keep = append(keep, n)
	}
	s.active = keep
}

// emit sends the next flit of node n, if there is a credit. A packet takes the
// first VC with a credit after that of the packet before.
func (m *Mesh) emit(n int32, w *slot) bool {
	x, s := &m.src[n], &m.traffic.sources
	at := int(x.net)*len(m.src) + int(n)
	open := s.open[at]
	f := x.f
	if x.left == int32(m.spec.Flits) {
		if open == 0 {
			return false
		}
		x.vc = uint8(cyclic(uint64(open), uint(x.last)))
		x.last = wrap(uint32(x.vc)+1, m.vcs)
		f |= headBit
	} else if open>>x.vc&1 == 0 {
		return false
	}
	x.left--
	if x.left == 0 {
		f |= tailBit
	}
	k := at*maxVCs + int(x.vc)
	s.credits[k]--
	if s.credits[k] == 0 {
		s.open[at] &^= 1 << x.vc
	}
	c := m.spec.Concentration
	r := int(x.net)*m.spec.W*m.spec.H + int(n)/c
	w.arrive = append(w.arrive, arrival{f, uint32(r<<m.vcSh + (local0+int(n)%c)*m.vcs + int(x.vc))})
	return true
}

// generate makes the packet of node n that is due.
func (m *Mesh) generate(n int32) {
	x, t := &m.src[n], &m.traffic
	p := packet{born: x.next, src: n, tag: -1}
	if t.mode == listed {
		msg := &t.list[x.item]
		p.dst, p.tag = msg.Dst, x.item
		x.item = t.follow[x.item]
		x.next = never
		if x.item >= 0 {
			x.next = max(t.list[x.item].Cycle, p.born)
		}
	} else {
		p.dst = t.target(m, n, x.made)
		x.next += t.gap(uint64(n), &x.drawn)
	}
	m.stats.generated(p.born)
	slot := m.newPacket(p)
	x.f = m.address(p.dst, slot)
	x.left = int32(m.spec.Flits)
	x.net = m.subnet(x, n)
	x.made++
}

// subnet chooses the subnet of the packet in hand.
func (m *Mesh) subnet(x *source, n int32) uint8 {
	nets := m.spec.Subnets
	if nets == 1 {
		return 0
	}
	switch m.spec.Choose {
	case RandomSubnet:
		return uint8(below(mix(m.traffic.seed, uint64(n), x.made, streamSubnet), uint64(nets)))
	case BySource:
		return uint8(int(n) % nets)
	}
	net := x.turn
	x.turn = wrap(uint32(net)+1, nets)
	return net
}
