package nir

import (
	"fmt"
	"path"
	"slices"

	"hillock/internal/hdf5"
)

// check compares a node with what its type stores.
func (p *parser) check(n *Node, fields []field, full string) error {
	for _, f := range fields {
		q, ok := n.Param(f.name)
		if !ok {
			if f.need {
				return p.fail(full, f.name, fmt.Sprintf("a field of every %s", n.Type), "none")
			}
			continue
		}
		if err := p.checkField(n, f, q, full); err != nil {
			return err
		}
	}
	for _, q := range n.Params {
		if !slices.ContainsFunc(fields, func(f field) bool { return f.name == q.Name }) {
			p.notice("node %q: field %q is not part of a %s, kept but not used", full, q.Name, n.Type)
		}
	}
	if err := p.checkSizes(n, fields, full); err != nil {
		return err
	}
	return p.checkWeight(n, full)
}

// checkField checks the kind of one field.
func (p *parser) checkField(n *Node, f field, q *Param, full string) error {
	if f.use == setting {
		if len(q.Values)+len(q.Strings) == 0 {
			return p.fail(full, f.name, "a number, a pair or a word", "nothing")
		}
		return nil
	}
	if len(q.Strings) > 0 {
		return p.fail(full, f.name, "numbers", fmt.Sprintf("text %q", q.Strings[0]))
	}
	if f.use == sizes {
		for _, v := range q.Values {
			if v < 1 || v > 1<<40 || v != float64(int(v)) {
				return p.fail(full, f.name, "whole numbers from 1", fmt.Sprintf("%v", q.Values))
			}
		}
		return nil
	}
	if len(q.Values) == 0 {
		return p.fail(full, f.name, "at least one value", fmt.Sprintf("none (shape %v)", q.Dims))
	}
	return nil
}

// checkSizes wants the per-neuron fields of a node to agree, size 1 apart.
func (p *parser) checkSizes(n *Node, fields []field, full string) error {
	var widest *Param
	for _, f := range fields {
		if q, ok := n.Param(f.name); ok && f.use == perNeuron && (widest == nil || len(q.Values) > len(widest.Values)) {
			widest = q
		}
	}
	if widest == nil {
		return nil
	}
	for _, f := range fields {
		q, ok := n.Param(f.name)
		if ok && f.use == perNeuron && len(q.Values) != 1 && len(q.Values) != len(widest.Values) {
			return p.fail(full, f.name, fmt.Sprintf("%d values like %s, or 1", len(widest.Values), widest.Name),
				fmt.Sprintf("%d (shape %v)", len(q.Values), q.Dims))
		}
	}
	return nil
}

// checkWeight checks the shapes of weight and bias.
func (p *parser) checkWeight(n *Node, full string) error {
	rank, ok := weightRank[n.Type]
	if !ok {
		return nil
	}
	w, _ := n.Param("weight")
	dims := w.Dims
	out, biasFor := 0, ""
	switch {
	case rank == 2 && len(dims) >= 2:
		out, biasFor = len(w.Values)/max(dims[len(dims)-1], 1), "rows"
	case len(dims) == rank:
		out, biasFor = dims[0], "output channels"
	default:
		return p.fail(full, "weight", fmt.Sprintf("%d axes", rank), fmt.Sprintf("shape %v", dims))
	}
	if b, ok := n.Param("bias"); ok && len(b.Values) != out && len(b.Values) != 1 {
		return p.fail(full, "bias", fmt.Sprintf("%d values (%s of the weight) or 1", out, biasFor),
			fmt.Sprintf("%d (shape %v)", len(b.Values), b.Dims))
	}
	return nil
}

// graph reads the nodes and edges of a NIRGraph.
func (p *parser) graph(n *Node, g *hdf5.Group, full string, depth int) error {
	nodes, ok := g.Group("nodes")
	if !ok || len(nodes.Groups) == 0 {
		return p.fail(full, "nodes", "at least one node", "none")
	}
	for _, c := range nodes.Groups {
		child, err := p.node(c, join(full, path.Base("/"+c.Name)), depth+1)
		if err != nil {
			return err
		}
		n.Nodes = append(n.Nodes, child)
	}
	slices.SortStableFunc(n.Nodes, func(a, b *Node) int { return natural(a.Name, b.Name) })
	at := make(map[string]int, len(n.Nodes))
	for i, c := range n.Nodes {
		if _, twice := at[c.Name]; twice {
			return p.fail(full, "nodes", "every node name once", fmt.Sprintf("%q again", c.Name))
		}
		at[c.Name] = i
	}
	if err := p.edges(n, g, at, full); err != nil {
		return err
	}
	preds := make([][]int, len(n.Nodes))
	for _, e := range n.Edges {
		preds[at[e.To]] = append(preds[at[e.To]], at[e.From])
	}
	sorted := make([]*Node, 0, len(n.Nodes))
	order, _ := arrange(preds)
	for _, i := range order {
		sorted = append(sorted, n.Nodes[i])
	}
	n.Nodes = sorted
	return nil
}

// edges reads and checks the edge list, and puts it into a stable order.
func (p *parser) edges(n *Node, g *hdf5.Group, at map[string]int, full string) error {
	d, ok := g.Dataset("edges")
	if !ok {
		return p.fail(full, "edges", "a list of pairs of node names", "none")
	}
	size, ok := product(d.Dims)
	if ok && size == 0 {
		return nil
	}
	if len(d.Dims) != 2 || d.Dims[1] != 2 || d.Kind != hdf5.String || !ok || len(d.Strings) != size {
		return p.fail(full, "edges", "an N x 2 list of node names", fmt.Sprintf("%s of shape %v", d.TypeName, d.Dims))
	}
	seen := make(map[Edge]bool, d.Dims[0])
	for i := 0; i < size; i += 2 {
		e := Edge{d.Strings[i], d.Strings[i+1]}
		for _, end := range []string{e.From, e.To} {
			if _, ok := at[end]; !ok {
				return p.fail(full, fmt.Sprintf("edges[%d]", i/2), "two nodes of this graph",
					fmt.Sprintf("%q -> %q, and there is no node %q", e.From, e.To, end))
			}
		}
		if seen[e] {
			return p.fail(full, fmt.Sprintf("edges[%d]", i/2), "every edge once (twice could mean twice the input)",
				fmt.Sprintf("%q -> %q again", e.From, e.To))
		}
		seen[e] = true
		n.Edges = append(n.Edges, e)
	}
	slices.SortFunc(n.Edges, func(a, b Edge) int {
		if a.From != b.From {
			return at[a.From] - at[b.From]
		}
		return at[a.To] - at[b.To]
	})
	return nil
}

// join makes the path of a node inside graphs.
func join(outer, name string) string {
	if outer == "" {
		return name
	}
	return outer + "." + name
}
