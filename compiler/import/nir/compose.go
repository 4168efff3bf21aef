package nir

import (
	"fmt"

	"hillock/compiler/graph"
)

// maxWork bounds the multiplications of one node while folding.
const maxWork = 1 << 32

// work refuses a product of too many multiplications.
func (f *folder) work(node string, a, b int) error {
	if a > 0 && b > maxWork/a {
		return f.fail(node, "weight", fmt.Sprintf("at most %d multiplications to fold linear nodes without neurons between them", maxWork), fmt.Sprintf("%d x %d", a, b))
	}
	return nil
}

// windowNode applies a convolution or pooling: to a population it is a kernel,
// to a kernel a larger kernel where that is exact, to anything else a matrix.
func (f *folder) windowNode(n *flatNode, in form) (form, error) {
	k, err := f.weighted(n)
	if err != nil {
		return in, err
	}
	for i, t := range in.terms {
		if in.terms[i].m, err = f.convolved(n, k, t.m); err != nil {
			return in, err
		}
	}
	if in.bias != nil {
		if err := f.spend(n.name, n.out); err != nil {
			return in, err
		}
		in.bias = (&matrix{rows: n.in, cols: 1, dense: in.bias}).under(k).dense
	}
	if b, ok := n.Param("bias"); ok {
		all := make([]float64, n.out)
		for i := range all {
			all[i] = b.Values[i/(n.out/k.Out[0])%len(b.Values)]
		}
		in.bias = sum(in.bias, all)
	}
	return in, nil
}

// weighted is the kernel of a node with its weights: those of a pooling are 1,
// or one over the window's size for a mean, which counts padding.
func (f *folder) weighted(n *flatNode) (*graph.Kernel, error) {
	if n.kernel.W != nil {
		return n.kernel, nil
	}
	k := *n.kernel
	if err := f.spend(n.name, k.Weights()); err != nil {
		return nil, err
	}
	w := 1.0
	if n.Type == "AvgPool2d" {
		w = 1 / float64(k.Size[0]*k.Size[1])
	}
	k.W = filled(k.Weights(), w)
	return &k, nil
}

// convolved is the kernel applied behind a map.
func (f *folder) convolved(n *flatNode, k *graph.Kernel, m matrix) (matrix, error) {
	whole := matrix{kernel: k, rows: k.Targets(), cols: k.Sources()}
	if m.diag != nil {
		if c := perChannel(m.diag, k.In[0]); c != nil {
			whole.kernel = scaledIn(k, c)
			return whole, f.spend(n.name, len(k.W))
		}
	}
	if m.kernel != nil {
		if c := composed(m.kernel, k); c != nil {
			if err := f.spend(n.name, c.Weights()); err != nil {
				return m, err
			}
			area := m.kernel.Size[0] * m.kernel.Size[1]
			if err := f.work(n.name, len(k.W)*max(m.kernel.In[0]/m.kernel.Groups, 1), area); err != nil {
				return m, err
			}
			c.W = make([]float64, c.Weights())
			fillComposed(c, m.kernel, k)
			return matrix{kernel: c, rows: k.Targets(), cols: m.cols}, nil
		}
	}
	if err := f.spend(n.name, k.Targets()*m.cols); err != nil {
		return m, err
	}
	each := 1 // entries of a row of m
	switch {
	case m.kernel != nil:
		if err := f.spend(n.name, m.rows*m.cols); err != nil {
			return m, err
		}
		each = m.cols
	case m.dense != nil:
		each = m.cols
	}
	if err := f.work(n.name, whole.synapses(), each); err != nil {
		return m, err
	}
	f.say("node %q: not one kernel together with the linear nodes before it: a matrix of %d x %d", n.name, k.Targets(), m.cols)
	return m.under(k), nil
}

// under is the matrix of a kernel applied behind the map.
func (m matrix) under(k *graph.Kernel) matrix {
	r := matrix{rows: k.Targets(), cols: m.cols, dense: make([]float64, k.Targets()*m.cols)}
	var dense []float64
	if m.diag == nil {
		dense = m.full()
	}
	for j := range m.rows {
		k.Each(j, func(i, at int) {
			w := k.W[at]
			if m.diag != nil {
				r.dense[i*r.cols+j] = w * m.diag[j]
				return
			}
			row := r.dense[i*r.cols : (i+1)*r.cols]
			for c, v := range dense[j*m.cols : (j+1)*m.cols] {
				row[c] += float64(w * v)
			}
		})
	}
	return r
}

