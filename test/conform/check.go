package conform

import (
	"fmt"
	"strconv"
)

// checker compares recorded values with those of the replay.
type checker struct {
	res     *Result
	engines []string
	engine  string // engine of the run in hand, "" = none
}

// onEngines replays a case on one engine after the other.
func (c *checker) onEngines(replay func(engine string) error) error {
	for _, c.engine = range c.engines {
		if err := replay(c.engine); err != nil {
			return err
		}
	}
	c.engine = ""
	return nil
}

// equal compares one value of a tick.
func (c *checker) equal(field string, tick, index int, want, got int64) {
	c.res.Compared++
	if want != got {
		c.miss(Failure{Field: field, Tick: tick, Index: index, Want: strconv.FormatInt(want, 10), Got: strconv.FormatInt(got, 10)})
	}
}

// equalAt is equal for values that have no tick; where says in words which
// value it is and is only called for a difference.
func (c *checker) equalAt(field string, index int, want, got int64, where func() string) {
	c.res.Compared++
	if want != got {
		c.miss(Failure{Field: field, Tick: -1, Index: index, Where: where(), Want: strconv.FormatInt(want, 10), Got: strconv.FormatInt(got, 10)})
	}
}

// spikes compares two ascending index lists of one tick, of n neurons.
func (c *checker) spikes(field string, tick, n int, want, got []int32) {
	c.res.Compared += int64(n)
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(got) == 0 || len(want) > 0 && want[0] < got[0]:
			c.miss(Failure{Field: field, Tick: tick, Index: int(want[0]), Want: "1", Got: "0"})
			want = want[1:]
		case len(want) == 0 || got[0] < want[0]:
			c.miss(Failure{Field: field, Tick: tick, Index: int(got[0]), Want: "0", Got: "1"})
			got = got[1:]
		default:
			want, got = want[1:], got[1:]
		}
	}
}

func (c *checker) miss(f Failure) {
	c.res.Mismatches++
	if len(c.res.failures) < MaxFailures {
		f.File, f.Kind, f.Engine = c.res.File, c.res.Kind, c.engine
		c.res.failures = append(c.res.failures, f)
	}
}

// verdict closes a replay that ran to its end.
func (c *checker) verdict() Result {
	r := c.res
	switch {
	case r.Mismatches > 0:
		f := r.failures[0]
		r.Status, r.Reason = Failed, fmt.Sprintf("%d of %d values differ, first %s", r.Mismatches, r.Compared, f.place())
	case r.Compared == 0:
		return r.damaged(&fieldError{need: "recorded values", have: "nothing to compare"})
	default:
		r.Status = Passed
	}
	return *r
}

// place is where a failure is and what differs, in one line.
func (f Failure) place() string {
	s := f.Field
	if f.Tick >= 0 {
		s += fmt.Sprintf(", tick %d", f.Tick)
	}
	if f.Index >= 0 {
		s += fmt.Sprintf(", index %d", f.Index)
	}
	if f.Where != "" {
		s += " (" + f.Where + ")"
	}
	s += fmt.Sprintf(": want %s, got %s", f.Want, f.Got)
	if f.Engine != "" {
		s += " on engine " + f.Engine
	}
	return s
}
