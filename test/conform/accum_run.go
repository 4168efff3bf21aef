package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core"
	counts "hillock/isa/count"
)

// maxAccumSteps bounds the steps of a file.
const maxAccumSteps = 1 << 16

// record reads what was recorded of every step.
func (k *accumCore) record() error {
	var err error
	if k.steps, err = k.doc.length("external_rows"); err != nil {
		return err
	}
	if k.steps > maxAccumSteps {
		return k.doc.fail("external_rows", "", fmt.Sprintf("at most %d steps", maxAccumSteps), "more")
	}
	n, outside := k.config.n, len(k.inputs.Off)-1
	if k.external, err = k.doc.lists("external_rows", k.steps, n+outside, false); err != nil {
		return err
	}
	for t, r := range k.external.flat {
		if int(r) < n {
			return k.doc.fail("external_rows", fmt.Sprintf("index %d", t), fmt.Sprintf("a row of %d..%d", n, n+outside-1), fmt.Sprint(r))
		}
	}
	for _, x := range [...]struct {
		name   string
		cols   int
		lo, hi int64
		to     *[]int64
	}{{"v_rec", n, math.MinInt32, math.MaxInt32, &k.taps[0]}, {"exc_rec", n, math.MinInt32, math.MaxInt32, &k.taps[1]},
		{"inh_rec", n, math.MinInt32, math.MaxInt32, &k.taps[2]}, {"ring_slot", accumTypes << k.config.logN, 0, 1<<16 - 1, &k.ring},
		{"state_after", n, math.MinInt32, math.MaxInt32, &k.after}, {"spikes", n, 0, 255, &k.spikes}} {
		if *x.to, err = k.doc.matrix(x.name, k.steps, x.cols, x.lo, x.hi); err != nil {
			return err
		}
	}
	if k.saturated, err = k.doc.integer("saturation_count", 0, math.MaxInt32); err != nil || !k.doc.has("skipped_synapses") {
		return err
	}
	k.skipped, err = k.doc.integer("skipped_synapses", 0, math.MaxInt32)
	return err
}

// accumProbe is what the taps saw of one step.
type accumProbe struct {
	k    *accumCore
	core *core.Core
	seen [3][]bool
	taps [3][]int64
	ring []int64
}

func (k *accumCore) probe(c *core.Core) *accumProbe {
	p := &accumProbe{k: k, core: c, ring: make([]int64, accumTypes<<k.config.logN)}
	for t := range p.taps {
		p.seen[t], p.taps[t] = make([]bool, k.config.n), make([]int64, k.config.n)
	}
	c.Tap = p.tap
	return p
}

// tap keeps the first sample of a step: the chip records the first sub-step.
func (p *accumProbe) tap(tap int, comp int32, v int32) {
	if tap >= len(p.taps) || p.seen[tap][comp] {
		return
	}
	p.seen[tap][comp], p.taps[tap][comp] = true, int64(v)
	if tap > 0 {
		return
	}
	s, n := &p.core.State, p.core.Image.N
	slot := int(s.Tick % int64(p.core.Image.Ring))
	for typ := range accumTypes {
		p.ring[typ<<p.k.config.logN+int(comp)] = int64(s.Acc[typ][slot*n+int(comp)])
	}
}

// replay runs all steps and one more tick, in which the rows of the last step
// are served.
func (k *accumCore) replay(c *checker, img *chip.Image, engine string) error {
	m, err := chip.New(img, chip.Options{Engine: engine})
	if err != nil {
		return err
	}
	p := k.probe(m.Core(0))
	served := int64(0) // synapses of the rows that were served
	source := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick > 0 {
			for _, r := range k.external.at(tick - 1) {
				dst = append(dst, chip.Injection{Pop: popInput, Index: r - int32(k.config.n), Payload: 1})
				served += k.sizes[r]
			}
		}
		return dst
	}
	err = m.Run(int64(k.steps)+1, source, func(tick int64, m *chip.Machine) error {
		k.learned(c, m, int(tick)-1)
		if int(tick) < k.steps {
			k.compare(c, p, m, int(tick))
			for _, s := range m.Spikes(0) {
				served += int64(s.Payload) * k.sizes[s.Comp] // at the start of the next tick
			}
		}
		for t := range p.seen {
			clear(p.seen[t])
		}
		return nil
	})
	if err == nil {
		total := m.Counts()
		c.equal("saturation_count", -1, -1, k.saturated, total[counts.Overflowed])
		c.equal("skipped_synapses", -1, -1, k.skipped, served-total[counts.SynSparse])
	}
	return err
}

