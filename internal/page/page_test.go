package page

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// nasty is text that must not get through as it is.
const nasty = "</title><script>alert('x')</script> & \"q\" \x00\x1b\xff\ufffe 日本 😀 \u00e9"

func synthetic(n int) Raster {
	r := Raster{Pops: []string{"input", "hidden", "output"}, Sizes: []int{64, 96, 10}, TickMax: 199}
	x := uint64(1)
	for i := range n {
		x = mix(x + uint64(i))
		p := []int32{0, 0, 0, 1, 1, 1, 1, 2}[x%8]
		r.Ticks = append(r.Ticks, int64(i)*200/int64(n))
		r.Pop = append(r.Pop, p)
		r.Index = append(r.Index, int32(x>>8%1000)%int32(r.Sizes[p]))
		if r.Index[i] < 0 {
			r.Index[i] = 0
		}
	}
	return r
}

func wave(n int, f float64) Series {
	s := Series{Label: fmt.Sprintf("wave %g", f)}
	for i := range n {
		s.X = append(s.X, float64(i))
		s.Y = append(s.Y, 0.02*(1.2+math.Sin(f*float64(i)*200/float64(n))))
	}
	return s
}

func mesh(x, y, k int, column bool) CoreLoad {
	c := CoreLoad{X: x, Y: y, CoresPerTile: k, ColumnMajor: column, Unit: "compartments"}
	for i := range x * y * k * 3 / 4 {
		c.Load = append(c.Load, float64(mix(uint64(i))%1024)*float64(i%3))
	}
	return c
}

func full() *Page {
	p := New("hillock run: a chip & "+nasty, "free-running, 200 ticks")
	p.Text("About", "A network of three populations.\n\nA second paragraph\nof two lines with <b>no markup</b>.")
	p.Table("Result", []string{"what", "value", "note"}, [][]string{{"ticks", "200", "<i>"}, {"time", "12.5 us", nasty}, {"lost", "0", ""}})
	p.Raster("Spikes", synthetic(3000))
	p.Raster("Few spikes", Raster{Pops: []string{"in", "a population with a rather long name", "tiny"}, Sizes: []int{4000, 2, 1},
		Ticks: []int64{0, 3, 3, 9, 15}, Pop: []int32{0, 0, 1, 1, 2}, Index: []int32{1, 3999, 0, 1, 0}, TickMax: 15})
	p.Lines("Rates", "tick", "spikes per neuron and tick", []Series{wave(200, 0.1), wave(200, 0.23), wave(200, 0.05)})
	p.Bars("Energy", "J", []Bar{{"synaptic events", 1.1e-6, 1.62e-6, 2.4e-6}, {"neuron updates", .5e-6, .83e-6, 1.2e-6},
		{"packets & hops <x>", .1e-6, .12e-6, .2e-6}, {"static, per tick and core of the machine", 2.2e-6, 3.1e-6, 5e-6}, {"host", 0, 0, 0}})
	p.Bars("Events", "events", []Bar{{Label: "spikes", Value: 12}, {Label: "synaptic events", Value: 20772}, {Label: "axon reads", Value: 1893}, {Label: "ticks of the barrier", Value: 1.2e7}, {Label: "none"}})
	p.Bars("Signed", "mV", []Bar{{"up", 2, 3, 4}, {"down", -3, -2, -1}})
	p.Cores("Core load", mesh(8, 4, 4, false))
	p.Cores("One core per tile", mesh(16, 16, 1, true))
	p.Cores("Big mesh", mesh(64, 64, 1, false))
	p.Cores("One", CoreLoad{X: 1, Y: 1, CoresPerTile: 1, Load: []float64{0.37}, Unit: "of the tick"})
	return p
}

func render(t require.TestingT, p *Page) string {
	var b bytes.Buffer
	require.NoError(t, p.Render(&b))
	return b.String()
}

var picture = regexp.MustCompile(`(?s)<svg .*?</svg>`)

