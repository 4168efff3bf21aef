package convert

import (
	"fmt"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// Limits of what composing may build.
const (
	maxMatrix = 1 << 24 // weights of a matrix that a kernel has to become
	maxMaps   = 64      // maps into one population
	maxLayer  = graph.MaxNeurons
	maxValues = 4 * graph.MaxNeurons // of all layers
)

// identity is the map of a population onto itself.
func identity(from int, s analog.Shape) Map {
	w := make([]float64, s[0])
	for i := range w {
		w[i] = 1
	}
	one := [2]int{1, 1}
	return Map{From: from, In: s, Out: s, Kernel: &graph.Kernel{In: s, Out: s, Size: one, Stride: one, Dilation: one, Groups: s[0], W: w}}
}

// isIdentity recognises what identity makes.
func isIdentity(m Map) bool {
	k := m.Kernel
	if k == nil || k.In != k.Out || k.Size != [2]int{1, 1} || k.Stride != [2]int{1, 1} || k.Pad != [2]int{} || k.Groups != k.In[0] {
		return false
	}
	for _, w := range k.W {
		if w != 1 {
			return false
		}
	}
	return true
}

// compose is the map b after the map a. Sizes agree by value count.
func compose(b, a Map) (Map, error) {
	var m Map
	var err error
	switch {
	case isIdentity(a):
		m = b
	case isIdentity(b):
		m = a
	case b.Kernel != nil && a.Kernel != nil && a.Out == b.In && exact(b.Kernel, a.Kernel):
		m = Map{Kernel: composeKernels(b.Kernel, a.Kernel)}
		err = checkComposed(m.Kernel)
	default:
		m, err = composeDense(b, a)
	}
	m.From, m.In, m.Out = a.From, a.In, b.Out
	return m, err
}

func checkComposed(k *graph.Kernel) error {
	if k == nil {
		return fmt.Errorf("composed kernel needs more than %d weights, the limit", maxMatrix)
	}
	return k.Check()
}

// exact says that kernel b reads zeros around a's output only where a itself,
// shifted out there, would read nothing but zeros. Then b after a is a kernel.
func exact(b, a *graph.Kernel) bool {
	for x := range 2 {
		first := -b.Pad[x]
		last := (b.Out[1+x]-1)*b.Stride[x] - b.Pad[x] + (b.Size[x]-1)*b.Dilation[x]
		mid, src := a.Out[1+x], a.In[1+x]
		if first < 0 && -a.Stride[x]-a.Pad[x]+(a.Size[x]-1)*a.Dilation[x] >= 0 {
			return false
		}
		if last >= mid && mid*a.Stride[x]-a.Pad[x] < src {
			return false
		}
	}
	return true
}

// composeKernels is b after a with the strides multiplied: b's window position
// i and a's j read the source at i*b.Dilation*a.Stride + j*a.Dilation. It is nil
// beyond the size limit.
func composeKernels(b, a *graph.Kernel) *graph.Kernel {
	k := &graph.Kernel{In: a.In, Out: b.Out, Dilation: [2]int{1, 1}, Groups: gcd(a.Groups, b.Groups)}
	for x := range 2 {
		k.Size[x] = (b.Size[x]-1)*b.Dilation[x]*a.Stride[x] + (a.Size[x]-1)*a.Dilation[x] + 1
		k.Stride[x] = a.Stride[x] * b.Stride[x]
		k.Pad[x] = a.Pad[x] + b.Pad[x]*a.Stride[x]
	}
	if k.Size[0] > maxMatrix/k.Size[1] || k.Weights() > maxMatrix {
		return nil
	}
	k.W = make([]float64, k.Weights())
	for o := range b.Out[0] {
		for m := range b.In[0] / b.Groups {
			addPlane(k, b, a, o, m)
		}
	}
	return k
}

// addPlane adds what output channel o gets through the m-th middle channel of
// its group.
func addPlane(k, b, a *graph.Kernel, o, m int) {
	perA, perK := a.In[0]/a.Groups, k.In[0]/k.Groups
	middle := o/(b.Out[0]/b.Groups)*(b.In[0]/b.Groups) + m
	first := middle / (a.Out[0] / a.Groups) * perA // source channel that a's first weight of this channel reads
	bw := b.W[(o*(b.In[0]/b.Groups)+m)*b.Size[0]*b.Size[1]:]
	for c := range perA {
		aw := a.W[(middle*perA+c)*a.Size[0]*a.Size[1]:]
		kw := k.W[(o*perK+(first+c)%perK)*k.Size[0]*k.Size[1]:]
		for i := range b.Size[0] * b.Size[1] {
			by, bx := i/b.Size[1]*b.Dilation[0]*a.Stride[0], i%b.Size[1]*b.Dilation[1]*a.Stride[1]
			for j := range a.Size[0] * a.Size[1] {
				y, x := by+j/a.Size[1]*a.Dilation[0], bx+j%a.Size[1]*a.Dilation[1]
				kw[y*k.Size[1]+x] += bw[i] * aw[j]
			}
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// composeDense is b after a as a matrix.
func composeDense(b, a Map) (Map, error) {
	out, mid, src := b.Out.Size(), a.Out.Size(), a.In.Size()
	if out > maxMatrix/src {
		return Map{}, fmt.Errorf("layers without activation between them need a matrix of %d x %d weights, limit %d in all", out, src, maxMatrix)
	}
	w := make([]float64, out*src)
	if b.Kernel != nil { // columns of a through b
		if a.Kernel != nil {
			var err error
			if a, err = dense(a); err != nil {
				return Map{}, err
			}
		}
		for t := range mid {
			row := a.W[t*src : (t+1)*src]
			b.Kernel.Each(t, func(o, k int) { addRow(w[o*src:(o+1)*src], row, b.Kernel.W[k]) })
		}
		return Map{W: w}, nil
	}
	if a.Kernel == nil {
		for o := range out {
			for t := range mid {
				addRow(w[o*src:(o+1)*src], a.W[t*src:(t+1)*src], b.W[o*mid+t])
			}
		}
		return Map{W: w}, nil
	}
	for i := range src {
		a.Kernel.Each(i, func(t, k int) {
			for o := range out {
				w[o*src+i] += b.W[o*mid+t] * a.Kernel.W[k]
			}
		})
	}
	return Map{W: w}, nil
}

func addRow(y, x []float64, c float64) {
	if c == 0 {
		return
	}
	for i, v := range x {
		y[i] += c * v
	}
}

// dense is a map as a matrix.
func dense(m Map) (Map, error) {
	if m.Kernel == nil {
		return m, nil
	}
	out, src := m.Out.Size(), m.In.Size()
	if out > maxMatrix/src {
		return Map{}, fmt.Errorf("a kernel that cannot stay one needs a matrix of %d x %d weights, limit %d in all", out, src, maxMatrix)
	}
	w := make([]float64, out*src)
	for i := range src {
		m.Kernel.Each(i, func(t, k int) { w[t*src+i] += m.Kernel.W[k] })
	}
	m.W, m.Kernel = w, nil
	return m, nil
}

// addMap adds a map to a list, into one of the same source and geometry if
// there is one.
func addMap(list []Map, m Map) []Map {
	for i := range list {
		if p := &list[i]; sameForm(p, &m) {
			if p.Kernel == nil {
				p.W = added(p.W, m.W)
				return list
			}
			k := *p.Kernel
			k.W = added(k.W, m.Kernel.W)
			p.Kernel = &k
			return list
		}
	}
	return append(list, m)
}

func sameForm(p, q *Map) bool {
	if p.From != q.From || (p.Kernel == nil) != (q.Kernel == nil) {
		return false
	}
	if p.Kernel == nil {
		return len(p.W) == len(q.W)
	}
	a, b := *p.Kernel, *q.Kernel
	return a.In == b.In && a.Out == b.Out && a.Size == b.Size && a.Stride == b.Stride && a.Pad == b.Pad && a.Dilation == b.Dilation && a.Groups == b.Groups
}

func added(a, b []float64) []float64 {
	c := make([]float64, len(a))
	for i := range c {
		c[i] = a[i] + b[i]
	}
	return c
}
