package page

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"sort"
	"strconv"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// MaxCores is the number of cores whose grid is drawn.
const MaxCores = 8192

// MaxCoreRows is the number of cores in the table under the grid.
const MaxCoreRows = 20

// CoreLoad is the load of the cores of a tile grid. Tile t has the cores
// t*CoresPerTile and on; tiles are numbered row by row, or column by column
// when ColumnMajor. Cores beyond Load are drawn as absent.
type CoreLoad struct {
	X, Y, CoresPerTile int
	ColumnMajor        bool
	Load               []float64 // by core id, at least 0
	Unit               string    // of Load, e.g. "synapses"
}

var (
	rowShade = color.NRGBA{0xf5, 0xf7, 0xf9, 0xff}
	barFill  = color.NRGBA{0x5b, 0x9b, 0xd0, 0xff}
	absent   = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

func (l CoreLoad) write(b *bytes.Buffer, id string) error {
	if err := l.check(); err != nil {
		return err
	}
	if len(l.Load) == 0 {
		note(b, "No core has a load to show.")
		return nil
	}
	s := l.sum()
	what := fmt.Sprintf("%d of %s in use. Greatest load %s %s on core %d, mean of those in use %s.",
		s.busy, plural(len(l.Load), "core"), number(s.most), l.Unit, s.where, number(s.mean))
	if s.busy == 0 {
		what = fmt.Sprintf("None of %s in use.", plural(len(l.Load), "core"))
	}
	if len(l.Load) > MaxCores || l.X > 128 || l.Y > 128 || l.X*l.Y*l.CoresPerTile > MaxCores {
		note(b, "%s The grid of %d by %d tiles with %s each is too large to be drawn.", what, l.X, l.Y, plural(l.CoresPerTile, "core"))
	} else {
		g := l.layout(s.most)
		d := blank(g.height)
		g.draw(d)
		if err := d.write(b, id, "Core load", "Grid of tiles coloured by load. "+what, what+" "+g.caption()); err != nil {
			return err
		}
	}
	if s.busy == 0 {
		return nil
	}
	return behind(b, "The busiest cores", l.busiest())
}

func (l CoreLoad) check() error {
	const limit = 1 << 20
	if l.X < 1 || l.Y < 1 || l.CoresPerTile < 1 || l.X > limit || l.Y > limit || l.CoresPerTile > limit {
		if len(l.Load) == 0 && l.X >= 0 && l.Y >= 0 && l.CoresPerTile >= 0 {
			return nil
		}
		return fmt.Errorf("grid of %d by %d tiles with %d cores, need 1 to %d of each", l.X, l.Y, l.CoresPerTile, limit)
	}
	if have := l.X * l.Y * l.CoresPerTile; len(l.Load) > have {
		return fmt.Errorf("loads of %d cores, grid has %d", len(l.Load), have)
	}
	for i, v := range l.Load {
		if err := finite("load", v); err != nil {
			return fmt.Errorf("core %d: %w", i, err)
		}
		if v < 0 {
			return fmt.Errorf("core %d: load is %g, need at least 0", i, v)
		}
	}
	return nil
}

// loadSum is what the loads amount to.
type loadSum struct {
	busy, where int
	most, mean  float64
}

func (l CoreLoad) sum() loadSum {
	var s loadSum
	for i, v := range l.Load {
		if v > 0 {
			s.busy++
			s.mean += (v - s.mean) / float64(s.busy)
		}
		if v > s.most {
			s.most, s.where = v, i
		}
	}
	return s
}

// tile is the place of a tile in the grid, x to the right and y upwards.
func (l CoreLoad) tile(t int) (x, y int) {
	if l.ColumnMajor {
		return t / l.Y, t % l.Y
	}
	return t % l.X, t / l.X
}

// busiest is the table of the greatest loads.
func (l CoreLoad) busiest() table {
	order := make([]int, 0, len(l.Load))
	for i, v := range l.Load {
		if v > 0 {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return l.Load[order[i]] > l.Load[order[j]] })
	t := table{header: []string{"core", "tile x", "tile y", either(l.Unit, "load")}}
	for _, c := range order[:min(len(order), MaxCoreRows)] {
		x, y := l.tile(c / l.CoresPerTile)
		t.rows = append(t.rows, []string{strconv.Itoa(c), strconv.Itoa(x), strconv.Itoa(y), exact(l.Load[c])})
	}
	return t
}

// grid is the measures of the picture in points.
type grid struct {
	CoreLoad
	most          float64
	side, height  float64 // of a tile; of the picture
	left, bottom  float64 // of the grid
	columns, rows int     // cores within a tile
	numbers       bool
}

// layout fits the grid into the width of the picture.
func (l CoreLoad) layout(most float64) grid {
	g := grid{CoreLoad: l, most: most}
	g.columns = int(math.Ceil(math.Sqrt(float64(l.CoresPerTile))))
	g.rows = (l.CoresPerTile + g.columns - 1) / g.columns
	g.left, g.bottom = 34, 58
	most1 := 46.0 * float64(g.columns)
	g.side = math.Min((pictureWidth-g.left-8)/float64(l.X), math.Min(most1, math.Max(560/float64(l.Y), 6)))
	g.height = g.bottom + g.side*float64(l.Y) + 6
	g.numbers = g.cell() >= 15
	return g
}

// cell is the side of a core's cell.
func (g grid) cell() float64 { return (g.side - 2) / float64(max(g.columns, g.rows)) }

func (g grid) caption() string {
	s := "Tile (0, 0) is at the bottom left."
	if g.CoresPerTile > 1 {
		s += fmt.Sprintf(" Within a tile, its %d cores run from left to right and from top to bottom.", g.CoresPerTile)
	}
	if !g.numbers {
		s += " The cells are too small for their numbers."
	}
	if have := g.X * g.Y * g.CoresPerTile; have > len(g.Load) {
		s += fmt.Sprintf(" %s of the grid are absent.", plural(have-len(g.Load), "core"))
	}
	return s
}

// draw draws tiles, cores, the numbers of rows and columns and the scale.
func (g grid) draw(d drawn) {
	for t := range g.X * g.Y {
		x, y := g.tile(t)
		left, bottom := g.left+g.side*float64(x), g.bottom+g.side*float64(y)
		for k := range g.CoresPerTile {
			g.core(d, t*g.CoresPerTile+k, left+1, bottom+g.side-1, k)
		}
		if g.CoresPerTile > 1 {
			outline(d, draw.LineStyle{Color: grey, Width: vg.Points(0.8)}, left+0.5, bottom+0.5, left+g.side-0.5, bottom+g.side-0.5)
		}
	}
	style := lettering(9, ink)
	for x := 0; x < g.X; x += every(g.side, 16) {
		d.FillText(style, at(g.left+g.side*(float64(x)+0.5), g.bottom-9), strconv.Itoa(x))
	}
	style.XAlign = draw.XRight
	for y := 0; y < g.Y; y += every(g.side, 12) {
		d.FillText(style, at(g.left-5, g.bottom+g.side*(float64(y)+0.5)), strconv.Itoa(y))
	}
	g.legend(d)
}

// core draws the k-th core of the tile whose top left corner is given.
func (g grid) core(d drawn, id int, left, top float64, k int) {
	w, h := (g.side-2)/float64(g.columns), (g.side-2)/float64(g.rows)
	x, y := left+w*float64(k%g.columns), top-h*float64(k/g.columns+1)
	fill := absent
	if id < len(g.Load) {
		fill = shade(g.Load[id], g.most)
	}
	d.FillPolygon(fill, box(vg.Points(x), vg.Points(y), vg.Points(x+w), vg.Points(y+h)))
	if w > 4 {
		outline(d, draw.LineStyle{Color: faint, Width: vg.Points(0.5)}, x, y, x+w, y+h)
	}
	if !g.numbers || id >= len(g.Load) || g.Load[id] == 0 {
		return
	}
	label := compact(g.Load[id])
	size := math.Min(9.5, math.Min(h*0.6, w*0.92/(0.58*float64(len(label)))))
	if size < 3.5 {
		return
	}
	style := lettering(size, ink)
	if dark(fill) {
		style.Color = color.White
	}
	d.FillText(style, at(x+w/2, y+h/2), label)
}

// legend draws the colours from none to the greatest load.
func (g grid) legend(d drawn) {
	const steps, width, low, high = 40, 200.0, 20.0, 30.0
	style := lettering(9, ink)
	for i := range steps {
		x := g.left + width*float64(i)/steps
		d.FillPolygon(shade(g.most*(float64(i)+0.5)/steps, g.most), box(vg.Points(x), vg.Points(low), vg.Points(x+width/steps+0.2), vg.Points(high)))
	}
	outline(d, draw.LineStyle{Color: grey, Width: vg.Points(0.6)}, g.left, low, g.left+width, high)
	for _, f := range []float64{0, 0.5, 1} {
		d.FillText(style, at(g.left+width*f, low-9), number(g.most*f))
	}
	style.XAlign = text.XLeft
	d.FillText(style, at(g.left+width+10, (low+high)/2), short(either(g.Unit, "load"), 60))
}

// shade is the colour of a load: none, then light to dark blue.
func shade(v, most float64) color.NRGBA {
	if v <= 0 || most <= 0 {
		return color.NRGBA{0xf1, 0xf3, 0xf5, 0xff}
	}
	f := v / most
	stops := [...]color.NRGBA{{0xdc, 0xeb, 0xf7, 0xff}, {0x5b, 0x9b, 0xd0, 0xff}, {0x08, 0x3d, 0x77, 0xff}}
	i := 0
	if f *= 2; f > 1 {
		i, f = 1, math.Min(f-1, 1)
	}
	blend := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*f)) }
	a, b := stops[i], stops[i+1]
	return color.NRGBA{blend(a.R, b.R), blend(a.G, b.G), blend(a.B, b.B), 0xff}
}

