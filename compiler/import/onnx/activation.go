package onnx

import (
	"math"

	"hillock/compiler/analog"
)

// relu is a rectifier.
func (b *builder) relu(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	if l := b.open(x); l != nil && l.Quant != nil { // on the grid of the quantiser, from its zero up
		l.Quant.Lo = max(l.Quant.Lo, l.Quant.Zero)
		return &value{layer: x.layer, dims: x.dims}, nil
	}
	return b.limit(n, x, 0, math.Inf(1)), nil
}

// clip limits values, by attributes up to opset 10, by inputs from 11 on.
func (b *builder) clip(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	lo, hi := n.float("min", math.Inf(-1)), n.float("max", math.Inf(1))
	for i, to := range []*float64{&lo, &hi} {
		t, err := b.constant(n, i+1)
		if err != nil {
			return nil, err
		}
		if t == nil {
			continue
		}
		if len(t.Values) != 1 || math.IsNaN(t.Values[0]) {
			return nil, b.fail(n, "input %d (%s): need one number, have %d values", i+1, n.In[i+1], len(t.Values))
		}
		*to = t.Values[0]
	}
	// The formats' lowest and highest numbers, the defaults up to opset 10,
	// are no bounds.
	if lo <= -math.MaxFloat32 {
		lo = math.Inf(-1)
	}
	if hi >= math.MaxFloat32 {
		hi = math.Inf(1)
	}
	if math.IsNaN(lo) || math.IsNaN(hi) || math.IsInf(lo, 1) || math.IsInf(hi, -1) {
		return nil, b.fail(n, "need bounds that some number fits, have %g and %g", lo, hi)
	}
	return b.limit(n, x, min(lo, hi), hi), nil // all are hi where lo is above it
}

// limit is clip(x, lo, hi), as part of the layer before it if it can be.
func (b *builder) limit(n *Node, x *value, lo, hi float64) *value {
	v, l := &value{layer: x.layer, dims: x.dims}, b.open(x)
	if l == nil || l.Quant != nil {
		v, l = b.copyOf(n, x)
	}
	within := func(a float64) float64 { return min(max(a, lo), hi) }
	switch l.Act {
	case analog.Relu:
		lo, hi = within(0), within(math.Inf(1))
	case analog.Clip:
		lo, hi = within(l.Lo), within(l.Hi)
	}
	switch {
	case math.IsInf(lo, -1) && math.IsInf(hi, 1):
	case lo == 0 && math.IsInf(hi, 1):
		l.Act = analog.Relu
	default:
		l.Act, l.Lo, l.Hi = analog.Clip, lo, hi
	}
	return v
}

// softmax does not change the class: it is left out at the end, refused
// elsewhere.
func (b *builder) softmax(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	if b.g.Opset() >= 13 { // up to 12 it is over all dimensions from the axis on
		axis, err := b.axis(n, n.int("axis", -1), len(x.dims)+1)
		if err != nil {
			return nil, err
		}
		if axis == 0 || x.dims[axis-1] != x.size() {
			return nil, b.fail(n, "axis: need the one that holds the %d classes, have %d of a batch of %v", x.size(), axis, x.dims)
		}
	} else if axis, err := b.axis(n, n.int("axis", 1), len(x.dims)+1); err != nil || axis != 1 {
		return nil, b.fail(n, "axis: need 1, have %d", n.int("axis", 1))
	}
	b.m.Softmax = true
	b.note("node %q (%s): left out, it does not change the class", n.Label(), n.Op)
	return &value{layer: x.layer, dims: x.dims, shared: x.shared, soft: true}, nil
}

// axis counts an axis from the front.
func (b *builder) axis(n *Node, axis int64, rank int) (int, error) {
	if axis < -int64(rank) || axis >= int64(rank) {
		return 0, b.fail(n, "axis: need %d..%d, have %d", -rank, rank-1, axis)
	}
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis), nil
}
