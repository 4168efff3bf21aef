package chip

import "hillock/isa/count"

// Femtoseconds is a time in units of 1e-15 s.
type Femtoseconds int64

// Seconds converts to SI seconds, for reports only.
func (f Femtoseconds) Seconds() float64 { return float64(f) * 1e-15 }

// timing is the analytic step time: a core generates (updates neurons, sends)
// and processes (receives, walks synapses); the slowest core in either stage
// decides, then the barrier of the tiles in use is added. Counts of a tick
// are differences to the last tick. A deviation from asynchronous chips: nothing
// waits for a congested link here.
type timing struct {
	rows  []timeRow
	sync  Femtoseconds
	last  [][]int64 // per core and row: the count at the end of its last tick
	took  []int64   // per core: femtoseconds of its last tick
	idle  int64     // the slowest core's tick without events
	known bool
}

type timeRow struct {
	event   count.Event
	fs      int64
	process bool
}

func newTiming(m *Machine) timing {
	img := m.img
	t := timing{last: make([][]int64, len(img.Cores)), took: make([]int64, len(img.Cores))}
	for _, e := range img.Latency.PerEvent {
		ev, err := count.Parse(e.Event)
		if err != nil {
			continue // refused by Check
		}
		t.rows = append(t.rows, timeRow{ev, e.Fs, e.Stage == "process"})
	}
	t.known = len(t.rows) > 0 || len(img.Latency.Sync) > 0
	tiles := map[int]bool{}
	for i, c := range img.Cores {
		tiles[c.ID/img.Mesh.CoresPerTile] = true
		t.last[i] = make([]int64, len(t.rows))
		idle := m.cores[i].IdleCounts()
		t.idle = max(t.idle, t.price(func(r int) int64 { return idle[t.rows[r].event] }))
	}
	best := 0
	for _, s := range img.Latency.Sync {
		if s.Tiles <= len(tiles) && s.Tiles > best {
			best, t.sync = s.Tiles, Femtoseconds(s.Fs)
		}
	}
	return t
}

// price is the slower of the two stages for a count per row.
func (t *timing) price(counted func(row int) int64) int64 {
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
func (t *timing) core(m *Machine, i int) {
	if !t.known {
		return
	}
	counts, sent, last := &m.cores[i].Counts, &m.net1[i], t.last[i]
	var gen, proc int64
	for r := range t.rows {
		row := &t.rows[r]
		now := counts[row.event] + sent[row.event]
		d := now - last[r]
		last[r] = now
		if row.process {
			proc += row.fs * d
		} else {
			gen += row.fs * d
		}
	}
	t.took[i] = max(gen, proc)
}

// skipped takes the ticks that core i slept through out of its next tick.
func (t *timing) skipped(i int, ticks int64, idle *count.Counts) {
	for r := range t.rows {
		t.last[i][r] += ticks * idle[t.rows[r].event]
	}
}

// tick is the time of the tick that these cores computed. Every core takes at
// least the time of its tick without events, asleep or not.
func (t *timing) tick(ran []int32) Femtoseconds {
	if !t.known {
		return 0
	}
	worst := t.idle
	for _, i := range ran {
		worst = max(worst, t.took[i])
	}
	return Femtoseconds(worst) + t.sync
}

// timed is what Timed of a snapshot holds: the counts that the next tick's
// time starts from.
func (t *timing) timed(i int, now count.Counts) count.Counts {
	for r := range t.rows {
		now[t.rows[r].event] = t.last[i][r]
	}
	return now
}

// resume takes back what timed gave.
func (t *timing) resume(i int, c *count.Counts) {
	for r := range t.rows {
		t.last[i][r] = c[t.rows[r].event]
	}
}