// dark tells whether white text reads better than black on a colour.
func dark(c color.NRGBA) bool {
	return 0.299*float64(c.R)+0.587*float64(c.G)+0.114*float64(c.B) < 120
}

// compact writes a load in few characters: 999, 12k, 3.4M.
func compact(v float64) string {
	for _, u := range []struct {
		size   float64
		letter string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if v >= u.size && v < 1e12 {
			if u.letter == "k" {
				u.size = 1e3
			}
			return tidy(strconv.FormatFloat(v/u.size, 'f', places(v/u.size), 64)) + u.letter
		}
	}
	if v >= 100 && v < 1e4 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return tidy(strconv.FormatFloat(v, 'g', 3, 64))
}

func places(v float64) int {
	if v < 10 {
		return 1
	}
	return 0
}

// every is the step between labels that need room points each.
func every(side, room float64) int { return max(1, int(math.Ceil(room/side))) }

func at(x, y float64) vg.Point { return vg.Point{X: vg.Points(x), Y: vg.Points(y)} }

func outline(d drawn, s draw.LineStyle, x0, y0, x1, y1 float64) {
	path := box(vg.Points(x0), vg.Points(y0), vg.Points(x1), vg.Points(y1))
	d.StrokeLines(s, append(path, path[0], path[1]))
}
