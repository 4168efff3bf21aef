package mesh

// Step runs one cycle: what is due arrives, sources inject, routers decide on
// what was there when the cycle began.
func (m *Mesh) Step() {
	w := &m.wheel[m.now&m.wmask]
	if len(w.eject) > 0 {
		m.retire(w)
	}
	if m.turns.look <= m.now {
		m.regime()
	}
	if m.turns.wide {
		m.stepWide(w)
		return
	}
	if len(w.arrive) > 0 {
		m.receive(w)
	}
	if len(w.request) > 0 {
		m.routed(w)
	}
	if len(m.service.pending) > 0 {
		m.repay()
	}
	if len(w.credit) > 0 {
		m.credits(w)
	}
	if m.fault.waiting.len() > 0 {
		m.overdue()
	}
	m.inject()
	if len(m.busy) > 0 {
		m.aim()
		m.routers()
	}
	m.now++
}

// receive puts flits into buffers.
func (m *Mesh) receive(w *slot) {
	lossy := m.fault.drop != 0
	for _, e := range w.arrive {
		if lossy && m.lost(e) {
			continue
		}
		r, i := e.vc>>laneBits, e.vc&(lanes-1)
		rt := &m.rt[r]
		v := &rt.lane[i]
		v.n++
		if v.n > 1 {
			m.buf[(rt.base+i)<<(m.bufSh&31)+uint32((v.head+v.n-2)&m.mask)] = e.f
			continue
		}
		v.f = e.f
		switch v.out {
		case none:
			if m.plain {
				m.request(r, rt, i, e.f)
			} else {
				m.front(r, rt, i, e.f, m.now)
			}
		case dropping:
			m.discard(r, rt, i)
		default:
			m.ready(r, rt, i, v.out)
		}
	}
	w.arrive = w.arrive[:0]
}

// behind brings the second flit of a buffer to its front.
func (m *Mesh) behind(rt *router, v *lane, i uint32) {
	v.f = m.buf[(rt.base+i)<<(m.bufSh&31)+uint32(v.head)]
	v.head = (v.head + 1) & m.mask
}

// front says that a packet came to the front of input VC i, and in which cycle
// the router sees it: in this one, or in the next if it has decided already.
func (m *Mesh) front(r uint32, rt *router, i uint32, f flit, seen int64) {
	if m.fault.watch {
		m.expect(r, i, f)
	}
	done := seen + 1
	switch m.spec.Routing {
	case 0:
		m.request(r, rt, i, f)
		return
	case 1:
	default:
		done = rt.slow.route.done(seen, int64(m.spec.Routing))
	}
	w := m.at(uint32(done - m.now))
	w.request = append(w.request, r<<laneBits|i)
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
		r, i := vc>>laneBits, vc&(lanes-1)
		rt := &m.rt[r]
		if v := &rt.lane[i]; v.n > 0 && v.out == none {
			m.request(r, rt, i, v.f)
		}
	}
	w.request = w.request[:0]
}

// route is the output of a flit at router (x, y): along x until x is right, then
// along y, then out.
func (m *Mesh) route(x, y int16, f flit) uint32 {
	dx, dy := f.x()-int32(x), f.y()-int32(y)
	sx, sy := dx>>31|int32(uint32(-dx)>>31), dy>>31|int32(uint32(-dy)>>31)
	o := uint32(m.turn[(3*sx+sy+4)&15])
	return (o + uint32(f.local())&-(o>>2)) & (ports - 1) // local0 is 4
}

// request makes the packet in front of input VC i ask for a VC of its output.
func (m *Mesh) request(r uint32, rt *router, i uint32, f flit) {
	if f&treeBit != 0 {
		f = m.branch(rt, i, f)
	}
	o := m.route(rt.x, rt.y, f)
	out := &rt.port[o]
	if out.dead {
		if f&treeBit != 0 && m.prune(r, i, f) {
			m.request(r, rt, i, f)
			return
		}
		m.fault.why = DeadLink
		m.discard(r, rt, i)
		return
	}
	out.va |= 1 << (i & (lanes - 1))
	if out.free != 0 {
		rt.va |= 1 << (o & (ports - 1))
		m.wake(r, rt)
	}
}

// ready lets input VC i ask for the switch if its output VC has a credit.
func (m *Mesh) ready(r uint32, rt *router, i uint32, ov uint8) {
	o := m.portOf[ov&(lanes-1)]
	out := &rt.port[o&(ports-1)]
	if out.cred>>m.vcOf[ov&(lanes-1)]&1 != 0 {
		out.sw |= 1 << i
		rt.sw |= 1 << o
		m.wake(r, rt)
	}
}

// credits gives outputs and sources the buffer places that became free.
func (m *Mesh) credits(w *slot) {
	for _, k := range w.credit {
		m.credit[k]++
		if m.credit[k] == 1 {
			m.relieve(k)
		}
	}
	w.credit = w.credit[:0]
}

