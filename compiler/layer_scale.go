package compiler

import (
	"fmt"
	"math"
)

// The names of the layer scalers: how float parameters of a network of hidden
// and output neurons become integers (Rockpool 3.1.0, quantize_methods).
const (
	ScaleGlobal  = "scale-global"  // one scale for hidden neurons, one for outputs, from the largest magnitude
	ScaleSpread  = "scale-spread"  // as scale-global, from |mean| + 2 standard deviations of the weights that are not 0
	ScaleChannel = "scale-channel" // one scale per neuron, from the largest weight into it
)

// Layers are the float parameters of hidden and output neurons, row-major.
type Layers struct {
	Inputs, Hidden, Outputs int
	States                  int       // synaptic states of a hidden neuron
	Reached                 int       // inputs reach the first so many hidden neurons
	Read                    int       // outputs read the last so many hidden neurons
	In                      []float64 // [input][reached hidden][state]
	Rec                     []float64 // [hidden][hidden][state]
	Out                     []float64 // [read hidden][output]
	Threshold, ThresholdOut []float64
	Bias, BiasOut           []float64   // nil = none
	Leaks                   [][]float64 // shift counts, rounded as they are
}

// LayerInts are the integers of Layers, in the same shapes.
type LayerInts struct {
	In, Rec, Out, Threshold, ThresholdOut, Bias, BiasOut []int64
	Leaks                                                [][]int64
}

// LayerCode says how Layers are scaled.
type LayerCode struct {
	Scaler        string // ScaleGlobal, ScaleSpread or ScaleChannel
	WeightBits    int    // 2..16, sign included
	ThresholdBits int    // 2..32, sign included
	// Quirks keeps what the vendor's code does and does not intend: output
	// biases take the hidden scale (global), hidden biases are only scaled with
	// two synaptic states (channel), a threshold that overflows leaves biases as
	// they are, rounds weights twice (global), and an output threshold also
	// shrinks recurrent weights (global); weights beyond their bits stay.
	Quirks bool
}

// ScaleLayers turns float parameters into integers, all rounded to nearest,
// ties to even. Weights are integers of WeightBits, thresholds of
// ThresholdBits (with Quirks, scale-spread may exceed them).
func ScaleLayers(l *Layers, code LayerCode) (*LayerInts, error) {
	if err := l.check(code); err != nil {
		return nil, err
	}
	s := &layerScaler{l: l, quirks: code.Quirks, w: float64(int64(1)<<(code.WeightBits-1) - 1), th: float64(int64(1)<<(code.ThresholdBits-1) - 1)}
	switch code.Scaler {
	case ScaleChannel:
		s.channels()
	case ScaleGlobal, ScaleSpread:
		s.whole(code.Scaler == ScaleSpread)
	default:
		return nil, fmt.Errorf("compiler: layer scaler %q, have %s, %s, %s", code.Scaler, ScaleGlobal, ScaleSpread, ScaleChannel)
	}
	return s.ints()
}

// maxLayerValue bounds every float parameter.
const maxLayerValue = 1 << 40

func (l *Layers) check(code LayerCode) error {
	if code.WeightBits < 2 || code.WeightBits > 16 || code.ThresholdBits < 2 || code.ThresholdBits > 32 {
		return fmt.Errorf("compiler: layers with weights of %d bits and thresholds of %d, need 2..16 and 2..32", code.WeightBits, code.ThresholdBits)
	}
	if l.Inputs < 0 || l.Hidden < 1 || l.Outputs < 1 || l.States < 1 || l.Reached < 0 || l.Reached > l.Hidden || l.Read < 0 || l.Read > l.Hidden {
		return fmt.Errorf("compiler: layers of %d inputs, %d hidden and %d output neurons with %d states, inputs reach %d and outputs read %d of the hidden: need 1 or more neurons and states", l.Inputs, l.Hidden, l.Outputs, l.States, l.Reached, l.Read)
	}
	for _, x := range [...]struct {
		name     string
		v        []float64
		n        int
		optional bool
	}{
		{"input weights", l.In, l.Inputs * l.Reached * l.States, false}, {"recurrent weights", l.Rec, l.Hidden * l.Hidden * l.States, false},
		{"output weights", l.Out, l.Read * l.Outputs, false}, {"thresholds", l.Threshold, l.Hidden, false},
		{"output thresholds", l.ThresholdOut, l.Outputs, false}, {"biases", l.Bias, l.Hidden, true}, {"output biases", l.BiasOut, l.Outputs, true},
	} {
		if len(x.v) != x.n && !(x.optional && x.v == nil) {
			return fmt.Errorf("compiler: layers with %d %s, need %d", len(x.v), x.name, x.n)
		}
		if err := layerValues(x.name, x.v); err != nil {
			return err
		}
	}
	for _, v := range l.Leaks {
		if err := layerValues("leaks", v); err != nil {
			return err
		}
	}
	return nil
}