// wellFormed checks every picture, and the whole body, as XML.
func wellFormed(t require.TestingT, s string) {
	body := s[strings.Index(s, "<body>"):strings.LastIndex(s, "</html>")]
	for _, part := range append(picture.FindAllString(s, -1), body) {
		d := xml.NewDecoder(strings.NewReader(part))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
		}
	}
}

func TestPage(t *testing.T) {
	s := render(t, full())
	if f := os.Getenv("PAGE_OUT"); f != "" {
		require.NoError(t, os.WriteFile(f, []byte(s), 0o666))
	}
	wellFormed(t, s)
	require.Equal(t, s, render(t, full()), "the same calls give the same bytes")
	require.True(t, strings.HasPrefix(s, "<!DOCTYPE html>\n<html lang=\"en\">"))
	require.Equal(t, strings.Count(s, `role="img"`), strings.Count(s, "<desc id="))
	for _, absent := range []string{"<script", "<b>", "<i>", "src=", "url(", "@import", "<link", "http://www.w3.org/1999", "\x00", "\x1b", "NaN", "Inf"} {
		require.NotContains(t, s, absent)
	}
	require.Contains(t, s, "&lt;script&gt;")
	require.Contains(t, s, "packets &amp; hops &lt;x&gt;")
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(s, -1) {
		require.False(t, ids[m[1]], "id %s twice", m[1])
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`aria-labelledby="(\S+) (\S+)"`).FindAllStringSubmatch(s, -1) {
		require.True(t, ids[m[1]] && ids[m[2]])
	}
}

func TestNastyEverywhere(t *testing.T) {
	p := New(nasty, nasty)
	p.Text(nasty, nasty)
	p.Table(nasty, []string{nasty}, [][]string{{nasty}})
	p.Raster(nasty, Raster{Pops: []string{nasty}, Sizes: []int{1}, Ticks: []int64{0}, Pop: []int32{0}, Index: []int32{0}})
	p.Lines(nasty, nasty, nasty, []Series{{Label: nasty, X: []float64{1}, Y: []float64{1}}})
	p.Bars(nasty, nasty, []Bar{{nasty, 0, 1, 2}})
	p.Cores(nasty, CoreLoad{X: 1, Y: 1, CoresPerTile: 1, Load: []float64{1}, Unit: nasty})
	s := render(t, p)
	wellFormed(t, s)
	require.NotContains(t, s, "<script")
	require.Equal(t, 1, strings.Count(s, "</title>\n<style>"))
}

func TestEmpty(t *testing.T) {
	p := New("", "")
	p.Text("", "")
	p.Table("t", []string{"a"}, nil)
	p.Table("t", nil, nil)
	p.Table("t", nil, [][]string{{}})
	p.Raster("r", Raster{})
	p.Raster("r", Raster{Pops: []string{"a"}, Sizes: []int{3}, TickMax: 5})
	p.Lines("l", "x", "y", nil)
	p.Lines("l", "", "", []Series{{Label: "none"}})
	p.Bars("b", "J", nil)
	p.Cores("c", CoreLoad{})
	p.Cores("c", CoreLoad{X: 2, Y: 2, CoresPerTile: 1})
	s := render(t, p)
	wellFormed(t, s)
	require.NotContains(t, s, "<svg")
	require.Equal(t, 10, strings.Count(s, `<p class="note">`))
	require.Contains(t, s, "<title>Report</title>")
	require.Contains(t, s, "No spikes from tick 0 to 5.")
}

