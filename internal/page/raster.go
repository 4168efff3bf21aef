package page

import (
	"bytes"
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// MaxRasterPoints is the number of spikes of a raster that are drawn.
const MaxRasterPoints = 20000

// MaxRasterPops is the number of populations of a raster that are drawn.
const MaxRasterPops = 100

// leastBand is the least height of a population's band in points, enough for
// its label.
const leastBand = 14

// Raster is spikes over time. Ticks, Pop and Index have one entry per spike.
type Raster struct {
	Pops    []string // names of the populations, drawn from top to bottom
	Sizes   []int    // neurons of each population, at least 0
	Ticks   []int64  // tick of each spike, 0..TickMax
	Pop     []int32  // population of each spike, index into Pops
	Index   []int32  // neuron of each spike within its population
	TickMax int64    // last tick of the axis; 0 or less for that of the last spike
}

func (r Raster) write(b *bytes.Buffer, id string) error {
	end, err := r.check()
	if err != nil {
		return err
	}
	n := len(r.Ticks)
	if n == 0 {
		if end > 0 {
			note(b, "No spikes from tick 0 to %d.", end)
		} else {
			note(b, "No spikes.")
		}
		return nil
	}
	bands, height := r.bands()
	p := axes("tick", "")
	p.X.Min, p.X.Max = -0.5, float64(end)+0.5 // whole marks at both ends
	p.Y.Min, p.Y.Max = 0, height
	p.X.Tick.Marker = plot.ConstantTicks(ticks(0, math.Max(float64(end), 0.5), 10, true))
	p.Y.Tick.Length = 0
	marks := make([]plot.Tick, len(bands))
	for i, band := range bands {
		marks[i] = plot.Tick{Value: (band.low + band.high) / 2, Label: band.label}
	}
	p.Y.Tick.Marker = plot.ConstantTicks(marks)
	p.Add(spikes{r, bands, r.sample()})
	d := blank(height + 50)
	d.plot(p)
	what := fmt.Sprintf("Spike raster: %s of %s from tick 0 to %d.", plural(n, "spike"), plural(len(r.Pops), "population"), end)
	return d.write(b, id, "Spike raster", what, what+" "+r.caption(len(bands)))
}

// caption says how to read the picture and what it leaves out.
func (r Raster) caption(bands int) string {
	s := "One band per population, its size in brackets; within a band the lowest neuron is at the bottom."
	if n := len(r.Ticks); n > MaxRasterPoints {
		s += fmt.Sprintf(" Thinned: %d of the %d spikes were picked evenly along the list, about one of %.3g; those missing are not drawn.",
			MaxRasterPoints, n, float64(n)/MaxRasterPoints)
	}
	if bands < len(r.Pops) {
		s += fmt.Sprintf(" Only the first %d of %d populations are drawn.", bands, len(r.Pops))
	}
	return s
}

// check validates the lists and gives the end of the axis.
func (r Raster) check() (end int64, err error) {
	n := len(r.Ticks)
	if len(r.Pop) != n || len(r.Index) != n {
		return 0, fmt.Errorf("raster of %d ticks, %d populations and %d indices, need as many of each", n, len(r.Pop), len(r.Index))
	}
	if len(r.Sizes) != len(r.Pops) {
		return 0, fmt.Errorf("raster of %d populations has %d sizes", len(r.Pops), len(r.Sizes))
	}
	for i, size := range r.Sizes {
		if size < 0 {
			return 0, fmt.Errorf("raster population %d %q has size %d, need at least 0", i, r.Pops[i], size)
		}
	}
	for i, t := range r.Ticks {
		p := r.Pop[i]
		if p < 0 || int(p) >= len(r.Pops) {
			return 0, fmt.Errorf("raster spike %d is of population %d, have %d", i, p, len(r.Pops))
		}
		if r.Index[i] < 0 || int(r.Index[i]) >= r.Sizes[p] {
			return 0, fmt.Errorf("raster spike %d is of neuron %d, population %d %q has %d", i, r.Index[i], p, r.Pops[p], r.Sizes[p])
		}
		if t < 0 || r.TickMax > 0 && t > r.TickMax {
			return 0, fmt.Errorf("raster spike %d is at tick %d, need 0 to %d", i, t, r.TickMax)
		}
		end = max(end, t)
	}
	return max(end, r.TickMax), nil
}

// band is the strip of a population, in points from the bottom.
type band struct {
	low, high float64
	label     string
}

// bands stacks the populations from the top, in proportion to their sizes but
// none too thin for its label, and gives the height of all.
func (r Raster) bands() ([]band, float64) {
	out := make([]band, min(len(r.Pops), MaxRasterPops))
	var total float64
	for i := range out {
		total += float64(r.Sizes[i])
	}
	room := math.Max(60, math.Min(320, total*6))
	var height float64
	for i := range out {
		share := room * float64(r.Sizes[i]) / math.Max(total, 1)
		h := math.Max(leastBand, share)
		out[i] = band{height, height + h, fmt.Sprintf("%s (%d)", short(r.Pops[i], maxLabel), r.Sizes[i])}
		height += h
	}
	for i, o := range out { // measured from the top so far
		out[i].low, out[i].high = height-o.high, height-o.low
	}
	return out, height
}

// sample picks the spikes to draw, in order: all, or one at a mixed place of
// each of MaxRasterPoints equal stretches, so that no period of the list meets
// a period of the choice.
func (r Raster) sample() []int {
	n := len(r.Ticks)
	out := make([]int, min(n, MaxRasterPoints))
	for i := range out {
		out[i] = i
		if n > MaxRasterPoints {
			low := int(int64(i) * int64(n) / MaxRasterPoints)
			high := int(int64(i+1) * int64(n) / MaxRasterPoints)
			out[i] = low + int(mix(uint64(i))%uint64(high-low))
		}
	}
	return out
}

// mix scatters the bits of x.
func mix(x uint64) uint64 {
	x = (x + 1) * 0x9e3779b97f4a7c15
	x ^= x >> 29
	x *= 0xff51afd7ed558ccd
	return x ^ x>>32
}

// spikes draws the strokes and the lines between the bands.
type spikes struct {
	r      Raster
	bands  []band
	chosen []int
}

// Plot draws on the canvas of p; it makes spikes a plot.Plotter.
func (s spikes) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for i, band := range s.bands {
		if i%2 == 1 {
			c.FillPolygon(rowShade, box(c.Min.X, trY(band.low), c.Max.X, trY(band.high)))
		}
	}
	paths := make([]vg.Path, len(s.bands))
	for _, k := range s.chosen {
		i := int(s.r.Pop[k])
		if i >= len(s.bands) {
			continue
		}
		low, step := s.pitch(i)
		x, y := trX(float64(s.r.Ticks[k])), trY(low+step*(float64(s.r.Index[k])+0.5))
		half := vg.Points(stroke(step, len(s.chosen)) / 2)
		paths[i].Move(vg.Point{X: x, Y: y - half})
		paths[i].Line(vg.Point{X: x, Y: y + half})
	}
	for i, path := range paths {
		if len(path) > 0 {
			c.SetLineStyle(draw.LineStyle{Color: colour(i), Width: vg.Points(1.1)})
			c.Stroke(path)
		}
	}
	for i, band := range s.bands {
		if i > 0 {
			c.StrokeLine2(draw.LineStyle{Color: grey, Width: vg.Points(0.6)}, c.Min.X, trY(band.high), c.Max.X, trY(band.high))
		}
	}
}

// pitch is the bottom of a population's rows and the height of one.
func (s spikes) pitch(i int) (low, step float64) {
	b := s.bands[i]
	const gap = 1.5
	return b.low + gap, (b.high - b.low - 2*gap) / math.Max(float64(s.r.Sizes[i]), 1)
}

// stroke is the length of a spike's mark in rows of a height; marks that are
// few stay visible where rows are thin.
func stroke(step float64, marks int) float64 {
	least := 1.3
	if marks < 2000 {
		least = 2.4
	}
	return math.Min(math.Max(step*0.8, least), 9)
}
