package mesh

import (
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

// Deliver sends a list of messages through the idle mesh and runs it until all
// have arrived: the traffic of one tick, closed by a barrier that counts
// messages. dst[i] becomes the cycle of arrival of message i, Lost if it was
// dropped or nothing has moved for stall cycles (0 = 100,000). Messages of one
// source leave in the order of their cycles, then of the list. The result is a
// function of the list alone: the mesh is reset first.
func (m *Mesh) Deliver(list []Message, dst []int64, stall int64) error {
	if len(dst) != len(list) {
		return fmt.Errorf("mesh: deliver: need as many arrivals as messages, have %d and %d", len(dst), len(list))
	}
	if stall <= 0 {
		stall = 100000
	}
	if err := m.load(list); err != nil {
		return err
	}
	m.finish(stall)
	for i := range dst {
		dst[i] = m.traffic.list[i].Cycle
	}
	return nil
}

// load chains the messages of each source by cycle.
func (m *Mesh) load(list []Message) error {
	m.Reset()
	t := &m.traffic
	order := make([]int32, len(list))
	for i, x := range list {
		if x.Src < 0 || x.Dst < 0 || int(x.Src) >= len(m.src) || int(x.Dst) >= len(m.src) || x.Cycle < 0 {
			return fmt.Errorf("mesh: message %d from %d to %d at cycle %d: need nodes of 0..%d and a cycle of at least 0", i, x.Src, x.Dst, x.Cycle, len(m.src)-1)
		}
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch d := list[a].Cycle - list[b].Cycle; {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	t.mode = listed
	t.list = append(t.list[:0], list...)
	t.follow = slices.Grow(t.follow[:0], len(list))[:len(list)]
	for k := len(order) - 1; k >= 0; k-- {
		i := order[k]
		x := &m.src[list[i].Src]
		if m.deadNode(list[i].Src) {
			t.list[i].Cycle = Lost
			m.event(Event{Kind: DeadSource, Packet: -1, Tag: i, Src: list[i].Src, Dst: list[i].Dst})
			continue
		}
		t.follow[i] = x.item
		x.item, x.next = i, list[i].Cycle
	}
	for n := range m.src {
		if m.src[n].next != never {
			m.sleep(int32(n))
		}
	}
	return nil
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
	for i := range m.src {
		s = min(s, m.src[i].next)
	}
	return s
}

// giveUp marks what is still under way, or not even sent, as lost.
func (m *Mesh) giveUp() {
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
