package convert

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// affine is the value of a layer as a linear function of populations.
type affine struct {
	maps []Map
	bias []float64 // per value, nil = 0
}

// lowering is the state of Lower.
type lowering struct {
	m    *analog.Model
	plan *Plan
	as   []affine // per layer; empty for those that the output does not need

	names map[string]bool
	made  int // weights of all composed maps
}

// Lower turns a model into a plan. Every layer with a rectifier becomes a
// population; poolings, sums and layers without activation are composed into
// the maps behind them, kernels as kernels where that is exact, else as a
// matrix. A maximum pooling becomes rectifiers of differences. It refuses,
// naming the layer, what has no counterpart: activations below zero, maximum
// poolings of large windows, and matrices beyond a size.
func Lower(m *analog.Model) (*Plan, error) {
	if err := checkModel(m); err != nil {
		return nil, err
	}
	l := &lowering{m: m, plan: &Plan{Name: m.Name, In: m.In}, as: make([]affine, len(m.Layers)), names: map[string]bool{inputName: true}}
	l.plan.Provenance = append(l.plan.Provenance, m.Provenance...)
	if m.InQuant != nil {
		l.note("input: its rounding to %d levels is left out", m.InQuant.Hi-m.InQuant.Lo)
	}
	for k, needed := range reached(m) {
		if !needed {
			l.note("layer %d (%s): left out, the output does not depend on it", k, m.Layers[k].Name)
			continue
		}
		if err := l.layer(k); err != nil {
			return nil, fmt.Errorf("convert: layer %d (%s): %w", k, m.Layers[k].Name, err)
		}
	}
	return l.plan, nil
}

// reached marks the layers that the last one depends on.
func reached(m *analog.Model) []bool {
	on := make([]bool, len(m.Layers))
	on[len(on)-1] = true
	for k := len(on) - 1; k >= 0; k-- {
		if on[k] {
			for _, f := range m.Layers[k].From {
				if f != input {
					on[f] = true
				}
			}
		}
	}
	return on
}

func (l *lowering) note(format string, args ...any) {
	l.plan.Provenance = append(l.plan.Provenance, fmt.Sprintf(format, args...))
}

// layer computes the affine form of one layer and ends it with a population if
// it has a rectifier or is the last.
func (l *lowering) layer(k int) error {
	y := &l.m.Layers[k]
	a, err := l.linear(k)
	if err != nil {
		return err
	}
	last := k == len(l.m.Layers)-1
	top, rect, err := rectifier(y)
	switch {
	case err != nil && !last:
		return err
	case last:
		if rect || err != nil {
			l.assume(graph.Assumption{What: "output", Value: "sum before the activation of " + name(l.m, k),
				Why: "the class is the same unless the activation makes values equal"})
		}
		l.stage(k, a, unbounded, true)
	case rect && (y.Kind == analog.Pool || y.Kind == analog.MaxPool) && y.Act != analog.Clip && l.positive(a):
		l.note("layer %d (%s): its rectifier has nothing to cut, composed into what follows", k, y.Name)
		l.as[k] = a
	case rect:
		l.stage(k, a, top, false)
		if y.Quant != nil {
			l.note("layer %d (%s): its rounding is left out, its range 0..%g kept", k, y.Name, top)
		}
	default:
		if y.Quant != nil {
			l.note("layer %d (%s): its rounding and its range are left out", k, y.Name)
		}
		l.as[k] = a
	}
	return nil
}

func (l *lowering) assume(a graph.Assumption) {
	l.plan.Assumptions = append(l.plan.Assumptions, a)
}

// longestName bounds the names of populations: what event files carry, less
// what tells populations of one layer apart.
const longestName = 200

// name is the layer's name as a population can carry it, or its number.
func name(m *analog.Model, k int) string {
	n := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(m.Layers[k].Name, "_"))
	if len(n) > longestName {
		n = strings.ToValidUTF8(n[:longestName], "")
	}
	if n == "" {
		return fmt.Sprintf("layer%d", k)
	}
	return n
}

// rectifier says whether a layer cuts values below zero, and above which value
// it saturates.
func rectifier(y *analog.Layer) (top float64, rect bool, err error) {
	top = math.Inf(1)
	switch y.Act {
	case analog.Relu:
		rect = true
	case analog.Clip:
		if y.Lo != 0 || !(y.Hi > 0) {
			return 0, false, fmt.Errorf("activation clipped to %g..%g, need 0..a value above 0", y.Lo, y.Hi)
		}
		top, rect = y.Hi, true
	}
	if q := y.Quant; q != nil && (rect || q.Lo == q.Zero) {
		top, rect = math.Min(top, float64(q.Hi-q.Zero)*q.Scale), true
	}
	return top, rect, nil
}

// positive says that a value cannot be below zero.
func (l *lowering) positive(a affine) bool {
	for _, b := range a.bias {
		if b < 0 {
			return false
		}
	}
	for i := range a.maps {
		if a.maps[i].From == input && (l.m.InQuant == nil || l.m.InQuant.Lo < l.m.InQuant.Zero) || !a.maps[i].nonNegative() {
			return false
		}
	}
	return true
}

