package science

import (
	"fmt"

	"hillock/chip"
	"hillock/core/event"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// SDSPOptions say what SDSP trains, and how.
type SDSPOptions struct {
	Train, Test *dataset.Set // of MNIST: 28 x 28 pixels, 10 classes
	Code        SDSPCode
}

// SDSPCode are the parameters of the chip's output neurons, of the rate code
// and of the teacher.
type SDSPCode struct {
	Seed        uint64
	Rate        int // events of an image in a step, over all pixels
	Cut         int // darkness below which a pixel is silent
	Steps       int // shown to learn
	TestSteps   int // shown to classify
	Taught      int // events of an image that teach at the first image, in quarters
	TaughtLast  int // and at the last; between them in a straight line
	Drive       int // spikes that the teacher makes the right neuron fire
	Hold        int // teacher events of the right neuron after every event that teaches
	Threshold   int // of the membrane, 1..127
	TestFire    int // the threshold to classify with
	Membrane    int // weights go up at this membrane and above, down below
	Calcium     [3]int
	Start       int // weight of all synapses
	Bistability int // a bistability event after so many images; 0 = none
	Passes      int // over Train
}

// SDSPResult is what a training by SDSP measured.
type SDSPResult struct {
	Right    int      // images of Test that were classified rightly
	Tested   int      // images of Test
	WHash    string   // of the weights, source after source: FNV-1a over 32-bit words
	Inputs   int64    // input spikes of Test
	Synapses int64    // synaptic operations of Test
	Spikes   int64    // output spikes of Test
	Edges    [2]int64 // of the clock: of the training and of Test
}

const (
	sdspClasses = 10
	sdspLeak    = 127 // of the membrane per time reference: from below the threshold to 0
	sdspRest    = 7   // time references between images: calcium goes to 0
	sdspTeacher = 7   // weight of a teacher's event
)

// Words of the chip's input link. The low bit of a virtual event keeps it from
// being taken for one of bistability.
func sdspSynapse(pre, post int) uint64 { return 1<<16 | uint64(pre)<<8 | uint64(post) }
func sdspNeuron(pre int) uint64        { return uint64(pre)<<8 | 7 }
func sdspTime(post int) uint64         { return uint64(post)<<8 | 0xff }
func sdspVirtual(post int, inh int) uint64 {
	return uint64(post)<<8 | sdspTeacher<<5 | uint64(inh)<<4 | 1
}

const sdspBistability = 0

// SDSP trains one layer, 256 pixels to 10 neurons, by the learning rule of
// odin, and classifies the test set. The description of the family and its
// microcode run; the host is the sender of events and counts spikes.
//
// An image is shown twice. First its spikes come as events of single synapses,
// which do not learn (sdsp_on_syn_stim is 0): calcium counts what every neuron
// fires by itself. Then the teacher makes the right neuron fire and holds its
// membrane up and all others down by virtual events, and some spikes come as
// neuron events, which learn: synapses of the right neuron go up unless its
// calcium says that it fires enough, those of a wrong neuron go down if its
// calcium says that it fired. To classify only the first half is shown.
func SDSP(o SDSPOptions) (SDSPResult, error) {
	r, err := newSDSP(o)
	if err != nil {
		return SDSPResult{}, err
	}
	train, test := sdspDigits(o.Train), sdspDigits(o.Test)
	for n := range o.Code.Passes * len(train) {
		if err := r.learn(&train[n%len(train)], o.Train.Labels[n%len(train)], n); err != nil {
			return SDSPResult{}, err
		}
	}
	r.res.Edges[0] = r.edge
	// The host programs the neurons anew; the chip rests.
	copy(r.core.State.Mem[r.core.Image().Spec.Memory("neurons")], o.Code.neurons(false))
	before, spikes := *r.core.Counts, r.spikes
	for i := range test {
		class, err := r.classify(&test[i])
		if err != nil {
			return SDSPResult{}, err
		}
		if class == o.Test.Labels[i] {
			r.res.Right++
		}
	}
	r.res.Tested, r.res.Edges[1], r.res.Spikes = len(test), r.edge-r.res.Edges[0], r.spikes-spikes
	r.res.Synapses = r.core.Counts[count.SynSparse] - before[count.SynSparse]
	r.res.WHash, err = r.weights()
	return r.res, err
}

// sdspRun is a run in hand.
type sdspRun struct {
	code   SDSPCode
	core   *event.Core
	images int   // shown to learn
	edge   int64 // first edge that was not served
	spikes int64
	res    SDSPResult
}

func newSDSP(o SDSPOptions) (*sdspRun, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	f, err := chip.LoadNamed("odin")
	if err != nil {
		return nil, err
	}
	img, err := f.BindEvent(chip.EventSetup{
		Registers: []chip.RegisterValue{{Name: "open_loop", Value: 1}},
		Memories:  []chip.MemoryWords{{Name: "neurons", Chunks: o.Code.neurons(true)}, {Name: "synapses", Chunks: o.Code.synapses()}},
	})
	if err != nil {
		return nil, err
	}
	c, err := event.New(img)
	return &sdspRun{code: o.Code, core: c, images: o.Code.Passes * o.Train.Len()}, err
}

func (o *SDSPOptions) check() error {
	c := &o.Code
	for _, s := range []*dataset.Set{o.Train, o.Test} {
		if s == nil || s.Len() == 0 || s.Pixels() != mnistSide*mnistSide || s.Classes > sdspClasses {
			return fmt.Errorf("science: a set that is not images of %d pixels in at most %d classes", mnistSide*mnistSide, sdspClasses)
		}
	}
	for _, x := range []struct {
		name          string
		have, low, up int
	}{
		{"rate", c.Rate, 1, 256}, {"cut", c.Cut, 0, 254}, {"steps", c.Steps, 1, 256}, {"test steps", c.TestSteps, 1, 256},
		{"taught events", c.Taught, 1, 256}, {"taught events at last", c.TaughtLast, 1, 256}, {"drive", c.Drive, 0, 7}, {"hold", c.Hold, 0, 64},
		{"threshold", c.Threshold, 1, sdspLeak}, {"test threshold", c.TestFire, 1, sdspLeak}, {"membrane", c.Membrane, 0, 255},
		{"calcium 1", c.Calcium[0], 0, 7}, {"calcium 2", c.Calcium[1], 0, 7}, {"calcium 3", c.Calcium[2], 0, 7},
		{"start weight", c.Start, 0, 7}, {"images per bistability event", c.Bistability, 0, 1 << 30}, {"passes", c.Passes, 1, 1 << 10},
	} {
		if x.have < x.low || x.have > x.up {
			return fmt.Errorf("science: %s %d, need %d..%d", x.name, x.have, x.low, x.up)
		}
	}
	return nil
}

// neurons are the words of 128 bits: the output neurons, then others that never
// fire. Without learning there is no calcium, so no flag is ever set.
func (c *SDSPCode) neurons(learn bool) []uint64 {
	out := make([]uint64, 2*256)
	low := 1 | sdspLeak<<1 | 1<<8 | uint64(c.Membrane)<<18 |
		uint64(c.Calcium[0])<<26 | uint64(c.Calcium[1])<<29 | uint64(c.Calcium[2])<<32 | 1<<35
	if learn {
		low |= uint64(c.Threshold)<<9 | 1<<17
	} else {
		low |= uint64(c.TestFire) << 9
	}
	for n := range 256 {
		out[2*n] = low
		if n >= sdspClasses {
			out[2*n], out[2*n+1] = 1|255<<9, 1<<63
		}
	}
	return out
}

// synapses are words of 8 nibbles: those to the output neurons are mapped. A
// chunk of 64 bits holds one word of 32.
func (c *SDSPCode) synapses() []uint64 {
	out := make([]uint64, sdspInputs*32)
	for pre := range sdspInputs {
		for post := range sdspClasses {
			out[pre*32+post/8] |= uint64(8|c.Start) << (post % 8 * 4)
		}
	}
	return out
}

// run serves events until nothing is left to do; heard is told the neurons that
// leave on the output link.
func (r *sdspRun) run(events []uint64, heard func(neuron int)) error {
	for _, w := range events {
		r.core.Inject(0, r.edge, w)
	}
	for {
		next := r.core.Next(r.edge)
		if next == event.Never {
			break
		}
		r.core.Edge(next)
		r.edge = next + 1
		for _, s := range r.core.Spikes {
			if s.Index >= 256 && heard != nil {
				heard(int(s.Index) - 256)
			}
		}
	}
	r.edge = max(r.edge, r.core.Idle())
	if n := r.core.Counts[count.Lost]; n != 0 {
		return fmt.Errorf("science: %d events were lost in the queue", n)
	}
	return nil
}

// order is the k-th pixel of a step: all of them, in leaps.
func sdspOrder(k, step int) int { return (k*101 + step*37) & (sdspInputs - 1) }

// show are the spikes of an image over some steps: every pixel fires at a
// regular rate that is its part of the darkness of the image.
func (c *SDSPCode) show(d *[sdspInputs]uint8, steps int, to []int) []int {
	total := c.total(d)
	for step := range steps {
		for k := range sdspInputs {
			pre := sdspOrder(k, step)
			rate := min(max(int(d[pre])-c.Cut, 0)*c.Rate*256/total, 256)
			phase := (pre*101 + 37) & 255
			if (rate*(step+1)+phase)>>8 != (rate*step+phase)>>8 {
				to = append(to, pre)
			}
		}
	}
	return to
}

func (c *SDSPCode) total(d *[sdspInputs]uint8) int {
	total := 1
	for _, v := range d {
		total += max(int(v)-c.Cut, 0)
	}
	return total
}

// taught are the spikes of an image that teach, drawn with its rates: the
// shown-th of so many.
func (c *SDSPCode) taught(d *[sdspInputs]uint8, shown, images int) (out []int) {
	total, taught := c.total(d), c.Taught+(c.TaughtLast-c.Taught)*shown/images
	for k := range sdspInputs {
		pre := sdspOrder(k, 0)
		p := max(int(d[pre])-c.Cut, 0) * taught << 14 / total
		if p > 0 && int(u32(c.Seed, uint64(shown), uint64(pre))>>16) < p {
			out = append(out, pre)
		}
	}
	return out
}

// single are the events of single synapses of some spikes.
func single(spikes []int) (out []uint64) {
	for _, pre := range spikes {
		for post := range sdspClasses {
			out = append(out, sdspSynapse(pre, post))
		}
	}
	return out
}

// refer are n time references of every output neuron.
func refer(events []uint64, n int) []uint64 {
	for range n {
		for post := range sdspClasses {
			events = append(events, sdspTime(post))
		}
	}
	return events
}

func repeat(events []uint64, word uint64, n int) []uint64 {
	for range n {
		events = append(events, word)
	}
	return events
}

// learn shows an image with its label, the shown-th of the training.
func (r *sdspRun) learn(d *[sdspInputs]uint8, label, shown int) error {
	c := &r.code
	events := refer(single(c.show(d, c.Steps, nil)), 1)
	fire := (c.Threshold + sdspTeacher - 1) / sdspTeacher
	events = repeat(events, sdspVirtual(label, 0), c.Drive*fire+c.Hold)
	for _, pre := range c.taught(d, shown, r.images) {
		events = append(events, sdspNeuron(pre))
		for post := range sdspClasses {
			if post == label {
				events = repeat(events, sdspVirtual(post, 0), c.Hold)
			} else {
				events = append(events, sdspVirtual(post, 1))
			}
		}
	}
	if c.Bistability > 0 && (shown+1)%c.Bistability == 0 {
		events = append(events, sdspBistability)
	}
	return r.run(refer(events, sdspRest), nil)
}

// classify shows an image and gives the class of the neuron that fired most,
// of several the one that came there first; -1 if none fired.
func (r *sdspRun) classify(d *[sdspInputs]uint8) (int, error) {
	spikes := r.code.show(d, r.code.TestSteps, nil)
	r.res.Inputs += int64(len(spikes))
	var fired [sdspClasses]int
	class, most := -1, 0
	err := r.run(refer(single(spikes), sdspRest), func(n int) {
		r.spikes++
		if n >= sdspClasses {
			return
		}
		if fired[n]++; fired[n] > most {
			class, most = n, fired[n]
		}
	})
	return class, err
}

// weights is the hash of all weights. Synapses that are not mapped hold 0.
func (r *sdspRun) weights() (string, error) {
	h := newHash()
	for pre := range int64(sdspInputs) {
		for post := range int64(256) {
			w, ok := r.core.Value("w", pre, post)
			if !ok || post >= sdspClasses && w != 0 {
				return "", fmt.Errorf("science: synapse %d, %d holds %d, need 0", pre, post, w)
			}
			if post < sdspClasses {
				h.add(int32(w))
			}
		}
	}
	return fmt.Sprintf("%016x", uint64(h)), nil
}
