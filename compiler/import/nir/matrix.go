package nir

import "slices"

// matrix is a linear map: diagonal (diag, square) or dense row-major.
type matrix struct {
	rows, cols int
	diag       []float64
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
	if m.diag == nil {
		return m.dense
	}
	w := make([]float64, m.rows*m.cols)
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

// scaled multiplies row i by s[i].
func (m matrix) scaled(s []float64) matrix {
	r := matrix{rows: m.rows, cols: m.cols, diag: slices.Clone(m.diag), dense: slices.Clone(m.dense)}
	for i := range r.diag {
		r.diag[i] *= s[i]
	}
	if r.dense != nil {
		for i, v := range s {
			row := r.dense[i*r.cols : (i+1)*r.cols]
			for j := range row {
				row[j] *= v
			}
		}
	}
	return r
}

// plus adds two maps of the same shape.
func (m matrix) plus(o matrix) matrix {
	if m.diag != nil && o.diag != nil {
		return matrix{rows: m.rows, cols: m.cols, diag: sum(m.diag, o.diag)}
	}
	return matrix{rows: m.rows, cols: m.cols, dense: sum(m.full(), o.full())}
}

// size is the number of stored values.
func (m matrix) size() int { return len(m.diag) + len(m.dense) }

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
