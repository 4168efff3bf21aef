package onnx

import (
	"errors"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message. Number holds varints and fixed numbers,
// Bytes the rest.
type field struct {
	num    protowire.Number
	typ    protowire.Type
	number uint64
	bytes  []byte
}

// fields visits the fields of a message in file order. Groups, which the
// format does not use, are skipped.
func fields(b []byte, visit func(f field) error) error {
	for at := 0; at < len(b); {
		num, typ, n := protowire.ConsumeTag(b[at:])
		if n < 0 {
			return fmt.Errorf("byte %d of %d: %w", at, len(b), broken(n))
		}
		at += n
		f := field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			f.number, n = protowire.ConsumeVarint(b[at:])
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b[at:])
			f.number = uint64(v)
		case protowire.Fixed64Type:
			f.number, n = protowire.ConsumeFixed64(b[at:])
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b[at:])
		default:
			n = protowire.ConsumeFieldValue(num, typ, b[at:])
		}
		if n < 0 {
			return fmt.Errorf("byte %d of %d: field %d: %w", at, len(b), num, broken(n))
		}
		at += n
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}

// broken says why protowire could not read on.
func broken(n int) error {
	err := protowire.ParseError(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it is cut short")
	}
	return err
}

// message visits the fields of a message within a message.
func (f field) message(visit func(f field) error) error {
	if err := f.need(protowire.BytesType); err != nil {
		return err
	}
	return fields(f.bytes, visit)
}

// need refuses another wire type than the field has.
func (f field) need(typ protowire.Type) error {
	if f.typ != typ {
		return fmt.Errorf("field %d: need wire type %d, have %d", f.num, typ, f.typ)
	}
	return nil
}

// text reads a string.
func (f field) text(to *string) error {
	*to = string(f.bytes)
	return f.need(protowire.BytesType)
}

// int reads a varint as a signed number.
func (f field) int(to *int64) error {
	*to = int64(f.number)
	return f.need(protowire.VarintType)
}

// numbers appends the values of a repeated field of numbers, packed or not,
// as bits.
func (f field) numbers(to *[]uint64, typ protowire.Type) error {
	if f.typ != protowire.BytesType {
		*to = append(*to, f.number)
		return f.need(typ)
	}
	for b := f.bytes; len(b) > 0; {
		var v uint64
		n := 0
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v32 uint32
			v32, n = protowire.ConsumeFixed32(b)
			v = uint64(v32)
		default:
			v, n = protowire.ConsumeFixed64(b)
		}
		if n < 0 {
			return fmt.Errorf("field %d: %d bytes before its end: %w", f.num, len(b), broken(n))
		}
		*to = append(*to, v)
		b = b[n:]
	}
	return nil
}

// float reads the bits of a float32.
func float(bits uint64) float64 { return float64(math.Float32frombits(uint32(bits))) }

// ints reads bits as signed numbers.
func ints(bits []uint64) []int64 {
	out := make([]int64, len(bits))
	for i, v := range bits {
		out[i] = int64(v)
	}
	return out
}
