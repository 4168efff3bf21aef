package mesh

import (
	"fmt"
	"slices"
)

// Cast is one packet to several nodes. It follows the tree of the ways to all
// of them (x, then y) and is copied where they part, so that it crosses each
// link of the tree once.
type Cast struct {
	Src   int32
	Dst   []int32
	Cycle int64 // when it is ready at the source
}

// leaf is a node that a cast goes to, and the place of its arrival.
type leaf struct{ node, at int32 }

// span is the leaves of a packet: those up to mid lie behind the output that it
// asks for.
type span struct{ lo, mid, hi int32 }

// casts is what is remembered of casts during their delivery.
type casts struct {
	on    bool
	leaf  []leaf
	sown  []span  // by cast
	span  []span  // by packet
	at    []int64 // of the caller
	sent  []Message
	ended []int64
	links [2]int64
}

// DeliverCasts is Deliver for packets to several nodes. at has one place for
// each destination, cast by cast, in the order of Dst; a copy to several nodes
// that is lost is one event and loses all of them. Outcome counts destinations
// as messages; its hops are links crossed by copies, those lost later included.
//
// A router copies one after the other, in the order of its outputs: the packet
// stays in front of its buffer and asks for the next output once a copy has won
// the switch. Nothing waits for two outputs at once, so there is no cycle of
// waiting. Packets are of one flit.
func (m *Mesh) DeliverCasts(list []Cast, at []int64, stall int64) (Outcome, error) {
	o := Outcome{Last: Lost}
	if err := m.sow(list, at); err != nil {
		return o, err
	}
	c := &m.traffic.casts
	if _, err := m.deliver(c.sent, c.ended, stall, true); err != nil {
		return o, err
	}
	c.on, c.at = false, nil
	for _, x := range at {
		if x == Lost {
			o.Lost++
			continue
		}
		o.Arrived++
		o.Last = max(o.Last, x)
	}
	o.HopsX, o.HopsY = c.links[0], c.links[1]
	return o, nil
}

// sow checks a list of casts and notes the packets that their sources send.
func (m *Mesh) sow(list []Cast, at []int64) error {
	if m.spec.Flits != 1 {
		return fmt.Errorf("mesh: casts: need packets of 1 flit, have %d", m.spec.Flits)
	}
	c := &m.traffic.casts
	c.leaf, c.sown, c.sent, c.at, c.links = c.leaf[:0], c.sown[:0], c.sent[:0], at, [2]int64{}
	for i, x := range list {
		if len(x.Dst) == 0 {
			return fmt.Errorf("mesh: cast %d from %d: need at least 1 destination, have none", i, x.Src)
		}
		lo := int32(len(c.leaf))
		for _, d := range x.Dst {
			if d < 0 || int(d) >= len(m.src) || len(c.leaf) >= len(at) {
				return fmt.Errorf("mesh: cast %d from %d to %d: need nodes of 0..%d and an arrival for each, have %d arrivals", i, x.Src, d, len(m.src)-1, len(at))
			}
			c.leaf = append(c.leaf, leaf{d, int32(len(c.leaf))})
		}
		c.sown = append(c.sown, span{lo: lo, hi: int32(len(c.leaf))})
		c.sent = append(c.sent, Message{x.Src, x.Dst[0], x.Cycle})
	}
	if len(at) != len(c.leaf) || len(at) > maxSlots {
		return fmt.Errorf("mesh: casts: need an arrival for each of %d destinations, at most %d, have %d", len(c.leaf), maxSlots, len(at))
	}
	for k := range at {
		at[k] = Lost
	}
	c.ended = slices.Grow(c.ended[:0], len(list))[:len(list)]
	return nil
}

// give makes leaves those of a packet.
func (c *casts) give(slot int32, s span) {
	for int(slot) >= len(c.span) {
		c.span = append(c.span, span{})
	}
	c.span[slot] = s
}

// branch brings the leaves together that lie behind the first output of a
// packet in front, and addresses the packet to one of them.
func (m *Mesh) branch(rt *router, i uint32, f flit) flit {
	c := &m.traffic.casts
	s := &c.span[f.slot()]
	first := uint32(ports)
	for _, l := range c.leaf[s.lo:s.hi] {
		first = min(first, m.route(rt.x, rt.y, m.place[l.node].f))
	}
	s.mid = s.lo
	for k := s.lo; k < s.hi; k++ {
		if m.route(rt.x, rt.y, m.place[c.leaf[k].node].f) == first {
			c.leaf[s.mid], c.leaf[k] = c.leaf[k], c.leaf[s.mid]
			s.mid++
		}
	}
	to := c.leaf[s.lo].node
	m.packets[f.slot()].dst = to
	f = f&(slotMask|headBit|tailBit|treeBit) | m.place[to].f
	rt.lane[i].f = f
	return f
}

// prune loses the leaves behind a dead output, and says whether others are left.
func (m *Mesh) prune(r, i uint32, f flit) bool {
	s := &m.traffic.casts.span[f.slot()]
	if s.mid == s.hi {
		return false
	}
	m.eventAt(DeadLink, r, i, &m.packets[f.slot()])
	s.lo = s.mid
	return true
}

// fork is the copy of a packet in front that leaves through output o, and
// whether the packet stays for other outputs.
func (m *Mesh) fork(f flit, o uint32) (copied flit, stays bool) {
	c := &m.traffic.casts
	if o < local0 {
		c.links[o>>1]++
	}
	s := c.span[f.slot()]
	if s.mid == s.hi {
		return f, false
	}
	slot := m.newPacket(m.packets[f.slot()])
	c.give(slot, span{lo: s.lo, hi: s.mid})
	c.span[f.slot()].lo = s.mid
	return f&^slotMask | flit(slot), true
}

// again lets a packet that stays ask for its next output: the VC that it had is
// free again.
func (m *Mesh) again(r uint32, rt *router, i, o, w uint32) {
	out := &rt.port[o]
	out.sw &^= 1 << i
	rt.sw &^= one(out.sw == 0) << o
	rt.lane[i].out = none
	out.free |= 1 << w
	rt.va |= one(out.va != 0) << o
	m.request(r, rt, i, rt.lane[i].f)
}

// reap notes the arrival of a packet at its leaves.
func (m *Mesh) reap(slot int32) {
	c := &m.traffic.casts
	s := c.span[slot]
	for _, l := range c.leaf[s.lo:s.hi] {
		c.at[l.at] = m.now
	}
}
