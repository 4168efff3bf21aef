// Package queued is the step time of a peer simulator, SANA-FE 2.2.9, in its
// "detailed" mode: messages wait in one queue per source core, a network that
// knows only how crowded its links are delays them, and one queue per target
// core serves them. It is there for comparison with that peer and is no model
// of a network's cycles; package mesh is. The rules are from the peer's
// behaviour (chip and schedule, 2.2.9); times are float64 seconds as there,
// because which of two messages goes first hangs on equal sums.
package queued

import (
	"fmt"
	"math"
)

// Spec describes a mesh of tiles. Tiles are numbered down the columns:
// tile = x*H + y, core = tile*CoresPerTile + place.
type Spec struct {
	W, H         int     // tiles along x and y
	CoresPerTile int     // cores of a tile
	HopX, HopY   float64 // seconds per link along x and y
	Buffer       int     // messages that a link's buffer holds
}

// None is the target of processing that ends without a message.
const None = -1

// Message is one message of a step, or (Dst = None) what a core still had to
// process after its last one.
type Message struct {
	Src, Dst int32   // core numbers; Dst may be None
	Gen      float64 // seconds that the source core works before it sends
	Proc     float64 // seconds that the target core works on it
}

// Times is what became of a message, in seconds from the beginning of the step.
type Times struct {
	Net       float64 // delay of the network
	Block     float64 // wait of the source for a place in the network
	Sent      float64
	Received  float64
	Processed float64
}

const (
	maxSide  = 4096
	maxCores = 1 << 20 // of the mesh
)

// Check reports the first field that cannot be.
func (s Spec) Check() error {
	for _, f := range []struct {
		name      string
		v, lo, hi int
	}{{"width", s.W, 1, maxSide}, {"height", s.H, 1, maxSide}, {"cores per tile", s.CoresPerTile, 1, maxSide}, {"buffer", s.Buffer, 0, 1 << 20}} {
		if f.v < f.lo || f.v > f.hi {
			return fmt.Errorf("queued: %s: need %d to %d, have %d", f.name, f.lo, f.hi, f.v)
		}
	}
	if n := s.W * s.H * s.CoresPerTile; n > maxCores {
		return fmt.Errorf("queued: %d x %d tiles of %d cores: need at most %d cores, have %d", s.W, s.H, s.CoresPerTile, maxCores, n)
	}
	if !duration(s.HopX) || !duration(s.HopY) {
		return fmt.Errorf("queued: hops of %g and %g s: need 0 to 1e6", s.HopX, s.HopY)
	}
	return nil
}

func duration(s float64) bool { return s >= 0 && s <= 1e6 }

// Hops is the number of links along x and y between two cores.
func (s Spec) Hops(src, dst int32) (x, y int) {
	a, b := int(src)/s.CoresPerTile, int(dst)/s.CoresPerTile
	return abs(a/s.H - b/s.H), abs(a%s.H - b%s.H)
}

func abs(n int) int { return max(n, -n) }

// Net computes steps, one after the other; it is not for concurrent use.
type Net struct {
	spec    Spec
	density []float64 // per link: messages in the network, each spread over its links
	free    []float64 // per core: when it has served what it received
	busy    []float64 // per core: what it serves before the step's messages; nil = nothing
	inside  []fifo    // per target core: messages in the network
	next    []int32   // per message: the one behind it at its source, -1 = none
	head    []int32   // per source core: its first message, -1 = none
	tail    []int32
	targets []int32 // cores with an entry in inside, ascending
	heap    []entry
	path    []int32
	mean    float64 // serving time of the messages in the network
	count   int
}

// fifo is a queue of messages; items before at are gone.
type fifo struct {
	items []int32
	at    int
}

// New makes the network.
func New(s Spec) (*Net, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	cores := s.W * s.H * s.CoresPerTile
	n := &Net{spec: s, density: make([]float64, s.W*s.H*(s.CoresPerTile+4)), free: make([]float64, cores),
		inside: make([]fifo, cores), head: make([]int32, cores), tail: make([]int32, cores)}
	return n, nil
}

// Step is the time in seconds from the beginning of a step to the end of the
// last processing, without the barrier. The messages of a source are sent in
// the order of the list; at, if not nil, gets the times of each message (of one
// without a target: only Sent).
func (n *Net) Step(list []Message, at []Times) (float64, error) {
	if err := n.load(list); err != nil {
		return 0, err
	}
	if at == nil {
		at = make([]Times, len(list))
	}
	if len(at) != len(list) {
		return 0, fmt.Errorf("queued: step: need as many times as messages, have %d and %d", len(at), len(list))
	}
	for c := range n.head {
		if i := n.head[c]; i >= 0 {
			n.push(entry{list[i].Gen, i})
		}
	}
	var end float64
	for len(n.heap) > 0 {
		e := n.pop()
		n.leave(list, at, e.t)
		t, x := e.t, &at[e.i]
		*x = Times{}
		if list[e.i].Dst != None {
			t = n.send(list, at, e.i, t)
			end = max(end, x.Processed)
		}
		x.Sent = t
		end = max(end, t)
		if k := n.next[e.i]; k >= 0 {
			n.push(entry{t + list[k].Gen, k})
		}
	}
	return end, nil
}