// compare holds one step against the record.
func (k *accumCore) compare(c *checker, p *accumProbe, m *chip.Machine, step int) {
	n := k.config.n
	for i, x := range p.ring {
		c.equal("ring_slot", step, i, k.ring[step*len(p.ring)+i], x)
	}
	for t, name := range [...]string{"v_rec", "exc_rec", "inh_rec"} {
		for i, x := range p.taps[t] {
			c.equal(name, step, i, k.taps[t][step*n+i], x)
		}
	}
	word := 0
	if _, ok := k.fields.Neuron("u_init", 0); ok {
		word = 1
	}
	for i, x := range m.Core(0).State.Words[0][word] {
		c.equal("state_after", step, i, k.after[step*n+i], int64(x))
	}
	got := make([]int64, n)
	payloads(m.Core(0), got)
	for i, x := range got {
		c.equal("spikes", step, i, k.spikes[step*n+i], x)
	}
}

// accumStarts says where values that the chip computes at the start are: a
// parameter or, where that is negative, the start value of a state word.
var accumStarts = [...]struct {
	synapse, name string
	param         int
	word          string
}{
	{"", "V", -1, "v"}, {"", "V_rest", 2, ""}, {"", "R_membrane", 0, ""}, {"", "exp_TC", 1, ""}, {"", "I_offset", 3, ""},
	{"", "refract_timer", -1, "refract"}, {"", "V_reset", 4, ""}, {"", "T_refract", 5, ""},
	{"izh", "A", 0, ""}, {"izh", "B", 1, ""}, {"izh", "C", 2, ""}, {"izh", "D", 3, ""}, {"izh", "V", -1, "v"}, {"izh", "U", -1, "refract"},
	{"izh", "I_offset", 4, ""}, {"izh", "this_h", -1, "step"}, {"izh", "reset_h", 5, ""},
	{"exp", "exc_decay", 7, ""}, {"exp", "exc_init", 8, ""}, {"exp", "exc_value", -1, "exc"},
	{"exp", "inh_decay", 9, ""}, {"exp", "inh_init", 10, ""}, {"exp", "inh_value", -1, "inh"},
	{"delta", "exc_value", -1, "exc"}, {"delta", "inh_value", -1, "inh"},
	{"alpha", "exc_lin", -1, "exc_line"}, {"alpha", "exc_exp", -1, "exc_exp"}, {"alpha", "exc_dt_tau2", 7, ""}, {"alpha", "exc_decay", 8, ""}, {"alpha", "exc_q", -1, "exc_last"},
	{"alpha", "inh_lin", -1, "inh_line"}, {"alpha", "inh_exp", -1, "inh_exp"}, {"alpha", "inh_dt_tau2", 9, ""}, {"alpha", "inh_decay", 10, ""}, {"alpha", "inh_q", -1, "inh_last"},
}

// starts compares what the chip computes at the start with what the family's
// expressions give.
func (k *accumCore) starts(c *checker) error {
	neuron := ""
	if k.group[:3] == "izh" {
		neuron = "izh"
	}
	for _, x := range [...]struct{ names, values, part string }{{"state_names", "state_init", neuron}, {"synapse_state_names", "synapse_state_init", k.synapse}} {
		names, err := k.doc.names(x.names)
		if err != nil {
			return err
		}
		want, err := k.doc.matrix(x.values, k.config.n, len(names), math.MinInt32, math.MaxUint32)
		if err != nil {
			return err
		}
		for j, name := range names {
			col, err := k.startOf(x.part, name)
			if err != nil {
				return err
			}
			for i := range k.config.n {
				c.equalAt(x.values, i, int64(int32(want[i*len(names)+j])), col.at(i), func() string { return name })
			}
		}
	}
	return nil
}

func (k *accumCore) startOf(part, name string) (column, error) {
	g := &k.image.Groups[0]
	for _, x := range accumStarts {
		if x.synapse != part || x.name != name {
			continue
		}
		var from []int32
		if x.param >= 0 {
			from = g.Params[x.param]
		} else if w, ok := word(k.fam, k.group, x.word); ok {
			from = g.Init[w]
		}
		if len(from) > 0 {
			col := make(column, len(from))
			for i, v := range from {
				col[i] = int64(v)
			}
			return col, nil
		}
	}
	return nil, k.doc.fail("state_names", "", "values of the model", clip(name))
}
