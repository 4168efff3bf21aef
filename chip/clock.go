package chip

import (
	"fmt"

	"hillock/chip/timing"
	"hillock/isa/count"
	"hillock/router"
)

// Femtoseconds is a time in units of 1e-15 s.
type Femtoseconds int64

// Seconds converts to SI seconds, for reports only.
func (f Femtoseconds) Seconds() float64 { return float64(f) * 1e-15 }

// clock is the time of ticks: a core generates (updates neurons, sends) and
// processes (receives, walks synapses), each stage at the price of its counts.
// What follows for the whole tick is up to the level; then the barrier of the
// tiles in use is added. Counts of a tick are differences to the last tick.
type clock struct {
	rows   []timeRow
	sync   Femtoseconds
	last   []int64 // per core and row: the count at the end of its last tick
	per    int     // places per core in last: rows, rounded up to cache lines
	stages []uint8 // per core: classes of its stages in its last tick, process in the high bits
	work   timing.Work
	level  timing.Level
	bound  timing.Bound // of the last tick
	known  bool
	off    bool // functional: nothing is timed
	flows  bool // the level needs packets by source and target

	// For levels that time single messages.
	single    bool
	load      [][]axonLoad // per core and in-axon
	sent      [][]timing.Message
	spike     int64 // femtoseconds of a spike and of a packet at the core that sends it
	packet    int64
	active    int64 // of an active update, 0 = it costs nothing
	activeRow int
	busy      []int64 // per core: time of active updates in its last tick
	received  int64   // of a packet at the core that takes it
	in        []int64 // per core: packets it had taken by the end of the last tick
	under     int64   // packets under way, -1 = not known
}

// axonLoad is what one spike at an in-axon costs its core.
type axonLoad struct{ proc, memory int64 }

type timeRow struct {
	event   count.Event
	fs      int64
	process bool
	class   timing.Class
	sum     uint8 // where core adds it: class + numClasses for process
}

// classes are the resources that events wait for; the others compute.
var classes = func() (of [count.NumEvents]timing.Class) {
	for e := range of {
		of[e] = timing.Compute
	}
	for _, e := range []count.Event{count.SynSparse, count.SynDense, count.SynConv, count.SynWords, count.LearnUpdates, count.InstrW} {
		of[e] = timing.Memory
	}
	for _, e := range []count.Event{count.PacketsOut, count.PacketsIn, count.AxonEvents, count.HopsX, count.HopsY, count.HostIn, count.HostOut} {
		of[e] = timing.Traffic
	}
	return of
}()

func newClock(m *Machine) (clock, error) {
	img := m.img
	n := len(img.Cores)
	t := clock{per: (len(img.Latency.PerEvent) + 7) &^ 7, stages: make([]uint8, n), work: timing.Work{Gen: make([]int64, n), Proc: make([]int64, n), Host: make([]int64, n)}}
	for _, e := range img.Latency.PerEvent {
		ev, err := count.Parse(e.Event)
		if err != nil {
			continue // refused by Check
		}
		row := timeRow{event: ev, fs: e.Fs, process: e.Stage == "process", class: classes[ev]}
		if row.sum = uint8(row.class); row.process {
			row.sum += uint8(timing.NumClasses)
		}
		t.rows = append(t.rows, row)
	}
	t.last = make([]int64, n*t.per)
	t.known = len(t.rows) > 0 || len(img.Latency.Sync) > 0
	tiles := map[int]bool{}
	for i, c := range img.Cores {
		tiles[c.ID/img.Mesh.CoresPerTile] = true
		idle := m.cores[i].IdleCounts()
		t.work.Idle = max(t.work.Idle, t.price(func(r int) int64 { return idle[t.rows[r].event] }))
	}
	best := 0
	for _, s := range img.Latency.Sync {
		if s.Tiles <= len(tiles) && s.Tiles > best {
			best, t.sync = s.Tiles, Femtoseconds(s.Fs)
		}
	}
	return t, t.choose(m)
}

// maxTiles bounds the grid of a described network.
const maxTiles = 1 << 17

