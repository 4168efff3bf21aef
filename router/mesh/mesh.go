package mesh

import "math/bits"

// The ports of a router: output xPlus leads to the router with the next higher
// x, input xPlus comes from there. Local ports follow.
const (
	xPlus = iota
	xMinus
	yPlus
	yMinus
	local0
)

// none is the out field of an input VC without a packet on its way; dropping
// that of a VC whose packet is thrown away as it comes.
const (
	none     = 0xff
	dropping = 0xfe
)

// The room that every router has, so that its parts lie together at known
// places; Spec.Check keeps the numbers below.
const (
	laneBits = 6
	lanes    = 1 << laneBits // VCs of all inputs, or of all outputs
	ports    = 16
)

// lane is a VC of an input and, with the same number, a VC of an output: both
// in one place, so that a router of the usual size lies in few cache lines.
//
// As an input it is one buffer: the flit in front, those behind it in a ring of
// Mesh.buf. Most buffers hold one flit or none, which keeps the ring out of the
// cache. As an output it is the buffer at the other end of the link, whose
// credits are in Mesh.credit.
type lane struct {
	f       flit
	head, n uint16 // place of the second flit, and the number of flits
	out     uint8  // output VC of the packet in front (within the router), none or dropping
	accept  uint8  // VC allocator: where this input VC looks first among the output VCs
	owner   uint8  // input VC whose packet holds this output VC, if it is not free
	grant   uint8  // VC allocator: where this output VC looks first among the input VCs
}

// port is an output and the input of the same number. Bits of va and sw are
// input VCs, bits of free and cred VCs of this output.
type port struct {
	va    uint64 // packets in front that ask for a VC of this output
	sw    uint64 // packets that have a VC, a flit and a credit
	down  uint32 // first VC at the other end of the output; node of a local port
	up    uint32 // first entry of Mesh.credit at the other end of the input
	free  uint16 // VCs that no packet holds
	cred  uint16 // VCs with a credit
	grant uint8  // switch allocator: where this output looks first among the inputs
	dead  bool

	accept uint8 // switch allocator: where this input looks first among the outputs
	label  uint8 // VC of this input that is preferred
}

// router is one router and what it has to decide: bit o of va means that
// output o has a free VC and somebody who wants one, of sw that somebody can
// send. Its size is a multiple of a cache line.
type router struct {
	va, sw uint16
	queued bool
	met    bool // since the last reset
	x, y   int16
	base   uint32 // number of its first buffer in Mesh.buf
	port   [ports]port
	lane   [lanes]lane
	slow   *slow
	_      [40]byte
}

// slow is what only routers with stages or links of several cycles need.
type slow struct {
	route, cross unit
	open         [ports]int64 // first cycle in which the link takes another flit
	left         [ports]int64 // cycle in which the last flit left the switch
}

// arrival is a flit that reaches an input VC.
type arrival struct {
	f  flit
	vc uint32
}

// slot is what happens at one cycle.
type slot struct {
	arrive  []arrival
	eject   []flit
	credit  []uint32 // entries of Mesh.credit
	request []uint32 // input VCs whose route is known now
}

// Mesh is a mesh and all that is in it. It is not safe for concurrent use.
type Mesh struct {
	spec   Spec
	now    int64
	vcs    uint
	ports  int
	bufSh  uint
	mask   uint16        // places of a buffer's ring, less one
	late   bool          // switch or links take several cycles
	plain  bool          // routes are looked ahead and nobody watches who waits
	joint  bool          // Spec.Alloc
	free   bool          // sinks never run out of credits
	all    uint64        // the VCs of one input
	lane   uint64        // the first VC of each input
	portOf [lanes]uint8  // port of a VC number
	vcOf   [lanes]uint8  // VC of a VC number
	turn   [16]uint8     // output by the signs of what is left along x and y
	dOut   [ports]uint32 // cycles from switch to the next buffer or the sink
	dIn    [ports]uint32 // cycles from switch to the credit at the other end of the input

	rt      []router
	buf     []flit
	credit  []int16 // places left: by router and output VC, then by source and VC
	wheel   []slot
	wmask   int64
	busy    []uint32 // routers with something to decide
	touched []uint32 // routers that had something to decide since the last reset
	match   [ports]match
	ahead   [ports]*slot // where flits that leave through an output in this cycle go
	back    [ports]*slot // where credits of an input go
	gr      [lanes]uint16

	place    []place // by node
	service  service
	watched  *watch  // nil = nobody asks for crossings
	occupied []int64 // of the next DeliverServed, by node; nil = nothing
	src      []source
	traffic  traffic
	packets  []packet
	spare    []int32
	serial   uint64

	inFlight int64
	stats    stats
	fault    faultState
}

