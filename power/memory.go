package power

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"sync"
)

//go:embed data/memory.json
var memoryFile []byte

// memoryModel is the first-order cost of memory and arithmetic: an SRAM table
// over size and width at one node, scaled to others in proportion to the
// feature size. It prices baselines and chips without silicon; it is no chip.
type memoryModel struct {
	Schema string  `json:"schema"`
	Node   float64 `json:"node_nm"`
	Supply string  `json:"supply"`
	SRAM   []struct {
		Bytes  float64 `json:"bytes"`
		Bits   float64 `json:"bits"`
		PJ     float64 `json:"pj"`
		Kind   string  `json:"kind"`
		Source string  `json:"source"`
	} `json:"sram"`
	Ops map[string]struct {
		PJ     float64 `json:"pj"`
		Kind   string  `json:"kind"`
		Source string  `json:"source"`
	} `json:"ops"`
	Factor struct {
		Low    float64 `json:"low"`
		High   float64 `json:"high"`
		Source string  `json:"source"`
	} `json:"energy_factor"`
	Hop struct {
		Node   float64 `json:"node_nm"`
		FJ     float64 `json:"fj_per_bit"`
		Bits   float64 `json:"packet_bits"`
		Kind   string  `json:"kind"`
		Source string  `json:"source"`
	} `json:"hop"`
	Area struct {
		Node   float64 `json:"node_nm"`
		Value  float64 `json:"um2_per_bit"`
		Low    float64 `json:"low"`
		High   float64 `json:"high"`
		Source string  `json:"source"`
	} `json:"area"`
	Leak struct {
		Value  float64 `json:"pw_per_bit"`
		Low    float64 `json:"low"`
		High   float64 `json:"high"`
		Source string  `json:"source"`
	} `json:"leakage"`
}

// theMemory is the embedded model; a fault in it is a fault of the program,
// which its test finds.
var theMemory = sync.OnceValues(func() (*memoryModel, error) {
	m := &memoryModel{}
	d := json.NewDecoder(bytes.NewReader(memoryFile))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("power: memory model: %w", err)
	}
	if len(m.SRAM) < 2 || m.Node <= 0 {
		return nil, fmt.Errorf("power: memory model: need a node and at least 2 SRAM rows")
	}
	return m, nil
})

// perBit is the energy in pJ of reading or writing one bit of an SRAM of that
// many bytes at a node in nm: between the rows of the table linear in the
// logarithms, beyond them with the square root of the size.
func (m *memoryModel) perBit(size, node float64) float64 {
	size = math.Max(size, 1)
	rows := m.SRAM
	at := func(i int) (x, y float64) { return math.Log(rows[i].Bytes), math.Log(rows[i].PJ / rows[i].Bits) }
	x := math.Log(size)
	x0, y0 := at(0)
	y := y0 + 0.5*(x-x0)
	for i := 1; i < len(rows); i++ {
		xa, ya := at(i - 1)
		xb, yb := at(i)
		switch {
		case x >= xa && x <= xb:
			y = ya + (yb-ya)*(x-xa)/(xb-xa)
		case x > xb:
			y = yb + 0.5*(x-xb)
		}
	}
	return math.Exp(y) * node / m.Node
}

// op is the energy in pJ of a named operation at a node in nm.
func (m *memoryModel) op(name string, node float64) float64 { return m.Ops[name].PJ * node / m.Node }

// band is v with the model's factor either way.
func (m *memoryModel) band(v float64) Span { return Span{v * m.Factor.Low, v, v * m.Factor.High} }
