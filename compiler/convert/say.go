package convert

import (
	"fmt"

	"hillock/compiler/graph"
)

// say records in the network what was chosen.
func (p *Plan) say(n *graph.Network, o *Options, r *Report, seen []activations) {
	note := func(format string, args ...any) { n.Provenance = append(n.Provenance, fmt.Sprintf(format, args...)) }
	if o.Calib == nil {
		note("scales from the largest value that any input in 0..%g can give: no calibration samples", o.InMax)
	} else {
		note("scales calibrated on %d samples", r.Samples)
		if r.in.hi > o.InMax {
			note("input: samples reach %g, a rate ends at %g", r.in.hi, o.InMax)
		}
	}
	for k, l := range r.Layers {
		if p.Stages[k].Output {
			note("%s: accumulates, %d neurons, in units of the model per tick", l.Name, l.Neurons)
			continue
		}
		note("%s: %d neurons, full rate is %.6g (%s)", l.Name, l.Neurons, l.Scale, l.Method)
		if seen != nil && l.Silent > 0.5 {
			note("%s: %.0f %% of its neurons are silent in all samples", l.Name, 100*l.Silent)
		}
	}
	if r.Corrected > 0 {
		note("input of every neuron scaled so that its mean rate over %d ticks is its mean activation: %d rounds, %d samples", o.Ticks, o.Correct, r.Corrected)
	}
	note("biases are drives of every tick: a layer must not integrate before its first input arrives")
	start, compare := "half the threshold", "V >= threshold"
	if o.Start == AtZero {
		start = "0"
	}
	if o.Strict {
		compare = "V > threshold"
	}
	n.Assumptions = append(n.Assumptions,
		graph.Assumption{What: "neuron", Value: "integrate and fire, threshold 1, " + compare, Why: "a rectifier's value becomes a firing rate"},
		graph.Assumption{What: "start", Value: start, Why: "the count of T ticks is then rounded and not cut down"},
		graph.Assumption{What: "reset", Value: resetName(o.Reset), Why: "chosen with the chip; to zero loses what is above the threshold"})
}

func resetName(r graph.Reset) string {
	return [...]string{"to zero", "by subtraction", "to zero, a tick late", "by subtraction, a tick late", "none"}[r]
}
