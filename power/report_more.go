package power

// SpreadJSON is the energy of single inputs, nominal, in joules.
type SpreadJSON struct {
	Mean   Energy `json:"mean"`
	P5     Energy `json:"p5"`
	P95    Energy `json:"p95"`
	Inputs int    `json:"inputs"`
}

// IdleJSON is what the total exceeds an idle power by, in joules.
type IdleJSON struct {
	State        string    `json:"state"`
	Per          string    `json:"per"`
	Units        int64     `json:"units"`
	Watts        Nanowatts `json:"watts"`
	Kind         string    `json:"kind"`
	Source       string    `json:"source"`
	Over         Band      `json:"over"`
	PerInference *Span     `json:"over_per_inference"`
}

// GroupJSON is the dynamic energy of a group of events, in joules.
type GroupJSON struct {
	Group  string   `json:"group"`
	Events []string `json:"events"` // that have a price
	Joules Band     `json:"joules"`
}

// CyclesJSON is the cycle model of a table applied to the census.
type CyclesJSON struct {
	PerTick *float64 `json:"per_tick"`
	ClockHz *float64 `json:"clock_hz"`
	Source  string   `json:"source"`
	Missing []string `json:"missing_parameters"`
}

// LeverJSON is one number of the sensitivity, widest swing first.
type LeverJSON struct {
	Name  string  `json:"name"`
	Kind  string  `json:"kind"`
	Share float64 `json:"share"`
	Swing Energy  `json:"swing"`
	Low   Energy  `json:"total_at_low"`
	High  Energy  `json:"total_at_high"`
}

// moreJSON fills in what goes beyond the sum.
func (r *Report) moreJSON(j *ReportJSON) {
	j.PerCorrect = optional(r.PerCorrect())
	if s := r.Context.PerImage; s != nil {
		j.OverInputs = &SpreadJSON{s.Mean, s.P5, s.P95, s.N}
	}
	j.Idle, j.Groups, j.Sensitivity = []IdleJSON{}, []GroupJSON{}, []LeverJSON{}
	for _, l := range r.Idle {
		o := IdleJSON{State: l.State.String(), Per: l.Per.String(), Units: l.Units, Watts: l.Value, Kind: l.Kind.String(), Source: l.Source, Over: l.Over}
		if r.Inferences > 0 {
			s := l.Over.per(r.Inferences)
			o.PerInference = &s
		}
		j.Idle = append(j.Idle, o)
	}
	for g, band := range r.Groups() {
		o := GroupJSON{Group: Group(g).String(), Events: []string{}, Joules: band}
		for i := range r.Lines {
			if GroupOf(r.Lines[i].Event) == Group(g) {
				o.Events = append(o.Events, r.Lines[i].Event.String())
			}
		}
		if len(o.Events) > 0 {
			j.Groups = append(j.Groups, o)
		}
	}
	for _, l := range r.Sensitivity() {
		j.Sensitivity = append(j.Sensitivity, LeverJSON{l.Name, l.Kind.String(), l.Share, l.Swing(), l.Low, l.High})
	}
	j.BreakEven, j.Yardsticks = append([]BreakEven{}, r.BreakEven()...), r.Yardsticks()
	if b, ok := r.Baseline(); ok {
		j.Baseline = &b
	}
	j.Validated, j.Use = r.Point.Validated, r.Point.Use
	if c := r.Cycles; c != nil {
		j.Cycles = &CyclesJSON{Source: c.Source, Missing: append([]string{}, c.Missing...)}
		if c.PerTick != nil {
			v, _ := c.PerTick.Float64()
			j.Cycles.PerTick = &v
		}
		if c.Clock > 0 {
			j.Cycles.ClockHz = &c.Clock
		}
	}
}

// PointJSON is one operating point of a comparison.
type PointJSON struct {
	Table       string   `json:"table"`
	Point       string   `json:"point"`
	Headline    string   `json:"headline"`
	Total       *Band    `json:"total"`
	PowerW      *float64 `json:"power_w"`
	WeakestKind string   `json:"weakest_kind"`
	Partial     []string `json:"partial"`
	Validated   string   `json:"validated"`
	Use         string   `json:"recommended_for"`
}

// PointsJSON is one entry per report, in order.
func PointsJSON(reports []*Report) []PointJSON {
	out := make([]PointJSON, 0, len(reports))
	for _, r := range reports {
		j := PointJSON{Table: r.Table, Point: r.Point.Name, Headline: r.headlineWord(), WeakestKind: r.weakestWord(),
			Partial: append([]string{}, r.Partial...), Validated: r.Point.Validated, Use: r.Point.Use, PowerW: nominal(optional(r.Power()))}
		if r.Used {
			j.Total = &r.Total
		}
		out = append(out, j)
	}
	return out
}
