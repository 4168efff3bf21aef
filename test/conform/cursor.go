package conform

import (
	"bytes"
	"math"
	"strconv"
)

// cursor walks text that is known to be valid JSON, so it needs no errors.
type cursor struct {
	b []byte
	i int
}

// peek skips white space and gives the next byte, 0 at the end.
func (c *cursor) peek() byte {
	for ; c.i < len(c.b); c.i++ {
		switch c.b[c.i] {
		case ' ', '\t', '\n', '\r':
		default:
			return c.b[c.i]
		}
	}
	return 0
}

// comma skips the comma after an entry, if there is one.
func (c *cursor) comma() {
	if c.peek() == ',' {
		c.i++
	}
}

// value is the text of the next value; the cursor moves behind it.
func (c *cursor) value() []byte {
	first := c.peek()
	start := c.i
	switch first {
	case '"':
		c.quoted()
	case '{', '[':
		c.nested()
	default:
		for c.i < len(c.b) && bytes.IndexByte([]byte(",]} \t\n\r:"), c.b[c.i]) < 0 {
			c.i++
		}
	}
	return c.b[start:c.i]
}

func (c *cursor) quoted() {
	for c.i++; c.i < len(c.b) && c.b[c.i] != '"'; c.i++ {
		if c.b[c.i] == '\\' {
			c.i++
		}
	}
	c.i = min(c.i+1, len(c.b))
}

func (c *cursor) nested() {
	for depth := 0; c.i < len(c.b); {
		switch c.b[c.i] {
		case '"':
			c.quoted()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if c.i++; depth == 0 {
			return
		}
	}
}

// sort names the sort of the next value.
func (c *cursor) sort() string {
	at := *c
	return describe(at.value())
}

// number reads an integer; a fraction or exponent is allowed if the value is
// an integer that a double holds exactly.
func number(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > 64 {
		return 0, false
	}
	v, ok := int64(0), len(text) < 18
	for i, ch := range text {
		if i == 0 && ch == '-' && len(text) > 1 {
			continue
		}
		if ch < '0' || ch > '9' {
			ok = false
			break
		}
		v = v*10 + int64(ch-'0')
	}
	if ok {
		if text[0] == '-' {
			v = -v
		}
		return v, true
	}
	if v, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return v, true
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}
