package nir

import (
	"fmt"
	"slices"

	"hillock/compiler/graph"
)

// ownWidths gives the widths that a node's own fields state.
func ownWidths(n *flatNode) (in, out int) {
	in, out = unknown, unknown
	switch n.Type {
	case "Affine", "Linear":
		w, _ := n.Param("weight")
		in = max(w.Dims[len(w.Dims)-1], 0)
		return in, len(w.Values) / max(in, 1)
	case "Input", "Output", "Flatten":
		for _, key := range []string{"shape", "input_type"} {
			if v := n.values(key); len(v) > 0 {
				in = 1
				for _, x := range v {
					in = int(min(float64(in)*x, 1<<40))
				}
			}
		}
		return in, in
	}
	if n.class == windowed {
		return in, out
	}
	for _, f := range schema[n.Type] {
		if v := n.values(f.name); f.use == perNeuron && len(v) > 1 {
			in = len(v)
		}
	}
	return in, in
}

// widths settles the shape of every node: along the edges from the inputs,
// what the node states, else what enters it; then what neighbours on either
// side know; else 1 (all its fields hold one value).
func (d *flat) widths() error {
	for _, n := range d.nodes {
		n.in, n.out = unknown, unknown
	}
	var line []int
	for _, i := range d.order {
		n := d.nodes[i]
		if err := d.settleShape(n, d.entering(n)); err != nil {
			return err
		}
		if n.in != unknown {
			line = append(line, i)
		}
	}
	for len(line) > 0 {
		n := d.nodes[line[0]]
		line = line[1:]
		for _, s := range n.succs {
			m := d.nodes[s]
			if m.in != unknown {
				continue
			}
			if err := d.settleShape(m, n.leaves); err != nil {
				return err
			}
			if m.in != unknown {
				line = append(line, s)
			}
		}
		for _, s := range n.preds {
			if m := d.nodes[s]; m.in == unknown && m.class != windowed {
				m.in, m.out, m.enters, m.leaves = n.in, n.in, n.enters, n.enters
				line = append(line, s)
			}
		}
	}
	return d.boundWidths()
}

// boundWidths wants every node settled and the sum of all widths bounded.
func (d *flat) boundWidths() error {
	total := 0
	for _, n := range d.nodes {
		if n.in == unknown {
			if n.class == pass || n.class == windowed {
				return d.fail(n.name, "shape", "a shape, here or at a neighbour", "none")
			}
			n.in, n.out, n.enters, n.leaves = 1, 1, []int{1}, []int{1}
		}
		if total += n.out; n.out > graph.MaxNeurons || total > graph.MaxNeurons {
			return d.fail(n.name, "shape", fmt.Sprintf("at most %d values in all nodes together", graph.MaxNeurons), fmt.Sprintf("%d or more", total))
		}
		if n.in == 0 || n.out == 0 {
			return d.fail(n.name, "shape", "at least 1 value in and out", fmt.Sprintf("%d and %d", n.in, n.out))
		}
	}
	return d.checkWidths()
}

// entering is the shape of what enters a node, as far as it is known.
func (d *flat) entering(n *flatNode) []int {
	for _, u := range n.preds {
		if m := d.nodes[u]; m.leaves != nil {
			return m.leaves
		}
	}
	return nil
}

// settleShape settles a node, given the shape that enters it (nil = not
// known), if that is enough.
func (d *flat) settleShape(n *flatNode, from []int) error {
	if n.class == windowed {
		return d.window(n, from)
	}
	in, out := ownWidths(n)
	size, fits := product(from)
	fits = fits && from != nil && (in == unknown || in == size)
	if in == unknown {
		if !fits {
			return nil
		}
		in, out = size, size
	}
	n.in, n.out = in, out
	n.enters = shapeOf(n)
	if fits && len(n.enters) < 2 {
		n.enters = from
	}
	switch n.Type {
	case "Affine", "Linear":
		n.leaves = []int{out}
	case "Flatten":
		n.leaves = flattened(n)
	default:
		n.leaves = n.enters
	}
	return nil
}

// flattened is the shape behind a Flatten: axes start_dim to end_dim (counted
// without a batch axis, from the end if negative) become one.
func flattened(n *flatNode) []int {
	lo, hi := 0, len(n.enters)-1
	for _, f := range []struct {
		name string
		to   *int
	}{{"start_dim", &lo}, {"end_dim", &hi}} {
		if v := n.values(f.name); len(v) == 1 {
			if *f.to = int(v[0]); v[0] < 0 {
				*f.to += len(n.enters)
			}
		}
	}
	if lo < 0 || hi < lo || hi >= len(n.enters) {
		return []int{n.in}
	}
	one, _ := product(n.enters[lo : hi+1])
	return slices.Concat(n.enters[:lo], []int{one}, n.enters[hi+1:])
}
