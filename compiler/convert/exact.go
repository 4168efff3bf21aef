package convert

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
)

// ExactOptions choose how Quantise rounds.
type ExactOptions struct {
	Levels     int     // L: activations are 0..L; 0 = 15
	WeightMax  int     // largest magnitude of a weight; 0 = 127
	Calib      Samples // nil = Method Bound
	Limit      int     // samples used at most; 0 = 1000
	Method     Method
	Percentile float64 // of Method Percentile; 0 = 99
	InMax      float64 // input value of level L; 0 = 1
	Bits       int     // accumulator of the chip, in the report, and for thresholds; 0 = 24
	PerLayer   bool    // one threshold per layer; else one per neuron or kernel channel, which uses weights better
	NoCorrect  bool    // leave out the correction of biases for rounded weights
}

// Integer is a network of whole numbers: with activations a in 0..Levels,
//
//	z = C + sum over maps of W * a
//	a = clip(floor((z + floor(Theta/2)) / Theta), 0, Levels)
//
// and logits z of the last layer. It is what the exact codes compute.
type Integer struct {
	Name        string
	In          []int // channels, rows, columns
	Levels      int
	InMax       float64 // input value of level Levels
	Layers      []IntLayer
	Provenance  []string
	Assumptions []graph.Assumption
}

// IntLayer is one layer. The last one has no thresholds.
type IntLayer struct {
	Name   string
	N      int
	Shape  []int
	C      []int64 // per neuron
	Theta  []int64 // per neuron, 1 or more; nil in the last layer
	Maps   []IntMap
	Lo, Hi int64   // bounds of z, and of every partial sum, in any order of addition
	Scale  float64 // activation of the model that level Levels stands for; of the last layer: value of 1 in a logit
}

// IntMap is a linear map. From is a layer, -1 = the input.
type IntMap struct {
	From   int
	W      []int32       // [out][in], or the kernel's weights
	Kernel *graph.Kernel // nil = matrix; its W holds the same numbers as W
}

// maxSumBits keeps every sum exact in a float64.
const maxSumBits = 53

func (o *ExactOptions) fill() (Options, error) {
	if o.Levels == 0 {
		o.Levels = 15
	}
	if o.WeightMax == 0 {
		o.WeightMax = 127
	}
	if o.Bits == 0 {
		o.Bits = 24
	}
	s := Options{Calib: o.Calib, Limit: o.Limit, Method: o.Method, Percentile: o.Percentile, InMax: o.InMax, Ticks: max(o.Levels, 1), Input: CurrentInput}
	if err := s.fill(); err != nil {
		return s, err
	}
	if o.Levels < 1 || o.Levels > 1<<16 || o.WeightMax < 1 || o.WeightMax > 1<<15 || o.Bits < 8 || o.Bits > maxSumBits {
		return s, fmt.Errorf("convert: %d levels, weights up to %d, %d bits: need 1..%d, 1..%d and 8..%d", o.Levels, o.WeightMax, o.Bits, 1<<16, 1<<15, maxSumBits)
	}
	o.InMax = s.InMax
	return s, nil
}

// Quantise makes the whole-number network of a plan. The scale of a layer is
// chosen as for Spiking; each neuron (or kernel channel) then gets the largest
// whole threshold that its largest weight allows, and weights and biases are
// rounded to the grid that this gives, ties to even.
func Quantise(p *Plan, o ExactOptions) (*Integer, error) {
	so, err := o.fill()
	if err != nil {
		return nil, err
	}
	r := &Report{}
	seen, err := p.calibrate(&so, r)
	if err != nil {
		return nil, err
	}
	if r.in.lo < 0 {
		return nil, fmt.Errorf("convert: input value %g: levels start at 0", r.in.lo)
	}
	n := &Integer{Name: p.Name, In: shape(p.In), Levels: o.Levels, InMax: o.InMax}
	n.Provenance = append(n.Provenance, p.Provenance...)
	n.Assumptions = append(n.Assumptions, p.Assumptions...)
	q := &quantising{p: p, o: &o, r: r, seen: seen, n: n}
	for k := range p.Stages {
		if err := q.layer(k); err != nil {
			return nil, fmt.Errorf("convert: %s: %w", p.Stages[k].Name, err)
		}
	}
	return n, nil
}

// quantising is the state of Quantise.
type quantising struct {
	p    *Plan
	o    *ExactOptions
	r    *Report
	seen []activations
	n    *Integer
}

