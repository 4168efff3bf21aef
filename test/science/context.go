package science

import (
	"cmp"
	"fmt"
	"slices"

	"hillock/chip"
	"hillock/core/learn"
	"hillock/internal/dataset"
	"hillock/isa/count"
)

// ContextOptions say what Context trains and on which machine. Engine and
// Workers change nothing but the time it takes.
type ContextOptions struct {
	Seed    uint64
	Train   *dataset.Set // images in the order of training, the same for every task
	Test    *dataset.Set
	Tasks   int    // learned one after the other, 1..31
	Passes  int    // over Train, per task
	Plain   bool   // the control: all hidden neurons take part in every task
	Engine  string // "" = vector
	Workers int    // goroutines; 0 = 1
}

// ContextResult is what tasks in sequence gave. Right counts images of Test.
type ContextResult struct {
	WHash [2]uint64 // of the weights into hidden and into output neurons, see DFAResult
	After []int     // per task: right just after it was learned
	End   []int     // per task: right after all of them were learned
	// Counts are of the whole run.
	Counts count.Counts
}

const (
	contextHidden = 200
	contextTasks  = 31 // a bit each in a word that is not negative
)

// Context trains a network of one hidden layer by direct feedback alignment,
// see DFA, on tasks one after the other: the same images with their pixels in
// another order each. A context gate keeps tasks apart: about a fifth of the
// hidden neurons take part in a task, the others are closed. The host says
// which task it is by a broadcast write to modulator 0, one per task; the
// neurons know by themselves in which contexts they are closed.
func Context(o ContextOptions) (ContextResult, error) {
	if err := o.check(); err != nil {
		return ContextResult{}, err
	}
	d := newDFANet(o.Seed, o.Train.Pixels(), contextHidden)
	d.closed = o.closed()
	img, err := d.image()
	if err != nil {
		return ContextResult{}, err
	}
	r := &contextRun{o: o, top: max(o.Train.Max, o.Test.Max, 1)}
	for task := range o.Tasks {
		r.order = append(r.order, contextOrder(o.Seed, task, o.Train.Pixels()))
	}
	if r.m, err = chip.New(img, chip.Options{Engine: o.Engine, Workers: o.Workers, Draw: r.draw}); err != nil {
		return ContextResult{}, err
	}
	if err := r.run(); err != nil {
		return ContextResult{}, err
	}
	w1, w2 := dfaWeights(r.m, o.Train.Pixels(), contextHidden)
	r.res.WHash, r.res.Counts = [2]uint64{dfaHash(w1), dfaHash(w2)}, r.m.Counts()
	return r.res, nil
}

func (o *ContextOptions) check() error {
	if o.Tasks < 1 || o.Tasks > contextTasks {
		return fmt.Errorf("science: %d tasks, need 1..%d", o.Tasks, contextTasks)
	}
	d := DFAOptions{Train: o.Train, Test: o.Test, Passes: o.Passes}
	return d.check()
}

// closed has, per hidden neuron, the bits of the tasks in which it takes no part.
func (o *ContextOptions) closed() []int32 {
	out := make([]int32, contextHidden)
	for task := range o.Tasks {
		for j := range out {
			if !o.Plain && u32(o.Seed+40+uint64(task), uint64(j), 1)%5 != 0 {
				out[j] |= 1 << task
			}
		}
	}
	return out
}

// contextOrder is the pixel of the image that each input shows in a task: the
// first task has the images as they are, others order the pixels by a draw.
func contextOrder(seed uint64, task, pixels int) []int {
	order := make([]int, pixels)
	for p := range order {
		order[p] = p
	}
	if task > 0 {
		draw := func(p int) uint32 { return u32(seed+30+uint64(task), uint64(p), 0) }
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(draw(a), draw(b)) })
	}
	return order
}

// contextRun is a run in hand: one show, of all images of a set once, after the
// other.
type contextRun struct {
	o       ContextOptions
	top     int     // pixel range
	order   [][]int // per task
	m       *chip.Machine
	res     ContextResult
	task    int
	set     *dataset.Set
	train   bool  // the set is learned
	begin   int64 // tick of its first image
	learned int   // images learned before it
	right   int
}

// run is the order of the experiment.
func (r *contextRun) run() error {
	for task := range r.o.Tasks {
		for range r.o.Passes {
			if err := r.show(task, true); err != nil {
				return err
			}
		}
		if err := r.show(task, false); err != nil {
			return err
		}
		r.res.After = append(r.res.After, r.right)
	}
	for task := range r.o.Tasks {
		if err := r.show(task, false); err != nil {
			return err
		}
		r.res.End = append(r.res.End, r.right)
	}
	return nil
}

func (r *contextRun) show(task int, train bool) error {
	if task != r.task || r.m.Tick() == 0 {
		if err := r.m.Modulate(-1, 0, 1<<task); err != nil {
			return err
		}
	}
	r.task, r.train, r.set, r.right, r.begin = task, train, r.o.Test, 0, r.m.Tick()
	if train {
		r.set = r.o.Train
	}
	if err := r.m.Run(int64(r.set.Len())*dfaEpoch, r.inject, r.note); err != nil {
		return err
	}
	if train {
		r.learned += r.set.Len()
	}
	return nil
}

// at is the image of the set and the tick in it.
func (r *contextRun) at(tick int64) (image, phase int) {
	t := tick - r.begin
	return int(t / dfaEpoch), int(t % dfaEpoch)
}

// draw is the random number for one synapse and one image of the training; the
// number of the image goes on from task to task.
func (r *contextRun) draw(q learn.Query) int32 {
	image, _ := r.at(q.Tick)
	return dfaDraw(q, r.o.Seed, r.learned+image, contextHidden)
}

func (r *contextRun) inject(tick int64, dst []chip.Injection) []chip.Injection {
	image, phase := r.at(tick)
	switch {
	case phase < dfaTicks:
		pixels := r.set.Images[image]
		for p, from := range r.order[r.task] {
			if dfaRate(int(pixels[from])*255/r.top, phase) {
				dst = append(dst, chip.Injection{Pop: dfaPopInput, Index: int32(p), Payload: 1})
			}
		}
	case phase == dfaLabel && r.train:
		dst = append(dst, chip.Injection{Pop: dfaPopLabel, Index: int32(r.set.Labels[image]), Payload: 1})
	}
	return dst
}

// note reads the class at the end of each image of the test set.
func (r *contextRun) note(tick int64, m *chip.Machine) error {
	image, phase := r.at(tick)
	if r.train || phase != dfaEpoch-1 {
		return nil
	}
	class, _, err := dfaClass(m)
	if err == nil && class == r.set.Labels[image] {
		r.right++
	}
	return err
}
