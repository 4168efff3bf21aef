package power

import (
	"fmt"
	"math"

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
	Title, Source               string // of the census, "" = not stated
	Boundary                    Boundary
	Timing                      string // how Time came about: "as counted", "tick of 1 ms"
	Time                        Femtoseconds
	Ticks, Inferences           int64
	ChipsPowered, CoresPowered  int64
	Synaptic                    [3]int64 // events of the sparse, dense and kernel forms

	Lines    []Line       // one per coefficient, counted or not
	Static   []StaticLine // of state powered or running, in the table's order
	Idle     []IdleLine   // of states idle-cold and idle-warm
	Unpriced []Unpriced   // in the order of count.Event
	Included []Unpriced   // counted events that the other prices contain
	Clock    Hertz        // of the census, else of the point, 0 = not stated
	Cycles   *CycleCount  // nil: the table has no cycle model

	Dynamic, Charged, Total Band
	Learning                Band     // the part of Dynamic that is synapse learning
	Weakest                 Kind     // of the numbers that entered Total
	Used                    bool     // false if no number entered Total
	Partial                 []string // why Total is not everything, empty if it is
	counts                  count.Counts
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
	Network       *Network // what was run, for the baseline
	Baseline      string   // what else the comparison is made with
	Validated     string   // the profile's error on its reference cases, "" = as the point says
	Samples       []Sample // counts of single inferences, for PerImage
}

// Refusal is a census that cannot be priced because nobody published what ran.
type Refusal struct{ Reason string }

// Error is the reason.
func (r *Refusal) Error() string { return "power: not priced: " + r.Reason }

// Spread is the distribution of the energy of single inputs.
type Spread struct {
	Mean, P5, P95 Energy
	N             int // inputs
}

// Price prices c at the named point of t. An empty point means the census'
// own, then the table's first. Every count with a price becomes a line; every
// count above zero without one is listed as unpriced and makes the total
// partial. It fails if the point does not exist, if c holds a negative number,
// or with a *Refusal if c says that its activity was not published.
func Price(t *Table, point string, c Census) (*Report, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Unpublished != "" {
		return nil, &Refusal{c.Unpublished}
	}
	if point == "" {
		point = c.Point
	}
	p, err := t.Point(point)
	if err != nil {
		return nil, err
	}
	return priceAt(t, p, &c)
}

// priceAt prices a checked census at p, a point of t or one made from it.
func priceAt(t *Table, p *Point, c *Census) (*Report, error) {
	r := &Report{
		Table: t.Name, TableChip: t.Chip, TableHash: t.Hash, Point: *p, Chip: c.Chip,
		Boundary: c.Boundary, Timing: "as counted", Time: c.Time, Ticks: c.Ticks, Inferences: c.Inferences,
		ChipsPowered: c.ChipsPowered, CoresPowered: c.CoresPowered, Budget: DefaultBudget,
		Synaptic: [3]int64{c.Counts[count.SynSparse], c.Counts[count.SynDense], c.Counts[count.SynConv]},
		Clock:    p.Clock, Context: c.context(), counts: c.Counts, Title: c.Title, Source: c.Source,
	}
	if c.Clock > 0 {
		r.Clock = c.Clock
	}
	if t.Cycles != nil {
		var err error
		if r.Cycles, err = t.Cycles.Count(c); err != nil {
			return nil, err
		}
	}
	r.priceEvents(&c.Counts)
	if err := r.priceStatic(); err != nil {
		return nil, err
	}
	r.Total = r.Charged.Add(r.Dynamic)
	r.priceIdle()
	r.spread()
	r.judge(t, c)
	return r, nil
}

// context is what a census says beyond counts.
func (c *Census) context() Context {
	x := Context{ChipHash: c.ChipHash, Accuracy: c.Accuracy, FloatAccuracy: c.FloatAccuracy, Network: c.Network, Samples: c.Samples}
	if c.Network != nil {
		x.Synapses = c.Network.Synapses
	}
	return x
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
		case r.Point.contains(e):
			r.Included = append(r.Included, Unpriced{e, n})
		default:
			r.Unpriced = append(r.Unpriced, Unpriced{e, n})
		}
	}
}

