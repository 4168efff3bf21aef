package compiler

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hillock/compiler/graph"
)

// passAddrScale makes whole weights, thresholds, leaks and decays.
func passAddrScale(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	a := u.addr
	place, lo, hi := a.into()
	a.whole, a.scale = make([]int64, len(a.w)), make([]float64, a.neurons)
	a.thr, a.leak, a.decay = make([]int64, a.neurons), make([]int64, a.neurons), make([]int64, a.neurons)
	for g := 0; g < a.neurons; g += a.share {
		u.scaleGroup(g, place.Shift, lo, hi)
	}
	u.scaleRelay(place.Shift, hi)
	u.scaleReset()
	u.scaleLeaks()
	if a.apart {
		u.scaleOutputs()
	}
	for k := range u.Pops {
		if !u.isInput(k) {
			u.addrPop(k)
		}
	}
	for i := range u.Projs {
		u.addrLoss(&u.Projs[i])
	}
	return nil
}

// scaleGroup chooses the scales and the threshold of neighbours.
func (u *Unit) scaleGroup(g int, shift, lo, hi int64) {
	a := u.addr
	var theta []float64
	var w [][]float64
	for n := g; n < g+a.share && a.pop[n] >= 0; n++ {
		theta = append(theta, u.Pops[a.pop[n]].Theta[a.index[n]])
		col := make([]float64, a.sources())
		for j := range col {
			col[j] = a.w[j*a.neurons+n]
		}
		w = append(w, col)
	}
	if theta == nil {
		return
	}
	wide := slices.ContainsFunc(u.Net.Pops[a.pop[g]].AV, func(keep float64) bool { return keep != 1 })
	f := fitGroup(theta, w, lo, hi, float64(a.ceiling()>>shift), wide)
	for i := range theta {
		n := g + i
		src := u.Net.Pops[a.pop[n]]
		a.scale[n] = f.scales[i]
		x := math.Round(f.top*float64(int64(1)<<shift)*1e6) / 1e6 // a whole threshold stays one
		if a.thr[n] = int64(math.Ceil(x)); !src.GE {
			a.thr[n] = int64(math.Floor(x)) + 1
		}
		a.thr[n] = min(max(a.thr[n], 1), a.ceiling())
		for j, y := range w[i] {
			a.whole[j*a.neurons+n] = rounded(y*f.scales[i], lo, hi)
		}
	}
}

// scaleRelay makes the neuron that spikes in every step: the drive alone
// reaches its threshold.
func (u *Unit) scaleRelay(shift, hi int64) {
	a := u.addr
	if a.relay < 0 {
		return
	}
	a.thr[a.relay], a.decay[a.relay], a.scale[a.relay] = hi<<shift, a.t.Decay.One, 1
	a.whole[a.inputs*a.neurons+a.relay] = hi
	for n := a.relay + 1; n < a.neurons; n++ { // its neighbours share the threshold and get no input
		a.thr[n], a.decay[n] = a.thr[a.relay], a.decay[a.relay]
	}
}

// scaleReset: all neurons of the chip are reset in one way.
func (u *Unit) scaleReset() {
	a := u.addr
	seen := map[int64]string{}
	for _, k := range a.pop {
		if k >= 0 {
			s := int64(0)
			if u.Net.Pops[k].Reset == graph.ResetSubtract && slices.Contains(strings.Fields(strategy(u.Family, "resets")), "subtract") {
				s = 1
			}
			if seen[s] = u.Net.Pops[k].Name; len(seen) > 1 {
				u.misfit(Misfit{u.Net.Pops[k].Name, -1, "resets", 2, 1, "neurons that are reset to zero and such that lose their threshold; the chip has one register for all"})
				return
			}
			a.subtract = s
		}
	}
}

// scaleLeaks chooses what potentials lose in a step. Where that is a constant,
// it is what the network loses at half the threshold.
func (u *Unit) scaleLeaks() {
	a := u.addr
	if d := a.t.Decay; d.One != 0 {
		for n, k := range a.pop {
			if k >= 0 {
				p := &u.Pops[k]
				a.decay[n] = ratio(p.AV[a.index[n]], d.One)
				p.Loss.Decay = max(p.Loss.Decay, math.Abs(float64(a.decay[n])/float64(d.One)-p.AV[a.index[n]]))
			}
		}
		return
	}
	_, most := a.s.Range(a.t.Leak)
	weak := 0
	for n, k := range a.pop {
		if k < 0 {
			continue
		}
		lost := 1 - u.Pops[k].AV[a.index[n]]
		switch {
		case lost == 1:
			a.leak[n] = min(a.thr[n], most)
		case lost > 0:
			if a.leak[n] = min(int64(math.Round(lost*float64(a.thr[n])/2)), most); a.leak[n] == 0 {
				weak++
			}
		}
		a.leaks = a.leaks || a.leak[n] > 0
	}
	u.noteLeaks(weak)
	if !a.leaks { // leak words only clear then
		for n := range a.leak {
			a.leak[n] = most
		}
	}
}

