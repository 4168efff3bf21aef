package chip

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// gang is a set of goroutines that share the work of one tick after another.
// A worker that finds nothing to do looks for the next tick for a moment, then
// parks, so that an oversubscribed machine loses little.
type gang struct {
	work    func(i int)
	spin    int // how often a worker looks before it parks
	shares  []share
	round   atomic.Uint32 // counts ticks
	left    atomic.Int32  // workers that are still at it
	parked  []parking     // per worker; 0 = the caller, waiting for the others
	closing atomic.Bool
	done    sync.WaitGroup
}

// share is the part of a tick's work that a worker does first, before it takes
// from the others. Next is claimed atomically.
type share struct {
	next, end atomic.Int32
	_         [56]byte // its own cache line
}

type parking struct {
	asleep atomic.Bool
	wake   chan struct{}
	_      [48]byte
}

// spin is how often a worker looks before it parks where every worker has a
// processor: a few microseconds. Otherwise looking takes the time from another.
const spin = 4000

// newGang starts workers-1 goroutines; the caller of do is the first worker.
func newGang(workers int, work func(i int)) *gang {
	g := &gang{work: work, shares: make([]share, workers), parked: make([]parking, workers)}
	if workers <= runtime.GOMAXPROCS(0) {
		g.spin = spin
	}
	for w := range g.parked {
		g.parked[w].wake = make(chan struct{}, 1)
	}
	for w := 1; w < workers; w++ {
		g.done.Add(1)
		go g.loop(w)
	}
	return g
}

// do calls work(0..n-1), each once, on all workers, and returns when all are
// done.
func (g *gang) do(n int) {
	workers := len(g.shares)
	for w := range g.shares {
		g.shares[w].next.Store(int32(n * w / workers))
		g.shares[w].end.Store(int32(n * (w + 1) / workers))
	}
	g.left.Store(int32(workers - 1))
	g.round.Add(1)
	for w := 1; w < workers; w++ {
		g.parked[w].rouse()
	}
	g.labour(0)
	g.parked[0].await(g.spin, func() bool { return g.left.Load() == 0 })
}

// stop ends the goroutines.
func (g *gang) stop() {
	g.closing.Store(true)
	g.round.Add(1)
	for w := 1; w < len(g.parked); w++ {
		g.parked[w].rouse()
	}
	g.done.Wait()
}

func (g *gang) loop(w int) {
	defer g.done.Done()
	for seen := uint32(0); ; seen++ {
		g.parked[w].await(g.spin, func() bool { return g.round.Load() != seen })
		if g.closing.Load() {
			return
		}
		g.labour(w)
		if g.left.Add(-1) == 0 {
			g.parked[0].rouse()
		}
	}
}

// labour does a worker's own share, then what is left of the others.
func (g *gang) labour(w int) {
	for k := range g.shares {
		s := &g.shares[(w+k)%len(g.shares)]
		for s.next.Load() < s.end.Load() {
			i := s.next.Add(1) - 1
			if i >= s.end.Load() {
				break
			}
			g.work(int(i))
		}
	}
}

// await returns when ready says so: it looks a while, then sleeps until rouse.
func (p *parking) await(spin int, ready func() bool) {
	for {
		for range spin {
			if ready() {
				return
			}
		}
		p.asleep.Store(true)
		if ready() {
			if !p.asleep.CompareAndSwap(true, false) {
				<-p.wake // rouse was faster: take its signal
			}
			return
		}
		<-p.wake
	}
}

// rouse wakes the sleeper, if there is one.
func (p *parking) rouse() {
	if p.asleep.CompareAndSwap(true, false) {
		p.wake <- struct{}{}
	}
}
