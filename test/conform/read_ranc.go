package conform

import (
	"fmt"
	"slices"

	"hillock/compiler/crossbar"
)

// rancFile is what files of RANC's simulator share: an image of a grid.
type rancFile struct {
	doc   *doc
	steps int
	types int // axon types
	rows  int
	model crossbar.Model
	own   int         // cores of the file; those behind are cells without a core
	sizes []int       // neurons of the file's cores
	place map[int]int // cell -> index into the model's cores, -1 = the bus
}

// rancAxons bounds the in-axons of all cells of a file.
const rancAxons = 1 << 23

// rancGridMax bounds the sides of a grid and the neurons and axons of a core.
const rancGridMax = 4096

func (r *rancFile) read() error {
	d := r.doc
	p, err := d.object("params")
	if err != nil {
		return err
	}
	var v [7]int64
	for i, f := range [...]struct {
		name   string
		lo, hi int64
	}{{"neurons", 1, rancGridMax}, {"axons", 1, rancGridMax}, {"cores_x", 1, rancGridMax}, {"cores_y", 1, rancGridMax}, {"axon_type_count", 1, 256}, {"scheduler_rows", 2, 256}, {"neg_compare", 0, 1}} {
		if v[i], err = p.integer(f.name, f.lo, f.hi); err != nil {
			return err
		}
	}
	r.types, r.rows = int(v[4]), int(v[5])
	r.model = crossbar.Model{Axons: int(v[1]), X: int(v[2]), Y: int(v[3]), Delays: r.rows,
		Fields: []crossbar.Column{{Name: "scheduler_rows", Values: []int64{v[5]}}, {Name: "neg_compare", Values: []int64{v[6]}}}}
	steps, err := d.integer("ticks", 1, maxCells)
	if err != nil {
		return err
	}
	r.steps = int(steps)
	if err := r.bus(); err != nil {
		return err
	}
	return r.cores(int(v[0]))
}

func (r *rancFile) cell(x, y int) int { return y*r.model.X + x }

func (r *rancFile) bus() error {
	o, err := r.doc.object("output_bus")
	if err != nil {
		return err
	}
	var v [3]int64
	for i, f := range [...]struct {
		name string
		hi   int
	}{{"x", r.model.X - 1}, {"y", r.model.Y - 1}, {"num_outputs", rancGridMax}} {
		if v[i], err = o.integer(f.name, int64(i/2), int64(f.hi)); err != nil {
			return err
		}
	}
	r.model.Buses = []crossbar.Bus{{Name: "bus", X: int(v[0]), Y: int(v[1]), Pins: int(v[2])}}
	r.place = map[int]int{r.cell(int(v[0]), int(v[1])): -1}
	return nil
}

func (r *rancFile) cores(most int) error {
	err := r.doc.each("cores", r.doc.raw("cores"), "", func(cur *cursor, i int) error {
		p, err := parseObject(fmt.Sprintf("cores[%d]", i), cur.value())
		if err != nil {
			return err
		}
		return r.core(p, most)
	})
	r.own = len(r.model.Cores)
	if err == nil && r.own == 0 {
		err = r.doc.fail("cores", "", "at least 1 core", "none")
	}
	return err
}

// rancColumns are the columns of neurons: register fields by their name here,
// then those of destinations.
var rancColumns = [...]struct{ name, field string }{
	{"leak", "leak"}, {"pos_threshold", "pos_threshold"}, {"neg_threshold", "neg_threshold"},
	{"reset_potential", "reset_potential"}, {"reset_mode", "reset_mode"}, {"potential", "v_start"},
	{"dx", ""}, {"dy", ""}, {"axon", ""}, {"delay", ""},
}

func (r *rancFile) core(p *doc, most int) error {
	x, err := p.integer("x", 0, int64(r.model.X)-1)
	if err != nil {
		return err
	}
	y, err := p.integer("y", 0, int64(r.model.Y)-1)
	if err != nil {
		return err
	}
	if _, taken := r.place[r.cell(int(x), int(y))]; taken {
		return p.fail("x", "", "a free cell", fmt.Sprintf("(%d, %d), which is taken", x, y))
	}
	c := r.empty(int(x), int(y))
	if c.N, err = p.length("synapses"); err != nil {
		return err
	}
	if c.N < 1 || c.N > most {
		return p.fail("synapses", "", fmt.Sprintf("1..%d neurons", most), fmt.Sprint(c.N))
	}
	types, err := p.ints("axon_types", r.model.Axons, 0, int64(r.types)-1)
	if err != nil {
		return err
	}
	for a, t := range types {
		c.Types[a] = uint8(t)
	}
	if err := r.points(p, &c); err != nil {
		return err
	}
	return r.neurons(p, &c)
}

// empty is a core of one neuron that nothing reaches.
func (r *rancFile) empty(x, y int) crossbar.Core {
	return crossbar.Core{Name: fmt.Sprintf("x%dy%d", x, y), X: x, Y: y, N: 1, Types: make([]uint8, r.model.Axons), Weights: [][]int32{{0}},
		Dest: []crossbar.Dest{{None: true}}, Fields: []crossbar.Column{{Name: "pos_threshold", Values: []int64{1}}, {Name: "neg_threshold", Values: []int64{-1}}}}
}

