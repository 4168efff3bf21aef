package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/compiler"
	"hillock/core"
	"hillock/isa"
)

// family is the description that these kinds are records of.
const family = "loihi1"

// anonymous is that description without the limits of its register fields.
func anonymous() (*chip.Family, error) { return unlimited(family) }

// unlimited is a description without the limits of its register fields: a
// record's own parameters describe a chip that need not exist. Parameters of
// neurons may then differ within a core where the real register is shared.
func unlimited(name string) (*chip.Family, error) {
	f, err := chip.LoadNamed(name)
	if err != nil {
		return nil, err
	}
	open := *f
	open.Fields = append([]chip.Field(nil), f.Fields...)
	for i := range open.Fields {
		x := &open.Fields[i]
		x.Lo, x.Hi = math.MinInt64, math.MaxInt64
		for _, r := range registers {
			if r.name == x.Name {
				x.Scope = "neuron"
			}
		}
	}
	return &open, nil
}

// maxInputs is the most in-axons of one core, inputs and own neurons.
const maxInputs = 1 << 16

// cubaCore is a file of kind cuba-core: one core of current-based neurons,
// recorded after every step.
type cubaCore struct {
	doc           *doc
	fam           *chip.Family
	n, nIn, steps int
	group         string
	vars          vars
	wire          wiring
	in            lists
	noise         []int64 // [tick][neuron], nil = none
	want          struct {
		synIn, u, v, refract []int64 // [tick][neuron], nil = not recorded
		spikes               lists
	}
}

func replayCubaCore(d *doc, c *checker) error {
	k := &cubaCore{doc: d}
	fam, err := anonymous()
	if err != nil {
		return err
	}
	k.fam = fam
	for _, step := range [...]func() error{k.sizes, k.params, k.noiseOf, k.record} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := k.weights(c); err != nil {
		return err
	}
	return k.run(c)
}

func (k *cubaCore) sizes() error {
	n, err := k.doc.integer("n", 1, core.MaxCompartments)
	if err != nil {
		return err
	}
	nIn, err := k.doc.integer("n_in", 0, maxInputs-n)
	if err != nil {
		return err
	}
	steps, err := k.doc.integer("steps", 1, maxCells/n)
	k.n, k.nIn, k.steps = int(n), int(nIn), int(steps)
	return err
}

// register is a parameter of a neuron with the range in which the arithmetic
// is defined; limits of a family do not apply to a record.
type register struct {
	name   string // in the family
	lo, hi int64
	def    int64
	must   bool
	field  string // in the file, "" = the same
}

// registers are the parameters of the kinds of nengo-loihi and of the chip.
var registers = [...]register{
	{"decay_u", 0, 4096, 0, true, ""},
	{"decay_v", 0, 4096, 0, true, ""},
	{"u_decay_offset", 0, 4096, 0, false, ""},
	{"v_decay_offset", 0, 4096, 0, false, ""},
	{"vth_mant", math.MinInt32 >> 6, math.MaxInt32 >> 6, 0, true, ""},
	{"bias_mant", -1 << 20, 1 << 20, 0, false, ""},
	{"bias_exp", 0, 10, 0, false, ""},
	{"refract", 0, 1<<6 - 1, 1, false, ""},
	{"vmin", math.MinInt32, math.MaxInt32, -1<<23 + 1, false, ""},
	{"vmax", math.MinInt32, math.MaxInt32, 1<<23 - 1, false, ""},
}

// neuronVars reads the registers of n neurons. Names in given are not read:
// the kind fixes them.
func neuronVars(p *doc, n int, given vars) (vars, error) {
	return readRegisters(p, n, given, registers[:])
}

