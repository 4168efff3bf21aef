package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// DataType is the element type of a tensor, numbered as in onnx.proto.
type DataType int64

// The element types that are read.
const (
	Float   DataType = 1
	Uint8   DataType = 2
	Int8    DataType = 3
	Uint16  DataType = 4
	Int16   DataType = 5
	Int32   DataType = 6
	Int64   DataType = 7
	Bool    DataType = 9
	Float16 DataType = 10
	Double  DataType = 11
)

// elements gives name and width in bytes of the element types, those that are
// not read included, for errors.
var elements = [...]struct {
	name  string
	width int // 0: not read
}{
	0: {"no type", 0}, Float: {"float", 4}, Uint8: {"uint8", 1}, Int8: {"int8", 1}, Uint16: {"uint16", 2}, Int16: {"int16", 2},
	Int32: {"int32", 4}, Int64: {"int64", 8}, 8: {"string", 0}, Bool: {"bool", 1}, Float16: {"float16", 2}, Double: {"double", 8},
	12: {"uint32", 0}, 13: {"uint64", 0}, 14: {"complex64", 0}, 15: {"complex128", 0}, 16: {"bfloat16", 0},
	17: {"float8e4m3fn", 0}, 18: {"float8e4m3fnuz", 0}, 19: {"float8e5m2", 0}, 20: {"float8e5m2fnuz", 0}, 21: {"uint4", 0}, 22: {"int4", 0},
}

// String is the name of the type.
func (t DataType) String() string {
	if t < 0 || int(t) >= len(elements) {
		return fmt.Sprintf("type %d", int64(t))
	}
	return elements[t].name
}

// whole says whether the elements are integers.
func (t DataType) whole() bool {
	return t == Uint8 || t == Int8 || t == Uint16 || t == Int16 || t == Int32 || t == Int64
}

// span is the range of an integer type of at most 16 bits.
func (t DataType) span() (lo, hi int, ok bool) {
	switch t {
	case Uint8:
		return 0, math.MaxUint8, true
	case Int8:
		return math.MinInt8, math.MaxInt8, true
	case Uint16:
		return 0, math.MaxUint16, true
	case Int16:
		return math.MinInt16, math.MaxInt16, true
	}
	return 0, 0, false
}

// Tensor is a constant. Values has the product of Dims many elements (one
// without Dims), last dimension fastest; integers above 2^53 are not exact, bool is 0 and 1.
type Tensor struct {
	Name   string
	Type   DataType
	Dims   []int
	Values []float64
	// Missing says why there are no values: they are in another file, or of a
	// type that is not read. A model that needs them is refused.
	Missing string

	codes *codes // that Values are whole multiples of, nil if none
}

// codes are the integers behind the constant of a DequantizeLinear with zero
// point 0.
type codes struct {
	typ   DataType
	scale []float64 // one, or one per slice along axis
	axis  int
}

// of gives the scales if the codes are of a type and have one scale, or one per
// slice of an axis; nil otherwise.
func (c *codes) of(t DataType, axis int) []float64 {
	if c == nil || c.typ != t || len(c.scale) > 1 && c.axis != axis {
		return nil
	}
	return c.scale
}

// payload is the data of a TensorProto, in the field that the file chose.
type payload struct {
	dims          []uint64
	raw           []byte
	hasRaw        bool
	float, double []uint64 // bits
	int32, int64  []uint64
	external      bool
}

// parseTensor reads a TensorProto.
func parseTensor(f field) (*Tensor, error) {
	t, p := &Tensor{}, payload{}
	err := f.message(func(f field) error {
		switch f.num {
		case 1:
			return f.numbers(&p.dims, protowire.VarintType)
		case 2:
			return f.int((*int64)(&t.Type))
		case 3:
			return errors.New("tensors in segments are not supported: need whole ones")
		case 4:
			return f.numbers(&p.float, protowire.Fixed32Type)
		case 5:
			return f.numbers(&p.int32, protowire.VarintType)
		case 7:
			return f.numbers(&p.int64, protowire.VarintType)
		case 8:
			return f.text(&t.Name)
		case 9:
			p.raw, p.hasRaw = f.bytes, true
			return f.need(protowire.BytesType)
		case 10:
			return f.numbers(&p.double, protowire.Fixed64Type)
		case 13:
			p.external = true
		case 14:
			p.external = p.external || f.number == 1
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	return t, t.decode(&p)
}

// decode makes the values, as many as the dimensions say.
func (t *Tensor) decode(p *payload) error {
	switch {
	case p.external:
		t.Missing = "its data is in another file, which is not supported: need the weights inside the file (save the model without external data)"
	case t.Type < 0 || int(t.Type) >= len(elements) || elements[t.Type].width == 0:
		t.Missing = fmt.Sprintf("need float, double, float16 or an integer of 8, 16, 32 (signed) or 64 bits (signed), have %s", t.Type)
	}
	if t.Missing != "" {
		for _, d := range ints(p.dims) {
			t.Dims = append(t.Dims, int(d))
		}
		return nil
	}
	bits := p.typed(t.Type)
	if p.hasRaw {
		width := elements[t.Type].width
		bits = make([]uint64, 0, len(p.raw)/width)
		if len(p.raw)%width != 0 {
			return fmt.Errorf("need whole elements of %d bytes, have %d bytes", width, len(p.raw))
		}
		for at := 0; at < len(p.raw); at += width {
			bits = append(bits, rawBits(p.raw[at:], width))
		}
	}
	size := 1
	for _, d := range ints(p.dims) {
		if d < 0 || d > 0 && int64(size) > int64(len(bits))/d {
			return fmt.Errorf("need the elements of %v, have %d", ints(p.dims), len(bits))
		}
		t.Dims = append(t.Dims, int(d))
		size *= int(d)
	}
	if size != len(bits) {
		return fmt.Errorf("need the %d elements of %v, have %d", size, ints(p.dims), len(bits))
	}
	t.Values = make([]float64, size)
	for i, v := range bits {
		t.Values[i] = t.Type.value(v)
	}
	return nil
}

// typed is the repeated field that holds elements of a type.
func (p *payload) typed(t DataType) []uint64 {
	switch t {
	case Float:
		return p.float
	case Double:
		return p.double
	case Int64:
		return p.int64
	}
	return p.int32
}

// rawBits reads one little-endian element.
func rawBits(b []byte, width int) uint64 {
	switch width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

// value gives the number that the bits of an element mean.
func (t DataType) value(bits uint64) float64 {
	switch t {
	case Float:
		return float(bits)
	case Double:
		return math.Float64frombits(bits)
	case Float16:
		return half(uint16(bits))
	case Uint8:
		return float64(uint8(bits))
	case Int8:
		return float64(int8(bits))
	case Uint16:
		return float64(uint16(bits))
	case Int16:
		return float64(int16(bits))
	case Int32:
		return float64(int32(bits))
	case Bool:
		if bits != 0 {
			return 1
		}
		return 0
	}
	return float64(int64(bits))
}

// half reads a binary16 number (IEEE 754).
func half(b uint16) float64 {
	sign, exp, frac := 1.0, int(b>>10&31), float64(b&1023)
	if b>>15 == 1 {
		sign = -1
	}
	switch exp {
	case 0:
		return sign * math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+frac, exp-25)
}
