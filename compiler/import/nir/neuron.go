package nir

import (
	"fmt"
	"math"
	"slices"

	"hillock/compiler/graph"
)

// population makes the population of a neuron node.
func (s *settled) population(d *flat, n *flatNode) (*graph.Population, error) {
	size := n.in
	p := &graph.Population{Name: n.name, N: size, Shape: slices.Clone(n.enters), Kind: graph.CubaLIF, C: make([]float64, size)}
	p.AJ, p.GJ, p.AV, p.GV = make([]float64, size), filled(size, 1), make([]float64, size), filled(size, 1)
	var err error
	switch n.Type {
	case "Threshold":
		p.Kind, p.Reset, p.VReset = graph.Threshold, graph.ResetNone, make([]float64, size)
		p.Theta, _ = n.spread("threshold", size)
		p.GE = s.atEqual()
		return p, nil
	case "IF", "I":
		s.integrate(n, p)
	case "LIF", "LI":
		err = s.membrane(d, n, p, "tau")
	case "CubaLIF", "CubaLI":
		if err = s.membrane(d, n, p, "tau_mem"); err == nil {
			err = s.synapse(d, n, p)
		}
	}
	if err != nil || n.class == reading {
		p.Kind, p.Reset = graph.Readout, graph.ResetNone
		return p, err
	}
	return p, s.spikeRule(d, n, p)
}

// filled is n times x.
func filled(n int, x float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = x
	}
	return v
}

// shapeOf is the shape of the widest field, or flat.
func shapeOf(n *flatNode) []int {
	for _, f := range schema[n.Type] {
		q, ok := n.Param(f.name)
		if !ok {
			continue
		}
		if f.use == sizes {
			dims := make([]int, len(q.Values))
			for i, v := range q.Values {
				dims[i] = int(v)
			}
			if size, ok := product(dims); ok && size == n.in && len(dims) > 0 {
				return dims
			}
		}
		if f.use == perNeuron && len(q.Values) == n.in && len(q.Dims) > 0 {
			return slices.Clone(q.Dims)
		}
	}
	return []int{n.in}
}

// integrate sets V' = V + gain*x.
func (s *settled) integrate(n *flatNode, p *graph.Population) {
	r, _ := n.spread("r", p.N)
	for i := range r {
		p.AV[i] = 1
		p.GV[i] = r[i]
		if !s.unitIF {
			p.GV[i] = snap(r[i] * s.dt)
		}
	}
}

// snap takes a gain within float32 rounding of 1 for 1.
func snap(g float64) float64 {
	if math.Abs(g-1) <= near {
		return 1
	}
	return g
}

// decay turns a time constant into the part kept per tick and the part lost.
func (s *settled) decay(d *flat, n *flatNode, field string, i int, tau float64) (keep, lose float64, err error) {
	if !(tau > 0) {
		return 0, 0, d.fail(n.name, fmt.Sprintf("%s[%d]", field, i), "a time constant above 0", fmt.Sprintf("%g", tau))
	}
	dt := s.dt
	if s.scaledTC {
		tau /= dt
	}
	if s.perStep {
		dt = 1
	}
	u := snap(dt / tau)
	if s.exact {
		return math.Exp(-u), u, nil
	}
	if u > 1 {
		return 0, 0, d.fail(n.name, fmt.Sprintf("%s[%d]", field, i), fmt.Sprintf("at least one time step of %g s (smaller steps: --dt)", dt), fmt.Sprintf("%g s", tau))
	}
	return 1 - u, u, nil
}

