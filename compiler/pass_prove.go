package compiler

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
	"hillock/core"
)

// passProve bounds accumulators and currents by intervals over the stored
// weights: every source may spike in every tick, or none. What cannot overflow
// then never will; for the rest the report says from which share of the inputs
// on it may, and whether calibration came near it.
func passProve(u *Unit) error {
	for k := range u.Pops {
		if p := &u.Pops[k]; p.Src.Kind != graph.Input {
			u.prove(p, k)
		}
	}
	return nil
}

// prove fills in the proof of one population.
func (u *Unit) prove(p *Pop, pop int) {
	pos, neg := make([]int64, p.Src.N), make([]int64, p.Src.N)
	for _, q := range u.into(pop) {
		times := int64(1)
		if pre := q.Src.Pre; p.exact && p.Src.Code == graph.Graded {
			times = int64(max(u.Net.Pops[pre].Levels, 1))
		}
		u.contributions(q, func(i int, w int64) {
			if w *= times; w > 0 {
				pos[i] += w
			} else {
				neg[i] -= w
			}
		})
	}
	worst := proofOf{share: math.Inf(1)}
	for i := range pos {
		worst.tighten(u.bounds(p, i, max(pos[i], neg[i])))
	}
	p.Proof = worst.String()
	p.proven = worst.share >= 1
}

// proofOf is the tightest register of a population: the share of the worst
// case that it holds.
type proofOf struct {
	share float64
	name  string
	need  float64
	have  int64
}

func (a *proofOf) tighten(b proofOf) {
	if b.share < a.share {
		*a = b
	}
}

// String is the sentence of the report.
func (a proofOf) String() string {
	if a.share >= 1 {
		return "cannot overflow"
	}
	return fmt.Sprintf("%s may overflow when more than %.2g %% of its worst case comes at once (%.0f, holds %d)", a.name, 100*a.share, a.need, a.have)
}

// bounds compares the largest input of one tick, and what it builds up in the
// current, with their words.
func (u *Unit) bounds(p *Pop, i int, q int64) proofOf {
	r := &u.regs
	best := proofOf{share: math.Inf(1)}
	check := func(name string, need float64, have int64) {
		if need > 0 {
			best.tighten(proofOf{float64(have) / need, name, need, have})
		}
	}
	check("the input of one tick", float64(q)*math.Ldexp(1, r.readShift), r.qLim)
	if p.exact {
		levels := float64(max(p.Src.Levels, 1))
		if p.Src.Code == graph.Graded {
			levels = 1
		}
		check("the sum", float64(q)*levels+math.Abs(p.C[i])*p.Scale, math.MaxInt32)
		return best
	}
	ticks := u.leakTicks(p.DecayU[i] + p.OffU + r.fixedU)
	drive := math.Abs(float64(p.BiasMant[i])*math.Ldexp(1, int(p.BiasEx[i]))) + p.Scale*p.norm(i)*p.Src.DriveMax
	current := float64(q)*ticks + math.Abs(float64(p.UStart[i])) + drive
	check("the current", current, r.uLim)
	switch {
	case p.Src.Kind == graph.Readout:
		check("the membrane", math.Abs(float64(p.VStart[i]))+current*u.leakTicks(p.DecayV[i]+p.OffV+r.fixedV), r.vLim)
	case !r.vSat:
		check("the membrane", float64(p.Thresh[i]*r.threshUnit)+current, r.vLim)
	}
	return best
}

// leakTicks is how many ticks of a constant input a word with a decay field
// adds up at most: those of an inference, or fewer if it leaks.
func (u *Unit) leakTicks(field int64) float64 {
	ticks := float64(u.Options.Ticks)
	if u.Options.Ticks == 0 {
		ticks = endlessTicks
	}
	if field > 0 {
		ticks = min(ticks, float64(u.regs.unit)/float64(field))
	}
	return ticks
}

// contributions visits what one spike of each source adds to each target.
func (u *Unit) contributions(q *Proj, visit func(target int, w int64)) {
	form := u.form(q)
	if k := q.kernel; k != nil {
		w := decodeMants(form, q.Mant)
		for j := range k.Sources() {
			k.Each(j, func(target, at int) { visit(target, w[at]) })
		}
		return
	}
	for at, m := range q.Mant {
		if m != 0 {
			visit(at%len(q.Gain), int64(form.Contribution(int32(m))))
		}
	}
}

func decodeMants(f core.Format, mant []int16) []int64 {
	w := make([]int64, len(mant))
	for i, m := range mant {
		w[i] = int64(f.Contribution(int32(m)))
	}
	return w
}
