package convert

import (
	"fmt"
	"math"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// InputKind is how an input reaches the spiking network.
type InputKind uint8

// The kinds of input.
const (
	RateInput    InputKind = iota // an Input population; the host sends spikes at rate x/InMax
	CurrentInput                  // the host computes the first layer's drive (FirstLayer)
)

// Start is where membranes start.
type Start uint8

// The starts.
const (
	HalfThreshold Start = iota // V0 = Theta/2: T ticks round instead of cutting down
	AtZero
)

// Options choose how Spiking converts.
type Options struct {
	Calib      Samples // nil = Method Bound
	Limit      int     // samples used at most; 0 = 1000
	Method     Method
	Percentile float64 // of Method Percentile; 0 = 99
	Ticks      int     // ticks per inference that MinError and Correct assume; 0 = 32
	Reset      graph.Reset
	Start      Start
	Strict     bool // spike if V > Theta instead of V >= Theta
	Input      InputKind
	InMax      float64 // input value that full rate stands for; 0 = 1
	Correct    int     // rounds of correction by simulation; 0 = none
}

// LayerReport says what conversion did to one layer.
type LayerReport struct {
	Name      string
	Neurons   int
	Scale     float64 // activation that full rate stands for
	Method    string
	Silent    float64 // share of neurons that no sample activated; NaN without samples
	Saturated float64 // share of activations above Scale, of those above zero; NaN without samples
}

// FirstLayer is the part of a current-driven network that the host computes:
// the drive of population Pop for input x is Bias + sum of Maps of x.
type FirstLayer struct {
	Pop      int // index in Network.Pops
	Bias     []float64
	Maps     []Map // of the input
	Multiply int   // multiplications per inference, those by a weight of 0 too
}

// Drive is the constant drive per tick of every neuron of the first layer, to
// be added to C.
func (f *FirstLayer) Drive(x []float64) []float64 {
	y := append([]float64(nil), f.Bias...)
	for i := range f.Maps {
		f.Maps[i].addTo(y, x)
	}
	return y
}

// Report is what Spiking chose.
type Report struct {
	Layers    []LayerReport
	Samples   int         // calibrated on
	Corrected int         // samples simulated for the correction
	First     *FirstLayer // nil unless the input is a current

	in inputRange // of the samples
}

func (o *Options) fill() error {
	if o.Limit == 0 {
		o.Limit = defaultSamples
	}
	if o.Percentile == 0 {
		o.Percentile = defaultPercentile
	}
	if o.Ticks == 0 {
		o.Ticks = 32
	}
	if o.InMax == 0 {
		o.InMax = 1
	}
	if o.Calib == nil || o.Calib.Len() == 0 {
		o.Method, o.Calib = Bound, nil
	}
	switch {
	case o.Percentile < 0 || o.Percentile > 100 || o.Limit < 0 || o.Ticks < 1 || o.Correct < 0:
		return fmt.Errorf("convert: percentile %g, limit %d, ticks %d, corrections %d: need 0..100, 0 or more, 1 or more, 0 or more", o.Percentile, o.Limit, o.Ticks, o.Correct)
	case !(o.InMax > 0) || math.IsInf(o.InMax, 0):
		return fmt.Errorf("convert: largest input %g, need a finite number above 0", o.InMax)
	case o.Reset > graph.ResetNone || o.Method > Bound:
		return fmt.Errorf("convert: reset %d, method %d: unknown", o.Reset, o.Method)
	}
	return nil
}

// Spiking makes the spiking network of a plan: integrate-and-fire neurons of
// threshold 1 whose rate over an inference stands for activation / scale, and a
// last population that only accumulates, whose largest membrane is the class.
func Spiking(p *Plan, o Options) (*graph.Network, *Report, error) {
	if err := o.fill(); err != nil {
		return nil, nil, err
	}
	r := &Report{}
	seen, err := p.calibrate(&o, r)
	if err != nil {
		return nil, nil, err
	}
	n := &graph.Network{Name: p.Name}
	n.Provenance = append(n.Provenance, p.Provenance...)
	n.Assumptions = append(n.Assumptions, p.Assumptions...)
	if err := p.build(n, &o, r); err != nil {
		return nil, nil, err
	}
	if o.Correct > 0 && o.Calib != nil {
		c := &correcting{p: p, n: n, o: &o, r: r, first: len(n.Pops) - len(p.Stages), count: min(r.Samples, maxCorrect)}
		if err := c.correct(); err != nil {
			return nil, nil, err
		}
		r.Corrected = c.count
	}
	p.say(n, &o, r, seen)
	return n, r, nil
}

// calibrate chooses the scale of every stage.
func (p *Plan) calibrate(o *Options, r *Report) ([]activations, error) {
	var seen []activations
	var top []float64
	if o.Calib == nil {
		top = p.bounds(o.InMax)
	} else {
		r.Samples = min(o.Calib.Len(), o.Limit)
		var err error
		if seen, r.in, err = p.observed(o.Calib, r.Samples); err != nil {
			return nil, err
		}
		if o.Input == RateInput && r.in.lo < 0 {
			return nil, fmt.Errorf("convert: input value %g: a rate cannot be below 0; drive the first layer with a current instead", r.in.lo)
		}
	}
	for k := range p.Stages {
		s := &p.Stages[k]
		l := LayerReport{Name: s.Name, Neurons: s.Shape.Size(), Method: o.Method.String(), Silent: math.NaN(), Saturated: math.NaN()}
		switch {
		case s.Output:
			l.Scale, l.Method = 1, "none"
		case s.ScaleFrom == input:
			l.Scale, l.Method = o.InMax, "that of the input"
		case s.ScaleFrom != k:
			l.Scale, l.Method = r.Layers[s.ScaleFrom].Scale, "that of "+p.Stages[s.ScaleFrom].Name
		case o.Calib == nil:
			l.Scale = top[k]
		default:
			l.Scale, l.Method = seen[k].scale(o)
		}
		if l.Scale > s.Max || s.Trained && seen != nil && s.Max < seen[k].top*(1+1e-9) {
			l.Scale, l.Method = s.Max, "end of the activation"
		}
		if !(l.Scale > 0) {
			l.Scale, l.Method = 1, "none: silent" // nothing ever passes this layer
		}
		if math.IsInf(l.Scale, 1) {
			return nil, fmt.Errorf("convert: %s: values have no finite bound; calibrate with samples", s.Name)
		}
		if seen != nil && !s.Output {
			l.Silent, l.Saturated = seen[k].silent(), seen[k].share(l.Scale)
		}
		r.Layers = append(r.Layers, l)
	}
	return seen, nil
}

// scale applies the method of the options.
func (a *activations) scale(o *Options) (float64, string) {
	switch o.Method {
	case Max:
		return a.top, "max"
	case MinError:
		s, p := a.minError(o.Ticks)
		return s, fmt.Sprintf("error: percentile %g", p)
	}
	return a.percentile(o.Percentile), fmt.Sprintf("percentile %g", o.Percentile)
}

func (a *activations) silent() float64 {
	n := 0.0
	for _, x := range a.active {
		if x == 0 {
			n++
		}
	}
	return n / float64(len(a.active))
}

// build makes populations and projections. What drives a neuron is divided by
// the scale of its layer, so that thresholds are 1.
func (p *Plan) build(n *graph.Network, o *Options, r *Report) error {
	first := 0 // population of stage 0
	if o.Input == RateInput {
		n.Pops = append(n.Pops, &graph.Population{Name: inputName, Kind: graph.Input, N: p.In.Size(), Shape: shape(p.In)})
		first = 1
	}
	for k := range p.Stages {
		s := &p.Stages[k]
		n.Pops = append(n.Pops, s.population(o))
		for i := range s.Maps {
			m := &s.Maps[i]
			if m.From == input && o.Input == CurrentInput {
				if err := p.drive(n, first+k, s, m, r.Layers[k].Scale, r); err != nil {
					return err
				}
				continue
			}
			pre, c := 0, o.InMax
			if m.From != input {
				pre, c = first+m.From, r.Layers[m.From].Scale
			}
			t := m.times(c)
			q := &graph.Projection{W: t.W, Kernel: t.Kernel}
			q.Name, q.Pre, q.Post = fmt.Sprintf("%s_%s", n.Pops[pre].Name, s.Name), pre, first+k
			if i > 0 {
				q.Name = fmt.Sprintf("%s_%d", q.Name, i)
			}
			n.Projs = append(n.Projs, q)
		}
	}
	for k := range p.Stages {
		scaleInput(n, first+k, repeat(1/r.Layers[k].Scale, p.Stages[k].Shape.Size()))
	}
	return nil
}

// drive moves the map of the input into the part of the host.
func (p *Plan) drive(n *graph.Network, pop int, s *Stage, m *Map, scale float64, r *Report) error {
	if r.First != nil && r.First.Pop != pop {
		return fmt.Errorf("convert: populations %s and %s both read the input; a current-driven network has one that does", n.Pops[r.First.Pop].Name, s.Name)
	}
	if r.First == nil {
		r.First = &FirstLayer{Pop: pop, Bias: times(n.Pops[pop].C, 1/scale)}
		clear(n.Pops[pop].C)
		n.Pops[pop].Driven = true
	}
	r.First.Maps = append(r.First.Maps, m.times(1/scale))
	r.First.Multiply += m.synapses()
	return nil
}

// population is a stage with thresholds of 1.
func (s *Stage) population(o *Options) *graph.Population {
	n := s.Shape.Size()
	p := &graph.Population{Name: s.Name, Kind: graph.CubaLIF, N: n, Shape: shape(s.Shape),
		AJ: make([]float64, n), GJ: repeat(1, n), AV: repeat(1, n), GV: repeat(1, n), C: make([]float64, n)}
	copy(p.C, s.Bias)
	if s.Output {
		p.Kind, p.Output = graph.Readout, true
		return p
	}
	p.Theta, p.VReset, p.Reset, p.GE = repeat(1, n), make([]float64, n), o.Reset, !o.Strict
	if o.Start == HalfThreshold {
		p.V0 = repeat(0.5, n)
	}
	return p
}

// times is the map with its weights times c.
func (m Map) times(c float64) Map {
	if m.Kernel == nil {
		m.W = times(m.W, c)
		return m
	}
	k := *m.Kernel
	k.W = times(k.W, c)
	m.Kernel = &k
	return m
}

// synapses counts the products of one pass through the map.
func (m *Map) synapses() int {
	if m.Kernel == nil {
		return len(m.W)
	}
	n := 0
	for i := range m.Kernel.Sources() {
		m.Kernel.Each(i, func(int, int) { n++ })
	}
	return n
}

func times(v []float64, c float64) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = x * c
	}
	return w
}

func repeat(x float64, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = x
	}
	return v
}

func shape(s analog.Shape) []int { return s[:] }
