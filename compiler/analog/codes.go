package analog

import (
	"fmt"
	"math"
)

// Arithmetic is how a run computes the layers between two 8-bit quantisers.
// The file format defines them by real numbers; programs that run them on
// their codes differ from that, and from each other.
type Arithmetic uint8

// The arithmetics. Sums32 and Pairs16 multiply codes: those of the input,
// shifted to 0..255 where they are signed, and those of the weights. The sums
// are int32, wrap, and are requantised in float32, to the even neighbour on
// ties. See Model.OnCodes for the layers they apply to; all others compute
// exactly.
//
// Source: what ONNX Runtime 1.32 does on x86 processors, with (Sums32) and
// without (Pairs16, the instruction VPMADDUBSW of AVX2) instructions for 8-bit
// sums of products; found by comparing outputs, and in its sources. Two things
// it does otherwise: sums of layers are in float32 there, which decides ties,
// and layers that read int8 codes with several readers are in real numbers.
const (
	Exact   Arithmetic = iota // float64
	Sums32                    // every product is added in 32 bits
	Pairs16                   // products are added in pairs, limited to 16 bits, before they are added in 32
)

// arithmetics are the names, by value.
var arithmetics = [...]string{"exact", "sums32", "pairs16"}

// String is the name: exact, sums32 or pairs16.
func (a Arithmetic) String() string {
	if int(a) >= len(arithmetics) {
		return fmt.Sprintf("arithmetic %d", uint8(a))
	}
	return arithmetics[a]
}

// ParseArithmetic reads a name that String gives.
func ParseArithmetic(s string) (Arithmetic, error) {
	for i, name := range arithmetics {
		if s == name {
			return Arithmetic(i), nil
		}
	}
	return Exact, fmt.Errorf("analog: arithmetic: need exact, sums32 or pairs16, have %q", s)
}

// OnCodes lists the layers that Sums32 and Pairs16 compute on 8-bit codes, by
// index, ascending. These are
//   - dense layers and convolutions with WScale whose input is on an 8-bit grid
//     and that have an 8-bit quantiser behind the sum and no activation that it
//     does not imply; the bias is rounded to the scale of the products;
//   - dense layers without quantiser and activation, whose bias, if any, is of
//     whole multiples of that scale already;
//   - poolings between two 8-bit grids, whose sums and means are in float32.
func (m *Model) OnCodes() []int {
	var on []int
	for i := range m.Layers {
		if m.onCodes(&m.Layers[i]) {
			on = append(on, i)
		}
	}
	return on
}

// onCodes says it of one layer.
func (m *Model) onCodes(l *Layer) bool {
	in := m.grid(l.From[0])
	if in == nil || l.Kind == Pool || l.WScale == nil {
		return in != nil && l.Kind == Pool && l.fused()
	}
	for o, b := range l.B {
		code := b / float64(in.product(l, o))
		if !(math.Abs(code) <= math.MaxInt32) || !l.fused() && code != math.Trunc(code) {
			return false
		}
	}
	return l.fused() || l.Kind == Dense && l.Quant == nil && l.Act == Linear
}

// fused says whether sums become 8-bit codes at once.
func (l *Layer) fused() bool { return l.Quant.eight() && l.implied() }

// product is the scale of an input's codes times those of the weights of an
// output channel.
func (q *Quant) product(l *Layer, o int) float32 {
	return float32(q.Scale) * float32(at(l.WScale, o))
}

// grid is the 8-bit grid of a layer's values, nil if there is none; a maximum
// keeps that of its input.
func (m *Model) grid(layer int) *Quant {
	for layer >= 0 && m.Layers[layer].Kind == MaxPool && m.Layers[layer].Quant == nil && m.Layers[layer].Act == Linear {
		layer = m.Layers[layer].From[0]
	}
	q := m.InQuant
	if layer >= 0 {
		q = m.Layers[layer].Quant
	}
	if !q.eight() {
		return nil
	}
	return q
}

// eight says whether codes are of 8 bits: uint8 ends at 255, int8 at 127. A
// rectifier may have raised where they start.
func (q *Quant) eight() bool {
	return q != nil && (q.Hi == math.MaxUint8 && q.Lo >= 0 || q.signed() && q.Lo >= math.MinInt8)
}

// signed says whether 8-bit codes are int8.
func (q *Quant) signed() bool { return q.Hi == math.MaxInt8 }

// shift is what makes codes 0..255 of 8-bit ones.
func (q *Quant) shift() int {
	if q.signed() {
		return -math.MinInt8
	}
	return 0
}

// implied says whether the range of the quantiser makes the activation do
// nothing.
func (l *Layer) implied() bool {
	lo, hi := float64(l.Quant.Lo-l.Quant.Zero)*l.Quant.Scale, float64(l.Quant.Hi-l.Quant.Zero)*l.Quant.Scale
	switch l.Act {
	case Relu:
		return lo >= 0
	case Clip:
		return l.Lo <= lo && l.Hi >= hi
	}
	return true
}

// channels are the outputs with a row of W and a bias of their own.
func (l *Layer) channels() int {
	if l.Kind == Dense {
		return l.Out.Size()
	}
	return l.Out[0]
}

// at gives element o, or the only one.
func at(v []float64, o int) float64 {
	if len(v) == 1 {
		return v[0]
	}
	return v[o]
}

// checkCodes checks that W are codes times WScale, where the layer says so.
func (l *Layer) checkCodes() error {
	if l.WScale == nil {
		return nil
	}
	n := l.channels()
	if l.Kind != Dense && l.Kind != Conv || len(l.WScale) != 1 && len(l.WScale) != n {
		return fmt.Errorf("field WScale: need 1 value or %d, of a dense layer or convolution, have %d", n, len(l.WScale))
	}
	for k, s := range l.WScale {
		if !(s > 0) || math.IsInf(s, 0) {
			return fmt.Errorf("field WScale[%d]: need a finite scale above 0, have %g", k, s)
		}
	}
	for k, x := range l.W {
		if code := x / at(l.WScale, k/(len(l.W)/n)); code != math.Trunc(code) || code < math.MinInt8 || code > math.MaxInt8 {
			return fmt.Errorf("field W[%d]: need a whole number -128..127 of its scale, have %g", k, code)
		}
	}
	return nil
}
