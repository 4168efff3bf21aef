package conform

import (
	"encoding/json"
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core"
)

// accumFamily is the description that replays cores with s16.15 arithmetic.
const accumFamily = "spinnaker"

// accumTypes are the synapse types of a core: excitatory and inhibitory.
const accumTypes = 2

// accumCore is a file of kind spinnaker-core: one core whose rows of synapses
// belong to its neurons, then to sources outside.
type accumCore struct {
	doc           *doc
	fam           *chip.Family
	config        accumConfig
	group         string
	synapse       string
	fields        vars
	image         core.Image
	inputs        chip.InputMap
	steps         int
	external      lists
	taps          [3][]int64 // v, exc, inh before the update, [step][neuron]
	ring          []int64    // [step][type << logN + neuron]
	after, spikes []int64
	saturated     int64
	skipped       int64
	sizes         []int64    // synapses of each row that a spike of its source serves
	rule          *accumRule // nil = no synapse learns
}

// accumConfig are the sizes of a core and the widths of its synapse words.
type accumConfig struct {
	n, steps, logN, logTypes, logDelay int
	shift                              []int64
	recurrent                          bool
}

// accumGroups are the groups of the family by neuron, synapse and input.
var accumGroups = [...]struct{ model, synapse, input, group string }{
	{"lif", "exp", "current", "lif-exp"},
	{"lif", "exp", "conductance", "lif-conductance"},
	{"lif", "delta", "delta", "lif-delta"},
	{"lif", "alpha", "current", "lif-alpha"},
	{"izh", "exp", "current", "izhikevich-exp"},
	{"izh", "exp", "conductance", "izhikevich-conductance"},
}

// accumFields are the register fields behind the names of a file.
var accumFields = [...]struct{ name, field string }{
	{"V_init", "v_init"}, {"V_rest", "v_rest"}, {"c_m", "c_m"}, {"tau_m", "tau_m"}, {"I_offset", "i_offset"},
	{"V_reset", "v_reset"}, {"T_refract_ms", "t_refract"}, {"refract_init", "refract_init"}, {"time_step", "time_step"},
	{"A", "a"}, {"B", "b"}, {"C", "c"}, {"D", "d"}, {"V", "v_init"}, {"U", "u_init"}, {"next_h", "first_step"},
	{"exc_tau", "tau_exc"}, {"inh_tau", "tau_inh"}, {"exc_init", "exc_init"}, {"inh_init", "inh_init"},
	{"exc_lin", "exc_line"}, {"exc_exp", "exc_exp"}, {"exc_q", "exc_last"},
	{"inh_lin", "inh_line"}, {"inh_exp", "inh_exp"}, {"inh_q", "inh_last"},
	{"V_rev_E", "v_rev_exc"}, {"V_rev_I", "v_rev_inh"},
}

// replayAccum replays a file of kind spinnaker-core.
func replayAccum(d *doc, c *checker) (err error) {
	k := &accumCore{doc: d}
	if k.fam, err = chip.LoadNamed(accumFamily); err != nil {
		return err
	}
	for _, step := range [...]func() error{k.settings, k.neurons, k.learning, k.rows, k.record, k.servedRows} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := k.starts(c); err != nil {
		return err
	}
	img := k.machine()
	return c.onEngines(func(e string) error { return k.replay(c, img, e) })
}

func (k *accumCore) settings() error {
	d, err := k.doc.object("config")
	if err != nil {
		return err
	}
	g := &k.config
	var types int
	for _, x := range [...]struct {
		name   string
		lo, hi int64
		to     *int
	}{{"n_neurons", 1, 256, &g.n}, {"n_synapse_types", accumTypes, accumTypes, &types}, {"log_n_neurons", 0, 8, &g.logN},
		{"log_n_synapse_types", 1, 2, &g.logTypes}, {"log_max_delay", 0, 8, &g.logDelay}, {"n_steps_per_timestep", 1, 64, &g.steps}} {
		v, err := d.integer(x.name, x.lo, x.hi)
		if err != nil {
			return err
		}
		*x.to = int(v)
	}
	if g.n > 1<<g.logN || g.logN+g.logTypes+g.logDelay > 16 {
		return d.fail("log_n_neurons", "", fmt.Sprintf("bits for %d neurons, with types and delays at most 16", g.n), fmt.Sprint(g.logN))
	}
	if g.shift, err = d.ints("ring_buffer_shifts", accumTypes, 0, 16); err != nil {
		return err
	}
	g.recurrent, err = d.flag("recurrent")
	return err
}

