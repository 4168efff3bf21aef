package chip

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hillock/router/aer"
)

// Depth is the number of ticks by which the deepest population trails the
// input: the ticks a run needs to drain after its last event.
func (img *Image) Depth() (d int64) {
	for _, p := range img.Pops {
		d = max(d, int64(p.Depth))
	}
	return d
}

// Replay makes a Source of recorded events, and says how many ticks they
// last. Populations are matched by name; events of populations that are no
// input, of neurons that do not exist, with a payload other than 1, or out of
// tick order are refused. Name is the file, for errors.
func Replay(img *Image, s *aer.Stream, name string) (Source, int64, error) {
	pop := make([]int32, len(s.Pops))
	for i, p := range s.Pops {
		pop[i] = -1
		for k := range img.Pops {
			if img.Pops[k].Name == p && img.Pops[k].Input {
				pop[i] = int32(k)
			}
		}
	}
	last := int64(-1)
	for n, e := range s.Spikes {
		if pop[e.Pop] < 0 {
			return nil, 0, fmt.Errorf("%s: chip: event %d is of population %q, which is no input of this image (inputs:%s)", name, n, s.Pops[e.Pop], img.inputNames())
		}
		if p := img.Pops[pop[e.Pop]]; e.Index < 0 || int(e.Index) >= p.N {
			return nil, 0, fmt.Errorf("%s: chip: event %d is of neuron %d of %q, which has %d", name, n, e.Index, p.Name, p.N)
		}
		if e.Payload != 1 && !img.Graded() {
			return nil, 0, fmt.Errorf("%s: chip: event %d of neuron %d of %q has payload %d, need 1: chip %s takes no graded spikes", name, n, e.Index, s.Pops[e.Pop], e.Payload, img.Chip)
		}
		if e.Tick < last || e.Tick < 0 {
			return nil, 0, fmt.Errorf("%s: chip: event %d has tick %d after tick %d, need ascending ticks", name, n, e.Tick, last)
		}
		last = e.Tick
	}
	next := 0
	src := func(tick int64, dst []Injection) []Injection {
		for ; next < len(s.Spikes) && s.Spikes[next].Tick <= tick; next++ {
			e := s.Spikes[next]
			dst = append(dst, Injection{Pop: pop[e.Pop], Index: e.Index, Payload: e.Payload})
		}
		return dst
	}
	return src, last + 1, nil
}

// Schedule is recorded events by tick, for machines that go back in time. Its
// Source gives the events of any tick, as often as it is asked.
type Schedule struct {
	ticks  []int64 // that have events, ascending
	off    []int   // into spikes, one more than ticks
	spikes []Injection
}

// Plan makes a Schedule of recorded events, and says how many ticks they last;
// it refuses what Replay refuses. A nil stream has no events.
func Plan(img *Image, s *aer.Stream, name string) (*Schedule, int64, error) {
	p := &Schedule{off: []int{0}}
	if s == nil {
		return p, 0, nil
	}
	src, n, err := Replay(img, s, name)
	if err != nil {
		return nil, 0, err
	}
	for len(p.spikes) < len(s.Spikes) {
		t := s.Spikes[len(p.spikes)].Tick
		p.spikes = src(t, p.spikes)
		p.ticks, p.off = append(p.ticks, t), append(p.off, len(p.spikes))
	}
	return p, n, nil
}

// At is the events of a tick; they must not be changed.
func (p *Schedule) At(tick int64) []Injection {
	k, ok := slices.BinarySearch(p.ticks, tick)
	if !ok {
		return nil
	}
	return p.spikes[p.off[k]:p.off[k+1]]
}

// Next is the first tick from a tick on that has events, math.MaxInt64 if none
// has.
func (p *Schedule) Next(tick int64) int64 {
	if k, _ := slices.BinarySearch(p.ticks, tick); k < len(p.ticks) {
		return p.ticks[k]
	}
	return math.MaxInt64
}

// Source is At in the form that Run takes.
func (p *Schedule) Source(tick int64, dst []Injection) []Injection { return append(dst, p.At(tick)...) }

func (img *Image) inputNames() string {
	const most = 20
	var b strings.Builder
	n := 0
	for _, p := range img.Pops {
		if !p.Input {
			continue
		}
		if n++; n <= most {
			fmt.Fprintf(&b, " %s(%d)", p.Name, p.N)
		}
	}
	if n > most {
		fmt.Fprintf(&b, " and %d more", n-most)
	}
	return b.String()
}
