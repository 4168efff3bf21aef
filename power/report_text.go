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
	r.sensitivityText(&b)
	r.comparisonText(&b)
	r.tail(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) head(b *strings.Builder) {
	fmt.Fprintf(b, "energy at point %s of table %s\n", r.Point.Name, r.Table)
	if r.Title != "" {
		fmt.Fprintf(b, "census: %s (%s)\n", r.Title, stated(r.Source))
	}
	fmt.Fprintf(b, "chip %s; supply %s; node %s; temperature %s\n", r.TableChip, stated(r.Point.Supply), stated(r.Point.Node), stated(r.Point.Temperature))
	r.timeLine(b)
	r.headlineText(b)
}

func (r *Report) timeLine(b *strings.Builder) {
	fmt.Fprintf(b, "time %s (%s), %d %s, %d %s; boundary %s, %d %s and %d %s powered\n",
		short(r.Time.Seconds(), "s"), r.Timing, r.Ticks, plural(r.Ticks, "tick"), r.Inferences, plural(r.Inferences, "inference"), r.Boundary,
		r.ChipsPowered, plural(r.ChipsPowered, "chip"), r.CoresPowered, plural(r.CoresPowered, "core"))
}

func bandText(b Band) string {
	return fmt.Sprintf("%s [%s .. %s]", b.Nominal, b.Low, b.High)
}

func spanText(s Span, unit string) string {
	return fmt.Sprintf("%s [%s .. %s]", engineering(s.Nominal, unit), engineering(s.Low, unit), engineering(s.High, unit))
}

// The words of a headline.
const (
	headTotal   = "total"
	headPartial = "partial"
	headNone    = "not known" // nothing was counted and nothing is priced
)

// headlineWord says whether Total is everything.
func (r *Report) headlineWord() string {
	switch {
	case len(r.Partial) > 0:
		return headPartial
	case !r.Used:
		return headNone
	}
	return headTotal
}

func (r *Report) headlineText(b *strings.Builder) {
	switch {
	case !r.Used:
		fmt.Fprintf(b, "total not known: nothing that was counted has a price\n")
	case len(r.Partial) > 0:
		fmt.Fprintf(b, "partial total %s: %s; weakest number: %s\n", bandText(r.Total), r.Basis(), r.weakestWord())
	default:
		fmt.Fprintf(b, "total %s: %s; weakest number: %s\n", bandText(r.Total), r.Basis(), r.weakestWord())
	}
	for _, p := range r.Partial {
		fmt.Fprintf(b, "PARTIAL: %s\n", p)
	}
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

// Text writes the report at the counted time in full, then, if there are ticks,
// what differs in real time. It returns the writer's error.
func (p *Pair) Text(w io.Writer) error {
	if err := p.Counted.Text(w); err != nil || p.Counted.Ticks == 0 {
		return err
	}
	var b strings.Builder
	r := p.AtTick
	b.WriteString("\nthe same counts in real time\n")
	r.timeLine(&b)
	r.headlineText(&b)
	r.staticTable(&b)
	r.sums(&b)
	r.brainText(&b)
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
