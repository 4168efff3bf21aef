package mesh

// The usual two VCs, where which of them is last says where the token begins:
// the functions of block_match.go and block_step.go of the same names, with
// both planes in one pass.

// askTwo is ask.
func (t *turns) askTwo(b *block, o int, joint bool) {
	lo, hi := t.from[o], t.from[o+1]
	want := t.want[lo:hi]
	n := 2 * len(want)
	sw, va := t.sw[2*lo:][:n], b.va[2*lo:][:n]
	h0, h1 := b.hold[2*lo:][:n], b.hold[t.askers+2*lo:][:n]
	c0, c1 := b.cred[o*2], b.cred[o*2+1]
	free := uint64(0)
	if joint {
		free = b.free[o*2]&c0 | b.free[o*2+1]&c1
	}
	for k := range want {
		a := 2 * k
		x0, x1 := h0[a]&c0|h1[a]&c1, h0[a+1]&c0|h1[a+1]&c1
		sw[a], sw[a+1] = x0, x1
		want[k] = x0 | x1 | (va[a]|va[a+1])&free
	}
}

// chooseTwo is chooseVC.
func (t *turns) chooseTwo(b *block, p, k int, won uint64) {
	sw, va, send, label := t.sw[k*2:][:2], b.va[k*2:][:2], t.send[k*2:][:2], b.label[p*2:][:2]
	late := won &^ (sw[0] | sw[1])
	x0, x1 := sw[0]&won|va[0]&late, sw[1]&won|va[1]&late
	y0 := x0 &^ (x1 & label[0])
	y1 := x1 &^ y0
	send[0], send[1] = y0, y1
	label[0], label[1] = label[0]&^won|y0, label[1]&^won|y1
}

// grantTwo is grantVC for both.
func (t *turns) grantTwo(b *block, o int, any uint64) {
	lo, hi := t.from[o]*2, t.from[o+1]*2
	va := b.va[lo:hi]
	g0, g1 := t.gr[lo:hi][:len(va)], t.gr[t.askers+lo:][:len(va)]
	v0, v1 := b.given[lo:hi][:len(va)], b.given[t.askers+lo:][:len(va)]
	f0, f1 := b.free[o*2], b.free[o*2+1]
	t0, t1 := uint64(0), uint64(0)
	for k, x := range va {
		x0, x1 := x&f0, x&f1
		g0[k], g1[k] = t0&x0, t1&x1
		t0, t1 = t0&^x0|v0[k], t1&^x1|v1[k]
	}
	t0, t1 = t0&any&f0, t1&any&f1
	if t0|t1 == 0 {
		return
	}
	for k, x := range va {
		g0[k] |= t0 & x
		g1[k] |= t1 & x
		t0, t1 = t0&^x, t1&^x
	}
}

// settleTwo is takeOne and settle: a packet that both VCs were granted to takes
// the first, if that was not the one that its input VC took last.
func (t *turns) settleTwo(b *block, o int) {
	lo, hi := t.from[o]*2, t.from[o+1]*2
	va := b.va[lo:hi]
	acc, g0, g1 := t.acc[lo:hi][:len(va)], t.gr[lo:hi][:len(va)], t.gr[t.askers+lo:][:len(va)]
	h0, h1, took := b.hold[lo:hi][:len(va)], b.hold[t.askers+lo:][:len(va)], b.took[lo:hi][:len(va)]
	any0, any1 := uint64(0), uint64(0)
	for k, x0 := range g0 {
		x1 := g1[k]
		x0 &^= x1 & took[k]
		x1 &^= x0
		g0[k], g1[k], acc[k] = x0, x1, x0|x1
		h0[k] |= x0
		h1[k] |= x1
		va[k] &^= x0 | x1
		any0, any1 = any0|x0, any1|x1
	}
	b.free[o*2] &^= any0
	b.free[o*2+1] &^= any1
	v0, v1 := b.given[lo:hi][:len(g0)], b.given[t.askers+lo:][:len(g0)]
	for k, x := range g0 {
		v0[k] = v0[k]&^any0 | x
		v1[k] = v1[k]&^any1 | g1[k]
	}
}

// rememberTwo is remember.
func (t *turns) rememberTwo(b *block) {
	acc, gr := t.acc, t.gr
	took := b.took[:len(acc)]
	for _, of := range t.of {
		any0, any1 := uint64(0), uint64(0)
		for _, k := range of {
			any0, any1 = any0|acc[2*k], any1|acc[2*k+1]
		}
		if any0|any1 == 0 {
			continue
		}
		for _, k := range of {
			took[2*k] = took[2*k]&^any0 | gr[2*k]
			took[2*k+1] = took[2*k+1]&^any1 | gr[2*k+1]
		}
	}
}

// passTwo finds who goes through which VC of output o.
func (t *turns) passTwo(b *block, o int, any []uint64) {
	lo, hi := t.from[o]*2, t.from[o+1]*2
	send := t.send[lo:hi]
	g1 := t.gr[t.askers+lo:][:len(send)]
	h0, h1 := b.hold[lo:][:len(send)], b.hold[t.askers+lo:][:len(send)]
	c0, c1 := b.cred[o*2], b.cred[o*2+1]
	any0, any1 := uint64(0), uint64(0)
	for k, x := range send {
		x0, x1 := x&h0[k]&c0, x&h1[k]&c1
		send[k], g1[k] = x0|x1, x1
		h0[k] &^= x0
		h1[k] &^= x1
		any0, any1 = any0|x0, any1|x1
	}
	any[0], any[1] = any0, any1
}
