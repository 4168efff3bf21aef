package power

import (
	"fmt"

	"hillock/isa/count"
)

// Check is one row of the checklist that an energy report must satisfy:
// present, or said not to be modelled.
type Check struct {
	Item   int    `json:"item"`
	Name   string `json:"name"`
	Status string `json:"status"` // "present" or "not modelled"
	Detail string `json:"detail"`
}

// The two values of Check.Status.
const (
	Present     = "present"
	NotModelled = "not modelled"
)

// Checklist is the sixteen rows, in order.
func (r *Report) Checklist() []Check {
	rows := []func() (string, bool, string){
		r.checkProfile, r.checkCoefficients, r.checkScopes, r.checkCensus, r.checkStatic, r.checkBoundary,
		r.checkTime, r.checkHost, r.checkAccuracy, r.checkSpread, r.checkBaseline, r.checkEDP,
		r.checkBands, r.checkUnpriced, r.checkBrain, r.checkLearning,
	}
	out := make([]Check, len(rows))
	for i, f := range rows {
		name, ok, detail := f()
		out[i] = Check{i + 1, name, NotModelled, detail}
		if ok {
			out[i].Status = Present
		}
	}
	return out
}

func stated(s string) string {
	if s == "" {
		return "not stated"
	}
	return s
}

func (r *Report) checkProfile() (string, bool, string) {
	d := fmt.Sprintf("table %s, chip description %s, supply %s, node %s, temperature %s", r.TableHash,
		stated(r.Context.ChipHash), stated(r.Point.Supply), stated(r.Point.Node), stated(r.Point.Temperature))
	return "profile, node, supply, temperature", r.Point.Supply != "" && r.Point.Node != "", d
}

func (r *Report) checkCoefficients() (string, bool, string) {
	return "value, kind, scope, source of every coefficient", true, "weakest kind: " + r.weakestWord()
}

func (r *Report) weakestWord() string {
	if !r.Used {
		return "none used"
	}
	return r.Weakest.String()
}

func (r *Report) checkScopes() (string, bool, string) {
	return "no scopes mixed", true, "checked when the table was read"
}

func (r *Report) checkCensus() (string, bool, string) {
	return "event census", true, fmt.Sprintf("%d event classes counted; bits between chips are not", count.NumEvents)
}

func (r *Report) checkStatic() (string, bool, string) {
	const name = "static and dynamic; idle cold and warm"
	h := r.headline()
	if h == nil {
		return name, false, "no static power in the table"
	}
	return name, true, fmt.Sprintf("static of %d powered %s; dynamic is the sum of counted events; idle cold and warm not told apart", h.Units, plural(h.Units, h.Per.String()))
}

func plural(n int64, s string) string {
	if n == 1 {
		return s
	}
	return s + "s"
}

func (r *Report) checkBoundary() (string, bool, string) {
	d := r.Boundary.String()
	if r.Boundary > ChipBoundary {
		d += ", of which only the chips are priced"
	}
	return "boundary", true, d
}

func (r *Report) checkTime() (string, bool, string) {
	d := fmt.Sprintf("%s, %d ticks, %d inferences, batch 1; latency to the decision not told apart", r.Timing, r.Ticks, r.Inferences)
	return "time, ticks, throughput", r.Time > 0 && r.Ticks > 0, d
}

func (r *Report) checkHost() (string, bool, string) {
	in, out := r.Point.coefficient(count.HostIn), r.Point.coefficient(count.HostOut)
	if in == nil || out == nil {
		return "encoding, decoding, sensor, host I/O", false, "host spikes are counted, without a price for both ways"
	}
	return "encoding, decoding, sensor, host I/O", true, "host spikes in and out; sensor and host processor are not"
}

func (r *Report) checkAccuracy() (string, bool, string) {
	const name = "accuracy, energy per correct decision"
	a := r.Context.Accuracy
	if a == nil {
		return name, false, "no labels in this report"
	}
	d := fmt.Sprintf("%.4g as run", *a)
	if f := r.Context.FloatAccuracy; f != nil {
		d += fmt.Sprintf(", %.4g in float", *f)
	}
	if e, ok := r.PerCorrect(); ok {
		d += ", " + short(e.Nominal, "J") + " per correct decision"
	}
	return name, true, d
}

func (r *Report) checkSpread() (string, bool, string) {
	const name = "distribution over inputs, activity"
	s := r.Context.PerImage
	rate, verdict, ok := r.Activity()
	act := "synaptic events per synapse unknown"
	if ok {
		act = fmt.Sprintf("%.3g synaptic events per synapse and inference, %s", rate, verdict)
	}
	if s == nil {
		return name, false, "one mean only; " + act
	}
	return name, true, fmt.Sprintf("mean %s, p5 %s, p95 %s; %s", s.Mean, s.P5, s.P95, act)
}

func (r *Report) checkBaseline() (string, bool, string) {
	if r.Context.Baseline == "" {
		return "baselines", false, "no comparison is made"
	}
	return "baselines", true, r.Context.Baseline
}

func (r *Report) checkEDP() (string, bool, string) {
	e, ok := r.EDP()
	if !ok {
		return "energy-delay product", false, "needs time and inferences"
	}
	return "energy-delay product", true, short(e.Nominal, "Js") + " per inference"
}

func (r *Report) checkBands() (string, bool, string) {
	d := "low, nominal, high from the coefficients; error on reference cases " + stated(r.Context.Validated)
	return "uncertainty", true, d
}

func (r *Report) checkUnpriced() (string, bool, string) {
	return "unpriced terms", true, fmt.Sprintf("%d listed", len(r.Unpriced))
}

func (r *Report) checkBrain() (string, bool, string) {
	b := r.Brain()
	if !b.HasPower && !b.HasEvents {
		return "brain line", false, "needs time or synaptic events, and energy"
	}
	return "brain line", true, "power share and event-rate share, both against estimates"
}

func (r *Report) checkLearning() (string, bool, string) {
	const name = "learning apart from inference"
	for _, u := range r.Unpriced {
		if u.Event == count.LearnUpdates {
			return name, false, fmt.Sprintf("%d learning updates have no price", u.Count)
		}
	}
	if r.Point.allIn() {
		return name, false, "an all-in price does not tell it apart"
	}
	for i := range r.Lines {
		if r.Lines[i].Event == count.LearnUpdates && r.Lines[i].Count > 0 {
			return name, true, fmt.Sprintf("%s of the dynamic energy is learning", r.Learning.Nominal)
		}
	}
	return name, true, "the census holds no learning updates"
}
