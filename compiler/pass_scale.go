package compiler

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
)

// endlessTicks bounds a current that never decays, which has no worst case.
const endlessTicks = 64

// passScale chooses one scale per population and quantises everything but
// weights. Scaling a neuron's weights, threshold and bias together changes
// nothing but the size of the rounding steps, so the largest scale that no
// register overflows at is best.
func passScale(u *Unit) error {
	for k := range u.Pops {
		p := &u.Pops[k]
		if p.Src.Kind == graph.Input {
			continue
		}
		in := u.into(k)
		if p.exact {
			u.scaleExact(p, in)
			continue
		}
		u.fit(p, in)
		u.decays(p)
		u.thresholds(p)
		u.biases(p)
		u.floors(p)
		p.Start = u.startDelay(p)
		u.starts(p)
		u.holds(p)
	}
	return nil
}

// fit chooses scale and weight codes. Worst-case bounds can never overflow, so
// they are kept where they leave every mantissa at least half used; else the
// calibrated peaks decide.
func (u *Unit) fit(p *Pop, in []*Proj) {
	q, cur := p.PeakQ, p.PeakU
	if math.IsInf(cur, 1) && p.SeenU == 0 {
		cur = endlessTicks * q
		u.note("%s: a current that never decays has no worst case, %d ticks of it are assumed", p.Src.Name, endlessTicks)
	}
	if !math.IsInf(cur, 1) {
		if why := u.fitTo(p, in, q, cur); p.SeenQ == 0 && p.SeenU == 0 || u.fine(p, in) {
			if !u.fine(p, in) {
				u.note("%s: the worst case of its %s leaves mantissas partly unused; calibration could do better", p.Src.Name, why)
			}
			return
		}
	}
	u.fitTo(p, in, p.SeenQ, p.SeenU)
	u.note("%s: scaled to calibrated peaks times %d, not to the worst case: an input that drives it harder overflows", p.Src.Name, calibHeadroom)
}

func (u *Unit) fitTo(p *Pop, in []*Proj, peakQ, peakU float64) string {
	limit, why := u.scaleBounds(p, in, peakQ, peakU)
	p.Scale = u.chooseScale(in, limit)
	for _, q := range in {
		q.Code = u.chooseCode(q, p.Scale)
	}
	return why
}

// fine says that every projection uses at least half of its mantissas.
func (u *Unit) fine(p *Pop, in []*Proj) bool {
	for _, q := range in {
		full := math.Ldexp(float64(q.Code.Reach()), int(u.Family.Weights.Scale)+q.Code.Exp)
		if q.MaxAbs > 0 && q.MaxAbs*p.Scale < full/2*(1-1e-9) && q.Lattice == 0 {
			return false
		}
	}
	return true
}

// into lists the projections of a population.
func (u *Unit) into(pop int) []*Proj {
	var in []*Proj
	for i := range u.Projs {
		if u.Projs[i].Src.Post == pop {
			in = append(in, &u.Projs[i])
		}
	}
	return in
}

// storage is the weight code of the chip at its widest, exponent 0.
func (u *Unit) storage() WeightCode {
	w := u.Family.Weights
	c := WeightCode{Width: mantissaWidth(w.MantLo, w.MantHi), Lo: w.MantLo, Hi: w.MantHi}
	c.Bits = c.Width
	if len(w.Bits) > 0 {
		c.Bits = 0
		for _, b := range w.Bits {
			if int(b) <= c.Width && (u.Options.WeightBits == 0 || int(b) <= u.Options.WeightBits) {
				c.Bits = max(c.Bits, int(b))
			}
		}
	}
	return c
}

// mantissaWidth is the number of magnitude bits of the legal mantissas.
func mantissaWidth(lo, hi int64) int {
	n := 1
	for n < 15 && int64(1)<<n-1 < max(hi, -lo-1) {
		n++
	}
	return n
}

