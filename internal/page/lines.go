package page

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Series is a line of a plot: Values[i] stands at First + i*Step.
type Series struct {
	Name   string
	First  float64
	Step   float64 // 0 counts as 1
	Values []float64
}

// linePoints is how many points of a series are drawn.
const linePoints = 1000

// AddRates adds a plot of series over ticks, such as spikes per tick and
// population. Unit labels the axis upwards. Longer series are averaged in bins,
// which the note says; values that are no numbers leave gaps.
func (p *Page) AddRates(heading, unit string, series []Series) {
	p.AddLines(heading, "tick", unit, series)
}

// AddLines is AddRates with any axis to the right.
func (p *Page) AddLines(heading, x, y string, series []Series) {
	pl := newPlot(x, y)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color, grid.Horizontal.Width = faint, vg.Points(0.6)
	pl.Add(grid)
	binned := 1
	drawn := 0
	for i, s := range series {
		parts, bin := s.points()
		binned = max(binned, bin)
		for k, xy := range parts {
			l := &plotter.Line{XYs: xy}
			l.Color, l.Width = tint(i), vg.Points(1.2)
			pl.Add(l)
			if k == 0 {
				pl.Legend.Add(plain(s.Name, 32), l)
			}
			drawn++
		}
	}
	note := ""
	if drawn == 0 {
		note = "No values to draw."
		pl.X.Min, pl.X.Max, pl.Y.Min, pl.Y.Max = 0, 1, 0, 1
	}
	widen(pl)
	if binned > 1 {
		note = fmt.Sprintf("Long series are averaged over %d values a point.", binned)
	}
	p.addPlot(heading, svg(pl, vg.Points(200)), note)
}

// widen gives empty ranges a width, includes zero upwards and leaves room for
// the legend.
func widen(pl *plot.Plot) {
	pl.Y.Min, pl.Y.Max = min(pl.Y.Min, 0), max(pl.Y.Max, 0)
	if pl.Y.Min == pl.Y.Max {
		pl.Y.Max++
	}
	if pl.X.Min == pl.X.Max {
		pl.X.Max++
	}
	pl.Y.Max += (pl.Y.Max - pl.Y.Min) * 0.08
	pl.Legend.YOffs = vg.Points(2)
}

// points are the pieces of a series between gaps, averaged over bin values.
func (s Series) points() (parts []plotter.XYs, bin int) {
	step := s.Step
	if step == 0 || !finite(step) {
		step = 1
	}
	first := s.First
	if !finite(first) {
		first = 0
	}
	bin = max(1, (len(s.Values)+linePoints-1)/linePoints)
	var now plotter.XYs
	for i := 0; i < len(s.Values); i += bin {
		sum, n := 0.0, 0
		for _, v := range s.Values[i:min(i+bin, len(s.Values))] {
			if finite(v) {
				sum, n = sum+v, n+1
			}
		}
		x := first + step*(float64(i)+float64(bin-1)/2)
		if n == 0 || !finite(x) {
			if now != nil {
				parts, now = append(parts, now), nil
			}
			continue
		}
		now = append(now, plotter.XY{X: x, Y: sum / float64(n)})
	}
	if now != nil {
		parts = append(parts, now)
	}
	return parts, bin
}
