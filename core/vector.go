package core

import (
	"hillock/core/alu"
	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// block is the number of compartments that the vector engine works on at a
// time: all rows of a block (8 temporaries, inputs, flags, results) stay in a
// 32 KiB first-level cache.
const block = 256

// vector runs one instruction over a block of compartments, then the next.
// Lanes are independent, so this equals the oracle for every program.
type vector struct {
	t    [isa.NumT][block]int32
	in   [isa.NumIN][block]int32
	old  [isa.NumS][block]int32
	flag [3][block]uint8
	cmp  [block]uint8 // a comparison before its combination
	res  [block]int64
	out  [block]int32
	tick [block]int32
	zero [block]int32
	mods [isa.NumMOD][block]int32 // modulators, spread over the block
	draw [block]int32             // draws taken by each lane this tick
	seen [block]uint8             // lane had input
	// uni[g][p] is a uniform parameter spread over a block, nil if per lane.
	uni [][][]int32
	n   int // lanes of the block in hand
	lo  int // its first compartment within the group
}

func newVector(img *Image) *vector {
	v := &vector{uni: make([][][]int32, len(img.Groups))}
	for g, grp := range img.Groups {
		v.uni[g] = make([][]int32, len(grp.Params))
		for p, vals := range grp.Params {
			if len(vals) == 1 && grp.N != 1 {
				row := make([]int32, min(block, grp.N))
				for i := range row {
					row[i] = vals[0]
				}
				v.uni[g][p] = row
			}
		}
	}
	return v
}

func (v *vector) run(c *Core) {
	for i := range v.tick {
		v.tick[i] = int32(c.State.Tick)
	}
	for k, m := range c.State.Mods {
		for i := range v.mods[k] {
			v.mods[k][i] = m
		}
	}
	for g := range c.Image.Groups {
		grp := &c.Image.Groups[g]
		for v.lo = 0; v.lo < grp.N; v.lo += block {
			v.n = min(block, grp.N-v.lo)
			v.load(c, g, grp)
			for s := 0; s < grp.Substeps; s++ {
				v.program(c, g, grp, s)
			}
			v.finish(c, g, grp)
		}
	}
}

// load fetches inputs and remembers the old state.
func (v *vector) load(c *Core, g int, grp *Group) {
	clear(v.out[:v.n])
	clear(v.draw[:v.n])
	clear(v.seen[:v.n])
	base := grp.Base + v.lo
	for p := range c.Image.Ports {
		v.loadPort(c, p, base)
	}
	for w, word := range c.State.Words[g] {
		copy(v.old[w][:v.n], word[v.lo:v.lo+v.n])
	}
}

func (v *vector) loadPort(c *Core, p, base int) {
	port := &c.Image.Ports[p]
	acc := c.State.Acc[p][c.slot*c.Image.N+base:][:v.n]
	in, seen := v.in[p][:v.n], v.seen[:v.n]
	if port.When == AtRead && port.Acc.Over == fixed.Wrap {
		s := 64 - uint(port.Acc.Width)
		for i, a := range acc {
			if a == 0 {
				in[i] = 0
				continue
			}
			raw := int64(a) << port.ReadShift
			x := int32(raw << s >> s)
			if int64(x) != raw {
				c.Counts[count.Overflowed]++
			}
			in[i] = x
			if x != 0 {
				seen[i] = 1
			}
		}
		return
	}
	for i := range acc {
		in[i] = c.input(p, base+i)
		if in[i] != 0 {
			seen[i] = 1
		}
	}
}

// finish collects spikes and counts the compartments that were active.
func (v *vector) finish(c *Core, g int, grp *Group) {
	seen := v.seen[:v.n]
	for w, word := range c.State.Words[g] {
		now, old := word[v.lo:v.lo+v.n], v.old[w][:v.n]
		for i := range seen {
			if now[i] != old[i] {
				seen[i] = 1
			}
		}
	}
	active := int64(0)
	for i, o := range v.out[:v.n] {
		if o != 0 {
			c.Spikes = append(c.Spikes, Spike{Comp: int32(grp.Base + v.lo + i), Payload: o})
			seen[i] = 1
		}
		active += int64(seen[i])
	}
	c.Counts[count.UpdatesActive] += active
}

// row resolves an operand to its values over the block.
func (v *vector) row(c *Core, g int, grp *Group, o isa.Operand) []int32 {
	n := v.n
	switch {
	case o < isa.S0:
		return v.t[o][:n]
	case o < isa.P0:
		return c.State.Words[g][o-isa.S0][v.lo : v.lo+n]
	case o < isa.IN0:
		vals := c.State.Params[g][o-isa.P0]
		if u := v.uni[g][o-isa.P0]; u != nil && len(vals) == 1 {
			return u[:n]
		}
		return vals[v.lo : v.lo+n]
	case o < isa.IN0+isa.NumIN:
		return v.in[o-isa.IN0][:n]
	case o == isa.MOD:
		return v.mods[0][:n]
	case o >= isa.MD1 && o <= isa.MD3:
		return v.mods[1+o-isa.MD1][:n]
	case o == isa.OUT:
		return v.out[:n]
	case o == isa.TCK:
		return v.tick[:n]
	}
	return v.zero[:n]
}

func (v *vector) program(c *Core, g int, grp *Group, substep int) {
	for k := 0; k < grp.Prog.NumT; k++ {
		clear(v.t[k][:v.n])
	}
	for f := range v.flag {
		clear(v.flag[f][:v.n])
	}
	if substep == 1 {
		for k, reads := range grp.Prog.Reads {
			if reads {
				clear(v.in[k][:v.n])
			}
		}
	}
	for k := range grp.Prog.Instrs {
		v.step(c, g, grp, &grp.Prog.Instrs[k])
	}
}

// mask is the predicate of an instruction over the block: nil = all lanes.
func (v *vector) mask(p isa.Pred) (m []uint8, want uint8) {
	if p == isa.Always {
		return nil, 0
	}
	return v.flag[(p-1)/2][:v.n], uint8(p % 2)
}

func (v *vector) step(c *Core, g int, grp *Group, in *isa.Instr) {
	m, want := v.mask(in.Pred)
	switch isa.Table[in.Op].Form {
	case isa.FormNone:
		return
	case isa.FormSrc, isa.FormSrcK:
		v.emit(c, g, grp, in, m, want)
		return
	case isa.FormCmp:
		v.compare(in, v.row(c, g, grp, in.A), v.row(c, g, grp, in.B), m, want)
		return
	case isa.FormTest:
		v.test(in, v.row(c, g, grp, in.A), m, want)
		return
	case isa.FormTable:
		v.table(c, g, grp, in)
	case isa.FormDraw:
		v.random(c, grp, in, m, want)
	default:
		a, b := v.row(c, g, grp, in.A), v.row(c, g, grp, in.B)
		if in.Op == isa.LDIH {
			a = v.row(c, g, grp, in.D)
		}
		if m == nil && in.D < isa.S0 && direct(in, v.t[in.D][:v.n], a, b) {
			return
		}
		compute(in, v.res[:v.n], a, b)
	}
	switch {
	case in.D < isa.S0:
		storeTemp(v.t[in.D][:v.n], v.res[:v.n], m, want)
	case in.D < isa.P0:
		w := in.D - isa.S0
		storeState(c.State.Words[g][w][v.lo:v.lo+v.n], v.res[:v.n], grp.State[w], m, want)
	}
}

// table looks up a table, or a word of another compartment.
func (v *vector) table(c *Core, g int, grp *Group, in *isa.Instr) {
	a := v.row(c, g, grp, in.A)
	if in.Op == isa.RDX {
		for i, comp := range a {
			v.res[i] = int64(c.word(comp, int(in.Sh)))
		}
		return
	}
	table := grp.Tables[in.Sh]
	for i := range a {
		v.res[i] = int64(alu.LookUp(table, int64(a[i])))
	}
}

func (v *vector) emit(c *Core, g int, grp *Group, in *isa.Instr, m []uint8, want uint8) {
	a := v.row(c, g, grp, in.A)
	switch in.Op {
	case isa.PRB:
		if c.Tap == nil {
			return
		}
		for i := range a {
			if m == nil || m[i] == want {
				c.Tap(int(in.Sh), int32(grp.Base+v.lo+i), a[i])
			}
		}
	case isa.SPK:
		for i := range a {
			if m != nil && m[i] != want {
				continue
			}
			x := int64(a[i])
			if in.A == isa.Z {
				x = 1
			}
			x += int64(v.out[i])
			if grp.Cap > 0 {
				x = min(max(x, -grp.Cap), grp.Cap)
			}
			v.out[i] = int32(x)
		}
	}
}

func (v *vector) random(c *Core, grp *Group, in *isa.Instr, m []uint8, want uint8) {
	for i := 0; i < v.n; i++ {
		if m != nil && m[i] != want {
			continue
		}
		v.res[i] = int64(c.Noise(int32(grp.Base+v.lo+i), c.State.Tick, int(v.draw[i]), c.Image.Draws[in.Sh]))
		v.draw[i]++
		c.Counts[count.Draws]++
	}
}
