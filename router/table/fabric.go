package table

import "fmt"

// Fabric is a torus of table routers that carries one packet at a time: where
// its copies arrive, after how many cycles, and what is lost. Dead links are
// blocked for ever, so packets meet them with all their patience.
type Fabric struct {
	Torus    Torus
	Tables   []Table // by router
	Patience Patience
	Hop      int64           // cycles from router to router
	Dead     map[[2]int]bool // dead links by router and link
	Reinject bool            // dropped packets are sent again by their router once
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
		for _, o := range outs {
			if c.only >= 0 && o.Port != c.only {
				continue
			}
			if o.Port >= Links {
				got = append(got, Delivery{c.router, o.Port - Links, c.cycle, c.links})
				continue
			}
			queue, lost = f.leave(queue, lost, p.Key, c, o)
		}
	}
	return got, lost, nil
}

// leave takes one copy out of a router through a link.
func (f *Fabric) leave(queue []copyAt, lost []Loss, key uint32, c copyAt, o Out) ([]copyAt, []Loss) {
	blocked := f.Dead[[2]int{c.router, o.Port}]
	around := Around(o.Port)
	waited := int64(0)
	if blocked {
		waited = f.Patience.Wait1
	}
	act := f.Patience.Decide(o.Port, max(waited, 0), blocked, f.Dead[[2]int{c.router, around}])
	if act == Wait && f.Patience.Wait1 != Forever && f.Patience.Wait2 != Forever {
		waited += f.Patience.Wait2
		act = f.Patience.Decide(o.Port, waited, true, true)
	}
	next := copyAt{cycle: c.cycle + max(waited, 0) + f.Hop, links: c.links + 1, only: -1, e: o.Emergency, again: c.again}
	switch act {
	case Send:
		next.router, next.in = f.Torus.Neighbor(c.router, o.Port), Opposite(o.Port)
		return append(queue, next), lost
	case Divert:
		next.router, next.in, next.e = f.Torus.Neighbor(c.router, around), Opposite(around), Detour
		return append(queue, next), lost
	case Wait:
		return queue, append(lost, Loss{Stuck, key, c.router, o.Port, c.cycle})
	}
	at := c.cycle + max(waited, 0)
	if f.Reinject && !c.again {
		c.again, c.only, c.cycle = true, o.Port, at
		return append(queue, c), append(lost, Loss{Reinjected, key, c.router, o.Port, at})
	}
	return queue, append(lost, Loss{Dropped, key, c.router, o.Port, at})
}
