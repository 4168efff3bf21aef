package nir

import (
	"fmt"
	"math"
	"path"
	"sort"
	"strings"

	"hillock/internal/hdf5"
)

// maxNesting bounds graphs within graphs.
const maxNesting = 32

// Parse reads a NIR file; name is used in messages. Every node type of the
// format is accepted. What cannot have a meaning (missing or wrong fields,
// values that are not finite, unknown node types, dangling or duplicate edges,
// a slash in a node name) is one *Error.
func Parse(b []byte, name string) (*File, error) {
	root, err := hdf5.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("nir: %s: %w", name, err)
	}
	return fromGroup(root, name)
}

// parser carries what the messages need.
type parser struct{ file *File }

// fromGroup is Parse after the container has been decoded.
func fromGroup(root *hdf5.Group, name string) (*File, error) {
	p := &parser{file: &File{Name: name}}
	top, ok := root.Group("node")
	if !ok {
		have := "a file without it"
		if _, data := root.Group("nodes"); data {
			have = "recorded data (NIRData), not a network"
		}
		return nil, p.fail("", "node", "the group of the top graph", have)
	}
	if v, ok := root.Dataset("version"); ok && len(v.Strings) == 1 {
		p.file.Version = v.Strings[0]
	} else {
		p.notice("no version: the file does not say which format version wrote it")
	}
	n, err := p.node(top, "", 0)
	if err != nil {
		return nil, err
	}
	if n.Type != "NIRGraph" {
		lone := n
		lone.Name = strings.ToLower(lone.Type)
		n = &Node{Type: "NIRGraph", Nodes: []*Node{lone}}
		p.notice("the file is a single node, read as a graph of one")
	}
	p.file.Root = n
	return p.file, nil
}

// fail makes an error of this file.
func (p *parser) fail(node, field, need, have string) error {
	return &Error{File: p.file.Name, Node: node, Field: field, Need: need, Have: have}
}

// notice keeps a remark.
func (p *parser) notice(format string, a ...any) {
	p.file.Notices = append(p.file.Notices, fmt.Sprintf(format, a...))
}

// node reads one node group; full is its path of names for messages.
func (p *parser) node(g *hdf5.Group, full string, depth int) (*Node, error) {
	if depth > maxNesting {
		return nil, p.fail(full, "nodes", fmt.Sprintf("at most %d graphs inside each other", maxNesting), "more")
	}
	n := &Node{Name: path.Base("/" + g.Name)}
	typ, ok := g.Dataset("type")
	if !ok || len(typ.Strings) != 1 {
		return nil, p.noType(g, full, ok)
	}
	n.Type = typ.Strings[0]
	fields, known := schema[n.Type]
	if !known {
		return nil, p.fail(full, "type", "a node type of NIR", fmt.Sprintf("%q", n.Type))
	}
	for _, d := range g.Datasets {
		base := path.Base("/" + d.Name)
		if base == "type" || n.Type == "NIRGraph" && base == "edges" {
			continue
		}
		q, err := p.param(d, base, full)
		if err != nil {
			return nil, err
		}
		n.Params = append(n.Params, q)
	}
	if err := p.groups(n, g, full); err != nil {
		return nil, err
	}
	if n.Type == "NIRGraph" {
		return n, p.graph(n, g, full, depth)
	}
	return n, p.check(n, fields, full)
}

// noType explains a node group without a readable type.
func (p *parser) noType(g *hdf5.Group, full string, present bool) error {
	if present {
		return p.fail(full, "type", "one word", "something else")
	}
	for _, c := range g.Groups {
		if _, ok := c.Dataset("type"); ok {
			whole := full + "/" + path.Base("/"+c.Name)
			return p.fail(full, "type", "a node name without a slash (a slash makes a folder of the file, which readers take for a node)",
				fmt.Sprintf("%q: rename the node, for example %q", whole, strings.ReplaceAll(whole, "/", ".")))
		}
	}
	return p.fail(full, "type", "a node type", "none")
}

// groups reads the groups inside a node: metadata, and types given as groups.
func (p *parser) groups(n *Node, g *hdf5.Group, full string) error {
	for _, c := range g.Groups {
		base := path.Base("/" + c.Name)
		switch {
		case base == "metadata":
			if err := p.metadata(n, c, "", full, 0); err != nil {
				return err
			}
		case base == "nodes" && n.Type == "NIRGraph":
		case (base == "input_type" || base == "output_type") && len(c.Datasets) == 1:
			q, err := p.param(c.Datasets[0], base, full)
			if err != nil {
				return err
			}
			n.Params = append(n.Params, q)
			sort.Slice(n.Params, func(i, j int) bool { return n.Params[i].Name < n.Params[j].Name })
		default:
			if _, ok := c.Dataset("type"); ok {
				return p.fail(full, base, "a node name without a slash", fmt.Sprintf("%q", full+"/"+base))
			}
			p.notice("node %q: group %q is not part of the format, kept out", full, base)
		}
	}
	return nil
}

// metadata keeps the fields below a metadata group.
func (p *parser) metadata(n *Node, g *hdf5.Group, prefix, full string, depth int) error {
	if depth > maxNesting {
		return p.fail(full, "metadata", fmt.Sprintf("at most %d groups inside each other", maxNesting), "more")
	}
	for _, d := range g.Datasets {
		q, err := p.raw(d, prefix+path.Base("/"+d.Name), full)
		if err != nil {
			return err
		}
		n.Metadata = append(n.Metadata, q)
	}
	for _, c := range g.Groups {
		if err := p.metadata(n, c, prefix+path.Base("/"+c.Name)+"/", full, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// param reads a field and refuses values that are not finite.
func (p *parser) param(d *hdf5.Dataset, name, full string) (Param, error) {
	q, err := p.raw(d, name, full)
	if err != nil {
		return q, err
	}
	for i, v := range q.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return q, p.fail(full, name, "finite numbers", fmt.Sprintf("%g at %v of %v", v, index(i, q.Dims), q.Dims))
		}
	}
	return q, nil
}

// raw reads a field as it is.
func (p *parser) raw(d *hdf5.Dataset, name, full string) (Param, error) {
	q := Param{Name: name, Dims: d.Dims, Type: d.TypeName}
	have := len(d.Floats)
	switch d.Kind {
	case hdf5.Int:
		q.Values = make([]float64, len(d.Ints))
		for i, v := range d.Ints {
			q.Values[i] = float64(v)
		}
		have = len(d.Ints)
	case hdf5.String:
		q.Strings = d.Strings
		have = len(d.Strings)
	default:
		q.Values = d.Floats
	}
	want, ok := product(d.Dims)
	if !ok || want != have {
		return q, p.fail(full, name, fmt.Sprintf("values for shape %v", d.Dims), fmt.Sprintf("%d", have))
	}
	return q, nil
}

// product multiplies dimensions; ok is false below 0 or above 2^40.
func product(dims []int) (n int, ok bool) {
	n = 1
	for _, d := range dims {
		if d < 0 || d > 1<<40 || d > 0 && n > (1<<40)/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// index turns a flat index into coordinates.
func index(i int, dims []int) []int {
	at := make([]int, len(dims))
	for k := len(dims) - 1; k >= 0; k-- {
		if dims[k] > 0 {
			at[k], i = i%dims[k], i/dims[k]
		}
	}
	return at
}
