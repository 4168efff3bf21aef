package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

// accumPrims are the fixed-point functions of a file as programs: operands are
// the parameters p0..p2, the result is s0 (32 bits that clip) or, where the
// function wraps, s1.
var accumPrims = [...]struct {
	name, text string
	wraps      bool
}{
	{"mul", "MUL s1 p0 p1 15", true},
	{"mul_nearest", "MUL t1 p0 p1 14\nLDC t2 #1\nAND t1 t1 t2\n" + accumRounded, false},
	// A random word adds 1 where its high 15 bits are below what is cut off.
	{"mul_stoch", "LDC t3 #32767\nMUL t1 p0 p1\nAND t1 t1 t3\nSHR t2 p2 17\nAND t2 t2 t3\nCLT F t2 t1\nMOV t1 Z\n?F LDC t1 #1\n" + accumRounded, false},
	{"div", "DIV s1 p0 p1 15", true},
	{"divui", "DIV s1 p0 p1", true},
	{"decay", "MULHSU s1 p0 p1", true},
	// The low 32 bits of the product's bits from 15 on, in two halves.
	{"decay_to_u032", "MULHSU t0 p0 p1\nSHL t0 t0 17\nMUL t1 p0 p1\nSHR t1 t1 15\nLDC t2 #131071\nAND t1 t1 t2\nOR s1 t0 t1", true},
	{"add", "ADD s1 p0 p1", true},
	{"sub", "SUB s1 p0 p1", true},
}

// accumRounded adds t1 to the product's bits from 15 on and clips the sum: the
// product's bits from 16 on say whether it fits.
const accumRounded = `
MUL s0 p0 p1 16
MUL t0 p0 p1 15
LDC t2 #-1073741824
LDC t3 #1073741823
CLT F s0 t2
CLT G t3 s0
ADD s0 t0 t1
LDC t2 #-2147483648
LDC t3 #2147483647
?F MOV s0 t2
?G MOV s0 t3`

// accumExprs are the functions that only start values need.
var accumExprs = [...]struct{ name, expr string }{{"exp", "exp15(x)"}, {"expulr", "exp32(x)"}}

// replayAccumPrim replays a file of kind spinnaker-prim.
func replayAccumPrim(d *doc, c *checker) error {
	ops, err := d.object("ops")
	if err != nil {
		return err
	}
	fam, err := chip.LoadNamed(accumFamily)
	if err != nil {
		return err
	}
	for _, name := range ops.keys {
		if err := accumPrim(ops, name, fam, c); err != nil {
			return err
		}
	}
	if d.has("mars_kiss64") {
		return replayKiss(d, fam, c)
	}
	return nil
}

func accumPrim(d *doc, name string, fam *chip.Family, c *checker) error {
	rows, err := d.length(name)
	if err != nil {
		return err
	}
	flat, err := d.matrix(name, rows, 4, math.MinInt32, math.MaxUint32)
	if err != nil {
		return err
	}
	for _, x := range accumExprs {
		if x.name == name {
			return accumExpr(flat, name, x.expr, c)
		}
	}
	for _, x := range accumPrims {
		if x.name == name {
			return accumProgram(flat, name, x.text, x.wraps, fam, c)
		}
	}
	return d.fail(name, "", "a known function", "another")
}

// accumExpr evaluates a function of the expression language.
func accumExpr(flat []int64, name, src string, c *checker) error {
	e, err := chip.CompileExpr(src)
	if err != nil {
		return err
	}
	for i := 0; i < len(flat); i += 4 {
		got, err := e.Eval(func(string) (int64, bool) { return flat[i], true })
		if err != nil {
			return err
		}
		c.equalAt(name, i/4, flat[i+3], got, nowhere)
	}
	return nil
}

// accumProgram runs a function as a program, one compartment per row.
func accumProgram(flat []int64, name, text string, wraps bool, fam *chip.Family, c *checker) error {
	n := len(flat) / 4
	if n == 0 {
		return nil
	}
	prog, err := asm.Assemble(text+"\nEND\n", name, asm.Options{})
	if err != nil {
		return err
	}
	g := core.Group{Name: name, N: min(n, core.MaxCompartments), Prog: prog, Substeps: 1,
		State: []fixed.Layout{{Width: 32, Over: fixed.Sat}, {Width: 32, Over: fixed.Wrap}}, Params: make([][]int32, 3)}
	for k := range g.Params {
		for i := range g.N {
			g.Params[k] = append(g.Params[k], int32(flat[4*i+k]))
		}
	}
	word := 0
	if wraps {
		word = 1
	}
	for _, e := range c.engines {
		c.engine = e
		m, err := accumTick(fam, g, nil, e)
		if err != nil {
			return err
		}
		for i, x := range m.Core(0).State.Words[0][word] {
			c.equalAt(name, i, int64(int32(flat[4*i+3])), int64(x), nowhere)
		}
	}
	c.engine = ""
	return nil
}

// accumTick runs one group of the family's core for a tick.
func accumTick(fam *chip.Family, g core.Group, v vars, engine string) (*chip.Machine, error) {
	ci, err := fam.BindCore(v)
	if err != nil {
		return nil, err
	}
	m, err := chip.New(bench(fam, ci, g, 0, wiring{}), chip.Options{Engine: engine})
	if err == nil {
		err = m.Run(1, nil, nil)
	}
	return m, err
}

// replayKiss compares the core's generator: its state at the start and the
// draws of as many compartments as there are outputs.
func replayKiss(d *doc, fam *chip.Family, c *checker) error {
	prog, err := asm.Assemble("RND s0 #0\nEND\n", "draw", asm.Options{})
	if err != nil {
		return err
	}
	return d.each("mars_kiss64", d.raw("mars_kiss64"), "", func(cur *cursor, i int) error {
		row, err := parseObject(fmt.Sprintf("mars_kiss64[%d]", i), cur.value())
		if err != nil {
			return err
		}
		seed, err := row.ints("seed", core.NumSeeds, 0, math.MaxUint32)
		if err != nil {
			return err
		}
		valid, err := row.ints("validated", core.NumSeeds, 0, math.MaxUint32)
		if err != nil {
			return err
		}
		out, err := row.ints("out", -1, 0, math.MaxUint32)
		if err != nil || len(out) == 0 {
			return err
		}
		g := core.Group{Name: "draws", N: min(len(out), core.MaxCompartments), Prog: prog, Substeps: 1, State: []fixed.Layout{{}}}
		v := vars{{"seed_x", column{seed[0]}}, {"seed_y", column{seed[1]}}, {"seed_z", column{seed[2]}}, {"seed_c", column{seed[3]}}}
		return c.onEngines(func(e string) error { return kissDraws(fam, g, v, valid, out, row.path, c) })
	})
}

func kissDraws(fam *chip.Family, g core.Group, v vars, valid, out []int64, path string, c *checker) error {
	m, err := accumTick(fam, g, v, c.engine)
	if err != nil {
		return err
	}
	draws := append([]int32(nil), m.Core(0).State.Words[0][0]...)
	m.Reset()
	for k, x := range m.Core(0).State.Rand {
		c.equalAt(path+".validated", k, valid[k], int64(x), nowhere)
	}
	for k, x := range draws {
		c.equalAt(path+".out", k, out[k], int64(uint32(x)^1<<31), nowhere)
	}
	return nil
}
