package page

import (
	"bytes"
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// MaxSeries is the number of curves of a picture that are drawn.
const MaxSeries = 24

// maxCurvePoints is the number of points above which a curve is thinned.
const maxCurvePoints = 2000

// Series is one curve: X and Y have the same length, points are joined in
// order.
type Series struct {
	Label string
	X, Y  []float64
}

// curves is the picture of series.
type curves struct {
	xlabel, ylabel string
	series         []Series
}

func (l curves) write(b *bytes.Buffer, id string) error {
	r, err := l.extent()
	if err != nil {
		return err
	}
	if r.points == 0 {
		note(b, "No data for %s over %s.", either(l.ylabel, "this picture"), either(l.xlabel, "the axis"))
		return nil
	}
	shown := l.series[:min(len(l.series), MaxSeries)]
	p := axes(l.xlabel, l.ylabel)
	p.X.Min, p.X.Max = widen(r.x0, r.x1)
	p.Y.Min, p.Y.Max = headroom(r.y0, r.y1)
	xt, yt := ticks(p.X.Min, p.X.Max, 10, false), ticks(p.Y.Min, p.Y.Max, 6, false)
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(xt), plot.ConstantTicks(yt)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	p.Add(grid)
	thinned := 0
	for i, s := range shown {
		pts := thin(s.X, s.Y)
		if len(pts) < len(s.X) {
			thinned++
		}
		p.Add(curve{pts, curveStyle(i)})
	}
	l.key(b, shown)
	d := blank(300)
	d.plot(p)
	what := fmt.Sprintf("%s over %s: %s, x from %s to %s, y from %s to %s.", either(oneLine(l.ylabel), "Values"), either(oneLine(l.xlabel), "x"),
		plural(len(shown), "curve"), number(r.x0), number(r.x1), number(r.y0), number(r.y1))
	return d.write(b, id, either(oneLine(l.ylabel), "Curves"), what, l.caption(thinned))
}

// caption says what the picture leaves out.
func (l curves) caption(thinned int) string {
	s := ""
	if thinned > 0 {
		s = fmt.Sprintf("Curves of more than %d points are drawn by the lowest and the highest value of each of %d stretches.", maxCurvePoints, maxCurvePoints/2)
	}
	if len(l.series) > MaxSeries {
		s += fmt.Sprintf(" Only the first %d of %d curves are drawn; the axes span all.", MaxSeries, len(l.series))
	}
	return s
}

// key writes which curve is which.
func (l curves) key(b *bytes.Buffer, shown []Series) {
	if len(shown) == 1 && shown[0].Label == "" {
		return
	}
	b.WriteString("<ul class=\"key\">\n")
	for i, s := range shown {
		dash := ""
		for _, d := range curveStyle(i).Dashes {
			dash += fmt.Sprintf("%g ", d.Points())
		}
		if dash != "" {
			dash = ` stroke-dasharray="` + dash[:len(dash)-1] + `"`
		}
		fmt.Fprintf(b, "<li><svg viewBox=\"0 0 28 8\" aria-hidden=\"true\"><path d=\"M0 4H28\" stroke=\"%s\" stroke-width=\"2.5\"%s/></svg>%s</li>\n",
			hex(colour(i)), dash, escape(either(short(s.Label, 60), "unnamed")))
	}
	b.WriteString("</ul>\n")
}

// span is the range of all points and their number.
type span struct {
	x0, x1, y0, y1 float64
	points         int
}

// extent checks all series and gives their range.
func (l curves) extent() (span, error) {
	r := span{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1), 0}
	for _, s := range l.series {
		if len(s.X) != len(s.Y) {
			return r, fmt.Errorf("series %q has %d x and %d y, need as many of each", s.Label, len(s.X), len(s.Y))
		}
		for i, x := range s.X {
			if err := finite("x", x); err != nil {
				return r, fmt.Errorf("series %q point %d: %w", s.Label, i, err)
			}
			if err := finite("y", s.Y[i]); err != nil {
				return r, fmt.Errorf("series %q point %d: %w", s.Label, i, err)
			}
			r.x0, r.x1 = math.Min(r.x0, x), math.Max(r.x1, x)
			r.y0, r.y1 = math.Min(r.y0, s.Y[i]), math.Max(r.y1, s.Y[i])
		}
		r.points += len(s.X)
	}
	return r, nil
}

// headroom is a range with room above, and from zero where nothing is below it.
func headroom(low, high float64) (float64, float64) {
	if low >= 0 {
		low = 0
		if high == 0 {
			return 0, 1
		}
	}
	low, high = widen(low, high)
	room := (high - low) * 0.05
	if low < 0 {
		low -= room
	}
	return low, high + room
}

// thin keeps a curve's lowest and highest point of each stretch, and its ends.
func thin(x, y []float64) plotter.XYs {
	n := len(x)
	var out plotter.XYs
	keep := func(i int) { out = append(out, plotter.XY{X: x[i], Y: y[i]}) }
	if n <= maxCurvePoints {
		for i := range x {
			keep(i)
		}
		return out
	}
	const stretches = maxCurvePoints / 2
	keep(0)
	for s := range stretches {
		first, end := int(int64(s)*int64(n)/stretches), int(int64(s+1)*int64(n)/stretches)
		low, high := first, first
		for i := first; i < end; i++ {
			if y[i] < y[low] {
				low = i
			}
			if y[i] > y[high] {
				high = i
			}
		}
		keep(min(low, high))
		if low != high {
			keep(max(low, high))
		}
	}
	keep(n - 1)
	return out
}

// curve draws one series; a single point is drawn as a dot.
type curve struct {
	pts   plotter.XYs
	style draw.LineStyle
}

// Plot draws on the canvas of p; it makes curve a plot.Plotter.
func (l curve) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	if len(l.pts) == 1 {
		c.DrawGlyph(draw.GlyphStyle{Color: l.style.Color, Radius: vg.Points(3), Shape: draw.CircleGlyph{}},
			vg.Point{X: trX(l.pts[0].X), Y: trY(l.pts[0].Y)})
		return
	}
	line := make([]vg.Point, len(l.pts))
	for i, pt := range l.pts {
		line[i] = vg.Point{X: trX(pt.X), Y: trY(pt.Y)}
	}
	c.StrokeLines(l.style, line)
}

// curveStyle tells the curves apart by colour, then by dashes.
func curveStyle(i int) draw.LineStyle {
	dashes := [][]vg.Length{nil, {vg.Points(6), vg.Points(3)}, {vg.Points(1.5), vg.Points(2.5)}}
	return draw.LineStyle{Color: colour(i), Width: vg.Points(1.4), Dashes: dashes[i/len(palette)%len(dashes)]}
}

// either is s, or other if s is empty.
func either(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
