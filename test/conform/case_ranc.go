package conform

import (
	"fmt"
	"slices"

	"hillock/chip"
	events "hillock/isa/count"
)

// replayRANC replays a grid of RANC's simulator. Its tick t is tick t-1 here;
// packet list i enters in time for tick i here.
func replayRANC(d *doc, c *checker) error {
	g := &rancGrid{rancFile: rancFile{doc: d}}
	if err := g.read(); err != nil {
		return err
	}
	in, err := g.inputs()
	if err != nil {
		return err
	}
	g.in = in
	g.fill(in)
	if err := g.record(); err != nil {
		return err
	}
	img, err := g.image("ranc-sim")
	if err != nil {
		return err
	}
	return c.onEngines(func(e string) error { return g.replay(c, img, e) })
}

type rancGrid struct {
	rancFile
	in         []rancInput
	rows       lists   // pins per row
	spikes     lists   // core * widest + neuron, off nil = not recorded
	widest     int     // neurons of the largest core
	potentials []int64 // [tick][neuron of all cores], nil = not recorded
	final      []int64
	sums       [3]int64 // late, merged, merged at the bus
}

func (r *rancFile) image(family string) (*chip.Image, error) {
	f, err := chip.LoadNamed(family)
	if err != nil {
		return nil, err
	}
	return r.model.Image(f)
}

// record reads what the simulator gave; only the pins are always there.
func (g *rancGrid) record() error {
	d := g.doc
	var err error
	if g.rows, err = d.lists("output_rows", g.steps, g.model.Buses[0].Pins, false); err != nil {
		return err
	}
	for t := range g.steps {
		slices.Sort(g.rows.at(int64(t)))
	}
	for i, name := range [...]string{"late", "merged", "merged_output"} {
		if g.sums[i], err = d.integer(name, 0, 1<<53); err != nil {
			return err
		}
	}
	g.widest = slices.Max(g.sizes)
	if d.has("spikes") {
		if g.spikes, err = d.places("spikes", g.steps, g.sizes, g.widest); err != nil {
			return err
		}
	}
	return g.recordPotentials()
}

func (g *rancGrid) recordPotentials() (err error) {
	d := g.doc
	if d.has("final_potentials") {
		if g.final, err = d.ragged("final_potentials", d.raw("final_potentials"), "", g.sizes, nil); err != nil {
			return err
		}
	}
	if !d.has("potentials") {
		return nil
	}
	have := 0
	err = d.each("potentials", d.raw("potentials"), "", func(cur *cursor, t int) (err error) {
		have++
		if t < g.steps {
			g.potentials, err = d.ragged("potentials", cur.value(), fmt.Sprintf("row %d", t), g.sizes, g.potentials)
		}
		return err
	})
	if err == nil && have != g.steps {
		err = d.fail("potentials", "", fmt.Sprintf("%d rows", g.steps), fmt.Sprint(have))
	}
	return err
}

// at gives the places in the image of the file's cores, then of the bus.
func (r *rancFile) at() []int {
	out := make([]int, 0, r.own+1)
	for i := range r.own {
		out = append(out, r.model.Place(i))
	}
	return append(out, r.model.Place(len(r.model.Cores)))
}

func (g *rancGrid) replay(c *checker, img *chip.Image, engine string) error {
	m, err := chip.New(img, chip.Options{Engine: engine})
	if err != nil {
		return err
	}
	at := g.at()
	err = m.Run(int64(g.steps), g.source(), func(tick int64, m *chip.Machine) error {
		g.compare(c, m, at, int(tick))
		return nil
	})
	if err != nil {
		return err
	}
	// The simulator counts packets when they are sent, in the last tick too.
	if err := m.Run(1, nil, nil); err != nil {
		return err
	}
	var got [3]int64
	for i := range img.Cores {
		n := &m.Core(i).Counts
		got[0] += n[events.Late]
		if i == at[g.own] {
			got[2] += n[events.Merged]
		} else {
			got[1] += n[events.Merged]
		}
	}
	for i, name := range [...]string{"late", "merged", "merged_output"} {
		c.equalAt(name, -1, g.sums[i], got[i], func() string { return "after the last tick" })
	}
	return nil
}

func (g *rancGrid) compare(c *checker, m *chip.Machine, at []int, tick int) {
	pins := fired(m.Core(at[g.own]), nil)
	c.spikes("output_rows", tick, g.model.Buses[0].Pins, g.rows.at(int64(tick)), pins)
	var spikes []int32
	for i := range g.sizes {
		for _, s := range m.Core(at[i]).Spikes {
			spikes = append(spikes, int32(i*g.widest)+s.Comp)
		}
	}
	if g.spikes.off != nil {
		c.spikes("spikes", tick, g.own*g.widest, g.spikes.at(int64(tick)), spikes)
	}
	g.comparePotentials(c, m, at, tick)
}

func (g *rancGrid) comparePotentials(c *checker, m *chip.Machine, at []int, tick int) {
	index, all := 0, 0
	for _, n := range g.sizes {
		all += n
	}
	for i, n := range g.sizes {
		for j, v := range m.Core(at[i]).State.Words[0][0][:n] {
			if g.potentials != nil {
				c.equal("potentials", tick, index, g.potentials[tick*all+index], int64(v))
			}
			if g.final != nil && tick == g.steps-1 {
				c.equalAt("final_potentials", index, g.final[index], int64(v), func() string { return fmt.Sprintf("core %d, neuron %d", i, j) })
			}
			index++
		}
	}
}

// source injects the packets of a tick. Delays beyond the rows act like their
// remainder.
func (g *rancGrid) source() chip.Source {
	next, first := 0, len(g.model.Cores)+1
	return func(tick int64, dst []chip.Injection) []chip.Injection {
		for ; next < len(g.in) && int64(g.in[next].at) == tick; next++ {
			in := g.in[next]
			pop, index := first+len(g.model.Cores), in.axon
			if k := g.place[g.cell(in.x, in.y)]; k >= 0 {
				pop, index = first+k, in.delay%g.model.Delays*g.model.Axons+in.axon
			}
			dst = append(dst, chip.Injection{Pop: int32(pop), Index: int32(index), Payload: 1})
		}
		return dst
	}
}
