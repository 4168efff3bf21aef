package science

import (
	"errors"
	"fmt"

	"hillock/chip"
	"hillock/core"
	"hillock/core/learn"
)

// DistalTicks is the whole length of the experiment: 7200 s in ms.
const DistalTicks = 7_200_000

// distalRuns bounds the runs of one machine.
const distalRuns = 1024

// DistalOptions say which runs are made and how. Engine and Workers change no
// result.
type DistalOptions struct {
	Seeds       []uint64 // one run each, all on one machine, a core each
	Unmodulated bool     // the control: the weight rule has 40 for the dopamine
	Ticks       int64    // 0 = DistalTicks
	Engine      string   // see chip.Options
	Workers     int      // see chip.Options
}

// DistalResult is what one run gives.
type DistalResult struct {
	Seed       uint64
	W0         int     // weight of the rewarded input
	OthersMean float64 // of the other weights
	OthersMax  int
	Rank0      int    // 1 + number of other weights above W0
	Rewards    int    // rewards given
	PostSpikes int    // spikes of the neuron
	Reached    int64  // ticks until W0 was at least 200, where a run ends; -1 = it was not
	Hash       string // of the weights, in the order of the inputs
}

// Distal is the distal reward problem of Izhikevich (2007) in whole numbers: a
// neuron learns, from rewards that come 1 to 3 s late, which of its 50 inputs
// they are for. Neuron, traces, tags, dopamine and weights are microcode and
// words of the machine. The host is the world: it draws the input spikes and
// serves the draws of the programs, and it watches for pairs of a spike of input
// 0 and one of the neuron within 10 ticks, and later writes the reward to
// modulator 0 for one tick. Results are in the order of the seeds.
func Distal(o DistalOptions) ([]DistalResult, error) {
	if len(o.Seeds) < 1 || len(o.Seeds) > distalRuns || o.Ticks < 0 {
		return nil, fmt.Errorf("science: %d seeds and %d ticks, need 1..%d and 0 or more", len(o.Seeds), o.Ticks, distalRuns)
	}
	if o.Ticks == 0 {
		o.Ticks = DistalTicks
	}
	img, err := distalImage(len(o.Seeds), o.Unmodulated)
	if err != nil {
		return nil, err
	}
	w := distalWorld{left: len(o.Seeds)}
	for _, seed := range o.Seeds {
		w.runs = append(w.runs, distalRun{seed: seed, last: -1 << 32, due: -1, result: DistalResult{Seed: seed, Reached: -1}})
	}
	w.m, err = chip.New(img, chip.Options{Engine: o.Engine, Workers: o.Workers, Noise: w.noise, Draw: w.draw})
	if err != nil {
		return nil, err
	}
	if err := w.m.Run(o.Ticks, w.before, w.after); err != nil && !errors.Is(err, errDistalOver) {
		return nil, err
	}
	var out []DistalResult
	for k := range w.runs {
		w.finish(k)
		out = append(out, w.runs[k].result)
	}
	return out, nil
}

// errDistalOver stops the machine when every run has ended.
var errDistalOver = errors.New("science: every run has ended")

// distalRun is what the world knows of one run.
type distalRun struct {
	seed   uint64
	last   int64 // tick of the last spike of input 0
	due    int64 // tick of the next reward, -1 = none
	done   bool
	result DistalResult
}

// distalWorld is all that is not on the machine.
type distalWorld struct {
	m    *chip.Machine
	runs []distalRun
	left int   // runs that go on
	err  error // of a write to a modulator
}

// noise serves the draw of the neuron of run comp.
func (w *distalWorld) noise(comp int32, tick int64, _ int, _ core.DrawFormat) int32 {
	return int32(u32(w.runs[comp].seed+1, uint64(tick), 0) >> 23)
}

// draw serves the learning rules.
func (w *distalWorld) draw(q learn.Query) int32 {
	seed := w.runs[q.Core].seed + 3
	if q.Stream == distalOfWeight {
		seed++
	}
	return int32(u32(seed, uint64(q.Tick), uint64(q.Item)) >> (32 - q.Bits))
}

// before gives the input spikes and the rewards of a tick.
func (w *distalWorld) before(tick int64, dst []chip.Injection) []chip.Injection {
	for k := range w.runs {
		r := &w.runs[k]
		if r.done {
			continue
		}
		for i := range int32(distalInputs) {
			if u32(r.seed, uint64(tick), uint64(i)) < 1<<24 {
				dst = append(dst, chip.Injection{Index: int32(k)*distalInputs + i, Payload: 1})
				if i == 0 {
					r.last = tick
				}
			}
		}
		if tick == r.due {
			w.modulate(k, distalReward)
		}
	}
	return dst
}

func (w *distalWorld) modulate(k int, value int32) {
	if err := w.m.Modulate(k, 0, value); w.err == nil {
		w.err = err
	}
}

// after watches what a tick did.
func (w *distalWorld) after(tick int64, m *chip.Machine) error {
	for k := range w.runs {
		r := &w.runs[k]
		if r.done {
			continue
		}
		if len(m.Core(k).Spikes) > 0 {
			r.result.PostSpikes++
			if tick-r.last <= 10 && r.due < 0 {
				r.due = tick + 1000 + int64(u32(r.seed+2, uint64(tick), 0)>>21)
			}
		}
		if tick == r.due {
			r.due = -1
			r.result.Rewards++
			w.modulate(k, 0)
		}
		if w.weights(k)[0] >= 200 {
			r.result.Reached = tick + 1
			w.finish(k)
		}
	}
	if w.err == nil && w.left == 0 {
		return errDistalOver
	}
	return w.err
}

// weights are the weights of run k, in the order of the inputs.
func (w *distalWorld) weights(k int) []int32 {
	return w.m.Core(k).State.Learn[0].Words[distalW.Space][distalW.Word]
}

// finish reads the weights of a run at its end, once.
func (w *distalWorld) finish(k int) {
	r := &w.runs[k]
	if r.done {
		return
	}
	r.done = true
	w.left--
	res, weights := &r.result, w.weights(k)
	res.W0, res.Rank0 = int(weights[0]), 1
	h, sum := newHash(), 0
	for _, v := range weights {
		h.add(v)
	}
	for _, v := range weights[1:] {
		sum += int(v)
		res.OthersMax = max(res.OthersMax, int(v))
		if v > weights[0] {
			res.Rank0++
		}
	}
	res.Hash = fmt.Sprintf("%016x", uint64(h))
	res.OthersMean = float64(sum) / (distalInputs - 1)
}
