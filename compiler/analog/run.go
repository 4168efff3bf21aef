package analog

import (
	"fmt"
	"math"
)

// Run computes a model, one input at a time. It is for one goroutine; several
// runs may share one model, which none of them changes.
type Run struct {
	Input  []float64   // the input of the last Forward, quantised; rewritten by each
	Values [][]float64 // the value of each layer, channel by channel; rewritten by each Forward

	model      *Model
	arithmetic Arithmetic
	codes      []*products // layers that compute on 8-bit codes; all nil when exact
	turn       [][]float64 // W of each dense layer as [in][out], so that zero inputs are skipped whole
}

// NewRun validates the model and prepares an exact run. Errors are those of
// Validate.
func NewRun(m *Model) (*Run, error) { return NewRunWith(m, Exact) }

// NewRunWith prepares a run with an arithmetic of 8-bit layers. Errors are those
// of Validate, or that no layer multiplies 8-bit codes.
func NewRunWith(m *Model, a Arithmetic) (*Run, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	codes, err := m.codes(a)
	if err != nil {
		return nil, err
	}
	r := &Run{model: m, arithmetic: a, codes: codes, Input: make([]float64, m.In.Size()), Values: make([][]float64, len(m.Layers)), turn: make([][]float64, len(m.Layers))}
	for i := range m.Layers {
		l := &m.Layers[i]
		r.Values[i] = make([]float64, l.Out.Size())
		if l.Kind == Dense && r.codes[i] == nil {
			r.turn[i] = turned(l.W, l.Out.Size(), l.In.Size())
		}
	}
	return r, nil
}

// codes prepares the layers that an arithmetic computes on codes.
func (m *Model) codes(a Arithmetic) ([]*products, error) {
	all := make([]*products, len(m.Layers))
	if a == Exact {
		return all, nil
	}
	if a > Pairs16 {
		return nil, fmt.Errorf("analog: %v is unknown", a)
	}
	weighted := false
	for _, i := range m.OnCodes() {
		all[i] = newProducts(m, &m.Layers[i], a)
		weighted = weighted || m.Layers[i].WScale != nil
	}
	if !weighted {
		return nil, fmt.Errorf("analog: %v: need a layer of int8 weights (zero point 0) that reads 8-bit codes, have none of %d layers", a, len(m.Layers))
	}
	return all, nil
}

// turned gives the transpose of a matrix.
func turned(w []float64, rows, columns int) []float64 {
	t := make([]float64, len(w))
	for o := range rows {
		for i := range columns {
			t[i*rows+o] = w[o*columns+i]
		}
	}
	return t
}

// Forward computes all layers for one input of Model.In values and gives those
// of the last layer, which is also in Values and valid until the next call.
// Each exact weighted sum is taken in float64, first the bias, then the inputs
// in ascending order. The only error is a wrong length of x.
func (r *Run) Forward(x []float64) ([]float64, error) {
	if len(x) != len(r.Input) {
		return nil, fmt.Errorf("analog: input: need %d values, have %d", len(r.Input), len(x))
	}
	copy(r.Input, x)
	if r.arithmetic == Exact {
		r.model.InQuant.apply(r.Input)
	} else {
		r.model.InQuant.apply32(r.Input)
	}
	for i := range r.model.Layers {
		l, out := &r.model.Layers[i], r.Values[i]
		in := r.source(l.From[0])
		if p := r.codes[i]; p != nil {
			p.run(in, out)
			continue
		}
		switch l.Kind {
		case Dense:
			l.dense(in, out, r.turn[i])
		case Conv:
			l.conv(in, out)
		case Pool:
			l.pool(in, out)
		case MaxPool:
			l.maxPool(in, out)
		case Sum:
			copy(out, in)
			for _, f := range l.From[1:] {
				for k, v := range r.source(f) {
					out[k] += v
				}
			}
		}
		l.activate(out)
		l.Quant.apply(out)
	}
	return r.Values[len(r.Values)-1], nil
}

// source gives the values of a layer, or the input.
func (r *Run) source(layer int) []float64 {
	if layer < 0 {
		return r.Input
	}
	return r.Values[layer]
}

// activate applies the activation.
func (l *Layer) activate(v []float64) {
	switch l.Act {
	case Relu:
		for i, x := range v {
			v[i] = max(x, 0)
		}
	case Clip:
		for i, x := range v {
			v[i] = min(max(x, l.Lo), l.Hi)
		}
	}
}

// apply rounds values in place; halves go to the even neighbour, as ONNX says
// of QuantizeLinear.
func (q *Quant) apply(v []float64) {
	if q == nil {
		return
	}
	zero, lo, hi := float64(q.Zero), float64(q.Lo), float64(q.Hi)
	for i, x := range v {
		v[i] = (min(max(math.RoundToEven(x/q.Scale)+zero, lo), hi) - zero) * q.Scale
	}
}

