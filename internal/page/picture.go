package page

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// pictureWidth is the width of all pictures in points of the drawing; the page
// stretches them to its column.
const pictureWidth = 680

// greatest is the greatest magnitude that can be drawn, so that sums and
// differences stay finite.
const greatest = 1e300

// maxLabel is the greatest number of runes of a label inside a picture.
const maxLabel = 28

var (
	ink   = color.NRGBA{0x1b, 0x1f, 0x24, 0xff}
	faint = color.NRGBA{0xd9, 0xde, 0xe4, 0xff}
	grey  = color.NRGBA{0x7a, 0x84, 0x8f, 0xff}
)

// palette is dark enough on white and told apart by the colour-blind.
var palette = [...]color.NRGBA{
	{0x00, 0x65, 0xa8, 0xff},
	{0xc9, 0x4c, 0x00, 0xff},
	{0x00, 0x80, 0x5c, 0xff},
	{0x9c, 0x3f, 0x78, 0xff},
	{0x2f, 0x96, 0xc8, 0xff},
	{0x8a, 0x6a, 0x00, 0xff},
	{0x4d, 0x4d, 0x4d, 0xff},
	{0x5b, 0x45, 0xb0, 0xff},
}

func colour(i int) color.NRGBA { return palette[i%len(palette)] }

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// face is the font of all pictures.
func face(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// lettering is a text style of a size and colour, centred on its point.
func lettering(size float64, c color.Color) text.Style {
	return text.Style{
		Color: c, Font: face(size), XAlign: draw.XCenter, YAlign: draw.YCenter,
		Handler: plot.DefaultTextHandler,
	}
}

// axes is an empty plot in the style of the page.
func axes(xlabel, ylabel string) *plot.Plot {
	p := plot.New()
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font, a.Label.TextStyle.Color = face(10), ink
		a.Tick.Label.Font, a.Tick.Label.Color = face(9.5), ink
		a.LineStyle = draw.LineStyle{Color: grey, Width: vg.Points(0.8)}
		a.Tick.LineStyle = a.LineStyle
		a.Tick.Length = vg.Points(4)
		a.Padding = 0
		a.Label.Padding = vg.Points(3)
	}
	p.X.Label.Text, p.Y.Label.Text = short(xlabel, 90), short(ylabel, 40)
	return p
}

// drawn is a picture under way.
type drawn struct {
	canvas *vgsvg.Canvas
	draw.Canvas
}

// blank is an empty picture of a height in points.
func blank(height float64) drawn {
	c := vgsvg.New(vg.Points(pictureWidth), vg.Points(height))
	return drawn{c, draw.New(c)}
}

// plot puts a plot on the picture, with a margin that keeps the last tick
// label whole.
func (d drawn) plot(p *plot.Plot) {
	p.Draw(draw.Crop(d.Canvas, vg.Points(2), -vg.Points(14), vg.Points(2), -vg.Points(6)))
}

// write puts the picture into the page as a figure with a name, a description
// for those who cannot see it and a caption.
func (d drawn) write(b *bytes.Buffer, id, name, description, caption string) error {
	var raw bytes.Buffer
	if _, err := d.canvas.WriteTo(&raw); err != nil {
		return err
	}
	_, after, found := strings.Cut(raw.String(), "<svg ")
	_, inner, closed := strings.Cut(after, ">\n")
	if !found || !closed {
		return fmt.Errorf("the plot library gave no svg element")
	}
	// A quote in text is escaped, so only attributes can match.
	inner = strings.ReplaceAll(inner, `style="font-family:Liberation Sans;font-variant:none;font-weight:normal;font-style:normal;`,
		`style="font-family:'Liberation Sans',Arial,Helvetica,sans-serif;`)
	inner = fitted(inner)
	w, h := d.canvas.Size()
	fmt.Fprintf(b, "<figure>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.5g %.5g\" role=\"img\" aria-labelledby=\"%s-t %s-d\">\n",
		w.Points(), h.Points(), id, id)
	fmt.Fprintf(b, "<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>\n", id, escape(name), id, escape(description))
	b.WriteString(strings.TrimRight(inner, "\n"))
	b.WriteString("\n")
	if caption != "" {
		fmt.Fprintf(b, "<figcaption>%s</figcaption>\n", escape(caption))
	}
	b.WriteString("</figure>\n")
	return nil
}

