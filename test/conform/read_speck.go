package conform

import (
	"fmt"
	"math"

	"hillock/compiler"
	"hillock/core"
)

// Bounds of the numbers in a layer's file. With them no sum leaves 64 bits, and
// what leaves 32 is a mismatch.
const (
	speckMostSpikes = 1 << 20
	speckMostSteps  = 1 << 20
	speckMostWalk   = 1 << 30 // window positions and channels of all inputs, which are walked once
)

// geometry reads the shape of the layer: the output follows from the input.
func (k *speckLayer) geometry() error {
	in, err := k.doc.ints("in_shape", 3, 1, core.MaxCompartments)
	if err != nil {
		return err
	}
	s := &k.shape
	s.In = [3]int{int(in[0]), int(in[1]), int(in[2])}
	if n := in[0] * in[1] * in[2]; n > core.MaxCompartments {
		return k.doc.fail("in_shape", "", fmt.Sprintf("at most %d inputs", core.MaxCompartments), fmt.Sprint(n))
	}
	s.Dilation, s.Groups, s.Pool, s.Sources = [2]int{1, 1}, 1, [2]int{1, 1}, 1
	for _, x := range [...]struct {
		name string
		lo   int64
		to   *[2]int
	}{{"kernel", 1, &s.Window}, {"stride", 1, &s.Stride}, {"padding", 0, &s.Pad}} {
		n, err := k.doc.integer(x.name, x.lo, 1<<10)
		if err != nil {
			return err
		}
		*x.to = [2]int{int(n), int(n)}
	}
	for a := range 2 {
		room := s.In[1+a] + 2*s.Pad[a] - s.Window[a]
		if room < 0 {
			return k.doc.fail("kernel", "", fmt.Sprintf("at most %d, input and padding", s.In[1+a]+2*s.Pad[a]), fmt.Sprint(s.Window[a]))
		}
		s.Out[1+a] = room/s.Stride[a] + 1
	}
	return nil
}

// behaviour reads how neurons spike and reset.
func (k *speckLayer) behaviour() error {
	words := [2]string{}
	for i, x := range [...]struct {
		name string
		of   [2]string
		as   [2]string
	}{
		{"spike_fn", [2]string{"multi", "single"}, [2]string{"several", "single"}},
		{"reset", [2]string{"subtract", "zero"}, [2]string{"subtract", "zero"}},
	} {
		have, err := k.doc.text(x.name)
		if err != nil {
			return err
		}
		for j, w := range x.of {
			if w == have {
				words[i] = x.as[j]
			}
		}
		if words[i] == "" {
			return k.doc.fail(x.name, "", x.of[0]+" or "+x.of[1], clip(have))
		}
	}
	k.group = words[0] + "-" + words[1]
	return nil
}

// integers reads the integers of the layer; their number of channels is the
// layer's.
func (k *speckLayer) integers() error {
	p, err := k.doc.object("int_params")
	if err != nil {
		return err
	}
	w := k.fam.Weights
	if k.ints.weight, err = k.weights(p, float64(w.MantLo), float64(w.MantHi)); err != nil {
		return err
	}
	s := &k.shape
	if n := s.Out[0] * s.Out[1] * s.Out[2]; n > core.MaxCompartments {
		return p.fail("weight", "", fmt.Sprintf("at most %d neurons", core.MaxCompartments), fmt.Sprint(n))
	}
	if n := len(k.ints.weight) * s.In[1] * s.In[2]; n > speckMostWalk {
		return p.fail("weight", "", fmt.Sprintf("at most %d weights times places", speckMostWalk), fmt.Sprint(n))
	}
	if p.has("bias") {
		if k.ints.bias, err = p.ints("bias", s.Out[0], -1<<31, 1<<31-1); err != nil {
			return err
		}
		s.Biases = s.Out[0]
	}
	if k.ints.threshold, err = p.integer("threshold", -1<<31, 1<<31-1); err != nil {
		return err
	}
	k.ints.floor, err = p.integer("min_v_mem", -1<<31, 1<<31-1)
	return err
}

// weights reads the integers of the kernel, [channel][in channel][row][column].
func (k *speckLayer) weights(p *doc, lo, hi float64) ([]int64, error) {
	v, err := k.kernelOf(p)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(v))
	for i, x := range v {
		if x != math.Trunc(x) || x < lo || x > hi {
			return nil, p.fail("weight", fmt.Sprintf("entry %d", i), span(int64(lo), int64(hi)), fmt.Sprint(x))
		}
		out[i] = int64(x)
	}
	return out, nil
}