func layerValues(name string, v []float64) error {
	for i, x := range v {
		if math.IsNaN(x) || math.Abs(x) > maxLayerValue {
			return fmt.Errorf("compiler: layers: entry %d of %s is %g, need a number within +/-2^40", i, name, x)
		}
	}
	return nil
}

// layerScaler holds integers as floats until the end.
type layerScaler struct {
	l                                *Layers
	quirks                           bool
	w, th                            float64 // largest weight and threshold
	in, rec, out, thr, thrOut, b, bo []float64
}

// times scales values and rounds them. The product is rounded on its own, so
// that no machine adds precision.
func times(v []float64, scale float64) []float64 {
	if v == nil {
		return nil
	}
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.RoundToEven(float64(x * scale))
	}
	return out
}

func largest(most float64, lists ...[]float64) float64 {
	for _, v := range lists {
		for _, x := range v {
			most = max(most, math.Abs(x))
		}
	}
	return most
}

// steepest bounds a scale: weights next to nothing would make it infinite.
const steepest = 1 << 60

// scaleFor is the scale that brings a magnitude to the largest integer.
func scaleFor(limit, most float64) float64 {
	if most == 0 {
		return 1
	}
	return min(limit/most, steepest)
}

// whole scales hidden and output neurons with one scale each.
func (s *layerScaler) whole(spread bool) {
	l := s.l
	most, mostOut := largest(0, l.In, l.Rec, l.Bias), largest(0, l.Out, l.BiasOut)
	if spread {
		most, mostOut = spreadOf(l.In, l.Rec), spreadOf(l.Out)
	}
	scale, scaleOut := scaleFor(s.w, most), scaleFor(s.w, mostOut)
	if !s.quirks {
		scale, scaleOut = s.within(scale, l.Threshold), s.within(scaleOut, l.ThresholdOut)
	}
	s.in, s.rec, s.out = times(l.In, scale), times(l.Rec, scale), times(l.Out, scaleOut)
	s.thr, s.thrOut = times(l.Threshold, scale), times(l.ThresholdOut, scaleOut)
	s.b, s.bo = times(l.Bias, scale), times(l.BiasOut, scaleOut)
	if !s.quirks {
		return
	}
	s.bo = times(l.BiasOut, scale)
	if top := highest(s.thr); math.Abs(top) > s.th {
		k := s.th / top
		s.thr, s.in, s.rec = times(s.thr, k), times(s.in, k), times(s.rec, k)
	}
	if top := highest(s.thrOut); math.Abs(top) > s.th {
		k := s.th / top
		s.thrOut, s.out, s.rec = times(s.thrOut, k), times(s.out, k), times(s.rec, k)
	}
}

// within lowers a scale until the thresholds fit.
func (s *layerScaler) within(scale float64, thresholds []float64) float64 {
	if top := largest(0, thresholds); math.RoundToEven(float64(top*scale)) > s.th {
		return s.th / top
	}
	return scale
}

func highest(v []float64) float64 {
	top := v[0]
	for _, x := range v[1:] {
		top = max(top, x)
	}
	return top
}

