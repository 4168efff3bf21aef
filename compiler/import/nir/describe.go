package nir

import (
	"fmt"
	"strings"
)

// NodeInfo describes one node for a listing.
type NodeInfo struct {
	Name   string   // path of names, joined with "."
	Type   string   // as stored
	Fields []string // "weight[10x96]", ascending by name; scalars and words with their value
	From   []string // nodes of the same graph that feed it, in node order
}

// Describe lists all nodes in order, a subgraph before its own nodes.
func (f *File) Describe() []NodeInfo {
	if f == nil || f.Root == nil {
		return nil
	}
	return describe(f.Root, "", nil)
}

// describe appends the nodes of one graph.
func describe(g *Node, full string, list []NodeInfo) []NodeInfo {
	from := make(map[string][]string, len(g.Nodes))
	for _, e := range g.Edges {
		from[e.To] = append(from[e.To], join(full, e.From))
	}
	for _, n := range g.Nodes {
		info := NodeInfo{Name: join(full, n.Name), Type: n.Type, From: from[n.Name]}
		for _, p := range n.Params {
			info.Fields = append(info.Fields, p.String())
		}
		list = append(list, info)
		if n.Type == "NIRGraph" {
			list = describe(n, info.Name, list)
		}
	}
	return list
}

// String gives name and shape, or name and value for up to four values.
func (p Param) String() string {
	switch {
	case len(p.Strings) == 1:
		return p.Name + "=" + p.Strings[0]
	case len(p.Values) == 1 && len(p.Dims) == 0:
		return fmt.Sprintf("%s=%g", p.Name, p.Values[0])
	case len(p.Values) <= 4 && (p.Name == "shape" || p.Name == "input_type" || p.Name == "input_shape"):
		return fmt.Sprintf("%s=%v", p.Name, p.Values)
	}
	return p.Name + strings.ReplaceAll(fmt.Sprint(p.Dims), " ", "x")
}
