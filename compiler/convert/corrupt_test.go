package convert

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// corrupt changes one field of one layer to a value that a broken file could
// hold.
func corrupt(t *rapid.T, m *analog.Model) {
	y := &m.Layers[rapid.IntRange(0, len(m.Layers)-1).Draw(t, "layer")]
	bad := rapid.SampledFrom([]int{-1 << 62, -1, 0, 1, 2, 7, 1 << 21, 1 << 32, 1 << 62}).Draw(t, "bad")
	axis := rapid.IntRange(0, 1).Draw(t, "axis")
	switch rapid.IntRange(0, 16).Draw(t, "field") {
	case 0:
		y.In[axis] = bad
	case 1:
		y.Out[axis+1] = bad
	case 2:
		y.Win.Size[axis] = bad
	case 3:
		y.Win.Stride[axis] = bad
	case 4:
		y.Win.Pad[axis] = bad
	case 5:
		y.Win.Dilation[axis] = bad
	case 6:
		y.Win.Groups = bad
	case 7:
		y.From = []int{bad}
	case 8:
		y.From = nil
	case 9:
		y.W = y.W[:len(y.W)/2]
	case 10:
		y.B = make([]float64, 3)
	case 11:
		y.Factor = nil
	case 12:
		y.Kind = analog.Kind(bad)
	case 13:
		y.Quant = &analog.Quant{Scale: float64(bad), Lo: bad, Hi: bad}
	case 14, 15:
		for i := range y.W {
			y.W[i] *= 1e308
		}
	default:
		m.In[axis] = bad
	}
}

// TestBrokenModelsAreRefusedOrConverted: none panics, and what is accepted
// gives valid networks.
func TestBrokenModelsAreRefusedOrConverted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomModel(t)
		corrupt(t, m)
		p, err := Lower(m)
		if err != nil || p.In.Size() > 1<<16 {
			return
		}
		for k := range p.Stages {
			if p.Stages[k].Shape.Size() > 1<<16 {
				return
			}
		}
		o := Options{Input: InputKind(rapid.IntRange(0, 1).Draw(t, "input")), Method: Method(rapid.IntRange(0, 2).Draw(t, "method")), Correct: 1, Ticks: 3}
		if rapid.Bool().Draw(t, "calibrated") {
			o.Calib = Vectors{repeat(1, p.In.Size()), make([]float64, p.In.Size())}
		}
		n, _, err := Spiking(p, o)
		if err == nil {
			if err := n.Validate(); err != nil && !strings.Contains(err.Error(), "finite") {
				t.Fatal(err)
			}
		}
		i, err := Quantise(p, ExactOptions{Calib: o.Calib, Method: o.Method})
		if err != nil {
			return
		}
		g, err := i.Network(graph.Graded)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