// scaledIn multiplies the weights of each input channel.
func scaledIn(k *graph.Kernel, s []float64) *graph.Kernel {
	return scaledBy(k, func(o, c int) float64 {
		return s[o/(k.Out[0]/k.Groups)*(k.In[0]/k.Groups)+c]
	})
}

// scaledOut multiplies the weights of each output channel.
func scaledOut(k *graph.Kernel, s []float64) *graph.Kernel {
	return scaledBy(k, func(o, _ int) float64 { return s[o] })
}

// scaledBy multiplies the weights by a factor per output channel and input
// channel within the group.
func scaledBy(k *graph.Kernel, factor func(o, c int) float64) *graph.Kernel {
	r := *k
	r.W = make([]float64, len(k.W))
	per, area := k.In[0]/k.Groups, k.Size[0]*k.Size[1]
	for i, w := range k.W {
		r.W[i] = w * factor(i/area/per, i/area%per)
	}
	return &r
}

// composed is the geometry of b applied behind a as one kernel, nil if there is
// none that gives the same everywhere: b must read nothing but values that a
// computes, or values that a would compute as 0 too.
func composed(a, b *graph.Kernel) *graph.Kernel {
	k := &graph.Kernel{In: a.In, Out: b.Out, Groups: gcd(a.Groups, b.Groups)}
	for x := range 2 {
		mid, last := a.Out[1+x], (b.Out[1+x]-1)*b.Stride[x]-b.Pad[x]+(b.Size[x]-1)*b.Dilation[x]
		before := -a.Stride[x] - a.Pad[x] + (a.Size[x]-1)*a.Dilation[x] // last source of position -1
		after := mid*a.Stride[x] - a.Pad[x]                             // first source of position mid
		if b.Pad[x] > 0 && before >= 0 || last >= mid && after < a.In[1+x] {
			return nil
		}
		k.Stride[x] = a.Stride[x] * b.Stride[x]
		k.Pad[x] = a.Pad[x] + b.Pad[x]*a.Stride[x]
		da, db := a.Dilation[x]*min(a.Size[x]-1, 1), b.Dilation[x]*a.Stride[x]*min(b.Size[x]-1, 1)
		k.Dilation[x] = max(gcd(da, db), 1)
		k.Size[x] = (da*(a.Size[x]-1)+db*(b.Size[x]-1))/k.Dilation[x] + 1
	}
	if k.CheckShape() != nil {
		return nil
	}
	return k
}

// gcd is the greatest common divisor; gcd(0, x) = x.
func gcd(a, b int) int {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// fillComposed adds up the weights of b behind a.
func fillComposed(k, a, b *graph.Kernel) {
	perA, perB, per := a.In[0]/a.Groups, b.In[0]/b.Groups, k.In[0]/k.Groups
	outA, outB := a.Out[0]/a.Groups, b.Out[0]/b.Groups
	for ib := range b.W { // one weight of b with all of a that it meets
		if b.W[ib] == 0 {
			continue
		}
		jb, i2, o := ib%b.Size[1], ib/b.Size[1]%b.Size[0], ib/(b.Size[0]*b.Size[1])/perB
		mid := o/outB*perB + ib/(b.Size[0]*b.Size[1])%perB
		for c := range perA {
			within := (mid/outA*perA + c) % per
			for i1 := range a.Size[0] {
				for j1 := range a.Size[1] {
					y := (i1*a.Dilation[0] + i2*b.Dilation[0]*a.Stride[0]) / k.Dilation[0]
					x := (j1*a.Dilation[1] + jb*b.Dilation[1]*a.Stride[1]) / k.Dilation[1]
					k.W[((o*per+within)*k.Size[0]+y)*k.Size[1]+x] += float64(b.W[ib] * a.W[((mid*perA+c)*a.Size[0]+i1)*a.Size[1]+j1])
				}
			}
		}
	}
}
