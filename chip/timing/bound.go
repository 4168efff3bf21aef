package timing

import "slices"

// Term is a part of a tick's critical path.
type Term uint8

// The terms.
const (
	Generate Term = iota // a core updates and sends
	Process              // a core receives and serves synapses
	Link                 // messages are on their way
	Barrier              // all wait for all
	NumTerms
)

var termNames = [NumTerms]string{"generate", "process", "link", "barrier"}

// String is the name of the term in reports.
func (t Term) String() string {
	if t < NumTerms {
		return termNames[t]
	}
	return "unknown"
}

// Class is the resource that a tick waits for.
type Class uint8

// The classes, as performance models of neuromorphic accelerators tell them
// apart (Yik et al., arXiv 2511.21549, 2025): reads of synapses, updates of
// neurons, messages.
const (
	Memory Class = iota
	Compute
	Traffic
	NumClasses
)

var classNames = [NumClasses]string{"memory", "compute", "traffic"}

// String is the name of the class in reports.
func (c Class) String() string {
	if c < NumClasses {
		return classNames[c]
	}
	return "unknown"
}

// LinkID names a link of the grid: that which leaves the router at (X, Y)
// through a side, 0 = +x, 1 = -x, 2 = +y, 3 = -y; -1 = between it and its cores.
type LinkID struct{ X, Y, Side int32 }

var noLink = LinkID{-1, -1, -1}

// SideNames are the names of the sides of a router.
var SideNames = [4]string{"+x", "-x", "+y", "-y"}

// Bound is the critical path of a tick and the term of it that takes longest.
// The path leads from a core that generates over the network to a core that
// processes; the times of its parts sum up to the tick's. Waiting in the network
// for a core that is still at work counts as that core's. Femtoseconds.
type Bound struct {
	Term  Term   // the longest part, the barrier left out
	Class Class  // of that part
	Core  int32  // index of the core of Term; of Link, that which waits for the message; -1 = any idle core
	Link  LinkID // of Term Link: the most crowded link of the message's way
	Gen   int64
	Net   int64
	Proc  int64
	Sync  int64 // the barrier
}

// Work is the time of the tick without the barrier.
func (b *Bound) Work() int64 { return b.Gen + b.Net + b.Proc }

// Longest is the longest part, the barrier included.
func (b *Bound) Longest() Term {
	if b.Sync > max(b.Gen, b.Net, b.Proc) {
		return Barrier
	}
	return b.Term
}

// path finds the critical path of a tick in which single messages are timed:
// from the last thing that ends back through what it waited for.
func (n *network) path(w *Work, b *Bound) {
	*b = Bound{Term: Generate, Class: Compute, Core: -1, Link: noLink, Gen: w.Idle}
	for _, i := range w.Cores {
		if g := w.Gen[i] + n.lag[i]; g > b.Work() {
			*b = Bound{Term: Generate, Class: Compute, Core: i, Link: noLink, Gen: w.Gen[i], Net: n.lag[i]}
			if b.Net > b.Gen {
				b.Term, b.Class, b.Link = Link, Traffic, LinkID{n.x[i], n.y[i], -1}
			}
		}
		if w.Host[i] > b.Work() {
			*b = Bound{Term: Process, Class: Memory, Core: i, Link: noLink, Proc: w.Host[i]}
		}
	}
	last := int32(-1)
	end := b.Work()
	for i := range w.Messages {
		if p := &n.at[i]; !p.Lost && p.Done > end {
			last, end = int32(i), p.Done
		}
	}
	if last >= 0 {
		n.back(w, b, last)
	}
}

// back follows the path that ends with message i. What the first message of the
// path waits in the network beyond what the links on its way explain, it waits
// for cores that do not take what has arrived: that is part of their work, at
// most as long as the slowest of them works.
func (n *network) back(w *Work, b *Bound, i int32) {
	end, core := n.at[i].Done, w.Messages[i].Dst
	for n.at[i].Start > n.at[i].Arrived && n.at[i].Before >= 0 {
		i = n.at[i].Before
	}
	p, m := &n.at[i], &w.Messages[i]
	*b = Bound{Term: Process, Core: core, Link: noLink, Gen: m.Ready, Net: p.Arrived - m.Ready, Proc: end - p.Arrived}
	if p.Start > p.Arrived { // behind the work of the host
		b.Gen, b.Net, b.Proc = 0, 0, end
	}
	link, least := n.explained(w, m)
	if b.Net > least {
		c, work := n.slowest(w)
		pressed := min(b.Net-least, work)
		if pressed > b.Proc {
			b.Core = c
		}
		b.Net, b.Proc = b.Net-pressed, b.Proc+pressed
	}
	switch {
	case b.Gen > b.Net && b.Gen > b.Proc:
		b.Term, b.Class, b.Core = Generate, Compute, m.Src
	case b.Net > b.Proc:
		b.Term, b.Class, b.Link = Link, Traffic, link
	default:
		b.Class = class(w, b.Core)
	}
}

// explained is the most crowded link of a message's way and the time that the
// links explain: that of a message alone, and that of all messages of the tick
// that cross that link.
func (n *network) explained(w *Work, m *Message) (LinkID, int64) {
	n.cross(w)
	at := func(core int32) LinkID { return LinkID{n.x[core], n.y[core], -1} }
	best, most := at(m.Src), int64(0)
	n.walk(m, func(l LinkID) {
		if c := n.crossings[n.link(l)]; c > most {
			best, most = l, c
		}
	})
	if c := n.sent[m.Src]; c > most {
		best, most = at(m.Src), c
	}
	if c := n.taken[m.Dst]; c > most {
		best, most = at(m.Dst), c
	}
	return best, n.alone(m) + most*n.each
}

// slowest is the core with the most work on messages, and that work.
func (n *network) slowest(w *Work) (core int32, fs int64) {
	sum := slices.Clone(w.Host)
	best := int32(0)
	for i := range w.Messages {
		d := w.Messages[i].Dst
		if sum[d] += w.Messages[i].Proc; sum[d] > sum[best] {
			best = d
		}
	}
	return best, sum[best]
}

// class is the resource that a core's work on messages waits for.
func class(w *Work, core int32) Class {
	memory, all := w.Host[core], w.Host[core]
	for i := range w.Messages {
		if m := &w.Messages[i]; m.Dst == core {
			memory, all = memory+m.Memory, all+m.Proc
		}
	}
	if 2*memory < all {
		return Traffic
	}
	return Memory
}
