package compiler

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
)

// noCeiling keeps a neuron that only sums from ever sending anything.
const noCeiling = math.MaxInt32

// checkExact: whole numbers in a code that the chip has a neuron for.
func (u *Unit) checkExact(p *Pop) {
	p.exact = true
	name := p.Src.Code.String()
	u.takeRole(p, name, "code "+name, "the description names no neuron group for it")
	if s, _ := u.Family.Strategy("axon_payload"); p.Src.Code == graph.Graded && s != "graded" {
		u.lacks(p.Src, "code graded", "spikes carry no payload on this chip")
	}
	if f := u.regs.field(varLevels); f.have && int64(p.Src.Levels) > f.hi {
		u.misfit(Misfit{p.Src.Name, -1, "levels", int64(p.Src.Levels), f.hi, "the largest value that a neuron can send"})
	}
}

// foldExact copies what the network says: whole numbers need no gain.
func (p *Pop) foldExact() {
	s := p.Src
	n := s.N
	p.AU, p.AV, p.Theta, p.C = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	copy(p.C, s.C)
	if s.Kind != graph.Readout {
		copy(p.Theta, s.Theta)
	}
}

// scaleExact keeps whole numbers whole: a weight of 1 contributes
// 2^(family scale), and the neuron's program divides that out again.
func (u *Unit) scaleExact(p *Pop, in []*Proj) {
	p.Scale = math.Ldexp(1, int(u.Family.Weights.Scale))
	for _, q := range in {
		q.Code = u.storage()
		q.Code.Exp = -q.Code.Lsb()
		if top := math.Ldexp(float64(q.Code.Reach()), q.Code.Exp); q.MaxAbs > top {
			u.misfit(Misfit{p.Src.Name, -1, "weight", int64(q.MaxAbs), int64(top), fmt.Sprintf("an exact code needs the whole-number weights of %q unchanged", q.Src.Name)})
		}
	}
	n := p.Src.N
	p.DecayU, p.DecayV, p.Thresh = make([]int64, n), make([]int64, n), make([]int64, n)
	p.BiasMant, p.BiasEx, p.UStart, p.VStart = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	theta, drive := u.regs.field(varTheta), u.regs.field(varDrive)
	for i := range n {
		p.Thresh[i], p.BiasMant[i] = int64(p.Theta[i]), int64(p.C[i])
		if p.Src.Kind != graph.Readout && theta.have && (p.Thresh[i] < theta.lo || p.Thresh[i] > theta.hi) {
			u.misfit(Misfit{p.Src.Name, -1, "threshold", p.Thresh[i], theta.hi, fmt.Sprintf("threshold of neuron %d, the register holds %d..%d", i, theta.lo, theta.hi)})
			return
		}
		if drive.have && (p.BiasMant[i] < drive.lo || p.BiasMant[i] > drive.hi) {
			u.misfit(Misfit{p.Src.Name, -1, "bias", p.BiasMant[i], drive.hi, fmt.Sprintf("constant drive of neuron %d, the register holds %d..%d", i, drive.lo, drive.hi)})
			return
		}
	}
	u.proveExact(p)
}

// proveExact compares the worst case of accumulator and membrane with their
// words.
func (u *Unit) proveExact(p *Pop) {
	if q := p.PeakQ * p.Scale; q > float64(u.regs.qLim) {
		u.note("%s: the sum of one tick may reach %.0f, the accumulator holds %d: inputs that strong would overflow (counted)", p.Src.Name, q, u.regs.qLim)
	}
	if v := p.PeakU; v > math.MaxInt32 {
		u.note("%s: its sum may reach %.0f, the membrane holds %d", p.Src.Name, v, int64(math.MaxInt32))
	}
}

// exactSettings are the fields of the slices of an exact population.
func (u *Unit) exactSettings(p *Pop, on []Slice) map[string][]int64 {
	theta, drive := gather(p.Thresh, on), gather(p.BiasMant, on)
	ceiling := make([]int64, len(theta))
	levels := int64(p.Src.Levels)
	if p.Src.Kind == graph.Readout {
		levels = 0
	}
	for i := range ceiling {
		if ceiling[i] = min(levels*theta[i], noCeiling); levels == 0 {
			ceiling[i] = noCeiling
		}
	}
	return map[string][]int64{
		varTheta: theta, varDrive: drive, varCeiling: ceiling, varLevels: {levels},
		varBegin: {int64(p.Depth)}, varFrames: {int64(window(p.Src))},
	}
}
