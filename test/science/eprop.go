package science

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"hillock/chip"
	"hillock/core/event"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// EpropOptions say what a chip learns by e-prop, and how.
type EpropOptions struct {
	Train, Test *dataset.Set // pixels of 0 to 16, one input each
	Hidden      int          // recurrent neurons, an even number of 2 to 256
	Ticks       int          // of a sample with input, 1 to 16
	Passes      int          // over the training images
	Learn       int64        // 1 input, 2 recurrent, 4 output weights, added up
	Seed        uint64       // of the weights at the start and of the order of images
	Engine      string       // "" = vector; changes nothing
}

// EpropResult is what the machine learnt.
type EpropResult struct {
	Correct []int // test images right after every pass; the first is before any
	Images  int
	Edges   int64 // of the clock
	Counts  count.Counts
	Image   *chip.Image
	Hash    string // SHA-256 of all weights at the end
}

// Settings that were searched on training images (docs/RATIONALE.md).
const (
	epropClasses   = 10
	epropThreshold = 600
	epropAlpha     = 31130 // in 1/32768
	epropSpread    = 40    // of input weights at the start
)

// epropRegisters are the registers beside sizes and what learns. Levels of the
// pseudo-derivative are highest below the threshold, 0 far below it.
func epropRegisters() []chip.RegisterValue {
	return []chip.RegisterValue{
		{Name: "FP_LOC_WINP", Value: 3}, {Name: "FP_LOC_WREC", Value: 3}, {Name: "FP_LOC_WOUT", Value: 4},
		{Name: "FP_LOC_TINP", Value: 3}, {Name: "FP_LOC_TREC", Value: 3}, {Name: "FP_LOC_TOUT", Value: 3},
		{Name: "EN_STOCH_ROUND", Value: 1}, {Name: "KAPPA", Value: 122}, {Name: "LEARN_SIG_SCALE", Value: 6},
		{Name: "THR_H_0", Value: 1<<16 - epropThreshold}, {Name: "THR_H_1", Value: 0}, {Name: "THR_H_2", Value: epropThreshold / 2}, {Name: "THR_H_3", Value: epropThreshold},
		{Name: "H_1", Value: 1}, {Name: "H_2", Value: 2}, {Name: "H_3", Value: 4}, {Name: "H_4", Value: 1},
		{Name: "LR_P_WINP", Value: 14}, {Name: "LR_P_WREC", Value: 14}, {Name: "LR_P_WOUT", Value: 12},
		{Name: "SINGLE_LABEL", Value: 1},
	}
}

// Eprop shows images to reckon, sample by sample, and lets it learn their
// labels on the chip. The host frames samples; in the second half of one it lets
// ticks score, and while it trains it sends the label once and holds the target
// valid. It never writes a weight. Before and after every pass the test images
// are shown without a target; the class is the label that the chip sends.
func Eprop(o EpropOptions) (*EpropResult, error) {
	if o.Train == nil || o.Test == nil || o.Hidden < 2 || o.Hidden > 256 || o.Hidden%2 != 0 || o.Ticks < 1 || o.Ticks > 16 || o.Passes < 0 || o.Train.Pixels() > 256 || o.Train.Pixels() != o.Test.Pixels() {
		return nil, fmt.Errorf("science: need images of at most 256 pixels, 2 to 256 hidden neurons, an even number, and 1 to 16 ticks, have %d and %d", o.Hidden, o.Ticks)
	}
	f, err := chip.LoadNamed("reckon")
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(o.Seed, 1))
	e, err := f.BindEvent(epropSetup(o, random))
	if err != nil {
		return nil, err
	}
	r := &EpropResult{Image: f.EventImage(e), Images: o.Test.Len()}
	b, err := newEventBench(r.Image, chip.Options{Engine: o.Engine})
	if err != nil {
		return nil, err
	}
	h := &epropHost{eventBench: b, ticks: o.Ticks}
	b.core.Watch = func(n event.Note) {
		if n.Kind == event.Sent {
			h.label = int(n.Value)
		}
	}
	for pass := range o.Passes + 1 {
		if pass > 0 {
			for _, i := range random.Perm(o.Train.Len()) {
				if err := h.show(o.Train.Images[i], o.Train.Labels[i]); err != nil {
					return nil, err
				}
			}
		}
		right, err := h.test(o.Test)
		if err != nil {
			return nil, err
		}
		r.Correct = append(r.Correct, right)
	}
	r.Edges, r.Counts, r.Hash = b.m.Tick(), b.m.Counts(), epropHash(b.core)
	return r, nil
}