// neurons reads the parameters of all neurons and binds them.
func (k *accumCore) neurons() error {
	g := &k.config
	k.fields = vars{{"steps", column{int64(g.steps)}}, {"delay_bits", column{int64(g.logDelay)}},
		{"shift_exc", column{g.shift[0]}}, {"shift_inh", column{g.shift[1]}}}
	if err := k.model(); err != nil {
		return err
	}
	if err := k.table(k.doc, "param_names", "params"); err != nil {
		return err
	}
	if err := k.table(k.doc, "synapse_param_names", "synapse_params"); err != nil {
		return err
	}
	if k.doc.has("input_params") {
		d, err := k.doc.object("input_params")
		if err != nil {
			return err
		}
		if err := k.table(d, "names", "values"); err != nil {
			return err
		}
	}
	th, err := k.doc.ints("thresholds", g.n, math.MinInt32, math.MaxInt32)
	if err != nil {
		return err
	}
	k.fields = append(k.fields, variable{"threshold", th})
	if k.image, err = k.fam.BindCore(k.fields); err != nil {
		return err
	}
	group, err := k.fam.BindGroup(k.group, g.n, k.fields)
	k.image.N, k.image.Groups = g.n, []core.Group{group}
	return err
}

func (k *accumCore) model() error {
	var have [3]string
	for i, name := range [...]string{"model", "synapse", "input"} {
		var err error
		if have[i], err = k.doc.text(name); err != nil {
			return err
		}
	}
	k.synapse = have[1]
	for _, x := range accumGroups {
		if have == [...]string{x.model, x.synapse, x.input} {
			k.group = x.group
			return nil
		}
	}
	return k.doc.fail("model", "", "a model of the description", clip(fmt.Sprint(have)))
}

// table reads one row of named values per neuron.
func (k *accumCore) table(d *doc, names, values string) error {
	list, err := d.names(names)
	if err != nil {
		return err
	}
	flat, err := d.matrix(values, k.config.n, len(list), math.MinInt32, math.MaxInt32)
	if err != nil {
		return err
	}
	for j, name := range list {
		field := ""
		for _, x := range accumFields {
			if x.name == name {
				field = x.field
			}
		}
		if field == "" {
			return d.fail(names, fmt.Sprintf("entry %d", j), "a known parameter", clip(name))
		}
		col := make(column, k.config.n)
		for i := range col {
			col[i] = flat[i*len(list)+j]
		}
		k.fields = append(k.fields, variable{field, col})
	}
	return nil
}

// names is a list of strings.
func (d *doc) names(name string) ([]string, error) {
	var out []string
	if raw := d.raw(name); raw == nil || json.Unmarshal(raw, &out) != nil || len(out) > maxKeys {
		return nil, d.fail(name, "", fmt.Sprintf("a list of at most %d strings", maxKeys), describe(raw))
	}
	return out, nil
}

// machine is the whole image: one core, neurons and sources outside.
func (k *accumCore) machine() *chip.Image {
	img := &chip.Image{Chip: k.fam.Name, ChipHash: k.fam.Hash, Mesh: chip.Mesh{X: 1, Y: 1, CoresPerTile: 1},
		Pops:  []chip.Population{{Name: "neurons", N: k.config.n, Output: true}},
		Cores: []chip.Core{{ID: 0, Image: &k.image, Runs: []chip.Run{{Pop: popNeurons, First: 0, Base: 0, N: k.config.n}}}}}
	if outside := len(k.inputs.Off) - 1; outside > 0 {
		img.Pops = append(img.Pops, chip.Population{Name: "inputs", N: outside, Input: true})
		img.Inputs = []chip.InputMap{k.inputs}
	}
	return img
}
