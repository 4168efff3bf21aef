package compiler

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hillock/compiler/graph"
)

var addressPasses = [...]Pass{
	{"check", "the network is sound, and its neurons are such as the chip's can be", passAddrCheck},
	{"schedule", "ticks by which each population trails the input; delays that join paths", passAddrSchedule},
	{"addresses", "inputs, neurons and outputs by number, and what the chip has room for", passAddresses},
	{"address-scale", "whole weights and thresholds: one scale per neuron or per neighbours that share a threshold", passAddrScale},
	{"rows", "an address per source, two where its weights have both signs and the sign is the source's", passAddrRows},
	{"encode", "the image, and how its host shows samples", passAddrEncode},
}

var addressOrder = [...]Constraint{
	{"check", "schedule", "a network with a wrong index cannot be walked"},
	{"schedule", "addresses", "a drive that acts too early is reported with the depth of its layer"},
	{"addresses", "address-scale", "neighbours share a threshold"},
	{"address-scale", "rows", "a weight that became 0 has no sign"},
	{"rows", "encode", "a plan beyond a limit has no encoding"},
}

// passAddrCheck validates the network and reports what neurons of a core
// without ticks cannot do.
func passAddrCheck(u *Unit) error {
	if err := u.Net.Validate(); err != nil {
		return err
	}
	u.regs = rawRegisters(u.Family, u.binder())
	f := u.Family
	if f.Event == nil || f.Network == nil || f.Frame == nil {
		return fmt.Errorf("description %q has no section event with a network and a frame", f.Name)
	}
	u.addr = &addressed{t: f.Network, s: f.Event, share: f.Event.Shared(f.Network.Threshold), apart: f.Network.Place("neurons", "outputs") != nil, relay: -1}
	u.Projs = make([]Proj, len(u.Net.Projs))
	for i, q := range u.Net.Projs {
		u.Projs[i] = Proj{Src: q, Gain: make([]float64, u.Net.Pops[q.Post].N)}
	}
	u.Pops = make([]Pop, len(u.Net.Pops))
	for i, p := range u.Net.Pops {
		u.Pops[i] = Pop{Src: p, Rate: 1, Parts: 1, Proof: "potentials stop at their bounds; not proven that they do not reach them"}
		if p.Kind != graph.Input {
			u.checkAddrPop(i)
		}
	}
	for _, q := range u.Net.Projs {
		u.checkAddrProj(q)
	}
	u.assumptions()
	return nil
}

// checkAddrPop reports what a population asks that the chip does not have.
func (u *Unit) checkAddrPop(pop int) {
	s := u.Net.Pops[pop]
	switch {
	case s.Code != graph.Rate:
		u.lacks(s, "code "+s.Code.String(), "the chip's neurons spike; they send no values")
		return
	case s.Driven:
		u.lacks(s, "drive", "the first layer of this chip takes spikes, not currents from the host")
	}
	if slices.ContainsFunc(s.AJ, func(a float64) bool { return a != 0 }) {
		u.lacks(s, "synaptic decay", "the chip's weights act at once and leave nothing behind")
	}
	if s.V0 != nil {
		u.approximate(s.Name, "start", "the chip's potentials start at 0")
	}
	if u.isApart(pop) {
		u.checkAddrOutput(s)
		return
	}
	if s.Kind == graph.Readout {
		u.lacks(s, "readout", "the host of this chip sees spikes, no potentials")
		return
	}
	u.checkAddrReset(s)
	u.checkAddrBounds(s)
	u.checkAddrDecay(s)
}

// checkAddrOutput: outputs that add up.
func (u *Unit) checkAddrOutput(s *graph.Population) {
	keep := u.addr.t.Keep
	for i, a := range s.AV {
		if a != s.AV[0] {
			u.lacks(s, "decays of outputs", fmt.Sprintf("neuron %d keeps %g of its membrane per tick, the first %g; the chip's outputs share one register", i, a, s.AV[0]))
			break
		}
	}
	if x := ratio(s.AV[0], keep.One); x < keep.Lo || x > keep.Hi {
		u.misfit(Misfit{s.Name, -1, "decay", x, nearest(x, keep.Lo, keep.Hi), fmt.Sprintf("in 1/%d of an output per tick", keep.One)})
	}
	if s.Kind != graph.Readout {
		u.approximate(s.Name, "outputs", "the chip's outputs do not spike and have no threshold: its label is the output that was the greatest in most ticks")
	} else {
		u.approximate(s.Name, "outputs", "the chip's label is the output that was the greatest in most ticks, not the greatest at the end")
	}
}

