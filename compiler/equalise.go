package compiler

import (
	"math"

	"hillock/compiler/graph"
)

// equalise scales every neuron so that all thresholds of a population are the
// same, if there are more of them than a core can hold. A neuron whose weights,
// drive and threshold are scaled together spikes the same but for rounding;
// weights that are whole multiples of a unit are not rounded, and stay so as
// long as the chip has the cores to spread their thresholds over.
func (u *Unit) equalise(p *Pop, in []*Proj) {
	have, ok := u.limit(limThresholds)
	seen := map[float64]bool{}
	top := 0.0
	for _, t := range p.Theta {
		seen[t] = true
		top = max(top, t)
	}
	if !ok || int64(len(seen)) <= have || top <= 0 || u.spreads(len(p.Theta), have) && latticeOf(in) > 0 {
		return
	}
	c := make([]float64, len(p.Theta))
	for i, t := range p.Theta {
		if c[i] = 1; t > 0 {
			c[i] = top / t
		}
	}
	p.scaleNeurons(c, in)
	for i, t := range p.Theta {
		if t > 0 {
			p.Theta[i] = top
		}
	}
	u.note("%s: %d distinct thresholds, a core holds %d: weights and drives are scaled per neuron to one threshold, which changes no spike but for rounding", p.Src.Name, len(seen), have)
}

// scaleNeurons is the one place where a neuron is scaled: weights, drive,
// threshold, floor and what passes the synapse together. Its spikes stay the
// same but for rounding.
func (p *Pop) scaleNeurons(c []float64, in []*Proj) {
	if p.Norm == nil {
		p.Norm = make([]float64, len(c))
		for i := range p.Norm {
			p.Norm[i] = 1
		}
	}
	for i, x := range c {
		p.Norm[i] *= x
		p.C[i] *= x
		p.Theta[i] *= x
		if p.Floor != nil {
			p.Floor[i] *= x
		}
		if p.Lag != nil {
			p.Lag[i] *= x
		}
		for _, q := range in {
			q.Gain[i] *= x
		}
	}
}

// widenSteps are the factors by which a neuron's weights may grow, so that a
// population has few distinct thresholds.
var widenSteps = [...]float64{4, 2 * math.Sqrt2, 2, math.Sqrt2}

// widen scales up neurons whose weights are all small beside the largest of
// the population, so that they use more of their mantissas. It pays with
// distinct thresholds, and is left where weights are whole multiples of a unit,
// where nothing spikes, and where a core could not hold the thresholds.
func (u *Unit) widen(p *Pop, in []*Proj) {
	if !u.Options.Widen || p.exact || p.Src.Kind != graph.CubaLIF || p.Floor != nil || latticeOf(in) > 0 {
		return
	}
	if have, ok := u.limit(limThresholds); ok && have < int64(len(widenSteps)) || varying(p.Theta) {
		return
	}
	row, top := make([]float64, p.Src.N), 0.0
	for _, q := range in {
		q.rowMax(row)
	}
	for _, w := range row {
		top = max(top, w)
	}
	c, grown := make([]float64, p.Src.N), 0
	for i, w := range row {
		c[i] = 1
		for _, step := range widenSteps {
			if w > 0 && w*step <= top {
				c[i] = step
				grown++
				break
			}
		}
	}
	if grown > 0 {
		p.scaleNeurons(c, in)
		u.note("%s: %d of %d neurons scaled up, weights and threshold together, to use more of their mantissas", p.Src.Name, grown, p.Src.N)
	}
}

// rowMax raises row[i] to the largest weight magnitude into neuron i, gain
// included.
func (q *Proj) rowMax(row []float64) {
	if k := q.Src.Kernel; k != nil && q.w == nil {
		per, plane := len(k.W)/k.Out[0], k.Out[1]*k.Out[2]
		for i := range row {
			for _, w := range k.W[i/plane*per : (i/plane+1)*per] {
				row[i] = max(row[i], math.Abs(q.Gain[i]*w))
			}
		}
		return
	}
	nPre := len(q.w) / len(q.Gain)
	for i := range row {
		for j := range nPre {
			row[i] = max(row[i], math.Abs(q.weight(i, j, nPre)))
		}
	}
}

// spreads says that n neurons of different thresholds find room on the
// population's share of the chip's cores, each holding that many of them.
func (u *Unit) spreads(n int, perCore int64) bool {
	cores, ok := u.limit(limCores)
	pops := int64(len(u.Pops) - len(u.Net.Inputs()))
	return !ok || (int64(n)+perCore-1)/max(perCore, 1) <= cores/max(pops, 1)
}

// norm is the factor of neuron i.
func (p *Pop) norm(i int) float64 {
	if p.Norm == nil {
		return 1
	}
	return p.Norm[i]
}
