package chip

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of one description file.
const (
	descMaxBytes = 1 << 20
	descMaxDepth = 32
)

// descPos is a place in a file; lines and columns (in bytes) count from 1.
type descPos struct {
	file      string
	line, col int
}

func (p descPos) String() string { return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.col) }

func (p descPos) errorf(format string, args ...any) error {
	return fmt.Errorf("chip: %s: %w", p, fmt.Errorf(format, args...))
}

// descKind is the kind of a JSON value.
type descKind byte

const (
	descObject descKind = '{'
	descArray  descKind = '['
	descString descKind = '"'
	descNumber descKind = '0'
	descBool   descKind = 't'
	descNull   descKind = 'n'
)

func (k descKind) String() string {
	switch k {
	case descObject:
		return "an object"
	case descArray:
		return "a list"
	case descString:
		return "a string"
	case descNumber:
		return "a number"
	case descBool:
		return "true or false"
	}
	return "null"
}

// descNode is a JSON value that knows where it stands. Members of an object
// keep the order of the file.
type descNode struct {
	at    descPos
	kind  descKind
	text  string // string value, or literal of a number, true or false
	plain bool   // string without escapes: its bytes are at.col+1 and on
	keys  []descKey
	kids  []*descNode // values of keys, or items of a list
}

type descKey struct {
	name string
	at   descPos
}

// member is the value of a key, nil if there is none.
func (n *descNode) member(name string) *descNode {
	for i, k := range n.keys {
		if k.name == name {
			return n.kids[i]
		}
	}
	return nil
}

// descReader parses JSON with // comments.
type descReader struct {
	b     []byte
	i     int
	line  int
	start int // index of the first byte of the line
	file  string
}

// descParse reads one value that fills the file. Duplicate keys and invalid
// UTF-8 are refused.
func descParse(b []byte, file string) (*descNode, error) {
	r := &descReader{b: b, line: 1, file: file}
	if len(b) > descMaxBytes {
		return nil, r.pos().errorf("file of %d bytes, need at most %d", len(b), descMaxBytes)
	}
	if err := r.space(); err != nil {
		return nil, err
	}
	n, err := r.value(0)
	if err == nil {
		err = r.space()
	}
	if err == nil && r.i < len(b) {
		err = r.need("the end of the file")
	}
	return n, err
}

func (r *descReader) pos() descPos { return descPos{r.file, r.line, r.i - r.start + 1} }

func (r *descReader) need(what string) error {
	have := "the end of the file"
	if r.i < len(r.b) {
		c, size := utf8.DecodeRune(r.b[r.i:])
		have = strconv.QuoteRune(c)
		if c == utf8.RuneError && size < 2 {
			have = fmt.Sprintf("byte %#02x", r.b[r.i])
		}
	}
	return r.pos().errorf("need %s, have %s", what, have)
}

func (r *descReader) peek() byte {
	if r.i < len(r.b) {
		return r.b[r.i]
	}
	return 0
}

// space skips blanks and comments.
func (r *descReader) space() error {
	for r.i < len(r.b) {
		switch c := r.b[r.i]; {
		case c == '\n':
			r.i++
			r.line, r.start = r.line+1, r.i
		case c == ' ' || c == '\t' || c == '\r':
			r.i++
		case c == '/':
			if r.i+1 == len(r.b) || r.b[r.i+1] != '/' {
				return r.pos().errorf("need // before a comment, have a single /")
			}
			for r.i < len(r.b) && r.b[r.i] != '\n' {
				r.i++
			}
		default:
			return nil
		}
	}
	return nil
}

func (r *descReader) value(depth int) (*descNode, error) {
	n := &descNode{at: r.pos()}
	if depth == descMaxDepth {
		return nil, n.at.errorf("nested more than %d deep", descMaxDepth)
	}
	var err error
	switch c := r.peek(); {
	case c == '{':
		n.kind, err = descObject, r.object(n, depth)
	case c == '[':
		n.kind, err = descArray, r.list(n, depth)
	case c == '"':
		n.kind = descString
		n.text, n.plain, err = r.str()
	case c == '-' || exprDigit(c):
		n.kind = descNumber
		n.text, err = r.number()
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		err = r.word(n)
	default:
		err = r.need("a value")
	}
	return n, err
}

func (r *descReader) word(n *descNode) error {
	for _, w := range [...]struct {
		text string
		kind descKind
	}{{"true", descBool}, {"false", descBool}, {"null", descNull}} {
		if rest := r.b[r.i:]; strings.HasPrefix(string(rest[:min(len(rest), 6)]), w.text) && (len(rest) == len(w.text) || !exprWord(rest[len(w.text)])) {
			n.kind, n.text = w.kind, w.text
			r.i += len(w.text)
			return nil
		}
	}
	return r.need("a value (true, false, null, a number, or text in quotes)")
}

