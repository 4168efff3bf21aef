package core

import "fmt"

// Kernel is a convolution stored once per core: the mantissas Mant [out
// channel][in channel / Groups][row][column], and the geometry from which the
// synapses of a source neuron follow when it spikes. Neurons of both sides are
// numbered channel by channel, row by row, column by column. Output (c, y, x)
// reads input (y*Stride - Pad + i*Dilation, the same for x) through window
// position (i, j).
type Kernel struct {
	In, Out                     [3]int32 // channels, rows, columns of the whole source and target
	Size, Stride, Pad, Dilation [2]int32 // rows, columns
	Groups                      int32
	First, N                    int32 // targets First .. First+N-1 sit on this core
	Base                        int32 // at compartments Base .. Base+N-1
	Delay                       uint8
	Mant                        []int16
}

// Each visits the synapses of a source neuron on this core: compartment and
// index into Mant, window position by window position, channels innermost.
func (k *Kernel) Each(source int32, visit func(comp, mant int32)) {
	plane := k.In[1] * k.In[2]
	c, y, x := source/plane, source%plane/k.In[2], source%k.In[2]
	perIn, perOut := k.In[0]/k.Groups, k.Out[0]/k.Groups
	first, within := c/perIn*perOut, c%perIn
	area, step := k.Out[1]*k.Out[2], perIn*k.Size[0]*k.Size[1]
	for i := range k.Size[0] {
		oy, ok := k.along(0, y, i)
		if !ok {
			continue
		}
		for j := range k.Size[1] {
			ox, ok := k.along(1, x, j)
			if !ok {
				continue
			}
			at := (first*k.Out[1]+oy)*k.Out[2] + ox - k.First
			m := ((first*perIn+within)*k.Size[0]+i)*k.Size[1] + j
			for range perOut {
				if at >= 0 && at < k.N {
					visit(k.Base+at, m)
				}
				at += area
				m += step
			}
		}
	}
}

// along is the output coordinate that a source coordinate reaches through a
// window position.
func (k *Kernel) along(axis int, at, window int32) (int32, bool) {
	p := at + k.Pad[axis] - window*k.Dilation[axis]
	if p < 0 || p%k.Stride[axis] != 0 {
		return 0, false
	}
	p /= k.Stride[axis]
	return p, p < k.Out[1+axis]
}

// walk is what visiting one source costs at most: window positions times
// channels.
func (k *Kernel) walk() int64 {
	return int64(k.Size[0]) * int64(k.Size[1]) * int64(k.Out[0]/k.Groups)
}

// maxWalk bounds the walks of all in-axons of a core together, so that a
// small file cannot ask for hours of checking.
const maxWalk = 1 << 31

// maxKernel bounds the sides of a kernel, so that no index overflows 32 bits.
const maxKernel = 1 << 24

// check verifies that every synapse of the kernel is inside the core.
func (k *Kernel) check(img *Image) error {
	product := func(max int64, sides ...int32) (int64, bool) {
		n := int64(1)
		for _, s := range sides {
			if s < 1 || int64(s) > max || n > max/int64(s) {
				return 0, false
			}
			n *= int64(s)
		}
		return n, true
	}
	_, in := product(maxKernel, k.In[:]...)
	out, okOut := product(maxKernel, k.Out[:]...)
	_, win := product(maxKernel, k.Size[0], k.Size[1], k.Stride[0], k.Stride[1], k.Dilation[0], k.Dilation[1])
	reach := func(a int) bool { _, ok := product(maxKernel, k.Size[a], k.Dilation[a]); return ok }
	switch {
	case !in || !okOut || !win || !reach(0) || !reach(1):
		return fmt.Errorf("from %v to %v with window %v, stride %v, dilation %v: need positive sizes, at most %d together", k.In, k.Out, k.Size, k.Stride, k.Dilation, maxKernel)
	case k.Pad[0] < 0 || k.Pad[1] < 0 || max(k.Pad[0], k.Pad[1]) > maxKernel:
		return fmt.Errorf("padding %v, need 0..%d", k.Pad, maxKernel)
	case k.Groups < 1 || k.In[0]%k.Groups != 0 || k.Out[0]%k.Groups != 0:
		return fmt.Errorf("%d groups for %d and %d channels, need a common divisor", k.Groups, k.In[0], k.Out[0])
	case k.First < 0 || k.N < 1 || int64(k.First)+int64(k.N) > out:
		return fmt.Errorf("targets %d..%d of %d", k.First, int64(k.First)+int64(k.N)-1, out)
	case k.Base < 0 || int64(k.Base)+int64(k.N) > int64(img.N):
		return fmt.Errorf("compartments %d..%d of %d", k.Base, int64(k.Base)+int64(k.N)-1, img.N)
	case int(k.Delay) >= img.Ring:
		return fmt.Errorf("delay %d of %d slots", k.Delay, img.Ring)
	}
	if n, ok := product(maxKernel, k.Out[0], k.In[0]/k.Groups, k.Size[0], k.Size[1]); !ok || n != int64(len(k.Mant)) {
		return fmt.Errorf("%d mantissas, need %d", len(k.Mant), n)
	}
	return nil
}
