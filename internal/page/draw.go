package page

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Width of every plot; the page scales it to the column.
const plotWidth = 640 * vg.Points(1)

var (
	ink   = color.NRGBA{0x22, 0x28, 0x2e, 0xff}
	faint = color.NRGBA{0xe3, 0xe7, 0xea, 0xff}
	soft  = color.NRGBA{0x66, 0x70, 0x7a, 0xff}
	blue  = color.NRGBA{0x2f, 0x6d, 0xb5, 0xff}
	// tints tell series and populations apart; they differ in lightness too.
	tints = [...]color.NRGBA{blue, {0xc8, 0x5a, 0x11, 0xff}, {0x2b, 0x8a, 0x57, 0xff}, {0x8a, 0x3f, 0x9e, 0xff}, {0x8c, 0x6d, 0x1f, 0xff}, {0x45, 0x50, 0x5a, 0xff}}
)

func tint(i int) color.NRGBA { return tints[i%len(tints)] }

// sans is the font of all plots, small enough to sit beside body text.
func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// newPlot is a plot in the style of the page, without title: the page has it.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle.Color, a.Tick.LineStyle.Color = soft, soft
		a.LineStyle.Width, a.Tick.LineStyle.Width = vg.Points(0.6), vg.Points(0.6)
		a.Tick.Label.Font, a.Tick.Label.Color = sans(10), ink
		a.Label.TextStyle.Font, a.Label.TextStyle.Color = sans(10), soft
		a.Padding = vg.Points(3)
		a.Tick.Length = vg.Points(4)
	}
	p.X.Label.Text, p.Y.Label.Text = plain(x, 60), plain(y, 60)
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = sans(10), ink
	p.Legend.Top, p.Legend.Left = true, false
	return p
}

// svg draws a plot. The drawing library panics where it cannot go on; the page
// then says so instead.
func svg(p *plot.Plot, height vg.Length) (out []byte) {
	defer func() {
		if r := recover(); r != nil {
			out = []byte("<p>" + template(fmt.Sprintf("This plot could not be drawn: %v", r)) + "</p>")
		}
	}()
	c := vgsvg.New(plotWidth, height)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return []byte("<p>" + template(err.Error()) + "</p>")
	}
	// Inline SVG has no XML declaration.
	b2 := b.Bytes()
	if i := bytes.Index(b2, []byte("<svg")); i > 0 {
		b2 = b2[i:]
	}
	return bytes.TrimSpace(b2)
}

// template escapes text for HTML.
func template(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plain makes text fit for a label in a plot: one line, no control characters,
// at most so many characters.
func plain(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == limit-1 && limit > 1 {
			b.WriteRune('…')
			break
		}
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// finite tells whether a value can be drawn.
func finite(v float64) bool { return !math.IsNaN(v) && math.Abs(v) < 1e200 }

// quantity prints a value with a unit and an SI prefix, four digits: 1.234 µJ.
// Units that take no prefix (empty, %) print the number alone.
func quantity(v float64, unit string) string {
	if unit == "" || unit == "%" || v == 0 || !finite(v) {
		return strings.TrimSpace(fmt.Sprintf("%.4g %s", v, unit))
	}
	k := int(math.Floor(math.Log10(math.Abs(v)) / 3))
	k = max(-6, min(k, 6))
	s := fmt.Sprintf("%.4g", v/math.Pow(1000, float64(k)))
	return s + " " + prefixes[k+6] + unit
}

var prefixes = [...]string{"a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"}

// scale finds the power of 1000 that brings the largest value between 1 and
// 1000, for the axis of a plot, and the unit with its prefix.
func scale(values []float64, unit string) (float64, string) {
	m := 0.0
	for _, v := range values {
		if finite(v) {
			m = max(m, math.Abs(v))
		}
	}
	if m == 0 || unit == "" || unit == "%" {
		return 1, unit
	}
	k := max(-6, min(int(math.Floor(math.Log10(m)/3)), 6))
	return math.Pow(1000, float64(-k)), prefixes[k+6] + unit
}

// styled is a text style for notes inside a plot.
func styled(size float64, c color.Color, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{Color: c, Font: sans(size), XAlign: x, YAlign: y, Handler: plot.DefaultTextHandler}
}
