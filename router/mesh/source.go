package mesh

// source is the sending side of one node: an unbounded queue, of which only
// the first packet exists; those behind it are made when it has left.
type source struct {
	next   int64  // cycle in which the next packet is generated; never = no more
	made   uint64 // packets so far: the place in the node's random streams
	drawn  uint64 // draws of gaps so far
	due    int64  // cycle in which the listed packet in hand was ready
	lag    int64  // cycles that it waited for a place, where its work waits too
	f      flit   // address of the packet in hand
	left   int32  // its flits that have not left
	follow int32  // next node that sleeps in the same place of a wheel; -1 = none
	item   int32  // next entry of the list of messages; -1 = none
	net    uint8  // subnet of the packet in hand
	turn   uint8  // subnet of the next packet, when they take turns
	vc     uint8  // VC of the packet in hand
	last   uint8  // VC that is tried first for the next packet
	queued bool
}

const never = 1<<63 - 1

// sleepers is the number of places of each wheel of sources that wait for the
// cycle of their next packet: one of cycles, and one of laps of that wheel for
// those that wait longer. A place of the second may hold later laps; these stay.
const sleepers = 1 << 10

// sources is what all sources share.
type sources struct {
	open   []uint16 // VCs with a credit, by subnet and node
	active []int32  // nodes that have a packet and, as far as known, a credit
	asleep []int32  // first node of each place of the wheel; -1 = none
	later  []int32  // the same of the wheel of laps
	lap    int64    // lap whose nodes came out of the wheel of laps
	count  int      // nodes in both wheels
}

func (m *Mesh) resetSources() {
	s := &m.traffic.sources
	if s.open == nil {
		s.open, s.asleep = make([]uint16, len(m.src)*m.spec.Subnets), make([]int32, sleepers)
		s.later = make([]int32, sleepers)
	}
	for i := range s.open {
		s.open[i] = 1<<m.vcs - 1
	}
	for i := range s.asleep {
		s.asleep[i], s.later[i] = -1, -1
	}
	s.active, s.count, s.lap = s.active[:0], 0, -1
	for i := range m.src {
		m.src[i] = source{next: never, follow: -1, item: -1}
	}
	m.traffic.mode = idle
}

// relieveSource is what the first credit of a source's VC changes.
func (m *Mesh) relieveSource(k uint32) {
	s := &m.traffic.sources
	at := k / uint32(m.vcs)
	s.open[at] |= 1 << (k % uint32(m.vcs))
	n := int32(at % uint32(len(m.src)))
	if x := &m.src[n]; x.left > 0 && !x.queued {
		x.queued = true
		s.active = append(s.active, n)
	}
}

// sleep puts a node into the wheel until its next packet.
func (m *Mesh) sleep(n int32) {
	x := &m.src[n]
	x.queued = false
	if x.next == never {
		return
	}
	s := &m.traffic.sources
	s.lay(x, n, m.now)
	s.count++
}

// lay puts a node into one of the wheels.
func (s *sources) lay(x *source, n int32, now int64) {
	at := &s.asleep[x.next&(sleepers-1)]
	if x.next-now >= sleepers {
		at = &s.later[x.next/sleepers&(sleepers-1)]
	}
	x.follow, *at = *at, n
}

// begin takes the nodes whose packets are due in a lap out of the wheel of laps.
func (m *Mesh) begin(lap int64) {
	s := &m.traffic.sources
	s.lap = lap
	at := &s.later[lap&(sleepers-1)]
	n := *at
	*at = -1
	for n >= 0 {
		x := &m.src[n]
		behind := x.follow
		s.lay(x, n, m.now)
		n = behind
	}
}

// arise takes the nodes out of the wheel whose packet is due.
func (m *Mesh) arise() {
	s := &m.traffic.sources
	if lap := m.now / sleepers; lap != s.lap {
		m.begin(lap)
	}
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
		if m.service.cycles != nil {
			x.wait(m.now)
		}
		if x.left == 0 && x.next > m.now+1 {
			m.sleep(n)
			continue
		}
		keep = append(keep, n)
	}
	s.active = keep
}

// wait notes that the packet in hand left at a cycle: what the source does next
// is as much later as the packet left after it was ready.
func (x *source) wait(now int64) {
	late := now - x.due
	x.lag += late
	if x.next != never {
		x.next += late
	}
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
		x.vc = uint8(cyclic(uint64(open), x.last))
		x.last = x.vc + 1
		f |= headBit
	} else if open>>x.vc&1 == 0 {
		return false
	}
	x.left--
	if x.left == 0 {
		f |= tailBit
	}
	c := &m.credit[len(m.rt)*lanes+at*int(m.vcs)+int(x.vc)]
	*c--
	if *c == 0 {
		s.open[at] &^= 1 << x.vc
	}
	w.arrive = append(w.arrive, arrival{f, m.entry(n, x.net) + uint32(x.vc)})
	return true
}

// entry is the first VC of the input that a node injects into.
func (m *Mesh) entry(n int32, net uint8) uint32 {
	return m.place[n].entry + uint32(net)*uint32(m.spec.W*m.spec.H)<<laneBits
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
		x.due = p.born
		if x.item >= 0 {
			x.next = max(t.list[x.item].Cycle+x.lag, p.born)
		}
	} else {
		p.dst = t.target(&m.spec, int32(len(m.src)), n, x.made)
		x.next += t.gap(uint64(n), &x.drawn)
	}
	m.stats.generated(p.born)
	slot := m.newPacket(p)
	x.f = m.address(p.dst, slot)
	if t.casts.on {
		x.f |= treeBit
		t.casts.give(slot, t.casts.sown[p.tag])
	}
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
	if x.turn++; int(x.turn) == nets {
		x.turn = 0
	}
	return net
}
