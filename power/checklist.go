package power

import (
	"fmt"
	"strings"

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
	return "no scopes mixed", true, fmt.Sprintf("checked when the table was read; %d counted classes are contained in other prices and not charged again", len(r.Included))
}

func (r *Report) checkCensus() (string, bool, string) {
	return "event census", true, fmt.Sprintf("%d event classes counted (hillock energy --events); a machine is one chip, so no bits cross between chips", count.NumEvents)
}

func (r *Report) checkStatic() (string, bool, string) {
	const name = "static and dynamic; idle cold and warm"
	if r.Point.running() {
		return name, len(r.Idle) > 0, "power of the whole run; static and dynamic are not told apart" + r.idleWords()
	}
	h := r.headline()
	if h == nil {
		return name, false, "no static power in the table" + r.idleWords()
	}
	return name, true, fmt.Sprintf("static of %d powered %s (powered: %d %s, %d %s); dynamic is the sum of counted events%s",
		h.Units, plural(h.Units, h.Per.thing()), r.ChipsPowered, plural(r.ChipsPowered, "chip"), r.CoresPowered, plural(r.CoresPowered, "core"), r.idleWords())
}

// idleWords says what the total exceeds each idle by.
func (r *Report) idleWords() string {
	if len(r.Idle) == 0 {
		return "; idle cold and warm not told apart"
	}
	s := ""
	for i := range r.Idle {
		s += fmt.Sprintf("; %s over %s", r.Idle[i].Over.Nominal, r.Idle[i].State)
	}
	return s
}

// short4 is an energy in joules with four digits.
func short4(j float64) string { return engineering(j, "J") }

func plural(n int64, s string) string {
	if n == 1 {
		return s
	}
	return s + "s"
}

func (r *Report) checkBoundary() (string, bool, string) {
	d := r.Boundary.String()
	if r.Boundary > ChipBoundary && r.Point.Boundary <= ChipBoundary {
		d += ", of which only the chips are priced"
	}
	d += fmt.Sprintf("; the prices are of boundary %s; the 8-bit baseline has neither chip nor board on either side", r.Point.Boundary)
	return "boundary", true, d
}

func (r *Report) checkTime() (string, bool, string) {
	d := fmt.Sprintf("%s, %d ticks, %d inferences, batch 1", r.Timing, r.Ticks, r.Inferences)
	if r.Inferences > 0 && r.Time > 0 {
		each := r.Time.Seconds() / float64(r.Inferences)
		d += fmt.Sprintf("; %s from first input to decision, %.4g inferences/s", short(each, "s"), 1/each)
		if r.Ticks > 0 {
			d += "; also priced in real time below"
		}
	}
	return "time, ticks, throughput", r.Time > 0 && r.Ticks > 0, d
}

func (r *Report) checkHost() (string, bool, string) {
	const name = "encoding, decoding, sensor, host I/O"
	var priced, open []string
	for i := range r.Lines {
		if l := &r.Lines[i]; GroupOf(l.Event) == Host && l.Count > 0 {
			priced = append(priced, l.Event.String())
		}
	}
	for _, u := range r.Unpriced {
		if GroupOf(u.Event) == Host {
			open = append(open, fmt.Sprintf("%s %d", u.Event, u.Count))
		}
	}
	d := "sensor and host processor are not modelled"
	if len(open) > 0 {
		d += "; counted without a price: " + strings.Join(open, ", ")
	}
	if len(priced) > 0 {
		return name, true, fmt.Sprintf("a row of its own: %s (%s); %s", r.Groups()[Host].Nominal, strings.Join(priced, ", "), d)
	}
	return name, false, d
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
	return name, true, fmt.Sprintf("mean %s, p5 %s, p95 %s of %d inputs; %s", s.Mean, s.P5, s.P95, s.N, act)
}

func (r *Report) checkBaseline() (string, bool, string) {
	const name = "baselines"
	d := r.Context.Baseline
	b, ok := r.Baseline()
	if ok {
		if d != "" {
			d += "; "
		}
		d += fmt.Sprintf("8-bit network by the same memory model: %s at batch 1, %s at batch %d, this network %s; accuracy %s",
			short4(b.Batch1.Nominal), short4(b.BestBatch.Nominal), b.Batch, short4(b.Spiking.Nominal), b.Accuracy)
	}
	if d == "" {
		return name, false, "the census states no network or no inferences"
	}
	return name, true, d
}

func (r *Report) checkEDP() (string, bool, string) {
	e, ok := r.EDP()
	if !ok {
		return "energy-delay product", false, "needs time and inferences"
	}
	return "energy-delay product", true, short(e.Nominal, "Js") + " per inference"
}

func (r *Report) checkBands() (string, bool, string) {
	known := r.Context.Validated
	if known == "" {
		known = r.Point.Validated
	}
	d := "low, nominal, high from the coefficients; error on reference cases: " + stated(known)
	return "uncertainty", true, d
}

func (r *Report) checkUnpriced() (string, bool, string) {
	return "unpriced terms", true, fmt.Sprintf("%d listed; headline: %s", len(r.Unpriced), r.headlineWord())
}

func (r *Report) checkBrain() (string, bool, string) {
	b := r.Brain()
	if !b.HasPower && !b.HasEvents {
		return "brain line", false, "needs time or synaptic events, and energy"
	}
	var d []string
	if b.HasPower {
		d = append(d, fmt.Sprintf("%.3g of %s in power", b.PowerShare.Nominal, short(b.Budget.Watts(), "W")))
	}
	if b.HasEvents {
		d = append(d, fmt.Sprintf("%.3g [%.3g .. %.3g] of its synaptic events at equal power", b.EventShare.Nominal, b.EventShare.Low, b.EventShare.High))
	}
	return "brain line", true, strings.Join(d, "; ") + "; estimates"
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
