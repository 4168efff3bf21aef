package chip

import (
	"cmp"
	"slices"

	"hillock/chip/timing"
)

// maxKept bounds the ticks whose critical paths a Profile keeps.
const maxKept = 1 << 20

// Profile sums up what bound the ticks of a run. Use Tick as (part of) a Sink.
type Profile struct {
	Keep bool           // collect the critical paths of the first 1,048,576 ticks in Each
	Each []timing.Bound // cores are indices into Image.Cores

	Ticks   int64
	Terms   [timing.NumTerms]int64        // ticks by the longest part of their critical path, the barrier included
	Classes [timing.NumClasses]int64      // ticks by the resource behind the longest part, the barrier left out
	Path    [timing.NumTerms]Femtoseconds // time of the critical paths by part
	cores   [2][]int64                    // ticks by core, for generate and process
	idle    int64                         // ticks in which no core had more to do than in one without events
	links   map[timing.LinkID]int64       // ticks by link
}

// Bottleneck is a core in a stage, or a link, and the ticks that it bound.
type Bottleneck struct {
	Term  timing.Term
	Core  int // core number; of a link -1
	Link  timing.LinkID
	Ticks int64
}

// Tick takes the critical path of the tick that m just computed.
func (p *Profile) Tick(_ int64, m *Machine) error {
	p.Pass(1, m)
	if p.Keep && len(p.Each) < maxKept {
		p.Each = append(p.Each, m.time.bound)
	}
	return nil
}

// Pass is Tick for so many ticks that are like the last one, none of which goes
// to Each. It is what Options.Passed needs.
func (p *Profile) Pass(n int64, m *Machine) {
	b := &m.time.bound
	p.Ticks += n
	p.Terms[b.Longest()] += n
	p.Classes[b.Class] += n
	for t, fs := range [...]int64{timing.Generate: b.Gen, timing.Process: b.Proc, timing.Link: b.Net, timing.Barrier: b.Sync} {
		p.Path[t] += Femtoseconds(fs * n)
	}
	switch {
	case b.Term == timing.Link:
		if p.links == nil {
			p.links = map[timing.LinkID]int64{}
		}
		p.links[b.Link] += n
	case b.Core < 0:
		p.idle += n
	default:
		if p.cores[0] == nil {
			p.cores = [2][]int64{make([]int64, len(m.cores)), make([]int64, len(m.cores))}
		}
		p.cores[b.Term][b.Core] += n
	}
}

// Bottlenecks are the n places that bound most ticks, the barrier left out.
func (p *Profile) Bottlenecks(img *Image, n int) []Bottleneck {
	var out []Bottleneck
	for t, cores := range p.cores {
		for i, ticks := range cores {
			if ticks > 0 {
				out = append(out, Bottleneck{Term: timing.Term(t), Core: img.Cores[i].ID, Ticks: ticks})
			}
		}
	}
	for l, ticks := range p.links {
		out = append(out, Bottleneck{Term: timing.Link, Core: -1, Link: l, Ticks: ticks})
	}
	slices.SortFunc(out, func(a, b Bottleneck) int {
		return cmp.Or(cmp.Compare(b.Ticks, a.Ticks), cmp.Compare(a.Term, b.Term), cmp.Compare(a.Core, b.Core),
			cmp.Compare(a.Link.X, b.Link.X), cmp.Compare(a.Link.Y, b.Link.Y), cmp.Compare(a.Link.Side, b.Link.Side))
	})
	return out[:min(n, len(out))]
}

// Idle is the ticks in which no core had more to do than in a tick without
// events.
func (p *Profile) Idle() int64 { return p.idle }