// readRegisters reads the registers of a table.
func readRegisters(p *doc, n int, given vars, table []register) (vars, error) {
	out := append(vars{}, given...)
	for _, r := range table {
		if _, fixed := given.Core(r.name); fixed {
			continue
		}
		field := r.field
		if field == "" {
			field = r.name
		}
		col := column{r.def}
		if r.must || p.has(field) {
			var err error
			if col, err = p.column(field, n, r.lo, r.hi); err != nil {
				return nil, err
			}
		}
		out = append(out, variable{r.name, col})
	}
	for _, x := range [...]string{"u", "v"} {
		for i := 0; i < n; i++ {
			d, _ := out.Neuron("decay_"+x, i)
			o, _ := out.Neuron(x+"_decay_offset", i)
			if d+o > 4096 {
				return nil, p.fail("decay_"+x, fmt.Sprintf("neuron %d", i), "decay and offset of at most 4096 together", fmt.Sprint(d+o))
			}
		}
	}
	return out, nil
}

func (k *cubaCore) params() error {
	p, err := k.doc.object("params")
	if err != nil {
		return err
	}
	k.vars, err = neuronVars(p, k.n, nil)
	return err
}

// noiseOf reads the optional noise setting and the recorded draws.
func (k *cubaCore) noiseOf() error {
	k.group = "cuba"
	if !k.doc.has("noise") {
		return nil
	}
	p, err := k.doc.object("noise")
	if err != nil {
		return err
	}
	exp, err := p.integer("exp", 0, 30)
	if err != nil {
		return err
	}
	offset, err := p.integer("mant_offset", -1<<20, 1<<20)
	if err != nil {
		return err
	}
	membrane, err := p.flag("at_membrane")
	if err != nil {
		return err
	}
	k.group = "cuba-noise-q"
	if membrane {
		k.group = "cuba-noise-v"
	}
	k.vars = append(k.vars, variable{"noise_exp", column{exp}}, variable{"noise_mant_offset", column{offset}})
	k.noise, err = k.doc.matrix("noise_raw", k.steps, k.n, math.MinInt32, math.MaxInt32)
	return err
}

// record reads the stimulus and what was recorded.
func (k *cubaCore) record() (err error) {
	if k.in, err = k.doc.lists("in_spikes", k.steps, k.nIn, false); err != nil {
		return err
	}
	if k.want.spikes, err = k.doc.lists("spikes", k.steps, k.n, true); err != nil {
		return err
	}
	for _, f := range [...]struct {
		name string
		to   *[]int64
		must bool
	}{{"syn_in", &k.want.synIn, false}, {"u", &k.want.u, true}, {"v", &k.want.v, true}, {"refract_count", &k.want.refract, false}} {
		if !f.must && !k.doc.has(f.name) {
			continue
		}
		if *f.to, err = k.doc.matrix(f.name, k.steps, k.n, -1<<53, 1<<53); err != nil {
			return err
		}
	}
	return nil
}

// weights quantises both matrices and compares the contribution of an event.
func (k *cubaCore) weights(c *checker) error {
	code, err := k.weightCode()
	if err != nil {
		return err
	}
	k.wire.format = code.Format(int(k.fam.Weights.Scale), 0)
	if k.wire.in, err = k.quantise(c, code, "weights_in", "weights_eff", k.nIn); err != nil {
		return err
	}
	if !k.doc.has("weights_rec_in") {
		if k.doc.has("weights_rec_eff") {
			return k.doc.fail("weights_rec_in", "", "the weights of weights_rec_eff", "nothing")
		}
		return nil
	}
	k.wire.rec, err = k.quantise(c, code, "weights_rec_in", "weights_rec_eff", k.n)
	return err
}

// storedBits gives the stored width of each 3-bit code.
var storedBits = [...]int64{0, 1, 2, 3, 4, 5, 6, 8}

