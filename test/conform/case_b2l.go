package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/compiler"
	"hillock/core"
)

// The description and group that brian2loihi-core files are records of.
const (
	b2lFamily = "loihi1-b2l"
	b2lGroup  = "brian2loihi"
)

// b2lRegisters are the parameters of a neuron of Brian2Loihi.
var b2lRegisters = [...]register{
	{"decay_u", 0, 4096, 0, true, ""},
	{"decay_v", 0, 4096, 0, true, ""},
	{"u_decay_offset", 0, 4096, 0, false, ""},
	{"v_decay_offset", 0, 4096, 0, false, ""},
	{"vth_mant", math.MinInt32 >> 6, math.MaxInt32 >> 6, 0, true, ""},
	{"refract", 0, 1<<7 - 1, 1, false, ""},
}

// b2lCore is a file of kind brian2loihi-core: one core, any number of synapse
// groups, each with its own format and delay.
type b2lCore struct {
	doc      *doc
	fam      *chip.Family
	n, nIn   int
	trace    trace
	projs    []projection
	maxDelay int64
}

func replayB2L(d *doc, c *checker) error {
	k := &b2lCore{doc: d}
	var err error
	if k.fam, err = unlimited(b2lFamily); err != nil {
		return err
	}
	if k.n, k.nIn, k.trace.steps, err = d.sizes(); err != nil {
		return err
	}
	k.trace.n = k.n
	p, err := d.object("params")
	if err != nil {
		return err
	}
	v, err := readRegisters(p, k.n, nil, b2lRegisters[:])
	if err != nil {
		return err
	}
	if err := k.record(); err != nil {
		return err
	}
	if err := k.groups(c); err != nil {
		return err
	}
	v = append(v, variable{"max_delay", column{k.maxDelay}})
	ci, err := k.fam.BindCore(v)
	if err != nil {
		return err
	}
	g, err := k.fam.BindGroup(b2lGroup, k.n, v)
	if err != nil {
		return err
	}
	k.trace.img = benchOf(k.fam, ci, g, k.nIn, k.projs)
	return k.trace.replay(c)
}

// sizes reads the numbers of neurons, inputs and steps.
func (d *doc) sizes() (n, nIn, steps int, err error) {
	read := func(name string, lo, hi int64) int {
		var x int64
		if err == nil {
			x, err = d.integer(name, lo, hi)
		}
		return int(x)
	}
	n = read("n", 1, core.MaxCompartments)
	nIn = read("n_in", 0, int64(maxInputs-n))
	steps = read("steps", 1, int64(maxCells/max(n, 1)))
	return n, nIn, steps, err
}

// record reads the stimulus and what was recorded. An input acts in its row.
func (k *b2lCore) record() error {
	t, d := &k.trace, k.doc
	in, err := d.lists("in_spikes", t.steps, k.nIn, false)
	if err != nil {
		return err
	}
	t.source = func(tick int64, dst []chip.Injection) []chip.Injection {
		for _, i := range in.at(tick) {
			dst = append(dst, chip.Injection{Pop: popInput, Index: i, Payload: 1})
		}
		return dst
	}
	for _, name := range [...]string{"u", "v"} {
		if !d.has(name) {
			return d.fail(name, "", "a list", "nothing")
		}
		if err := t.record(d, k.fam, b2lGroup, name, name); err != nil {
			return err
		}
	}
	t.spikes, err = d.lists("spikes", t.steps, k.n, true)
	return err
}

// groups reads the synapse groups.
func (k *b2lCore) groups(c *checker) error {
	axons := 0
	return k.doc.each("groups", k.doc.raw("groups"), "", func(cur *cursor, i int) error {
		path := fmt.Sprintf("groups[%d]", i)
		if i >= maxProjections {
			return k.doc.fail(path, "", fmt.Sprintf("at most %d groups", maxProjections), "more")
		}
		g, err := parseObject(path, cur.value())
		if err != nil {
			return err
		}
		p, err := k.group(g, c)
		if err != nil {
			return err
		}
		if axons += len(p.mant) / k.n; axons > maxInputs {
			return k.doc.fail(path, "", fmt.Sprintf("at most %d sources in all groups", maxInputs), "more")
		}
		k.projs = append(k.projs, p)
		return nil
	})
}

// group reads one synapse group and compares its weights of an event.
func (k *b2lCore) group(g *doc, c *checker) (projection, error) {
	p := projection{}
	source, err := g.text("source")
	if err != nil {
		return p, err
	}
	rows := k.nIn
	switch source {
	case "inputs":
	case "neurons":
		p.rec, rows = true, k.n
	default:
		return p, g.fail("source", "", "inputs or neurons", clip(source))
	}
	code, err := g.code(k.fam, "sign", "bits")
	if err != nil {
		return p, err
	}
	exp, err := g.integer("w_exp", -22, 14)
	if err != nil {
		return p, err
	}
	code.Exp = int(exp)
	delay, err := g.integer("delay", 0, 255)
	if err != nil {
		return p, err
	}
	k.maxDelay = max(k.maxDelay, delay)
	p.delay = column{delay}
	p.format = code.Format(int(k.fam.Weights.Scale), k.fam.Weights.Clip)
	p.mant, err = quantiseMatrix(g, c, k.fam, code, weightFields{"w", "w_eff", rows, k.n}, func(m int64) int64 {
		return int64(p.format.Contribution(int32(m)))
	})
	return p, err
}

// weightFields names a matrix of user weights and what was recorded of it.
type weightFields struct {
	in, out    string
	rows, cols int
}

// quantiseMatrix stores a matrix of user weights by the family's quantiser and
// compares what a stored weight means with the record, if there is one.
func quantiseMatrix(d *doc, c *checker, f *chip.Family, code compiler.WeightCode, m weightFields, meaning func(mant int64) int64) ([]int16, error) {
	w, err := d.matrix(m.in, m.rows, m.cols, -1<<40, 1<<40)
	if err != nil {
		return nil, err
	}
	var want []int64
	if d.has(m.out) {
		if want, err = d.matrix(m.out, m.rows, m.cols, -1<<53, 1<<53); err != nil {
			return nil, err
		}
	}
	out := make([]int16, len(w))
	for i, x := range w {
		mant, _, err := compiler.QuantiseWeight(f.Weights.Quantiser, float64(x), code)
		if err != nil {
			return nil, d.fail(m.in, fmt.Sprintf("row %d, entry %d", i/m.cols, i%m.cols), "a weight that can be stored", err.Error())
		}
		out[i] = int16(mant)
		if want != nil {
			c.equalAt(d.name(m.out), i, want[i], meaning(mant), func() string { return fmt.Sprintf("row %d, neuron %d", i/m.cols, i%m.cols) })
		}
	}
	return out, nil
}
