package text

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of one file.
const (
	maxBytes = 4 << 20
	maxDepth = 16
)

// kind is the kind of a JSON value, by its first byte.
type kind byte

const (
	object kind = '{'
	list   kind = '['
	quoted kind = '"'
	number kind = '0'
	truth  kind = 't'
	null   kind = 'n'
)

func (k kind) String() string {
	switch k {
	case object:
		return "an object"
	case list:
		return "a list"
	case quoted:
		return "a text in quotes"
	case number:
		return "a number"
	case truth:
		return "true or false"
	}
	return "null"
}

// node is a JSON value and the byte at which it stands. A list has kids; an
// object has a key for each of them.
type node struct {
	at   int32
	kind kind
	text string // of a string, or the literal of a number, true or false
	keys []key
	kids []node
}

type key struct {
	name string
	at   int32
}

// member is the value of a key, nil if there is none.
func (n *node) member(name string) *node {
	for i := range n.keys {
		if n.keys[i].name == name {
			return &n.kids[i]
		}
	}
	return nil
}

// source is a file; places are said by line and column (in bytes, from 1).
type source struct {
	name, text string
	lines      []int32 // first byte of each line, made when first needed
}

func (s *source) place(at int32) string {
	if s.lines == nil {
		s.lines = []int32{0}
		for i := range len(s.text) {
			if s.text[i] == '\n' {
				s.lines = append(s.lines, int32(i+1))
			}
		}
	}
	line, exact := slices.BinarySearch(s.lines, at)
	if !exact {
		line--
	}
	return fmt.Sprintf("%s:%d:%d", s.name, line+1, at-s.lines[line]+1)
}

func (s *source) errorf(at int32, format string, args ...any) error {
	return fmt.Errorf("text: %s: %w", s.place(at), fmt.Errorf(format, args...))
}

// reader reads JSON with // comments.
type reader struct {
	source
	i int
}

// tree reads the one value of a file.
func tree(b []byte, name string) (*source, *node, error) {
	r := &reader{source: source{name: name}}
	if len(b) > maxBytes {
		return nil, nil, fmt.Errorf("text: %s: %d bytes, need at most %d", name, len(b), maxBytes)
	}
	if !utf8.Valid(b) {
		return nil, nil, fmt.Errorf("text: %s: no valid UTF-8", name)
	}
	r.text = string(b)
	var n node
	err := r.value(&n, 0)
	if err == nil {
		if r.space(); r.i < len(r.text) {
			err = r.need("the end of the file")
		}
	}
	return &r.source, &n, err
}

func (r *reader) need(what string) error {
	have := "the end of the file"
	if r.i < len(r.text) {
		c, _ := utf8.DecodeRuneInString(r.text[r.i:])
		have = fmt.Sprintf("%q", c)
	}
	return r.errorf(int32(r.i), "need %s, have %s", what, have)
}

func (r *reader) peek() byte {
	if r.i < len(r.text) {
		return r.text[r.i]
	}
	return 0
}

// space skips blanks and comments.
func (r *reader) space() {
	for r.i < len(r.text) {
		switch c := r.text[r.i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			r.i++
		case strings.HasPrefix(r.text[r.i:], "//"):
			for r.i < len(r.text) && r.text[r.i] != '\n' {
				r.i++
			}
		default:
			return
		}
	}
}

func (r *reader) value(n *node, depth int) error {
	r.space()
	n.at = int32(r.i)
	if depth == maxDepth {
		return r.errorf(n.at, "nested more than %d deep", maxDepth)
	}
	var err error
	switch c := r.peek(); {
	case c == '{' || c == '[':
		n.kind = kind(c)
		return r.members(n, depth)
	case c == '"':
		n.kind = quoted
		n.text, err = r.str()
	case c == '-' || c >= '0' && c <= '9':
		n.kind = number
		n.text, err = r.literal()
	default:
		n.text = r.word()
		switch n.text {
		case "true", "false":
			n.kind = truth
		case "null":
			n.kind = null
		default:
			r.i = int(n.at)
			err = r.need("a value")
		}
	}
	return err
}

// members reads the inside of a list or an object.
func (r *reader) members(n *node, depth int) error {
	end := byte(n.kind) + 2 // of the ASCII pairs {} and []
	var seen map[string]int32
	if n.kind == object {
		seen = map[string]int32{}
	}
	r.i++
	for r.space(); r.peek() != end; r.space() {
		if len(n.kids) > 0 {
			if r.peek() != ',' {
				return r.need(fmt.Sprintf("',' or '%c'", end))
			}
			r.i++
		}
		if n.kind == object {
			if err := r.key(n, seen); err != nil {
				return err
			}
		}
		n.kids = append(n.kids, node{})
		if err := r.value(&n.kids[len(n.kids)-1], depth+1); err != nil {
			return err
		}
	}
	r.i++
	return nil
}

func (r *reader) key(n *node, seen map[string]int32) error {
	r.space()
	k := key{at: int32(r.i)}
	if r.peek() != '"' {
		return r.need("a key in quotes")
	}
	var err error
	if k.name, err = r.str(); err != nil {
		return err
	}
	if first, twice := seen[k.name]; twice {
		return r.errorf(k.at, "key %q twice, first at %s", k.name, r.place(first))
	}
	seen[k.name] = k.at
	if r.space(); r.peek() != ':' {
		return r.need("':'")
	}
	r.i++
	n.keys = append(n.keys, k)
	return nil
}

// str reads a string; escapes are JSON's.
func (r *reader) str() (string, error) {
	from := r.i
	plain := true
	for r.i++; ; r.i++ {
		switch c := r.peek(); {
		case r.i >= len(r.text) || c < 0x20:
			return "", r.need("'\"' at the end of a text")
		case c == '\\':
			plain = false
			r.i++
		case c == '"':
			r.i++
			if plain {
				return r.text[from+1 : r.i-1], nil
			}
			var s string
			if json.Unmarshal([]byte(r.text[from:r.i]), &s) != nil {
				return "", r.errorf(int32(from), "a text with an escape that JSON does not have")
			}
			return s, nil
		}
	}
}

// word takes letters and digits.
func (r *reader) word() string {
	from := r.i
	for c := r.peek(); c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'; c = r.peek() {
		r.i++
	}
	return r.text[from:r.i]
}

// literal reads a number as JSON writes it.
func (r *reader) literal() (string, error) {
	from := r.i
	for c := r.peek(); c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c|0x20 >= 'a' && c|0x20 <= 'z'; c = r.peek() {
		r.i++
	}
	s := r.text[from:r.i]
	if !json.Valid([]byte(s)) {
		return "", r.errorf(int32(from), "%q is no number", s)
	}
	return s, nil
}
