package power

import (
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
)

// short is engineering without trailing zeros after the decimal point.
func short(v float64, unit string) string {
	num, rest, _ := strings.Cut(engineering(v, unit), " ")
	if strings.Contains(num, ".") && !strings.Contains(num, "e") {
		num = strings.TrimRight(strings.TrimRight(num, "0"), ".")
	}
	return num + " " + rest
}

// pico is a in picojoules, exact.
func pico(a Attojoules) string { return decimal(big.NewInt(int64(a)), -6) }

// milli is p in milliwatts, exact.
func milli(p Nanowatts) string { return decimal(big.NewInt(int64(p)), -6) }

// grid is rows of cells, printed in columns. Columns whose alignment letter is
// 'r' are flush right.
type grid struct {
	align string
	rows  [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) text(w *strings.Builder) {
	width := make([]int, len(g.align))
	for _, row := range g.rows {
		for i, c := range row {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	for _, row := range g.rows {
		line := " "
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if g.align[i] == 'r' {
				line += " " + pad + c
			} else {
				line += " " + c + pad
			}
			if i < len(row)-1 {
				line += " "
			}
		}
		w.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// Text writes r as aligned text that does not change between runs. It returns
// the writer's error.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	r.head(&b)
	r.tables(&b)
	r.sums(&b)
	r.tail(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) head(b *strings.Builder) {
	fmt.Fprintf(b, "energy at point %s of table %s\n", r.Point.Name, r.Table)
	fmt.Fprintf(b, "chip %s; supply %s; node %s; temperature %s\n", r.TableChip, stated(r.Point.Supply), stated(r.Point.Node), stated(r.Point.Temperature))
	r.timeLine(b)
	r.headlineText(b)
}

func (r *Report) timeLine(b *strings.Builder) {
	fmt.Fprintf(b, "time %s (%s), %d ticks, %d inferences; boundary %s, %d %s and %d %s powered\n",
		short(r.Time.Seconds(), "s"), r.Timing, r.Ticks, r.Inferences, r.Boundary,
		r.ChipsPowered, plural(r.ChipsPowered, "chip"), r.CoresPowered, plural(r.CoresPowered, "core"))
}

func bandText(b Band) string {
	return fmt.Sprintf("%s [%s .. %s]", b.Nominal, b.Low, b.High)
}

func spanText(s Span, unit string) string {
	return fmt.Sprintf("%s [%s .. %s]", engineering(s.Nominal, unit), engineering(s.Low, unit), engineering(s.High, unit))
}

func (r *Report) headlineText(b *strings.Builder) {
	fmt.Fprintf(b, "total %s: %s; weakest number: %s\n", bandText(r.Total), r.Basis(), r.weakestWord())
	for _, p := range r.Partial {
		fmt.Fprintf(b, "PARTIAL: %s\n", p)
	}
}

func (r *Report) tables(b *strings.Builder) {
	b.WriteString("\nevents\n")
	g := grid{align: "lrrrrllrrrl"}
	g.add("event", "count", "pJ", "low", "high", "kind", "scope", "energy", "low", "high", "source")
	for i := range r.Lines {
		l := &r.Lines[i]
		g.add(l.Event.String(), strconv.FormatInt(l.Count, 10), pico(l.Value), pico(l.Low), pico(l.High), l.Kind.String(),
			l.Scope.String(), l.Joules.Nominal.String(), l.Joules.Low.String(), l.Joules.High.String(), sourceText(l.Source, l.Note))
	}
	g.text(b)
	r.staticTable(b)
	uncounted(b, "unpriced (counted, no price known; not zero)", r.Unpriced)
	uncounted(b, "contained in the all-in price", r.Included)
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
	b.WriteString("\nstatic (two views of the same watts, one of them in the total)\n")
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
	for _, m := range []struct {
		per   Unit
		units int64
	}{{PerChip, r.ChipsPowered}, {PerCore, r.CoresPowered}} {
		if r.Point.static(m.per) == nil {
			g.add(m.per.String(), strconv.FormatInt(m.units, 10), "-", "-", "-", "-", "no", "-", "-", "-", "not in the table")
		}
	}
	g.text(b)
}

func uncounted(b *strings.Builder, title string, list []Unpriced) {
	if len(list) == 0 {
		return
	}
	b.WriteString("\n" + title + "\n")
	g := grid{align: "lr"}
	for _, u := range list {
		g.add(u.Event.String(), strconv.FormatInt(u.Count, 10))
	}
	g.text(b)
}

func (r *Report) sums(b *strings.Builder) {
	b.WriteString("\nsums, nominal [low .. high]\n")
	g := grid{align: "ll"}
	static := bandText(r.Charged)
	if r.Point.allIn() {
		static = "contained in the all-in price"
	} else if len(r.Static) == 0 {
		static = "not known (no static power in the table)"
	}
	g.add("static", static)
	g.add("dynamic", bandText(r.Dynamic))
	g.add("total", bandText(r.Total))
	quotientRow(&g, "power", "W", "no time")(r.Power())
	quotientRow(&g, "per inference", "J", "no inferences")(r.PerInference())
	quotientRow(&g, "per synaptic event, all-in", "J", "no synaptic events")(r.PerEvent())
	quotientRow(&g, "energy-delay product", "Js", "no time or no inferences")(r.EDP())
	g.text(b)
	r.brainText(b)
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

func (r *Report) brainText(b *strings.Builder) {
	br := r.Brain()
	fmt.Fprintf(b, "\nbrain of %s (estimates)\n", short(r.Budget.Watts(), "W"))
	g := grid{align: "ll"}
	if br.HasPower {
		g.add("power share", shareText(br.PowerShare)+" of its power, whatever the work")
	} else {
		g.add("power share", "not known (no time)")
	}
	if br.HasEvents {
		g.add("event-rate share", fmt.Sprintf("%s at equal power: %.2e synaptic events/s against %.0e to %.0e",
			shareText(br.EventShare), br.EventsPerSecond.Nominal, BrainEventsLow, BrainEventsHigh))
	} else {
		g.add("event-rate share", "not known (no synaptic events or no energy)")
	}
	g.text(b)
}

func shareText(s Span) string {
	return fmt.Sprintf("%.3g [%.3g .. %.3g]", s.Nominal, s.Low, s.High)
}

func (r *Report) tail(b *strings.Builder) {
	if len(r.Notes) > 0 {
		b.WriteString("\nnotes\n")
		for _, n := range r.Notes {
			b.WriteString("  " + n + "\n")
		}
	}
	b.WriteString("\nchecklist\n")
	g := grid{align: "rlll"}
	for _, c := range r.Checklist() {
		g.add(strconv.Itoa(c.Item), c.Name, c.Status, c.Detail)
	}
	g.text(b)
}

// Text writes the report at the counted time in full, then what differs at the
// tick. It returns the writer's error.
func (p *Pair) Text(w io.Writer) error {
	if err := p.Counted.Text(w); err != nil {
		return err
	}
	var b strings.Builder
	r := p.AtTick
	b.WriteString("\nthe same counts in real time\n")
	r.timeLine(&b)
	r.headlineText(&b)
	r.staticTable(&b)
	r.sums(&b)
	have := make(map[string]bool, len(p.Counted.Notes))
	for _, n := range p.Counted.Notes {
		have[n] = true
	}
	for _, n := range r.Notes {
		if !have[n] {
			b.WriteString("  note: " + n + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ComparePoints writes one line per report, for a table with several points.
func ComparePoints(w io.Writer, reports []*Report) error {
	g := grid{align: "llllll"}
	g.add("point", "total", "low", "high", "weakest", "partial")
	for _, r := range reports {
		partial := "no"
		if len(r.Partial) > 0 {
			partial = strings.Join(r.Partial, "; ")
		}
		g.add(r.Point.Name, r.Total.Nominal.String(), r.Total.Low.String(), r.Total.High.String(), r.weakestWord(), partial)
	}
	var b strings.Builder
	g.text(&b)
	_, err := io.WriteString(w, b.String())
	return err
}
