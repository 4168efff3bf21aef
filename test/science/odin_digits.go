package science

import (
	"errors"
	"fmt"

	"hillock/chip"
	"hillock/core/event"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// EventDigitsOptions say how the network of ODINDigits is trained.
type EventDigitsOptions struct {
	Seed                             uint64
	Passes                           int   // over Train, at least 1
	Ticks                            int   // spikes of the brightest pixel, 1 to 16
	HiddenThreshold, OutputThreshold int32 // 1 to 128, so that one leak event clears a potential
	Rate, Sharpness                  float64
	Train, Test                      *dataset.Set
}

// EventDigitsResult is what the machine made of the test set.
type EventDigitsResult struct {
	Trained int // images of Train that the trained network gets right, computed without the machine
	Correct int // images of Test
	Images  int
	Differ  int               // images whose spike counts are not those of the network computed without the machine
	Inputs  int64             // neuron events that the host sent
	Spikes  [2]int64          // of hidden and output neurons
	Counts  count.Counts      // of the test set
	Time    chip.Femtoseconds // of the test set
	Edges   int64             // of the clock
	Image   *chip.Image       // what was run
}

// ODINDigits trains a network of 64 inputs, 96 hidden and 10 output neurons on
// the digits for odin, in whole weights of 3 bits and a sign per source, and
// runs the test set on the machine. The host sends the two events of each
// input spike, waits until the chip is idle, counts the addresses of output
// neurons on the output link and clears all potentials with one leak event
// behind each image. Spikes of hidden neurons go round on the chip.
func ODINDigits(o EventDigitsOptions) (*EventDigitsResult, error) {
	if o.Train == nil || o.Test == nil || o.Passes < 1 || o.Ticks < 1 || o.Ticks > 16 || min(o.HiddenThreshold, o.OutputThreshold) < 1 || max(o.HiddenThreshold, o.OutputThreshold) > 128 {
		return nil, fmt.Errorf("science: need both sets, at least 1 pass, 1 to 16 ticks and thresholds of 1 to 128, have %d passes, %d ticks, %d and %d", o.Passes, o.Ticks, o.HiddenThreshold, o.OutputThreshold)
	}
	t := newTandem(o)
	if err := t.train(o.Train, o.Passes, o.Seed); err != nil {
		return nil, err
	}
	r := &EventDigitsResult{Trained: t.correct(o.Train)}
	var err error
	if r.Image, err = odinImage(t); err != nil {
		return nil, err
	}
	return r, r.run(t, o.Test)
}

// odinImage writes the network into the memories of odin: sources 0 to 63
// excite, 64 to 127 inhibit; neurons from 128 on.
func odinImage(t *tandem) (*chip.Image, error) {
	f, err := chip.LoadNamed("odin")
	if err != nil {
		return nil, err
	}
	neurons, synapses, signs := make([]uint64, 2*256), make([]uint64, 256*32), make([]uint64, 16)
	for n := range 256 {
		thr, off := int64(255), uint64(1)<<63
		switch {
		case n >= tandemFirst && n < tandemResult:
			thr, off = int64(t.thr[0]), 0
		case n >= tandemResult && n < tandemResult+tandemOutputs:
			thr, off = int64(t.thr[1]), 0
		}
		neurons[2*n], neurons[2*n+1] = 1|127<<1|1<<8|uint64(thr)<<9, off
	}
	connect := func(src, dst int, w int32) {
		synapses[src*32+dst/8] |= uint64(w|8) << (dst % 8 * 4)
	}
	for i, w := range t.whole[0] {
		j, h := i/tandemHidden, i%tandemHidden
		if w > 0 {
			connect(j, tandemFirst+h, w)
		} else if w < 0 {
			connect(tandemInputs+j, tandemFirst+h, -w)
		}
	}
	for i, w := range t.whole[1] {
		if h, k := i/tandemOutputs, i%tandemOutputs; w != 0 {
			connect(tandemFirst+h, tandemResult+k, w*sign(h))
		}
	}
	for n := range 256 {
		if n >= tandemInputs && n < tandemFirst || n >= tandemFirst && n < tandemResult && sign(n-tandemFirst) < 0 {
			signs[n/16] |= 1 << (n % 16)
		}
	}
	e, err := f.BindEvent(chip.EventSetup{Memories: []chip.MemoryWords{{Name: "neurons", Chunks: neurons}, {Name: "synapses", Chunks: synapses}, {Name: "syn_sign", Chunks: signs}}})
	if err != nil {
		return nil, err
	}
	return f.EventImage(e), nil
}

// run shows the test set.
func (r *EventDigitsResult) run(t *tandem, s *dataset.Set) error {
	b, err := newEventBench(r.Image)
	if err != nil {
		return err
	}
	counts := make([]int32, tandemOutputs)
	b.core.Watch = func(n event.Note) {
		if n.Kind != event.Sent {
			return
		}
		if k := n.Value - tandemResult; k >= 0 {
			counts[k]++
			r.Spikes[1]++
		} else {
			r.Spikes[0]++
		}
	}
	const queued, leakAll = 7, 0x7f // the last 8 bits of events, as documented
	for i, img := range s.Images {
		clear(counts)
		t.sent = func(source int) error { r.Inputs++; return b.send(0, uint64(source)<<8|queued) }
		t.run(img)
		t.sent = nil
		if t.err != nil {
			return t.err
		}
		if err := b.send(0, leakAll); err != nil {
			return err
		}
		if decide(counts) == s.Labels[i] {
			r.Correct++
		}
		for k, n := range counts {
			if n != t.outputs[k] {
				r.Differ++
				break
			}
		}
	}
	r.Images, r.Counts, r.Time, r.Edges = s.Len(), b.m.Counts(), b.m.Elapsed(), b.m.Tick()
	return nil
}

// eventBench is a host that sends a word and waits until the chip is idle.
type eventBench struct {
	m    *chip.Machine
	core *event.Core
}

// errAtRest ends a run.
var errAtRest = errors.New("science: at rest")

// maxEventEdges is how long one event may take, with all that comes of it.
const maxEventEdges = 1 << 20

func newEventBench(img *chip.Image) (*eventBench, error) {
	m, err := chip.New(img, chip.Options{})
	if err != nil {
		return nil, err
	}
	return &eventBench{m, m.Core(0).Event()}, nil
}

// sendTo gives a word to a port.
func (b *eventBench) sendTo(port string, word uint64) error {
	for k, p := range b.core.Image().Spec.Control.Ports {
		if p.Name == port {
			return b.send(k, word)
		}
	}
	return fmt.Errorf("science: chip %s has no port %q", b.m.Image().Chip, port)
}

// send gives a word to a port by its number and waits.
func (b *eventBench) send(port int, word uint64) error {
	b.core.Inject(port, b.m.Tick(), word)
	err := b.m.Run(maxEventEdges, nil, func(tick int64, _ *chip.Machine) error {
		if b.core.Next(tick+1) == event.Never {
			return errAtRest
		}
		return nil
	})
	switch {
	case err == nil:
		return fmt.Errorf("science: event %#x is not served within %d edges", word, maxEventEdges)
	case err != errAtRest:
		return err
	}
	return nil
}
