package compiler

import (
	"math"

	"hillock/core"
)

// Bounds of a decay's fit: fields tried to each side of the nearest, ticks of
// a recurrence, and distinct factors per population (beyond them the nearest
// field is taken).
const (
	fitReach   = 2
	fitTicks   = 1 << 13
	fitFactors = 64
)

// fitGain is how much better, in relative error of integral and half-life
// together, another field must be than the nearest.
const fitGain = 0.01

// maxDeadBand is the share of the threshold at which a membrane may stop
// decaying.
const maxDeadBand = 0.05

// response is what a chip's state word does when it is left alone.
type response struct {
	integral float64 // sum over ticks, the start included, over the start
	half     float64 // ticks to half the start, between two ticks linear
	dead     int64   // value at which it stays for good
}

// ideal is the response of a float that is multiplied by a factor every tick.
func ideal(factor float64) response {
	return response{integral: 1 / (1 - factor), half: math.Log(0.5) / math.Log(factor)}
}

// misses is how far a response is from another: the errors of integral and
// half-life, both relative.
func (r response) misses(want response) float64 {
	return math.Abs(r.integral/want.integral-1) + math.Abs(r.half/want.half-1)
}

// decayFit is one state word whose decay is to be fitted.
type decayFit struct {
	u             *Unit
	group         string
	word          int    // of the group's state
	field, offset string // names of the decay's registers
	off           int64
	start         int64 // value to decay from
	known         map[[2]int64]response
}

// fitted is the field near the nearest one at which the chip's own whole-number
// recurrence, run on its microcode, comes closest to the factor in integral and
// half-life. The nearest field is kept unless another is clearly better.
func (d *decayFit) fitted(nearest int64, factor float64) (int64, response, bool) {
	if !(factor > 0 && factor < 1) || d.word < 0 || d.start < 2 {
		return nearest, response{}, false
	}
	want := ideal(factor)
	best, ok := d.run(nearest)
	if !ok {
		return nearest, response{}, false
	}
	at := nearest
	s := d.u.regs.field(d.field)
	for x := max(nearest-fitReach, s.lo); x <= min(nearest+fitReach, s.hi); x++ {
		if r, ok := d.run(x); ok && r.misses(want) < best.misses(want)-fitGain {
			best, at = r, x
		}
	}
	return at, best, true
}

// run is the response at a field value; false if it cannot be measured.
func (d *decayFit) run(field int64) (response, bool) {
	key := [2]int64{field, d.off}
	if r, ok := d.known[key]; ok {
		return r, r.integral > 0
	}
	r, ok := d.measure(field)
	d.known[key] = r
	return r, ok
}

// measure lets one neuron of the chip decay from its start value.
func (d *decayFit) measure(field int64) (response, bool) {
	v := d.u.regs.usual()
	v.neuron[d.field], v.neuron[d.offset] = []int64{field}, []int64{d.off}
	v.neuron[varThresh] = []int64{d.u.regs.field(varThresh).hi}
	g, err := d.u.regs.bind.group(d.group, 1, v)
	if err != nil || g.Prog == nil || g.Prog.Draws > 0 || d.word >= len(g.State) {
		return response{}, false
	}
	img, err := d.u.regs.bind.core(v)
	if err != nil {
		return response{}, false
	}
	for len(g.Init) <= d.word {
		g.Init = append(g.Init, nil)
	}
	g.Base, g.N, g.Init[d.word] = 0, 1, []int32{int32(d.start)}
	img.N, img.Groups, img.OutOff = 1, []core.Group{g}, []uint32{0, 0}
	c, err := core.New(&img, "oracle", nil)
	if err != nil {
		return response{}, false
	}
	return decayOf(func() int64 { c.Update(); return int64(c.State.Words[0][d.word][0]) }, d.start), true
}

// decayOf follows a value to its end.
func decayOf(next func() int64, start int64) response {
	r := response{integral: 1, half: math.Inf(1)}
	last := start
	for t := 1; t <= fitTicks; t++ {
		x := next()
		r.integral += float64(x) / float64(start)
		if math.IsInf(r.half, 1) && 2*x <= start {
			r.half = float64(t-1) + (float64(last)-float64(start)/2)/float64(last-x)
		}
		if x == last || x <= 0 {
			r.dead = max(x, 0)
			break
		}
		last = x
	}
	return r
}

// usual sets every field to its default, the nearest to 0 without one.
func (r *registers) usual() settings {
	v := settings{core: map[string]int64{}, neuron: map[string][]int64{}}
	for name, s := range r.fields {
		x := s.usual
		if !s.set {
			x = s.clamp(0)
		}
		v.neuron[name], v.core[name] = []int64{x}, x
	}
	return v
}
