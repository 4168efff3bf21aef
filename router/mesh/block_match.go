package mesh

// Round robin in words: a token starts behind the place that was served last
// and goes to the first that asks. The first round begins there; the second
// one, from the first place on, is for the routers where nobody behind it asks.

// second is the second round of a token.
func second(got, ask []uint64, token uint64) {
	got = got[:len(ask)]
	for k, x := range ask {
		got[k] |= token & x
		token &^= x
	}
}

// matchOutputs finds who asks for the switch, and each output grants one input.
func (t *turns) matchOutputs(b *block, joint bool) {
	for o := range t.outs {
		if t.vcs == 2 {
			t.askTwo(b, o, joint)
		} else {
			t.ask(b, o, joint)
		}
		lo, hi := t.from[o], t.from[o+1]
		served := b.served[lo:hi]
		want, won := t.want[lo:hi][:len(served)], t.won[lo:hi][:len(served)]
		any, token := uint64(0), uint64(0)
		for k, last := range served {
			ask := want[k]
			any |= ask
			won[k] = token & ask
			token = token&^ask | last
		}
		if any &= token; any != 0 {
			second(won, want, any)
		}
	}
}

// ask finds who asks for an output: packets that have a VC with a credit and,
// where a free VC has one, under joint allocation those that want a VC.
func (t *turns) ask(b *block, o int, joint bool) {
	sw := t.sw[t.from[o]*t.vcs : t.from[o+1]*t.vcs]
	free := t.ready(b, o, sw)
	if !joint {
		free = 0
	}
	va := b.va[t.from[o]*t.vcs:][:len(sw)]
	for k := t.from[o]; k < t.from[o+1]; k++ {
		x := uint64(0)
		for v := range t.vcs {
			x |= sw[v] | va[v]&free
		}
		t.want[k] = x
		sw, va = sw[t.vcs:], va[t.vcs:]
	}
}

// ready finds the askers of an output that have a VC with a credit, and the
// routers where a free VC has one.
func (t *turns) ready(b *block, o int, sw []uint64) (free uint64) {
	lo := t.from[o] * t.vcs
	cred := b.cred[o*t.vcs]
	free = b.free[o*t.vcs] & cred
	for k, x := range b.hold[lo:][:len(sw)] {
		sw[k] = x & cred
	}
	for w := 1; w < t.vcs; w++ {
		cred = b.cred[o*t.vcs+w]
		free |= b.free[o*t.vcs+w] & cred
		for k, x := range b.hold[w*t.askers+lo:][:len(sw)] {
			sw[k] |= x & cred
		}
	}
	return free
}

// matchInputs lets each input accept one output, moves the pointers, and
// chooses the VC of the input.
func (t *turns) matchInputs(b *block) {
	vcs := t.vcs
	for p, of := range t.of {
		once, twice := uint64(0), uint64(0)
		for _, k := range of {
			twice |= once & t.won[k]
			once |= t.won[k]
		}
		if twice != 0 {
			t.acceptOne(b.went, of, once)
		}
		for _, k := range of {
			won := t.won[k]
			b.went[k] = b.went[k]&^once | won
			switch {
			case vcs == 1:
				t.send[k] = won
			case vcs == 2:
				t.chooseTwo(b, p, k, won)
			case won == 0:
				clear(t.send[k*vcs : (k+1)*vcs])
			default:
				t.chooseVC(b, p, k, won)
			}
		}
	}
	for o := range t.outs {
		move(b.served[t.from[o]:t.from[o+1]], t.won[t.from[o]:t.from[o+1]])
	}
}

