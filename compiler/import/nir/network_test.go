package nir

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"hillock/compiler/graph"
	"hillock/internal/hdf5"
)

// flags lists what was assumed, with the flag.
func flags(n *graph.Network) map[string]string {
	m := map[string]string{}
	for _, a := range n.Assumptions {
		m[a.What] = a.Value + " " + a.Flag
	}
	return m
}

// convert reads and converts.
func convert(t testing.TB, g *hdf5.Group, o Options) *graph.Network {
	t.Helper()
	n, err := ToNetwork(read(t, g), o)
	require.NoError(t, err)
	return n
}

func TestFolding(t *testing.T) {
	// in -> a(3x2) -> scale -> b(2x3) -> lif, and in -> c(2x2) -> lif beside it.
	n := convert(t, file("1.0.8", "in>a a>s s>b b>n in>c c>n n>out",
		input("in", 2), dense("a", 3, 2, []float64{1, 2, 3, 4, 5, 6}, 1, 1, 1), node("s", "Scale", vec("scale", 1, 2, 3)),
		dense("b", 2, 3, []float64{1, 0, 1, 0, 1, 0}), dense("c", 2, 2, []float64{1, 0, 0, 1}, 5, 6), lif("n", 2), output("out", 2)), Options{})
	require.Len(t, n.Pops, 2)
	require.True(t, n.Pops[1].Output)
	want := []*graph.Projection{
		{Name: "a>s>b", Pre: 0, Post: 1, W: []float64{16, 20, 6, 8}, Bias: []float64{4, 2}},
		{Name: "c", Pre: 0, Post: 1, W: []float64{1, 0, 0, 1}, Bias: []float64{5, 6}},
	}
	require.Empty(t, cmp.Diff(want, n.Projs))
}

func TestEdgesAdd(t *testing.T) {
	n := convert(t, file("1.0.8", "in>a in>b a>f b>f f>n n>out", input("in", 2), dense("a", 2, 2, []float64{1, 2, 3, 4}, 1, 1),
		node("b", "Scale", vec("scale", 10, 20)), node("f", "Flatten", ints("input_type", 1, 2)), lif("n", 2), output("out", 2)), Options{})
	require.Len(t, n.Projs, 1)
	require.Equal(t, []float64{11, 2, 3, 24}, n.Projs[0].W)
	require.Equal(t, []float64{1, 1}, n.Projs[0].Bias)
	require.Equal(t, "a|b", n.Projs[0].Name)
}

func TestDelays(t *testing.T) {
	g := file("1.0.8", "in>d d>n n>out", input("in", 2), node("d", "Delay", vec("delay", 3e-4, 1.26e-4)), lif("n", 2), output("out", 2))
	n := convert(t, g, Options{})
	require.Len(t, n.Projs, 2)
	require.Equal(t, []int{1, 3}, []int{n.Projs[0].Delay, n.Projs[1].Delay})
	require.Equal(t, []float64{0, 0, 0, 1}, n.Projs[0].W)
	require.Equal(t, []float64{1, 0, 0, 0}, n.Projs[1].W)
	require.Equal(t, "1 ticks --dt", flags(n)["delay"])
	_, err := ToNetwork(read(t, file("1.0.8", "in>d d>n n>out", input("in", 2), node("d", "Delay", vec("delay", -1)), lif("n", 2), output("out", 2))), Options{})
	require.ErrorContains(t, err, `node "d": delay[0]: need 0 to 65536 steps of 0.0001 s, have -1 s`)
	// On a cycle the recurrent edge pays one tick of the delay.
	n = convert(t, file("1.0.8", "in>n n>d d>n n>out", input("in", 1), node("d", "Delay", vec("delay", 3e-4)), lif("n", 1), output("out", 1)), Options{})
	require.Len(t, n.Projs, 2)
	require.True(t, n.Projs[1].Recurrent)
	require.Equal(t, 2, n.Projs[1].Delay)
	require.NotContains(t, flags(n), "recurrent")
}

// The two well-formed shapes of a recurrent layer give the same network; the
// malformed one is refused with the repair.
func TestRecurrence(t *testing.T) {
	w := []float64{0, 1, 2, 3}
	cell := func(edges string) *hdf5.Group {
		return network("l", edges, input("input", 2), lif("lif", 2), dense("w_rec", 2, 2, w, 7, 8), output("output", 2))
	}
	flat := convert(t, file("1.0.8", "in>l.lif l.lif>l.w_rec l.w_rec>l.lif l.lif>out", input("in", 2), lif("l.lif", 2), dense("l.w_rec", 2, 2, w, 7, 8), output("out", 2)), Options{})
	nested := convert(t, file("1.0.8", "in>l l>out", input("in", 2), cell("input>lif lif>w_rec w_rec>lif lif>output"), output("out", 2)), Options{})
	require.Empty(t, cmp.Diff(flat.Pops, nested.Pops))
	require.Empty(t, cmp.Diff(flat.Projs, nested.Projs))
	require.Len(t, flat.Projs, 2)
	require.Equal(t, &graph.Projection{Name: "l.w_rec", Pre: 1, Post: 1, W: w, Bias: []float64{7, 8}, Recurrent: true}, flat.Projs[1])
	require.Equal(t, "one tick old --dialect", flags(flat)["recurrent"])
	_, err := ToNetwork(read(t, file("1.0.8", "in>l l>out", input("in", 2), cell("input>w_rec lif>w_rec w_rec>lif lif>output"), output("out", 2))), Options{})
	require.ErrorContains(t, err, `node "l.w_rec": edges: need the input of a recurrent layer wired to its neuron ("l.input" -> "l.lif")`)
	require.ErrorContains(t, err, `replace that edge by "l.input" -> "l.lif"`)
}

