package event

import "hillock/isa/count"

// walks is the list of walks of a level: the row's, or the sub-walks of the
// walk that level 0 is in.
func (c *Core) walks(level int) []Walk {
	top := c.row().Walks
	if level == 0 {
		return top
	}
	return top[c.State.Walk.At[0].Walk].Sub
}

// open goes to the first item of the next walk of the level in hand that has
// one, counting its edges from edge base. False says that there is none.
func (c *Core) open(walks []Walk, base int64) bool {
	w := &c.State.Walk
	cur := &w.At[w.Level]
	c.forget()
	for ; cur.Walk < len(walks); cur.Walk++ {
		k := &walks[cur.Walk]
		at := place{src: w.parent(), word: w.Word}
		if !c.holds(k.When, at) {
			continue
		}
		if until, ok := c.postponed(k, at, base); ok {
			cur.First, cur.Dst, cur.LastDst = 0, 0, -1
			if w.Edge = until; k.Sent && c.held() {
				w.Held, w.Edge = true, 0 // until the end of the output is known
			}
			return true
		}
		for _, m := range k.Clear {
			clear(c.State.Mem[m])
		}
		cur.Src = c.value(&k.Src, at)
		cur.LastSrc = cur.Src
		if k.Sources != nil {
			cur.Src, cur.LastSrc = 0, c.value(k.Sources, at)
		}
		cur.First, cur.LastDst = c.extent(k, at)
		cur.Dst = cur.First
		cur.Began = base + k.Gap
		w.Edge = cur.Began + k.Start
		if cur.Dst <= cur.LastDst && cur.Src <= cur.LastSrc {
			return true
		}
	}
	return false
}

// postponed says that a walk has to wait behind edge base, and until which edge:
// Never if it takes an event aside to end that.
func (c *Core) postponed(k *Walk, at place, base int64) (int64, bool) {
	if k.Sent && (c.State.Busy > base || c.held()) {
		return c.State.Busy, true
	}
	return Never, !c.holds(k.Until, at)
}

// waiting says that the walk in hand has no items yet: it is held.
func (w *Walking) waiting() bool {
	cur := &w.At[w.Level]
	return w.Running && !w.Pushing && !w.Popping && cur.Dst > cur.LastDst
}

// wake lets a walk that is held look again behind the events taken aside at an
// edge.
func (c *Core) wake(edge int64) {
	if w := &c.State.Walk; w.Edge == Never && w.waiting() {
		w.Edge = edge
	}
}

// extent is the range of targets of a walk.
func (c *Core) extent(k *Walk, at place) (first, last int64) {
	first, last = c.value(&k.First, at), c.value(&k.Last, at)
	if g := int64(k.Group); g > 1 {
		first -= first % g
		last += g - 1 - last%g
	}
	return max(first, 0), min(last, maxItems)
}

// maxItems bounds the targets of one source.
const maxItems = 1 << 16

// parent is the source that sub-walks start from: the item of level 0.
func (w *Walking) parent() int64 {
	if w.Level == 0 {
		return 0
	}
	return w.At[0].Dst
}

// work does the next thing of the event in hand.
func (c *Core) work() {
	w := &c.State.Walk
	switch {
	case w.Pushing:
		entry := c.compose(c.row().Push, place{word: w.Word})
		c.push(entry, w.Edge)
		w.Last = w.Edge
		c.finish(w.Edge)
	case w.Popping:
		c.pop(w.Edge)
		c.rest(w.Edge, 0)
	default:
		c.item()
	}
}

// item serves the group of items in hand and goes to the next.
func (c *Core) item() {
	w := &c.State.Walk
	if w.waiting() {
		c.reopen(w.Edge)
		return
	}
	k := &c.walks(w.Level)[w.At[w.Level].Walk]
	if c.ahead != nil && c.rush(k) {
		return
	}
	edge := w.Edge
	c.serve(k, edge)
	if w.Last = edge; len(k.Sub) > 0 && w.Level == 0 {
		w.Level, w.At[1] = 1, Cursor{}
		if c.open(k.Sub, edge) {
			return
		}
		w.Level = 0
	}
	c.advance(edge)
}

// advance goes to the item behind the one in hand, to the next walk, or back
// to the level above.
func (c *Core) advance(edge int64) {
	w := &c.State.Walk
	for {
		walks := c.walks(w.Level)
		cur := &w.At[w.Level]
		k := &walks[cur.Walk]
		if cur.next(k) || len(k.While) > 0 && c.holds(k.While, place{src: cur.Src, dst: cur.Dst, word: w.Word}) {
			c.resume(edge, k.Step)
			return
		}
		c.note(Note{Kind: Walked, Edge: edge, Index: cur.Began, Value: edge - cur.Began, Name: k.Name})
		w.Old = w.Old[:0]
		cur.Walk++
		if c.open(walks, edge) {
			return
		}
		if w.Level == 0 {
			c.finish(edge)
			return
		}
		w.Level = 0
	}
}

// reopen opens the walk that was held, or what follows it.
func (c *Core) reopen(edge int64) {
	w := &c.State.Walk
	switch {
	case c.open(c.walks(w.Level), edge):
	case w.Level == 0:
		c.finish(edge)
	default:
		w.Level = 0
		c.advance(edge)
	}
}

// next moves a cursor to the next group of items, false if there is none.
func (cur *Cursor) next(k *Walk) bool {
	step := int64(max(k.Group, 1))
	switch {
	case cur.Dst+step <= cur.LastDst:
		cur.Dst += step
	case k.Sources != nil && cur.Src < cur.LastSrc:
		cur.Src++
		cur.Dst = cur.First
	default:
		return false
	}
	return true
}

