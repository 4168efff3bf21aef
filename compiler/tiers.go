package compiler

import (
	"math"
	"slices"

	"hillock/chip"
	"hillock/compiler/graph"
)

// The pipeline of chips whose cores hold one whole layer each (chip.TierTemplate):
// nothing is cut, a layer is matched to a core with room for it.
var tierPasses = [...]Pass{
	{"check", "the network is sound and the chip knows every neuron kind and reset in it", passTierCheck},
	{"schedule", "ticks by which each population trails the input; delays that join paths", passSchedule},
	{"tiers", "every population with what drives it as one convolution behind a sum pooling", passTiers},
	{"tier-scale", "one scale per layer for weights, drives, threshold and floor", passTierScale},
	{"tier-match", "layers to cores by the memories that they need", passTierMatch},
	{"tier-connect", "in-axons of the layers and the spikes that feed them", passTierConnect},
	{"encode", "the image", passTierEncode},
}

var tierOrder = [...]Constraint{
	{"check", "schedule", "a network with a wrong index cannot be walked"},
	{"check", "tiers", "gains and voltages are folded"},
	{"schedule", "tier-scale", "the start delay of a biased layer is its depth"},
	{"tiers", "tier-scale", "the weights of a layer are those of its convolution"},
	{"tiers", "tier-match", "memory follows from the geometry"},
	{"tier-match", "tier-connect", "an in-axon belongs to one core"},
	{"tier-scale", "encode", "the image holds integers"},
	{"tier-connect", "encode", "out-axons name in-axons"},
}

// tier is a population as the content of a core. Each projection into it has
// the same kernel, over the source as the projection pools it.
type tier struct {
	shape  chip.TierShape
	kernel *graph.Kernel // with gains; nil if the network has a misfit here
	pools  []int         // per projection into the population: sides of the pooling window
	needs  []int64       // per memory of a core
	first  []int         // per projection: its first in-axon
}

// passTierCheck records what the chip's neurons cannot do and writes the rest
// in their form: no leak, no synaptic current, a reset to 0.
func passTierCheck(u *Unit) error {
	if err := u.Net.Validate(); err != nil {
		return err
	}
	u.regs = rawRegisters(u.Family, u.binder())
	u.Pops, u.Projs = make([]Pop, len(u.Net.Pops)), make([]Proj, len(u.Net.Projs))
	u.tiers = make([]tier, len(u.Net.Pops))
	for i, p := range u.Net.Pops {
		u.Pops[i] = Pop{Src: p, Rate: 1, Parts: 1, Scale: 1, Proof: "counts of spikes have no bound, overflow not proven"}
		if p.Kind != graph.Input {
			u.checkTier(&u.Pops[i])
		}
	}
	for i, q := range u.Net.Projs {
		u.Projs[i] = Proj{Src: q}
		if q.Recurrent {
			u.lacks(u.Net.Pops[q.Post], "feedback", "the chip's layers feed forward only")
		}
	}
	u.assumptions()
	for i := range u.Pops {
		if p := u.Pops[i].Src; p.Kind != graph.Input && p.Code != graph.Rate {
			return &FitError{} // nothing of such a network has a meaning for the later passes
		}
	}
	for i := range u.Projs {
		u.foldProj(&u.Projs[i])
	}
	for i := range u.Pops {
		u.oneThreshold(i)
	}
	if u.Options.Calib != nil && len(u.Misfits) == 0 {
		return u.calibrate()
	}
	return nil
}

// checkTier holds one population against the chip's neuron.
func (u *Unit) checkTier(p *Pop) {
	s := p.Src
	if s.Code != graph.Rate {
		u.takeRole(p, s.Code.String(), "code "+s.Code.String(), "the chip has no neuron for it")
		return
	}
	p.fold()
	if s.Kind == graph.Threshold {
		u.lacks(s, "neuron kind", "the chip's neurons integrate: none forgets its membrane in a tick")
		return
	}
	if s.Driven {
		u.lacks(s, "drive", "the host cannot write a current per neuron: biases are one per channel")
	}
	if varies(s.AJ, 0) || varies(s.AV, 1) {
		u.lacks(s, "decay", "the chip's neurons keep all of their membrane and have no synaptic current: they integrate without a leak")
	}
	role := "zero"
	switch {
	case s.Kind == graph.Readout: // a neuron that never spikes, whose membrane the host reads
		u.takeRole(p, "subtract", "readout", "the chip has no neuron for it")
		u.checkReadout(p)
		return
	case s.Reset == graph.ResetSubtract:
		role = "subtract"
	case s.Reset == graph.ResetZero || s.Reset == graph.ResetZeroLate && !s.LateZeroWipe:
	default:
		u.lacks(s, "reset", "the chip's neuron resets in the tick of its spike, to 0 or by its threshold")
		return
	}
	if s.Multi {
		role += "-several"
	}
	u.takeRole(p, role, "reset "+role, "the chip has no neuron for it")
	if !s.GE {
		u.approximate(s.Name, "comparison", "the chip spikes at its threshold, the network above it")
	}
}

// varies says that a value is not want.
func varies(v []float64, want float64) bool {
	return len(v) > 0 && (v[0] != want || varying(v))
}

// oneThreshold scales neurons so that a layer has one threshold, as the chip has
// one register for all.
func (u *Unit) oneThreshold(pop int) {
	p := &u.Pops[pop]
	if p.Src.Kind == graph.Input || !varying(p.Theta) {
		return
	}
	top, c := 0.0, make([]float64, len(p.Theta))
	for _, t := range p.Theta {
		top = max(top, t)
	}
	for i, t := range p.Theta {
		if c[i] = 1; t > 0 {
			c[i] = top / t
		}
	}
	p.scaleNeurons(c, u.into(pop))
	for i := range p.Theta {
		p.Theta[i] = top
		if p.Floor != nil && math.Abs(p.Floor[i]-p.Floor[0]) <= top*1e-9 {
			p.Floor[i] = p.Floor[0] // but for rounding
		}
	}
	u.note("%s: its thresholds differ and a core holds one: weights and drives are scaled to one threshold, which changes no spike but for rounding", p.Src.Name)
}

// forward lists the projections into a layer that a core can hold.
func (u *Unit) forward(pop int) []*Proj {
	return slices.DeleteFunc(u.into(pop), func(q *Proj) bool { return q.Src.Recurrent })
}
