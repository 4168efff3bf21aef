package convert

import (
	"fmt"
	"math"
)

// Samples are inputs to calibrate on.
type Samples interface {
	Len() int
	// Sample is one input of Plan.In.Size() values; valid until the next call.
	Sample(i int) []float64
}

// Vectors are samples in memory.
type Vectors [][]float64

// Len is the number of samples.
func (v Vectors) Len() int { return len(v) }

// Sample is one input.
func (v Vectors) Sample(i int) []float64 { return v[i] }

// Method is how a layer's scale, the activation that full rate or the highest
// level stands for, follows from the activations of the samples.
type Method uint8

// The methods. A layer that was trained to saturate (Stage.Max) and does so on
// the samples has its end as scale.
const (
	Percentile Method = iota // of the activations above zero
	Max                      // the largest
	MinError                 // the percentile of 98..100 with the least error after clipping and rounding
	Bound                    // no data: the largest value that any input can give
)

// String names the method.
func (m Method) String() string {
	return [...]string{"percentile", "max", "error", "bound"}[min(m, Bound)]
}

const (
	defaultSamples    = 1000
	defaultPercentile = 99      // measured on two networks: better than 99.9 at 4..8 ticks, as good at 32
	bins              = 1 << 14 // of the histogram of one layer
)

// activations is what the samples did in one layer.
type activations struct {
	top    float64   // largest value
	end    float64   // of the histogram, top or above
	count  []float64 // of values above zero, by bins of end/bins
	energy []float64 // the same, each value weighted with its neuron's outgoing weights
	total  float64   // of count
	active []float64 // per neuron: share of samples with a value above zero
	mean   []float64 // per neuron
}

// inputRange is the smallest and largest value of an input, and each one's mean.
type inputRange struct {
	lo, hi float64
	mean   []float64
}

// observed runs the plan on samples.
func (p *Plan) observed(s Samples, n int) ([]activations, inputRange, error) {
	in := inputRange{math.Inf(1), math.Inf(-1), make([]float64, p.In.Size())}
	out := make([]activations, len(p.Stages))
	energy := p.outgoing()
	for k := range out {
		out[k] = newActivations(p.Stages[k].Shape.Size())
	}
	for i := range n {
		x := s.Sample(i)
		if err := p.checkInput(x); err != nil {
			return nil, in, fmt.Errorf("convert: sample %d: %w", i, err)
		}
		in.see(x, float64(n))
		for k, v := range p.Values(x) {
			if bad, ok := out[k].see(v, energy[k], float64(n)); !ok {
				return nil, in, fmt.Errorf("convert: %s: sample %d gives %g, need finite values", p.Stages[k].Name, i, bad)
			}
		}
	}
	return out, in, nil
}

func newActivations(size int) activations {
	return activations{count: make([]float64, bins), energy: make([]float64, bins), active: make([]float64, size), mean: make([]float64, size)}
}

func (r *inputRange) see(x []float64, n float64) {
	for j, v := range x {
		r.lo, r.hi = math.Min(r.lo, v), math.Max(r.hi, v)
		r.mean[j] += v / n
	}
}

func (p *Plan) checkInput(x []float64) error {
	if len(x) != p.In.Size() {
		return fmt.Errorf("%d values, need %d", len(x), p.In.Size())
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %g, need a finite one", i, v)
		}
	}
	return nil
}

// see counts the values of one of n samples. It stops at one that is not
// finite and returns it.
func (a *activations) see(v, energy []float64, n float64) (bad float64, ok bool) {
	for i, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return x, false
		}
		a.mean[i] += x / n
		if !(x > 0) {
			continue
		}
		a.active[i] += 1 / n
		a.top = math.Max(a.top, x)
		a.widen(x)
		b := min(int(x/a.end*bins), bins-1)
		a.count[b]++
		a.total++
		a.energy[b] += energy[i]
	}
	return 0, true
}

// widen makes the histogram reach a value: its end starts at the first value
// and doubles, two bins becoming one.
func (a *activations) widen(x float64) {
	if a.end == 0 {
		a.end = x
	}
	for x > a.end && a.end <= math.MaxFloat64/2 {
		for _, h := range [][]float64{a.count, a.energy} {
			for b := range bins / 2 {
				h[b] = h[2*b] + h[2*b+1]
			}
			clear(h[bins/2:])
		}
		a.end *= 2
	}
}

