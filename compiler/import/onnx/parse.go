package onnx

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of ModelProto and GraphProto (onnx.proto).
const (
	modelIR, modelProducer, modelProducerVersion, modelGraph, modelOpset  = 1, 2, 3, 7, 8
	graphNode, graphName, graphInit, graphInput, graphOutput, graphSparse = 1, 2, 5, 11, 12, 15
)

// Parse reads an ONNX file; name is used in messages. All nodes are kept,
// known or not. Errors are "onnx: FILE: ...": what is cut short, of a wrong
// wire type, or a tensor whose data is elsewhere or of the wrong size.
func Parse(b []byte, name string) (*Graph, error) {
	g := &Graph{File: name}
	seen := false
	err := fields(b, func(f field) error {
		switch f.num {
		case modelIR:
			return f.int(&g.IR)
		case modelProducer:
			return f.text(&g.Producer)
		case modelProducerVersion:
			return f.text(&g.ProducerVersion)
		case modelOpset:
			return g.opset(f)
		case modelGraph:
			if seen {
				return errors.New("need one graph, have two")
			}
			seen = true
			return f.message(g.graph)
		}
		return nil
	})
	if err == nil && !seen {
		err = errors.New("need a graph, have none")
	}
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", name, err)
	}
	g.dropInits()
	return g, nil
}

// opset reads one OperatorSetIdProto.
func (g *Graph) opset(f field) error {
	var o Opset
	err := f.message(func(f field) error {
		switch f.num {
		case 1:
			return f.text(&o.Domain)
		case 2:
			return f.int(&o.Version)
		}
		return nil
	})
	g.Opsets = append(g.Opsets, o)
	return inside("opset", len(g.Opsets)-1, o.Domain, err)
}

// inside says where an error is.
func inside(what string, i int, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %d (%s): %w", what, i, name, err)
}

// graph reads one field of GraphProto.
func (g *Graph) graph(f field) error {
	switch f.num {
	case graphName:
		return f.text(&g.Name)
	case graphNode:
		n, err := parseNode(f, len(g.Nodes))
		g.Nodes = append(g.Nodes, n)
		return inside("node", n.Index, n.Name, err)
	case graphInit:
		t, err := parseTensor(f)
		g.Inits = append(g.Inits, t)
		return inside("initialiser", len(g.Inits)-1, t.Name, err)
	case graphInput:
		v, err := parseValue(f)
		g.Inputs = append(g.Inputs, v)
		return inside("input", len(g.Inputs)-1, v.Name, err)
	case graphOutput:
		v, err := parseValue(f)
		g.Outputs = append(g.Outputs, v)
		return inside("output", len(g.Outputs)-1, v.Name, err)
	case graphSparse:
		return errors.New("sparse initialisers are not supported: need dense ones")
	}
	return nil
}

// dropInits takes the initialisers out of the inputs: files of IR version 3
// list them there too.
func (g *Graph) dropInits() {
	inits := make(map[string]bool, len(g.Inits))
	for _, t := range g.Inits {
		inits[t.Name] = true
	}
	kept := g.Inputs[:0]
	for _, v := range g.Inputs {
		if !inits[v.Name] {
			kept = append(kept, v)
		}
	}
	g.Inputs = kept
}

// parseNode reads a NodeProto.
func parseNode(f field, index int) (*Node, error) {
	n := &Node{Index: index}
	return n, f.message(func(f field) error {
		var s string
		switch f.num {
		case 1:
			err := f.text(&s)
			n.In = append(n.In, s)
			return err
		case 2:
			err := f.text(&s)
			n.Out = append(n.Out, s)
			return err
		case 3:
			return f.text(&n.Name)
		case 4:
			return f.text(&n.Op)
		case 5:
			a, err := parseAttr(f)
			n.Attrs = append(n.Attrs, a)
			return inside("attribute", len(n.Attrs)-1, a.Name, err)
		case 7:
			return f.text(&n.Domain)
		}
		return nil
	})
}

// parseAttr reads an AttributeProto. Files older than IR version 2 have no
// type: it follows from the field.
func parseAttr(f field) (Attr, error) {
	var a Attr
	var floats, whole []uint64
	var typ int64
	implied := func(t AttrType, err error) error {
		a.Type = t
		return err
	}
	err := f.message(func(f field) error {
		switch f.num {
		case 1:
			return f.text(&a.Name)
		case 2:
			a.Float = float(f.number)
			return implied(AttrFloat, f.need(protowire.Fixed32Type))
		case 3:
			return implied(AttrInt, f.int(&a.Int))
		case 4:
			return implied(AttrText, f.text(&a.Text))
		case 5:
			t, err := parseTensor(f)
			a.Tensor = t
			return implied(AttrTensor, err)
		case 7:
			return implied(AttrFloats, f.numbers(&floats, protowire.Fixed32Type))
		case 8:
			return implied(AttrInts, f.numbers(&whole, protowire.VarintType))
		case 20:
			return f.int(&typ)
		}
		return nil
	})
	if typ != 0 {
		a.Type = AttrType(typ)
	}
	for _, v := range floats {
		a.Floats = append(a.Floats, float(v))
	}
	a.Ints = ints(whole)
	return a, err
}

// parseValue reads a ValueInfoProto: name 1, type 2 with tensor_type 1 with
// elem_type 1 and shape 2 with dim 1.
func parseValue(f field) (Value, error) {
	var v Value
	return v, f.message(func(f field) error {
		switch f.num {
		case 1:
			return f.text(&v.Name)
		case 2:
			return f.message(func(f field) error {
				if f.num != 1 {
					return fmt.Errorf("%q: need a tensor, have type %d", v.Name, f.num)
				}
				return f.message(v.tensorType)
			})
		}
		return nil
	})
}

// tensorType reads a field of TypeProto.Tensor.
func (v *Value) tensorType(f field) error {
	switch f.num {
	case 1:
		return f.int((*int64)(&v.Type))
	case 2:
		v.Shaped = true
		return f.message(func(f field) error {
			if f.num != 1 {
				return nil
			}
			d := Dim{Symbol: "?"}
			err := f.message(func(f field) error {
				switch f.num {
				case 1:
					d.Symbol = ""
					return f.int(&d.Size)
				case 2:
					d.Size = 0
					return f.text(&d.Symbol)
				}
				return nil
			})
			if d.Size < 1 && d.Symbol == "" { // 0, negative and "" stand for an unknown size
				d = Dim{Symbol: "?"}
			}
			v.Dims = append(v.Dims, d)
			return err
		})
	}
	return nil
}
