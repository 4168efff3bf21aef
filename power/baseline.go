package power

import (
	"fmt"
	"strings"

	"hillock/isa/count"
)

// Batch64 is the batch that stands for the best one where the census states
// none: that of the published comparison of Blouw et al. 2019.
const Batch64 = 64

// Baseline holds a spiking network against an 8-bit network, both priced by one
// memory model at one node: no chip on either side, the same rules on both. All
// energies are joules per inference.
type Baseline struct {
	Node    float64 `json:"node_nm"`
	Spiking Span    `json:"spiking"`
	// Batch1 and BestBatch: each weight and activation is fetched once; at High
	// every multiply fetches both operands.
	Batch1      Span   `json:"batch_1"`
	BestBatch   Span   `json:"best_batch"`
	Batch       int64  `json:"batch"`
	MACs        int64  `json:"macs"`
	Weights     int64  `json:"weights"`
	Activations int64  `json:"activations"`
	SameLayers  bool   `json:"same_layers"` // MACs and weights are those of the spiking network's own layers
	Accuracy    string `json:"accuracy"`
	Source      string `json:"source"`
}

// Baseline is the comparison for r; ok is false if the context lacks the size
// of the network or the census its inferences.
func (r *Report) Baseline() (b Baseline, ok bool) {
	w := r.Context.Network
	if w == nil || r.Inferences <= 0 || w.Synapses <= 0 || w.Neurons <= 0 {
		return b, false
	}
	m, err := theMemory()
	if err != nil {
		return b, false
	}
	b = Baseline{Node: m.Node, Batch: w.BestBatch, MACs: w.AnnMACs, Weights: w.AnnWeights, Activations: w.AnnActivations, Source: w.AnnSource}
	if b.MACs == 0 || b.Weights == 0 {
		b.MACs, b.Weights, b.Activations = w.Synapses, w.Synapses, w.Neurons
	}
	b.SameLayers = b.MACs == w.Synapses
	if b.Activations == 0 {
		b.Activations = w.Neurons
	}
	if b.Batch == 0 {
		b.Batch = Batch64
	}
	b.Accuracy = "assumed equal, not measured"
	if w.AnnAccuracy != nil {
		b.Accuracy = fmt.Sprintf("%.4g measured", *w.AnnAccuracy)
		if a := r.Context.Accuracy; a != nil {
			b.Accuracy += fmt.Sprintf(", the spiking network's %.4g", *a)
		}
	}
	b.Batch1, b.BestBatch = b.dense(m, 1), b.dense(m, b.Batch)
	b.Spiking = r.spikingCost(m, w, w.WeightBits)
	return b, true
}

// dense is the 8-bit network per inference at a batch.
func (b *Baseline) dense(m *memoryModel, batch int64) Span {
	const bits = 8
	macs, weights, acts := float64(b.MACs), float64(b.Weights), float64(b.Activations)
	mac := m.op("mul8", m.Node) + m.op("add32", m.Node)
	ew, ea := m.perBit(weights, m.Node), m.perBit(acts, m.Node)
	once := macs*mac + weights*bits*ew/float64(batch) + 2*acts*bits*ea
	never := macs*mac + macs*bits*(ew+ea) + acts*bits*ea
	return Span{m.Factor.Low * once * 1e-12, once * 1e-12, m.Factor.High * never * 1e-12}
}

// spikingCost is the spiking network per inference by the same rules: a weight
// read, an accumulator read, added to and written per synaptic event; state
// read and written, three additions and a comparison per update.
func (r *Report) spikingCost(m *memoryModel, w *Network, weightBits int64) Span {
	var updates, events float64
	for _, v := range r.Synaptic {
		events += float64(v)
	}
	updates = float64(r.counts[count.Updates])
	const acc = 16 // bits of an accumulator
	wb, sb := float64(max(weightBits, 1)), float64(max(w.StateBits, 1))
	ew := m.perBit(float64(w.Synapses)*wb/8, m.Node)
	es := m.perBit(float64(w.Neurons)*(sb+acc)/8, m.Node)
	e := events*(wb*ew+2*acc*es+m.op("add32", m.Node)) + updates*(2*sb*es+4*m.op("add32", m.Node))
	span := m.band(e * 1e-12 / float64(r.Inferences))
	return span
}

// text is the comparison in lines.
func (b *Baseline) text(out *strings.Builder) {
	fmt.Fprintf(out, "\n8-bit baseline, both sides by the same memory model at %g nm (derived, no chip on either side), per inference\n", b.Node)
	g := grid{align: "ll"}
	g.add("this spiking network", spanText(b.Spiking, "J"))
	g.add("8-bit network, batch 1", spanText(b.Batch1, "J")+": each operand fetched once [.. for every multiply]")
	g.add(fmt.Sprintf("8-bit network, batch %d", b.Batch), spanText(b.BestBatch, "J")+": weights shared by the batch")
	if b.Batch1.Nominal > 0 && b.BestBatch.Nominal > 0 {
		g.add("spiking over 8-bit", fmt.Sprintf("%.3g at batch 1, %.3g at batch %d", b.Spiking.Nominal/b.Batch1.Nominal, b.Spiking.Nominal/b.BestBatch.Nominal, b.Batch))
	}
	layers := "others than the spiking network's"
	if b.SameLayers {
		layers = "those of the spiking network"
	}
	g.add("its layers", fmt.Sprintf("%s: %d multiplies, %d weights, %d activations", layers, b.MACs, b.Weights, b.Activations))
	g.add("its accuracy", b.Accuracy)
	if b.Source != "" {
		g.add("source", b.Source)
	}
	g.text(out)
}
