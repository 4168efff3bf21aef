package onnx

import "slices"

// alias gives a value with other dimensions and the same order.
func alias(v *value, dims []int) *value {
	a := *v
	a.dims = dims
	if v.constant != nil {
		t := *v.constant
		if !slices.Equal(t.Dims, dims) {
			t.codes = nil
		}
		t.Dims, a.constant = dims, &t
	}
	return &a
}

// full gives all dimensions of a value; an activation has its batch as 1.
func (v *value) full() []int {
	if v.constant != nil {
		return v.constant.Dims
	}
	return append([]int{1}, v.dims...)
}

// reshaped gives a value the dimensions of full; an activation must keep its
// batch in front.
func (b *builder) reshaped(n *Node, v *value, full []int) (*value, error) {
	if v.constant != nil {
		return alias(v, full), nil
	}
	if len(full) < 2 || full[0] != 1 {
		return nil, b.fail(n, "need the batch as first of at least 2 dimensions, have %v of a batch of %v", full, v.dims)
	}
	return alias(v, full[1:]), nil
}

// first gives input 0, constant or not.
func (b *builder) first(n *Node) (*value, error) {
	if v := b.in(n, 0); v != nil {
		return v, nil
	}
	return nil, b.fail(n, "need input 0, have none")
}

// identity passes a value on.
func (b *builder) identity(n *Node) (*value, error) {
	v, err := b.first(n)
	if err != nil {
		return nil, err
	}
	a := *v
	return &a, nil
}

// dropout does nothing in inference.
func (b *builder) dropout(n *Node) (*value, error) {
	t, err := b.constant(n, 2)
	if err != nil {
		return nil, err
	}
	if t != nil && len(t.Values) > 0 && t.Values[0] != 0 {
		return nil, b.fail(n, "training_mode is not supported: need a model exported for inference")
	}
	return b.identity(n)
}

// flatten makes vectors, one per image.
func (b *builder) flatten(n *Node) (*value, error) {
	v, err := b.first(n)
	if err != nil {
		return nil, err
	}
	full := v.full()
	axis := n.int("axis", 1)
	if axis < 0 {
		axis += int64(len(full))
	}
	if axis < 0 || axis > int64(len(full)) {
		return nil, b.fail(n, "axis: need %d..%d, have %d", -len(full), len(full), n.int("axis", 1))
	}
	flat := []int{1, 1}
	for i, d := range full {
		if int64(i) < axis {
			flat[0] *= d
		} else {
			flat[1] *= d
		}
	}
	if v.constant == nil && (axis == 0 && b.batch != 1 || flat[0] != 1) {
		return nil, b.fail(n, "axis: need 1, which keeps the batch, have %d", n.int("axis", 1))
	}
	return b.reshaped(n, v, flat)
}

// reshape gives new dimensions: 0 keeps one, -1 is what is left.
func (b *builder) reshape(n *Node) (*value, error) {
	v, err := b.first(n)
	if err != nil {
		return nil, err
	}
	t, err := b.must(n, 1)
	if err != nil {
		return nil, err
	}
	old := v.full()
	size, known, open := 1, 1, -1
	for _, d := range old {
		size *= d
	}
	if size == 0 || !t.Type.whole() {
		return nil, b.fail(n, "shape (%s): need integers for at least 1 value, have %s for %d", n.In[1], t.Type, size)
	}
	full := make([]int, len(t.Values))
	for i, x := range t.Values {
		d := int(x)
		switch {
		case x == 0 && n.int("allowzero", 0) == 0 && i < len(old):
			d = old[i]
		case i == 0 && v.constant == nil && (x == -1 || b.batch > 0 && x == float64(b.batch)):
			d = 1
		case x == -1 && open < 0:
			open, d = i, 1
		case x < 1 || x > float64(size) || i == 0 && v.constant == nil && x != 1 || i == 0 && v.constant == nil && b.batch > 1:
			return nil, b.fail(n, "shape (%s): need dimensions of a batch of %v, have %v", n.In[1], v.dims, t.Values)
		}
		full[i] = d
		if known > size/d {
			known = size + 1
			break
		}
		known *= d
	}
	if open >= 0 && known <= size && size%known == 0 {
		full[open] = size / known
		known = size
	}
	if known != size {
		return nil, b.fail(n, "shape (%s): need %d values per image, have %v", n.In[1], size, t.Values)
	}
	return b.reshaped(n, v, full)
}

// axes reads the axes of Squeeze and Unsqueeze, an attribute up to opset 12,
// an input from 13 on; nil if there are none.
func (b *builder) axes(n *Node, rank int) ([]int, error) {
	list := n.ints("axes")
	t, err := b.constant(n, 1)
	if err != nil {
		return nil, err
	}
	if t != nil {
		for _, x := range t.Values {
			list = append(list, int64(x))
		}
	}
	var out []int
	for _, x := range list {
		a, err := b.axis(n, x, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, a) {
			return nil, b.fail(n, "axes: need each once, have %v", list)
		}
		out = append(out, a)
	}
	return out, nil
}