// last says that the item in hand is the walk's last.
func (cur *Cursor) last(k *Walk) bool {
	ahead := *cur
	return !ahead.next(k)
}

// finish ends the work on an event, its last write being at an edge.
func (c *Core) finish(edge int64) {
	w, row := &c.State.Walk, c.row()
	c.State.Ended = max(c.State.Ended, w.Last)
	if !w.Head {
		late := c.acknowledge(w.Port, edge)
		if row.Tail < c.img.Spec.Control.Ports[w.Port].Sender {
			late = 0 // the controller does not wait for the request to fall
		}
		c.rest(edge, late)
		return
	}
	if row.Pop > 0 {
		w.Popping = true
		c.resume(edge, row.Pop)
		return
	}
	c.pop(edge)
	c.rest(edge, 0)
}

// rest lets the controller wait for its next decision, late edges later than
// the row says.
func (c *Core) rest(edge, late int64) {
	c.State.Decision = edge + c.row().Tail + late
	c.State.Ended = max(c.State.Ended, c.State.Decision)
	if c.Watch != nil {
		head := int64(0)
		if c.State.Walk.Head {
			head = 1
		}
		c.Watch(Note{Kind: Rested, Edge: edge, Index: head, Value: int64(c.State.Walk.Word), Name: c.row().Name})
	}
	c.State.Walk = Walking{Old: c.State.Walk.Old[:0]}
}

func (c *Core) pop(edge int64) {
	q := &c.State.Queue
	if slot := c.State.Walk.Slot; slot > 0 {
		q = &c.State.Wheel[slot-1]
	}
	c.note(Note{Kind: Popped, Edge: edge, Index: int64(c.State.Walk.Slot), Value: int64((*q)[0])})
	copy(*q, (*q)[1:])
	*q = (*q)[:len(*q)-1]
}

// serve runs a walk's programs over the group of items in hand.
func (c *Core) serve(k *Walk, edge int64) {
	w := &c.State.Walk
	cur := &w.At[w.Level]
	if c.ahead != nil && c.covers(k, cur) {
		c.serveAhead(k, cur, edge)
		return
	}
	last := cur.last(k)
	c.learn(k, cur)
	group := int64(max(k.Group, 1))
	for d := cur.Dst; d < cur.Dst+group && d <= cur.LastDst; d++ {
		at := place{src: cur.Src, dst: d, word: w.Word}
		out := int64(0)
		if len(k.Programs) > 0 {
			n := int64(0)
			if k.Model != nil {
				n = min(max(c.value(k.Model, at), 0), int64(len(k.Programs)-1))
			}
			c.lane.in = [2]int32{int32(c.weight(k.In0, at)), int32(c.weight(k.Pay, at))}
			c.lane.evt = int32(k.Event)
			old := c.guarded(d)
			out = c.run(k.Programs[n], at, c.holds(k.Keep, at))
			c.spoil(old, d)
		}
		for _, e := range k.Count {
			c.Counts[e]++
		}
		c.putOut(k, at, edge, out, last && d == min(cur.Dst+group-1, cur.LastDst))
	}
}

// putOut sends what comes of an item whose results are written.
func (c *Core) putOut(k *Walk, at place, edge, out int64, last bool) {
	if out != 0 {
		c.Counts[count.Spikes]++
		if at.dst < int64(c.img.Spec.Items) {
			c.leave(at.dst, int32(out))
		}
		c.note(Note{Kind: Spiked, Edge: edge, Index: at.dst, Value: out})
	}
	c.lane.fired = out != 0
	c.emit(k, at, edge, out, last)
}

// emit sends what a walk emits at an item.
func (c *Core) emit(k *Walk, at place, edge, payload int64, last bool) {
	for i := range k.Emit {
		e := &k.Emit[i]
		if e.On == OnSpike && payload == 0 || e.On == OnLast && !last || !c.holds(e.When, at) {
			continue
		}
		from := at
		if e.At != nil {
			from.dst = c.value(e.At, at)
		}
		v := int64(0)
		if e.Parts != nil {
			v = int64(c.compose(e.Parts, from))
		} else {
			v = c.value(&e.Value, from)
		}
		switch e.To {
		case ToQueue:
			c.push(uint64(v), edge)
		case ToWheel:
			c.spread(e, uint64(v), payload, c.value(e.Gap, at), edge)
		default:
			if !c.mute(edge, last) { // a gate that is set keeps the link in reset
				c.send(v, edge)
			}
		}
	}
}

// learn changes the granule that begins at the item in hand, and keeps its
// word as it was.
func (c *Core) learn(k *Walk, cur *Cursor) {
	l := k.Learn
	if l == nil {
		return
	}
	w := &c.State.Walk
	c.kept = l.Memory
	first := len(w.Old) == 0 || cur.Dst%int64(l.Granule) == 0
	at := place{src: cur.Src, dst: cur.Dst, word: w.Word}
	if !first || !c.holds(l.When, at) {
		return
	}
	f := Field{Memory: l.Memory}
	word, _, ok := c.locate(&f, false, at)
	if !ok {
		return
	}
	w.Old = append(w.Old[:0], word...)
	end := min(cur.LastDst, cur.Dst-cur.Dst%int64(l.Granule)+int64(l.Granule)-1)
	for ; at.dst <= end; at.dst++ {
		c.run(l.Program, at, true)
	}
}
