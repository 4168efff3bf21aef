package compiler

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
)

// calibHeadroom multiplies calibrated peaks: inputs that were not in the
// calibration set may drive a neuron harder.
const calibHeadroom = 2

// passReference writes every population in the chip's form, with gains folded
// into weights, and bounds its inputs and states: by the worst case and by a
// float run over calibration samples.
func passReference(u *Unit) error {
	exact := false
	for i := range u.Pops {
		switch p := &u.Pops[i]; {
		case p.Src.Kind == graph.Input:
		case p.exact:
			p.foldExact()
			exact = true
		default:
			p.fold()
		}
	}
	for i := range u.Projs {
		u.foldProj(&u.Projs[i])
	}
	for i := range u.Pops {
		u.equalise(&u.Pops[i], u.into(i))
		u.widen(&u.Pops[i], u.into(i))
	}
	for i := range u.Projs {
		if k := u.Projs[i].Src.Kernel; k != nil && k.Targets()*(len(k.W)/k.Out[0]) > maxSynapses {
			return fmt.Errorf("projection %d (%s): need at most %d synapses, have a kernel of %d", i, u.Projs[i].Src.Name, int64(maxSynapses), k.Targets()*(len(k.W)/k.Out[0]))
		}
		u.foldKernel(&u.Projs[i])
		u.Projs[i].measure()
	}
	u.worstCase()
	if u.Options.Calib != nil && !exact {
		return u.calibrate()
	}
	return nil
}

// fold shifts voltages to a reset of 0.
func (p *Pop) fold() {
	s := p.Src
	n := s.N
	p.AU, p.AV = append([]float64(nil), s.AJ...), append([]float64(nil), s.AV...)
	p.C, p.Theta = make([]float64, n), make([]float64, n)
	if s.Floor != nil {
		p.Floor = make([]float64, n)
	}
	for i := range n {
		r, theta := 0.0, 0.0
		if s.VReset != nil {
			r = s.VReset[i]
		}
		if s.Theta != nil {
			theta = s.Theta[i]
		}
		p.C[i] = s.C[i] - (1-s.AV[i])*r
		p.Theta[i] = theta - r
		if p.Floor != nil {
			p.Floor[i] = s.Floor[i] - r
		}
	}
}

// foldProj folds both gains of the target into the projection and its bias
// into the target's constant drive. A bias passes the synapse: without one
// (AJ = 0) it is exactly g*b; else its steady value g*b/(1-AJ) is the drive, and
// the current starts at what is missing to it: the difference decays with AJ,
// as in the reference. A chip whose current cannot be set keeps the difference.
func (u *Unit) foldProj(q *Proj) {
	p := &u.Pops[q.Src.Post]
	s := p.Src
	q.Gain, q.w = make([]float64, s.N), q.Src.W
	if p.exact {
		for i := range q.Gain {
			q.Gain[i] = 1
		}
		for i, b := range q.Src.Bias {
			p.C[i] += b
		}
		return
	}
	steady, off, settable := 0, 0.0, u.regs.field(varUStart).have
	for i := range q.Gain {
		g := s.GV[i] * s.GJ[i]
		q.Gain[i] = g
		if q.Src.Bias == nil || q.Src.Bias[i] == 0 {
			continue
		}
		a := 1 - s.AJ[i]
		if a <= 0 {
			u.lacks(s, "bias of a synapse that never decays", fmt.Sprintf("bias of projection %q grows without bound in neuron %d", q.Src.Name, i))
			continue
		}
		p.C[i] += g * q.Src.Bias[i] / a
		if a == 1 {
			continue
		}
		if settable {
			p.lag(i, g*q.Src.Bias[i]/a)
			continue
		}
		steady++
		off = max(off, math.Abs(g*q.Src.Bias[i]/a)*s.AJ[i])
	}
	if steady > 0 {
		u.note("%s: %d biases of %q pass a synapse; their steady values are applied from the first tick (up to %.3g too much then)", s.Name, steady, q.Src.Name, off)
	}
}

// lag adds to the part of neuron i's drive that passes a synapse.
func (p *Pop) lag(i int, c float64) {
	if p.Lag == nil {
		p.Lag = make([]float64, p.Src.N)
	}
	p.Lag[i] += c
}

// uStart is the current of neuron i at the start, as float: with it, current
// plus drive is what the reference has, from the layer's first valid tick on.
func (p *Pop) uStart(i int) float64 {
	if p.Lag == nil || p.Lag[i] == 0 {
		return 0
	}
	return -p.Lag[i] * math.Pow(p.AU[i], -float64(p.Depth))
}

// measure finds the largest weight.
func (q *Proj) measure() {
	q.each(func(w float64) bool {
		q.MaxAbs = max(q.MaxAbs, math.Abs(w))
		return true
	})
}

