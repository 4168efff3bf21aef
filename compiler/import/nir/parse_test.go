package nir

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"hillock/internal/hdf5"
)

func TestParseRefuses(t *testing.T) {
	ok := func(edges string, more ...*hdf5.Group) *hdf5.Group {
		return file("1.0.8", edges, append(more, input("in", 2), output("out", 2))...)
	}
	slash := &hdf5.Group{Name: "a", Groups: []*hdf5.Group{lif("b", 2)}}
	noEdges := file("1.0.8", "in>out", input("in", 2), output("out", 2))
	noEdges.Groups[0].Datasets = noEdges.Groups[0].Datasets[1:]
	oneColumn := file("1.0.8", "in>out", input("in", 2), output("out", 2))
	oneColumn.Groups[0].Datasets[0].Dims = []int{2}
	data := &hdf5.Group{Groups: []*hdf5.Group{{Name: "nodes"}}}
	deepest := network("g", "", input("in", 1))
	for range maxNesting + 1 {
		deepest = network("g", "", deepest)
	}
	for _, c := range []struct {
		name string
		g    *hdf5.Group
		says string
	}{
		{"nothing", &hdf5.Group{}, "nir: t.nir: node: need the group of the top graph, have a file without it"},
		{"recorded data", data, "have recorded data (NIRData), not a network"},
		{"no nodes", file("1.0.8", ""), "nodes: need at least one node, have none"},
		{"no edges", noEdges, "edges: need a list of pairs of node names, have none"},
		{"edges shape", oneColumn, "edges: need an N x 2 list of node names, have string of shape [2]"},
		{"dangling", ok("in>out in>lif"), `edges[1]: need two nodes of this graph, have "in" -> "lif", and there is no node "lif"`},
		{"twice", ok("in>out in>out"), `edges[1]: need every edge once (twice could mean twice the input), have "in" -> "out" again`},
		{"same name", ok("in>out", input("in", 2)), `nodes: need every node name once, have "in" again`},
		{"slash", ok("in>out", slash), `have "a/b": rename the node, for example "a.b"`},
		{"no type", ok("in>out", &hdf5.Group{Name: "x"}), `node "x": type: need a node type, have none`},
		{"unknown type", ok("in>out", node("x", "Izhikevich")), `node "x": type: need a node type of NIR, have "Izhikevich"`},
		{"no shape", ok("in>out", node("x", "Input")), `node "x": shape: need a field of every Input, have none`},
		{"zero shape", ok("in>out", input("x", 2, 0)), `node "x": shape: need whole numbers from 1, have [2 0]`},
		{"huge shape", ok("in>out", node("x", "Input", vec("shape", 1e300))), `node "x": shape: need whole numbers from 1`},
		{"missing field", ok("in>out", node("x", "LIF", vec("tau", 1))), `node "x": r: need a field of every LIF, have none`},
		{"nan", ok("in>out", dense("x", 2, 2, []float64{1, 2, 3, math.NaN()})), `node "x": weight: need finite numbers, have NaN at [1 1] of [2 2]`},
		{"infinite", ok("in>out", node("x", "Threshold", vec("threshold", math.Inf(-1)))), `node "x": threshold: need finite numbers, have -Inf at [0] of [1]`},
		{"text", ok("in>out", node("x", "Threshold", text("threshold", "1"))), `node "x": threshold: need numbers, have text "1"`},
		{"empty", ok("in>out", node("x", "Threshold", vec("threshold"))), `node "x": threshold: need at least one value, have none (shape [0])`},
		{"sizes", ok("in>out", node("x", "IF", same("r", 3, 1), same("v_threshold", 2, 1))), `node "x": v_threshold: need 3 values like r, or 1, have 2 (shape [2])`},
		{"rank", ok("in>out", dense("x", 2, 2, []float64{1}, 1)), `node "x": weight: need values for shape [2 2], have 1`},
		{"vector weight", ok("in>out", node("x", "Linear", vec("weight", 1, 2))), `node "x": weight: need 2 axes, have shape [2]`},
		{"conv weight", ok("in>out", node("x", "Conv2d", num("weight", []int{1, 1}, 1), vec("bias", 1), vec("stride", 1), vec("padding", 0), vec("dilation", 1), vec("groups", 1))),
			`node "x": weight: need 4 axes, have shape [1 1]`},
		{"bias", ok("in>out", dense("x", 2, 1, []float64{1, 2}, 1, 2, 3)), `node "x": bias: need 2 values (rows of the weight) or 1, have 3 (shape [3])`},
		{"nested", file("1.0.8", "", deepest), "need at most 32 graphs inside each other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := fromGroup(c.g, "t.nir")
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "nir: t.nir: ")
			var e *Error
			require.ErrorAs(t, err, &e)
		})
	}
	_, err := Parse([]byte("not a file"), "t.nir")
	require.ErrorContains(t, err, "nir: t.nir: ")
}

