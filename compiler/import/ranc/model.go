package ranc

import (
	"fmt"
	"math"

	"hillock/compiler/crossbar"
)

// Idle are fields of a neuron that never fires by itself.
var Idle = []crossbar.Column{{Name: "leak", Values: []int64{0}}, {Name: "pos_threshold", Values: []int64{1}}, {Name: "neg_threshold", Values: []int64{-1}},
	{Name: "reset_potential", Values: []int64{0}}, {Name: "reset_mode", Values: []int64{0}}, {Name: "v_start", Values: []int64{0}}}

type builder struct {
	f     *File
	c     *Config
	m     *crossbar.Model
	taken map[[2]int]bool
}

// place is a new core without synapses at a cell.
func (b *builder) place(at [2]int, n int) crossbar.Core {
	b.taken[at] = true
	return crossbar.Core{Name: fmt.Sprintf("x%dy%d", at[0], at[1]), X: at[0], Y: at[1], N: n, Types: make([]uint8, b.c.Axons), Dest: make([]crossbar.Dest, n)}
}

func (b *builder) core(k *Core) error {
	switch {
	case k.At == nil:
		return fmt.Errorf("no coordinates")
	case !b.inside(*k.At) || b.taken[*k.At]:
		return fmt.Errorf("coordinates (%d, %d), need a free cell of the grid of %d x %d", k.At[0], k.At[1], b.c.X, b.c.Y)
	case len(k.Neurons) < 1 || len(k.Neurons) > b.c.Neurons || len(k.Connections) > len(k.Neurons):
		return fmt.Errorf("%d neurons and %d rows of connections, need 1..%d and no more rows than neurons", len(k.Neurons), len(k.Connections), b.c.Neurons)
	case len(k.Axons) > b.c.Axons:
		return fmt.Errorf("%d axons, need at most %d", len(k.Axons), b.c.Axons)
	}
	out := b.place(*k.At, len(k.Neurons))
	for a, t := range k.Axons {
		if t < 0 || t >= b.c.Weights || t > 255 {
			return fmt.Errorf("axon %d has type %d, need 0..%d", a, t, min(b.c.Weights-1, 255))
		}
		out.Types[a] = uint8(t)
	}
	for j, row := range k.Connections {
		if len(row) > b.c.Axons {
			return fmt.Errorf("neuron %d has %d connections, need at most %d", j, len(row), b.c.Axons)
		}
		for a, on := range row {
			if on > 1 {
				return fmt.Errorf("neuron %d: connection %d is %d, need 0 or 1", j, a, on)
			} else if on == 1 {
				out.Set(a, j)
			}
		}
	}
	if err := b.neurons(&out, k); err != nil {
		return err
	}
	b.m.Cores = append(b.m.Cores, out)
	return nil
}

func (b *builder) inside(at [2]int) bool {
	return at[0] >= 0 && at[1] >= 0 && at[0] < b.c.X && at[1] < b.c.Y
}

func (b *builder) neurons(out *crossbar.Core, k *Core) error {
	types := 1
	for _, t := range out.Types {
		types = max(types, int(t)+1)
	}
	out.Weights = make([][]int32, types)
	cols := [...]crossbar.Column{{Name: "leak"}, {Name: "pos_threshold"}, {Name: "neg_threshold"}, {Name: "reset_potential"}, {Name: "reset_mode"}, {Name: "v_start"}}
	for j := range k.Neurons {
		n := &k.Neurons[j]
		if len(n.Weights) > b.c.Weights {
			return fmt.Errorf("neuron %d has %d weights, need at most %d", j, len(n.Weights), b.c.Weights)
		}
		for t := range types {
			w := int64(0)
			if t < len(n.Weights) {
				w = n.Weights[t]
			}
			if w < math.MinInt32 || w > math.MaxInt32 {
				return fmt.Errorf("neuron %d: weight %d, need 32 bits", j, w)
			}
			out.Weights[t] = append(out.Weights[t], int32(w))
		}
		for i, v := range [...]int64{n.Leak, n.Pos, n.Neg, n.Reset, n.Mode, n.Current} {
			cols[i].Values = append(cols[i].Values, v)
		}
		switch {
		case n.Offset == nil:
			return fmt.Errorf("neuron %d has no destination_core_offset", j)
		case n.Tick < 0 || n.Tick >= b.c.Rows:
			return fmt.Errorf("neuron %d has destination_tick %d, need 0..%d", j, n.Tick, b.c.Rows-1)
		case max(n.Offset[0], n.Offset[1]) > maxSide || min(n.Offset[0], n.Offset[1]) < -maxSide:
			return fmt.Errorf("neuron %d sends to (%d, %d) from here, need a cell of the grid of %d x %d", j, n.Offset[0], n.Offset[1], b.c.X, b.c.Y)
		}
		out.Dest[j] = crossbar.Dest{X: out.X + n.Offset[0], Y: out.Y + n.Offset[1], Axon: n.Axon, Delay: n.Tick}
	}
	out.Fields = cols[:]
	return nil
}

// fill gives a core without synapses to the cells that spikes go to.
func (b *builder) fill() {
	want := func(at [2]int) {
		if !b.inside(at) || b.taken[at] || len(b.m.Cores) > maxAxons/b.c.Axons {
			return
		}
		c := b.place(at, 1)
		c.Dest[0].None = true
		c.Weights = [][]int32{{0}}
		c.Fields = []crossbar.Column{{Name: "pos_threshold", Values: []int64{1}}, {Name: "neg_threshold", Values: []int64{-1}}}
		b.m.Cores = append(b.m.Cores, c)
	}
	for i := range b.f.Cores {
		for _, d := range b.m.Cores[i].Dest {
			want([2]int{d.X, d.Y})
		}
	}
	for _, list := range b.f.Packets {
		for _, p := range list {
			want(p.Core)
		}
	}
}

// Input is a packet of the host as an event: in tick Tick, for in-axon Axon
// of the cell behind population Pop, Delay ticks later. A bus takes no delay.
type Input struct {
	Tick        int64
	Pop         string
	Axon, Delay int
}

// Inputs are the packets of the file: list i enters in tick i.
func (f *File) Inputs() []Input {
	var out []Input
	for i, list := range f.Packets {
		for _, p := range list {
			in := Input{int64(i), fmt.Sprintf("x%dy%d.in", p.Core[0], p.Core[1]), p.Axon, p.Tick}
			if p.Core == f.Bus.At {
				in.Pop, in.Delay = "bus.in", 0
			}
			out = append(out, in)
		}
	}
	return out
}
