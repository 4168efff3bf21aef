package chip

import (
	"math/bits"
	"sync/atomic"

	"hillock/core"
	"hillock/isa/count"
)

// schedule says which cores a tick runs: those that are awake and those with
// mail. A core whose last tick changed nothing and that has no mail would not
// change again: it is not visited, and its counts are filled in later.
type schedule struct {
	awake []uint64 // 64 cores to a word; changed by workers, atomically
	mail  []uint64 // cores with packets of the host
	up    []bool   // per core: its bit in awake
	held  []bool   // per core: it never sleeps
	run   []int32  // the cores of this tick, ascending
}

// newSchedule starts with all cores awake. Where populations drive modulators
// no core sleeps: every tick may write every core.
func newSchedule(cores []*core.Core, modulated bool) schedule {
	words := (len(cores) + 63) / 64
	s := schedule{awake: make([]uint64, words), mail: make([]uint64, words), up: make([]bool, len(cores)), held: make([]bool, len(cores)), run: make([]int32, 0, len(cores))}
	for i := range s.held {
		s.held[i] = modulated
	}
	s.reset()
	return s
}

func (s *schedule) reset() {
	clear(s.mail)
	for i := range s.up {
		s.wake(i)
	}
}

func (s *schedule) wake(i int) {
	s.awake[i/64] |= 1 << (i % 64)
	s.up[i] = true
}

// settle notes, after a tick of core i, whether it may sleep.
func (s *schedule) settle(i int, quiet bool) {
	up := !quiet || s.held[i]
	if up == s.up[i] {
		return
	}
	if s.up[i] = up; up {
		atomic.OrUint64(&s.awake[i/64], 1<<(i%64))
	} else {
		atomic.AndUint64(&s.awake[i/64], ^uint64(1<<(i%64)))
	}
}

// list makes the list of cores of a tick from who is awake and who has mail,
// and takes note of the mail.
func (s *schedule) list(waiting []uint64) {
	s.run = s.run[:0]
	for w := range s.awake {
		set := s.awake[w] | s.mail[w] | waiting[w]
		s.mail[w], waiting[w] = 0, 0
		for ; set != 0; set &= set - 1 {
			s.run = append(s.run, int32(w*64+bits.TrailingZeros64(set)))
		}
	}
}

// Run advances n ticks. Results do not depend on Workers: a core writes only
// its own State and boxes, and reads boxes that were filled a tick earlier.
func (m *Machine) Run(n int64, src Source, sink Sink) error {
	if m.opt.Workers == 1 {
		return m.loop(n, src, sink, func() {
			for _, i := range m.sched.run {
				m.stepCore(int(i))
			}
		})
	}
	g := newGang(m.opt.Workers, func(i int) { m.stepCore(int(m.sched.run[i])) })
	defer g.stop()
	return m.loop(n, src, sink, func() { g.do(len(m.sched.run)) })
}

func (m *Machine) loop(n int64, src Source, sink Sink, step func()) error {
	for ; n > 0; n-- {
		if err := m.inject(src); err != nil {
			return err
		}
		if m.via != nil {
			if err := m.carry(); err != nil {
				return err
			}
		}
		m.sched.list(m.net.Waiting(m.inFlight()))
		step()
		m.host[count.Barriers]++
		if err := m.pass(); err != nil {
			return err
		}
		m.tick++
		m.shake()
		m.modulate()
		if sink != nil {
			if err := sink(m.tick-1, m); err != nil {
				return err
			}
		}
	}
	return nil
}
