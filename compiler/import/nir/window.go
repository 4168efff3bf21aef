package nir

import (
	"fmt"
	"slices"

	"hillock/compiler/graph"
)

// maxWindow bounds strides, paddings, dilations and window sizes.
const maxWindow = 1 << 20

// window settles a convolution or pooling: shapes of both sides and geometry.
// Output sizes are floor((in + padding - dilation*(size-1) - 1)/stride) + 1 on
// each axis, computed here: the format's reference library gets them wrong for
// windows that are not square, for "same" with a stride, and for groups.
func (d *flat) window(n *flatNode, from []int) error {
	in, ok, err := d.windowInput(n, from)
	if err != nil || !ok {
		return err
	}
	k := &graph.Kernel{In: in, Groups: in[0]}
	k.Out[0] = in[0]
	axes := n.axes()
	if w, ok := n.Param("weight"); ok {
		k.Out[0], k.W = w.Dims[0], w.Values
		k.Groups = int(n.values("groups")[0])
		k.Size = [2]int{1, w.Dims[len(w.Dims)-1]}
		if axes == 2 {
			k.Size[0] = w.Dims[2]
		}
	} else if k.Size, err = d.pair(n, "kernel_size", 1, 1); err != nil {
		return err
	}
	if k.Stride, err = d.pair(n, "stride", 1, 1); err != nil {
		return err
	}
	k.Dilation = [2]int{1, 1}
	if _, ok := n.Param("dilation"); ok {
		if k.Dilation, err = d.pair(n, "dilation", 1, 1); err != nil {
			return err
		}
	}
	if err := d.padded(n, k); err != nil {
		return err
	}
	n.kernel = k
	n.enters, n.leaves = in[:], k.Out[:]
	if axes == 1 {
		n.enters, n.leaves = []int{in[0], in[2]}, []int{k.Out[0], k.Out[2]}
	}
	return d.checkWindow(n)
}

// axes is the number of spatial axes of a convolution or pooling.
func (n *flatNode) axes() int {
	if n.Type == "Conv1d" {
		return 1
	}
	return 2
}

// windowInput is the source of a convolution or pooling as channels, rows,
// columns; rows is 1 for a convolution of one axis. ok is false if it is not
// known yet. What enters decides; a declared input_shape is a hint.
func (d *flat) windowInput(n *flatNode, from []int) (in [3]int, ok bool, err error) {
	axes, channels := n.axes(), 0
	if w, conv := n.Param("weight"); conv {
		g := n.values("groups")
		if len(g) != 1 || g[0] > maxWindow {
			return in, false, d.fail(n.name, "groups", fmt.Sprintf("one number, 1 to %d", maxWindow), fmt.Sprintf("%v", g))
		}
		channels = w.Dims[1] * int(g[0])
	}
	hint := d.declared(n, axes, channels)
	dims := spatial(from, axes, channels)
	switch {
	case from == nil && hint == nil:
		return in, false, nil
	case from == nil:
		dims = hint
	case dims == nil && hint != nil && sameSize(from, hint):
		d.say("node %q: %v enters, read as %v as its input_shape says", n.name, from, hint)
		dims = hint
	case dims == nil:
		return in, false, d.fail(n.name, "input", fmt.Sprintf("channels and %d axes", axes), fmt.Sprintf("shape %v", from))
	case hint != nil && !slices.Equal(dims, hint):
		d.say("node %q: input_shape says %v, %v enters and is used", n.name, hint, dims)
	}
	if channels > 0 && dims[0] != channels {
		return in, false, d.fail(n.name, "weight", fmt.Sprintf("%d input channels, as in the shape %v that enters", dims[0], dims), fmt.Sprintf("%d", channels))
	}
	in = [3]int{dims[0], 1, dims[len(dims)-1]}
	if axes == 2 {
		in[1] = dims[1]
	}
	return in, true, nil
}

