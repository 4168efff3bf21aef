package nir

import (
	"fmt"
	"math"
	"strings"

	"hillock/compiler/graph"
)

// defaultDT is the time step of a file whose tool is not recognised, seconds.
const defaultDT = 1e-4

// near is the relative error within which a gain counts as 1 and a time
// constant as one step: files store float32.
const near = 1e-6

// settled is the reading of a file: all that it leaves open, decided.
type settled struct {
	file *File
	opts Options
	name string // dialect
	dialect
	given    bool    // the user chose the dialect
	dt       float64 // seconds per tick
	unitIF   bool    // IF with r = 1: gain 1 whatever the step
	scaledTC bool    // time constants are stored times dt
	assumed  []graph.Assumption
	why      string // what the dialect was recognised by
}

// settle decides the dialect and what follows from it.
func settle(d *flat, o Options) (*settled, error) {
	s := &settled{file: d.file, opts: o, name: o.Dialect}
	s.given = o.Dialect != "" && o.Dialect != "auto"
	if !s.given {
		s.name, s.why = recognise(d)
	}
	s.dialect = dialects[s.name]
	if !s.given && s.name != "nir" && s.name != "snntorch" {
		s.assume("dialect", s.name, s.why, "--dialect")
	}
	if s.name == "norse" {
		s.scaledTC = storedTimesDT(d)
	}
	if err := s.settleStep(d); err != nil {
		return nil, err
	}
	return s, nil
}

// assume keeps an assumption.
func (s *settled) assume(what, value, why, flag string) {
	s.assumed = append(s.assumed, graph.Assumption{What: what, Value: value, Why: why, Flag: flag})
}

// rounded says that a delay was rounded.
func (s *settled) rounded(node string, i int, seconds float64, ticks int) {
	if n := len(s.assumed); n > 0 && s.assumed[n-1].What == "delay" && strings.HasPrefix(s.assumed[n-1].Why, fmt.Sprintf("node %q", node)) {
		return
	}
	s.assume("delay", fmt.Sprintf("%d ticks", ticks),
		fmt.Sprintf("node %q: delay[%d] = %g s is not a multiple of %g s, rounded (others of the node alike)", node, i, seconds, s.dt), "--dt")
}

// settleStep decides the time step.
func (s *settled) settleStep(d *flat) error {
	leaky, unit, plain := false, true, false
	for _, n := range d.nodes {
		switch n.Type {
		case "LIF", "LI", "CubaLIF", "CubaLI", "Delay":
			leaky = true
		case "IF", "I":
			plain = true
			for _, r := range n.values("r") {
				unit = unit && r == 1
			}
		}
	}
	s.unitIF = plain && unit && (s.opts.DT == 0 || s.perStep)
	if s.unitIF && !s.perStep {
		s.assume("dt", "one step", "integrate-and-fire nodes with r = 1 and no step in the file: an input of 1 adds 1 per tick", "--dt")
	}
	s.dt = s.opts.DT
	if s.dt > 0 {
		return nil
	}
	why, value := "", dialects[s.name].dt
	switch {
	case s.name == "rockpool":
		value, why = rockpoolStep(d)
	case value > 0 && !s.given:
		why = s.why
	case value == 0:
		value, why = defaultDT, "the file states no time step"
	}
	if !(value > 0) || math.IsInf(value, 0) {
		return fmt.Errorf("nir: %s: dialect %s: need a time step, have none in the file (--dt)", s.file.Name, s.name)
	}
	s.dt = value
	if why != "" && (leaky || plain && !s.unitIF) {
		s.assume("dt", fmt.Sprintf("%g s", value), why, "--dt")
	}
	return nil
}

// recognise looks for the marks that exporters leave.
func recognise(d *flat) (name, why string) {
	switch {
	case unitGain(d):
		return "snntorch", "r*dt/tau = 1 at dt = 1e-4 in every leaky neuron, the mark of one exporter"
	case stepwise(d):
		return "sinabs", "format version before 1.0.6, no v_reset, numbered nodes and integrate-and-fire neurons with r = 1"
	case roundStep(d):
		return "rockpool", "r = (tau/dt) exp(-dt/tau) with one round dt for all neurons"
	case storedTimesDT(d):
		return "norse", "r = 1 and time constants below 1e-4 s: stored as tau times dt"
	}
	return "nir", ""
}

