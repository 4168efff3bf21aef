package conform

import (
	"fmt"
	"slices"

	"hillock/chip"
	"hillock/compiler/crossbar"
	"hillock/compiler/import/ranc"
)

// replayRANCRTL replays a grid of RANC's hardware with the cycle of everything
// that is recorded. Machine tick t carries what the file's tick t sent.
func replayRANCRTL(d *doc, c *checker) error {
	g := &rancRTL{rancGrid: rancGrid{rancFile: rancFile{doc: d}}}
	if err := g.load(); err != nil {
		return err
	}
	img, err := g.image("ranc-rtl")
	if err != nil {
		return err
	}
	return c.onEngines(func(e string) error { return g.replay(c, img, e) })
}

// rancPoints bounds the 64-bit words of points of all cells.
const rancPoints = 1 << 24

// rancRow is a row of a file: tick, two numbers that say what, cycle.
type rancRow [4]int64

type rancRTL struct {
	rancGrid
	most                       int // neurons of every core
	sent, arrivals, outputs    []rancRow
	clears                     []int64
	gotSent, gotArr, gotOutput []rancRow
	gotClears                  []int64
	core                       []int32 // per core of the image: its number in the file, -1 = none
}

func (g *rancRTL) load() error {
	d := g.doc
	if err := g.read(); err != nil {
		return err
	}
	p, err := d.object("params")
	if err != nil {
		return err
	}
	if err := g.widths(p); err != nil {
		return err
	}
	n, err := p.integer("neurons", 1, rancGridMax)
	if err != nil {
		return err
	}
	if g.most = int(n); g.model.Axons < 2 || g.rancFile.rows&(g.rancFile.rows-1) != 0 {
		return p.fail("axons", "", "2 or more, and scheduler_rows that are a power of two", fmt.Sprintf("%d and %d", g.model.Axons, g.rancFile.rows))
	}
	if g.in, err = g.inputs(); err != nil {
		return err
	}
	if err := g.everywhere(); err != nil {
		return err
	}
	return g.recordCycles()
}

