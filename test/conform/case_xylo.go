package conform

import (
	"fmt"

	"hillock/chip"
	"hillock/core"
)

// xyloFamilies are the descriptions that replay each core of the vendor.
var xyloFamilies = [...]struct{ core, family string }{{"v1", "xylo-a1"}, {"v2", "xylo-a2"}}

// xyloStates is the number of synaptic states of a hidden neuron, each a port.
const xyloStates = 2

// maxXyloSteps bounds the steps of all runs of a file.
const maxXyloSteps = 1 << 20

// xyloCore is a file of kind xylo-core: hidden and output neurons, and runs on
// the same object.
type xyloCore struct {
	doc, params         *doc
	fam                 *chip.Family
	nIn, nHidden, nOut  int
	hidden, output      vars
	hasBias             bool
	spikesIn, spikesOwn uint8 // most repeats of an in-axon
	image               core.Image
	inputs              chip.InputMap
	runs                []xyloRun
}

// xyloRun is one run and what was recorded of it.
type xyloRun struct {
	reset  bool
	steps  int
	in     []int64 // [step][channel]
	words  []record
	groups []int   // of words: 0 = hidden, 1 = output
	out    []int64 // [step][hidden] spikes, then [step][output]
	last   []int64
	flag   []int64 // hibernation, nil = not recorded
}

func xyloFamily(d *doc) (*chip.Family, error) {
	name, err := d.text("core")
	if err != nil {
		return nil, err
	}
	for _, x := range xyloFamilies {
		if x.core == name {
			return chip.LoadNamed(x.family)
		}
	}
	return nil, d.fail("core", "", "v1 or v2", clip(name))
}

// replayXylo replays a file of kind xylo-core.
func replayXylo(d *doc, c *checker) error {
	k := &xyloCore{doc: d}
	for _, step := range [...]func() error{k.sizes, k.neurons, k.axons, k.aliases, k.record} {
		if err := step(); err != nil {
			return err
		}
	}
	img := k.machine()
	return c.onEngines(func(e string) error { return k.replay(c, img, e) })
}

func (k *xyloCore) sizes() (err error) {
	if k.fam, err = xyloFamily(k.doc); err != nil {
		return err
	}
	if k.params, err = k.doc.object("params"); err != nil {
		return err
	}
	for _, x := range [...]struct {
		name string
		lo   int64
		to   *int
	}{{"n_in", 0, &k.nIn}, {"n_hidden", 1, &k.nHidden}, {"n_out", 1, &k.nOut}} {
		n, err := k.params.integer(x.name, x.lo, maxInputs/8)
		if err != nil {
			return err
		}
		*x.to = int(n)
	}
	in, ok := k.fam.Limit("input_events")
	g := k.fam.Group("hidden")
	if !ok || in < 1 || in > 255 || g == nil || g.Cap < 1 || g.Cap > 255 {
		return fmt.Errorf("conform: description %s, need a limit of input_events and a cap of group hidden, both 1..255", k.fam.Name)
	}
	k.spikesIn, k.spikesOwn = uint8(in), uint8(g.Cap)
	return nil
}

// neurons reads the parameters of both groups and binds them.
func (k *xyloCore) neurons() (err error) {
	p := k.params
	if p.has("has_bias") {
		if k.hasBias, err = p.flag("has_bias"); err != nil {
			return err
		}
	}
	if k.hidden, err = k.registers("", k.nHidden, xyloStates); err != nil {
		return err
	}
	if k.output, err = k.registers("_out", k.nOut, 1); err != nil {
		return err
	}
	if k.image, err = k.fam.BindCore(k.hidden); err != nil {
		return err
	}
	base := 0
	for _, x := range [...]struct {
		name string
		n    int
		v    vars
	}{{"hidden", k.nHidden, k.hidden}, {"output", k.nOut, k.output}} {
		g, err := k.fam.BindGroup(x.name, x.n, x.v)
		if err != nil {
			return err
		}
		g.Base = base
		base += x.n
		k.image.Groups = append(k.image.Groups, g)
	}
	k.image.N = base
	return nil
}

// registers reads the fields of one group, whose names end in suffix.
func (k *xyloCore) registers(suffix string, n, states int) (vars, error) {
	var v vars
	dash, err := k.dashes("dash_syn"+suffix, n, states)
	if err != nil {
		return nil, err
	}
	v = append(v, variable{"dash_syn", dash[0]})
	if states > 1 {
		v = append(v, variable{"dash_syn_2", dash[1]})
	}
	for _, x := range [...]struct{ name, field string }{{"dash_mem", "dash_mem"}, {"threshold", "threshold"}, {"bias", "bias"}} {
		if x.name == "bias" && !k.hasBias {
			continue
		}
		col, err := k.params.ints(x.field+suffix, n, -1<<15, 1<<15-1)
		if err != nil {
			return nil, err
		}
		v = append(v, variable{x.name, col})
	}
	return v, nil
}

// dashes reads one list of 1..states leaks per neuron. A state that a neuron
// does not have gets a leak of 0 places: it is never fed.
func (k *xyloCore) dashes(name string, n, states int) ([]column, error) {
	out := make([]column, states)
	for s := range out {
		out[s] = make(column, n)
	}
	have := 0
	err := k.params.each(name, k.params.raw(name), "", func(c *cursor, i int) error {
		if have = i + 1; have > n {
			return k.params.fail(name, "", fmt.Sprintf("%d entries", n), "more")
		}
		where := fmt.Sprintf("entry %d", i)
		row, err := k.params.row(name, c.value(), where, -1, 0, 15, nil)
		if err == nil && (len(row) < 1 || len(row) > states) {
			err = k.params.fail(name, where, fmt.Sprintf("1..%d leaks", states), fmt.Sprint(len(row)))
		}
		for s, x := range row {
			if err == nil {
				out[s][i] = x
			}
		}
		return err
	})
	if err == nil && have != n {
		err = k.params.fail(name, "", fmt.Sprintf("%d entries", n), fmt.Sprint(have))
	}
	return out, err
}

// aliases turns the lists of alias targets into relays.
func (k *xyloCore) aliases() error {
	have := 0
	err := k.params.each("aliases", k.params.raw("aliases"), "", func(c *cursor, i int) error {
		if have = i + 1; have > k.nHidden {
			return k.params.fail("aliases", "", fmt.Sprintf("%d entries", k.nHidden), "more")
		}
		to, err := k.params.row("aliases", c.value(), fmt.Sprintf("entry %d", i), -1, 0, int64(k.nHidden)-1, nil)
		for _, t := range to {
			k.image.Relays = append(k.image.Relays, core.Relay{From: int32(i), To: int32(t)})
		}
		return err
	})
	if err == nil && have != k.nHidden {
		err = k.params.fail("aliases", "", fmt.Sprintf("%d entries", k.nHidden), fmt.Sprint(have))
	}
	return err
}

// machine is the whole image: one core, hidden and output neurons, inputs.
func (k *xyloCore) machine() *chip.Image {
	img := &chip.Image{Chip: k.fam.Name, ChipHash: k.fam.Hash, Mesh: chip.Mesh{X: 1, Y: 1, CoresPerTile: 1},
		Pops:  []chip.Population{{Name: "neurons", N: k.image.N, Output: true}},
		Cores: []chip.Core{{ID: 0, Image: &k.image, Runs: []chip.Run{{Pop: popNeurons, First: 0, Base: 0, N: k.image.N}}}}}
	if k.nIn > 0 {
		img.Pops = append(img.Pops, chip.Population{Name: "inputs", N: k.nIn, Input: true})
		img.Inputs = []chip.InputMap{k.inputs}
	}
	return img
}
