package bench

import (
	_ "embed"

	"hillock/chip"
	"hillock/core"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

//go:embed crossbar.uasm
var crossbarProgram string

// Side is the number of axons and of neurons of a crossbar core.
const Side = 256

// axonTypes is how many weights a neuron of a crossbar has.
const axonTypes = 4

// CrossbarCore is one core of a binary crossbar with typed axons, as peers
// are given it: an axon whose point is set adds the neuron's weight for the
// axon's type.
type CrossbarCore struct {
	Type   [Side]uint8
	Point  [Side][Side / 64]uint64 // [axon], bit = neuron
	Weight [Side][axonTypes]int16  // [neuron]
	Start  [Side]int32             // potential before the first tick
	Leak   int32                   // of all neurons
	Alpha  [Side]int32             // threshold; a spike takes it off
	Beta   int32                   // negative threshold; V stops there
	Dest   [Side]CrossbarTarget    // one in-axon per neuron, reached in the next tick
}

// CrossbarTarget is where the spikes of a neuron go.
type CrossbarTarget struct {
	Core int
	Axon uint8
}

// distinctCrossbars bounds the crossbars that a large chip is made of; cores
// share them in the image, and each stores its own.
const distinctCrossbars = 256

// Crossbar draws core c of a chip of so many cores: half of the points set,
// about 20 spikes per neuron in 1000 ticks, out of the leak and as many
// inputs of either sign. Every in-axon has one sender, so that no two spikes
// meet in it.
func Crossbar(c, cores int) *CrossbarCore {
	x := &CrossbarCore{Leak: 20, Beta: 1 << 16}
	seed := uint64(c%distinctCrossbars) << 32
	for a := range Side {
		x.Type[a] = uint8(a % axonTypes)
		for w := range x.Point[a] {
			x.Point[a][w] = draw(streamCross, seed+uint64(a*len(x.Point[a])+w)+1)
		}
	}
	for j := range Side {
		r := draw(streamRows, seed+uint64(j)+1)
		for k := range axonTypes {
			w := int16(1 + r>>(8*k)&15)
			if k%2 == 1 {
				w = -w
			}
			x.Weight[j][k] = w
		}
		x.Alpha[j] = 800 + int32(r>>32&0x1ff)
		x.Start[j] = int32(below(draw(streamStart, uint64(c*Side+j)+1), int(x.Alpha[j])))
		x.Dest[j] = CrossbarTarget{(c + below(draw(streamRows, uint64(j)+1), cores)) % cores, uint8(j*37 + 11)}
	}
	return x
}

// Crossbars makes a chip of crossbar cores, wired in a square.
func Crossbars(cores int) (*Net, error) {
	prog, err := asm.Assemble(crossbarProgram, "crossbar.uasm", asm.Options{})
	if err != nil {
		return nil, err
	}
	side := 1
	for side*side < cores {
		side++
	}
	img := &chip.Image{Chip: "crossbar", Mesh: chip.Mesh{X: side, Y: side, CoresPerTile: 1},
		Pops: []chip.Population{{Name: "neurons", N: cores * Side}}}
	shared := make([]*core.Image, min(cores, distinctCrossbars))
	for c := range cores {
		x := Crossbar(c, cores)
		ci := x.image(prog)
		if first := shared[c%distinctCrossbars]; first != nil {
			ci.Axons, ci.Crossbars = first.Axons, first.Crossbars
		} else {
			x.points(ci)
			shared[c%distinctCrossbars] = ci
		}
		x.routes(ci)
		img.Cores = append(img.Cores, chip.Core{ID: c, Image: ci, Runs: []chip.Run{{First: c * Side, N: Side}}})
	}
	return &Net{Image: img}, nil
}

// image is the core without its synapses.
func (x *CrossbarCore) image(prog *isa.Program) *core.Image {
	uniform := func(v int32) []int32 { return []int32{v} }
	g := core.Group{Name: "digital", N: Side, Prog: prog, Substeps: 1, Cap: 1,
		State: []fixed.Layout{{Width: 20, Over: fixed.Sat}}, Words: []string{"V"},
		Params: [][]int32{uniform(x.Leak), {0}, x.Alpha[:], uniform(x.Beta),
			{-1}, {0}, {-1}, // a spike takes the threshold off
			{0}, uniform(-x.Beta), {0}}, // below, V stops
		Init: [][]int32{x.Start[:]}}
	return &core.Image{N: Side, Ring: 1, Ports: []core.Port{{Acc: fixed.Layout{Width: 32, Over: fixed.Wrap}}},
		Groups: []core.Group{g}, Formats: []core.Format{{}}, OutOff: make([]uint32, Side+1)}
}

// points writes the crossbar and its in-axons.
func (x *CrossbarCore) points(ci *core.Image) {
	bar := core.Crossbar{N: Side, Types: x.Type[:], Mant: make([][]int32, axonTypes)}
	for t := range bar.Mant {
		for j := range Side {
			bar.Mant[t] = append(bar.Mant[t], int32(x.Weight[j][t]))
		}
	}
	for a := range Side {
		bar.Bits = append(bar.Bits, x.Point[a][:]...)
		ci.Axons = append(ci.Axons, core.Axon{Off: uint32(a), Kernel: 1, Words: Side / 64})
	}
	for a := range ci.Axons {
		ci.Axons[a].N = uint32(bar.Count(a))
	}
	ci.Crossbars = []core.Crossbar{bar}
}

// routes writes the out-axons; boxes are the target cores, ascending.
func (x *CrossbarCore) routes(ci *core.Image) {
	var cores []int
	for _, d := range x.Dest {
		cores = append(cores, d.Core)
	}
	boxOf := ascending(cores)
	for _, c := range boxOf {
		ci.Boxes = append(ci.Boxes, int32(c))
	}
	for j, d := range x.Dest {
		ci.Out = append(ci.Out, core.OutAxon{Box: uint16(place(boxOf, d.Core)), Axon: uint16(d.Axon)})
		ci.OutOff[j+1] = uint32(j + 1)
	}
}

func crossbarWork(cores int) func() (*Net, error) {
	return func() (*Net, error) { return Crossbars(cores) }
}
