package nir

import (
	"fmt"
	"slices"
	"strings"

	"hillock/compiler/graph"
)

// unknown is a width that the node itself does not give.
const unknown = -1

// flatNode is a node of the network with all subgraphs dissolved.
type flatNode struct {
	*Node
	name         string // path of names, joined with "."
	class        class
	preds, succs []int
	rooted       bool          // a port of the top graph
	in, out      int           // widths
	enters       []int         // shape of the values that enter
	leaves       []int         // shape of the values that leave
	kernel       *graph.Kernel // of a convolution or pooling; W of a pooling comes later
}

// flat is the dissolved network.
type flat struct {
	file   *File
	nodes  []*flatNode
	order  []int // along the edges
	comp   []int // cycles, as arrange numbers them
	remark []string
}

// ends are the ports of a graph that was dissolved, as node indices.
type ends struct{ in, out []int }

// dissolve makes one network of nested graphs, invents missing ports, settles
// widths and checks that they agree along the edges.
func dissolve(f *File) (*flat, error) {
	d := &flat{file: f}
	if _, err := d.inline(f.Root, "", true); err != nil {
		return nil, err
	}
	if err := d.checkLinks(); err != nil {
		return nil, err
	}
	d.arrange()
	if err := d.checkWiring(); err != nil {
		return nil, err
	}
	return d, d.widths()
}

// arrange orders the nodes along the edges.
func (d *flat) arrange() {
	preds := make([][]int, len(d.nodes))
	for i, n := range d.nodes {
		preds[i] = n.preds
	}
	d.order, d.comp = arrange(preds)
}

// fail makes an error about a node.
func (d *flat) fail(node, field, need, have string) error {
	return &Error{File: d.file.Name, Node: node, Field: field, Need: need, Have: have}
}

// say keeps a remark for the provenance.
func (d *flat) say(format string, a ...any) { d.remark = append(d.remark, fmt.Sprintf(format, a...)) }

// add appends a node.
func (d *flat) add(n *Node, name string, rooted bool) int {
	f := &flatNode{Node: n, name: name, class: classOf(n.Type), rooted: rooted}
	d.nodes = append(d.nodes, f)
	return len(d.nodes) - 1
}

// inline adds the nodes of a graph and gives its ports.
func (d *flat) inline(g *Node, full string, top bool) (ends, error) {
	at := make(map[string]ends, len(g.Nodes))
	var ports ends
	for _, n := range g.Nodes {
		name := join(full, n.Name)
		if n.Type == "NIRGraph" {
			e, err := d.inline(n, name, false)
			if err != nil {
				return ports, err
			}
			at[n.Name] = e
			continue
		}
		i := d.add(n, name, top && (n.Type == "Input" || n.Type == "Output"))
		at[n.Name] = ends{in: []int{i}, out: []int{i}}
		if n.Type == "Input" {
			ports.in = append(ports.in, i)
		}
		if n.Type == "Output" {
			ports.out = append(ports.out, i)
		}
	}
	for _, e := range g.Edges {
		from, to := at[e.From].out, at[e.To].in
		if len(from) != 1 || len(to) != 1 {
			return ports, d.fail(full, fmt.Sprintf("edge %q -> %q", e.From, e.To), "exactly one port on each side",
				fmt.Sprintf("%d outputs and %d inputs (the format does not say which one is meant)", len(from), len(to)))
		}
		d.link(from[0], to[0])
	}
	return d.invent(g, at, ports, full, top)
}

// link adds an edge.
func (d *flat) link(u, v int) {
	d.nodes[u].succs = append(d.nodes[u].succs, v)
	d.nodes[v].preds = append(d.nodes[v].preds, u)
}

// invent adds the ports that a graph lacks: an input in front of every node
// that nothing feeds, an output behind every node that feeds nothing.
func (d *flat) invent(g *Node, at map[string]ends, ports ends, full string, top bool) (ends, error) {
	noIn, noOut := len(ports.in) == 0, len(ports.out) == 0
	for _, n := range g.Nodes {
		e := at[n.Name]
		if noIn && len(e.in) == 1 && len(d.nodes[e.in[0]].preds) == 0 {
			i := d.add(&Node{Name: "input_" + n.Name, Type: "Input"}, join(full, "input_"+n.Name), top)
			d.link(i, e.in[0])
			ports.in = append(ports.in, i)
			d.say("no Input node: %q invented in front of %q", d.nodes[i].name, join(full, n.Name))
		}
		if noOut && len(e.out) == 1 && len(d.nodes[e.out[0]].succs) == 0 {
			i := d.add(&Node{Name: "output_" + n.Name, Type: "Output"}, join(full, "output_"+n.Name), top)
			d.link(e.out[0], i)
			ports.out = append(ports.out, i)
			d.say("no Output node: %q invented behind %q", d.nodes[i].name, join(full, n.Name))
		}
	}
	if len(ports.in) == 0 {
		return ports, d.fail(full, "nodes", "an Input node, or a node that no edge leads to", "neither")
	}
	if len(ports.out) == 0 {
		return ports, d.fail(full, "nodes", "an Output node, or a node that no edge leaves", "neither")
	}
	return ports, nil
}

