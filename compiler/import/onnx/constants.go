package onnx

import (
	"math"
	"slices"
)

// shapeOf is the shape of a value as a constant; exporters compute the target
// of a Reshape from it. The batch is that of the file, or 1.
func (b *builder) shapeOf(n *Node) (*value, error) {
	v, err := b.first(n)
	if err != nil {
		return nil, err
	}
	full := slices.Clone(v.full())
	if v.constant == nil {
		full[0] = int(min(max(b.batch, 1), math.MaxInt32))
	}
	from, to := n.int("start", 0), n.int("end", int64(len(full)))
	return &value{constant: slice(wholes(full), from, to)}, nil
}

// wholes makes a constant vector of integers.
func wholes(v []int) *Tensor {
	t := &Tensor{Type: Int64, Dims: []int{len(v)}}
	for _, d := range v {
		t.Values = append(t.Values, float64(d))
	}
	return t
}

// slice cuts a vector as Python does.
func slice(t *Tensor, from, to int64) *Tensor {
	n := int64(len(t.Values))
	place := func(i int64) int64 {
		if i < 0 {
			i = max(i, -n) + n
		}
		return min(i, n)
	}
	from, to = place(from), place(to)
	v := t.Values[from:max(from, to)]
	return &Tensor{Name: t.Name, Type: t.Type, Dims: []int{len(v)}, Values: v}
}

// vector gives input i, which must be a constant of at most one dimension.
func (b *builder) vector(n *Node, i int) (*Tensor, error) {
	t, err := b.must(n, i)
	const most = 64 // elements: more dimensions have no use
	if err == nil && (len(t.Dims) > 1 || len(t.Values) > most) {
		err = b.fail(n, "input %d (%s): only shapes (constants of one dimension, at most %d) are supported, have %v", i, n.In[i], most, t.Dims)
	}
	return t, err
}

// gather picks elements of a constant vector.
func (b *builder) gather(n *Node) (*value, error) {
	t, err := b.vector(n, 0)
	if err != nil {
		return nil, err
	}
	at, err := b.vector(n, 1)
	if err != nil {
		return nil, err
	}
	out := &Tensor{Name: t.Name, Type: t.Type, Dims: at.Dims}
	for _, x := range at.Values {
		if x < 0 {
			x += float64(len(t.Values))
		}
		if !(x >= 0 && x < float64(len(t.Values))) || !at.Type.whole() {
			return nil, b.fail(n, "indices (%s): need integers below %d, have %g", n.In[1], len(t.Values), x)
		}
		out.Values = append(out.Values, t.Values[int(x)])
	}
	return &value{constant: out}, nil
}

// concat joins constant vectors.
func (b *builder) concat(n *Node) (*value, error) {
	out := &Tensor{}
	for i := range n.In {
		t, err := b.vector(n, i)
		if err != nil {
			return nil, err
		}
		out.Type = t.Type
		out.Values = append(out.Values, t.Values...)
	}
	out.Dims = []int{len(out.Values)}
	return &value{constant: out}, nil
}

// cast changes the type of a constant between integers, which keeps shapes as
// they are.
func (b *builder) cast(n *Node) (*value, error) {
	t, err := b.must(n, 0)
	if err != nil {
		return nil, err
	}
	to := DataType(n.int("to", 0))
	if !t.Type.whole() || to != Int64 && to != Int32 {
		return nil, b.fail(n, "only shapes (constant integers) are supported, have %s to %s", t.Type, to)
	}
	out := *t
	out.Type = to
	return &value{constant: &out}, nil
}

// sliceNode cuts a constant vector with a step of 1.
func (b *builder) sliceNode(n *Node) (*value, error) {
	t, err := b.vector(n, 0)
	if err != nil {
		return nil, err
	}
	from, to := n.ints("starts"), n.ints("ends") // attributes up to opset 9
	for i, list := range []*[]int64{&from, &to} {
		c, err := b.constant(n, i+1)
		if err != nil {
			return nil, err
		}
		if c != nil {
			*list = []int64{}
			for _, x := range c.Values {
				*list = append(*list, int64(x))
			}
		}
	}
	step, err := b.constant(n, 4)
	if err != nil {
		return nil, err
	}
	if len(from) != 1 || len(to) != 1 || step != nil && (len(step.Values) != 1 || step.Values[0] != 1) {
		return nil, b.fail(n, "need one range with a step of 1")
	}
	return &value{constant: slice(t, from[0], to[0])}, nil
}