// relieve is what the first credit changes.
func (m *Mesh) relieve(k uint32) {
	r, ov := k>>laneBits, k&(lanes-1)
	if int(r) >= len(m.rt) {
		m.relieveSource(k - uint32(len(m.rt))<<laneBits)
		return
	}
	rt := &m.rt[r]
	o := m.portOf[ov]
	if m.full(r, uint32(o)) {
		return // until it is not
	}
	bit := uint16(1) << m.vcOf[ov]
	out := &rt.port[o&(ports-1)]
	out.cred |= bit
	i := rt.lane[ov].owner
	if out.free&bit == 0 && rt.lane[i&(lanes-1)].n > 0 {
		out.sw |= 1 << i
		rt.sw |= 1 << o
		m.wake(r, rt)
	}
}

// send moves the flit in front of an input VC through the switch, onto the link
// of an output, and returns the credit of its place.
func (m *Mesh) send(r uint32, rt *router, x *match) {
	i, o := x.i&(lanes-1), x.o&(ports-1)
	v, out := &rt.lane[i], &rt.port[o]
	f, stays := v.f, false
	if f&treeBit != 0 {
		f, stays = m.fork(f, o)
	}
	if m.watched != nil {
		m.cross(r, o, f)
	}
	ov := uint32(v.out) & (lanes - 1)
	w := (ov - o*uint32(m.vcs)) & 15
	left := int16(1)
	if o < local0 && !m.late {
		to := m.ahead[o]
		to.arrive = append(to.arrive, arrival{f, out.down + w})
		left = m.spend(r, out, ov, w)
	} else {
		left = m.forward(r, rt, out, o, ov, f)
	}
	if stays {
		m.again(r, rt, i, o, w)
		return
	}
	p := x.p & (ports - 1)
	c := m.back[p]
	c.credit = append(c.credit, rt.port[p].up+x.v)
	v.n--
	tail := f.tail()
	if tail || v.n == 0 || left == 0 {
		out.sw &^= 1 << i
		rt.sw &^= one(out.sw == 0) << o
	}
	if tail {
		v.out = none
		out.free |= 1 << w
		rt.va |= one(out.va != 0) << o
	}
	if v.n > 0 {
		m.behind(rt, v, i)
		if tail {
			m.next(r, rt, i, v.f)
		}
	}
}

// one is 1 for true, without a branch.
func one(b bool) (n uint16) {
	if b {
		n = 1
	}
	return n
}

// spend takes a credit of an output VC and gives those that are left.
func (m *Mesh) spend(r uint32, out *port, ov, w uint32) int16 {
	c := &m.credit[r<<laneBits|ov]
	*c--
	if *c == 0 {
		out.cred &^= 1 << (w & 15)
	}
	return *c
}

// next lets the packet behind one that has left come to the front.
func (m *Mesh) next(r uint32, rt *router, i uint32, f flit) {
	if m.plain {
		m.request(r, rt, i, f)
	} else {
		m.front(r, rt, i, f, m.now+1)
	}
}

// forward sends a flit to a sink, or over a link behind a slow switch, and
// gives the credits that are left.
func (m *Mesh) forward(r uint32, rt *router, out *port, o, ov uint32, f flit) int16 {
	d := m.dOut[o&(ports-1)]
	if m.late {
		d += m.delay(rt.slow, o)
	}
	to := m.at(d)
	w := ov - o*uint32(m.vcs)
	if o < local0 {
		to.arrive = append(to.arrive, arrival{f, out.down + w})
		return m.spend(r, out, ov, w)
	}
	to.eject = append(to.eject, arrival{f: f})
	if m.service.cycles != nil {
		m.occupy(f.slot(), int32(r)/int32(m.spec.W*m.spec.H))
	}
	if m.free {
		return 1
	}
	// A sink takes every flit at once and returns the credit in that cycle.
	b := m.at(d + m.dSink)
	b.credit = append(b.credit, r<<laneBits|ov)
	return m.spend(r, out, ov, w)
}

// delay is the cycles that a flit waits for a switch of several cycles and,
// behind it, for its turn on the link; and it keeps a slow link busy.
func (m *Mesh) delay(w *slow, o uint32) uint32 {
	if o < local0 {
		w.open[o] = m.now + int64(m.spec.CyclesPerFlit)
	}
	x := int64(m.spec.Crossbar)
	if x == 1 {
		return 0
	}
	first := m.now + x // cycle of departure without waiting
	w.left[o] = max(w.cross.done(m.now+1, x)-1, w.left[o]+1)
	return uint32(w.left[o] - first)
}

// returnCredit tells the other end of an input that a place became free.
func (m *Mesh) returnCredit(rt *router, i uint32) {
	p := m.portOf[i]
	w := m.at(m.dIn[p])
	w.credit = append(w.credit, rt.port[p].up+uint32(m.vcOf[i]))
}