// declared is the input_shape of a convolution with its channels, nil if there
// is none of the right rank.
func (d *flat) declared(n *flatNode, axes, channels int) []int {
	v := n.values("input_shape")
	dims := make([]int, len(v))
	for i, x := range v {
		dims[i] = int(x)
	}
	if len(dims) == axes && channels > 0 {
		return append([]int{channels}, dims...)
	}
	return spatial(dims, axes, channels)
}

// spatial reads a shape as channels and spatial axes: leading ones beyond them
// (a batch of one) are dropped, and without a channel axis there is one
// channel. Nil if it cannot be read so.
func spatial(dims []int, axes, channels int) []int {
	for len(dims) > axes+1 && dims[0] == 1 {
		dims = dims[1:]
	}
	switch {
	case len(dims) == axes+1:
		return slices.Clone(dims)
	case len(dims) == axes && channels <= 1:
		return append([]int{1}, dims...)
	}
	return nil
}

// sameSize reports whether two shapes hold the same number of values.
func sameSize(a, b []int) bool {
	x, okx := product(a)
	y, oky := product(b)
	return okx && oky && x == y
}

// pair reads a setting as rows and columns: one number stands for both axes, a
// convolution of one axis has it for its columns and rest for its rows.
func (d *flat) pair(n *flatNode, field string, lo, rest int) (p [2]int, err error) {
	v := n.values(field)
	if len(v) != 1 && len(v) != n.axes() {
		have := fmt.Sprintf("%v", v)
		if q, ok := n.Param(field); ok && len(q.Strings) > 0 {
			have = fmt.Sprintf("%q", q.Strings[0])
		}
		return p, d.fail(n.name, field, fmt.Sprintf("1 or %d whole numbers", n.axes()), have)
	}
	for _, x := range v {
		if x != float64(int(max(min(x, maxWindow+1), -1))) || int(x) < lo || x > maxWindow {
			return p, d.fail(n.name, field, fmt.Sprintf("whole numbers from %d to %d", lo, maxWindow), fmt.Sprintf("%v", v))
		}
	}
	p = [2]int{int(v[0]), int(v[len(v)-1])}
	if n.axes() == 1 {
		p[0] = rest
	}
	return p, nil
}

// padded sets padding and the output size.
func (d *flat) padded(n *flatNode, k *graph.Kernel) error {
	word := ""
	if q, ok := n.Param("padding"); ok && len(q.Strings) > 0 {
		word = q.Strings[0]
	}
	var both [2]int // begin and end together
	switch word {
	case "":
		p, err := d.pair(n, "padding", 0, 0)
		if err != nil {
			return err
		}
		k.Pad, both = p, [2]int{2 * p[0], 2 * p[1]}
	case "valid":
	case "same":
		for a := range both {
			both[a] = k.Dilation[a] * (k.Size[a] - 1)
			k.Pad[a] = both[a] / 2
		}
		if k.Stride != [2]int{1, 1} {
			d.say("node %q: padding \"same\" with stride %v: the input is padded as without a stride", n.name, k.Stride)
		}
	default:
		return d.fail(n.name, "padding", `numbers, "same" or "valid"`, fmt.Sprintf("%q", word))
	}
	for a := range both {
		room := k.In[1+a] + both[a] - k.Dilation[a]*(k.Size[a]-1) - 1
		if room < 0 {
			return d.fail(n.name, "input", fmt.Sprintf("at least %d values on axis %d for the window", k.Dilation[a]*(k.Size[a]-1)+1-both[a], a), fmt.Sprintf("shape %v", k.In))
		}
		k.Out[1+a] = room/k.Stride[a] + 1
	}
	return nil
}

// checkWindow checks sizes and settles the widths.
func (d *flat) checkWindow(n *flatNode) error {
	k := n.kernel
	err := k.CheckShape() // the weights of a pooling come when it is folded
	if k.W != nil && err == nil {
		err = k.Check()
	}
	if err != nil {
		return d.fail(n.name, "shape", "a legal "+n.Type, err.Error())
	}
	n.in, n.out = k.Sources(), k.Targets()
	return nil
}
