package chip

import (
	"fmt"
	"slices"

	"hillock/core"
	"hillock/isa/count"
	"hillock/router"
)

// Snapshot is everything of a machine that ticks change, between two ticks.
// A machine of the same image that restores it goes on exactly as the machine
// that it was taken from: same spikes, counts and time. The source of noise is
// a function of the tick and not part of it.
type Snapshot struct {
	Image   string // Hash of the image's canonical bytes
	Tick    int64
	Elapsed Femtoseconds
	Host    count.Counts // events outside cores
	Cores   []CoreSnapshot
}

// CoreSnapshot is one core of a snapshot.
type CoreSnapshot struct {
	State  core.State
	Counts count.Counts
	Sent   count.Counts // packets and hops of this core
	Timed  count.Counts // counts that the next tick's time starts from; of events without a latency, the counts now
	Spikes []core.Spike // of the last tick
	Boxes  [][]router.Packet
}

// imageHash is the hash of the image's bytes, computed once.
func (m *Machine) imageHash() string {
	if m.hash == "" {
		m.hash = Hash(m.img.Encode())
	}
	return m.hash
}

// inFlight is the parity of the half that the coming tick reads.
func (m *Machine) inFlight() int { return int(m.tick&1) ^ 1 }

// Snapshot copies the machine between two ticks.
func (m *Machine) Snapshot() *Snapshot {
	m.current()
	s := &Snapshot{Image: m.imageHash(), Tick: m.tick, Elapsed: m.now, Host: m.host, Cores: make([]CoreSnapshot, len(m.cores))}
	for i, c := range m.cores {
		k := &s.Cores[i]
		k.State, k.Counts, k.Sent = c.State.Clone(), c.Counts, m.net1[i]
		sum := k.Counts
		sum.Add(&k.Sent)
		k.Timed = m.time.timed(i, sum)
		k.Spikes = slices.Clone(c.Spikes)
		halves := m.net.Halves(i, m.inFlight())
		k.Boxes = make([][]router.Packet, len(halves))
		for b := range halves {
			k.Boxes[b] = slices.Clone(halves[b].Packets())
		}
	}
	return s
}

// Restore brings the machine to a snapshot of a machine of the same image. A
// snapshot that does not fit leaves the machine as it was.
func (m *Machine) Restore(s *Snapshot) error {
	switch {
	case s.Image != m.imageHash():
		return fmt.Errorf("chip: snapshot of image %s, need one of image %s", s.Image, m.imageHash())
	case len(s.Cores) != len(m.cores):
		return fmt.Errorf("chip: snapshot of %d cores, need %d", len(s.Cores), len(m.cores))
	case s.Tick < 0 || s.Elapsed < 0:
		return fmt.Errorf("chip: snapshot at tick %d after %d fs, need 0 or more", s.Tick, s.Elapsed)
	}
	for i := range s.Cores {
		if err := m.fits(i, &s.Cores[i], s.Tick); err != nil {
			return fmt.Errorf("chip: snapshot of core %d: %w", m.img.Cores[i].ID, err)
		}
	}
	m.tick, m.now, m.host = s.Tick, s.Elapsed, s.Host
	m.net.Clear()
	m.time.under = -1
	m.sched.reset()
	for i := range s.Cores {
		k, c := &s.Cores[i], m.cores[i]
		if err := c.Restore(&k.State, k.Spikes); err != nil {
			return err
		}
		c.Counts, m.net1[i] = k.Counts, k.Sent
		m.time.settle(i, m.net1[i][count.PacketsIn])
		m.time.resume(i, &k.Timed)
		halves := m.net.Halves(i, m.inFlight())
		for b := range halves {
			halves[b].Refill(k.Boxes[b])
		}
	}
	return nil
}

func (m *Machine) fits(i int, k *CoreSnapshot, tick int64) error {
	if n := len(m.net.Boxes(i)); len(k.Boxes) != n {
		return fmt.Errorf("%d boxes, need %d", len(k.Boxes), n)
	}
	if k.State.Tick != tick {
		return fmt.Errorf("state of tick %d in a snapshot of tick %d", k.State.Tick, tick)
	}
	for n, s := range k.Spikes {
		if s.Comp < 0 || int(s.Comp) >= m.img.Cores[i].Image.N || n > 0 && s.Comp <= k.Spikes[n-1].Comp {
			return fmt.Errorf("spike %d is of compartment %d, need ascending ones below %d", n, s.Comp, m.img.Cores[i].Image.N)
		}
	}
	if err := k.State.Fits(m.img.Cores[i].Image); err != nil {
		return err
	}
	if e := m.cores[i].Event(); e != nil {
		return e.FitsAt(k.State.Event, tick)
	}
	return nil
}
