package power

import (
	"fmt"
	"math/big"
	"strings"

	"hillock/isa/count"
)

// Cycles is a published model of the clock cycles that a chip needs for one
// tick: a formula over numbers of the network and its activity, which a census
// gives as parameters, counts and ticks.
type Cycles struct {
	Formula string
	Margin  *big.Rat // the recommended clock is the cycles times this, 1 if not stated
	Kind    Kind
	Source  string
	formula *formula
}

// Names are the numbers that the formula needs, in the order of their use.
func (c *Cycles) Names() []string { return append([]string(nil), c.formula.names...) }

// cycles reads the cycle model of a table, nil if it has none.
func (d *document) cycles(root *node) (*Cycles, error) {
	n := root.field("cycles")
	if n == nil {
		return nil, nil
	}
	const what = "cycles of the table"
	if err := d.object(n, what, []string{"formula", "kind"}, []string{"margin", "source", "note"}); err != nil {
		return nil, err
	}
	c := &Cycles{Margin: big.NewRat(1, 1)}
	if err := d.named(n, what, "formula", &c.Formula); err != nil {
		return nil, err
	}
	var err error
	if c.formula, err = parseFormula(c.Formula); err != nil {
		return nil, d.fault(n.field("formula").off, "%s: %v", what, err)
	}
	if m := n.field("margin"); m != nil {
		if m.kind != 'n' {
			return nil, d.fault(m.off, "margin of %s must be a number, have %s", what, kindNames[m.kind])
		}
		if c.Margin, err = parseRat(m.text); err != nil {
			return nil, d.fault(m.off, "margin of %s: %v", what, err)
		}
		if c.Margin.Cmp(big.NewRat(1, 1)) < 0 {
			return nil, d.fault(m.off, "margin of %s is below 1: %s", what, m.text)
		}
	}
	var note string
	c.Kind, err = d.provenance(n, what, &c.Source, &note)
	return c, err
}

// CycleCount is a cycle model applied to a census.
type CycleCount struct {
	PerTick *big.Rat // exact
	Clock   float64  // Hz that a tick of the report's time and ticks needs, margin included, 0 = not known
	Source  string
	Missing []string // names that the census does not give; PerTick is nil if there are any
}

// Count applies the model to a census. A name of the formula is a parameter of
// the census, "ticks" or the name of an event.
func (c *Cycles) Count(cs *Census) (*CycleCount, error) {
	out := &CycleCount{Source: c.Source}
	for _, name := range c.formula.names {
		if cs.number(name) == nil {
			out.Missing = append(out.Missing, name)
		}
	}
	if len(out.Missing) > 0 {
		return out, nil
	}
	v, err := c.formula.at(func(name string) (*big.Rat, error) { return cs.number(name), nil })
	if err != nil {
		return nil, fmt.Errorf("power: cycle model: %w", err)
	}
	out.PerTick = v
	if cs.Time > 0 && cs.Ticks > 0 {
		hz := new(big.Rat).Mul(v, c.Margin)
		hz.Mul(hz, big.NewRat(cs.Ticks, 1))
		hz.Mul(hz, big.NewRat(1e15, int64(cs.Time)))
		out.Clock, _ = hz.Float64()
	}
	return out, nil
}

// number is what a name of a formula stands for in c, nil if c does not say.
func (c *Census) number(name string) *big.Rat {
	for i := range c.Parameters {
		if c.Parameters[i].Name == name {
			return c.Parameters[i].Value
		}
	}
	if name == "ticks" {
		return big.NewRat(c.Ticks, 1)
	}
	if e, err := count.Parse(name); err == nil {
		return big.NewRat(c.Counts[e], 1)
	}
	return nil
}

// text is the model's result in words.
func (c *CycleCount) text() string {
	if c.PerTick == nil {
		return "not known: the census lacks parameters " + strings.Join(c.Missing, ", ")
	}
	v, _ := c.PerTick.Float64()
	s := fmt.Sprintf("%.10g per tick", v)
	if c.Clock > 0 {
		s += fmt.Sprintf("; a clock of %s for the time as counted, margin included", short(c.Clock, "Hz"))
	}
	return s
}
