package chip

import (
	"errors"
	"math/bits"

	"hillock/core/event"
	"hillock/isa/count"
)

// A machine of cores without ticks has little to do at most clock edges. Where
// nothing from outside looks at an edge or acts on it, those at which no core
// puts something out are passed over together: the cores do what they had to
// do when they are next stepped or looked at.

// canLeap says that the machine may pass over ticks.
func (m *Machine) canLeap() bool {
	for _, c := range m.cores {
		if c.Event() == nil {
			return false
		}
	}
	return m.via == nil && !m.time.single && len(m.img.Modulators) == 0
}

// leap passes over at most n ticks in which no core is due and no packet is
// under way, and says how many it were; driven = a source may give spikes.
func (m *Machine) leap(n int64, driven bool) (int64, error) {
	for w, set := range m.net.Waiting(m.inFlight()) {
		if set|m.sched.mail[w] != 0 {
			return 0, nil
		}
	}
	next := int64(event.Never)
	if driven {
		next = m.opt.Next(m.tick)
	}
	for w, set := range m.sched.awake {
		for ; set != 0; set &= set - 1 {
			i := w*64 + bits.TrailingZeros64(set)
			if next = min(next, m.due(i)); next <= m.tick {
				return 0, nil
			}
		}
	}
	if n = min(n, next-m.tick); n < 1 {
		return 0, nil
	}
	before := m.now
	m.sched.run = m.sched.run[:0]
	if err := m.pass(); err != nil {
		return 0, err
	}
	m.now += (m.now - before) * Femtoseconds(n-1)
	m.host[count.Barriers] += n
	if m.tick += n; m.opt.Passed != nil {
		m.opt.Passed(n, m)
	}
	return n, nil
}

// due is the first tick that core i must not pass over. Where what a core
// counts takes time, a tick in which it counts is one of them.
func (m *Machine) due(i int) int64 {
	if len(m.time.rows) > 0 {
		return m.cores[i].Event().Next(m.tick)
	}
	return m.cores[i].Event().Until(m.tick)
}

// errRest ends a run.
var errRest = errors.New("chip: at rest")

// Rest runs a machine without ticks until it is AtRest, at most so many clock
// edges, and says whether it is. It takes the edges that Run would take.
func (m *Machine) Rest(most int64) (bool, error) {
	err := m.run(most, nil, func(int64, *Machine) error {
		if m.AtRest() {
			return errRest
		}
		return nil
	}, m.canLeap())
	if errors.Is(err, errRest) {
		return true, nil
	}
	return false, err
}