// all reports whether some node has one of the types and test holds for every
// such node.
func all(d *flat, test func(*flatNode) bool, types ...string) bool {
	found := false
	for _, n := range d.nodes {
		for _, t := range types {
			if n.Type == t {
				if !test(n) {
					return false
				}
				found = true
			}
		}
	}
	return found
}

// every walks two fields together, one value standing for all.
func every(n *flatNode, a, b string, test func(x, y float64) bool) bool {
	x, okx := n.spread(a, n.in)
	y, oky := n.spread(b, n.in)
	if !okx || !oky {
		return false
	}
	for i := range x {
		if !test(x[i], y[i]) {
			return false
		}
	}
	return true
}

// unitGain: the gain of every leaky spiking neuron cancels at dt = 1e-4.
func unitGain(d *flat) bool {
	one := func(gain, tau float64) bool { return math.Abs(gain*defaultDT/tau-1) <= near }
	return all(d, func(n *flatNode) bool {
		if n.Type == "CubaLIF" {
			return every(n, "r", "tau_mem", one) && every(n, "w_in", "tau_syn", one)
		}
		return every(n, "r", "tau", one)
	}, "LIF", "CubaLIF")
}

// stepwise: integrate-and-fire neurons as exported with old format versions.
func stepwise(d *flat) bool {
	older, known := d.file.before(1, 0, 6)
	numbered := func(n *flatNode) bool {
		_, has := n.Param("v_reset")
		last := n.name[strings.LastIndexByte(n.name, '.')+1:]
		return !has && digits(last) == len(last) && every(n, "r", "r", func(r, _ float64) bool { return r == 1 })
	}
	return older && known && all(d, numbered, "IF") && !all(d, func(*flatNode) bool { return true }, "LIF", "CubaLIF")
}

// storedTimesDT: r = 1 and all time constants below 1e-4.
func storedTimesDT(d *flat) bool {
	return all(d, func(n *flatNode) bool {
		tau := "tau"
		if n.Type == "CubaLIF" || n.Type == "CubaLI" {
			tau = "tau_mem"
		}
		return every(n, "r", tau, func(r, t float64) bool { return r == 1 && t > 0 && t < 1e-4 })
	}, "LIF", "LI", "CubaLIF", "CubaLI")
}

// stepOf solves r = (tau/dt) exp(-dt/tau) for dt.
func stepOf(r, tau float64) float64 {
	lo, hi := 0.0, 50.0
	for range 200 {
		mid := (lo + hi) / 2
		if math.Exp(-mid)/mid > r {
			lo = mid
		} else {
			hi = mid
		}
	}
	return tau * (lo + hi) / 2
}

// solved lists the solved steps of all leaky neurons: the least and the largest.
func solved(d *flat) (lo, hi float64) {
	lo = math.Inf(1)
	for _, n := range d.nodes {
		tau := "tau"
		switch n.Type {
		case "CubaLIF", "CubaLI":
			tau = "tau_mem"
		case "LIF", "LI":
		default:
			continue
		}
		every(n, "r", tau, func(r, t float64) bool {
			if r > 0 && t > 0 {
				s := stepOf(r, t)
				lo, hi = min(lo, s), max(hi, s)
			}
			return true
		})
	}
	return lo, hi
}

// roundStep: all neurons give the same step, and it is a power of ten.
func roundStep(d *flat) bool {
	lo, hi := solved(d)
	if !(hi > 0) || hi-lo > 1e-5*hi {
		return false
	}
	p := math.Log10(hi)
	return p <= -2.9 && p >= -6.1 && math.Abs(p-math.Round(p)) < 1e-5
}

// rockpoolStep gives the step that the gains of the file imply.
func rockpoolStep(d *flat) (dt float64, why string) {
	lo, hi := solved(d)
	if !(hi > 0) {
		return defaultDT, "the file states no time step"
	}
	if hi-lo > 1e-5*hi {
		return lo, fmt.Sprintf("the gains imply steps from %g to %g s, the least is taken", lo, hi)
	}
	if p := math.Pow(10, math.Round(math.Log10(hi))); math.Abs(hi-p) < 1e-5*p {
		hi = p
	}
	return hi, "r = (tau/dt) exp(-dt/tau) solved for dt"
}
