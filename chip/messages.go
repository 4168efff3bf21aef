package chip

import (
	"hillock/chip/timing"
	"hillock/core"
	"hillock/isa/count"
	"hillock/router"
)

// Crossings appends when messages of the last tick occupied which links, if
// the machine was made with Options.Watch and its level knows.
func (m *Machine) Crossings(dst []timing.Crossing) []timing.Crossing {
	return m.time.level.Crossings(dst)
}

// prepare tabulates what a spike costs at each in-axon and at its source.
func (t *clock) prepare(m *Machine) {
	t.single = true
	t.under, t.in, t.busy, t.activeRow = -1, make([]int64, len(m.cores)), make([]int64, len(m.cores)), -1
	t.sent = make([][]timing.Message, len(m.cores))
	t.load = make([][]axonLoad, len(m.cores))
	for r := range t.rows {
		switch row := &t.rows[r]; {
		case row.event == count.Spikes && !row.process:
			t.spike = row.fs
		case row.event == count.UpdatesActive && !row.process:
			t.active, t.activeRow = row.fs, r
		case row.event == count.PacketsOut && !row.process:
			t.packet = row.fs
		case row.event == count.PacketsIn && row.process:
			t.received = row.fs
		}
	}
	for i, c := range m.cores {
		t.load[i] = make([]axonLoad, len(m.img.Cores[i].Image.Axons))
		for a := range t.load[i] {
			l := &t.load[i][a]
			each := c.AxonCounts(uint16(a))
			for r := range t.rows {
				row := &t.rows[r]
				if !row.process {
					continue
				}
				fs := row.fs * each[row.event]
				if l.proc += fs; row.class == timing.Memory {
					l.memory += fs
				}
			}
		}
	}
}

// axon is what a packet costs the core at index d; where an address holds a
// delay as well, in-axons repeat.
func (m *Machine) axon(d int32, p router.Packet) axonLoad {
	list, img := m.time.load[d], m.img.Cores[d].Image
	if len(list) == 0 {
		return axonLoad{}
	}
	a := int(p.Axon)
	if a >= len(list) {
		a %= len(list)
	}
	l := list[a]
	if img.Payload == core.Repeated {
		n := int64(max(0, min(p.Payload, int32(img.Axons[a].Most))))
		l.proc, l.memory = l.proc*n, l.memory*n
	}
	return l
}

// hostWork notes the work of core i on the host's packets of the coming tick.
func (m *Machine) hostWork(i int, p []router.Packet) {
	var fs int64
	for _, x := range p {
		fs += m.axon(int32(i), x).proc
	}
	m.time.work.Host[i] = fs
}

// part is n of of parts of x.
func part(x, n, of int64) int64 {
	if of <= 0 {
		return x
	}
	return x/of*n + x%of*n/of
}

// gather lists the messages of core i of the tick that it just computed. A
// spike costs its compartment an active update; the other active updates are
// spread evenly over the compartments without a spike, the rest of the time
// over all.
func (t *clock) gather(m *Machine, i int) {
	list := t.sent[i][:0]
	c := m.cores[i]
	img := c.Image
	packets := int64(0)
	for _, s := range c.Spikes {
		packets += int64(img.OutOff[s.Comp+1] - img.OutOff[s.Comp])
	}
	n, spikes := int64(img.N), int64(len(c.Spikes))
	busy := int64(0) // updates that were active without a spike
	if t.active > 0 {
		busy = t.busy[i] - spikes*t.active
	}
	update := t.work.Gen[i] - spikes*(t.spike+t.active) - packets*t.packet - busy
	sent := int64(0)
	for k, s := range c.Spikes {
		done, fired := int64(s.Comp)+1, int64(k)+1
		at := part(update, done, n) + part(busy, done-fired, n-spikes) + fired*(t.spike+t.active)
		for _, o := range img.Out[img.OutOff[s.Comp]:img.OutOff[s.Comp+1]] {
			sent++
			d := img.Boxes[o.Box]
			l := m.axon(d, router.Packet{Axon: o.Axon, Payload: s.Payload})
			list = append(list, timing.Message{Src: int32(i), Dst: d, Axon: o.Axon, Box: o.Box, Ready: at + sent*t.packet, Proc: l.proc + t.received, Memory: l.memory})
		}
	}
	t.sent[i] = list
}
