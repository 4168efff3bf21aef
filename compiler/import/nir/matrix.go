package nir

import (
	"slices"

	"hillock/compiler/graph"
)

// matrix is a linear map: diagonal (diag, square), a kernel, or dense
// row-major.
type matrix struct {
	rows, cols int
	diag       []float64
	kernel     *graph.Kernel
	dense      []float64
}

// ones is the identity of n values.
func ones(n int) matrix {
	d := make([]float64, n)
	for i := range d {
		d[i] = 1
	}
	return matrix{rows: n, cols: n, diag: d}
}

// full gives all entries, row-major.
func (m matrix) full() []float64 {
	if m.dense != nil {
		return m.dense
	}
	w := make([]float64, m.rows*m.cols)
	if m.kernel != nil {
		for j := range m.cols {
			m.kernel.Each(j, func(i, at int) { w[i*m.cols+j] = m.kernel.W[at] })
		}
	}
	for i, v := range m.diag {
		w[i*m.cols+i] = v
	}
	return w
}

// times is the product w m with a dense w of rows x m.rows, every entry summed
// in ascending order.
func (m matrix) times(w []float64, rows int) matrix {
	inner := m.rows
	r := matrix{rows: rows, cols: m.cols, dense: make([]float64, rows*m.cols)}
	if m.kernel != nil {
		m.kernelTimes(w, r)
		return r
	}
	for i := range rows {
		row, out := w[i*inner:(i+1)*inner], r.dense[i*m.cols:(i+1)*m.cols]
		for k, a := range row {
			if m.diag != nil {
				out[k] = a * m.diag[k]
				continue
			}
			for j, b := range m.dense[k*m.cols : (k+1)*m.cols] {
				out[j] += float64(a * b)
			}
		}
	}
	return r
}

// kernelTimes adds the product of w with a kernel to r.
func (m matrix) kernelTimes(w []float64, r matrix) {
	for j := range m.cols {
		m.kernel.Each(j, func(k, at int) {
			v := m.kernel.W[at]
			if v == 0 {
				return
			}
			for i := range r.rows {
				r.dense[i*r.cols+j] += float64(w[i*m.rows+k] * v)
			}
		})
	}
}

// scaled multiplies row i by s[i].
func (m matrix) scaled(s []float64) matrix {
	r := matrix{rows: m.rows, cols: m.cols, diag: slices.Clone(m.diag)}
	for i := range r.diag {
		r.diag[i] *= s[i]
	}
	if m.diag != nil {
		return r
	}
	if m.kernel != nil {
		if c := perChannel(s, m.kernel.Out[0]); c != nil {
			r.kernel = scaledOut(m.kernel, c)
			return r
		}
	}
	r.dense = m.full()
	if m.dense != nil {
		r.dense = slices.Clone(m.dense)
	}
	for i, v := range s {
		row := r.dense[i*r.cols : (i+1)*r.cols]
		for j := range row {
			row[j] *= v
		}
	}
	return r
}

// scaledSize is the number of values that scaled makes.
func (m matrix) scaledSize(s []float64) int {
	if m.kernel != nil && perChannel(s, m.kernel.Out[0]) == nil {
		return m.rows * m.cols
	}
	return m.size()
}

// perChannel gives the value of each of n channels, nil if they differ within
// a channel.
func perChannel(s []float64, n int) []float64 {
	plane := len(s) / n
	c := make([]float64, n)
	for i, v := range s {
		if c[i/plane] = s[i/plane*plane]; v != c[i/plane] {
			return nil
		}
	}
	return c
}

// joins reports whether two maps of one shape are added into one: kernels only
// to kernels of the same geometry.
func (m matrix) joins(o matrix) bool {
	if m.kernel == nil || o.kernel == nil {
		return m.kernel == nil && o.kernel == nil
	}
	return m.kernel.SameGeometry(o.kernel)
}

// plus adds two maps that join.
func (m matrix) plus(o matrix) matrix {
	r := matrix{rows: m.rows, cols: m.cols}
	switch {
	case m.kernel != nil:
		k := *m.kernel
		k.W = sum(m.kernel.W, o.kernel.W)
		r.kernel = &k
	case m.diag != nil && o.diag != nil:
		r.diag = sum(m.diag, o.diag)
	default:
		r.dense = sum(m.full(), o.full())
	}
	return r
}

// plusSize is the number of values that plus makes.
func (m matrix) plusSize(o matrix) int {
	if (m.diag == nil) != (o.diag == nil) {
		return 2 * m.rows * m.cols
	}
	return o.size()
}

// size is the number of stored values.
func (m matrix) size() int {
	if m.kernel != nil {
		return len(m.kernel.W)
	}
	return len(m.diag) + len(m.dense)
}

// synapses bounds the number of entries that are not 0.
func (m matrix) synapses() int {
	if k := m.kernel; k != nil {
		return k.Targets() * (k.In[0] / k.Groups) * k.Size[0] * k.Size[1]
	}
	return m.size()
}

// sum adds two vectors; nil counts as zeros.
func sum(a, b []float64) []float64 {
	if a == nil {
		return b
	}
	r := slices.Clone(a)
	for i, v := range b {
		r[i] += v
	}
	return r
}