// move sets what was last to what is now, where there is one.
func move(last, now []uint64) {
	any := uint64(0)
	for _, x := range now {
		any |= x
	}
	last = last[:len(now)]
	for k, x := range now {
		last[k] = last[k]&^any | x
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
func (t *turns) chooseVC(b *block, p, k int, won uint64) {
	vcs := t.vcs
	sw := t.sw[k*vcs : (k+1)*vcs]
	va, send, label := b.va[k*vcs:][:len(sw)], t.send[k*vcs:][:len(sw)], b.label[p*vcs:][:len(sw)]
	late := won
	for _, x := range sw {
		late &^= x
	}
	token := uint64(0)
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

// allocate gives free output VCs to packets that ask.
func (t *turns) allocate(b *block) {
	vcs := t.vcs
	for o := range t.outs {
		lo, hi := t.from[o]*vcs, t.from[o+1]*vcs
		any := uint64(0)
		va := b.va[lo:hi]
		for _, x := range va {
			any |= x
		}
		if any == 0 {
			clear(t.acc[lo:hi])
			for w := range vcs - 1 {
				clear(t.gr[w*t.askers+lo : w*t.askers+hi])
			}
			continue
		}
		if vcs == 2 {
			t.grantTwo(b, o, any)
			t.settleTwo(b, o)
			continue
		}
		for w := range vcs {
			at := w * t.askers
			grantVC(t.gr[at+lo:at+hi], va, b.given[at+lo:at+hi], b.free[o*vcs+w], any)
		}
		if vcs > 2 {
			t.takeOne(b, lo, hi)
		}
		t.settle(b, o)
	}
	switch vcs {
	case 1:
	case 2:
		t.rememberTwo(b)
	default:
		t.remember(b)
	}
}

// grantVC lets a VC of an output, where it is free, choose a packet.
func grantVC(gr, va, given []uint64, free, any uint64) {
	token := uint64(0)
	gr, given = gr[:len(va)], given[:len(va)]
	for k, x := range va {
		x &= free
		gr[k] = token & x
		token = token&^x | given[k]
	}
	if token &= any & free; token != 0 {
		second(gr, va, token)
	}
}

// takeOne leaves each packet one of the VCs that were granted to it: from the
// one behind that which its input VC took last on, or from the first where that
// was one of another output.
func (t *turns) takeOne(b *block, lo, hi int) {
	var asked [maxVCs]uint64
	for a := lo; a < hi; a++ {
		last, any := uint64(0), uint64(0)
		for w := range t.vcs - 1 {
			last |= b.took[w*t.askers+a]
			any |= t.gr[w*t.askers+a]
		}
		if any == 0 {
			continue
		}
		token := ^last
		for w := range t.vcs {
			x := t.gr[w*t.askers+a]
			asked[w] = x
			t.gr[w*t.askers+a] = token & x
			if token &^= x; w < t.vcs-1 {
				token |= b.took[w*t.askers+a]
			}
		}
		for w := range t.vcs {
			x := asked[w]
			t.gr[w*t.askers+a] |= token & x
			token &^= x
		}
	}
}

// settle notes who got which VC of output o.
func (t *turns) settle(b *block, o int) {
	lo, hi := t.from[o]*t.vcs, t.from[o+1]*t.vcs
	va, acc := b.va[lo:hi], t.acc[lo:hi]
	acc = acc[:len(va)]
	clear(acc)
	for w := range t.vcs {
		at := w*t.askers + lo
		gr := t.gr[at:][:len(va)]
		any := uint64(0)
		for _, x := range gr {
			any |= x
		}
		if any == 0 {
			continue
		}
		b.free[o*t.vcs+w] &^= any
		hold, given := b.hold[at:][:len(va)], b.given[at:][:len(va)]
		for k, x := range gr {
			hold[k] |= x
			given[k] = given[k]&^any | x
			acc[k] |= x
		}
	}
	for k, x := range acc {
		va[k] &^= x
	}
}

// remember notes which VC each input VC took. The last VC of an output is as
// good as one of another output.
func (t *turns) remember(b *block) {
	for _, of := range t.of {
		for v := range t.vcs {
			any := uint64(0)
			for _, k := range of {
				any |= t.acc[k*t.vcs+v]
			}
			if any == 0 {
				continue
			}
			for w := range t.vcs - 1 {
				at := w*t.askers + v
				for _, k := range of {
					b.took[at+k*t.vcs] = b.took[at+k*t.vcs]&^any | t.gr[at+k*t.vcs]
				}
			}
		}
	}
}