func (r *rancFile) points(p *doc, c *crossbar.Core) error {
	return p.each("synapses", p.raw("synapses"), "", func(cur *cursor, j int) error {
		return p.bits("synapses", cur.value(), fmt.Sprintf("neuron %d", j), r.model.Axons, func(a int) { c.Set(a, j) })
	})
}

func (r *rancFile) neurons(p *doc, c *crossbar.Core) error {
	n, err := p.object("neurons")
	if err != nil {
		return err
	}
	w, err := n.matrix("weights", c.N, r.types, -1<<31, 1<<31-1)
	if err != nil {
		return err
	}
	c.Weights = make([][]int32, r.types)
	for i, x := range w {
		c.Weights[i%r.types] = append(c.Weights[i%r.types], int32(x))
	}
	c.Fields, c.Dest = nil, make([]crossbar.Dest, c.N)
	var to [len(rancColumns)][]int64
	for i, f := range rancColumns {
		if to[i], err = n.ints(f.name, c.N, -1<<31, 1<<31-1); err != nil {
			return err
		}
		if f.field != "" {
			c.Fields = append(c.Fields, crossbar.Column{Name: f.field, Values: to[i]})
		}
	}
	dx, dy, axon, delay := to[6], to[7], to[8], to[9]
	for j := range c.Dest {
		c.Dest[j] = crossbar.Dest{X: c.X + int(dx[j]), Y: c.Y + int(dy[j]), Axon: int(axon[j]), Delay: int(delay[j])}
	}
	r.place[r.cell(c.X, c.Y)] = len(r.model.Cores)
	r.model.Cores = append(r.model.Cores, *c)
	r.sizes = append(r.sizes, c.N)
	return nil
}

// fill puts a core without synapses wherever spikes go and no core is: its
// scheduler counts what is late or merges there.
func (r *rancFile) fill(inputs []rancInput) {
	want := func(x, y int) {
		if _, ok := r.place[r.cell(x, y)]; !ok && len(r.model.Cores) <= rancAxons/r.model.Axons && x >= 0 && y >= 0 && x < r.model.X && y < r.model.Y {
			r.place[r.cell(x, y)] = len(r.model.Cores)
			r.model.Cores = append(r.model.Cores, r.empty(x, y))
		}
	}
	for i := range r.own {
		for _, d := range r.model.Cores[i].Dest {
			want(d.X, d.Y)
		}
	}
	for _, in := range inputs {
		want(in.x, in.y)
	}
}

// rancInput is a packet of the host.
type rancInput struct{ at, x, y, axon, delay int }

// inputs reads the packets of the host in order of their list.
func (r *rancFile) inputs() ([]rancInput, error) {
	var out []rancInput
	var line []int64
	d := r.doc
	err := d.each("inputs", d.raw("inputs"), "", func(cur *cursor, i int) (err error) {
		where := fmt.Sprintf("row %d", i)
		if line, err = d.row("inputs", cur.value(), where, 5, 0, maxCells, line[:0]); err != nil {
			return err
		}
		in := rancInput{int(line[0]), int(line[1]), int(line[2]), int(line[3]), int(line[4])}
		switch {
		case in.x >= r.model.X || in.y >= r.model.Y || in.axon >= r.axonsAt(in.x, in.y):
			return d.fail("inputs", where, "a cell and an axon that exist", fmt.Sprintf("axon %d of (%d, %d)", in.axon, in.x, in.y))
		case len(out) == maxCells:
			return d.fail("inputs", "", fmt.Sprintf("at most %d rows", maxCells), "more")
		}
		if in.at < r.steps {
			out = append(out, in)
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b rancInput) int { return a.at - b.at })
	return out, err
}

func (r *rancFile) axonsAt(x, y int) int {
	if k, ok := r.place[r.cell(x, y)]; ok && k < 0 {
		return r.model.Buses[0].Pins
	}
	return r.model.Axons
}

// bits reads hexadecimal digits, most significant bit first, and visits the
// bits of n that are set.
func (d *doc) bits(name string, raw []byte, where string, n int, visit func(i int)) error {
	need := fmt.Sprintf("%d hexadecimal digits", (n+3)/4)
	if len(raw) != (n+3)/4+2 || raw[0] != '"' {
		return d.fail(name, where, need, describe(raw))
	}
	for i, ch := range raw[1 : len(raw)-1] {
		v := slices.Index([]byte("0123456789abcdef"), ch|0x20)
		if ch < 'A' {
			v = slices.Index([]byte("0123456789"), ch)
		}
		if v < 0 {
			return d.fail(name, where, need, describe(raw))
		}
		for b := range 4 {
			if v>>(3-b)&1 == 0 {
				continue
			}
			if i*4+b >= n {
				return d.fail(name, where, fmt.Sprintf("%d bits", n), "more")
			}
			visit(i*4 + b)
		}
	}
	return nil
}
