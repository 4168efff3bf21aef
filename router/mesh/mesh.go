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

// inVC is one buffer: a ring of flits in Mesh.buf.
type inVC struct {
	head, n uint16
	out     uint8 // output VC of the packet in front (within the router), none or dropping
	accept  uint8 // VC allocator: where this input VC looks first among the output VCs
}

// outVC is one VC of an output: the buffer at the other end of its link.
type outVC struct {
	credits int16
	owner   uint8 // input VC whose packet holds it, if it is not free
	grant   uint8 // VC allocator: where this output VC looks first among the input VCs
}

// output is one output of a router. Bits of va and sw are input VCs, bits of
// free and cred VCs of this output.
type output struct {
	va   uint64 // packets in front that ask for a VC of this output
	sw   uint64 // packets that have a VC, a flit and a credit
	free uint16 // VCs that no packet holds
	cred uint16 // VCs with a credit
	// grant is where the switch allocator of this output looks first among
	// the inputs.
	grant uint8
	dead  bool
	open  int64 // first cycle in which the link takes another flit
	left  int64 // cycle in which the last flit left, if the switch takes several
}

// input is one input of a router.
type input struct {
	accept uint8 // switch allocator: where this input looks first among the outputs
	label  uint8 // VC that is preferred
}

// router is what a router has to decide: bit o of va means that output o has a
// free VC and somebody who wants one, of sw that somebody can send.
type router struct {
	va, sw uint16
	queued bool
	x, y   int16
	route  unit
	cross  unit
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
	credit  []uint32 // output VCs
	source  []uint32 // node and VC of credits that return to sources
	request []uint32 // input VCs whose route is known now
}

// Mesh is a mesh and all that is in it. It is not safe for concurrent use.
type Mesh struct {
	spec  Spec
	now   int64
	vcs   int
	ports int
	vcSh  uint // log2 of the input (and output) VCs that a router has room for
	poSh  uint // log2 of the ports that a router has room for
	bufSh uint
	lane  uint64     // the first VC of each input
	port  [64]uint8  // port of a VC number
	vc    [64]uint8  // VC of a VC number
	turn  [9]uint8   // output by the signs of what is left along x and y
	dOut  [16]uint32 // cycles from switch to the next buffer or the sink
	dIn   [16]uint32 // cycles from switch to the credit at the other end of the input

	in    []inVC
	outv  []outVC
	buf   []flit
	out   []output
	inp   []input
	down  []uint32 // first VC at the other end of an output; node for local ports
	up    []uint32 // first output VC at the other end of an input; node for local ports
	rt    []router
	wheel []slot
	wmask int64
	busy  []uint32 // routers with something to decide
	match [16]match
	gr    [64]uint16

	src     []source
	traffic traffic
	packets []packet
	spare   []int32
	serial  uint64

	inFlight int64
	stats    stats
	fault    faultState
}

// match is one grant of the switch: input VC i to output o.
type match struct {
	i, o uint8
	spec bool
}

// New builds an idle mesh.
func New(s Spec) (*Mesh, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	m := &Mesh{spec: s, vcs: s.VCs, ports: 4 + s.Concentration}
	m.vcSh = uint(bits.Len(uint(m.ports*s.VCs - 1)))
	m.poSh = uint(bits.Len(uint(m.ports - 1)))
	m.bufSh = uint(bits.Len(uint(s.Buffer - 1)))
	for i := range m.ports * s.VCs {
		m.port[i], m.vc[i] = uint8(i/s.VCs), uint8(i%s.VCs)
		if i%s.VCs == 0 {
			m.lane |= 1 << i
		}
	}
	m.turn = [9]uint8{xMinus, xMinus, xMinus, yMinus, local0, yPlus, xPlus, xPlus, xPlus}
	n := s.W * s.H * s.Subnets
	m.in, m.outv = make([]inVC, n<<m.vcSh), make([]outVC, n<<m.vcSh)
	m.buf = make([]flit, n<<m.vcSh<<m.bufSh)
	m.out, m.inp = make([]output, n<<m.poSh), make([]input, n<<m.poSh)
	m.down, m.up = make([]uint32, n<<m.poSh), make([]uint32, n<<m.poSh)
	m.rt = make([]router, n)
	m.src = make([]source, s.Nodes())
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
		net, at := r/per, r%per
		x, y := at%s.W, at/s.W
		m.rt[r].x, m.rt[r].y = int16(x), int16(y)
		for p, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			nx, ny := x+d[0], y+d[1]
			if nx < 0 || ny < 0 || nx >= s.W || ny >= s.H {
				continue
			}
			far := uint32(net*per+nx+s.W*ny)<<m.vcSh + uint32((p^1)*s.VCs)
			m.down[r<<m.poSh+p], m.up[r<<m.poSh+p] = far, far
		}
		for l := range s.Concentration {
			node := uint32(at*s.Concentration + l)
			m.down[r<<m.poSh+local0+l], m.up[r<<m.poSh+local0+l] = node, node
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
		longest = max(longest, out+wire(link)+1+s.Credit, in)
	}
	longest = max(longest+3*s.Crossbar, s.InjectLink+1, 2*s.Routing+1)
	m.wheel = make([]slot, ceil2(longest+1))
	m.wmask = int64(len(m.wheel) - 1)
}

// Reset empties the mesh, sets every pointer of the allocators to its first
// place and the clock to 0. Faults stay.
func (m *Mesh) Reset() {
	m.now, m.serial, m.inFlight = 0, 0, 0
	for i := range m.in {
		m.in[i] = inVC{out: none}
		m.outv[i] = outVC{credits: int16(m.spec.Buffer)}
	}
	all := uint16(1<<m.vcs - 1)
	for i := range m.out {
		m.out[i] = output{free: all, cred: all, left: -1}
		m.inp[i] = input{}
	}
	for r := range m.rt {
		m.rt[r] = router{x: m.rt[r].x, y: m.rt[r].y, route: unit{-maxDelay}, cross: unit{-maxDelay}}
	}
	for i := range m.wheel {
		w := &m.wheel[i]
		w.arrive, w.eject, w.credit, w.source, w.request = w.arrive[:0], w.eject[:0], w.credit[:0], w.source[:0], w.request[:0]
	}
	m.busy, m.packets, m.spare = m.busy[:0], m.packets[:0], m.spare[:0]
	m.stats = stats{to: 1<<63 - 1}
	m.resetSources()
	m.applyFaults()
}

// at is what happens d cycles from now.
func (m *Mesh) at(d uint32) *slot { return &m.wheel[(m.now+int64(d))&m.wmask] }

// wake puts a router on the list of those that are visited.
func (m *Mesh) wake(r uint32) {
	if !m.rt[r].queued {
		m.rt[r].queued = true
		m.busy = append(m.busy, r)
	}
}
