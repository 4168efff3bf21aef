package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core"
)

// loihi2Model is a model of loihi2-neuron files: the group of the family, its
// inputs, its parameters and what is recorded of its state.
type loihi2Model struct {
	name, group string
	ports       int
	registers   []register
	state       []string // words, the same in file and family
	empty       string   // register of the model that is 0 after every step and no word of the chip
}

var loihi2Models = [...]loihi2Model{
	{"GradedVec", "graded-vec", 1, []register{wholeRegister("vth", "")}, nil, "v"},
	{"GradedReluVec", "graded-relu", 1, []register{wholeRegister("vth", "")}, nil, "v"},
	{"ProdNeuron", "product", 2, []register{wholeRegister("vth", ""), {"product_exp", 0, 31, 0, true, "exp"}}, nil, "v"},
	{"SigmaDelta", "sigma-delta", 1, []register{wholeRegister("vth", "vth_var"), wholeRegister("bias", "bias_var"), stateExp},
		[]string{"sigma", "act", "residue"}, ""},
	{"RF", "rf", 2, resonator[:], []string{"real", "imag"}, ""},
	{"RF_IZ", "rf-iz", 2, resonator[:], []string{"real", "imag"}, ""},
}

var stateExp = register{"state_exp", 0, 31, 0, true, ""}

var resonator = [...]register{wholeRegister("cos_decay", ""), wholeRegister("sin_decay", ""), wholeRegister("vth", "vth_var"),
	stateExp, {"decay_bits", 0, 31, 0, true, ""}}

// wholeRegister is a register of 32 bits that a file must give.
func wholeRegister(name, field string) register {
	return register{name, math.MinInt32, math.MaxInt32, 0, true, field}
}

// loihi2Neuron is a file of kind loihi2-neuron: neurons without synapses,
// whose inputs are written as payloads.
type loihi2Neuron struct {
	doc    *doc
	fam    *chip.Family
	model  *loihi2Model
	n      int
	vars   vars
	inputs [][]int64 // per port, [tick][neuron]
	trace  trace
}

func replayLoihi2(d *doc, c *checker) error {
	k := &loihi2Neuron{doc: d}
	var err error
	if k.fam, err = unlimited(lavaFamily); err != nil {
		return err
	}
	for _, step := range [...]func() error{k.sizes, k.params, k.stimulus, k.record, k.image} {
		if err := step(); err != nil {
			return err
		}
	}
	return k.trace.replay(c)
}

// sizes reads the model and how many neurons run for how long.
func (k *loihi2Neuron) sizes() error {
	name, err := k.doc.text("model")
	if err != nil {
		return err
	}
	for i := range loihi2Models {
		if loihi2Models[i].name == name {
			k.model = &loihi2Models[i]
		}
	}
	if k.model == nil {
		return k.doc.fail("model", "", "SigmaDelta, RF, RF_IZ, GradedVec, GradedReluVec or ProdNeuron", clip(name))
	}
	n, err := k.doc.integer("n", 1, int64(maxInputs/k.model.ports))
	if err != nil {
		return err
	}
	steps, err := k.doc.integer("steps", 1, maxCells/n)
	k.n, k.trace.n, k.trace.steps = int(n), int(n), int(steps)
	return err
}

// params reads the registers. Values of the chip are those after the scaling
// of the model's constructor.
func (k *loihi2Neuron) params() error {
	p, err := k.doc.object("params")
	if err != nil {
		return err
	}
	for _, r := range k.model.registers {
		field := r.field
		if field == "" {
			field = r.name
		}
		col, err := p.column(field, k.n, r.lo, r.hi)
		if err != nil {
			return err
		}
		k.vars = append(k.vars, variable{r.name, col})
	}
	if k.model.name == "SigmaDelta" {
		return k.activation(p)
	}
	return nil
}

// activation reads the modes of sigma-delta neurons.
func (k *loihi2Neuron) activation(p *doc) error {
	if p.has("cum_error") {
		if cum, err := p.flag("cum_error"); err != nil || cum {
			return p.fail("cum_error", "", "0, errors that add up are not modelled", describe(p.raw("cum_error")))
		}
	}
	mode, err := p.text("act_mode")
	switch {
	case err != nil:
		return err
	case mode == "relu":
		k.vars = append(k.vars, variable{"rectify", column{1}})
	case mode != "unit":
		return p.fail("act_mode", "", "relu or unit", clip(mode))
	}
	return nil
}

// stimulus reads the inputs, port after port: input i of port p is neuron
// p * n + i of the input population. Row t is what the neurons read in row t.
func (k *loihi2Neuron) stimulus() error {
	d, ports := k.doc, k.model.ports
	err := d.each("inputs", d.raw("inputs"), "", func(c *cursor, p int) error {
		if p >= ports {
			return d.fail("inputs", "", fmt.Sprintf("%d ports of %s", ports, k.model.name), "more")
		}
		name := fmt.Sprintf("inputs[%d]", p)
		port := &doc{path: d.path, keys: []string{name}, vals: [][]byte{c.value()}}
		in, err := port.matrix(name, k.trace.steps, k.n, math.MinInt32, math.MaxInt32)
		k.inputs = append(k.inputs, in)
		return err
	})
	if err == nil && len(k.inputs) < ports {
		err = d.fail("inputs", "", fmt.Sprintf("%d ports of %s", ports, k.model.name), fmt.Sprint(len(k.inputs)))
	}
	k.trace.source = func(tick int64, dst []chip.Injection) []chip.Injection {
		for p := range k.inputs {
			for i, x := range k.inputs[p][int(tick)*k.n : (int(tick)+1)*k.n] {
				if x != 0 {
					dst = append(dst, chip.Injection{Pop: popInput, Index: int32(p*k.n + i), Payload: int32(x)})
				}
			}
		}
		return dst
	}
	return err
}

// record reads what was recorded: states and payloads.
func (k *loihi2Neuron) record() error {
	t := &k.trace
	s, err := k.doc.object("state")
	if err != nil {
		return err
	}
	for _, name := range k.model.state {
		if !s.has(name) {
			return s.fail(name, "", "a list", "nothing")
		}
		if err := t.record(s, k.fam, k.model.group, name, name); err != nil {
			return err
		}
	}
	if k.model.empty != "" && s.has(k.model.empty) {
		want, err := s.matrix(k.model.empty, t.steps, k.n, -1<<53, 1<<53)
		if err != nil {
			return err
		}
		t.words = append(t.words, record{s.name(k.model.empty), noWord, want})
	}
	t.valueField = "out"
	t.values, err = k.doc.matrix("out", t.steps, k.n, -1<<53, 1<<53)
	return err
}

// image wires input i of port p to neuron i by one synapse of weight 1. Every
// port has a format of its own: ports that sum mantissas share none.
func (k *loihi2Neuron) image() error {
	ci, err := k.fam.BindCore(k.vars)
	if err != nil {
		return err
	}
	g, err := k.fam.BindGroup(k.model.group, k.n, k.vars)
	if err != nil {
		return err
	}
	k.trace.img = bench(k.fam, ci, g, k.n*k.model.ports, wiring{})
	own := k.trace.img.Cores[0].Image
	own.Formats, own.Axons, own.Syn = make([]core.Format, k.model.ports), nil, nil
	for p := range k.model.ports {
		for i := range k.n {
			own.Axons = append(own.Axons, core.Axon{Off: uint32(len(own.Syn)), N: 1, Format: uint8(p), Port: uint8(p)})
			own.Syn = append(own.Syn, core.Synapse{Target: uint16(i), Mant: 1})
		}
	}
	return nil
}
