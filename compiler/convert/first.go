package convert

import "math"

// Bound is the largest magnitude of the drive that inputs of 0..1 can give.
func (f *FirstLayer) Bound() float64 {
	pos, neg := make([]float64, len(f.Bias)), make([]float64, len(f.Bias))
	add := func(i int, w float64) {
		pos[i] += max(w, 0)
		neg[i] += min(w, 0)
	}
	for _, m := range f.Maps {
		n := m.In.Size()
		if m.Kernel != nil {
			for j := range n {
				m.Kernel.Each(j, func(target, at int) { add(target, m.Kernel.W[at]) })
			}
			continue
		}
		for k, w := range m.W {
			add(k/n, w)
		}
	}
	top := 0.0
	for i, b := range f.Bias {
		top = max(top, math.Abs(b+pos[i]), math.Abs(b+neg[i]))
	}
	return top
}