func TestFaults(t *testing.T) {
	one := Raster{Pops: []string{"a"}, Sizes: []int{3}, Ticks: []int64{4}, Pop: []int32{0}, Index: []int32{2}, TickMax: 4}
	raster := func(change func(*Raster)) func(*Page) {
		r := one
		change(&r)
		return func(p *Page) { p.Raster("h", r) }
	}
	bar := func(b Bar) func(*Page) { return func(p *Page) { p.Bars("h", "J", []Bar{b}) } }
	cores := func(c CoreLoad) func(*Page) { return func(p *Page) { p.Cores("h", c) } }
	line := func(x, y []float64) func(*Page) {
		return func(p *Page) { p.Lines("h", "x", "y", []Series{{"s", x, y}}) }
	}
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		add  func(*Page)
		want string
	}{
		"lengths":       {raster(func(r *Raster) { r.Pop = nil }), "1 ticks, 0 populations and 1 indices"},
		"sizes":         {raster(func(r *Raster) { r.Sizes = nil }), "1 populations has 0 sizes"},
		"negative size": {raster(func(r *Raster) { r.Sizes = []int{-1} }), "size -1"},
		"population":    {raster(func(r *Raster) { r.Pop = []int32{1} }), "population 1, have 1"},
		"neuron":        {raster(func(r *Raster) { r.Index = []int32{3} }), "neuron 3, population 0 \"a\" has 3"},
		"late":          {raster(func(r *Raster) { r.TickMax = 3 }), "tick 4, need 0 to 3"},
		"early":         {raster(func(r *Raster) { r.Ticks = []int64{-1} }), "tick -1"},
		"bar NaN":       {bar(Bar{Value: nan}), "value is NaN"},
		"bar Inf":       {bar(Bar{Value: 1, High: inf}), "high bound is +Inf"},
		"bar bounds":    {bar(Bar{Low: 2, Value: 1, High: 3}), "value 1 outside its bounds 2 to 3"},
		"line NaN":      {line([]float64{0}, []float64{nan}), "point 0: y is NaN"},
		"line Inf":      {line([]float64{-inf}, []float64{0}), "x is -Inf"},
		"line lengths":  {line([]float64{1}, nil), "1 x and 0 y"},
		"load NaN":      {cores(CoreLoad{X: 1, Y: 1, CoresPerTile: 1, Load: []float64{nan}}), "core 0: load is NaN"},
		"load negative": {cores(CoreLoad{X: 1, Y: 1, CoresPerTile: 1, Load: []float64{-1}}), "load is -1"},
		"loads":         {cores(CoreLoad{X: 1, Y: 1, CoresPerTile: 1, Load: []float64{1, 2}}), "2 cores, grid has 1"},
		"grid":          {cores(CoreLoad{X: 0, Y: 1, CoresPerTile: 1, Load: []float64{1}}), "grid of 0 by 1"},
		"ragged":        {func(p *Page) { p.Table("h", []string{"a"}, [][]string{{"1"}, {"1", "2"}}) }, "row 2 has 2 cells, need 1"},
		"columns":       {func(p *Page) { p.Table("h", make([]string, 201), nil) }, "201 columns, limit 200"},
		"sections": {func(p *Page) {
			for range MaxSections + 5 {
				p.Text("", "")
			}
		}, "more than 1000 sections"},
	} {
		t.Run(name, func(t *testing.T) {
			p := New("t", "")
			c.add(p)
			var b bytes.Buffer
			err := p.Render(&b)
			require.ErrorContains(t, err, c.want)
			require.True(t, strings.HasPrefix(err.Error(), "page: "))
			require.Zero(t, b.Len(), "nothing is written")
		})
	}
}

func TestHugeIsBounded(t *testing.T) {
	p := New("huge", "")
	p.Raster("r", synthetic(300_000))
	many := Raster{TickMax: 1}
	for i := range 5000 {
		many.Pops, many.Sizes = append(many.Pops, fmt.Sprint("pop ", i)), append(many.Sizes, 1)
		many.Ticks, many.Pop, many.Index = append(many.Ticks, 0), append(many.Pop, int32(i)), append(many.Index, 0)
	}
	p.Raster("many", many)
	p.Raster("large numbers", Raster{Pops: []string{"a"}, Sizes: []int{math.MaxInt32}, Ticks: []int64{1 << 60}, Pop: []int32{0}, Index: []int32{math.MaxInt32 - 1}})
	var series []Series
	for range 40 {
		series = append(series, wave(20_000, 0.3))
	}
	p.Lines("l", "x", "y", series)
	bars := make([]Bar, 50_000)
	p.Bars("b", "J", bars)
	p.Cores("c", mesh(200, 200, 4, false))
	p.Table("t", []string{"a"}, make([][]string, 0))
	rows := make([][]string, 100_000)
	for i := range rows {
		rows[i] = []string{fmt.Sprint(i)}
	}
	p.Table("t", []string{"a"}, rows)
	s := render(t, p)
	wellFormed(t, s)
	t.Logf("%d bytes", len(s))
	require.Less(t, len(s), 4<<20)
	for _, said := range []string{"20000 of the 300000 spikes", "first 100 of 5000 populations", "first 24 of 40 curves", "first 60 of 50000 bars", "too large to be drawn", "first 2000 of 100000 rows"} {
		require.Contains(t, s, said)
	}
}

