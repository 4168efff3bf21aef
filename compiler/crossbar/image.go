package crossbar

import (
	"fmt"
	"slices"

	"hillock/chip"
	"hillock/core"
)

// The roles that groups of a description play here.
const (
	roleNeurons = "crossbar"       // neurons behind a crossbar
	rolePlain   = "crossbar-plain" // the same where what it does not read is at its default
	rolePins    = "pins"           // pins of a bus
)

// maxGrid bounds the sides of a grid.
const maxGrid = 4096

// builder makes one image.
type builder struct {
	m     *Model
	f     *chip.Family
	img   *chip.Image
	cells []cell // ascending by tile
	at    map[int]int32
}

// cell is a place of the grid in use: a core or, if Core is -1, a bus.
type cell struct{ tile, core, bus int }

// Image checks a model against a description and makes its image. Populations
// are the cores in the order of the model, then the buses, then the inputs of
// the cores and of the buses, see Core and Bus. Errors name the core and what is needed.
func (m *Model) Image(f *chip.Family) (*chip.Image, error) {
	b := &builder{m: m, f: f, at: map[int]int32{}}
	for _, step := range [...]func() error{b.check, b.place, b.populations, b.cores, b.inputs} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("crossbar: %w", err)
		}
	}
	if err := b.img.Check(); err != nil {
		return nil, err
	}
	return b.img, nil
}

// place sorts the cells by tile: cores of an image ascend.
func (b *builder) place() error {
	for i := range b.m.Cores {
		b.cells = append(b.cells, cell{b.tile(b.m.Cores[i].X, b.m.Cores[i].Y), i, -1})
	}
	for i := range b.m.Buses {
		b.cells = append(b.cells, cell{b.tile(b.m.Buses[i].X, b.m.Buses[i].Y), -1, i})
	}
	slices.SortStableFunc(b.cells, func(a, c cell) int { return a.tile - c.tile })
	for i, c := range b.cells {
		if _, taken := b.at[c.tile]; taken {
			return fmt.Errorf("cell (%d, %d) of the grid is taken twice", c.tile%b.m.X, c.tile/b.m.X)
		}
		b.at[c.tile] = int32(i)
	}
	return nil
}

func (b *builder) tile(x, y int) int { return y*b.m.X + x }

func (b *builder) populations() error {
	m, f := b.m, b.f
	b.img = &chip.Image{Chip: f.Name, ChipHash: f.Hash, Fidelity: f.Fidelity, Latency: f.Latency, Energy: f.Energy, Routers: f.Routers,
		Mesh: chip.Mesh{X: m.X, Y: m.Y, CoresPerTile: 1}}
	for _, kv := range m.Meta {
		b.img.Meta = append(b.img.Meta, chip.KV{Key: kv[0], Value: kv[1]})
	}
	for i := range m.Cores {
		b.img.Pops = append(b.img.Pops, chip.Population{Name: m.Cores[i].Name, N: m.Cores[i].N, Output: len(m.Buses) == 0})
	}
	for i := range m.Buses {
		b.img.Pops = append(b.img.Pops, chip.Population{Name: m.Buses[i].Name, N: m.Buses[i].Pins, Output: true, Depth: 1})
	}
	for i := range m.Cores {
		b.img.Pops = append(b.img.Pops, chip.Population{Name: m.Cores[i].Name + ".in", N: m.Axons * max(1, m.Delays), Input: true})
	}
	for i := range m.Buses {
		b.img.Pops = append(b.img.Pops, chip.Population{Name: m.Buses[i].Name + ".in", N: m.Buses[i].Pins, Input: true})
	}
	return nil
}

func (b *builder) cores() error {
	for _, c := range b.cells {
		pop, name, make := c.core, "", b.bus
		if c.core < 0 {
			pop, name = len(b.m.Cores)+c.bus, "bus "+b.m.Buses[c.bus].Name
		} else {
			name, make = "core "+b.m.Cores[c.core].Name, b.core
		}
		ci, err := make(c)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b.img.Cores = append(b.img.Cores, chip.Core{ID: c.tile, Image: ci, Runs: []chip.Run{{Pop: pop, N: ci.N}}})
	}
	return nil
}

// core makes the image of a core.
func (b *builder) core(at cell) (*core.Image, error) {
	c := &b.m.Cores[at.core]
	v := fields{c.Fields, b.m.Fields}
	ci, err := b.bound(b.neurons(c.N, v), c.N, v)
	if err != nil {
		return nil, err
	}
	if ci.Rows == 0 {
		return nil, fmt.Errorf("description %q has no axon store of rows", b.f.Name)
	}
	ci.Crossbars = []core.Crossbar{{N: int32(c.N), Types: c.Types, Bits: c.Points, Mant: c.Weights, Chance: c.Chance}}
	x := &ci.Crossbars[0]
	if x.Bits == nil {
		x.Bits = make([]uint64, len(c.Types)*c.Words())
	}
	for a := range c.Types {
		ci.Axons = append(ci.Axons, core.Axon{Off: uint32(a), N: uint32(x.Count(a)), Kernel: 1, Words: uint32(x.Words())})
	}
	return ci, b.routes(ci, c)
}