// weightCode reads the synapse format. The width and the exponent are each
// written in two ways; where both are there they must agree.
func (k *cubaCore) weightCode() (compiler.WeightCode, error) {
	fail := func(err error) (compiler.WeightCode, error) { return compiler.WeightCode{}, err }
	p, err := k.doc.object("weight_cfg")
	if err != nil {
		return fail(err)
	}
	bits, err := either(p, "real_weight_bits", "weight_bits", 0, 8, 7, func(code int64) int64 { return storedBits[code] })
	if err != nil {
		return fail(err)
	}
	scale := k.fam.Weights.Scale
	exp, err := either(p, "weight_exp", "real_weight_exp", -24, 14, 14+scale, func(e int64) int64 { return e - scale })
	if err != nil {
		return fail(err)
	}
	mixed, err := p.flag("mixed")
	if err != nil {
		return fail(err)
	}
	code := compiler.WeightCode{Width: 8, Bits: int(bits), Exp: int(exp), Sign: compiler.Excitatory}
	if mixed {
		code.Sign = compiler.Mixed
	}
	return code, nil
}

// either reads a setting from its plain field a, or from b by a mapping.
func either(p *doc, a, b string, lo, hi, hiB int64, of func(int64) int64) (int64, error) {
	if !p.has(b) {
		return p.integer(a, lo, hi)
	}
	y, err := p.integer(b, min(lo, 0), hiB)
	if err != nil {
		return 0, err
	}
	if !p.has(a) {
		return of(y), nil
	}
	x, err := p.integer(a, lo, hi)
	if err == nil && x != of(y) {
		err = p.fail(a, "", fmt.Sprintf("%d as %s %d says", of(y), b, y), fmt.Sprint(x))
	}
	return x, err
}

// quantise turns a matrix of user weights into mantissas. Formats without a
// sign bit keep the sign in the choice of the format, which a core of one
// format for both signs has no room for: the record's emulator does not care,
// so every weight is quantised with the sign that it has.
func (k *cubaCore) quantise(c *checker, code compiler.WeightCode, in, eff string, rows int) ([]int16, error) {
	w, err := k.doc.matrix(in, rows, k.n, -1<<40, 1<<40)
	if err != nil {
		return nil, err
	}
	var want []int64
	if k.doc.has(eff) {
		if want, err = k.doc.matrix(eff, rows, k.n, -1<<53, 1<<53); err != nil {
			return nil, err
		}
	}
	out := make([]int16, len(w))
	for i, x := range w {
		one := code
		if code.Sign != compiler.Mixed && x < 0 {
			one.Sign = compiler.Inhibitory
		}
		mant, _, err := compiler.QuantiseWeight(k.fam.Weights.Quantiser, float64(x), one)
		if err != nil {
			return nil, k.doc.fail(in, fmt.Sprintf("row %d, entry %d", i/k.n, i%k.n), "a weight that can be stored", err.Error())
		}
		out[i] = int16(mant)
		if want != nil {
			c.equalAt(eff, i, want[i], int64(k.wire.format.Contribution(int32(mant))), func() string { return fmt.Sprintf("row %d, neuron %d", i/k.n, i%k.n) })
		}
	}
	return out, nil
}

// run replays the core on every engine.
func (k *cubaCore) run(c *checker) error {
	img, err := k.image()
	if err != nil {
		return err
	}
	for _, e := range c.engines {
		c.engine = e
		synIn, err := k.accumulators(img, e)
		if err != nil {
			return err
		}
		if err := k.compare(c, img, e, synIn); err != nil {
			return err
		}
	}
	c.engine = ""
	return nil
}

func (k *cubaCore) image() (*chip.Image, error) {
	ci, err := k.fam.BindCore(k.vars)
	if err != nil {
		return nil, err
	}
	g, err := k.fam.BindGroup(k.group, k.n, k.vars)
	if err != nil {
		return nil, err
	}
	return bench(k.fam, ci, g, k.nIn, k.wire), nil
}

func (k *cubaCore) options(engine string) chip.Options {
	o := chip.Options{Engine: engine}
	if k.noise != nil {
		o.Noise = func(comp int32, tick int64, _ int, _ core.DrawFormat) int32 {
			return int32(k.noise[int(tick)*k.n+int(comp)])
		}
	}
	return o
}