// noteLeaks says how constants stand for parts.
func (u *Unit) noteLeaks(weak int) {
	a := u.addr
	for k := range u.Pops {
		s := u.Net.Pops[k]
		if u.isInput(k) {
			continue
		}
		for i, keep := range s.AV {
			if keep < 1 {
				u.approximate(s.Name, "decay", fmt.Sprintf("the chip takes a constant off in every step, what the network loses at half the threshold: %d with a threshold of %d in neuron %d", a.leak[a.first[k]+i], a.thr[a.first[k]+i], i))
				break
			}
		}
	}
	if weak > 0 {
		u.note("%d neurons lose less than half a unit of their potential per step and have no leak on the chip", weak)
	}
}

// scaleOutputs rounds the weights of outputs at one scale, as they are compared.
func (u *Unit) scaleOutputs() {
	a := u.addr
	place := a.t.Place("neurons", "outputs")
	lo, hi := a.bounds(place)
	w := a.out
	if a.relay >= 0 {
		copy(w[a.relay*a.outputs:], a.outDrive)
	}
	f := fitGroup([]float64{1}, [][]float64{w}, lo, hi, math.MaxInt32, true)
	a.outScale = f.scales[0]
	a.wholeOut = make([]int64, len(w))
	for i, x := range w {
		a.wholeOut[i] = rounded(x*a.outScale, lo, hi)
	}
	for k, s := range u.Net.Pops {
		if u.isApart(k) {
			a.keep = ratio(s.AV[0], a.t.Keep.One)
		}
	}
}

// addrPop reports what scaling made of a population.
func (u *Unit) addrPop(k int) {
	a, p := u.addr, &u.Pops[k]
	if u.isApart(k) {
		p.Scale = a.outScale
		p.Proof = "sums stop at their bounds"
		return
	}
	at := a.first[k]
	place, _, _ := a.into()
	p.Scale = a.scale[at] * float64(int64(1)<<place.Shift)
	p.Thresh = a.thr[at : at+p.Src.N]
	p.DecayV = a.decay[at : at+p.Src.N]
	if a.t.Decay.One == 0 {
		p.DecayV = a.leak[at : at+p.Src.N]
	}
	for i, thr := range p.Thresh {
		want := p.Theta[i] * a.scale[at+i] * float64(int64(1)<<place.Shift)
		off := max(float64(thr-1)-want, want-float64(thr), 0) // potentials are whole
		p.Loss.Threshold = max(p.Loss.Threshold, off/want)
		if d := p.C[i] * a.scale[at+i]; d != 0 {
			p.Loss.Bias = max(p.Loss.Bias, math.Abs(float64(a.whole[a.inputs*a.neurons+at+i])-d)/(want/float64(int64(1)<<place.Shift)))
		}
	}
}

// addrLoss reports the stored weights of a projection and what they lost.
func (u *Unit) addrLoss(q *Proj) {
	a := u.addr
	from, to, width, whole := a.first[q.Src.Pre], a.first[q.Src.Post], a.neurons, a.whole
	_, lo, hi := a.into()
	switch {
	case u.isApart(q.Src.Post):
		width, whole = a.outputs, a.wholeOut
		lo, hi = a.bounds(a.t.Place("neurons", "outputs"))
	case !u.isInput(q.Src.Pre):
		from = a.neuronRow(from)
	}
	err2, sum2 := 0.0, 0.0
	q.eachWeight(func(pre, post int, w float64) {
		scale := a.outScale
		if !u.isApart(q.Src.Post) {
			scale = a.scale[to+post]
		}
		x, got := w*q.Gain[post]*scale, whole[(from+pre)*width+to+post]
		switch {
		case got == 0:
			q.Loss.Zeroed++
		case x > float64(hi)+0.5 || x < float64(lo)-0.5:
			q.Loss.Clipped++
		}
		if got != 0 {
			q.stores++
		}
		err2, sum2 = err2+(x-float64(got))*(x-float64(got)), sum2+x*x
	})
	if sum2 > 0 {
		q.Loss.RMS = math.Sqrt(err2 / sum2)
	}
}
