package power

import (
	"fmt"
	"slices"
)

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
	if n := int64(len(c.Samples)); n > 0 {
		c.Samples = slices.Clone(c.Samples)
		for i := range c.Samples {
			c.Samples[i].Time = c.Time / Femtoseconds(n)
		}
	}
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

// SetContext sets the context of both reports; a spread over inputs that they
// priced themselves stays.
func (p *Pair) SetContext(c Context) {
	for _, r := range []*Report{p.Counted, p.AtTick} {
		own := r.Context.PerImage
		r.Context = c
		if c.PerImage == nil {
			r.Context.PerImage = own
		}
	}
}
