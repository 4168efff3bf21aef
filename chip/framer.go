package chip

import (
	"errors"
	"fmt"

	"hillock/core/event"
	"hillock/isa/count"
)

// MaxFrameEdges is how many clock edges a chip may take to come to rest after
// one word, unless a Framer says otherwise: some thousand sweeps of 256 items.
const MaxFrameEdges = 1 << 20

// Framer is the host of a chip without ticks: it shows samples step by step, as
// the image's Frame says. What it knows between two steps is Steps alone; all
// else is the machine's state, so a Framer of a restored machine goes on.
type Framer struct {
	Steps int64 // of the sample in hand so far
	// Edges is the most clock edges between a word and rest; 0 = MaxFrameEdges.
	Edges int64
	// Sink sees the machine behind every clock edge; nil = off. Options.Passed
	// lets it miss those at which nothing leaves.
	Sink Sink

	m     *Machine
	core  *event.Core
	frame *Frame
}

// Show runs n ticks with the input spikes of src, from the start state on. On a
// chip without ticks that has a Frame they are the steps of one sample, and the
// sink sees a step as often as it has clock edges.
func (m *Machine) Show(n int64, src Source, sink Sink) error {
	if m.img.Frame == nil {
		return m.Run(n, src, sink)
	}
	f, err := NewFramer(m)
	if err != nil {
		return err
	}
	return f.Sample(n, src, sink)
}

// NewFramer makes the host of a machine whose image has a Frame.
func NewFramer(m *Machine) (*Framer, error) {
	if m.img.Frame == nil {
		return nil, fmt.Errorf("chip: the image says not how its host shows samples: need a frame, as compiled networks have")
	}
	return &Framer{m: m, core: m.Core(0).Event(), frame: m.img.Frame}, nil
}

// Sample shows a whole sample of n steps, whose input spikes src gives. The sink
// sees the machine behind every clock edge, with the step that it belongs to; what
// comes before the first step or behind the last belongs to these.
func (f *Framer) Sample(n int64, src Source, sink Sink) error {
	f.Sink = nil
	if sink != nil {
		f.Sink = func(_ int64, m *Machine) error { return sink(max(min(f.Steps, n-1), 0), m) }
	}
	if err := f.Begin(); err != nil {
		return err
	}
	var in []Injection
	for t := range n {
		if in = in[:0]; src != nil {
			in = src(t, in)
		}
		if err := f.Step(in); err != nil {
			return err
		}
	}
	return f.End()
}

// Begin starts a sample.
func (f *Framer) Begin() error {
	f.Steps = 0
	if f.frame.Reset {
		f.m.Reset()
	}
	return f.words(f.frame.Before)
}

// Step sends the input spikes of a step, one after the other and a spike's words
// in the order of its in-axons, then the words that end a step.
func (f *Framer) Step(in []Injection) error {
	for _, s := range in {
		if s.Pop < 0 || int(s.Pop) >= len(f.m.input) || f.m.input[s.Pop] < 0 {
			return fmt.Errorf("chip: step %d: population %d takes no input from outside", f.Steps, s.Pop)
		}
		x := &f.m.img.Inputs[f.m.input[s.Pop]]
		if s.Index < 0 || int(s.Index)+1 >= len(x.Off) {
			return fmt.Errorf("chip: step %d: neuron %d of input %q, have %d", f.Steps, s.Index, f.m.img.Pops[s.Pop].Name, len(x.Off)-1)
		}
		f.m.host[count.HostIn]++
		for _, t := range x.Dst[x.Off[s.Index]:x.Off[s.Index+1]] {
			f.core.Deliver(int(t.Axon), s.Payload, f.m.tick)
			if err := f.rest(); err != nil {
				return fmt.Errorf("chip: step %d, neuron %d of input %q: %w", f.Steps, s.Index, f.m.img.Pops[s.Pop].Name, err)
			}
		}
	}
	if err := f.words(f.frame.Step); err != nil {
		return err
	}
	f.Steps++
	return nil
}

// End ends a sample: what the chip knows of it is gone.
func (f *Framer) End() error { return f.words(f.frame.After) }

// words sends words that are no spikes of an input.
func (f *Framer) words(list []FrameWord) error {
	for _, w := range list {
		for range w.Times {
			f.m.host[count.HostIn]++
			f.core.Inject(w.Port, f.m.tick, uint64(w.Word))
			if err := f.rest(); err != nil {
				return fmt.Errorf("chip: step %d, word %#x for port %q: %w", f.Steps, w.Word, f.core.Image().Spec.Control.Ports[w.Port].Name, err)
			}
		}
	}
	return nil
}

// errFramed ends a run at rest.
var errFramed = errors.New("at rest")

// rest runs until the chip is at rest.
func (f *Framer) rest() error {
	most := f.Edges
	if most == 0 {
		most = MaxFrameEdges
	}
	err := f.m.run(most, nil, func(tick int64, m *Machine) error {
		if f.Sink != nil {
			if err := f.Sink(tick, m); err != nil {
				return err
			}
		}
		if f.core.Next(m.tick) == event.Never {
			return errFramed
		}
		return nil
	}, f.m.canLeap() && (f.Sink == nil || f.m.opt.Passed != nil))
	switch {
	case errors.Is(err, errFramed):
		return nil
	case err == nil:
		return fmt.Errorf("need rest within %d clock edges, have a chip that is still at work: its spikes keep each other going", most)
	}
	return err
}
