package convert

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
)

// Quantised is the levels of an input: of value x floor(x/InMax * Levels + 1/2), within
// 0..Levels.
func (n *Integer) Quantised(x []float64) []int {
	q := make([]int, len(x))
	for i, v := range x {
		if l := math.Floor(v/n.InMax*float64(n.Levels) + 0.5); l > 0 { // not a NaN
			q[i] = int(math.Min(l, float64(n.Levels)))
		}
	}
	return q
}

// Forward computes the network for input levels q: logits, and per layer the
// activations (of the last one nothing). It is the reference that every exact
// code has to equal. Levels that are missing count as 0, too many are ignored.
func (n *Integer) Forward(q []int) (logits []int64, layers [][]int) {
	in := make([]int, size(n.In))
	copy(in, q)
	layers = make([][]int, len(n.Layers))
	for k := range n.Layers {
		y := &n.Layers[k]
		z := append([]int64(nil), y.C...)
		for i := range y.Maps {
			m := &y.Maps[i]
			src := in
			if m.From != input {
				src = layers[m.From]
			}
			m.addTo(z, src)
		}
		if y.Theta == nil {
			return z, layers
		}
		layers[k] = make([]int, y.N)
		for i, v := range z {
			layers[k][i] = int(min(max(floorDiv(v+y.Theta[i]/2, y.Theta[i]), 0), int64(n.Levels)))
		}
	}
	return logits, layers
}

// addTo adds the map of a to z.
func (m *IntMap) addTo(z []int64, a []int) {
	if m.Kernel == nil {
		for o := range z {
			sum := int64(0)
			for i, w := range m.W[o*len(a) : (o+1)*len(a)] {
				sum += int64(w) * int64(a[i])
			}
			z[o] += sum
		}
		return
	}
	correlate(m.Kernel, m.W, a, z)
}

// floorDiv is floor(a/b) for b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Network is the same network as populations that send their values in an
// exact code: an input, rectifiers, and a readout that ends with the logits as
// membrane.
func (n *Integer) Network(code graph.Code) (*graph.Network, error) {
	if code == graph.Rate || code > graph.BitSerial {
		return nil, fmt.Errorf("convert: code %d is not exact, need graded, time to first spike or bit-serial", code)
	}
	g := &graph.Network{Name: n.Name}
	g.Provenance = append(g.Provenance, n.Provenance...)
	g.Assumptions = append(g.Assumptions, n.Assumptions...)
	g.Pops = append(g.Pops, &graph.Population{Name: inputName, Kind: graph.Input, N: size(n.In), Shape: n.In, Code: code, Levels: n.Levels})
	for k := range n.Layers {
		y := &n.Layers[k]
		g.Pops = append(g.Pops, y.population(code, n.Levels))
		for i, m := range y.Maps {
			q := &graph.Projection{Name: fmt.Sprintf("%s_%s", g.Pops[m.From+1].Name, y.Name), Pre: m.From + 1, Post: k + 1, Kernel: m.Kernel}
			if m.Kernel == nil {
				q.W = floats(m.W)
			}
			if i > 0 {
				q.Name = fmt.Sprintf("%s_%d", q.Name, i)
			}
			g.Projs = append(g.Projs, q)
		}
	}
	return g, nil
}

func (y *IntLayer) population(code graph.Code, levels int) *graph.Population {
	p := &graph.Population{Name: y.Name, Kind: graph.Rectifier, N: y.N, Shape: y.Shape, Code: code, Levels: levels,
		AJ: make([]float64, y.N), GJ: repeat(1, y.N), AV: repeat(1, y.N), GV: repeat(1, y.N), C: floats(y.C), Theta: floats(y.Theta)}
	if y.Theta == nil {
		p.Kind, p.Output, p.Theta = graph.Readout, true, nil
	}
	return p
}
