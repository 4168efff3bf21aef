package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core/learn"
)

// The group and learning model that nengo-pes files are records of.
const (
	pesGroup = "cuba"
	pesModel = "pes"
)

// pesCore is a file of kind nengo-pes: one core of current-based neurons whose
// input weights follow an error that the host writes every tick. It is
// replayed through a machine.
type pesCore struct {
	doc      *doc
	bench    plasticBench
	model    *chip.LearnModel
	settings learnVars
	learnAt  int // ticks between weight updates
	traceAt  int
	dims     int
	shift    uint // an effective weight is the stored one << shift
	in       lists
	errors   []int64 // [tick][dimension]
	rand     []pesRand
	words    []record
	spikes   lists
	trace    []int64 // [tick][input]
	weights  []int64 // [update][input][neuron]
}

// pesRand are the draws of one tick.
type pesRand struct{ trace, weight []float64 }

func replayPES(d *doc, c *checker) error {
	k := &pesCore{doc: d}
	var err error
	if k.bench.fam, err = unlimited(family); err != nil {
		return err
	}
	for _, step := range [...]func() error{k.sizes, k.neurons, k.learning, k.start, k.stimulus, k.draws, k.record} {
		if err := step(); err != nil {
			return err
		}
	}
	return k.run(c)
}

func (k *pesCore) sizes() error {
	var err error
	b := &k.bench
	if b.n, b.nIn, b.steps, err = k.doc.sizes(); err != nil {
		return err
	}
	if b.nIn > maxCells/max(b.n*b.steps, 1) {
		return k.doc.fail("n_in", "", fmt.Sprintf("at most %d weights of all steps", maxCells), fmt.Sprint(b.nIn))
	}
	dims, err := k.doc.integer("dims", 1, int64(b.n))
	if err == nil && int64(b.n) != 2*dims {
		err = k.doc.fail("dims", "", "half as many as neurons", fmt.Sprint(dims))
	}
	k.dims = int(dims)
	return err
}

func (k *pesCore) neurons() error {
	p, err := k.doc.object("params")
	if err != nil {
		return err
	}
	b := &k.bench
	if b.vars, err = neuronVars(p, b.n, nil); err != nil {
		return err
	}
	b.group, err = b.fam.BindGroup(pesGroup, b.n, b.vars)
	return err
}

// learning reads the settings of the rule.
func (k *pesCore) learning() error {
	p, err := k.doc.object("learning")
	if err != nil {
		return err
	}
	if k.model = k.bench.fam.LearnModel(pesModel); k.model == nil {
		return fmt.Errorf("conform: %s has no learning model %q", k.bench.fam.Name, pesModel)
	}
	tau, err := p.real("tracing_tau", 0, math.MaxInt32, 0)
	if err != nil {
		return err
	}
	k.settings.reals = []realSetting{{"tracing_tau", tau}}
	mag, err := p.real("tracing_mag", 0, 127.9921875, 0)
	if err == nil && mag*128 != math.Floor(mag*128) {
		err = p.fail("tracing_mag", "", "a multiple of 1/128", fmt.Sprint(mag))
	}
	if err != nil {
		return err
	}
	k.settings.add("mag", int64(mag*128))
	for i := range k.model.Settings {
		s := &k.model.Settings[i]
		if s.Name == "mag" {
			continue
		}
		x, err := p.integer(s.Name, s.Lo, s.Hi)
		if err != nil {
			return err
		}
		k.settings.add(s.Name, x)
	}
	every, _ := k.settings.Whole("learn_epoch")
	trace, _ := k.settings.Whole("train_epoch")
	k.learnAt, k.traceAt = int(every), int(trace)
	k.bench.plan, err = k.model.Bind(&k.settings, nil)
	if err != nil {
		return err
	}
	exp, err := p.integer("weight_exp", -6, 7)
	// The emulator shifts a learned weight once, so that bits below the scale of
	// fixed weights survive a negative exponent.
	k.shift = uint(exp + k.bench.fam.Weights.Scale)
	k.bench.format.Exp = int(k.shift)
	return err
}

// start reads the start weights, which the file has as effective weights.
func (k *pesCore) start() error {
	b := &k.bench
	w, err := k.doc.matrix("weights_init", b.nIn, b.n, -1<<30, 1<<30)
	b.mant = make([]int32, len(w))
	for i, x := range w {
		m := x >> k.shift
		if m<<k.shift != x || m < -255 || m > 255 {
			return k.doc.fail("weights_init", fmt.Sprintf("row %d, entry %d", i/b.n, i%b.n), fmt.Sprintf("a multiple of 2^%d, at most 255 of them", k.shift), fmt.Sprint(x))
		}
		b.mant[i] = int32(m)
	}
	return err
}

func (k *pesCore) stimulus() error {
	var err error
	if k.in, err = k.doc.lists("in_spikes", k.bench.steps, k.bench.nIn, false); err != nil {
		return err
	}
	k.errors, err = k.doc.matrix("error", k.bench.steps, k.dims, -127, 127)
	return err
}

