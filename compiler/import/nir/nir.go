// Package nir reads NIR files (the neuromorphic intermediate representation,
// stored as HDF5) and turns them into neutral networks.
//
// Parse gives the file as it is: nodes, parameters, edges, subgraphs, checked
// but not interpreted. ToNetwork settles everything that the file leaves open
// (time step, meaning of the reset, comparison, age of recurrent spikes), says
// each such decision as an assumption, and folds the linear nodes between
// neurons into matrices.
package nir

import (
	"fmt"
	"strconv"
	"strings"
)

// File is one NIR file as stored.
type File struct {
	Name    string   // as given to Parse, for messages
	Version string   // format version that wrote it; "" if absent
	Root    *Node    // the top graph, type NIRGraph
	Notices []string // oddities that do no harm, in file order
}

// Node is one node. Only a NIRGraph has Nodes and Edges; its nodes are ordered
// along the edges (inputs first, numbers inside names compared as numbers), not
// by the alphabet as in the file.
type Node struct {
	Name     string
	Type     string
	Params   []Param // ascending by name
	Metadata []Param // ascending by name; nested names joined with "/"
	Nodes    []*Node
	Edges    []Edge
}

// Edge joins two nodes of one graph by their names.
type Edge struct{ From, To string }

// Param is one stored field, numbers or strings. Dims is empty for a scalar.
type Param struct {
	Name    string
	Dims    []int
	Values  []float64 // row-major; nil if Strings is set
	Strings []string
	Type    string // stored type, for listings
}

// Error is a complaint about a file: where, what is needed, what is there.
type Error struct {
	File, Node, Field, Need, Have string
}

// Error gives one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("nir: ")
	b.WriteString(e.File)
	if e.Node != "" {
		fmt.Fprintf(&b, ": node %q", e.Node)
	}
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	b.WriteString(": need " + e.Need + ", have " + e.Have)
	return b.String()
}

// Param finds a field by name.
func (n *Node) Param(name string) (*Param, bool) {
	for i := range n.Params {
		if n.Params[i].Name == name {
			return &n.Params[i], true
		}
	}
	return nil, false
}

// values gives the numbers of a field, nil if it is absent.
func (n *Node) values(name string) []float64 {
	if p, ok := n.Param(name); ok {
		return p.Values
	}
	return nil
}

// before reports whether the format version is older than a.b.c; known is
// false if there is no readable version.
func (f *File) before(a, b, c int) (older, known bool) {
	part := strings.SplitN(f.Version, ".", 3)
	if len(part) < 2 {
		return false, false
	}
	for i, want := range []int{a, b, c} {
		have := 0
		if i < len(part) {
			digits := part[i]
			if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
				digits = digits[:end]
			}
			v, err := strconv.Atoi(digits)
			if err != nil {
				return false, false
			}
			have = v
		}
		if have != want {
			return have < want, true
		}
	}
	return false, true
}

// natural orders names with runs of digits compared as numbers.
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		if nx, ny := digits(x), digits(y); nx > 0 && ny > 0 {
			p, q := strings.TrimLeft(x[:nx], "0"), strings.TrimLeft(y[:ny], "0")
			if len(p) != len(q) {
				return len(p) - len(q)
			}
			if c := strings.Compare(p, q); c != 0 {
				return c
			}
			x, y = x[nx:], y[ny:]
			continue
		}
		if x[0] != y[0] {
			return int(x[0]) - int(y[0])
		}
		x, y = x[1:], y[1:]
	}
	if len(x) != len(y) {
		return len(x) - len(y)
	}
	return strings.Compare(a, b)
}

// digits is the length of the run of digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
