package chip

import (
	"fmt"
	"slices"

	"hillock/core"
	"hillock/core/event"
)

// BindEvent makes the configured core of a family without ticks: registers as
// they are set, memories as their words. Registers that are not given hold what
// the description says of their reset, all else 0.
func (f *Family) BindEvent(s EventSetup) (*event.Image, error) {
	if f.Event == nil {
		return nil, fmt.Errorf("chip: description %q has no section event", f.Name)
	}
	img := &event.Image{Spec: *f.Event, AckDelay: s.AckDelay, Init: make([][]uint64, len(f.Event.Memories))}
	for _, r := range append(slices.Clone(f.EventReset), s.Registers...) {
		m := img.Spec.Memory(r.Name)
		if m < 0 || img.Spec.Memories[m].Words != 1 || img.Spec.Memories[m].Bits > 32 {
			return nil, fmt.Errorf("chip: description %q has no register %q", f.Name, r.Name)
		}
		if bits := img.Spec.Memories[m].Bits; r.Value < 0 || r.Value>>bits != 0 {
			return nil, fmt.Errorf("chip: register %q is %d, need 0..%d", r.Name, r.Value, int64(1)<<bits-1)
		}
		img.Init[m] = []uint64{uint64(r.Value)}
	}
	for _, w := range s.Memories {
		m := img.Spec.Memory(w.Name)
		if m < 0 {
			return nil, fmt.Errorf("chip: description %q has no memory %q", f.Name, w.Name)
		}
		img.Init[m] = w.Chunks
	}
	for m, words := range img.Init {
		img.Init[m] = TrimZeros(words)
	}
	return img, img.Check()
}

// EventSetup is how a core without ticks is configured.
type EventSetup struct {
	Registers []RegisterValue
	Memories  []MemoryWords
	AckDelay  int64 // of whoever receives the outputs, see event.Image
}

// RegisterValue is a register and its bits as an unsigned number.
type RegisterValue struct {
	Name  string
	Value int64
}

// MemoryWords are the words of a memory from address 0 on, in chunks of 64
// bits, the low chunk first.
type MemoryWords struct {
	Name   string
	Chunks []uint64
}

// TrimZeros drops zeros at the end, so that equal contents are equal images.
func TrimZeros(words []uint64) []uint64 {
	n := len(words)
	for n > 0 && words[n-1] == 0 {
		n--
	}
	if n == 0 {
		return nil
	}
	return slices.Clip(words[:n])
}

// EventImage is the image of one such core: its items are the population
// "neurons", the addresses of its output link "out", and every inlet is a
// population that takes input.
func (f *Family) EventImage(e *event.Image) *Image {
	n := e.Spec.Items + e.Spec.Outs
	ci := &core.Image{N: n, Ring: 1, OutOff: make([]uint32, n+1), Event: e}
	img := &Image{Chip: f.Name, ChipHash: f.Hash, Fidelity: f.Fidelity, Mesh: f.Mesh, Latency: f.Latency, Energy: f.Energy,
		Pops:  []Population{{Name: "neurons", N: e.Spec.Items, Output: e.Spec.Outs == 0}},
		Cores: []Core{{ID: 0, Image: ci, Runs: []Run{{Pop: 0, First: 0, Base: 0, N: e.Spec.Items}}}}}
	if e.Spec.Outs > 0 {
		img.Pops = append(img.Pops, Population{Name: "out", N: e.Spec.Outs, Output: true})
		img.Cores[0].Runs = append(img.Cores[0].Runs, Run{Pop: 1, First: 0, Base: e.Spec.Items, N: e.Spec.Outs})
	}
	axon := 0
	for _, x := range e.Spec.Inlets {
		in := InputMap{Pop: len(img.Pops), Off: make([]uint32, x.N+1)}
		for i := range x.N {
			in.Off[i+1] = uint32(i + 1)
			in.Dst = append(in.Dst, Target{Core: 0, Axon: uint16(axon + i)})
		}
		axon += x.N
		img.Pops = append(img.Pops, Population{Name: x.Name, N: x.N, Input: true})
		img.Inputs = append(img.Inputs, in)
	}
	return img
}