func (k *cubaCore) source(tick int64, dst []chip.Injection) []chip.Injection {
	for _, i := range k.in.at(tick) {
		dst = append(dst, chip.Injection{Pop: popInput, Index: i, Payload: 1})
	}
	return dst
}

// witnessTap is the tap of the probe that accumulators puts in front.
const witnessTap = 31

// accumulators gives the accumulators of every tick as the neurons find them.
// They are cleared within the tick, so the program gets a probe in front of
// its first instruction, which changes no state; this run serves only that.
func (k *cubaCore) accumulators(img *chip.Image, engine string) ([]int32, error) {
	if k.want.synIn == nil {
		return nil, nil
	}
	img, err := probed(img)
	if err != nil {
		return nil, err
	}
	m, err := chip.New(img, k.options(engine))
	if err != nil {
		return nil, err
	}
	c := m.Core(0)
	out := make([]int32, 0, k.steps*k.n)
	c.Tap = func(tap int, comp, _ int32) {
		if tap == witnessTap && comp == 0 {
			slot := int(c.State.Tick % int64(c.Image.Ring))
			for _, a := range c.State.Acc[0][slot*k.n : (slot+1)*k.n] {
				out = append(out, a<<c.Image.Ports[0].ReadShift)
			}
		}
	}
	if err := m.Run(int64(k.steps), k.source, nil); err != nil {
		return nil, err
	}
	if len(out) != k.steps*k.n {
		return nil, fmt.Errorf("conform: probe saw %d accumulators, need %d", len(out), k.steps*k.n)
	}
	return out, nil
}

// probed is a copy of an image of one core and group with a probe in front.
func probed(img *chip.Image) (*chip.Image, error) {
	g := img.Cores[0].Image.Groups[0]
	probe := isa.Instr{Op: isa.PRB, D: isa.Z, A: isa.Z, B: isa.Z, Sh: witnessTap}
	prog, err := isa.NewProgram(append([]isa.Instr{probe}, g.Prog.Instrs...))
	if err != nil {
		return nil, err
	}
	g.Prog = prog
	ci := *img.Cores[0].Image
	ci.Groups = []core.Group{g}
	out := *img
	out.Cores = []chip.Core{{ID: img.Cores[0].ID, Image: &ci, Runs: img.Cores[0].Runs}}
	return &out, nil
}

// compare runs the image and compares every tick, in the order in which the
// values arise.
func (k *cubaCore) compare(c *checker, img *chip.Image, engine string, synIn []int32) error {
	m, err := chip.New(img, k.options(engine))
	if err != nil {
		return err
	}
	type column struct {
		name string
		want []int64
		word int
	}
	cols := []column{{name: "u", want: k.want.u}, {name: "v", want: k.want.v}}
	if k.want.refract != nil {
		cols = append(cols, column{name: "refract_count", want: k.want.refract})
	}
	for i := range cols {
		name := cols[i].name
		if name == "refract_count" {
			name = "refract"
		}
		var ok bool
		if cols[i].word, ok = word(k.fam, k.group, name); !ok {
			return fmt.Errorf("conform: group %q of %s has no state word %q", k.group, k.fam.Name, name)
		}
	}
	var got []int32
	return m.Run(int64(k.steps), k.source, func(tick int64, m *chip.Machine) error {
		at := int(tick) * k.n
		for i := 0; i < k.n && synIn != nil; i++ {
			c.equal("syn_in", int(tick), i, k.want.synIn[at+i], int64(synIn[at+i]))
		}
		for _, col := range cols {
			state := m.Core(0).State.Words[0][col.word]
			for i, x := range state {
				c.equal(col.name, int(tick), i, col.want[at+i], int64(x))
			}
		}
		got = fired(m.Core(0), got[:0])
		c.spikes("spikes", int(tick), k.n, k.want.spikes.at(tick), got)
		return nil
	})
}

// fired lists the compartments that spiked in the last tick.
func fired(c *core.Core, dst []int32) []int32 {
	for _, s := range c.Spikes {
		dst = append(dst, s.Comp)
	}
	return dst
}
