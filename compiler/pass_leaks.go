package compiler

import (
	"fmt"
	"math"
)

// passLeaks writes decays as shifts, and weights, drives and thresholds as the
// float parameters of hidden and output neurons. A network beyond the counts
// of the chip has no such form.
func passLeaks(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	l := &u.layers.float
	l.In = make([]float64, l.Inputs*l.Reached)
	l.Rec = make([]float64, l.Hidden*l.Hidden)
	l.Out = make([]float64, l.Read*l.Outputs)
	l.Threshold, l.ThresholdOut = make([]float64, l.Hidden), make([]float64, l.Outputs)
	bias := u.regs.field(varLayerBias).have
	drive, driveOut := make([]float64, l.Hidden), make([]float64, l.Outputs)
	for k := range u.Pops {
		if !u.isInput(k) {
			to, thr := drive, l.Threshold
			if u.isOutput(k) {
				to, thr = driveOut, l.ThresholdOut
			}
			at := u.layers.first[k]
			u.leaks(&u.Pops[k])
			copy(thr[at:], u.Pops[k].Src.Theta)
			u.drives(k, to[at:at+u.Pops[k].Src.N])
		}
	}
	if largest(0, drive, driveOut) > 0 && bias {
		l.Bias, l.BiasOut = drive, driveOut
	}
	for i := range u.Projs {
		u.layerWeights(&u.Projs[i])
	}
	return nil
}

// leaks chooses the shifts of a population's neurons. A synaptic state is
// decayed before the membrane reads it, so a shift of 0 would lose the input:
// a network without synaptic decay gets the shortest there is, which hands on
// the whole charge a tick late on average.
func (u *Unit) leaks(p *Pop) {
	s := p.Src
	syn, mem := u.regs.field(varShiftSyn), u.regs.field(varShiftMem)
	p.DecayU, p.DecayV = make([]int64, s.N), make([]int64, s.N)
	at, short, endless := 0.0, 0, 0
	for i := range s.N {
		p.DecayU[i], p.DecayV[i] = shiftOf(s.AJ[i], syn, 1), shiftOf(s.AV[i], mem, 0)
		if s.AJ[i] < kept(1)/2 {
			short++
		}
		if s.AV[i] >= 1 {
			endless++
		}
		at = max(at, math.Abs(kept(p.DecayV[i])-s.AV[i]))
		if s.AJ[i] > 0 {
			at = max(at, math.Abs(kept(p.DecayU[i])-s.AJ[i]))
		}
	}
	p.Loss.Decay = at
	if short > 0 {
		u.approximate(s.Name, "synapse", fmt.Sprintf("%d neurons have no synaptic decay or a shorter one than the chip's shortest, which keeps half of a tick's charge for the next", short))
	}
	if endless > 0 {
		u.approximate(s.Name, "membrane without leak", fmt.Sprintf("%d neurons never forget; the chip's membranes lose at least 1 in every tick", endless))
	}
}

// drives adds up the constant drives of a population. A bias behind a synapse
// acts by its steady value.
func (u *Unit) drives(pop int, to []float64) {
	p := &u.Pops[pop]
	s := p.Src
	for i := range to {
		to[i] = s.C[i]
	}
	for _, q := range u.into(pop) {
		for i, b := range q.Src.Bias {
			if b == 0 {
				continue
			}
			if s.AJ[i] >= 1 {
				u.lacks(s, "bias of a synapse that never decays", fmt.Sprintf("bias of projection %q grows without bound in neuron %d", q.Src.Name, i))
				return
			}
			to[i] += s.GV[i] * s.GJ[i] * b / (1 - s.AJ[i])
		}
	}
	n := 0
	for _, x := range to {
		if x != 0 {
			n++
		}
	}
	switch {
	case n > 0 && !u.regs.field(varLayerBias).have:
		u.misfit(Misfit{s.Name, -1, "bias", int64(n), 0, "neurons with a constant drive; the chip's neurons have none"})
	case n > 0 && p.Depth > 0:
		u.approximate(s.Name, "start delay", fmt.Sprintf("the biases of %d neurons act from the first tick, %d before the first input reaches them", n, p.Depth))
	}
}

// layerWeights writes a projection into the matrix that it belongs to. The
// chip decays a synaptic state before it is read: of a weight w the membrane
// gets w*d, w*d*d, ..., so weights are raised until the sum of that is what
// the network has.
func (u *Unit) layerWeights(q *Proj) {
	p, l := &u.Pops[q.Src.Post], &u.layers.float
	from, to := u.layers.first[q.Src.Pre], u.layers.first[q.Src.Post]
	for i := range q.Gain {
		d, a := kept(p.DecayU[i]), p.Src.AJ[i]
		charge := 1 / d // of a synapse that never decays: the step itself
		if a < 1 {
			charge = (1 - d) / d / (1 - a)
		}
		q.Gain[i] = p.Src.GV[i] * p.Src.GJ[i] * charge
	}
	rows, width := l.Rec, l.Hidden
	switch {
	case u.isInput(q.Src.Pre):
		rows, width = l.In, l.Reached
	case u.isOutput(q.Src.Post):
		rows, width, from = l.Out, l.Outputs, from-(l.Hidden-l.Read)
	}
	q.eachWeight(func(pre, post int, w float64) {
		q.MaxAbs = max(q.MaxAbs, math.Abs(w*q.Gain[post]))
		rows[(from+pre)*width+to+post] += w * q.Gain[post]
	})
}
