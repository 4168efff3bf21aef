package onnx

import (
	"math"
	"slices"

	"hillock/compiler/analog"
)

// grid is the scale and zero point of QuantizeLinear and DequantizeLinear.
type grid struct {
	scale, zero []float64 // of one value, or one per slice along axis
	typ         DataType  // of the zero point, 0 if there is none
	axis        int
}

// grid reads the inputs 1 and 2 for data of some dimensions.
func (b *builder) grid(n *Node, dims []int, constant bool) (*grid, error) {
	s, err := b.must(n, 1)
	if err != nil {
		return nil, err
	}
	g := &grid{scale: s.Values, zero: make([]float64, len(s.Values))}
	z, err := b.constant(n, 2)
	if err != nil {
		return nil, err
	}
	if z != nil {
		if len(z.Values) != len(s.Values) || !z.Type.whole() {
			return nil, b.fail(n, "zero point (%s): need %d integers, have %d of %s", n.In[2], len(s.Values), len(z.Values), z.Type)
		}
		g.zero, g.typ = z.Values, z.Type
	}
	for _, v := range g.scale {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, b.fail(n, "scale (%s): need finite numbers above 0, have %g", n.In[1], v)
		}
	}
	if n.int("block_size", 0) != 0 || len(s.Dims) > 1 && len(s.Values) > 1 {
		return nil, b.fail(n, "scales per block are not supported: need one, or one per slice of an axis")
	}
	if len(g.scale) == 1 {
		return g, nil
	}
	if !constant {
		return nil, b.fail(n, "scale (%s): need one for an activation, have %d", n.In[1], len(g.scale))
	}
	if g.axis, err = b.axis(n, n.int("axis", 1), len(dims)); err != nil {
		return nil, err
	}
	if dims[g.axis] != len(g.scale) {
		return nil, b.fail(n, "scale (%s): need 1 or the %d of axis %d of %v, have %d", n.In[1], dims[g.axis], g.axis, dims, len(g.scale))
	}
	return g, nil
}

// each gives scale and zero point of every element of a constant.
func (g *grid) each(dims []int, visit func(i int, scale, zero float64)) {
	size, inner := 1, 1
	for k, d := range dims {
		size *= d
		if k > g.axis {
			inner *= d
		}
	}
	for i := range size {
		k := 0
		if len(g.scale) > 1 {
			k = i / inner % len(g.scale)
		}
		visit(i, g.scale[k], g.zero[k])
	}
}

// quantize rounds to a grid of 8 or 16 bits: a constant at once, an activation
// in the layer that makes it.
func (b *builder) quantize(n *Node) (*value, error) {
	v := b.in(n, 0)
	if v == nil {
		return nil, b.fail(n, "need input 0, have none")
	}
	var dims []int
	if v.constant != nil {
		dims = v.constant.Dims
	}
	g, err := b.grid(n, dims, v.constant != nil)
	if err != nil {
		return nil, err
	}
	if g.typ == 0 {
		if g.typ = DataType(n.int("output_dtype", 0)); g.typ == 0 {
			g.typ = Uint8
		}
	}
	lo, hi, ok := g.typ.span()
	if !ok {
		return nil, b.fail(n, "need codes of int8, uint8, int16 or uint16, have %s", g.typ)
	}
	if v.constant != nil {
		return g.encode(v.constant, float64(lo), float64(hi)), nil
	}
	q := &analog.Quant{Scale: g.scale[0], Zero: int(g.zero[0]), Lo: lo, Hi: hi}
	if !v.soft {
		if v, err = b.act(n, 0); err != nil {
			return nil, err
		}
		v = b.round(n, v, q)
	}
	return &value{layer: v.layer, dims: v.dims, codes: q, soft: v.soft, shared: v.shared}, nil
}

// encode is QuantizeLinear of a constant, in float32 as its type says.
func (g *grid) encode(t *Tensor, lo, hi float64) *value {
	out := &Tensor{Name: t.Name, Type: g.typ, Dims: t.Dims, Values: make([]float64, len(t.Values))}
	g.each(t.Dims, func(i int, scale, zero float64) {
		code := math.RoundToEven(float64(float32(t.Values[i]) / float32(scale)))
		out.Values[i] = min(max(code+zero, lo), hi)
	})
	return &value{constant: out}
}

// round puts a quantiser behind a value: into its layer, or as a layer of its
// own where somebody else reads the value as it is.
func (b *builder) round(n *Node, x *value, q *analog.Quant) *value {
	own := *q
	at := &b.m.InQuant
	if x.layer >= 0 {
		at = &b.m.Layers[x.layer].Quant
	}
	had := *at
	same := had != nil && had.Scale == q.Scale && had.Zero == q.Zero
	switch {
	case same && q.Lo <= had.Lo && q.Hi >= had.Hi: // already on the grid
		return x
	case same && !x.shared:
		had.Lo, had.Hi = max(had.Lo, q.Lo), min(had.Hi, q.Hi)
	case had == nil && !x.shared:
		*at = &own
	default:
		v, l := b.copyOf(n, x)
		l.Quant = &own
		return v
	}
	return &value{layer: x.layer, dims: x.dims}
}

// dequantize makes numbers of codes: of a constant, or of an activation behind
// QuantizeLinear, whose layer already has the rounding.
func (b *builder) dequantize(n *Node) (*value, error) {
	v := b.in(n, 0)
	if v == nil {
		return nil, b.fail(n, "need input 0, have none")
	}
	if v.constant != nil {
		return b.decode(n, v.constant)
	}
	if v.codes == nil {
		return nil, b.fail(n, "input 0 (%s): need the codes of a QuantizeLinear, have plain numbers", n.In[0])
	}
	g, err := b.grid(n, nil, false)
	if err != nil {
		return nil, err
	}
	if g.scale[0] != v.codes.Scale || int(g.zero[0]) != v.codes.Zero {
		return nil, b.fail(n, "need scale and zero point of the QuantizeLinear before it (%g, %d), have %g, %g", v.codes.Scale, v.codes.Zero, g.scale[0], g.zero[0])
	}
	return &value{layer: v.layer, dims: v.dims, soft: v.soft, shared: v.shared}, nil
}

// decode is DequantizeLinear of a constant: (code - zero) * scale, exact.
func (b *builder) decode(n *Node, t *Tensor) (*value, error) {
	if !t.Type.whole() {
		return nil, b.fail(n, "input 0 (%s): need integers, have %s", n.In[0], t.Type)
	}
	g, err := b.grid(n, t.Dims, true)
	if err != nil {
		return nil, err
	}
	out := &Tensor{Name: t.Name, Type: Float, Dims: t.Dims, Values: make([]float64, len(t.Values))}
	g.each(t.Dims, func(i int, scale, zero float64) { out.Values[i] = (t.Values[i] - zero) * scale })
	if !slices.ContainsFunc(g.zero, func(z float64) bool { return z != 0 }) {
		out.codes = &codes{typ: t.Type, scale: g.scale, axis: g.axis}
	}
	return &value{constant: out}, nil
}