// place is where a node is: its part of a flit, its router in the first subnet
// and the input it injects into.
type place struct {
	f     flit
	x, y  int16
	entry uint32
}

// match is one grant of the switch: input VC i, which is VC v of input p, to
// output o.
type match struct {
	i, p, v, o uint32
	spec       bool // the packet has no VC yet

	label, accept, grant uint8 // of the pointers, before they moved
}

// New builds an idle mesh.
func New(s Spec) (*Mesh, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	m := &Mesh{spec: s, vcs: uint(s.VCs), ports: 4 + s.Concentration, joint: s.Alloc == Joint, all: 1<<s.VCs - 1}
	m.bufSh = uint(bits.Len(uint(s.Buffer - 1)))
	m.mask = 1<<m.bufSh - 1
	for i := range m.ports * s.VCs {
		m.portOf[i], m.vcOf[i] = uint8(i/s.VCs), uint8(i%s.VCs)
		if i%s.VCs == 0 {
			m.lane |= 1 << i
		}
	}
	m.turn = [16]uint8{xMinus, xMinus, xMinus, yMinus, local0, yPlus, xPlus, xPlus, xPlus}
	n := s.W * s.H * s.Subnets
	m.rt = make([]router, n)
	m.buf = make([]flit, n*m.ports*s.VCs<<m.bufSh)
	m.credit = make([]int16, n*lanes+s.Nodes()*s.Subnets*s.VCs)
	m.src = make([]source, s.Nodes())
	m.late = s.Crossbar > 1 || s.CyclesPerFlit > 1
	m.place = make([]place, s.Nodes())
	for n := range m.place {
		r, local := n/s.Concentration, n%s.Concentration
		x, y := r%s.W, r/s.W
		m.place[n] = place{flit(x)<<xShift | flit(y)<<yShift | flit(local)<<locShift, int16(x), int16(y),
			uint32(r)<<laneBits + uint32((local0+local)*s.VCs)}
	}
	m.wire()
	m.delays()
	m.Reset()
	return m, nil
}

// Spec is the description that the mesh was built from.
func (m *Mesh) Spec() Spec { return m.spec }

// Now is the cycle that Step runs next.
func (m *Mesh) Now() int64 { return m.now }

// InFlight is the number of packets between source queue and sink.
func (m *Mesh) InFlight() int64 { return m.inFlight }

// wire joins the ports of neighbours.
func (m *Mesh) wire() {
	s := m.spec
	per := s.W * s.H
	for r := range m.rt {
		rt := &m.rt[r]
		net, at := r/per, r%per
		x, y := at%s.W, at/s.W
		rt.x, rt.y, rt.base = int16(x), int16(y), uint32(r*m.ports*s.VCs)
		if s.Routing > 1 || s.Crossbar > 1 || s.CyclesPerFlit > 1 {
			rt.slow = new(slow)
		}
		for p, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			nx, ny := x+d[0], y+d[1]
			if nx < 0 || ny < 0 || nx >= s.W || ny >= s.H {
				continue
			}
			far := uint32(net*per+nx+s.W*ny)<<laneBits + uint32((p^1)*s.VCs)
			rt.port[p].down, rt.port[p].up = far, far
		}
		for l := range s.Concentration {
			node := at*s.Concentration + l
			rt.port[local0+l].down = uint32(node)
			rt.port[local0+l].up = uint32(len(m.rt)*lanes + (net*len(m.src)+node)*s.VCs)
		}
	}
}

