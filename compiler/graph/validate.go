package graph

import (
	"fmt"
	"math"
)

// Limits of a valid network; they bound the memory of a run.
const (
	MaxNeurons = 1 << 22 // neurons in all populations
	MaxWeights = 1 << 26 // matrix entries in all projections
	MaxDelay   = 1 << 16 // extra ticks of one projection
)

// Validate reports the first thing that keeps the network from having a
// meaning: wrong lengths, values that are not finite, a non-recurrent
// projection that does not go forward (and so a cycle within one tick),
// duplicate names, or a size above the limits. Population and projection are
// named by index and name, with what is needed and what is there.
func (n *Network) Validate() error {
	if n == nil || len(n.Pops) == 0 {
		return fmt.Errorf("graph: network has no populations, need at least 1")
	}
	seen := make(map[string]int, len(n.Pops))
	total := 0
	for i, p := range n.Pops {
		if p == nil {
			return fmt.Errorf("graph: population %d is nil", i)
		}
		if j, dup := seen[p.Name]; dup || p.Name == "" {
			return fmt.Errorf("graph: population %d: need a name of its own, have %q (population %d)", i, p.Name, j)
		}
		seen[p.Name] = i
		if err := p.validate(); err != nil {
			return fmt.Errorf("graph: population %d (%s): %w", i, p.Name, err)
		}
		if total += p.N; total > MaxNeurons {
			return fmt.Errorf("graph: population %d (%s): need at most %d neurons in all, have %d or more", i, p.Name, MaxNeurons, total)
		}
	}
	weights := 0
	for i, q := range n.Projs {
		if q == nil {
			return fmt.Errorf("graph: projection %d is nil", i)
		}
		if err := n.validateProj(q); err != nil {
			return fmt.Errorf("graph: projection %d (%s): %w", i, q.Name, err)
		}
		weights += len(q.W)
		if q.Kernel != nil {
			weights += len(q.Kernel.W)
		}
		if weights > MaxWeights {
			return fmt.Errorf("graph: projection %d (%s): need at most %d weights in all, have %d or more", i, q.Name, MaxWeights, weights)
		}
	}
	return nil
}

// validate checks one population by itself.
func (p *Population) validate() error {
	if p.N < 1 || p.N > MaxNeurons {
		return fmt.Errorf("need 1..%d neurons, have %d", MaxNeurons, p.N)
	}
	if len(p.Shape) > 0 {
		size := 1
		for _, d := range p.Shape {
			if d < 1 || d > p.N || size > p.N {
				return fmt.Errorf("shape %v: need a product of %d", p.Shape, p.N)
			}
			size *= d
		}
		if size != p.N {
			return fmt.Errorf("shape %v: need a product of %d, have %d", p.Shape, p.N, size)
		}
	}
	if p.Kind > Rectifier {
		return fmt.Errorf("kind %d is unknown", p.Kind)
	}
	if p.Reset > ResetNone {
		return fmt.Errorf("reset %d is unknown", p.Reset)
	}
	if err := p.validateParams(); err != nil {
		return err
	}
	if err := p.validateExact(); err != nil {
		return err
	}
	return p.validateSpike()
}

// validateParams checks the lengths and values of the parameter slices.
func (p *Population) validateParams() error {
	drive, spk := p.Kind != Input, p.Kind == CubaLIF || p.Kind == Threshold
	dyn := drive && !p.exact()
	for _, f := range []struct {
		name string
		v    []float64
		must bool
	}{
		{"AJ", p.AJ, dyn}, {"GJ", p.GJ, dyn}, {"AV", p.AV, dyn}, {"GV", p.GV, dyn}, {"C", p.C, drive},
		{"Theta", p.Theta, spk || p.Kind == Rectifier}, {"VReset", p.VReset, spk}, {"Floor", p.Floor, false}, {"V0", p.V0, false},
	} {
		if f.v == nil && !f.must {
			continue
		}
		if len(f.v) != p.N {
			return fmt.Errorf("%s: need %d values, have %d", f.name, p.N, len(f.v))
		}
		if i, bad := notFinite(f.v); bad {
			return fmt.Errorf("%s[%d]: need a finite value, have %g", f.name, i, f.v[i])
		}
	}
	return nil
}

// exact reports whether the population follows the whole-number formula of
// Code instead of the update of a tick.
func (p *Population) exact() bool { return p.Kind == Rectifier || p.Code != Rate }

