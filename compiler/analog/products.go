package analog

import "math"

// products is a dense layer or convolution prepared for 8-bit codes, or a
// pooling between 8-bit grids.
type products struct {
	layer    *Layer
	in       *Quant
	limited  bool      // pairs of products to 16 bits
	zero     int       // what a code of 0..255 has for the number 0
	w        []int8    // [group][pair of inputs][output of the group][2]
	bias     []int32   // per output channel, with what the input's zero point adds
	scale    []float32 // per output channel: of the sums, in steps of the quantiser if fused
	fused    bool      // sums are requantised at once
	codes    []uint8   // of the input
	patch    []uint8   // inputs of one position, even in number
	sums     []int32   // of one group at one position
	perGroup int       // length of patch
}

// newProducts prepares a layer of Model.OnCodes.
func newProducts(m *Model, l *Layer, a Arithmetic) *products {
	in := m.grid(l.From[0])
	p := &products{layer: l, in: in, zero: in.Zero + in.shift()}
	if l.Kind == Pool {
		return p
	}
	groups, taps := 1, 1
	if l.Kind == Conv {
		groups, taps = l.Win.Groups, l.Win.Size[0]*l.Win.Size[1]
	}
	rows := l.channels()
	inputs := len(l.W) / rows
	// With one input and one output channel per group such programs take the
	// products one by one.
	p.limited = a == Pairs16 && !(l.Kind == Conv && inputs == taps && rows == groups)
	p.fused = l.fused()
	p.perGroup = inputs + inputs%2
	p.w = make([]int8, p.perGroup*rows)
	p.codes, p.patch, p.sums = make([]uint8, l.In.Size()), make([]uint8, p.perGroup), make([]int32, rows/groups)
	p.weigh(rows, groups, taps, inputs)
	p.biases(rows, inputs)
	return p
}

// weigh fills in the weights. The inputs of a convolution come in the order
// row, column, channel: neighbours are channels of one pixel.
func (p *products) weigh(rows, groups, taps, inputs int) {
	l, per := p.layer, rows/groups
	channels := inputs / taps
	for o := range rows {
		s := at(l.WScale, o)
		for c := range channels {
			for t := range taps {
				k := t*channels + c
				place := o/per*per*p.perGroup + (k/2*per+o%per)*2 + k%2
				p.w[place] = int8(l.W[o*inputs+c*taps+t] / s)
			}
		}
	}
}

// biases fills in biases and scales.
func (p *products) biases(rows, inputs int) {
	l := p.layer
	p.bias, p.scale = make([]int32, rows), make([]float32, rows)
	zero := int32(p.zero)
	for o := range rows {
		s := at(l.WScale, o)
		p.scale[o] = p.in.product(l, o)
		if l.B != nil {
			p.bias[o] = int32(math.RoundToEven(l.B[o] / float64(p.scale[o])))
		}
		for _, w := range l.W[o*inputs : (o+1)*inputs] {
			p.bias[o] -= zero * int32(w/s)
		}
		if p.fused {
			p.scale[o] /= float32(l.Quant.Scale)
		}
	}
}

// run computes the layer, its quantiser included.
func (p *products) run(in, out []float64) {
	if p.layer.Kind == Pool {
		p.pool(in, out)
		return
	}
	zero := float64(p.zero)
	for i, x := range in {
		p.codes[i] = uint8(math.RoundToEven(x/p.in.Scale) + zero)
	}
	if p.layer.Kind == Dense {
		copy(p.patch, p.codes)
		p.position(out, 0, 0, 1)
	} else {
		p.conv(out)
	}
}

// conv computes all positions and groups.
func (p *products) conv(out []float64) {
	l := p.layer
	plane := l.Out[1] * l.Out[2]
	for g := range l.Win.Groups {
		for row := range l.Out[1] {
			for column := range l.Out[2] {
				p.gather(g, row, column)
				p.position(out, g, row*l.Out[2]+column, plane)
			}
		}
	}
}

// gather puts the inputs of a position into patch; padding is the code of 0.
func (p *products) gather(group, row, column int) {
	l, w := p.layer, &p.layer.Win
	channels, cells := l.In[0]/w.Groups, l.In[1]*l.In[2]
	k := 0
	for a := range w.Size[0] {
		r := row*w.Stride[0] + a*w.Dilation[0] - w.Pad[0]
		for b := range w.Size[1] {
			c := column*w.Stride[1] + b*w.Dilation[1] - w.Pad[1]
			inside := r >= 0 && r < l.In[1] && c >= 0 && c < l.In[2]
			for i := range channels {
				p.patch[k] = uint8(p.zero)
				if inside {
					p.patch[k] = p.codes[(group*channels+i)*cells+r*l.In[2]+c]
				}
				k++
			}
		}
	}
}

