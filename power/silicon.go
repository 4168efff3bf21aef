package power

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Silicon is what a description says about a chip that nobody may have built:
// enough to bound its energy and area from the size of its memories.
type Silicon struct {
	Name        string
	Node        float64 // feature size in nm
	Cores       int64
	WordBits    int64 // width of the synapse memory
	SynapseBits int64 // of synapse memory per core
	WeightBits  int64 // per synapse
	NeuronBits  int64 // state, accumulators and parameters of one neuron
	Neurons     int64 // per core
	Source      string
}

// CoreBits are the memory bits of one core.
func (s *Silicon) CoreBits() int64 { return s.SynapseBits + s.Neurons*s.NeuronBits }

func (s *Silicon) check() error {
	for _, f := range []struct {
		name string
		v    int64
	}{{"cores", s.Cores}, {"word bits", s.WordBits}, {"synapse bits per core", s.SynapseBits}, {"weight bits", s.WeightBits}, {"bits per neuron", s.NeuronBits}, {"neurons per core", s.Neurons}} {
		if f.v < 1 || f.v > 1<<40 {
			return fmt.Errorf("power: silicon of %s: %s is %d, need 1 to %d", s.Name, f.name, f.v, int64(1)<<40)
		}
	}
	if s.Neurons > (1<<50)/s.NeuronBits {
		return fmt.Errorf("power: silicon of %s: %d neurons of %d bits per core are beyond all chips", s.Name, s.Neurons, s.NeuronBits)
	}
	if !(s.Node >= 1 && s.Node <= 1000) {
		return fmt.Errorf("power: silicon of %s: a node of %g nm, need 1 to 1000", s.Name, s.Node)
	}
	return nil
}

// Area is the first-order area of the cores in mm2. It fails on sizes that no
// chip has.
func (s *Silicon) Area() (mm2 Span, err error) {
	m, err := theMemory()
	if err != nil {
		return Span{}, err
	}
	if err := s.check(); err != nil {
		return Span{}, err
	}
	shrink := s.Node / m.Area.Node
	f := float64(s.Cores) * float64(s.CoreBits()) * shrink * shrink * 1e-6
	return Span{f * m.Area.Low, f * m.Area.Value, f * m.Area.High}, nil
}

// TableJSON is an energy table for s as a file: every price from the SRAM table
// and the operations of the memory model, kind derived, bounds of its factor.
// It fails on sizes that no chip has.
func (s *Silicon) TableJSON() ([]byte, error) {
	m, err := theMemory()
	if err != nil {
		return nil, err
	}
	area, err := s.Area()
	if err != nil {
		return nil, err
	}
	list := s.prices(m)
	leak := float64(s.CoreBits()) * 1e-9 // mW at 1 pW per bit
	per := func(unit string, n float64) map[string]any {
		return map[string]any{"per": unit, "value": digits(n * leak * m.Leak.Value), "low": digits(n * leak * m.Leak.Low), "high": digits(n * leak * m.Leak.High),
			"unit": "mW", "kind": Derived.String(), "source": fmt.Sprintf("memory model of hillock, %d bits per core: %s", s.CoreBits(), m.Leak.Source)}
	}
	point := map[string]any{"name": fmt.Sprintf("derived-%gnm", s.Node), "supply": "not stated", "node": fmt.Sprintf("%g nm", s.Node), "coefficients": list,
		"static":   []any{per("chip", float64(s.Cores)), per("core", 1)},
		"contains": []string{"synapse_words", "axon_events", "neuron_updates_active", "spikes", "instructions_x", "instructions_a", "instructions_m", "instructions_l", "instructions_s"},
		"use":      "bounds for a chip without silicon; never a prediction", "validated": "no case of its own"}
	return json.MarshalIndent(map[string]any{"schema": TableSchema, "name": s.Name + "-derived", "chip": s.Name, "points": []any{point},
		"notes": []string{
			"Derived from the sizes in the description (" + s.Source + ") by a first-order memory model: " + fmt.Sprintf("low and high are %g and %g times the value, ", m.Factor.Low, m.Factor.High) + m.Factor.Source + ".",
			fmt.Sprintf("%d bits per core, %d cores; area of the cores %.3g mm2 [%.3g .. %.3g]: %s", s.CoreBits(), s.Cores, area.Nominal, area.Low, area.High, m.Area.Source),
			"Learning, host traffic, clocks and voltage regulators are not modelled.",
		}}, "", " ")
}

// prices are the events of s by the memory model.
func (s *Silicon) prices(m *memoryModel) []siliconPrice {
	const accBits = 16
	synBytes, stateBytes := float64(s.SynapseBits)/8, float64(s.Neurons*s.NeuronBits)/8
	word := m.perBit(synBytes, s.Node) * float64(s.WordBits)
	weight := m.perBit(synBytes, s.Node) * float64(s.WeightBits)
	acc := 2 * accBits * m.perBit(stateBytes, s.Node)
	state := 2 * float64(s.NeuronBits) * m.perBit(stateBytes, s.Node)
	add := m.op("add32", s.Node)
	hop := m.Hop.FJ * 1e-3 * m.Hop.Bits * s.Node / m.Hop.Node
	var list []siliconPrice
	price := func(event string, pj float64, how string) {
		b := m.band(pj)
		list = append(list, siliconPrice{event, digits(b.Nominal), digits(b.Low), digits(b.High), "pJ", Derived.String(), PerTerm.String(),
			fmt.Sprintf("memory model of hillock at %g nm: %s; SRAM and arithmetic: Horowitz, ISSCC 2014, at 45 nm", s.Node, how)})
	}
	for _, e := range []string{"synaptic_events_sparse", "synaptic_events_dense", "synaptic_events_conv"} {
		price(e, weight+acc+add, fmt.Sprintf("read %d bits of %.0f bytes, read and write a %d-bit accumulator, add", s.WeightBits, synBytes, accBits))
	}
	price("neuron_updates", state+4*add, fmt.Sprintf("read and write %d bits of %.0f bytes, four additions", s.NeuronBits, stateBytes))
	price("packets_out", word, fmt.Sprintf("read one word of %d bits", s.WordBits))
	price("packets_in", word, fmt.Sprintf("read one word of %d bits", s.WordBits))
	for _, e := range []string{"hops_x", "hops_y"} {
		price(e, hop, fmt.Sprintf("%g bits at 72 fJ per bit at 28 nm (Merolla et al. 2014), in proportion to the node", m.Hop.Bits))
	}
	return list
}

type siliconPrice struct {
	Event  string      `json:"event"`
	Value  json.Number `json:"value"`
	Low    json.Number `json:"low"`
	High   json.Number `json:"high"`
	Unit   string      `json:"unit"`
	Kind   string      `json:"kind"`
	Scope  string      `json:"scope"`
	Source string      `json:"source"`
}

// digits is v with four significant digits, but no finer than 1e-6 (which is
// an attojoule of a pJ, and a nanowatt of a mW).
func digits(v float64) json.Number {
	if v <= 0 {
		return "0"
	}
	places := min(6, max(0, 3-int(math.Floor(math.Log10(v)))))
	return json.Number(strconv.FormatFloat(v, 'f', places, 64))
}
