package conform

import (
	"fmt"
	"path/filepath"

	"hillock/chip"
	"hillock/router/aer"
)

// tickRun is a record that vectors.ExportTicks made of any chip with ticks: the
// image lies beside it.
type tickRun struct {
	doc    *doc
	img    *chip.Image
	ticks  int64
	events []int64 // quadruples: tick, population, index, payload
	spikes []int64 // quadruples: tick, core, compartment, payload
	state  []int64 // quadruples: core, compartment, state word, value
}

// maxTickRun bounds ticks and every other number of such a record.
const maxTickRun = 1<<31 - 1

// replayTickRun replays such a record.
func replayTickRun(d *doc, c *checker) error {
	r := &tickRun{doc: d}
	var err error
	if r.img, err = besideImage(d); err != nil {
		return err
	}
	if !r.img.Ticks() {
		return d.fail("image", "", "cores with ticks", "chip "+r.img.Chip)
	}
	if r.ticks, err = d.integer("ticks", 0, maxTickRun); err != nil {
		return err
	}
	for _, x := range [...]struct {
		to   *[]int64
		name string
	}{{&r.events, "events"}, {&r.spikes, "expect_spikes"}, {&r.state, "expect_state"}} {
		n, err := d.length(x.name)
		if err != nil {
			return err
		}
		if *x.to, err = d.matrix(x.name, n, 4, -1<<31, maxTickRun); err != nil {
			return err
		}
	}
	in, err := r.plan()
	if err != nil {
		return err
	}
	return c.onEngines(func(string) error { return r.replay(c, in) })
}

// besideImage reads the image that a record names, which lies beside it.
func besideImage(d *doc) (*chip.Image, error) {
	name, err := d.text("image")
	if err != nil {
		return nil, err
	}
	if name == "" || filepath.Base(name) != name {
		return nil, d.fail("image", "", "the name of a file beside this one", clip(name))
	}
	b, err := readFile(filepath.Join(filepath.Dir(d.file), name), DefaultMaxBytes)
	if err != nil {
		return nil, d.fail("image", "", "an image beside this file", err.Error())
	}
	img, err := chip.DecodeImage(b, name)
	if err != nil {
		return nil, d.fail("image", "", "an image", err.Error())
	}
	return img, nil
}

// plan makes the events a source of the machine.
func (r *tickRun) plan() (*chip.Schedule, error) {
	s := &aer.Stream{}
	for p := range r.img.Pops {
		s.Pops = append(s.Pops, r.img.Pops[p].Name)
	}
	for i := 0; i < len(r.events); i += 4 {
		e := r.events[i : i+4]
		if e[0] < 0 || e[1] < 0 || e[1] >= int64(len(s.Pops)) {
			return nil, r.doc.fail("events", fmt.Sprintf("row %d", i/4), "a tick and a population of the image", fmt.Sprint(e))
		}
		s.Spikes = append(s.Spikes, aer.Spike{Tick: e[0], Pop: int32(e[1]), Index: int32(e[2]), Payload: int32(e[3])})
	}
	in, _, err := chip.Plan(r.img, s, "events")
	if err != nil {
		return nil, r.doc.fail("events", "", "events for the image", err.Error())
	}
	return in, nil
}

func (r *tickRun) replay(c *checker, in *chip.Schedule) error {
	m, err := chip.New(r.img, chip.Options{Engine: c.engine})
	if err != nil {
		return err
	}
	var spikes, state []int64
	err = m.Run(r.ticks, in.Source, func(tick int64, m *chip.Machine) error {
		for i := range r.img.Cores {
			for _, s := range m.Spikes(i) {
				spikes = append(spikes, tick, int64(i), int64(s.Comp), int64(s.Payload))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.EachState(func(core, comp, word int, v int32) {
		state = append(state, int64(core), int64(comp), int64(word), int64(v))
	})
	c.series("expect_spikes", r.spikes, spikes, func(int) string { return "tick, core, compartment, payload" })
	c.series("expect_state", r.state, state, func(int) string { return "core, compartment, state word, value" })
	return nil
}
