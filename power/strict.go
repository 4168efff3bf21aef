package power

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the files that this package reads.
const (
	MaxFileBytes   = 1 << 20  // of one table
	MaxCensusBytes = 16 << 20 // of one census, which may hold samples
	maxDepth       = 8        // of nested objects and lists
)

// Error is a fault in a table or census file. Line and Col count from 1, Col
// in bytes; both are 0 when the fault has no place.
type Error struct {
	File      string
	Line, Col int
	Msg       string
}

// Error is the message with its place.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("power: %s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("power: %s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
}

// document is a JSON text with its name, to say where a fault is.
type document struct {
	file string
	b    []byte
}

// node is one JSON value with the byte offset at which it starts. Unlike
// encoding/json the tree keeps places, duplicates and exact numbers.
type node struct {
	off     int
	kind    byte   // { [ s n b 0: object, list, string, number, bool, null
	text    string // of a string or number
	members []member
	items   []node
}

type member struct {
	key string
	off int
	val node
}

func (n *node) field(key string) *node {
	for i := range n.members {
		if n.members[i].key == key {
			return &n.members[i].val
		}
	}
	return nil
}

var kindNames = map[byte]string{'{': "an object", '[': "a list", 's': "a string", 'n': "a number", 'b': "a bool", '0': "null"}

func (d *document) fault(off int, format string, args ...any) error {
	off = min(max(off, 0), len(d.b))
	line := 1 + bytes.Count(d.b[:off], []byte{'\n'})
	col := off - (bytes.LastIndexByte(d.b[:off], '\n') + 1) + 1
	return &Error{d.file, line, col, fmt.Sprintf(format, args...)}
}

// parse reads the whole text of a table into a tree.
func (d *document) parse() (*node, error) { return d.parseUpTo(MaxFileBytes) }

func (d *document) parseUpTo(limit int) (*node, error) {
	if len(d.b) > limit {
		return nil, &Error{d.file, 0, 0, fmt.Sprintf("%d bytes, limit %d", len(d.b), limit)}
	}
	if !utf8.Valid(d.b) {
		return nil, &Error{d.file, 0, 0, "not UTF-8"}
	}
	var all json.RawMessage
	if err := json.Unmarshal(d.b, &all); err != nil {
		off := len(d.b)
		if s, ok := err.(*json.SyntaxError); ok {
			off = int(s.Offset) - 1
		}
		return nil, d.fault(off, "not JSON: %v", err)
	}
	dec := json.NewDecoder(bytes.NewReader(d.b))
	dec.UseNumber()
	n, err := d.value(dec, 0)
	if err != nil {
		return nil, err
	}
	return &n, nil
}

// start is the offset of the token that dec reads next.
func (d *document) start(dec *json.Decoder) int {
	off := int(dec.InputOffset())
	for off < len(d.b) && strings.IndexByte(" \t\r\n,:", d.b[off]) >= 0 {
		off++
	}
	return off
}

