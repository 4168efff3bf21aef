package eval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/analog"
	"hillock/compiler/convert"
	"hillock/compiler/graph"
	"hillock/internal/dataset"
)

// DefaultLevels is L of an exact code whose encoding names none.
const DefaultLevels = 15

// DeepOptions choose how a deep network becomes spikes.
type DeepOptions struct {
	Encode  string // rate, bernoulli:SEED, phase:A,B,C,L, current, graded:L, ttfs:L, bits:L
	Ticks   int    // ticks of input; exact codes have their own
	Calib   *dataset.Set
	Samples int            // of Calib; 0 = 1000
	Method  convert.Method // of scaling
	Percent float64        // of Method Percentile; 0 = 99
	Correct int            // rounds that correct each neuron's rate
	Widen   bool           // scale neurons of small weights up
	Seed    int64
	Strict  bool
	Dump    func(pass string, u *compiler.Unit) // as in compiler.Options

	// Map says how neurons get to cores (Effort, Workers) and how wide weights
	// are stored (WeightBits); nothing else of it is read.
	Map compiler.Options
}

// Deep is a trained deep network converted for a chip.
type Deep struct {
	Model   *analog.Model
	Net     *graph.Network
	Report  *convert.Report  // rate and current input
	Integer *convert.Integer // exact codes
	Code    graph.Code
	Levels  int
	Current bool

	encode  string
	ticks   int
	result  *compiler.Result
	options DeepOptions
}

// ParseCode reads the exact codes of --encode: graded, ttfs or bits, each with
// an optional :L, the largest value.
func ParseCode(s string) (code graph.Code, levels int, ok bool, err error) {
	name, arg, has := strings.Cut(s, ":")
	switch name {
	case "graded":
		code = graph.Graded
	case "ttfs":
		code = graph.TTFS
	case "bits":
		code = graph.BitSerial
	default:
		return 0, 0, false, nil
	}
	levels = DefaultLevels
	if has {
		if levels, err = strconv.Atoi(arg); err != nil || levels < 1 || levels > 255 {
			return 0, 0, false, fmt.Errorf("eval: --encode %s: need the largest value as a whole number 1 to 255", s)
		}
	}
	return code, levels, true, nil
}

// Convert turns a model into a network for the chip, in the code of o.Encode.
func Convert(m *analog.Model, f *chip.Family, o DeepOptions) (*Deep, error) {
	d := &Deep{Model: m, encode: o.Encode, ticks: o.Ticks, options: o}
	code, levels, exact, err := ParseCode(o.Encode)
	if err != nil {
		return nil, err
	}
	plan, err := convert.Lower(m)
	if err != nil {
		return nil, err
	}
	calib, err := d.samples(o.Calib)
	if err != nil {
		return nil, err
	}
	if exact {
		d.Code, d.Levels, d.ticks = code, levels, code.Ticks(levels)
		_, limited := f.Limit("threshold_profiles")
		if d.Integer, err = convert.Quantise(plan, convert.ExactOptions{Levels: levels, Calib: calib, Limit: o.Samples, Method: o.Method, Percentile: o.Percent, PerLayer: limited}); err != nil {
			return nil, err
		}
		d.Net, err = d.Integer.Network(code)
		return d, err
	}
	co := convert.Options{Calib: calib, Limit: o.Samples, Method: o.Method, Percentile: o.Percent, Ticks: o.Ticks, Reset: graph.ResetZero, Strict: true, Correct: o.Correct}
	if r, _ := f.Role("subtract"); r.Group != "" {
		co.Reset = graph.ResetSubtract
	}
	if d.Current = o.Encode == "current"; d.Current {
		co.Input = convert.CurrentInput
	}
	if d.Net, d.Report, err = convert.Spiking(plan, co); err != nil {
		return nil, err
	}
	if d.Current {
		d.peakDrive(calib)
	}
	return d, nil
}

// samples are the calibration images as inputs of the model, nil for none.
func (d *Deep) samples(set *dataset.Set) (convert.Samples, error) {
	if set == nil {
		return nil, nil
	}
	if set.Pixels() != d.Model.In.Size() {
		return nil, fmt.Errorf("eval: images of %s have %d pixels, the network takes %d", set.Name, set.Pixels(), d.Model.In.Size())
	}
	return &images{set: set}, nil
}

