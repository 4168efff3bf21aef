package main

import (
	"fmt"
	"strconv"
	"strings"

	"hillock/internal/page"
	"hillock/power"
)

// energyBars shows the priced lines of each operating point.
func energyBars(p *page.Page, pairs []*power.Pair) {
	for _, pair := range pairs {
		r := pair.Counted
		p.Bars("Energy of the whole run at point "+r.Point.Name+", free-running", "J", lineBars(r))
		if j := r.JSON(); len(j.Unpriced) > 0 {
			p.Text("Unpriced events at point "+r.Point.Name, strings.Join(j.Unpriced, ", "))
		}
	}
}

// bandBar is a bar with the bounds of an energy.
func bandBar(label string, b power.Band) page.Bar {
	return page.Bar{Label: label, Low: b.Low.Joules(), Value: b.Nominal.Joules(), High: b.High.Joules()}
}

// lineBars is one bar per price and per charged static power.
func lineBars(r *power.Report) []page.Bar {
	var bars []page.Bar
	for i := range r.Lines {
		bars = append(bars, bandBar(r.Lines[i].Event.String(), r.Lines[i].Joules))
	}
	for i := range r.Static {
		if s := &r.Static[i]; s.Headline {
			bars = append(bars, bandBar("static, per "+s.Per.String(), s.Joules))
		}
	}
	return bars
}

// addEnergy is the energy report as sections of a page.
func addEnergy(p *page.Page, pair *power.Pair, all []*power.Report) {
	r, j := pair.Counted, pair.JSON()
	addSums(p, pair)
	p.Bars("Energy by event, time as counted", "J", lineBars(r))
	p.Bars("Energy by event, in real time", "J", lineBars(pair.AtTick))
	var groups []page.Bar
	for _, g := range j.Groups {
		groups = append(groups, bandBar(g.Group, g.Joules))
	}
	p.Bars("Dynamic energy by group", "J", groups)
	addPrices(p, &j)
	if len(j.Unpriced) > 0 {
		p.Table("Unpriced: counted, no price known, not zero", []string{"event", "count"}, countRows(j.UnpricedN))
	}
	if len(j.Included) > 0 {
		p.Table("Contained in the other prices", []string{"event", "count"}, countRows(j.Included))
	}
	var swing []page.Bar
	for _, l := range r.Sensitivity() {
		swing = append(swing, page.Bar{Label: l.Name, Low: l.Low.Joules(), Value: r.Total.Nominal.Joules(), High: l.High.Joules()})
	}
	p.Bars("Sensitivity: the total while one number takes its bounds", "J", swing)
	var points []page.Bar
	for _, o := range all {
		if o.Used {
			points = append(points, bandBar(o.Table+", "+o.Point.Name, o.Total))
		}
	}
	p.Bars("Every point of the table", "J", points)
	addComparisons(p, &j)
	var rows [][]string
	for _, c := range j.Checklist {
		rows = append(rows, []string{strconv.Itoa(c.Item), c.Name, c.Status, c.Detail})
	}
	p.Table("Checklist", []string{"item", "what", "status", "detail"}, rows)
	p.Text("Notes", strings.Join(j.Notes, "\n\n"))
}

func countRows(list []power.CountJSON) [][]string {
	var rows [][]string
	for _, c := range list {
		rows = append(rows, []string{c.Event, strconv.FormatInt(c.Count, 10)})
	}
	return rows
}

