package mesh

import "math/bits"

// stepWide is the rest of Step where blocks decide.
func (m *Mesh) stepWide(w *slot) {
	if len(w.arrive) > 0 {
		m.receiveWide(w)
	}
	if len(w.credit) > 0 {
		m.creditsWide(w)
	}
	m.inject()
	m.aim()
	t := &m.turns
	for o := range t.outs {
		if t.out[o] = &m.ahead[o].arrive; o >= local0 {
			t.out[o] = &m.ahead[o].eject
		}
	}
	for k := range t.b {
		b := &t.b[k]
		if b.paid[m.now&m.wmask] {
			t.earn(b, int(m.now&m.wmask))
		}
		if b.fronts == 0 {
			continue
		}
		t.matchOutputs(b, m.joint)
		t.matchInputs(b)
		t.allocate(b)
		m.sendWide(b, uint32(k*blockRouters))
	}
	m.now++
}

// receiveWide is receive where blocks decide. It has no branches that depend on
// what is in the buffers: they would be guessed wrongly half of the time.
func (m *Mesh) receiveWide(w *slot) {
	t := &m.turns
	per, sh := uint32(t.outs*t.vcs), m.bufSh&31
	for _, e := range w.arrive {
		r, i := e.vc>>laneBits, e.vc&(lanes-1)
		q := r*per + i
		x := &t.box[q]
		xy := &t.place[r]
		o := m.route(xy[0], xy[1], e.f)
		m.buf[q<<sh+uint32((x.head+x.n)&m.mask)] = e.f&^outMask | flit(o)<<outShift
		first := one(x.n == 0)
		x.n++
		b := &t.b[r/blockRouters]
		b.fronts += int(first)
		b.va[t.at[i][o]] |= uint64(first) << (r % blockRouters)
	}
	w.arrive = w.arrive[:0]
}

// creditsWide is credits where blocks decide.
func (m *Mesh) creditsWide(w *slot) {
	n := uint32(len(m.rt))
	for _, k := range w.credit {
		if m.credit[k]++; m.credit[k] == 1 {
			m.relieveSource(k - n<<laneBits)
		}
	}
	w.credit = w.credit[:0]
}

// earn gives output VCs the credits of a place of the wheel.
func (t *turns) earn(b *block, at int) {
	b.paid[at] = false
	due := b.due[at*len(b.cred):][:len(b.cred)]
	for ov, x := range due {
		b.cred[ov] |= x
		for c := b.count[ov*t.digits:][:t.digits]; x != 0; c = c[1:] {
			c[0], x = c[0]^x, c[0]&x
		}
	}
	clear(due)
}

// spend takes a credit of an output VC of each of the routers x.
func (t *turns) spend(b *block, ov int, x uint64) {
	some := uint64(0)
	for d, c := range b.count[ov*t.digits:][:t.digits] {
		b.count[ov*t.digits+d] = c ^ x
		some |= c ^ x
		x &^= c
	}
	b.cred[ov] = some
}

// pay sends credits to an output VC of the routers that lie far from the
// routers s.
func (m *Mesh) pay(s uint64, base uint32, far, ov int, d uint32) {
	at := int((m.now + int64(d)) & m.wmask)
	first := int(base) + far
	k, sh := first>>6, first&(blockRouters-1)
	if x := s << sh; x != 0 {
		m.turns.b[k].get(at, ov, x)
	}
	if x := s >> (blockRouters - sh); x != 0 {
		m.turns.b[k+1].get(at, ov, x)
	}
}

func (b *block) get(at, ov int, x uint64) {
	b.due[at*len(b.cred)+ov] |= x
	b.paid[at] = true
}

// sendWide moves the flits that won the switch. A packet that won it without a
// VC must have got one in this cycle, with a credit.
func (m *Mesh) sendWide(b *block, base uint32) {
	t := &m.turns
	m.leave(b, base)
	for p, of := range t.of {
		for v := range t.vcs {
			s := uint64(0)
			for _, k := range of {
				s |= t.send[k*t.vcs+v]
			}
			if s == 0 {
				continue
			}
			if p < local0 {
				m.pay(s, base, t.far[p], (p^1)*t.vcs+v, m.dIn[p])
			} else {
				m.paySources(s, base, p, uint32(v))
			}
			m.pull(b, base, s, uint32(p*t.vcs+v))
		}
	}
}

// paySources returns the credits of inputs where nodes inject.
func (m *Mesh) paySources(s uint64, base uint32, p int, v uint32) {
	back := m.back[p]
	for ; s != 0; s &= s - 1 {
		n := uint32(bits.TrailingZeros64(s))
		back.credit = append(back.credit, m.rt[base+n].port[p].up+v)
	}
}

// leave takes the VCs back through which packets go, and the credits that they
// use up.
func (m *Mesh) leave(b *block, base uint32) {
	t := &m.turns
	for o := range t.outs {
		any := t.gone[:t.vcs]
		if t.vcs == 2 {
			t.passTwo(b, o, any)
		} else {
			t.pass(b, o, any)
		}
		for w, x := range any {
			if x == 0 {
				continue
			}
			ov := o*t.vcs + w
			b.free[ov] |= x
			if o >= local0 {
				if m.free {
					continue
				}
				m.pay(x, base, 0, ov, m.dOut[o]+m.dSink)
			}
			t.spend(b, ov, x)
		}
	}
}

// pass finds who goes through which VC of output o.
func (t *turns) pass(b *block, o int, any []uint64) {
	lo, hi := t.from[o]*t.vcs, t.from[o+1]*t.vcs
	send := t.send[lo:hi]
	acc := t.acc[lo:hi][:len(send)]
	clear(acc)
	clear(any)
	for w := range any {
		cred := b.cred[o*t.vcs+w]
		hold, gr := b.hold[w*t.askers+lo:][:len(send)], t.gr[w*t.askers+lo:][:len(send)]
		for k, x := range send {
			x &= hold[k] & cred
			gr[k] = x
			acc[k] |= x
			hold[k] &^= x
			any[w] |= x
		}
	}
	copy(send, acc)
}

// pull takes the flits in front of input VC i out of the routers s, sends them
// on and lets the packets behind them ask. No branches, as in receiveWide; what
// it reads of an empty ring is not used.
func (m *Mesh) pull(b *block, base uint32, s uint64, i uint32) {
	t := &m.turns
	per, sh := uint32(t.outs*t.vcs), m.bufSh&31
	at := &t.at[i&(lanes-1)]
	for ; s != 0; s &= s - 1 {
		n := uint32(bits.TrailingZeros64(s)) & (blockRouters - 1)
		r := base + n
		q := r*per + i
		x := &t.box[q]
		f := m.buf[q<<sh+uint32(x.head)]
		x.head = (x.head + 1) & m.mask
		x.n--
		o := f.out()
		w, a := uint32(0), int(at[o])
		for u := 1; u < t.vcs; u++ {
			w += uint32(t.gr[u*t.askers+a]>>n&1) * uint32(u)
		}
		to := t.out[o]
		*to = append(*to, arrival{f, r<<laneBits + t.down[o] + w})
		more := one(x.n != 0)
		b.fronts -= int(1 - more)
		b.va[at[m.buf[q<<sh+uint32(x.head)].out()]] |= uint64(more) << n
	}
}
