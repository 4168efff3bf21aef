package conform

import (
	"hillock/chip"
	"hillock/core"
)

// The populations of a test image.
const (
	popNeurons = 0
	popInput   = 1
)

// vars serves the fields of a file to a family's expressions. A list whose
// entries are all equal also counts as a value of the core.
type vars []variable

type variable struct {
	name string
	col  column
}

// Core is a value that all neurons share.
func (v vars) Core(name string) (int64, bool) {
	for _, x := range v {
		if x.name != name {
			continue
		}
		for _, y := range x.col {
			if y != x.col[0] {
				return 0, false
			}
		}
		return x.col[0], true
	}
	return 0, false
}

// Neuron is the value of neuron i.
func (v vars) Neuron(name string, i int) (int64, bool) {
	for _, x := range v {
		if x.name == name {
			return x.col.at(i), true
		}
	}
	return 0, false
}

// wiring is the synapses of one test core: matrices of mantissas, row after
// row, one row per source.
type wiring struct {
	format core.Format
	in     []int16 // [input][neuron]
	rec    []int16 // [neuron][neuron], nil = none
}

// bench makes the image of one core with one group of n neurons, nIn inputs
// and, if there are recurrent weights, a path from every neuron back to it.
func bench(f *chip.Family, ci core.Image, g core.Group, nIn int, w wiring) *chip.Image {
	n := g.N
	ci.N, ci.Groups, ci.Formats = n, []core.Group{g}, []core.Format{w.format}
	ci.Axons, ci.Syn = nil, make([]core.Synapse, 0, len(w.in)+len(w.rec))
	addAxons(&ci, n, w.in)
	addAxons(&ci, n, w.rec)
	ci.OutOff, ci.Out, ci.Boxes = make([]uint32, n+1), nil, nil
	if w.rec != nil {
		ci.Boxes = []int32{0}
		for i := 0; i < n; i++ {
			ci.Out = append(ci.Out, core.OutAxon{Box: 0, Axon: uint16(nIn + i)})
			ci.OutOff[i+1] = uint32(i + 1)
		}
	}
	img := &chip.Image{Chip: f.Name, ChipHash: f.Hash, Mesh: chip.Mesh{X: 1, Y: 1, CoresPerTile: 1},
		Pops:  []chip.Population{{Name: "neurons", N: n, Output: true}},
		Cores: []chip.Core{{ID: 0, Image: &ci, Runs: []chip.Run{{Pop: popNeurons, First: 0, Base: 0, N: n}}}}}
	if nIn > 0 {
		img.Pops = append(img.Pops, chip.Population{Name: "inputs", N: nIn, Input: true})
		in := chip.InputMap{Pop: popInput, Off: make([]uint32, nIn+1)}
		for i := 0; i < nIn; i++ {
			in.Dst = append(in.Dst, chip.Target{Core: 0, Axon: uint16(i)})
			in.Off[i+1] = uint32(i + 1)
		}
		img.Inputs = []chip.InputMap{in}
	}
	return img
}

// addAxons appends one in-axon per row of a matrix with n columns.
func addAxons(ci *core.Image, n int, mant []int16) {
	for r := 0; r*n < len(mant); r++ {
		ci.Axons = append(ci.Axons, core.Axon{Off: uint32(len(ci.Syn)), N: uint32(n), Dense: true})
		for i, m := range mant[r*n : (r+1)*n] {
			ci.Syn = append(ci.Syn, core.Synapse{Target: uint16(i), Mant: m})
		}
	}
}

// word is the state word of a group with a name, as the family declares it.
func word(f *chip.Family, group, name string) (int, bool) {
	for i := range f.Core.Groups {
		g := &f.Core.Groups[i]
		if g.Name != group {
			continue
		}
		for w, s := range g.State {
			if s.Name == name {
				return w, true
			}
		}
	}
	return 0, false
}
