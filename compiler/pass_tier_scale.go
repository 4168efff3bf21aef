package compiler

import (
	"fmt"
	"math"
	"math/bits"

	"hillock/compiler/graph"
)

// passTierScale turns every layer into integers, by the scaler that the chip's
// description names.
func passTierScale(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil // what the chip cannot do has no scale
	}
	if s := strategy(u.Family, "layer_scaler"); s != ScaleJoint {
		return fmt.Errorf("layer scaler %q of description %q, need %s for mapping %s", s, u.Family.Name, ScaleJoint, mapTiers)
	}
	code := JointCode{Quirks: strategy(u.Family, "vendor_quirks") == "true", WeightBits: 1 + bits.Len64(uint64(max(u.Family.Weights.MantHi, 0))), StateBits: 1 + bits.Len64(uint64(max(u.regs.field(varThresh).hi, 0)))}
	for k := range u.Pops {
		p, l := &u.Pops[k], &u.tiers[k]
		if p.Src.Kind == graph.Input || l.kernel == nil {
			continue
		}
		if p.Src.Kind == graph.Readout {
			peak := u.tierPeak(k) // stays below the threshold
			for i := range p.Theta {
				p.Theta[i] = peak
			}
		}
		if p.Theta[0] <= 0 {
			u.misfit(Misfit{p.Src.Name, -1, "threshold", 1, 0, fmt.Sprintf("threshold %g of the layer above its reset, the chip's register is positive", p.Theta[0])})
			continue
		}
		bias, ok := u.channelBiases(p, l)
		if !ok {
			continue
		}
		j := &JointLayer{Weights: l.kernel.W, Bias: bias, Threshold: p.Theta[0], Bounded: p.Floor != nil}
		if p.Floor != nil {
			if j.Floor = p.Floor[0]; varying(p.Floor) {
				u.lacks(p.Src, "membrane floor", "the floor differs between neurons of the layer, and a core has one")
				continue
			}
		}
		ints, err := ScaleJointly(j, code)
		if err != nil {
			return fmt.Errorf("population %q: %w", p.Src.Name, err)
		}
		u.tierRegisters(p, l, ints)
		if p.Src.Kind == graph.Readout {
			p.Loss.Threshold = 0
			for i := range p.Thresh {
				p.Thresh[i] = u.regs.field(varThresh).hi
			}
		}
		u.tierWeights(k, ints)
	}
	return nil
}

// tierPeak bounds the membrane of a readout over an inference: by what was seen
// in calibration, else by one spike per tick of everything that it reads.
func (u *Unit) tierPeak(pop int) float64 {
	p, most := &u.Pops[pop], 0.0
	for i, q := range u.forward(pop) {
		k, pool := q.kernel, float64(u.tiers[pop].pools[i]*u.tiers[pop].pools[i])
		per := len(k.W) / k.Out[0]
		row := 0.0
		for from := 0; from < len(k.W); from += per {
			sum := 0.0
			for _, w := range k.W[from : from+per] {
				sum += math.Abs(w)
			}
			row = max(row, sum)
		}
		most += row * pool
	}
	if p.seenV == 0 {
		u.note("%s: what it reads may spike several times in a tick, and its bound counts one: a membrane that reaches %d spikes", p.Src.Name, u.regs.field(varThresh).hi)
	}
	drive := 0.0
	for _, c := range p.C {
		drive = max(drive, math.Abs(c))
	}
	start := 0.0
	for _, v := range p.Src.V0 {
		start = max(start, math.Abs(v))
	}
	return start + u.readoutPeak(p, most+drive)
}

// channelBiases are the drives of a layer per channel, nil if it stores none.
func (u *Unit) channelBiases(p *Pop, l *tier) ([]float64, bool) {
	if l.shape.Biases == 0 {
		return nil, true
	}
	out, plane := make([]float64, l.shape.Out[0]), l.shape.Out[1]*l.shape.Out[2]
	for i, c := range p.C {
		if out[i/plane] = p.C[i/plane*plane]; c != out[i/plane] {
			u.lacks(p.Src, "bias per neuron", fmt.Sprintf("drives differ within channel %d, and a layer has one bias per channel", i/plane))
			return nil, false
		}
	}
	return out, true
}

// tierRegisters sets the registers of a layer and what rounding them lost.
func (u *Unit) tierRegisters(p *Pop, l *tier, ints *JointInts) {
	n, plane := p.Src.N, l.shape.Out[1]*l.shape.Out[2]
	p.Scale, p.VMin = ints.Scale, ints.Floor
	p.Thresh, p.BiasMant, p.BiasEx, p.VStart = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	start := u.regs.field(varVStart)
	clipped := 0
	for i := range n {
		p.Thresh[i] = ints.Threshold
		if ints.Bias != nil {
			p.BiasMant[i] = ints.Bias[i/plane]
			p.Loss.Bias = max(p.Loss.Bias, math.Abs(float64(p.BiasMant[i])-p.Scale*p.C[i])/(p.Scale*p.Theta[i]))
		}
		want := p.vStart(i)
		if p.VStart[i] = start.clamp(want); want != p.VStart[i] {
			clipped++
		}
	}
	if clipped > 0 {
		u.note("%s: %d membranes start outside the chip's %d..%d and were clipped", p.Src.Name, clipped, start.lo, start.hi)
	}
	p.Loss.Threshold = math.Abs(float64(ints.Threshold)/(p.Scale*p.Theta[0]) - 1)
	if ints.Threshold < 1 {
		u.misfit(Misfit{p.Src.Name, -1, "threshold", 1, 0, fmt.Sprintf("with the scale %.3g of the layer its threshold %g rounds to 0", p.Scale, p.Theta[0])})
	}
	if p.Start = 0; ints.Bias != nil && varies(p.C, 0) {
		p.Start = p.Depth
	}
	if hi := u.regs.field(varStart).hi; int64(p.Start) > hi {
		u.misfit(Misfit{p.Src.Name, -1, "start delay", int64(p.Start), hi, "its bias must wait for the first input, which comes that many ticks late"})
	}
}

// tierWeights gives the projections into a layer its integers.
func (u *Unit) tierWeights(pop int, ints *JointInts) {
	scale := u.Pops[pop].Scale
	for _, q := range u.forward(pop) {
		if q.kernel == nil {
			continue
		}
		sum, off := 0.0, 0.0
		q.Mant = make([]int16, len(ints.Weights))
		for i, m := range ints.Weights {
			want := scale * q.kernel.W[i]
			q.Mant[i] = int16(m)
			sum, off = sum+want*want, off+(float64(m)-want)*(float64(m)-want)
			q.MaxAbs = max(q.MaxAbs, math.Abs(q.kernel.W[i]))
			if m == 0 && want != 0 {
				q.Loss.Zeroed++
			}
		}
		if sum > 0 {
			q.Loss.RMS = math.Sqrt(off / sum)
		}
	}
}
