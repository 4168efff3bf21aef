//go:build unix

package event_test

import (
	"syscall"
	"testing"

	"hillock/core/event"
	"hillock/core/simd"
)

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