// validateExact checks what an exact code asks of a population.
func (p *Population) validateExact() error {
	if !p.exact() {
		return nil
	}
	switch {
	case p.Code > BitSerial:
		return fmt.Errorf("code %d is unknown", p.Code)
	case p.Kind == Rectifier && p.Code == Rate:
		return fmt.Errorf("a rectifier needs an exact code, has rate")
	case p.Kind == CubaLIF || p.Kind == Threshold:
		return fmt.Errorf("a spiking neuron has code rate, an exact code needs a rectifier, an input or a readout")
	case p.Levels < 1:
		return fmt.Errorf("an exact code needs 1 level or more, has %d", p.Levels)
	}
	if i, bad := notWhole(p.C); bad {
		return fmt.Errorf("field C[%d]: an exact code needs whole numbers within 2^53, have %g", i, p.C[i])
	}
	if p.Kind != Rectifier {
		return nil
	}
	for i, th := range p.Theta {
		if _, bad := notWhole(p.Theta[i : i+1]); bad || th < 1 {
			return fmt.Errorf("field Theta[%d]: a rectifier needs a whole number from 1 to 2^53, have %g", i, th)
		}
	}
	return nil
}

// notWhole finds the first number that is not whole or beyond 2^53.
func notWhole(v []float64) (int, bool) {
	for i, x := range v {
		if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return i, true
		}
	}
	return 0, false
}

// validateSpike checks what the spike rule asks of the parameters.
func (p *Population) validateSpike() error {
	if p.Kind != CubaLIF && p.Kind != Threshold {
		return nil
	}
	for i, th := range p.Theta {
		switch {
		case p.Multi && !(th > 0):
			return fmt.Errorf("field Theta[%d]: several spikes per tick need a value above 0, have %g", i, th)
		case p.Floor != nil && p.Floor[i] > th:
			return fmt.Errorf("field Floor[%d]: need at most Theta = %g, have %g", i, th, p.Floor[i])
		case p.Kind == Threshold && (p.AJ[i] != 0 || p.AV[i] != 0):
			return fmt.Errorf("field AJ[%d], AV[%d]: a threshold population needs 0, 0, have %g, %g", i, i, p.AJ[i], p.AV[i])
		}
	}
	return nil
}

// validateProj checks one projection against the populations it joins.
func (n *Network) validateProj(q *Projection) error {
	for _, end := range []int{q.Pre, q.Post} {
		if end < 0 || end >= len(n.Pops) {
			return fmt.Errorf("need populations 0..%d, have %d -> %d", len(n.Pops)-1, q.Pre, q.Post)
		}
	}
	pre, post := n.Pops[q.Pre], n.Pops[q.Post]
	switch {
	case pre.Kind == Readout:
		return fmt.Errorf("source %s is a readout and sends no spikes", pre.Name)
	case post.Kind == Input:
		return fmt.Errorf("target %s is an input and takes no projections", post.Name)
	case !q.Recurrent && q.Pre >= q.Post:
		return fmt.Errorf("%s -> %s is not recurrent and closes a cycle within one tick: need the source (population %d) before the target (population %d)", pre.Name, post.Name, q.Pre, q.Post)
	case q.Delay < 0 || q.Delay > MaxDelay:
		return fmt.Errorf("delay: need 0..%d ticks, have %d", MaxDelay, q.Delay)
	case q.Bias != nil && len(q.Bias) != post.N:
		return fmt.Errorf("field Bias: need %d values, have %d", post.N, len(q.Bias))
	}
	if err := q.validateWeights(pre, post); err != nil {
		return err
	}
	if i, bad := notFinite(q.Bias); bad {
		return fmt.Errorf("field Bias[%d]: need a finite value, have %g", i, q.Bias[i])
	}
	return nil
}

// validateWeights checks the matrix or the kernel, whichever is there.
func (q *Projection) validateWeights(pre, post *Population) error {
	w := q.W
	switch k := q.Kernel; {
	case k != nil && q.W != nil:
		return fmt.Errorf("need one of W and Kernel, have both")
	case k != nil:
		if err := k.Check(); err != nil {
			return err
		}
		if k.Sources() != pre.N || k.Targets() != post.N {
			return fmt.Errorf("field Kernel: need %d sources and %d targets, have %d (%v) and %d (%v)", pre.N, post.N, k.Sources(), k.In, k.Targets(), k.Out)
		}
		w = k.W
	case len(q.W)/pre.N != post.N || len(q.W)%pre.N != 0:
		return fmt.Errorf("field W: need %d x %d values, have %d", post.N, pre.N, len(q.W))
	}
	at := func(i int) string {
		if q.Kernel != nil {
			return fmt.Sprintf("Kernel.W[%d]", i)
		}
		return fmt.Sprintf("W[%d][%d]", i/pre.N, i%pre.N)
	}
	if i, bad := notFinite(w); bad {
		return fmt.Errorf("field %s: need a finite value, have %g", at(i), w[i])
	}
	if !pre.exact() && !post.exact() {
		return nil
	}
	if i, bad := notWhole(w); bad {
		return fmt.Errorf("field %s: an exact code needs whole numbers within 2^53, have %g", at(i), w[i])
	}
	if i, bad := notWhole(q.Bias); bad { // part of the constant drive
		return fmt.Errorf("field Bias[%d]: an exact code needs whole numbers within 2^53, have %g", i, q.Bias[i])
	}
	return nil
}

// notFinite finds the first NaN or infinity.
func notFinite(v []float64) (int, bool) {
	for i, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return i, true
		}
	}
	return 0, false
}
