package convert

import (
	"math"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// correcting is the state of the correction by simulation.
type correcting struct {
	p     *Plan
	n     *graph.Network
	o     *Options
	r     *Report
	first int // population of stage 0
	count int // samples
}

// Limits of one round of correction.
const (
	maxCorrect  = 256  // samples simulated
	maxGain     = 1.25 // largest change of a neuron's input in one round
	leastActive = 0.02 // share of samples in which a neuron must have been active to be corrected
)

// meanRates is what one stage did over all samples: per neuron the mean of its
// rate, of the activation it stands for (both of full scale 1), and how often
// that is above zero.
type meanRates struct{ rate, want, active []float64 }

// correct scales the input of every neuron, layer after layer, until its mean
// rate is the mean of its activation. Rates fall short of activations where a
// reset loses what is above the threshold and where spikes come unevenly; each
// layer is corrected with the errors of those before it. A shift of drives
// instead was measured and does harm: it moves small activations, which are
// right, to make up for large ones.
func (c *correcting) correct() error {
	for k := range c.p.Stages {
		if c.p.Stages[k].Output {
			continue
		}
		for range c.o.Correct {
			m, err := c.simulate(k)
			if err != nil {
				return err
			}
			c.share(k, m)
			c.adjust(k, m)
		}
	}
	return nil
}

// simulate runs the network up to stage k on the samples.
func (c *correcting) simulate(k int) (*meanRates, error) {
	part := &graph.Network{Pops: c.n.Pops[:c.first+k+1]}
	for _, q := range c.n.Projs {
		if q.Post <= c.first+k {
			part.Projs = append(part.Projs, q)
		}
	}
	run, err := graph.NewRun(part)
	if err != nil {
		return nil, err
	}
	size := c.p.Stages[k].Shape.Size()
	m := &meanRates{make([]float64, size), make([]float64, size), make([]float64, size)}
	e := encoder{top: c.o.InMax, acc: make([]float64, c.p.In.Size()), spikes: make([]float64, c.p.In.Size())}
	for i := range c.count {
		x := c.o.Calib.Sample(i)
		c.drive(x)
		run.Reset()
		e.start()
		for range c.o.Ticks {
			e.next(x)
			run.Step([][]float64{e.spikes})
			for j, s := range run.Spikes[c.first+k] {
				m.rate[j] += s / float64(c.o.Ticks*c.count)
			}
		}
		for j, a := range c.p.Values(x)[k] {
			if a > 0 {
				m.want[j] += math.Min(a/c.r.Layers[k].Scale, 1) / float64(c.count)
				m.active[j] += 1 / float64(c.count)
			}
		}
	}
	if c.r.First != nil {
		clear(c.n.Pops[c.r.First.Pop].C)
	}
	return m, nil
}

// drive sets the drive of a current-driven first layer.
func (c *correcting) drive(x []float64) {
	if f := c.r.First; f != nil {
		copy(c.n.Pops[f.Pop].C, f.Drive(x))
	}
}

// share averages over the neurons of a channel where they share a kernel: they
// are one neuron at many places, and the average is the better estimate.
func (c *correcting) share(k int, m *meanRates) {
	s := &c.p.Stages[k]
	if s.Maps[0].Kernel == nil {
		return
	}
	for _, v := range [][]float64{m.rate, m.want, m.active} {
		average(v, s.Shape)
	}
}

func average(v []float64, s analog.Shape) {
	plane := s[1] * s[2]
	for i := 0; i < len(v); i += plane {
		sum := 0.0
		for _, x := range v[i : i+plane] {
			sum += x / float64(plane)
		}
		for j := range plane {
			v[i+j] = sum
		}
	}
}

// adjust multiplies what a neuron gets by activation / rate: the same as
// dividing its threshold, which stays 1.
func (c *correcting) adjust(k int, m *meanRates) {
	gain := repeat(1, len(m.rate))
	for j, want := range m.want {
		if m.active[j] >= leastActive && want > 0 {
			gain[j] = math.Min(math.Max(want/math.Max(m.rate[j], want/maxGain), 1/maxGain), maxGain)
		}
	}
	scaleInput(c.n, c.first+k, gain)
	if f := c.r.First; f != nil && f.Pop == c.first+k {
		f.scale(gain)
	}
}

// scale multiplies the drive of every neuron.
func (f *FirstLayer) scale(c []float64) {
	multiply(f.Bias, c)
	for i := range f.Maps {
		m := f.Maps[i].times(1)
		for j := range m.weights() {
			m.weights()[j] *= c[m.row(j)]
		}
		f.Maps[i] = m
	}
}

// encoder turns an input into evenly spaced spikes: an accumulator per value
// that starts at half.
type encoder struct {
	top         float64
	acc, spikes []float64
}

func (e *encoder) start() {
	for i := range e.acc {
		e.acc[i] = 0.5
	}
}

func (e *encoder) next(x []float64) {
	for i, v := range x {
		e.spikes[i] = 0
		if e.acc[i] += math.Min(v/e.top, 1); e.acc[i] >= 1 {
			e.acc[i]--
			e.spikes[i] = 1
		}
	}
}
