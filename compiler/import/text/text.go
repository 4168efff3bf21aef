// Package text reads networks that people write: JSON with comments, schema
// hillock/net/1, see docs/networks.md. Such a file either gives neutral
// parameters, and is then a network like any other, or speaks of the fields,
// stored weights and learning models of a chip.
package text

import (
	"strings"

	"hillock/compiler/graph"
)

// Schema is what the field schema of a file must say.
const Schema = "hillock/net/1"

// File is a network of a file: one of the two is there.
type File struct {
	Name string
	Net  *graph.Network // neutral parameters
	Raw  *graph.Raw     // a chip's own numbers
}

// sniffed is how far into a file Is looks for the schema.
const sniffed = 1 << 16

// Is says whether the bytes look like a network in text: an object that names
// the schema near its start.
func Is(b []byte) bool {
	r := reader{source: source{text: string(b[:min(len(b), sniffed)])}}
	r.space()
	return r.peek() == '{' && strings.Contains(r.text[r.i:], `"hillock/net/`)
}

// Parse reads a network. Name is for errors, which say file, line and column
// (bytes, from 1), and for provenance. Sizes are bounded: see the limits of
// graph.Raw and maxMatrix.
func Parse(b []byte, name string) (*File, error) { return ParseWith(b, name, nil) }

// ParseWith is Parse for a network that may name files beside it.
func ParseWith(b []byte, name string, open Open) (*File, error) {
	src, root, err := tree(b, name)
	if err != nil {
		return nil, err
	}
	d := &decoder{source: src, open: open, index: map[string]int{}, rules: map[string]int{}, raw: -1, plain: -1}
	d.network(root)
	if d.err != nil {
		return nil, d.err
	}
	if d.f.Net != nil {
		err = d.f.Net.Validate()
	} else {
		err = d.f.Raw.Validate()
	}
	if err != nil {
		return nil, d.errorf(root.at, "%w", err)
	}
	return &d.f, nil
}

func (d *decoder) network(n *node) {
	schema := ""
	raw := &graph.Raw{}
	d.f = File{Raw: raw}
	d.object(n, "the network",
		field{"schema", true, d.word(&schema, "schema", Schema)},
		field{"name", false, d.name(&d.f.Name, "name")},
		field{"populations", true, d.populations},
		field{"learning", false, d.learning},
		field{"projections", false, d.projections},
		field{"modulators", false, d.modulators})
	for i, r := range raw.Rules {
		if d.err == nil && !d.used[i] {
			at := n.member("learning")
			d.fail(at.keys[i].at, "learning %q is used by no projection", r.Name)
		}
	}
	if d.f.Name == "" {
		d.f.Name = "net"
	}
	raw.Name = d.f.Name
	raw.Provenance = []string{d.source.name + ": network in text, in the chip's own numbers"}
	if d.err == nil && d.raw < 0 {
		d.f = File{Name: d.f.Name, Net: d.neutral()}
	}
}

// speaksRaw notes a field of the chip's own numbers; speaksPlain one of
// neutral parameters. A file has one kind.
func (d *decoder) speaksRaw(at int32, what string) {
	if d.raw < 0 {
		d.raw = at
	}
	if d.plain >= 0 {
		d.fail(at, "%s belongs to a network in a chip's own numbers, but %s gives neutral parameters (lif): need one kind in a file", what, d.place(d.plain))
	}
}

func (d *decoder) speaksPlain(at int32, what string) {
	if d.plain < 0 {
		d.plain = at
	}
	if d.raw >= 0 {
		d.fail(at, "%s gives neutral parameters, but %s speaks of a chip's own numbers: need one kind in a file", what, d.place(d.raw))
	}
}
