package table

import (
	"fmt"
	"slices"
)

// Fabric is a torus of table routers that carries one packet at a time: where
// its copies arrive, after how many cycles, and what is lost. Dead links are
// blocked for ever, so packets meet them with all their patience.
type Fabric struct {
	Torus    Torus
	Tables   []Table // by router
	Patience Patience
	Hop      int64           // cycles from router to router
	Dead     map[[2]int]bool // dead links by router and link
	// Independent lets copies leave as soon as their own output is free. Without
	// it a packet leaves when the last of its copies can, or is dropped.
	// deviation: the data sheet does not say which.
	Independent bool
	Reinject    bool // dropped packets are sent again by their router once
	// MaxCopies bounds the copies of one packet: tables may hold loops.
	// 0 = 65,536.
	MaxCopies int
}

// Packet is a multicast packet.
type Packet struct {
	Key    uint32
	Router int // where it is sent
	Cycle  int64
}

// Delivery is a copy that reached a core.
type Delivery struct {
	Router, Core int
	Cycle        int64
	Links        int // that it crossed
}

// Fate is why a copy did not go on.
type Fate uint8

// The fates.
const (
	Dropped    Fate = iota // its output stayed blocked
	Unrouted               // sent by a core, and no entry matched
	Reinjected             // dropped and sent again
	Endless                // MaxCopies was reached
	Stuck                  // waits for ever
)

// Loss is the end of a copy that did not arrive.
type Loss struct {
	Fate         Fate
	Key          uint32
	Router, Port int // where it was and the output that it wanted, -1 = none
	Cycle        int64
}

// copyAt is a copy that is about to be routed.
type copyAt struct {
	router, in int
	e          Emergency
	cycle      int64
	links      int
	again      bool // was reinjected
	only       int  // a reinjected copy takes this port only; -1 = all
}

// Check reports what does not fit together.
func (f *Fabric) Check() error {
	if err := f.Torus.Check(); err != nil {
		return err
	}
	if n := f.Torus.W * f.Torus.H; len(f.Tables) != n {
		return fmt.Errorf("table: fabric: need a table for each of %d routers, have %d", n, len(f.Tables))
	}
	if f.Hop < 1 || f.MaxCopies < 0 {
		return fmt.Errorf("table: fabric: need at least 1 cycle per hop and no negative bound of copies, have %d and %d", f.Hop, f.MaxCopies)
	}
	return nil
}

// Send carries a packet to its end. Copies are followed in the order in which
// they were made.
func (f *Fabric) Send(p Packet) (got []Delivery, lost []Loss, err error) {
	if err := f.Check(); err != nil {
		return nil, nil, err
	}
	if p.Router < 0 || p.Router >= len(f.Tables) {
		return nil, nil, fmt.Errorf("table: packet sent at router %d, need 0..%d", p.Router, len(f.Tables)-1)
	}
	limit := f.MaxCopies
	if limit == 0 {
		limit = 1 << 16
	}
	queue := []copyAt{{router: p.Router, in: Local, cycle: p.Cycle, only: -1}}
	var outs []Out
	for k := 0; k < len(queue); k++ {
		c := queue[k]
		if k >= limit {
			return got, append(lost, Loss{Endless, p.Key, c.router, -1, c.cycle}), nil
		}
		outs, err = f.Tables[c.router].Route(outs[:0], p.Key, c.in, c.e)
		if err == ErrUnrouted {
			lost = append(lost, Loss{Unrouted, p.Key, c.router, -1, c.cycle})
			continue
		}
		if err != nil {
			return got, lost, err
		}
		if c.only >= 0 {
			outs = slices.DeleteFunc(outs, func(o Out) bool { return o.Port != c.only })
		}
		got, queue, lost = f.fork(got, queue, lost, p.Key, c, outs)
	}
	return got, lost, nil
}

// fork sends the copies of a packet to their outputs.
func (f *Fabric) fork(got []Delivery, queue []copyAt, lost []Loss, key uint32, c copyAt, outs []Out) ([]Delivery, []copyAt, []Loss) {
	hold := int64(0)
	for _, o := range outs {
		if _, waited := f.try(c.router, o); !f.Independent {
			hold = max(hold, waited)
		}
	}
	for _, o := range outs {
		act, waited := f.try(c.router, o)
		if hold == never {
			act = Wait
		}
		if act == Wait {
			lost = append(lost, Loss{Stuck, key, c.router, o.Port, c.cycle})
			continue
		}
		at := c.cycle + max(waited, hold)
		switch {
		case act == Drop && f.Reinject && !c.again:
			again := c
			again.again, again.only, again.cycle = true, o.Port, at
			queue, lost = append(queue, again), append(lost, Loss{Reinjected, key, c.router, o.Port, at})
		case act == Drop:
			lost = append(lost, Loss{Dropped, key, c.router, o.Port, at})
		case o.Port >= Links:
			got = append(got, Delivery{c.router, o.Port - Links, at, c.links})
		default:
			link, e := o.Port, o.Emergency
			if act == Divert {
				link, e = Around(link), Detour
			}
			queue = append(queue, copyAt{router: f.Torus.Neighbor(c.router, link), in: Opposite(link), e: e, cycle: at + f.Hop, links: c.links + 1, again: c.again, only: -1})
		}
	}
	return got, queue, lost
}

// never is a wait without end.
const never = 1 << 62

// try is what becomes of a copy at an output whose state does not change, and
// after how many cycles.
func (f *Fabric) try(router int, o Out) (Action, int64) {
	if o.Port >= Links || !f.Dead[[2]int{router, o.Port}] {
		return Send, 0
	}
	p, around := f.Patience, f.Dead[[2]int{router, Around(o.Port)}]
	if p.Wait1 == Forever {
		return Wait, never
	}
	act := p.Decide(o.Port, p.Wait1, true, around)
	if act != Wait {
		return act, p.Wait1
	}
	if p.Wait2 == Forever {
		return Wait, never
	}
	return p.Decide(o.Port, p.Wait1+p.Wait2, true, true), p.Wait1 + p.Wait2
}