// membrane sets AV, GV and C.
func (s *settled) membrane(d *flat, n *flatNode, p *graph.Population, field string) error {
	tau, _ := n.spread(field, p.N)
	r, _ := n.spread("r", p.N)
	leak, _ := n.spread("v_leak", p.N)
	for i := range tau {
		keep, lose, err := s.decay(d, n, field, i, tau[i])
		if err != nil {
			return err
		}
		p.AV[i], p.GV[i], p.C[i] = keep, snap(r[i]*lose), lose*leak[i]
		if s.exact {
			p.C[i] = (1 - keep) * leak[i]
			p.GV[i] = snap(r[i] * lose / keep) // exported r = (tau/dt) exp(-dt/tau)
		}
		if s.perStep {
			p.GV[i] = r[i]
		}
	}
	return nil
}

// synapse sets AJ and GJ.
func (s *settled) synapse(d *flat, n *flatNode, p *graph.Population) error {
	tau, _ := n.spread("tau_syn", p.N)
	w, ok := n.spread("w_in", p.N)
	for i := range tau {
		if !ok {
			w[i] = 1
		}
		keep, lose, err := s.decay(d, n, "tau_syn", i, tau[i])
		if err != nil {
			return err
		}
		p.AJ[i], p.GJ[i] = keep, snap(w[i]*lose)
		if s.perStep {
			p.GJ[i] = w[i]
		}
	}
	return nil
}

// atEqual reports whether v == theta makes a spike.
func (s *settled) atEqual() bool {
	if s.opts.Compare != "" {
		return s.opts.Compare == "ge"
	}
	return s.ge
}

// severalSpikes reports whether a neuron may spike more than once per tick.
func (s *settled) severalSpikes() bool {
	if s.opts.Multispike != "" {
		return s.opts.Multispike == "on"
	}
	return s.multi
}

// spikeRule sets threshold, reset, comparison, floor.
func (s *settled) spikeRule(d *flat, n *flatNode, p *graph.Population) error {
	p.Theta, _ = n.spread("v_threshold", p.N)
	p.VReset, _ = n.spread("v_reset", p.N)
	p.Reset, _ = s.resetOf(n)
	if p.Reset == graph.ResetSubtract || p.Reset == graph.ResetSubtractLate {
		clear(p.VReset) // stored perhaps, but nothing is set to it
	}
	p.LateZeroWipe = p.Reset == graph.ResetZeroLate && n.Type == "CubaLIF"
	p.GE, p.Multi = s.atEqual(), s.severalSpikes()
	how := s.opts.Floor
	if how == "" {
		how = s.floor
	}
	var err error
	if p.Floor, err = floorOf(how, p.Theta); err != nil {
		return err
	}
	for i, th := range p.Theta {
		at := fmt.Sprintf("v_threshold[%d]", i)
		if p.Multi && !(th > 0) {
			return d.fail(n.name, at, "a threshold above 0 for several spikes per tick (--multispike off)", fmt.Sprintf("%g", th))
		}
		if p.Floor != nil && p.Floor[i] > th {
			return d.fail(n.name, at, fmt.Sprintf("a threshold of at least the floor %g (--floor none)", p.Floor[i]), fmt.Sprintf("%g", th))
		}
	}
	return nil
}

// resetOf reads the reset of a node, and says by which rule.
func (s *settled) resetOf(n *flatNode) (graph.Reset, string) {
	how := s.opts.Reset
	if how == "" {
		how = s.reset
		if !s.given && s.asks {
			how = "file"
		}
	}
	if r, ok := resets[how]; ok {
		if s.opts.Reset != "" {
			return r, "given"
		}
		return r, "the rule of the " + s.name + " dialect"
	}
	older, known := s.file.before(1, 0, 6)
	_, has := n.Param("v_reset")
	switch {
	case has:
		return graph.ResetZero, "the file stores v_reset"
	case !known:
		return graph.ResetSubtract, "no v_reset and no readable format version; the older rule is to subtract the threshold"
	case older:
		return graph.ResetSubtract, fmt.Sprintf("no v_reset, and format version %s (before 1.0.6) subtracts the threshold", s.file.Version)
	}
	return graph.ResetZero, fmt.Sprintf("no v_reset in a file of version %s: taken as 0", s.file.Version)
}
