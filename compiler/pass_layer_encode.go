package compiler

import (
	"fmt"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core"
)

// The formats of weights: one each for those from inputs, between hidden
// neurons, and to outputs.
const (
	formatIn = iota
	formatRec
	formatOut
	layerFormats
)

// isInput says that a population is driven from outside.
func (u *Unit) isInput(pop int) bool { return u.Net.Pops[pop].Kind == graph.Input }

// passLayerEncode writes the image of the one core.
func passLayerEncode(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	f := u.Family
	img := &chip.Image{Chip: f.Name, ChipHash: f.Hash, Fidelity: f.Fidelity, Mesh: f.Mesh, Latency: f.Latency, Energy: f.Energy}
	for k, p := range u.Net.Pops {
		pop := chip.Population{Name: p.Name, N: p.N, Input: u.isInput(k), Output: p.Output && !u.isInput(k), Depth: u.Pops[k].Depth}
		if p.Kind == graph.Readout {
			pop.Read = 1 + u.stateWord(u.Pops[k].group, stateV)
		}
		img.Pops = append(img.Pops, pop)
	}
	ci, err := u.regs.bind.core(settings{})
	if err != nil {
		return err
	}
	e := layerEncoder{u: u, ci: &ci, img: img}
	if err := e.groups(); err != nil {
		return err
	}
	if err := e.synapses(); err != nil {
		return err
	}
	img.Meta = u.meta()
	u.Image = img
	return nil
}

// layerEncoder fills the image of the one core.
type layerEncoder struct {
	u   *Unit
	ci  *core.Image
	img *chip.Image
}

func (e *layerEncoder) groups() error {
	place := chip.Core{ID: 0, Image: e.ci}
	for _, s := range e.u.Cores[0].Slices {
		p := &e.u.Pops[s.Pop]
		v := settings{neuron: map[string][]int64{varShiftSyn: p.DecayU, varShiftMem: p.DecayV, varLayerThresh: p.Thresh}}
		if p.BiasMant != nil {
			v.neuron[varLayerBias] = p.BiasMant
		}
		g, err := e.u.regs.bind.group(p.group, s.N, v)
		if err != nil {
			return fmt.Errorf("population %q: %w", p.Src.Name, err)
		}
		g.Name, g.Base, g.N = p.Src.Name, s.Base, s.N
		e.ci.Groups = append(e.ci.Groups, g)
		place.Runs = append(place.Runs, chip.Run{Pop: s.Pop, Base: s.Base, N: s.N})
	}
	e.ci.N = int(e.u.Cores[0].Use.Compartments)
	e.img.Cores = append(e.img.Cores, place)
	return nil
}

// synapses writes an in-axon per source and kind of target, targets ascending.
// A spike's payload repeats it, so often as inputs or hidden neurons may.
func (e *layerEncoder) synapses() error {
	u, l := e.u, e.u.layers
	most, err := e.repeats()
	if err != nil {
		return err
	}
	e.ci.Formats = make([]core.Format, layerFormats)
	for k := range e.ci.Formats {
		e.ci.Formats[k] = core.Format{Scale: int(u.Family.Weights.Scale)}
	}
	e.ci.Boxes = []int32{0}
	e.ci.OutOff = make([]uint32, 1, e.ci.N+1)
	x, h := l.ints, l.float.Hidden
	for k := range u.Pops {
		if u.isInput(k) {
			in := chip.InputMap{Pop: k, Off: make([]uint32, 1, u.Net.Pops[k].N+1)}
			for j := range u.Net.Pops[k].N {
				row := (l.first[k] + j) * l.float.Reached
				if a, ok := e.axon(x.In[row:row+l.float.Reached], 0, core.Axon{Format: formatIn, Most: most[0]}); ok {
					in.Dst = append(in.Dst, chip.Target{Axon: a})
				}
				in.Off = append(in.Off, uint32(len(in.Dst)))
			}
			e.img.Inputs = append(e.img.Inputs, in)
		}
	}
	for j := range h {
		if a, ok := e.axon(x.Rec[j*h:(j+1)*h], 0, core.Axon{Format: formatRec, Most: most[1]}); ok {
			e.ci.Out = append(e.ci.Out, core.OutAxon{Axon: a})
		}
		if r := j - (h - l.float.Read); r >= 0 {
			row := x.Out[r*l.float.Outputs : (r+1)*l.float.Outputs]
			if a, ok := e.axon(row, h, core.Axon{Format: formatOut, Most: most[1]}); ok {
				e.ci.Out = append(e.ci.Out, core.OutAxon{Axon: a})
			}
		}
		e.ci.OutOff = append(e.ci.OutOff, uint32(len(e.ci.Out)))
	}
	for len(e.ci.OutOff) <= e.ci.N {
		e.ci.OutOff = append(e.ci.OutOff, uint32(len(e.ci.Out)))
	}
	return nil
}

// repeats is how often an in-axon of inputs and one of hidden neurons serves
// one payload.
func (e *layerEncoder) repeats() ([2]uint8, error) {
	in, ok := e.u.limit(limEvents)
	role, _ := e.u.Family.Role(roleHidden)
	g := e.u.Family.Group(role.Group)
	if !ok || in < 1 || in > 255 || g == nil || g.Cap < 1 || g.Cap > 255 {
		return [2]uint8{}, fmt.Errorf("description %s: need a limit of %s and a cap of its hidden neurons, both 1..255", e.u.Family.Name, limEvents)
	}
	return [2]uint8{uint8(in), uint8(g.Cap)}, nil
}

// axon appends the in-axon of a row of weights; a row without any has none.
func (e *layerEncoder) axon(row []int64, base int, a core.Axon) (uint16, bool) {
	a.Off = uint32(len(e.ci.Syn))
	for i, w := range row {
		if w != 0 {
			e.ci.Syn = append(e.ci.Syn, core.Synapse{Target: uint16(base + i), Mant: int16(w)})
		}
	}
	if a.N = uint32(len(e.ci.Syn)) - a.Off; a.N == 0 {
		return 0, false
	}
	a.Words = (a.N + 7) / 8 // weights of 8 bits in words of 64
	e.ci.Axons = append(e.ci.Axons, a)
	return uint16(len(e.ci.Axons) - 1), true
}
