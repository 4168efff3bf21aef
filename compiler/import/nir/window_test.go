package nir

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"hillock/compiler/graph"
	"hillock/internal/hdf5"
	"pgregory.net/rapid"
)

// stage is a node of a random stack of convolutions with what a plain
// simulator needs.
type stage struct {
	typ                       string
	w, bias                   []float64
	out                       [3]int
	size, stride, pad, dilate [2]int
	groups                    int
}

// apply is the meaning of a stage, output by output.
func (s *stage) apply(in [3]int, x []float64) []float64 {
	y := make([]float64, s.out[0]*s.out[1]*s.out[2])
	at := 0
	for o := range s.out[0] {
		for r := range s.out[1] {
			for c := range s.out[2] {
				switch s.typ {
				case "Linear":
					for k, v := range x {
						y[at] += s.w[at*len(x)+k] * v
					}
				case "Scale":
					y[at] = s.w[at] * x[at]
				case "Threshold":
					if x[at] > 0.5 {
						y[at] = 1
					}
				default:
					y[at] = s.window(in, x, o, r, c)
				}
				at++
			}
		}
	}
	return y
}

func (s *stage) window(in [3]int, x []float64, o, r, c int) float64 {
	sum, per := 0.0, in[0]/s.groups
	for k := range per {
		for i := range s.size[0] {
			for j := range s.size[1] {
				y, z := r*s.stride[0]-s.pad[0]+i*s.dilate[0], c*s.stride[1]-s.pad[1]+j*s.dilate[1]
				if y < 0 || z < 0 || y >= in[1] || z >= in[2] {
					continue
				}
				w := 1.0
				if s.w != nil {
					w = s.w[((o*per+k)*s.size[0]+i)*s.size[1]+j]
				}
				sum += w * x[((o/(s.out[0]/s.groups)*per+k)*in[1]+y)*in[2]+z]
			}
		}
	}
	if s.typ == "AvgPool2d" {
		sum /= float64(s.size[0] * s.size[1])
	}
	if s.bias != nil {
		sum += s.bias[o]
	}
	return sum
}

// drawStage draws a node for values of the given shape, ok false if its window
// does not fit.
func drawStage(t *rapid.T, name string, in [3]int) (s *stage, g *hdf5.Group, ok bool) {
	n := func(lo, hi int, label string) int { return rapid.IntRange(lo, hi).Draw(t, label) }
	vec := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = small(t, "v")
		}
		return v
	}
	total := in[0] * in[1] * in[2]
	s = &stage{typ: rapid.SampledFrom([]string{"Conv2d", "Conv2d", "Conv2d", "SumPool2d", "AvgPool2d", "Scale", "Scale", "Threshold", "Linear"}).Draw(t, "type"), out: in, groups: 1, dilate: [2]int{1, 1}}
	switch s.typ {
	case "Scale":
		s.w = vec(total)
		if rapid.Bool().Draw(t, "per channel") {
			for i := range s.w {
				s.w[i] = s.w[i/(in[1]*in[2])*(in[1]*in[2])]
			}
		}
		return s, node(name, s.typ, num("scale", in[:], s.w...)), true
	case "Threshold":
		return s, node(name, s.typ, same("threshold", 1, 0.5)), true
	case "Linear":
		s.out = [3]int{n(1, 3, "rows"), 1, 1}
		s.w = vec(s.out[0] * total)
		return s, dense(name, s.out[0], total, s.w), true
	}
	for a := range 2 {
		s.size[a], s.stride[a], s.pad[a] = n(1, 3, "size"), n(1, 2, "stride"), n(0, 1, "pad")
		if s.typ == "Conv2d" {
			s.dilate[a] = n(1, 2, "dilation")
		}
		room := in[1+a] + 2*s.pad[a] - s.dilate[a]*(s.size[a]-1) - 1
		if room < 0 {
			return nil, nil, false
		}
		s.out[1+a] = room/s.stride[a] + 1
	}
	two := func(p [2]int) []int64 { return []int64{int64(p[0]), int64(p[1])} }
	if s.typ != "Conv2d" {
		s.groups = in[0]
		return s, pooling(name, s.typ, [2]int64(two(s.size)), [2]int64(two(s.stride)), [2]int64(two(s.pad))), true
	}
	if s.groups = n(1, 2, "groups"); in[0]%s.groups != 0 {
		s.groups = 1
	}
	s.out[0] = s.groups * n(1, 2, "channels")
	dims := []int{s.out[0], in[0] / s.groups, s.size[0], s.size[1]}
	s.w, s.bias = vec(dims[0]*dims[1]*dims[2]*dims[3]), vec(dims[0])
	return s, convolution(name, dims, s.w, num("bias", []int{dims[0]}, s.bias...), ints("stride", two(s.stride)...),
		ints("padding", two(s.pad)...), ints("dilation", two(s.dilate)...), ints("groups", int64(s.groups))), true
}