// Any finite numbers give a page; others an error; neither hangs nor panics.
func TestAnyNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Float64Range(-10, 10), rapid.Float64(),
			rapid.SampledFrom([]float64{0, 5e-324, 1e-300, 1e300, -1e300, 1e15, 1e15 + 1, math.MaxFloat64, math.Inf(1), math.NaN()}))
		list := rapid.SliceOfN(number, 1, 6).Draw(t, "y")
		ok := true
		for _, v := range list {
			ok = ok && math.Abs(v) <= 1e300
		}
		p := New("t", "")
		x := append([]float64(nil), list...)
		p.Lines("l", "x", "y", []Series{{"s", x, list}})
		var bars []Bar
		for _, v := range list {
			bars = append(bars, Bar{"b", v - math.Abs(v)/2, v, v + math.Abs(v)/4})
			ok = ok && math.Abs(v)*1.5 <= 1e300
		}
		unit := rapid.SampledFrom([]string{"J", "spikes"}).Draw(t, "unit")
		p.Bars("b", unit, bars)
		var load []float64
		for _, v := range list {
			load = append(load, math.Abs(v))
		}
		p.Cores("c", CoreLoad{X: 3, Y: 2, CoresPerTile: 1, Load: load})
		var b bytes.Buffer
		err := p.Render(&b)
		if !ok {
			require.ErrorContains(t, err, "need a finite number")
			return
		}
		require.NoError(t, err)
		wellFormed(t, b.String())
		for _, bad := range []string{"NaN", "Inf"} {
			require.NotContains(t, b.String(), bad)
		}
	})
}

func TestSampleIsEven(t *testing.T) {
	r := Raster{Ticks: make([]int64, 10*MaxRasterPoints)}
	last, residue := -1, [10]int{}
	for _, i := range r.sample() {
		require.Greater(t, i, last)
		last = i
		residue[i%10]++
	}
	for _, n := range residue { // no neuron of a periodic list is preferred
		require.InDelta(t, MaxRasterPoints/10, n, 300)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		n         int
		whole     bool
		want      string
	}{
		{0, 1, 5, false, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{0, 199, 10, true, "0 20 40 60 80 100 120 140 160 180"},
		{0, 1, 10, true, "0 1"},
		{-3, 4, 6, false, "-2 0 2 4"},
		{0, 5e9, 5, false, "0 1e9 2e9 3e9 4e9 5e9"},
		{0, 2e-6, 4, false, "0 5e-7 1e-6 1.5e-6 2e-6"},
		{1, 1, 5, false, ""},
	} {
		var got []string
		for _, k := range ticks(c.low, c.high, c.n, c.whole) {
			got = append(got, k.Label)
		}
		require.Equal(t, c.want, strings.Join(got, " "))
	}
}

func TestColumnMajor(t *testing.T) {
	x, y := CoreLoad{X: 3, Y: 2, CoresPerTile: 1}.tile(3)
	require.Equal(t, [2]int{0, 1}, [2]int{x, y})
	x, y = CoreLoad{X: 3, Y: 2, CoresPerTile: 1, ColumnMajor: true}.tile(3)
	require.Equal(t, [2]int{1, 1}, [2]int{x, y})
}
