package core

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
	"hillock/router"
)

// cubaImage is one core of n current-based neurons with the check words of the
// manual's program, fan synapses per in-axon and axons in-axons.
func cubaImage(tb testing.TB, n, axons, fan int) *Image {
	tb.Helper()
	prog, err := isa.FromWords([]uint32{
		0x1800430c, 0x0c100600, 0x0c024340, 0x60020f38, 0x18044b2c, 0x0c021020, 0x48020bc0, 0x4c120ba0,
		0x6401c940, 0x0893cf20, 0x6400d920, 0x0893cf20, 0x0894e720, 0x78f3cf20, 0x981457ff, 0x0073cf20})
	if err != nil {
		tb.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 5))
	img := &Image{N: n, Ring: 1, Ports: []Port{{Acc: fixed.Layout{Width: 22, Over: fixed.Wrap}}}, Formats: []Format{{Lsb: 1, Scale: 6}},
		Groups: []Group{{Name: "cuba", N: n, Prog: prog, Substeps: 1, Cap: 1,
			State:  []fixed.Layout{{Width: 24, Over: fixed.Wrap}, {Width: 32, Over: fixed.Wrap}, {Width: 6, Over: fixed.SatU}},
			Params: [][]int32{{3000}, {3900}, {40}, {60000}, {2}, {-1<<23 + 1}, {1<<23 - 1}}}},
		OutOff: make([]uint32, n+1)}
	for a := 0; a < axons; a++ {
		ax := Axon{Off: uint32(len(img.Syn)), N: uint32(fan), Words: uint32(fan / 4)}
		for k := 0; k < fan; k++ {
			img.Syn = append(img.Syn, Synapse{Target: uint16(r.IntN(n)), Mant: int16(r.IntN(254) - 100)})
		}
		img.Axons = append(img.Axons, ax)
	}
	return img
}

// BenchmarkUpdate gives ns per compartment; the oracle is the baseline.
func BenchmarkUpdate(b *testing.B) {
	for _, e := range Engines() {
		b.Run(e, func(b *testing.B) {
			c, err := New(cubaImage(b, 1024, 64, 256), e, nil)
			if err != nil {
				b.Fatal(err)
			}
			ev := []router.Packet{{Axon: 3}, {Axon: 9}}
			b.ReportAllocs()
			for b.Loop() {
				c.Deliver(ev)
				c.Update()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(c.Counts[count.Updates]), "ns/compartment")
		})
	}
}

// BenchmarkDeliver gives ns per synaptic event; delivery is the same code
// under every engine, run for each so that a difference would show.
func BenchmarkDeliver(b *testing.B) {
	for _, e := range Engines() {
		for _, fan := range []int{64, 256, 1024} {
			b.Run(fmt.Sprintf("%s/fan%d", e, fan), func(b *testing.B) { benchmarkDeliver(b, e, fan) })
		}
	}
}

func benchmarkDeliver(b *testing.B, engineName string, fan int) {
	c, err := New(cubaImage(b, 1024, 1024, fan), engineName, nil)
	if err != nil {
		b.Fatal(err)
	}
	ev := make([]router.Packet, 128)
	for i := range ev {
		ev[i].Axon = uint16(i * 8)
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Deliver(ev)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(c.Counts.SynapticEvents()), "ns/event")
}

// plainCuba is the program of cubaImage as a loop that a person would write for
// speed in Go: columns, shared parameters in registers, 32-bit arithmetic where
// it is exact, branches where they are well predicted. It is the yardstick of
// the other forms.
type plainCuba struct{}

func (plainCuba) run(c *Core) bool {
	s, g := &c.State, &c.Image.Groups[0]
	n := g.N
	u, v, hold, acc := s.Words[0][0][:n], s.Words[0][1][:n], s.Words[0][2][:n], s.Acc[0][:n]
	p := s.Params[0]
	keepU, keepV, bias, threshold, rest, lo, hi := int64(p[0][0]), int64(p[1][0]), p[2][0], p[3][0], p[4][0], p[5][0], p[6][0]
	over, active := int64(0), int64(0)
	for i, a := range acc {
		in := a << 10 >> 10
		if in != a {
			over++
		}
		x := int64(u[i]) * keepU
		nu := (int32((x+x>>63&4095)>>12) + in) << 8 >> 8
		x = int64(v[i]) * keepV
		nv := int32((x+x>>63&4095)>>12) + (nu+bias)<<8>>8
		nv = max(min(nv, hi), lo)
		r := hold[i]
		if r > 0 {
			nv = 0
		}
		any := in | (nu ^ u[i])
		if nv > threshold {
			nv, r, any = 0, min(max(rest, 0), 63), 1
			c.Spikes = append(c.Spikes, Spike{Comp: int32(i), Payload: 1})
		}
		if r > 0 {
			r--
		}
		if any|(nv^v[i])|(r^hold[i]) != 0 {
			active++
		}
		u[i], v[i], hold[i] = nu, nv, r
	}
	c.Counts[count.Overflowed] += over
	c.Counts[count.UpdatesActive] += active
	return active > 0
}