// Occupy lets a core serve something else for so many seconds at the beginning
// of the next step.
func (n *Net) Occupy(core int32, seconds float64) {
	if n.busy == nil {
		n.busy = make([]float64, len(n.free))
	}
	n.busy[core] = seconds
}

// load empties the network and chains the messages of each source.
func (n *Net) load(list []Message) error {
	if len(list) > math.MaxInt32 {
		return fmt.Errorf("queued: step: need at most %d messages, have %d", math.MaxInt32, len(list))
	}
	for i, m := range list {
		if m.Src < 0 || int(m.Src) >= len(n.free) || m.Dst < None || int(m.Dst) >= len(n.free) {
			return fmt.Errorf("queued: message %d from %d to %d: need cores of 0..%d", i, m.Src, m.Dst, len(n.free)-1)
		}
		if !duration(m.Gen) || !duration(m.Proc) {
			return fmt.Errorf("queued: message %d of %g and %g s: need 0 to 1e6", i, m.Gen, m.Proc)
		}
	}
	clear(n.density)
	clear(n.free)
	copy(n.free, n.busy)
	clear(n.busy)
	n.mean, n.count, n.heap, n.targets = 0, 0, n.heap[:0], n.targets[:0]
	for c := range n.head {
		n.head[c] = -1
		n.inside[c] = fifo{items: n.inside[c].items[:0]}
	}
	if cap(n.next) < len(list) {
		n.next = make([]int32, len(list))
	}
	n.next = n.next[:len(list)]
	for i, m := range list {
		if n.next[i] = -1; n.head[m.Src] < 0 {
			n.head[m.Src] = int32(i)
		} else {
			n.next[n.tail[m.Src]] = int32(i)
		}
		n.tail[m.Src] = int32(i)
	}
	return nil
}

// send brings message i into the network at time t and gives the time at which
// its source is free: later than t if the network had no place.
func (n *Net) send(list []Message, at []Times, i int32, t float64) float64 {
	m, x := &list[i], &at[i]
	hx, hy := n.spec.Hops(m.Src, m.Dst)
	hops := float64(hx + hy)
	n.route(m)
	var along float64
	for _, l := range n.path {
		along += n.density[l]
	}
	if room := (hops + 1) * float64(n.spec.Buffer); along > room {
		x.Block = (along - room) * n.mean
		t += x.Block
	}
	least := float64(hx)*n.spec.HopX + float64(hy)*n.spec.HopY
	x.Net = max(least, along*n.mean/(hops+1))
	x.Received = max(n.free[m.Dst], t+x.Net)
	x.Processed = x.Received + m.Proc
	n.free[m.Dst] = x.Processed
	for _, l := range n.path {
		n.density[l] += 1 / (hops + 2)
	}
	n.count++
	n.mean += (m.Proc - n.mean) / float64(n.count)
	q := &n.inside[m.Dst]
	if len(q.items) == 0 {
		n.wait(m.Dst)
	}
	q.items = append(q.items, i)
	return t
}

// wait adds a core to the ascending list of those that messages go to.
func (n *Net) wait(core int32) {
	k := len(n.targets)
	n.targets = append(n.targets, core)
	for ; k > 0 && n.targets[k-1] > core; k-- {
		n.targets[k] = n.targets[k-1]
	}
	n.targets[k] = core
}

// leave takes out of the network what was received by time t: by target core,
// at each in the order of sending.
func (n *Net) leave(list []Message, at []Times, t float64) {
	kept := n.targets[:0]
	for _, c := range n.targets {
		q := &n.inside[c]
		for ; q.at < len(q.items) && at[q.items[q.at]].Received <= t; q.at++ {
			n.remove(&list[q.items[q.at]])
		}
		if q.at < len(q.items) {
			kept = append(kept, c)
		} else {
			*q = fifo{items: q.items[:0]}
		}
	}
	n.targets = kept
}

func (n *Net) remove(m *Message) {
	hx, hy := n.spec.Hops(m.Src, m.Dst)
	n.route(m)
	for _, l := range n.path {
		n.density[l] -= 1 / float64(hx+hy+2)
	}
	if n.count--; n.count > 0 {
		n.mean += (n.mean - m.Proc) / float64(n.count)
	} else {
		n.mean = 0
	}
}

// The links of a tile, before those of its cores.
const (
	north = iota
	east
	south
	west
	sides
)

// route lists the links of a message: out of the source core, then at each tile
// the link of the direction in which it came. The way into the target core is
// not among them, although the density is shared out as if it were.
func (n *Net) route(m *Message) {
	s := &n.spec
	a, b := int(m.Src)/s.CoresPerTile, int(m.Dst)/s.CoresPerTile
	x, y, tx, ty := a/s.H, a%s.H, b/s.H, b%s.H
	link := sides + int(m.Src)%s.CoresPerTile
	n.path = n.path[:0]
	add := func() { n.path = append(n.path, int32((x*s.H+y)*(s.CoresPerTile+sides)+link)) }
	for add(); x != tx; add() {
		if x < tx {
			x, link = x+1, east
		} else {
			x, link = x-1, west
		}
	}
	for ; y != ty; add() {
		if y < ty {
			y, link = y+1, north
		} else {
			y, link = y-1, south
		}
	}
}