// neurons is the role of a core's neurons.
func (b *builder) neurons(n int, v chip.Vars) string {
	all, _ := b.f.Role(roleNeurons)
	plain, ok := b.f.Role(rolePlain)
	if !ok || plain.Group == "" {
		return roleNeurons
	}
	read := b.f.GroupFields(plain.Group)
	for _, name := range b.f.GroupFields(all.Group) {
		if slices.Contains(read, name) {
			continue
		}
		x := b.f.Fields[slices.IndexFunc(b.f.Fields, func(x chip.Field) bool { return x.Name == name })]
		for i := range n {
			if val, ok := v.Neuron(name, i); !x.HasDefault || ok && val != x.Default {
				return roleNeurons
			}
		}
	}
	return rolePlain
}

// bound evaluates the description for the neurons of a core.
func (b *builder) bound(role string, n int, v chip.Vars) (*core.Image, error) {
	r, ok := b.f.Role(role)
	if !ok || r.Group == "" {
		return nil, fmt.Errorf("description %q has no group for the role %q", b.f.Name, role)
	}
	ci, err := b.f.BindCore(v)
	if err != nil {
		return nil, err
	}
	g, err := b.f.BindGroup(r.Group, n, v)
	if err != nil {
		return nil, err
	}
	ci.N, ci.Groups, ci.Formats = n, []core.Group{g}, []core.Format{{Scale: int(b.f.Weights.Scale)}}
	ci.OutOff = make([]uint32, n+1)
	return &ci, nil
}

// routes writes the out-axons; boxes are the target cores, ascending.
func (b *builder) routes(ci *core.Image, c *Core) error {
	for _, d := range c.Dest {
		if !d.None {
			ci.Boxes = append(ci.Boxes, b.at[b.tile(d.X, d.Y)])
		}
	}
	slices.Sort(ci.Boxes)
	ci.Boxes = slices.Compact(ci.Boxes)
	for j, d := range c.Dest {
		if !d.None {
			to := b.at[b.tile(d.X, d.Y)]
			box, _ := slices.BinarySearch(ci.Boxes, to)
			delay := d.Delay
			if b.cells[to].core < 0 {
				delay = 0 // a bus has no rows to wait in
			}
			address := d.Axon + delay*b.axons(to)
			if address >= 1<<16 {
				return fmt.Errorf("neuron %d: delay %d, need below %d", j, delay, 1<<16/b.axons(to))
			}
			ci.Out = append(ci.Out, core.OutAxon{Box: uint16(box), Axon: uint16(address)})
		}
		ci.OutOff[j+1] = uint32(len(ci.Out))
	}
	return nil
}

// axons is the number of in-axons of a cell.
func (b *builder) axons(cell int32) int {
	if c := b.cells[cell]; c.core < 0 {
		return b.m.Buses[c.bus].Pins
	}
	return b.m.Axons
}

// bus makes a core whose neurons are pins: pin p fires in the tick after a
// spike was sent to it. Its store has the least number of rows, since spikes
// that meet at a pin merge too.
func (b *builder) bus(at cell) (*core.Image, error) {
	n := b.m.Buses[at.bus].Pins
	ci, err := b.bound(rolePins, n, fields{b.m.Fields})
	if err != nil {
		return nil, err
	}
	ci.Rows = 2
	for p := range n {
		ci.Axons = append(ci.Axons, core.Axon{Off: uint32(p), N: 1})
		ci.Syn = append(ci.Syn, core.Synapse{Target: uint16(p), Mant: 1})
	}
	return ci, nil
}

// inputs gives the host a way to every in-axon at every delay, and to every pin.
func (b *builder) inputs() error {
	m, first := b.m, len(b.m.Cores)+len(b.m.Buses)
	for i := range m.Cores {
		b.input(first+i, b.at[b.tile(m.Cores[i].X, m.Cores[i].Y)])
	}
	for i := range m.Buses {
		b.input(first+len(m.Cores)+i, b.at[b.tile(m.Buses[i].X, m.Buses[i].Y)])
	}
	return nil
}

// input wires an input population to the addresses of a cell, from 0 on.
func (b *builder) input(pop int, cell int32) {
	n := b.img.Pops[pop].N
	in := chip.InputMap{Pop: pop, Off: make([]uint32, n+1), Dst: make([]chip.Target, n)}
	for a := range n {
		in.Dst[a], in.Off[a+1] = chip.Target{Core: uint16(cell), Axon: uint16(a)}, uint32(a+1)
	}
	b.img.Inputs = append(b.img.Inputs, in)
}
