package compiler

import (
	"math"
	"slices"

	"hillock/compiler/graph"
)

// passLayerScale makes integers of the float parameters, by the scaler and in
// the manner that the description names.
func passLayerScale(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	l := u.layers
	code := LayerCode{Scaler: strategy(u.Family, strategyScale), WeightBits: 8, ThresholdBits: 16, Quirks: strategy(u.Family, strategyQuirk) == "true"}
	if code.Scaler == "" {
		code.Scaler = ScaleChannel
	}
	if b := u.Family.Weights.Bits; len(b) > 0 {
		code.WeightBits = int(b[len(b)-1])
	}
	if u.readsMembranes() && code.Scaler == ScaleChannel {
		code.Scaler = ScaleGlobal
		u.note("membranes of outputs are compared, so all outputs have one scale")
	}
	var err error
	if l.ints, err = ScaleLayers(&l.float, code); err != nil {
		return err
	}
	u.note("quantised by %s%s", code.Scaler, map[bool]string{true: ", the vendor's deviations from it included"}[code.Quirks])
	u.layerRange()
	for k := range u.Pops {
		if !u.isInput(k) {
			u.scaledPop(k)
		}
	}
	for i := range u.Projs {
		u.scaledProj(&u.Projs[i])
	}
	return nil
}

// layerRange holds integers against the words of the chip: a vendor's scaler
// may leave some beyond them.
func (u *Unit) layerRange() {
	w, t, b := u.Family.Weights, u.regs.field(varLayerThresh), u.regs.field(varLayerBias)
	x := u.layers.ints
	for _, r := range [...]struct {
		name   string
		v      [][]int64
		lo, hi int64
	}{
		{"weights", [][]int64{x.In, x.Rec, x.Out}, w.MantLo, w.MantHi},
		{"thresholds", [][]int64{x.Threshold, x.ThresholdOut}, max(t.lo, 1), t.hi},
		{"biases", [][]int64{x.Bias, x.BiasOut}, b.lo, b.hi},
	} {
		clipped := 0
		for _, v := range r.v {
			for i, n := range v {
				if c := min(max(n, r.lo), r.hi); c != n {
					v[i] = c
					clipped++
				}
			}
		}
		if clipped > 0 {
			u.note("%d %s are outside the chip's %d..%d and were clipped", clipped, r.name, r.lo, r.hi)
		}
	}
}

// layerColumns are the integers of a population.
func (u *Unit) layerColumns(pop int) (thr, bias []int64) {
	x, at, n := u.layers.ints, u.layers.first[pop], u.Net.Pops[pop].N
	thr, bias = x.Threshold, x.Bias
	if u.isOutput(pop) {
		thr, bias = x.ThresholdOut, x.BiasOut
	}
	if bias != nil {
		bias = bias[at : at+n]
	}
	return thr[at : at+n], bias
}

// readsMembranes says that the host reads membranes.
func (u *Unit) readsMembranes() bool {
	return slices.ContainsFunc(u.Net.Pops, func(p *graph.Population) bool { return p.Kind == graph.Readout })
}

// scaledPop reports what scaling made of a population. Its scale is that of
// its first neuron, by the threshold or else by the largest weight of all.
func (u *Unit) scaledPop(pop int) {
	p := &u.Pops[pop]
	p.Thresh, p.BiasMant = u.layerColumns(pop)
	if p.Src.Kind != graph.Readout {
		p.Scale = float64(p.Thresh[0]) / p.Src.Theta[0]
		return
	}
	for i := range p.Thresh {
		p.Thresh[i] = u.regs.field(varLayerThresh).hi
	}
	top := int64(0)
	for _, w := range u.layers.ints.Out {
		top = max(top, w, -w)
	}
	p.Scale = float64(top) / max(largest(0, u.layers.float.Out), math.SmallestNonzeroFloat64)
}

