package nir

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"hillock/internal/hdf5"
)

// unzip reads a file of testdata.
func unzip(t testing.TB, name string) []byte {
	t.Helper()
	z, err := os.ReadFile("testdata/" + name + ".gz")
	require.NoError(t, err)
	r, err := gzip.NewReader(bytes.NewReader(z))
	require.NoError(t, err)
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return b
}

// load parses a file of testdata.
func load(t testing.TB, name string) *File {
	t.Helper()
	f, err := Parse(unzip(t, name), name)
	require.NoError(t, err)
	return f
}

// num is a field of numbers.
func num(name string, dims []int, v ...float64) *hdf5.Dataset {
	return &hdf5.Dataset{Name: name, Dims: dims, Kind: hdf5.Float, Floats: v, TypeName: "float64"}
}

// vec is a field of one axis.
func vec(name string, v ...float64) *hdf5.Dataset { return num(name, []int{len(v)}, v...) }

// ints is a field of whole numbers.
func ints(name string, v ...int64) *hdf5.Dataset {
	return &hdf5.Dataset{Name: name, Dims: []int{len(v)}, Kind: hdf5.Int, Ints: v, TypeName: "int64"}
}

// text is a field of one word.
func text(name, v string) *hdf5.Dataset {
	return &hdf5.Dataset{Name: name, Kind: hdf5.String, Strings: []string{v}, TypeName: "string"}
}

// node is the group of one node.
func node(name, typ string, fields ...*hdf5.Dataset) *hdf5.Group {
	g := &hdf5.Group{Name: name, Datasets: append(fields, text("type", typ))}
	slices.SortFunc(g.Datasets, func(a, b *hdf5.Dataset) int { return strings.Compare(a.Name, b.Name) })
	return g
}

// network is the group of a graph; edges are written "a>b c>d".
func network(name, edges string, nodes ...*hdf5.Group) *hdf5.Group {
	slices.SortFunc(nodes, func(a, b *hdf5.Group) int { return strings.Compare(a.Name, b.Name) })
	g := node(name, "NIRGraph")
	g.Groups = []*hdf5.Group{{Name: "nodes", Groups: nodes}}
	d := &hdf5.Dataset{Name: "edges", Kind: hdf5.String, TypeName: "string"}
	for _, e := range strings.Fields(edges) {
		u, v, _ := strings.Cut(e, ">")
		d.Strings = append(d.Strings, u, v)
	}
	d.Dims = []int{len(d.Strings) / 2, 2}
	g.Datasets = append([]*hdf5.Dataset{d}, g.Datasets...)
	return g
}

// file is a file of one graph.
func file(version, edges string, nodes ...*hdf5.Group) *hdf5.Group {
	root := &hdf5.Group{Groups: []*hdf5.Group{network("node", edges, nodes...)}}
	if version != "" {
		root.Datasets = []*hdf5.Dataset{text("version", version)}
	}
	return root
}

// read makes a File of a group.
func read(t testing.TB, g *hdf5.Group) *File {
	t.Helper()
	f, err := fromGroup(g, "t.nir")
	require.NoError(t, err)
	return f
}

func input(name string, shape ...int64) *hdf5.Group {
	return node(name, "Input", ints("shape", shape...))
}
func output(name string, shape ...int64) *hdf5.Group {
	return node(name, "Output", ints("shape", shape...))
}

// lif has tau = 1 ms, r = 10, so that gain and decay at 0.1 ms are 1 and 0.9.
func lif(name string, n int) *hdf5.Group {
	return node(name, "LIF", same("tau", n, 1e-3), same("r", n, 10), same("v_leak", n, 0), same("v_threshold", n, 1), same("v_reset", n, 0))
}

// same is a field of n equal values.
func same(name string, n int, x float64) *hdf5.Dataset {
	v := make([]float64, n)
	for i := range v {
		v[i] = x
	}
	return vec(name, v...)
}

// dense is an Affine of rows x cols with weights and a bias.
func dense(name string, rows, cols int, w []float64, bias ...float64) *hdf5.Group {
	if len(bias) == 0 {
		return node(name, "Linear", num("weight", []int{rows, cols}, w...))
	}
	return node(name, "Affine", num("weight", []int{rows, cols}, w...), vec("bias", bias...))
}

// convolution is a Conv2d (or Conv1d, by the rank of its weight) of stride 1,
// no padding, without an input_shape; given fields take the place of these.
func convolution(name string, dims []int, w []float64, fields ...*hdf5.Dataset) *hdf5.Group {
	typ := map[int]string{3: "Conv1d", 4: "Conv2d"}[len(dims)]
	all := []*hdf5.Dataset{num("weight", dims, w...), same("bias", dims[0], 0), ints("stride", 1), ints("padding", 0), ints("dilation", 1), ints("groups", 1)}
	for _, f := range fields {
		all = slices.DeleteFunc(all, func(d *hdf5.Dataset) bool { return d.Name == f.Name })
		all = append(all, f)
	}
	return node(name, typ, all...)
}

// pooling is a SumPool2d or AvgPool2d.
func pooling(name, typ string, size, stride, pad [2]int64) *hdf5.Group {
	return node(name, typ, ints("kernel_size", size[:]...), ints("stride", stride[:]...), ints("padding", pad[:]...))
}
