package conform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxKeys bounds the fields of one object, maxCells the numbers of one field.
const (
	maxKeys  = 4096
	maxCells = 1 << 24
)

// fieldError says which field of a file is damaged and how.
type fieldError struct {
	field      string // "" = the file as a whole
	where      string // row and entry, "" = none
	need, have string
}

// Error names the field, what is needed and what is there.
func (e *fieldError) Error() string {
	s := "conform: "
	if e.field != "" {
		s += "field " + e.field + ": "
	}
	if e.where != "" {
		s += e.where + ": "
	}
	return s + "need " + e.need + ", have " + e.have
}

// doc is one JSON object, its values left as text until somebody asks.
type doc struct {
	file string // path of the vector file, for files that lie beside it
	path string // prefix of field names in errors
	keys []string
	vals [][]byte
}

// parseDoc checks that b is one JSON object and finds its fields.
func parseDoc(b []byte) (*doc, error) {
	if !json.Valid(b) {
		var v json.RawMessage
		have := "malformed text"
		if err := json.Unmarshal(b, &v); err != nil {
			have = err.Error()
			if s, ok := err.(*json.SyntaxError); ok {
				have = fmt.Sprintf("%s (byte %d of %d)", have, s.Offset, len(b))
			}
		}
		return nil, &fieldError{need: "JSON", have: have}
	}
	return parseObject("", b)
}

func parseObject(path string, b []byte) (*doc, error) {
	c := cursor{b: b}
	d := &doc{path: path}
	if c.peek() != '{' {
		return nil, &fieldError{field: path, need: "an object", have: c.sort()}
	}
	seen := map[string]bool{}
	for c.i++; c.peek() != '}'; c.comma() {
		var key string
		if err := json.Unmarshal(c.value(), &key); err != nil {
			return nil, &fieldError{field: path, need: "an object", have: err.Error()}
		}
		c.peek() // ':'
		c.i++
		if seen[key] || len(d.keys) == maxKeys {
			return nil, &fieldError{field: path, need: fmt.Sprintf("at most %d fields, each once", maxKeys), have: fmt.Sprintf("%q again or too many", clip(key))}
		}
		seen[key] = true
		d.keys, d.vals = append(d.keys, key), append(d.vals, c.value())
	}
	return d, nil
}

// raw is the text of a field, nil if it is absent or null.
func (d *doc) raw(name string) []byte {
	for i, k := range d.keys {
		if k == name && !bytes.Equal(d.vals[i], []byte("null")) {
			return d.vals[i]
		}
	}
	return nil
}

func (d *doc) has(name string) bool { return d.raw(name) != nil }

// name is the full name of a field, for errors.
func (d *doc) name(field string) string {
	if d.path == "" {
		return field
	}
	return d.path + "." + field
}

func (d *doc) fail(name, where, need, have string) error {
	return &fieldError{field: d.name(name), where: where, need: need, have: have}
}

// text is a field that must be a string.
func (d *doc) text(name string) (string, error) {
	raw := d.raw(name)
	var s string
	if raw == nil || json.Unmarshal(raw, &s) != nil {
		return "", d.fail(name, "", "a string", describe(raw))
	}
	return s, nil
}

// object is a field that must be an object.
func (d *doc) object(name string) (*doc, error) {
	raw := d.raw(name)
	if raw == nil {
		return nil, d.fail(name, "", "an object", "nothing")
	}
	return parseObject(d.name(name), raw)
}

// integer is a field that must be an integer of lo..hi.
func (d *doc) integer(name string, lo, hi int64) (int64, error) {
	raw := d.raw(name)
	v, ok := number(raw)
	if !ok || v < lo || v > hi {
		return 0, d.fail(name, "", span(lo, hi), describe(raw))
	}
	return v, nil
}

// flag is a field that must be 0, 1, false or true.
func (d *doc) flag(name string) (bool, error) {
	switch string(d.raw(name)) {
	case "1", "true":
		return true, nil
	case "0", "false":
		return false, nil
	}
	return false, d.fail(name, "", "0 or 1", describe(d.raw(name)))
}

// length is the number of entries of an array field, at most maxCells.
func (d *doc) length(name string) (int, error) {
	n := 0
	err := d.each(name, d.raw(name), "", func(*cursor, int) error {
		if n++; n > maxCells {
			return d.fail(name, "", fmt.Sprintf("at most %d entries", maxCells), "more")
		}
		return nil
	})
	return n, err
}

// each calls f at the start of every entry of an array; f may leave the
// cursor there.
func (d *doc) each(name string, raw []byte, where string, f func(c *cursor, i int) error) error {
	c := cursor{b: raw}
	if raw == nil || c.peek() != '[' {
		return d.fail(name, where, "a list", describe(raw))
	}
	c.i++
	for i := 0; c.peek() != ']'; i++ {
		start := c.i
		if err := f(&c, i); err != nil {
			return err
		}
		if c.i == start {
			c.value()
		}
		c.comma()
	}
	return nil
}

