package mesh

import (
	"cmp"
	"fmt"
	"slices"
)

// Message is one packet to deliver: from node Src to node Dst, ready at the
// source at Cycle (counted from the beginning of the delivery).
type Message struct {
	Src, Dst int32
	Cycle    int64
}

// Lost is the arrival of a message that was dropped or is stuck.
const Lost = -1

// arrived notes the cycle of a listed message.
func (t *traffic) arrived(tag int32, cycle int64) { t.list[tag].Cycle = cycle }

// Outcome is the sum of a delivery.
type Outcome struct {
	Last         int64 // cycle in which the last message arrived: a barrier that counts messages opens then; -1 = none arrived
	Arrived      int
	Lost         int
	HopsX, HopsY int64 // links crossed by the messages that arrived
}

// Node is the number of the local-th node of the router at (x, y).
func (s Spec) Node(x, y, local int) int32 { return int32((x+s.W*y)*s.Concentration + local) }

// Deliver sends a list of messages through the empty mesh and runs it until all
// have arrived: the traffic of one tick, closed by a barrier that counts
// messages. at[i] becomes the cycle of arrival of message i, Lost if it was
// dropped or nothing has ended for stall cycles (0 = 100,000). Messages of one
// source leave in the order of their cycles, then of the list. The result is a
// function of the list alone, and its cost grows with the messages and the
// routers that they meet, not with the mesh.
// deviation: hardware does not reset the pointers of its allocators between
// ticks.
func (m *Mesh) Deliver(list []Message, at []int64, stall int64) (Outcome, error) {
	return m.deliver(list, at, stall, false)
}

func (m *Mesh) deliver(list []Message, at []int64, stall int64, casts bool) (Outcome, error) {
	o := Outcome{Last: Lost}
	if len(at) != len(list) {
		return o, fmt.Errorf("mesh: deliver: need as many arrivals as messages, have %d and %d", len(at), len(list))
	}
	for i, x := range list {
		if x.Src < 0 || x.Dst < 0 || int(x.Src) >= len(m.src) || int(x.Dst) >= len(m.src) || x.Cycle < 0 {
			return o, fmt.Errorf("mesh: message %d from %d to %d at cycle %d: need nodes of 0..%d and a cycle of at least 0", i, x.Src, x.Dst, x.Cycle, len(m.src)-1)
		}
	}
	if stall <= 0 {
		stall = 100000
	}
	if m.watched != nil {
		m.watched.list = m.watched.list[:0]
	}
	m.load(list)
	m.traffic.casts.on = casts
	m.finish(stall)
	for i, x := range list {
		if at[i] = m.traffic.list[i].Cycle; at[i] == Lost {
			o.Lost++
			continue
		}
		o.Arrived++
		o.Last = max(o.Last, at[i])
		dx, dy := m.legs(x.Src, x.Dst)
		o.HopsX, o.HopsY = o.HopsX+int64(dx), o.HopsY+int64(dy)
	}
	return o, nil
}

// load chains the messages of each source by cycle.
func (m *Mesh) load(list []Message) {
	m.clear()
	t := &m.traffic
	t.order = t.order[:0]
	for i := range list {
		t.order = append(t.order, int32(i))
	}
	slices.SortFunc(t.order, func(a, b int32) int {
		if c := cmp.Compare(list[a].Cycle, list[b].Cycle); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	t.mode = listed
	t.list = append(t.list[:0], list...)
	t.follow = slices.Grow(t.follow[:0], len(list))[:len(list)]
	for _, i := range slices.Backward(t.order) {
		n := list[i].Src
		x := &m.src[n]
		if m.deadNode(n) {
			t.list[i].Cycle = Lost
			m.event(Event{Kind: DeadSource, Packet: -1, Tag: i, Src: n, Dst: list[i].Dst})
			continue
		}
		if x.item < 0 {
			t.used = append(t.used, n)
		}
		t.follow[i] = x.item
		x.item, x.next = i, list[i].Cycle
	}
	for _, n := range t.used {
		m.sleep(n)
	}
}

// clear makes the mesh as good as new. After a delivery that came to its end
// only the routers and sources that took part have anything to forget.
func (m *Mesh) clear() {
	t := &m.traffic
	if t.mode != listed || m.inFlight > 0 || m.fault.gaveUp || m.fault.any || m.turns.seen {
		m.Reset()
		return
	}
	for range m.wheel { // credits under way
		m.Step()
	}
	all := uint16(m.all)
	for _, r := range m.touched {
		m.rt[r].reset(all)
	}
	for _, n := range t.used {
		m.src[n] = source{next: never, follow: -1, item: -1}
	}
	m.touched, t.used = m.touched[:0], t.used[:0]
	m.packets, m.spare = m.packets[:0], m.spare[:0]
	t.casts.on, t.lap = false, -1
	m.now, m.serial, m.turns.look = 0, 0, 0
	m.stats = stats{to: never}
	m.fault.events, m.fault.count = m.fault.events[:0], [NumKinds]int64{}
}

// finish runs until nothing is left, or nothing has ended for stall cycles.
func (m *Mesh) finish(stall int64) {
	t := &m.traffic
	last, since := m.serial-uint64(m.inFlight), m.now
	for m.inFlight > 0 || t.count > 0 || len(t.active) > 0 {
		if m.inFlight == 0 && len(t.active) == 0 && m.now-since > int64(len(m.wheel)) {
			m.now = max(m.now, m.soonest())
			since = m.now
		}
		m.Step()
		if ended := m.serial - uint64(m.inFlight); ended != last {
			last, since = ended, m.now
		}
		if m.inFlight > 0 && m.now-since > stall {
			m.giveUp()
			return
		}
	}
}

// soonest is the first cycle in which a source has a packet.
func (m *Mesh) soonest() int64 {
	s := int64(never)
	for _, n := range m.traffic.used {
		s = min(s, m.src[n].next)
	}
	return s
}

// giveUp marks what is still under way, or not even sent, as lost.
func (m *Mesh) giveUp() {
	m.fault.gaveUp = true
	for i := range m.packets {
		p := &m.packets[i]
		if p.born != never && p.tag >= 0 {
			m.traffic.list[p.tag].Cycle = Lost
			m.event(Event{Kind: Blocked, Packet: int64(p.serial), Tag: p.tag, Src: p.src, Dst: p.dst})
		}
	}
	for i := range m.src {
		for k := m.src[i].item; k >= 0; k = m.traffic.follow[k] {
			x := m.traffic.list[k]
			m.traffic.list[k].Cycle = Lost
			m.event(Event{Kind: Blocked, Packet: -1, Tag: k, Src: x.Src, Dst: x.Dst})
		}
	}
}
