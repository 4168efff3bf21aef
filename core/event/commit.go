package event

import "hillock/isa/count"

// Touch says that State was changed from outside: what was computed ahead of
// it is forgotten.
func (c *Core) Touch() {
	if c.forget(); c.ahead != nil {
		c.ahead.turn++
	}
}

// forget drops the block in hand.
func (c *Core) forget() {
	if c.ahead != nil {
		c.ahead.sweep = nil
	}
}

// Until is Next without the edges at which nothing but the core's own memories
// can change: they may be left out until something outside looks at State,
// see Pass.
func (c *Core) Until(t int64) int64 {
	next := c.Next(t)
	w := &c.State.Walk
	if c.ahead == nil || !w.Running || w.Held || w.waiting() || w.Pushing || w.Popping || next < w.Edge || c.State.Busy >= w.Edge {
		return next
	}
	cur := &w.At[w.Level]
	k := &c.walks(w.Level)[cur.Walk]
	if !c.covers(k, cur) {
		return next
	}
	if n := c.plain(k, cur); n > 0 {
		edge := w.Edge + n*k.Step
		if len(c.State.Outbox) > 0 {
			edge = min(edge, c.State.Outbox[0].At)
		}
		return max(min(edge, c.nextAside()), t)
	}
	return next
}

// Pass makes State what it is before edge t, where edges were left out.
func (c *Core) Pass(t int64) {
	c.now = t - 1
	c.workUntil(c.now)
}

// plain is the number of groups from the item in hand on that put nothing out,
// without the last of the walk.
func (c *Core) plain(k *Walk, cur *Cursor) int64 {
	a := c.ahead
	g := int64(max(k.Group, 1))
	end := min(a.nextStop(cur.Dst), cur.LastDst-(cur.LastDst-cur.First)%g)
	return (end - cur.Dst) / g
}

// rush does the work of all groups up to the edge in hand that put nothing out.
// It says whether nothing is left to do at that edge.
func (c *Core) rush(k *Walk) bool {
	w := &c.State.Walk
	cur := &w.At[w.Level]
	if !c.covers(k, cur) {
		return false
	}
	n := c.plain(k, cur)
	second := w.Edge + k.Step
	switch {
	case n <= 0:
		return false
	case c.State.Busy >= w.Edge || second > c.now: // an output goes on: one after the other
		n = 1
	case k.Step > 0:
		n = min(n, 2+(c.now-second)/k.Step)
	}
	cur.Dst += n * int64(max(k.Group, 1))
	c.commit(k, cur.Dst)
	c.lane.fired = false
	if w.Last = w.Edge; n > 1 {
		w.Last = second + (n-2)*k.Step
	}
	c.resume(w.Last, k.Step)
	return w.Held || w.Edge > c.now
}

// serveAhead is serve for a group of items of the block in hand.
func (c *Core) serveAhead(k *Walk, cur *Cursor, edge int64) {
	a := c.ahead
	last := cur.last(k)
	end := min(cur.Dst+int64(max(k.Group, 1))-1, cur.LastDst)
	for d := cur.Dst; d <= end; d++ {
		c.commit(k, d+1)
		at := place{src: cur.Src, dst: d, word: c.State.Walk.Word}
		c.putOut(k, at, edge, a.put(d), last && d == end)
	}
}

// put is what an item of the block in hand puts out.
func (a *ahead) put(d int64) int64 {
	if a.keep[d-a.first] && a.nextStop(d) == d {
		for _, p := range a.sweep.plans {
			if n := p.done - 1; n >= 0 && int64(p.dst[n]) == d && p.spikes {
				return int64(p.out[n])
			}
		}
	}
	return 0
}

// commit writes the results of the items before target limit.
func (c *Core) commit(k *Walk, limit int64) {
	a := c.ahead
	s := a.sweep
	if s.learn != nil {
		c.kept = k.Learn.Memory
		if a.learns {
			c.commitLearning(k, limit)
		}
	}
	for i, p := range s.plans {
		c.commitPlan(p, s.programs[i], limit, len(k.Keep) > 0)
	}
	for _, e := range k.Count {
		c.Counts[e] += limit - a.done
	}
	a.done = limit
}

// commitLearning begins the granules of the items before target limit. The
// first item of a block begins one.
func (c *Core) commitLearning(k *Walk, limit int64) {
	a, l := c.ahead, k.Learn
	g := int64(l.Granule)
	begin := max((limit-1)/g*g, a.first)
	if begin < a.done {
		return
	}
	p := a.sweep.learn
	c.commitPlan(p, l.Program, begin, false)
	word, _, _ := c.locate(&Field{Memory: l.Memory}, false, place{src: a.src, dst: begin})
	c.State.Walk.Old = append(c.State.Walk.Old[:0], word...)
	c.commitPlan(p, l.Program, begin/g*g+g, false)
}

// commitPlan writes and counts what a plan computed for its items before
// target limit.
func (c *Core) commitPlan(p *plan, program int, limit int64, some bool) {
	lo, hi := p.done, p.done
	if len(p.dst) > 0 && int64(p.dst[len(p.dst)-1]) < limit {
		hi = len(p.dst)
	}
	for hi < len(p.dst) && int64(p.dst[hi]) < limit {
		hi++
	}
	if p.done = hi; lo == hi {
		return
	}
	for k, n := range c.issued[program] {
		c.Counts[int(count.InstrX)+k] += n * int64(hi-lo)
	}
	c.commitDraws(p, lo, hi)
	if p.writes {
		for _, n := range p.stores[lo:hi] {
			c.Counts[count.LearnUpdates] += int64(n)
		}
	}
	for i := range p.wrote {
		w := &p.wrote[i]
		mem, base := c.State.Mem[w.col.mem], c.ahead.src*w.col.row
		before := w.before[lo:hi]
		for x, v := range w.after[lo:hi] {
			if v == before[x] {
				continue
			}
			if d := int64(p.dst[lo+x]); !some || c.ahead.keep[d-c.ahead.first] {
				w.col.put(mem, base+d, v)
			}
		}
	}
}
