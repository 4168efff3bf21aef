package page

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Pop is a population of a raster: its name and number of neurons.
type Pop struct {
	Name string
	N    int
}

// Resolution of a raster: the spikes that share a cell share a mark.
const (
	rasterColumns = 900
	rasterLines   = 360
)

// AddRaster adds a raster: time to the right, neurons upwards, one band per
// population. At gives spike i of n; ticks is the length of the run (0: up to
// the last spike). Spikes outside are left out and counted in the note.
func (p *Page) AddRaster(heading string, pops []Pop, ticks int64, n int, at func(i int) (tick int64, pop, index int)) {
	r := newRaster(pops, ticks, n, at)
	pl := newPlot("tick", "")
	pl.X.Min, pl.X.Max = 0, float64(max(r.ticks, 1))
	pl.Y.Min, pl.Y.Max = 0, float64(max(r.total, 1))
	pl.Y.Tick.Marker = plot.ConstantTicks(r.bands())
	pl.Y.Tick.Length = 0
	pl.Add(r)
	note := fmt.Sprintf("%d spikes of %d neurons in %d ticks", n, r.total, r.ticks)
	if r.marks < n-r.outside {
		note += fmt.Sprintf("; %d marks, close spikes share one", r.marks)
	}
	if r.outside > 0 {
		note += fmt.Sprintf("; %d spikes outside the plot are left out", r.outside)
	}
	p.addPlot(heading, svg(pl, rasterHeight(r)), note+".")
}

func rasterHeight(r *raster) vg.Length {
	h := 60 + max(90, min(float64(r.total)*1.2, 300), 16*float64(len(r.pops)))
	return vg.Points(min(h, 900))
}

// raster is a plotter of spikes on a grid of cells.
type raster struct {
	pops    []Pop
	first   []int // line of neuron 0, per population
	total   int   // lines
	ticks   int64
	cells   [][]uint32 // per population: cells with spikes, line*rasterColumns+column, sorted
	columns int        // cells to the right
	lines   int        // cells upwards
	marks   int
	outside int
}

func newRaster(pops []Pop, ticks int64, n int, at func(int) (int64, int, int)) *raster {
	r := &raster{pops: pops, ticks: ticks, cells: make([][]uint32, len(pops))}
	for _, p := range pops {
		r.first = append(r.first, r.total)
		r.total += min(max(p.N, 0), 1<<40)
	}
	if ticks <= 0 {
		for i := range n {
			t, _, _ := at(i)
			r.ticks = max(r.ticks, t+1)
		}
	}
	r.columns = int(max(1, min(r.ticks, rasterColumns)))
	r.lines = max(1, min(r.total, rasterLines))
	grid := make([]bool, len(pops)*0+r.columns*r.lines)
	for i := range n {
		t, pop, k := at(i)
		if t < 0 || t >= r.ticks || pop < 0 || pop >= len(pops) || k < 0 || k >= pops[pop].N {
			r.outside++
			continue
		}
		column := int(float64(t) / float64(r.ticks) * float64(r.columns))
		line := int(float64(r.first[pop]+k) / float64(r.total) * float64(r.lines))
		c := min(line, r.lines-1)*r.columns + min(column, r.columns-1)
		if !grid[c] {
			grid[c] = true
			r.marks++
			r.cells[pop] = append(r.cells[pop], uint32(c))
		}
	}
	for _, c := range r.cells {
		slices.Sort(c)
	}
	return r
}

// bands names the populations at the middle of their bands.
func (r *raster) bands() []plot.Tick {
	var out []plot.Tick
	last := -1.0
	for i, p := range r.pops {
		mid := float64(r.first[i]) + float64(p.N)/2
		if last >= 0 && mid-last < float64(r.total)/25 {
			continue // no room for its name
		}
		last = mid
		out = append(out, plot.Tick{Value: mid, Label: plain(p.Name, 24)})
	}
	return out
}

// Plot draws the marks and the lines between bands.
func (r *raster) Plot(c draw.Canvas, pl *plot.Plot) {
	tx, ty := pl.Transforms(&c)
	for i := range r.pops {
		if i > 0 {
			y := ty(float64(r.first[i]))
			c.StrokeLine2(draw.LineStyle{Color: faint, Width: vg.Points(0.6)}, c.Min.X, y, c.Max.X, y)
		}
	}
	w := (tx(pl.X.Max) - tx(0)) / vg.Length(r.columns)
	h := (ty(pl.Y.Max) - ty(0)) / vg.Length(r.lines)
	for i, cells := range r.cells {
		c.SetColor(tint(i))
		c.SetLineDash(nil, 0)
		c.SetLineWidth(max(min(h*0.8, vg.Points(5)), vg.Points(1)))
		var path vg.Path
		for k := 0; k < len(cells); {
			j := k + 1 // cells side by side make one stroke
			for j < len(cells) && cells[j] == cells[j-1]+1 && int(cells[j])%r.columns != 0 && w < vg.Points(1.5) {
				j++
			}
			x := vg.Length(int(cells[k])%r.columns) * w
			y := ty(0) + (vg.Length(int(cells[k])/r.columns)+0.5)*h
			end := x + max(vg.Length(j-k)*w-max(w-vg.Points(2.5), w/4), vg.Points(0.9))
			path.Move(vg.Point{X: tx(0) + x, Y: y})
			path.Line(vg.Point{X: tx(0) + end, Y: y})
			k = j
		}
		if len(path) > 0 {
			c.Stroke(path)
		}
	}
}
