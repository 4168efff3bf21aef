package onnx

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"hillock/compiler/analog"
)

// tensor makes a constant of ones.
func tensor(name string, dims ...int) *Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return &Tensor{Name: name, Type: Float, Dims: dims, Values: repeated(1, n)}
}

// node makes a node.
func node(op string, in []string, out string, attrs ...Attr) *Node {
	return &Node{Op: op, In: in, Out: []string{out}, Attrs: attrs}
}

// network makes a graph from x to y over an image of some dimensions.
func network(dims []int64, inits []*Tensor, nodes ...*Node) *Graph {
	g := &Graph{File: "f", Opsets: []Opset{{"", 17}}, Nodes: nodes, Inits: inits}
	in := Value{Name: "x", Type: Float, Shaped: true, Dims: []Dim{{Symbol: "batch"}}}
	for _, d := range dims {
		in.Dims = append(in.Dims, Dim{Size: d})
	}
	g.Inputs, g.Outputs = []Value{in}, []Value{{Name: "y"}}
	for i, n := range nodes {
		n.Index = i
	}
	return g
}

func whole(name string, v int64) Attr { return Attr{Name: name, Type: AttrInt, Int: v} }

func list(name string, v ...int64) Attr { return Attr{Name: name, Type: AttrInts, Ints: v} }

// TestRefused: what has no counterpart is refused by the name of its node.
func TestRefused(t *testing.T) {
	flat, image := []int64{4}, []int64{2, 6, 6}
	w, k := []*Tensor{tensor("w", 4, 3)}, []*Tensor{tensor("k", 3, 2, 3, 3)}
	relu := node("Relu", []string{"x"}, "y")
	for _, c := range []struct {
		g    *Graph
		want string
	}{
		{network(flat, nil, node("LSTM", []string{"x"}, "y")), `node "LSTM_0" (LSTM): not supported: need one of Add, AveragePool,`},
		{network(flat, nil, node("QLinearConv", []string{"x"}, "y")), "QDQ format"},
		{network(flat, w, node("Gemm", []string{"x", "w"}, "y", whole("transA", 1))), "transA = 1 is not supported"},
		{network(flat, w, node("Gemm", []string{"x", "w"}, "y", whole("transB", 1))), "weights (w): need 4 inputs, have 3 of [4 3]"},
		{network(flat, nil, node("Gemm", []string{"x", "x"}, "y")), "input 1 (x): need a constant"},
		{network(image, w, node("MatMul", []string{"x", "w"}, "y")), "need a batch of flat vectors, have a batch of [2 6 6]"},
		{network(flat, w, node("MatMul", []string{"w", "x"}, "y")), "input 0 (w): need a value computed from the input"},
		{network(flat, nil, node("Relu", []string{"z"}, "y")), `input "z": need a constant, an input or the output`},
		{network(image, k, node("Conv", []string{"x", "k"}, "y", whole("group", 2))), "weights (k): need [out, 2 channels / 2 groups, ...]"},
		{network(image, k, node("Conv", []string{"x", "k"}, "y", list("pads", -1, 0, 0, 0))), "pads: need numbers 0.."},
		{network(image, k, node("Conv", []string{"x", "k"}, "y", list("strides", 0, 1))), "strides: need numbers 1.."},
		{network(image, k, node("Conv", []string{"x", "k"}, "y", list("dilations", 9, 9))), "window: need a span of at most 6"},
		{network(image, nil, node("AveragePool", []string{"x"}, "y", list("kernel_shape", 2, 2), list("strides", 5, 5), whole("ceil_mode", 1), whole("count_include_pad", 1))), "ceil_mode = 1 with count_include_pad = 1"},
		{network(image, nil, node("MaxPool", []string{"x"}, "y", list("kernel_shape", 2, 2), list("pads", 4, 4, 4, 4))), "has no value in it"},
		{network(image, nil, node("Transpose", []string{"x"}, "y", list("perm", 0, 2, 3, 1))), "need one that keeps the order of the values"},
		{network(image, nil, node("Flatten", []string{"x"}, "y", whole("axis", 2))), "axis: need 1"},
		{network(image, []*Tensor{{Name: "s", Type: Int64, Dims: []int{2}, Values: []float64{-1, 9}}}, node("Reshape", []string{"x", "s"}, "y")), "need 72 values per image"},
		{network(flat, nil, node("Softmax", []string{"x"}, "s"), node("Relu", []string{"s"}, "y")), "a softmax is supported only at the end"},
		{network(flat, nil, node("Identity", []string{"x"}, "y")), "need a layer before it"},
		{network(flat, []*Tensor{tensor("s")}, node("QuantizeLinear", []string{"x", "s"}, "y")), "need a DequantizeLinear before it"},
		{network(flat, []*Tensor{tensor("s")}, node("DequantizeLinear", []string{"x", "s"}, "y")), "need the codes of a QuantizeLinear"},
		{network(flat, []*Tensor{tensor("s"), {Name: "u", Type: Float, Values: []float64{2}}}, node("QuantizeLinear", []string{"x", "s"}, "q"), node("DequantizeLinear", []string{"q", "u"}, "y")), "need scale and zero point of the QuantizeLinear before it (1, 0), have 2, 0"},
		{network(flat, nil, relu, node("Relu", []string{"y"}, "y")), `output "y": need a name of its own`},
		{network([]int64{1 << 20, 1 << 20}, nil, relu), "need a fixed size, at most"},
		{network([]int64{2, 2, 2, 2}, nil, relu), "need a batch and 1 to 3 dimensions"},
		{network(nil, nil, relu), "need a batch and 1 to 3 dimensions"},
		{network(flat, []*Tensor{tensor("c", 4, 4)}, node("Add", []string{"x", "c"}, "y")), "need a constant that fits a batch of [4]"},
	} {
		_, err := c.g.Model()
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, "onnx: f: ")
	}
}

