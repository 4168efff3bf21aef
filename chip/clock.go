package chip

import (
	"fmt"

	"hillock/chip/timing"
	"hillock/isa/count"
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
	loose   bool  // processing that no in-axon accounts for: learning and the like
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
			row.loose = ev > count.AxonEvents && ev != count.PacketsIn
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
		if t.single && row.loose {
			t.work.Host[i] += fs
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
