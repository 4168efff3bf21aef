package core

import (
	"hillock/core/alu"
	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// slow runs the operations that have no loop over the block in hand.
func (v *vector) slow(l *call) {
	s := &l.step
	a := v.block.Rows[s.A][:v.n]
	switch l.in.Op {
	case isa.PRB:
		v.probe(l, a)
		return
	case isa.SPK:
		v.capped(l, a)
		return
	case isa.ACT:
		for i := 0; i < v.n && !v.c.stir; i++ {
			v.c.stir = a[i] != 0 && v.selected(l, i)
		}
		return
	case isa.RND:
		v.random(l)
	case isa.RDX:
		for i, comp := range a {
			v.res[i] = int64(v.c.word(comp, int(l.in.Sh)))
		}
	case isa.LUT:
		table := v.grp.Tables[l.in.Sh]
		for i, x := range a {
			v.res[i] = int64(alu.LookUp(table, int64(x)))
		}
	default:
		b := v.block.Rows[s.B][:v.n]
		for i, x := range a {
			v.res[i] = alu.Arith(l.in.Op, int64(x), int64(b[i]), uint(l.in.Sh))
		}
	}
	if s.D >= 0 {
		v.store(l)
	}
}

// selected says that the predicate of a call holds for lane i.
func (v *vector) selected(l *call, i int) bool {
	return !l.mask || v.block.Rows[l.step.M][i]^l.step.Inv != 0
}

// store writes the results as the loops do.
func (v *vector) store(l *call) {
	d, before := v.block.Rows[l.step.D], v.block.Rows[l.step.E]
	var layout fixed.Layout
	if l.in.D >= isa.S0 {
		layout = v.grp.State[l.in.D-isa.S0]
	}
	for i, x := range v.res[:v.n] {
		if v.selected(l, i) {
			d[i] = layout.Apply(x)
		} else {
			d[i] = before[i]
		}
	}
}

func (v *vector) probe(l *call, a []int32) {
	if v.c.Tap == nil {
		return
	}
	for i, x := range a {
		if v.selected(l, i) {
			v.c.Tap(int(l.in.Sh), int32(v.base+i), x)
		}
	}
}

// capped is SPK with a cap beyond 32 bits.
func (v *vector) capped(l *call, a []int32) {
	out, before := v.block.Rows[isa.OUT], v.block.Rows[l.step.E]
	for i := range v.n {
		x := int64(before[i])
		if v.selected(l, i) {
			if l.in.A == isa.Z {
				x++
			} else {
				x += int64(a[i])
			}
			x = min(max(x, -v.grp.Cap), v.grp.Cap)
		}
		out[i] = int32(x)
	}
}

func (v *vector) random(l *call) {
	for i := range v.n {
		if v.selected(l, i) {
			v.res[i] = int64(v.c.Noise(int32(v.base+i), v.c.State.Tick, int(v.draw[i]), v.c.Image.Draws[l.in.Sh]))
			v.draw[i]++
			v.c.Counts[count.Draws]++
		}
	}
}
