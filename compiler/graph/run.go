package graph

import (
	"fmt"
	"math"
)

// maxHistory bounds the spikes that a run keeps for delays (neurons x ticks).
const maxHistory = 1 << 26

// Run is the float reference of a network: every neuron in float64, all
// populations within one tick in order, no delay between layers unless a
// projection says so. Its slices are rewritten by every Step.
type Run struct {
	Spikes [][]float64 // [population][neuron] spikes of this tick; inputs as given
	V, J   [][]float64 // [population][neuron] state after this tick; empty for inputs

	net    *Network
	tick   int
	inputs []int
	x      []float64   // input sum of the population being updated
	in     [][]wire    // [population] projections into it, in network order
	past   [][]spiking // [population][tick mod depth]
}

// wire is a projection as a run uses it.
type wire struct {
	pre, lag int
	w        []float64 // [pre][post]: one column of the matrix per source
	kernel   *scatter  // instead of w
	bias     []float64
}

// spiking lists the neurons of a population that were not silent in a tick.
type spiking struct {
	n    int
	at   []int32
	size []float64
}

// NewRun validates the network and prepares a run at rest (currents zero,
// membranes at V0, no past spikes). A population with an exact code is an
// error. The network must not change while the run is in use.
func NewRun(n *Network) (*Run, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	for i, p := range n.Pops {
		if p.exact() {
			return nil, fmt.Errorf("graph: population %d (%s): need rate-coded populations for a float run, have an exact code: exact codes have the whole-number network as reference", i, p.Name)
		}
	}
	r := &Run{net: n, inputs: n.Inputs(), in: make([][]wire, len(n.Pops))}
	depth := make([]int, len(n.Pops))
	for _, q := range n.Projs {
		lag := q.Delay
		if q.Recurrent {
			lag++
		}
		depth[q.Pre] = max(depth[q.Pre], lag)
		post := n.Pops[q.Post].N
		w := wire{pre: q.Pre, lag: lag, bias: q.Bias}
		if q.Kernel != nil {
			w.kernel = newScatter(q.Kernel)
		} else {
			w.w = columns(q.W, post, n.Pops[q.Pre].N)
		}
		r.in[q.Post] = append(r.in[q.Post], w)
	}
	widest, kept := 0, 0
	for i, p := range n.Pops {
		widest = max(widest, p.N)
		if kept += p.N * (depth[i] + 1); kept > maxHistory {
			return nil, fmt.Errorf("graph: population %d (%s): delays need %d or more stored spikes, limit %d", i, p.Name, kept, maxHistory)
		}
	}
	r.x = make([]float64, widest)
	for i, p := range n.Pops {
		r.addState(p, depth[i]+1)
	}
	r.Reset()
	return r, nil
}

// addState appends the arrays of one population.
func (r *Run) addState(p *Population, depth int) {
	state := 0
	if p.Kind != Input {
		state = p.N
	}
	r.Spikes = append(r.Spikes, make([]float64, p.N))
	r.V = append(r.V, make([]float64, state))
	r.J = append(r.J, make([]float64, state))
	past := make([]spiking, depth)
	for d := range past {
		past[d] = spiking{at: make([]int32, p.N), size: make([]float64, p.N)}
	}
	r.past = append(r.past, past)
}

// columns turns [post][pre] into [pre][post].
func columns(w []float64, post, pre int) []float64 {
	t := make([]float64, len(w))
	for i := range post {
		for j, v := range w[i*pre : (i+1)*pre] {
			t[j*post+i] = v
		}
	}
	return t
}

// Tick is the number of steps since the last Reset.
func (r *Run) Tick() int { return r.tick }

// Reset puts the run back to rest.
func (r *Run) Reset() {
	r.tick = 0
	for i := range r.Spikes {
		clear(r.Spikes[i])
		clear(r.V[i])
		copy(r.V[i], r.net.Pops[i].V0)
		clear(r.J[i])
		for d := range r.past[i] {
			r.past[i][d].n = 0
		}
	}
}

// Step runs one tick. in[k] holds the values of the k-th Input population
// (spike counts, or currents for a current-driven first layer); what is missing
// counts as silent and what is too much is ignored.
func (r *Run) Step(in [][]float64) {
	for k, i := range r.inputs {
		s := r.Spikes[i]
		clear(s)
		if k < len(in) {
			copy(s, in[k])
		}
	}
	for i, p := range r.net.Pops {
		if p.Kind != Input {
			x := r.x[:p.N]
			r.gather(i, x)
			r.update(i, p, x)
		}
		slot := &r.past[i][r.tick%len(r.past[i])]
		slot.n = 0
		for j, s := range r.Spikes[i] {
			if s != 0 {
				slot.at[slot.n], slot.size[slot.n] = int32(j), s
				slot.n++
			}
		}
	}
	r.tick++
}

// gather sums the inputs of a population into x.
func (r *Run) gather(pop int, x []float64) {
	clear(x)
	for k := range r.in[pop] {
		w := &r.in[pop][k]
		if from := r.tick - w.lag; from >= 0 {
			past := r.past[w.pre]
			s := &past[from%len(past)]
			for m, j := range s.at[:s.n] {
				if w.kernel != nil {
					w.kernel.add(x, int(j), s.size[m])
					continue
				}
				addColumn(x, w.w[int(j)*len(x):][:len(x)], s.size[m])
			}
		}
		for i, b := range w.bias {
			x[i] += b
		}
	}
}

// addColumn adds size times one column of a matrix to x.
func addColumn(x, col []float64, size float64) {
	if size == 1 {
		for i, v := range col {
			x[i] += v
		}
		return
	}
	for i, v := range col {
		x[i] += float64(v * size)
	}
}

// update advances the neurons of one population.
func (r *Run) update(pop int, p *Population, x []float64) {
	s, v, j := r.Spikes[pop], r.V[pop], r.J[pop]
	spikes := p.Kind == CubaLIF || p.Kind == Threshold
	for i := range x {
		j[i] = float64(p.AJ[i]*j[i]) + float64(p.GJ[i]*x[i])
		old := v[i]
		if spikes && s[i] > 0 && p.Reset == ResetZeroLate {
			old = p.VReset[i]
		}
		u := float64(p.AV[i]*old) + float64(p.GV[i]*j[i]) + p.C[i]
		if spikes {
			u, s[i] = p.spike(i, u, s[i])
		}
		if p.Floor != nil {
			u = max(u, p.Floor[i])
		}
		v[i] = u
	}
}

// spike applies the late reset of last tick's count, decides this tick's count
// and applies the same-tick reset. It returns the membrane and the count.
func (p *Population) spike(i int, v, last float64) (float64, float64) {
	theta := p.Theta[i]
	if last > 0 {
		switch {
		case p.Reset == ResetSubtractLate:
			v -= float64(theta * last)
		case p.Reset == ResetZeroLate && p.LateZeroWipe:
			v = p.VReset[i]
		}
	}
	if !(v > theta || p.GE && v == theta) {
		return v, 0
	}
	count := 1.0
	if p.Multi {
		count = max(1, math.Floor(v/theta))
	}
	switch p.Reset {
	case ResetZero:
		v = p.VReset[i]
	case ResetSubtract:
		v -= float64(theta * count)
	}
	return v, count
}
