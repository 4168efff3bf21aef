// Package aer holds address-event streams: logical spikes by population and
// index, the trace hash that identifies them, and the files they live in (CSV,
// npz, and the native trace file with probes). It imports nothing of the module.
//
// Readers take the whole file as bytes, never allocate more than a fixed
// multiple of its size or of a stated limit, and report "aer: FILE:LINE: ..."
// (line for text, array row or byte for binary files).
package aer

import (
	"cmp"
	"fmt"
	"slices"
)

// Limits of one stream, whatever the file kind.
const (
	MaxSpikes = 1 << 26 // spikes per stream
	MaxPops   = 1 << 20 // populations per stream
	MaxName   = 1 << 12 // bytes per population name, field name or key
	MaxValue  = 1 << 20 // bytes per Meta value
)

// PlainPayload is the payload of a spike that carries no value; readers assume
// it where a file has no payload column.
const PlainPayload = 1

// Spike is one logical spike: the neuron with this index of a population fired
// at a tick (from 0). Pop indexes the population table that goes with it.
type Spike struct {
	Tick    int64
	Pop     int32
	Index   int32
	Payload int32
}

// Stream is a list of spikes and the names of the populations they refer to.
type Stream struct {
	Pops   []string
	Spikes []Spike
}

// KV is one line of free text about a trace.
type KV struct{ Key, Value string }

// Probe is the recording of one quantity of one neuron: Values[t] is Field (as
// the machine names it: u, v, ...) after tick t.
type Probe struct {
	Pop    int32
	Index  int32
	Field  string
	Values []int64
}

// Trace is a recorded run: its spikes, probes, length and remarks.
type Trace struct {
	Pops   []string
	Spikes []Spike
	Probes []Probe
	Ticks  int64 // ticks that were run, 0 if unknown
	Meta   []KV  // in the given order
	// Incidents are packets that were late, dropped, merged or blocked.
	Incidents []Incident
}

// Stream is the spikes of the trace, sharing its memory.
func (t *Trace) Stream() *Stream { return &Stream{Pops: t.Pops, Spikes: t.Spikes} }

// Hash is the trace hash of the stream (see Hasher). The stream keeps its order.
func (s *Stream) Hash() string { return hashSorted(s.Pops, sorted(s.Pops, s.Spikes)) }

// Sort brings the spikes into canonical order: tick, population name, index,
// payload. Names compare as bytes.
func (s *Stream) Sort() { slices.SortFunc(s.Spikes, order(ranks(s.Pops))) }

// order compares spikes canonically, given the rank of each population.
func order(rank []int32) func(a, b Spike) int {
	of := func(p int32) int32 {
		if p < 0 || int(p) >= len(rank) {
			return -1
		}
		return rank[p]
	}
	return func(a, b Spike) int {
		if c := cmp.Compare(a.Tick, b.Tick); c != 0 {
			return c
		}
		if a.Pop != b.Pop {
			if c := cmp.Compare(of(a.Pop), of(b.Pop)); c != 0 {
				return c
			}
		}
		if c := cmp.Compare(a.Index, b.Index); c != 0 {
			return c
		}
		return cmp.Compare(a.Payload, b.Payload)
	}
}

// ranks numbers populations by name; equal names have equal ranks.
func ranks(pops []string) []int32 {
	by := make([]int32, len(pops))
	for i := range by {
		by[i] = int32(i)
	}
	slices.SortStableFunc(by, func(a, b int32) int { return cmp.Compare(pops[a], pops[b]) })
	rank := make([]int32, len(pops))
	for k, p := range by {
		rank[p] = int32(k)
		if k > 0 && pops[p] == pops[by[k-1]] {
			rank[p] = rank[by[k-1]]
		}
	}
	return rank
}

// sorted is spikes in canonical order: the slice itself if it has it, else a copy.
func sorted(pops []string, spikes []Spike) []Spike {
	less := order(ranks(pops))
	if slices.IsSortedFunc(spikes, less) {
		return spikes
	}
	out := slices.Clone(spikes)
	slices.SortFunc(out, less)
	return out
}

// check refuses a stream that no file kind could give back.
func (s *Stream) check() error {
	if len(s.Pops) > MaxPops {
		return fmt.Errorf("%d populations, need at most %d", len(s.Pops), MaxPops)
	}
	if len(s.Spikes) > MaxSpikes {
		return fmt.Errorf("%d spikes, need at most %d", len(s.Spikes), MaxSpikes)
	}
	seen := make(map[string]int, len(s.Pops))
	for i, p := range s.Pops {
		if p == "" || len(p) > MaxName {
			return fmt.Errorf("population %d has a name of %d bytes, need 1 to %d", i, len(p), MaxName)
		}
		if j, dup := seen[p]; dup {
			return fmt.Errorf("populations %d and %d share the name %q", j, i, p)
		}
		seen[p] = i
	}
	for i, x := range s.Spikes {
		if x.Tick < 0 || x.Index < 0 || x.Pop < 0 || int(x.Pop) >= len(s.Pops) {
			return fmt.Errorf("spike %d has tick %d, population %d of %d, index %d; need none below 0", i, x.Tick, x.Pop, len(s.Pops), x.Index)
		}
	}
	return nil
}
