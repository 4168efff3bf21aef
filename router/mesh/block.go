package mesh

import "math/bits"

// A loaded mesh decides for 64 routers at once: what the allocators of one
// router hold in a word of VCs, a block holds in words of routers, one for each
// VC that may ask for each output. Round robin becomes a token that runs along
// the words. The result is that of alloc.go bit for bit; which of both runs is
// a matter of cost alone (Mesh.regime). Only plain meshes are run in this way:
// packets of one flit, stages and links that take a flit per cycle, no defects.

// blockRouters is the routers of a block: bits of a word.
const blockRouters = 64

// maxHolds bounds the words of a block (askers times VCs): beyond, routers one
// by one are faster at any load.
const maxHolds = 300

// maxDue bounds the places of the wheel, of which each block has a set of words.
const maxDue = 64

// block is the allocators' state of 64 routers; bit t of each word belongs to
// router 64 b + t. An asker is an input VC together with an output that it may
// ask for, see turns.
type block struct {
	fronts int      // packets in front of buffers
	va     []uint64 // by asker: wants a VC of the output
	hold   []uint64 // by VC of the output and asker: has it
	given  []uint64 // by VC of the output and asker: the last one that the VC was given to
	took   []uint64 // by VC of the output but the last, and asker: the last one that the input VC took
	served []uint64 // by turn: the last input that the output's switch served
	went   []uint64 // by turn: the last output that the input went to
	label  []uint64 // by input VC: the last one that its input sent from
	free   []uint64 // by output VC: no packet holds it
	cred   []uint64 // by output VC: has a credit
	count  []uint64 // by output VC and bit: its credits
	due    []uint64 // by place of the wheel and output VC: gets a credit
	paid   []bool   // by place of the wheel: somebody gets one
}

// box is a buffer: the place of its first flit in the ring, and their number.
type box struct{ head, n uint16 }

// turn is a way through a router.
type turn struct{ in, out uint8 }

// turns is the ways through the routers of a mesh, ordered by output, then by
// input, and what a block of routers computes in a cycle. Asker = turn*VCs + VC
// of the input.
type turns struct {
	outs, vcs, askers int
	digits            int // bits of a number of credits
	all               []turn
	from              [ports + 1]int       // first turn of an output
	of                [][]int              // turns of an input, by output
	at                [lanes][ports]uint16 // asker of an input VC and an output
	down              [ports]uint32        // from a VC of a router to the first VC of the input that an output leads to

	far [local0]int // from a router to the one behind a port

	sw   []uint64 // by asker: has a VC with a credit
	want []uint64 // by turn: somebody asks for the switch
	won  []uint64 // by turn: gets it
	send []uint64 // by asker: gets it
	gr   []uint64 // by VC of the output and asker: is given the VC; later: goes through it
	acc  []uint64 // by asker: is given a VC

	gone  [maxVCs]uint64    // by VC of an output: a packet goes through it
	box   []box             // by router and input VC
	place [][2]int16        // x and y by router
	out   [ports]*[]arrival // where flits that leave through an output in this cycle go

	wide bool  // blocks decide now
	seen bool  // blocks decided since the last reset
	fits bool  // blocks may decide
	look int64 // cycle of the next look at the regime
	many int64 // packets in flight from which on blocks are cheaper
	b    []block
}

// newTurns finds the ways through a router: x may turn into y, y not into x,
// nothing turns back except into the node that it came from.
func (m *Mesh) newTurns() {
	t, s := &m.turns, m.spec
	t.outs, t.vcs, t.of = m.ports, s.VCs, make([][]int, m.ports)
	t.digits = bits.Len(uint(s.Buffer))
	for o, far := range [local0]int{1, -1, s.W, -s.W} {
		t.far[o] = far
		t.down[o] = uint32(far<<laneBits + (o^1)*s.VCs)
	}
	for o := range m.ports {
		t.from[o] = len(t.all)
		for p := range m.ports {
			if p < local0 && (p == o || p >= yPlus && o < yPlus) {
				continue
			}
			t.of[p] = append(t.of[p], len(t.all))
			for v := range s.VCs {
				t.at[p*s.VCs+v][o] = uint16(len(t.all)*s.VCs + v)
			}
			t.all = append(t.all, turn{uint8(p), uint8(o)})
		}
	}
	t.from[m.ports] = len(t.all)
	t.askers = len(t.all) * s.VCs
	holds := t.askers * s.VCs
	t.fits = s.Flits == 1 && s.Routing == 0 && !m.late && holds <= maxHolds && len(m.wheel) <= maxDue
	// measured: docs/network.md
	t.many = int64((40 + holds*3/2) * ((len(m.rt) + blockRouters - 1) / blockRouters))
}

// regime decides who decides in the next cycles. Blocks pay for what is in all
// words, routers for each flit.
func (m *Mesh) regime() {
	t := &m.turns
	t.look = m.now + 64
	switch {
	case t.wide && m.inFlight < t.many*3/4:
		m.narrow()
	case !t.wide && t.fits && m.inFlight >= t.many && !m.fault.any && m.service.cycles == nil && m.watched == nil && !m.traffic.casts.on:
		m.widen()
	}
}

