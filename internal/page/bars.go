package page

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// MaxBars is the number of bars of a picture that are drawn.
const MaxBars = 60

// wideSpread is the ratio of values above which the axis is logarithmic.
const wideSpread = 1e3

// Bar is a value with its bounds, Low <= Value <= High, in the unit of the
// picture. Low and High both zero with a value that is not means no bounds.
type Bar struct {
	Label            string
	Low, Value, High float64
}

// bounded tells whether the bar has bounds to draw.
func (b Bar) bounded() bool {
	return (b.Low != 0 || b.High != 0) && (b.Low != b.Value || b.High != b.Value)
}

// barChart is the picture of bars.
type barChart struct {
	unit string
	bars []Bar
}

func (c barChart) write(b *bytes.Buffer, id string) error {
	if err := c.check(); err != nil {
		return err
	}
	if len(c.bars) == 0 {
		note(b, "No values to show.")
		return nil
	}
	shown := c.bars[:min(len(c.bars), MaxBars)]
	s := scaleOf(shown)
	factor, unit := 1.0, oneLine(c.unit)
	if !s.log {
		factor, unit = prefixed(math.Max(s.last, -s.low), unit)
		shown = scaled(shown, factor)
		s = scaleOf(shown)
	}
	label := either(unit, "value")
	if s.log {
		label += " (logarithmic axis)"
	}
	p := axes(label, "")
	p.X.Min, p.X.Max = s.low, s.high
	p.X.Tick.Marker = plot.ConstantTicks(s.ticks())
	p.Y.Min, p.Y.Max = 0, float64(len(shown))
	p.Y.Tick.Length = 0
	marks := make([]plot.Tick, len(shown))
	for i, bar := range shown {
		marks[i] = plot.Tick{Value: float64(len(shown)-i) - 0.5, Label: either(short(bar.Label, maxLabel+8), "unnamed")}
	}
	p.Y.Tick.Marker = plot.ConstantTicks(marks)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, nil
	p.Add(grid, rows{shown, s, unit})
	d := blank(50 + 24*float64(len(shown)))
	d.plot(p)
	if err := d.write(b, id, "Bars in "+either(oneLine(c.unit), "units"), c.describe(c.bars[:len(shown)]), c.caption(shown, s.log)); err != nil {
		return err
	}
	return behind(b, "The numbers", c.numbers())
}

// describe is the picture in words.
func (c barChart) describe(shown []Bar) string {
	most, least := shown[0], shown[0]
	for _, bar := range shown {
		if bar.Value > most.Value {
			most = bar
		}
		if bar.Value < least.Value {
			least = bar
		}
	}
	s := fmt.Sprintf("%s. Greatest: %s, %s %s.", plural(len(shown), "bar"), short(most.Label, 60), number(most.Value), c.unit)
	if len(shown) > 1 {
		s += fmt.Sprintf(" Least: %s, %s %s.", short(least.Label, 60), number(least.Value), c.unit)
	}
	return s
}

// caption says how to read the picture and what it leaves out.
func (c barChart) caption(shown []Bar, log bool) string {
	s := ""
	for _, bar := range shown {
		if bar.bounded() {
			s = "Whiskers reach from the low to the high bound."
			break
		}
	}
	if log {
		s += " Each decade takes the same width, so lengths do not compare as amounts; zero has no bar."
	}
	if len(shown) < len(c.bars) {
		s += fmt.Sprintf(" Only the first %d of %d bars are drawn.", len(shown), len(c.bars))
	}
	return s
}

// numbers is the table behind the picture.
func (c barChart) numbers() table {
	t := table{header: []string{"", "value", "low", "high", "unit"}}
	for _, bar := range c.bars[:min(len(c.bars), MaxTableRows+1)] {
		row := []string{bar.Label, exact(bar.Value), "", "", c.unit}
		if bar.bounded() {
			row[2], row[3] = exact(bar.Low), exact(bar.High)
		}
		t.rows = append(t.rows, row)
	}
	if len(t.rows) > MaxTableRows {
		t.rows = t.rows[:MaxTableRows]
	}
	return t
}

func exact(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }

func (c barChart) check() error {
	for i, bar := range c.bars {
		for _, v := range []struct {
			what string
			v    float64
		}{{"value", bar.Value}, {"low bound", bar.Low}, {"high bound", bar.High}} {
			if err := finite(v.what, v.v); err != nil {
				return fmt.Errorf("bar %d %q: %w", i, bar.Label, err)
			}
		}
		slack := 1e-9 * math.Abs(bar.Value)
		if bar.bounded() && (bar.Low > bar.Value+slack || bar.High < bar.Value-slack) {
			return fmt.Errorf("bar %d %q: value %g outside its bounds %g to %g", i, bar.Label, bar.Value, bar.Low, bar.High)
		}
	}
	return nil
}

