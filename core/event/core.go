package event

import (
	"math"
	"slices"

	"hillock/isa"
	"hillock/isa/count"
)

// Never is an edge that does not come.
const Never = int64(math.MaxInt64)

// NoteKind says what a Note tells.
type NoteKind uint8

// The kinds of notes.
const (
	Sampled  NoteKind = iota // a request of port Index was accepted: Edge is where it was first sampled, Value the event; of a wired sender: Name is CallName
	Accepted                 // the same request: Edge is the decision
	Spiked                   // Index put out Value
	Sent                     // an output began: Value is its address
	Pushed                   // Value went to the queue
	Popped                   // Value left the queue
	Lost                     // Value met a full queue
	Walked                   // the walk Name took Value edges and ended at Edge
	Shifted                  // a transfer ended: Value words were sent back, Index accesses came to nothing
	Accessed                 // the serial port wrote word Value of memory Index
	Rested                   // the event Value is served, by row Name; Index is 1 for the queue's head, 0 for a request
	Acked                    // the output that began last: its wire's acknowledge rose behind Edge and falls behind Value
)

// Note is what a core tells its Watch.
type Note struct {
	Kind  NoteKind
	Edge  int64
	Index int64
	Value int64
	Name  string
}

// Spike is what left a core at an edge: index below Spec.Items for the spike
// of a compartment; Spec.Items + address for an output.
type Spike struct{ Index, Payload int32 }

// Core is a running core.
type Core struct {
	State State
	// Counts takes what is counted; New gives the core one of its own.
	Counts *count.Counts
	// Spikes are those of the last edge.
	Spikes []Spike
	// Watch is told what happens; nil = off.
	Watch func(Note)
	// Arrived is told of every event that is given to a sender; nil = off.
	Arrived func(port int, at int64, word uint64)
	// Tap receives the samples of PRB; nil = off.
	Tap func(tap int, item, value int32)

	img    *Image
	wires  wires
	lane   lane
	told   func(Run)               // nil = off
	kept   int                     // memory of State.Walk.Old
	ahead  *ahead                  // nil: every item is run by itself
	now    int64                   // the edge in hand
	room   [][]Arrival             // per port: memory for Waiting when it is nil again
	issued [][isa.NumClasses]int64 // per program: instructions by class
}

// New checks an image and makes a core in its start state.
func New(img *Image) (*Core, error) {
	if err := img.Check(); err != nil {
		return nil, err
	}
	c := &Core{img: img, State: newState(img), Counts: new(count.Counts)}
	c.lane.scratch = make([]int32, len(img.Spec.Fields))
	for i := range img.Spec.Programs {
		var n [isa.NumClasses]int64
		for _, in := range img.Spec.Programs[i].Prog.Instrs {
			n[isa.Table[in.Op].Class]++
		}
		c.issued = append(c.issued, n)
	}
	return c, nil
}

// Image is what the core runs.
func (c *Core) Image() *Image { return c.img }

// Reset restores the start state; counts go on.
func (c *Core) Reset() {
	c.State = newState(c.img)
	c.Spikes = c.Spikes[:0]
	c.wires.asked, c.wires.answer = c.wires.asked[:0], c.wires.answer[:0]
	c.Touch()
}

// Inject gives an event to the sender of a port: its request comes at edge at
// at the earliest and after those of all events before it.
func (c *Core) Inject(port int, at int64, word uint64) {
	if c.Arrived != nil {
		c.Arrived(port, at, word)
	}
	p := &c.State.Ports[port]
	if p.Waiting == nil && c.room != nil {
		p.Waiting = c.room[port][:0]
	}
	if p.Waiting = append(p.Waiting, Arrival{at, word}); len(p.Waiting) == 1 {
		if c.room == nil {
			c.room = make([][]Arrival, len(c.State.Ports))
		}
		c.room[port] = p.Waiting
	}
}

// Axons is the number of in-axons: every neuron of every inlet is one.
func (s *Spec) Axons() (n int) {
	for _, x := range s.Inlets {
		n += x.N
	}
	return n
}

// Deliver gives the event of an in-axon to the sender of its port.
func (c *Core) Deliver(axon int, payload int32, at int64) {
	for _, x := range c.img.Spec.Inlets {
		if axon >= x.N {
			axon -= x.N
			continue
		}
		word := x.Word + int64(axon)*x.Scale
		if x.ByPayload {
			word += int64(payload)
		}
		c.Inject(x.Port, at, uint64(word)&(1<<c.img.Spec.Control.Ports[x.Port].Bits-1))
		return
	}
}

// Next is the first edge from edge t on at which something can happen, Never
// if nothing can until an event is injected.
func (c *Core) Next(t int64) int64 { return min(c.nextShift(t), c.nextWork(t)) }

