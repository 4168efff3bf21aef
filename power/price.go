package power

import (
	"fmt"

	"hillock/isa/count"
)

// DefaultBudget is the power that the brain block compares with: 20 W, the
// convention for a human brain (10 to 25 W are in use).
const DefaultBudget Nanowatts = 20e9

// Line is one priced event class: Joules = Count times Price, bound by bound.
type Line struct {
	Coefficient
	Count  int64
	Joules Band
}

// StaticLine is one way to charge static power: Units powered chips or cores
// for the time of the report.
type StaticLine struct {
	Static
	Units    int64
	Joules   Band
	Headline bool // this line is part of the total
}

// Unpriced is an event class that was counted and has no price.
type Unpriced struct {
	Event count.Event
	Count int64
}

// Report is a census priced at one operating point. Total = Charged + Dynamic
// exactly, where Charged is the headline's static line.
type Report struct {
	Table, TableChip, TableHash string
	Point                       Point
	Chip                        string // of the census, "" = not stated
	Boundary                    Boundary
	Timing                      string // how Time came about: "as counted", "tick of 1 ms"
	Time                        Femtoseconds
	Ticks, Inferences           int64
	ChipsPowered, CoresPowered  int64
	Synaptic                    [3]int64 // events of the sparse, dense and kernel forms

	Lines    []Line       // one per coefficient, counted or not
	Static   []StaticLine // per chip, then per core, where the table has them
	Unpriced []Unpriced   // in the order of count.Event
	Included []Unpriced   // counted events that an all-in price contains

	Dynamic, Charged, Total Band
	Learning                Band     // the part of Dynamic that is synapse learning
	Weakest                 Kind     // of the numbers that entered Total
	Used                    bool     // false if no number entered Total
	Partial                 []string // why Total is not everything, empty if it is
	Budget                  Nanowatts
	Notes                   []string
	Context                 Context
}

// Context is what a caller knows beyond counts and prices. Fields left at
// their zero value are reported as not modelled or not stated.
type Context struct {
	ChipHash      string   // of the chip description
	Accuracy      *float64 // of the image as run, 0 to 1
	FloatAccuracy *float64 // of the float reference, 0 to 1
	PerImage      *Spread  // energy over the inputs
	Synapses      int64    // of the mapped network, for events per synapse
	Baseline      string   // what the comparison is made with
	Validated     string   // the profile's error on its reference cases
}

// Spread is the distribution of the energy of single inputs.
type Spread struct{ Mean, P5, P95 Energy }

// Price prices c at the named point of t. An empty point means the census'
// own, then the table's first. Every count with a price becomes a line; every
// count above zero without one is listed as unpriced and makes the total
// partial. It fails if the point does not exist or c holds a negative number.
func Price(t *Table, point string, c Census) (*Report, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if point == "" {
		point = c.Point
	}
	p, err := t.Point(point)
	if err != nil {
		return nil, err
	}
	r := &Report{
		Table: t.Name, TableChip: t.Chip, TableHash: t.Hash, Point: *p, Chip: c.Chip,
		Boundary: c.Boundary, Timing: "as counted", Time: c.Time, Ticks: c.Ticks, Inferences: c.Inferences,
		ChipsPowered: c.ChipsPowered, CoresPowered: c.CoresPowered, Budget: DefaultBudget,
		Synaptic: [3]int64{c.Counts[count.SynSparse], c.Counts[count.SynDense], c.Counts[count.SynConv]},
	}
	r.priceEvents(&c.Counts)
	r.priceStatic()
	r.Total = r.Charged.Add(r.Dynamic)
	r.judge(t, &c)
	return r, nil
}

func (r *Report) priceEvents(counts *count.Counts) {
	for e := range count.NumEvents {
		n := counts[e]
		c := r.Point.coefficient(e)
		switch {
		case c != nil:
			l := Line{Coefficient: *c, Count: n, Joules: Band{c.Low.Times(n), c.Value.Times(n), c.High.Times(n)}}
			r.Lines = append(r.Lines, l)
			r.Dynamic = r.Dynamic.Add(l.Joules)
			if e == count.LearnUpdates {
				r.Learning = l.Joules
			}
			if n > 0 {
				r.weaken(c.Kind)
			}
		case n == 0:
		case r.Point.allIn() && !synaptic(e):
			r.Included = append(r.Included, Unpriced{e, n})
		default:
			r.Unpriced = append(r.Unpriced, Unpriced{e, n})
		}
	}
}

func (r *Report) weaken(k Kind) {
	r.Weakest, r.Used = max(r.Weakest, k), true
}

// priceStatic charges static power per chip and per core, two views of the
// same watts that are never added. The headline takes the powered cores when
// the boundary is the core, else whole chips; if the table has only the other
// view it takes that.
func (r *Report) priceStatic() {
	want := PerChip
	if r.Boundary == CoreBoundary {
		want = PerCore
	}
	if r.Point.static(want) == nil {
		want = 1 - want
	}
	for _, s := range r.Point.Static {
		n := r.ChipsPowered
		if s.Per == PerCore {
			n = r.CoresPowered
		}
		l := StaticLine{Static: s, Units: n, Headline: s.Per == want}
		l.Joules = Band{s.Low.Over(r.Time, n), s.Value.Over(r.Time, n), s.High.Over(r.Time, n)}
		if l.Headline {
			r.Charged = l.Joules
			if n > 0 && r.Time > 0 {
				r.weaken(s.Kind)
			}
		}
		r.Static = append(r.Static, l)
	}
}

