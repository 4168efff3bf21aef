package onnx

import (
	"slices"

	"hillock/compiler/analog"
)

// geometry is the window of a convolution or pooling over an activation.
type geometry struct {
	win analog.Window
	in  analog.Shape
	out []int // sizes behind the channels, as many as the input has
	cut bool  // some windows reach past the input
}

// geometry reads the attributes of a window; kernel is its size where the
// weights give it.
func (b *builder) geometry(n *Node, x *value, kernel []int) (*geometry, error) {
	dims := len(x.dims) - 1
	if dims < 1 || dims > 2 {
		return nil, b.fail(n, "input 0 (%s): need a batch of channels with 1 or 2 dimensions, have a batch of %v", n.In[0], x.dims)
	}
	sizes, err := b.counts(n, "kernel_shape", dims, 1, kernel)
	if err != nil {
		return nil, err
	}
	if kernel != nil && !slices.Equal(kernel, sizes) {
		return nil, b.fail(n, "kernel_shape: need that of the weights %v, have %v", kernel, sizes)
	}
	ones := slices.Repeat([]int{1}, dims)
	strides, err := b.counts(n, "strides", dims, 1, ones)
	if err != nil {
		return nil, err
	}
	dilations, err := b.counts(n, "dilations", dims, 1, ones)
	if err != nil {
		return nil, err
	}
	pads, err := b.counts(n, "pads", 2*dims, 0, make([]int, 2*dims))
	if err != nil {
		return nil, err
	}
	g := &geometry{in: shape(x.dims), out: make([]int, dims)}
	g.win = analog.Window{Size: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1}
	for d := range dims {
		at := d + 2 - dims
		g.win.Size[at], g.win.Stride[at], g.win.Dilation[at] = sizes[d], strides[d], dilations[d]
		g.win.Pad[at], g.win.PadEnd[at] = pads[d], pads[dims+d]
		if err := b.padding(n, g, at); err != nil {
			return nil, err
		}
		if g.out[d], err = b.positions(n, g, at); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// counts reads an attribute of n numbers.
func (b *builder) counts(n *Node, name string, want, least int, otherwise []int) ([]int, error) {
	v := n.ints(name)
	if v == nil && otherwise != nil {
		return otherwise, nil
	}
	out := make([]int, len(v))
	for i, x := range v {
		if x < int64(least) || x > analog.MaxValues {
			return nil, b.fail(n, "%s: need numbers %d..%d, have %v", name, least, analog.MaxValues, v)
		}
		out[i] = int(x)
	}
	if len(out) != want {
		return nil, b.fail(n, "%s: need %d numbers, have %v", name, want, v)
	}
	return out, nil
}

// padding settles auto_pad: SAME gives ceil(in / stride) positions, with the
// odd zero behind (UPPER) or before (LOWER).
func (b *builder) padding(n *Node, g *geometry, d int) error {
	w := &g.win
	same := 0
	switch auto := n.text("auto_pad", "NOTSET"); auto {
	case "NOTSET", "":
		return nil
	case "VALID":
	case "SAME_UPPER", "SAME_LOWER":
		in := g.in[d+1]
		same = max(0, ((in+w.Stride[d]-1)/w.Stride[d]-1)*w.Stride[d]+w.Dilation[d]*(w.Size[d]-1)+1-in)
	default:
		return b.fail(n, "auto_pad: need NOTSET, VALID, SAME_UPPER or SAME_LOWER, have %q", auto)
	}
	if n.int("ceil_mode", 0) != 0 {
		return b.fail(n, "ceil_mode = 1 with auto_pad is not supported: its meaning differs between tools")
	}
	w.Pad[d], w.PadEnd[d] = same/2, same-same/2
	if n.text("auto_pad", "") == "SAME_LOWER" {
		w.Pad[d], w.PadEnd[d] = w.PadEnd[d], w.Pad[d]
	}
	return nil
}

// positions counts the output positions. With ceil_mode a last window may
// reach past the padding, if it starts before it.
func (b *builder) positions(n *Node, g *geometry, d int) (int, error) {
	w := &g.win
	in, span := g.in[d+1], w.Dilation[d]*(w.Size[d]-1)+1
	room := in + w.Pad[d] + w.PadEnd[d]
	if span > room {
		return 0, b.fail(n, "window: need a span of at most %d, the input with padding, have %d", room, span)
	}
	out := (room-span)/w.Stride[d] + 1
	if n.int("ceil_mode", 0) != 0 && (room-span)%w.Stride[d] != 0 && out*w.Stride[d] < in+w.Pad[d] {
		if n.int("count_include_pad", 0) != 0 {
			return 0, b.fail(n, "ceil_mode = 1 with count_include_pad = 1 is not supported: its meaning differs between tools")
		}
		w.PadEnd[d] += out*w.Stride[d] + span - room
		out++
	}
	g.cut = g.cut || w.Pad[d] > 0 || w.PadEnd[d] > 0
	return out, nil
}

// conv is a convolution with constant weights.
func (b *builder) conv(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	w, err := b.must(n, 1)
	if err != nil {
		return nil, err
	}
	if len(w.Dims) != len(x.dims)+1 || slices.Contains(w.Dims, 0) {
		return nil, b.fail(n, "weights (%s): need %d dimensions for a batch of %v, have %v", n.In[1], len(x.dims)+1, x.dims, w.Dims)
	}
	g, err := b.geometry(n, x, w.Dims[2:])
	if err != nil {
		return nil, err
	}
	groups := n.int("group", 1)
	if groups < 1 || groups > int64(x.dims[0]) || x.dims[0]%int(groups) != 0 || w.Dims[0]%int(groups) != 0 || w.Dims[1] != x.dims[0]/int(groups) {
		return nil, b.fail(n, "weights (%s): need [out, %d channels / %d groups, ...] with out a multiple of the groups, have %v", n.In[1], x.dims[0], groups, w.Dims)
	}
	g.win.Groups = int(groups)
	bias, err := b.constant(n, 2)
	if err != nil {
		return nil, err
	}
	dims := append([]int{w.Dims[0]}, g.out...)
	l := analog.Layer{Kind: analog.Conv, From: []int{x.layer}, In: g.in, Out: shape(dims), W: slices.Clone(w.Values), Win: g.win, WScale: w.codes.of(Int8, 0)}
	if bias != nil {
		if len(bias.Dims) != 1 || bias.Dims[0] != w.Dims[0] {
			return nil, b.fail(n, "bias (%s): need %d values, have dimensions %v", n.In[2], w.Dims[0], bias.Dims)
		}
		l.B = slices.Clone(bias.Values)
	}
	return b.add(n, l, dims), nil
}

// maxPool is the largest value of each window.
func (b *builder) maxPool(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	g, err := b.geometry(n, x, nil)
	if err != nil {
		return nil, err
	}
	dims := append([]int{x.dims[0]}, g.out...)
	return b.add(n, analog.Layer{Kind: analog.MaxPool, From: []int{x.layer}, In: g.in, Out: shape(dims), Win: g.win}, dims), nil
}

// averagePool is the mean of each window, over what is inside the input or,
// with count_include_pad, over the zeros too.
func (b *builder) averagePool(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	g, err := b.geometry(n, x, nil)
	if err != nil {
		return nil, err
	}
	factor := []float64{1 / (float64(g.win.Size[0]) * float64(g.win.Size[1]))}
	if g.cut && n.int("count_include_pad", 0) == 0 {
		if factor, err = b.insideFactors(n, g); err != nil {
			return nil, err
		}
	}
	dims := append([]int{x.dims[0]}, g.out...)
	return b.add(n, analog.Layer{Kind: analog.Pool, From: []int{x.layer}, In: g.in, Out: shape(dims), Win: g.win, Factor: factor}, dims), nil
}

// insideFactors is one over the number of window cells inside the input, per
// position.
func (b *builder) insideFactors(n *Node, g *geometry) ([]float64, error) {
	var inside [2][]int
	for d := range 2 {
		positions := 1
		if at := d - 2 + len(g.out); at >= 0 {
			positions = g.out[at]
		}
		if positions > analog.MaxValues/max(1, len(inside[0])) {
			return nil, b.fail(n, "need at most %d positions, have %d x %d", analog.MaxValues, max(1, len(inside[0])), positions)
		}
		for o := range positions {
			count := g.win.Inside(o, g.in[d+1], d)
			if count == 0 {
				return nil, b.fail(n, "window: need a value in each, have none in that of position %d", o)
			}
			inside[d] = append(inside[d], count)
		}
	}
	var factor []float64
	for _, r := range inside[0] {
		for _, c := range inside[1] {
			factor = append(factor, 1/(float64(r)*float64(c)))
		}
	}
	return factor, nil
}

// globalPool is the mean or the largest value of each channel.
func (b *builder) globalPool(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	if len(x.dims) < 2 || len(x.dims) > 3 {
		return nil, b.fail(n, "input 0 (%s): need a batch of channels with 1 or 2 dimensions, have a batch of %v", n.In[0], x.dims)
	}
	in := shape(x.dims)
	one := [2]int{1, 1}
	l := analog.Layer{Kind: analog.MaxPool, From: []int{x.layer}, In: in, Out: analog.Shape{in[0], 1, 1}}
	l.Win = analog.Window{Size: [2]int{in[1], in[2]}, Stride: one, Dilation: one, Groups: 1}
	if n.Op != "GlobalMaxPool" {
		l.Kind, l.Factor = analog.Pool, []float64{1 / (float64(in[1]) * float64(in[2]))}
	}
	return b.add(n, l, append([]int{in[0]}, slices.Repeat([]int{1}, len(x.dims)-1)...)), nil
}

// reduceMean is globalPool where it takes all dimensions behind the channels.
func (b *builder) reduceMean(n *Node) (*value, error) {
	x, err := b.act(n, 0)
	if err != nil {
		return nil, err
	}
	axes, err := b.axes(n, len(x.dims)+1)
	if err != nil {
		return nil, err
	}
	slices.Sort(axes)
	for i, a := range axes {
		if a != i+2 {
			axes = nil
			break
		}
	}
	if len(axes) == 0 || len(axes) != len(x.dims)-1 {
		return nil, b.fail(n, "axes: need all behind the channels of a batch of %v", x.dims)
	}
	v, err := b.globalPool(n)
	if err == nil && n.int("keepdims", 1) == 0 {
		v = alias(v, v.dims[:1])
	}
	return v, err
}