func TestParseKeeps(t *testing.T) {
	odd := lif("n", 2)
	odd.Datasets = append(odd.Datasets, vec("extra", 1))
	odd.Groups = []*hdf5.Group{{Name: "metadata", Datasets: []*hdf5.Dataset{text("note", "hi")},
		Groups: []*hdf5.Group{{Name: "deep", Datasets: []*hdf5.Dataset{vec("x", math.NaN())}}}}, {Name: "odd"}}
	flat := node("flat", "Flatten", ints("start_dim", 1), ints("end_dim", -1))
	flat.Groups = []*hdf5.Group{{Name: "input_type", Datasets: []*hdf5.Dataset{ints("input", 1, 2)}}}
	f := read(t, file("", "in>flat flat>n n>out", input("in", 2), flat, odd, output("out", 2)))
	require.Equal(t, []string{
		"no version: the file does not say which format version wrote it",
		`node "n": group "odd" is not part of the format, kept out`,
		`node "n": field "extra" is not part of a LIF, kept but not used`}, f.Notices)
	n := f.Root.Nodes[2]
	require.Equal(t, "n", n.Name)
	require.Equal(t, "note", n.Metadata[0].Name)
	require.Equal(t, "deep/x", n.Metadata[1].Name)
	p, ok := f.Root.Nodes[1].Param("input_type")
	require.True(t, ok)
	require.Equal(t, []float64{1, 2}, p.Values)
}

// A lone node is a graph of one.
func TestParseLoneNode(t *testing.T) {
	f := read(t, &hdf5.Group{Groups: []*hdf5.Group{lif("node", 3)}, Datasets: []*hdf5.Dataset{text("version", "1.0.8")}})
	n, err := ToNetwork(f, Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"input_lif", "lif"}, []string{n.Pops[0].Name, n.Pops[1].Name})
}

// The order follows the edges and numbers in names, not the alphabet, and does
// not depend on the order of the edge list.
func TestOrder(t *testing.T) {
	var want []NodeInfo
	for _, edges := range []string{"in>lif_2 in>lif_10 lif_2>out lif_10>out", "lif_10>out in>lif_10 lif_2>out in>lif_2"} {
		d := read(t, file("1.0.8", edges, input("in", 2), lif("lif_10", 2), lif("lif_2", 2), output("out", 2))).Describe()
		require.Equal(t, []string{"in", "lif_2", "lif_10", "out"}, []string{d[0].Name, d[1].Name, d[2].Name, d[3].Name})
		if want != nil {
			require.Equal(t, want, d)
		}
		want = d
	}
}

func TestArrange(t *testing.T) {
	// 3 -> 2 <-> 1, 1 -> 0, 3 -> 0: the cycle starts at 2, and 0 waits for it.
	order, comp := arrange([][]int{{1, 3}, {2}, {3, 1}, {}})
	require.Equal(t, []int{3, 2, 1, 0}, order)
	require.Equal(t, comp[1], comp[2])
	require.NotEqual(t, comp[0], comp[1])
	order, _ = arrange([][]int{{0}, {2}, {1}}) // nothing but cycles
	require.Equal(t, []int{0, 1, 2}, order)
	n := 100000 // a long chain and a long ring
	chain := make([][]int, n)
	for i := 1; i < n; i++ {
		chain[i] = []int{i - 1}
	}
	order, _ = arrange(chain)
	require.Equal(t, n-1, order[n-1])
	chain[0] = []int{n - 1}
	order, comp = arrange(chain)
	require.Len(t, order, n)
	require.Equal(t, comp[0], comp[n/2])
}

func TestNatural(t *testing.T) {
	names := []string{"", "a", "a01", "a1", "a2", "a2b", "a10", "b", "lif2", "lif10"}
	for i, a := range names {
		for j, b := range names {
			got := natural(a, b)
			if (i < j) != (got < 0) || (i == j) != (got == 0) {
				t.Errorf("natural(%q, %q) = %d", a, b, got)
			}
		}
	}
}

func TestVersions(t *testing.T) {
	for v, want := range map[string]string{"": "false false", "1": "false false", "0.1": "true true", "0.2.0": "true true", "1.0.5": "true true",
		"1.0.6": "false true", "1.0.10": "false true", "1.0.4.dev3+g1": "true true", "1.0.8rc1": "false true", "2.0": "false true", "x.y.z": "false false"} {
		older, known := (&File{Version: v}).before(1, 0, 6)
		require.Equal(t, want, fmt.Sprint(older, known), v)
	}
}
