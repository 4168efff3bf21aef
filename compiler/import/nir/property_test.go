package nir

import (
	"fmt"
	"strings"
	"testing"

	"hillock/compiler/graph"
	"hillock/internal/hdf5"
	"pgregory.net/rapid"
)

// draft is a random network file with what a plain simulator needs.
type draft struct {
	g     *hdf5.Group
	names []string
	typ   []string
	width []int
	w     [][]float64 // matrix, scale or delays in ticks
	bias  [][]float64
	preds [][]int
}

// small draws a whole number as a float, so that sums are exact in any order.
func small(t *rapid.T, label string) float64 {
	return float64(rapid.IntRange(-2, 2).Draw(t, label))
}

// drawDraft draws an acyclic file: an input, then nodes that each take one or
// two earlier nodes of fitting width, then an output per loose end.
func drawDraft(t *rapid.T) *draft {
	d := &draft{}
	var groups []*hdf5.Group
	var edges []string
	used := map[int]bool{}
	add := func(g *hdf5.Group, typ string, width int, w, bias []float64, preds ...int) {
		for _, p := range preds {
			edges = append(edges, d.names[p]+">"+g.Name)
			used[p] = true
		}
		groups = append(groups, g)
		d.names, d.typ, d.width = append(d.names, g.Name), append(d.typ, typ), append(d.width, width)
		d.w, d.bias, d.preds = append(d.w, w), append(d.bias, bias), append(d.preds, preds)
	}
	add(input("x0", 2), "Input", 2, nil, nil)
	for i := range rapid.IntRange(1, 8).Draw(t, "nodes") {
		name := fmt.Sprintf("x%d", i+1)
		p := rapid.IntRange(0, len(d.names)-1).Draw(t, "pred")
		preds, in := []int{p}, d.width[p]
		if q := rapid.IntRange(0, len(d.names)-1).Draw(t, "second"); q != p && d.width[q] == in {
			preds = append(preds, q)
		}
		vec := func(n int) []float64 {
			v := make([]float64, n)
			for k := range v {
				v[k] = small(t, "v")
			}
			return v
		}
		switch typ := rapid.SampledFrom([]string{"Affine", "Linear", "Scale", "Delay", "Flatten", "LIF", "Threshold"}).Draw(t, "type"); typ {
		case "Affine", "Linear":
			out := rapid.IntRange(1, 3).Draw(t, "out")
			w, b := vec(out*in), []float64(nil)
			if typ == "Affine" {
				b = vec(out)
			}
			add(dense(name, out, in, w, b...), typ, out, w, b, preds...)
		case "Scale":
			w := vec(in)
			add(node(name, typ, num("scale", []int{in}, w...)), typ, in, w, nil, preds...)
		case "Delay":
			w, s := make([]float64, in), make([]float64, in)
			for k := range w {
				w[k] = float64(rapid.IntRange(0, 2).Draw(t, "ticks"))
				s[k] = w[k] * 1e-4
			}
			add(node(name, typ, num("delay", []int{in}, s...)), typ, in, w, nil, preds...)
		case "Flatten":
			add(node(name, typ), typ, in, nil, nil, preds...)
		case "LIF":
			g := node(name, typ, same("tau", in, 2e-4), same("r", in, 2), same("v_leak", in, 0), same("v_threshold", in, 1))
			add(g, typ, in, nil, nil, preds...)
		case "Threshold":
			add(node(name, typ, same("threshold", in, 0.5)), typ, in, nil, nil, preds...)
		}
	}
	for i := range d.names {
		if !used[i] {
			add(output(fmt.Sprintf("y%d", i), int64(d.width[i])), "Output", d.width[i], nil, nil, i)
		}
	}
	edges = rapid.Permutation(edges).Draw(t, "edges")
	d.g = file("1.0.8", strings.Join(edges, " "), groups...)
	return d
}

// simulate runs the file node by node, as drawn: value[tick][node].
func (d *draft) simulate(in [][]float64) [][][]float64 {
	v := make([][]float64, len(d.names))
	sums := make([][][]float64, len(d.names)) // what entered, per tick, for delays
	var all [][][]float64
	for t := range in {
		now := make([][]float64, len(d.names))
		for i, typ := range d.typ {
			if i == 0 {
				now[0] = in[t]
				continue
			}
			x := make([]float64, d.width[d.preds[i][0]])
			for _, p := range d.preds[i] {
				for k, y := range now[p] {
					x[k] += y
				}
			}
			sums[i] = append(sums[i], x)
			y := make([]float64, d.width[i])
			if v[i] == nil {
				v[i] = make([]float64, d.width[i])
			}
			for k := range y {
				switch typ {
				case "Affine", "Linear":
					for m, s := range x {
						y[k] += d.w[i][k*len(x)+m] * s
					}
					if d.bias[i] != nil {
						y[k] += d.bias[i][k]
					}
				case "Scale":
					y[k] = d.w[i][k] * x[k]
				case "Delay":
					if from := t - int(d.w[i][k]); from >= 0 {
						y[k] = sums[i][from][k]
					}
				case "LIF":
					if v[i][k] = v[i][k]/2 + x[k]; v[i][k] > 1 {
						y[k], v[i][k] = 1, 0
					}
				case "Threshold":
					if x[k] > 0.5 {
						y[k] = 1
					}
				default:
					y[k] = x[k]
				}
			}
			now[i] = y
		}
		all = append(all, now)
	}
	return all
}

