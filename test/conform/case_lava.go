package conform

import (
	"math"

	"hillock/chip"
)

// lavaFamily is the description that lava-lif and weight-table files are
// records of.
const lavaFamily = "loihi2"

// lavaModels are the models of lava-lif files: the group of the family and
// the parameters beyond the common ones.
var lavaModels = [...]struct {
	name, group string
	own         []register
}{
	{"LIF", "lif", []register{lavaThreshold}},
	{"LIFReset", "lif-reset", []register{
		lavaThreshold,
		{"reset_interval", 1, math.MaxInt32, 0, true, ""},
		{"reset_offset", math.MinInt32, math.MaxInt32, 0, false, ""},
	}},
	{"TernaryLIF", "ternary", []register{
		{"vth_hi_mant", math.MinInt32 >> 6, math.MaxInt32 >> 6, 0, true, "vth_hi"},
		{"vth_lo_mant", math.MinInt32 >> 6, math.MaxInt32 >> 6, 0, true, "vth_lo"},
	}},
}

var lavaThreshold = register{"vth_mant", math.MinInt32 >> 6, math.MaxInt32 >> 6, 0, true, "vth"}

var lavaRegisters = [...]register{
	{"decay_u", 0, 4096, 0, true, "du"},
	{"decay_v", 0, 4096, 0, true, "dv"},
	{"u_decay_offset", 0, 4096, 1, false, ""},
	{"v_decay_offset", 0, 4096, 0, false, ""},
	{"bias_mant", -1 << 20, 1 << 20, 0, false, ""},
	{"bias_exp", -31, 10, 0, false, ""},
}

// lavaCore is a file of kind lava-lif: a source, a projection and neurons.
type lavaCore struct {
	doc    *doc
	fam    *chip.Family
	n, nIn int
	group  string
	vars   vars
	proj   projection
	graded bool // payloads count; else every one that is not 0 counts once
	trace  trace
}

func replayLava(d *doc, c *checker) error {
	k := &lavaCore{doc: d}
	var err error
	if k.fam, err = unlimited(lavaFamily); err != nil {
		return err
	}
	if k.n, k.nIn, k.trace.steps, err = d.sizes(); err != nil {
		return err
	}
	k.trace.n = k.n
	for _, step := range [...]func() error{k.params, func() error { return k.weights(c) }, k.delays, k.inputs, k.record} {
		if err := step(); err != nil {
			return err
		}
	}
	ci, err := k.fam.BindCore(k.vars)
	if err != nil {
		return err
	}
	g, err := k.fam.BindGroup(k.group, k.n, k.vars)
	if err != nil {
		return err
	}
	k.trace.img = benchOf(k.fam, ci, g, k.nIn, []projection{k.proj})
	return k.trace.replay(c)
}

// params finds the model and reads its registers.
func (k *lavaCore) params() error {
	name, err := k.doc.text("model")
	if err != nil {
		return err
	}
	p, err := k.doc.object("params")
	if err != nil {
		return err
	}
	for _, m := range lavaModels {
		if m.name != name {
			continue
		}
		k.group = m.group
		if k.vars, err = readRegisters(p, k.n, nil, lavaRegisters[:]); err != nil {
			return err
		}
		k.vars, err = readRegisters(p, k.n, k.vars, m.own)
		return err
	}
	return k.doc.fail("model", "", "LIF, LIFReset or TernaryLIF", clip(name))
}

// weights reads the synapse format and the stored mantissas.
func (k *lavaCore) weights(c *checker) error {
	p, err := k.doc.object("weight_cfg")
	if err != nil {
		return err
	}
	code, err := p.code(k.fam, "sign_mode", "num_weight_bits")
	if err != nil {
		return err
	}
	exp, err := p.integer("weight_exp", -22, 14)
	if err != nil {
		return err
	}
	bits, err := p.integer("num_message_bits", 0, 32)
	if err != nil {
		return err
	}
	code.Exp, k.graded = int(exp), bits > 0
	k.proj.format = code.Format(int(k.fam.Weights.Scale), k.fam.Weights.Clip)
	k.proj.mant, err = quantiseMatrix(k.doc, c, k.fam, code, weightFields{"weights_in", "weights_eff", k.nIn, k.n}, func(m int64) int64 {
		return m << code.Lsb()
	})
	return err
}

// delays reads the delay of every synapse, which decides the ring.
func (k *lavaCore) delays() error {
	k.proj.delay = column{0}
	if k.doc.has("delays") {
		var err error
		if k.proj.delay, err = k.doc.matrix("delays", k.nIn, k.n, 0, 255); err != nil {
			return err
		}
	}
	longest := int64(0)
	for _, d := range k.proj.delay {
		longest = max(longest, d)
	}
	k.vars = append(k.vars, variable{"max_delay", column{longest}})
	return nil
}

// inputs reads what the source put out. In Lava it is a process whose output
// of a row reaches the neurons in the next one, so it is injected there: a
// spike of the host acts in its own tick.
func (k *lavaCore) inputs() error {
	t, d := &k.trace, k.doc
	if d.has("in_payload") {
		in, err := d.matrix("in_payload", t.steps, k.nIn, math.MinInt32, math.MaxInt32)
		t.source = func(tick int64, dst []chip.Injection) []chip.Injection {
			for i := 0; i < k.nIn && tick > 0; i++ {
				if x := in[(int(tick)-1)*k.nIn+i]; x != 0 {
					dst = append(dst, chip.Injection{Pop: popInput, Index: int32(i), Payload: k.payload(x)})
				}
			}
			return dst
		}
		return err
	}
	in, err := d.lists("in_spikes", t.steps, k.nIn, false)
	t.source = func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick == 0 {
			return dst
		}
		for _, i := range in.at(tick - 1) {
			dst = append(dst, chip.Injection{Pop: popInput, Index: i, Payload: 1})
		}
		return dst
	}
	return err
}

func (k *lavaCore) payload(x int64) int32 {
	if !k.graded {
		return 1
	}
	return int32(x)
}

// record reads what was recorded. a_in is the input before the neuron's shift,
// which the family has in the scale of its weights.
func (k *lavaCore) record() error {
	t, d := &k.trace, k.doc
	var err error
	if d.has("a_in") {
		t.accField, t.accShift = "a_in", uint(k.fam.Weights.Scale)
		if t.acc, err = d.matrix("a_in", t.steps, k.n, -1<<53, 1<<53); err != nil {
			return err
		}
	}
	for _, name := range [...]string{"u", "v"} {
		if !d.has(name) {
			return d.fail(name, "", "a list", "nothing")
		}
		if err := t.record(d, k.fam, k.group, name, name); err != nil {
			return err
		}
	}
	if d.has("spike_values") {
		t.values, err = d.matrix("spike_values", t.steps, k.n, -1<<53, 1<<53)
		return err
	}
	t.spikes, err = d.lists("spikes", t.steps, k.n, true)
	return err
}