// unit is the activation of one level of a source.
func (q *quantising) unit(from int) float64 {
	if from == input {
		return q.o.InMax / float64(q.o.Levels)
	}
	return q.n.Layers[from].Scale / float64(q.o.Levels)
}

// layer quantises one stage. With step[i], the activation that one unit of z
// of neuron i stands for, a weight becomes W*unit/step and a bias b/step; one
// level of the layer is Theta units.
func (q *quantising) layer(k int) error {
	s := &q.p.Stages[k]
	y := IntLayer{Name: s.Name, N: s.Shape.Size(), Shape: shape(s.Shape), C: make([]int64, s.Shape.Size()), Scale: q.r.Layers[k].Scale}
	step := q.steps(k, &y)
	for i := range s.Maps {
		y.Maps = append(y.Maps, q.round(&s.Maps[i], step))
	}
	bias := make([]float64, y.N)
	copy(bias, s.Bias)
	if q.seen != nil && !q.o.NoCorrect {
		q.correct(s, &y, step, bias)
	}
	for i, b := range bias {
		c := math.RoundToEven(b / step[i])
		if math.Abs(c) > 1<<50 {
			return fmt.Errorf("bias %g of neuron %d is %g units, limit 2^50", b, i, c)
		}
		y.C[i] = int64(c)
	}
	y.bounds(q.o.Levels)
	if !y.Fits(maxSumBits) {
		return fmt.Errorf("sums reach %d..%d, limit %d bits", y.Lo, y.Hi, maxSumBits)
	}
	q.note(&y, k)
	q.n.Layers = append(q.n.Layers, y)
	return nil
}

// steps chooses thresholds, and what one unit of z is worth. Neurons that
// share kernel weights, and all of the last layer, share one.
func (q *quantising) steps(k int, y *IntLayer) []float64 {
	s := &q.p.Stages[k]
	widest := make([]float64, y.N) // largest weight of each neuron, times its source's unit
	for i := range s.Maps {
		q.widest(&s.Maps[i], widest)
	}
	s.share(widest)
	if s.Output || q.o.PerLayer {
		m := 0.0
		for _, w := range widest {
			m = math.Max(m, w)
		}
		widest = repeat(m, y.N)
	}
	limit := float64(q.o.WeightMax)
	most := math.Max(1, math.Floor(math.Ldexp(1, q.o.Bits-2)/float64(q.o.Levels))) // the ramp of a code reaches Levels thresholds
	if s.Output {
		y.Scale = 1
		if widest[0] > 0 {
			y.Scale = widest[0] / limit
		}
		return repeat(y.Scale, y.N)
	}
	level := y.Scale / float64(q.o.Levels)
	step := make([]float64, y.N)
	y.Theta = make([]int64, y.N)
	for i, w := range widest {
		theta := math.Min(limit, most) // of a neuron without weights
		if w > 0 {
			theta = math.Min(math.Max(math.Floor(limit*level/w), 1), most)
		}
		y.Theta[i], step[i] = int64(theta), level/theta
	}
	return step
}

// widest raises v to the largest weight of every neuron, times its source's
// unit. A kernel's weights count for the first neuron of their channel.
func (q *quantising) widest(m *Map, v []float64) {
	u := q.unit(m.From)
	for i, w := range m.weights() {
		o := m.row(i)
		v[o] = math.Max(v[o], math.Abs(w)*u)
	}
}

// share gives the neurons of one channel their largest value, if any map of
// the stage is a kernel.
func (s *Stage) share(v []float64) {
	kernels := false
	for i := range s.Maps {
		kernels = kernels || s.Maps[i].Kernel != nil
	}
	if !kernels {
		return
	}
	plane := s.Shape[1] * s.Shape[2]
	for c := 0; c < len(v); c += plane {
		m := 0.0
		for _, x := range v[c : c+plane] {
			m = math.Max(m, x)
		}
		for i := range plane {
			v[c+i] = m
		}
	}
}

// row is the first neuron that weight i of the map belongs to.
func (m *Map) row(i int) int {
	if m.Kernel == nil {
		return i / m.In.Size()
	}
	return i / (len(m.Kernel.W) / m.Kernel.Out[0]) * m.Kernel.Out[1] * m.Kernel.Out[2]
}

// weights are the numbers of a map.
func (m *Map) weights() []float64 {
	if m.Kernel != nil {
		return m.Kernel.W
	}
	return m.W
}