// constantDelayed reports whether a constant reaches a delay: there the fold
// is early by the delay, and says so.
func (d *draft) constantDelayed() bool {
	constant := make([]bool, len(d.names))
	for i, typ := range d.typ {
		for _, p := range d.preds[i] {
			constant[i] = constant[i] || constant[p]
		}
		if typ == "Delay" && constant[i] {
			return true
		}
		constant[i] = typ == "Affine" || constant[i] && typ != "LIF" && typ != "Threshold"
	}
	return false
}

// The folded network gives what the nodes give one by one.
func TestFoldEqualsNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDraft(t)
		if d.constantDelayed() {
			return
		}
		f, err := fromGroup(d.g, "t.nir")
		if err != nil {
			t.Fatal(err)
		}
		n, err := ToNetwork(f, Options{Dialect: "nir", DT: 1e-4})
		if err != nil {
			t.Fatal(err)
		}
		r, err := graph.NewRun(n)
		if err != nil {
			t.Fatal(err)
		}
		in := make([][]float64, 6)
		for i := range in {
			in[i] = []float64{float64(rapid.IntRange(0, 1).Draw(t, "x")), float64(rapid.IntRange(0, 2).Draw(t, "x"))}
		}
		want := d.simulate(in)
		for tick, x := range in {
			r.Step([][]float64{x})
			for p, pop := range n.Pops {
				for i, name := range d.names {
					if name != pop.Name {
						continue
					}
					got := r.Spikes[p]
					if pop.Kind == graph.Readout {
						got = r.V[p]
					}
					if fmt.Sprint(got) != fmt.Sprint(want[tick][i]) {
						t.Fatalf("tick %d, %s: %v, want %v", tick, name, got, want[tick][i])
					}
				}
			}
		}
	})
}

// drawWild draws a graph with any edges at all, cycles and subgraphs included.
func drawWild(t *rapid.T, name string, depth int) *hdf5.Group {
	var nodes []*hdf5.Group
	var names, edges []string
	for i := range rapid.IntRange(1, 5).Draw(t, "nodes") {
		id, w := fmt.Sprintf("n%d", i), rapid.SampledFrom([]int{1, 2, 2, 2}).Draw(t, "width")
		kinds := []string{"Input", "Output", "Linear", "Scale", "Delay", "Flatten", "LIF", "IF", "LI", "Threshold", "NIRGraph", "Conv1d", "Conv2d", "AvgPool2d"}
		switch typ := rapid.SampledFrom(kinds).Draw(t, "type"); typ {
		case "Input", "Output":
			nodes = append(nodes, node(id, typ, ints("shape", int64(w))))
		case "Conv1d":
			nodes = append(nodes, convolution(id, []int{1, 1, 2}, []float64{1, 2}, text("padding", "same"), ints("input_shape", 2)))
		case "Conv2d":
			nodes = append(nodes, convolution(id, []int{w, w, 1, 2}, make([]float64, 2*w*w), ints("padding", 0, 1)))
		case "AvgPool2d":
			nodes = append(nodes, pooling(id, typ, [2]int64{1, 2}, [2]int64{1, 1}, [2]int64{0, 1}))
		case "Linear":
			nodes = append(nodes, dense(id, w, 2, make([]float64, 2*w)))
		case "Scale":
			nodes = append(nodes, node(id, typ, same("scale", w, 2)))
		case "Delay":
			nodes = append(nodes, node(id, typ, same("delay", w, 2e-4)))
		case "Threshold":
			nodes = append(nodes, node(id, typ, same("threshold", w, 1)))
		case "IF":
			nodes = append(nodes, node(id, typ, same("r", w, 1), same("v_threshold", w, 1)))
		case "LI":
			nodes = append(nodes, node(id, typ, same("tau", w, 1), same("r", w, 1), same("v_leak", w, 1)))
		case "NIRGraph":
			if depth < 2 {
				nodes = append(nodes, drawWild(t, id, depth+1))
				break
			}
			fallthrough
		case "LIF":
			nodes = append(nodes, lif(id, w))
		default:
			nodes = append(nodes, node(id, typ))
		}
		names = append(names, id)
	}
	for _, u := range names {
		for _, v := range names {
			if rapid.IntRange(0, 2).Draw(t, "edge") == 0 {
				edges = append(edges, u+">"+v)
			}
		}
	}
	return network(name, strings.Join(rapid.Permutation(edges).Draw(t, "edges"), " "), nodes...)
}

// Any graph converts to a valid network or to one error, never to a panic.
func TestAnyGraph(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, err := fromGroup(&hdf5.Group{Groups: []*hdf5.Group{drawWild(t, "node", 0)}}, "t.nir")
		if err != nil {
			t.Fatal(err)
		}
		n, err := ToNetwork(f, Options{})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "nir: t.nir: ") {
				t.Fatal(err)
			}
			return
		}
		if _, err := graph.NewRun(n); err != nil {
			t.Fatal(err)
		}
	})
}