// squeeze drops dimensions of 1.
func (b *builder) squeeze(n *Node) (*value, error) {
	v, err := b.first(n)
	if err != nil {
		return nil, err
	}
	old := v.full()
	axes, err := b.axes(n, len(old))
	if err != nil {
		return nil, err
	}
	var full []int
	for i, d := range old {
		drop := slices.Contains(axes, i) || axes == nil && d == 1 && (i > 0 || v.constant != nil || b.batch == 1)
		if drop && d != 1 {
			return nil, b.fail(n, "axes: need dimensions of 1, have %d", d)
		}
		if !drop {
			full = append(full, d)
		}
	}
	if v.constant == nil && slices.Contains(axes, 0) {
		return nil, b.fail(n, "axes: need to keep the batch, have %v", axes)
	}
	return b.reshaped(n, v, full)
}

// unsqueeze inserts dimensions of 1.
func (b *builder) unsqueeze(n *Node) (*value, error) {
	v, err := b.first(n)
	if err != nil {
		return nil, err
	}
	old := v.full()
	more := len(n.ints("axes"))
	if t, _ := b.constant(n, 1); t != nil {
		more = len(t.Values)
	}
	axes, err := b.axes(n, len(old)+more)
	if err != nil {
		return nil, err
	}
	if v.constant == nil && slices.Contains(axes, 0) {
		return nil, b.fail(n, "axes: need the batch in front, have %v", axes)
	}
	var full []int
	for i := range len(old) + more {
		if slices.Contains(axes, i) {
			full = append(full, 1)
		} else {
			full, old = append(full, old[0]), old[1:]
		}
	}
	return b.reshaped(n, v, full)
}

// transpose turns a constant; of an activation it may only move dimensions of
// 1, which keeps the order of the values.
func (b *builder) transpose(n *Node) (*value, error) {
	v, err := b.first(n)
	if err != nil {
		return nil, err
	}
	old := v.full()
	perm := make([]int, len(old))
	for i := range perm {
		perm[i] = len(old) - 1 - i
	}
	if p := n.ints("perm"); p != nil {
		if perm, err = b.permutation(n, p, len(old)); err != nil {
			return nil, err
		}
	}
	full, last, kept := make([]int, len(old)), -1, true
	for i, p := range perm {
		full[i] = old[p]
		if old[p] != 1 {
			kept = kept && p > last
			last = p
		}
	}
	if v.constant == nil && (!kept || perm[0] != 0) {
		return nil, b.fail(n, "perm: need one that keeps the order of the values, have %v of a batch of %v", perm, v.dims)
	}
	if kept {
		return b.reshaped(n, v, full)
	}
	return &value{constant: turn(v.constant, perm, full)}, nil
}

// permutation checks a permutation.
func (b *builder) permutation(n *Node, p []int64, rank int) ([]int, error) {
	out := make([]int, len(p))
	seen := make([]bool, rank)
	for i, x := range p {
		if len(p) != rank || x < 0 || x >= int64(rank) || seen[x] {
			return nil, b.fail(n, "perm: need each of 0..%d once, have %v", rank-1, p)
		}
		out[i], seen[x] = int(x), true
	}
	if len(p) != rank {
		return nil, b.fail(n, "perm: need each of 0..%d once, have %v", rank-1, p)
	}
	return out, nil
}

// turn permutes the dimensions of a constant.
func turn(t *Tensor, perm, full []int) *Tensor {
	stride := make([]int, len(t.Dims))
	step := 1
	for i := len(t.Dims) - 1; i >= 0; i-- {
		stride[i] = step
		step *= t.Dims[i]
	}
	out := &Tensor{Name: t.Name, Type: t.Type, Dims: full, Values: make([]float64, len(t.Values))}
	at, place := 0, make([]int, len(full))
	for k := range out.Values {
		out.Values[k] = t.Values[at]
		for i := len(full) - 1; i >= 0; i-- {
			place[i]++
			at += stride[perm[i]]
			if place[i] < full[i] {
				break
			}
			at -= stride[perm[i]] * full[i]
			place[i] = 0
		}
	}
	return out
}

// constantNode gives the constant in the attributes.
func (b *builder) constantNode(n *Node) (*value, error) {
	for i := range n.Attrs {
		a := &n.Attrs[i]
		t := &Tensor{Name: n.Out[0], Type: Float}
		switch {
		case a.Name == "value" && a.Type == AttrTensor && a.Tensor != nil:
			t = a.Tensor
		case a.Name == "value_float" && a.Type == AttrFloat:
			t.Values = []float64{a.Float}
		case a.Name == "value_floats" && a.Type == AttrFloats:
			t.Values, t.Dims = a.Floats, []int{len(a.Floats)}
		case a.Name == "value_int" && a.Type == AttrInt:
			t.Type, t.Values = Int64, []float64{float64(a.Int)}
		case a.Name == "value_ints" && a.Type == AttrInts:
			t.Type, t.Dims = Int64, []int{len(a.Ints)}
			for _, x := range a.Ints {
				t.Values = append(t.Values, float64(x))
			}
		default:
			continue
		}
		return &value{constant: t}, nil
	}
	return nil, b.fail(n, "need a value of numbers, have none")
}