// position computes the outputs of a group from patch, to out[channel*plane +
// place].
func (p *products) position(out []float64, group, place, plane int) {
	n := len(p.sums)
	first := group * n
	copy(p.sums, p.bias[first:])
	p.add(p.w[first*p.perGroup : (first+n)*p.perGroup])
	for o, sum := range p.sums {
		c := first + o
		y := float32(sum) * p.scale[c]
		out[c*plane+place] = float64(y)
		if p.fused {
			out[c*plane+place] = p.layer.Quant.step(float64(y))
		}
	}
}

// add adds the products of patch and weights to the sums.
func (p *products) add(w []int8) {
	n := len(p.sums)
	for k := 0; k < len(p.patch); k += 2 {
		a, b := int32(p.patch[k]), int32(p.patch[k+1])
		if a|b == 0 {
			continue
		}
		pair := w[k*n : (k+2)*n]
		if !p.limited {
			for o := range p.sums {
				p.sums[o] += a*int32(pair[2*o]) + b*int32(pair[2*o+1])
			}
			continue
		}
		for o := range p.sums {
			p.sums[o] += min(max(a*int32(pair[2*o])+b*int32(pair[2*o+1]), math.MinInt16), math.MaxInt16)
		}
	}
}

// pool sums each window row by row and divides, in float32; the zero point is
// added before the rounding, where it decides ties. The sum of a whole channel
// is one of codes.
func (p *products) pool(in, out []float64) {
	l, w := p.layer, &p.layer.Win
	cells, step, plane := l.In[1]*l.In[2], float32(l.Quant.Scale), l.Out[1]*l.Out[2]
	if none := [2]int{}; w.Pad == none && w.PadEnd == none && w.Size == [2]int{l.In[1], l.In[2]} && l.Factor[0] == 1/float64(cells) {
		p.channelMeans(in, out, cells)
		return
	}
	zero := float32(l.Quant.Zero + l.Quant.shift())
	for i := range out {
		place := i % plane
		sum := p.window(in[i/plane*cells:], place/l.Out[2]*w.Stride[0]-w.Pad[0], place%l.Out[2]*w.Stride[1]-w.Pad[1])
		code := math.RoundToEven(float64(mean(sum, at(l.Factor, place))/step + zero))
		out[i] = l.Quant.step(code - float64(zero))
	}
}

// window sums a window of one channel whose first cell is at row, column.
func (p *products) window(in []float64, row, column int) (sum float32) {
	l, w := p.layer, &p.layer.Win
	for a := range w.Size[0] {
		for b := range w.Size[1] {
			r, c := row+a*w.Dilation[0], column+b*w.Dilation[1]
			if r >= 0 && r < l.In[1] && c >= 0 && c < l.In[2] {
				sum += float32(in[r*l.In[2]+c])
			}
		}
	}
	return sum
}

// channelMeans sums the codes of a channel and scales the sum.
func (p *products) channelMeans(in, out []float64, cells int) {
	q := p.layer.Quant
	scale := float32(p.in.Scale) / (float32(q.Scale) * float32(cells))
	for c := range out {
		sum := 0.0 // whole, exact
		for _, x := range in[c*cells : (c+1)*cells] {
			sum += math.RoundToEven(x / p.in.Scale)
		}
		out[c] = q.step(float64(float32(sum) * scale))
	}
}

// mean divides by n where the factor is 1/n.
func mean(sum float32, factor float64) float32 {
	if n := math.Round(1 / factor); 1/n == factor {
		return sum / float32(n)
	}
	return sum * float32(factor)
}

// step rounds a number of steps to a code and gives its value.
func (q *Quant) step(x float64) float64 {
	lo, hi := float64(q.Lo-q.Zero), float64(q.Hi-q.Zero)
	return math.RoundToEven(min(max(x, lo), hi)) * q.Scale
}

// apply32 is apply with the division in float32, the type of the standard's
// tensors.
func (q *Quant) apply32(v []float64) {
	if q == nil {
		return
	}
	for i, x := range v {
		v[i] = q.step(float64(float32(x) / float32(q.Scale)))
	}
}
