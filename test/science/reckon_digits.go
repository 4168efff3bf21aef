package science

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core/event"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// Sizes and settings of ReckOn as ReckOnDigits uses it.
const (
	reckonRow     = 256 // targets of a source's row in the memories of input weights
	reckonOutRow  = 16  // the same of output weights
	reckonTop     = 127 // largest weight: 8 bits
	reckonShift   = 3   // weights act shifted left, so that rounding of the leak costs less
	reckonAlpha   = 1 << 15
	reckonPartial = 1 << 12 // the part of the leak that is not its top bits
)

// ReckOnOptions say which network runs on which images.
type ReckOnOptions struct {
	Net     *graph.Network // input, hidden, output population; feed-forward
	Test    *dataset.Set   // pixels of 0 to 16, one per input
	Ticks   int            // spikes of the brightest pixel
	Kappa   int64          // leak of outputs in 1/128, 1 to 128; 128 = they keep everything
	Engine  string         // "" = vector; changes nothing
	Workers int            // goroutines; 0 = 1; changes nothing
}

// ReckOnResult is what the machine made of the images.
type ReckOnResult struct {
	Correct, Images int
	Labels          []int    // as the chip sent them
	Spikes          [2]int64 // of inputs (the bias included) and hidden neurons
	Counts          count.Counts
	Edges           int64 // of the clock
	Image           *chip.Image
}

// ReckOnDigits converts a network of one hidden layer that resets to zero for
// reckon and runs images on the machine. Weights of a layer share a scale and
// keep 8 bits; drives come from an input that spikes in every tick, those of
// outputs from a hidden neuron that it makes spike in every tick but the first.
// Outputs of the chip do not spike: the class is the label that the chip sends,
// the output that was the greatest in most ticks. No threshold of an output is
// used, which is where the chip does otherwise than the network.
func ReckOnDigits(o ReckOnOptions) (*ReckOnResult, error) {
	if err := reckonFits(o); err != nil {
		return nil, err
	}
	f, err := chip.LoadNamed("reckon")
	if err != nil {
		return nil, err
	}
	e, err := f.BindEvent(reckonSetup(o))
	if err != nil {
		return nil, err
	}
	r := &ReckOnResult{Image: f.EventImage(e), Images: o.Test.Len()}
	return r, r.run(o)
}

// reckonFits refuses what the conversion does not know.
func reckonFits(o ReckOnOptions) error {
	if o.Net == nil || o.Test == nil || o.Ticks < 1 || o.Ticks > 16 || o.Kappa < 1 || o.Kappa > 128 {
		return fmt.Errorf("science: need a network, images, 1 to 16 ticks and a kappa of 1 to 128, have %d and %d", o.Ticks, o.Kappa)
	}
	if err := o.Net.Validate(); err != nil {
		return err
	}
	p, q := o.Net.Pops, o.Net.Projs
	if len(p) != 3 || len(q) != 2 || q[0].Pre != 0 || q[0].Post != 1 || q[1].Pre != 1 || q[1].Post != 2 || q[0].W == nil || q[1].W == nil {
		return fmt.Errorf("science: need input, hidden and output population in a row with matrices, have %d populations and %d projections", len(p), len(q))
	}
	h := p[1]
	if p[0].N != o.Test.Pixels() || p[0].N > 255 || h.N > 254 || p[2].N > reckonOutRow {
		return fmt.Errorf("science: %d inputs for %d pixels, %d hidden and %d output neurons, need at most 255, 254 and %d", p[0].N, o.Test.Pixels(), h.N, p[2].N, reckonOutRow)
	}
	for i := range h.N {
		if a := math.Round(h.AV[i] * reckonAlpha); h.Kind != graph.CubaLIF || h.Reset != graph.ResetZero || h.VReset[i] != 0 || h.AJ[i] != 0 || h.GV[i] != 1 || h.Multi || h.Floor != nil || h.V0 != nil ||
			a < 7*reckonPartial || a >= 9*reckonPartial || h.AV[i] != h.AV[0] || h.Theta[i] != h.Theta[0] || h.Theta[i] <= 0 {
			return fmt.Errorf("science: hidden neuron %d, need a leaky one with reset to zero, a decay of 0.875 to 1.125 and a threshold above 0, the same for all", i)
		}
	}
	return nil
}

// reckonDrive is the hidden neuron that is the drive of outputs: the first of a
// pair of its own, because a pair shares its threshold. The other one makes the
// last index odd; otherwise the chip would not step the pair.
func reckonDrive(hidden int) int { return (hidden + 1) &^ 1 }

