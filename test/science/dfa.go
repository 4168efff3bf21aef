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
	r, err := newDFA(o)
	if err != nil {
		return DFAResult{}, err
	}
	if err := r.m.Run(r.images()*dfaEpoch, r.inject, r.note); err != nil {
		return DFAResult{}, err
	}
	n := float64(o.Test.Len())
	for i := range r.spikes {
		r.res.Spikes[i] = float64(r.spikes[i]) / n
	}
	r.res.Accuracy = r.res.Curve[len(r.res.Curve)-1]
	r.res.Counts = r.m.Counts()
	w1, w2 := dfaWeights(r.m, o.Train.Pixels(), dfaHidden)
	r.res.WHash = [2]uint64{dfaHash(w1), dfaHash(w2)}
	return r.res, nil
}

// dfaRun is a run in hand.
type dfaRun struct {
	o       DFAOptions
	top     int   // pixel range
	labels  []int // of Train, with noise
	m       *chip.Machine
	res     DFAResult
	right   int
	spikes  [3]int64
	hiddens [dfaHidden]int32
}

func newDFA(o DFAOptions) (*dfaRun, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	d := newDFANet(o.Seed, o.Train.Pixels(), dfaHidden)
	if o.Frozen {
		d.shift1 = 31
	}
	img, err := d.image()
	if err != nil {
		return nil, err
	}
	r := &dfaRun{o: o, top: max(o.Train.Max, o.Test.Max, 1), labels: dfaNoisy(o.Train.Labels, o.Seed, o.Noise)}
	r.m, err = chip.New(img, chip.Options{Engine: o.Engine, Workers: o.Workers, Draw: r.draw})
	return r, err
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

// images is the number of images shown: each pass trains, then tests.
func (r *dfaRun) images() int64 {
	return int64(r.o.Passes) * int64(r.o.Train.Len()+r.o.Test.Len())
}

// at says what is shown at a tick: an image of Train or of Test, in which pass
// and in which of its ticks.
func (r *dfaRun) at(tick int64) (pass, image int, train bool, phase int) {
	n, shown := r.o.Train.Len(), int(tick/dfaEpoch)
	pass, image = shown/(n+r.o.Test.Len()), shown%(n+r.o.Test.Len())
	phase = int(tick % dfaEpoch)
	if image < n {
		return pass, image, true, phase
	}
	return pass, image - n, false, phase
}

// draw is the random number for one synapse and one image of the training; the
// number of the image goes on from pass to pass.
func (r *dfaRun) draw(q learn.Query) int32 {
	pass, image, _, _ := r.at(q.Tick)
	return dfaDraw(q, r.o.Seed, pass*r.o.Train.Len()+image, dfaHidden)
}

// dfaDraw is the random number for one synapse when the shown-th image of a
// training was learned.
func dfaDraw(q learn.Query, seed uint64, shown, hidden int) int32 {
	u, item := uint32(0), int(q.Item)
	if q.Core == dfaOutCore {
		u = u32(seed+11, uint64(shown), uint64(item/dfaClasses*64+item%dfaClasses))
	} else {
		first, n := dfaSpan(int(q.Core), hidden)
		u = u32(seed+12, uint64(shown), uint64(item/n*1024+first+item%n))
	}
	return int32(u >> (32 - q.Bits))
}

// inject is the input of a tick: pixels at a rate, then the label.
func (r *dfaRun) inject(tick int64, dst []chip.Injection) []chip.Injection {
	_, image, train, phase := r.at(tick)
	set := r.o.Test
	if train {
		set = r.o.Train
	}
	switch {
	case phase < dfaTicks:
		for p, v := range set.Images[image] {
			if dfaRate(int(v)*255/r.top, phase) {
				dst = append(dst, chip.Injection{Pop: dfaPopInput, Index: int32(p), Payload: 1})
			}
		}
		if !train {
			r.spikes[0] += int64(len(dst))
		}
	case phase == dfaLabel && train:
		dst = append(dst, chip.Injection{Pop: dfaPopLabel, Index: int32(r.labels[image]), Payload: 1})
	}
	return dst
}

// dfaRate says whether a pixel of 0 to 255 spikes: it adds up tick by tick
// from 127 on, and every full 255 is a spike.
func dfaRate(v, tick int) bool { return (127+(tick+1)*v)/255 > (127+tick*v)/255 }

// note reads the machine at the end of each image of the test set.
func (r *dfaRun) note(tick int64, m *chip.Machine) error {
	_, image, train, phase := r.at(tick)
	if train || phase != dfaEpoch-1 {
		if train && phase == 0 {
			r.right, r.spikes = 0, [3]int64{}
		}
		return nil
	}
	if err := m.ReadState(dfaPopHidden, r.hiddens[:]); err != nil {
		return err
	}
	best, sent, err := dfaClass(m)
	if err != nil {
		return err
	}
	for _, n := range r.hiddens {
		r.spikes[1] += int64(n)
	}
	r.spikes[2] += sent
	if best == r.o.Test.Labels[image] {
		r.right++
	}
	if image == r.o.Test.Len()-1 {
		r.res.Curve = append(r.res.Curve, float64(r.right)/float64(r.o.Test.Len()))
	}
	return nil
}

// dfaClass reads what an image was taken for, and how many spikes the output
// neurons sent: largest count, then largest total input, then lowest index.
func dfaClass(m *chip.Machine) (best int, sent int64, err error) {
	var counts, totals [dfaClasses]int32
	if err := m.ReadState(dfaPopOutput, counts[:]); err != nil {
		return 0, 0, err
	}
	if err := m.Read(chip.Place{Space: chip.StateWords, Core: dfaOutCore, Word: dfaWordTotal}, totals[:]); err != nil {
		return 0, 0, err
	}
	for k, n := range counts {
		sent += int64(n)
		if n > counts[best] || n == counts[best] && totals[k] > totals[best] {
			best = k
		}
	}
	return best, sent, nil
}

func dfaHash(values []int32) uint64 {
	h := newHash()
	for _, v := range values {
		h.add(v)
	}
	return uint64(h)
}

// dfaWeights reads what was learned: [input][hidden] and [hidden][output].
func dfaWeights(m *chip.Machine, inputs, hidden int) (w1, w2 []int32) {
	w1 = make([]int32, inputs*hidden)
	for c := range dfaOutCore {
		first, n := dfaSpan(c, hidden)
		learned := m.Core(c).State.Learn[0].Words[learn.Synapse][0]
		for p := range inputs {
			copy(w1[p*hidden+first:], learned[p*n:(p+1)*n])
		}
	}
	return w1, m.Core(dfaOutCore).State.Learn[0].Words[learn.Synapse][0]
}
