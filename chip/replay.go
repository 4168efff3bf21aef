package chip

import (
	"fmt"
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

func (img *Image) inputNames() string {
	var b strings.Builder
	for _, p := range img.Pops {
		if p.Input {
			fmt.Fprintf(&b, " %s(%d)", p.Name, p.N)
		}
	}
	return b.String()
}
