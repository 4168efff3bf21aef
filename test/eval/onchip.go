package eval

import (
	"fmt"

	"hillock/chip"
)

// Chip runs an image file on the emulator; State is reset between images.
func Chip(img *chip.Image, in Input, o Options, mo chip.Options) (*Result, error) {
	ip, op, err := chipPorts(img, in.Width())
	if err != nil {
		return nil, err
	}
	if !img.Ticks() && img.Frame == nil {
		return nil, fmt.Errorf("eval: this image of a chip without ticks says not how its host shows samples: evaluate a network, or an image that compile made")
	}
	if o.Serial != "" && img.Frame != nil {
		return nil, fmt.Errorf("eval: --serial is for chips with ticks, this one answers event by event as it is")
	}
	if img.Pops[op].Window > 0 {
		return nil, fmt.Errorf("eval: this image computes whole numbers in an exact code, which spikes of an encoded set do not drive: evaluate its network with --encode graded, ttfs or bits")
	}
	if o.Serial != "" {
		return oneByOne(img, in, o, mo)
	}
	return onChip(img, &spiking{in: in, pop: int32(ip)}, in.Label, in.Len(), o, mo)
}

// Feed is what an image of a set does to a machine.
type Feed interface {
	Ticks() int                             // ticks of input
	Begin(m *chip.Machine, image int) error // host writes before the first tick
	Inject(image, tick int, dst []chip.Injection) []chip.Injection
}

// Spiking feeds the spikes of an encoded set to the input of an image.
func Spiking(img *chip.Image, in Input) Feed {
	f := &spiking{in: in}
	for i, p := range img.Pops {
		if p.Input {
			f.pop = int32(i)
		}
	}
	return f
}

// spiking feeds the spikes of an encoded set.
type spiking struct {
	in  Input
	pop int32
	idx []int32
}

// Ticks are the ticks of input.
func (f *spiking) Ticks() int { return f.in.Ticks() }

// Begin does nothing: all input is spikes.
func (f *spiking) Begin(*chip.Machine, int) error { return nil }

// Inject appends the spikes of a tick.
func (f *spiking) Inject(image, tick int, dst []chip.Injection) []chip.Injection {
	f.idx = f.in.Spikes(image, tick, f.idx[:0])
	for _, k := range f.idx {
		dst = append(dst, chip.Injection{Pop: f.pop, Index: k, Payload: 1})
	}
	return dst
}

// chipPorts finds the input and output populations; a network that is driven
// by currents has no input, and ip is then -1 if width is 0.
func chipPorts(img *chip.Image, width int) (ip, op int, err error) {
	return ports(len(img.Pops), func(i int) (string, int, bool, bool) {
		p := img.Pops[i]
		return p.Name, p.N, p.Input, p.Output
	}, width)
}

// onChip runs images of a set through a Feed.
func onChip(img *chip.Image, f Feed, label func(int) int, all int, o Options, mo chip.Options) (*Result, error) {
	first, n, err := o.span(all, f.Ticks())
	if err != nil {
		return nil, err
	}
	op := -1
	for i, p := range img.Pops {
		if p.Output {
			op = i
		}
	}
	reads := img.Pops[op].Read > 0
	switch {
	case o.Decide == "potential" && !reads:
		return nil, fmt.Errorf("eval: --decide potential needs an output that never spikes, population %q of this image spikes", img.Pops[op].Name)
	case o.Decide == "counts" && reads:
		return nil, fmt.Errorf("eval: --decide counts needs an output that spikes, population %q of this image is read by its membrane", img.Pops[op].Name)
	}
	if img.Frame != nil && mo.Passed == nil {
		mo.Passed = func(int64, *chip.Machine) {} // only what leaves is looked at
	}
	m, err := chip.New(img, mo)
	if err != nil {
		return nil, err
	}
	r := &Result{First: first, Classes: img.Pops[op].N, Drain: img.Pops[op].Depth}
	if w := img.Pops[op].Window; w > f.Ticks() {
		r.Drain += w - f.Ticks()
	}
	r.Ticks = f.Ticks() + r.Drain
	rec := chip.NewRecorder(img, false)
	shown := len(rec.Names())
	for shown > 0 && img.Frame != nil && img.Pops[shown-1].Aside {
		shown-- // addresses that are no neurons of the network
	}
	r.Pops = rec.Names()[:shown]
	cr := chipRun{img: img, feed: f, m: m, rec: rec, op: int32(op), reads: reads}
	for i := first; i < first+n; i++ {
		if err := cr.image(r, i, label(i)); err != nil {
			return nil, err
		}
		o.progress(i-first+1, n)
	}
	r.Total, r.Time = m.Counts(), m.Elapsed()
	r.Trace, r.Machine = rec.TraceHash(), rec.MachineHash()
	return r, nil
}

// chipRun is the state of one pass over a set.
type chipRun struct {
	img   *chip.Image
	feed  Feed
	m     *chip.Machine
	rec   *chip.Recorder
	op    int32
	reads bool // the class is decided by membranes
	words []int32
}

func (cr *chipRun) image(r *Result, i, label int) error {
	if cr.img.Frame == nil { // else what clears the state is a matter of the frame
		cr.m.Reset()
	}
	before, start := cr.m.Counts(), cr.m.Elapsed()
	if err := cr.feed.Begin(cr.m, i); err != nil {
		return err
	}
	sum := make([]int32, r.Classes)
	layer, inputs := make([]int64, len(cr.img.Pops)), make([]int64, len(cr.img.Pops))
	copy(layer, cr.rec.Total)
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick >= int64(cr.feed.Ticks()) {
			return dst
		}
		dst = cr.feed.Inject(i, int(tick), dst)
		for _, s := range dst {
			inputs[s.Pop]++
		}
		return dst
	}
	sink := func(tick int64, m *chip.Machine) error {
		if err := cr.rec.Tick(tick, m); err != nil {
			return err
		}
		for _, s := range cr.rec.Last() {
			if s.Pop == cr.op {
				sum[s.Index] += s.Payload
			}
		}
		return nil
	}
	if err := cr.m.Show(int64(r.Ticks), src, sink); err != nil {
		return err
	}
	cr.rec.Offset += int64(r.Ticks)
	for p := range layer {
		layer[p] = cr.rec.Total[p] - layer[p]
		if cr.img.Pops[p].Input {
			layer[p] = inputs[p]
		}
	}
	r.add(label, sum, layer[:len(r.Pops)])
	if cr.reads {
		if err := cr.potential(r); err != nil {
			return err
		}
	}
	now := cr.m.Counts()
	r.PerImage = append(r.PerImage, now.Sub(&before))
	r.Times = append(r.Times, cr.m.Elapsed()-start)
	return nil
}

// potential decides by the membranes of the output, as the host would.
func (cr *chipRun) potential(r *Result) error {
	cr.words = append(cr.words[:0], make([]int32, r.Classes)...)
	if err := cr.m.ReadState(int(cr.op), cr.words); err != nil {
		return err
	}
	v := make([]float64, r.Classes)
	for i, x := range cr.words {
		v[i] = float64(x)
	}
	r.decide(v)
	return nil
}
