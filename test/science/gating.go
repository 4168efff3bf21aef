package science

import (
	"fmt"

	"hillock/internal/dataset"
	"hillock/isa/count"
)

// GatingOptions say what Gating trains and on which machine. Engine and Workers
// change nothing but the time it takes.
type GatingOptions struct {
	Seed    uint64
	Train   *dataset.Set // images of every task, in the order of training
	Test    *dataset.Set // classified after each task, and at the end
	Tasks   int          // 1..8
	Passes  int          // over Train for each task, at least 1
	Plain   bool         // the control: every hidden neuron is open in every context
	Engine  string       // "" = vector
	Workers int          // goroutines; 0 = 1
}

// GatingResult is what a sequence of tasks gave. All accuracies are parts of 1,
// an entry for each task.
type GatingResult struct {
	WHash   [2]uint64    // as in DFAResult
	After   []float64    // accuracy of a task right after it was learned
	End     []float64    // the same after the last task
	MeanEnd float64      // mean of End
	Counts  count.Counts // of the whole run
}

// Sizes of the experiment.
const (
	gatingHidden = 200
	gatingTasks  = 8
	gatingPart   = 1 << 32 / 5 // of 2^32: the part of the hidden neurons that a context opens
)

// Gating learns tasks one after another and measures how much of the first
// ones is left (after Masse, Grant and Freedman 2018, who gate hidden units by
// the task). The network has 200 hidden neurons and learns as DFA does: the
// same coding, rules and draws, with the number of the training image going on
// from task to task. All tasks have the same images and labels. In task k the
// pixels change places: input p gets pixel P[p], where P is the identity for task
// 0 and else drawn by Fisher and Yates: for i from the last pixel down to 1, swap
// P[i] and P[u32(seed+40+k, i, 0) mod (i+1)].
//
// In context k hidden neuron j is open if u32(seed+50, k, j) < 2^32/5. The host
// broadcasts the context, as bit k of modulator 0, when a task begins (also
// before its images are classified); the neuron's program compares it with the
// bits in which it is open, a parameter. A shut neuron takes no input and does
// not spike, and because both rules ask for its spikes, none of its weights
// move. The gate is told the task: nothing infers the context.
//
// The science set records an experiment of this name, but not how it drew
// permutations and gates, how long it trained each task and how it numbered the
// draws. This definition is our own; its hashes are not those of the set.
func Gating(o GatingOptions) (GatingResult, error) {
	d := DFAOptions{Seed: o.Seed, Train: o.Train, Test: o.Test, Passes: o.Passes, Engine: o.Engine, Workers: o.Workers}
	if err := d.check(); err != nil {
		return GatingResult{}, err
	}
	if o.Tasks < 1 || o.Tasks > gatingTasks {
		return GatingResult{}, fmt.Errorf("science: %d tasks, need 1..%d", o.Tasks, gatingTasks)
	}
	net := newDFANet(o.Seed, o.Train.Pixels(), gatingHidden, dfaCores)
	net.gates = gatingOpen(o)
	r := gatingBlocks(o)
	if err := r.run(d, net); err != nil {
		return GatingResult{}, err
	}
	curve := r.res.Curve
	res := GatingResult{WHash: r.res.WHash, Counts: r.res.Counts, After: curve[:o.Tasks:o.Tasks]}
	// Nothing was learned since the last task was classified.
	res.End = append(res.End, curve[o.Tasks:]...)
	res.End = append(res.End, curve[o.Tasks-1])
	for _, a := range res.End {
		res.MeanEnd += a / float64(o.Tasks)
	}
	return res, nil
}

// gatingBlocks is the order of the experiment: each task is trained and
// classified, then all but the last are classified again.
func gatingBlocks(o GatingOptions) *dfaRun {
	r := &dfaRun{}
	var tests []dfaBlock
	for k := range o.Tasks {
		pixels := gatingPixels(o.Seed, k, o.Train.Pixels())
		for range o.Passes {
			r.add(dfaBlock{set: o.Train, labels: o.Train.Labels, pixels: pixels, context: k})
		}
		tests = append(tests, dfaBlock{set: o.Test, pixels: pixels, context: k})
		r.add(tests[k])
	}
	for _, b := range tests[:o.Tasks-1] {
		r.add(b)
	}
	return r
}

// gatingPixels is which pixel each input gets in task k.
func gatingPixels(seed uint64, k, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	for i := n - 1; i > 0 && k > 0; i-- {
		j := int(u32(seed+40+uint64(k), uint64(i), 0) % uint32(i+1))
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// gatingOpen has for each hidden neuron the bits of the contexts in which it is
// open.
func gatingOpen(o GatingOptions) []int32 {
	out := make([]int32, gatingHidden)
	for j := range out {
		for k := range o.Tasks {
			if o.Plain || u32(o.Seed+50, uint64(k), uint64(j)) < gatingPart {
				out[j] |= 1 << k
			}
		}
	}
	return out
}