// A stack of convolutions, poolings, scales and matrices, folded, gives what
// its nodes give one by one.
func TestStackEqualsNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := [3]int{rapid.IntRange(1, 2).Draw(t, "c"), rapid.IntRange(1, 6).Draw(t, "h"), rapid.IntRange(1, 6).Draw(t, "w")}
		groups := []*hdf5.Group{input("in", int64(shape[0]), int64(shape[1]), int64(shape[2]))}
		edges, last, in := []string{}, "in", shape
		var stages []*stage
		var names []string
		for i := range rapid.IntRange(1, 6).Draw(t, "nodes") {
			name := fmt.Sprintf("n%d", i)
			s, g, ok := drawStage(t, name, in)
			if !ok {
				continue
			}
			groups, edges = append(groups, g), append(edges, last+">"+name)
			stages, names, last, in = append(stages, s), append(names, name), name, s.out
			if s.typ == "Linear" {
				break
			}
		}
		groups, edges = append(groups, output("out", int64(in[0]), int64(in[1]), int64(in[2]))), append(edges, last+">out")
		f, err := fromGroup(file("1.0.8", strings.Join(edges, " "), groups...), "t.nir")
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
		for range 3 {
			x := make([]float64, shape[0]*shape[1]*shape[2])
			for i := range x {
				x[i] = float64(rapid.IntRange(0, 2).Draw(t, "x"))
			}
			r.Step([][]float64{x})
			want, at := map[string][]float64{"in": x}, shape
			for i, s := range stages {
				x = s.apply(at, x)
				at, want[names[i]] = s.out, x
			}
			want["out"] = x
			for p, pop := range n.Pops {
				got := r.Spikes[p]
				if pop.Kind == graph.Readout {
					got = r.V[p]
				}
				for i, v := range want[pop.Name] {
					if d := got[i] - v; d > 1e-9 || d < -1e-9 {
						t.Fatalf("%s: %v, want %v", pop.Name, got, want[pop.Name])
					}
				}
			}
		}
	})
}

// geometry converts in -> node -> neuron -> out and gives the projection's kernel.
func geometry(t *testing.T, in *hdf5.Group, g *hdf5.Group) (*graph.Network, *graph.Kernel) {
	t.Helper()
	n := convert(t, file("1.0.8", "in>c c>n", in, g, node("n", "Threshold", vec("threshold", 1))), Options{})
	require.Len(t, n.Projs, 1)
	return n, n.Projs[0].Kernel
}

func TestGeometry(t *testing.T) {
	n, k := geometry(t, input("in", 2, 10, 10), convolution("c", []int{4, 1, 3, 5}, filled(60, 1), ints("groups", 2), ints("input_shape", 9, 9), same("bias", 1, 3)))
	require.Equal(t, [3]int{4, 8, 6}, k.Out, "a window that is not square")
	require.Contains(t, n.Provenance, `node "c": input_shape says [2 9 9], [2 10 10] enters and is used`)
	require.Equal(t, []int{4, 8, 6}, n.Pops[1].Shape)
	require.Equal(t, filled(4*48, 3), n.Projs[0].Bias)
	_, k = geometry(t, input("in", 1, 7, 7), convolution("c", []int{1, 1, 4, 3}, filled(12, 1), text("padding", "same"), ints("dilation", 1, 2)))
	require.Equal(t, [3]int{1, 7, 7}, k.Out)
	require.Equal(t, [2]int{1, 2}, k.Pad, "an odd sum of zeros has one more behind")
	_, k = geometry(t, input("in", 7, 7), convolution("c", []int{1, 1, 3, 3}, filled(9, 1), text("padding", "same"), ints("stride", 2)))
	require.Equal(t, [3]int{1, 4, 4}, k.Out, "one channel without an axis; same with a stride")
	_, k = geometry(t, input("in", 2, 16), convolution("c", []int{4, 2, 3}, filled(24, 1), text("padding", "valid"), ints("stride", 2)))
	require.Equal(t, [][3]int{{2, 1, 16}, {4, 1, 7}}, [][3]int{k.In, k.Out})
	_, k = geometry(t, input("in", 98), convolution("c", []int{1, 2, 3, 3}, filled(18, 1), ints("input_shape", 7, 7)))
	require.Equal(t, [3]int{2, 7, 7}, k.In, "a flat input and a declared shape")
	_, k = geometry(t, input("in", 1, 2, 5, 5), pooling("c", "AvgPool2d", [2]int64{2, 2}, [2]int64{2, 2}, [2]int64{1, 1}))
	require.Equal(t, [3]int{2, 3, 3}, k.Out)
	require.Equal(t, filled(8, 0.25), k.W)
	require.Equal(t, 2, k.Groups)
	// Without an Input node the declared shape decides.
	n = convert(t, file("1.0.8", "c>n", convolution("c", []int{1, 1, 3, 3}, filled(9, 1), ints("input_shape", 5, 5)), node("n", "Threshold", vec("threshold", 1))), Options{})
	require.Equal(t, 25, n.Pops[0].N)
	require.Equal(t, 9, n.Pops[1].N)
}

