package science

import (
	_ "embed"

	"hillock/chip"
	"hillock/core"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

//go:embed xor.uasm
var xorText string

//go:embed xor_soma.uasm
var xorSomaText string

// XOR is the exclusive or in one neuron of two compartments (after Gidon et al.
// 2020, whose dendritic action potentials answer to one of two inputs and not to
// both): spikes of the soma in 8 ticks for inputs 00, 01, 10, 11. The set
// records 0, 2, 2, 0. The join is modelled: no public emulator runs one.
func XOR(engine string, workers int) (spikes [4]int64, err error) {
	img, err := xorImage()
	if err != nil {
		return spikes, err
	}
	m, err := chip.New(img, chip.Options{Engine: engine, Workers: workers})
	if err != nil {
		return spikes, err
	}
	rec := chip.NewRecorder(img, false)
	for in := range spikes {
		m.Reset()
		before := rec.Total[2]
		src := func(_ int64, dst []chip.Injection) []chip.Injection {
			for k := range 2 {
				if in>>k&1 == 1 {
					dst = append(dst, chip.Injection{Index: int32(k), Payload: 1})
				}
			}
			return dst
		}
		if err := m.Run(8, src, rec.Tick); err != nil {
			return spikes, err
		}
		spikes[in] = rec.Total[2] - before
	}
	return spikes, nil
}

func xorImage() (*chip.Image, error) {
	dendrite, err := asm.Assemble(xorText, "xor.uasm", asm.Options{})
	if err != nil {
		return nil, err
	}
	soma, err := asm.Assemble(xorSomaText, "xor_soma.uasm", asm.Options{})
	if err != nil {
		return nil, err
	}
	ci := &core.Image{Ring: 1, Ports: []core.Port{{}}, Formats: []core.Format{{}}, N: 2, OutOff: make([]uint32, 3),
		Axons: []core.Axon{{N: 1}, {Off: 1, N: 1}}, Syn: []core.Synapse{{Mant: 10}, {Mant: 10}},
		Groups: []core.Group{
			{Name: "dendrite", N: 1, Prog: dendrite, Substeps: 1, State: make([]fixed.Layout, 1), Params: [][]int32{{10}, {20}, {25}}},
			{Name: "soma", Base: 1, N: 1, Prog: soma, Substeps: 1, State: make([]fixed.Layout, 1), Params: [][]int32{{100}, {0}}},
		}}
	img := &chip.Image{Chip: "xor", Mesh: chip.Mesh{X: 1, Y: 1, CoresPerTile: 1},
		Pops:   []chip.Population{{Name: "in", N: 2, Input: true}, {Name: "dendrite", N: 1}, {Name: "soma", N: 1, Output: true}},
		Inputs: []chip.InputMap{{Off: []uint32{0, 1, 2}, Dst: []chip.Target{{Axon: 0}, {Axon: 1}}}},
		Cores:  []chip.Core{{Image: ci, Runs: []chip.Run{{Pop: 1, Base: 0, N: 1}, {Pop: 2, Base: 1, N: 1}}}}}
	return img, img.Check()
}
