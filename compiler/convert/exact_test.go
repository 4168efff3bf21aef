package convert

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/compiler/analog"
	"hillock/compiler/graph"
)

// weight visits the synapses of a projection from one source neuron.
func weights(q *graph.Projection, pre, post, source int, visit func(target int, w float64)) {
	if q.Kernel != nil {
		q.Kernel.Each(source, func(t, k int) { visit(t, q.Kernel.W[k]) })
		return
	}
	for t := range post {
		visit(t, q.W[t*pre+source])
	}
}

// coded sends the values of a population for one window in its code: per tick,
// the payload of every neuron.
func coded(p *graph.Population, a []int) [][]int {
	switch p.Code {
	case graph.Graded:
		return [][]int{a}
	case graph.TTFS: // a spike at tick Levels - a; a value of 0 stays silent
		ticks := make([][]int, p.Levels)
		for t := range ticks {
			ticks[t] = make([]int, len(a))
			for i, v := range a {
				if v > 0 && p.Levels-v == t {
					ticks[t][i] = 1
				}
			}
		}
		return ticks
	}
	bits := 1
	for 1<<bits <= p.Levels {
		bits++
	}
	ticks := make([][]int, bits)
	for t := range ticks {
		ticks[t] = make([]int, len(a))
		for i, v := range a {
			ticks[t][i] = v >> (bits - 1 - t) & 1
		}
	}
	return ticks
}

// integrate lets a population collect one window of its sources, tick by tick:
// a first spike switches on a constant current until the window ends, a bit
// adds its weight after the membrane was doubled, a payload multiplies.
func integrate(n *graph.Network, post int, sent [][][]int) []float64 {
	p := n.Pops[post]
	v, current := make([]float64, p.N), make([]float64, p.N)
	for t := range sent[0] {
		if p.Code == graph.BitSerial {
			for i := range v {
				v[i] *= 2
			}
		}
		for _, q := range n.Projs {
			if q.Post != post {
				continue
			}
			for i, s := range sent[q.Pre][t] {
				if s != 0 {
					weights(q, n.Pops[q.Pre].N, p.N, i, func(o int, w float64) { current[o] += w * float64(s) })
				}
			}
		}
		for i := range v {
			v[i] += current[i]
		}
		if p.Code != graph.TTFS { // its currents stay on
			clear(current)
		}
	}
	for i := range v {
		v[i] += p.C[i]
	}
	return v
}

// fire is the second phase: the value that the membrane ends in, for TTFS by a
// ramp of one threshold per tick that starts at half of it.
func fire(p *graph.Population, v []float64) []int {
	a := make([]int, p.N)
	for i, z := range v {
		u := z + math.Floor(p.Theta[i]/2)
		if p.Code != graph.TTFS {
			a[i] = int(math.Min(math.Max(math.Floor(u/p.Theta[i]), 0), float64(p.Levels)))
			continue
		}
		for t := range p.Levels {
			if u >= float64(p.Levels)*p.Theta[i] {
				a[i] = p.Levels - t
				break
			}
			u += p.Theta[i]
		}
	}
	return a
}

// ticked simulates a network of an exact code window by window.
func ticked(n *graph.Network, q []int) (logits []float64, layers [][]int) {
	sent := make([][][]int, len(n.Pops))
	sent[0] = coded(n.Pops[0], q)
	for k := 1; k < len(n.Pops); k++ {
		v := integrate(n, k, sent[:k])
		if n.Pops[k].Kind == graph.Readout {
			return v, append(layers, nil)
		}
		a := fire(n.Pops[k], v)
		layers = append(layers, a)
		sent[k] = coded(n.Pops[k], a)
	}
	return nil, layers
}

// TestCodesEqualTheIntegerNetwork simulates every exact code tick by tick on
// random networks with kernels, sums and branches.
func TestCodesEqualTheIntegerNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := lowered(t, randomModel(t))
		o := ExactOptions{Levels: rapid.IntRange(1, 20).Draw(t, "levels"), WeightMax: rapid.SampledFrom([]int{1, 7, 127}).Draw(t, "weight"), PerLayer: rapid.Bool().Draw(t, "layer")}
		n, err := Quantise(p, o)
		if err != nil {
			t.Fatal(err)
		}
		q := make([]int, p.In.Size())
		for i := range q {
			q[i] = rapid.IntRange(0, o.Levels).Draw(t, "q")
		}
		logits, layers := n.Forward(q)
		for _, code := range []graph.Code{graph.Graded, graph.TTFS, graph.BitSerial} {
			g, err := n.Network(code)
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "scaled") && g.Pops[1].Kind == graph.Rectifier {
				if err := ScaleNeuron(g, 1, repeat(float64(rapid.IntRange(1, 5).Draw(t, "factor")), g.Pops[1].N)); err != nil {
					t.Fatal(err)
				}
			}
			l, a := ticked(g, q)
			for k := range layers {
				for i := range layers[k] {
					if a[k][i] != layers[k][i] {
						t.Fatalf("code %d, layer %d, neuron %d: have %d, need %d", code, k, i, a[k][i], layers[k][i])
					}
				}
			}
			for i := range logits {
				if l[i] != float64(logits[i]) {
					t.Fatalf("code %d, logit %d: have %g, need %d", code, i, l[i], logits[i])
				}
			}
		}
	})
}

