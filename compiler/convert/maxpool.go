package convert

import (
	"fmt"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// maxPoolWindow bounds the rows and columns of a maximum pooling: each one
// beyond the first is a population more.
const maxPoolWindow = 8

// maxPool is a maximum pooling made of rectifiers: max(a, b) = a + max(b - a, 0),
// first along the columns of the window, then along its rows. In whole numbers
// this is exact; firing rates approach it, as a spike sent too early cannot be
// taken back. All populations of it have the scale of the source.
func (l *lowering) maxPool(k int) (affine, error) {
	y := &l.m.Layers[k]
	g := y.Win
	if err := checkMaxPool(y); err != nil {
		return affine{}, err
	}
	a := l.source(y.From[0])
	if y.Act == analog.Relu && k < len(l.m.Layers)-1 && !l.positive(a) {
		// the largest of rectified values is the rectified largest value
		a = l.inner(k, l.unused(name(l.m, k)+"_cut"), y.In, a, noScale)
	}
	if outside(y) && !l.positive(a) {
		return affine{}, fmt.Errorf("maximum pooling with padding of values that can be below 0: the padding would win; put the rectifier before it")
	}
	scale := scaleOf(a)
	shape := y.In
	for _, axis := range []int{1, 0} {
		next := shape
		next[1+axis] = y.Out[1+axis]
		if g.Size[axis] == 1 && g.Stride[axis] == 1 && next == shape {
			continue
		}
		var err error
		if a, err = l.maxAlong(k, axis, shape, next, a, scale); err != nil {
			return affine{}, err
		}
		shape = next
	}
	if len(a.maps) > 1 && l.positive(a) { // one population, for readers to have one source
		a = l.inner(k, l.unused(name(l.m, k)), y.Out, a, scale)
	}
	l.note("layer %d (%s): maximum pooling by rectifiers, max(a, b) = a + max(b - a, 0); rates only approach it", k, y.Name)
	return a, nil
}

// maxAlong takes the maximum over one axis of the window.
func (l *lowering) maxAlong(k, axis int, from, to analog.Shape, a affine, scale int) (affine, error) {
	y := &l.m.Layers[k]
	most, err := l.apply(tap(y, axis, 0, from, to), a)
	if err != nil {
		return affine{}, err
	}
	for j := 1; j < y.Win.Size[axis]; j++ {
		next, err := l.apply(tap(y, axis, j, from, to), a)
		if err != nil {
			return affine{}, err
		}
		over := l.inner(k, l.unused(name(l.m, k)+"_over"), to, next.plus(most, -1), scale)
		most = most.plus(over, 1)
		if len(most.maps) > maxMaps {
			return affine{}, fmt.Errorf("maximum of sums of %d or more maps, limit %d", len(most.maps), maxMaps)
		}
	}
	return most, nil
}

// noScale says that a value has no population whose scale it could take.
const noScale = input - 1

// scaleOf is the population whose values an affine form picks, noScale if it
// computes others.
func scaleOf(a affine) int {
	if len(a.maps) == 1 && a.bias == nil && isIdentity(a.maps[0]) {
		return a.maps[0].From
	}
	return noScale
}

// inner appends a rectifier that is part of layer k, with the scale of a
// population or (noScale) its own, and returns its value.
func (l *lowering) inner(k int, name string, s analog.Shape, a affine, scale int) affine {
	at := len(l.plan.Stages)
	if scale < input {
		scale = at
	}
	l.plan.Stages = append(l.plan.Stages, Stage{Name: name, Layer: k, Inner: true, Shape: s, Bias: a.bias, Max: unbounded, Maps: a.maps, ScaleFrom: scale})
	return affine{maps: []Map{identity(at, s)}}
}

// tap is the j-th value of the window along one axis.
func tap(y *analog.Layer, axis, j int, from, to analog.Shape) Map {
	one := [2]int{1, 1}
	k := &graph.Kernel{In: from, Out: to, Size: one, Stride: one, Dilation: one, Groups: from[0]}
	g := y.Win
	k.Size[axis], k.Stride[axis], k.Pad[axis], k.Dilation[axis] = g.Size[axis], g.Stride[axis], g.Pad[axis], g.Dilation[axis]
	k.W = make([]float64, from[0]*g.Size[axis])
	for c := range from[0] {
		k.W[c*g.Size[axis]+j] = 1
	}
	return Map{In: from, Out: to, Kernel: k}
}

func checkMaxPool(y *analog.Layer) error {
	g := y.Win
	for a := range 2 {
		if g.Size[a] < 1 || g.Size[a] > maxPoolWindow || g.Stride[a] < 1 || g.Dilation[a] < 1 || g.Pad[a] < 0 || max(g.Stride[a], g.Dilation[a], g.Pad[a]) > maxWindow {
			return fmt.Errorf("maximum pooling of %v, stride %v, dilation %v, padding %v: need 1..%d rows and columns (each is a population more) and steps of 1..%d; use average pooling or a stride", g.Size, g.Stride, g.Dilation, g.Pad, maxPoolWindow, maxWindow)
		}
	}
	if y.In[0] != y.Out[0] {
		return fmt.Errorf("maximum pooling from %v to %v, need as many channels", y.In, y.Out)
	}
	return nil
}

// outside says that a window of the pooling reads padding.
func outside(y *analog.Layer) bool {
	for a := range 2 {
		g := y.Win
		if g.Pad[a] > 0 || (y.Out[1+a]-1)*g.Stride[a]-g.Pad[a]+(g.Size[a]-1)*g.Dilation[a] >= y.In[1+a] {
			return true
		}
	}
	return false
}
