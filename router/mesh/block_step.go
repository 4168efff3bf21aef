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
	m.blocks()
	m.now++
}

// receiveWide is receive where blocks decide.
func (m *Mesh) receiveWide(w *slot) {
	t := &m.turns
	for _, e := range w.arrive {
		r, i := e.vc>>laneBits, e.vc&(lanes-1)
		rt := &m.rt[r]
		v := &rt.lane[i]
		v.n++
		if v.n > 1 {
			m.buf[(rt.base+i)<<(m.bufSh&31)+uint32((v.head+v.n-2)&m.mask)] = e.f
			continue
		}
		v.f = e.f
		b := &t.b[r/blockRouters]
		b.fronts++
		b.va[t.at[i][m.route(rt, e.f)]] |= 1 << (r % blockRouters)
	}
	w.arrive = w.arrive[:0]
}

// creditsWide is credits where blocks decide.
func (m *Mesh) creditsWide(w *slot) {
	t := &m.turns
	n := uint32(len(m.rt))
	for _, k := range w.credit {
		m.credit[k]++
		if r := k >> laneBits; r < n {
			t.b[r/blockRouters].cred[k&(lanes-1)] |= 1 << (r % blockRouters)
		} else if m.credit[k] == 1 {
			m.relieveSource(k - n<<laneBits)
		}
	}
	w.credit = w.credit[:0]
}

// blocks lets all routers decide.
func (m *Mesh) blocks() {
	t := &m.turns
	m.aim()
	for k := range t.b {
		b := &t.b[k]
		if b.fronts == 0 {
			continue
		}
		m.matchOutputs(b)
		m.matchInputs(b)
		m.allocateWide(b)
		m.sendWide(b, uint32(k*blockRouters))
	}
}

// matchOutputs finds who asks for the switch, and each output grants one input.
func (m *Mesh) matchOutputs(b *block) {
	t, vcs := &m.turns, m.spec.VCs
	for o := range m.ports {
		cred, free := b.cred[o*vcs:(o+1)*vcs], uint64(0)
		if m.joint {
			for w, f := range b.free[o*vcs : (o+1)*vcs] {
				free |= f & cred[w]
			}
		}
		lo, hi := t.from[o], t.from[o+1]
		any, token := uint64(0), uint64(0)
		for k := lo; k < hi; k++ {
			ask := uint64(0)
			for a := k * vcs; a < (k+1)*vcs; a++ {
				sw := uint64(0)
				for w, h := range b.hold[a*vcs : (a+1)*vcs] {
					sw |= h & cred[w]
				}
				t.sw[a] = sw
				ask |= sw | b.va[a]&free
			}
			any |= ask
			t.want[k] = ask
			t.won[k] = token & ask
			token = token&^ask | b.served[k]
		}
		if any &= token; any != 0 {
			second(t.won[lo:hi], t.want[lo:hi], any)
		}
	}
}

// second is the second round of the token: from the first place on, in the
// routers where the first round, from the last place served on, found nobody.
func second(won, want []uint64, token uint64) {
	for k, x := range want {
		won[k] |= token & x
		if token &^= x; token == 0 {
			return
		}
	}
}

// matchInputs lets each input accept one output, moves the pointers, and
// chooses the VC of the input.
func (m *Mesh) matchInputs(b *block) {
	t, vcs := &m.turns, m.spec.VCs
	for p := range m.ports {
		once, twice := uint64(0), uint64(0)
		for _, k := range t.of[p] {
			twice |= once & t.won[k]
			once |= t.won[k]
		}
		if twice != 0 {
			t.acceptOne(b.went, t.of[p], once)
		}
		for _, k := range t.of[p] {
			won := t.won[k]
			b.went[k] = b.went[k]&^once | won
			if won == 0 {
				clear(t.send[k*vcs : (k+1)*vcs])
			} else {
				t.chooseVC(b, p, k, vcs, won)
			}
		}
	}
	for o := range m.ports {
		any := uint64(0)
		won := t.won[t.from[o]:t.from[o+1]]
		for _, x := range won {
			any |= x
		}
		served := b.served[t.from[o]:t.from[o+1]]
		for k, x := range won {
			served[k] = served[k]&^any | x
		}
	}
}

