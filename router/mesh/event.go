package mesh

// Kind is what happened to a packet that did not simply arrive.
type Kind uint8

// The kinds of events.
const (
	Dropped    Kind = iota // lost on a link
	DeadLink               // routed over a dead link, or to a dead router
	DeadSource             // its source's router is dead
	Overdue                // waited longer than Spec.DropAfter
	Blocked                // waited longer than Spec.BlockedAfter, or for ever
	NumKinds
)

var kindNames = [NumKinds]string{"dropped", "dead-link", "dead-source", "overdue", "blocked"}

// String is the name of the kind.
func (k Kind) String() string {
	if k < NumKinds {
		return kindNames[k]
	}
	return "unknown"
}

// Event is one packet lost or blocked. Router, X, Y, Port and VC name the input
// buffer where it was (Router -1 = still at its source); a dead link is that
// which it was to take from there.
type Event struct {
	Kind                 Kind
	Tick, Cycle          int64
	Subnet, Router, X, Y int32
	Port, VC             int32
	Packet               int64 // number in the order of generation; -1 = not generated
	Tag                  int32 // number in the list of messages; -1 = synthetic
	Src, Dst             int32 // nodes
}

// maxEvents is the number of events that are kept; all are counted.
const maxEvents = 1 << 16

// SetTick is the tick that later events carry.
func (m *Mesh) SetTick(tick int64) { m.fault.tick = tick }

// Events are the first 65,536 events since the last reset.
func (m *Mesh) Events() []Event { return m.fault.events }

// Count is the number of events of a kind since the last reset.
func (m *Mesh) Count(k Kind) int64 {
	if k >= NumKinds {
		return 0
	}
	return m.fault.count[k]
}

// event records an event of a packet that is not in a router.
func (m *Mesh) event(e Event) {
	e.Router, e.X, e.Y, e.Port, e.VC = -1, -1, -1, -1, -1
	m.record(e)
}

func (m *Mesh) record(e Event) {
	e.Tick, e.Cycle = m.fault.tick, m.now
	m.fault.count[e.Kind]++
	if len(m.fault.events) < maxEvents {
		m.fault.events = append(m.fault.events, e)
	}
}

func (m *Mesh) eventAt(k Kind, r, i uint32, p *packet) {
	per := uint32(m.spec.W * m.spec.H)
	m.record(Event{Kind: k, Subnet: int32(r / per), Router: int32(r % per), X: int32(m.rt[r].x), Y: int32(m.rt[r].y),
		Port: int32(m.portOf[i]), VC: int32(m.vcOf[i]), Packet: int64(p.serial), Tag: p.tag, Src: p.src, Dst: p.dst})
}

// deadline is the cycle by which the packet in front of an input VC must have
// begun to leave.
type deadline struct {
	cycle  int64
	vc     uint32
	serial uint64
}

// deadlines is a queue: all waits are equally long, so they end in order.
type deadlines struct {
	at   []deadline
	from int
}

func (d *deadlines) len() int { return len(d.at) - d.from }

func (d *deadlines) push(x deadline) {
	if d.from > 64 && d.from*2 > len(d.at) {
		d.at = d.at[:copy(d.at, d.at[d.from:])]
		d.from = 0
	}
	d.at = append(d.at, x)
}

// wait is the patience of a packet in front, and whether it is dropped then.
func (m *Mesh) wait() (int64, bool) {
	if m.spec.DropAfter > 0 {
		return int64(m.spec.DropAfter), true
	}
	return int64(m.spec.BlockedAfter), false
}

// expect starts the wait of a packet that came to the front.
func (m *Mesh) expect(r, i uint32, f flit) {
	n, _ := m.wait()
	m.fault.waiting.push(deadline{cycle: m.now + n, vc: r<<laneBits | i, serial: m.packets[f.slot()].serial})
}

// overdue ends the waits that are over.
func (m *Mesh) overdue() {
	d := &m.fault.waiting
	_, drop := m.wait()
	for d.len() > 0 && d.at[d.from].cycle <= m.now {
		x := d.at[d.from]
		d.from++
		r, i := x.vc>>laneBits, x.vc&(lanes-1)
		rt := &m.rt[r]
		v := &rt.lane[i]
		if v.n == 0 || v.out == dropping {
			continue
		}
		f := v.f
		p := &m.packets[f.slot()]
		if !f.head() || p.serial != x.serial {
			continue
		}
		if !drop {
			m.eventAt(Blocked, r, i, p)
			continue
		}
		m.withdraw(r, rt, i)
		m.fault.why = Overdue
		m.discard(r, rt, i)
	}
}

// withdraw takes back whatever input VC i asks for or holds.
func (m *Mesh) withdraw(r uint32, rt *router, i uint32) {
	v := &rt.lane[i]
	for o := range uint32(m.ports) {
		out := &rt.port[o]
		out.va &^= 1 << i
		out.sw &^= 1 << i
		if v.out != none && uint32(m.portOf[v.out]) == o {
			out.free |= 1 << m.vcOf[v.out]
		}
		rt.va &^= 1 << o
		if out.va != 0 && out.free != 0 {
			rt.va |= 1 << o
		}
		if out.sw == 0 {
			rt.sw &^= 1 << o
		}
	}
	if rt.va|rt.sw != 0 {
		m.wake(r, rt)
	}
}
