package power

import (
	"fmt"
	"slices"

	"hillock/isa/count"
)

func (d *document) point(n *node, i int) (*Point, error) {
	what := fmt.Sprintf("point %d", i)
	may := []string{"supply", "node", "temperature", "volts", "clock_hz", "tick_s", "events_per_s", "events_per_cycle", "boundary", "static", "contains", "offset_missing", "validated", "use", "notes"}
	if err := d.object(n, what, []string{"name", "coefficients"}, may); err != nil {
		return nil, err
	}
	p := &Point{Boundary: ChipBoundary}
	if err := d.named(n, what, "name", &p.Name); err != nil {
		return nil, err
	}
	what = fmt.Sprintf("point %q", p.Name)
	if err := d.conditions(n, p, what); err != nil {
		return nil, err
	}
	if err := d.coefficients(n, p, what); err != nil {
		return nil, err
	}
	if err := d.statics(n, p, what); err != nil {
		return nil, err
	}
	if err := d.contained(n, p, what); err != nil {
		return nil, err
	}
	return p, d.scopes(n, p, what)
}

// conditions reads what a point says about itself beside its prices.
func (d *document) conditions(n *node, p *Point, what string) (err error) {
	for _, f := range []struct {
		key string
		to  *string
	}{{"supply", &p.Supply}, {"node", &p.Node}, {"temperature", &p.Temperature},
		{"offset_missing", &p.OffsetMissing}, {"validated", &p.Validated}, {"use", &p.Use}} {
		if err := d.str(n, what, f.key, f.to); err != nil {
			return err
		}
	}
	if f := n.field("volts"); f != nil {
		v, err := d.quantity(f, what, "volts", "V", 6, 100e6)
		if err != nil {
			return err
		}
		p.Volts = Microvolts(v)
	}
	if err := d.whole(n, what, "clock_hz", (*int64)(&p.Clock)); err != nil {
		return err
	}
	if err := d.domain(n, p, what); err != nil {
		return err
	}
	if n.field("boundary") != nil {
		b, err := d.word(n, what, "boundary", boundaryWords)
		if err != nil {
			return err
		}
		p.Boundary = Boundary(b)
	}
	p.Notes, err = d.strings(n, what, "notes")
	return err
}

// domain reads where the prices of a point hold.
func (d *document) domain(n *node, p *Point, what string) error {
	if f := n.field("tick_s"); f != nil {
		v, err := d.quantity(f, what, "tick_s", "s", 15, int64(1e15))
		if err != nil {
			return err
		}
		p.Tick = Femtoseconds(v)
	}
	if err := d.whole(n, what, "events_per_s", &p.EventsPerSecond); err != nil {
		return err
	}
	f := n.field("events_per_cycle")
	if f == nil {
		return nil
	}
	v, err := d.real(f, what, "events_per_cycle")
	if err == nil && v < 0 {
		err = d.fault(f.off, "events_per_cycle of %s is negative: %s", what, f.text)
	}
	p.EventsPerCycle = v
	return err
}

// contained reads the events that the prices of a point hold already. One that
// has a price of its own would be paid twice.
func (d *document) contained(n *node, p *Point, what string) error {
	names, err := d.strings(n, what, "contains")
	if err != nil {
		return err
	}
	for i, name := range names {
		off := n.field("contains").items[i].off
		e, err := count.Parse(name)
		switch {
		case err != nil:
			return d.fault(off, "unknown event %q in contains of %s", name, what)
		case slices.Contains(p.Contains, e):
			return d.fault(off, "%s contains %s twice", what, e)
		case p.coefficient(e) != nil:
			return d.fault(off, "%s prices %s and says that its other prices contain it: it would be paid twice", what, e)
		}
		p.Contains = append(p.Contains, e)
	}
	slices.Sort(p.Contains)
	return nil
}