// TestBoundsHold: no input, and no order of addition, leaves Lo..Hi; weights
// stay in their field whatever the outlier.
func TestBoundsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomModel(t)
		for k := range m.Layers {
			if w := m.Layers[k].W; len(w) > 0 && rapid.Bool().Draw(t, "outlier") {
				w[0] = 1000
			}
		}
		p := lowered(t, m)
		o := ExactOptions{Levels: 15, WeightMax: 127}
		n, err := Quantise(p, o)
		if err != nil {
			t.Fatal(err)
		}
		q := make([]int, p.In.Size())
		for i := range q {
			q[i] = 15 * rapid.IntRange(0, 1).Draw(t, "q")
		}
		_, layers := n.Forward(q)
		for k := range n.Layers {
			checkSums(t, &n.Layers[k], q, layers)
		}
	})
}

func checkSums(t *rapid.T, y *IntLayer, q []int, layers [][]int) {
	z := append([]int64(nil), y.C...)
	for i := range y.Maps {
		src := q
		if f := y.Maps[i].From; f >= 0 {
			src = layers[f]
		}
		y.Maps[i].each(y.N, func(o, i int, w int64) {
			if w < -127 || w > 127 {
				t.Fatalf("weight %d", w)
			}
			z[o] += w * int64(src[i])
			if z[o] < y.Lo || z[o] > y.Hi {
				t.Fatalf("%s: partial sum %d outside %d..%d", y.Name, z[o], y.Lo, y.Hi)
			}
		})
	}
}

// TestQuantiseIsClose: with many levels and wide weights the whole-number
// network computes the model.
func TestQuantiseIsClose(t *testing.T) {
	m := dense3()
	p, err := Lower(m)
	require.NoError(t, err)
	n, err := Quantise(p, ExactOptions{Levels: 4000, WeightMax: 1 << 15})
	require.NoError(t, err)
	x := []float64{0.3, 0.9, 0, 1, 0.5, 0.25}
	v := p.Values(x)
	logits, _ := n.Forward(n.Quantised(x))
	for i, z := range logits {
		assert.InDelta(t, v[len(v)-1][i], float64(z)*n.Layers[len(n.Layers)-1].Scale, 0.01)
	}
	assert.True(t, n.Layers[0].Fits(64))
	assert.False(t, n.Layers[0].Fits(8))
}

// dense3 is a small model with fixed weights.
func dense3() *analog.Model {
	m := &analog.Model{Name: "dense3", In: analog.Shape{6, 1, 1}}
	in := m.In
	for k, out := range []int{8, 7, 4} {
		y := analog.Layer{Kind: analog.Dense, From: []int{k - 1}, In: in, Out: analog.Shape{out, 1, 1}, Act: analog.Relu}
		for i := range out * in.Size() {
			y.W = append(y.W, math.Sin(float64(3*i+k))/2)
		}
		for i := range out {
			y.B = append(y.B, math.Cos(float64(5*i+k))/8)
		}
		m.Layers, in = append(m.Layers, y), y.Out
	}
	m.Layers[2].Act = analog.Linear
	return m
}

func TestQuantiseRefuses(t *testing.T) {
	p, err := Lower(dense3())
	require.NoError(t, err)
	_, err = Quantise(p, ExactOptions{Levels: -1})
	assert.ErrorContains(t, err, "levels")
	_, err = Quantise(p, ExactOptions{Calib: Vectors{{-1, 0, 0, 0, 0, 0}}})
	assert.ErrorContains(t, err, "levels start at 0")
	_, err = Quantise(p, ExactOptions{Calib: Vectors{{1}}})
	assert.ErrorContains(t, err, "sample 0: 1 values, need 6")
	n, err := Quantise(p, ExactOptions{})
	require.NoError(t, err)
	_, err = n.Network(graph.Rate)
	assert.ErrorContains(t, err, "not exact")
}
