package compiler

import (
	"fmt"

	"hillock/compiler/graph"
)

// Report is what the compiler did, for people and for JSON.
type Report struct {
	Chip            string   `json:"chip"`
	Cores           int      `json:"cores"`
	Neurons         int64    `json:"neurons"`           // compartments in use
	Synapses        int64    `json:"synapses"`          // stored, zeros of dense rows included
	SynapseBytes    int64    `json:"synapse_bytes"`     // synapse memory in use
	BytesPerSynapse float64  `json:"bytes_per_synapse"` // memory per weight that is not 0
	Assumptions     []string `json:"assumptions"`
	Layers          []Layer  `json:"layers"`
	Mapping         Mapping  `json:"mapping"`
	Notes           []string `json:"notes"`
}

// Layer reports one population with everything that was lost on the way to it.
type Layer struct {
	Name           string  `json:"name"`
	Neurons        int     `json:"neurons"`
	Cores          int     `json:"cores"`
	Depth          int     `json:"depth"`            // ticks behind the input
	Scale          float64 `json:"scale"`            // chip units per float unit
	Synapses       int64   `json:"synapses"`         // weights that are not 0
	WeightError    float64 `json:"weight_error"`     // rms error / rms weight, worst projection
	WeightsClipped int     `json:"weights_clipped"`  // beyond the mantissa
	WeightsZeroed  int     `json:"weights_zeroed"`   // rounded to 0
	ThresholdError float64 `json:"threshold_error"`  // largest relative error
	DecayError     float64 `json:"decay_error"`      // largest error of a factor
	IntegralError  float64 `json:"integral_error"`   // largest relative error of what a decaying word adds up to
	HalfLifeError  float64 `json:"half_life_error"`  // largest relative error of its half-life
	BiasError      float64 `json:"bias_error"`       // largest, relative to the threshold
	Saturated      int     `json:"saturated"`        // biases and thresholds clipped
	Overflow       string  `json:"overflow"`         // "cannot overflow", or from where on it may
	SpikesPerInput float64 `json:"spikes_per_input"` // calibrated spikes of the population per sample, 0 = not calibrated
}

// String is one line of the report.
func (l Layer) String() string {
	return fmt.Sprintf("%s: %d neurons on %d cores, depth %d, scale %.6g, %d synapses, weight error %.3g, clipped %d, zeroed %d, threshold error %.3g, decay error %.3g, bias error %.3g, saturated %d, %s",
		l.Name, l.Neurons, l.Cores, l.Depth, l.Scale, l.Synapses, l.WeightError, l.WeightsClipped, l.WeightsZeroed, l.ThresholdError, l.DecayError, l.BiasError, l.Saturated, l.Overflow)
}

func newReport(u *Unit) *Report {
	r := &Report{Chip: u.Family.Name, Cores: len(u.Cores), Mapping: u.Mapping, Notes: append([]string{}, u.Notes...), Assumptions: []string{}, Layers: []Layer{}}
	for _, a := range u.Net.Assumptions {
		r.Assumptions = append(r.Assumptions, fmt.Sprintf("%s = %s: %s", a.What, a.Value, a.Why))
	}
	var words int64
	for c := range u.Cores {
		r.Neurons += u.Cores[c].Use.Compartments
		r.Synapses += u.Cores[c].Use.Synapses
		words += u.Cores[c].Use.Words
	}
	r.SynapseBytes = words * u.regs.memory.WordBits / 8
	weights := int64(0)
	for k := range u.Pops {
		if u.Pops[k].Src.Kind != graph.Input {
			l := u.layer(k)
			weights += l.Synapses
			r.Layers = append(r.Layers, l)
		}
	}
	if weights > 0 {
		r.BytesPerSynapse = float64(r.SynapseBytes) / float64(weights)
	}
	return r
}

func (u *Unit) layer(k int) Layer {
	p := &u.Pops[k]
	l := Layer{
		Name: p.Src.Name, Neurons: p.Src.N, Depth: p.Depth, Scale: p.Scale,
		ThresholdError: p.Loss.Threshold, DecayError: p.Loss.Decay, IntegralError: p.Loss.Integral, HalfLifeError: p.Loss.HalfLife, BiasError: p.Loss.Bias,
		Saturated: p.Loss.BiasClipped + p.Loss.ThreshClipped, Overflow: p.Proof,
	}
	if u.activity {
		l.SpikesPerInput = p.Rate * float64(p.Src.N)
	}
	for c := range u.Cores {
		if u.Cores[c].holds(k) {
			l.Cores++
		}
	}
	for _, q := range u.into(k) {
		l.WeightError = max(l.WeightError, q.Loss.RMS)
		l.WeightsClipped += q.Loss.Clipped
		l.WeightsZeroed += q.Loss.Zeroed
		l.Synapses += q.synapses()
	}
	return l
}
