package conform

import (
	"errors"
	"fmt"

	"hillock/chip"
	"hillock/core/event"
	"hillock/test/vectors"
)

// boardPart is one chip of a record of a board.
type boardPart struct {
	eventRun
	calls []int64 // triples: port, edge, word
	acks  []int64 // pairs: edges behind which an acknowledge rises and falls

	seen struct{ samples, calls, outputs, acks, spikes []int64 }
}

// replayBoard replays a record that vectors.Export made of a board of chips
// without ticks: the image lies beside it.
func replayBoard(d *doc, c *checker) error {
	img, err := besideImage(d)
	if err != nil {
		return err
	}
	if len(img.Parts) == 0 || img.Ticks() {
		return d.fail("image", "", "a board of chips without ticks", fmt.Sprintf("%d cores of chip %s", len(img.Cores), img.Chip))
	}
	var parts []*boardPart
	err = d.each("parts", d.raw("parts"), "", func(cur *cursor, i int) error {
		if i >= len(img.Parts) {
			return d.fail("parts", "", fmt.Sprintf("%d parts, as in the image", len(img.Parts)), "more")
		}
		x, err := parseObject(fmt.Sprintf("parts[%d]", i), cur.value())
		if err != nil {
			return err
		}
		p := &boardPart{eventRun: eventRun{doc: x, img: img, core: i, spec: &img.Cores[i].Image.Event.Spec}}
		parts = append(parts, p)
		return p.read()
	})
	if err != nil {
		return err
	}
	if len(parts) != len(img.Parts) {
		return d.fail("parts", "", fmt.Sprintf("%d parts, as in the image", len(img.Parts)), fmt.Sprint(len(parts)))
	}
	return c.onEngines(func(string) error { return runBoard(c, img, parts) })
}

func (p *boardPart) read() (err error) {
	if err = p.recorded(); err != nil {
		return err
	}
	if p.calls, err = p.rows("expect_calls", 3); err != nil {
		return err
	}
	if p.acks, err = p.rows("expect_acknowledges", 2); err != nil {
		return err
	}
	return p.memories()
}

// note keeps what a core tells.
func (p *boardPart) note(n event.Note) {
	s := &p.seen
	switch n.Kind {
	case event.Sampled:
		if n.Name == event.CallName {
			s.calls = append(s.calls, n.Index, n.Edge, n.Value)
		} else {
			s.samples = append(s.samples, n.Index, n.Edge)
		}
	case event.Sent:
		s.outputs = append(s.outputs, n.Edge, n.Value)
	case event.Acked:
		s.acks = append(s.acks, n.Edge, n.Value)
	case event.Spiked:
		s.spikes = append(s.spikes, n.Edge, n.Index, n.Value)
	}
}

// runBoard replays the record on one engine.
func runBoard(c *checker, img *chip.Image, parts []*boardPart) error {
	m, err := chip.New(img, chip.Options{Engine: c.engine})
	if err != nil {
		return err
	}
	limit := int64(aerIdle)
	for i, p := range parts {
		p.seen.samples, p.seen.calls, p.seen.outputs, p.seen.acks, p.seen.spikes = nil, nil, nil, nil, nil
		core := m.Core(i).Event()
		core.Watch = p.note
		for k := 0; k < len(p.events); k += 3 {
			core.Inject(int(p.events[k+1]), p.events[k], uint64(p.events[k+2]))
		}
		for _, last := range [...]int64{p.cycles, end(p.outputs, 2), end(p.events, 3)} {
			limit = max(limit, min(last, aerEdges)+aerIdle)
		}
	}
	err = m.Run(limit, nil, func(tick int64, m *chip.Machine) error {
		if m.AtRest() {
			return errIdle
		}
		return nil
	})
	if err != nil && !errors.Is(err, errIdle) {
		return err
	}
	for i, p := range parts {
		core := m.Core(i).Event()
		vectors.Pending(core, p.note)
		p.compare(c, core)
	}
	return nil
}

// end is the edge in the last of some rows, 0 without any.
func end(rows []int64, cols int) int64 {
	if len(rows) < cols {
		return 0
	}
	return rows[len(rows)-cols]
}

func (p *boardPart) compare(c *checker, core *event.Core) {
	for _, x := range [...]struct {
		field, what string
		want, got   []int64
	}{
		{"expect_input_edges", "port, edge", p.samples, p.seen.samples}, {"expect_calls", "port, edge, word", p.calls, p.seen.calls},
		{"expect_output", "edge, address", p.outputs, p.seen.outputs}, {"expect_acknowledges", "edges of rise and fall", p.acks, p.seen.acks},
		{"expect_spikes", "edge, compartment, payload", p.spikes, p.seen.spikes},
	} {
		c.series(p.doc.name(x.field), x.want, x.got, func(int) string { return x.what })
	}
	c.equalAt(p.doc.name("expect_cycles"), -1, p.cycles, vectors.IdleOf(core), func() string { return "edges until idle" })
	for k, words := range p.end {
		c.words(p.doc.name("expect_memories_changed"), core, k, words)
	}
}
