package graph

// scatter adds the synapses of one source neuron of a kernel at a time to the
// inputs of its targets. It visits what Kernel.Each visits, in another order:
// no target twice, so the order does not show in the sums.
type scatter struct {
	k          *Kernel
	rows, cols []reach // scratch
}

// reach is a window position that lands on an output coordinate.
type reach struct{ window, at int }

func newScatter(k *Kernel) *scatter {
	return &scatter{k: k, rows: make([]reach, 0, k.Size[0]), cols: make([]reach, 0, k.Size[1])}
}

// add adds size times the weights of a source neuron to its targets in x.
func (s *scatter) add(x []float64, source int, size float64) {
	k := s.k
	plane := k.In[1] * k.In[2]
	c := source / plane
	s.rows = k.reaches(0, source%plane/k.In[2], s.rows[:0])
	s.cols = k.reaches(1, source%k.In[2], s.cols[:0])
	perIn, perOut := k.In[0]/k.Groups, k.Out[0]/k.Groups
	first := c / perIn * perOut
	for o := first; o < first+perOut; o++ {
		w := k.W[(o*perIn+c%perIn)*k.Size[0]*k.Size[1]:]
		out := x[o*k.Out[1]*k.Out[2]:]
		for _, r := range s.rows {
			line, ws := out[r.at*k.Out[2]:], w[r.window*k.Size[1]:]
			for _, q := range s.cols {
				line[q.at] += float64(ws[q.window] * size)
			}
		}
	}
}

// reaches lists the window positions through which a source coordinate of an
// axis reaches an output coordinate.
func (k *Kernel) reaches(axis, at int, list []reach) []reach {
	for i := range k.Size[axis] {
		if p, ok := k.along(axis, at, i); ok {
			list = append(list, reach{i, p})
		}
	}
	return list
}