// widths reads the widths of registers and holds what is stored against them.
func (g *rancRTL) widths(p *doc) error {
	var v [4]int64
	for i, name := range [...]string{"potential_bits", "weight_bits", "leak_bits", "threshold_bits"} {
		var err error
		if v[i], err = p.integer(name, 2, 32); err != nil {
			return err
		}
	}
	// The hardware has one comparison, whatever neg_compare says.
	g.model.Fields = []crossbar.Column{{Name: "scheduler_rows", Values: []int64{int64(g.rancFile.rows)}}, {Name: "potential_bits", Values: v[:1]}}
	of := map[string]int64{"leak": v[2], "pos_threshold": v[3], "neg_threshold": v[3], "reset_potential": v[0], "v_start": v[0]}
	fits := func(what string, x, bits int64) error {
		if bits = max(bits, 1); x < -1<<(bits-1) || x >= 1<<(bits-1) {
			return g.doc.fail("cores", "", fmt.Sprintf("%s of %d bits", what, bits), fmt.Sprint(x))
		}
		return nil
	}
	for i := range g.model.Cores {
		c := &g.model.Cores[i]
		for _, f := range c.Fields {
			for _, x := range f.Values {
				bits, ok := of[f.Name]
				if err := fits(f.Name, x, bits); ok && err != nil {
					return err
				}
			}
		}
		for _, row := range c.Weights {
			for _, x := range row {
				if err := fits("weights", int64(x), v[1]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// everywhere puts a core at every cell, and as many neurons into each.
func (g *rancRTL) everywhere() error {
	words := g.model.X * g.model.Y * ((g.most + 63) / 64) // of one axon in all cells
	if words > rancPoints/g.model.Axons || g.model.X*g.model.Y > rancAxons/(g.model.Axons*g.model.Delays) {
		return g.doc.fail("params", "", fmt.Sprintf("at most %d words of points, and %d axons with their delays, in all cells", rancPoints, rancAxons), "more")
	}
	for y := range g.model.Y {
		for x := range g.model.X {
			if _, ok := g.place[g.cell(x, y)]; !ok {
				g.place[g.cell(x, y)] = len(g.model.Cores)
				g.model.Cores = append(g.model.Cores, g.empty(x, y))
			}
		}
	}
	g.model.Pad(g.most, ranc.Idle)
	return nil
}

// recordCycles reads what was recorded.
func (g *rancRTL) recordCycles() (err error) {
	if g.sent, err = g.events("spikes", 1, func(r []int64) bool { return r[1] < int64(g.own) && r[2] < int64(g.sizes[r[1]]) }); err != nil {
		return err
	}
	if g.arrivals, err = g.events("arrivals", 0, func(r []int64) bool { return r[1] < int64(g.model.X) && r[2] < int64(g.model.Y) }); err != nil {
		return err
	}
	d := g.doc
	var line []int64
	err = d.each("outputs", d.raw("outputs"), "", func(cur *cursor, i int) (err error) {
		where := fmt.Sprintf("row %d", i)
		if line, err = d.row("outputs", cur.value(), where, 3, 0, 1<<40, line[:0]); err != nil {
			return err
		}
		if line[0] > int64(g.steps) || line[1] >= int64(g.model.Buses[0].Pins) || i == maxCells {
			return d.fail("outputs", where, fmt.Sprintf("a tick of 0..%d and a pin below %d", g.steps, g.model.Buses[0].Pins), fmt.Sprint(line))
		}
		g.outputs = append(g.outputs, rancRow{line[0], line[1], 0, line[2]})
		return nil
	})
	if err != nil {
		return err
	}
	if g.clears, err = d.ints("core_done_cycle", -1, 0, 1<<40); err != nil {
		return err
	}
	return g.recordPotentials()
}

func (g *rancRTL) events(name string, first int64, exists func(r []int64) bool) ([]rancRow, error) {
	d := g.doc
	var out []rancRow
	var line []int64
	err := d.each(name, d.raw(name), "", func(cur *cursor, i int) (err error) {
		where := fmt.Sprintf("row %d", i)
		if line, err = d.row(name, cur.value(), where, 4, 0, 1<<40, line[:0]); err != nil {
			return err
		}
		if line[0] < first || line[0] > int64(g.steps) || !exists(line) || i == maxCells {
			return d.fail(name, where, fmt.Sprintf("a tick of %d..%d and a place that exists", first, g.steps), fmt.Sprint(line))
		}
		out = append(out, rancRow(line))
		return nil
	})
	return out, err
}

func (g *rancRTL) replay(c *checker, img *chip.Image, engine string) error {
	m, err := chip.New(img, chip.Options{Engine: engine})
	if err != nil {
		return err
	}
	at := g.at()
	g.core = slices.Repeat([]int32{-1}, len(img.Cores))
	for i := range g.own {
		g.core[at[i]] = int32(i)
	}
	g.gotSent, g.gotArr, g.gotOutput, g.gotClears = nil, nil, nil, nil
	// What the last tick sends is carried at the start of one more.
	err = m.Run(int64(g.steps)+1, g.source(), func(tick int64, m *chip.Machine) error {
		g.observe(m.Transit(), int32(at[g.own]))
		if tick < int64(g.steps) {
			g.comparePotentials(c, m, at, int(tick))
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.rows("spikes", g.sent, g.gotSent, "core %d, neuron %d, cycle %d")
	c.rows("arrivals", g.arrivals, g.gotArr, "x %d, y %d, cycle %d")
	c.rows("outputs", g.outputs, g.gotOutput, "pin %d, %d, cycle %d")
	one := func(list []int64) []rancRow {
		slices.Sort(list)
		var out []rancRow
		for _, v := range slices.Compact(list) {
			out = append(out, rancRow{0, 0, 0, v})
		}
		return out
	}
	c.rows("core_done_cycle", one(slices.Clone(g.clears)), one(g.gotClears), "%d, %d, cycle %d")
	return nil
}

// observe notes what the network carried.
func (g *rancRTL) observe(t *chip.Transit, bus int32) {
	for _, s := range t.Sent {
		g.gotSent = append(g.gotSent, rancRow{t.Tick, int64(g.core[s.Core]), int64(s.Comp), s.Cycle})
	}
	for _, a := range t.Arrivals {
		if a.Core == bus {
			g.gotOutput = append(g.gotOutput, rancRow{t.Tick, int64(a.Axon), 0, a.Cycle})
			continue
		}
		x, y := g.cellOf(a.Core)
		g.gotArr = append(g.gotArr, rancRow{t.Tick, x, y, a.Cycle})
	}
	for _, v := range t.Clears {
		if v >= 0 {
			g.gotClears = append(g.gotClears, v)
		}
	}
}

// cellOf is the place of a core of the image: every cell has one.
func (g *rancRTL) cellOf(core int32) (x, y int64) {
	return int64(core) % int64(g.model.X), int64(core) / int64(g.model.X)
}

// rows compares two lists of rows in any order; words say what the last three
// numbers are.
func (c *checker) rows(field string, want, got []rancRow, words string) {
	order := func(a, b rancRow) int { return slices.Compare(a[:], b[:]) }
	want = slices.SortedFunc(slices.Values(want), order)
	got = slices.SortedFunc(slices.Values(got), order)
	c.res.Compared += int64(len(want))
	for len(want) > 0 || len(got) > 0 {
		r, w, h := rancRow{}, "1", "0"
		switch {
		case len(got) == 0 || len(want) > 0 && order(want[0], got[0]) < 0:
			r, want = want[0], want[1:]
		case len(want) == 0 || order(got[0], want[0]) < 0:
			r, w, h, got = got[0], "0", "1", got[1:]
		default:
			want, got = want[1:], got[1:]
			continue
		}
		c.miss(Failure{Field: field, Tick: int(r[0]), Index: -1, Where: fmt.Sprintf(words, r[1], r[2], r[3]), Want: w, Got: h})
	}
}