// worstCase bounds input and states when every source spikes at once with the
// worst sign.
func (u *Unit) worstCase() {
	for k := range u.Pops {
		p := &u.Pops[k]
		if p.Src.Kind == graph.Input {
			continue
		}
		pos, neg := make([]float64, p.Src.N), make([]float64, p.Src.N)
		for i := range u.Projs {
			if q := &u.Projs[i]; q.Src.Post == k {
				q.addWorst(pos, neg, u.Net.Pops[q.Src.Pre].N)
			}
		}
		for i := range pos {
			q := max(pos[i], neg[i])
			if p.exact {
				full := q * float64(max(p.Src.Levels, 1))
				p.PeakU = max(p.PeakU, full+math.Abs(p.C[i]))
				if p.Src.Code == graph.Graded {
					q = full
				}
				p.PeakQ = max(p.PeakQ, q)
				continue
			}
			p.PeakQ = max(p.PeakQ, q)
			peak := math.Inf(1)
			if a := 1 - p.AU[i]; a > 0 {
				peak = q / a
			} else if q == 0 {
				peak = 0
			}
			p.PeakU = max(p.PeakU, peak+max(math.Abs(p.C[i]), math.Abs(p.uStart(i))))
		}
	}
}

func (q *Proj) addWorst(pos, neg []float64, nPre int) {
	if q.kernel != nil {
		q.addWindows(pos, neg)
		return
	}
	for i := range pos {
		for j := range nPre {
			if w := q.weight(i, j, nPre); w > 0 {
				pos[i] += w
			} else {
				neg[i] -= w
			}
		}
	}
}

// calibrate runs the float reference over the samples and lowers the bounds
// to what was seen, with headroom.
func (u *Unit) calibrate() error {
	run, err := graph.NewRun(u.Net)
	if err != nil {
		return err
	}
	c := newCalibration(u, run)
	n := u.Options.Calib.Len()
	ticks := 0
	for s := range n {
		run.Reset()
		c.rest()
		for t := range u.Options.Calib.Ticks(s) {
			for k := range c.in {
				clear(c.in[k])
			}
			u.Options.Calib.Fill(s, t, c.in)
			run.Step(c.in)
			c.observe()
			ticks++
		}
	}
	if ticks == 0 {
		u.note("calibration: no samples, worst-case bounds are used")
		return nil
	}
	c.apply(n)
	u.activity = true
	u.note("calibration: %d samples, %d ticks of the float reference, headroom %d", n, ticks, calibHeadroom)
	return nil
}

// calibration gathers peaks and spike counts of a float run.
type calibration struct {
	u      *Unit
	run    *graph.Run
	in     [][]float64
	last   [][]float64 // synaptic current of the tick before
	q, c   []float64   // per population: peak input, peak |u|
	v      []float64   // peak |v| of readouts
	spikes []float64
}

func newCalibration(u *Unit, run *graph.Run) *calibration {
	n := len(u.Pops)
	c := &calibration{u: u, run: run, q: make([]float64, n), c: make([]float64, n), v: make([]float64, n), spikes: make([]float64, n), last: make([][]float64, n)}
	for _, i := range u.Net.Inputs() {
		c.in = append(c.in, make([]float64, u.Net.Pops[i].N))
	}
	for i := range u.Pops {
		c.last[i] = make([]float64, len(run.J[i]))
	}
	return c
}

func (c *calibration) rest() {
	for i := range c.last {
		clear(c.last[i])
	}
}

func (c *calibration) observe() {
	for k := range c.u.Pops {
		p := &c.u.Pops[k]
		for _, s := range c.run.Spikes[k] {
			c.spikes[k] += s
		}
		if p.Src.Kind == graph.Readout {
			for _, v := range c.run.V[k] {
				c.v[k] = max(c.v[k], math.Abs(v))
			}
		}
		for i, j := range c.run.J[k] {
			g := p.Src.GV[i] * p.norm(i)
			c.c[k] = max(c.c[k], math.Abs(g*j))
			c.q[k] = max(c.q[k], math.Abs(g*(j-p.AU[i]*c.last[k][i])))
			c.last[k][i] = j
		}
	}
}

func (c *calibration) apply(samples int) {
	for k := range c.u.Pops {
		p := &c.u.Pops[k]
		p.Rate = c.spikes[k] / float64(p.Src.N) / float64(max(samples, 1))
		if p.Src.Kind == graph.Input {
			continue
		}
		drive := 0.0
		for i := range p.C {
			drive = max(drive, math.Abs(p.C[i]))
		}
		p.seenV = calibHeadroom * c.v[k]
		p.SeenQ = min(p.PeakQ, calibHeadroom*c.q[k])
		p.SeenU = min(p.PeakU, calibHeadroom*(c.c[k]+drive))
	}
}
