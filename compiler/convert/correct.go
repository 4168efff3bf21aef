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

// Limits of one round of correction, in parts of a threshold.
const (
	maxCorrect  = 256  // samples simulated
	maxGain     = 1.25 // largest change of a threshold in one round
	maxShift    = 0.05 // largest change of a drive in one round
	leastActive = 0.02 // share of samples in which a neuron must have been active to be corrected
)

// meanRates is what one stage did over all samples: per neuron the mean of its
// rate, of the activation it stands for (both of full scale 1), and how often
// that is above zero.
type meanRates struct{ rate, want, active []float64 }

// correct shifts thresholds and drives, layer after layer, until the mean rate
// of every neuron is the mean of its activation. Rates fall short of
// activations where a reset loses what is above the threshold and where spikes
// come unevenly; each layer is corrected with the errors of those before it.
func (c *correcting) correct() error {
	for k := range c.p.Stages {
		if c.p.Stages[k].Output {
			continue
		}
		for round := range c.o.Correct {
			m, err := c.simulate(k)
			if err != nil {
				return err
			}
			c.share(k, m)
			c.adjust(k, m, round)
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
		start(part, run)
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

// CorrectMode is temporary.
var CorrectMode = 0

// adjust moves thresholds by the ratio of rates in even rounds, drives by their
// difference in odd ones.
func (c *correcting) adjust(k int, m *meanRates, round int) {
	pop := c.n.Pops[c.first+k]
	bias := pop.C
	if f := c.r.First; f != nil && f.Pop == c.first+k {
		bias = f.Bias
	}
	for j := range m.rate {
		if m.active[j] < leastActive || m.want[j] <= 0 {
			continue
		}
		if CorrectMode == 0 || CorrectMode == 2 && round%2 == 0 {
			g := math.Min(math.Max(m.rate[j]/m.want[j], 1/maxGain), maxGain)
			pop.Theta[j] *= g
			if pop.V0 != nil {
				pop.V0[j] *= g
			}
		} else {
			d := (m.want[j] - m.rate[j]) / m.active[j]
			bias[j] += math.Min(math.Max(d, -maxShift), maxShift)
		}
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

// start puts a run at the start of an inference: at rest, membranes at V0.
func start(n *graph.Network, r *graph.Run) {
	r.Reset()
	for k, p := range n.Pops {
		copy(r.V[k], p.V0)
	}
}
