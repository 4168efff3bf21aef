package conform

import (
	"fmt"

	"hillock/chip"
	"hillock/core"
)

// trace is what a run of one test core must give in every tick.
type trace struct {
	img      *chip.Image
	n, steps int
	source   chip.Source
	acc      []int64  // [tick][neuron] accumulator of port 0 before the neurons read it, nil = not recorded
	accField string   // its name in the file
	accShift uint     // the file counts in units of 1 << accShift
	words    []record // state words
	spikes   lists    // off nil = not recorded
	values   []int64  // [tick][neuron] payload of the spike or 0, nil = not recorded

	valueField string // name of values in the file, "" = spike_values
}

// record is a state word that was recorded after every tick.
type record struct {
	field string
	word  int     // noWord = none, what was recorded must be 0
	want  []int64 // [tick][neuron]
}

// noWord stands for a register of a model that the chip does not keep.
const noWord = -1

// record adds a state word of the family's group; where the file does not have
// the field, nothing is compared.
func (t *trace) record(d *doc, f *chip.Family, group, field, name string) error {
	if !d.has(field) {
		return nil
	}
	w, ok := word(f, group, name)
	if !ok {
		return fmt.Errorf("conform: group %q of %s has no state word %q", group, f.Name, name)
	}
	want, err := d.matrix(field, t.steps, t.n, -1<<53, 1<<53)
	t.words = append(t.words, record{d.name(field), w, want})
	return err
}

// replay runs the trace on every engine.
func (t *trace) replay(c *checker) error {
	for _, e := range c.engines {
		c.engine = e
		acc, err := t.witness(e)
		if err != nil {
			return err
		}
		if err := t.compare(c, e, acc); err != nil {
			return err
		}
	}
	c.engine = ""
	return nil
}

// witness gives the accumulators of every tick as the neurons find them, by a
// run of its own with a probe in front of the program (see probed).
func (t *trace) witness(engine string) ([]int32, error) {
	if t.acc == nil {
		return nil, nil
	}
	img, err := probed(t.img)
	if err != nil {
		return nil, err
	}
	m, err := chip.New(img, chip.Options{Engine: engine})
	if err != nil {
		return nil, err
	}
	c := m.Core(0)
	out := make([]int32, 0, t.steps*t.n)
	c.Tap = func(tap int, comp, _ int32) {
		if tap == witnessTap && comp == 0 {
			slot := int(c.State.Tick % int64(c.Image.Ring))
			out = append(out, c.State.Acc[0][slot*t.n:(slot+1)*t.n]...)
		}
	}
	if err := m.Run(int64(t.steps), t.source, nil); err != nil {
		return nil, err
	}
	if len(out) != t.steps*t.n {
		return nil, fmt.Errorf("conform: probe saw %d accumulators, need %d", len(out), t.steps*t.n)
	}
	return out, nil
}

// compare runs the image and compares every tick, in the order in which the
// values arise.
func (t *trace) compare(c *checker, engine string, acc []int32) error {
	m, err := chip.New(t.img, chip.Options{Engine: engine})
	if err != nil {
		return err
	}
	var got []int32
	payload, field := make([]int64, t.n), "spike_values"
	if t.valueField != "" {
		field = t.valueField
	}
	return m.Run(int64(t.steps), t.source, func(tick int64, m *chip.Machine) error {
		at := int(tick) * t.n
		for i := 0; i < t.n && acc != nil; i++ {
			c.equal(t.accField, int(tick), i, t.acc[at+i], int64(acc[at+i])>>t.accShift)
		}
		for _, r := range t.words {
			for i := range t.n {
				x := int32(0)
				if r.word != noWord {
					x = m.Core(0).State.Words[0][r.word][i]
				}
				c.equal(r.field, int(tick), i, r.want[at+i], int64(x))
			}
		}
		if t.spikes.off != nil {
			got = fired(m.Core(0), got[:0])
			c.spikes("spikes", int(tick), t.n, t.spikes.at(tick), got)
		}
		if t.values != nil {
			payloads(m.Core(0), payload)
			for i, x := range payload {
				c.equal(field, int(tick), i, t.values[at+i], x)
			}
		}
		return nil
	})
}

// payloads is what every compartment put out in the last tick, 0 = no spike.
func payloads(c *core.Core, dst []int64) {
	clear(dst)
	for _, s := range c.Spikes {
		dst[s.Comp] = int64(s.Payload)
	}
}