// images are a set as values 0..1: pixel over the pixel range.
type images struct {
	set *dataset.Set
	x   []float64
}

// Len is the number of images.
func (s *images) Len() int { return s.set.Len() }

// Sample is image i.
func (s *images) Sample(i int) []float64 {
	s.x = s.x[:0]
	for _, p := range s.set.Images[i] {
		s.x = append(s.x, float64(p)/float64(max(s.set.Max, 1)))
	}
	return s.x
}

// peakDrive bounds the drive of the first layer, by samples or by the network.
func (d *Deep) peakDrive(calib convert.Samples) {
	first := d.Report.First
	p := d.Net.Pops[first.Pop]
	if calib == nil {
		p.DriveMax = first.Bound()
		return
	}
	for i := range min(calib.Len(), 1000) {
		for _, v := range first.Drive(calib.Sample(i)) {
			p.DriveMax = max(p.DriveMax, v, -v)
		}
	}
	p.DriveMax *= 1.25 // images that were not among the samples
}

// Adapt replaces the converted network and how it is mapped, before Compile.
func (d *Deep) Adapt(net *graph.Network, o compiler.Options) { d.Net, d.options.Map = net, o }

// Compile compiles the converted network. Ranges are calibrated with the same
// images that scaled it.
func (d *Deep) Compile(f *chip.Family) (*compiler.Result, error) {
	o := compiler.Options{Seed: d.options.Seed, Strict: d.options.Strict, Ticks: d.ticks, Widen: d.options.Widen, Dump: d.options.Dump,
		Effort: d.options.Map.Effort, Workers: d.options.Map.Workers, WeightBits: d.options.Map.WeightBits}
	if d.Integer == nil && !d.Current && d.options.Calib != nil {
		in, err := encoded(d.options.Calib, d.encode, "flat", d.ticks)
		if err != nil {
			return nil, err
		}
		o.Calib = Samples(in, compileSamples)
	}
	net := d.Net
	if o.Strict { // what conversion itself chooses is no gap in the file
		n := *d.Net
		n.Assumptions = slices.DeleteFunc(slices.Clone(n.Assumptions), func(a graph.Assumption) bool { return a.Flag == "" })
		net = &n
	}
	r, err := compiler.Compile(net, f, o)
	d.result = r
	return r, err
}

// compileSamples are the images whose spikes the compiler looks at.
const compileSamples = 50

// Samples shows n images of an encoded set to the compiler, evenly spread over
// it.
func Samples(in Input, n int) compiler.Samples { return &calibration{in: in, n: min(n, in.Len())} }

type calibration struct {
	in  Input
	n   int
	idx []int32
}

// Len is the number of samples.
func (c *calibration) Len() int { return c.n }

// Ticks is the number of ticks of a sample.
func (c *calibration) Ticks(int) int { return c.in.Ticks() }

// Fill writes the spikes of one tick.
func (c *calibration) Fill(sample, tick int, in [][]float64) {
	c.idx = c.in.Spikes(sample*c.in.Len()/c.n, tick, c.idx[:0])
	for _, i := range c.idx {
		in[0][i]++
	}
}

// Run runs a set on the compiled chip.
func (d *Deep) Run(set *dataset.Set, o Options, mo chip.Options) (*Result, error) {
	f, err := d.Feed(set)
	if err != nil {
		return nil, err
	}
	return onChip(d.result.Image, f, func(i int) int { return set.Labels[i] }, set.Len(), o, mo)
}

// Feed is how the images of a set reach the compiled chip.
func (d *Deep) Feed(set *dataset.Set) (Feed, error) {
	if _, err := d.samples(set); err != nil {
		return nil, err
	}
	switch {
	case d.Integer != nil:
		return &coded{d: d, in: images{set: set}}, nil
	case d.Current:
		drive, err := d.result.Drive(d.Report.First.Pop)
		return &driven{d: d, in: images{set: set}, drive: drive}, err
	}
	in, err := encoded(set, d.encode, "flat", d.ticks)
	if err != nil {
		return nil, err
	}
	if _, _, err := chipPorts(d.result.Image, in.Width()); err != nil {
		return nil, err
	}
	return Spiking(d.result.Image, in), nil
}

