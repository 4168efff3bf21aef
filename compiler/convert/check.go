package convert

import (
	"fmt"
	"math"

	"hillock/compiler/analog"
)

// inputName is the name of the input population.
const inputName = "input"

// checkModel verifies what lowering relies on: sources before their readers,
// shapes that agree, lengths, and finite numbers.
func checkModel(m *analog.Model) error {
	if m == nil || len(m.Layers) == 0 {
		return fmt.Errorf("convert: model has no layers, need at least 1")
	}
	if err := checkShape(m.In); err != nil {
		return fmt.Errorf("convert: input: %w", err)
	}
	values := 0
	for k := range m.Layers {
		if err := checkLayer(m, k); err != nil {
			return fmt.Errorf("convert: layer %d (%s): %w", k, m.Layers[k].Name, err)
		}
		if values += m.Layers[k].Out.Size(); values > maxValues {
			return fmt.Errorf("convert: layers up to %d have %d values, limit %d", k, values, maxValues)
		}
	}
	return nil
}

func checkShape(s analog.Shape) error {
	n := 1
	for _, d := range s {
		if d < 1 || d > maxLayer || n*d > maxLayer {
			return fmt.Errorf("shape %v, need 1..%d values", s, maxLayer)
		}
		n *= d
	}
	return nil
}

func checkLayer(m *analog.Model, k int) error {
	y := &m.Layers[k]
	if len(y.From) == 0 || y.Kind != analog.Sum && len(y.From) != 1 {
		return fmt.Errorf("%d sources, need 1 (a sum needs 1 or more)", len(y.From))
	}
	if y.Kind > analog.Sum || y.Act > analog.Clip {
		return fmt.Errorf("kind %d, activation %d: unknown", y.Kind, y.Act)
	}
	for _, s := range []analog.Shape{y.In, y.Out} {
		if err := checkShape(s); err != nil {
			return err
		}
	}
	for _, f := range y.From {
		if f < input || f >= k {
			return fmt.Errorf("source %d, need -1..%d", f, k-1)
		}
		src := m.In
		if f != input {
			src = m.Layers[f].Out
		}
		if y.In.Size() != src.Size() || y.Kind != analog.Dense && y.In != src {
			return fmt.Errorf("input shape %v, its source has %v", y.In, src)
		}
	}
	if q := y.Quant; q != nil && (!(q.Scale > 0) || math.IsInf(q.Scale, 0) || q.Lo > q.Zero || q.Hi <= q.Zero) {
		return fmt.Errorf("rounding with scale %g, zero %d in %d..%d: need a scale above 0 and low end <= zero < high end", q.Scale, q.Zero, q.Lo, q.Hi)
	}
	return checkNumbers(y)
}

// checkNumbers verifies lengths and values.
func checkNumbers(y *analog.Layer) error {
	weights, biases := 0, 0
	switch y.Kind {
	case analog.Dense:
		weights, biases = y.Out.Size()*y.In.Size(), y.Out.Size()
	case analog.Conv:
		g := y.Win.Groups
		if g < 1 || y.In[0]%g != 0 {
			return fmt.Errorf("%d groups for %d channels, need a divisor", g, y.In[0])
		}
		weights, biases = y.Out[0]*(y.In[0]/g)*y.Win.Size[0]*y.Win.Size[1], y.Out[0]
	case analog.Pool:
		if n := len(y.Factor); n != 1 && n != y.Out[1]*y.Out[2] {
			return fmt.Errorf("%d factors, need 1 or %d", n, y.Out[1]*y.Out[2])
		}
		if y.In[0] != y.Out[0] || y.Win.Size[0] < 1 || y.Win.Size[1] < 1 || max(y.Win.Size[0], y.Win.Size[1]) > maxWindow {
			return fmt.Errorf("pooling of %v from %v to %v: need a window of 1..%d and as many channels", y.Win.Size, y.In, y.Out, maxWindow)
		}
	case analog.Sum:
		if y.In != y.Out {
			return fmt.Errorf("sum from %v to %v, need one shape", y.In, y.Out)
		}
	}
	if len(y.W) != weights {
		return fmt.Errorf("%d weights, need %d", len(y.W), weights)
	}
	if y.B != nil && len(y.B) != biases && biases > 0 {
		return fmt.Errorf("%d biases, need %d", len(y.B), biases)
	}
	for _, v := range [][]float64{y.W, y.B, y.Factor} {
		for i, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("number %d is %g, need a finite one", i, x)
			}
		}
	}
	return nil
}

// maxWindow bounds a pooling window, whose kernel is made here and not read
// from the file.
const maxWindow = 1 << 10