// plainOwn is plainCuba with parameters per neuron, as microcode has them.
type plainOwn struct{}

func (plainOwn) run(c *Core) bool {
	s, g := &c.State, &c.Image.Groups[0]
	n := g.N
	u, v, hold, acc := s.Words[0][0][:n], s.Words[0][1][:n], s.Words[0][2][:n], s.Acc[0][:n]
	p := s.Params[0]
	keepU, keepV, bias, threshold := p[0][:n], p[1][:n], p[2][:n], p[3][:n]
	rest, lo, hi := p[4][:n], p[5][:n], p[6][:n]
	over, active := int64(0), int64(0)
	for i, a := range acc {
		in := a << 10 >> 10
		if in != a {
			over++
		}
		x := int64(u[i]) * int64(keepU[i])
		nu := (int32((x+x>>63&4095)>>12) + in) << 8 >> 8
		x = int64(v[i]) * int64(keepV[i])
		nv := int32((x+x>>63&4095)>>12) + (nu+bias[i])<<8>>8
		nv = max(min(nv, hi[i]), lo[i])
		r := hold[i]
		if r > 0 {
			nv = 0
		}
		any := in | (nu ^ u[i])
		if nv > threshold[i] {
			nv, r, any = 0, min(max(rest[i], 0), 63), 1
			c.Spikes = append(c.Spikes, Spike{Comp: int32(i), Payload: 1})
		}
		if r > 0 {
			r--
		}
		if any|(nv^v[i])|(r^hold[i]) != 0 {
			active++
		}
		u[i], v[i], hold[i] = nu, nv, r
	}
	c.Counts[count.Overflowed] += over
	c.Counts[count.UpdatesActive] += active
	return active > 0
}

// speedForms are the oracle, the plain loops and the forms of the vector engine
// over one core of n neurons of which about 3 % fire in a tick.
func speedForms(tb testing.TB, n int) (names []string, cores []*Core) {
	forms := append(engineForms(), engineForm{name: "plain"}, engineForm{name: "plain, own parameters"},
		engineForm{name: "best, own parameters", loops: simd.Best()})
	for _, f := range forms {
		img := cubaImage(tb, n, 1, 1)
		if strings.HasSuffix(f.name, "own parameters") {
			ownParams(&img.Groups[0])
		}
		c := f.core(tb, img)
		switch f.name {
		case "plain":
			c.eng = plainCuba{}
		case "plain, own parameters":
			c.eng = plainOwn{}
		}
		r := rand.New(rand.NewPCG(1, 2))
		for i := range c.State.Acc[0] {
			c.State.Acc[0][i] = int32(r.IntN(1500))
		}
		names, cores = append(names, f.name), append(cores, c)
	}
	return names, cores
}

// ownParams gives every neuron of a group its own copy of the parameters.
func ownParams(g *Group) {
	for k, p := range g.Params {
		g.Params[k] = slices.Repeat(p, g.N)
	}
}

// sweep runs the engine alone for some ticks, always with the same input.
func sweep(c *Core, ticks int) (spikes int) {
	for range ticks {
		c.Spikes = c.Spikes[:0]
		c.eng.run(c)
		spikes += len(c.Spikes)
	}
	return spikes
}

func TestPlainKernelEqualsOracle(t *testing.T) {
	names, cores := speedForms(t, 500)
	for range 50 {
		for k, c := range cores {
			sweep(c, 1)
			same := *c // but for the parameters' copies
			same.State.Params = cores[0].State.Params
			compareCores(t, names[k], watched{Core: cores[0]}, watched{Core: &same})
		}
	}
}

// BenchmarkForms runs every form in turn, so that all see the same machine, and
// gives medians in ns per compartment, the engine alone. The two ratios are the
// gates: the specialised loop against plain Go, and loops per operation, in
// time, against the specialised loop.
func BenchmarkForms(b *testing.B) {
	const n, rounds = 1024, 21
	names, cores := speedForms(b, n)
	times := make([][]float64, len(cores))
	spikes, ticks := 0, 0
	for b.Loop() {
		for range rounds {
			for k, c := range cores {
				each := 400
				if k == 0 {
					each = 2
				}
				start := time.Now()
				got := sweep(c, each)
				times[k] = append(times[k], float64(time.Since(start).Nanoseconds())/float64(each*n))
				if names[k] == "plain" {
					spikes, ticks = spikes+got, ticks+each
				}
			}
		}
	}
	median := map[string]float64{}
	for k, name := range names {
		slices.Sort(times[k])
		median[name] = times[k][len(times[k])/2]
		b.ReportMetric(median[name], strings.NewReplacer(", ", "-", " ", "-").Replace(name)+"-ns/comp")
	}
	b.ReportMetric(100*float64(spikes)/float64(ticks*n), "%firing")
	if median["avx2"] > 0 {
		b.ReportMetric(median["plain"]/median["avx2"], "plain/special")
		b.ReportMetric(median["plain, own parameters"]/median["best, own parameters"], "plain-own/special-own")
		b.ReportMetric(median["avx2, generic"]/median["avx2"], "generic/special")
	}
}