func (d *document) statics(n *node, p *Point, point string) error {
	items, err := d.list(n, point, "static")
	if err != nil {
		return err
	}
	for i := range items {
		s, err := d.static(&items[i], point)
		if err != nil {
			return err
		}
		switch {
		case p.static(s.Per, s.State) == nil:
		case s.State == Powered:
			return d.fault(items[i].off, "%s has static power per %s twice", point, s.Per)
		default:
			return d.fault(items[i].off, "%s has static power per %s in state %s twice", point, s.Per, s.State)
		}
		p.Static = append(p.Static, *s)
	}
	slices.SortFunc(p.Static, func(a, b Static) int {
		if a.State != b.State {
			return int(a.State) - int(b.State)
		}
		return int(a.Per) - int(b.Per)
	})
	return nil
}

func (d *document) static(n *node, point string) (*Static, error) {
	what := "static power of " + point
	may := []string{"source", "low", "high", "note", "state"}
	if err := d.object(n, what, []string{"per", "value", "unit", "kind"}, may); err != nil {
		return nil, err
	}
	u, err := d.word(n, what, "per", unitWords)
	if err != nil {
		return nil, err
	}
	state := 0
	if n.field("state") != nil {
		if state, err = d.word(n, what, "state", stateWords); err != nil {
			return nil, err
		}
	}
	if Unit(u) == PerMHz && State(state) != Powered {
		return nil, d.fault(n.off, "%s per %s must be of state %s, have %s", what, Unit(u), Powered, State(state))
	}
	what = fmt.Sprintf("static power per %s in %s", Unit(u), point)
	v, banded, err := d.band(n, what, powerUnits, powerScale, int64(maxStatic))
	if err != nil {
		return nil, err
	}
	s := &Static{Per: Unit(u), State: State(state), Banded: banded, Low: Nanowatts(v[0]), Value: Nanowatts(v[1]), High: Nanowatts(v[2])}
	s.Kind, err = d.provenance(n, what, &s.Source, &s.Note)
	return s, err
}

// scopes refuses sums that would count an energy twice.
func (d *document) scopes(n *node, p *Point, what string) error {
	var first [3]*Coefficient
	for i := range p.Coefficients {
		c := &p.Coefficients[i]
		if first[c.Scope] == nil {
			first[c.Scope] = c
		}
	}
	if err := d.scopesAllIn(n, p, what, first); err != nil {
		return err
	}
	if p.running() {
		if len(p.Coefficients) > 0 {
			return d.fault(n.off, "%s has the power of a whole run beside a price (%s); the power already contains every event", what, p.Coefficients[0].Event)
		}
		if p.static(PerChip, Powered) != nil || p.static(PerCore, Powered) != nil || p.static(PerMHz, Powered) != nil {
			return d.fault(n.off, "%s has the power of a whole run beside power of state %s; the first already contains the second", what, Powered)
		}
	}
	m := first[Marginal]
	offset := p.static(PerChip, Powered) != nil || p.static(PerCore, Powered) != nil || p.static(PerMHz, Powered) != nil
	if m != nil && !offset && p.OffsetMissing == "" {
		return d.fault(n.off, "%s has a marginal price (%s) and no static power; a slope needs its offset", what, m.Event)
	}
	if p.OffsetMissing != "" && (m == nil || offset) {
		return d.fault(n.off, "%s has offset_missing, which is for a marginal price without static power", what)
	}
	return nil
}

func (d *document) scopesAllIn(n *node, p *Point, what string, first [3]*Coefficient) error {
	all := first[AllIn]
	if all == nil {
		return nil
	}
	for _, o := range []*Coefficient{first[PerTerm], first[Marginal]} {
		if o != nil {
			return d.fault(n.off, "%s has an all-in price (%s) beside a %s one (%s); an all-in price already contains the other", what, all.Event, o.Scope, o.Event)
		}
	}
	for i := range p.Static {
		if s := &p.Static[i]; s.State == Powered || s.State == Running {
			return d.fault(n.off, "%s has an all-in price (%s) beside static power per %s; an all-in price already contains it", what, all.Event, s.Per)
		}
	}
	if len(p.Coefficients) < 2 {
		return nil
	}
	for _, c := range p.Coefficients {
		if !synaptic(c.Event) {
			return d.fault(n.off, "%s has all-in prices for %d events, %s among them; only the forms of synaptic events may share one", what, len(p.Coefficients), c.Event)
		}
	}
	return nil
}

func synaptic(e count.Event) bool {
	return e == count.SynSparse || e == count.SynDense || e == count.SynConv
}