// widen hands the state of all routers over to blocks.
func (m *Mesh) widen() {
	t := &m.turns
	if t.wide {
		return
	}
	if t.b == nil {
		m.newBlocks()
	}
	t.wide, t.seen = true, true
	for k := range t.b {
		b := &t.b[k]
		for _, words := range [][]uint64{b.va, b.hold, b.given, b.took, b.served, b.went, b.label, b.free, b.cred, b.count, b.due} {
			clear(words)
		}
		clear(b.paid)
		b.fronts = 0
	}
	for r := range m.rt {
		m.pack(&t.b[r/blockRouters], &m.rt[r], 1<<(r%blockRouters))
		m.rt[r].queued, m.rt[r].va, m.rt[r].sw = false, 0, 0
	}
	m.busy = m.busy[:0]
	m.packCredits()
}

func (m *Mesh) newBlocks() {
	t, vcs := &m.turns, m.spec.VCs
	askers := len(t.all) * vcs
	t.sw, t.send, t.acc, t.gr = make([]uint64, askers), make([]uint64, askers), make([]uint64, askers), make([]uint64, askers*vcs)
	t.want, t.won = make([]uint64, len(t.all)), make([]uint64, len(t.all))
	t.box, t.place = make([]box, len(m.rt)*m.ports*vcs), make([][2]int16, len(m.rt))
	for r := range m.rt {
		t.place[r] = [2]int16{m.rt[r].x, m.rt[r].y}
	}
	t.b = make([]block, (len(m.rt)+blockRouters-1)/blockRouters)
	for k := range t.b {
		outs := m.ports * vcs
		all := make([]uint64, askers*(1+3*vcs)+2*len(t.all)+outs*(3+t.digits+len(m.wheel)))
		cut := func(n int) (part []uint64) {
			part, all = all[:n:n], all[n:]
			return part
		}
		b := &t.b[k]
		b.va, b.hold, b.given, b.took = cut(askers), cut(askers*vcs), cut(askers*vcs), cut(askers*vcs)
		b.served, b.went = cut(len(t.all)), cut(len(t.all))
		b.label, b.free, b.cred = cut(outs), cut(outs), cut(outs)
		b.count, b.due, b.paid = cut(outs*t.digits), cut(outs*len(m.wheel)), make([]bool, len(m.wheel))
	}
}

// pack writes one router into its block. A pointer of round robin that stands
// at the beginning is one that stood past the last place.
func (m *Mesh) pack(b *block, rt *router, bit uint64) {
	t, vcs := &m.turns, m.spec.VCs
	for o := range m.ports {
		out := &rt.port[o]
		for k := t.from[o]; k < t.from[o+1]; k++ {
			for v := range vcs {
				if i := int(t.all[k].in)*vcs + v; out.va>>i&1 != 0 {
					b.va[k*vcs+v] |= bit
				}
			}
		}
		for w := range vcs {
			if out.free>>w&1 != 0 {
				b.free[o*vcs+w] |= bit
			}
			if out.cred>>w&1 != 0 {
				b.cred[o*vcs+w] |= bit
			}
			a := t.from[o+1]*vcs - 1
			if g := rt.lane[o*vcs+w].grant; g > 0 {
				a = int(t.at[g-1][o])
			}
			b.given[w*t.askers+a] |= bit
		}
		k := t.from[o+1] - 1
		if out.grant > 0 {
			k = int(t.at[int(out.grant-1)*vcs][o]) / vcs
		}
		b.served[k] |= bit
	}
	m.packInputs(b, rt, bit)
}

func (m *Mesh) packInputs(b *block, rt *router, bit uint64) {
	t, vcs := &m.turns, m.spec.VCs
	for p := range m.ports {
		in := &rt.port[p]
		k := t.of[p][len(t.of[p])-1]
		if in.accept > 0 {
			k = int(t.at[p*vcs][in.accept-1]) / vcs
		}
		b.went[k] |= bit
		v := vcs - 1
		if in.label > 0 {
			v = int(in.label - 1)
		}
		b.label[p*vcs+v] |= bit
		for i := p * vcs; i < (p+1)*vcs; i++ {
			l := &rt.lane[i]
			m.fill(b, rt, i)
			if l.out != none {
				b.hold[int(m.vcOf[l.out])*t.askers+int(t.at[i][m.portOf[l.out]])] |= bit
			}
			if w := int(m.vcOf[(l.accept-1)&(lanes-1)]); l.accept > 0 && w < vcs-1 {
				b.took[w*t.askers+int(t.at[i][m.portOf[l.accept-1]])] |= bit
			}
		}
	}
}

// packCredits writes the credits of all routers, and those under way to them,
// into blocks.
func (m *Mesh) packCredits() {
	t := &m.turns
	n := uint32(len(m.rt))
	for k, c := range m.credit[:n<<laneBits] {
		ov := k & (lanes - 1)
		if b := &t.b[k>>laneBits/blockRouters]; ov < len(b.cred) {
			for d := range t.digits {
				b.count[ov*t.digits+d] |= uint64(c>>d&1) << (k >> laneBits % blockRouters)
			}
		}
	}
	for at := range m.wheel {
		w := &m.wheel[at]
		keep := w.credit[:0]
		for _, k := range w.credit {
			r, ov := k>>laneBits, k&(lanes-1)
			if r >= n {
				keep = append(keep, k)
				continue
			}
			b := &t.b[r/blockRouters]
			b.due[at*len(b.cred)+int(ov)] |= 1 << (r % blockRouters)
			b.paid[at] = true
		}
		w.credit = keep
	}
}

