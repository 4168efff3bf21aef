package chip

import (
	"bytes"
	"fmt"

	"hillock/core"
	"hillock/core/event"
	"hillock/core/learn"
	"hillock/isa/count"
	"hillock/router"
)

// SnapshotMagic starts every snapshot file; its last byte is the format version.
const SnapshotMagic = "hillock state\x00\x00\x04"

// A snapshot file is the magic, then sections like those of an image file: one
// MACH (the machine), then one CORE for each core. The bytes are canonical.

func (s *Snapshot) sections() []section {
	out := []section{{"MACH", s.codeMachine}}
	for i := range s.Cores {
		out = append(out, section{"CORE", s.Cores[i].code})
	}
	return out
}

// Encode gives the canonical bytes of a snapshot.
func (s *Snapshot) Encode() []byte {
	out := []byte(SnapshotMagic)
	for _, x := range s.sections() {
		out = x.append(out)
	}
	return out
}

// DecodeSnapshot reads a snapshot file. Whether it fits a machine is for
// Restore to say. Name is for errors.
func DecodeSnapshot(b []byte, name string) (*Snapshot, error) {
	if !bytes.HasPrefix(b, []byte(SnapshotMagic)) {
		return nil, fmt.Errorf("%s: chip: no snapshot signature at byte 0 (file of %d bytes)", name, len(b))
	}
	s := &Snapshot{}
	pos := len(SnapshotMagic)
	for n := 0; n == 0 || pos < len(b); n++ {
		tag, each := "MACH", s.codeMachine
		var k CoreSnapshot
		if n > 0 {
			tag, each = "CORE", k.code
		}
		payload, err := readSection(b, pos, "snapshot", tag)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		pos += 16 + len(payload)
		c := &codec{buf: payload, where: "snapshot section " + tag}
		each(c)
		if c.err == nil && c.pos != len(payload) {
			c.fail("the end of the section", fmt.Sprintf("%d more bytes", len(payload)-c.pos))
		}
		if c.err != nil {
			return nil, fmt.Errorf("%s: %w", name, c.err)
		}
		if n > 0 {
			s.Cores = append(s.Cores, k)
		}
	}
	if !bytes.Equal(s.Encode(), b) {
		return nil, fmt.Errorf("%s: chip: snapshot bytes are not canonical", name)
	}
	return s, nil
}

func (s *Snapshot) codeMachine(c *codec) {
	c.text(&s.Image, "image hash")
	integer(c, &s.Tick, "tick")
	integer(c, &s.Elapsed, "femtoseconds")
	codeCounts(c, &s.Host)
}

// codeCounts says how many kinds of event there are, so that a file of another
// release is refused and not read wrongly.
func codeCounts(c *codec, x *count.Counts) {
	n := uint64(count.NumEvents)
	c.uint(&n, uint64(count.NumEvents), "kinds of counted events")
	if !c.write && c.err == nil && n != uint64(count.NumEvents) {
		c.fail(fmt.Sprintf("%d kinds of counted events", count.NumEvents), n)
	}
	for i := range x {
		integer(c, &x[i], "count")
	}
}

func (k *CoreSnapshot) code(c *codec) {
	integer(c, &k.State.Tick, "tick")
	list(c, &k.State.Words, 1, "groups of state words", func(g *[][]int32) { codeRows(c, g, "state words") })
	codeRows(c, &k.State.Acc, "accumulators")
	list(c, &k.State.Params, 1, "groups of parameters", func(g *[][]int32) { codeRows(c, g, "parameter values") })
	for i := range k.State.Mods {
		integer(c, &k.State.Mods[i], "modulator")
	}
	for i := range k.State.Rand {
		integer(c, &k.State.Rand[i], "state of the generator")
	}
	list(c, &k.State.Due, 8, "words of the axon store", func(w *uint64) { c.word(w, "64 bits") })
	list(c, &k.State.Learn, 3, "learning plans", func(s *learn.State) { codeLearnState(c, s) })
	for _, x := range [...]*count.Counts{&k.Counts, &k.Sent, &k.Timed} {
		codeCounts(c, x)
	}
	list(c, &k.Spikes, 2, "spikes", func(s *core.Spike) {
		integer(c, &s.Comp, "compartment")
		integer(c, &s.Payload, "payload")
	})
	list(c, &k.Boxes, 1, "boxes", func(box *[]router.Packet) {
		list(c, box, 2, "packets", func(p *router.Packet) {
			integer(c, &p.Axon, "in-axon")
			integer(c, &p.Payload, "payload")
		})
	})
	if c.write && k.State.Event != nil || !c.write && c.err == nil && c.pos < len(c.buf) {
		if !c.write { // what follows is there for a core without ticks only
			k.State.Event = &event.State{}
		}
		codeEventState(c, k.State.Event)
	}
}

func codeRows(c *codec, rows *[][]int32, what string) {
	list(c, rows, 1, what, func(row *[]int32) { ints(c, row, what) })
}
