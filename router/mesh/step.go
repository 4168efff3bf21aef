package mesh

// Step runs one cycle: what is due arrives, sources inject, routers decide on
// what was there when the cycle began.
func (m *Mesh) Step() {
	w := &m.wheel[m.now&m.wmask]
	if len(w.eject) > 0 {
		m.retire(w)
	}
	if len(w.source) > 0 {
		m.sourceCredits(w)
	}
	if len(w.arrive) > 0 {
		m.receive(w)
	}
	if len(w.request) > 0 {
		m.routed(w)
	}
	if len(w.credit) > 0 {
		m.credits(w)
	}
	if m.fault.waiting.len() > 0 {
		m.overdue()
	}
	m.inject()
	if len(m.busy) > 0 {
		m.routers()
	}
	m.now++
}

// receive puts flits into buffers.
func (m *Mesh) receive(w *slot) {
	bmask := uint16(1<<m.bufSh - 1)
	lossy := m.fault.drop != 0
	for _, e := range w.arrive {
		if lossy && m.lost(e) {
			continue
		}
		v := &m.in[e.vc]
		m.buf[uint(e.vc)<<m.bufSh+uint((v.head+v.n)&bmask)] = e.f
		v.n++
		if v.n > 1 {
			continue
		}
		r, i := e.vc>>m.vcSh, e.vc&(1<<m.vcSh-1)
		switch v.out {
		case none:
			m.front(r, i, e.f, m.now)
		case dropping:
			m.discard(r, i)
		default:
			m.ready(r, i, v.out)
		}
	}
	w.arrive = w.arrive[:0]
}

// front says that a packet came to the front of input VC i, and in which cycle
// the router sees it: in this one, or in the next if it has decided already.
func (m *Mesh) front(r, i uint32, f flit, seen int64) {
	if m.fault.watch {
		m.expect(r, i, f)
	}
	if m.spec.Routing == 0 {
		m.request(r, i, f)
		return
	}
	done := m.rt[r].route.done(seen, int64(m.spec.Routing))
	w := m.at(uint32(done - m.now))
	w.request = append(w.request, r<<m.vcSh|i)
}

// unit is a stage of several cycles that all ports of a router share. It takes
// whatever is there when it is done with what it took before; the stages of the
// reference simulator work in this way, and none of one cycle can tell.
type unit struct{ start int64 }

// done is the cycle in which the unit is done with what is there at cycle at.
// Calls come in the order of at.
func (u *unit) done(at, delay int64) int64 {
	if at > u.start {
		u.start = max(at, u.start+delay)
	}
	return u.start + delay
}

// routed lets packets ask whose route is known now.
func (m *Mesh) routed(w *slot) {
	for _, vc := range w.request {
		v := &m.in[vc]
		if v.n > 0 && v.out == none {
			m.request(vc>>m.vcSh, vc&(1<<m.vcSh-1), m.buf[uint(vc)<<m.bufSh+uint(v.head)])
		}
	}
	w.request = w.request[:0]
}

// request makes the packet in front of input VC i ask for a VC of its output:
// along x until x is right, then along y, then out.
func (m *Mesh) request(r, i uint32, f flit) {
	rt := &m.rt[r]
	dx, dy := f.x()-int32(rt.x), f.y()-int32(rt.y)
	sx, sy := dx>>31|int32(uint32(-dx)>>31), dy>>31|int32(uint32(-dy)>>31)
	o := uint32(m.turn[3*sx+sy+4])
	if o == local0 {
		o += uint32(f.local())
	}
	out := &m.out[r<<m.poSh+o]
	if out.dead {
		m.fault.why = DeadLink
		m.discard(r, i)
		return
	}
	out.va |= 1 << i
	if out.free != 0 {
		rt.va |= 1 << o
		m.wake(r)
	}
}

// ready lets input VC i ask for the switch if its output VC has a credit.
func (m *Mesh) ready(r, i uint32, ov uint8) {
	o := uint32(m.port[ov])
	out := &m.out[r<<m.poSh+o]
	if out.cred>>m.vc[ov]&1 != 0 {
		out.sw |= 1 << i
		m.rt[r].sw |= 1 << o
		m.wake(r)
	}
}