// epropSetup draws the weights at the start: inputs to hidden neurons; all
// others are 0.
func epropSetup(o EpropOptions, random *rand.Rand) chip.EventSetup {
	in := o.Train.Pixels()
	inp := byteRows{make([]uint64, in*reckonRow/8), reckonRow}
	for j := range in {
		for i := range o.Hidden {
			inp.set(j, i, int64(random.IntN(2*epropSpread+1)-epropSpread))
		}
	}
	neurons, top := make([]uint64, reckonRow), make([]uint64, reckonRow/2)
	for pair := range top {
		neurons[2*pair+1] = epropThreshold<<36 | epropAlpha%reckonPartial<<52
		top[pair] = epropAlpha/reckonPartial - 7
	}
	regs := append(epropRegisters(), chip.RegisterValue{Name: "DO_EPROP", Value: o.Learn}, chip.RegisterValue{Name: "NUM_INP_NEUR", Value: int64(in - 1)},
		chip.RegisterValue{Name: "NUM_REC_NEUR", Value: int64(o.Hidden - 1)}, chip.RegisterValue{Name: "NUM_OUT_NEUR", Value: epropClasses - 1})
	return chip.EventSetup{Registers: regs,
		Memories: []chip.MemoryWords{{Name: "neurons", Chunks: neurons}, {Name: "alpha_conf", Chunks: top}, {Name: "weights_inp", Chunks: inp.words}}}
}

// epropHash is the SHA-256 of the memories of weights.
func epropHash(c *event.Core) string {
	sum := sha256.New()
	spec := &c.Image().Spec
	for _, name := range [...]string{"weights_inp", "weights_rec", "weights_out"} {
		words, _ := spec.Words(&c.State, spec.Memory(name))
		for _, w := range words {
			sum.Write(binary.LittleEndian.AppendUint64(nil, w))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// epropHost frames samples.
type epropHost struct {
	*eventBench
	ticks, label int
}

// epropTarget marks a word of the input link as a label.
const epropTarget = 1 << 8

// show presents one image, with a label of 0 or more as its target.
func (h *epropHost) show(img []uint16, label int) error {
	type word struct {
		port string
		bits uint64
	}
	list := []word{{"sample", 1}}
	for t := range h.ticks {
		for j, p := range img {
			if spikes(p, t, h.ticks) {
				list = append(list, word{"aer", uint64(j)})
			}
		}
		if t == h.ticks/2 {
			list = append(list, word{"infer", 1})
			if label >= 0 {
				list = append(list, word{"aer", epropTarget | uint64(label)}, word{"valid", 1})
			}
		}
		list = append(list, word{"tick", 1})
	}
	list = append(list, word{"infer", 0}, word{"valid", 0})
	for _, w := range append(list, word{"sample", 0}, word{"tick", 1}) {
		if err := h.sendTo(w.port, w.bits); err != nil {
			return err
		}
	}
	return nil
}

// test counts the images of a set whose label the chip sends, nothing learnt.
func (h *epropHost) test(s *dataset.Set) (right int, err error) {
	for i, img := range s.Images {
		h.label = -1
		if err := h.show(img, -1); err != nil {
			return 0, err
		}
		if h.label == s.Labels[i] {
			right++
		}
	}
	return right, nil
}