// acceptOne leaves each router one of the outputs that an input was granted.
func (t *turns) acceptOne(went []uint64, of []int, any uint64) {
	token := uint64(0)
	for _, k := range of {
		x := t.won[k]
		t.want[k] = x
		t.won[k] = token & x
		token = token&^x | went[k]
	}
	token &= any
	for _, k := range of {
		x := t.want[k]
		t.won[k] |= token & x
		token &^= x
	}
}

// chooseVC finds which VC of an input goes: of those that ask for the turn's
// output in the routers won, those that have an output VC come first.
func (t *turns) chooseVC(b *block, p, k, vcs int, won uint64) {
	if vcs == 1 {
		t.send[k] = won
		return
	}
	sw, va, send := t.sw[k*vcs:(k+1)*vcs], b.va[k*vcs:(k+1)*vcs], t.send[k*vcs:(k+1)*vcs]
	label := b.label[p*vcs : (p+1)*vcs]
	some := uint64(0)
	for _, x := range sw {
		some |= x
	}
	late, token := won&^some, uint64(0)
	for v, x := range sw {
		x = x&won | va[v]&late
		send[v] = token & x
		token = token&^x | label[v]
	}
	token &= won
	for v, x := range sw {
		x = x&won | va[v]&late
		send[v] |= token & x
		token &^= x
		label[v] = label[v]&^won | send[v]
	}
}

// allocateWide gives free output VCs to packets that ask.
func (m *Mesh) allocateWide(b *block) {
	t, vcs := &m.turns, m.spec.VCs
	for o := range m.ports {
		lo, hi := t.from[o]*vcs, t.from[o+1]*vcs
		any := uint64(0)
		for _, x := range b.va[lo:hi] {
			any |= x
		}
		if any == 0 {
			if vcs > 1 {
				clear(t.gr[lo*vcs : hi*vcs])
			}
			continue
		}
		for w := range vcs {
			t.grantVC(b, o, w, vcs, any)
		}
		if vcs > 1 {
			t.takeOne(b, lo, hi, vcs)
		}
		t.settle(b, o, vcs)
	}
	if vcs > 1 {
		t.remember(b, m.ports, vcs)
	}
}

// grantVC lets VC w of output o, where it is free, choose a packet.
func (t *turns) grantVC(b *block, o, w, vcs int, any uint64) {
	lo, hi := t.from[o]*vcs, t.from[o+1]*vcs
	free, token := b.free[o*vcs+w], uint64(0)
	gr, given := t.gr[lo*vcs+w:hi*vcs], b.given[lo*vcs+w:hi*vcs]
	for k, x := range b.va[lo:hi] {
		x &= free
		gr[k*vcs] = token & x
		token = token&^x | given[k*vcs]
	}
	if token &= any & free; token == 0 {
		return
	}
	for k, x := range b.va[lo:hi] {
		x &= free
		gr[k*vcs] |= token & x
		if token &^= x; token == 0 {
			return
		}
	}
}

// takeOne leaves each packet one of the VCs that were granted to it: from the
// one that its input VC took last on, or from the first where that was one of
// another output.
func (t *turns) takeOne(b *block, lo, hi, vcs int) {
	for a := lo; a < hi; a++ {
		gr := t.gr[a*vcs : (a+1)*vcs]
		once, twice := uint64(0), uint64(0)
		for _, x := range gr {
			twice |= once & x
			once |= x
		}
		if twice == 0 {
			continue
		}
		took, last := b.took[a*vcs:(a+1)*vcs], uint64(0)
		for _, x := range took {
			last |= x
		}
		token := ^last
		var asked [maxVCs]uint64
		for w, x := range gr {
			asked[w] = x
			gr[w] = token & x
			token = token&^x | took[w]
		}
		for w := range gr {
			x := asked[w]
			gr[w] |= token & x
			token &^= x
		}
	}
}

// settle notes who got which VC of output o.
func (t *turns) settle(b *block, o, vcs int) {
	lo, hi := t.from[o]*vcs, t.from[o+1]*vcs
	for w := range vcs {
		any := uint64(0)
		gr := t.gr[lo*vcs+w : hi*vcs]
		for k := 0; k < len(gr); k += vcs {
			any |= gr[k]
		}
		if any == 0 {
			continue
		}
		b.free[o*vcs+w] &^= any
		hold, given, va := b.hold[lo*vcs+w:hi*vcs], b.given[lo*vcs+w:hi*vcs], b.va[lo:hi]
		for k := range va {
			x := gr[k*vcs]
			hold[k*vcs] |= x
			given[k*vcs] = given[k*vcs]&^any | x
			va[k] &^= x
		}
	}
}

