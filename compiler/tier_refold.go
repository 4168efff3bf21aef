package compiler

import "hillock/compiler/graph"

// Bounds of the windows that are looked for in a matrix.
const (
	mostWindow  = 16
	mostPadding = 7
)

// refold finds the convolutions, behind sum poolings, that a matrix between two
// maps is. A reader writes a matrix where a pooling leaves out the last row and
// the convolution behind it is padded there: no kernel over the map itself gives
// the same.
func refold(w []float64, in, out [3]int) []tierForm {
	if out[1] == 1 && out[2] == 1 {
		return nil // a window over the whole map says it
	}
	for _, p := range [...]int{1, 2, 4} {
		small := [3]int{in[0], in[1] / p, in[2] / p}
		if small[1] < 1 || small[2] < 1 {
			break
		}
		for stride := 1; stride <= 8; stride *= 2 {
			for pad := 0; pad <= mostPadding; pad++ {
				for size := 1; size <= mostWindow; size++ {
					k := &graph.Kernel{In: small, Out: out, Size: [2]int{size, size}, Stride: [2]int{stride, stride}, Pad: [2]int{pad, pad}, Dilation: [2]int{1, 1}, Groups: 1}
					if spansMap(k) && fillKernel(k, w, in, p) {
						return []tierForm{{k, p}} // larger windows would add zeros
					}
				}
			}
		}
	}
	return nil
}

// spansMap says that the output of a kernel has the size that its geometry gives.
func spansMap(k *graph.Kernel) bool {
	for a := range 2 {
		if room := k.In[1+a] + 2*k.Pad[a] - k.Size[a]; room < 0 || room/k.Stride[a]+1 != k.Out[1+a] {
			return false
		}
	}
	return true
}

// fillKernel takes the weights of a kernel out of a matrix and says whether it
// gives that matrix. A weight that no position uses is 0.
func fillKernel(k *graph.Kernel, w []float64, in [3]int, p int) bool {
	pre := in[0] * in[1] * in[2]
	k.W = make([]float64, k.Weights())
	known := make([]bool, len(k.W))
	full := 0
	for j := range pre {
		c, y, x := j/(in[1]*in[2]), j/in[2]%in[1]/p, j%in[2]/p
		if y >= k.In[1] || x >= k.In[2] {
			continue
		}
		fits := true
		k.Each((c*k.In[1]+y)*k.In[2]+x, func(target, weight int) {
			v := w[target*pre+j]
			if !known[weight] {
				known[weight], k.W[weight] = true, v
			}
			fits = fits && k.W[weight] == v
			if v != 0 {
				full++
			}
		})
		if !fits {
			return false
		}
	}
	for _, v := range w {
		if v != 0 {
			full--
		}
	}
	return full == 0 // nothing lies outside of the windows
}