func (r *Report) weaken(k Kind) {
	r.Weakest, r.Used = max(r.Weakest, k), true
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
	case r.Point.OffsetMissing != "":
		r.Partial = append(r.Partial, "the offset of a marginal price is missing: "+r.Point.OffsetMissing)
	case h == nil:
		r.Partial = append(r.Partial, "static power has no price")
	case r.Time == 0:
		r.Partial = append(r.Partial, "the census has no time, so static power is charged for 0 s")
	case h.Units == 0:
		r.Partial = append(r.Partial, fmt.Sprintf("the census powers 0 %ss, so static power is 0", h.Per.thing()))
	}
	r.judgeBoundary(h)
	r.overlaps(&c.Counts)
	for i := range r.Lines {
		if l := &r.Lines[i]; l.Count > 0 && !l.Banded {
			r.note("%s: no full band published, missing bounds equal the value", l.Event)
		}
	}
	if n := len(r.Included); n > 0 && !r.Point.allIn() && !r.Point.running() {
		r.note("%d counted event classes are contained in the other prices and not charged again", n)
	}
	r.Notes = append(r.Notes, r.Point.Notes...)
	r.Notes = append(r.Notes, t.Notes...)
}

// judgeBoundary notes where prices and census are about different things; h is
// the headline.
func (r *Report) judgeBoundary(h *StaticLine) {
	if h != nil && h.Per == PerCore && h.State == Powered && r.Boundary != CoreBoundary {
		r.note("boundary %s, but the table has static power per core only: unused cores are left out", r.Boundary)
	}
	if h != nil && h.Per == PerChip && r.Boundary == CoreBoundary {
		r.note("boundary core, but the table has static power per chip only: unused cores are charged too")
	}
	if r.Boundary > ChipBoundary && r.Boundary > r.Point.Boundary {
		r.note("boundary %s: nothing outside the %ss is priced", r.Boundary, r.Point.Boundary)
	}
	if r.Point.Boundary > r.Boundary {
		r.note("the prices hold for boundary %s: more than the census' boundary %s is in the total", r.Point.Boundary, r.Boundary)
	}
	if r.Point.running() && len(r.Included) > 0 {
		r.Partial = append(r.Partial, "the power is of one measured workload and not of these counts, which do not move it")
	}
	r.domain()
	if r.Chip != "" && r.Chip != r.TableChip {
		r.note("the counts are of chip %s, the prices of chip %s", r.Chip, r.TableChip)
	}
}

// domain notes where a census lies outside of what a point was measured for.
func (r *Report) domain() {
	p := &r.Point
	if p.Tick > 0 && r.Ticks > 0 && r.Time > 0 {
		if have := r.Time.Seconds() / float64(r.Ticks); math.Abs(have/p.Tick.Seconds()-1) > 0.01 {
			r.note("outside the point: its static power holds for a tick of %s, the census' tick is %s", short(p.Tick.Seconds(), "s"), short(have, "s"))
		}
	}
	if r.Time <= 0 {
		return
	}
	rate := r.events() / r.Time.Seconds()
	if p.EventsPerSecond > 0 && rate > 0 {
		if x := rate / float64(p.EventsPerSecond); x < 0.9 || x > 1.1 {
			r.note("outside the point: its all-in price was measured at %.3g synaptic events/s, the census has %.3g times as many", float64(p.EventsPerSecond), x)
		}
	}
	if p.EventsPerCycle > 0 && r.Clock > 0 {
		if have := rate / float64(r.Clock); have > p.EventsPerCycle {
			r.Partial = append(r.Partial, fmt.Sprintf("outside the point: %.3g synaptic events per cycle of the clock, the chip makes at most %g", have, p.EventsPerCycle))
		}
	}
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
