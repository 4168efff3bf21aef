package chip

import (
	"cmp"
	"fmt"
	"slices"

	"hillock/chip/timing"
	"hillock/isa/count"
	"hillock/router"
)

// watch makes all cores say which packets they lose.
func (m *Machine) watch() {
	m.misses = make([][]timing.Incident, len(m.cores))
	kinds := map[count.Event]timing.Kind{count.Lost: timing.Dropped, count.Late: timing.Late, count.Merged: timing.Merged}
	for i, c := range m.cores {
		c.Miss = func(what count.Event, address uint16) {
			m.misses[i] = append(m.misses[i], timing.Incident{Kind: kinds[what], Message: -1, Src: -1, Dst: int32(i), Axon: int32(address), X: -1, Y: -1, Port: -1, Reason: "at its core"})
		}
	}
}

// Incidents appends the packets of the last tick that were late, dropped,
// merged or blocked, with cores as indices into Image.Cores: those of the
// network first, then those of the cores that ran, ascending. A machine without
// Options.Incidents notes none.
func (m *Machine) Incidents(dst []timing.Incident) []timing.Incident {
	if m.misses == nil {
		return dst
	}
	dst = append(dst, m.time.level.Incidents()...)
	if m.via != nil {
		dst = m.via.incidents(dst)
	}
	for _, i := range m.sched.run {
		dst = append(dst, m.misses[i]...)
	}
	return dst
}

// conserve holds the packets that cores took in this tick against those that
// were under way, and takes the messages that the network dropped out of the
// boxes.
func (m *Machine) conserve() error {
	t := &m.time
	taken := int64(0)
	for _, i := range t.work.Cores {
		now := m.net1[i][count.PacketsIn]
		taken += now - t.in[i]
		t.in[i] = now
	}
	if t.under >= 0 && taken != t.under {
		return fmt.Errorf("chip: tick %d: cores took %d packets, need the %d that were under way: a bug", m.tick, taken, t.under)
	}
	t.under = int64(len(t.work.Messages))
	var gone []int32
	for i, p := range t.level.Passages() {
		if p.Lost {
			gone = append(gone, int32(i))
		}
	}
	m.host[count.Lost] += int64(len(gone))
	m.late()
	t.under -= int64(len(gone))
	return m.withdraw(gone)
}

// late counts the messages that are served after the end of a tick of fixed
// length. Deviation: they count in their tick all the same, so that spikes do
// not depend on the level of time.
func (m *Machine) late() {
	s := &m.img.Latency.Network
	if s.PeriodFs == 0 {
		return
	}
	for i, p := range m.time.level.Passages() {
		if p.Lost || p.Done <= s.PeriodFs {
			continue
		}
		m.host[count.Late]++
		if x := &m.time.work.Messages[i]; m.misses != nil {
			m.misses[x.Dst] = append(m.misses[x.Dst], timing.Incident{Kind: timing.Late, Message: int32(i), Cycle: p.Done / s.CycleFs, Src: x.Src, Dst: x.Dst, Axon: int32(x.Axon), X: -1, Y: -1, Port: -1, Reason: "after the end of the tick"})
		}
	}
}

// withdraw takes messages out of the boxes that they were put in.
func (m *Machine) withdraw(gone []int32) error {
	list := m.time.work.Messages
	slices.SortFunc(gone, func(a, b int32) int {
		x, y := &list[a], &list[b]
		return cmp.Or(cmp.Compare(x.Src, y.Src), cmp.Compare(x.Box, y.Box), cmp.Compare(a, b))
	})
	for lo := 0; lo < len(gone); {
		x := &list[gone[lo]]
		hi := lo
		for hi < len(gone) && list[gone[hi]].Src == x.Src && list[gone[hi]].Box == x.Box {
			hi++
		}
		if err := m.keep(x.Src, x.Box, gone[lo:hi]); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

// keep leaves those packets of a box that are not gone.
func (m *Machine) keep(src int32, box uint16, gone []int32) error {
	half := &m.net.Halves(int(src), int(m.tick&1))[box]
	packets := half.Packets()
	left := make([]router.Packet, 0, len(packets))
	k := 0
	for i, x := range m.time.work.Messages {
		if x.Src != src || x.Box != box {
			continue
		}
		if k >= len(packets) {
			break
		}
		if _, out := slices.BinarySearch(gone, int32(i)); !out {
			left = append(left, packets[k])
		}
		k++
	}
	if k != len(packets) {
		return fmt.Errorf("chip: tick %d: box %d of core %d holds %d packets, need %d: a bug", m.tick, box, src, len(packets), k)
	}
	half.Refill(left)
	return nil
}
