package page

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bar is a value with its bounds; Low = High = 0 draws none.
type Bar struct {
	Label            string
	Value, Low, High float64
}

// maxBars is how many bars a plot draws.
const maxBars = 60

// AddBars adds bars to the right, the first on top, with error bars from Low to
// High. The unit (J, s, spikes; empty or % for plain numbers) takes an SI prefix.
// Beyond 60 bars the rest is left out, which the note says.
func (p *Page) AddBars(heading, unit string, bars []Bar) {
	note := ""
	if len(bars) > maxBars {
		note = fmt.Sprintf("%d more are not drawn.", len(bars)-maxBars)
		bars = bars[:maxBars]
	}
	var all []float64
	for _, b := range bars {
		all = append(all, b.Value, b.Low, b.High)
	}
	factor, shown := scale(all, unit)
	pl := newPlot(shown, "")
	d := &barPlot{unit: unit}
	var ticks []plot.Tick
	low, high := 0.0, 0.0
	for i, b := range bars {
		y := float64(len(bars) - 1 - i)
		ticks = append(ticks, plot.Tick{Value: y, Label: plain(b.Label, 36)})
		d.add(b, y, factor)
		for _, v := range []float64{b.Value, b.Low, b.High} {
			if finite(v) {
				low, high = min(low, v*factor), max(high, v*factor)
			}
		}
	}
	if low == high {
		high = 1
	}
	pl.X.Min, pl.X.Max = low*1.25, high+(high-low)*0.28 // room for the values
	pl.Y.Min, pl.Y.Max = -0.6, max(float64(len(bars)), 1)-0.4
	pl.Y.Tick.Marker, pl.Y.Tick.Length, pl.Y.LineStyle.Width = plot.ConstantTicks(ticks), 0, 0
	pl.Add(d)
	p.addPlot(heading, svg(pl, vg.Points(48+20*float64(max(len(bars), 1)))), note)
}

// barPlot draws horizontal bars in scaled values.
type barPlot struct {
	unit string
	bars []placed
}

type placed struct {
	y, value, low, high float64
	note                string
	drawn, bounds       bool
}

func (d *barPlot) add(b Bar, y, factor float64) {
	p := placed{y: y, drawn: finite(b.Value), note: quantity(b.Value, d.unit)}
	p.value = b.Value * factor
	if finite(b.Low) && finite(b.High) && (b.Low != 0 || b.High != 0) && b.Low != b.High {
		p.bounds, p.low, p.high = true, b.Low*factor, b.High*factor
		p.note += fmt.Sprintf("  (%s to %s)", quantity(b.Low, d.unit), quantity(b.High, d.unit))
	}
	d.bars = append(d.bars, p)
}

// Plot draws the bars, their bounds and their values.
func (d *barPlot) Plot(c draw.Canvas, pl *plot.Plot) {
	tx, ty := pl.Transforms(&c)
	half := (ty(1) - ty(0)) * 0.32
	zero := tx(0)
	c.StrokeLine2(draw.LineStyle{Color: soft, Width: vg.Points(0.6)}, zero, c.Min.Y, zero, c.Max.Y)
	style := styled(9, soft, text.XLeft, text.YCenter)
	for _, b := range d.bars {
		y := ty(b.y)
		end := zero
		if b.drawn {
			x := tx(b.value)
			c.FillPolygon(blue, []vg.Point{{X: zero, Y: y - half}, {X: x, Y: y - half}, {X: x, Y: y + half}, {X: zero, Y: y + half}})
			end = max(zero, x)
		}
		if b.bounds {
			line := draw.LineStyle{Color: ink, Width: vg.Points(1)}
			l, h := tx(b.low), tx(b.high)
			c.StrokeLine2(line, l, y, h, y)
			c.StrokeLine2(line, l, y-half*0.6, l, y+half*0.6)
			c.StrokeLine2(line, h, y-half*0.6, h, y+half*0.6)
			end = max(end, h)
		}
		c.FillText(style, vg.Point{X: end + vg.Points(5), Y: y}, b.note)
	}
}
