package conform

import (
	"fmt"
	"math"
	"strings"

	"hillock/chip"
	"hillock/core"
)

// Bounds of a file of kind nef-chip.
const (
	nefMaxBlocks  = 1024
	nefMaxNeurons = 1 << 20 // compartments of all blocks
	nefMaxSyn     = 1 << 23 // stored synapses of all blocks beyond the weights that the file lists
	nefMaxEvents  = 1 << 34 // synaptic events of a run in which every compartment fires in every tick
)

// nefChip is a file of kind nef-chip: a whole network on a chip, one core per
// block, recorded after every step.
type nefChip struct {
	doc     *doc
	fam     *chip.Family
	steps   int
	n       int // compartments of all blocks, numbered block after block
	blocks  []nefBlock
	inputs  []nefInput
	draws   []int64 // [tick][column] recorded draws
	columns []int32 // compartment -> column of draws, -1 = it draws nothing
	img     *chip.Image
	want    struct {
		spikes                   lists
		uSum, vSum, uLast, vLast []int64
	}
}

// nefBlock is a population: its neurons, the synapses that end at it and the
// out-axons that start from it.
type nefBlock struct {
	doc      *doc
	first, n int // its compartments are first .. first+n-1 of the chip
	group    string
	vars     vars
	vth      column
	synapses []nefSynapse
	out      []nefAxon
}

// nefSynapse is the synapses of one projection. Input a reaches the row
// rows[axons[a].row], moved by axons[a].base compartments.
type nefSynapse struct {
	first uint16 // in-axon of input 0 on the core
	axons []nefInAxon
	rows  []nefRow
}

// nefInAxon is an input of a synapse; base -1 means that it is ignored.
type nefInAxon struct{ base, row int }

// nefRow is the targets of one spike. Weights are contributions to the
// accumulator, what an event adds.
type nefRow struct {
	to []int64 // relative to the base of the in-axon, nil = 0, 1, 2, ...
	w  []int64
}

// nefAxon leads from compartments of a block, or lines of an input, to inputs
// of a synapse; -1 in to = none.
type nefAxon struct {
	name           string // in the file, for errors
	block, synapse int
	to             []int64
}

// nefInput is a source of spikes outside the chip.
type nefInput struct {
	axons  []nefAxon
	lines  int
	pop    int // population of the image
	spikes lists
}

func replayNEF(d *doc, c *checker) error {
	k, err := readNEF(d)
	if err != nil {
		return err
	}
	return k.run(c)
}

