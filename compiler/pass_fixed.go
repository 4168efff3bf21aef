package compiler

import (
	"math"
	"slices"

	"hillock/compiler/graph"
)

// Membranes and currents stay below fixedRoom, half of what the chip holds;
// thresholds need no more than fixedTall.
const (
	fixedRoom = 30000
	fixedTall = 1024
)

// passFixed chooses one scale per population, a power of two, and writes its
// neurons in the chip's fields.
func passFixed(u *Unit) error {
	for k := range u.Pops {
		if p := &u.Pops[k]; p.Src.Kind != graph.Input {
			p.step = u.stepOf(p, u.into(k))
			u.fixPop(p)
		}
	}
	return nil
}

// stepOf is the unit of which every membrane of a population without leaks is a
// whole multiple, 0 if there is none. The chip's membranes always leak, so such a
// population is approximate, and its thresholds go between two multiples.
func (u *Unit) stepOf(p *Pop, in []*Proj) float64 {
	if slices.ContainsFunc(p.AV, func(a float64) bool { return a != 1 }) {
		return 0
	}
	u.approximate(p.Src.Name, "leak", "the chip's membranes leak; those that should not lose 2^-14 of themselves per tick")
	step := latticeOf(in)
	if step <= 0 || decaying(p.Src) {
		return 0
	}
	for i, c := range p.C {
		if math.Abs(math.Remainder(c, step)) > 1e-6*step || math.Abs(math.Remainder(p.startOf(i), step)) > 1e-6*step {
			return 0
		}
	}
	return step
}

func (u *Unit) fixPop(p *Pop) {
	n := p.Src.N
	p.raw = &rawPop{src: &graph.RawPop{Name: p.Src.Name, N: n}, fields: map[string][]int64{}, core: map[string]int64{}, profile: make([]int32, n), thresh: make([]int64, n)}
	if p.Src.Kind == graph.Readout {
		p.raw.read = 1 + u.stateWord(p.group, stateV)
	}
	p.unit = make([]float64, n)
	members := make([]membrane, n)
	slow := 0.0
	for i := range n {
		m := membraneOf(p.AV[i])
		members[i] = m
		p.unit[i] = 1 / m.gain()
		p.Loss.Decay = max(p.Loss.Decay, math.Abs(p.AV[i]-float64(m.keep)/fixedOne))
		slow = max(slow, float64(m.resist)/fixedOne/m.gain())
	}
	p.Scale = u.fixScale(p, slow)
	u.fixMembranes(p, members)
	u.fixSynapses(p)
}

// fixScale is the largest power of two at which no sum leaves its range. slow is
// the current that a unit of drive needs, times the resistance.
func (u *Unit) fixScale(p *Pop, slow float64) float64 {
	peak, theta, drive := p.PeakU, 0.0, 0.0
	if math.IsInf(peak, 1) {
		peak = endlessTicks * p.PeakQ
		u.note("%s: a current that never decays has no worst case, %d ticks of it are assumed", p.Src.Name, endlessTicks)
	}
	if p.SeenU > 0 {
		peak = min(peak, p.SeenU)
	}
	for i := range p.Theta {
		theta, drive = max(theta, math.Abs(p.Theta[i])), max(drive, math.Abs(p.C[i]))
	}
	if p.Src.Kind == graph.Readout {
		theta = u.readoutPeak(p, peak+drive)
	}
	limit := fixedRoom / max((peak+drive)*slow+theta, 1e-30)
	if theta > 0 {
		limit = min(limit, fixedTall/theta)
	}
	return math.Ldexp(1, int(min(max(math.Floor(math.Log2(limit)), -60), 60)))
}

// fixMembranes writes decays, thresholds, drives and starts.
func (u *Unit) fixMembranes(p *Pop, members []membrane) {
	n := p.Src.N
	f := p.raw.fields
	for _, name := range [...]string{varFixedTauM, varFixedCap, varFixedThresh, varFixedStart, varFixedDrive, varFixedWait} {
		f[name] = make([]int64, n)
	}
	f[varFixedReset], f[varFixedRest], f[varFixedHold] = []int64{0}, []int64{0}, []int64{int64(p.Hold) * fixedOne}
	wait := int64(0)
	for i, m := range members {
		f[varFixedTauM][i], f[varFixedCap][i] = m.tau, m.capacity
		f[varFixedThresh][i] = u.fixThreshold(p, i)
		drive := math.RoundToEven(p.Scale * p.C[i] * p.unit[i] * fixedOne)
		f[varFixedDrive][i] = u.fixed(p, drive, &p.Loss.BiasClipped)
		if p.Theta[i] > 0 {
			p.Loss.Bias = max(p.Loss.Bias, math.Abs(float64(f[varFixedDrive][i])/fixedOne/p.unit[i]-p.Scale*p.C[i])/(p.Scale*p.Theta[i]))
		}
		start := p.startOf(i)
		f[varFixedStart][i] = u.fixed(p, math.RoundToEven(p.Scale*start*fixedOne), &p.Loss.ThreshClipped)
		if p.C[i] != 0 || start != 0 {
			wait = int64(p.Depth) // held until the first input can come
		}
	}
	for i := range n {
		f[varFixedWait][i] = wait
	}
	p.Start = int(wait)
}

// startOf is the membrane of neuron i at the start, above its reset.
func (p *Pop) startOf(i int) float64 {
	v := 0.0
	if p.Src.V0 != nil {
		v = p.Src.V0[i]
	}
	if p.Src.VReset != nil {
		v -= p.Src.VReset[i]
	}
	return v
}

// fixThreshold is the lowest membrane at which a neuron spikes: the chip's
// test is "at or above".
func (u *Unit) fixThreshold(p *Pop, i int) int64 {
	if p.Src.Kind == graph.Readout {
		return math.MaxInt32
	}
	want := p.Scale * p.Theta[i] * fixedOne
	if p.step > 0 {
		k := math.Ceil(p.Theta[i]/p.step - 1e-6)
		if !p.Src.GE {
			k = math.Floor(p.Theta[i]/p.step+1e-6) + 1
		}
		return u.fixed(p, math.RoundToEven(p.Scale*(k-0.5)*p.step*fixedOne), &p.Loss.ThreshClipped)
	}
	at := math.Ceil(want - 1e-6)
	if !p.Src.GE {
		at = math.Floor(want+1e-6) + 1
	}
	if want > 0 {
		p.Loss.Threshold = max(p.Loss.Threshold, math.Abs(at-want)/want)
	}
	return u.fixed(p, at, &p.Loss.ThreshClipped)
}

// fixed is a number that the chip can hold.
func (u *Unit) fixed(p *Pop, x float64, clipped *int) int64 {
	y := min(max(x, math.MinInt32), math.MaxInt32)
	if y != x {
		if *clipped++; *clipped == 1 {
			u.note("%s: a number beyond 32 bits was clipped", p.Src.Name)
		}
	}
	return int64(y)
}

// fixSynapses writes the decays of synapses, where they outlast a tick, and
// makes unit the weight on the chip per float weight.
func (u *Unit) fixSynapses(p *Pop) {
	if !decaying(p.Src) {
		return
	}
	least := max(u.regs.field(varFixedTauExc).lo, u.regs.field(varFixedTauInh).lo)
	tau := make([]int64, p.Src.N)
	for i := range tau {
		s := synapseOf(p.AU[i], least)
		tau[i] = s.tau
		p.unit[i] /= s.gain
		p.Loss.Decay = max(p.Loss.Decay, math.Abs(p.AU[i]-s.keep))
	}
	p.raw.fields[varFixedTauExc], p.raw.fields[varFixedTauInh] = tau, tau
}
