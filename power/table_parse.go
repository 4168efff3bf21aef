package power

import (
	"fmt"
	"slices"
	"strings"

	"hillock/isa/count"
)

// Limits of what a table may claim; beyond them it is a slip of the unit.
const (
	maxPoints            = 64
	maxPrice  Attojoules = 1e18 // 1 J per event
	maxStatic Nanowatts  = 1e15 // 1 MW per unit
)

var (
	energyUnits = []string{"fJ", "pJ", "nJ", "uJ"}
	energyScale = []int{3, 6, 9, 12} // to attojoules
	powerUnits  = []string{"uW", "mW", "W"}
	powerScale  = []int{3, 6, 9} // to nanowatts
)

// ParseTable reads and checks an energy table; file is its name in errors,
// which are of type *Error. It refuses what it does not know (fields, events,
// units, kinds, scopes), duplicates, negative or disordered values, values
// finer than an attojoule or nanowatt, a number without a source, and scopes
// that would count the same energy twice.
func ParseTable(b []byte, file string) (*Table, error) {
	d := &document{file, b}
	root, err := d.parse()
	if err != nil {
		return nil, err
	}
	err = d.object(root, "the table", []string{"schema", "name", "chip", "points"}, []string{"cycles", "notes"})
	if err != nil {
		return nil, err
	}
	if _, err := d.word(root, "the table", "schema", []string{TableSchema}); err != nil {
		return nil, err
	}
	t := &Table{Hash: hashOf(b)}
	if err := d.named(root, "the table", "name", &t.Name); err != nil {
		return nil, err
	}
	if err := d.named(root, "the table", "chip", &t.Chip); err != nil {
		return nil, err
	}
	if t.Notes, err = d.strings(root, "the table", "notes"); err != nil {
		return nil, err
	}
	if t.Cycles, err = d.cycles(root); err != nil {
		return nil, err
	}
	return t, d.points(root, t)
}

// named reads a string that may not be empty.
func (d *document) named(n *node, what, key string, to *string) error {
	if err := d.str(n, what, key, to); err != nil {
		return err
	}
	if strings.TrimSpace(*to) == "" {
		return d.fault(n.field(key).off, "%s of %s is empty", key, what)
	}
	return nil
}

func (d *document) points(root *node, t *Table) error {
	items, err := d.list(root, "the table", "points")
	if err != nil {
		return err
	}
	if len(items) == 0 || len(items) > maxPoints {
		return d.fault(root.field("points").off, "the table has %d points, need 1 to %d", len(items), maxPoints)
	}
	for i := range items {
		p, err := d.point(&items[i], i)
		if err != nil {
			return err
		}
		for _, q := range t.Points {
			if q.Name == p.Name {
				return d.fault(items[i].off, "point %q twice", p.Name)
			}
		}
		t.Points = append(t.Points, *p)
	}
	return nil
}

func (d *document) coefficients(n *node, p *Point, what string) error {
	items, err := d.list(n, what, "coefficients")
	if err != nil {
		return err
	}
	for i := range items {
		c, err := d.coefficient(&items[i], what)
		if err != nil {
			return err
		}
		if p.coefficient(c.Event) != nil {
			return d.fault(items[i].off, "%s prices %s twice", what, c.Event)
		}
		p.Coefficients = append(p.Coefficients, *c)
	}
	slices.SortFunc(p.Coefficients, func(a, b Coefficient) int { return int(a.Event) - int(b.Event) })
	return nil
}

func (d *document) coefficient(n *node, point string) (*Coefficient, error) {
	what := "a coefficient of " + point
	may := []string{"source", "low", "high", "note"}
	if err := d.object(n, what, []string{"event", "value", "unit", "kind", "scope"}, may); err != nil {
		return nil, err
	}
	var name string
	if err := d.str(n, what, "event", &name); err != nil {
		return nil, err
	}
	e, err := count.Parse(name)
	if err != nil {
		return nil, d.fault(n.field("event").off, "unknown event %q in %s", name, point)
	}
	what = fmt.Sprintf("%s in %s", e, point)
	v, banded, err := d.band(n, what, energyUnits, energyScale, int64(maxPrice))
	if err != nil {
		return nil, err
	}
	c := &Coefficient{Event: e, Banded: banded}
	c.PriceBand = PriceBand{Attojoules(v[0]), Attojoules(v[1]), Attojoules(v[2])}
	if c.Kind, err = d.provenance(n, what, &c.Source, &c.Note); err != nil {
		return nil, err
	}
	s, err := d.word(n, what, "scope", scopeWords)
	c.Scope = Scope(s)
	return c, err
}

// provenance reads kind, source and note, and refuses a missing source.
func (d *document) provenance(n *node, what string, source, note *string) (Kind, error) {
	k, err := d.word(n, what, "kind", kindWords)
	if err != nil {
		return 0, err
	}
	if err := d.str(n, what, "source", source); err != nil {
		return 0, err
	}
	if strings.TrimSpace(*source) == "" {
		return 0, d.fault(n.off, "%s has no source; a number without one is not used", what)
	}
	return Kind(k), d.str(n, what, "note", note)
}

// band reads low, value, high and unit: low and high default to value, which
// is reported as a band that nobody published.
func (d *document) band(n *node, what string, units []string, scales []int, limit int64) ([3]int64, bool, error) {
	var v [3]int64
	u, err := d.word(n, what, "unit", units)
	if err != nil {
		return v, false, err
	}
	for i, key := range [3]string{"low", "value", "high"} {
		f := n.field(key)
		if f == nil {
			continue
		}
		if v[i], err = d.quantity(f, what, key, units[u], scales[u], limit); err != nil {
			return v, false, err
		}
	}
	low, high := n.field("low"), n.field("high")
	if low == nil {
		v[0] = v[1]
	}
	if high == nil {
		v[2] = v[1]
	}
	value := n.field("value")
	if v[0] > v[1] {
		return v, false, d.fault(low.off, "%s: low %s is above value %s %s", what, low.text, value.text, units[u])
	}
	if v[1] > v[2] {
		return v, false, d.fault(high.off, "%s: high %s is below value %s %s", what, high.text, value.text, units[u])
	}
	return v, low != nil && high != nil, nil
}

func (d *document) quantity(f *node, what, key, unit string, scale int, limit int64) (int64, error) {
	if f.kind != 'n' {
		return 0, d.fault(f.off, "%s of %s must be a number, have %s (leave the coefficient out if it is not published)", key, what, kindNames[f.kind])
	}
	v, err := parseDecimal(f.text, scale)
	if err != nil {
		return 0, d.fault(f.off, "%s of %s: %v %s", key, what, err, unit)
	}
	if v < 0 {
		return 0, d.fault(f.off, "%s of %s is negative: %s %s", key, what, f.text, unit)
	}
	if v > limit {
		return 0, d.fault(f.off, "%s of %s: %s %s is above the limit of %d %s", key, what, f.text, unit, limit/pow10(scale).Int64(), unit)
	}
	return v, nil
}
