package science

import (
	"fmt"
	"slices"

	"hillock/chip"
	"hillock/core/event"
	"hillock/internal/dataset"
	"hillock/isa/count"
	"hillock/power"
)

// ODINOptions say how the network of ODINDigits is trained and on which machine
// it runs. Engine and Workers change nothing.
type ODINOptions struct {
	Seed                             uint64
	Train, Test                      *dataset.Set // pixels of 0 to 16, 64 an image
	Shown                            int          // images of Test that the machine is shown, the first; 0 = all
	Passes                           int          // over Train, at least 1
	Ticks                            int          // spikes of the brightest pixel, 1 to 16
	HiddenThreshold, OutputThreshold int32        // 1 to 128: one leak event clears a potential
	Rate                             float64      // of learning, at the start
	Sharpness                        float64      // of the class probabilities: the exponent is it times spike counts
	Engine                           string       // "" = vector
	Workers                          int          // goroutines; 0 = 1
}

// ODINResult is what the machine made of the test set.
type ODINResult struct {
	Trained int               // images of Train that the trained network gets right, computed without the machine
	Alone   int               // images of Test, all of them, likewise
	Correct int               // images that the machine gets right
	Images  int               // shown to the machine
	Differ  int               // images whose output counts are not those of the network computed without the machine
	Inputs  int64             // neuron events that the host sent
	Spikes  [2]int64          // of hidden and output neurons, as they left the chip
	Counts  count.Counts      // of the images shown
	Time    chip.Femtoseconds // likewise
	Edges   int64             // of the clock
	Image   *chip.Image       // what was run
}

// Price is the energy of the images shown at a point of the chip's energy table,
// which holds its published power equation.
func (r *ODINResult) Price(point string) (*power.Report, error) {
	t, err := power.ParseTable(r.Image.Energy, r.Image.Chip+".energy.json")
	if err != nil {
		return nil, err
	}
	return power.Price(t, point, power.Census{Chip: r.Image.Chip, Time: power.Femtoseconds(r.Time), Ticks: r.Edges, ChipsPowered: 1, CoresPowered: 1,
		Inferences: int64(r.Images), Boundary: power.ChipBoundary, Counts: r.Counts})
}

// odinLeak is the leak of every neuron: the most that 7 bits hold.
const odinLeak = 127

// The low 8 bits of the input events in use, as documented.
const (
	odinNeuron  = 0x07 // a neuron event of the high bits
	odinLeakAll = 0x7f // time reference of all neurons
)

// ODINDigits trains a network of 64 inputs, 96 hidden and 10 output neurons on
// the digits for odin, in whole weights of 3 bits and a sign per source, and
// runs the test set on the machine. The host sends the two events of each
// input spike, waits until the chip is idle, counts the addresses of output
// neurons on the output link and clears all potentials with one leak event
// behind each image. Spikes of hidden neurons go round on the chip.
func ODINDigits(o ODINOptions) (*ODINResult, error) {
	if o.Train == nil || o.Test == nil || o.Passes < 1 || o.Ticks < 1 || o.Ticks > 16 || min(o.HiddenThreshold, o.OutputThreshold) < 1 ||
		max(o.HiddenThreshold, o.OutputThreshold) > odinLeak+1 || o.Test.Pixels() != tandemInputs {
		return nil, fmt.Errorf("science: need two sets of 64 pixels, at least 1 pass, 1 to 16 ticks and thresholds of 1 to 128, have %d passes, %d ticks, %d and %d", o.Passes, o.Ticks, o.HiddenThreshold, o.OutputThreshold)
	}
	t := newTandem(o)
	if err := t.train(o.Train, o.Passes, o.Seed); err != nil {
		return nil, err
	}
	r := &ODINResult{Trained: t.correct(o.Train), Alone: t.correct(o.Test), Images: o.Test.Len()}
	if o.Shown > 0 {
		r.Images = min(o.Shown, r.Images)
	}
	var err error
	if r.Image, err = odinImage(t); err != nil {
		return nil, err
	}
	return r, r.run(t, o)
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
		neurons[2*n], neurons[2*n+1] = 1|odinLeak<<1|1<<8|uint64(thr)<<9, off
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
func (r *ODINResult) run(t *tandem, o ODINOptions) error {
	b, err := newEventBench(r.Image, chip.Options{Engine: o.Engine, Workers: o.Workers})
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
	for i, img := range o.Test.Images[:r.Images] {
		clear(counts)
		t.sent = func(source int) error { r.Inputs++; return b.send(0, uint64(source)<<8|odinNeuron) }
		t.run(img)
		t.sent = nil
		if t.err != nil {
			return t.err
		}
		if err := b.send(0, odinLeakAll); err != nil {
			return err
		}
		if decide(counts) == o.Test.Labels[i] {
			r.Correct++
		}
		if !slices.Equal(counts, t.outputs) {
			r.Differ++
		}
	}
	r.Counts, r.Time, r.Edges = b.m.Counts(), b.m.Elapsed(), b.m.Tick()
	return nil
}