// checkLinks wants every node to be fed and to feed something.
func (d *flat) checkLinks() error {
	seen := make(map[string]bool, len(d.nodes))
	for _, n := range d.nodes {
		if seen[n.name] {
			return d.fail(n.name, "nodes", "a name of its own once subgraphs are dissolved", "two nodes")
		}
		seen[n.name] = true
		isIn, isOut := n.rooted && n.Type == "Input", n.rooted && n.Type == "Output"
		switch {
		case isIn && len(n.preds) > 0:
			return d.fail(n.name, "edges", "no edge into an Input", fmt.Sprintf("one from %q", d.nodes[n.preds[0]].name))
		case isOut && len(n.succs) > 0:
			return d.fail(n.name, "edges", "no edge out of an Output", fmt.Sprintf("one to %q", d.nodes[n.succs[0]].name))
		case !isIn && len(n.preds) == 0:
			return d.fail(n.name, "edges", "at least one edge into it", "0")
		case !isOut && len(n.succs) == 0:
			return d.fail(n.name, "edges", "at least one edge out of it (an Output, if the host reads it)", "0")
		case n.class == reading && !d.read(n):
			return d.fail(n.name, "edges", "only Output nodes behind a "+n.Type+" (its values are not spikes)",
				fmt.Sprintf("an edge to %q", d.nodes[n.succs[0]].name))
		}
	}
	return nil
}

// read reports whether only ports of the top graph (through ports of
// subgraphs) follow a node.
func (d *flat) read(n *flatNode) bool {
	seen := map[int]bool{}
	line := slices.Clone(n.succs)
	for len(line) > 0 {
		s := line[0]
		line = line[1:]
		m := d.nodes[s]
		switch {
		case m.Type != "Output":
			return false
		case !m.rooted && !seen[s]:
			seen[s] = true
			line = append(line, m.succs...)
		}
	}
	return true
}

// checkWidths compares the two sides of every edge, and says broadcasts.
func (d *flat) checkWidths() error {
	for _, n := range d.nodes {
		for _, u := range n.preds {
			if m := d.nodes[u]; m.out != n.in {
				return d.fail(n.name, "edges", fmt.Sprintf("%d values into it", n.in), fmt.Sprintf("%d from %q", m.out, m.name))
			}
		}
		var one []string
		for _, f := range schema[n.Type] {
			if v := n.values(f.name); f.use == perNeuron && len(v) == 1 && n.in > 1 {
				one = append(one, f.name)
			}
		}
		if len(one) > 0 {
			d.say("node %q: one value of %s used for all %d", n.name, strings.Join(one, ", "), n.in)
		}
	}
	return nil
}

// checkWiring finds the recurrent layer whose input was wired to the recurrent
// weight instead of the neuron: a cycle of one neuron and matrices, entered
// only at a matrix.
func (d *flat) checkWiring() error {
	type loop struct {
		neurons       []int
		weight, outer int
		good          bool
	}
	loops := map[int]*loop{}
	size := map[int]int{}
	for _, c := range d.comp {
		size[c]++
	}
	for _, i := range d.order {
		c, n := d.comp[i], d.nodes[i]
		if size[c] < 2 {
			continue
		}
		if loops[c] == nil {
			loops[c] = &loop{weight: -1}
		}
		l := loops[c]
		if n.class == spiking {
			l.neurons = append(l.neurons, i)
		}
		for _, u := range n.preds {
			switch {
			case d.comp[u] == c:
			case n.class == linear && n.Type != "Scale":
				l.weight, l.outer = i, u
			default:
				l.good = true
			}
		}
	}
	for _, i := range d.order {
		l := loops[d.comp[i]]
		if l == nil || l.good || l.weight < 0 || len(l.neurons) != 1 {
			continue
		}
		u, w, v := d.nodes[l.outer].name, d.nodes[l.weight].name, d.nodes[l.neurons[0]].name
		return d.fail(w, "edges", fmt.Sprintf("the input of a recurrent layer wired to its neuron (%q -> %q)", u, v),
			fmt.Sprintf("%q -> %q, the recurrent weight: a known exporter fault; replace that edge by %q -> %q and export again", u, w, u, v))
	}
	return nil
}
