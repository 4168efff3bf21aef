package main

import (
	"fmt"
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

// lineBars is one bar per price and per charged static power.
func lineBars(r *power.Report) []page.Bar {
	var bars []page.Bar
	bar := func(label string, b power.Band) {
		bars = append(bars, page.Bar{Label: label, Low: b.Low.Joules(), Value: b.Nominal.Joules(), High: b.High.Joules()})
	}
	for i := range r.Lines {
		bar(r.Lines[i].Event.String(), r.Lines[i].Joules)
	}
	for i := range r.Static {
		if s := &r.Static[i]; s.Headline {
			bar("static, per "+s.Per.String(), s.Joules)
		}
	}
	return bars
}

// addEnergy is the energy report as sections of a page.
func addEnergy(p *page.Page, pair *power.Pair, all []*power.Report) {
	r := pair.Counted
	var text strings.Builder
	_ = pair.Text(&text) // a Builder does not fail
	p.Bars("Energy at point "+r.Point.Name+", time as counted", "J", lineBars(r))
	p.Bars("Energy at point "+r.Point.Name+", real time", "J", lineBars(pair.AtTick))
	var swing []page.Bar
	for _, l := range r.Sensitivity() {
		swing = append(swing, page.Bar{Label: l.Name, Low: l.Low.Joules(), Value: r.Total.Nominal.Joules(), High: l.High.Joules()})
	}
	p.Bars("Sensitivity: the total while one number takes its bounds", "J", swing)
	var points []page.Bar
	for _, o := range all {
		if o.Used {
			points = append(points, page.Bar{Label: o.Table + ", " + o.Point.Name, Low: o.Total.Low.Joules(), Value: o.Total.Nominal.Joules(), High: o.Total.High.Joules()})
		}
	}
	p.Bars("Every point of the table", "J", points)
	var rows [][]string
	for _, c := range r.Checklist() {
		rows = append(rows, []string{fmt.Sprint(c.Item), c.Name, c.Status, c.Detail})
	}
	p.Table("Checklist", []string{"item", "what", "status", "detail"}, rows)
	p.Text("Report", text.String())
}
