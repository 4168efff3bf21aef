package mesh

import "math/bits"

// cyclic is the first bit of a set at or after place from, around the end. The
// set is not empty. A place behind the last bit is as good as 0.
func cyclic(set uint64, from uint8) uint32 {
	return (uint32(bits.TrailingZeros64(bits.RotateLeft64(set, -int(from)))) + uint32(from)) & (lanes - 1)
}

// routers lets every router that is on the list decide.
func (m *Mesh) routers() {
	keep := m.busy[:0]
	for _, r := range m.busy {
		rt := &m.rt[r]
		m.decide(r, rt)
		if rt.va|rt.sw != 0 {
			keep = append(keep, r)
		} else {
			rt.queued = false
		}
	}
	m.busy = keep
}

// decide runs both allocators of a router on what was there at the beginning
// of the cycle, then applies what they gave.
func (m *Mesh) decide(r uint32, rt *router) {
	ask := rt.sw
	if m.joint {
		ask |= rt.va
	}
	if m.late {
		ask = m.idle(rt, ask)
	}
	n := m.separable(rt, ask)
	for s := rt.va; s != 0; s &= s - 1 {
		m.allocate(rt, uint32(bits.TrailingZeros16(s))&(ports-1))
	}
	for k := range m.match[:n] {
		x := &m.match[k]
		// A packet that won the switch without a VC must have got one in this
		// cycle, with a credit.
		if x.spec && rt.port[x.o&(ports-1)].sw>>(x.i&(lanes-1))&1 == 0 {
			continue
		}
		m.send(r, rt, x)
	}
}

// idle takes the outputs away whose link is still busy with a flit.
func (m *Mesh) idle(rt *router, ask uint16) uint16 {
	for s := ask; s != 0; s &= s - 1 {
		o := uint32(bits.TrailingZeros16(s)) & (ports - 1)
		if rt.slow.open[o] > m.now {
			ask &^= 1 << o
		}
	}
	return ask
}

// requests is the input VCs that ask an output for the switch: those that have
// a VC and a credit, and under joint allocation those that want a VC, if there
// is a free one with a credit.
func (m *Mesh) requests(out *port) uint64 {
	if m.joint && out.free&out.cred != 0 {
		return out.sw | out.va
	}
	return out.sw
}

// grant is the input that an output prefers among those that ask.
func (m *Mesh) grant(out *port, ask uint64) uint32 {
	any := ask
	if m.vcs > 1 {
		any |= ask >> 1
		for k := uint(2); k < m.vcs; k++ {
			any |= ask >> (k & (lanes - 1))
		}
	}
	return uint32(m.portOf[cyclic(any&m.lane, out.grant*uint8(m.vcs))]) & (ports - 1)
}

// accept closes a grant of output o to input p: all pointers move past what
// was matched. Of the VCs of the input that ask, those that have an output VC
// come first.
func (m *Mesh) accept(rt *router, x *match, p, o uint32, all uint64) {
	out, in := &rt.port[o&(ports-1)], &rt.port[p&(ports-1)]
	base := p * uint32(m.vcs)
	ask := out.sw >> (base & (lanes - 1)) & m.all
	x.spec = ask == 0
	if x.spec {
		ask = all >> (base & (lanes - 1)) & m.all
	}
	x.label, x.accept, x.grant = in.label, in.accept, out.grant
	v := cyclic(ask, in.label)
	x.i, x.p, x.v, x.o = base+v, p, v, o
	in.label, in.accept, out.grant = uint8(v+1), uint8(o+1), uint8(p+1)
}

// separable is one iteration of the round-robin matching: each output grants
// one input, each input accepts one of its grants. It accepts grants as they
// come, and begins anew if an input turns out to have two.
func (m *Mesh) separable(rt *router, ask uint16) (n int) {
	taken := uint32(0)
	for s := ask; s != 0; s &= s - 1 {
		o := uint32(bits.TrailingZeros16(s)) & (ports - 1)
		out := &rt.port[o]
		all := m.requests(out)
		if all == 0 {
			continue
		}
		p := m.grant(out, all)
		if taken>>p&1 != 0 {
			m.revoke(rt, n)
			return m.contested(rt, ask)
		}
		taken |= 1 << p
		m.accept(rt, &m.match[n&(ports-1)], p, o, all)
		n++
	}
	return n
}

// revoke undoes the first n matches, the last one first.
func (m *Mesh) revoke(rt *router, n int) {
	for k := n - 1; k >= 0; k-- {
		x := &m.match[k]
		in, out := &rt.port[x.p&(ports-1)], &rt.port[x.o&(ports-1)]
		in.label, in.accept, out.grant = x.label, x.accept, x.grant
	}
}

// contested is separable where an input has several grants.
func (m *Mesh) contested(rt *router, ask uint16) (n int) {
	var gr [ports]uint16
	touched := uint32(0)
	for s := ask; s != 0; s &= s - 1 {
		o := uint32(bits.TrailingZeros16(s)) & (ports - 1)
		out := &rt.port[o]
		if all := m.requests(out); all != 0 {
			p := m.grant(out, all)
			gr[p] |= 1 << o
			touched |= 1 << p
		}
	}
	for ; touched != 0; touched &= touched - 1 {
		p := uint32(bits.TrailingZeros32(touched)) & (ports - 1)
		o := cyclic(uint64(gr[p]), rt.port[p].accept)
		m.accept(rt, &m.match[n&(ports-1)], p, o, m.requests(&rt.port[o&(ports-1)]))
		n++
	}
	return n
}

// allocate gives free VCs of output o to the packets that ask: each VC grants
// one packet, each packet accepts one of its grants.
func (m *Mesh) allocate(rt *router, o uint32) {
	out := &rt.port[o&(ports-1)]
	first := o * uint32(m.vcs)
	if out.va&(out.va-1) == 0 {
		m.hold(rt, out, o, uint32(bits.TrailingZeros64(out.va)), uint64(out.free))
	} else {
		touched := uint64(0)
		for s := out.free; s != 0; s &= s - 1 {
			w := uint32(bits.TrailingZeros16(s)) & 15
			i := cyclic(out.va, rt.lane[(first+w)&(lanes-1)].grant)
			m.gr[i] |= 1 << w
			touched |= 1 << i
		}
		for ; touched != 0; touched &= touched - 1 {
			i := uint32(bits.TrailingZeros64(touched)) & (lanes - 1)
			set := uint64(m.gr[i])
			m.gr[i] = 0
			m.hold(rt, out, o, i, set)
		}
	}
	if out.va == 0 || out.free == 0 {
		rt.va &^= 1 << (o & (ports - 1))
	}
}

// hold lets input VC i accept one of the output VCs that granted it.
func (m *Mesh) hold(rt *router, out *port, o, i uint32, granted uint64) {
	i &= lanes - 1
	v := &rt.lane[i]
	first := o * uint32(m.vcs) & (lanes - 1)
	ov := cyclic(granted<<first, v.accept)
	w := (ov - first) & 15
	v.accept, v.out = uint8(ov+1), uint8(ov)
	c := &rt.lane[ov]
	c.owner, c.grant = uint8(i), uint8(i+1)
	out.free &^= 1 << w
	out.va &^= 1 << i
	if out.cred>>w&1 != 0 {
		out.sw |= 1 << i
		rt.sw |= 1 << (o & (ports - 1))
	}
}
