package timing

import (
	"fmt"
	"math"

	"hillock/router/queued"
)

// queuedLevel is the peer's queues.
type queuedLevel struct {
	network
	net  *queued.Net
	core []int32 // number in the peer's order, by index
	list []queued.Message
	at   []queued.Times
	src  []int32 // indices of the cores of list[i]
	dst  []int32
	from []int32 // message of list[i], -1 = work without one
	last []int32 // per core: the message that it served last
}

// NewQueued is the level of package queued, for comparison with SANA-FE: one
// queue per source core, links that delay by how crowded they are, one queue
// per target core.
func NewQueued(s Spec, p Place) (Level, error) {
	q := &queuedLevel{network: newNetwork(s, p), last: make([]int32, len(p.Cores))}
	var err error
	if q.net, err = queued.New(s.queue(p)); err != nil {
		return nil, err
	}
	for i, id := range p.Cores {
		tile := q.x[i]*int32(p.Grid.Y) + q.y[i]
		q.core = append(q.core, tile*int32(p.Grid.CoresPerTile)+int32(id%p.Grid.CoresPerTile))
	}
	q.alone = func(m *Message) int64 {
		hx, hy := q.hops(m)
		return hx*s.HopXFs + hy*s.HopYFs
	}
	return q, nil
}

// Time runs the queues.
func (q *queuedLevel) Time(w *Work, b *Bound) error {
	if err := q.begin(w); err != nil {
		return err
	}
	q.load(w)
	q.at = grown(q.at, len(q.list))
	if _, err := q.net.Step(q.list, q.at); err != nil {
		return err
	}
	for i := range q.last {
		q.last[i] = -1
	}
	clear(q.lag)
	for k, i := range q.from {
		if c := q.src[k]; i < 0 {
			q.lag[c] = max(0, femto(q.at[k].Sent)-w.Gen[c])
		} else {
			q.passage(w, i, &q.network.at[i], &q.at[k])
		}
	}
	q.chain(w)
	q.path(w, b)
	return nil
}

const perSecond = 1e15

func seconds(fs int64) float64 { return float64(fs) / perSecond }

func femto(s float64) int64 { return int64(math.Round(s * perSecond)) }

// load makes the list of the step: messages, and what is left to do at a core
// after its last one.
func (q *queuedLevel) load(w *Work) {
	q.list, q.from, q.src, q.dst = q.list[:0], q.from[:0], q.src[:0], q.dst[:0]
	k := 0
	for _, c := range w.Cores {
		var sent int64
		for ; k < len(w.Messages) && w.Messages[k].Src == c; k++ {
			m := &w.Messages[k]
			q.list = append(q.list, queued.Message{Src: q.core[c], Dst: q.core[m.Dst], Gen: seconds(m.Ready - sent), Proc: seconds(m.Proc)})
			q.from, q.src, q.dst = append(q.from, int32(k)), append(q.src, c), append(q.dst, m.Dst)
			sent = m.Ready
		}
		if rest := w.Gen[c] - sent; rest > 0 {
			q.list, q.from = append(q.list, queued.Message{Src: q.core[c], Dst: queued.None, Gen: seconds(rest)}), append(q.from, -1)
			q.src, q.dst = append(q.src, c), append(q.dst, c)
		}
		if h := w.Host[c]; h > 0 {
			q.net.Occupy(q.core[c], seconds(h))
		}
	}
}

// passage takes the times of one message. A source that finds no room in the
// network blocks.
func (q *queuedLevel) passage(w *Work, i int32, p *Passage, t *queued.Times) {
	m := &w.Messages[i]
	*p = Passage{Sent: femto(t.Sent), Arrived: femto(t.Sent + t.Net), Start: femto(t.Received), Done: femto(t.Processed), Before: -1}
	p.Sent = min(p.Sent, m.Ready+femto(t.Block))
	p.Start = max(p.Start, p.Arrived)
	if t.Block > 0 {
		q.incidents = append(q.incidents, Incident{Kind: Blocked, Message: i, Cycle: femto(t.Sent-t.Block) / q.spec.CycleFs, Src: m.Src, Dst: m.Dst, Axon: int32(m.Axon),
			X: q.x[m.Src], Y: q.y[m.Src], Port: -1, Reason: fmt.Sprintf("no room in the network for %.3g ns", 1e9*t.Block)})
	}
}

// chain notes which message each target served before which: in the order of
// their ends, which the queue of a target keeps.
func (q *queuedLevel) chain(w *Work) {
	order(w, &q.network, func(i int32) int64 { return q.network.at[i].Done }, func(i int32) {
		d := w.Messages[i].Dst
		q.network.at[i].Before, q.last[d] = q.last[d], i
	})
}

// Watch changes nothing: crossings follow from passages.
func (q *queuedLevel) Watch() {}

// Crossings spreads the time of each message on its way over its links: the
// queues know no more.
func (q *queuedLevel) Crossings(dst []Crossing) []Crossing {
	for k, i := range q.from {
		if i < 0 {
			continue
		}
		m := Message{Src: q.src[k], Dst: q.dst[k]}
		hx, hy := q.hops(&m)
		hops := hx + hy
		p, n := &q.network.at[i], int64(0)
		q.walk(&m, func(l LinkID) {
			step := func(n int64) int64 { return p.Sent + (p.Arrived-p.Sent)*n/hops }
			dst = append(dst, Crossing{i, l, step(n), step(n + 1)})
			n++
		})
	}
	return dst
}

// grown is a slice of n elements, in the room of s if it suffices.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
