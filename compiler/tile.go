package compiler

import (
	"hillock/compiler/graph"
	"hillock/core"
)

// tileOf is how a core stores a kernel onto slices of its target, without
// weights: a run of neurons with the whole geometry, or a block of channels,
// rows and columns as a smaller convolution whose source is what the block
// reads of the whole source, from channel, row and column crop on. nil if the
// slices are neither, which takes lists.
func tileOf(k *graph.Kernel, on []Slice) (form *core.Kernel, crop [3]int32) {
	three := func(v [3]int) [3]int32 { return [3]int32{int32(v[0]), int32(v[1]), int32(v[2])} }
	two := func(v [2]int) [2]int32 { return [2]int32{int32(v[0]), int32(v[1])} }
	form = &core.Kernel{In: three(k.In), Out: three(k.Out), Size: two(k.Size), Stride: two(k.Stride), Pad: two(k.Pad), Dilation: two(k.Dilation),
		Groups: int32(k.Groups), First: int32(on[0].First), N: int32(on[0].N)}
	if len(on) == 1 {
		return form, crop
	}
	lo, hi, ok := block(k, on)
	if !ok {
		return nil, crop
	}
	per, perOut := k.In[0]/k.Groups, k.Out[0]/k.Groups
	first, last := lo[0]/perOut, (hi[0]-1)/perOut
	if first != last && (lo[0]%perOut != 0 || hi[0]%perOut != 0) {
		return nil, crop // channels of several groups, and not all of them
	}
	form.Groups = int32(last - first + 1)
	crop[0], form.In[0] = int32(first*per), int32((last-first+1)*per)
	for a := range 3 {
		form.Out[a] = int32(hi[a] - lo[a])
	}
	for a := range 2 {
		from := lo[1+a]*k.Stride[a] - k.Pad[a]
		to := (hi[1+a]-1)*k.Stride[a] - k.Pad[a] + (k.Size[a]-1)*k.Dilation[a] + 1
		start := min(max(from, 0), k.In[1+a]-1)
		crop[1+a], form.In[1+a], form.Pad[a] = int32(start), int32(max(min(to, k.In[1+a]), start+1)-start), int32(start-from)
	}
	form.First, form.N = 0, int32(neurons(on))
	return form, crop
}

// block is the channels, rows and columns lo to hi-1 that the slices are, if
// they are exactly such a block.
func block(k *graph.Kernel, on []Slice) (lo, hi [3]int, ok bool) {
	plane := k.Out[1] * k.Out[2]
	place := func(t int) [3]int { return [3]int{t / plane, t / k.Out[2] % k.Out[1], t % k.Out[2]} }
	end := on[len(on)-1]
	lo, hi = place(on[0].First), place(end.First+end.N-1)
	n := 1
	for a := range hi {
		if hi[a] < lo[a] {
			return lo, hi, false
		}
		hi[a]++
		n *= hi[a] - lo[a]
	}
	if n != neurons(on) {
		return lo, hi, false
	}
	for _, s := range on {
		for t := s.First; t < s.First+s.N; t++ {
			for a, x := range place(t) {
				if x < lo[a] || x >= hi[a] {
					return lo, hi, false
				}
			}
		}
	}
	return lo, hi, true
}

// mantissas is the weights of the stored kernel.
func (w *kernelRows) mantissas() []int16 {
	k := w.q.kernel
	if len(w.on) == 1 {
		return w.q.Mant
	}
	per := len(k.W) / k.Out[0]
	first := w.on[0].First / (k.Out[1] * k.Out[2])
	return w.q.Mant[first*per : (first+int(w.form.Out[0]))*per]
}

// address is the number of a source neuron in the stored kernel.
func (w *kernelRows) address(source int) int {
	if len(w.on) == 1 {
		return source
	}
	k, f := w.q.kernel, w.form
	c, y, x := source/(k.In[1]*k.In[2]), source/k.In[2]%k.In[1], source%k.In[2]
	return ((c-int(w.crop[0]))*int(f.In[1])+y-int(w.crop[1]))*int(f.In[2]) + x - int(w.crop[2])
}
