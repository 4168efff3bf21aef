// Package convert turns a trained deep network into networks that a chip can
// run: a spiking one whose firing rates stand for activations, and one of
// whole numbers whose activations exact codes carry without error. Both start
// from a Plan: populations of rectifiers joined by linear maps.
//
// The steps follow the published conversions: scales from data (Diehl et al.,
// IJCNN 2015, the largest activation; Rueckauer et al., Front. Neurosci. 2017, a
// percentile of them), a membrane that starts at half the threshold, and a
// clipped, rounded rectifier as the function of T ticks (Bu et al., ICLR 2022).
package convert

import (
	"math"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// Plan is a model as populations and linear maps. Everything linear between
// two rectifiers is one map.
type Plan struct {
	Name        string
	In          analog.Shape
	Stages      []Stage // in order of computation; the last one is the output
	Provenance  []string
	Assumptions []graph.Assumption
}

// Stage is one population: its value is min(max(Bias + sum of Maps, 0), Max),
// or the sum itself if it is the output.
type Stage struct {
	Name    string
	Layer   int          // layer of the model whose value this is
	Inner   bool         // only a part of the layer, not its value
	Shape   analog.Shape // of the population
	Bias    []float64    // per neuron, nil = 0
	Max     float64      // where the rectifier saturates; +Inf = nowhere
	Trained bool         // Max belongs to the trained function and is the scale; else it only ends a rounding's range
	Output  bool         // the last stage: no rectifier
	Maps    []Map

	// ScaleFrom is the stage whose scale this one has to have: itself, or an
	// earlier one or the input (-1) whose values it picks from.
	ScaleFrom int
}

// unbounded is the Max of a rectifier that does not saturate.
var unbounded = math.Inf(1)

// Map is a linear map from one population to another. Matrices and kernels may
// be shared with the model: they are not to be changed.
type Map struct {
	From   int          // stage, -1 = the input of the network
	In     analog.Shape // of the source
	Out    analog.Shape
	W      []float64     // [out][in], nil with a Kernel
	Kernel *graph.Kernel // nil = W
}

// input stands for the input of the network in Map.From.
const input = -1

// Values computes the value of every stage for one input of In.Size() values,
// in float64. Roundings of the model (analog.Quant) are left out.
func (p *Plan) Values(x []float64) [][]float64 {
	v := make([][]float64, len(p.Stages))
	for k := range p.Stages {
		s := &p.Stages[k]
		v[k] = s.sum(x, v)
		if !s.Output {
			for i, z := range v[k] {
				v[k][i] = math.Min(math.Max(z, 0), s.Max)
			}
		}
	}
	return v
}

// sum is Bias plus all maps.
func (s *Stage) sum(x []float64, v [][]float64) []float64 {
	y := make([]float64, s.Shape.Size())
	copy(y, s.Bias)
	for i := range s.Maps {
		m := &s.Maps[i]
		src := x
		if m.From != input {
			src = v[m.From]
		}
		m.addTo(y, src)
	}
	return y
}

// addTo adds the map of x to y.
func (m *Map) addTo(y, x []float64) {
	if m.Kernel == nil {
		for o := range y {
			sum := 0.0
			for i, w := range m.W[o*len(x) : (o+1)*len(x)] {
				sum += w * x[i]
			}
			y[o] += sum
		}
		return
	}
	correlate(m.Kernel, m.Kernel.W, x, y)
}

// nonNegative says that no weight is below zero.
func (m *Map) nonNegative() bool {
	w := m.W
	if m.Kernel != nil {
		w = m.Kernel.W
	}
	for _, x := range w {
		if !(x >= 0) {
			return false
		}
	}
	return true
}