// addSums is the headline and the sums at both times.
func addSums(p *page.Page, pair *power.Pair) {
	row := func(name, unit string, of func(*power.Report) (power.Span, bool)) []string {
		cells := []string{name}
		for _, r := range []*power.Report{pair.Counted, pair.AtTick} {
			s, ok := of(r)
			text := "not known"
			if ok {
				text = fmt.Sprintf("%.4g %s [%.4g .. %.4g]", s.Nominal, unit, s.Low, s.High)
			}
			cells = append(cells, text)
		}
		return cells
	}
	total := func(r *power.Report) (power.Span, bool) {
		return power.Span{Low: r.Total.Low.Joules(), Nominal: r.Total.Nominal.Joules(), High: r.Total.High.Joules()}, r.Used
	}
	j := pair.Counted.JSON()
	p.Table("Sums: nominal, low .. high", []string{"what", "time as counted", pair.AtTick.Timing}, [][]string{
		row("total", "J", total), row("power", "W", (*power.Report).Power), row("per inference", "J", (*power.Report).PerInference),
		row("per correct decision", "J", (*power.Report).PerCorrect), row("per synaptic event", "J", (*power.Report).PerEvent),
		row("energy-delay product", "Js", (*power.Report).EDP),
		{"headline", j.Headline + ": " + j.Basis + "; weakest number: " + j.WeakestKind, ""},
		{"partial because", strings.Join(j.Partial, "; "), ""},
	})
}

// addPrices is every price with its source.
func addPrices(p *page.Page, j *power.ReportJSON) {
	var rows [][]string
	for _, l := range j.Lines {
		rows = append(rows, []string{l.Event, strconv.FormatInt(l.Count, 10), picojoules(l.Coefficient), picojoules(l.CoefficientLow), picojoules(l.CoefficientHigh),
			l.Kind, l.Scope, l.Joules.String(), l.Source, l.Note})
	}
	p.Table("Prices", []string{"event", "count", "pJ", "low", "high", "kind", "scope", "energy", "source", "note"}, rows)
	rows = nil
	for _, s := range j.Static {
		rows = append(rows, []string{"powered, per " + s.Per, strconv.FormatInt(s.Units, 10), milliwatts(s.Watts), s.Kind, s.Joules.String(), yesNo(s.Headline), s.Source, s.Note})
	}
	for _, s := range j.Idle {
		rows = append(rows, []string{s.State + ", per " + s.Per, strconv.FormatInt(s.Units, 10), milliwatts(s.Watts), s.Kind, "total exceeds it by " + s.Over.Nominal.String(), "no", s.Source, ""})
	}
	p.Table("Static power", []string{"state", "units", "mW", "kind", "energy", "in total", "source", "note"}, rows)
}

func picojoules(a power.Attojoules) string { return strconv.FormatFloat(float64(a)/1e6, 'g', 6, 64) }
func milliwatts(w power.Nanowatts) string  { return strconv.FormatFloat(float64(w)/1e6, 'g', 6, 64) }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// addComparisons is activity, baseline, brain and yardsticks.
func addComparisons(p *page.Page, j *power.ReportJSON) {
	var rows [][]string
	for _, k := range j.BreakEven {
		rows = append(rows, []string{k.What, fmt.Sprintf("%.3g", k.Here), fmt.Sprintf("%g .. %g", k.Low, k.High), k.Verdict, k.Source})
	}
	if len(rows) > 0 {
		p.Table("Activity against published break-even bands", []string{"what", "here", "break-even", "verdict", "source"}, rows)
	}
	if b := j.Baseline; b != nil {
		bar := func(label string, s power.Span) page.Bar {
			return page.Bar{Label: label, Low: s.Low, Value: s.Nominal, High: s.High}
		}
		p.Bars(fmt.Sprintf("8-bit baseline by the same memory model at %g nm, per inference; accuracy %s", b.Node, b.Accuracy), "J", []page.Bar{
			bar("this spiking network", b.Spiking), bar("8-bit, batch 1", b.Batch1), bar(fmt.Sprintf("8-bit, batch %d", b.Batch), b.BestBatch)})
	}
	p.Text("Brain of the budget", brainText(j.Brain))
	rows = nil
	for _, y := range j.Yardsticks {
		times := "-"
		if y.Times != nil {
			times = fmt.Sprintf("%.3g", *y.Times)
		}
		rows = append(rows, []string{y.Name, fmt.Sprintf("%.3g %s", y.Value, y.Unit), fmt.Sprintf("%.3g .. %.3g", y.Low, y.High), times, y.Label, y.Source})
	}
	p.Table("Yardsticks", []string{"what", "value", "range", "times this report", "label", "source"}, rows)
}
