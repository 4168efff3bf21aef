package power

import (
	"fmt"

	"hillock/isa/count"
)

// BreakEven holds an activity against a published bound below which a spiking
// network needs less energy than a conventional one once memory is counted.
type BreakEven struct {
	What    string  `json:"what"`
	Here    float64 `json:"here"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Verdict string  `json:"verdict"`
	Source  string  `json:"source"`
}

// BreakEven is the activity against every published bound whose quantity the
// report knows, empty without inferences.
func (r *Report) BreakEven() []BreakEven {
	if r.Inferences <= 0 {
		return nil
	}
	var out []BreakEven
	add := func(what string, here, low, high float64, source string) {
		k := BreakEven{what, here, low, high, "between: depends on the memory layout", source}
		switch {
		case here < low:
			k.Verdict = "below"
		case here >= high:
			k.Verdict = "above: a conventional network wins"
		}
		out = append(out, k)
	}
	n := float64(r.Inferences)
	if r.Context.Synapses > 0 {
		add("spikes per synapse and inference", r.events()/float64(r.Context.Synapses)/n, 0.15, 1.38,
			"Dampfhoffer et al., IEEE TETCI 7(3), 2023: integrate-and-fire, depends on the accelerator")
	}
	if w := r.Context.Network; w != nil && w.Neurons > 0 {
		spikes := float64(r.counts[count.Spikes]) / float64(w.Neurons) / n
		add("spikes per neuron and inference", spikes, 1.72, 1.72, "Davidson and Furber, Front. Neurosci. 15, 2021")
		if r.Ticks > 0 {
			per := float64(r.Ticks) / n
			add(fmt.Sprintf("spikes per neuron and tick, %.3g ticks", per), spikes/per, 0.057, 0.064,
				"Yan et al., arXiv 2409.08290: at 5 ticks, against a network of ceil(log2(T+1)) bits; 6.4 % in earlier versions")
		}
	}
	return out
}

func (r *Report) events() float64 {
	var n float64
	for _, v := range r.Synaptic {
		n += float64(v)
	}
	return n
}

// Activity is the synaptic events per synapse and inference, with the verdict
// against the published thresholds. ok is false if the context has no synapses
// or the census no inferences.
func (r *Report) Activity() (rate float64, verdict string, ok bool) {
	if r.Context.Synapses <= 0 || r.Inferences <= 0 {
		return 0, "", false
	}
	rate = r.events() / float64(r.Context.Synapses) / float64(r.Inferences)
	switch {
	case rate < 0.15:
		verdict = "below every published threshold (0.15)"
	case rate < 1.38:
		verdict = "between 0.15 and 1.38: depends on the memory layout"
	case rate < 1.72:
		verdict = "above 1.38, below the most generous threshold (1.72)"
	default:
		verdict = "above every published threshold (1.72)"
	}
	return rate, verdict, true
}
