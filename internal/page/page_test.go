package page

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func sample() *Page {
	p := &Page{Title: "Run of digits <on> a chip & more", Subtitle: "16 ticks, 1797 images"}
	p.AddText("What was run", "A network of three populations.\n\nSecond paragraph with <b>markup</b> & an \"entity\".")
	p.AddTable("Layers", []string{"layer", "neurons", "spikes", "share"}, [][]string{{"in", "64", "20772", "51.2 %"}, {"hidden <h>", "96", "1893", "4.7 %"}, {"out", "10", "512", "1.3 %"}})
	pops := []Pop{{"in", 64}, {"hidden", 96}, {"out", 10}}
	var marks [][3]int
	x := uint32(1)
	for t := range 200 {
		for pop, q := range pops {
			for k := range q.N {
				if x = x*1664525 + 1013904223; x>>24 < uint32(4+pop*3+k/8) {
					marks = append(marks, [3]int{t, pop, k})
				}
			}
		}
	}
	p.AddRaster("Spikes", pops, 200, len(marks), func(i int) (int64, int, int) { return int64(marks[i][0]), marks[i][1], marks[i][2] })
	small := [][3]int{{0, 0, 1}, {3, 0, 2}, {3, 1, 0}, {9, 1, 1}, {15, 0, 7}}
	p.AddRaster("Few spikes", []Pop{{"in", 8}, {"out", 2}}, 16, len(small), func(i int) (int64, int, int) { return int64(small[i][0]), small[i][1], small[i][2] })
	rates := make([][]float64, 3)
	for _, m := range marks {
		for len(rates[m[1]]) <= m[0] {
			rates[m[1]] = append(rates[m[1]], 0)
		}
		rates[m[1]][m[0]]++
	}
	p.AddRates("Rates", "spikes per tick", []Series{{Name: "in", Values: rates[0]}, {Name: "hidden", Values: rates[1]}, {Name: "out", Values: rates[2]}})
	p.AddBars("Energy", "J", []Bar{{"synaptic events", 1.62e-6, 1.1e-6, 2.4e-6}, {"neuron updates", 0.83e-6, 0.5e-6, 1.2e-6}, {"packets & hops <x>", 0.12e-6, 0.1e-6, 0.2e-6}, {"static", 3.1e-6, 2.2e-6, 5.0e-6}, {"host", 0, 0, 0}})
	load := make([]float64, 64)
	for i := range load {
		load[i] = float64((i*37)%91) * 3
	}
	load[5] = math.NaN()
	p.AddHeat("Core load", "spikes", 8, load)
	return p
}

func render(t testing.TB, p *Page) string {
	var b bytes.Buffer
	require.NoError(t, p.Render(&b))
	return b.String()
}

// wellFormed checks what is between <body> and </body> as XML.
func wellFormed(t testing.TB, s string) {
	s = s[strings.Index(s, "<body>"):]
	s = s[:strings.LastIndex(s, "</html>")]
	d := xml.NewDecoder(strings.NewReader(s))
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		require.NoError(t, err)
	}
}

func TestPage(t *testing.T) {
	s := render(t, sample())
	if f := os.Getenv("PAGE_OUT"); f != "" {
		require.NoError(t, os.WriteFile(f, []byte(s), 0o666))
	}
	wellFormed(t, s)
	require.Equal(t, s, render(t, sample()), "deterministic")
	require.NotContains(t, s, "<script")
	require.NotContains(t, s, "<b>")
	require.NotContains(t, s, "could not be drawn")
	for _, out := range []string{`src=`, `url(`, `@import`, `<link`, `href=`} {
		require.NotContains(t, s, out)
	}
	require.Equal(t, 5, strings.Count(s, "<svg"))
	require.Contains(t, s, "packets &amp; hops &lt;x&gt;")
}