// scaleAt is the scale of one neuron.
func (p *Pop) scaleAt(i int) float64 {
	if p.Src.Kind == graph.Readout {
		return p.Scale
	}
	return float64(p.Thresh[i]) / p.Src.Theta[i]
}

// scaledProj reports the stored weights of a projection and what they lost.
func (u *Unit) scaledProj(q *Proj) {
	post := u.Net.Pops[q.Src.Post].N
	q.Mant = make([]int16, u.Net.Pops[q.Src.Pre].N*post)
	err2, sum2 := 0.0, 0.0
	u.eachStored(q, func(pre, post int, stored int64, want float64) {
		scale := u.Pops[q.Src.Post].scaleAt(post)
		e := float64(stored) - want*scale
		err2, sum2 = err2+e*e, sum2+want*want*scale*scale
		if stored == 0 && want != 0 {
			q.Loss.Zeroed++
		}
		q.Mant[pre*len(q.Gain)+post] = int16(stored)
	})
	if sum2 > 0 {
		q.Loss.RMS = math.Sqrt(err2 / sum2)
	}
}

// eachStored visits the stored weights of a projection beside the float ones.
func (u *Unit) eachStored(q *Proj, visit func(pre, post int, stored int64, want float64)) {
	l, x := &u.layers.float, u.layers.ints
	from, to := u.layers.first[q.Src.Pre], u.layers.first[q.Src.Post]
	ints, floats, width := x.Rec, l.Rec, l.Hidden
	switch {
	case u.isInput(q.Src.Pre):
		ints, floats, width = x.In, l.In, l.Reached
	case u.isOutput(q.Src.Post):
		ints, floats, width, from = x.Out, l.Out, l.Outputs, from-(l.Hidden-l.Read)
	}
	for j := range u.Net.Pops[q.Src.Pre].N {
		for i := range u.Net.Pops[q.Src.Post].N {
			at := (from+j)*width + to + i
			visit(j, i, ints[at], floats[at])
		}
	}
}

// passLayerLimits counts the stored synapses between hidden neurons.
func passLayerLimits(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	l := u.layers
	var most, all int64
	name := ""
	for _, k := range l.hidden {
		for j := range u.Net.Pops[k].N {
			row := (l.first[k] + j) * l.float.Hidden
			n := int64(0)
			for _, w := range l.ints.Rec[row : row+l.float.Hidden] {
				if w != 0 {
					n++
				}
			}
			if all += n; n > most {
				most, name = n, u.Net.Pops[k].Name
			}
		}
	}
	if have, ok := u.limit(limFanOut); ok && most > have {
		u.misfit(Misfit{name, 0, limFanOut, most, have, "hidden neurons that one hidden neuron reaches"})
	}
	if have, ok := u.limit(limRecurrent); ok && all > have {
		u.misfit(Misfit{"", 0, limRecurrent, all, have, "weights between hidden neurons, in all"})
	}
	u.layerPlan(all)
	return nil
}

// layerPlan is the one core, for the report.
func (u *Unit) layerPlan(recurrent int64) {
	l := u.layers
	plan := CorePlan{}
	for _, list := range [...][]int{l.hidden, l.outputs} {
		for _, k := range list {
			n := u.Net.Pops[k].N
			plan.Slices = append(plan.Slices, Slice{Pop: k, N: n, Base: int(plan.Use.Compartments)})
			plan.Use.Compartments += int64(n)
		}
	}
	for _, list := range [...][]int64{l.ints.In, l.ints.Out} {
		for _, w := range list {
			if w != 0 {
				plan.Use.Synapses++
			}
		}
	}
	plan.Use.Synapses += recurrent
	plan.Use.Words, u.regs.memory.WordBits = plan.Use.Synapses, 8
	if b := u.Family.Weights.Bits; len(b) > 0 {
		u.regs.memory.WordBits = b[len(b)-1]
	}
	u.Cores = []CorePlan{plan}
	u.note("%d hidden and %d output neurons", l.float.Hidden, l.float.Outputs)
}
