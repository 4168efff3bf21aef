package analog

import (
	"fmt"
	"math"
)

// Limits of a valid model; they bound the memory and the time of a run.
const (
	MaxValues  = 1 << 24 // values of the input and of all layers
	MaxWeights = 1 << 28 // entries of W, B and Factor of all layers
	MaxOps     = 1 << 36 // products of one Forward, poolings' sums included
)

// Validate reports the first thing that keeps the model from having a meaning:
// sizes that do not fit each other, a source that is not before its layer,
// windows that miss the input, values that are not finite, or a total above
// the limits. The layer is named by index and name.
func (m *Model) Validate() error {
	if m == nil || len(m.Layers) == 0 {
		return fmt.Errorf("analog: model has no layers, need at least 1")
	}
	values, err := m.In.check()
	if err != nil {
		return fmt.Errorf("analog: input: %w", err)
	}
	if err := m.InQuant.check(); err != nil {
		return fmt.Errorf("analog: input: %w", err)
	}
	weights, ops := 0, 0
	names := make(map[string]int, len(m.Layers))
	for i := range m.Layers {
		l := &m.Layers[i]
		if j, dup := names[l.Name]; dup || l.Name == "" {
			return fmt.Errorf("analog: layer %d: need a name of its own, have %q (layer %d)", i, l.Name, j)
		}
		names[l.Name] = i
		n, err := m.checkLayer(i)
		if err != nil {
			return fmt.Errorf("analog: layer %d (%s): %w", i, l.Name, err)
		}
		values += l.Out.Size()
		weights += len(l.W) + len(l.B) + len(l.Factor)
		ops += n
		if values > MaxValues || weights > MaxWeights || ops > MaxOps {
			return fmt.Errorf("analog: layer %d (%s): need at most %d values, %d weights and %d products in all, have %d, %d and %d or more",
				i, l.Name, MaxValues, MaxWeights, MaxOps, values, weights, ops)
		}
	}
	return nil
}

// product multiplies counts; false if one is below 1 or the product is above
// the limit.
func product(limit int, counts ...int) (int, bool) {
	n := 1
	for _, c := range counts {
		if c < 1 || c > limit/n {
			return 0, false
		}
		n *= c
	}
	return n, true
}

// check gives the size.
func (s Shape) check() (int, error) {
	n, ok := product(MaxValues, s[0], s[1], s[2])
	if !ok {
		return 0, fmt.Errorf("shape: need 1..%d values, have %v", MaxValues, s)
	}
	return n, nil
}

// check is fine with no quantiser.
func (q *Quant) check() error {
	const most = 1 << 31
	switch {
	case q == nil:
		return nil
	case !(q.Scale > 0) || math.IsInf(q.Scale, 0):
		return fmt.Errorf("quantiser: need a finite scale above 0, have %g", q.Scale)
	case q.Lo > q.Zero || q.Zero > q.Hi || q.Lo < -most || q.Hi > most:
		return fmt.Errorf("quantiser: need Lo <= Zero <= Hi within 32 bits, have %d, %d, %d", q.Lo, q.Zero, q.Hi)
	}
	return nil
}

// checkLayer checks one layer against its sources and gives its products.
func (m *Model) checkLayer(i int) (ops int, err error) {
	l := &m.Layers[i]
	in, err := l.In.check()
	if err != nil {
		return 0, fmt.Errorf("in: %w", err)
	}
	if _, err := l.Out.check(); err != nil {
		return 0, fmt.Errorf("out: %w", err)
	}
	if len(l.From) == 0 || len(l.From) > 1 && l.Kind != Sum {
		return 0, fmt.Errorf("need 1 source, have %d", len(l.From))
	}
	for k, f := range l.From {
		if f < -1 || f >= i || k > 0 && f <= l.From[k-1] {
			return 0, fmt.Errorf("need ascending sources -1..%d, have %v", i-1, l.From)
		}
		size := m.In.Size()
		if f >= 0 {
			size = m.Layers[f].Out.Size()
		}
		if size != in {
			return 0, fmt.Errorf("in: need the %d values of source %d, have %v", size, f, l.In)
		}
	}
	if err := l.checkAct(); err != nil {
		return 0, err
	}
	for _, v := range []struct {
		name string
		v    []float64
	}{{"W", l.W}, {"B", l.B}, {"Factor", l.Factor}} {
		for k, x := range v.v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return 0, fmt.Errorf("field %s[%d]: need a finite value, have %g", v.name, k, x)
			}
		}
	}
	ops, err = l.checkKind()
	if err == nil {
		err = l.checkCodes()
	}
	return ops, err
}

// checkAct checks activation and quantiser.
func (l *Layer) checkAct() error {
	if l.Act > Clip {
		return fmt.Errorf("activation %d is unknown", l.Act)
	}
	if l.Act == Clip && !(l.Lo <= l.Hi && l.Lo < math.Inf(1) && l.Hi > math.Inf(-1)) {
		return fmt.Errorf("clip: need Lo <= Hi, have %g and %g", l.Lo, l.Hi)
	}
	return l.Quant.check()
}

