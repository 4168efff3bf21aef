package conform

import (
	"fmt"

	"hillock/compiler/rule"
)

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