// prefixed is the factor and the unit that bring v between 1 and 1000, for the
// units that take prefixes; others stay.
func prefixed(v float64, unit string) (float64, string) {
	switch unit {
	case "J", "s", "W", "V", "A", "Hz":
	default:
		return 1, unit
	}
	prefixes := [...]string{"a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T"}
	const none = 6
	if !(v > 0) {
		return 1, unit
	}
	k := int(math.Floor(math.Log10(v)/3 + 1e-12))
	k = min(max(k, -none), len(prefixes)-1-none)
	return math.Pow(1000, float64(-k)), prefixes[k+none] + unit
}

// scaled is the bars times a factor.
func scaled(bars []Bar, factor float64) []Bar {
	out := make([]Bar, len(bars))
	for i, b := range bars {
		out[i] = Bar{b.Label, b.Low * factor, b.Value * factor, b.High * factor}
	}
	return out
}

// scale places values on the axis; on a logarithmic one low and high are
// powers of ten.
type scale struct {
	log       bool
	low, high float64
	last      float64 // greatest value before room for its label
}

// at is the place of a value on the axis.
func (s scale) at(v float64) float64 {
	if s.log {
		if v <= 0 {
			return s.low
		}
		v = math.Log10(v)
	}
	return math.Min(math.Max(v, s.low), s.high)
}

// scaleOf chooses the axis of the bars.
func scaleOf(bars []Bar) scale {
	least, most, bottom := math.Inf(1), math.Inf(-1), 0.0
	for _, bar := range bars {
		ends := []float64{bar.Value}
		if bar.bounded() {
			ends = append(ends, bar.Low, bar.High)
		}
		for _, v := range ends {
			most, bottom = math.Max(most, v), math.Min(bottom, v)
		}
		if bar.Value > 0 {
			least = math.Min(least, bar.Value)
		}
	}
	const room = 0.16 // of the axis, for the number after the longest bar
	if bottom >= 0 && most > least*wideSpread && least >= 1e-280 {
		low, last := math.Floor(math.Log10(least)-0.5), math.Log10(most)
		return scale{true, low, last + (last-low)*room, last}
	}
	top := math.Max(most, 0)
	if top-bottom < 1e-290 {
		return scale{false, 0, 1, 1}
	}
	return scale{false, bottom * 1.06, top + (top-bottom)*room, top}
}

// ticks are those of the axis: round numbers or powers of ten.
func (s scale) ticks() []plot.Tick {
	if !s.log {
		return ticks(s.low, s.last, 6, false)
	}
	step := math.Max(1, math.Ceil((s.last-s.low)/10))
	var out []plot.Tick
	for v := s.low; v <= s.last+1e-9; v += step {
		label := "1e" + strconv.Itoa(int(v))
		if v >= -3 && v <= 5 {
			label = number(math.Pow(10, v))
		}
		out = append(out, plot.Tick{Value: v, Label: label})
	}
	return out
}

// rows draws the bars from top to bottom.
type rows struct {
	bars  []Bar
	scale scale
	unit  string
}

// amount is the number after a bar; on a logarithmic axis it has a prefix of
// its own.
func (r rows) amount(v float64) string {
	if !r.scale.log {
		return number(v)
	}
	factor, unit := prefixed(math.Abs(v), r.unit)
	if unit == r.unit {
		return number(v)
	}
	return number(v*factor) + " " + unit
}

// Plot draws on the canvas of p; it makes rows a plot.Plotter.
func (r rows) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	base := trX(r.scale.at(0))
	if r.scale.log {
		base = trX(r.scale.low)
	}
	whisker := draw.LineStyle{Color: ink, Width: vg.Points(1)}
	text := lettering(9.5, ink)
	text.XAlign = draw.XLeft
	for i, bar := range r.bars {
		mid := trY(float64(len(r.bars)-i) - 0.5)
		half := (trY(1) - trY(0)) * 0.32
		end := trX(r.scale.at(bar.Value))
		if end != base {
			c.FillPolygon(barFill, box(base, mid-half, end, mid+half))
		}
		after := max(base, end)
		if bar.bounded() {
			low, high := trX(r.scale.at(bar.Low)), trX(r.scale.at(bar.High))
			c.StrokeLine2(whisker, low, mid, high, mid)
			c.StrokeLine2(whisker, low, mid-half/2, low, mid+half/2)
			c.StrokeLine2(whisker, high, mid-half/2, high, mid+half/2)
			after = max(after, high)
		}
		c.FillText(text, vg.Point{X: after + vg.Points(5), Y: mid}, r.amount(bar.Value))
	}
	c.StrokeLine2(draw.LineStyle{Color: grey, Width: vg.Points(0.8)}, base, c.Min.Y, base, c.Max.Y)
}