// stage appends a population for layer k.
func (l *lowering) stage(k int, a affine, top float64, output bool) {
	y := &l.m.Layers[k]
	at := len(l.plan.Stages)
	l.plan.Stages = append(l.plan.Stages, Stage{Name: l.unused(name(l.m, k)), Layer: k, Shape: y.Out, Bias: a.bias, Max: top, Trained: y.Act == analog.Clip, Output: output, Maps: a.maps, ScaleFrom: at})
	l.as[k] = affine{maps: []Map{identity(at, y.Out)}}
}

// unused is a name that no population has yet.
func (l *lowering) unused(name string) string {
	try := name
	for n := 2; l.names[try]; n++ {
		try = fmt.Sprintf("%s_%d", name, n)
	}
	l.names[try] = true
	return try
}

// source is the affine form of a layer or of the input.
func (l *lowering) source(from int) affine {
	if from == input {
		return affine{maps: []Map{identity(input, l.m.In)}}
	}
	return l.as[from]
}

// linear is what a layer computes before its activation.
func (l *lowering) linear(k int) (affine, error) {
	y := &l.m.Layers[k]
	if y.Kind == analog.MaxPool {
		return l.maxPool(k)
	}
	if y.Kind == analog.Sum {
		return l.sum(y)
	}
	op, err := ownMap(y)
	if err != nil {
		return affine{}, err
	}
	out, err := l.apply(op, l.source(y.From[0]))
	out.bias = plus(out.bias, ownBias(y))
	return out, err
}

// apply is a map of an affine form.
func (l *lowering) apply(op Map, a affine) (affine, error) {
	var out affine
	if a.bias != nil {
		out.bias = make([]float64, op.Out.Size())
		op.addTo(out.bias, a.bias)
	}
	var err error
	out.maps, err = l.through(op, a.maps)
	return out, err
}

// plus adds two biases, either of which may be nil.
func plus(a, b []float64) []float64 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return added(a, b)
}

// through is a map after each of some.
func (l *lowering) through(op Map, maps []Map) ([]Map, error) {
	var out []Map
	for _, m := range maps {
		c, err := compose(op, m)
		if err != nil {
			return nil, err
		}
		if l.made += len(c.weights()); l.made > graph.MaxWeights {
			return nil, fmt.Errorf("layers so far need %d or more weights, limit %d", l.made, graph.MaxWeights)
		}
		out = addMap(out, c)
	}
	return out, nil
}

// sum adds the affine forms of all sources; maps of one geometry from one
// population become one.
func (l *lowering) sum(y *analog.Layer) (affine, error) {
	out := affine{}
	for _, f := range y.From {
		out = out.plus(l.source(f), 1)
		if len(out.maps) > maxMaps {
			return affine{}, fmt.Errorf("sum of %d or more maps, limit %d", len(out.maps), maxMaps)
		}
	}
	return out, nil
}

// plus adds c times b. Neither is changed.
func (a affine) plus(b affine, c float64) affine {
	out := affine{bias: a.bias, maps: append([]Map(nil), a.maps...)}
	if b.bias != nil {
		out.bias = plus(a.bias, times(b.bias, c))
	}
	for _, m := range b.maps {
		out.maps = addMap(out.maps, m.times(c))
	}
	return out
}

// ownMap is the weighted sum of one layer with one source.
func ownMap(y *analog.Layer) (Map, error) {
	m := Map{In: y.In, Out: y.Out}
	if y.Kind == analog.Dense {
		m.W = y.W
		return m, nil
	}
	g := y.Win
	m.Kernel = &graph.Kernel{In: y.In, Out: y.Out, Size: g.Size, Stride: g.Stride, Pad: g.Pad, Dilation: g.Dilation, Groups: g.Groups, W: y.W}
	if y.Kind == analog.Conv {
		return m, m.Kernel.Check()
	}
	if y.In[0] > maxMatrix/(g.Size[0]*g.Size[1]) {
		return m, fmt.Errorf("pooling of %d channels with a window of %v: need at most %d in all", y.In[0], g.Size, maxMatrix)
	}
	m.Kernel.Groups = y.In[0]
	m.Kernel.W = make([]float64, y.In[0]*g.Size[0]*g.Size[1])
	for i := range m.Kernel.W {
		m.Kernel.W[i] = y.Factor[0]
	}
	if err := m.Kernel.Check(); err != nil {
		return m, err
	}
	for _, f := range y.Factor {
		if f != y.Factor[0] {
			return unevenPool(m, y.Factor)
		}
	}
	return m, nil
}

// unevenPool is a pooling whose factor differs between positions: a matrix.
func unevenPool(m Map, factor []float64) (Map, error) {
	ones := *m.Kernel
	ones.W = make([]float64, len(ones.W))
	for i := range ones.W {
		ones.W[i] = 1
	}
	m.Kernel = &ones
	d, err := dense(m)
	if err != nil {
		return d, err
	}
	in := m.In.Size()
	for o := range m.Out.Size() {
		for i := range in {
			d.W[o*in+i] *= factor[o%len(factor)]
		}
	}
	return d, nil
}

// ownBias is the bias of one layer per value, nil if it has none.
func ownBias(y *analog.Layer) []float64 {
	if y.B == nil || y.Kind != analog.Dense && y.Kind != analog.Conv {
		return nil
	}
	b, per := make([]float64, y.Out.Size()), 1
	if y.Kind == analog.Conv {
		per = y.Out[1] * y.Out[2]
	}
	for i := range b {
		b[i] = y.B[i/per]
	}
	return b
}
