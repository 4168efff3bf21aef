package conform

import (
	"fmt"
	"math"
	"strconv"

	"hillock/chip"
	"hillock/compiler/rule"
	"hillock/core/learn"
)

// real is a field that must be a number of lo..hi; absent gives def.
func (d *doc) real(name string, lo, hi, def float64) (float64, error) {
	raw := d.raw(name)
	if raw == nil {
		return def, nil
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !(v >= lo && v <= hi) {
		return 0, d.fail(name, "", fmt.Sprintf("a number of %v..%v", lo, hi), describe(raw))
	}
	return v, nil
}

// uniforms appends an array of n numbers, each at least 0 and below 1.
func (d *doc) uniforms(name string, raw []byte, where string, n int, dst []float64) ([]float64, error) {
	have := 0
	err := d.each(name, raw, where, func(c *cursor, i int) error {
		text := c.value()
		v, err := strconv.ParseFloat(string(text), 64)
		if have = i + 1; err != nil || !(v >= 0 && v < 1) || have > maxCells {
			return d.fail(name, join(where, fmt.Sprintf("entry %d", i)), "a number of 0 up to 1", describe(text))
		}
		dst = append(dst, v)
		return nil
	})
	if err == nil && n >= 0 && have != n {
		err = d.fail(name, where, fmt.Sprintf("%d entries", n), strconv.Itoa(have))
	}
	return dst, err
}

// recorded is draw i of a record, 0 where a description draws what the emulator
// did not.
func recorded(list []float64, i int64) float64 {
	if i < 0 || i >= int64(len(list)) {
		return 0
	}
	return list[i]
}

// bitsOf is a uniform draw as a whole number of so many bits: it is below the
// number k exactly if the draw is below k / 2^bits.
func bitsOf(r float64, bits uint8) int32 { return int32(math.Floor(math.Ldexp(r, int(bits)))) }

// carryOf is a uniform draw for the form "add and shift": the sum with a
// fraction of so many bits carries exactly if the draw is below the fraction.
func carryOf(r float64, bits uint8) int32 { return 1<<bits - 1 - bitsOf(r, bits) }

// learnColumn is a recorded word of a space, row after row.
type learnColumn struct {
	field string
	space learn.Space
	word  int
	want  []int64 // [row][item]
}

// learnColumn reads a recorded word; nil if the file does not have it.
func (d *doc) learnColumn(m *chip.LearnModel, field, word string, rows, items int) (learnColumn, error) {
	c := learnColumn{field: field}
	if !d.has(field) {
		return c, nil
	}
	var err error
	if c.space, c.word, err = m.WordOf(word); err != nil {
		return c, err
	}
	c.want, err = d.matrix(field, rows, items, -1<<53, 1<<53)
	return c, err
}

// compare holds the words of a row against the state.
func (l *learnColumn) compare(c *checker, row int, s *learn.State) {
	if l.want == nil {
		return
	}
	got := s.Words[l.space][l.word]
	for i, x := range got {
		c.equal(l.field, row, i, l.want[row*len(got)+i], int64(x))
	}
}

// products reads a rule that the emulator has parsed: per target a list of
// products.
func (d *doc) products(name string) ([]rule.Target, error) {
	p, err := d.object(name)
	if err != nil {
		return nil, err
	}
	var out []rule.Target
	for _, target := range p.keys {
		t := rule.Target{Name: target}
		err := p.each(target, p.raw(target), "", func(c *cursor, i int) error {
			q, err := parseObject(fmt.Sprintf("%s[%d]", p.name(target), i), c.value())
			if err != nil {
				return err
			}
			x, err := q.product()
			t.Products = append(t.Products, x)
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (d *doc) product() (rule.Product, error) {
	p := rule.Product{}
	var err error
	if p.Dep, err = d.text("dep"); err != nil {
		return p, err
	}
	if d.has("k") {
		k, err := d.integer("k", 0, 30)
		if p.K = int(k); err != nil {
			return p, err
		}
	}
	if p.Mant, err = d.integer("mant", -1<<15, 1<<15); err != nil {
		return p, err
	}
	exp, err := d.integer("exp", -31, 31)
	if err != nil {
		return p, err
	}
	p.Exp = int(exp)
	return p, d.each("factors", d.raw("factors"), "", func(c *cursor, i int) error {
		q, err := parseObject(fmt.Sprintf("%s[%d]", d.name("factors"), i), c.value())
		if err != nil {
			return err
		}
		f := rule.Factor{}
		if f.Var, err = q.text("var"); err != nil {
			return err
		}
		if q.has("const") {
			if f.Const, err = q.integer("const", -1<<15, 1<<15); err != nil {
				return err
			}
		}
		if q.has("sgn") {
			f.Sgn, err = q.flag("sgn")
		}
		p.Factors = append(p.Factors, f)
		return err
	})
}

// cube is a field of so many matrices of rows x cols integers.
func (d *doc) cube(name string, n, rows, cols int) ([]int64, error) {
	if rows*cols > maxCells/max(n, 1) {
		return nil, d.fail(name, "", fmt.Sprintf("at most %d numbers", maxCells), "more")
	}
	var out []int64
	have := 0
	err := d.each(name, d.raw(name), "", func(c *cursor, i int) error {
		if have = i + 1; have > n {
			return d.fail(name, "", fmt.Sprintf("%d matrices", n), "more")
		}
		inner := 0
		err := d.each(name, c.value(), fmt.Sprintf("matrix %d", i), func(c *cursor, r int) (err error) {
			if inner = r + 1; inner > rows {
				return d.fail(name, fmt.Sprintf("matrix %d", i), fmt.Sprintf("%d rows", rows), "more")
			}
			out, err = d.row(name, c.value(), fmt.Sprintf("matrix %d, row %d", i, r), cols, -1<<53, 1<<53, out)
			return err
		})
		if err == nil && inner != rows {
			err = d.fail(name, fmt.Sprintf("matrix %d", i), fmt.Sprintf("%d rows", rows), fmt.Sprint(inner))
		}
		return err
	})
	if err == nil && have != n {
		err = d.fail(name, "", fmt.Sprintf("%d matrices", n), fmt.Sprint(have))
	}
	return out, err
}