// delays fills the tables of delays and makes a wheel that holds the longest.
// A flit that wins the switch in cycle c crosses it, then the link: it is in
// the next buffer at c + Crossbar + link + 1. A credit leaves in cycle c and is
// there at c + link + 1, usable Credit cycles later; a source uses it at once.
func (m *Mesh) delays() {
	s := m.spec
	wire := func(link int) int {
		if s.CreditLink > 0 {
			return s.CreditLink
		}
		return link
	}
	longest := 1
	for p := range m.ports {
		link, in := s.LinkX, wire(s.LinkX)+1+s.Credit
		switch {
		case p >= local0:
			link, in = s.EjectLink, wire(s.InjectLink)+1
		case p >= yPlus:
			link, in = s.LinkY, wire(s.LinkY)+1+s.Credit
		}
		out := s.Crossbar + link + 1
		if p < local0 {
			out += s.CyclesPerFlit - 1
		}
		m.dOut[p], m.dIn[p] = uint32(out), uint32(in)
		longest = max(longest, out, in)
	}
	// A sink returns credits at once: where a VC has more places than fit into
	// the loop to the sink and back, it never runs out of them.
	m.free = s.Buffer > s.Crossbar*4+s.EjectLink+1+wire(s.EjectLink)+1+s.Credit
	if s.Crossbar > 1 {
		longest += 3 * s.Crossbar // waiting for the switch and behind it
	}
	if !m.free {
		longest += wire(s.EjectLink) + 1 + s.Credit
	}
	// A small wheel stays in the cache.
	longest = max(longest, s.InjectLink+1, 2*s.Routing+1)
	m.wheel = make([]slot, ceil2(longest+1))
	m.wmask = int64(len(m.wheel) - 1)
}

// Reset empties the mesh, sets every pointer of the allocators to its first
// place and the clock to 0. Faults stay.
func (m *Mesh) Reset() {
	m.now, m.serial, m.inFlight = 0, 0, 0
	for i := range m.credit {
		m.credit[i] = int16(m.spec.Buffer)
	}
	for r := range m.rt {
		m.rt[r].reset(uint16(1<<m.vcs-1), m.first())
	}
	for i := range m.wheel {
		w := &m.wheel[i]
		w.arrive, w.eject, w.credit, w.request = w.arrive[:0], w.eject[:0], w.credit[:0], w.request[:0]
	}
	m.busy, m.touched, m.packets, m.spare = m.busy[:0], m.touched[:0], m.packets[:0], m.spare[:0]
	m.traffic.used = m.traffic.used[:0]
	m.fault.gaveUp = false
	m.stats = stats{to: never}
	m.resetSources()
	m.applyFaults()
	m.plain = m.spec.Routing == 0 && !m.fault.watch
}

// first is the port that the pointers of the allocators start at. With sinks
// that work and several nodes at a router it is the first local one, as in the
// peer's concentrated mesh.
func (m *Mesh) first() uint8 {
	if m.service.cycles != nil && m.spec.Concentration > 1 {
		return local0
	}
	return xPlus
}

// reset empties a router.
func (rt *router) reset(all uint16, first uint8) {
	vc := first * uint8(bits.OnesCount16(all))
	rt.va, rt.sw, rt.queued, rt.met = 0, 0, false, false
	for i := range rt.lane {
		rt.lane[i] = lane{out: none, accept: vc, grant: vc}
	}
	for p := range rt.port {
		rt.port[p] = port{down: rt.port[p].down, up: rt.port[p].up, free: all, cred: all, grant: first, accept: first}
	}
	if w := rt.slow; w != nil {
		*w = slow{route: unit{-maxDelay}, cross: unit{-maxDelay}}
		for p := range w.left {
			w.left[p] = -1
		}
	}
}

// at is what happens d cycles from now.
func (m *Mesh) at(d uint32) *slot { return &m.wheel[(m.now+int64(d))&m.wmask] }

// aim finds the places of this cycle's flits and credits.
func (m *Mesh) aim() {
	for p := range m.ports {
		m.ahead[p&(ports-1)], m.back[p&(ports-1)] = m.at(m.dOut[p]), m.at(m.dIn[p])
	}
}

// wake puts a router on the list of those that are visited.
func (m *Mesh) wake(r uint32, rt *router) {
	if !rt.queued {
		rt.queued = true
		m.busy = append(m.busy, r)
		if !rt.met {
			rt.met = true
			m.touched = append(m.touched, r)
		}
	}
}