// Feedback across two layers: the edge back to the layer nearest to the input
// is the recurrent one.
func TestLongCycle(t *testing.T) {
	n := convert(t, file("1.0.8", "in>z z>b b>a a>z a>out", input("in", 1), lif("z", 1), lif("b", 1), lif("a", 1), output("out", 1)), Options{})
	require.Equal(t, []string{"in", "z", "b", "a"}, []string{n.Pops[0].Name, n.Pops[1].Name, n.Pops[2].Name, n.Pops[3].Name})
	for _, q := range n.Projs {
		require.Equal(t, q.Name == "a->z", q.Recurrent, q.Name)
	}
}

func TestNetworkRefuses(t *testing.T) {
	eye := []float64{1, 0, 0, 1}
	nan := lif("n", 2)
	for _, c := range []struct {
		name string
		g    *hdf5.Group
		o    Options
		says string
	}{
		{"width", file("1.0.8", "in>n n>out", input("in", 3), lif("n", 2), output("out", 2)), Options{}, `node "n": edges: need 2 values into it, have 3 from "in"`},
		{"output width", file("1.0.8", "in>n n>out", input("in", 2), lif("n", 2), output("out", 3)), Options{}, `node "out": edges: need 3 values into it, have 2 from "n"`},
		{"unfed", file("1.0.8", "in>out n>out", input("in", 2), lif("n", 2), output("out", 2)), Options{}, `node "n": edges: need at least one edge into it, have 0`},
		{"dead end", file("1.0.8", "in>out in>n", input("in", 2), lif("n", 2), output("out", 2)), Options{}, `node "n": edges: need at least one edge out of it`},
		{"into input", file("1.0.8", "in>n n>in n>out", input("in", 2), nan, output("out", 2)), Options{}, `node "in": edges: need no edge into an Input, have one from "n"`},
		{"out of output", file("1.0.8", "in>out out>n n>o2", input("in", 2), lif("n", 2), output("out", 2), output("o2", 2)), Options{}, `node "out": edges: need no edge out of an Output`},
		{"linear cycle", file("1.0.8", "in>s a>s s>a s>n n>out", input("in", 2), node("s", "Scale", vec("scale", 1, 1)), dense("a", 2, 2, eye), lif("n", 2), output("out", 2)), Options{},
			"need a neuron in every cycle"},
		{"closed ring", file("1.0.8", "n>a a>n", lif("n", 2), dense("a", 2, 2, eye)), Options{}, "need an Input node, or a node that no edge leads to, have neither"},
		{"no output", file("1.0.8", "in>n n>a a>n", input("in", 2), lif("n", 2), dense("a", 2, 2, eye)), Options{}, "need an Output node, or a node that no edge leaves, have neither"},
		{"ports", file("1.0.8", "in>g g>out", input("in", 1), network("g", "a>c b>c", input("a", 1), input("b", 1), output("c", 1)), output("out", 1)), Options{},
			"need exactly one port on each side, have 1 outputs and 2 inputs"},
		{"reader inside", file("1.0.8", "in>l l>n n>out", input("in", 1), node("l", "LI", vec("tau", 1), vec("r", 1), vec("v_leak", 0)), lif("n", 1), output("out", 1)), Options{},
			`node "l": edges: need only Output nodes behind a LI (its values are not spikes), have an edge to "n"`},
		{"batch", file("1.0.8", "in>a a>n n>out", input("in", 2), node("a", "Linear", num("weight", []int{2, 1, 2}, eye...)), lif("n", 2), output("out", 2)), Options{},
			`node "a": weight: need one matrix (rows, columns), have shape [2 1 2]: a batch of 2`},
		{"huge", file("1.0.8", "in>out", input("in", 1<<30), output("out", 1<<30)), Options{}, "need at most 4194304 values in all nodes together"},
		{"square", file("1.0.8", "in>s s>c c>n n>out", input("in", 1, 200, 200), node("s", "Scale", num("scale", []int{1, 200, 200}, append(filled(39999, 1), 2)...)),
			convolution("c", []int{1, 1, 3, 3}, filled(9, 1)), node("n", "Threshold", vec("threshold", 1)), output("out", 1, 198, 198)), Options{}, `node "c": weight: need at most 67108864 matrix entries while folding`},
		{"short tau", file("1.0.8", "in>n n>out", input("in", 1), node("n", "LIF", vec("tau", 5e-4), vec("r", 1), vec("v_leak", 0), vec("v_threshold", 1)), output("out", 1)), Options{DT: 1e-3},
			`node "n": tau[0]: need at least one time step of 0.001 s (smaller steps: --dt), have 0.0005 s`},
		{"tau", file("1.0.8", "in>n n>out", input("in", 1), node("n", "LIF", vec("tau", 0), vec("r", 1), vec("v_leak", 0), vec("v_threshold", 1)), output("out", 1)), Options{},
			`node "n": tau[0]: need a time constant above 0, have 0`},
		{"multi", file("1.0.8", "in>n n>out", input("in", 1), node("n", "IF", vec("r", 1), vec("v_threshold", -1)), output("out", 1)), Options{Multispike: "on"},
			`node "n": v_threshold[0]: need a threshold above 0 for several spikes per tick (--multispike off), have -1`},
		{"floor", file("1.0.8", "in>n n>out", input("in", 1), lif("n", 1), output("out", 1)), Options{Floor: "2"}, "need a threshold of at least the floor 2 (--floor none), have 1"},
		{"option dt", file("1.0.8", "in>out", input("in", 1), output("out", 1)), Options{DT: math.NaN()}, "nir: option dt: need seconds above 0"},
		{"option reset", file("1.0.8", "in>out", input("in", 1), output("out", 1)), Options{Reset: "x"}, `nir: option reset: need file, zero, subtract, zero-late or subtract-late, have "x"`},
		{"option compare", file("1.0.8", "in>out", input("in", 1), output("out", 1)), Options{Compare: "x"}, "nir: option compare"},
		{"option multispike", file("1.0.8", "in>out", input("in", 1), output("out", 1)), Options{Multispike: "x"}, "nir: option multispike"},
		{"option floor", file("1.0.8", "in>out", input("in", 1), output("out", 1)), Options{Floor: "Inf"}, "nir: option floor"},
		{"option dialect", file("1.0.8", "in>out", input("in", 1), output("out", 1)), Options{Dialect: "x"}, "nir: option dialect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ToNetwork(read(t, c.g), c.o)
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err := ToNetwork(nil, Options{})
	require.Error(t, err)
}

func TestReadouts(t *testing.T) {
	li := func(name string) *hdf5.Group {
		return node(name, "LI", same("tau", 2, 1e-3), same("r", 2, 2), same("v_leak", 2, 0.5))
	}
	n := convert(t, file("1.0.8", "in>l l>out", input("in", 2), li("l"), output("out", 2)), Options{})
	require.Len(t, n.Pops, 2)
	p := n.Pops[1]
	require.Equal(t, graph.Readout, p.Kind)
	require.True(t, p.Output)
	require.InDeltaSlice(t, []float64{0.9, 0.2, 0.05}, []float64{p.AV[0], p.GV[0], p.C[0]}, 1e-15)
	// A linear node before the output is a readout without memory.
	n = convert(t, file("1.0.8", "in>n n>a a>out", input("in", 2), lif("n", 2), dense("a", 1, 2, []float64{2, 3}, 1), output("out", 1)), Options{})
	require.Equal(t, "out", n.Pops[2].Name)
	r, err := graph.NewRun(n)
	require.NoError(t, err)
	r.Step([][]float64{{2, 2}})
	require.Equal(t, []float64{6}, r.V[2])
	r.Step([][]float64{{0, 2}})
	require.Equal(t, []float64{4}, r.V[2])
	// Two readers on one output cannot be told apart.
	_, err = ToNetwork(read(t, file("1.0.8", "in>l in>m l>out m>out", input("in", 2), li("l"), li("m"), output("out", 2))), Options{})
	require.ErrorContains(t, err, `node "out": edges: need one node behind an Output if it is a LI`)
}

// Missing ports are invented, one value stands for all neurons, and both are said.
func TestInventedAndBroadcast(t *testing.T) {
	n := convert(t, file("1.0.8", "a>n", dense("a", 3, 2, []float64{1, 2, 3, 4, 5, 6}),
		node("n", "LIF", num("tau", nil, 1e-3), vec("r", 10), vec("v_leak", 0), same("v_threshold", 1, 2))), Options{})
	require.Equal(t, []string{"input_a", "n"}, []string{n.Pops[0].Name, n.Pops[1].Name})
	require.Equal(t, 3, n.Pops[1].N)
	require.Equal(t, []float64{2, 2, 2}, n.Pops[1].Theta)
	require.True(t, n.Pops[1].Output)
	require.Contains(t, n.Provenance, `no Input node: "input_a" invented in front of "a"`)
	require.Contains(t, n.Provenance, `node "n": one value of tau, r, v_leak, v_threshold used for all 3`)
	require.Contains(t, n.Provenance[0], "t.nir: NIR, format version 1.0.8")
}