// credits gives output VCs the buffer places that became free.
func (m *Mesh) credits(w *slot) {
	for _, ovc := range w.credit {
		c := &m.outv[ovc]
		c.credits++
		if c.credits != 1 {
			continue
		}
		r, ov := ovc>>m.vcSh, ovc&(1<<m.vcSh-1)
		o := uint32(m.port[ov])
		bit := uint16(1) << m.vc[ov]
		out := &m.out[r<<m.poSh+o]
		out.cred |= bit
		if out.free&bit == 0 && m.in[r<<m.vcSh|uint32(c.owner)].n > 0 {
			out.sw |= 1 << c.owner
			m.rt[r].sw |= 1 << o
			m.wake(r)
		}
	}
	w.credit = w.credit[:0]
}

// send moves the flit in front of input VC i through the switch to output o.
func (m *Mesh) send(r, i, o uint32) {
	vc := r<<m.vcSh | i
	v := &m.in[vc]
	f := m.buf[uint(vc)<<m.bufSh+uint(v.head)]
	v.head = (v.head + 1) & (1<<m.bufSh - 1)
	v.n--
	out := &m.out[r<<m.poSh+o]
	ov := uint32(v.out)
	c := &m.outv[r<<m.vcSh|ov]
	wv := m.vc[ov]
	c.credits--
	if c.credits == 0 {
		out.cred &^= 1 << wv
	}
	if v.n == 0 || c.credits == 0 || f.tail() {
		out.sw &^= 1 << i
		if out.sw == 0 {
			m.rt[r].sw &^= 1 << o
		}
	}
	m.forward(r, o, ov, uint32(wv), f)
	m.returnCredit(r, i)
	if f.tail() {
		v.out = none
		m.release(r, o, out, wv)
		if v.n > 0 {
			m.front(r, i, m.buf[uint(vc)<<m.bufSh+uint(v.head)], m.now+1)
		}
	}
}

// release frees a VC of an output.
func (m *Mesh) release(r, o uint32, out *output, vc uint8) {
	out.free |= 1 << vc
	if out.va != 0 {
		m.rt[r].va |= 1 << o
	}
}

// forward sends a flit over the link of output o.
func (m *Mesh) forward(r, o, ov, wv uint32, f flit) {
	d := m.dOut[o]
	if m.spec.Crossbar > 1 {
		d += m.cross(r, o)
	}
	w := m.at(d)
	if o < local0 {
		w.arrive = append(w.arrive, arrival{f, m.down[r<<m.poSh+o] + wv})
		if m.spec.CyclesPerFlit > 1 {
			m.out[r<<m.poSh+o].open = m.now + int64(m.spec.CyclesPerFlit)
		}
		return
	}
	// A sink takes every flit at once and returns the credit in that cycle.
	w.eject = append(w.eject, f)
	back := m.spec.CreditLink
	if back == 0 {
		back = m.spec.EjectLink
	}
	b := m.at(d + uint32(back+1+m.spec.Credit))
	b.credit = append(b.credit, r<<m.vcSh|ov)
}

// cross is the cycles that a flit waits for a switch of several cycles and,
// behind it, for its turn on the link.
func (m *Mesh) cross(r, o uint32) uint32 {
	x := int64(m.spec.Crossbar)
	first := m.now + x // cycle of departure without waiting
	at := m.rt[r].cross.done(m.now+1, x) - 1
	out := &m.out[r<<m.poSh+o]
	at = max(at, out.left+1)
	out.left = at
	return uint32(at - first)
}

// returnCredit tells the other end of an input that a place became free.
func (m *Mesh) returnCredit(r, i uint32) {
	p := uint32(m.port[i])
	up := m.up[r<<m.poSh+p]
	w := m.at(m.dIn[p])
	if p < local0 {
		w.credit = append(w.credit, up+uint32(m.vc[i]))
		return
	}
	w.source = append(w.source, m.sourceVC(up, r, uint32(m.vc[i])))
}