// unpackCredits is the reverse of packCredits.
func (m *Mesh) unpackCredits() {
	t := &m.turns
	for r := range m.rt {
		b, n := &t.b[r/blockRouters], r%blockRouters
		for ov := range b.cred {
			c := int16(0)
			for d := range t.digits {
				c |= int16(b.count[ov*t.digits+d]>>n&1) << d
			}
			m.credit[r<<laneBits|ov] = c
			for at := range m.wheel {
				if b.due[at*len(b.cred)+ov]>>n&1 != 0 {
					m.wheel[at].credit = append(m.wheel[at].credit, uint32(r<<laneBits|ov))
				}
			}
		}
	}
}

// fill moves the flits of input VC i into the ring, with their outputs.
func (m *Mesh) fill(b *block, rt *router, i int) {
	q, l := rt.base+uint32(i), &rt.lane[i]
	x := &m.turns.box[q]
	*x = box{l.head, l.n}
	if l.n == 0 {
		return
	}
	b.fronts++
	x.head = (l.head - 1) & m.mask
	m.buf[q<<m.bufSh+uint32(x.head)] = l.f
	for n := range x.n {
		f := &m.buf[q<<m.bufSh+uint32((x.head+n)&m.mask)]
		*f = *f&^outMask | flit(m.route(rt.x, rt.y, *f))<<outShift
	}
}

// empty is the reverse of fill.
func (m *Mesh) empty(rt *router, i int) {
	q, l := rt.base+uint32(i), &rt.lane[i]
	x := m.turns.box[q]
	l.head, l.n = x.head, x.n
	if l.n > 0 {
		m.behind(rt, l, uint32(i))
	}
}

// narrow gives the state of all blocks back to their routers.
func (m *Mesh) narrow() {
	if !m.turns.wide {
		return
	}
	m.turns.wide = false
	m.unpackCredits()
	for r := range m.rt {
		m.unpack(&m.turns.b[r/blockRouters], &m.rt[r], r%blockRouters)
		if rt := &m.rt[r]; rt.va|rt.sw != 0 {
			m.wake(uint32(r), rt)
		}
	}
}

// unpack writes bit n of a block into its router.
func (m *Mesh) unpack(b *block, rt *router, n int) {
	t, vcs := &m.turns, m.spec.VCs
	for i := range m.ports * vcs {
		m.empty(rt, i)
		rt.lane[i].out, rt.lane[i].accept = none, 0 // as good as behind the last VC of an output
		p := &rt.port[i/vcs]
		if b.label[i]>>n&1 != 0 {
			p.label = uint8(i%vcs + 1)
		}
		set(&p.free, i%vcs, b.free[i]>>n)
		set(&p.cred, i%vcs, b.cred[i]>>n)
	}
	for k, x := range t.all {
		in, out := &rt.port[x.in], &rt.port[x.out]
		if b.served[k]>>n&1 != 0 {
			out.grant = x.in + 1
		}
		if b.went[k]>>n&1 != 0 {
			in.accept = x.out + 1
		}
	}
	for o := range m.ports {
		rt.port[o].va, rt.port[o].sw = 0, 0
	}
	for k, x := range t.all {
		for v := range vcs {
			m.unpackAsker(b, rt, n, k*vcs+v, uint32(x.in)*uint32(vcs)+uint32(v), uint32(x.out))
		}
	}
	for o := range m.ports {
		out := &rt.port[o]
		rt.va |= one(out.va != 0 && out.free != 0) << o
		rt.sw |= one(out.sw != 0) << o
	}
}

// unpackAsker writes what input VC i, which is asker a of output o, holds.
func (m *Mesh) unpackAsker(b *block, rt *router, n, a int, i, o uint32) {
	vcs, at := m.spec.VCs, m.turns.askers
	l, out := &rt.lane[i], &rt.port[o]
	if b.va[a]>>n&1 != 0 {
		out.va |= 1 << i
	}
	for w := range vcs {
		ov := int(o)*vcs + w
		if b.given[w*at+a]>>n&1 != 0 {
			rt.lane[ov].grant = uint8(i + 1)
		}
		if w < vcs-1 && b.took[w*at+a]>>n&1 != 0 {
			l.accept = uint8(ov + 1)
		}
		if b.hold[w*at+a]>>n&1 != 0 {
			l.out, rt.lane[ov].owner = uint8(ov), uint8(i)
			if out.cred>>w&1 != 0 {
				out.sw |= 1 << i
			}
		}
	}
}

// set makes a bit of a small set that of the lowest bit of a word.
func set(to *uint16, n int, bit uint64) { *to = *to&^(1<<n) | uint16(bit&1)<<n }