// checkAddrReset: the resets that the description names. A membrane that keeps
// nothing of a tick needs none.
func (u *Unit) checkAddrReset(s *graph.Population) {
	have := strings.Fields(strategy(u.Family, "resets"))
	name := ""
	switch {
	case s.Reset == graph.ResetZero, s.Reset == graph.ResetZeroLate && !s.LateZeroWipe:
		name = "zero"
	case s.Reset == graph.ResetSubtract:
		name = "subtract"
	case s.Reset == graph.ResetZeroLate:
		name = "zero-late"
	case s.Reset == graph.ResetSubtractLate:
		name = "subtract-late"
	default:
		name = "none"
	}
	if !slices.Contains(have, name) && (varying(s.AV) || s.AV[0] != 0 || name == "subtract-late" || name == "zero-late") {
		u.lacks(s, "reset "+name, "a spike sets the chip's potential to 0; --reset zero reads the network so")
	}
	if name == "subtract" && u.addr.t.Stepped && slices.ContainsFunc(s.AV, func(a float64) bool { return a != 1 }) {
		u.approximate(s.Name, "reset", "the chip takes the threshold off behind the decay, the network before it")
	}
	if s.Multi && u.addr.t.Stepped {
		u.lacks(s, "several spikes per tick", "the chip's neuron spikes at most once per tick")
	}
}

// checkAddrBounds: thresholds above the reset, and lower bounds.
func (u *Unit) checkAddrBounds(s *graph.Population) {
	floor := false
	for i := range s.Theta {
		if s.Theta[i] <= s.VReset[i] {
			u.lacks(s, "threshold", fmt.Sprintf("threshold %g of neuron %d is not above its reset %g", s.Theta[i], i, s.VReset[i]))
			break
		}
	}
	lo, _ := u.addr.s.Range(u.addr.t.Potential)
	for i := range s.Floor {
		floor = floor || s.Floor[i] != s.VReset[i]
	}
	switch {
	case lo == 0 && s.Floor == nil:
		u.approximate(s.Name, "membrane floor", "the chip's potentials do not fall below the reset, the network's do")
	case lo < 0 && s.Floor != nil || floor:
		u.lacks(s, "membrane floor", "the chip has no lower bound of potentials but that of its word")
	}
	if slices.ContainsFunc(s.VReset, func(r float64) bool { return r != 0 }) {
		u.note("%s: the reset voltage is not 0; the chip's potentials start at it, the reference at 0", s.Name)
	}
}

// checkAddrDecay: potentials that lose a constant per tick, or a part.
func (u *Unit) checkAddrDecay(s *graph.Population) {
	a := u.addr
	d := a.t.Decay
	for i, keep := range s.AV {
		if keep < 0 || keep > 1 && d.One == 0 {
			u.lacks(s, "decay", fmt.Sprintf("decay factor %g of neuron %d, the chip's are 0..1", keep, i))
			return
		}
		if d.One == 0 {
			continue
		}
		if x := ratio(keep, d.One); x < d.Lo || x > d.Hi {
			u.misfit(Misfit{s.Name, -1, "decay", x, nearest(x, d.Lo, d.Hi), fmt.Sprintf("neuron %d, in 1/%d of its potential per tick", i, d.One)})
			return
		}
		if k := i - i%a.share; s.AV[k] != keep {
			u.lacks(s, "decay of neighbours", fmt.Sprintf("neurons %d and %d keep %g and %g of their membranes per tick; %d neighbours share a register", k, i, s.AV[k], keep, a.share))
			return
		}
	}
}

// checkAddrProj reports connections that have no memory on the chip.
func (u *Unit) checkAddrProj(q *graph.Projection) {
	pre, post := u.Net.Pops[q.Pre], u.Net.Pops[q.Post]
	switch {
	case u.isApart(q.Pre):
		u.lacks(pre, "synapses of outputs", fmt.Sprintf("projection %q starts at outputs, which do not spike", q.Name))
	case pre.Kind == graph.Input && u.isApart(q.Post):
		u.lacks(post, "synapses from inputs to outputs", fmt.Sprintf("projection %q: inputs reach neurons only, so a network needs at least two layers", q.Name))
	}
	if u.addr.t.Stepped {
		return
	}
	if q.Delay > 0 {
		u.misfit(Misfit{post.Name, -1, "delay", int64(q.Delay), 0, fmt.Sprintf("projection %q; a spike acts within the step in which it was sent", q.Name)})
	}
	if q.Recurrent {
		u.approximate(post.Name, "feedback", fmt.Sprintf("spikes of %q act within the step in which they were sent, in the network a tick later", q.Name))
	}
}

// passAddrSchedule: where neurons spike within the step of their input there
// are no depths.
func passAddrSchedule(u *Unit) error {
	if u.addr.t.Stepped {
		return passSchedule(u)
	}
	for k, p := range u.Net.Pops {
		if p.Kind != graph.Input {
			u.note("%s: the chip looks at the threshold after every event, and so may spike several times in a step or on a passing peak; the network looks once, at the sum of a tick", p.Name)
			u.Pops[k].Depth = 0
		}
	}
	u.note("within a step the host sends inputs in ascending order, drives and the leak last, and waits behind each until the chip is at rest")
	return nil
}

// ratio is a factor in units of 1/one.
func ratio(x float64, one int64) int64 {
	return int64(math.RoundToEven(min(max(x, -1e6), 1e6) * float64(one)))
}

// nearest is the value in range that is nearest to x.
func nearest(x, lo, hi int64) int64 { return min(max(x, lo), hi) }
