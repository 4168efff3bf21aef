package science

import (
	"fmt"
	"math"
	"slices"

	"hillock/internal/dataset"
)

// Sizes of the network of ODINDigits. An input has an address for what it
// excites and one for what it inhibits, because the sign of a synapse is its
// source's; a hidden neuron does one of the two.
const (
	tandemInputs  = 64
	tandemHidden  = 96
	tandemOutputs = 10
	tandemTop     = 7  // largest weight: 3 bits
	tandemHold    = 32 // spikes that the queue holds, the event in hand included
	tandemFirst   = 2 * tandemInputs
	tandemResult  = tandemFirst + tandemHidden
)

// tandem is a network of whole numbers that serves spikes one after the other;
// potentials never fall below 0, a spike sets its own to 0. It is trained with
// spike counts forward and the slopes of summed weights backward (tandem
// learning, Wu et al., IEEE TNNLS 34(1), 2023). The weights that learn are real;
// spikes see them rounded. It knows nothing of the machine: what it counts is
// what the machine must count.
type tandem struct {
	ticks     int
	thr       [2]int32     // of hidden and output neurons
	real      [2][]float64 // [source][target]
	whole     [2][]int32
	v         []int32 // potentials, hidden then output
	hidden    []int32 // spike counts of the image in hand
	outputs   []int32
	queue     []int
	inputs    []float64
	gradient  []float64
	rate      float64
	sharpness float64
}

// newTandem draws the weights.
func newTandem(o ODINOptions) *tandem {
	t := &tandem{ticks: o.Ticks, thr: [2]int32{o.HiddenThreshold, o.OutputThreshold}, v: make([]int32, tandemHidden+tandemOutputs),
		hidden: make([]int32, tandemHidden), outputs: make([]int32, tandemOutputs), inputs: make([]float64, tandemInputs),
		gradient: make([]float64, tandemHidden), rate: o.Rate, sharpness: o.Sharpness}
	sizes := [...]int{tandemInputs, tandemHidden, tandemOutputs}
	for l := range t.real {
		t.real[l] = make([]float64, sizes[l]*sizes[l+1])
		t.whole[l] = make([]int32, len(t.real[l]))
		for i := range t.real[l] {
			x := float64(u32(o.Seed, uint64(l), uint64(i)))/(1<<31) - 1 // -1 to 1
			if t.real[l][i] = 3 * x; l > 0 {
				t.real[l][i] = 3 * math.Abs(x) * float64(sign(i/tandemOutputs))
			}
		}
	}
	t.round()
	return t
}

// sign is that of a hidden neuron's synapses: every other one inhibits.
func sign(hidden int) int32 { return 1 - 2*int32(hidden%2) }

// round makes the weights that spikes see, within the bounds of the chip.
func (t *tandem) round() {
	for l := range t.real {
		for i, w := range t.real[l] {
			low, high := -float64(tandemTop), float64(tandemTop)
			if l > 0 && sign(i/tandemOutputs) > 0 {
				low = 0
			} else if l > 0 {
				high = 0
			}
			w = min(max(w, low), high)
			t.real[l][i], t.whole[l][i] = w, int32(math.RoundToEven(w))
		}
	}
}

// spikes says whether a pixel of 0 to 16 spikes in a tick: as often as its
// share of the ticks, evenly spread.
func spikes(pixel uint16, tick, ticks int) bool {
	q := int(pixel) * ticks / 16
	return (tick+1)*q/ticks > tick*q/ticks
}

// run shows an image, one event after the other.
func (t *tandem) run(image []uint16) {
	clear(t.v)
	clear(t.hidden)
	clear(t.outputs)
	clear(t.inputs)
	for tick := range t.ticks {
		for j, p := range image {
			if spikes(p, tick, t.ticks) {
				t.inputs[j]++
				t.event(j, 1)
				t.event(j, -1)
			}
		}
	}
}