// row appends the integers of one array, exactly n of them (n < 0 = any
// number up to maxCells), each of lo..hi.
func (d *doc) row(name string, raw []byte, where string, n int, lo, hi int64, dst []int64) ([]int64, error) {
	limit := n
	if n < 0 {
		limit = maxCells
	}
	have := 0
	err := d.each(name, raw, where, func(c *cursor, i int) error {
		if have = i + 1; have > limit {
			return d.fail(name, where, count(n, limit), "more")
		}
		text := c.value()
		v, ok := number(text)
		if !ok || v < lo || v > hi {
			return d.fail(name, join(where, fmt.Sprintf("entry %d", i)), span(lo, hi), describe(text))
		}
		dst = append(dst, v)
		return nil
	})
	if err == nil && n >= 0 && have != n {
		err = d.fail(name, where, count(n, limit), strconv.Itoa(have))
	}
	return dst, err
}

// ints is an array field of exactly n integers of lo..hi (n < 0 = any number).
func (d *doc) ints(name string, n int, lo, hi int64) ([]int64, error) {
	return d.row(name, d.raw(name), "", n, lo, hi, nil)
}

// matrix is a field of rows x cols integers, row after row.
func (d *doc) matrix(name string, rows, cols int, lo, hi int64) ([]int64, error) {
	if cols > 0 && rows > maxCells/cols {
		return nil, d.fail(name, "", fmt.Sprintf("at most %d numbers", maxCells), fmt.Sprintf("%d rows of %d", rows, cols))
	}
	// A number and its comma take two bytes: shorter text cannot be whole, and
	// reserves nothing.
	var out []int64
	if len(d.raw(name)) >= 2*rows*cols {
		out = make([]int64, 0, rows*cols)
	}
	have := 0
	err := d.each(name, d.raw(name), "", func(c *cursor, i int) (err error) {
		if have = i + 1; have > rows {
			return d.fail(name, "", fmt.Sprintf("%d rows", rows), "more")
		}
		out, err = d.row(name, c.value(), fmt.Sprintf("row %d", i), cols, lo, hi, out)
		return err
	})
	if err == nil && have != rows {
		err = d.fail(name, "", fmt.Sprintf("%d rows", rows), strconv.Itoa(have))
	}
	return out, err
}

// lists holds one list of indices per tick.
type lists struct {
	off  []int
	flat []int32
}

func (l *lists) at(tick int64) []int32 { return l.flat[l.off[tick]:l.off[tick+1]] }

// lists is a field of one index list per tick, each index of 0..n-1, strictly
// ascending if sorted.
func (d *doc) lists(name string, rows, n int, sorted bool) (lists, error) {
	l := lists{off: []int{0}}
	var line []int64
	have := 0
	err := d.each(name, d.raw(name), "", func(c *cursor, i int) (err error) {
		if have = i + 1; have > rows {
			return d.fail(name, "", fmt.Sprintf("%d rows", rows), "more")
		}
		where := fmt.Sprintf("row %d", i)
		if line, err = d.row(name, c.value(), where, -1, 0, int64(n)-1, line[:0]); err != nil {
			return err
		}
		if len(l.flat)+len(line) > maxCells {
			return d.fail(name, "", fmt.Sprintf("at most %d indices", maxCells), "more")
		}
		for k, v := range line {
			if sorted && k > 0 && v <= line[k-1] {
				return d.fail(name, join(where, fmt.Sprintf("entry %d", k)), "ascending indices", fmt.Sprintf("%d after %d", v, line[k-1]))
			}
			l.flat = append(l.flat, int32(v))
		}
		l.off = append(l.off, len(l.flat))
		return nil
	})
	if err == nil && have != rows {
		err = d.fail(name, "", fmt.Sprintf("%d rows", rows), strconv.Itoa(have))
	}
	return l, err
}

// column is a parameter of neurons: one value for all, or one each.
type column []int64

func (c column) at(i int) int64 {
	if len(c) == 1 {
		return c[0]
	}
	return c[i]
}

// column is a field that is an integer or a list of n integers, of lo..hi.
func (d *doc) column(name string, n int, lo, hi int64) (column, error) {
	raw := d.raw(name)
	if c := (cursor{b: raw}); raw != nil && c.peek() == '[' {
		return d.row(name, raw, "", n, lo, hi, nil)
	}
	v, err := d.integer(name, lo, hi)
	return column{v}, err
}

func span(lo, hi int64) string {
	if hi < lo {
		return "no entry"
	}
	return fmt.Sprintf("an integer of %d..%d", lo, hi)
}

func count(n, limit int) string {
	if n < 0 {
		return fmt.Sprintf("at most %d entries", limit)
	}
	return fmt.Sprintf("%d entries", n)
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// describe is a value's text for an error, cut short.
func describe(raw []byte) string {
	if raw == nil {
		return "nothing"
	}
	switch raw[0] {
	case '[':
		return "a list"
	case '{':
		return "an object"
	}
	return clip(string(raw))
}

// clip keeps errors short whatever a file holds.
func clip(s string) string {
	const limit = 48
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}
