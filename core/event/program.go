package event

import (
	"hillock/core/alu"
	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// lane is the machine state of one run of a program.
type lane struct {
	t       [isa.NumT]int32
	s       [isa.NumS]int32
	old     [isa.NumS]int32
	p       [isa.NumP]int32
	flag    [3]bool
	out     int64
	in      [2]int32 // IN0, PAY
	evt     int32
	scratch []int32
	fired   bool  // the item that is served put out a spike
	wide    int64 // the last result, at full width
}

// run executes a program at a place, one instruction after the other. Unless
// keep is set its results are thrown away; draws are not.
func (c *Core) run(prog int, at place, keep bool) int64 {
	p := &c.img.Spec.Programs[prog]
	l := &c.lane
	l.t, l.flag, l.out = [isa.NumT]int32{}, [3]bool{}, 0
	clear(l.scratch)
	for i := range p.State {
		l.s[i] = int32(c.value(&p.State[i], at))
	}
	l.old = l.s
	for i := range p.Params {
		l.p[i] = int32(c.value(&p.Params[i], at))
	}
	if c.told != nil {
		r := c.tell(prog, at, keep)
		defer func() { r.Out, r.After = l.out, c.readings(p, at); c.told(r) }()
	} else {
		for k := range p.Prog.Instrs {
			if in := &p.Prog.Instrs[k]; l.holds(in.Pred) {
				c.step(p, in, at, keep)
			}
		}
	}
	c.price(prog)
	if !keep {
		l.out = 0
		return 0
	}
	for i := range p.State {
		if l.s[i] != l.old[i] {
			c.store(&p.State[i], at, int64(l.s[i]))
		}
	}
	return l.out
}

// price counts what a run issues.
func (c *Core) price(prog int) {
	for k, n := range c.issued[prog] {
		c.Counts[int(count.InstrX)+k] += n
	}
}

func (l *lane) holds(p isa.Pred) bool {
	return p == isa.Always || l.flag[(p-1)/2] == (p%2 == 1)
}

// read gives the value of an operand.
func (l *lane) read(x isa.Operand) int64 {
	switch {
	case x < isa.S0:
		return int64(l.t[x])
	case x < isa.P0:
		return int64(l.s[x-isa.S0])
	case x < isa.IN0:
		return int64(l.p[x-isa.P0])
	case x == isa.IN0:
		return int64(l.in[0])
	case x == isa.PAY:
		return int64(l.in[1])
	case x == isa.EVT:
		return int64(l.evt)
	case x == isa.OUT:
		return l.out
	}
	return 0
}

// write stores a result: a temporary keeps the low 32 bits, a state word
// applies its layout to the whole 64-bit result.
func (c *Core) write(p *Program, d isa.Operand, v int64) {
	c.lane.wide = v
	switch {
	case d < isa.S0:
		c.lane.t[d] = int32(v)
	case d < isa.P0:
		c.lane.s[d-isa.S0] = c.layout(&p.State[d-isa.S0]).Apply(v)
	}
}

func (c *Core) layout(o *Operand) fixed.Layout { return c.img.Spec.Fields[o.Field].Layout }

func (c *Core) step(p *Program, in *isa.Instr, at place, keep bool) {
	l := &c.lane
	switch in.Op {
	case isa.END, isa.NOP:
	case isa.SPK:
		v := int64(1)
		if in.A != isa.Z {
			v = l.read(in.A)
		}
		l.out = int64(int32(l.out + v))
	case isa.STW:
		c.Counts[count.LearnUpdates]++
	case isa.PRB:
		if c.Tap != nil {
			c.Tap(int(in.Sh), int32(at.dst), int32(l.read(in.A)))
		}
	case isa.RND:
		c.write(p, in.D, c.draw(int(in.Sh), at))
		c.Counts[count.Draws]++
	case isa.LDF:
		c.write(p, in.D, c.value(&Operand{From: Stored, Field: int(in.Imm)}, at))
	case isa.STF:
		o := Operand{From: Stored, Field: int(in.Imm)}
		if keep || c.img.Spec.Fields[o.Field].Memory < 0 {
			c.store(&o, at, l.read(in.A))
		}
	case isa.CLT, isa.CLE, isa.CEQ, isa.CNE, isa.CLTU:
		l.flag[in.Flag] = alu.Combine(in.Comb, l.flag[in.Src], alu.Compare(in.Op, l.read(in.A), l.read(in.B)))
	case isa.TST, isa.TSZ:
		has := l.read(in.A)&int64(in.Imm) != 0
		l.flag[in.Flag] = alu.Combine(in.Comb, l.flag[in.Src], has == (in.Op == isa.TST))
	case isa.LUT:
		c.write(p, in.D, int64(alu.LookUp(c.img.Spec.Tables[in.Sh], l.read(in.A))))
	case isa.LDI:
		c.write(p, in.D, int64(in.Imm))
	case isa.LDIH:
		c.write(p, in.D, alu.High(in.Imm, l.read(in.D)))
	case isa.ADDI:
		c.write(p, in.D, l.read(in.A)+int64(in.Imm))
	default:
		c.write(p, in.D, alu.Arith(in.Op, l.read(in.A), l.read(in.B), uint(in.Sh)))
	}
}