// scaleBounds is the largest scale that every register of the population
// allows, and the name of the register that decides.
func (u *Unit) scaleBounds(p *Pop, in []*Proj, peakQ, peakU float64) (float64, string) {
	r, w, code := &u.regs, u.Family.Weights, u.storage()
	maxW, theta, drive := 0.0, 0.0, 0.0
	for _, q := range in {
		maxW = max(maxW, q.MaxAbs)
	}
	for i := range p.Theta {
		theta, drive = max(theta, p.Theta[i]), max(drive, math.Abs(p.C[i]))
	}
	best, why := math.Inf(1), ""
	bound := func(limit, peak float64, name string) {
		if peak > 0 && limit/peak < best {
			best, why = limit/peak, name
		}
	}
	bound(math.Ldexp(float64(code.Reach()), int(w.Scale+w.ExpHi)), maxW, "weight")
	bound(float64(r.field(varThresh).hi*r.threshUnit), theta, "threshold")
	bound(float64(r.qLim>>r.readShift), peakQ, "input of one tick")
	bound(float64(r.uLim), peakU, "current")
	drive += p.Src.DriveMax
	bound(float64(r.vLim), theta, "membrane")
	switch {
	case p.Src.Kind == graph.Readout:
		bound(float64(r.vLim), u.readoutPeak(p, peakU+drive), "membrane")
	case !r.vSat:
		bound(float64(r.vLim), theta+peakU+drive, "membrane")
	}
	if mant := r.field(varBiasMant); mant.have {
		bound(math.Ldexp(float64(min(mant.hi, -mant.lo)), int(r.field(varBiasExp).hi)), drive, "bias")
	}
	return best, why
}

// chooseScale takes the largest scale within the bounds at which the largest
// weight fills its mantissa. If all weights are multiples of one unit, it takes
// the largest at which that unit is a whole mantissa, and no weight is rounded.
func (u *Unit) chooseScale(in []*Proj, limit float64) float64 {
	if math.IsInf(limit, 1) {
		return float64(u.regs.threshUnit)
	}
	maxW := 0.0
	for _, q := range in {
		maxW = max(maxW, q.MaxAbs)
	}
	if maxW == 0 {
		return limit
	}
	w, code := u.Family.Weights, u.storage()
	reach := math.Ldexp(float64(code.Reach()), int(w.Scale))
	exp := math.Floor(math.Log2(limit * maxW / reach))
	if exp < float64(w.ExpLo) {
		return limit
	}
	exp = min(exp, float64(w.ExpHi))
	step := math.Ldexp(1, code.Lsb())
	if unit := latticeOf(in); unit > 0 && maxW/unit <= float64(code.Reach())/step {
		n := math.Round(maxW / unit)
		whole := math.Floor(float64(code.Reach()) / step / n)
		return math.Ldexp(whole*step, int(w.Scale)+int(exp)) / unit
	}
	return math.Ldexp(reach, int(exp)) / maxW
}

// latticeOf is the common unit of all weights into a population, 0 if none.
func latticeOf(in []*Proj) float64 {
	unit := 0.0
	for _, q := range in {
		if q.each(func(w float64) bool { unit = commonUnit(unit, math.Abs(w)); return unit >= 0 }); unit < 0 {
			return 0
		}
	}
	for _, q := range in {
		q.Lattice = unit
	}
	return unit
}

// commonUnit is Euclid's algorithm on floats; -1 if the unit would be smaller
// than 1/256 of the larger value, which no mantissa can count.
func commonUnit(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	top := a
	for b > top*1e-6 {
		if b < top/256 {
			return -1
		}
		r := math.Mod(a, b)
		if r > b*(1-1e-5) {
			r = 0 // a is a multiple but for rounding
		}
		a, b = b, r
	}
	return a
}

