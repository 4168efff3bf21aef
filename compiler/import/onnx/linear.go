package onnx

import (
	"math"
	"slices"

	"hillock/compiler/analog"
)

// gemm is alpha*A*B + beta*C with constant B and C.
func (b *builder) gemm(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	if n.int("transA", 0) != 0 {
		return nil, b.fail(n, "transA = 1 is not supported: it would mix the images of a batch")
	}
	w, err := b.must(n, 1)
	if err != nil {
		return nil, err
	}
	v, err := b.dense(n, x, w, n.int("transB", 0) != 0, n.float("alpha", 1))
	if err != nil {
		return nil, err
	}
	c, err := b.constant(n, 2)
	if err != nil || c == nil {
		return v, err
	}
	bias, err := b.spread(n, 2, c, v.dims)
	if err != nil {
		return nil, err
	}
	beta := n.float("beta", 1)
	for i := range bias {
		bias[i] *= beta
	}
	b.m.Layers[v.layer].B = bias
	return v, nil
}

// matMul is x*W with constant W.
func (b *builder) matMul(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	w, err := b.must(n, 1)
	if err != nil {
		return nil, err
	}
	return b.dense(n, x, w, false, 1)
}

// dense adds x times a constant matrix, [in][out] or turned [out][in].
func (b *builder) dense(n *Node, x *value, w *Tensor, turned bool, alpha float64) (*value, error) {
	if len(x.dims) != 1 {
		return nil, b.fail(n, "input 0 (%s): need a batch of flat vectors, have a batch of %v", n.In[0], x.dims)
	}
	if len(w.Dims) != 2 || w.Dims[0] == 0 || w.Dims[1] == 0 {
		return nil, b.fail(n, "weights (%s): need a matrix, have dimensions %v", n.In[1], w.Dims)
	}
	in, out := w.Dims[0], w.Dims[1]
	if turned {
		in, out = out, in
	}
	if in != x.dims[0] {
		return nil, b.fail(n, "weights (%s): need %d inputs, have %d of %v", n.In[1], x.dims[0], in, w.Dims)
	}
	l := analog.Layer{Kind: analog.Dense, From: []int{x.layer}, In: b.source(x), Out: analog.Shape{out, 1, 1}, W: make([]float64, in*out)}
	if alpha == 1 {
		l.WScale = w.codes.of(Int8, map[bool]int{false: 1}[turned])
	}
	for o := range out {
		for i := range in {
			at := i*out + o
			if turned {
				at = o*in + i
			}
			l.W[o*in+i] = alpha * w.Values[at]
		}
	}
	return b.add(n, l, []int{out}), nil
}

// source is the shape of the layer that a value comes from.
func (b *builder) source(v *value) analog.Shape {
	if v.layer < 0 {
		return b.m.In
	}
	return b.m.Layers[v.layer].Out
}

// spread repeats a constant over the dimensions of an activation, as
// broadcasting does.
func (b *builder) spread(n *Node, input int, t *Tensor, dims []int) ([]float64, error) {
	td := t.Dims
	if len(td) == len(dims)+1 && td[0] == 1 {
		td = td[1:]
	}
	fits := len(td) <= len(dims)
	stride := make([]int, len(dims)) // in t, 0 where it repeats
	step, size := 1, 1
	for i := len(dims) - 1; i >= 0; i-- {
		size *= dims[i]
		j := i - (len(dims) - len(td))
		if j < 0 || !fits {
			continue
		}
		fits = td[j] == 1 || td[j] == dims[i]
		if td[j] != 1 {
			stride[i] = step
		}
		step *= td[j]
	}
	if !fits {
		return nil, b.fail(n, "input %d (%s): need a constant that fits a batch of %v, have dimensions %v", input, n.In[input], dims, t.Dims)
	}
	out := make([]float64, size)
	at, place := 0, make([]int, len(dims))
	for k := range out {
		out[k] = t.Values[at]
		for i := len(dims) - 1; i >= 0; i-- {
			place[i]++
			at += stride[i]
			if place[i] < dims[i] {
				break
			}
			at -= stride[i] * dims[i]
			place[i] = 0
		}
	}
	return out, nil
}

// addition is the sum of activations, or of one activation and a constant.
func (b *builder) addition(n *Node) (*value, error) {
	var acts []int
	for i := range n.In {
		if v := b.in(n, i); v != nil && v.constant == nil {
			acts = append(acts, i)
		}
	}
	if len(acts) == 0 || len(n.In) > 2 && len(acts) < len(n.In) {
		return nil, b.fail(n, "need activations, or one and one constant, have %d activations of %d inputs", len(acts), len(n.In))
	}
	if len(n.In) == 2 && len(acts) == 1 {
		return b.scaling(n)
	}
	first, err := b.act(n, acts[0])
	if err != nil {
		return nil, err
	}
	l := analog.Layer{Kind: analog.Sum, In: shape(first.dims), Out: shape(first.dims)}
	for _, i := range acts {
		v, err := b.act(n, i)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(v.dims, first.dims) {
			return nil, b.fail(n, "need inputs of one shape, have batches of %v and %v", first.dims, v.dims)
		}
		if slices.Contains(l.From, v.layer) { // x + x
			v, _ = b.copyOf(n, v)
		}
		l.From = append(l.From, v.layer)
	}
	slices.Sort(l.From)
	return b.add(n, l, first.dims), nil
}

