package power

import (
	"fmt"
	"math/big"
	"slices"
)

// AtVolts is t with the named point (the first for "") moved to another supply
// and no other point: prices per event and the clock's power go with the square
// of the voltage, other static power in proportion to it. That is a rule of
// thumb, so everything becomes assumed. It fails if the point does not state
// its voltage or is the power of a whole run or all-in, which mixes both parts.
func (t *Table) AtVolts(point string, v Microvolts) (*Table, error) {
	p, err := t.Point(point)
	if err != nil {
		return nil, err
	}
	switch {
	case p.Volts == 0:
		return nil, fmt.Errorf("power: point %q does not state its volts: it cannot be moved to another supply", p.Name)
	case v <= 0:
		return nil, fmt.Errorf("power: a supply of %d uV, need above 0", v)
	case p.allIn() || p.running():
		return nil, fmt.Errorf("power: point %q does not tell static from dynamic energy: it cannot be moved to another supply", p.Name)
	}
	q := *p
	q.Name = fmt.Sprintf("%s scaled to %g V", p.Name, v.Volts())
	q.Supply = fmt.Sprintf("%g V, scaled from %s", v.Volts(), stated(p.Supply))
	q.Volts, q.Validated = v, ""
	q.Coefficients, q.Static = slices.Clone(p.Coefficients), slices.Clone(p.Static)
	linear := big.NewRat(int64(v), int64(p.Volts))
	square := new(big.Rat).Mul(linear, linear)
	for i := range q.Coefficients {
		c := &q.Coefficients[i]
		c.Kind = Assumed
		c.Low, c.Value, c.High = Attojoules(scaled(int64(c.Low), square)), Attojoules(scaled(int64(c.Value), square)), Attojoules(scaled(int64(c.High), square))
	}
	for i := range q.Static {
		s, f := &q.Static[i], linear
		if s.Per == PerMHz {
			f = square
		}
		s.Kind = Assumed
		s.Low, s.Value, s.High = Nanowatts(scaled(int64(s.Low), f)), Nanowatts(scaled(int64(s.Value), f)), Nanowatts(scaled(int64(s.High), f))
	}
	q.Notes = append([]string{fmt.Sprintf("moved from %g V to %g V: static power in proportion to the voltage, energy per event with its square; nobody measured it", p.Volts.Volts(), v.Volts())}, p.Notes...)
	out := *t
	out.Points = []Point{q}
	return &out, nil
}

// scaled is v * f rounded to the nearest whole number, v >= 0.
func scaled(v int64, f *big.Rat) int64 {
	n := new(big.Int).Mul(big.NewInt(v), f.Num())
	n.Mul(n, big.NewInt(2)).Add(n, f.Denom())
	n.Div(n, new(big.Int).Mul(f.Denom(), big.NewInt(2)))
	if !n.IsInt64() {
		return 1<<63 - 1
	}
	return n.Int64()
}
