package rule

import (
	"fmt"
	"strconv"
	"strings"
)

// maxText bounds the text of one equation.
const maxText = 4096

// Parse reads one equation in the notation of rules: a sum of products of
// numbers, powers 2^n, dependencies x0, y0, u0.., variables, (V + C) and
// sgn(V + C) (or sign). Every product needs a dependency; the first one in it
// is the product's, further ones are factors of 0 or 1.
func Parse(target, text string) (Target, error) {
	if len(text) > maxText {
		return Target{}, fmt.Errorf("rule: %s: text of %d bytes, need at most %d", target, len(text), maxText)
	}
	p := &parser{src: text, toks: tokens(text)}
	t := Target{Name: target}
	for {
		sign := p.signs()
		q, err := p.product()
		if err != nil {
			return Target{}, fmt.Errorf("rule: %s: at %q: %w", target, p.rest(), err)
		}
		q.Mant *= sign
		if t.Products = append(t.Products, q); len(t.Products) > maxProducts {
			return Target{}, fmt.Errorf("rule: %s: more than %d products", target, maxProducts)
		}
		if p.peek() == "" {
			return t, nil
		}
		if p.peek() != "+" && p.peek() != "-" {
			return Target{}, fmt.Errorf("rule: %s: at %q: need + or - or the end", target, p.rest())
		}
	}
}

// tokens cuts a text into names, numbers and signs.
func tokens(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		j := i + 1
		switch {
		case s[i] == ' ' || s[i] == '\t' || s[i] == '\n':
			i++
			continue
		case strings.HasPrefix(s[i:], "**"):
			out, j = append(out, "^"), i+2
		default:
			for wordByte(s[i]) && j < len(s) && (wordByte(s[j]) || s[j] == '\'') {
				j++
			}
			out = append(out, s[i:j])
		}
		i = j
	}
	return out
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

type parser struct {
	src  string
	toks []string
	at   int
}

func (p *parser) peek() string {
	if p.at < len(p.toks) {
		return p.toks[p.at]
	}
	return ""
}

func (p *parser) take() string {
	t := p.peek()
	p.at++
	return t
}

func (p *parser) rest() string {
	return strings.Join(p.toks[min(p.at, len(p.toks)):min(p.at+8, len(p.toks))], " ")
}

// signs takes any number of + and - signs.
func (p *parser) signs() int64 {
	sign := int64(1)
	for p.peek() == "+" || p.peek() == "-" {
		if p.take() == "-" {
			sign = -sign
		}
	}
	return sign
}

func (p *parser) product() (Product, error) {
	q := Product{Mant: 1}
	for {
		if err := p.part(&q); err != nil {
			return q, err
		}
		if len(q.Factors) > maxFactors {
			return q, fmt.Errorf("more than %d factors in a product", maxFactors)
		}
		if p.peek() != "*" {
			break
		}
		p.take()
	}
	if q.Dep == "" {
		return q, fmt.Errorf("a product without x0, y0 or u: nothing says when it applies")
	}
	return q, nil
}

// part reads one part of a product: a number, a dependency or a factor.
func (p *parser) part(q *Product) error {
	tok := p.peek()
	switch {
	case tok == "":
		return fmt.Errorf("need a factor, have the end")
	case tok == "(" || tok == "sgn" || tok == "sign":
		f, err := p.bracket()
		q.Factors = append(q.Factors, f)
		return err
	case tok[0] >= '0' && tok[0] <= '9' || tok == "-" || tok == "+":
		return p.scale(q)
	case !wordByte(tok[0]):
		return fmt.Errorf("need a number, a variable or (")
	}
	p.take()
	if k, ok := strings.CutPrefix(tok, "u"); ok {
		return q.every(tok, k)
	}
	if dep := tok == "x0" || tok == "y0"; dep && q.Dep == "" {
		q.Dep = tok
		return nil
	}
	if !known(tok) {
		return unknown(tok)
	}
	q.Factors = append(q.Factors, Factor{Var: tok})
	return nil
}

// every notes the dependency u with its exponent.
func (q *Product) every(tok, digits string) error {
	k, err := strconv.Atoi(digits)
	if err != nil || k < 0 || k > maxK || strconv.Itoa(k) != digits {
		return fmt.Errorf("variable %q, need u0..u%d", tok, maxK)
	}
	switch q.Dep {
	case "":
		q.Dep, q.K = "u", k
		return nil
	case "u":
		q.K = max(q.K, k) // every 2^k-th and every 2^j-th epoch: the rarer
		return nil
	}
	// A spike in every 2^k-th epoch only: the spike becomes a factor.
	q.Factors = append(q.Factors, Factor{Var: q.Dep})
	q.Dep, q.K = "u", k
	return nil
}

// scale reads a number or a power of two.
func (p *parser) scale(q *Product) error {
	sign := p.signs()
	n, err := p.number()
	if err != nil {
		return err
	}
	if p.peek() == "^" {
		p.take()
		es := p.signs()
		e, err := p.number()
		if err != nil {
			return err
		}
		if n != 2 || e > maxExp {
			return fmt.Errorf("power %d^%d, need 2^n with n of at most %d", n, e*es, maxExp)
		}
		q.Exp += int(es * e)
		n = 1
	}
	if q.Mant *= sign * n; q.Mant < -1<<16 || q.Mant >= 1<<16 {
		return fmt.Errorf("scale %d, need 17 bits signed", q.Mant)
	}
	return nil
}

func (p *parser) number() (int64, error) {
	n, err := strconv.ParseUint(p.peek(), 10, 16)
	if err != nil {
		return 0, fmt.Errorf("need a whole number below 65536")
	}
	p.take()
	return int64(n), nil
}

// bracket reads (V + C) or sgn(V + C), or a number in brackets.
func (p *parser) bracket() (Factor, error) {
	f := Factor{Var: "C"}
	if p.peek() != "(" {
		f.Sgn = true
		p.take()
	}
	if p.take() != "(" {
		p.at--
		return f, fmt.Errorf("need (")
	}
	for p.peek() != ")" {
		sign := p.signs()
		tok := p.peek()
		switch {
		case tok == "":
			return f, fmt.Errorf("need ), have the end")
		case tok[0] >= '0' && tok[0] <= '9':
			n, err := p.number()
			if err != nil {
				return f, err
			}
			f.Const += sign * n
		case !known(tok) && tok != "x0" && tok != "y0":
			return f, unknown(tok)
		case f.Var != "C" || sign < 0:
			return f, fmt.Errorf("need one variable and constants in brackets")
		default:
			f.Var = p.take()
		}
		if next := p.peek(); next != ")" && next != "+" && next != "-" {
			return f, fmt.Errorf("need ), + or -")
		}
	}
	p.take()
	if f.Sgn && f.Var != "w" && f.Var != "d" && f.Var != "t" {
		return f, fmt.Errorf("sign of %s, need that of w, d or t", f.Var)
	}
	return f, nil
}

func known(name string) bool {
	switch name {
	case "w", "d", "t", "x1", "x2", "y1", "y2", "y3", "x0", "y0":
		return true
	}
	return false
}

// unknown says why a variable cannot be had.
func unknown(name string) error {
	switch name {
	case "w'", "wT", "w_T", "w_ji", "wji":
		return fmt.Errorf("%q is the transposed weight: a rule sees the words of its own synapse only, and the synapse from the target back to the source is stored elsewhere", name)
	case "r0", "r1":
		return fmt.Errorf("%q is a reward of the first generation, which no public record covers", name)
	}
	return fmt.Errorf("unknown variable %q", name)
}
