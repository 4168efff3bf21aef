package science

import (
	"fmt"

	"hillock/chip"
	"hillock/core/learn"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// DFAOptions say what DFA trains and on which machine. Engine and Workers
// change nothing but the time it takes.
type DFAOptions struct {
	Seed    uint64
	Train   *dataset.Set // images in the order of training
	Test    *dataset.Set // classified after each pass
	Passes  int          // over Train, at least 1
	Frozen  bool         // the control: hidden weights stay, almost (shift 31)
	Noise   int          // percent of the training labels that are replaced at random
	Engine  string       // "" = vector
	Workers int          // goroutines; 0 = 1
}

// DFAResult is what a training by DFA measured.
type DFAResult struct {
	WHash    [2]uint64    // of the weights into hidden and into output neurons: FNV-1a over 32-bit words, low byte first, source after source
	Accuracy float64      // part of Test that was classified rightly, after the last pass
	Curve    []float64    // the same after each pass; all are parts of 1
	Spikes   [3]float64   // per image of Test, after the last pass: of input, hidden, output
	Counts   count.Counts // of the whole run
}

// Bounds of one experiment.
const (
	maxDFAInputs = 1 << 10
	maxDFAPasses = 1 << 10
)

// DFA trains a network of one hidden layer by direct feedback alignment
// (Nokland 2016) in 8-bit weights, and classifies the test set after each
// pass. The errors of the output neurons go back to the hidden ones over fixed
// random weights.
//
// The machine does all of it: neurons, spike counts, errors, feedback and
// weight changes. The host sends the spikes of the pixels and one spike that
// names the label, serves random numbers, reads spike counts and total inputs
// of the output neurons and picks the class. Without a label nothing is
// learned: that is how the test set is shown.
func DFA(o DFAOptions) (DFAResult, error) {
	if err := o.check(); err != nil {
		return DFAResult{}, err
	}
	d := newDFANet(o.Seed, o.Train.Pixels(), dfaHidden, dfaCores)
	if o.Frozen {
		d.shift1 = 31
	}
	r, labels := dfaRun{}, dfaNoisy(o.Train.Labels, o.Seed, o.Noise)
	for range o.Passes {
		r.add(dfaBlock{set: o.Train, labels: labels})
		r.add(dfaBlock{set: o.Test})
	}
	if err := r.run(o, d); err != nil {
		return DFAResult{}, err
	}
	n := float64(o.Test.Len())
	for i := range r.spikes {
		r.res.Spikes[i] = float64(r.spikes[i]) / n
	}
	r.res.Accuracy = r.res.Curve[len(r.res.Curve)-1]
	return r.res, nil
}

// dfaBlock is images that are shown one after another.
type dfaBlock struct {
	set     *dataset.Set
	labels  []int // that are trained; nil = the images are classified
	pixels  []int // which pixel of an image each input gets; nil = its own
	context int   // where there are gates
	first   int64 // how many images were shown before
	trained int   // how many of them were trained
}

// dfaRun is a run in hand.
type dfaRun struct {
	seed    uint64
	top     int // pixel range
	net     dfaNet
	blocks  []dfaBlock
	block   int // that is shown
	m       *chip.Machine
	res     DFAResult
	err     error // of a write to a modulator
	right   int
	spikes  [3]int64 // of the last block that was classified
	counts  [dfaClasses]int32
	totals  [dfaClasses]int32
	hiddens []int32
}

// add puts a block behind the others.
func (r *dfaRun) add(b dfaBlock) {
	if n := len(r.blocks); n > 0 {
		last := &r.blocks[n-1]
		b.first, b.trained = last.first+int64(last.set.Len()), last.trained+len(last.labels)
	}
	r.blocks = append(r.blocks, b)
}

// run shows all blocks to a network and leaves the result in r.res: an entry
// of Curve for each block that is classified.
func (r *dfaRun) run(o DFAOptions, net dfaNet) error {
	img, err := net.image()
	if err != nil {
		return err
	}
	r.seed, r.net, r.top, r.hiddens = o.Seed, net, max(o.Train.Max, o.Test.Max, 1), make([]int32, net.hidden)
	r.m, err = chip.New(img, chip.Options{Engine: o.Engine, Workers: o.Workers, Draw: r.draw})
	if err != nil {
		return err
	}
	last := &r.blocks[len(r.blocks)-1]
	if err := r.m.Run((last.first+int64(last.set.Len()))*dfaEpoch, r.inject, r.note); err != nil {
		return err
	}
	r.res.Counts = r.m.Counts()
	w1, w2 := r.weights()
	r.res.WHash = [2]uint64{dfaHash(w1), dfaHash(w2)}
	return nil
}

func (o *DFAOptions) check() error {
	switch {
	case o.Train == nil || o.Test == nil || o.Train.Len() == 0 || o.Test.Len() == 0:
		return fmt.Errorf("science: a set without images, need some to train with and some to test with")
	case o.Train.Pixels() != o.Test.Pixels() || o.Train.Pixels() > maxDFAInputs:
		return fmt.Errorf("science: images of %d and %d pixels, need the same, at most %d", o.Train.Pixels(), o.Test.Pixels(), maxDFAInputs)
	case max(o.Train.Classes, o.Test.Classes) > dfaClasses:
		return fmt.Errorf("science: %d classes, need at most %d", max(o.Train.Classes, o.Test.Classes), dfaClasses)
	case o.Passes < 1 || o.Passes > maxDFAPasses:
		return fmt.Errorf("science: %d passes, need 1..%d", o.Passes, maxDFAPasses)
	case o.Noise < 0 || o.Noise > 100:
		return fmt.Errorf("science: %d percent of the labels replaced, need 0..100", o.Noise)
	}
	return nil
}

// dfaNoisy replaces some percent of the labels by random ones.
func dfaNoisy(labels []int, seed uint64, percent int) []int {
	out := append([]int(nil), labels...)
	for i := range out {
		if uint64(u32(seed+20, uint64(i), 0)) < uint64(percent)<<32/100 {
			out[i] = int(u32(seed+21, uint64(i), 0) % dfaClasses)
		}
	}
	return out
}

// at says what is shown at a tick of the block in hand: which of its images, and
// which tick of that.
func (r *dfaRun) at(tick int64) (b *dfaBlock, image, phase int) {
	b = &r.blocks[r.block]
	return b, int(tick/dfaEpoch - b.first), int(tick % dfaEpoch)
}

// draw is the random number for one synapse and one image of the training; the
// number of the image goes on from block to block.
func (r *dfaRun) draw(q learn.Query) int32 {
	b, image, _ := r.at(q.Tick)
	shown, item := uint64(b.trained+image), int(q.Item)
	u := uint32(0)
	if int(q.Core) == r.net.cores {
		u = u32(r.seed+11, shown, uint64(item/dfaClasses*64+item%dfaClasses))
	} else {
		first, n := r.net.span(int(q.Core))
		u = u32(r.seed+12, shown, uint64(item/n*1024+first+item%n))
	}
	return int32(u >> (32 - q.Bits))
}

// begin is called before the first tick of a block. Where there are gates and
// the context changes, it broadcasts it: all that the host says about contexts.
func (r *dfaRun) begin(b *dfaBlock) {
	if b.labels == nil {
		r.right, r.spikes = 0, [3]int64{}
	}
	if r.net.gates != nil && (r.block == 0 || b.context != r.blocks[r.block-1].context) {
		if err := r.m.Modulate(-1, 0, 1<<b.context); r.err == nil {
			r.err = err
		}
	}
}

// inject is the input of a tick: pixels at a rate, then the label.
func (r *dfaRun) inject(tick int64, dst []chip.Injection) []chip.Injection {
	b, image, phase := r.at(tick)
	if image == b.set.Len() {
		r.block++
		b, image, phase = r.at(tick)
	}
	if image == 0 && phase == 0 {
		r.begin(b)
	}
	train, pixels := b.labels != nil, b.set.Images[image]
	switch {
	case phase < dfaTicks:
		for p := range pixels {
			v := pixels[p]
			if b.pixels != nil {
				v = pixels[b.pixels[p]]
			}
			if dfaRate(int(v)*255/r.top, phase) {
				dst = append(dst, chip.Injection{Pop: dfaPopInput, Index: int32(p), Payload: 1})
			}
		}
		if !train {
			r.spikes[0] += int64(len(dst))
		}
	case phase == dfaLabel && train:
		dst = append(dst, chip.Injection{Pop: dfaPopLabel, Index: int32(b.labels[image]), Payload: 1})
	}
	return dst
}

// dfaRate says whether a pixel of 0 to 255 spikes: it adds up tick by tick
// from 127 on, and every full 255 is a spike.
func dfaRate(v, tick int) bool { return (127+(tick+1)*v)/255 > (127+tick*v)/255 }

// note reads the machine at the end of each image that is classified.
func (r *dfaRun) note(tick int64, m *chip.Machine) error {
	b, image, phase := r.at(tick)
	if b.labels != nil || phase != dfaEpoch-1 || r.err != nil {
		return r.err
	}
	if err := m.ReadState(dfaPopHidden, r.hiddens); err != nil {
		return err
	}
	if err := m.ReadState(dfaPopOutput, r.counts[:]); err != nil {
		return err
	}
	if err := m.Read(chip.Place{Space: chip.StateWords, Core: r.net.cores, Word: dfaWordTotal}, r.totals[:]); err != nil {
		return err
	}
	for _, n := range r.hiddens {
		r.spikes[1] += int64(n)
	}
	best := 0
	for k, n := range r.counts {
		r.spikes[2] += int64(n)
		if n > r.counts[best] || n == r.counts[best] && r.totals[k] > r.totals[best] {
			best = k
		}
	}
	if best == b.set.Labels[image] {
		r.right++
	}
	if n := b.set.Len(); image == n-1 {
		r.res.Curve = append(r.res.Curve, float64(r.right)/float64(n))
	}
	return nil
}

func dfaHash(values []int32) uint64 {
	h := newHash()
	for _, v := range values {
		h.add(v)
	}
	return uint64(h)
}

// weights reads what was learned: [input][hidden] and [hidden][output].
func (r *dfaRun) weights() (w1, w2 []int32) {
	d := &r.net
	w1 = make([]int32, d.inputs*d.hidden)
	for c := range d.cores {
		first, n := d.span(c)
		learned := r.m.Core(c).State.Learn[0].Words[learn.Synapse][0]
		for p := range d.inputs {
			copy(w1[p*d.hidden+first:], learned[p*n:(p+1)*n])
		}
	}
	return w1, r.m.Core(d.cores).State.Learn[0].Words[learn.Synapse][0]
}
