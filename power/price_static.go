package power

import (
	"fmt"
	"math/big"
)

// IdleLine is an idle power with what the total exceeds it by, which is what a
// published "dynamic" energy over that idle means. Its bounds take the far
// bound of the idle.
type IdleLine struct {
	Static
	Units int64
	Over  Band
}

// priceStatic charges static power. Power per chip and per core are two views
// of the same watts that are never added: the headline takes the powered cores
// when the boundary is the core, else whole chips; if the table has only the
// other view it takes that. Power per megahertz of the clock is added to it.
func (r *Report) priceStatic() error {
	state := Powered
	if r.Point.running() {
		state = Running
	}
	want := PerChip
	if r.Boundary == CoreBoundary {
		want = PerCore
	}
	if r.Point.static(want, state) == nil {
		want = PerChip + PerCore - want
	}
	for _, s := range r.Point.Static {
		if s.State != state {
			continue
		}
		n := r.ChipsPowered
		if s.Per == PerCore {
			n = r.CoresPowered
		}
		if s.Per == PerMHz {
			if r.Clock == 0 {
				r.Partial = append(r.Partial, "neither the census nor the point has a clock, so the clock's power is not charged")
				continue
			}
			if err := s.clocked(r.Clock); err != nil {
				return err
			}
		}
		l := StaticLine{Static: s, Units: n, Headline: s.Per == want || s.Per == PerMHz}
		l.Joules = s.over(r.Time, n)
		if l.Headline {
			r.Charged = r.Charged.Add(l.Joules)
			if n > 0 && r.Time > 0 {
				r.weaken(s.Kind)
			}
		}
		r.Static = append(r.Static, l)
	}
	return nil
}

func (s *Static) over(t Femtoseconds, n int64) Band {
	return Band{s.Low.Over(t, n), s.Value.Over(t, n), s.High.Over(t, n)}
}

// clocked turns a power per megahertz into the power at a clock, rounded to
// whole nanowatts.
func (s *Static) clocked(f Hertz) error {
	s.Note = fmt.Sprintf("%s uW per MHz at %s", decimal(big.NewInt(int64(s.Value)), -3), short(float64(f), "Hz"))
	for _, w := range []*Nanowatts{&s.Low, &s.Value, &s.High} {
		v := new(big.Int).Mul(big.NewInt(int64(*w)), big.NewInt(int64(f)))
		v.Add(v, big.NewInt(500_000))
		v.Div(v, big.NewInt(1_000_000))
		if !v.IsInt64() {
			return fmt.Errorf("power: a clock of %d Hz at %d nW per MHz is beyond all chips", f, *w)
		}
		*w = Nanowatts(v.Int64())
	}
	return nil
}

// priceIdle says by what the total exceeds each idle power of the point.
func (r *Report) priceIdle() {
	for _, s := range r.Point.Static {
		if s.State != IdleCold && s.State != IdleWarm {
			continue
		}
		n := r.ChipsPowered
		if s.Per == PerCore {
			n = r.CoresPowered
		}
		idle := s.over(r.Time, n)
		r.Idle = append(r.Idle, IdleLine{s, n, Band{
			r.Total.Low.Sub(idle.High), r.Total.Nominal.Sub(idle.Nominal), r.Total.High.Sub(idle.Low),
		}})
	}
}

// idle is the idle line of a state, nil if the point has none.
func (r *Report) idle(s State) *IdleLine {
	for i := range r.Idle {
		if r.Idle[i].State == s {
			return &r.Idle[i]
		}
	}
	return nil
}

// headline is the first static line that is part of the total, nil if there is
// none.
func (r *Report) headline() *StaticLine {
	for i := range r.Static {
		if r.Static[i].Headline {
			return &r.Static[i]
		}
	}
	return nil
}
