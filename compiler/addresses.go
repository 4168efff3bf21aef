package compiler

import (
	"math"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core/event"
)

// The limits that the mapping to a core without ticks knows. Without a limit of
// inputs these take addresses of neurons; without one of outputs what the host
// reads are neurons.
const (
	limAddrNeurons = "neurons"
	limAddrInputs  = "inputs"
	limAddrOutputs = "outputs"
)

// addressed is a network on one core without ticks: its neurons by address.
type addressed struct {
	t     *chip.EventNetwork
	s     *event.Spec
	share int  // neighbours that have one threshold
	apart bool // outputs add up beside the neurons
	first []int
	// Sizes: inputs are those of the network, neurons include padding and the
	// relay; copies come with the rows.
	inputs, neurons, outputs int
	pop, index               []int // per neuron: its population and number there, -1 = none
	relay                    int   // neuron that spikes in every step, for the drives of outputs; -1 = none
	w                        []float64
	out                      []float64 // [neuron][output]
	outDrive                 []float64
	whole                    []int64 // as w
	wholeOut                 []int64 // as out, the relay's row included
	scale                    []float64
	thr                      []int64 // in units of the potential
	leak, decay              []int64
	keep, subtract           int64
	leaks                    bool // some neuron loses part of its potential in a step
	outScale                 float64
	rows                     addressRows
}

// sources is how many rows w has: inputs, the drive, neurons.
func (a *addressed) sources() int { return a.inputs + 1 + a.neurons }

// neuronRow is the row of a neuron in w.
func (a *addressed) neuronRow(n int) int { return a.inputs + 1 + n }

// row is the weights of a source.
func (a *addressed) row(src int) []int64 { return a.whole[src*a.neurons : (src+1)*a.neurons] }

// bounds are the least and largest weight of a place.
func (a *addressed) bounds(p *chip.EventWeights) (lo, hi int64) {
	lo, hi = a.s.Range(p.Field)
	if p.Sign >= 0 {
		lo = -hi
	}
	return max(lo, -hi), hi // the same on both sides, so that no sign is favoured
}

// into is the place of weights to neurons; both kinds of sources have the same
// range and shift, which the scale relies on.
func (a *addressed) into() (p *chip.EventWeights, lo, hi int64) {
	p = a.t.Place("neurons", "neurons")
	lo, hi = a.bounds(p)
	l, h := a.bounds(a.t.Place("inputs", "neurons"))
	return p, max(lo, l), min(hi, h)
}

// ceiling is the largest threshold that a potential can reach.
func (a *addressed) ceiling() int64 {
	_, hi := a.s.Range(a.t.Potential)
	_, top := a.s.Range(a.t.Threshold)
	return min(hi, top)
}

// isApart says that a population is outputs that add up.
func (u *Unit) isApart(pop int) bool {
	return u.addr.apart && u.Net.Pops[pop].Output && u.Net.Pops[pop].Kind != graph.Input
}

// align rounds up to whole groups of neighbours.
func (a *addressed) align(n int) int { return (n + a.share - 1) / a.share * a.share }

// fit is how the weights of a group of neighbours are rounded.
type fit struct {
	top    float64   // threshold in units of a weight
	scales []float64 // per neuron: top / its threshold
	err    float64   // squared error relative to the squared weights
}

// fitGroup chooses the threshold, in units of a weight, that neighbours share:
// one at which all weights are whole if there is one, else the one of the least
// squared error, clipped weights included. Wide asks for the largest whole weights,
// so that what leaks is told apart; otherwise they are the smallest.
func fitGroup(theta []float64, w [][]float64, lo, hi int64, ceiling float64, wide bool) fit {
	top, most := math.Inf(1), 0.0
	for i := range theta {
		for _, x := range w[i] {
			if x != 0 {
				top = min(top, float64(hi)*theta[i]/math.Abs(x))
				most = max(most, math.Abs(x))
			}
		}
	}
	if most == 0 {
		return newFit(theta, min(1, ceiling))
	}
	if f, ok := exactFit(theta, w, lo, hi, ceiling); ok {
		if wide {
			f = newFit(theta, f.top*math.Floor(min(top/f.top, ceiling/f.top)+1e-9))
		}
		return f
	}
	var best fit
	for k := range fitSteps {
		t := min(top*(fitLow+(fitHigh-fitLow)*float64(k)/(fitSteps-1)), ceiling)
		f := newFit(theta, t)
		if f.err = roundError(f.scales, w, lo, hi); k == 0 || f.err < best.err {
			best = f
		}
	}
	return best
}

// The thresholds that are tried lie between these parts of the one at which the
// largest weight just has its place.
const (
	fitLow, fitHigh = 0.5, 2.0
	fitSteps        = 61
)

func newFit(theta []float64, top float64) fit {
	f := fit{top: top, scales: make([]float64, len(theta))}
	for i := range theta {
		f.scales[i] = top / theta[i]
	}
	return f
}

// exactFit looks for a scale at which all weights are whole: one of those that
// make the smallest weight of the first neuron that has any 1, 2, ...
func exactFit(theta []float64, w [][]float64, lo, hi int64, ceiling float64) (fit, bool) {
	at, least := 0, 0.0
	for i := range w {
		for _, x := range w[i] {
			if x = math.Abs(x); x != 0 && (least == 0 || x < least) && (least == 0 || at == i) {
				at, least = i, x
			}
		}
	}
	for k := int64(1); k <= hi && least > 0; k++ {
		f := newFit(theta, float64(k)/least*theta[at])
		if f.top <= ceiling && wholeAt(f.scales, w, lo, hi) {
			return f, true
		}
	}
	return fit{}, false
}

// wholeAt says that all scaled weights are whole and in range.
func wholeAt(scales []float64, w [][]float64, lo, hi int64) bool {
	for i, s := range scales {
		for _, x := range w[i] {
			y := x * s
			if r := math.Round(y); math.Abs(y-r) > 1e-6 || r < float64(lo) || r > float64(hi) {
				return false
			}
		}
	}
	return true
}

// roundError is the squared error of rounded and clipped weights, relative.
func roundError(scales []float64, w [][]float64, lo, hi int64) float64 {
	err, sum := 0.0, 0.0
	for i, s := range scales {
		e, n := 0.0, 0.0
		for _, x := range w[i] {
			d := float64(rounded(x*s, lo, hi))/s - x
			e, n = e+d*d, n+x*x
		}
		if n > 0 {
			err, sum = err+e/n, sum+1
		}
	}
	return err / max(sum, 1)
}

// rounded is the nearest whole number, ties to even, in range.
func rounded(x float64, lo, hi int64) int64 {
	return min(max(int64(math.RoundToEven(min(max(x, -1e9), 1e9))), lo), hi)
}