// event is one of the two events of an input, and all that come of it.
func (t *tandem) event(input int, sign int32) {
	row := t.whole[0][input*tandemHidden:][:tandemHidden]
	if !slices.ContainsFunc(row, func(w int32) bool { return w*sign > 0 }) {
		return
	}
	t.queue = append(t.queue[:0], input)
	for i, w := range row {
		if w *= sign; w < 0 {
			w = 0
		}
		t.update(i, w*sign, t.thr[0])
	}
	for t.queue = t.queue[1:]; len(t.queue) > 0; t.queue = t.queue[1:] {
		k := t.queue[0] - tandemFirst
		if k >= tandemHidden {
			continue // nothing listens to output neurons
		}
		for i, w := range t.whole[1][k*tandemOutputs:][:tandemOutputs] {
			t.update(tandemHidden+i, w, t.thr[1])
		}
	}
}

// update adds a weight to a neuron, whose spike goes to the end of the queue.
func (t *tandem) update(i int, w, thr int32) {
	t.v[i] = max(t.v[i]+w, 0)
	if t.v[i] < thr {
		return
	}
	t.v[i] = 0
	if i < tandemHidden {
		t.hidden[i]++
	} else {
		t.outputs[i-tandemHidden]++
	}
	if len(t.queue) < tandemHold { // else lost, as on the chip
		t.queue = append(t.queue, tandemFirst+i)
	}
}

// learn shows an image and moves the weights down the slope of the
// cross-entropy of the output counts.
func (t *tandem) learn(image []uint16, label int) {
	t.run(image)
	z := make([]float64, tandemOutputs)
	sum := 0.0
	for k := range z {
		z[k] = math.Exp(t.sharpness * (float64(t.outputs[k]) + float64(t.v[tandemHidden+k])/float64(t.thr[1])))
		sum += z[k]
	}
	for k := range z {
		if z[k] /= sum; k == label {
			z[k]--
		}
	}
	for h := range tandemHidden {
		t.gradient[h] = 0
		for k, e := range z {
			t.gradient[h] += e * t.real[1][h*tandemOutputs+k]
			t.real[1][h*tandemOutputs+k] -= t.rate * e * float64(t.hidden[h])
		}
		if t.hidden[h] == 0 && t.v[h] == 0 {
			t.gradient[h] = 0
		}
	}
	for j, x := range t.inputs {
		for h, g := range t.gradient {
			if x != 0 {
				t.real[0][j*tandemHidden+h] -= t.rate * g * x / float64(tandemTop)
			}
		}
	}
	t.round()
}

// decide is the class with most spikes, the lowest on ties.
func decide(counts []int32) int {
	at := 0
	for k, n := range counts {
		if n > counts[at] {
			at = k
		}
	}
	return at
}

// correct counts the images of a set that come out right.
func (t *tandem) correct(s *dataset.Set) (n int) {
	for i, img := range s.Images {
		t.run(img)
		if decide(t.outputs) == s.Labels[i] {
			n++
		}
	}
	return n
}

// train learns a set several times, in an order of its own each time, and
// keeps the weights that served the set best.
func (t *tandem) train(s *dataset.Set, passes int, seed uint64) error {
	if s.Pixels() != tandemInputs || s.Classes > tandemOutputs {
		return fmt.Errorf("science: images of %d pixels and %d classes, need %d and at most %d", s.Pixels(), s.Classes, tandemInputs, tandemOutputs)
	}
	best, kept := -1, [2][]int32{}
	order := make([]int, s.Len())
	rate := t.rate
	for pass := range passes {
		t.rate = rate * (1 - float64(pass)/float64(passes))
		for i := range order {
			k := int(u32(seed, uint64(pass)+2, uint64(i))) % (i + 1)
			order[i], order[k] = order[k], i
		}
		for _, i := range order {
			t.learn(s.Images[i], s.Labels[i])
		}
		if n := t.correct(s); n > best {
			best, kept = n, [2][]int32{slices.Clone(t.whole[0]), slices.Clone(t.whole[1])}
		}
	}
	if best >= 0 {
		t.whole = kept
	}
	return nil
}