// coded feeds values in an exact code.
type coded struct {
	d  *Deep
	in images
	q  []int
}

// Ticks are the ticks of the code.
func (f *coded) Ticks() int { return f.d.ticks }

// Begin turns pixels into levels.
func (f *coded) Begin(_ *chip.Machine, image int) error {
	f.q = f.d.Integer.Quantised(f.in.Sample(image))
	return nil
}

// Inject appends what the levels send at a tick.
func (f *coded) Inject(_, tick int, dst []chip.Injection) []chip.Injection {
	for i, v := range f.q {
		if s := f.d.Code.Spike(v, f.d.Levels, tick); s != 0 {
			dst = append(dst, chip.Injection{Index: int32(i), Payload: int32(s)})
		}
	}
	return dst
}

// driven has the host compute the drive of the first layer of every image.
type driven struct {
	d     *Deep
	in    images
	drive *compiler.Drive
	regs  []int32
}

// Ticks are the ticks of the drive.
func (f *driven) Ticks() int { return f.d.ticks }

// Begin writes the drive of an image.
func (f *driven) Begin(m *chip.Machine, image int) error {
	first := f.d.Report.First
	f.regs = f.drive.Registers(first.Drive(f.in.Sample(image)), f.regs[:0])
	m.CountMultiplies(int64(first.Multiply))
	return m.SetParam(f.drive.Pop, f.drive.Param, f.regs)
}

// Inject does nothing: no spikes come from outside.
func (f *driven) Inject(_, _ int, dst []chip.Injection) []chip.Injection { return dst }

// Analog runs the forward pass of a model over a set, in float64 but for the
// 8-bit layers that the arithmetic computes on codes.
func Analog(m *analog.Model, a analog.Arithmetic, set *dataset.Set, o Options) (*Result, error) {
	first, n, err := o.span(set.Len(), 1)
	if err != nil {
		return nil, err
	}
	if set.Pixels() != m.In.Size() {
		return nil, fmt.Errorf("eval: images of %s have %d pixels, the network takes %d", set.Name, set.Pixels(), m.In.Size())
	}
	run, err := analog.NewRunWith(m, a)
	if err != nil {
		return nil, err
	}
	r := &Result{First: first, Ticks: 1, Classes: m.Layers[len(m.Layers)-1].Out.Size()}
	in := images{set: set}
	for i := first; i < first+n; i++ {
		y, err := run.Forward(in.Sample(i))
		if err != nil {
			return nil, err
		}
		r.add(set.Labels[i], make([]int32, r.Classes), nil)
		r.decide(append([]float64(nil), y...))
		o.progress(i-first+1, n)
	}
	return r, nil
}

// Whole runs the whole-number network of an exact code over a set.
func (d *Deep) Whole(set *dataset.Set, o Options) (*Result, error) {
	first, n, err := o.span(set.Len(), 1)
	if err != nil {
		return nil, err
	}
	in := images{set: set}
	last := len(d.Integer.Layers) - 1
	r := &Result{First: first, Ticks: 1, Classes: d.Integer.Layers[last].N}
	for i := first; i < first+n; i++ {
		logits, _ := d.Integer.Forward(d.Integer.Quantised(in.Sample(i)))
		v := make([]float64, len(logits))
		for k, x := range logits {
			v[k] = float64(x)
		}
		r.add(set.Labels[i], make([]int32, r.Classes), nil)
		r.decide(v)
	}
	return r, nil
}

// Differs counts the images that two results of the same set decide
// differently, and those whose values differ.
func (r *Result) Differs(other *Result) (classes, values int) {
	for i := range r.Pred {
		if r.Pred[i] != other.Pred[i] {
			classes++
		}
		if i < len(r.Logits) && i < len(other.Logits) {
			for k := range r.Logits[i] {
				if r.Logits[i][k] != other.Logits[i][k] {
					values++
					break
				}
			}
		}
	}
	return classes, values
}
