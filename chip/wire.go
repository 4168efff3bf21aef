package chip

import (
	"fmt"

	"hillock/core/event"
	"hillock/isa/count"
)

// Part says what a core of a board was before: the name that its populations
// begin with, and the description of its chip.
type Part struct{ Name, Chip, ChipHash string }

// Wire is an output link that is wired to an input link, core to core: an
// output of address a asks port Port of core To for Word + a*Scale, and is
// acknowledged when that core has served it.
type Wire struct {
	From, To    int // indices into Image.Cores
	Port        int
	Word, Scale int64
}

// event is the wire as cores know it.
func (w *Wire) event() event.Wire { return event.Wire{Port: w.Port, Word: w.Word, Scale: w.Scale} }

// maxWires bounds the wires into one core: what one of its joints looks at.
const maxWires = 256

// checkWires verifies parts and wires.
func (img *Image) checkWires() error {
	if n := len(img.Parts); n != 0 && n != len(img.Cores) {
		return fmt.Errorf("chip: %d parts of %d cores", n, len(img.Cores))
	}
	names := map[string]bool{}
	for i, p := range img.Parts {
		if p.Name == "" || names[p.Name] {
			return fmt.Errorf("chip: part %d is called %q, need a name that no other part has", i, p.Name)
		}
		names[p.Name] = true
	}
	out, in := make([]bool, len(img.Cores)), make([]int, len(img.Cores))
	for i, w := range img.Wires {
		if w.From < 0 || w.From >= len(img.Cores) || w.To < 0 || w.To >= len(img.Cores) {
			return fmt.Errorf("chip: wire %d from core index %d to %d, have %d", i, w.From, w.To, len(img.Cores))
		}
		from, to := img.Cores[w.From].Image.Event, img.Cores[w.To].Image.Event
		if from == nil || to == nil {
			return fmt.Errorf("chip: wire %d of a core with ticks", i)
		}
		x := w.event()
		if err := x.Check(&from.Spec, &to.Spec); err != nil {
			return fmt.Errorf("chip: wire %d: %w", i, err)
		}
		if in[w.To]++; out[w.From] || in[w.To] > maxWires {
			return fmt.Errorf("chip: wire %d from %s to %s: need one wire from a core and at most %d to one", i, img.PartName(w.From), img.PartName(w.To), maxWires)
		}
		out[w.From] = true
	}
	return nil
}

// PartName is what to call core i of Image.Cores: its part, else its number.
func (img *Image) PartName(core int) string {
	if core < len(img.Parts) {
		return img.Parts[core].Name
	}
	return fmt.Sprintf("core %d", img.Cores[core].ID)
}

// codeWires codes the section WIRE.
func (img *Image) codeWires(c *codec) {
	list(c, &img.Parts, 3, "parts", func(p *Part) {
		c.text(&p.Name, "part name")
		c.text(&p.Chip, "chip name")
		c.text(&p.ChipHash, "chip hash")
	})
	list(c, &img.Wires, 5, "wires", func(w *Wire) {
		integer(c, &w.From, "core index")
		integer(c, &w.To, "core index")
		integer(c, &w.Port, "port")
		integer(c, &w.Word, "word")
		integer(c, &w.Scale, "scale")
	})
}

// wiring is a wire of a machine: number is what the receiver calls it.
type wiring struct{ from, to, number int }

// wire connects the cores.
func (m *Machine) wire() error {
	for i, w := range m.img.Wires {
		from, to := m.cores[w.From].Event(), m.cores[w.To].Event()
		x := w.event()
		if err := x.Check(&from.Image().Spec, &to.Image().Spec); err != nil {
			return fmt.Errorf("chip: wire %d: %w", i, err)
		}
		from.Drive(x)
		m.wires = append(m.wires, wiring{w.From, w.To, to.Listen(x)})
	}
	return nil
}

// shake tells both sides of every wire what the other did at the last edge.
// It runs between two ticks, wire after wire, whoever stepped the cores.
func (m *Machine) shake() {
	for i := range m.wires {
		w := &m.wires[i]
		if address, ok := m.cores[w.from].Event().Asked(); ok {
			m.touch(w.to)
			m.cores[w.to].Event().Call(w.number, m.tick-1, address)
			m.net1[w.from][count.PacketsOut]++
			m.net1[w.to][count.PacketsIn]++
			m.time.settle(w.to, m.net1[w.to][count.PacketsIn]) // it was on no network
		}
	}
	for i := range m.wires {
		w := &m.wires[i]
		if ack, ok := m.cores[w.to].Event().Acknowledged(w.number); ok {
			m.touch(w.from)
			m.cores[w.from].Event().Answered(ack)
		}
	}
}

// Stall is a wire whose request is up and not acknowledged.
type Stall struct {
	From, To string // the parts
	Since    int64  // edge behind which the request rose
	On       string // the part whose acknowledge To itself waits for, "" = none
}

// Deadlock are the stalls of a machine at rest. No later event can end them:
// every receiver that is not at work serves what calls, so that each waits for
// one that waits itself.
func (m *Machine) Deadlock() []Stall {
	if len(m.wires) == 0 || !m.AtRest() {
		return nil
	}
	return m.Stalls()
}

// Stalls are the wires with a request that is not acknowledged, in the order of
// the image.
func (m *Machine) Stalls() []Stall {
	var out []Stall
	waits := map[int]string{}
	for _, w := range m.wires {
		if _, stalled := m.cores[w.from].Event().Stalled(); stalled {
			waits[w.from] = m.img.PartName(w.to)
		}
	}
	for _, w := range m.wires {
		if since, stalled := m.cores[w.from].Event().Stalled(); stalled {
			out = append(out, Stall{m.img.PartName(w.from), m.img.PartName(w.to), since, waits[w.to]})
		}
	}
	return out
}

// String says who waits for whom.
func (s Stall) String() string {
	t := fmt.Sprintf("%s waits since edge %d for the acknowledge of %s", s.From, s.Since, s.To)
	if s.On != "" {
		t += ", which waits for " + s.On
	}
	return t
}