// chooseCode takes the smallest exponent at which the projection's largest
// weight fits: the finest step.
func (u *Unit) chooseCode(q *Proj, scale float64) WeightCode {
	w, code := u.Family.Weights, u.storage()
	top := q.MaxAbs * scale
	code.Exp = int(w.ExpLo)
	for int64(code.Exp) < w.ExpHi && top > math.Ldexp(float64(code.Reach()), int(w.Scale)+code.Exp)*(1+1e-9) {
		code.Exp++
	}
	// A lower exponent than the one at which the lowest stored bit is 2^scale
	// loses bits and gains none.
	code.Exp = max(code.Exp, min(-code.Lsb(), int(w.ExpHi)))
	return code
}

// thresholds quantises thresholds. The chip spikes above its threshold, for a
// network that spikes at it as well v >= theta is v > theta-1, exactly, as v is
// a whole number. The field counts in steps of many units, so a theta that is a
// whole number of steps goes one step down; any other one lies between two
// steps and compares the same either way.
func (u *Unit) thresholds(p *Pop) {
	f, unit := u.regs.field(varThresh), float64(u.regs.threshUnit)
	p.Thresh = make([]int64, p.Src.N)
	for i := range p.Thresh {
		if p.Src.Kind == graph.Readout {
			p.Thresh[i] = f.hi // out of reach: the scale keeps the membrane below
			continue
		}
		want := p.Scale * p.Theta[i]
		x := math.Round(want / unit)
		at := x * unit // where the chip stops staying silent
		if p.Src.GE && math.Abs(want-at) < 1 {
			x--
		}
		got := f.clamp(max(int64(x), 1))
		if got != int64(x) {
			p.Loss.ThreshClipped++
			at = float64(got) * unit
		}
		p.Thresh[i] = got
		if want > 0 {
			p.Loss.Threshold = max(p.Loss.Threshold, math.Abs(at-want)/want)
		}
	}
	if p.Loss.ThreshClipped > 0 {
		u.note("%s: %d thresholds are outside the register's range and were clipped", p.Src.Name, p.Loss.ThreshClipped)
	}
}

// biases quantises the constant drives.
func (u *Unit) biases(p *Pop) {
	mant, exp := u.regs.field(varBiasMant), u.regs.field(varBiasExp)
	p.BiasMant, p.BiasEx = make([]int64, p.Src.N), make([]int64, p.Src.N)
	for i, c := range p.C {
		b := math.RoundToEven(p.Scale * c)
		if b == 0 {
			continue
		}
		if !mant.have {
			u.lacks(p.Src, "bias", fmt.Sprintf("neuron %d needs a constant drive of %g per tick and the chip has no bias register", i, c))
			return
		}
		top := min(mant.hi, -mant.lo)
		p.BiasMant[i], p.BiasEx[i] = QuantiseBias(int64(b), top, int(exp.hi))
		if math.Abs(b) > math.Ldexp(float64(top), int(exp.hi)) {
			p.Loss.BiasClipped++
		}
		got := float64(p.BiasMant[i] << uint(p.BiasEx[i]))
		if p.Theta[i] > 0 {
			p.Loss.Bias = max(p.Loss.Bias, math.Abs(got-p.Scale*c)/(p.Scale*p.Theta[i]))
		}
	}
	if p.Loss.BiasClipped > 0 {
		u.note("%s: %d biases saturate", p.Src.Name, p.Loss.BiasClipped)
	}
}

// starts sets the state words at the start: the current that a bias behind a
// synapse still lacks, and the membrane where the reset is not its start. A
// held membrane starts at its reset when the hold ends. A deviation where no
// chip was recorded with such a start: see docs/deviations.md.
func (u *Unit) starts(p *Pop) {
	cur, mem := u.regs.field(varUStart), u.regs.field(varVStart)
	p.UStart, p.VStart = make([]int64, p.Src.N), make([]int64, p.Src.N)
	clipped := 0
	for i := range p.UStart {
		want := math.RoundToEven(p.Scale * p.uStart(i))
		if p.UStart[i] = cur.clamp(int64(min(max(want, -1<<40), 1<<40))); float64(p.UStart[i]) != want {
			clipped++
		}
		if mem.have && p.Start == 0 {
			p.VStart[i] = mem.clamp(p.vStart(i))
		}
	}
	if clipped > 0 {
		u.note("%s: the start current of %d neurons is outside the chip's %d..%d and was clipped", p.Src.Name, clipped, cur.lo, cur.hi)
	}
}

