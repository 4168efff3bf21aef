package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/compiler"
	"hillock/core"
	"hillock/isa"
	"hillock/isa/fixed"
)

// The bias register of this kind: 12 bits of magnitude and a 3-bit exponent.
const (
	biasMant = 4095
	biasExp  = 7
)

// replayScalarOps replays tables of single operations: decay and overflow as
// one-instruction programs on a core, bias by the compiler's quantiser.
func replayScalarOps(d *doc, c *checker) error {
	for _, e := range c.engines {
		c.engine = e
		if err := replayDecay(d, c); err != nil {
			return err
		}
		if err := replayOverflow(d, c); err != nil {
			return err
		}
	}
	c.engine = ""
	return replayBias(d, c)
}

// replayDecay computes x * (4096 - decay - offset) / 4096, toward zero.
func replayDecay(d *doc, c *checker) error {
	if !d.has("decay") {
		return nil
	}
	x, err := d.ints("decay_x", -1, math.MinInt32, math.MaxInt32)
	if err != nil {
		return err
	}
	p0, p1, s0 := isa.P0, isa.P0+1, isa.S0
	op := isa.Instr{Op: isa.MULZ, D: s0, A: p0, B: p1, Sh: 12}
	return d.each("decay", d.raw("decay"), "", func(cur *cursor, i int) error {
		row, err := parseObject(fmt.Sprintf("decay[%d]", i), cur.value())
		if err != nil {
			return err
		}
		decay, err := row.integer("decay", 0, 4096)
		if err != nil {
			return err
		}
		offset, err := row.integer("offset", 0, 4096-decay)
		if err != nil {
			return err
		}
		want, err := row.ints("y", len(x), -1<<53, 1<<53)
		if err != nil {
			return err
		}
		got, err := operate(c.engine, op, fixed.Layout{}, x, []int32{int32(4096 - decay - offset)})
		if err != nil {
			return err
		}
		for k := range x {
			c.equalAt("decay", k, want[k], int64(got[k]), func() string { return fmt.Sprintf("row %d: y of decay %d, offset %d", i, decay, offset) })
		}
		return nil
	})
}

// replayOverflow wraps numbers to 21 and 23 bits and a sign, by the
// instruction and by the layout of a state word.
func replayOverflow(d *doc, c *checker) error {
	if !d.has("overflow_q21") && !d.has("overflow_u23") {
		return nil
	}
	x, err := d.ints("overflow_x", -1, math.MinInt32, math.MaxInt32)
	if err != nil {
		return err
	}
	for _, f := range [...]struct {
		name  string
		width uint8
	}{{"overflow_q21", 22}, {"overflow_u23", 24}} {
		if !d.has(f.name) {
			continue
		}
		want, err := d.ints(f.name, len(x), -1<<53, 1<<53)
		if err != nil {
			return err
		}
		byWord, err := operate(c.engine, isa.Instr{Op: isa.WRAP, D: isa.S0, A: isa.P0, B: isa.Z, Sh: f.width}, fixed.Layout{}, x, nil)
		if err != nil {
			return err
		}
		byLayout, err := operate(c.engine, isa.Instr{Op: isa.MOV, D: isa.S0, A: isa.P0, B: isa.Z}, fixed.Layout{Width: f.width, Over: fixed.Wrap}, x, nil)
		if err != nil {
			return err
		}
		for i := range x {
			c.equalAt(f.name, i, want[i], int64(byWord[i]), func() string { return "by instruction" })
			c.equalAt(f.name, i, want[i], int64(byLayout[i]), func() string { return "by state layout" })
		}
	}
	return nil
}

// replayBias splits biases into mantissa and exponent.
func replayBias(d *doc, c *checker) error {
	if !d.has("bias") {
		return nil
	}
	bias, err := d.ints("bias", -1, -1<<53, 1<<53)
	if err != nil {
		return err
	}
	mant, err := d.ints("bias_mant", len(bias), -1<<53, 1<<53)
	if err != nil {
		return err
	}
	exp, err := d.ints("bias_exp", len(bias), -1<<53, 1<<53)
	if err != nil {
		return err
	}
	for i, b := range bias {
		m, e := compiler.QuantiseBias(b, biasMant, biasExp)
		c.equalAt("bias_mant", i, mant[i], m, nowhere)
		c.equalAt("bias_exp", i, exp[i], e, nowhere)
	}
	return nil
}

func nowhere() string { return "" }

// operate runs one instruction that writes s0 over the numbers x, which are
// parameter p0, one per compartment; p1 is parameter 1, nil = none.
func operate(engine string, op isa.Instr, layout fixed.Layout, x []int64, p1 []int32) ([]int32, error) {
	prog, err := isa.NewProgram([]isa.Instr{op, {Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z}})
	if err != nil {
		return nil, err
	}
	out := make([]int32, 0, len(x))
	for len(x) > 0 {
		n := min(len(x), core.MaxCompartments)
		p0 := make([]int32, n)
		for i := range p0 {
			p0[i] = int32(x[i])
		}
		g := core.Group{Name: "operation", N: n, Prog: prog, State: []fixed.Layout{layout}, Substeps: 1, Params: [][]int32{p0}}
		if p1 != nil {
			g.Params = append(g.Params, p1)
		}
		img := bench(&chip.Family{}, core.Image{Ring: 1, Ports: []core.Port{{}}}, g, 0, wiring{})
		m, err := chip.New(img, chip.Options{Engine: engine})
		if err != nil {
			return nil, err
		}
		if err := m.Run(1, nil, nil); err != nil {
			return nil, err
		}
		out = append(out, m.Core(0).State.Words[0][0]...)
		x = x[n:]
	}
	return out, nil
}
