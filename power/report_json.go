package power

// EnergySchema is the schema field of an energy report in JSON.
const EnergySchema = "hillock/energy/1"

// ReportJSON is a report as the energy verb prints it. Energies, prices, powers
// and times that are exact inside are exact decimals in joules, watts and
// seconds; quotients are rounded to float64 and null where they do not exist.
type ReportJSON struct {
	Schema       string       `json:"schema"`
	Table        string       `json:"table"`
	TableHash    string       `json:"table_hash"`
	TableChip    string       `json:"table_chip"`
	Chip         string       `json:"chip"`
	Point        string       `json:"point"`
	Supply       string       `json:"supply"`
	Node         string       `json:"node"`
	Temperature  string       `json:"temperature"`
	Boundary     string       `json:"boundary"`
	Timing       string       `json:"timing"`
	Seconds      Femtoseconds `json:"seconds"`
	Ticks        int64        `json:"ticks"`
	Inferences   int64        `json:"inferences"`
	ChipsPowered int64        `json:"chips_powered"`
	CoresPowered int64        `json:"cores_powered"`

	Headline     string       `json:"headline"` // "total", "partial" (see Partial) or "not known"
	Energy       EnergyJSON   `json:"energy"`
	Basis        string       `json:"basis"` // what the total is made of
	PowerW       *float64     `json:"power_w"`
	PowerSpan    *Span        `json:"power_w_range"`
	PerInference *Span        `json:"energy_per_inference"`
	PerCorrect   *Span        `json:"energy_per_correct_decision"`
	OverInputs   *SpreadJSON  `json:"energy_over_inputs"`
	PerEvent     *Span        `json:"energy_per_synaptic_event"`
	EDP          *Span        `json:"energy_delay_product"`
	WeakestKind  string       `json:"weakest_kind"`
	Partial      []string     `json:"partial"`
	Unpriced     []string     `json:"unpriced"`
	UnpricedN    []CountJSON  `json:"unpriced_counts"`
	Included     []CountJSON  `json:"included_in_all_in"`
	Lines        []LineJSON   `json:"lines"`
	Static       []StaticJSON `json:"static_lines"`
	Idle         []IdleJSON   `json:"over_idle"`
	Groups       []GroupJSON  `json:"groups"`
	Cycles       *CyclesJSON  `json:"cycles"`
	Sensitivity  []LeverJSON  `json:"sensitivity"`
	Validated    string       `json:"validated"`
	Use          string       `json:"recommended_for"`
	BreakEven    []BreakEven  `json:"break_even"`
	Baseline     *Baseline    `json:"baseline"` // null: the size of the network is not stated
	Brain        BrainJSON    `json:"brain"`
	Yardsticks   []Yardstick  `json:"yardsticks"`
	Checklist    []Check      `json:"checklist"`
	Notes        []string     `json:"notes"`
	Points       []PointJSON  `json:"points,omitempty"` // every point of the table
	AtTick       *ReportJSON  `json:"at_tick,omitempty"`
}

// EnergyJSON is the totals of a report, in joules.
type EnergyJSON struct {
	Static   Band  `json:"static"`
	Dynamic  Band  `json:"dynamic"`
	Total    *Band `json:"total"`    // null: nothing that was counted has a price
	Learning Band  `json:"learning"` // part of dynamic
}

// CountJSON is a counted event class.
type CountJSON struct {
	Event string `json:"event"`
	Count int64  `json:"count"`
}

// LineJSON is one priced event class: joules = count times coefficient, in J.
type LineJSON struct {
	Event           string     `json:"event"`
	Count           int64      `json:"count"`
	Coefficient     Attojoules `json:"coefficient"`
	CoefficientLow  Attojoules `json:"coefficient_low"`
	CoefficientHigh Attojoules `json:"coefficient_high"`
	Kind            string     `json:"kind"`
	Scope           string     `json:"scope"`
	Source          string     `json:"source"`
	Note            string     `json:"note,omitempty"`
	Joules          Energy     `json:"joules"`
	JoulesLow       Energy     `json:"joules_low"`
	JoulesHigh      Energy     `json:"joules_high"`
}

// StaticJSON is one way to charge static power: joules = units times watts
// times the report's seconds. Only the headline's line is in the total.
type StaticJSON struct {
	Per        string    `json:"per"`
	Units      int64     `json:"units"`
	Watts      Nanowatts `json:"watts"`
	WattsLow   Nanowatts `json:"watts_low"`
	WattsHigh  Nanowatts `json:"watts_high"`
	Kind       string    `json:"kind"`
	Source     string    `json:"source"`
	Note       string    `json:"note,omitempty"`
	Joules     Energy    `json:"joules"`
	JoulesLow  Energy    `json:"joules_low"`
	JoulesHigh Energy    `json:"joules_high"`
	Headline   bool      `json:"headline"`
}