// floors sets the lower bound of the membrane: the network's, or the lowest.
func (u *Unit) floors(p *Pop) {
	f := u.regs.field(varVMin)
	if !f.have {
		return
	}
	p.VMin = f.lo
	if p.Floor == nil {
		return
	}
	if varying(p.Floor) {
		u.lacks(p.Src, "membrane floor", "the floor differs between neurons of the population, the chip's register is one per core")
		return
	}
	want := int64(math.Round(p.Scale * p.Floor[0]))
	if p.VMin = f.clamp(want); p.VMin != want {
		u.note("%s: membrane floor %d is outside the chip's %d..%d, %d is used", p.Src.Name, want, f.lo, f.hi, p.VMin)
	}
}

// holds checks that the start delay fits: a biased neuron must not integrate
// before its layer's first input arrives.
func (u *Unit) holds(p *Pop) {
	if d := p.Start; d > 0 {
		f := u.regs.field(varStart)
		if hi := u.startLimit(); !f.have && hi == 0 || hi > 0 && int64(d) > hi {
			u.misfit(Misfit{p.Src.Name, -1, "start delay", int64(d), hi, "its bias must wait for the first input, which comes that many ticks late"})
		}
	}
}

// startLimit is the longest start delay: the register's or the refractory
// counter's range.
func (u *Unit) startLimit() int64 {
	if f := u.regs.field(varStart); f.have {
		return f.hi
	}
	return u.regs.field(varRefract).hi
}

// startDelay is the ticks for which the membrane is held at the start. A hold
// puts the membrane to 0, so a membrane without leak that is to start above 0
// starts lower by what its drive adds in those ticks instead, where nothing
// can spike on the way.
func (u *Unit) startDelay(p *Pop) int {
	biased := false
	for i := range p.C {
		biased = biased || p.BiasMant[i] != 0 || p.uStart(i) != 0
	}
	if !biased || p.Depth == 0 {
		return 0
	}
	if p.Src.V0 == nil && p.Src.Kind != graph.Readout || !u.regs.field(varVStart).have {
		return p.Depth
	}
	early := 0
	for i := range p.C {
		if p.AV[i] != 1 || p.AU[i] != 0 {
			u.note("%s: its start membrane is lost: the layer is held for its first input, which puts the membrane to 0", p.Src.Name)
			return p.Depth
		}
		p.drift = p.Depth
		if p.Src.Kind != graph.Readout && p.vStart(i) > p.Thresh[i]*u.regs.threshUnit {
			early++
		}
	}
	if early > 0 {
		u.note("%s: %d neurons of negative drive may spike before their first input", p.Src.Name, early)
	}
	return 0
}

// vStart is the membrane of neuron i at the start, in chip units, before what
// the drive adds until the first input arrives.
func (p *Pop) vStart(i int) int64 {
	v := 0.0
	if p.Src.V0 != nil {
		v = p.Src.V0[i]
	}
	if p.Src.VReset != nil {
		v -= p.Src.VReset[i]
	}
	return int64(math.RoundToEven(p.Scale*p.norm(i)*v)) - int64(p.drift)*(p.BiasMant[i]<<uint(p.BiasEx[i]))
}

// readoutPeak bounds the membrane of a readout over an inference.
func (u *Unit) readoutPeak(p *Pop, perTick float64) float64 {
	if p.seenV > 0 {
		return p.seenV
	}
	ticks := float64(max(u.Options.Ticks, 1))
	if u.Options.Ticks == 0 {
		ticks = endlessTicks
	}
	leak := 1.0
	for _, a := range p.AV {
		leak = min(leak, 1-a)
	}
	if leak > 0 {
		ticks = min(ticks, 1/leak)
	}
	return perTick * ticks
}
