package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/rule"
	"hillock/core"
	"hillock/core/learn"
)

// lavaLearn is a file of kind lava-learning: one plastic projection whose
// source and target spikes are given. It is replayed through a machine; the
// target neurons fire as the file says.
type lavaLearn struct {
	doc     *doc
	bench   plasticBench
	model   *chip.LearnModel
	vars    learnVars
	tEpoch  int
	three   bool
	pre     []int64 // [tick][input] payloads, 0 = no spike
	post    lists
	yIn     []int64 // [tick][3][neuron], nil = two factors
	random  [4][]float64
	synvar  []float64
	columns []learnColumn // per tick
	epochs  []learnColumn // per epoch, synapses as [neuron][input]
	aOut    []int64
}

// lavaTraces are the traces of a rule: two of the source, three of the target.
var lavaTraces = [...]string{"x1", "x2", "y1", "y2", "y3"}

func replayLavaLearn(d *doc, c *checker) error {
	k := &lavaLearn{doc: d}
	if err := k.load(); err != nil {
		return err
	}
	return k.run(c)
}

// load reads the whole file.
func (k *lavaLearn) load() error {
	var err error
	if k.bench.fam, err = unlimited(lavaFamily); err != nil {
		return err
	}
	for _, step := range [...]func() error{k.sizes, k.settings, k.weights, k.rule, k.stimulus, k.draws, k.record} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (k *lavaLearn) sizes() error {
	n, err := k.doc.integer("n_post", 1, 4096)
	if err != nil {
		return err
	}
	nIn, err := k.doc.integer("n_pre", 1, 4096)
	if err != nil {
		return err
	}
	steps, err := k.doc.integer("steps", 1, maxCells/max(n, nIn))
	k.bench.n, k.bench.nIn, k.bench.steps, k.bench.taught = int(n), int(nIn), int(steps), true
	if err != nil {
		return err
	}
	k.three = k.doc.has("three_factor")
	if k.three {
		k.three, err = k.doc.flag("three_factor")
	}
	if err != nil {
		return err
	}
	k.bench.group, err = teacherGroup(k.bench.n)
	return err
}

// settings reads the constructor arguments of the rule.
func (k *lavaLearn) settings() error {
	p, err := k.doc.object("rule")
	if err != nil {
		return err
	}
	t, err := p.integer("t_epoch", 1, learn.MaxPasses)
	if err != nil {
		return err
	}
	k.tEpoch = int(t)
	k.vars.add("t_epoch", t)
	for _, name := range lavaTraces {
		tau, err := p.real(name+"_tau", 0, math.MaxInt32, 0)
		if err != nil {
			return err
		}
		imp, err := p.real(name+"_impulse", 0, 255, 0)
		if err != nil {
			return err
		}
		k.vars.reals = append(k.vars.reals, realSetting{name + "_tau", tau})
		whole := math.Floor(imp)
		k.vars.add(name+"_impulse", int64(whole))
		k.vars.add(name+"_frac", int64(math.RoundToEven((imp-whole)*256)))
	}
	return k.choose()
}

// choose finds the learning model of the family.
func (k *lavaLearn) choose() error {
	mode := int64(0)
	if k.doc.has("graded_spike_cfg") {
		var err error
		if mode, err = k.doc.integer("graded_spike_cfg", 0, 3); err != nil {
			return err
		}
	}
	name := [...]string{"two-factor", "two-factor-overwrite", "two-factor-add", "two-factor-overflow"}[mode]
	if k.three {
		if name = "three-factor"; mode != 0 {
			return k.doc.fail("graded_spike_cfg", "", "0 with a rule of three factors", fmt.Sprint(mode))
		}
	}
	if k.model = k.bench.fam.LearnModel(name); k.model == nil {
		return fmt.Errorf("conform: %s has no learning model %q", k.bench.fam.Name, name)
	}
	return nil
}

// weights reads the start weights, truncated once as the emulator does; what
// is learned later keeps all bits.
func (k *lavaLearn) weights() error {
	code, err := k.signs()
	if err != nil {
		return err
	}
	exp, err := k.doc.integer("weight_exp", -22, 14)
	if err != nil {
		return err
	}
	code.Exp = int(exp)
	b := &k.bench
	b.vars = vars{{"max_delay", column{0}}}
	b.format = code.Format(int(b.fam.Weights.Scale), b.fam.Weights.Clip)
	b.format.Lsb = 0
	w, err := k.doc.matrix("weights_init", b.n, b.nIn, -1<<40, 1<<40)
	if err != nil {
		return err
	}
	b.mant = make([]int32, len(w))
	for i, x := range w {
		m, _, err := compiler.QuantiseWeight(b.fam.Weights.Quantiser, float64(x), code)
		if err != nil {
			return k.doc.fail("weights_init", fmt.Sprintf("row %d, entry %d", i/b.nIn, i%b.nIn), "a weight that can be stored", err.Error())
		}
		b.mant[i%b.nIn*b.n+i/b.nIn] = int32(m) << code.Lsb()
	}
	return nil
}

func (k *lavaLearn) signs() (compiler.WeightCode, error) {
	bits := "num_weight_bits"
	if k.doc.has(bits) {
		return k.doc.code(k.bench.fam, "sign_mode", bits)
	}
	whole := *k.doc
	whole.keys, whole.vals = append(append([]string(nil), whole.keys...), bits), append(append([][]byte(nil), whole.vals...), []byte("8"))
	return whole.code(k.bench.fam, "sign_mode", bits)
}

// rule makes the microcode of the products and the start values of tags.
func (k *lavaLearn) rule() error {
	targets, err := k.doc.products("products")
	if err != nil {
		return err
	}
	mode, err := k.doc.text("sign_mode")
	if err != nil {
		return err
	}
	progs, err := rule.Compile(k.model, targets, mode, &k.vars)
	if err != nil {
		return k.doc.fail("products", "", "a rule that can be compiled", err.Error())
	}
	b := &k.bench
	if b.plan, err = k.model.Bind(&k.vars, progs); err != nil {
		return err
	}
	for _, x := range [...]struct{ field, word string }{{"tag_1_init", "tag"}, {"tag_2_init", "d"}} {
		if !k.doc.has(x.field) {
			continue
		}
		_, w, err := k.model.WordOf(x.word)
		if err != nil {
			return err
		}
		v, err := k.doc.matrix(x.field, b.n, b.nIn, -257, 255)
		if err != nil {
			return err
		}
		init := make([]int32, len(v))
		for i := range v {
			init[i%b.nIn*b.n+i/b.nIn] = int32(v[i])
		}
		b.plan.Words[learn.Synapse][w].Init = init
	}
	return nil
}

// stimulus reads the spikes of both sides and third factors.
func (k *lavaLearn) stimulus() error {
	b := &k.bench
	var err error
	if k.post, err = k.doc.lists("post_spikes", b.steps, b.n, false); err != nil {
		return err
	}
	if k.doc.has("pre_payload") {
		if k.pre, err = k.doc.matrix("pre_payload", b.steps, b.nIn, 0, math.MaxInt32); err == nil {
			err = k.plain()
		}
	} else {
		var l lists
		l, err = k.doc.lists("pre_spikes", b.steps, b.nIn, false)
		k.pre = make([]int64, b.steps*b.nIn)
		for t := 0; err == nil && t < b.steps; t++ {
			for _, i := range l.at(int64(t)) {
				k.pre[t*b.nIn+int(i)] = 1
			}
		}
	}
	if err != nil || !k.three {
		return err
	}
	err = k.doc.each("y_in", k.doc.raw("y_in"), "", func(c *cursor, i int) error {
		if i >= b.steps {
			return k.doc.fail("y_in", "", fmt.Sprintf("%d rows", b.steps), "more")
		}
		rows := 0
		return k.doc.each("y_in", c.value(), fmt.Sprintf("row %d", i), func(c *cursor, y int) error {
			if rows++; rows > 3 {
				return k.doc.fail("y_in", fmt.Sprintf("row %d", i), "y1, y2 and y3", "more")
			}
			var err error
			k.yIn, err = k.doc.row("y_in", c.value(), fmt.Sprintf("row %d, y%d", i, y+1), b.n, 0, 127, k.yIn)
			return err
		})
	})
	if need := b.steps * 3 * b.n; err == nil && len(k.yIn) != need {
		err = k.doc.fail("y_in", "", fmt.Sprintf("%d values", need), fmt.Sprint(len(k.yIn)))
	}
	return err
}

// plain makes every payload 1 where messages have no bits for one.
func (k *lavaLearn) plain() error {
	if !k.doc.has("num_message_bits") {
		return nil
	}
	bits, err := k.doc.integer("num_message_bits", 0, 32)
	for i := range k.pre {
		if bits == 0 {
			k.pre[i] = min(k.pre[i], 1)
		}
	}
	return err
}

// lavaRandom are the recorded generators, in the order of lavaLearn.random.
var lavaRandom = [...]string{"x_decay", "x_impulse", "y_decay", "y_impulse"}

// draws reads the recorded numbers: of traces one before the run and two per
// tick, of weights one before the run and one per epoch.
func (k *lavaLearn) draws() error {
	p, err := k.doc.object("random")
	if err != nil {
		return err
	}
	need := 2*k.bench.steps + 1
	for i, name := range lavaRandom {
		if i%2 == 0 {
			k.random[i], err = p.uniforms(name, p.raw(name), "", need, nil)
		} else {
			var v []int64
			v, err = p.ints(name, need, 0, 127)
			for _, x := range v {
				k.random[i] = append(k.random[i], float64(x)/128)
			}
		}
		if err != nil {
			return err
		}
	}
	k.synvar, err = p.uniforms("synvar", p.raw("synvar"), "", k.bench.steps/k.tEpoch+1, nil)
	return err
}

// record reads what was recorded.
func (k *lavaLearn) record() error {
	b := &k.bench
	epochs := b.steps / k.tEpoch
	if err := k.endsOfEpochs(epochs); err != nil {
		return err
	}
	for _, name := range lavaTraces {
		items := b.nIn
		if name[0] == 'y' {
			items = b.n
		}
		col, err := k.doc.learnColumn(k.model, name, name, b.steps, items)
		if err != nil {
			return err
		}
		k.columns = append(k.columns, col)
	}
	for _, x := range [...]struct{ field, word string }{{"weights", "w"}, {"tag_1", "tag"}, {"tag_2", "d"}} {
		if !k.doc.has(x.field) {
			continue
		}
		col := learnColumn{field: x.field}
		var err error
		if col.space, col.word, err = k.model.WordOf(x.word); err != nil {
			return err
		}
		if col.want, err = k.doc.cube(x.field, epochs, b.n, b.nIn); err != nil {
			return err
		}
		k.epochs = append(k.epochs, col)
	}
	if !k.doc.has("a_out") {
		return nil
	}
	var err error
	k.aOut, err = k.doc.matrix("a_out", b.steps, b.n, -1<<53, 1<<53)
	return err
}

// endsOfEpochs checks that the rule ran at the end of every epoch and then
// only.
func (k *lavaLearn) endsOfEpochs(epochs int) error {
	if !k.doc.has("epoch_steps") {
		return nil
	}
	rows, err := k.doc.ints("epoch_steps", epochs, 0, int64(k.bench.steps)-1)
	for e, t := range rows {
		if want := int64((e+1)*k.tEpoch - 1); t != want {
			return k.doc.fail("epoch_steps", fmt.Sprintf("entry %d", e), fmt.Sprint(want), fmt.Sprint(t))
		}
	}
	return err
}

// source serves the recorded draws. Those of an epoch's end are the latest of
// its last tick; a second spike of a target uses the one before.
func (k *lavaLearn) source() learn.Source {
	at := make([]func(t int64) int32, len(k.model.Draws))
	for i, name := range lavaRandom {
		s := k.model.Stream(name)
		r, bits := k.random[i], k.model.Draws[s].Bits
		at[s] = func(t int64) int32 { return bitsOf(r[2*(t+1)], bits) }
	}
	second := k.random[3]
	at[k.model.Stream("y_second")] = func(t int64) int32 { return bitsOf(second[2*t+1], 7) }
	at[k.model.Stream("weight")] = func(t int64) int32 { return carryOf(k.synvar[(t+1)/int64(k.tEpoch)], 7) }
	return func(q learn.Query) int32 {
		if f := at[q.Stream]; f != nil {
			return f(q.Tick)
		}
		return 0
	}
}

// run replays the file on every engine.
func (k *lavaLearn) run(c *checker) error {
	img, err := k.bench.image()
	if err != nil {
		return err
	}
	for _, e := range c.engines {
		c.engine = e
		m, err := chip.New(img, chip.Options{Engine: e, Draw: k.source()})
		if err != nil {
			return err
		}
		acc := make([]int32, k.bench.n)
		own := m.Core(0)
		own.Tap = func(tap int, comp, _ int32) {
			if tap == witnessTap && comp == 0 {
				slot := int(own.State.Tick % int64(own.Image.Ring))
				copy(acc, own.State.Acc[0][slot*k.bench.n:])
			}
		}
		var werr error
		src := func(tick int64, dst []chip.Injection) []chip.Injection {
			if werr == nil {
				werr = k.values(tick, own)
			}
			return k.inject(tick, dst)
		}
		err = m.Run(int64(k.bench.steps), src, func(tick int64, m *chip.Machine) error {
			k.compare(c, int(tick), &own.State.Learn[0], acc)
			return werr
		})
		if err != nil {
			return err
		}
	}
	c.engine = ""
	return nil
}

func (k *lavaLearn) inject(tick int64, dst []chip.Injection) []chip.Injection {
	for i, x := range k.pre[int(tick)*k.bench.nIn : (int(tick)+1)*k.bench.nIn] {
		if x != 0 {
			dst = append(dst, chip.Injection{Pop: popInput, Index: int32(i), Payload: int32(x)})
		}
	}
	for _, i := range k.post.at(tick) {
		dst = append(dst, chip.Injection{Pop: popTeacher, Index: i, Payload: 1})
	}
	return dst
}

// values sets the third factors of a tick in the neurons.
func (k *lavaLearn) values(tick int64, c *core.Core) error {
	n := k.bench.n
	if !k.three {
		return nil
	}
	for y := range 3 {
		v := make([]int32, n)
		for i, x := range k.yIn[(int(tick)*3+y)*n : (int(tick)*3+y+1)*n] {
			v[i] = int32(x)
		}
		if err := c.SetParam(0, y, v); err != nil {
			return err
		}
	}
	return nil
}

// compare holds one tick against the record. The emulator puts out the sums of
// a tick in the next one.
func (k *lavaLearn) compare(c *checker, t int, s *learn.State, acc []int32) {
	b := &k.bench
	for i := range k.columns {
		k.columns[i].compare(c, t, s)
	}
	if next := (t + 1) * b.n; k.aOut != nil && t+1 < b.steps {
		for i, x := range acc {
			c.equal("a_out", t+1, i, k.aOut[next+i], int64(x)>>uint(b.fam.Weights.Scale))
		}
	}
	if (t+1)%k.tEpoch != 0 {
		return
	}
	epoch := (t+1)/k.tEpoch - 1
	for _, col := range k.epochs {
		got := s.Words[col.space][col.word]
		for i := range b.n * b.nIn {
			c.equal(col.field, t, i, col.want[epoch*b.n*b.nIn+i], int64(got[i%b.nIn*b.n+i/b.nIn]))
		}
	}
}
