package convert

import "hillock/compiler/graph"

// correlate adds the kernel k with weights w of x to y, a row of the target at
// a time: the sums of a calibration are too many to visit synapse by synapse.
func correlate[Y float64 | int64, W float64 | int32, X float64 | int](k *graph.Kernel, w []W, x []X, y []Y) {
	perIn, perOut := k.In[0]/k.Groups, k.Out[0]/k.Groups
	window := k.Size[0] * k.Size[1]
	for o := range k.Out[0] {
		target := y[o*k.Out[1]*k.Out[2]:]
		for c := range perIn {
			source := x[(o/perOut*perIn+c)*k.In[1]*k.In[2]:]
			for at, v := range w[(o*perIn+c)*window : (o*perIn+c+1)*window] {
				if v != 0 {
					addShifted(k, at, Y(v), source, target)
				}
			}
		}
	}
}

// addShifted adds one channel, as one weight of the window sees it.
func addShifted[Y float64 | int64, X float64 | int](k *graph.Kernel, at int, w Y, source []X, target []Y) {
	dy, dx := at/k.Size[1]*k.Dilation[0]-k.Pad[0], at%k.Size[1]*k.Dilation[1]-k.Pad[1]
	top, bottom := inside(dy, k.Stride[0], k.In[1], k.Out[1])
	left, right := inside(dx, k.Stride[1], k.In[2], k.Out[2])
	if left >= right {
		return
	}
	for oy := top; oy < bottom; oy++ {
		row := source[(oy*k.Stride[0]+dy)*k.In[2]:][:k.In[2]]
		ix := left*k.Stride[1] + dx
		for i := range target[oy*k.Out[2]+left : oy*k.Out[2]+right] {
			target[oy*k.Out[2]+left+i] += w * Y(row[ix])
			ix += k.Stride[1]
		}
	}
}

// inside are the targets first..end-1 of 0..out-1 whose source t*stride + shift
// lies in 0..in-1.
func inside(shift, stride, in, out int) (first, end int) {
	if shift < 0 {
		first = (-shift + stride - 1) / stride
	}
	if last := in - 1 - shift; last >= 0 {
		end = min(last/stride+1, out)
	}
	return first, max(end, first)
}