// nextWork is Next without the serial port.
func (c *Core) nextWork(t int64) int64 {
	s := &c.State
	out := Never
	if len(s.Outbox) > 0 {
		out = s.Outbox[0].At
	}
	held := c.held()
	if s.Walk.Running {
		edge := s.Walk.Edge
		if s.Walk.Held {
			edge = Never
		}
		return max(min(edge, c.nextAside(), out), t)
	}
	if c.blocked() {
		return max(out, t)
	}
	free := max(s.Decision, s.Busy+1, t)
	if held {
		free = Never
	}
	if len(s.Queue) > 0 {
		return max(min(free, out, c.nextAside()), t)
	}
	next := max(out, t)
	if !held {
		next = min(next, c.nextTurn(free))
	}
	for p := range s.Ports {
		if _, at, ok := s.Ports[p].next(); ok {
			free := free
			if _, row := c.aside(p); row >= 0 {
				free = t
			}
			next = min(next, max(free, c.img.Spec.Control.port(p).Seen(at)))
		}
	}
	return next
}

// Idle is the edge from which on the core, its queue and its links do nothing,
// if no event comes; it means something once Next is Never.
func (c *Core) Idle() int64 { return c.State.Ended + c.img.Spec.Control.Settle }

// Edge does what happens at clock edge t. Edges must ascend; those before Next
// may be left out.
func (c *Core) Edge(t int64) {
	c.Spikes = c.Spikes[:0]
	s := &c.State
	c.now = t
	c.shift(t)
	c.sendDue(t)
	c.serveAside(t)
	c.workUntil(t)
	if s.Walk.Running || t < s.Decision || t <= s.Busy || c.held() || c.blocked() {
		return
	}
	if c.decide(t) {
		c.workUntil(t)
	}
}

// workUntil does what is due of the work in hand.
func (c *Core) workUntil(t int64) {
	for w := &c.State.Walk; w.Running && !w.Held && w.Edge <= t; {
		c.work()
	}
}

// decide chooses what to do at decision edge n, in the order of the Spec.
func (c *Core) decide(n int64) bool {
	for _, choice := range c.img.Spec.Control.Order {
		switch choice {
		case FullQueue:
			if len(c.State.Queue) >= c.img.Spec.Control.Depth {
				return c.head(n)
			}
		case HeadOfQueue:
			if len(c.State.Queue) > 0 || c.waits(n) {
				return c.head(n)
			}
		case Request, DeferredRequest:
			if c.request(n, choice == DeferredRequest) {
				return true
			}
		}
	}
	return false
}

// head starts to execute the head of the wheel's slot in front, else that of
// the queue.
func (c *Core) head(n int64) bool {
	k := &c.img.Spec.Control
	slot, rows := 0, k.Head
	var word uint64
	if c.waits(n) {
		slot = c.front(n) + 1
		word, rows = c.State.Wheel[slot-1][0], k.Wheel.Head
	} else {
		word = c.State.Queue[0]
	}
	row, ok := match(rows, -1, word)
	if !ok {
		return false
	}
	c.State.Walk = Walking{Running: true, Head: true, Slot: slot, Row: row, Word: word, Last: n, Old: c.State.Walk.Old[:0]}
	c.start(n)
	return true
}

// request accepts the next request of the first port that has one to see.
func (c *Core) request(n int64, deferred bool) bool {
	k := &c.img.Spec.Control
	for p := range c.State.Ports {
		l := &c.State.Ports[p]
		call, sampled, ok := l.next()
		if !ok || k.port(p).Seen(sampled) > n {
			continue
		}
		row, ok := match(k.Input, p, l.word(call))
		if !ok || k.Input[row].Deferred != deferred || k.Input[row].Aside {
			continue
		}
		c.accept(p, row, n)
		return true
	}
	return false
}

// accept takes the next request of a port and starts on it.
func (c *Core) accept(p, row int, n int64) {
	l := &c.State.Ports[p]
	call, sampled, _ := l.next()
	word, wire, from := l.word(call), 0, ""
	if call >= 0 {
		wire, from = l.Calls[call].Wire+1, CallName
	}
	c.note(Note{Kind: Sampled, Edge: sampled, Index: int64(p), Value: int64(word), Name: from})
	c.note(Note{Kind: Accepted, Edge: n, Index: int64(p), Value: int64(word)})
	c.Counts[count.AxonEvents]++
	l.drop(call)
	c.State.Walk = Walking{Running: true, Row: row, Port: p, Wire: wire, Word: word, Last: n, Old: c.State.Walk.Old[:0]}
	c.start(n)
}