// TestRefusedFiles: what the file as a whole may not have.
func TestRefusedFiles(t *testing.T) {
	for want, change := range map[string]func(g *Graph){
		"need 1 input that is not an initialiser, have 2 (x, x)": func(g *Graph) { g.Inputs = append(g.Inputs, g.Inputs[0]) },
		"need 1 output, have 0":                                  func(g *Graph) { g.Outputs = nil },
		"need version 7 or later":                                func(g *Graph) { g.Opsets[0].Version = 6 },
		"dimension 1: need a fixed size":                         func(g *Graph) { g.Inputs[0].Dims[1] = Dim{Symbol: "n"} },
		"need float, double or float16, have int8":               func(g *Graph) { g.Inputs[0].Type = Int8 },
		`need ONNX's own operators, have domain "com.acme"`:      func(g *Graph) { g.Nodes[0].Domain = "com.acme" },
	} {
		g := network([]int64{4}, nil, node("Relu", []string{"x"}, "y"))
		change(g)
		_, err := g.Model()
		require.ErrorContains(t, err, want)
	}
}

// message makes one field of bytes.
func message(num protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
}

func varint(num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), v)
}

// join makes one message of fields.
func join(fields ...[]byte) []byte {
	var out []byte
	for _, f := range fields {
		out = append(out, f...)
	}
	return out
}

// TestTensors reads the typed fields and raw data of every type, packed or
// not.
func TestTensors(t *testing.T) {
	bits := func(v ...uint64) []byte {
		var out []byte
		for _, x := range v {
			out = protowire.AppendVarint(out, x)
		}
		return out
	}
	minus := ^uint64(0) // -1 as a varint of ten bytes
	for _, c := range []struct {
		name  string
		bytes []byte
		want  []float64
	}{
		{"float raw", join(varint(1, 2), varint(2, 1), message(9, []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0})), []float64{1, -2}},
		{"float packed", join(varint(1, 2), varint(2, 1), message(4, []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0})), []float64{1, -2}},
		{"float one by one", join(message(1, bits(1)), varint(2, 1), []byte{4<<3 | 5, 0, 0, 0x80, 0x3f}), []float64{1}},
		{"double", join(varint(1, 1), varint(2, 11), message(10, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f})), []float64{1}},
		{"int8 in int32", join(varint(1, 2), varint(2, 3), message(5, bits(minus, 127))), []float64{-1, 127}},
		{"uint8 raw", join(varint(1, 2), varint(2, 2), message(9, []byte{255, 1})), []float64{255, 1}},
		{"int8 raw", join(varint(1, 2), varint(2, 3), message(9, []byte{255, 1})), []float64{-1, 1}},
		{"int32", join(varint(2, 6), varint(5, minus)), []float64{-1}},
		{"int64", join(varint(1, 1), varint(2, 7), message(7, bits(minus))), []float64{-1}},
		{"float16", join(varint(1, 4), varint(2, 10), message(9, []byte{0, 0x3c, 1, 0, 0, 0xc0, 0xff, 0x7b})), []float64{1, 5.9604644775390625e-08, -2, 65504}},
		{"float16 in int32", join(varint(1, 1), varint(2, 10), varint(5, 0x3555)), []float64{0.333251953125}},
		{"none", join(varint(1, 0), varint(2, 1)), []float64{}},
	} {
		got, err := parseTensor(field{typ: protowire.BytesType, bytes: c.bytes})
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, got.Values, c.name)
	}
	for _, c := range []struct {
		want  string
		bytes []byte
	}{
		{"need the elements of [2], have 1", join(varint(1, 2), varint(2, 3), varint(5, 1))},
		{"need the 0 elements of [0], have 1", join(varint(1, 0), varint(2, 3), varint(5, 1))},
		{"need the elements of [4611686018427387904 16], have 1", join(varint(1, 1<<62), varint(1, 16), varint(2, 3), varint(5, 1))},
		{"need the elements of [-1], have 1", join(varint(1, minus), varint(2, 3), varint(5, 1))},
		{"need whole elements of 4 bytes, have 3 bytes", join(varint(2, 1), message(9, []byte{1, 2, 3}))},
		{"field 2: need wire type 0, have 2", message(2, nil)},
	} {
		_, err := parseTensor(field{typ: protowire.BytesType, bytes: c.bytes})
		require.ErrorContains(t, err, c.want)
	}
}

