package science

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// GainLayer is one layer of a converted network of rectified neurons: v grows
// by weights and bias in each tick and falls by the threshold with each spike.
type GainLayer struct {
	In, Out   int
	Threshold int32
	Bias      []int32 // [Out]
	W         []int8  // [In*Out], row after row
}

// GainOptions say what Gain shows to which network. Engine and Workers change
// nothing but the time it takes.
type GainOptions struct {
	Layers   []GainLayer  // three of them: the last only adds up, its largest sum is the class
	Images   *dataset.Set // shown one after the other
	Contrast int          // what pixels are multiplied by, 8.8
	Wrap     bool         // a pixel above 255 loses its upper bits, as in the recorded figures; else it is clipped
	Fixed    bool         // the control: the gain stays at 1
	Target   int32        // spikes of the first layer per image that the gain aims at
	Engine   string       // "" = vector
	Workers  int          // goroutines; 0 = 1
}

// GainResult is what a run measured.
type GainResult struct {
	Right  []bool // per image: the class was found
	Gain   []int32
	Spikes []int32 // of the first layer, per image
	Hash   uint64  // of the sums of the last layer, image after image: FNV-1a over 32-bit words
	Counts count.Counts
}

// Correct is the number of images from first on whose class was found.
func (r *GainResult) Correct(first int) int {
	n := 0
	for _, ok := range r.Right[min(first, len(r.Right)):] {
		if ok {
			n++
		}
	}
	return n
}

// GainEnd is the mean gain of the last n images, 1 = unchanged.
func (r *GainResult) GainEnd(n int) float64 {
	n = min(n, len(r.Gain))
	sum := int64(0)
	for _, g := range r.Gain[len(r.Gain)-n:] {
		sum += int64(g)
	}
	return float64(sum) / float64(n) / gainOne
}

// Times of an image: input comes in ticks 0 to gainTicks-1, and each further
// layer is one tick later.
const (
	gainTicks = 16
	gainDepth = 3
	gainEpoch = gainTicks + gainDepth - 1

	gainOne    = 256 // 8.8
	gainLeast  = gainOne / 8
	gainMost   = gainOne * 16
	gainTarget = 1 << 15 // largest target: products stay in 32 bits

	gainImages = 1 << 14 // the count of spikes runs on over all images
)

// Gain classifies images whose contrast was changed after the training, without
// labels, by a converted network whose input gain follows its own activity: a
// modulator counts the spikes of the first layer, and at the end of each image
// the gain grows by gain * (target - spikes) / 4096, rounded down. Network,
// register and gain are on the machine; the host turns pixels into spikes at a
// rate and reads the sums of the last layer. It writes nothing.
func Gain(o GainOptions) (GainResult, error) {
	if err := o.check(); err != nil {
		return GainResult{}, err
	}
	img, err := gainImage(&o)
	if err != nil {
		return GainResult{}, err
	}
	r := &gainRun{o: o, hash: newHash()}
	r.sums = make([]int32, o.Layers[gainDepth-1].Out)
	r.gains = make([]int32, o.Layers[0].Out)
	if r.m, err = chip.New(img, chip.Options{Engine: o.Engine, Workers: o.Workers}); err != nil {
		return GainResult{}, err
	}
	if err := r.m.Run(int64(o.Images.Len())*gainEpoch, r.inject, r.note); err != nil {
		return GainResult{}, err
	}
	r.res.Hash, r.res.Counts = uint64(r.hash), r.m.Counts()
	return r.res, nil
}

func (o *GainOptions) check() error {
	switch {
	case len(o.Layers) != gainDepth:
		return fmt.Errorf("science: %d layers, need %d", len(o.Layers), gainDepth)
	case o.Images == nil || o.Images.Len() == 0 || o.Images.Len() > gainImages:
		return fmt.Errorf("science: no images or more than %d, need some", gainImages)
	case o.Contrast < 0 || o.Contrast > gainMost:
		return fmt.Errorf("science: contrast %d, need 0..%d", o.Contrast, gainMost)
	case o.Target < 0 || o.Target > gainTarget:
		return fmt.Errorf("science: target of %d spikes, need 0..%d", o.Target, gainTarget)
	}
	in := o.Images.Pixels()
	for k, l := range o.Layers {
		switch {
		case l.In != in || l.In > 1024 || l.Out < 1 || l.Out > 1024:
			return fmt.Errorf("science: layer %d of %d inputs and %d neurons, need %d inputs and 1..1024 of both", k, l.In, l.Out, in)
		case len(l.Bias) != l.Out || len(l.W) != l.In*l.Out:
			return fmt.Errorf("science: layer %d of %d biases and %d weights, need %d and %d", k, len(l.Bias), len(l.W), l.Out, l.In*l.Out)
		case l.Threshold < 1 || l.Threshold > 1<<20:
			return fmt.Errorf("science: layer %d with threshold %d, need 1..%d", k, l.Threshold, 1<<20)
		}
		in = l.Out
	}
	return nil
}

// gainRun is a run in hand.
type gainRun struct {
	o     GainOptions
	m     *chip.Machine
	res   GainResult
	hash  hash
	sums  []int32 // of the last layer
	gains []int32 // one per neuron of the first layer, all the same
	count int32   // of modulator 0 at the end of the last image
}

// gainPixel is a pixel of 0 to 255 at another contrast.
func (o *GainOptions) gainPixel(v int) int {
	v = (v*o.Contrast + gainOne/2) / gainOne
	if o.Wrap {
		return v & 255
	}
	return min(v, 255)
}

func (r *gainRun) inject(tick int64, dst []chip.Injection) []chip.Injection {
	phase := int(tick % gainEpoch)
	if phase >= gainTicks {
		return dst
	}
	for p, v := range r.o.Images.Images[tick/gainEpoch] {
		if dfaRate(r.o.gainPixel(min(int(v), 255)), phase) {
			dst = append(dst, chip.Injection{Index: int32(p), Payload: 1})
		}
	}
	return dst
}

// note reads the machine in the last two ticks of each image: the gain it was
// seen with, and what came out.
func (r *gainRun) note(tick int64, m *chip.Machine) error {
	switch tick % gainEpoch {
	case gainEpoch - 2:
		if err := m.Read(chip.Place{Space: chip.StateWords, Core: 0, Word: gainWordGain}, r.gains); err != nil {
			return err
		}
		r.res.Gain = append(r.res.Gain, r.gains[0])
	case gainEpoch - 1:
		return r.classify(int(tick/gainEpoch), m)
	}
	return nil
}

func (r *gainRun) classify(image int, m *chip.Machine) error {
	if err := m.Read(chip.Place{Space: chip.StateWords, Core: gainDepth - 1}, r.sums); err != nil {
		return err
	}
	best := 0
	for k, v := range r.sums {
		r.hash.add(v)
		if v > r.sums[best] {
			best = k
		}
	}
	now := m.Core(0).State.Mods[0]
	if now == math.MaxInt32 {
		return fmt.Errorf("science: image %d: the count of spikes is at its end", image)
	}
	r.res.Right = append(r.res.Right, best == r.o.Images.Labels[image])
	r.res.Spikes = append(r.res.Spikes, now-r.count)
	r.count = now
	return nil
}