// aside is the edge at which the next request of a port is seen and the row
// that takes it aside, -1 if none does.
func (c *Core) aside(p int) (seen int64, row int) {
	l := &c.State.Ports[p]
	k := &c.img.Spec.Control
	call, sampled, ok := l.next()
	if !ok {
		return Never, -1
	}
	if row, ok = match(k.Input, p, l.word(call)); ok && k.Input[row].Aside {
		return k.port(p).Seen(sampled), row
	}
	return Never, -1
}

// nextAside is the first edge at which a request is taken aside.
func (c *Core) nextAside() int64 {
	next := Never
	for p := range c.State.Ports {
		seen, _ := c.aside(p)
		next = min(next, seen)
	}
	return next
}

// serveAside takes the requests that do not wait for the controller, whose
// work stays as it is.
func (c *Core) serveAside(t int64) {
	s := &c.State
	for p := range s.Ports {
		for seen, row := c.aside(p); seen <= t && row >= 0; seen, row = c.aside(p) {
			work, decision := s.Walk, s.Decision
			s.Walk.Old = nil
			c.accept(p, row, t)
			for s.Walk.Running {
				c.work()
			}
			s.Walk, s.Decision = work, decision
			c.forget()
		}
	}
	c.wake(t)
}

// match finds the first row that recognises an event; port -1 is the queue.
func match(rows []Row, port int, word uint64) (int, bool) {
	for i := range rows {
		if r := &rows[i]; word&r.Mask == r.Match && (port < 0 || r.Port == port) {
			return i, true
		}
	}
	return 0, false
}

func (c *Core) row() *Row {
	w := &c.State.Walk
	switch {
	case w.Slot > 0:
		return &c.img.Spec.Control.Wheel.Head[w.Row]
	case w.Head:
		return &c.img.Spec.Control.Head[w.Row]
	}
	return &c.img.Spec.Control.Input[w.Row]
}

// start begins what the row of the event in hand says.
func (c *Core) start(n int64) {
	w, row := &c.State.Walk, c.row()
	switch {
	case row.Push != nil:
		w.Pushing, w.Edge = true, n+row.PushAt
	case !c.open(row.Walks, n):
		c.finish(n)
	}
}

func (c *Core) note(n Note) {
	if c.Watch != nil {
		c.Watch(n)
	}
}

// push puts an entry behind the queue, or loses it.
func (c *Core) push(entry uint64, edge int64) {
	if len(c.State.Queue) >= c.img.Spec.Control.Depth {
		c.Counts[count.Lost]++
		c.note(Note{Kind: Lost, Edge: edge, Value: int64(entry)})
		return
	}
	c.State.Queue = append(c.State.Queue, entry)
	c.note(Note{Kind: Pushed, Edge: edge, Value: int64(entry)})
}

// leave notes what left the core at this edge, in ascending order.
func (c *Core) leave(index int64, payload int32) {
	if index < 0 || index >= int64(c.img.Spec.Items+c.img.Spec.Outs) {
		return
	}
	at := len(c.Spikes)
	for at > 0 && c.Spikes[at-1].Index > int32(index) {
		at--
	}
	c.Spikes = slices.Insert(c.Spikes, at, Spike{int32(index), payload})
}

// send starts an output handshake at an edge, or at the first edge behind the
// one that goes on.
func (c *Core) send(address, edge int64) {
	if c.wires.out != nil {
		c.sendWired(address, edge)
		return
	}
	s := &c.State
	start := max(edge, s.Busy+1)
	k := &c.img.Spec.Control
	if s.Busy > 0 {
		start = max(start, s.Busy+k.Return+k.ReturnPerAck*c.img.AckDelay)
	}
	s.Busy = k.link().Echo(start, c.img.AckDelay)
	s.Ended = max(s.Ended, s.Busy+1) // the first edge of a decision
	s.Outbox = append(s.Outbox, Output{start, address})
	if start == edge {
		c.sendDue(edge)
	}
}

// sendDue starts the outputs whose edge has come.
func (c *Core) sendDue(edge int64) {
	box := &c.State.Outbox
	for len(*box) > 0 && (*box)[0].At <= edge {
		o := (*box)[0]
		if *box = (*box)[1:]; len(*box) == 0 {
			*box = nil
		}
		if c.mute(o.At, false) {
			continue
		}
		if o.Address >= 0 && o.Address < int64(c.img.Spec.Outs) {
			c.leave(int64(c.img.Spec.Items)+o.Address, 1)
		}
		if c.wires.out != nil {
			c.raise(o)
		}
		c.note(Note{Kind: Sent, Edge: o.At, Value: o.Address})
	}
}
