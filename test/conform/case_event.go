package conform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"hillock/chip"
	"hillock/core/event"
	"hillock/test/vectors"
)

// eventRun is a record that vectors.Export made of any chip without ticks: the
// image lies beside it.
type eventRun struct {
	doc     *doc
	img     *chip.Image
	core    int // index into the image's cores
	spec    *event.Spec
	events  []int64 // triples: earliest edge, port, word
	samples []int64 // pairs: port, edge
	outputs []int64 // pairs: edge, address
	spikes  []int64 // triples: edge, compartment, payload
	cycles  int64
	end     [][]*big.Int // per memory, words
	serial  []vectors.Serial
}

// replayEventRun replays such a record.
func replayEventRun(d *doc, c *checker) error {
	r := &eventRun{doc: d}
	for _, part := range [...]func() error{r.image, r.recorded, r.memories} {
		if err := part(); err != nil {
			return err
		}
	}
	return c.onEngines(func(string) error { return r.replay(c) })
}

// image reads the image beside the record.
func (r *eventRun) image() (err error) {
	if r.img, err = besideImage(r.doc); err != nil {
		return err
	}
	if len(r.img.Cores) != 1 || r.img.Cores[0].Image.Event == nil {
		return r.doc.fail("image", "", "one core without ticks", fmt.Sprintf("%d cores of chip %s", len(r.img.Cores), r.img.Chip))
	}
	r.spec = &r.img.Cores[0].Image.Event.Spec
	return nil
}

// rows is a field of any number of rows of numbers.
func (r *eventRun) rows(name string, cols int) ([]int64, error) {
	n, err := r.doc.length(name)
	if err != nil {
		return nil, err
	}
	return r.doc.matrix(name, n, cols, -1<<40, 1<<62)
}

func (r *eventRun) recorded() (err error) {
	for _, x := range [...]struct {
		to   *[]int64
		name string
		cols int
	}{{&r.events, "events", 3}, {&r.samples, "expect_input_edges", 2}, {&r.outputs, "expect_output", 2}, {&r.spikes, "expect_spikes", 3}} {
		if *x.to, err = r.rows(x.name, x.cols); err != nil {
			return err
		}
	}
	for i := 0; i < len(r.events); i += 3 {
		e := r.events[i : i+3]
		if e[0] < 0 || e[1] < 0 || e[1] >= int64(len(r.spec.Control.Ports)) || e[2] < 0 || i > 0 && e[0] < r.events[i-3] {
			return r.doc.fail("events", fmt.Sprintf("row %d", i/3), "ascending edges, a port and a word", fmt.Sprint(e))
		}
	}
	if r.cycles, err = r.doc.integer("expect_cycles", -1, aerEdges); err != nil {
		return err
	}
	return r.transfers()
}

// transfers are those of the serial port, if the record has any.
func (r *eventRun) transfers() error {
	const field = "transfers"
	if !r.doc.has(field) {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(r.doc.raw(field)))
	d.DisallowUnknownFields()
	if err := d.Decode(&r.serial); err != nil {
		return r.doc.fail(field, "", "transfers with at, period, words, expect_out, expect_end and expect_missed", err.Error())
	}
	return nil
}

// memories are the contents at the end: those of the image, and what changed.
func (r *eventRun) memories() error {
	init := r.img.Cores[r.core].Image.Event.Init
	for m := range r.spec.Memories {
		mem := &r.spec.Memories[m]
		per := (mem.Bits + 63) / 64
		words := make([]*big.Int, mem.Words)
		for i := range words {
			words[i] = new(big.Int)
			for k := per - 1; k >= 0; k-- {
				words[i].Lsh(words[i], 64)
				if m < len(init) && i*per+k < len(init[m]) {
					words[i].Or(words[i], new(big.Int).SetUint64(init[m][i*per+k]))
				}
			}
		}
		r.end = append(r.end, words)
	}
	const field = "expect_memories_changed"
	return r.doc.each(field, r.doc.raw(field), "", func(c *cursor, i int) error {
		d, err := parseObject(fmt.Sprintf("%s[%d]", field, i), c.value())
		if err != nil {
			return err
		}
		return r.changed(d)
	})
}