// headline is the static line that is part of the total, nil if there is none.
func (r *Report) headline() *StaticLine {
	for i := range r.Static {
		if r.Static[i].Headline {
			return &r.Static[i]
		}
	}
	return nil
}

// judge collects why the total is partial and what a reader must know.
func (r *Report) judge(t *Table, c *Census) {
	if n := len(r.Unpriced); n > 0 {
		r.Partial = append(r.Partial, fmt.Sprintf("%d counted event classes have no price", n))
	}
	h := r.headline()
	switch {
	case r.Point.allIn():
		r.note("the price is all-in: it holds at its own operating point and contains static power")
	case h == nil:
		r.Partial = append(r.Partial, "static power has no price")
	case r.Time == 0:
		r.Partial = append(r.Partial, "the census has no time, so static power is charged for 0 s")
	case h.Units == 0:
		r.Partial = append(r.Partial, fmt.Sprintf("the census powers 0 %ss, so static power is 0", h.Per))
	}
	if h != nil && h.Per == PerCore && r.Boundary != CoreBoundary {
		r.note("boundary %s, but the table has static power per core only: unused cores are left out", r.Boundary)
	}
	if h != nil && h.Per == PerChip && r.Boundary == CoreBoundary {
		r.note("boundary core, but the table has static power per chip only: unused cores are charged too")
	}
	if r.Boundary > ChipBoundary {
		r.note("boundary %s: nothing outside the chips is priced", r.Boundary)
	}
	if r.Chip != "" && r.Chip != r.TableChip {
		r.note("the counts are of chip %s, the prices of chip %s", r.Chip, r.TableChip)
	}
	r.overlaps(&c.Counts)
	for i := range r.Lines {
		if l := &r.Lines[i]; l.Count > 0 && !l.Banded {
			r.note("%s: no full band published, missing bounds equal the value", l.Event)
		}
	}
	r.Notes = append(r.Notes, r.Point.Notes...)
	r.Notes = append(r.Notes, t.Notes...)
}

// overlaps notes sums whose terms a reader could take for double counting.
func (r *Report) overlaps(c *count.Counts) {
	all, active := r.Point.coefficient(count.Updates), r.Point.coefficient(count.UpdatesActive)
	if all != nil && active != nil {
		r.note("an active update costs %s pJ on top of the %s pJ of every update: %s pJ in all",
			pico(active.Value), pico(all.Value), pico(active.Value+all.Value))
	}
	if c[count.UpdatesActive] > c[count.Updates] {
		r.note("the census has %d active updates among %d updates", c[count.UpdatesActive], c[count.Updates])
	}
	marginal, term := false, false
	for i := range r.Point.Coefficients {
		switch r.Point.Coefficients[i].Scope {
		case Marginal:
			marginal = true
		case PerTerm:
			term = true
		}
	}
	if marginal {
		r.note("a marginal price is a slope: it holds for the mix of events on which it was fitted")
	}
	if marginal && term {
		r.note("marginal and per-term prices are summed: a slope may already hold a per-term share")
	}
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// PriceAll prices c at every point of t, in the table's order. The spread over
// the points is the honest error bar of a table with more than one.
func PriceAll(t *Table, c Census) ([]*Report, error) {
	out := make([]*Report, 0, len(t.Points))
	for i := range t.Points {
		r, err := Price(t, t.Points[i].Name, c)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Pair is one census priced at two times: as counted (free-running) and at a
// fixed tick (real time). Counts and Dynamic are equal in both.
type Pair struct {
	Counted *Report
	AtTick  *Report
	Tick    Femtoseconds
}

// PricePair prices c twice, at its own time and at ticks of the given length,
// normally Millisecond. It fails as Price does, if tick is not above 0 or if
// the ticks last longer than a Femtoseconds can hold (9223 s).
func PricePair(t *Table, point string, c Census, tick Femtoseconds) (*Pair, error) {
	if tick <= 0 {
		return nil, fmt.Errorf("power: a tick of %d fs, need above 0", tick)
	}
	counted, err := Price(t, point, c)
	if err != nil {
		return nil, err
	}
	if limit := (1<<63 - 1) / int64(tick); c.Ticks > limit {
		return nil, fmt.Errorf("power: %d ticks of %s, limit %d", c.Ticks, engineering(tick.Seconds(), "s"), limit)
	}
	c.Time = Femtoseconds(c.Ticks * int64(tick))
	at, err := Price(t, point, c)
	if err != nil {
		return nil, err
	}
	at.Timing = "tick of " + short(tick.Seconds(), "s")
	if counted.Time > at.Time {
		at.note("the machine needs %s for what %d ticks of %s allow %s: it does not keep this tick",
			short(counted.Time.Seconds(), "s"), c.Ticks, short(tick.Seconds(), "s"), short(at.Time.Seconds(), "s"))
	}
	return &Pair{counted, at, tick}, nil
}

// SetBudget sets the power of the brain block in both reports.
func (p *Pair) SetBudget(w Nanowatts) { p.Counted.Budget, p.AtTick.Budget = w, w }

// SetContext sets the context of both reports.
func (p *Pair) SetContext(c Context) { p.Counted.Context, p.AtTick.Context = c, c }
