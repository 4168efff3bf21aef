package mesh

import "fmt"

// service is sinks that work on what arrives, one packet after the other, and
// sources that work on one packet after the other. A sink has a queue of
// Spec.Buffer packets, which all subnets share, beside the one it works on;
// while the queue is full, routers send it nothing more, and what is behind
// waits in the network. A source whose packet finds no place works on the next
// one only when that packet has left.
type service struct {
	cycles  []int64 // per listed message; nil = sinks take everything at once
	free    []int64 // per node: when it is done with what has arrived
	waiting []int32 // per subnet and node: packets in its queue, as the subnet sees it
	pending []due   // heap by cycle, then order of asking
	asked   int64
}

// due is a packet that enters or leaves the queue of a node in a cycle.
type due struct {
	cycle, order int64
	node, net    int32
	enters       bool
}

func (a due) before(b due) bool {
	return a.cycle < b.cycle || a.cycle == b.cycle && a.order < b.order
}

// Occupy lets the sinks work on something else until the cycles given, by node,
// in the next DeliverServed.
func (m *Mesh) Occupy(until []int64) { m.occupied = until }

// DeliverServed is Deliver with sinks that work serve[i] cycles on message i,
// with queues of finite length, and sources that wait for a place in the
// network: Cycle of a message less that of the one before it at its source is
// the time that the source needs for it. The last arrival may be earlier than
// the end of the work. It costs time in proportion to the mesh. Packets are of
// one flit.
func (m *Mesh) DeliverServed(list []Message, serve, at []int64, stall int64) (Outcome, error) {
	if len(serve) != len(list) || m.spec.Flits != 1 {
		return Outcome{Last: Lost}, fmt.Errorf("mesh: deliver: need as many times of service as messages, packets of 1 flit, have %d and %d of %d", len(serve), len(list), m.spec.Flits)
	}
	longest := int64(0)
	for i, c := range serve {
		if c < 0 || c > maxWait {
			return Outcome{Last: Lost}, fmt.Errorf("mesh: message %d: need a service of 0 to %d cycles, have %d", i, maxWait, c)
		}
		longest = max(longest, c)
	}
	m.service = service{cycles: serve, free: make([]int64, len(m.src)), waiting: make([]int32, len(m.src)*m.spec.Subnets)}
	for n, until := range m.occupied {
		m.service.free[n] = until
		longest = max(longest, until)
	}
	m.occupied = nil
	if serve == nil {
		m.service.cycles = []int64{}
	}
	m.Reset()
	if stall <= 0 {
		stall = 100000
	}
	o, err := m.Deliver(list, at, stall+longest) // nothing ends while a sink works
	m.service = service{}
	m.traffic.mode = idle // the next delivery resets the mesh; events stay until then
	return o, err
}

// Lag is how many cycles a node waited for places in the network in the last
// DeliverServed.
func (m *Mesh) Lag(node int32) int64 { return m.src[node].lag }

// occupy gives a packet to its sink. The sink begins when it is done with what
// came before, at the earliest when the packet has crossed the switch. Routers
// see the queue a cycle later, those of the subnets behind it in that cycle.
func (m *Mesh) occupy(slot, net int32) {
	s, p := &m.service, &m.packets[slot]
	there := m.now + int64(m.spec.Crossbar)
	begin := max(s.free[p.dst], there)
	s.free[p.dst] = begin + s.cycles[p.tag]
	for n := range int32(m.spec.Subnets) {
		seen := there + 1
		if n > net {
			seen = there
		}
		if begin > seen {
			m.due(due{cycle: seen, node: p.dst, net: n, enters: true})
			m.due(due{cycle: begin, node: p.dst, net: n})
		}
	}
}

// due puts an entry into the heap.
func (m *Mesh) due(x due) {
	s := &m.service
	x.order = s.asked
	s.asked++
	s.pending = append(s.pending, x)
	i := len(s.pending) - 1
	for ; i > 0 && x.before(s.pending[(i-1)/2]); i = (i - 1) / 2 {
		s.pending[i] = s.pending[(i-1)/2]
	}
	s.pending[i] = x
}

// repay moves packets into and out of the queues of sinks.
func (m *Mesh) repay() {
	s := &m.service
	for len(s.pending) > 0 && s.pending[0].cycle <= m.now {
		x := s.pop()
		n := &s.waiting[int(x.net)*len(m.src)+int(x.node)]
		if x.enters {
			if *n++; int(*n) == m.spec.Buffer {
				m.shut(x.node, int(x.net))
			}
			continue
		}
		if *n--; int(*n) == m.spec.Buffer-1 {
			m.reopen(x.node, int(x.net))
		}
	}
}

func (s *service) pop() due {
	top, last := s.pending[0], len(s.pending)-1
	x := s.pending[last]
	s.pending = s.pending[:last]
	i := 0
	for c := 1; c < last; c = 2*i + 1 {
		if c+1 < last && s.pending[c+1].before(s.pending[c]) {
			c++
		}
		if !s.pending[c].before(x) {
			break
		}
		s.pending[i] = s.pending[c]
		i = c
	}
	if last > 0 {
		s.pending[i] = x
	}
	return top
}

// output is the output of a subnet's router that leads to a node.
func (m *Mesh) output(node int32, net int) (r uint32, o uint32) {
	p := &m.place[node]
	return p.entry>>laneBits + uint32(net*m.spec.W*m.spec.H), uint32(m.portOf[p.entry&(lanes-1)])
}

// shut takes back what asks for a subnet's output to a node.
func (m *Mesh) shut(node int32, net int) {
	r, o := m.output(node, net)
	rt := &m.rt[r]
	out := &rt.port[o]
	out.cred, out.sw = 0, 0
	rt.sw &^= 1 << o
}

// reopen lets packets ask again for a subnet's output to a node.
func (m *Mesh) reopen(node int32, net int) {
	r, o := m.output(node, net)
	for v := range m.spec.VCs {
		if k := r<<laneBits | o*uint32(m.vcs) + uint32(v); m.credit[k] > 0 {
			m.relieve(k)
		}
	}
}

// full says whether an output leads to a node whose queue is full.
func (m *Mesh) full(r, o uint32) bool {
	if m.service.cycles == nil || o < local0 {
		return false
	}
	net := int(r) / (m.spec.W * m.spec.H)
	return int(m.service.waiting[net*len(m.src)+int(m.rt[r].port[o].down)]) >= m.spec.Buffer
}
