package corelet

import (
	"fmt"
	"slices"

	"hillock/compiler/crossbar"
)

// model puts the parts of a file together.
func (f *file) model() (*crossbar.Model, error) {
	switch {
	case f.head.CrossbarSize == nil || *f.head.CrossbarSize != side:
		return nil, fmt.Errorf("crossbarSize, need %d", side)
	case len(f.cores) == 0:
		return nil, fmt.Errorf("no core, need at least 1")
	case f.head.CoreCount != nil && int(*f.head.CoreCount) != len(f.cores):
		return nil, fmt.Errorf("coreCount is %d, have %d cores", *f.head.CoreCount, len(f.cores))
	}
	slices.SortStableFunc(f.cores, func(a, b coreText) int { return int(a.ID - b.ID) })
	m := &crossbar.Model{X: gridSide, Y: gridSide, Axons: side}
	for i := range f.cores {
		c := &f.cores[i]
		if c.ID < 0 || c.ID >= maxCores || i > 0 && c.ID == f.cores[i-1].ID {
			return nil, fmt.Errorf("line %d: core %d, need numbers of 0..%d, each once", c.line, c.ID, maxCores-1)
		}
		if err := f.core(m, c); err != nil {
			return nil, fmt.Errorf("line %d: core %d: %w", c.line, c.ID, err)
		}
	}
	return m, f.wire(m)
}

// core adds a core without its destinations.
func (f *file) core(m *crossbar.Model, c *coreText) error {
	for _, l := range [...]struct {
		name string
		have runs
	}{{"types", c.Neurons.Types}, {"destCores", c.Neurons.DestCores}, {"destAxons", c.Neurons.DestAxons}, {"destDelays", c.Neurons.DestDelays}} {
		if len(l.have) != side {
			return fmt.Errorf("%d entries of %s, need %d", len(l.have), l.name, side)
		}
	}
	for i, d := range c.Neurons.Dendrites {
		if d != int64(i) {
			return fmt.Errorf("dendrite %d of neuron %d, need 0, 1, 2, ... in order", d, i)
		}
	}
	if c.Scale != 0 {
		return fmt.Errorf("timeScaleExponent %d, need 0", c.Scale)
	}
	a, err := f.crossbarOf(c.Crossbar)
	if err != nil {
		return err
	}
	out := crossbar.Core{Name: fmt.Sprintf("core%d", c.ID), X: int(c.ID) % gridSide, Y: int(c.ID) / gridSide, N: side,
		Types: a.types, Points: a.points, Dest: make([]crossbar.Dest, side)}
	if err := f.neuronsOf(&out, c.Neurons.Types); err != nil {
		return err
	}
	m.Cores = append(m.Cores, out)
	return nil
}

// neuronsOf writes weights and fields of all neurons.
func (f *file) neuronsOf(out *crossbar.Core, kinds runs) error {
	random := false
	weights, chances := make([][]int32, types), make([][]uint8, types)
	values := make([][]int64, len(fieldNames))
	for j, kind := range kinds {
		n := unused
		if kind != 0 {
			if n = f.neurons[kind]; n == nil {
				return fmt.Errorf("neuron %d is of type %d, which the file does not have", j, kind)
			}
		}
		for g := range types {
			weights[g], chances[g] = append(weights[g], n.weight[g]), append(chances[g], n.chance[g])
			random = random || n.chance[g] == 1
		}
		for k, v := range n.field {
			values[k] = append(values[k], v)
		}
	}
	out.Weights = weights
	if random {
		out.Chance = chances
	}
	for k, name := range fieldNames {
		col := values[k]
		if !slices.ContainsFunc(col, func(v int64) bool { return v != col[0] }) {
			col = []int64{col[0]}
		}
		out.Fields = append(out.Fields, crossbar.Column{Name: name, Values: col})
	}
	return nil
}

// wire turns numbers of cores and buses into cells of the grid.
func (f *file) wire(m *crossbar.Model) error {
	pins := map[int64]int{} // by bus
	var buses []int64
	for i := range f.cores {
		n := &f.cores[i].Neurons
		for j, to := range n.DestCores {
			if to > firstBus || n.Types[j] == 0 {
				continue
			}
			if n.DestAxons[j] < 0 || n.DestAxons[j] >= 1<<15 {
				return fmt.Errorf("core %d: neuron %d goes to pin %d of bus %d, need 0..%d", f.cores[i].ID, j, n.DestAxons[j], to, 1<<15-1)
			}
			if _, known := pins[to]; !known {
				buses = append(buses, to)
			}
			pins[to] = max(pins[to], int(n.DestAxons[j])+1)
		}
	}
	slices.SortFunc(buses, func(a, b int64) int { return int(b - a) })
	if len(buses) > maxCores {
		return fmt.Errorf("%d buses, need at most %d", len(buses), maxCores)
	}
	place := map[int64]int{}
	for k, no := range buses {
		place[no] = k
		m.Buses = append(m.Buses, crossbar.Bus{Name: fmt.Sprintf("bus%d", no), X: k % gridSide, Y: gridSide + k/gridSide, Pins: pins[no]})
	}
	m.Y += (len(buses) + gridSide - 1) / gridSide
	for i := range f.cores {
		if err := f.dests(m, i, place); err != nil {
			return fmt.Errorf("line %d: core %d: %w", f.cores[i].line, f.cores[i].ID, err)
		}
	}
	return nil
}

func (f *file) dests(m *crossbar.Model, i int, bus map[int64]int) error {
	c := &f.cores[i]
	for j := range side {
		to, axon, delay := c.Neurons.DestCores[j], c.Neurons.DestAxons[j], c.Neurons.DestDelays[j]
		d := &m.Cores[i].Dest[j]
		switch {
		case to < 0 && to > firstBus || c.Neurons.Types[j] == 0:
			d.None = true
			continue
		case delay < 1 || delay > 15:
			return fmt.Errorf("neuron %d has delay %d, need 1..15", j, delay)
		case axon < 0 || axon >= 1<<15:
			return fmt.Errorf("neuron %d goes to in-axon %d, need 0..%d", j, axon, side-1)
		case to >= maxCores:
			return fmt.Errorf("neuron %d goes to core %d, need at most %d", j, to, maxCores-1)
		}
		*d = crossbar.Dest{X: int(to) % gridSide, Y: int(to) / gridSide, Axon: int(axon), Delay: int(delay) - 1}
		if to <= firstBus {
			b := &m.Buses[bus[to]]
			*d = crossbar.Dest{X: b.X, Y: b.Y, Axon: int(axon)}
		}
	}
	return nil
}
