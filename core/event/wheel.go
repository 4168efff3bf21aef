package event

import (
	"fmt"

	"hillock/isa/count"
)

// Wheel is a ring of queues that turns: every Period+1 edges, counted from edge
// 0, the next is in front. Entries of the one in front are served before the
// queue. Spikes with a payload above 1 put entries into those to come.
type Wheel struct {
	When         []Term // unless they hold it takes nothing and serves nothing
	Slots, Depth int
	Period       Operand
	Head         []Row
}

// front is the slot in front at an edge, -1 if the wheel does not run.
func (c *Core) front(edge int64) int {
	w := c.img.Spec.Control.Wheel
	if w == nil || !c.holds(w.When, place{}) {
		return -1
	}
	return int(edge / c.period() % int64(w.Slots))
}

// period is the number of edges that a slot is in front.
func (c *Core) period() int64 {
	return max(c.value(&c.img.Spec.Control.Wheel.Period, place{}), 0) + 1
}

// waits says that the slot in front has an entry.
func (c *Core) waits(edge int64) bool {
	f := c.front(edge)
	return f >= 0 && len(c.State.Wheel[f]) > 0
}

// nextTurn is the first edge from edge on at which a slot with an entry is in
// front.
func (c *Core) nextTurn(edge int64) int64 {
	next := Never
	f := c.front(edge)
	if f < 0 {
		return next
	}
	n, p := len(c.State.Wheel), c.period()
	for k := range c.State.Wheel {
		if len(c.State.Wheel[k]) == 0 {
			continue
		}
		if ahead := int64((k - f + n) % n); ahead == 0 {
			return edge
		} else {
			next = min(next, (edge/p+ahead)*p)
		}
	}
	return next
}

// spread puts the rest of a burst into the slots to come: payload-1 entries, a
// spacing apart, the last one marked.
func (c *Core) spread(e *Emission, value uint64, payload, gap, edge int64) {
	w := c.img.Spec.Control.Wheel
	f := c.front(edge)
	if f < 0 {
		return
	}
	for j := int64(1); j < min(payload, int64(w.Slots)); j++ {
		slot := (int64(f) + j*(gap+1)) % int64(w.Slots)
		entry := value
		if j == payload-1 {
			entry |= 1 << e.Last
		}
		if len(c.State.Wheel[slot]) >= w.Depth {
			c.Counts[count.Lost]++
			c.note(Note{Kind: Lost, Edge: edge, Value: int64(entry)})
			continue
		}
		c.State.Wheel[slot] = append(c.State.Wheel[slot], entry)
		c.note(Note{Kind: Pushed, Edge: edge, Index: slot + 1, Value: int64(entry)})
	}
}

func (s *Spec) checkWheel() error {
	w := s.Control.Wheel
	if w == nil {
		return nil
	}
	if w.Slots < 1 || w.Slots > maxList || w.Depth < 1 || w.Depth > maxDepth {
		return fmt.Errorf("event: wheel of %d queues of %d entries, need 1..%d and 1..%d", w.Slots, w.Depth, maxList, maxDepth)
	}
	if !complete(w.Head, -1) {
		return fmt.Errorf("event: no row takes every entry of the wheel, need one of mask 0 at the end")
	}
	for i := range w.Head {
		if err := s.checkRow(&w.Head[i]); err != nil {
			return fmt.Errorf("event: row %q: %w", w.Head[i].Name, err)
		}
	}
	if err := s.checkTerms(w.When); err != nil {
		return fmt.Errorf("event: wheel: %w", err)
	}
	return s.checkOperand(&w.Period)
}

// checkTerms verifies conditions.
func (s *Spec) checkTerms(list []Term) error {
	for i := range list {
		if list[i].Rel >= NumRelations {
			return fmt.Errorf("relation %d of %d", list[i].Rel, NumRelations)
		}
		if err := s.checkOperands(&list[i].L, &list[i].R); err != nil {
			return err
		}
	}
	return nil
}

// Refusal is a configuration that the description does not model.
type Refusal struct {
	When    []Term
	Because string
}

// refused looks for a refusal that holds for the start contents.
func (img *Image) refused() error {
	c := &Core{img: img, State: newState(img)}
	c.lane.scratch = make([]int32, len(img.Spec.Fields))
	for _, r := range img.Spec.Refusals {
		if err := img.Spec.checkTerms(r.When); err != nil {
			return fmt.Errorf("event: refusal: %w", err)
		}
		if c.holds(r.When, place{}) {
			return fmt.Errorf("event: %s", r.Because)
		}
	}
	return nil
}
