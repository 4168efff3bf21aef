package onnx

import (
	"fmt"
	"slices"
	"strings"

	"hillock/compiler/analog"
)

// Versions of ONNX's own operators whose meaning was checked. Newer ones are
// read like the last, with a note.
const oldestOpset, newestOpset = 7, 25

// Model gives the network that the file means, validated. Inference only:
// batch-normalisations are folded or become a scale, dropouts vanish, a final
// softmax is left out. The batch dimension is the first of the input. What has
// no counterpart in package analog is refused: errors are "onnx: FILE: node
// "NAME" (OP): need ..., have ...".
func (g *Graph) Model() (*analog.Model, error) {
	b := &builder{g: g, m: &analog.Model{Name: g.File}, vals: map[string]*value{}, readers: map[string]int{}, names: map[string]bool{}}
	if err := b.start(); err != nil {
		return nil, err
	}
	live, err := b.live()
	if err != nil {
		return nil, err
	}
	for _, n := range live {
		if err := b.convert(n); err != nil {
			return nil, err
		}
	}
	if err := b.finish(); err != nil {
		return nil, err
	}
	if err := b.m.Validate(); err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", g.File, err)
	}
	return b.m, nil
}

// builder makes the model, node by node.
type builder struct {
	g       *Graph
	m       *analog.Model
	batch   int64             // of the input, 0 where symbolic
	vals    map[string]*value // by name; for look-up only
	readers map[string]int    // how many live nodes and outputs read a name
	names   map[string]bool   // of layers
	notes   []string
	values  int   // of all layers so far
	stored  int   // elements of the constants of the file
	derived int   // elements of the constants that nodes made
	large   error // the layers have more values than a model may have
}

// value is what a name stands for: a constant, or the value of a layer in the
// order and shape that the file gives it.
type value struct {
	constant *Tensor
	layer    int           // -1 is the input
	dims     []int         // without batch
	shared   bool          // read by more than the next node: the layer must keep it
	codes    *analog.Quant // between QuantizeLinear and DequantizeLinear
	soft     bool          // behind a softmax
}

// size is the number of values of one image.
func (v *value) size() int {
	n := 1
	for _, d := range v.dims {
		n *= d
	}
	return n
}

// fail makes an error at a node.
func (b *builder) fail(n *Node, format string, a ...any) error {
	return fmt.Errorf("onnx: %s: node %q (%s): %s", b.g.File, n.Label(), n.Op, fmt.Sprintf(format, a...))
}

// refuse makes an error about the file.
func (b *builder) refuse(format string, a ...any) error {
	return fmt.Errorf("onnx: %s: %s", b.g.File, fmt.Sprintf(format, a...))
}

// note keeps a line of provenance.
func (b *builder) note(format string, a ...any) { b.notes = append(b.notes, fmt.Sprintf(format, a...)) }

// start reads opset, constants and the input.
func (b *builder) start() error {
	g := b.g
	if v := g.Opset(); v < oldestOpset {
		return b.refuse("opset: need version %d or later of ONNX's own operators, have %d", oldestOpset, v)
	} else if v > newestOpset {
		b.note("opset %d is newer than %d: read like it", v, newestOpset)
	}
	for _, t := range g.Inits {
		if b.vals[t.Name] != nil || t.Name == "" {
			return b.refuse("initialiser %q: need a name of its own", t.Name)
		}
		b.vals[t.Name] = &value{constant: t}
		b.stored += len(t.Values)
	}
	if len(g.Inputs) != 1 {
		return b.refuse("need 1 input that is not an initialiser, have %d%s", len(g.Inputs), listed(g.Inputs))
	}
	if len(g.Outputs) != 1 {
		return b.refuse("need 1 output, have %d%s", len(g.Outputs), listed(g.Outputs))
	}
	return b.input(g.Inputs[0])
}

// listed writes the names of values.
func listed(vs []Value) string {
	names := make([]string, 0, 4)
	for _, v := range vs[:min(4, len(vs))] {
		names = append(names, v.Name)
	}
	if len(vs) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + map[bool]string{true: ", ..."}[len(vs) > 4] + ")"
}