// scaling is Add, Sub, Mul or Div of an activation and a constant.
func (b *builder) scaling(n *Node) (*value, error) {
	if len(n.In) != 2 || b.in(n, 0) == nil || b.in(n, 1) == nil {
		return nil, b.fail(n, "need 2 inputs, have %d", len(n.In))
	}
	a, k := 0, 1
	if b.in(n, 0).constant != nil && n.Op != "Div" {
		a, k = 1, 0
	}
	x, err := b.act(n, a)
	if err != nil {
		return nil, err
	}
	c, err := b.constant(n, k)
	if err != nil {
		return nil, err
	}
	v, err := b.spread(n, k, c, x.dims)
	if err != nil {
		return nil, err
	}
	var scale []float64
	switch n.Op {
	case "Sub":
		for i := range v {
			if a == 0 {
				v[i] = -v[i]
			}
		}
		if a == 1 {
			scale = repeated(-1, len(v))
		}
	case "Mul":
		scale, v = v, nil
	case "Div":
		scale, v = v, nil
		for i := range scale {
			scale[i] = 1 / scale[i]
		}
	}
	return b.affine(n, x, scale, v)
}

// repeated gives n times a number.
func repeated(x float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// batchNorm is a scale and a shift per channel, with the statistics of the
// training.
func (b *builder) batchNorm(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	if n.int("training_mode", 0) != 0 {
		return nil, b.fail(n, "training_mode = 1 is not supported: need a model exported for inference")
	}
	if n.int("spatial", 1) != 1 {
		return nil, b.fail(n, "spatial = 0 is not supported: need statistics per channel")
	}
	var p [4][]float64 // scale, shift, mean, variance
	for i := range p {
		t, err := b.must(n, i+1)
		if err != nil {
			return nil, err
		}
		if len(t.Dims) != 1 || t.Dims[0] != x.dims[0] {
			return nil, b.fail(n, "input %d (%s): need %d values, one per channel, have dimensions %v", i+1, n.In[i+1], x.dims[0], t.Dims)
		}
		p[i] = t.Values
	}
	eps := n.float("epsilon", float64(float32(1e-5)))
	size := x.size()
	scale, shift := make([]float64, size), make([]float64, size)
	for i := range scale {
		c := i / (size / x.dims[0])
		scale[i] = p[0][c] / math.Sqrt(p[3][c]+eps)
		shift[i] = p[1][c] - p[2][c]*scale[i]
	}
	return b.affine(n, x, scale, shift)
}

// affine is scale*x + shift per value; nil is 1 and 0. It becomes part of the
// linear layer before it, or a convolution of one value per channel.
func (b *builder) affine(n *Node, x *value, scale, shift []float64) (*value, error) {
	if l := b.open(x); l != nil && l.Act == analog.Linear && l.Quant == nil && (l.Kind == analog.Dense || l.Kind == analog.Conv) {
		if s, ok := perChannel(scale, l.Out[0], l.Kind); ok {
			if t, ok := perChannel(shift, l.Out[0], l.Kind); ok {
				fold(l, s, t)
				b.note("node %q (%s): folded into %q", n.Label(), n.Op, l.Name)
				return &value{layer: x.layer, dims: x.dims}, nil
			}
		}
	}
	s := shape(x.dims)
	w, okScale := perChannel(scale, s[0], analog.Conv)
	t, okShift := perChannel(shift, s[0], analog.Conv)
	if !okScale || !okShift {
		s = analog.Shape{x.size(), 1, 1}
		w, t = scale, shift
	}
	if w == nil {
		w = repeated(1, s[0])
	}
	return b.add(n, analog.Layer{
		Kind: analog.Conv, From: []int{x.layer}, In: s, Out: s, W: w, B: t,
		Win: analog.Window{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: s[0]},
	}, x.dims), nil
}

// perChannel gives one number per channel if all values of a channel have the
// same; a dense layer has a channel per value.
func perChannel(v []float64, channels int, k analog.Kind) ([]float64, bool) {
	if v == nil || k == analog.Dense {
		return v, true
	}
	plane := len(v) / channels
	out := make([]float64, channels)
	for i, x := range v {
		if out[i/plane] = v[i/plane*plane]; out[i/plane] != x {
			return nil, false
		}
	}
	return out, true
}

// fold scales and shifts the outputs of a linear layer; what is scaled is no
// code any more.
func fold(l *analog.Layer, scale, shift []float64) {
	if scale != nil {
		l.WScale = nil
	}
	rows := l.Out[0]
	if l.Kind == analog.Dense {
		rows = l.Out.Size()
	}
	if l.B == nil && shift != nil {
		l.B = make([]float64, rows)
	}
	per := len(l.W) / rows
	for o := range rows {
		if scale != nil {
			for i := o * per; i < (o+1)*per; i++ {
				l.W[i] *= scale[o]
			}
			if l.B != nil {
				l.B[o] *= scale[o]
			}
		}
		if shift != nil {
			l.B[o] += shift[o]
		}
	}
}