// round is a map in whole numbers; what exceeds the largest weight is clipped.
func (q *quantising) round(m *Map, step []float64) IntMap {
	u, limit := q.unit(m.From), float64(q.o.WeightMax)
	out := IntMap{From: m.From, W: make([]int32, len(m.weights()))}
	for i, w := range m.weights() {
		z := math.RoundToEven(w * u / step[m.row(i)])
		out.W[i] = int32(math.Min(math.Max(z, -limit), limit))
	}
	if m.Kernel != nil {
		k := *m.Kernel
		k.W = floats(out.W)
		out.Kernel = &k
	}
	return out
}

func floats[T int32 | int64](v []T) []float64 {
	f := make([]float64, len(v))
	for i, x := range v {
		f[i] = float64(x)
	}
	return f
}

// correct adds to the biases what rounding of the weights takes away on the
// mean input of the samples.
func (q *quantising) correct(s *Stage, y *IntLayer, step, bias []float64) {
	for i := range s.Maps {
		m := s.Maps[i]
		mean := q.r.in.mean
		if m.From != input {
			mean = q.seen[m.From].mean
		}
		lost, u := make([]float64, len(m.weights())), q.unit(m.From)
		for j, w := range m.weights() {
			lost[j] = w - float64(y.Maps[i].W[j])*step[m.row(j)]/u
		}
		if m.Kernel != nil {
			k := *m.Kernel
			k.W = lost
			m.Kernel = &k
		} else {
			m.W = lost
		}
		m.addTo(bias, mean)
	}
}

// bounds computes Lo and Hi by interval arithmetic: all sources at 0 or at the
// highest level, whichever is worse.
func (y *IntLayer) bounds(levels int) {
	lo, hi := make([]int64, y.N), make([]int64, y.N)
	for i, c := range y.C {
		lo[i], hi[i] = min(c, 0), max(c, 0)
	}
	for i := range y.Maps {
		y.Maps[i].each(y.N, func(o, _ int, w int64) {
			lo[o] += min(w, 0) * int64(levels)
			hi[o] += max(w, 0) * int64(levels)
		})
	}
	y.Lo, y.Hi = lo[0], hi[0]
	for i := range lo {
		y.Lo, y.Hi = min(y.Lo, lo[i]), max(y.Hi, hi[i])
	}
}

// each visits every weight that is not 0: target, source, weight.
func (m *IntMap) each(n int, visit func(o, i int, w int64)) {
	if m.Kernel != nil {
		for i := range m.Kernel.Sources() {
			m.Kernel.Each(i, func(o, k int) { visit(o, i, int64(m.W[k])) })
		}
		return
	}
	in := len(m.W) / n
	for k, w := range m.W {
		if w != 0 {
			visit(k/in, k%in, int64(w))
		}
	}
}

// Fits says whether no accumulator of so many bits, two's complement, can
// overflow in this layer, whatever the input: a proof, as Lo and Hi bound every
// partial sum.
func (y *IntLayer) Fits(bits int) bool {
	return bits >= 64 || bits > 0 && y.Lo >= -1<<(bits-1) && y.Hi < 1<<(bits-1)
}

// note records what was done to a layer.
func (q *quantising) note(y *IntLayer, k int) {
	n := q.n
	clipped := 0
	for _, m := range y.Maps {
		for _, w := range m.W {
			if int(w) == q.o.WeightMax || int(-w) == q.o.WeightMax {
				clipped++
			}
		}
	}
	sums := fmt.Sprintf("sums within %d..%d cannot overflow %d bits", y.Lo, y.Hi, q.o.Bits)
	if !y.Fits(q.o.Bits) {
		sums = fmt.Sprintf("sums within %d..%d may overflow %d bits", y.Lo, y.Hi, q.o.Bits)
	}
	if y.Theta == nil {
		n.Provenance = append(n.Provenance, fmt.Sprintf("%s: whole-number logits in units of %.6g; %s", y.Name, y.Scale, sums))
		return
	}
	lo, hi := y.Theta[0], y.Theta[0]
	for _, t := range y.Theta {
		lo, hi = min(lo, t), max(hi, t)
	}
	n.Provenance = append(n.Provenance, fmt.Sprintf("%s: level %d is %.6g (%s), thresholds %d..%d; %s", y.Name, n.Levels, y.Scale, q.r.Layers[k].Method, lo, hi, sums))
	if lo < minTheta {
		n.Provenance = append(n.Provenance, fmt.Sprintf("%s: a threshold of %d is coarse: its weights are small whole numbers (%d at the limit); more levels or a wider weight would help", y.Name, lo, clipped))
	}
}

// minTheta is the threshold below which weights are noted as coarse.
const minTheta = 16
