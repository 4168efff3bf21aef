package onnx

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// IsONNX says whether the bytes are a ModelProto: known fields of the right
// wire types up to a version of the container and a graph, which may be cut
// short and whose first fields are those of a GraphProto.
func IsONNX(b []byte) bool {
	version, graph := false, false
	for at := 0; at < len(b) && !(version && graph); {
		num, typ, n := protowire.ConsumeTag(b[at:])
		if n < 0 || int(num) >= len(modelTypes) || modelTypes[num] != typ {
			return false
		}
		at += n
		if num == modelGraph {
			size, n := protowire.ConsumeVarint(b[at:])
			if n < 0 || graph {
				return false
			}
			body := b[at+n:]
			if uint64(len(body)) >= size {
				body = body[:size]
			} else if !version { // nothing else can follow
				return false
			}
			graph = plausibleGraph(body)
			if !graph {
				return false
			}
			at += n + len(body)
			continue
		}
		if n = protowire.ConsumeFieldValue(num, typ, b[at:]); n < 0 {
			return false
		}
		version = version || num == modelIR
		at += n
	}
	return version && graph
}

// modelTypes are the wire types of the fields of ModelProto.
var modelTypes = [...]protowire.Type{
	0: -1, modelIR: protowire.VarintType, modelProducer: protowire.BytesType, modelProducerVersion: protowire.BytesType,
	4: protowire.BytesType, 5: protowire.VarintType, 6: protowire.BytesType, modelGraph: protowire.BytesType, modelOpset: protowire.BytesType,
	9: -1, 10: -1, 11: -1, 12: -1, 13: -1, 14: protowire.BytesType, 15: -1, 16: -1, 17: -1, 18: -1, 19: -1,
	20: protowire.BytesType, 21: -1, 22: -1, 23: -1, 24: -1, 25: protowire.BytesType, 26: protowire.BytesType,
}

// plausibleGraph looks at the fields of a GraphProto: all are of bytes.
func plausibleGraph(b []byte) bool {
	for seen := 0; len(b) > 0 && seen < 8; seen++ {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 || typ != protowire.BytesType || num > 16 {
			return false
		}
		size, m := protowire.ConsumeVarint(b[n:])
		if m < 0 || size > uint64(len(b[n+m:])) { // cut short
			return true
		}
		b = b[n+m+int(size):]
	}
	return true
}

// NodeInfo describes one node for a listing.
type NodeInfo struct {
	Name   string   // its name, or operation and index
	Type   string   // operation
	Fields []string // "weight=4.weight[64x216] int8" for constants, then "strides=[2 2]" for attributes
	From   []string // nodes that feed it, or "input NAME"
}

// Describe lists the input and all nodes in file order, those that the output
// does not need included.
func Describe(g *Graph) []NodeInfo {
	inits := make(map[string]*Tensor, len(g.Inits))
	for _, t := range g.Inits {
		inits[t.Name] = t
	}
	maker := map[string]string{}
	var list []NodeInfo
	for _, v := range g.Inputs {
		maker[v.Name] = v.Name
		list = append(list, NodeInfo{Name: v.Name, Type: "Input", Fields: []string{v.Type.String(), v.String()}})
	}
	for _, n := range g.Nodes {
		info := NodeInfo{Name: n.Label(), Type: n.Op}
		for _, name := range n.In {
			if t := inits[name]; t != nil {
				info.Fields = append(info.Fields, t.String())
			} else if from, ok := maker[name]; ok {
				info.From = append(info.From, from)
			}
		}
		for i := range n.Attrs {
			info.Fields = append(info.Fields, n.Attrs[i].String())
		}
		list = append(list, info)
		for _, name := range n.Out {
			maker[name] = n.Label()
		}
	}
	return list
}

// String writes name, dimensions and type: "fc.weight[10x64] int8", or the
// value of a single number.
func (t *Tensor) String() string {
	if len(t.Values) == 1 {
		return fmt.Sprintf("%s=%g", t.Name, t.Values[0])
	}
	return fmt.Sprintf("%s%s %s", t.Name, strings.ReplaceAll(fmt.Sprint(t.Dims), " ", "x"), t.Type)
}

// String writes name and value.
func (a *Attr) String() string {
	switch a.Type {
	case AttrFloat:
		return fmt.Sprintf("%s=%g", a.Name, a.Float)
	case AttrInt:
		return fmt.Sprintf("%s=%d", a.Name, a.Int)
	case AttrText:
		return fmt.Sprintf("%s=%s", a.Name, a.Text)
	case AttrFloats:
		return fmt.Sprintf("%s=%s", a.Name, short(len(a.Floats), a.Floats))
	case AttrInts:
		return fmt.Sprintf("%s=%s", a.Name, short(len(a.Ints), a.Ints))
	case AttrTensor:
		if a.Tensor != nil {
			return a.Name + ":" + a.Tensor.String()
		}
	}
	return fmt.Sprintf("%s (type %d)", a.Name, a.Type)
}

// short writes a list of at most 16 numbers, or how many there are.
func short(n int, list any) string {
	if n > 16 {
		return fmt.Sprintf("%d numbers", n)
	}
	return fmt.Sprint(list)
}