// choose makes the level of the options.
func (t *clock) choose(m *Machine) error {
	name, s := m.opt.Timing, m.img.Latency.Network
	if name == "" {
		name = timing.Analytic
	}
	if err := timing.Known(name); err != nil {
		return fmt.Errorf("chip: level: %w", err)
	}
	if tiles := m.img.Mesh.X * m.img.Mesh.Y; s.Described() && tiles > maxTiles {
		return fmt.Errorf("chip: level %s: a grid of %d x %d tiles, need at most %d tiles where a network is described", name, m.img.Mesh.X, m.img.Mesh.Y, maxTiles)
	}
	p := timing.Place{Grid: m.grid()}
	for i := range m.img.Cores {
		p.Cores = append(p.Cores, m.img.Cores[i].ID)
	}
	t.off = name == timing.Functional
	t.level = timing.NewAnalytic(s, p)
	if t.off {
		t.level = timing.NewFunctional()
	}
	t.flows = t.level.Flows()
	if name != timing.Queued && name != timing.Mesh {
		return nil
	}
	if !s.Described() {
		return fmt.Errorf("chip: level %s: the network of %s is not described: need the field latency.network of its description", name, m.img.Chip)
	}
	var err error
	if name == timing.Queued {
		t.level, err = timing.NewQueued(s, p)
	} else {
		t.level, err = timing.NewMesh(s, p, m.opt.Mesh)
	}
	if err != nil {
		return fmt.Errorf("chip: level %s: %w", name, err)
	}
	if m.opt.Watch {
		t.level.Watch()
	}
	t.prepare(m)
	return nil
}

// price is the slower of the two stages for a count per row.
func (t *clock) price(counted func(row int) int64) int64 {
	var gen, proc int64
	for r := range t.rows {
		if row := &t.rows[r]; row.process {
			proc += row.fs * counted(r)
		} else {
			gen += row.fs * counted(r)
		}
	}
	return max(gen, proc)
}

// core takes the time of the tick that core i just computed.
func (t *clock) core(m *Machine, i int) {
	if !t.known || t.off {
		return
	}
	counts, sent, last := &m.cores[i].Counts, &m.net1[i], t.rowsOf(i)
	var sum [2 * timing.NumClasses]int64
	for r := range t.rows {
		row := &t.rows[r]
		now := counts[row.event] + sent[row.event]
		fs := row.fs * (now - last[r])
		last[r] = now
		sum[row.sum%uint8(len(sum))] += fs
		if t.single && r == t.activeRow {
			t.busy[i] = fs
		}
	}
	gen, proc := sum[:timing.NumClasses], sum[timing.NumClasses:]
	t.work.Gen[i], t.work.Proc[i] = gen[0]+gen[1]+gen[2], proc[0]+proc[1]+proc[2]
	t.stages[i] = most(gen) | most(proc)<<4
}

// rowsOf is the counts of core i at the end of its last tick.
func (t *clock) rowsOf(i int) []int64 { return t.last[i*t.per:][:len(t.rows)] }

// most is the class of the largest sum, the first one where several are.
func most(sum []int64) (c uint8) {
	for k := range sum {
		if sum[k] > sum[c] {
			c = uint8(k)
		}
	}
	return c
}

// skipped takes the ticks that core i slept through out of its next tick.
func (t *clock) skipped(i int, ticks int64, idle *count.Counts) {
	last := t.rowsOf(i)
	for r := range t.rows {
		last[r] += ticks * idle[t.rows[r].event]
	}
}

// pass adds the time of the tick that was just computed. Every core takes at
// least the time of its tick without events, asleep or not.
func (m *Machine) pass() error {
	t := &m.time
	if !t.known && !t.single {
		return nil
	}
	w := &t.work
	w.Tick, w.Cores, w.Messages = m.tick, m.sched.run, w.Messages[:0]
	if t.single {
		for _, i := range w.Cores {
			w.Messages = append(w.Messages, t.sent[i]...)
		}
	}
	if t.flows {
		m.flow()
	}
	if err := t.level.Time(w, &t.bound); err != nil {
		return fmt.Errorf("chip: %w", err)
	}
	if t.single {
		if err := m.conserve(); err != nil {
			return err
		}
	}
	if t.off {
		return nil
	}
	b := &t.bound
	b.Sync = int64(t.sync)
	if b.Term != timing.Link && (!t.single || b.Term == timing.Generate) {
		b.Class = t.class(b)
	}
	m.now += Femtoseconds(b.Work()) + t.sync
	return nil
}