// channels scales every neuron with a scale of its own.
func (s *layerScaler) channels() {
	l := s.l
	s.in, s.rec, s.out = make([]float64, len(l.In)), make([]float64, len(l.Rec)), make([]float64, len(l.Out))
	s.thr, s.thrOut = make([]float64, l.Hidden), make([]float64, l.Outputs)
	s.b, s.bo = times(l.Bias, 1), times(l.BiasOut, 1)
	for h := range l.Hidden {
		parts := []layerColumn{{l.Rec, s.rec, h, l.Hidden, l.States}}
		if h < l.Reached {
			parts = append(parts, layerColumn{l.In, s.in, h, l.Reached, l.States})
		}
		bias, to := l.Bias, s.b
		if s.quirks && l.States < 2 {
			bias = nil
		}
		s.channel(parts, h, l.Threshold, s.thr, bias, to)
	}
	for o := range l.Outputs {
		s.channel([]layerColumn{{l.Out, s.out, o, l.Outputs, 1}}, o, l.ThresholdOut, s.thrOut, l.BiasOut, s.bo)
	}
}

// layerColumn is the weights into one neuron: blocks of so many values, one
// block per source, width neurons to a row.
type layerColumn struct {
	from, to      []float64
	at, width, by int
}

func (c layerColumn) each(f func(i int)) {
	for row := c.at * c.by; row < len(c.from); row += c.width * c.by {
		for i := row; i < row+c.by; i++ {
			f(i)
		}
	}
}

// channel scales what belongs to neuron n.
func (s *layerScaler) channel(parts []layerColumn, n int, threshold, thr, bias, b []float64) {
	most := 0.0
	for _, c := range parts {
		c.each(func(i int) { most = max(most, math.Abs(c.from[i])) })
	}
	if most == 0 && s.quirks {
		thr[n] = math.RoundToEven(threshold[n])
		return
	}
	scale := scaleFor(s.w, most)
	if thr[n] = math.RoundToEven(float64(threshold[n] * scale)); math.Abs(thr[n]) > s.th {
		first := scale
		scale = s.th / threshold[n]
		if !s.quirks {
			scale = math.Abs(scale)
			first = scale
		}
		thr[n] = math.RoundToEven(float64(threshold[n] * scale))
		if bias != nil {
			b[n] = math.RoundToEven(float64(bias[n] * first))
		}
	} else if bias != nil {
		b[n] = math.RoundToEven(float64(bias[n] * scale))
	}
	for _, c := range parts {
		c.each(func(i int) { c.to[i] = math.RoundToEven(float64(c.from[i] * scale)) })
	}
}

// ints makes integers of what was scaled. Without quirks weights are held to
// their bits.
func (s *layerScaler) ints() (*LayerInts, error) {
	out := &LayerInts{}
	for _, x := range [...]struct {
		name  string
		v     []float64
		limit float64
		to    *[]int64
	}{
		{"input weight", s.in, s.w, &out.In}, {"recurrent weight", s.rec, s.w, &out.Rec}, {"output weight", s.out, s.w, &out.Out},
		{"threshold", s.thr, s.th, &out.Threshold}, {"output threshold", s.thrOut, s.th, &out.ThresholdOut},
		{"bias", s.b, s.th, &out.Bias}, {"output bias", s.bo, s.th, &out.BiasOut},
	} {
		v, err := s.integers(x.name, x.v, x.limit)
		if err != nil {
			return nil, err
		}
		*x.to = v
	}
	for _, v := range s.l.Leaks {
		r, err := s.integers("leak", times(v, 1), maxLayerValue)
		if err != nil {
			return nil, err
		}
		out.Leaks = append(out.Leaks, r)
	}
	return out, nil
}

func (s *layerScaler) integers(name string, v []float64, limit float64) ([]int64, error) {
	if v == nil {
		return nil, nil
	}
	out := make([]int64, len(v))
	for i, x := range v {
		if !s.quirks {
			x = min(max(x, -limit), limit)
		}
		if math.IsNaN(x) || math.Abs(x) > 1<<53 {
			return nil, fmt.Errorf("compiler: layers: %s %d is scaled to %g, need an integer within +/-2^53", name, i, x)
		}
		out[i] = int64(x)
	}
	return out, nil
}