// kernelOf reads a kernel of the layer's geometry.
func (k *speckLayer) kernelOf(p *doc) ([]float64, error) {
	v, shape, err := p.tensor("weight", 4)
	if err != nil {
		return nil, err
	}
	s := &k.shape
	if s.Out[0] == 0 {
		s.Out[0] = shape[0]
	}
	if want := [4]int{s.Out[0], s.In[0], s.Window[0], s.Window[1]}; want != [4]int(shape) {
		return nil, p.fail("weight", "", fmt.Sprintf("%v numbers", want), fmt.Sprint(shape))
	}
	return v, nil
}

// floats reads the parameters before they were quantised.
func (k *speckLayer) floats() (*compiler.JointLayer, error) {
	p, err := k.doc.object("float_params")
	if err != nil {
		return nil, err
	}
	l := &compiler.JointLayer{}
	if l.Weights, err = k.kernelOf(p); err != nil {
		return nil, err
	}
	if p.has("bias") != (k.ints.bias != nil) {
		return nil, p.fail("bias", "", "a bias as in int_params", describe(p.raw("bias")))
	}
	if p.has("bias") {
		if l.Bias, _, err = p.tensor("bias", 1); err != nil {
			return nil, err
		}
		if len(l.Bias) != k.shape.Out[0] {
			return nil, p.fail("bias", "", fmt.Sprintf("%d numbers", k.shape.Out[0]), fmt.Sprint(len(l.Bias)))
		}
	}
	if !p.has("threshold") {
		return nil, p.fail("threshold", "", "a number", "nothing")
	}
	if l.Threshold, err = p.real("threshold", -1<<40, 1<<40, 0); err != nil {
		return nil, err
	}
	l.Bounded = p.has("min_v_mem")
	l.Floor, err = p.real("min_v_mem", -1<<40, 1<<40, 0)
	return l, err
}

// record reads the stimulus and what was recorded.
func (k *speckLayer) record() (err error) {
	s := &k.shape
	if k.steps, err = k.doc.length("input"); err != nil {
		return err
	}
	if k.steps < 1 || k.steps > speckMostSteps {
		return k.doc.fail("input", "", fmt.Sprintf("1..%d steps", speckMostSteps), fmt.Sprint(k.steps))
	}
	pooled := [3]int{s.Out[0], s.Out[1] / speckPool, s.Out[2] / speckPool}
	for _, x := range [...]struct {
		name   string
		shape  [3]int
		lo, hi int64
		must   bool
		to     *[]int64
	}{
		{"input", s.In, 0, speckMostSpikes, true, &k.in},
		{"current", s.Out, -1 << 53, 1 << 53, false, &k.current},
		{"v_mem", s.Out, -1 << 53, 1 << 53, true, &k.v},
		{"spikes", s.Out, 0, 1 << 53, true, &k.spikes},
		{"sumpool2", pooled, 0, 1 << 53, false, &k.pooled},
	} {
		if !x.must && !k.doc.has(x.name) {
			continue
		}
		if *x.to, err = k.maps(x.name, x.shape, x.lo, x.hi); err != nil {
			return err
		}
	}
	if k.memory = k.doc.has("memory"); !k.memory {
		return nil
	}
	m, err := k.doc.object("memory")
	for i, name := range speckMemories {
		if err == nil {
			k.entries[i], err = m.integer(name, 0, 1<<53)
		}
	}
	return err
}

// maps reads [step][channel][row][column].
func (k *speckLayer) maps(name string, shape [3]int, lo, hi int64) ([]int64, error) {
	v, have, err := k.doc.tensor(name, 4)
	if err != nil {
		return nil, err
	}
	if want := [4]int{k.steps, shape[0], shape[1], shape[2]}; want != [4]int(have) {
		return nil, k.doc.fail(name, "", fmt.Sprintf("%v numbers", want), fmt.Sprint(have))
	}
	out := make([]int64, len(v))
	for i, x := range v {
		if x != math.Trunc(x) || x < float64(lo) || x > float64(hi) {
			return nil, k.doc.fail(name, fmt.Sprintf("entry %d", i), span(lo, hi), fmt.Sprint(x))
		}
		out[i] = int64(x)
	}
	return out, nil
}