// outgoing is per stage and neuron the sum of squares of the weights that read
// it: what an error of its activation costs.
func (p *Plan) outgoing() [][]float64 {
	e := make([][]float64, len(p.Stages))
	for k := range e {
		e[k] = make([]float64, p.Stages[k].Shape.Size())
	}
	for k := range p.Stages {
		for i := range p.Stages[k].Maps {
			m := &p.Stages[k].Maps[i]
			if m.From != input {
				m.energy(e[m.From])
			}
		}
	}
	return e
}

func (m *Map) energy(e []float64) {
	for i := range e {
		if m.Kernel != nil {
			m.Kernel.Each(i, func(_, k int) { e[i] += m.Kernel.W[k] * m.Kernel.W[k] })
			continue
		}
		for o := i; o < len(m.W); o += len(e) {
			e[i] += m.W[o] * m.W[o]
		}
	}
}

// percentile is the activation below which p percent of those above zero lie,
// to one bin.
func (a *activations) percentile(p float64) float64 {
	want, seen := a.total*p/100, 0.0
	for b, c := range a.count {
		if seen += c; seen >= want && c > 0 {
			return math.Min(a.end*float64(b+1)/bins, a.top)
		}
	}
	return a.top
}

// minError is the percentile whose value, as full scale of so many levels,
// gives the least weighted squared error, and that value.
func (a *activations) minError(levels int) (scale, percent float64) {
	best := math.Inf(1)
	scale, percent = a.top, 100
	for p := 980; p <= 1000; p++ {
		s := a.percentile(float64(p) / 10)
		if e := a.error(s, float64(levels)); e < best {
			best, scale, percent = e, s, float64(p)/10
		}
	}
	return scale, percent
}

// error is the weighted squared error of activations in steps of scale/levels,
// clipped at scale.
func (a *activations) error(scale, levels float64) float64 {
	sum := 0.0
	for b, w := range a.energy {
		if w > 0 {
			x := a.end * (float64(b) + 0.5) / bins
			q := math.Min(math.Floor(x/scale*levels+0.5), levels) * scale / levels
			sum += w * (x - q) * (x - q)
		}
	}
	return sum
}

// share counts activations above a scale, relative to all above zero.
func (a *activations) share(scale float64) float64 {
	over := 0.0
	for b, c := range a.count {
		if a.end*(float64(b)+0.5)/bins > scale {
			over += c
		}
	}
	return over / math.Max(a.total, 1)
}

// bounds is the largest value of every stage for inputs in 0..top, by interval
// arithmetic.
func (p *Plan) bounds(top float64) []float64 {
	lo, hi := make([][]float64, len(p.Stages)), make([][]float64, len(p.Stages))
	out := make([]float64, len(p.Stages))
	inLo, inHi := make([]float64, p.In.Size()), make([]float64, p.In.Size())
	for i := range inHi {
		inHi[i] = top
	}
	for k := range p.Stages {
		s := &p.Stages[k]
		lo[k], hi[k] = make([]float64, s.Shape.Size()), make([]float64, s.Shape.Size())
		copy(lo[k], s.Bias)
		copy(hi[k], s.Bias)
		for i := range s.Maps {
			m := &s.Maps[i]
			if m.From == input {
				m.interval(lo[k], hi[k], inLo, inHi)
			} else {
				m.interval(lo[k], hi[k], lo[m.From], hi[m.From])
			}
		}
		for i := range hi[k] {
			if !s.Output {
				lo[k][i], hi[k][i] = math.Min(math.Max(lo[k][i], 0), s.Max), math.Min(math.Max(hi[k][i], 0), s.Max)
			}
			out[k] = math.Max(out[k], hi[k][i])
		}
	}
	return out
}

// interval adds the range of the map's result for sources within lo..hi.
func (m *Map) interval(yLo, yHi, lo, hi []float64) {
	add := func(o, i int, w float64) {
		a, b := w*lo[i], w*hi[i]
		yLo[o] += math.Min(a, b)
		yHi[o] += math.Max(a, b)
	}
	for i := range lo {
		if m.Kernel != nil {
			m.Kernel.Each(i, func(t, k int) { add(t, i, m.Kernel.W[k]) })
			continue
		}
		for o := range yLo {
			add(o, i, m.W[o*len(lo)+i])
		}
	}
}