// readNEF reads a file and makes the image of its network.
func readNEF(d *doc) (*nefChip, error) {
	k := &nefChip{doc: d}
	var err error
	if k.fam, err = anonymous(); err != nil {
		return nil, err
	}
	steps, err := d.integer("steps", 1, maxCells)
	if err != nil {
		return nil, err
	}
	k.steps = int(steps)
	for _, step := range [...]func() error{k.readBlocks, k.readInputs, k.record, k.noise, k.checkAxons, k.build} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// nefRegisters are the registers of a block beside its threshold. Bounds of
// the membrane keep away from 32 bits, so that sums before the clip fit.
var nefRegisters = [...]register{
	{"decay_u", 0, 4096, 0, true, ""},
	{"decay_v", 0, 4096, 0, true, ""},
	{"bias_mant", math.MinInt32, math.MaxInt32, 0, true, "bias"},
	{"refract", 0, 1<<6 - 1, 0, true, ""},
	{"vmin", -1 << 30, 1 << 30, 0, true, ""},
	{"vmax", -1 << 30, 1 << 30, 0, true, ""},
}

// readBlocks reads the populations.
func (k *nefChip) readBlocks() error {
	d := k.doc
	err := d.each("blocks", d.raw("blocks"), "", func(c *cursor, i int) error {
		name := fmt.Sprintf("blocks[%d]", i)
		if i >= nefMaxBlocks {
			return d.fail("blocks", "", fmt.Sprintf("at most %d blocks", nefMaxBlocks), "more")
		}
		p, err := parseObject(name, c.value())
		if err != nil {
			return err
		}
		n, err := p.integer("n", 1, core.MaxCompartments)
		if err != nil {
			return err
		}
		if have, limit := k.n+int(n), min(nefMaxNeurons, maxCells/k.steps); have > limit {
			return d.fail("blocks", fmt.Sprintf("up to block %d", i), fmt.Sprintf("at most %d compartments for %d steps", limit, k.steps), fmt.Sprint(have))
		}
		b := nefBlock{doc: p, first: k.n, n: int(n)}
		k.n += b.n
		if err := k.readNeurons(&b); err != nil {
			return err
		}
		if b.synapses, err = readNEFSynapses(p); err != nil {
			return err
		}
		b.out, err = readNEFAxons(p, b.n)
		k.blocks = append(k.blocks, b)
		return err
	})
	if err == nil && len(k.blocks) == 0 {
		err = d.fail("blocks", "", "at least 1 block", "none")
	}
	return err
}

// readNeurons reads the registers and the noise setting of a block.
func (k *nefChip) readNeurons(b *nefBlock) error {
	given := vars{{"vth_mant", column{0}}} // the threshold is written whole
	for _, x := range [...]struct {
		name string
		def  int64
	}{{"u_decay_offset", 1}, {"v_decay_offset", 0}} {
		if k.doc.has(x.name) {
			var err error
			if x.def, err = k.doc.integer(x.name, 0, 4096); err != nil {
				return err
			}
		}
		given = append(given, variable{x.name, column{x.def}})
	}
	var err error
	if b.vars, err = readRegisters(b.doc, b.n, given, nefRegisters[:]); err != nil {
		return err
	}
	for i := range b.n {
		lo, _ := b.vars.Neuron("vmin", i)
		if hi, _ := b.vars.Neuron("vmax", i); lo > hi {
			return b.doc.fail("vmin", fmt.Sprintf("compartment %d", i), fmt.Sprintf("at most vmax, %d", hi), fmt.Sprint(lo))
		}
	}
	if b.vth, err = b.doc.column("vth", b.n, math.MinInt32, math.MaxInt32); err != nil {
		return err
	}
	return b.readNoise()
}

// readNoise reads [enabled, exponent, offset, at membrane].
func (b *nefBlock) readNoise() error {
	b.group = "cuba"
	if !b.doc.has("noise") {
		return nil
	}
	// Flags may be written as true and false.
	text := strings.NewReplacer("true", "1", "false", "0").Replace(string(b.doc.raw("noise")))
	x, err := b.doc.row("noise", []byte(text), "", 4, -1<<20, 1<<20, nil)
	if err != nil {
		return err
	}
	for _, f := range [...]struct {
		at     int
		lo, hi int64
	}{{0, 0, 1}, {1, 0, 30}, {3, 0, 1}} {
		if x[f.at] < f.lo || x[f.at] > f.hi {
			return b.doc.fail("noise", fmt.Sprintf("entry %d", f.at), span(f.lo, f.hi), fmt.Sprint(x[f.at]))
		}
	}
	switch {
	case x[0] == 0:
		return nil
	case x[3] == 0:
		b.group = "cuba-noise-q"
	default:
		b.group = "cuba-noise-v"
	}
	b.vars = append(b.vars, variable{"noise_exp", column{x[1]}}, variable{"noise_mant_offset", column{x[2]}})
	return nil
}

// readInputs reads the sources outside the chip.
func (k *nefChip) readInputs() error {
	d := k.doc
	if !d.has("inputs") {
		return nil
	}
	return d.each("inputs", d.raw("inputs"), "", func(c *cursor, i int) error {
		p, err := parseObject(fmt.Sprintf("inputs[%d]", i), c.value())
		if err != nil {
			return err
		}
		in := nefInput{lines: maxInputs}
		if in.axons, err = readNEFAxons(p, -1); err != nil {
			return err
		}
		if len(in.axons) > 0 {
			in.lines = 0
		}
		for _, a := range in.axons {
			in.lines = max(in.lines, len(a.to))
		}
		in.spikes, err = p.lists("spikes", k.steps, in.lines, false)
		k.inputs = append(k.inputs, in)
		return err
	})
}

// record reads what was recorded.
func (k *nefChip) record() error {
	var err error
	if k.want.spikes, err = k.doc.lists("spikes", k.steps, k.n, true); err != nil {
		return err
	}
	for _, x := range [...]struct {
		name string
		n    int
		to   *[]int64
	}{{"u_sum", k.steps, &k.want.uSum}, {"v_sum", k.steps, &k.want.vSum}, {"u_last", k.n, &k.want.uLast}, {"v_last", k.n, &k.want.vLast}} {
		if *x.to, err = k.doc.ints(x.name, x.n, -1<<53, 1<<53); err != nil {
			return err
		}
	}
	return nil
}

// noise reads the recorded draws. Every compartment of a block with noise must
// have them.
func (k *nefChip) noise() error {
	index := []int64(nil)
	if k.doc.has("noise_index") {
		var err error
		if index, err = k.doc.ints("noise_index", -1, 0, int64(k.n)-1); err != nil {
			return err
		}
	}
	k.columns = make([]int32, k.n)
	for i := range k.columns {
		k.columns[i] = -1
	}
	for col, i := range index {
		if k.columns[i] >= 0 {
			return k.doc.fail("noise_index", fmt.Sprintf("entry %d", col), "every compartment once", fmt.Sprintf("%d again", i))
		}
		k.columns[i] = int32(col)
	}
	for n, b := range k.blocks {
		for i := b.first; i < b.first+b.n && b.group != "cuba"; i++ {
			if k.columns[i] < 0 {
				return k.doc.fail("noise_index", "", fmt.Sprintf("compartment %d, because block %d has noise", i, n), "no such entry")
			}
		}
	}
	if len(index) == 0 {
		return nil
	}
	var err error
	k.draws, err = k.doc.matrix("noise_raw", k.steps, len(index), math.MinInt32, math.MaxInt32)
	return err
}

// checkAxons holds every axon against the blocks, which are all known now.
func (k *nefChip) checkAxons() error {
	for i := range k.blocks {
		for _, a := range k.blocks[i].out {
			if err := k.checkAxon(&a); err != nil {
				return err
			}
		}
	}
	for i := range k.inputs {
		for _, a := range k.inputs[i].axons {
			if err := k.checkAxon(&a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *nefChip) checkAxon(a *nefAxon) error {
	if a.block >= len(k.blocks) {
		return &fieldError{field: a.name + ".target", need: fmt.Sprintf("a block of 0..%d", len(k.blocks)-1), have: fmt.Sprint(a.block)}
	}
	syn := k.blocks[a.block].synapses
	if a.synapse >= len(syn) {
		return &fieldError{field: a.name + ".target", need: fmt.Sprintf("one of the %d synapses of block %d", len(syn), a.block), have: fmt.Sprint(a.synapse)}
	}
	for c, x := range a.to {
		if x >= int64(len(syn[a.synapse].axons)) {
			return &fieldError{field: a.name + ".map", where: fmt.Sprintf("entry %d", c),
				need: fmt.Sprintf("one of the %d inputs of synapse %d of block %d, or -1", len(syn[a.synapse].axons), a.synapse, a.block), have: fmt.Sprint(x)}
		}
	}
	return nil
}
