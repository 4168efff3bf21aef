// Package crossbar makes images of networks that are given core by core: a
// binary crossbar with typed in-axons, register fields per neuron and one
// destination each, as files of digital crossbar chips hold them. Nothing is
// quantised, split or placed: every number is the chip's own.
package crossbar

import "slices"

// Model is a network of crossbar cores on a grid.
type Model struct {
	X, Y   int // tiles of the grid
	Axons  int // in-axons per core
	Cores  []Core
	Buses  []Bus
	Fields []Column // register fields of scope core, for all cores
	// Delays is how many delays the host can give a spike: neuron d*Axons + a of
	// a core's input population is in-axon a, d ticks later. 0 = 1.
	Delays int
	Meta   [][2]string // provenance lines: key, value
}

// Core is one core of a Model with N neurons.
type Core struct {
	Name    string // of its population; inputs are Name + ".in"
	X, Y    int
	N       int
	Types   []uint8   // [in-axon], an index into Weights
	Points  []uint64  // (N+63)/64 words per in-axon, neuron 0 in bit 0; nil = none set
	Weights [][]int32 // [type][neuron]
	Chance  [][]uint8 // [type][neuron] 1 = the weight is a probability; nil = none is
	Fields  []Column
	Dest    []Dest // per neuron
}

// Bus is a cell of the grid that takes spikes out of the network, pin by pin.
type Bus struct {
	Name string // of its population; inputs are Name + ".in"
	X, Y int
	Pins int
}

// Column is a register field: one value for all neurons, or one each.
type Column struct {
	Name   string
	Values []int64
}

// Dest is where a neuron's spikes go: a cell of the grid, there an in-axon or a
// pin, Delay ticks after the earliest tick possible.
type Dest struct {
	None       bool
	X, Y, Axon int
	Delay      int
}

// Place is the image's core for the cell of core i of the model, of bus
// i - len(Cores) behind them: images number cells row by row.
func (m *Model) Place(i int) int {
	cell := func(i int) int {
		if i < len(m.Cores) {
			return m.Cores[i].Y*m.X + m.Cores[i].X
		}
		u := &m.Buses[i-len(m.Cores)]
		return u.Y*m.X + u.X
	}
	place, own := 0, cell(i)
	for k := range len(m.Cores) + len(m.Buses) {
		if cell(k) < own {
			place++
		}
	}
	return place
}

// Pad gives every core n neurons. Those that it lacks have neither synapses nor
// a destination, and in the fields of idle the one value there.
func (m *Model) Pad(n int, idle []Column) {
	for i := range m.Cores {
		if c := &m.Cores[i]; c.N < n {
			c.pad(n, idle)
		}
	}
}

func (c *Core) pad(n int, idle []Column) {
	old, more := *c, n-c.N
	c.N, c.Points, c.Weights, c.Fields = n, nil, slices.Clone(c.Weights), slices.Clone(c.Fields)
	for a := 0; a < len(c.Types) && old.Points != nil; a++ {
		for j := range old.N {
			if old.Points[a*old.Words()+j/64]>>(j%64)&1 != 0 {
				c.Set(a, j)
			}
		}
	}
	for t := range c.Weights {
		c.Weights[t] = append(slices.Clone(c.Weights[t]), make([]int32, more)...)
	}
	for k, f := range c.Fields {
		at := slices.IndexFunc(idle, func(x Column) bool { return x.Name == f.Name })
		if at < 0 {
			continue
		}
		if len(f.Values) == 1 {
			f.Values = slices.Repeat(f.Values, old.N)
		}
		c.Fields[k].Values = append(slices.Clone(f.Values), slices.Repeat(idle[at].Values[:1], more)...)
	}
	c.Dest = append(slices.Clone(c.Dest), slices.Repeat([]Dest{{None: true}}, more)...)
	if c.Chance != nil {
		c.Chance = slices.Clone(c.Chance)
		for t := range c.Chance {
			c.Chance[t] = append(slices.Clone(c.Chance[t]), make([]uint8, more)...)
		}
	}
}

// stochastic are the register fields that make a neuron draw if they are not 0.
var stochastic = []string{"leak_random", "mask"}

// Stochastic is the number of cores that draw random numbers.
func (m *Model) Stochastic() int {
	n := 0
	for i := range m.Cores {
		draws := m.Cores[i].Chance != nil
		for _, f := range m.Cores[i].Fields {
			draws = draws || slices.Contains(stochastic, f.Name) && slices.ContainsFunc(f.Values, func(v int64) bool { return v != 0 })
		}
		if draws {
			n++
		}
	}
	return n
}

// Words is the number of 64-bit words of a row of Points.
func (c *Core) Words() int { return (c.N + 63) / 64 }

// Set sets the point of an in-axon and a neuron, which must exist.
func (c *Core) Set(axon, neuron int) {
	if c.Points == nil {
		c.Points = make([]uint64, len(c.Types)*c.Words())
	}
	c.Points[axon*c.Words()+neuron/64] |= 1 << (neuron % 64)
}

// fields serves columns to the expressions of a description.
type fields [2][]Column // of the core, of the model

func (f fields) find(name string, i int) (int64, bool) {
	for _, cols := range f {
		for k := range cols {
			if v := cols[k].Values; cols[k].Name == name && len(v) == 1 {
				return v[0], true
			} else if cols[k].Name == name && i >= 0 && i < len(v) {
				return v[i], true
			}
		}
	}
	return 0, false
}

// Core is the value of a field that all neurons share.
func (f fields) Core(name string) (int64, bool) { return f.find(name, -1) }

// Neuron is the value of a field for neuron i.
func (f fields) Neuron(name string, i int) (int64, bool) { return f.find(name, i) }
