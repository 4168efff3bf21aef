package page

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// heatCells is how many cells a heat map draws each way.
const heatCells = 96

// AddHeat adds a map of values, such as the load of the cores of a mesh: values
// holds rows of width values, row 0 on top. Values that are no numbers stay
// blank. Larger maps show the highest value of square blocks, which the note
// says. Small maps show their numbers.
func (p *Page) AddHeat(heading, unit string, width int, values []float64) {
	h := newHeat(width, values)
	pl := newPlot("column", "row")
	pl.X.Min, pl.X.Max = -0.5, float64(h.w)-0.5
	pl.Y.Min, pl.Y.Max = 0.5-float64(h.h), 0.5
	pl.X.Tick.Marker, pl.Y.Tick.Marker = cellTicks(h.w, h.block, 1), cellTicks(h.h, h.block, -1)
	pl.X.LineStyle.Width, pl.Y.LineStyle.Width = 0, 0
	pl.Add(h)
	note := "No values to draw."
	if h.some {
		note = fmt.Sprintf("Light is %s, dark is %s; blank is no value.", quantity(h.low, unit), quantity(h.high, unit))
	}
	if h.block > 1 {
		note += fmt.Sprintf(" Each cell is the highest of %d x %d.", h.block, h.block)
	}
	side := 560 / float64(max(h.w, 1))
	p.addPlot(heading, svg(pl, vg.Points(50+max(24, min(float64(h.h)*min(side, 30), 560)))), note)
}

// heat is a plotter of cells.
type heat struct {
	w, h, block int
	cells       []float64 // NaN: blank
	has         []bool
	low, high   float64
	some        bool
}

func newHeat(width int, values []float64) *heat {
	width = max(1, min(width, max(len(values), 1)))
	rows := max(1, (len(values)+width-1)/width)
	h := &heat{block: max(1, (max(width, rows)+heatCells-1)/heatCells)}
	h.w, h.h = (width+h.block-1)/h.block, (rows+h.block-1)/h.block
	h.cells, h.has = make([]float64, h.w*h.h), make([]bool, h.w*h.h)
	for i, v := range values {
		if !finite(v) {
			continue
		}
		k := i/width/h.block*h.w + i%width/h.block
		if !h.has[k] || v > h.cells[k] {
			h.cells[k], h.has[k] = v, true
		}
	}
	for k, v := range h.cells {
		if !h.has[k] {
			continue
		}
		if !h.some {
			h.low, h.high, h.some = v, v, true
		}
		h.low, h.high = min(h.low, v), max(h.high, v)
	}
	return h
}

// cellTicks labels about every tenth cell with its number.
func cellTicks(n, block, sign int) plot.ConstantTicks {
	var out plot.ConstantTicks
	step := max(1, (n+11)/12)
	for i := 0; i < n; i += step {
		out = append(out, plot.Tick{Value: float64(sign * i), Label: fmt.Sprint(i * block)})
	}
	return out
}

// shade goes from light to dark blue.
func shade(f float64) color.NRGBA {
	mixed := func(a, b float64) uint8 { return uint8(a + (b-a)*f + 0.5) }
	return color.NRGBA{mixed(0xe8, 0x0b), mixed(0xf0, 0x3c), mixed(0xf8, 0x78), 0xff}
}

// Plot draws the cells and, where there is room, their numbers.
func (h *heat) Plot(c draw.Canvas, pl *plot.Plot) {
	tx, ty := pl.Transforms(&c)
	gap := vg.Points(0.8)
	if h.w > 40 || h.h > 40 {
		gap = 0
	}
	numbers := h.w <= 14 && h.h <= 20
	for k, v := range h.cells {
		if !h.has[k] {
			continue
		}
		f := 1.0
		if h.high > h.low {
			f = (v - h.low) / (h.high - h.low)
		}
		x, y := float64(k%h.w), -float64(k/h.w)
		l, r := tx(x-0.5)+gap, tx(x+0.5)-gap
		b, t := ty(y-0.5)+gap, ty(y+0.5)-gap
		c.FillPolygon(shade(f), []vg.Point{{X: l, Y: b}, {X: r, Y: b}, {X: r, Y: t}, {X: l, Y: t}})
		if numbers {
			var on color.Color = ink
			if f > 0.5 {
				on = color.White
			}
			c.FillText(styled(9, on, text.XCenter, text.YCenter), vg.Point{X: (l + r) / 2, Y: (b + t) / 2}, quantity(v, ""))
		}
	}
}
