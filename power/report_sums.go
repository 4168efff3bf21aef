package power

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

func (r *Report) tables(b *strings.Builder) {
	if len(r.Lines) > 0 {
		b.WriteString("\nevents\n")
		g := grid{align: "lrrrrllrrrl"}
		g.add("event", "count", "pJ", "low", "high", "kind", "scope", "energy", "low", "high", "source")
		for i := range r.Lines {
			l := &r.Lines[i]
			g.add(l.Event.String(), strconv.FormatInt(l.Count, 10), pico(l.Value), pico(l.Low), pico(l.High), l.Kind.String(),
				l.Scope.String(), l.Joules.Nominal.String(), l.Joules.Low.String(), l.Joules.High.String(), sourceText(l.Source, l.Note))
		}
		g.text(b)
	}
	r.staticTable(b)
	r.idleTable(b)
	uncounted(b, "unpriced (counted, no price known; not zero)", r.Unpriced)
	title := "contained in the other prices"
	switch {
	case r.Point.allIn():
		title = "contained in the all-in price"
	case r.Point.running():
		title = "contained in the power of the run"
	}
	uncounted(b, title, r.Included)
}

func sourceText(source, note string) string {
	if note == "" {
		return source
	}
	return source + " (" + note + ")"
}

func (r *Report) staticTable(b *strings.Builder) {
	if len(r.Static) == 0 {
		return
	}
	title := "static"
	if r.Point.static(PerChip, Powered) != nil && r.Point.static(PerCore, Powered) != nil {
		title = "static (two views of the same watts, one of them in the total)"
	}
	if r.Point.running() {
		title = "power of the whole run"
	}
	b.WriteString("\n" + title + "\n")
	g := grid{align: "lrrrrllrrrl"}
	g.add("per", "powered", "mW", "low", "high", "kind", "in total", "energy", "low", "high", "source")
	for i := range r.Static {
		s := &r.Static[i]
		in := "no"
		if s.Headline {
			in = "yes"
		}
		g.add(s.Per.String(), strconv.FormatInt(s.Units, 10), milli(s.Value), milli(s.Low), milli(s.High), s.Kind.String(),
			in, s.Joules.Nominal.String(), s.Joules.Low.String(), s.Joules.High.String(), sourceText(s.Source, s.Note))
	}
	r.staticGaps(&g)
	g.text(b)
}

// staticGaps adds the views of static power that the table does not have.
func (r *Report) staticGaps(g *grid) {
	if r.Point.running() {
		return
	}
	for _, m := range []struct {
		per   Unit
		units int64
	}{{PerChip, r.ChipsPowered}, {PerCore, r.CoresPowered}} {
		if r.Point.static(m.per, Powered) == nil {
			g.add(m.per.String(), strconv.FormatInt(m.units, 10), "-", "-", "-", "-", "no", "-", "-", "-", "not in the table")
		}
	}
}

// idleTable says what "dynamic" means over each published idle.
func (r *Report) idleTable(b *strings.Builder) {
	if len(r.Idle) == 0 {
		return
	}
	b.WriteString("\nwhat the total exceeds an idle power by (\"dynamic\" of papers that subtract it)\n")
	g := grid{align: "lrrlrrl"}
	g.add("idle", "powered", "mW", "kind", "energy over it", "per inference", "source")
	for i := range r.Idle {
		l := &r.Idle[i]
		per := "-"
		if r.Inferences > 0 {
			per = engineering(l.Over.per(r.Inferences).Nominal, "J")
		}
		g.add(l.State.String(), strconv.FormatInt(l.Units, 10), milli(l.Value), l.Kind.String(), l.Over.Nominal.String(), per, sourceText(l.Source, l.Note))
	}
	g.text(b)
}

func (r *Report) sums(b *strings.Builder) {
	b.WriteString("\nsums, nominal [low .. high]\n")
	g := grid{align: "ll"}
	static := bandText(r.Charged)
	switch {
	case r.Point.allIn():
		static = "contained in the all-in price"
	case r.Point.running():
		static = "not told apart from dynamic energy"
	case len(r.Static) == 0:
		static = "not known (no static power in the table)"
	}
	g.add("static", static)
	r.dynamicRows(&g)
	total := "not known"
	if r.Used {
		total = bandText(r.Total)
	}
	g.add("total", total)
	quotientRow(&g, "power", "W", "no time")(r.Power())
	quotientRow(&g, "per inference", "J", "no inferences")(r.PerInference())
	if e, ok := r.PerCorrect(); ok {
		g.add("per correct decision", spanText(e, "J"))
	}
	if s := r.Context.PerImage; s != nil {
		g.add("over single inputs", fmt.Sprintf("mean %s, p5 %s, p95 %s, %d inputs, nominal prices", s.Mean, s.P5, s.P95, s.N))
	}
	quotientRow(&g, "per synaptic event, all-in", "J", "no synaptic events")(r.PerEvent())
	quotientRow(&g, "energy-delay product", "Js", "no time or no inferences")(r.EDP())
	if r.Cycles != nil {
		g.add("cycles of the chip's model", r.Cycles.text())
	}
	g.text(b)
}

// dynamicRows is the dynamic energy and its groups.
func (r *Report) dynamicRows(g *grid) {
	if r.Point.running() {
		return
	}
	if len(r.Lines) == 0 {
		g.add("dynamic", "not known (no event has a price)")
		return
	}
	g.add("dynamic", bandText(r.Dynamic))
	open := r.openGroups()
	for k, band := range r.Groups() {
		switch {
		case !band.High.IsZero():
			g.add("  of this "+Group(k).String(), bandText(band)+open[k])
		case open[k] != "":
			g.add("  of this "+Group(k).String(), "not known"+open[k])
		}
	}
}

// openGroups names the unpriced classes of each group.
func (r *Report) openGroups() [NumGroups]string {
	var out [NumGroups]string
	for _, u := range r.Unpriced {
		g := GroupOf(u.Event)
		if out[g] == "" {
			out[g] = "; without " + u.Event.String()
		} else {
			out[g] += ", " + u.Event.String()
		}
	}
	return out
}

func quotientRow(g *grid, name, unit, why string) func(Span, bool) {
	return func(s Span, ok bool) {
		if !ok {
			g.add(name, "not known ("+why+")")
			return
		}
		g.add(name, spanText(s, unit))
	}
}

// ComparePoints writes one line per report, for tables with several points.
func ComparePoints(w io.Writer, reports []*Report) error {
	g := grid{align: "llrrrlll"}
	g.add("table", "point", "total", "low", "high", "weakest", "validated", "partial")
	for _, r := range reports {
		partial := "no"
		if len(r.Partial) > 0 {
			partial = strings.Join(r.Partial, "; ")
		}
		row := []string{r.Table, r.Point.Name, "not known", "-", "-"}
		if r.Used {
			row = []string{r.Table, r.Point.Name, r.Total.Nominal.String(), r.Total.Low.String(), r.Total.High.String()}
		}
		g.add(append(row, r.weakestWord(), stated(r.Point.Validated), partial)...)
	}
	var b strings.Builder
	g.text(&b)
	for _, r := range reports {
		if r.Point.Use != "" {
			fmt.Fprintf(&b, "  %s, %s: %s\n", r.Table, r.Point.Name, r.Point.Use)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
