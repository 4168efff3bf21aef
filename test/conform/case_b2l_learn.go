package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/rule"
	"hillock/core/learn"
	"hillock/isa"
)

// b2lModel is the learning model that brian2loihi-learning files are records
// of.
const b2lModel = "coin"

// b2lLearn is a file of kind brian2loihi-learning: one plastic projection with
// a rule in every tick. It is replayed through a machine; the target neurons
// fire as the file says.
type b2lLearn struct {
	doc       *doc
	bench     plasticBench
	model     *chip.LearnModel
	settings  learnVars
	pre, post lists
	// rand[s][t*synapses+i] is the draw of stream s, nil = none recorded.
	rand   [3][]float64
	x1, y1 []int64 // [tick][synapse]
	w, act []int64
	taps   [2][]int32
}

// The streams of rand and the taps of the probes, in recorded order.
const (
	b2lX, b2lY, b2lW = 0, 1, 2
)

func replayB2LLearn(d *doc, c *checker) error {
	k := &b2lLearn{doc: d}
	var err error
	if k.bench.fam, err = unlimited(b2lFamily); err != nil {
		return err
	}
	if k.model = k.bench.fam.LearnModel(b2lModel); k.model == nil {
		return fmt.Errorf("conform: %s has no learning model %q", k.bench.fam.Name, b2lModel)
	}
	for _, step := range [...]func() error{k.sizes, k.weights, k.plan, k.stimulus, k.draws, k.record} {
		if err := step(); err != nil {
			return err
		}
	}
	return k.run(c)
}

func (k *b2lLearn) sizes() error {
	b := &k.bench
	nIn, err := k.doc.integer("n_pre", 1, 1024)
	if err != nil {
		return err
	}
	n, err := k.doc.integer("n_post", 1, 1024)
	if err != nil {
		return err
	}
	steps, err := k.doc.integer("steps", 1, maxCells/(n*nIn))
	if err != nil {
		return err
	}
	b.n, b.nIn, b.steps, b.taught = int(n), int(nIn), int(steps), true
	b.group, err = teacherGroup(b.n)
	return err
}

// weights reads the synapse format. Start weights are stored as they are: the
// emulator truncates only what it delivers, and nothing once it has learned.
func (k *b2lLearn) weights() error {
	b := &k.bench
	code, err := k.doc.code(b.fam, "sign", "bits")
	if err != nil {
		return err
	}
	exp, err := k.doc.integer("w_exp", -8, 7)
	if err != nil {
		return err
	}
	code.Exp = int(exp)
	if lsb := code.Lsb(); lsb < 0 || lsb > 8 {
		return k.doc.fail("bits", "", "a width with a sign where the mode has one", fmt.Sprint(code.Bits))
	}
	k.settings.add("lsb", int64(code.Lsb()))
	b.vars = vars{{"max_delay", column{0}}}
	b.format = code.Format(int(b.fam.Weights.Scale), b.fam.Weights.Clip)
	b.format.Lsb = 0
	w, err := k.doc.ints("w_init", b.n*b.nIn, -256, 255)
	for _, x := range w {
		b.mant = append(b.mant, int32(x))
	}
	if err == nil && code.Sign != compiler.Mixed {
		for i, x := range w {
			if (code.Sign == compiler.Excitatory) == (x < 0) && x != 0 {
				return k.doc.fail("w_init", fmt.Sprintf("entry %d", i), "a weight of the sign mode", fmt.Sprint(x))
			}
		}
	}
	return err
}

// plan makes the microcode of the rule's text, with probes for the traces
// where the emulator recorded them: y1 before, x1 after the impulses of the
// tick.
func (k *b2lLearn) plan() error {
	if err := k.traces(); err != nil {
		return err
	}
	text, err := k.doc.text("dw")
	if err != nil {
		return err
	}
	mode, err := k.doc.text("sign")
	if err != nil {
		return err
	}
	target, err := rule.Parse("dw", text)
	var progs []chip.RuleProgram
	if err == nil {
		progs, err = rule.Compile(k.model, []rule.Target{target}, mode, &k.settings)
	}
	if err != nil {
		return k.doc.fail("dw", "", "a rule that can be compiled", err.Error())
	}
	if k.bench.plan, err = k.model.Bind(&k.settings, progs); err != nil {
		return err
	}
	if err := k.probe("start", "y1", b2lY, 0); err != nil {
		return err
	}
	return k.probe("x", "x1", b2lX, 1)
}

// traces reads the impulses and times of the traces.
func (k *b2lLearn) traces() error {
	p, err := k.doc.object("traces")
	if err != nil {
		return err
	}
	for _, key := range p.keys {
		if key != "imp_x1" && key != "tau_x1" && key != "imp_y1" && key != "tau_y1" {
			return p.fail(key, "", "the traces x1 and y1 only", describe(p.raw(key)))
		}
	}
	for _, name := range [...]string{"x1", "y1"} {
		imp, tau := int64(0), 0.0
		if p.has("imp_" + name) {
			if imp, err = p.integer("imp_"+name, 0, 127); err != nil {
				return err
			}
		}
		if tau, err = p.real("tau_"+name, 0, math.MaxInt32, 0); err != nil {
			return err
		}
		k.settings.add("imp_"+name, imp)
		k.settings.reals = append(k.settings.reals, realSetting{"tau_" + name, tau})
	}
	return nil
}

