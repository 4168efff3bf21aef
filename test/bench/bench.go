// Package bench holds named workloads as chip images, the yardsticks of the
// machine that they run on, and the measurement of both. Everything runs
// through chip.New and Machine.Run, as a user's image does.
package bench

import (
	"fmt"
	"strings"

	"hillock/chip"
)

// Net is a workload that is ready to run.
type Net struct {
	Image *chip.Image
	// Input makes the spikes from outside; nil = there are none.
	Input func() chip.Source
	// Next is chip.Options.Next of that input.
	Next func(tick int64) int64
}

// Source draws the spikes from outside, beforehand: nil if there are none.
func (n *Net) Source() chip.Source {
	if n.Input == nil {
		return nil
	}
	return n.Input()
}

// Size counts the neurons and the stored synapses of the image. A shared
// kernel counts as the synapses that it stands for.
func (n *Net) Size() (neurons, synapses int64) {
	for i := range n.Image.Cores {
		c := n.Image.Cores[i].Image
		neurons += int64(c.N)
		for _, a := range c.Axons {
			synapses += int64(a.N)
		}
	}
	return neurons, synapses
}

// Pin is a spike count that other simulators gave for the same network.
type Pin struct{ Ticks, Spikes int64 }

// Work is a named workload.
type Work struct {
	Name  string
	Title string // one line for people
	Ticks int64  // length of one repeat if none is asked for
	Pins  []Pin
	// OnDemand works are large: they run only when named.
	OnDemand bool
	// Build makes the network anew.
	Build func() (*Net, error)
}

// Works lists all workloads, in the order in which they run. W1, W2 and W3 are
// those of the project's speed specification, which Brian2 and nengo-loihi
// build from the same hashes.
func Works() []Work {
	return []Work{
		{Name: "W1", Title: "16 cores x 1024 CUBA neurons, 4 lists of 32 synapses each, 3 % firing", Ticks: 1000, Build: buildW1,
			Pins: []Pin{{100, 50987}, {200, 102975}, {1000, 518062}}},
		{Name: "W2", Title: "784-256-128-10 dense layers, inputs of 64 ticks streamed without reset", Ticks: 6400, Build: buildW2,
			Pins: []Pin{{100, 673}, {640, 4631}, {6400, 46779}}},
		{Name: "W3", Title: "4096 CUBA neurons, 10 % of all pairs linked, 3.5 % firing", Ticks: 1000, Build: buildW3,
			Pins: []Pin{{100, 14344}, {200, 28477}, {1000, 141855}}},
		{Name: "sanafe", Title: "16 cores x 1024 neurons, every 33rd fires each tick (SANA-FE's bench)", Ticks: 1000, Build: buildSanafe,
			Pins: []Pin{{100, 49700}, {1000, 497000}}},
		{Name: "conv", Title: "2x32x32 events, 8x32x32 and 16x16x16 neurons behind shared 3x3 kernels", Ticks: 1000, Build: buildConvolution},
		{Name: "stdp", Title: "4 cores of 256 x 256 synapses that learn by pairs of spikes", Ticks: 100, Build: buildLearning},
		{Name: "tn63", Title: "63 crossbar cores of 256 axons x 256 neurons, half the points set, 20 Hz", Ticks: 500, Build: crossbarWork(63),
			Pins: []Pin{{100, 31346}}},
		{Name: "neurons", Title: "1024 CUBA neurons that fire from their bias: the neuron program alone", Ticks: 2000, Build: buildNeurons},
		{Name: "dense", Title: "full rows of 1024 synapses, 12 % of 1024 inputs spiking: delivery", Ticks: 500, Build: buildDense},
		{Name: "idle", Title: "256 cores x 1024 neurons in which nothing changes", Ticks: 5000, Build: buildIdle},
		{Name: "tinyodin", Title: "256 neurons without ticks, an event of 256 synapses every 520 clock edges", Ticks: 1_000_000, Build: eventWork("tinyodin")},
		{Name: "odin", Title: "256 LIF neurons without ticks that learn by SDSP, an event every 520 clock edges", Ticks: 1_000_000, Build: eventWork("odin")},
		{Name: "tn1024", Title: "the same with 1024 cores", Ticks: 20, Build: crossbarWork(1024), OnDemand: true},
		{Name: "tn4096", Title: "the same with 4096 cores, a whole chip", Ticks: 20, Build: crossbarWork(4096), OnDemand: true},
		{Name: "big", Title: "1,000,448 CUBA neurons with 100,044,800 synapses", Ticks: 20, Build: buildBig, OnDemand: true},
	}
}

// Find gives the named workloads; no name stands for all that are not on
// demand.
func Find(names ...string) ([]Work, error) {
	all := Works()
	var out []Work
	if len(names) == 0 {
		for _, w := range all {
			if !w.OnDemand {
				out = append(out, w)
			}
		}
		return out, nil
	}
	for _, name := range names {
		found := false
		for _, w := range all {
			if strings.EqualFold(w.Name, name) {
				out, found = append(out, w), true
			}
		}
		if !found {
			return nil, fmt.Errorf("bench: no workload %q, have %s", name, strings.Join(workNames(all), ", "))
		}
	}
	return out, nil
}

func workNames(ws []Work) []string {
	var out []string
	for _, w := range ws {
		out = append(out, w.Name)
	}
	return out
}
