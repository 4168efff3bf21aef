package core

import (
	"hillock/core/alu"
	"hillock/isa"
	"hillock/isa/count"
)

// oracle is the definition of truth: one compartment after the other, one
// instruction after the other, every meaning written out by hand.
type oracle struct {
	lane  lane
	watch func(step InstrTrace) // sees every instruction; nil = off
}

func newOracle(*Image) *oracle { return &oracle{} }

// lane is the machine state of one compartment during one run.
type lane struct {
	t     [isa.NumT]int32
	s     [isa.NumS]int32
	old   [isa.NumS]int32
	in    [isa.NumIN]int32
	flag  [3]bool
	out   int64
	wide  int64 // the last result, before a layout or a temporary narrowed it
	draws int
	param [][]int32 // of the group
}

func (o *oracle) run(c *Core) (changed bool) {
	before := c.Counts[count.UpdatesActive]
	for g := range c.Image.Groups {
		o.group(c, g)
	}
	return c.Counts[count.UpdatesActive] > before
}

func (o *oracle) group(c *Core, g int) {
	grp := &c.Image.Groups[g]
	for i := 0; i < grp.N; i++ {
		o.compartment(c, g, grp, i)
	}
}

func (o *oracle) compartment(c *Core, g int, grp *Group, i int) {
	l := &o.lane
	*l = lane{param: c.State.Params[g]}
	if c.drawn != nil {
		l.draws = int(c.drawn[grp.Base+i])
	}
	for w, word := range c.State.Words[g] {
		l.s[w] = word[i]
	}
	l.old = l.s
	active := false
	for p := range c.Image.Ports {
		l.in[p] = c.input(p, grp.Base+i)
		active = active || l.in[p] != 0
	}
	if c.relays != nil {
		l.out = int64(c.relays.out[grp.Base+i])
	}
	for n := 0; n < grp.Substeps; n++ {
		l.t, l.flag = [isa.NumT]int32{}, [3]bool{}
		for k := range grp.Prog.Instrs {
			if o.watch != nil {
				o.watched(c, grp, n, k, i)
				continue
			}
			o.step(c, grp, &grp.Prog.Instrs[k], i)
		}
	}
	for w, word := range c.State.Words[g] {
		word[i] = l.s[w]
	}
	if c.relays != nil {
		c.relays.out[grp.Base+i] = int32(l.out)
		c.pass(grp.Base+i, int32(l.out))
	} else if l.out != 0 {
		c.Spikes = append(c.Spikes, Spike{Comp: int32(grp.Base + i), Payload: int32(l.out)})
	}
	if active || l.out != 0 || l.s != l.old {
		c.Counts[count.UpdatesActive]++
	}
}

// read gives the value of an operand; reading an input clears it.
func (o *oracle) read(c *Core, grp *Group, x isa.Operand, i int) int64 {
	l := &o.lane
	switch {
	case x < isa.S0:
		return int64(l.t[x])
	case x < isa.P0:
		return int64(l.s[x-isa.S0])
	case x < isa.IN0:
		p := l.param[x-isa.P0]
		if len(p) == 1 {
			return int64(p[0])
		}
		return int64(p[i])
	case x < isa.IN0+isa.NumIN:
		v := l.in[x-isa.IN0]
		l.in[x-isa.IN0] = 0
		return int64(v)
	case x == isa.MOD:
		return int64(c.State.Mods[0])
	case x >= isa.MD1 && x <= isa.MD3:
		return int64(c.State.Mods[1+x-isa.MD1])
	case x == isa.OUT:
		return l.out
	case x == isa.TCK:
		return int64(int32(c.State.Tick))
	}
	return 0
}

// write stores a result: a temporary keeps the low 32 bits, a state word
// applies its layout to the whole 64-bit result.
func (o *oracle) write(grp *Group, d isa.Operand, v int64) {
	o.lane.wide = v
	switch {
	case d < isa.S0:
		o.lane.t[d] = int32(v)
	case d < isa.P0:
		o.lane.s[d-isa.S0] = grp.State[d-isa.S0].Apply(v)
	}
}

func (o *oracle) holds(p isa.Pred) bool {
	if p == isa.Always {
		return true
	}
	f := o.lane.flag[(p-1)/2]
	return f == (p%2 == 1)
}

func (o *oracle) step(c *Core, grp *Group, in *isa.Instr, i int) {
	if !o.holds(in.Pred) {
		return
	}
	l := &o.lane
	switch in.Op {
	case isa.END, isa.NOP:
	case isa.SPK:
		v := int64(1)
		if in.A != isa.Z {
			v = o.read(c, grp, in.A, i)
		}
		l.out += v
		if grp.Cap > 0 {
			l.out = min(max(l.out, -grp.Cap), grp.Cap)
		}
		l.out = int64(int32(l.out))
	case isa.PRB:
		v := o.read(c, grp, in.A, i)
		if c.Tap != nil {
			c.Tap(int(in.Sh), int32(grp.Base+i), int32(v))
		}
	case isa.ACT:
		c.stir = o.read(c, grp, in.A, i) != 0 || c.stir
	case isa.RND:
		v := c.draw(int32(grp.Base+i), l.draws, c.Image.Draws[in.Sh])
		l.draws++
		c.Counts[count.Draws]++
		o.write(grp, in.D, int64(v))
	case isa.CLT, isa.CLE, isa.CEQ, isa.CNE, isa.CLTU:
		a, b := o.read(c, grp, in.A, i), o.read(c, grp, in.B, i)
		l.flag[in.Flag] = alu.Combine(in.Comb, l.flag[in.Src], alu.Compare(in.Op, a, b))
	case isa.TST, isa.TSZ:
		has := o.read(c, grp, in.A, i)&int64(in.Imm) != 0
		l.flag[in.Flag] = alu.Combine(in.Comb, l.flag[in.Src], has == (in.Op == isa.TST))
	case isa.RDX:
		o.write(grp, in.D, int64(c.word(int32(o.read(c, grp, in.A, i)), int(in.Sh))))
	case isa.LUT:
		o.write(grp, in.D, int64(alu.LookUp(grp.Tables[in.Sh], o.read(c, grp, in.A, i))))
	case isa.LDI:
		o.write(grp, in.D, int64(in.Imm))
	case isa.LDIH:
		o.write(grp, in.D, alu.High(in.Imm, o.read(c, grp, in.D, i)))
	case isa.ADDI:
		o.write(grp, in.D, o.read(c, grp, in.A, i)+int64(in.Imm))
	default:
		a, b := o.read(c, grp, in.A, i), o.read(c, grp, in.B, i)
		o.write(grp, in.D, alu.Arith(in.Op, a, b, uint(in.Sh)))
	}
}