func (d *document) value(dec *json.Decoder, depth int) (node, error) {
	n := node{off: d.start(dec)}
	if depth > maxDepth {
		return n, d.fault(n.off, "nested %d deep, limit %d", depth, maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return n, d.fault(n.off, "not JSON: %v", err)
	}
	switch t := tok.(type) {
	case string:
		n.kind, n.text = 's', t
		if strings.IndexFunc(t, unicode.IsControl) >= 0 {
			return n, d.fault(n.off, "a string with a control character")
		}
	case json.Number:
		n.kind, n.text = 'n', t.String()
	case bool:
		n.kind = 'b'
	case nil:
		n.kind = '0'
	case json.Delim:
		n.kind = byte(t)
		return n, d.inside(dec, &n, depth)
	}
	return n, nil
}

// inside reads the members or items of n up to its closing bracket.
func (d *document) inside(dec *json.Decoder, n *node, depth int) error {
	for dec.More() {
		var m member
		if n.kind == '{' {
			m.off = d.start(dec)
			tok, err := dec.Token()
			if err != nil {
				return d.fault(m.off, "not JSON: %v", err)
			}
			m.key, _ = tok.(string)
		}
		v, err := d.value(dec, depth+1)
		if err != nil {
			return err
		}
		if n.kind == '[' {
			n.items = append(n.items, v)
			continue
		}
		m.val = v
		n.members = append(n.members, m)
	}
	if _, err := dec.Token(); err != nil {
		return d.fault(n.off, "not JSON: %v", err)
	}
	return nil
}

// object checks that n is an object with every field of need and no field
// outside need and may, none of them twice.
func (d *document) object(n *node, what string, need, may []string) error {
	if n.kind != '{' {
		return d.fault(n.off, "%s must be an object, have %s", what, kindNames[n.kind])
	}
	if err := d.unique(n, what); err != nil {
		return err
	}
	for _, m := range n.members {
		if !contains(need, m.key) && !contains(may, m.key) {
			known := strings.Join(append(append([]string(nil), need...), may...), ", ")
			return d.fault(m.off, "unknown field %q in %s (known: %s)", m.key, what, known)
		}
	}
	for _, k := range need {
		if n.field(k) == nil {
			return d.fault(n.off, "%s lacks field %q", what, k)
		}
	}
	return nil
}

func (d *document) unique(n *node, what string) error {
	seen := make(map[string]bool, len(n.members))
	for _, m := range n.members {
		if seen[m.key] {
			return d.fault(m.off, "field %q twice in %s", m.key, what)
		}
		seen[m.key] = true
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// str reads field key of n into *to if it is there.
func (d *document) str(n *node, what, key string, to *string) error {
	f := n.field(key)
	if f == nil {
		return nil
	}
	if f.kind != 's' {
		return d.fault(f.off, "%s of %s must be a string, have %s", key, what, kindNames[f.kind])
	}
	*to = f.text
	return nil
}

// word reads field key of n, a string that must be one of known.
func (d *document) word(n *node, what, key string, known []string) (int, error) {
	var s string
	if err := d.str(n, what, key, &s); err != nil {
		return 0, err
	}
	for i, k := range known {
		if s == k {
			return i, nil
		}
	}
	off := n.off
	if f := n.field(key); f != nil {
		off = f.off
	}
	return 0, d.fault(off, "%s of %s: unknown %s %q (known: %s)", key, what, key, s, strings.Join(known, ", "))
}

// list is the items of field key of n.
func (d *document) list(n *node, what, key string) ([]node, error) {
	f := n.field(key)
	if f == nil {
		return nil, nil
	}
	if f.kind != '[' {
		return nil, d.fault(f.off, "%s of %s must be a list, have %s", key, what, kindNames[f.kind])
	}
	return f.items, nil
}

// strings is the list of strings in field key of n.
func (d *document) strings(n *node, what, key string) ([]string, error) {
	items, err := d.list(n, what, key)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range items {
		if items[i].kind != 's' {
			return nil, d.fault(items[i].off, "%s[%d] of %s must be a string, have %s", key, i, what, kindNames[items[i].kind])
		}
		out = append(out, items[i].text)
	}
	return out, nil
}

// whole reads field key of n, a whole number of at least 0, if it is there.
func (d *document) whole(n *node, what, key string, to *int64) error {
	f := n.field(key)
	if f == nil {
		return nil
	}
	if f.kind != 'n' {
		return d.fault(f.off, "%s of %s must be a number, have %s", key, what, kindNames[f.kind])
	}
	v, err := parseDecimal(f.text, 0)
	if err != nil {
		return d.fault(f.off, "%s of %s must be a whole number below 2^63, have %.40s", key, what, f.text)
	}
	if v < 0 {
		return d.fault(f.off, "%s of %s is negative: %d", key, what, v)
	}
	*to = v
	return nil
}
