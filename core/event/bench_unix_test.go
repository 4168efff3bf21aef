//go:build unix

package event_test

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"hillock/chip"
	"hillock/core/event"
	"hillock/core/simd"
)

// sweepImage is a core of a family whose 256 neurons have random weights, and
// of which few fire.
func sweepImage(b testing.TB, family string, mixed bool) *event.Image {
	f, err := chip.LoadNamed(family)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 1))
	var neurons []uint64
	synapses := make([]uint64, 8192)
	for i := range synapses {
		synapses[i] = uint64(r.Uint32())
	}
	s := chip.EventSetup{Memories: []chip.MemoryWords{{Name: "synapses", Chunks: synapses}}, Registers: []chip.RegisterValue{{Name: "open_loop", Value: 1}}}
	for n := range 256 {
		switch {
		case family == "tinyodin":
			neurons = append(neurons, uint64(r.IntN(200)+400)<<12|uint64(r.IntN(3))<<24)
		case mixed && n%2 == 0:
			neurons = append(neurons, 7<<19|uint64(r.IntN(8))<<9, 0)
		default: // leak 1, threshold, calcium thresholds 1, 2, 3 and leak 3 of a neuron that learns
			neurons = append(neurons, 1|1<<1|1<<8|uint64(r.IntN(40)+200)<<9|1<<17|100<<18|1<<26|2<<29|3<<32|3<<35, 0)
		}
	}
	if family == "tinyodin" {
		s.Registers = append(s.Registers, chip.RegisterValue{Name: "max_neur", Value: 255})
	} else {
		signs := make([]uint64, 16)
		for i := range signs {
			signs[i] = 0x5555
		}
		s.Memories = append(s.Memories, chip.MemoryWords{Name: "syn_sign", Chunks: signs})
	}
	s.Memories = append(s.Memories, chip.MemoryWords{Name: "neurons", Chunks: neurons})
	e, err := f.BindEvent(s)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// sweep serves neuron events, one after the other, edge by edge that matters.
func sweep(c *event.Core, edge int64, events int, family string) int64 {
	for i := range events {
		word := uint64(i * 37 % 256)
		if family == "odin" {
			word = word<<8 | 7
		}
		c.Inject(0, edge, word)
		for t := c.Until(edge); t != event.Never; t = c.Until(edge) {
			c.Edge(t)
			edge = t + 1
		}
	}
	return edge
}

// BenchmarkSweep is the cost of a synaptic event; the oracle is the baseline.
func BenchmarkSweep(b *testing.B) {
	for _, x := range []struct {
		name, family string
		mixed        bool
	}{{"tinyodin", "tinyodin", false}, {"odin-lif-sdsp", "odin", false}, {"odin-mixed", "odin", true}} {
		img := sweepImage(b, x.family, x.mixed)
		for _, engine := range []string{"oracle", "vector"} {
			b.Run(x.name+"/"+engine, func(b *testing.B) {
				c, err := event.New(img)
				if engine == "vector" {
					c, err = event.NewVector(img, simd.Best())
				}
				if err != nil {
					b.Fatal(err)
				}
				const events = 16
				edge := sweep(c, 0, events, x.family)
				b.ReportAllocs()
				before := processorTime()
				for b.Loop() {
					edge = sweep(c, edge, events, x.family)
				}
				b.ReportMetric(float64(processorTime()-before)/float64(b.N*events*256), "cpu-ns/synop")
			})
		}
	}
}

// processorTime is that of the process, in ns.
func processorTime() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
