package conform

import (
	"fmt"

	"hillock/chip"
	"hillock/core"
)

// rows reads the synapse rows: those of the neurons, then those of sources
// outside. Every part of a row (plastic and fixed, by type) is an in-axon.
func (k *accumCore) rows() error {
	k.inputs = chip.InputMap{Pop: popInput, Off: []uint32{0}}
	k.image.OutOff, k.image.Boxes = make([]uint32, k.config.n+1), []int32{0}
	k.image.Formats = []core.Format{{Unsigned: true}}
	have := 0
	err := k.doc.each("rows", k.doc.raw("rows"), "", func(c *cursor, i int) error {
		if have = i + 1; have > maxInputs/8 {
			return k.doc.fail("rows", "", fmt.Sprintf("at most %d rows", maxInputs/8), "more")
		}
		d, err := parseObject(fmt.Sprintf("rows[%d]", i), c.value())
		if err != nil {
			return err
		}
		axons, err := k.row(d, i)
		k.feed(i, axons)
		size := int64(0)
		for _, a := range axons {
			if i >= k.config.n || k.config.recurrent {
				size += int64(k.image.Axons[a].N)
			}
		}
		k.sizes = append(k.sizes, size)
		return err
	})
	if err == nil && have < k.config.n {
		err = k.doc.fail("rows", "", fmt.Sprintf("at least %d rows", k.config.n), fmt.Sprint(have))
	}
	return err
}

// feed lets the source of row i reach in-axons.
func (k *accumCore) feed(i int, axons []uint16) {
	if i >= k.config.n {
		for _, a := range axons {
			k.inputs.Dst = append(k.inputs.Dst, chip.Target{Core: 0, Axon: a})
		}
		k.inputs.Off = append(k.inputs.Off, uint32(len(k.inputs.Dst)))
		return
	}
	if k.config.recurrent {
		k.image.Out = outAxons(k.image.Out, axons)
	}
	k.image.OutOff[i+1] = uint32(len(k.image.Out))
}

// row makes the in-axons of a row: what learns is served before what is fixed.
func (k *accumCore) row(d *doc, i int) ([]uint16, error) {
	axons, err := k.plasticRow(d, i)
	if err != nil || d.has("neuromodulation") {
		return axons, err
	}
	words, err := d.ints("fixed", -1, 0, 1<<32-1)
	if err != nil {
		return nil, err
	}
	var syn [accumTypes][]core.Synapse
	for j, w := range words {
		typ, s, err := k.synapseWord(d, "fixed", j, uint32(w)&0xffff, uint16(w>>16))
		if err != nil {
			return nil, err
		}
		syn[typ] = append(syn[typ], s)
	}
	for typ := range syn {
		axons = k.addAxon(axons, uint8(typ), syn[typ])
	}
	return axons, nil
}

// synapseWord takes a control word apart: delay, type and neuron, from the top
// down. A delay of d steps after the step in which the source fired is one of
// d-1 ticks here; 0 is a full turn of the ring.
func (k *accumCore) synapseWord(d *doc, name string, j int, control uint32, weight uint16) (typ int, s core.Synapse, err error) {
	g := &k.config
	target := control & (1<<g.logN - 1)
	typ = int(control >> g.logN & (1<<g.logTypes - 1))
	delay := int(control >> (g.logN + g.logTypes) & (1<<g.logDelay - 1))
	if int(target) >= g.n || typ >= accumTypes {
		return 0, s, d.fail(name, fmt.Sprintf("entry %d", j), fmt.Sprintf("a neuron of %d and a type of %d", g.n, accumTypes), fmt.Sprintf("neuron %d, type %d", target, typ))
	}
	ring := 1 << g.logDelay
	return typ, core.Synapse{Target: uint16(target), Delay: uint8((delay + ring - 1) % ring), Mant: int16(weight)}, nil
}

// addAxon appends an in-axon with synapses to the image, if there are any.
func (k *accumCore) addAxon(axons []uint16, port uint8, syn []core.Synapse) []uint16 {
	if len(syn) == 0 {
		return axons
	}
	a := core.Axon{Off: uint32(len(k.image.Syn)), N: uint32(len(syn)), Port: port, Most: uint8(k.config.steps)}
	k.image.Axons = append(k.image.Axons, a)
	k.image.Syn = append(k.image.Syn, syn...)
	return append(axons, uint16(len(k.image.Axons)-1))
}