// BrainJSON is the comparison with a brain, all against estimates.
type BrainJSON struct {
	Budget          Nanowatts `json:"budget_w"`
	PowerShare      *float64  `json:"power_share"`
	PowerSpan       *Span     `json:"power_share_range"`
	EventShare      *float64  `json:"event_share"`
	EventSpan       *Span     `json:"event_share_range"`
	EventsPerSecond *Span     `json:"events_per_s_at_budget"`
	BrainEvents     Span      `json:"brain_events_per_s"`
	Label           string    `json:"label"`
}

func optional(s Span, ok bool) *Span {
	if !ok {
		return nil
	}
	return &s
}

func nominal(s *Span) *float64 {
	if s == nil {
		return nil
	}
	return &s.Nominal
}

// JSON is r in the form that the energy verb prints.
func (r *Report) JSON() ReportJSON {
	j := ReportJSON{
		Schema: EnergySchema, Table: r.Table, TableHash: r.TableHash, TableChip: r.TableChip, Chip: r.Chip,
		Point: r.Point.Name, Supply: r.Point.Supply, Node: r.Point.Node, Temperature: r.Point.Temperature,
		Boundary: r.Boundary.String(), Timing: r.Timing, Seconds: r.Time, Ticks: r.Ticks, Inferences: r.Inferences,
		ChipsPowered: r.ChipsPowered, CoresPowered: r.CoresPowered,
		Energy: EnergyJSON{r.Charged, r.Dynamic, nil, r.Learning}, Headline: r.headlineWord(),
		PowerSpan:   optional(r.Power()),
		WeakestKind: r.weakestWord(), Basis: r.Basis(),
		Partial:  append([]string{}, r.Partial...),
		Unpriced: []string{}, UnpricedN: countsJSON(r.Unpriced), Included: countsJSON(r.Included),
		Lines: []LineJSON{}, Static: []StaticJSON{},
		Brain: r.brainJSON(), Checklist: r.Checklist(), Notes: append([]string{}, r.Notes...),
	}
	if r.Used {
		j.Energy.Total = &r.Total
	}
	r.moreJSON(&j)
	j.PowerW = nominal(j.PowerSpan)
	j.PerInference = optional(r.PerInference())
	j.PerEvent = optional(r.PerEvent())
	j.EDP = optional(r.EDP())
	for _, u := range r.Unpriced {
		j.Unpriced = append(j.Unpriced, u.Event.String())
	}
	for _, l := range r.Lines {
		j.Lines = append(j.Lines, LineJSON{l.Event.String(), l.Count, l.Value, l.Low, l.High, l.Kind.String(),
			l.Scope.String(), l.Source, l.Note, l.Joules.Nominal, l.Joules.Low, l.Joules.High})
	}
	for _, s := range r.Static {
		j.Static = append(j.Static, StaticJSON{s.Per.String(), s.Units, s.Value, s.Low, s.High, s.Kind.String(),
			s.Source, s.Note, s.Joules.Nominal, s.Joules.Low, s.Joules.High, s.Headline})
	}
	return j
}

func countsJSON(list []Unpriced) []CountJSON {
	out := []CountJSON{}
	for _, u := range list {
		out = append(out, CountJSON{u.Event.String(), u.Count})
	}
	return out
}

func (r *Report) brainJSON() BrainJSON {
	b := r.Brain()
	j := BrainJSON{
		Budget:      r.Budget,
		PowerSpan:   optional(b.PowerShare, b.HasPower),
		EventSpan:   optional(b.EventShare, b.HasEvents),
		BrainEvents: Span{BrainEventsLow, BrainEventsNominal, BrainEventsHigh},
		Label:       "estimates: the brain's event rate has not been measured",
	}
	j.EventsPerSecond = optional(b.EventsPerSecond, b.HasEvents)
	j.PowerShare, j.EventShare = nominal(j.PowerSpan), nominal(j.EventSpan)
	return j
}

// JSON is the report at the counted time, with the one at the tick inside.
func (p *Pair) JSON() ReportJSON {
	j := p.Counted.JSON()
	if p.Counted.Ticks > 0 {
		at := p.AtTick.JSON()
		j.AtTick = &at
	}
	return j
}
