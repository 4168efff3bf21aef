package conform

import (
	"fmt"

	"hillock/chip"
	"hillock/core"
)

// axons makes the in-axons: of every input and of every hidden neuron one per
// synaptic state that it reaches, at least one, and of hidden neurons one to
// the outputs.
func (k *xyloCore) axons() error {
	k.inputs = chip.InputMap{Pop: popInput, Off: make([]uint32, 1, k.nIn+1)}
	k.image.OutOff = make([]uint32, 1, k.image.N+1)
	own := make([][]core.OutAxon, k.nHidden)
	for f, x := range [...]struct {
		syn, shift          string
		sources, base, n, s int
		most                uint8
		send                func(source int, axons []uint16)
	}{
		{"syn_in", "shift_in", k.nIn, 0, k.nHidden, xyloStates, k.spikesIn, func(_ int, axons []uint16) {
			for _, a := range axons {
				k.inputs.Dst = append(k.inputs.Dst, chip.Target{Core: 0, Axon: a})
			}
			k.inputs.Off = append(k.inputs.Off, uint32(len(k.inputs.Dst)))
		}},
		{"syn_rec", "shift_rec", k.nHidden, 0, k.nHidden, xyloStates, k.spikesOwn, func(i int, axons []uint16) { own[i] = outAxons(own[i], axons) }},
		{"syn_out", "shift_out", k.nHidden, k.nHidden, k.nOut, 1, k.spikesOwn, func(i int, axons []uint16) { own[i] = outAxons(own[i], axons) }},
	} {
		shift, err := k.params.integer(x.shift, 0, 8)
		if err != nil {
			return err
		}
		k.image.Formats = append(k.image.Formats, core.Format{Exp: int(shift)})
		if err := k.lists(x.syn, x.sources, x.base, x.n, x.s, core.Axon{Format: uint8(f), Most: x.most}, x.send); err != nil {
			return err
		}
	}
	k.image.Boxes = []int32{0}
	for i := range k.image.N {
		if i < k.nHidden {
			k.image.Out = append(k.image.Out, own[i]...)
		}
		k.image.OutOff = append(k.image.OutOff, uint32(len(k.image.Out)))
	}
	return nil
}

func outAxons(dst []core.OutAxon, axons []uint16) []core.OutAxon {
	for _, a := range axons {
		dst = append(dst, core.OutAxon{Box: 0, Axon: a})
	}
	return dst
}

// lists reads one list of [target, synaptic state, weight] per source.
func (k *xyloCore) lists(name string, sources, base, n, states int, like core.Axon, send func(int, []uint16)) error {
	have := 0
	err := k.params.each(name, k.params.raw(name), "", func(c *cursor, i int) error {
		if have = i + 1; have > sources {
			return k.params.fail(name, "", fmt.Sprintf("%d sources", sources), "more")
		}
		syn, err := k.synapses(name, fmt.Sprintf("source %d", i), c.value(), base, n, states)
		if err != nil {
			return err
		}
		var axons []uint16
		for port, list := range syn {
			if len(list) == 0 && (port+1 < states || len(axons) > 0) {
				continue // one in-axon is there even without synapses
			}
			a := like
			a.Port, a.Off, a.N = uint8(port), uint32(len(k.image.Syn)), uint32(len(list))
			axons = append(axons, uint16(len(k.image.Axons)))
			k.image.Axons = append(k.image.Axons, a)
			k.image.Syn = append(k.image.Syn, list...)
		}
		send(i, axons)
		return nil
	})
	if err == nil && have != sources {
		err = k.params.fail(name, "", fmt.Sprintf("%d sources", sources), fmt.Sprint(have))
	}
	return err
}

// synapses reads the list of one source, one list per synaptic state.
func (k *xyloCore) synapses(name, where string, raw []byte, base, n, states int) ([][]core.Synapse, error) {
	out := make([][]core.Synapse, states)
	err := k.params.each(name, raw, where, func(c *cursor, j int) error {
		at := fmt.Sprintf("%s, synapse %d", where, j)
		row, err := k.params.row(name, c.value(), at, 3, -1<<15, 1<<15, nil)
		switch {
		case err != nil:
		case row[0] < 0 || row[0] >= int64(n):
			err = k.params.fail(name, at, "a target of "+span(0, int64(n)-1), fmt.Sprint(row[0]))
		case row[1] < 0 || row[1] >= int64(states):
			err = k.params.fail(name, at, "a synaptic state of "+span(0, int64(states)-1), fmt.Sprint(row[1]))
		case row[2] < k.fam.Weights.MantLo || row[2] > k.fam.Weights.MantHi:
			err = k.params.fail(name, at, "a weight of "+span(k.fam.Weights.MantLo, k.fam.Weights.MantHi), fmt.Sprint(row[2]))
		case len(k.image.Syn) > maxCells:
			err = k.params.fail(name, at, fmt.Sprintf("at most %d synapses", maxCells), "more")
		default:
			out[row[1]] = append(out[row[1]], core.Synapse{Target: uint16(base + int(row[0])), Mant: int16(row[2])})
		}
		return err
	})
	return out, err
}
