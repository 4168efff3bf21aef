package chip

import (
	"fmt"
	"math"

	"hillock/isa"
)

// Modulator drives a neuromodulator register of every core by the rate of a
// population: after each tick
//
//	register = floor(register * Keep / 4096) + Gain * spikes of the population in that tick
//
// held to 0 .. Top, and what neuron and learning programs read in the next tick.
type Modulator struct {
	Register int // 0..3
	Pop      int
	Keep     int32 // 0..4096
	Gain     int32
	Top      int32 // 0 = the largest number
}

// checkModulators verifies registers, populations and ranges.
func (img *Image) checkModulators() error {
	var driven [isa.NumMOD]bool
	for n, d := range img.Modulators {
		switch {
		case d.Register < 0 || d.Register >= isa.NumMOD:
			return fmt.Errorf("chip: modulator %d drives register %d, need 0..%d", n, d.Register, isa.NumMOD-1)
		case driven[d.Register]:
			return fmt.Errorf("chip: modulator %d drives register %d, which another one drives", n, d.Register)
		case d.Pop < 0 || d.Pop >= len(img.Pops) || img.Pops[d.Pop].Input:
			return fmt.Errorf("chip: modulator %d follows population %d, need one on the chip of %d", n, d.Pop, len(img.Pops))
		case d.Keep < 0 || d.Keep > 4096 || d.Top < 0:
			return fmt.Errorf("chip: modulator %d keeps %d of 4096 up to %d, need 0..4096 and 0 or more", n, d.Keep, d.Top)
		}
		driven[d.Register] = true
	}
	return nil
}

// modulate moves the registers that populations drive, between two ticks.
func (m *Machine) modulate() {
	for k := range m.img.Modulators {
		d := &m.img.Modulators[k]
		spikes := int64(0)
		for _, p := range m.pieces[k] {
			for _, s := range m.cores[p.core].Spikes {
				if s.Comp >= p.lo && s.Comp < p.hi {
					spikes++
				}
			}
		}
		top := int64(d.Top)
		if top == 0 {
			top = math.MaxInt32
		}
		for _, c := range m.cores {
			r := &c.State.Mods[d.Register]
			*r = int32(min(max(int64(*r)*int64(d.Keep)>>12+int64(d.Gain)*spikes, 0), top))
		}
	}
}

// piece is a run of compartments of a population.
type piece struct {
	core   int
	lo, hi int32
}

// piecesOf lists where the populations of the modulators sit.
func piecesOf(img *Image) [][]piece {
	out := make([][]piece, len(img.Modulators))
	for k, d := range img.Modulators {
		for i := range img.Cores {
			for _, r := range img.Cores[i].Runs {
				if r.Pop == d.Pop {
					out[k] = append(out[k], piece{i, int32(r.Base), int32(r.Base + r.N)})
				}
			}
		}
	}
	return out
}

// codeModulators codes the section MODU, which is there only if a population
// drives a register.
func (img *Image) codeModulators(c *codec) {
	list(c, &img.Modulators, 5, "modulators", func(d *Modulator) {
		integer(c, &d.Register, "register")
		integer(c, &d.Pop, "population")
		integer(c, &d.Keep, "what is kept")
		integer(c, &d.Gain, "gain")
		integer(c, &d.Top, "top")
	})
	if !c.write && c.err == nil && len(img.Modulators) == 0 {
		c.fail("a modulator", "none")
	}
}
