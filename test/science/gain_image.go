package science

import (
	"embed"
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

//go:embed gain_*.uasm
var gainText embed.FS

// gainWordGain is the state word of the first layer that holds the gain.
const gainWordGain = 2

// gainImage is the network on a machine of a core per layer.
func gainImage(o *GainOptions) (*chip.Image, error) {
	img := &chip.Image{Chip: "contrast gain", Mesh: chip.Mesh{X: gainDepth, Y: 1, CoresPerTile: 1},
		Pops:       []chip.Population{{Name: "input", N: o.Layers[0].In, Input: true}},
		Modulators: []chip.Modulator{{Register: 0, Pop: 1, Keep: 4096, Gain: 1}}}
	in := chip.InputMap{Pop: 0, Off: []uint32{0}}
	for p := range o.Layers[0].In {
		in.Dst = append(in.Dst, chip.Target{Core: 0, Axon: uint16(p)})
		in.Off = append(in.Off, uint32(len(in.Dst)))
	}
	img.Inputs = []chip.InputMap{in}
	for k := range o.Layers {
		ci, err := gainCore(o, k)
		if err != nil {
			return nil, err
		}
		n := o.Layers[k].Out
		img.Pops = append(img.Pops, chip.Population{Name: fmt.Sprintf("layer %d", k+1), N: n, Depth: k, Output: k == gainDepth-1, Read: 1})
		img.Cores = append(img.Cores, chip.Core{ID: k, Image: ci, Runs: []chip.Run{{Pop: k + 1, N: n}}})
	}
	return img, img.Check()
}

// gainCore is layer k with the synapses into it.
func gainCore(o *GainOptions, k int) (*core.Image, error) {
	l := &o.Layers[k]
	g, err := gainGroup(o, k)
	if err != nil {
		return nil, err
	}
	ci := &core.Image{N: l.Out, Ring: 1, Ports: make([]core.Port, 1), Formats: []core.Format{{}}, OutOff: []uint32{0}, Groups: []core.Group{g}}
	row := make([]int32, l.Out)
	for p := range l.In {
		for j := range row {
			row[j] = int32(l.W[p*l.Out+j])
		}
		dfaAxon(ci, 0, 0, row...)
	}
	if k < gainDepth-1 {
		ci.Boxes = []int32{int32(k + 1)}
	}
	for j := range l.Out {
		if k < gainDepth-1 {
			ci.Out = append(ci.Out, core.OutAxon{Axon: uint16(j)})
		}
		ci.OutOff = append(ci.OutOff, uint32(len(ci.Out)))
	}
	return ci, nil
}

// gainGroup is the neurons of layer k. Those of the first layer have the gain;
// those of the last have a threshold that nothing reaches.
func gainGroup(o *GainOptions, k int) (core.Group, error) {
	l, name, unit := &o.Layers[k], "gain_hidden.uasm", int32(1)
	if k == 0 {
		name, unit = "gain_first.uasm", gainOne
	}
	text, err := gainText.ReadFile(name)
	if err != nil {
		return core.Group{}, fmt.Errorf("science: %w", err)
	}
	prog, err := asm.Assemble(string(text), name, asm.Options{Kind: isa.Neuron})
	if err != nil {
		return core.Group{}, err
	}
	threshold, start := l.Threshold*unit, l.Threshold/2*unit
	if k == gainDepth-1 {
		threshold, start = math.MaxInt32, 0
	}
	bias := make([]int32, l.Out)
	for j, b := range l.Bias {
		bias[j] = b * unit
	}
	g := core.Group{Name: fmt.Sprintf("layer %d", k+1), N: l.Out, Prog: prog, Substeps: 1,
		Params: [][]int32{{threshold}, {start}, bias, {int32(gainTicks + k)}, {gainEpoch - 1}}, State: make([]fixed.Layout, 2)}
	if k > 0 {
		g.Params = append(g.Params, []int32{int32(k)})
		return g, nil
	}
	moves := int32(-1)
	if o.Fixed {
		moves = 0
	}
	g.Params = append(g.Params, []int32{o.Target}, []int32{moves}, []int32{gainLeast}, []int32{gainMost})
	g.State = make([]fixed.Layout, 4)
	g.Init = [][]int32{gainWordGain: {gainOne}}
	return g, nil
}