// TestMissing: what has no values is refused where it is used, not before.
func TestMissing(t *testing.T) {
	for want, b := range map[string][]byte{
		"have string":                 join(varint(1, 4), varint(2, 8)),
		"have type 99":                join(varint(1, 4), varint(2, 99)),
		"its data is in another file": join(varint(1, 1<<40), varint(2, 1), varint(14, 1)),
	} {
		c, err := parseTensor(field{typ: protowire.BytesType, bytes: join(b, message(8, []byte("c")))})
		require.NoError(t, err)
		g := network([]int64{4}, []*Tensor{c}, node("Add", []string{"x", "c"}, "y"))
		_, err = g.Model()
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, `node "Add_0" (Add): constant "c": `)
		g.Nodes = []*Node{node("Relu", []string{"x"}, "y")}
		_, err = g.Model()
		require.NoError(t, err)
	}
}

// TestSoftmax: quantisers behind it vanish with it.
func TestSoftmax(t *testing.T) {
	s := []*Tensor{tensor("s")}
	g := network([]int64{4}, s, node("Relu", []string{"x"}, "r"), node("LogSoftmax", []string{"r"}, "p"),
		node("QuantizeLinear", []string{"p", "s"}, "q"), node("DequantizeLinear", []string{"q", "s"}, "y"))
	m, err := g.Model()
	require.NoError(t, err)
	require.True(t, m.Softmax)
	require.Len(t, m.Layers, 1)
	require.Nil(t, m.Layers[0].Quant)
	require.Equal(t, []string{"f: ONNX of unknown producer, opset 17, 4 nodes", `node "LogSoftmax_1" (LogSoftmax): left out, it does not change the class`}, m.Provenance)
}

// TestIsONNX: files of other kinds are not claimed, cut ones are.
func TestIsONNX(t *testing.T) {
	b, err := os.ReadFile("testdata/gmax.onnx")
	require.NoError(t, err)
	require.True(t, IsONNX(b))
	require.True(t, IsONNX(b[:len(b)/2]))
	require.True(t, IsONNX(join(message(7, message(2, []byte("g"))), varint(1, 8))), "version behind the graph")
	for _, other := range []string{"", "{\"schema\": 1}", "\x89HDF\r\n\x1a\n", "PK\x03\x04", "1,2,3\n", "tick,population,index\n", ": text", "\x08\x08", "\x00\x00\x08\x03", "\x93NUMPY", "\x1f\x8b\x08"} {
		require.False(t, IsONNX([]byte(other)), "%q", other)
	}
}

// TestCut: a file cut anywhere is an error, never a panic or a model.
func TestCut(t *testing.T) {
	b, err := os.ReadFile("testdata/view_b_13.onnx")
	require.NoError(t, err)
	for n := range len(b) - 1 {
		g, err := Parse(b[:n], "cut")
		if err == nil {
			_, err = g.Model()
		}
		require.ErrorContains(t, err, "onnx: cut: ", n)
	}
}

// TestShared: a value that two nodes read keeps its meaning for both.
func TestShared(t *testing.T) {
	q := []*Tensor{{Name: "s", Type: Float, Values: []float64{0.5}}, {Name: "z", Type: Uint8, Values: []float64{0}}}
	g := network([]int64{2}, q,
		node("QuantizeLinear", []string{"x", "s", "z"}, "a"), node("DequantizeLinear", []string{"a", "s", "z"}, "b"),
		node("Relu", []string{"x"}, "r"), node("Add", []string{"b", "r"}, "c"), node("Add", []string{"c", "x"}, "y"))
	m, err := g.Model()
	require.NoError(t, err)
	require.Nil(t, m.InQuant)
	r, err := analog.NewRun(m)
	require.NoError(t, err)
	y, err := r.Forward([]float64{0.7, -1})
	require.NoError(t, err)
	require.Equal(t, []float64{0.5 + 0.7 + 0.7, -1}, y)
}

// TestHalf reads every binary16 number back.
func TestHalf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.Uint16Range(0, 0x7bff).Draw(t, "bits")
		v, next := half(b), half(b+1)
		if !(v < next) || half(b|0x8000) != -v {
			t.Fatalf("%#x: %g, next %g, negative %g", b, v, next, half(b|0x8000))
		}
	})
}