// flow lists the packets that the cores of the tick sent to each other.
func (m *Machine) flow() {
	w := &m.time.work
	w.Flows = w.Flows[:0]
	for _, i := range w.Cores {
		halves := m.net.Halves(int(i), int(m.tick&1))
		for b, box := range m.net.Boxes(int(i)) {
			if n := len(halves[b].Packets()); n > 0 {
				w.Flows = append(w.Flows, timing.Flow{Src: i, Dst: box.Dst, N: int64(n)})
			}
		}
	}
}

// class is the resource that takes most of the stage that bound the tick.
func (t *clock) class(b *timing.Bound) timing.Class {
	if b.Core < 0 {
		return timing.Compute
	}
	if b.Term == timing.Process {
		return timing.Class(t.stages[b.Core] >> 4)
	}
	return timing.Class(t.stages[b.Core] & 15)
}

// Bound is the critical path of the last tick; its cores are indices into
// Image.Cores.
func (m *Machine) Bound() timing.Bound { return m.time.bound }

// Traffic is what the last tick did and what became of its messages; a level
// that does not time messages has none. Valid until the next tick.
func (m *Machine) Traffic() (*timing.Work, []timing.Passage) {
	return &m.time.work, m.time.level.Passages()
}

// Crossings appends when messages of the last tick occupied which links, if
// the machine was made with Options.Watch and its level knows.
func (m *Machine) Crossings(dst []timing.Crossing) []timing.Crossing {
	return m.time.level.Crossings(dst)
}

// Peek is a state word of a neuron as it is now. Unlike Read it is no access of
// the host: it counts nothing and wakes no core.
func (m *Machine) Peek(at Site, word int) (int32, error) {
	if at.Core < 0 || at.Core >= len(m.cores) {
		return 0, fmt.Errorf("chip: core index %d, have %d", at.Core, len(m.cores))
	}
	words := m.cores[at.Core].State.Words
	if at.Group < 0 || at.Group >= len(words) || word < 0 || word >= len(words[at.Group]) || at.Lane < 0 || at.Lane >= len(words[at.Group][word]) {
		return 0, fmt.Errorf("chip: word %d of lane %d of group %d of core %d, which does not exist", word, at.Lane, at.Group, m.img.Cores[at.Core].ID)
	}
	return words[at.Group][word][at.Lane], nil
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

// axon is what a spike costs at an address of a core; where an address holds a
// delay as well, in-axons repeat.
func (t *clock) axon(core int32, address uint16) axonLoad {
	list := t.load[core]
	if a := int(address); a < len(list) {
		return list[a]
	} else if len(list) > 0 {
		return list[a%len(list)]
	}
	return axonLoad{}
}

// host notes the work of core i on the host's packets of the coming tick.
func (t *clock) host(i int, p []router.Packet) {
	var fs int64
	for _, x := range p {
		fs += t.axon(int32(i), x.Axon).proc
	}
	t.work.Host[i] = fs
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
			l := t.axon(d, o.Axon)
			list = append(list, timing.Message{Src: int32(i), Dst: d, Axon: o.Axon, Box: o.Box, Ready: at + sent*t.packet, Proc: l.proc + t.received, Memory: l.memory})
		}
	}
	t.sent[i] = list
}

// settle notes how many packets core i has taken so far.
func (t *clock) settle(i int, taken int64) {
	if t.single {
		t.in[i] = taken
	}
}

// timed is what Timed of a snapshot holds: the counts that the next tick's
// time starts from.
func (t *clock) timed(i int, now count.Counts) count.Counts {
	last := t.rowsOf(i)
	for r := range t.rows {
		now[t.rows[r].event] = last[r]
	}
	return now
}

// resume takes back what timed gave.
func (t *clock) resume(i int, c *count.Counts) {
	last := t.rowsOf(i)
	for r := range t.rows {
		last[r] = c[t.rows[r].event]
	}
}
