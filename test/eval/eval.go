// Package eval runs a labelled set through a network, either on the float
// reference or on an emulated chip, and counts what matters: decisions,
// spikes per layer and image, events, time.
package eval

import (
	"fmt"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/isa/count"
)

// Input is a labelled, encoded set.
type Input interface {
	Len() int        // images
	Width() int      // input neurons that the encoding drives
	Label(i int) int // class of image i
	Ticks() int      // ticks in which the first layer receives input
	// Spikes appends the input neurons that spike at a tick of an image.
	Spikes(image, tick int, dst []int32) []int32
}

// Options choose which images run and how a class is decided.
type Options struct {
	First, N int    // images First .. First+N-1; N = 0 means to the end
	Decide   string // "" = as the output allows | counts | potential
	Serial   string // Chip only: "" = by ticks | scattered | ascending: spikes one by one, see the constants
	Progress func(done, total int)
}

// Result is the outcome over the set. Slices are indexed by image, then by
// class or population.
type Result struct {
	First    int
	Ticks    int // ticks per image, drain included
	Drain    int
	Classes  int
	Counts   [][]int32 // output spikes per class
	Pred     []int
	Label    []int
	Layer    [][]int64 // spikes per population, inputs included
	Pops     []string
	PerImage []count.Counts      // chip only
	Times    []chip.Femtoseconds // chip only
	Total    count.Counts        // chip only
	Time     chip.Femtoseconds   // chip only
	Trace    string              // chip only: trace hash over all images
	Machine  string              // chip only
	Pixels   int
	Logits   [][]float64 // membranes of a readout, or outputs of a deep network; nil = the class was decided by counts
}

// Correct is the number of images decided right.
func (r *Result) Correct() int {
	n := 0
	for i, p := range r.Pred {
		if p == r.Label[i] {
			n++
		}
	}
	return n
}

// Accuracy is Correct over the number of images.
func (r *Result) Accuracy() float64 {
	if len(r.Pred) == 0 {
		return 0
	}
	return float64(r.Correct()) / float64(len(r.Pred))
}

// Decide is the class with most spikes, the lowest on ties, -1 if silent.
func Decide(counts []int32) int {
	best, at := int32(0), -1
	for c, n := range counts {
		if n > best {
			best, at = n, c
		}
	}
	return at
}

func (o Options) span(all, ticks int) (first, n int, err error) {
	switch {
	case o.First < 0 || o.First >= all:
		return 0, 0, fmt.Errorf("eval: first image %d, the set has %d", o.First, all)
	case o.N < 0 || o.N > all-o.First:
		return 0, 0, fmt.Errorf("eval: %d images from %d on, the set has %d", o.N, o.First, all)
	case ticks < 1:
		return 0, 0, fmt.Errorf("eval: %d ticks per image, need at least 1", ticks)
	}
	n = o.N
	if n == 0 {
		n = all - o.First
	}
	return o.First, n, nil
}

func (r *Result) add(label int, counts []int32, layer []int64) {
	r.Counts = append(r.Counts, counts)
	r.Pred = append(r.Pred, Decide(counts))
	r.Label = append(r.Label, label)
	r.Layer = append(r.Layer, layer)
}

// Float runs the float reference.
func Float(net *graph.Network, in Input, o Options) (*Result, error) {
	first, n, err := o.span(in.Len(), in.Ticks())
	if err != nil {
		return nil, err
	}
	ip, op, err := ports(len(net.Pops), func(i int) (string, int, bool, bool) {
		p := net.Pops[i]
		return p.Name, p.N, p.Kind == graph.Input, p.Output
	}, in.Width())
	if err != nil {
		return nil, err
	}
	run, err := graph.NewRun(net)
	if err != nil {
		return nil, err
	}
	r := &Result{First: first, Ticks: in.Ticks(), Classes: net.Pops[op].N}
	for _, p := range net.Pops {
		r.Pops = append(r.Pops, p.Name)
	}
	drive := [][]float64{make([]float64, net.Pops[ip].N)}
	var idx []int32
	byPotential := o.Decide == "potential" || o.Decide == "" && net.Pops[op].Kind == graph.Readout
	for i := first; i < first+n; i++ {
		run.Reset()
		layer := make([]int64, len(net.Pops))
		sum := make([]int32, r.Classes)
		for t := 0; t < in.Ticks(); t++ {
			clear(drive[0])
			idx = in.Spikes(i, t, idx[:0])
			for _, k := range idx {
				drive[0][k]++
			}
			run.Step(drive)
			for p := range net.Pops {
				for _, s := range run.Spikes[p] {
					layer[p] += int64(s)
				}
			}
			for c, s := range run.Spikes[op] {
				sum[c] += int32(s)
			}
		}
		r.add(in.Label(i), sum, layer)
		if byPotential {
			r.decide(append([]float64(nil), run.V[op]...))
		}
		o.progress(i-first+1, n)
	}
	return r, nil
}

// decide replaces the last decision by the class with the largest value.
func (r *Result) decide(values []float64) {
	r.Pred[len(r.Pred)-1] = argmax(values)
	r.Logits = append(r.Logits, values)
}

func argmax(v []float64) int {
	at := -1
	for i, x := range v {
		if at < 0 || x > v[at] {
			at = i
		}
	}
	return at
}

func (o Options) progress(done, total int) {
	if o.Progress != nil {
		o.Progress(done, total)
	}
}

// ports finds the one input and the one output population and checks the
// width of the input.
func ports(n int, at func(int) (name string, size int, in, out bool), width int) (ip, op int, err error) {
	ip, op = -1, -1
	for i := 0; i < n; i++ {
		name, size, isIn, isOut := at(i)
		if isIn {
			if ip >= 0 {
				return 0, 0, fmt.Errorf("eval: a second input population %q, need exactly one", name)
			}
			if ip = i; size != width {
				return 0, 0, fmt.Errorf("eval: input %q has %d neurons, the data drive %d (see --layout and --encode)", name, size, width)
			}
		}
		if isOut {
			if op >= 0 {
				return 0, 0, fmt.Errorf("eval: a second output population %q, need exactly one", name)
			}
			op = i
		}
	}
	if ip < 0 && width > 0 || op < 0 {
		return 0, 0, fmt.Errorf("eval: the network has no %s population", map[bool]string{true: "input", false: "output"}[ip < 0])
	}
	return ip, op, nil
}
