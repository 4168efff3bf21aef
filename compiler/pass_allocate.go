package compiler

import (
	"slices"

	"hillock/chip"
)

// mostAxons is the number of in-axons that the image can address per core.
const mostAxons = 1 << 16

// passAllocate numbers the in-axons of every core and gives every neuron its
// out-axons: one per in-axon that its spikes feed.
func passAllocate(u *Unit) error {
	for c := range u.Cores {
		core := &u.Cores[c]
		if core.Use.InAxons > mostAxons {
			u.misfit(Misfit{"", core.ID, limInAxons, core.Use.InAxons, mostAxons, "the image numbers in-axons with 16 bits"})
		}
		core.out = make([][]chip.Target, core.Use.Compartments)
	}
	u.inputs = make([][][]chip.Target, len(u.Pops))
	if len(u.Cores) > places(u.Family.Mesh) {
		return nil // cores without a place have no ways to measure, and no image
	}
	at := u.sites()
	for c := range u.Cores {
		axon := 0
		u.Cores[c].alloc.each(func(b *rows, j int) {
			u.connect(at, b.key.pre, j, chip.Target{Core: uint16(c), Axon: uint16(axon)})
			axon++
		})
	}
	u.measureMapping()
	return nil
}

// site is a place of a neuron: a core of the plan and a compartment.
type site struct{ core, comp int32 }

// sites lists where every neuron sits; inputs have no sites.
func (u *Unit) sites() [][]site {
	at := make([][]site, len(u.Pops))
	for c := range u.Cores {
		for _, s := range u.Cores[c].Slices {
			if at[s.Pop] == nil {
				at[s.Pop] = make([]site, u.Pops[s.Pop].Src.N)
			}
			for i := range s.N {
				at[s.Pop][s.First+i] = site{int32(c), int32(s.Base + i)}
			}
		}
	}
	return at
}

// connect leads the spikes of a neuron to an in-axon.
func (u *Unit) connect(at [][]site, pop, neuron int, t chip.Target) {
	if at[pop] != nil {
		s := at[pop][neuron]
		out := &u.Cores[s.core].out[s.comp]
		*out = append(*out, t)
		return
	}
	if u.inputs[pop] == nil {
		u.inputs[pop] = make([][]chip.Target, u.Pops[pop].Src.N)
	}
	u.inputs[pop][neuron] = append(u.inputs[pop][neuron], t)
}

func sign(x int) int {
	if x < 0 {
		return -1
	}
	return 1
}

// sortCores orders cores by place.
func sortCores(cores []CorePlan) {
	slices.SortFunc(cores, func(a, b CorePlan) int { return a.ID - b.ID })
}
