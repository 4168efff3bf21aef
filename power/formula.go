package power

import (
	"fmt"
	"math/big"
	"strings"
)

// Limits of a formula.
const (
	maxFormula = 4096 // bytes
	maxNesting = 32   // brackets inside brackets
)

// formula is an arithmetic expression over named numbers: + - * /, brackets,
// min(a, b) and max(a, b). It is exact.
type formula struct {
	text  string
	names []string // in the order of their first use
}

// parseFormula checks the syntax of text and collects its names.
func parseFormula(text string) (*formula, error) {
	if len(text) > maxFormula {
		return nil, fmt.Errorf("a formula of %d bytes, limit %d", len(text), maxFormula)
	}
	f := &formula{text: text}
	r := &reader{text: text, value: func(name string) (*big.Rat, error) {
		if !contains(f.names, name) {
			f.names = append(f.names, name)
		}
		return nil, nil
	}}
	_, err := r.whole()
	return f, err
}

// at is the value of f where value gives the numbers behind its names.
func (f *formula) at(value func(string) (*big.Rat, error)) (*big.Rat, error) {
	r := &reader{text: f.text, value: value}
	return r.whole()
}

// reader walks a formula by recursive descent. A nil number stands for one
// that is not known yet: the syntax is checked and nothing is computed.
type reader struct {
	text  string
	pos   int
	depth int
	value func(string) (*big.Rat, error)
}

func (r *reader) peek() byte {
	for r.pos < len(r.text) && r.text[r.pos] == ' ' {
		r.pos++
	}
	if r.pos == len(r.text) {
		return 0
	}
	return r.text[r.pos]
}

func (r *reader) fault(format string, args ...any) error {
	return fmt.Errorf("formula at byte %d: %s", r.pos+1, fmt.Sprintf(format, args...))
}

func (r *reader) expect(c byte) error {
	if have := r.peek(); have != c {
		return r.fault("need %q, have %q", c, r.text[r.pos:min(r.pos+8, len(r.text))])
	}
	r.pos++
	return nil
}

func (r *reader) whole() (*big.Rat, error) {
	v, err := r.sum()
	if err == nil && r.peek() != 0 {
		err = r.fault("%q is left over", r.text[r.pos:min(r.pos+8, len(r.text))])
	}
	return v, err
}

func (r *reader) sum() (*big.Rat, error)     { return r.chain("+-", r.product) }
func (r *reader) product() (*big.Rat, error) { return r.chain("*/", r.atom) }

// chain reads operands joined by operators of one rank, from left to right.
func (r *reader) chain(ops string, operand func() (*big.Rat, error)) (*big.Rat, error) {
	v, err := operand()
	for err == nil && r.peek() != 0 && strings.IndexByte(ops, r.peek()) >= 0 {
		op := r.text[r.pos]
		r.pos++
		var o *big.Rat
		if o, err = operand(); err != nil {
			break
		}
		v, err = r.apply(op, v, o)
	}
	return v, err
}

func (r *reader) apply(op byte, a, b *big.Rat) (*big.Rat, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	switch out := new(big.Rat); op {
	case '+':
		return out.Add(a, b), nil
	case '-':
		return out.Sub(a, b), nil
	case '*':
		return out.Mul(a, b), nil
	default:
		if b.Sign() == 0 {
			return nil, r.fault("division by 0")
		}
		return out.Quo(a, b), nil
	}
}

func (r *reader) atom() (*big.Rat, error) {
	if r.depth++; r.depth > maxNesting {
		return nil, r.fault("nested deeper than %d", maxNesting)
	}
	defer func() { r.depth-- }()
	c := r.peek()
	switch {
	case c == '(':
		r.pos++
		v, err := r.sum()
		if err != nil {
			return nil, err
		}
		return v, r.expect(')')
	case c >= '0' && c <= '9' || c == '.':
		tok := r.token("0123456789.")
		v, err := parseRat(tok)
		if err != nil {
			return nil, r.fault("%v", err)
		}
		return v, nil
	case letter(c):
		name := r.token("abcdefghijklmnopqrstuvwxyz_0123456789")
		if name == "min" || name == "max" {
			return r.extreme(name)
		}
		return r.value(name)
	}
	return nil, r.fault("need a number, a name or '(', have %q", r.text[r.pos:min(r.pos+8, len(r.text))])
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c == '_' }

func (r *reader) token(chars string) string {
	from := r.pos
	for r.pos < len(r.text) && strings.IndexByte(chars, r.text[r.pos]) >= 0 {
		r.pos++
	}
	return r.text[from:r.pos]
}

func (r *reader) extreme(name string) (*big.Rat, error) {
	var v [2]*big.Rat
	for i, open := range [2]byte{'(', ','} {
		if err := r.expect(open); err != nil {
			return nil, err
		}
		var err error
		if v[i], err = r.sum(); err != nil {
			return nil, err
		}
	}
	if err := r.expect(')'); err != nil {
		return nil, err
	}
	if v[0] == nil || v[1] == nil {
		return nil, nil
	}
	if (v[0].Cmp(v[1]) > 0) == (name == "max") {
		return v[0], nil
	}
	return v[1], nil
}