// input takes the shape of the input.
func (b *builder) input(in Value) error {
	if in.Type != Float && in.Type != Double && in.Type != Float16 {
		return b.refuse("input %s: need float, double or float16, have %s", in, in.Type)
	}
	if len(in.Dims) < 2 || len(in.Dims) > 4 {
		return b.refuse("input %s: need a batch and 1 to 3 dimensions", in)
	}
	v := &value{layer: -1}
	size := 1
	for i, d := range in.Dims[1:] {
		if d.Symbol != "" || d.Size > analog.MaxValues || size > analog.MaxValues/int(d.Size) {
			return b.refuse("input %s: dimension %d: need a fixed size, at most %d values in all, have %s", in, i+1, analog.MaxValues, d)
		}
		v.dims = append(v.dims, int(d.Size))
		size *= int(d.Size)
	}
	b.values = size
	b.batch = in.Dims[0].Size
	b.m.In = shape(v.dims)
	b.vals[in.Name] = v
	if b.batch > 1 {
		b.note("batch of %d: read as one image at a time", b.batch)
	}
	return nil
}

// shape is channels, rows, columns of dimensions without batch: one dimension
// is channels, two are channels and columns.
func shape(dims []int) analog.Shape {
	switch len(dims) {
	case 1:
		return analog.Shape{dims[0], 1, 1}
	case 2:
		return analog.Shape{dims[0], 1, dims[1]}
	case 3:
		return analog.Shape(dims)
	}
	n := 1
	for _, d := range dims {
		n *= d
	}
	return analog.Shape{n, 1, 1}
}

