//go:build unix

package event_test

import (
	"slices"
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
		edge = drain(c, edge)
	}
	return edge
}

// drain steps the edges that matter until the core rests.
func drain(c *event.Core, edge int64) int64 {
	for t := c.Until(edge); t != event.Never; t = c.Until(edge) {
		c.Edge(t)
		edge = t + 1
	}
	return edge
}

// BenchmarkTicks is the cost of a tick of a network core in which 16 inputs
// reach 256 neurons each.
func BenchmarkTicks(b *testing.B) {
	img := sweepImage(b, "reckon", false)
	for _, name := range []string{"weights_inp", "weights_rec"} {
		m := img.Spec.Memory(name)
		img.Init[m] = make([]uint64, img.Spec.Memories[m].Words*2)
		for i := range img.Init[m] {
			img.Init[m][i] = uint64(i) * 0x9e3779b97f4a7c15
		}
	}
	neurons := img.Spec.Memory("neurons")
	for range img.Spec.Memories[neurons].Words { // thresholds that are not reached
		img.Init[neurons] = append(img.Init[neurons], 0, 30000<<36)
	}
	for _, name := range []string{"NUM_REC_NEUR", "NUM_INP_NEUR"} {
		img.Init[img.Spec.Memory(name)] = []uint64{255}
	}
	tick := slices.IndexFunc(img.Spec.Control.Ports, func(p event.Port) bool { return p.Name == "tick" })
	bench(b, img, 16*256, func(c *event.Core, edge int64) int64 {
		if edge == 0 {
			c.Inject(1, edge, 1)
			c.Inject(tick, edge+1, 1)
		}
		for i := range uint64(16) {
			c.Inject(0, edge, i*13)
		}
		c.Inject(tick, edge+100, 1)
		return drain(c, edge)
	})
}

// BenchmarkSweep is the cost of a synaptic event; the oracle is the baseline.
func BenchmarkSweep(b *testing.B) {
	for _, x := range []struct {
		name, family string
		mixed        bool
	}{{"tinyodin", "tinyodin", false}, {"odin-lif-sdsp", "odin", false}, {"odin-mixed", "odin", true}} {
		img := sweepImage(b, x.family, x.mixed)
		b.Run(x.name, func(b *testing.B) {
			const events = 16
			bench(b, img, events*256, func(c *event.Core, edge int64) int64 { return sweep(c, edge, events, x.family) })
		})
	}
}

// bench measures both engines; work has so many synaptic events.
func bench(b *testing.B, img *event.Image, events int, work func(c *event.Core, edge int64) int64) {
	for _, engine := range []string{"oracle", "vector"} {
		b.Run(engine, func(b *testing.B) {
			c, err := event.New(img)
			if engine == "vector" {
				c, err = event.NewVector(img, simd.Best())
			}
			if err != nil {
				b.Fatal(err)
			}
			edge := work(c, 0)
			b.ReportAllocs()
			before := processorTime()
			for b.Loop() {
				edge = work(c, edge)
			}
			b.ReportMetric(float64(processorTime()-before)/float64(b.N*events), "cpu-ns/synop")
		})
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