// label matches a text element of the plot library.
var label = regexp.MustCompile(`(<text [^>]*font-size:([0-9.]+)px[^>]*)>([^<]*)</text>`)

// fitted states the length of every text, so that labels keep their place when
// the reader has other fonts than the ones measured here.
func fitted(svg string) string {
	return label.ReplaceAllStringFunc(svg, func(s string) string {
		m := label.FindStringSubmatch(s)
		size, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return s
		}
		f := face(size)
		measure := font.DefaultCache.Lookup(f, f.Size)
		width := measure.Width(html.UnescapeString(m[3])).Points()
		if !(width > 0) {
			return s
		}
		return fmt.Sprintf("%s textLength=\"%.4g\" lengthAdjust=\"spacingAndGlyphs\">%s</text>", m[1], width, m[3])
	})
}

// behind writes a table that opens on demand: the numbers of a picture.
func behind(b *bytes.Buffer, summary string, t table) error {
	fmt.Fprintf(b, "<details>\n<summary>%s</summary>\n", escape(summary))
	err := t.write(b, "")
	b.WriteString("</details>\n")
	return err
}

// finite refuses what cannot be drawn.
func finite(what string, v float64) error {
	if math.IsNaN(v) || math.Abs(v) > greatest {
		return fmt.Errorf("%s is %v, need a finite number of magnitude at most %g", what, v, greatest)
	}
	return nil
}

// number writes v with up to four significant digits, thousands unabridged.
func number(v float64) string {
	if a := math.Abs(v); a >= 1000 && a < 1e6 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return tidy(strconv.FormatFloat(v, 'g', 4, 64))
}

// tidy drops idle zeros and the plus of the exponent.
func tidy(s string) string {
	mantissa, exponent, ok := strings.Cut(s, "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	if !ok {
		return mantissa
	}
	n, err := strconv.Atoi(exponent)
	if err != nil {
		return s
	}
	return mantissa + "e" + strconv.Itoa(n)
}

// ticks are at most about n round numbers from low to high.
func ticks(low, high float64, n int, whole bool) []plot.Tick {
	span := high - low
	if !(span > 0) || n < 1 {
		return nil
	}
	step := math.Pow(10, math.Floor(math.Log10(span/float64(n))))
	for _, f := range []float64{1, 2, 5, 10} {
		if span/(step*f) <= float64(n) {
			step *= f
			break
		}
	}
	if whole && step < 1 {
		step = 1
	}
	if !(step > 0) {
		return nil
	}
	var out []plot.Tick
	first := math.Ceil(low/step - 1e-9)
	for i := range 4 * n {
		k := first + float64(i)
		v := k * step
		if v > high+step*1e-9 {
			break
		}
		out = append(out, plot.Tick{Value: math.Min(math.Max(v, low), high), Label: tickLabel(v, step)})
	}
	return out
}

// tickLabel writes v with the digits that tell it from its neighbours.
func tickLabel(v, step float64) string {
	a := math.Max(math.Abs(v), step)
	if a < 1e7 && step >= 1e-4 {
		places := 0
		if step < 1 {
			places = int(math.Ceil(-math.Log10(step) - 1e-9))
		}
		return strconv.FormatFloat(v+0, 'f', places, 64)
	}
	if v == 0 {
		return "0"
	}
	digits := max(int(math.Ceil(math.Log10(a/step)-1e-9))+1, 1)
	return tidy(strconv.FormatFloat(v, 'g', min(digits+1, 17), 64))
}

// widen makes a range that can be divided.
func widen(low, high float64) (float64, float64) {
	if high-low > 1e-9*math.Max(math.Abs(low), math.Abs(high)) && high-low > 1e-290 {
		return low, high
	}
	by := math.Max(0.5*math.Abs(low), 1e-9)
	if low == 0 {
		by = 1
	}
	return low - by, high + by
}

// box is the corners of a rectangle.
func box(x0, y0, x1, y1 vg.Length) []vg.Point {
	return []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}

// plural is the count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