// probe inserts a step that samples a word of every synapse, before (0) or
// after (1) the named step.
func (k *b2lLearn) probe(step, word string, tap, after int) error {
	prb := isa.Instr{Op: isa.PRB, D: isa.Z, A: isa.S0, B: isa.Z, Sh: uint8(tap)}
	prog, err := isa.NewProgramOf(isa.Rule, []isa.Instr{prb, {Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z}})
	if err != nil {
		return err
	}
	space, w, err := k.model.WordOf(word)
	if err != nil {
		return err
	}
	steps := k.bench.plan.Steps
	for i := range steps {
		if steps[i].Name != step {
			continue
		}
		p := learn.Step{Name: "probe", At: steps[i].At, Every: 1, Over: space, Prog: prog, State: []learn.Ref{{Space: space, Word: int32(w)}}, Passes: 1}
		at := i + after
		k.bench.plan.Steps = append(append(append([]learn.Step(nil), steps[:at]...), p), steps[at:]...)
		return nil
	}
	return fmt.Errorf("conform: learning model %s has no step %q", k.model.Name, step)
}

func (k *b2lLearn) stimulus() error {
	var err error
	if k.pre, err = k.doc.lists("pre_spikes", k.bench.steps, k.bench.nIn, false); err != nil {
		return err
	}
	k.post, err = k.doc.lists("post_spikes", k.bench.steps, k.bench.n, false)
	return err
}

// draws reads the vectors of every tick: one per trace that exists, x1 first,
// then one for the weights.
func (k *b2lLearn) draws() error {
	b := &k.bench
	streams := []int{b2lX, b2lY, b2lW}
	have := 0
	err := k.doc.each("rand", k.doc.raw("rand"), "", func(c *cursor, t int) error {
		if have = t + 1; have > b.steps {
			return k.doc.fail("rand", "", fmt.Sprintf("%d rows", b.steps), "more")
		}
		n := 0
		err := k.doc.each("rand", c.value(), fmt.Sprintf("row %d", t), func(c *cursor, i int) (err error) {
			where := fmt.Sprintf("row %d, vector %d", t, i)
			if n++; n > len(streams) {
				return k.doc.fail("rand", where, fmt.Sprintf("%d vectors", len(streams)), "more")
			}
			s := &k.rand[streams[i]]
			*s, err = k.doc.uniforms("rand", c.value(), where, b.n*b.nIn, *s)
			return err
		})
		if err == nil && n != len(streams) {
			err = k.doc.fail("rand", fmt.Sprintf("row %d", t), fmt.Sprintf("%d vectors", len(streams)), fmt.Sprint(n))
		}
		return err
	})
	if err == nil && have != b.steps {
		err = k.doc.fail("rand", "", fmt.Sprintf("%d rows", b.steps), fmt.Sprint(have))
	}
	return err
}

func (k *b2lLearn) record() error {
	b := &k.bench
	for _, x := range [...]struct {
		name string
		to   *[]int64
		must bool
	}{{"x1", &k.x1, false}, {"y1", &k.y1, false}, {"w", &k.w, true}, {"w_act", &k.act, false}} {
		if !x.must && !k.doc.has(x.name) {
			continue
		}
		var err error
		if *x.to, err = k.doc.matrix(x.name, b.steps, b.n*b.nIn, -1<<53, 1<<53); err != nil {
			return err
		}
	}
	return nil
}

func (k *b2lLearn) run(c *checker) error {
	img, err := k.bench.image()
	if err != nil {
		return err
	}
	syn := int64(k.bench.n * k.bench.nIn)
	order := [3]int32{k.model.Stream("x"), k.model.Stream("y"), k.model.Stream("weight")}
	draw := func(q learn.Query) int32 {
		for s, stream := range order {
			if stream == q.Stream {
				return bitsOf(recorded(k.rand[s], q.Tick*syn+int64(q.Item)), q.Bits)
			}
		}
		return 0
	}
	for _, e := range c.engines {
		c.engine = e
		m, err := chip.New(img, chip.Options{Engine: e, Draw: draw})
		if err != nil {
			return err
		}
		k.taps = [2][]int32{make([]int32, syn), make([]int32, syn)}
		m.Core(0).LearnTap = func(_, tap int, item, value int32) { k.taps[tap][item] = value }
		err = m.Run(int64(k.bench.steps), k.inject, func(tick int64, m *chip.Machine) error {
			k.compare(c, int(tick), &m.Core(0).State.Learn[0])
			return nil
		})
		if err != nil {
			return err
		}
	}
	c.engine = ""
	return nil
}

func (k *b2lLearn) inject(tick int64, dst []chip.Injection) []chip.Injection {
	for _, i := range k.pre.at(tick) {
		dst = append(dst, chip.Injection{Pop: popInput, Index: i, Payload: 1})
	}
	for _, i := range k.post.at(tick) {
		dst = append(dst, chip.Injection{Pop: popTeacher, Index: i, Payload: 1})
	}
	return dst
}

func (k *b2lLearn) compare(c *checker, t int, s *learn.State) {
	weights := s.Words[learn.Synapse][0]
	n := len(weights)
	for i := range n {
		if k.x1 != nil {
			c.equal("x1", t, i, k.x1[t*n+i], int64(k.taps[b2lX][i]))
		}
		if k.y1 != nil {
			c.equal("y1", t, i, k.y1[t*n+i], int64(k.taps[b2lY][i]))
		}
		c.equal("w", t, i, k.w[t*n+i], int64(weights[i]))
		if k.act != nil {
			c.equal("w_act", t, i, k.act[t*n+i], int64(k.bench.format.Contribution(weights[i])))
		}
	}
}
