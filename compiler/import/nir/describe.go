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
	Shape  []int    // of the values that leave it; nil for a graph and where it is not known
}

// Describe lists all nodes in order, a subgraph before its own nodes.
func (f *File) Describe() []NodeInfo {
	if f == nil || f.Root == nil {
		return nil
	}
	list := describe(f.Root, "", nil)
	shape := shapes(f)
	for i := range list {
		list[i].Shape = shape[list[i].Name]
	}
	return list
}

// shapes gives the shape behind every node that has a known one. What is wrong
// with the file is said elsewhere.
func shapes(f *File) map[string][]int {
	d := &flat{file: f}
	shape := map[string][]int{}
	if _, err := d.inline(f.Root, "", true); err != nil {
		return shape
	}
	d.arrange()
	_ = d.widths() // the shapes up to the first contradiction
	for _, n := range d.nodes {
		shape[n.name] = n.leaves
	}
	return shape
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
