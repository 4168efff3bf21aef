package compiler

import (
	"fmt"
	"math"
)

// decays finds the register values whose factors are nearest to the wanted.
func (u *Unit) decays(p *Pop) {
	r := &u.regs
	n := p.Src.N
	p.DecayU, p.DecayV = make([]int64, n), make([]int64, n)
	p.OffU = u.offset(varOffsetU, varDecayU, r.fixedU, p.AU)
	p.OffV = u.offset(varOffsetV, varDecayV, r.fixedV, p.AV)
	for i := range n {
		p.DecayU[i], _ = r.decay(varDecayU, r.fixedU+p.OffU, p.AU[i])
		p.DecayV[i], _ = r.decay(varDecayV, r.fixedV+p.OffV, p.AV[i])
	}
	u.fitDecays(p)
	for i := range n {
		p.Loss.Decay = max(p.Loss.Decay, r.decayError(p.DecayU[i]+p.OffU+r.fixedU, p.AU[i]), r.decayError(p.DecayV[i]+p.OffV+r.fixedV, p.AV[i]))
	}
}

// fitDecays moves the fields to where the chip's whole-number recurrences come
// closest to the wanted factors, from the values that the words really take.
func (u *Unit) fitDecays(p *Pop) {
	top := int64(0)
	for _, t := range p.Theta {
		top = max(top, int64(p.Scale*t))
	}
	current := int64(min(p.Scale*p.PeakQ, float64(u.regs.uLim)))
	for _, f := range []struct {
		fit    decayFit
		fields []int64
		wanted []float64
	}{
		{decayFit{word: u.stateWord(p.group, "u"), field: varDecayU, offset: varOffsetU, off: p.OffU, start: current}, p.DecayU, p.AU},
		{decayFit{word: u.stateWord(p.group, stateV), field: varDecayV, offset: varOffsetV, off: p.OffV, start: min(top, u.regs.vLim)}, p.DecayV, p.AV},
	} {
		f.fit.u, f.fit.group, f.fit.known = u, p.group, map[[2]int64]response{}
		dead, seen := int64(0), map[float64]int64{}
		for i, a := range f.wanted {
			if at, ok := seen[a]; ok {
				f.fields[i] = at
				continue
			}
			if len(seen) == fitFactors {
				continue
			}
			at, r, ok := f.fit.fitted(f.fields[i], a)
			if ok {
				want := ideal(a)
				p.Loss.Integral = max(p.Loss.Integral, math.Abs(r.integral/want.integral-1))
				p.Loss.HalfLife = max(p.Loss.HalfLife, math.Abs(r.half/want.half-1))
				dead = max(dead, r.dead)
			}
			f.fields[i], seen[a] = at, at
		}
		if top > 0 && float64(dead) > maxDeadBand*float64(top) {
			u.misfit(Misfit{p.Src.Name, -1, "decay", dead, int64(maxDeadBand * float64(top)), fmt.Sprintf("with %s the chip's word stops decaying that far from 0, above %g of the threshold", f.fit.field, maxDeadBand)})
		}
	}
}

// decayError is the error of the factor that a field with its offsets gives.
func (r *registers) decayError(field int64, factor float64) float64 {
	unit := float64(r.unit)
	return math.Abs((unit-float64(field))/unit - factor)
}

// decay is the field value for a factor, and the error of the factor.
func (r *registers) decay(name string, offset int64, factor float64) (int64, float64) {
	unit := float64(r.unit)
	d := r.field(name).clamp(int64(math.Round(unit*(1-factor))) - offset)
	return d, math.Abs((unit-float64(d+offset))/unit - factor)
}

// offset picks the value of an offset field with the least total error, the
// usual one if it is as good.
func (u *Unit) offset(name, decay string, fixed int64, factors []float64) int64 {
	f := u.regs.field(name)
	if !f.have {
		return 0
	}
	lost := func(x int64) float64 {
		sum := 0.0
		for _, a := range factors {
			_, e := u.regs.decay(decay, fixed+x, a)
			sum += e
		}
		return sum
	}
	at := f.usual
	best := lost(at)
	for x := f.lo; x <= min(f.hi, f.lo+16); x++ {
		if sum := lost(x); sum < best {
			best, at = sum, x
		}
	}
	return at
}
