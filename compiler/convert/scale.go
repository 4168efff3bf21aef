package convert

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
)

// ScaleNeuron multiplies all that makes up the neurons of a population by c[i]
// > 0: incoming weights and biases, drive, threshold, reset, start and floor.
// Their spikes stay the same (exactly so for powers of two, and for whole
// factors of whole-number neurons), membranes and currents become c times as
// large. Neurons that share kernel weights need the
// same factor. Matrices and kernels are replaced, not changed, so that
// networks may share them; the parameter slices are changed in place.
func ScaleNeuron(n *graph.Network, pop int, c []float64) error {
	if pop < 0 || pop >= len(n.Pops) || n.Pops[pop].Kind == graph.Input {
		return fmt.Errorf("convert: population %d cannot be scaled, need one of %d with weights", pop, len(n.Pops))
	}
	p := n.Pops[pop]
	if len(c) != p.N {
		return fmt.Errorf("convert: population %s: %d factors, need %d", p.Name, len(c), p.N)
	}
	for i, f := range c {
		if !(f > 0) || math.IsInf(f, 0) || p.Kind == graph.Rectifier && f != math.Trunc(f) {
			return fmt.Errorf("convert: population %s: factor %g of neuron %d, need a finite one above 0 (of whole-number neurons a whole one)", p.Name, f, i)
		}
	}
	for _, q := range n.Projs {
		if q.Post == pop && q.Kernel != nil && !uniform(q.Kernel, c) {
			return fmt.Errorf("convert: population %s: neurons that share the kernel of %s need one factor", p.Name, q.Name)
		}
	}
	scaleInput(n, pop, c)
	for _, v := range [][]float64{p.Theta, p.VReset, p.V0, p.Floor} {
		multiply(v, c)
	}
	return nil
}

// scaleInput multiplies what drives the neurons: weights, biases, drive.
func scaleInput(n *graph.Network, pop int, c []float64) {
	for _, q := range n.Projs {
		if q.Post == pop {
			scaleProjection(q, c)
		}
	}
	multiply(n.Pops[pop].C, c)
}

func multiply(v, c []float64) {
	for i := range v {
		v[i] *= c[i]
	}
}

// uniform says that every output channel has one factor.
func uniform(k *graph.Kernel, c []float64) bool {
	plane := k.Out[1] * k.Out[2]
	for i, f := range c {
		if f != c[i/plane*plane] {
			return false
		}
	}
	return true
}

func scaleProjection(q *graph.Projection, c []float64) {
	if q.Kernel != nil {
		k := *q.Kernel
		plane, per := k.Out[1]*k.Out[2], len(k.W)/k.Out[0]
		k.W = append([]float64(nil), k.W...)
		for i := range k.W {
			k.W[i] *= c[i/per*plane]
		}
		q.Kernel = &k
	} else {
		w := append([]float64(nil), q.W...)
		pre := len(w) / len(c)
		for i := range w {
			w[i] *= c[i/pre]
		}
		q.W = w
	}
	if q.Bias != nil {
		q.Bias = append([]float64(nil), q.Bias...)
		multiply(q.Bias, c)
	}
}