// live lists the nodes that feed the output, in file order, and counts the
// readers of every name.
func (b *builder) live() ([]*Node, error) {
	maker := map[string]*Node{}
	for _, n := range b.g.Nodes {
		for _, name := range n.Out {
			if name == "" {
				continue
			}
			if maker[name] != nil || b.vals[name] != nil {
				return nil, b.fail(n, "output %q: need a name of its own", name)
			}
			maker[name] = n
		}
	}
	out := b.g.Outputs[0].Name
	b.readers[out]++
	todo := []string{out}
	needed := make([]bool, len(b.g.Nodes))
	for len(todo) > 0 {
		n := maker[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		if n == nil || needed[n.Index] {
			continue
		}
		needed[n.Index] = true
		for _, name := range n.In {
			if n.Op != "Shape" { // which needs no values
				b.readers[name]++
			}
			todo = append(todo, name)
		}
	}
	if in := b.g.Inputs[0].Name; b.readers[in] > 1 {
		b.vals[in].shared = true
	}
	var live []*Node
	for i, n := range b.g.Nodes {
		if needed[i] {
			live = append(live, n)
		}
	}
	if dead := len(b.g.Nodes) - len(live); dead > 0 {
		b.note("%d of %d nodes do not feed the output and are left out", dead, len(b.g.Nodes))
	}
	return live, nil
}

// convert adds one node.
func (b *builder) convert(n *Node) error {
	if !standard(n.Domain) {
		return b.fail(n, "need ONNX's own operators, have domain %q", n.Domain)
	}
	op := find(n.Op)
	if op == nil && strings.HasPrefix(n.Op, "QLinear") {
		return b.fail(n, "not supported: save the 8-bit model with QuantizeLinear and DequantizeLinear (QDQ format)")
	}
	if op == nil {
		return b.fail(n, "not supported: need one of %s", strings.Join(supported(), ", "))
	}
	if len(n.Out) == 0 || n.Out[0] == "" {
		return b.fail(n, "need an output, have none")
	}
	for _, extra := range n.Out[1:] {
		if b.readers[extra] > 0 && extra != "" {
			return b.fail(n, "only the first output is supported, but %q is read too", extra)
		}
	}
	for _, name := range n.In {
		v := b.vals[name]
		if name != "" && v == nil {
			return b.fail(n, "input %q: need a constant, an input or the output of a node before it", name)
		}
		if v != nil && v.constant != nil && v.constant.Missing != "" {
			return b.fail(n, "constant %q: %s", name, v.constant.Missing)
		}
	}
	v, err := op(b, n)
	if err == nil {
		err = b.bounded(n, v)
	}
	if err != nil {
		return err
	}
	v.shared = v.shared || b.readers[n.Out[0]] > 1
	b.vals[n.Out[0]] = v
	return nil
}

// maxDerived bounds the elements that nodes may make of each constant element
// of the file: a few steps (QuantizeLinear, DequantizeLinear, Transpose) do.
const maxDerived = 64

// bounded keeps the memory within what a model may need and the file has.
func (b *builder) bounded(n *Node, v *value) error {
	if v.constant != nil {
		if n.Op == "Constant" {
			b.stored += len(v.constant.Values)
		} else {
			b.derived += len(v.constant.Values)
		}
		if b.derived > 1<<16+maxDerived*b.stored {
			return b.fail(n, "need constants of at most %d times the %d elements of the file", maxDerived, b.stored)
		}
	}
	return b.large
}

// finish checks the output and writes the provenance.
func (b *builder) finish() error {
	g := b.g
	v := b.vals[g.Outputs[0].Name]
	switch {
	case v == nil:
		return b.refuse("output %q: no node makes it", g.Outputs[0].Name)
	case v.constant != nil:
		return b.refuse("output %q: is a constant", g.Outputs[0].Name)
	case v.codes != nil:
		return b.refuse("output %q: need a DequantizeLinear before it, have 8-bit codes", g.Outputs[0].Name)
	case len(b.m.Layers) == 0 || v.layer != len(b.m.Layers)-1:
		return b.refuse("output %q: need a layer before it, have none", g.Outputs[0].Name)
	}
	producer := strings.TrimSpace(g.Producer + " " + g.ProducerVersion)
	if producer == "" {
		producer = "unknown producer"
	}
	b.m.Provenance = append([]string{fmt.Sprintf("%s: ONNX of %s, opset %d, %d nodes", g.File, producer, g.Opset(), len(g.Nodes))}, b.notes...)
	return nil
}

// act gives input i of a node, which must be an activation.
func (b *builder) act(n *Node, i int) (*value, error) {
	v := b.in(n, i)
	switch {
	case v == nil:
		return nil, b.fail(n, "need input %d, have none", i)
	case v.constant != nil:
		return nil, b.fail(n, "input %d (%s): need a value computed from the input, have a constant", i, n.In[i])
	case v.codes != nil:
		return nil, b.fail(n, "input %d (%s): need a DequantizeLinear before it, have 8-bit codes", i, n.In[i])
	case v.soft:
		return nil, b.fail(n, "input %d (%s): a softmax is supported only at the end", i, n.In[i])
	}
	return v, nil
}

// in gives input i of a node, nil if it is missing.
func (b *builder) in(n *Node, i int) *value {
	if i >= len(n.In) || n.In[i] == "" {
		return nil
	}
	return b.vals[n.In[i]]
}

// constant gives input i of a node, which must be constant; nil if it is
// missing.
func (b *builder) constant(n *Node, i int) (*Tensor, error) {
	v := b.in(n, i)
	if v != nil && v.constant == nil {
		return nil, b.fail(n, "input %d (%s): need a constant, have a value computed from the input", i, n.In[i])
	}
	if v == nil {
		return nil, nil
	}
	return v.constant, nil
}

// must is constant for an input that cannot be missing.
func (b *builder) must(n *Node, i int) (*Tensor, error) {
	t, err := b.constant(n, i)
	if t == nil && err == nil {
		err = b.fail(n, "need input %d, have none", i)
	}
	return t, err
}

// add appends a layer named after the node and gives its value.
func (b *builder) add(n *Node, l analog.Layer, dims []int) *value {
	l.Name = n.Label()
	for k := 2; b.names[l.Name]; k++ {
		l.Name = fmt.Sprintf("%s#%d", n.Label(), k)
	}
	b.names[l.Name] = true
	size := 1
	for _, d := range dims {
		if b.large == nil && d > (analog.MaxValues-b.values)/size {
			b.large = b.fail(n, "need at most %d values in all layers, have %v more than %d", analog.MaxValues, dims, b.values)
		}
		if b.large == nil {
			size *= d
		}
	}
	b.values += size
	b.m.Layers = append(b.m.Layers, l)
	return &value{layer: len(b.m.Layers) - 1, dims: slices.Clone(dims)}
}

// open gives the layer of a value that nobody else reads, nil if there is
// none: what follows may become part of it.
func (b *builder) open(v *value) *analog.Layer {
	if v.layer < 0 || v.shared {
		return nil
	}
	return &b.m.Layers[v.layer]
}

// copyOf adds a layer that copies a value, for what the layer before cannot
// take in.
func (b *builder) copyOf(n *Node, v *value) (*value, *analog.Layer) {
	s := shape(v.dims)
	c := b.add(n, analog.Layer{Kind: analog.Sum, From: []int{v.layer}, In: s, Out: s}, v.dims)
	return c, &b.m.Layers[c.layer]
}
