package core

import (
	"fmt"
	"math/rand/v2"
	"testing"

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