// remember notes which VC each input VC took.
func (t *turns) remember(b *block, ports, vcs int) {
	for p := range ports {
		for v := range vcs {
			any := uint64(0)
			for _, k := range t.of[p] {
				a := k*vcs + v
				for _, x := range t.gr[a*vcs : (a+1)*vcs] {
					any |= x
				}
			}
			if any == 0 {
				continue
			}
			for _, k := range t.of[p] {
				a := k*vcs + v
				took := b.took[a*vcs : (a+1)*vcs]
				for w, x := range t.gr[a*vcs : (a+1)*vcs] {
					took[w] = took[w]&^any | x
				}
			}
		}
	}
}

// sendWide moves the flits that won the switch. A packet that won it without a
// VC must have got one in this cycle, with a credit.
func (m *Mesh) sendWide(b *block, base uint32) {
	t, vcs := &m.turns, m.spec.VCs
	for k, x := range t.all {
		if t.won[k] == 0 {
			continue
		}
		o := int(x.out)
		for v := range vcs {
			a := k*vcs + v
			send := t.send[a]
			if send == 0 {
				continue
			}
			for w := range vcs {
				ov := o*vcs + w
				s := send & b.hold[a*vcs+w] & b.cred[ov]
				if s == 0 {
					continue
				}
				b.hold[a*vcs+w] &^= s
				b.free[ov] |= s
				i := uint32(int(x.in)*vcs + v)
				if o < local0 {
					b.cred[ov] &^= m.cross(base, s, o, i, uint32(ov))
				} else {
					b.cred[ov] &^= m.leave(base, s, o, i, uint32(ov))
				}
				m.pull(b, base, s, i)
			}
		}
	}
}

// cross puts the flits in front of input VC i of some routers onto the link of
// output o, and gives the routers that have no credit left.
func (m *Mesh) cross(base uint32, s uint64, o int, i, ov uint32) (empty uint64) {
	to := m.ahead[o]
	list := to.arrive
	down := (base+uint32(m.turns.far[o]))<<laneBits + uint32(o^1)*uint32(m.vcs) + uint32(m.vcOf[ov&(lanes-1)])
	for ; s != 0; s &= s - 1 {
		n := uint32(bits.TrailingZeros64(s))
		list = append(list, arrival{m.rt[base+n].lane[i&(lanes-1)].f, down + n<<laneBits})
		c := &m.credit[(base+n)<<laneBits|ov]
		*c--
		if *c == 0 {
			empty |= 1 << n
		}
	}
	to.arrive = list
	return empty
}

// leave hands the flits in front of input VC i of some routers to sinks.
func (m *Mesh) leave(base uint32, s uint64, o int, i, ov uint32) (empty uint64) {
	for ; s != 0; s &= s - 1 {
		n := uint32(bits.TrailingZeros64(s))
		r := base + n
		rt := &m.rt[r]
		if m.forward(r, rt, &rt.port[o], uint32(o), ov, rt.lane[i&(lanes-1)].f) == 0 {
			empty |= 1 << n
		}
	}
	return empty
}

// pull takes the flits that have left out of input VC i of some routers,
// returns their credits, and lets the packets behind them ask.
func (m *Mesh) pull(b *block, base uint32, s uint64, i uint32) {
	t := &m.turns
	i &= lanes - 1
	p := m.portOf[i] & (ports - 1)
	back := m.back[p]
	list := back.credit
	for ; s != 0; s &= s - 1 {
		n := uint32(bits.TrailingZeros64(s))
		rt := &m.rt[base+n]
		list = append(list, rt.port[p].up+uint32(m.vcOf[i]))
		v := &rt.lane[i]
		if v.n--; v.n == 0 {
			b.fronts--
			continue
		}
		m.behind(rt, v, i)
		b.va[t.at[i][m.route(rt, v.f)]] |= 1 << n
	}
	back.credit = list
}