// checkKind checks what the kind asks of shapes and parameters.
func (l *Layer) checkKind() (ops int, err error) {
	in, out := l.In.Size(), l.Out.Size()
	switch l.Kind {
	case Dense:
		if len(l.W) != in*out {
			return 0, fmt.Errorf("field W: need %d x %d values, have %d", out, in, len(l.W))
		}
		if l.B != nil && len(l.B) != out {
			return 0, fmt.Errorf("field B: need %d values, have %d", out, len(l.B))
		}
		return in * out, nil
	case Conv:
		return l.checkConv()
	case Pool, MaxPool:
		return l.checkPool()
	case Sum:
		if in != out {
			return 0, fmt.Errorf("out: need the %d values of the sources, have %v", in, l.Out)
		}
		return in * len(l.From), nil
	}
	return 0, fmt.Errorf("kind %d is unknown", l.Kind)
}

// checkConv checks a convolution.
func (l *Layer) checkConv() (ops int, err error) {
	if err := l.checkWindow(); err != nil {
		return 0, err
	}
	w := &l.Win
	if w.Groups < 1 || l.In[0]%w.Groups != 0 || l.Out[0]%w.Groups != 0 {
		return 0, fmt.Errorf("groups: need a divisor of %d and %d channels, have %d", l.In[0], l.Out[0], w.Groups)
	}
	n, ok := product(MaxWeights, l.Out[0], l.In[0]/w.Groups, w.Size[0], w.Size[1])
	if !ok || n != len(l.W) {
		return 0, fmt.Errorf("field W: need %d x %d x %d x %d values, have %d", l.Out[0], l.In[0]/w.Groups, w.Size[0], w.Size[1], len(l.W))
	}
	if l.B != nil && len(l.B) != l.Out[0] {
		return 0, fmt.Errorf("field B: need %d values, have %d", l.Out[0], len(l.B))
	}
	return n * l.Out[1] * l.Out[2], nil // at most MaxWeights times MaxValues
}

// checkPool checks a pooling.
func (l *Layer) checkPool() (ops int, err error) {
	if err := l.checkWindow(); err != nil {
		return 0, err
	}
	if l.In[0] != l.Out[0] || l.Win.Groups != 1 {
		return 0, fmt.Errorf("pooling: need as many channels out as in and 1 group, have %d, %d and %d", l.Out[0], l.In[0], l.Win.Groups)
	}
	if n := len(l.Factor); l.Kind == Pool && n != 1 && n != l.Out[1]*l.Out[2] {
		return 0, fmt.Errorf("field Factor: need 1 or %d values, have %d", l.Out[1]*l.Out[2], n)
	}
	if l.Kind == MaxPool {
		for d := range 2 {
			if o, miss := l.Win.misses(l.In[d+1], l.Out[d+1], d); miss {
				return 0, fmt.Errorf("window of output position %d (%s) has no value in it", o, [2]string{"row", "column"}[d])
			}
		}
	}
	n, ok := product(MaxOps, l.Out.Size(), l.Win.Size[0], l.Win.Size[1])
	if !ok {
		return 0, fmt.Errorf("window: need at most %d products, have %v x %v", MaxOps, l.Win.Size, l.Out)
	}
	return n, nil
}

// checkWindow checks the geometry: Out = (In + Pad + PadEnd - Dilation*(Size-1)
// - 1)/Stride + 1, rounded down, for rows and columns.
func (l *Layer) checkWindow() error {
	w := &l.Win
	for d := range 2 {
		for _, n := range []int{w.Size[d], w.Stride[d], w.Dilation[d], w.Pad[d] + 1, w.PadEnd[d] + 1} {
			if n < 1 || n > MaxValues {
				return fmt.Errorf("window: need sizes, strides and dilations 1..%d and padding 0..%d, have %+v", MaxValues, MaxValues-1, *w)
			}
		}
		span := w.Dilation[d]*(w.Size[d]-1) + 1
		room := l.In[d+1] + w.Pad[d] + w.PadEnd[d]
		if span > room {
			return fmt.Errorf("window: need at most the %d %s there are with padding, have a span of %d", room, [2]string{"rows", "columns"}[d], span)
		}
		if n := (room-span)/w.Stride[d] + 1; n != l.Out[d+1] {
			return fmt.Errorf("out: need %d %s, have %d", n, [2]string{"rows", "columns"}[d], l.Out[d+1])
		}
	}
	return nil
}

// misses finds an output position whose window lies in the padding.
func (w *Window) misses(in, out, d int) (position int, miss bool) {
	for o := range out {
		if w.Inside(o, in, d) == 0 {
			return o, true
		}
	}
	return 0, false
}

// Inside counts the window cells of an output row (d = 0) or column (d = 1)
// that lie inside the input of in rows or columns.
func (w *Window) Inside(position, in, d int) int {
	at := position*w.Stride[d] - w.Pad[d] // of the first cell
	first, last := 0, w.Size[d]-1
	if at < 0 {
		first = (-at + w.Dilation[d] - 1) / w.Dilation[d]
	}
	if at >= in {
		return 0
	}
	return max(0, min(last, (in-1-at)/w.Dilation[d])-first+1)
}