// dense adds the column of every input that is not zero.
func (l *Layer) dense(in, out, turn []float64) {
	if l.B == nil {
		clear(out)
	} else {
		copy(out, l.B)
	}
	n := len(out)
	for i, x := range in {
		if x == 0 {
			continue
		}
		column := turn[i*n : i*n+n]
		for o, w := range column {
			out[o] += w * x
		}
	}
}

// span gives the output positions [lo, hi) that tap k of a window reads inside
// the input, and the input position that position 0 would read.
func (w *Window) span(k, in, out, d int) (lo, hi, first int) {
	first = k*w.Dilation[d] - w.Pad[d]
	if first < 0 {
		lo = (-first + w.Stride[d] - 1) / w.Stride[d]
	}
	if first < in {
		hi = min(out, (in-1-first)/w.Stride[d]+1)
	}
	return lo, hi, first
}

// conv adds one weight at a time, over all output positions.
func (l *Layer) conv(in, out []float64) {
	clear(out)
	plane, cells := l.Out[1]*l.Out[2], l.In[1]*l.In[2]
	if l.B != nil {
		for i := range out {
			out[i] = l.B[i/plane]
		}
	}
	perIn, perOut := l.In[0]/l.Win.Groups, l.Out[0]/l.Win.Groups
	taps := l.Win.Size[0] * l.Win.Size[1]
	for o := range l.Out[0] {
		to := out[o*plane : (o+1)*plane]
		for c := range perIn {
			from := (o/perOut*perIn + c) * cells
			w := l.W[(o*perIn+c)*taps : (o*perIn+c+1)*taps]
			l.eachTap(func(k, row, rowEnd, rowFirst, lo, hi, first int) {
				if w[k] == 0 {
					return
				}
				for r := row; r < rowEnd; r++ {
					line := in[from+(r*l.Win.Stride[0]+rowFirst)*l.In[2]:]
					accumulate(to[r*l.Out[2]:], line, w[k], lo, hi, first, l.Win.Stride[1])
				}
			})
		}
	}
}

// accumulate adds w times the strided input line to an output line.
func accumulate(to, line []float64, w float64, lo, hi, first, stride int) {
	if lo >= hi {
		return
	}
	at := lo*stride + first
	if stride == 1 {
		line = line[at : at+hi-lo]
		to = to[lo:hi]
		for i, x := range line {
			to[i] += w * x
		}
		return
	}
	for i := lo; i < hi; i++ {
		to[i] += w * line[at]
		at += stride
	}
}

// eachTap visits the taps of the window, row by row, with the output rows
// [row, rowEnd) and columns [lo, hi) that read inside the input through the
// tap, and the input row and column that output position 0 would read.
func (l *Layer) eachTap(visit func(k, row, rowEnd, rowFirst, lo, hi, first int)) {
	k := 0
	for a := range l.Win.Size[0] {
		row, rowEnd, rowFirst := l.Win.span(a, l.In[1], l.Out[1], 0)
		for b := range l.Win.Size[1] {
			lo, hi, first := l.Win.span(b, l.In[2], l.Out[2], 1)
			visit(k, row, rowEnd, rowFirst, lo, hi, first)
			k++
		}
	}
}

// pool sums each window, then applies the factors.
func (l *Layer) pool(in, out []float64) {
	clear(out)
	plane, cells := l.Out[1]*l.Out[2], l.In[1]*l.In[2]
	for c := range l.Out[0] {
		to := out[c*plane : (c+1)*plane]
		l.eachTap(func(_, row, rowEnd, rowFirst, lo, hi, first int) {
			for r := row; r < rowEnd; r++ {
				line := in[c*cells+(r*l.Win.Stride[0]+rowFirst)*l.In[2]:]
				accumulate(to[r*l.Out[2]:], line, 1, lo, hi, first, l.Win.Stride[1])
			}
		})
		for i := range to {
			to[i] *= l.Factor[i%len(l.Factor)]
		}
	}
}

// maxPool takes the largest value of each window.
func (l *Layer) maxPool(in, out []float64) {
	plane, cells := l.Out[1]*l.Out[2], l.In[1]*l.In[2]
	for i := range out {
		out[i] = math.Inf(-1)
	}
	for c := range l.Out[0] {
		to := out[c*plane : (c+1)*plane]
		l.eachTap(func(_, row, rowEnd, rowFirst, lo, hi, first int) {
			for r := row; r < rowEnd; r++ {
				base := c*cells + (r*l.Win.Stride[0]+rowFirst)*l.In[2] + first
				for i := lo; i < hi; i++ {
					to[r*l.Out[2]+i] = max(to[r*l.Out[2]+i], in[base+i*l.Win.Stride[1]])
				}
			}
		})
	}
}
