package timing

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
// through a side, 0 = +x, 1 = -x, 2 = +y, 3 = -y, -1 = to its own cores.
type LinkID struct{ X, Y, Side int32 }

var noLink = LinkID{-1, -1, -1}

// SideNames are the names of the sides of a router.
var SideNames = [4]string{"+x", "-x", "+y", "-y"}

// Bound is the critical path of a tick and the term of it that takes longest.
// The path leads from a core that generates over the network to a core that
// processes; the times of its parts sum up to the tick's. Femtoseconds.
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
		if w.Gen[i] > b.Work() {
			*b = Bound{Term: Generate, Class: Compute, Core: i, Link: noLink, Gen: w.Gen[i]}
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

// back follows the path that ends with message i.
func (n *network) back(w *Work, b *Bound, i int32) {
	end, core, memory := n.at[i].Done, w.Messages[i].Dst, w.Messages[i].Memory
	for n.at[i].Start > n.at[i].Arrived && n.at[i].Before >= 0 {
		i = n.at[i].Before
		memory += w.Messages[i].Memory
	}
	p := &n.at[i]
	*b = Bound{Term: Process, Core: core, Link: noLink, Gen: p.Sent, Net: p.Arrived - p.Sent, Proc: end - p.Arrived}
	if p.Start > p.Arrived { // behind the work of the host
		b.Gen, b.Net, b.Proc = 0, 0, end
		memory += w.Host[core]
	}
	b.Class = Memory
	if 2*memory < b.Proc {
		b.Class = Traffic
	}
	switch m := &w.Messages[i]; {
	case b.Gen > b.Net && b.Gen > b.Proc:
		b.Term, b.Class, b.Core = Generate, Compute, m.Src
	case b.Net > b.Proc:
		b.Term, b.Class, b.Link = Link, Traffic, n.crowded(w, m)
	}
}

// crowded is the link of a message's way that most messages of the tick cross;
// within a tile, that between its cores and its router.
func (n *network) crowded(w *Work, m *Message) LinkID {
	n.cross(w)
	best, most := LinkID{n.x[m.Src], n.y[m.Src], -1}, int64(-1)
	n.walk(m, func(l LinkID) {
		if c := n.crossings[n.link(l)]; c > most {
			best, most = l, c
		}
	})
	return best
}