// reckonSetup writes the network into the memories and registers.
func reckonSetup(o ReckOnOptions) chip.EventSetup {
	p, q := o.Net.Pops, o.Net.Projs
	in, hidden, out := p[0].N, p[1].N, p[2].N
	drive := reckonDrive(hidden)
	inp, scale := reckonRows(q[0], p[1].C, in, reckonRow)
	outw, _ := reckonRows(q[1], p[2].C, drive, reckonOutRow)
	inp.set(in, drive, reckonTop)
	thr := p[1].Theta[0] * scale * (1 << reckonShift)
	if whole := math.Floor(thr); !p[1].GE || whole < thr {
		thr = whole + 1
	}
	alpha := int64(math.Round(p[1].AV[0] * reckonAlpha))
	neurons, top := make([]uint64, reckonRow), make([]uint64, reckonRow/2)
	for pair := range top {
		t := uint64(math.MaxInt16) // pairs behind the last are stepped too where there are more inputs
		switch {
		case pair < drive/2:
			t = uint64(min(thr, math.MaxInt16))
		case pair == drive/2:
			t = 1
		}
		neurons[2*pair+1] = t<<36 | uint64(alpha%reckonPartial)<<52
		top[pair] = uint64(alpha/reckonPartial) - 7
	}
	return chip.EventSetup{
		Registers: []chip.RegisterValue{{Name: "RST_MODE", Value: 1}, {Name: "FP_LOC_WINP", Value: reckonShift}, {Name: "KAPPA", Value: o.Kappa},
			{Name: "NUM_INP_NEUR", Value: int64(in)}, {Name: "NUM_REC_NEUR", Value: int64(drive + 1)}, {Name: "NUM_OUT_NEUR", Value: int64(out - 1)}},
		Memories: []chip.MemoryWords{{Name: "neurons", Chunks: neurons}, {Name: "alpha_conf", Chunks: top}, {Name: "weights_inp", Chunks: inp.words}, {Name: "weights_out", Chunks: outw.words}},
	}
}

// byteRows is a memory of bytes, a row per source.
type byteRows struct {
	words []uint64
	row   int
}

func (b *byteRows) set(pre, post int, w int64) {
	at := pre*b.row + post
	b.words[at/8] |= uint64(uint8(w)) << (at % 8 * 8)
}

// reckonRows rounds the weights of a projection at one scale, and the drives of
// its targets as the row of source at.
func reckonRows(q *graph.Projection, drive []float64, at, row int) (b byteRows, scale float64) {
	post := len(drive)
	pre := len(q.W) / post
	drives, top := make([]float64, post), 0.0
	for i := range drives {
		if drives[i] = drive[i]; q.Bias != nil {
			drives[i] += q.Bias[i]
		}
		top = max(top, math.Abs(drives[i]))
	}
	for _, w := range q.W {
		top = max(top, math.Abs(w))
	}
	scale = 1
	if top > 0 {
		scale = reckonTop / top
	}
	b = byteRows{make([]uint64, (at+1)*row/8), row}
	for i := range post {
		for j := range pre {
			b.set(j, i, int64(math.RoundToEven(q.W[i*pre+j]*scale)))
		}
		b.set(at, i, int64(math.RoundToEven(drives[i]*scale)))
	}
	return b, scale
}

// run shows the images, each a sample of the chip.
func (r *ReckOnResult) run(o ReckOnOptions) error {
	b, err := newEventBench(r.Image, chip.Options{Engine: o.Engine, Workers: o.Workers})
	if err != nil {
		return err
	}
	label := -1
	b.core.Watch = func(n event.Note) {
		switch n.Kind {
		case event.Spiked:
			r.Spikes[1]++
		case event.Sent:
			label = int(n.Value)
		}
	}
	for i, img := range o.Test.Images {
		label = -1
		if err := r.sample(b, img, o); err != nil {
			return err
		}
		r.Labels = append(r.Labels, label)
		if label == o.Test.Labels[i] {
			r.Correct++
		}
	}
	r.Counts, r.Edges = b.m.Counts(), b.m.Tick()
	return nil
}

// sample shows one image.
func (r *ReckOnResult) sample(b *eventBench, img []uint16, o ReckOnOptions) error {
	type word struct {
		port string
		bits uint64
	}
	list := []word{{"sample", 1}, {"infer", 1}}
	for t := range o.Ticks {
		for j, p := range img {
			if spikes(p, t, o.Ticks) {
				list = append(list, word{"aer", uint64(j)})
				r.Spikes[0]++
			}
		}
		list = append(list, word{"aer", uint64(len(img))}, word{"tick", 1})
		r.Spikes[0]++
	}
	list = append(list, word{"sample", 0}, word{"tick", 1})
	for _, w := range list {
		if err := b.sendTo(w.port, w.bits); err != nil {
			return err
		}
	}
	return nil
}
