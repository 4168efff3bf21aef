package conform

import (
	"hillock/chip"
	"hillock/compiler"
	"hillock/core"
)

// projection is the synapses from all inputs, or from all neurons, to all
// neurons of a test core.
type projection struct {
	format core.Format
	rec    bool    // from the neurons
	mant   []int16 // [source][neuron]
	delay  column  // ticks, one for all or [source][neuron]
}

// maxProjections is the number of synapse formats that an image can number:
// every projection has its own, so that buckets stay apart.
const maxProjections = 256

// benchOf makes the image of one core with one group of neurons and any
// number of projections. Input i drives in-axon i of every projection from the
// inputs; neurons drive theirs through the router.
func benchOf(f *chip.Family, ci core.Image, g core.Group, nIn int, ps []projection) *chip.Image {
	img := bench(f, ci, g, nIn, wiring{})
	own := img.Cores[0].Image
	own.Formats, own.Out, own.OutOff = nil, nil, make([]uint32, g.N+1)
	first := make([]int, len(ps)) // in-axon of source 0
	for k := range ps {
		first[k] = len(own.Axons)
		own.Formats = append(own.Formats, ps[k].format)
		addProjection(own, g.N, &ps[k], uint8(k))
	}
	for i := range g.N {
		for k := range ps {
			if ps[k].rec {
				own.Boxes = []int32{0}
				own.Out = append(own.Out, core.OutAxon{Box: 0, Axon: uint16(first[k] + i)})
			}
		}
		own.OutOff[i+1] = uint32(len(own.Out))
	}
	if nIn == 0 {
		return img
	}
	in := &img.Inputs[0]
	in.Dst = nil
	for i := range nIn {
		for k := range ps {
			if !ps[k].rec {
				in.Dst = append(in.Dst, chip.Target{Core: 0, Axon: uint16(first[k] + i)})
			}
		}
		in.Off[i+1] = uint32(len(in.Dst))
	}
	return img
}

// addProjection appends one in-axon per source.
func addProjection(ci *core.Image, n int, p *projection, format uint8) {
	for r := 0; r*n < len(p.mant); r++ {
		ci.Axons = append(ci.Axons, core.Axon{Off: uint32(len(ci.Syn)), N: uint32(n), Format: format, Dense: true})
		for i := range n {
			ci.Syn = append(ci.Syn, core.Synapse{Target: uint16(i), Delay: uint8(p.delay.at(r*n + i)), Mant: p.mant[r*n+i]})
		}
	}
}

// signs are the names of sign modes in files.
var signs = [...]struct {
	name string
	sign compiler.Sign
}{{"mixed", compiler.Mixed}, {"exc", compiler.Excitatory}, {"inh", compiler.Inhibitory}}

// code reads a synapse format from the named fields; legal mantissas are those
// of the family.
func (d *doc) code(f *chip.Family, signField, bitsField string) (compiler.WeightCode, error) {
	c := compiler.WeightCode{Width: 8, Lo: f.Weights.MantLo, Hi: f.Weights.MantHi}
	name, err := d.text(signField)
	if err != nil {
		return c, err
	}
	known := false
	for _, s := range signs {
		if s.name == name {
			c.Sign, known = s.sign, true
		}
	}
	if !known {
		return c, d.fail(signField, "", "mixed, exc or inh", clip(name))
	}
	bits, err := d.integer(bitsField, 0, 8)
	c.Bits = int(bits)
	return c, err
}
