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
	last  []count.Counts
	known bool
}

type timeRow struct {
	event   count.Event
	fs      int64
	process bool
}

func newTiming(img *Image) timing {
	t := timing{last: make([]count.Counts, len(img.Cores))}
	for _, e := range img.Latency.PerEvent {
		ev, err := count.Parse(e.Event)
		if err != nil {
			continue // refused by Check
		}
		t.rows = append(t.rows, timeRow{ev, e.Fs, e.Stage == "process"})
	}
	t.known = len(t.rows) > 0
	tiles := map[int]bool{}
	for _, c := range img.Cores {
		tiles[c.ID/img.Mesh.CoresPerTile] = true
	}
	best := 0
	for _, s := range img.Latency.Sync {
		if s.Tiles <= len(tiles) && s.Tiles > best {
			best, t.sync = s.Tiles, Femtoseconds(s.Fs)
		}
	}
	return t
}

// tick is the time of the tick that was just computed.
func (t *timing) tick(m *Machine) Femtoseconds {
	if !t.known {
		return 0
	}
	worst := int64(0)
	for i, c := range m.cores {
		now := c.Counts
		now.Add(&m.net1[i])
		d := now.Sub(&t.last[i])
		t.last[i] = now
		var gen, proc int64
		for _, r := range t.rows {
			if r.process {
				proc += r.fs * d[r.event]
			} else {
				gen += r.fs * d[r.event]
			}
		}
		worst = max(worst, gen, proc)
	}
	return Femtoseconds(worst) + t.sync
}
