package conform

import (
	"fmt"

	"hillock/chip"
	"hillock/compiler/crossbar"
	"hillock/core"
)

// replayTN replays one core of the published TrueNorth equations, with the
// random values that it consumed.
func replayTN(d *doc, c *checker) error {
	k := &tnCore{doc: d}
	for _, step := range [...]func() error{k.shape, k.neurons, k.record} {
		if err := step(); err != nil {
			return err
		}
	}
	f, err := chip.LoadNamed("truenorth")
	if err != nil {
		return err
	}
	img, err := k.model().Image(f)
	if err != nil {
		return err
	}
	return c.onEngines(func(e string) error { return k.replay(c, img, e) })
}

type tnCore struct {
	doc        *doc
	n, axons   int
	steps      int
	core       crossbar.Core
	active     lists
	draws      [][]column // [tick][neuron]
	spikes     lists
	potentials []int64
	used       []int // draws of this tick, per neuron
}

// shape reads sizes, axon types and points.
func (k *tnCore) shape() error {
	d := k.doc
	types, err := d.ints("axon_types", -1, 0, 3)
	if err != nil {
		return err
	}
	k.axons = len(types)
	if k.axons == 0 {
		return d.fail("axon_types", "", "at least 1 axon", "none")
	}
	if k.n, err = d.length("neurons"); err != nil {
		return err
	}
	steps, err := d.integer("ticks", 1, maxCells)
	if err != nil {
		return err
	}
	k.steps = int(steps)
	if k.n < 1 || k.n > 256 || k.axons > 256 {
		return d.fail("neurons", "", "1..256 neurons and axons", fmt.Sprintf("%d and %d", k.n, k.axons))
	}
	k.core = crossbar.Core{Name: "neurons", N: k.n, Dest: make([]crossbar.Dest, k.n)}
	for _, t := range types {
		k.core.Types = append(k.core.Types, uint8(t))
	}
	conn, err := d.lists("conn", k.n, k.axons, true)
	if err != nil {
		return err
	}
	for j := range k.n {
		k.core.Dest[j].None = true
		for _, a := range conn.at(int64(j)) {
			k.core.Set(int(a), j)
		}
	}
	return nil
}

// tnFields names the register field of each field of a neuron.
var tnFields = [...]struct {
	name, field string
	lo, hi      int64
}{
	{"lambda", "leak", -255, 255}, {"c", "leak_random", 0, 1}, {"epsilon", "leak_reversal", 0, 1},
	{"mask", "mask", 0, 1<<18 - 1}, {"alpha", "alpha", 0, 1<<18 - 1}, {"beta", "beta", 0, 1<<18 - 1},
	{"R", "reset", -1 << 19, 1<<19 - 1}, {"gamma", "gamma", 0, 2}, {"kappa", "kappa", 0, 1}, {"V0", "v_start", -1 << 19, 1<<19 - 1},
}

func (k *tnCore) neurons() error {
	c := &k.core
	for range 4 {
		c.Weights = append(c.Weights, make([]int32, k.n))
		c.Chance = append(c.Chance, make([]uint8, k.n))
	}
	for _, f := range tnFields {
		c.Fields = append(c.Fields, crossbar.Column{Name: f.field, Values: make([]int64, k.n)})
	}
	return k.doc.each("neurons", k.doc.raw("neurons"), "", func(cur *cursor, j int) error {
		p, err := parseObject(k.doc.name(fmt.Sprintf("neurons[%d]", j)), cur.value())
		if err != nil {
			return err
		}
		s, err := p.ints("s", 4, -255, 255)
		if err != nil {
			return err
		}
		b, err := p.ints("b", 4, 0, 1)
		if err != nil {
			return err
		}
		for t := range 4 {
			c.Weights[t][j], c.Chance[t][j] = int32(s[t]), uint8(b[t])
		}
		for i, f := range tnFields {
			if c.Fields[i].Values[j], err = p.integer(f.name, f.lo, f.hi); err != nil {
				return err
			}
		}
		return nil
	})
}

// record reads input, draws and results.
func (k *tnCore) record() error {
	d := k.doc
	var err error
	if k.active, err = d.lists("active", k.steps, k.axons, true); err != nil {
		return err
	}
	err = d.each("draws", d.raw("draws"), "", func(cur *cursor, t int) error {
		if t >= k.steps {
			return d.fail("draws", "", fmt.Sprintf("%d rows", k.steps), "more")
		}
		row := make([]column, 0, k.n)
		err := d.each("draws", cur.value(), fmt.Sprintf("row %d", t), func(cur *cursor, j int) error {
			x, err := d.row("draws", cur.value(), fmt.Sprintf("row %d, neuron %d", t, j), -1, 0, 1<<18-1, nil)
			row = append(row, x)
			return err
		})
		if err == nil && len(row) != k.n {
			err = d.fail("draws", fmt.Sprintf("row %d", t), fmt.Sprintf("%d neurons", k.n), fmt.Sprint(len(row)))
		}
		k.draws = append(k.draws, row)
		return err
	})
	if err != nil {
		return err
	}
	if len(k.draws) != k.steps {
		return d.fail("draws", "", fmt.Sprintf("%d rows", k.steps), fmt.Sprint(len(k.draws)))
	}
	if k.spikes, err = d.pairs("spikes", k.steps, k.n); err != nil {
		return err
	}
	k.potentials, err = d.matrix("potentials", k.steps, k.n, -1<<31, 1<<31-1)
	return err
}

func (k *tnCore) model() *crossbar.Model {
	return &crossbar.Model{X: 1, Y: 1, Axons: k.axons, Cores: []crossbar.Core{k.core}}
}

// noise replays the recorded draws.
func (k *tnCore) noise(comp int32, tick int64, n int, f core.DrawFormat) int32 {
	k.used[comp]++
	row := k.draws[tick][comp]
	if n >= len(row) || row[n] < int64(f.Lo) || row[n] > int64(f.Hi) {
		return f.Lo // the number of draws is compared as well
	}
	return int32(row[n])
}

func (k *tnCore) replay(c *checker, img *chip.Image, engine string) error {
	k.used = make([]int, k.n)
	m, err := chip.New(img, chip.Options{Engine: engine, Noise: k.noise})
	if err != nil {
		return err
	}
	var got []int32
	return m.Run(int64(k.steps), k.inputs, func(tick int64, m *chip.Machine) error {
		v := m.Core(0).State.Words[0][0]
		for j := range k.n {
			c.equal("potentials", int(tick), j, k.potentials[int(tick)*k.n+j], int64(v[j]))
			c.equal("draws", int(tick), j, int64(len(k.draws[tick][j])), int64(k.used[j]))
			k.used[j] = 0
		}
		got = fired(m.Core(0), got[:0])
		c.spikes("spikes", int(tick), k.n, k.spikes.at(tick), got)
		return nil
	})
}

func (k *tnCore) inputs(tick int64, dst []chip.Injection) []chip.Injection {
	for _, a := range k.active.at(tick) {
		dst = append(dst, chip.Injection{Pop: popInput, Index: a, Payload: 1})
	}
	return dst
}