// changed applies the changed words of one memory.
func (r *eventRun) changed(d *doc) error {
	name, err := d.text("memory")
	if err != nil {
		return err
	}
	m := r.spec.Memory(name)
	if m < 0 {
		return d.fail("memory", "", "a memory of the image", clip(name))
	}
	return d.each("words", d.raw("words"), "", func(c *cursor, i int) error {
		w, err := parseObject(fmt.Sprintf("%s.words[%d]", d.path, i), c.value())
		if err != nil {
			return err
		}
		at, err := w.integer("address", 0, int64(r.spec.Memories[m].Words)-1)
		if err != nil {
			return err
		}
		text, err := w.text("hex")
		if err != nil {
			return err
		}
		r.end[m][at], err = w.hexWord("hex", "", text, (r.spec.Memories[m].Bits+3)/4)
		return err
	})
}

func (r *eventRun) replay(c *checker) error {
	m, err := chip.New(r.img, chip.Options{Engine: c.engine})
	if err != nil {
		return err
	}
	core := m.Core(0).Event()
	var samples, outputs, spikes, want, back []int64
	for _, t := range r.serial {
		if err := m.Transfer(r.img.Cores[0].ID, event.Transfer{At: t.At, Period: t.Period, Words: t.Words}); err != nil {
			return r.doc.fail("transfers", "", "transfers of the chip", err.Error())
		}
		want = append(append(want, t.End, int64(t.Missed)), numbers(t.Out)...)
	}
	core.Watch = func(n event.Note) {
		switch n.Kind {
		case event.Sampled:
			samples = append(samples, n.Index, n.Edge)
		case event.Sent:
			outputs = append(outputs, n.Edge, n.Value)
		case event.Spiked:
			spikes = append(spikes, n.Edge, n.Index, n.Value)
		case event.Shifted:
			back = append(append(back, n.Edge, int64(core.State.Shift.Missed)), numbers(core.State.Shift.Out)...)
		}
	}
	for i := 0; i < len(r.events); i += 3 {
		core.Inject(int(r.events[i+1]), r.events[i], uint64(r.events[i+2]))
	}
	err = m.Run(max(r.cycles, 0)+aerIdle, nil, func(tick int64, _ *chip.Machine) error {
		if core.Next(tick+1) == event.Never {
			return errIdle
		}
		return nil
	})
	if err != nil && !errors.Is(err, errIdle) {
		return err
	}
	c.series("expect_input_edges", r.samples, samples, func(i int) string { return "port, edge" })
	c.series("expect_output", r.outputs, outputs, func(i int) string { return "edge, address" })
	c.series("expect_spikes", r.spikes, spikes, func(i int) string { return "edge, compartment, payload" })
	c.series("transfers", want, back, func(i int) string { return "end, accesses missed, words that came back" })
	c.equalAt("expect_cycles", -1, r.cycles, core.Idle(), func() string { return "edges until idle" })
	for k, words := range r.end {
		c.words("expect_memories_changed", core, k, words)
	}
	return nil
}

func numbers(words []uint64) []int64 {
	out := make([]int64, len(words))
	for i, w := range words {
		out[i] = int64(w)
	}
	return out
}

// words compares a memory word by word.
func (c *checker) words(field string, core *event.Core, m int, want []*big.Int) {
	mem := &core.Image().Spec.Memories[m]
	digits := (mem.Bits + 3) / 4
	chunk := chunks(want, digits)
	have, per := core.Image().Spec.Words(&core.State, m)
	for i := range want {
		c.res.Compared++
		a, b := hexOf(chunk[i*per:i*per+per], digits), hexOf(have[i*per:i*per+per], digits)
		if a != b {
			c.miss(Failure{Field: field, Tick: -1, Index: i, Where: "memory " + mem.Name, Want: a, Got: b})
		}
	}
}