func TestGeometryRefuses(t *testing.T) {
	for _, c := range []struct {
		in   *hdf5.Group
		g    *hdf5.Group
		says string
	}{
		{input("in", 3, 5, 5), convolution("c", []int{1, 2, 3, 3}, filled(18, 1)), `node "c": weight: need 3 input channels, as in the shape [3 5 5] that enters, have 2`},
		{input("in", 50), convolution("c", []int{1, 2, 3, 3}, filled(18, 1)), `node "c": input: need channels and 2 axes, have shape [50]`},
		{input("in", 2, 2, 5), convolution("c", []int{1, 2, 3, 3}, filled(18, 1)), "need at least 3 values on axis 0 for the window, have shape [2 2 5]"},
		{input("in", 2, 5, 5), convolution("c", []int{3, 1, 3, 3}, filled(27, 1), ints("groups", 2)), "need a common divisor"},
		{input("in", 1, 5, 5), convolution("c", []int{1, 1, 3, 3}, filled(9, 1), text("padding", "full")), `padding: need numbers, "same" or "valid", have "full"`},
		{input("in", 1, 5, 5), convolution("c", []int{1, 1, 3, 3}, filled(9, 1), ints("stride", 0)), "stride: need whole numbers from 1 to 1048576, have [0]"},
		{input("in", 1, 5, 5), convolution("c", []int{1, 1, 3, 3}, filled(9, 1), vec("stride", 1.5)), "stride: need whole numbers"},
		{input("in", 1, 5, 5), convolution("c", []int{1, 1, 3, 3}, filled(9, 1), text("stride", "same")), `stride: need 1 or 2 whole numbers, have "same"`},
		{input("in", 1, 5, 5), convolution("c", []int{1, 1, 3, 3}, filled(9, 1), ints("padding", 1, 1, 1)), "padding: need 1 or 2 whole numbers, have [1 1 1]"},
		{input("in", 1, 5, 5), pooling("c", "SumPool2d", [2]int64{1 << 20, 1 << 20}, [2]int64{1, 1}, [2]int64{1 << 19, 1 << 19}), "a legal SumPool2d"},
	} {
		_, err := ToNetwork(read(t, file("1.0.8", "in>c c>n", c.in, c.g, node("n", "Threshold", vec("threshold", 1)))), Options{})
		require.ErrorContains(t, err, c.says)
	}
	_, err := ToNetwork(read(t, file("1.0.8", "c>n", convolution("c", []int{1, 1, 3, 3}, filled(9, 1)), node("n", "Threshold", vec("threshold", 1)))), Options{})
	require.ErrorContains(t, err, "need a shape, here or at a neighbour")
}

// What follows a convolution without a neuron between: how much becomes one
// kernel.
func TestComposition(t *testing.T) {
	fold := func(edges string, nodes ...*hdf5.Group) *graph.Projection {
		n := convert(t, file("1.0.8", edges, append(nodes, input("in", 2, 8, 8), node("n", "Threshold", vec("threshold", 1)))...), Options{})
		require.Len(t, n.Projs, 1)
		return n.Projs[0]
	}
	c3 := convolution("c", []int{3, 2, 3, 3}, filled(54, 1))
	pool := pooling("p", "AvgPool2d", [2]int64{2, 2}, [2]int64{2, 2}, [2]int64{0, 0})
	q := fold("in>c c>p p>n", c3, pool)
	require.Equal(t, [2]int{4, 4}, q.Kernel.Size)
	require.Equal(t, [2]int{2, 2}, q.Kernel.Stride)
	q = fold("in>p p>c c>n", pool, convolution("c", []int{3, 2, 3, 3}, filled(54, 1), ints("stride", 1)))
	require.Equal(t, [2]int{6, 6}, q.Kernel.Size)
	require.Equal(t, [3]int{3, 2, 2}, q.Kernel.Out)
	q = fold("in>p p>c c>n", pool, convolution("c", []int{3, 2, 3, 3}, filled(54, 1), ints("padding", 1)))
	require.NotNil(t, q.Kernel, "an even pooling computes 0 in the zeros around its result")
	q = fold("in>c c>d d>n", c3, convolution("d", []int{1, 3, 3, 3}, filled(27, 1), ints("padding", 1)))
	require.Nil(t, q.Kernel, "the first convolution would not compute 0 in the padding of the second")
	require.Len(t, q.W, 36*128)
	q = fold("in>c c>s s>n", c3, node("s", "Scale", num("scale", []int{3, 6, 6}, append(append(filled(36, 1), filled(36, 2)...), filled(36, 3)...)...)))
	require.Equal(t, append(append(filled(18, 1), filled(18, 2)...), filled(18, 3)...), q.Kernel.W)
	// Two kernels of one geometry add up; others stay apart.
	q = fold("in>c in>d c>s d>s s>n", c3, convolution("d", []int{3, 2, 3, 3}, filled(54, 2)), node("s", "Flatten"))
	require.Equal(t, filled(54, 3), q.Kernel.W)
	n := convert(t, file("1.0.8", "in>c in>d c>s d>s s>n", c3, convolution("d", []int{3, 2, 5, 5}, filled(150, 2), ints("padding", 1)),
		input("in", 2, 8, 8), node("s", "Flatten"), node("n", "Threshold", vec("threshold", 1))), Options{})
	require.Len(t, n.Projs, 2)
}
