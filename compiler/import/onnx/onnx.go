// Package onnx reads ONNX files: feed-forward networks of float or 8-bit
// (QuantizeLinear, DequantizeLinear) layers, as PyTorch and other tools write
// them. Parse gives the file as it is, Graph.Model the network it means.
//
// Source of the format: the ONNX specification, onnx.proto and Operators.md
// (opsets 7 and later).
package onnx

import (
	"fmt"
	"strings"
)

// Opset is one set of operators that a file uses; Domain "" is ONNX's own.
type Opset struct {
	Domain  string
	Version int64
}

// Graph is a parsed file.
type Graph struct {
	File            string // its name, for errors and provenance
	Name            string // of the graph
	IR              int64  // version of the container
	Producer        string
	ProducerVersion string
	Opsets          []Opset
	Nodes           []*Node // in the order of the file
	Inits           []*Tensor
	Inputs          []Value // initialisers left out
	Outputs         []Value
}

// Value is an input or output of the graph.
type Value struct {
	Name   string
	Type   DataType
	Dims   []Dim
	Shaped bool // the file gives a shape
}

// Dim is one dimension of a value: a size, or a symbol where Size is 0.
type Dim struct {
	Size   int64
	Symbol string // "?" where the file gives none
}

// Node is one operation.
type Node struct {
	Index   int // in the file
	Name    string
	Op      string
	Domain  string
	In, Out []string // names of values; "" is a missing optional one
	Attrs   []Attr
}

// Attr is an attribute of a node. Only the field of its type is set.
type Attr struct {
	Name   string
	Type   AttrType
	Float  float64
	Int    int64
	Text   string
	Tensor *Tensor
	Floats []float64
	Ints   []int64
}

// AttrType is the type of an attribute, numbered as in onnx.proto.
type AttrType int64

// The types of attribute that are read; others keep their name only.
const (
	AttrFloat  AttrType = 1
	AttrInt    AttrType = 2
	AttrText   AttrType = 3
	AttrTensor AttrType = 4
	AttrFloats AttrType = 6
	AttrInts   AttrType = 7
)

// Label names a node for people: its name, or its operation and index.
func (n *Node) Label() string {
	if n.Name != "" {
		return n.Name
	}
	return fmt.Sprintf("%s_%d", n.Op, n.Index)
}

// attr finds an attribute.
func (n *Node) attr(name string) *Attr {
	for i := range n.Attrs {
		if n.Attrs[i].Name == name {
			return &n.Attrs[i]
		}
	}
	return nil
}

// Opset is the version of ONNX's own operators, 0 if there is none.
func (g *Graph) Opset() int64 {
	for _, o := range g.Opsets {
		if standard(o.Domain) {
			return o.Version
		}
	}
	return 0
}

// standard says whether a domain is ONNX's own.
func standard(domain string) bool { return domain == "" || domain == "ai.onnx" }

// String writes a dimension: its size or its symbol.
func (d Dim) String() string {
	if d.Symbol != "" {
		return d.Symbol
	}
	return fmt.Sprint(d.Size)
}

// String writes the name and shape of a value: "input[batch,1,28,28]".
func (v Value) String() string {
	if !v.Shaped {
		return v.Name + " (no shape)"
	}
	dims := make([]string, len(v.Dims))
	for i, d := range v.Dims {
		dims[i] = d.String()
	}
	return v.Name + "[" + strings.Join(dims, ",") + "]"
}
