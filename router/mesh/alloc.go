package mesh

import "math/bits"

// cyclic is the first bit of a set at or after place from, around the end. The
// set is not empty.
func cyclic(set uint64, from uint) uint32 {
	if high := set >> from << from; high != 0 {
		return uint32(bits.TrailingZeros64(high))
	}
	return uint32(bits.TrailingZeros64(set))
}

// routers lets every router that is on the list decide.
func (m *Mesh) routers() {
	keep := m.busy[:0]
	joint := m.spec.Alloc == Joint
	for _, r := range m.busy {
		m.decide(r, joint)
		if rt := &m.rt[r]; rt.va|rt.sw != 0 {
			keep = append(keep, r)
		} else {
			rt.queued = false
		}
	}
	m.busy = keep
}

// decide runs both allocators of a router on what was there at the beginning
// of the cycle, then applies what they gave.
func (m *Mesh) decide(r uint32, joint bool) {
	rt := &m.rt[r]
	ask := rt.sw
	if joint {
		ask |= m.speculative(r, rt.va)
	}
	if m.spec.CyclesPerFlit > 1 {
		ask = m.idle(r, ask)
	}
	n := 0
	switch {
	case ask == 0:
	case ask&(ask-1) == 0:
		o := uint32(bits.TrailingZeros16(ask))
		m.match[0] = m.accept(r, m.grant(r, o, joint), o, joint)
		n = 1
	default:
		n = m.separable(r, ask, joint)
	}
	for s := rt.va; s != 0; s &= s - 1 {
		m.allocate(r, uint32(bits.TrailingZeros16(s)))
	}
	for k := range n {
		x := m.match[k]
		if x.spec && !m.confirmed(r, x) {
			continue
		}
		m.send(r, uint32(x.i), uint32(x.o))
	}
}

// speculative is the outputs that packets without a VC may ask for: those with
// a free VC that has a credit.
func (m *Mesh) speculative(r uint32, va uint16) (ask uint16) {
	for s := va; s != 0; s &= s - 1 {
		o := uint32(bits.TrailingZeros16(s))
		if out := &m.out[r<<m.poSh+o]; out.free&out.cred != 0 {
			ask |= 1 << o
		}
	}
	return ask
}

// idle takes the outputs away whose link is still busy with a flit.
func (m *Mesh) idle(r uint32, ask uint16) uint16 {
	for s := ask; s != 0; s &= s - 1 {
		o := uint32(bits.TrailingZeros16(s))
		if m.out[r<<m.poSh+o].open > m.now {
			ask &^= 1 << o
		}
	}
	return ask
}

// requests is the input VCs that ask output o for the switch.
func (m *Mesh) requests(out *output, joint bool) uint64 {
	if joint && out.free&out.cred != 0 {
		return out.sw | out.va
	}
	return out.sw
}

// grant is the input that output o prefers among those that ask.
func (m *Mesh) grant(r, o uint32, joint bool) uint32 {
	out := &m.out[r<<m.poSh+o]
	ask := m.requests(out, joint)
	any := ask
	for k := 1; k < m.vcs; k++ {
		any |= ask >> k
	}
	return uint32(m.port[cyclic(any&m.lane, uint(out.grant)*uint(m.vcs))])
}

// accept closes a grant of output o to input p: all pointers move past what
// was matched. Of the VCs of the input that ask, those that have an output VC
// come first.
func (m *Mesh) accept(r, p, o uint32, joint bool) match {
	out := &m.out[r<<m.poSh+o]
	in := &m.inp[r<<m.poSh+p]
	base, all := uint(p)*uint(m.vcs), uint64(1)<<m.vcs-1
	x := match{o: uint8(o)}
	ask := out.sw >> base & all
	if ask == 0 {
		ask, x.spec = m.requests(out, joint)>>base&all, true
	}
	v := cyclic(ask, uint(in.label))
	x.i = uint8(uint32(base) + v)
	in.label = wrap(v+1, m.vcs)
	in.accept = wrap(o+1, m.ports)
	out.grant = wrap(p+1, m.ports)
	return x
}

// wrap is n modulo size, for n up to size.
func wrap(n uint32, size int) uint8 {
	if int(n) == size {
		return 0
	}
	return uint8(n)
}

// separable is one iteration of the round-robin matching: each output grants
// one input, each input accepts one of its grants.
func (m *Mesh) separable(r uint32, ask uint16, joint bool) (n int) {
	touched := uint64(0)
	for s := ask; s != 0; s &= s - 1 {
		o := uint32(bits.TrailingZeros16(s))
		p := m.grant(r, o, joint)
		m.gr[p] |= 1 << o
		touched |= 1 << p
	}
	for ; touched != 0; touched &= touched - 1 {
		p := uint32(bits.TrailingZeros64(touched))
		o := cyclic(uint64(m.gr[p]), uint(m.inp[r<<m.poSh+p].accept))
		m.gr[p] = 0
		m.match[n] = m.accept(r, p, o, joint)
		n++
	}
	return n
}

// allocate gives free VCs of output o to the packets that ask: each VC grants
// one packet, each packet accepts one of its grants.
func (m *Mesh) allocate(r, o uint32) {
	out := &m.out[r<<m.poSh+o]
	if out.va&(out.va-1) == 0 {
		i := uint32(bits.TrailingZeros64(out.va))
		m.hold(r, o, i, uint64(out.free))
	} else {
		touched := uint64(0)
		for s := out.free; s != 0; s &= s - 1 {
			w := uint32(bits.TrailingZeros16(s))
			i := cyclic(out.va, uint(m.outv[r<<m.vcSh+o*uint32(m.vcs)+w].grant))
			m.gr[i] |= 1 << w
			touched |= 1 << i
		}
		for ; touched != 0; touched &= touched - 1 {
			i := uint32(bits.TrailingZeros64(touched))
			set := uint64(m.gr[i])
			m.gr[i] = 0
			m.hold(r, o, i, set)
		}
	}
	if out.va == 0 || out.free == 0 {
		m.rt[r].va &^= 1 << o
	}
}

// hold lets input VC i accept one of the output VCs that granted it.
func (m *Mesh) hold(r, o, i uint32, granted uint64) {
	first := o * uint32(m.vcs)
	v := &m.in[r<<m.vcSh|i]
	from := uint32(0)
	if a := uint32(v.accept); a > first && a < first+uint32(m.vcs) {
		from = a - first
	}
	w := cyclic(granted, uint(from))
	ov := first + w
	c := &m.outv[r<<m.vcSh|ov]
	n := m.ports * m.vcs
	v.accept, c.grant = wrap(ov+1, n), wrap(i+1, n)
	v.out, c.owner = uint8(ov), uint8(i)
	out := &m.out[r<<m.poSh+o]
	out.free &^= 1 << w
	out.va &^= 1 << i
	if out.cred>>w&1 != 0 {
		out.sw |= 1 << i
		m.rt[r].sw |= 1 << o
	}
}

// confirmed says that a packet that won the switch without a VC got one in
// this cycle, with a credit.
func (m *Mesh) confirmed(r uint32, x match) bool {
	return m.out[r<<m.poSh+uint32(x.o)].sw>>x.i&1 != 0
}