// draws reads the draws of every tick in the order in which they were drawn:
// one vector for the traces, then one per input for its weights.
func (k *pesCore) draws() error {
	b := &k.bench
	k.rand = make([]pesRand, b.steps)
	have := 0
	err := k.doc.each("rand", k.doc.raw("rand"), "", func(c *cursor, t int) error {
		if have = t + 1; have > b.steps {
			return k.doc.fail("rand", "", fmt.Sprintf("%d rows", b.steps), "more")
		}
		r := &k.rand[t]
		traces := (t+1)%k.traceAt == 0
		rows := 0
		err := k.doc.each("rand", c.value(), fmt.Sprintf("row %d", t), func(c *cursor, i int) (err error) {
			rows++
			where := fmt.Sprintf("row %d, vector %d", t, i)
			if traces && i == 0 {
				r.trace, err = k.doc.uniforms("rand", c.value(), where, b.nIn, nil)
				return err
			}
			r.weight, err = k.doc.uniforms("rand", unwrap(c.value()), where, b.n, r.weight)
			return err
		})
		need := 0
		if traces {
			need++
		}
		if (t+1)%k.learnAt == 0 {
			need += b.nIn
		}
		if err == nil && rows != need {
			err = k.doc.fail("rand", fmt.Sprintf("row %d", t), fmt.Sprintf("%d vectors", need), fmt.Sprint(rows))
		}
		return err
	})
	if err == nil && have != b.steps {
		err = k.doc.fail("rand", "", fmt.Sprintf("%d rows", b.steps), fmt.Sprint(have))
	}
	return err
}

// unwrap takes a list of one list for that list: weights were drawn as
// matrices of one row.
func unwrap(raw []byte) []byte {
	c := cursor{b: raw}
	if c.peek() != '[' {
		return raw
	}
	if c.i++; c.peek() != '[' {
		return raw
	}
	inner := c.value()
	if c.comma(); c.peek() != ']' {
		return raw
	}
	return inner
}

func (k *pesCore) record() error {
	b := &k.bench
	for _, name := range [...]string{"u", "v"} {
		t := trace{n: b.n, steps: b.steps}
		if err := t.record(k.doc, b.fam, pesGroup, name, name); err != nil {
			return err
		}
		k.words = append(k.words, t.words...)
	}
	var err error
	if k.spikes, err = k.doc.lists("spikes", b.steps, b.n, true); err != nil {
		return err
	}
	if k.trace, err = k.doc.matrix("trace", b.steps, b.nIn, 0, 127); err != nil {
		return err
	}
	k.weights, err = k.doc.cube("weights", b.steps/k.learnAt, b.nIn, b.n)
	return err
}

func (k *pesCore) run(c *checker) error {
	img, err := k.bench.image()
	if err != nil {
		return err
	}
	weight := k.model.Stream("weight")
	draw := func(q learn.Query) int32 {
		if q.Stream == weight {
			return carryOf(recorded(k.rand[q.Tick].weight, int64(q.Item)), q.Bits)
		}
		return carryOf(recorded(k.rand[q.Tick].trace, int64(q.Item)), q.Bits)
	}
	_, word, err := k.model.WordOf("error")
	if err != nil {
		return err
	}
	for _, e := range c.engines {
		c.engine = e
		m, err := chip.New(img, chip.Options{Engine: e, Draw: draw})
		if err != nil {
			return err
		}
		var werr error
		err = m.Run(int64(k.bench.steps), func(tick int64, dst []chip.Injection) []chip.Injection {
			if werr == nil {
				werr = m.Core(0).SetLearning(0, learn.Post, word, k.signed(tick))
			}
			for _, i := range k.in.at(tick) {
				dst = append(dst, chip.Injection{Pop: popInput, Index: i, Payload: 1})
			}
			return dst
		}, func(tick int64, m *chip.Machine) error {
			k.compare(c, int(tick), m)
			return werr
		})
		if err != nil {
			return err
		}
	}
	c.engine = ""
	return nil
}

// signed are the errors of the neurons: minus, then plus.
func (k *pesCore) signed(tick int64) []int32 {
	out := make([]int32, 2*k.dims)
	for i, e := range k.errors[int(tick)*k.dims : (int(tick)+1)*k.dims] {
		out[i], out[k.dims+i] = int32(-e), int32(e)
	}
	return out
}

func (k *pesCore) compare(c *checker, t int, m *chip.Machine) {
	b := &k.bench
	own := m.Core(0)
	s := &own.State.Learn[0]
	for i, x := range s.Words[learn.Pre][0] {
		c.equal("trace", t, i, k.trace[t*b.nIn+i], int64(x))
	}
	if (t+1)%k.learnAt == 0 {
		at := ((t+1)/k.learnAt - 1) * b.nIn * b.n
		for i, x := range s.Words[learn.Synapse][0] {
			c.equal("weights", t, i, k.weights[at+i], int64(x)<<k.shift)
		}
	}
	for _, r := range k.words {
		for i, x := range own.State.Words[0][r.word] {
			c.equal(r.field, t, i, r.want[t*b.n+i], int64(x))
		}
	}
	c.spikes("spikes", t, b.n, k.spikes.at(int64(t)), fired(own, nil))
}
