package compiler

import (
	"fmt"

	"hillock/compiler/graph"
)

// passSchedule finds by how many ticks each population trails the input, and
// the delay of every projection that makes the chip agree with the reference.
//
// A spike on the chip acts one tick after it was sent, a spike from outside in
// its own tick; a value in an exact code needs a window of ticks. So with depth d, a neuron does in tick t+d what the reference
// does in tick t. A projection whose source is ready early waits in the
// target's ring; one whose source is ready too late cannot be repaired.
func passSchedule(u *Unit) error {
	for _, q := range topological(u.Net) {
		if q.Recurrent {
			continue
		}
		pre, post := &u.Pops[q.Pre], &u.Pops[q.Post]
		post.Depth = max(post.Depth, pre.Depth+lag(pre.Src))
	}
	limit, limited := u.maxDelay()
	for i := range u.Projs {
		q := &u.Projs[i]
		pre, post := &u.Pops[q.Src.Pre], &u.Pops[q.Src.Post]
		need := post.Depth + q.Src.Delay
		if q.Src.Recurrent {
			need++
		}
		q.Delay = need - pre.Depth - lag(pre.Src)
		if q.Delay < 0 {
			q.Late = -q.Delay
			u.late(q, q.Late)
			q.Delay = 0
		}
		if limited && int64(q.Delay) > limit {
			u.misfit(Misfit{post.Src.Name, -1, "delay", int64(q.Delay), limit, u.waits(q)})
		}
	}
	return nil
}

// waits says why a projection has its delay.
func (u *Unit) waits(q *Proj) string {
	s := fmt.Sprintf("projection %q waits %d ticks to meet a longer path of the network", q.Src.Name, q.Delay)
	if p := u.Net.Pops[q.Src.Post]; window(p) > 1 {
		s += fmt.Sprintf(", on which each layer takes the %d ticks of code %s", window(p), p.Code)
	}
	return s
}

// late records that a feedback projection acts too late.
func (u *Unit) late(q *Proj, ticks int) {
	name := u.Net.Pops[q.Src.Post].Name
	u.note("%s: feedback %q acts %d ticks later than in the reference: its source is that much deeper", name, q.Src.Name, ticks)
	if u.Options.Strict {
		u.misfit(Misfit{name, -1, "feedback latency", int64(ticks), 0, fmt.Sprintf("strict: feedback %q comes from a deeper layer, and every layer costs one tick", q.Src.Name)})
	}
}

// maxDelay is the longest synaptic delay of the chip.
func (u *Unit) maxDelay() (int64, bool) {
	if n, ok := u.regs.bind.limit(limMaxDelay); ok {
		return n, true
	}
	if f := u.regs.field(varMaxDelay); f.have {
		return f.hi, true
	}
	return 0, false
}

// topological orders projections so that all that end in a population come
// before all that start in it: by target, as Validate has checked that
// non-recurrent ones go forward.
func topological(n *graph.Network) []*graph.Projection {
	byPost := make([][]*graph.Projection, len(n.Pops))
	for _, q := range n.Projs {
		byPost[q.Post] = append(byPost[q.Post], q)
	}
	var out []*graph.Projection
	for _, qs := range byPost {
		out = append(out, qs...)
	}
	return out
}
