package mesh

import "fmt"

// service is sinks that work on what arrives, one packet after the other, and
// give a place back when they are done with what was in it: a slow sink fills
// the buffer of its link, then those behind it.
type service struct {
	cycles  []int64 // per listed message; nil = sinks take everything at once
	free    []int64 // per node: when it is done with what has arrived
	pending []due   // heap by cycle, then order of asking
	asked   int64
}

// due is a credit that comes back in a cycle.
type due struct {
	cycle, order int64
	key          uint32
}

func (a due) before(b due) bool {
	return a.cycle < b.cycle || a.cycle == b.cycle && a.order < b.order
}

// Occupy lets the sinks work on something else until the cycles given, by node,
// in the next DeliverServed.
func (m *Mesh) Occupy(until []int64) { m.occupied = until }

// DeliverServed is Deliver with sinks that work serve[i] cycles on message i and
// hold its place until then. The last arrival may be earlier than the end of
// the work. It costs time in proportion to the mesh. Packets are of one flit.
func (m *Mesh) DeliverServed(list []Message, serve, at []int64, stall int64) (Outcome, error) {
	if len(serve) != len(list) || m.spec.Flits != 1 {
		return Outcome{Last: Lost}, fmt.Errorf("mesh: deliver: need as many times of service as messages, packets of 1 flit, have %d and %d of %d", len(serve), len(list), m.spec.Flits)
	}
	for i, c := range serve {
		if c < 0 || c > maxWait {
			return Outcome{Last: Lost}, fmt.Errorf("mesh: message %d: need a service of 0 to %d cycles, have %d", i, maxWait, c)
		}
	}
	m.Reset()
	m.service = service{cycles: serve, free: make([]int64, len(m.src))}
	copy(m.service.free, m.occupied)
	m.occupied = nil
	if serve == nil {
		m.service.cycles = []int64{}
	}
	o, err := m.Deliver(list, at, stall)
	m.service = service{}
	m.traffic.mode = idle // the next delivery resets the mesh; events stay until then
	return o, err
}

// occupy asks for the credit of a packet that reaches its sink d cycles from now.
func (m *Mesh) occupy(slot int32, d, key uint32) {
	s, p := &m.service, &m.packets[slot]
	begin := max(s.free[p.dst], m.now+int64(d))
	s.free[p.dst] = begin + s.cycles[p.tag]
	wire := m.spec.CreditLink
	if wire == 0 {
		wire = m.spec.EjectLink
	}
	x := due{s.free[p.dst] + int64(wire+1+m.spec.Credit), s.asked, key}
	s.asked++
	s.pending = append(s.pending, x)
	i := len(s.pending) - 1
	for ; i > 0 && x.before(s.pending[(i-1)/2]); i = (i - 1) / 2 {
		s.pending[i] = s.pending[(i-1)/2]
	}
	s.pending[i] = x
}

// repay moves the credits that are due to those of this cycle.
func (m *Mesh) repay(w *slot) {
	s := &m.service
	for len(s.pending) > 0 && s.pending[0].cycle <= m.now {
		w.credit = append(w.credit, s.pending[0].key)
		last := len(s.pending) - 1
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
	}
}