// comma moves past "," or to the end of a list or object.
func (r *descReader) comma(end byte) (more bool, err error) {
	if err := r.space(); err != nil {
		return false, err
	}
	switch r.peek() {
	case end:
		r.i++
		return false, nil
	case ',':
		r.i++
		return true, r.space()
	}
	return false, r.need(fmt.Sprintf("',' or '%c'", end))
}

// open moves past the opening bracket; more is false for an empty pair.
func (r *descReader) open(end byte) (more bool, err error) {
	r.i++
	if err := r.space(); err != nil {
		return false, err
	}
	if r.i < len(r.b) && r.peek() == end {
		r.i++
		return false, nil
	}
	return true, nil
}

func (r *descReader) list(n *descNode, depth int) error {
	more, err := r.open(']')
	for more && err == nil {
		var v *descNode
		if v, err = r.value(depth + 1); err != nil {
			break
		}
		n.kids = append(n.kids, v)
		more, err = r.comma(']')
	}
	return err
}

func (r *descReader) object(n *descNode, depth int) error {
	seen := map[string]descPos{}
	more, err := r.open('}')
	for more && err == nil {
		k := descKey{at: r.pos()}
		if r.peek() != '"' {
			return r.need("a key in quotes")
		}
		if k.name, _, err = r.str(); err != nil {
			break
		}
		if first, twice := seen[k.name]; twice {
			return k.at.errorf("key %q twice, first at line %d, column %d", k.name, first.line, first.col)
		}
		seen[k.name] = k.at
		if err = r.space(); err != nil {
			break
		}
		if r.peek() != ':' {
			return r.need("':'")
		}
		r.i++
		if err = r.space(); err != nil {
			break
		}
		var v *descNode
		if v, err = r.value(depth + 1); err != nil {
			break
		}
		n.keys, n.kids = append(n.keys, k), append(n.kids, v)
		more, err = r.comma('}')
	}
	return err
}

func (r *descReader) number() (string, error) {
	from := r.i
	if r.peek() == '-' {
		r.i++
	}
	digits := func() error {
		if !exprDigit(r.peek()) {
			return r.need("a digit")
		}
		for exprDigit(r.peek()) {
			r.i++
		}
		return nil
	}
	if r.peek() == '0' {
		r.i++
	} else if err := digits(); err != nil {
		return "", err
	}
	if r.peek() == '.' {
		r.i++
		if err := digits(); err != nil {
			return "", err
		}
	}
	if r.peek()|0x20 == 'e' {
		r.i++
		if c := r.peek(); c == '+' || c == '-' {
			r.i++
		}
		if err := digits(); err != nil {
			return "", err
		}
	}
	if exprWord(r.peek()) {
		return "", r.need("the end of the number")
	}
	return string(r.b[from:r.i]), nil
}

// str reads a string; plain says that it had no escapes.
func (r *descReader) str() (s string, plain bool, err error) {
	var out []byte
	plain = true
	r.i++
	for {
		c := r.peek()
		switch {
		case r.i == len(r.b) || c < 0x20:
			return "", false, r.need("'\"' at the end of a string")
		case c == '"':
			r.i++
			return string(out), plain, nil
		case c == '\\':
			plain = false
			u, err := r.escape()
			if err != nil {
				return "", false, err
			}
			out = utf8.AppendRune(out, u)
		default:
			u, size := utf8.DecodeRune(r.b[r.i:])
			if u == utf8.RuneError && size < 2 {
				return "", false, r.need("valid UTF-8")
			}
			out = append(out, r.b[r.i:r.i+size]...)
			r.i += size
		}
	}
}

func (r *descReader) escape() (rune, error) {
	r.i++
	c := r.peek()
	if k := strings.IndexByte(`"\/bfnrt`, c); c != 0 && k >= 0 {
		r.i++
		return rune("\"\\/\b\f\n\r\t"[k]), nil
	}
	u, err := r.unit()
	if err != nil || !utf16.IsSurrogate(u) {
		return u, err
	}
	if r.peek() != '\\' {
		return 0, r.need("the second half of a surrogate pair")
	}
	r.i++
	low, err := r.unit()
	if err != nil {
		return 0, err
	}
	if u = utf16.DecodeRune(u, low); u == utf8.RuneError {
		return 0, r.need("a valid surrogate pair before it")
	}
	return u, nil
}

// unit reads uXXXX.
func (r *descReader) unit() (rune, error) {
	if r.peek() != 'u' {
		return 0, r.need(`an escape (\" \\ \/ \b \f \n \r \t \uXXXX)`)
	}
	if r.i+5 > len(r.b) {
		return 0, r.need("four hexadecimal digits after it")
	}
	v, err := strconv.ParseUint(string(r.b[r.i+1:r.i+5]), 16, 16)
	if err != nil {
		return 0, r.need("four hexadecimal digits after it")
	}
	r.i += 5
	return rune(v), nil
}
