package event

import (
	"fmt"
	"slices"

	"hillock/router/aer"
)

// A wired output is not acknowledged after a known time but by the receiver: a
// core of the same clock, whose port the output is wired to. Each of the two
// tells the other at the edge at which something happens, and hears of it at
// the next one; between a line's change and what the other does with it lie
// synchronisers, so that this is early enough to be exact.
//
// A port with a wire still takes events of Inject. The joint between the two is
// outside the chip: between two edges, when the port's handshake is over, it
// lets the wired sender with the lowest number in that requests, else the
// sender of the injected events.

// Wire is an output that is wired to a port of a core.
type Wire struct {
	Timing aer.Link
	// An output of address a is the word Word + a*Scale at port Port.
	Port        int
	Word, Scale int64
}

// CallName is the name that notes of calls bear.
const CallName = "wire"

// Call is the request of a wired sender: first sampled at edge At at the
// earliest.
type Call struct {
	At   int64
	Wire int // number that Listen gave it
	Word uint64
}

// answer is an acknowledge that rose behind an edge.
type answer struct {
	Wire int
	Ack  int64
}

// wires is what a core knows of its wires.
type wires struct {
	out    *Wire
	in     []Wire
	asked  []Call   // of this edge: the output that started, 0 or 1
	answer []answer // of this edge
}

// link is the output link as the description has it.
func (k *Control) link() aer.Output {
	return aer.Output{Sync: k.Sync, Hold: k.Hold, PerAck: k.PerAck}
}

// port is an input link as the description has it.
func (k *Control) port(p int) aer.Input { return aer.Input{Sync: k.Sync, Gap: k.Ports[p].Sender} }

// Join makes the wire from the outputs of one core to an inlet of another: its
// neurons First.. are the addresses from 0 on.
func Join(from, to *Spec, inlet string, first int) (Wire, error) {
	x := slices.IndexFunc(to.Inlets, func(x Inlet) bool { return x.Name == inlet })
	if x < 0 {
		return Wire{}, fmt.Errorf("event: no inlet %q", inlet)
	}
	in := &to.Inlets[x]
	w := Wire{Timing: aer.Link{From: from.Control.link(), To: to.Control.port(in.Port)}, Port: in.Port, Word: in.Word + int64(first)*in.Scale, Scale: in.Scale}
	switch {
	case in.ByPayload:
		return w, fmt.Errorf("event: inlet %q takes whole words, need one with an index for every word", inlet)
	case first < 0 || first > in.N-from.Outs:
		return w, fmt.Errorf("event: outputs 0..%d at indices %d..%d of inlet %q, which has %d: a wire carries all", from.Outs-1, first, first+from.Outs-1, inlet, in.N)
	}
	return w, w.Check(from, to)
}

// Check verifies a wire between cores of two descriptions.
func (w *Wire) Check(from, to *Spec) error {
	if w.Port < 0 || w.Port >= len(to.Control.Ports) {
		return fmt.Errorf("event: wire to port %d of %d", w.Port, len(to.Control.Ports))
	}
	bits := to.Control.Ports[w.Port].Bits
	if from.Outs < 1 || w.Word < 0 || w.Scale < 0 || w.Word > 1<<31 || w.Scale > 1<<31 || uint64(w.Word+int64(from.Outs-1)*w.Scale)>>bits != 0 {
		return fmt.Errorf("event: wire of %d addresses as words %d + %d each to port %q of %d bits, need 1 or more that fit", from.Outs, w.Word, w.Scale, to.Control.Ports[w.Port].Name, bits)
	}
	w.Timing = aer.Link{From: from.Control.link(), To: to.Control.port(w.Port)}
	switch {
	case !w.Timing.From.FourPhase():
		return fmt.Errorf("event: the output does not wait for its acknowledge (hold %d, per_ack %d), need 1 or 2 edges per_ack", from.Control.Hold, from.Control.PerAck)
	case !w.Timing.To.FourPhase():
		return fmt.Errorf("event: port %q is sampled, it acknowledges nothing (sender %d, sync %d), need a sender of %d edges or more", to.Control.Ports[w.Port].Name, to.Control.Ports[w.Port].Sender, to.Control.Sync, to.Control.Sync+2)
	}
	return nil
}

// Drive wires the core's output, for as long as the core lives.
func (c *Core) Drive(w Wire) { c.wires.out = &w }

// Listen wires a sender to the core and gives the number that its calls have
// here: the lower, the earlier it is let in.
func (c *Core) Listen(w Wire) int {
	c.wires.in = append(c.wires.in, w)
	return len(c.wires.in) - 1
}

// Asked is the address of the output to a wire that started at the last edge,
// false without one. It is told once.
func (c *Core) Asked() (address int64, ok bool) {
	if len(c.wires.asked) == 0 {
		return 0, false
	}
	address = int64(c.wires.asked[0].Word)
	c.wires.asked = c.wires.asked[:0]
	return address, true
}

// Call raises the request of a wired sender: an output of an address that
// started at edge start.
func (c *Core) Call(wire int, start, address int64) {
	w := &c.wires.in[wire]
	word := uint64(w.Word+address*w.Scale) & (1<<c.img.Spec.Control.Ports[w.Port].Bits - 1)
	p := &c.State.Ports[w.Port]
	p.Calls = append(p.Calls, Call{start + 1, wire, word})
}

// Acknowledged is the edge behind which the acknowledge of a wire's call rose,
// if it did at the last edge. It is told once.
func (c *Core) Acknowledged(wire int) (edge int64, ok bool) {
	for i, a := range c.wires.answer {
		if a.Wire == wire {
			c.wires.answer = slices.Delete(c.wires.answer, i, i+1)
			return a.Ack, true
		}
	}
	return 0, false
}

// Answered tells the core that its output was acknowledged behind edge ack: the
// end of the handshake is known from then on.
func (c *Core) Answered(ack int64) {
	s, t := &c.State, &c.wires.out.Timing
	if !s.Blocked {
		return
	}
	s.Blocked, s.Busy, s.Clear = false, t.Busy(ack), t.Clear(ack)
	s.Ended = max(s.Ended, s.Busy+1)
	c.note(Note{Kind: Acked, Edge: ack, Value: t.Dropped(ack)})
	if len(s.Outbox) > 0 {
		s.Outbox[0].At = s.Clear
		return
	}
	if s.Walk.Held {
		s.Walk.Held, s.Walk.Edge = false, s.Busy+s.Walk.Edge
	}
}

// sendWired starts an output to a wire, or lets it wait for the one before it.
func (c *Core) sendWired(address, edge int64) {
	s := &c.State
	if s.Blocked || len(s.Outbox) > 0 {
		s.Outbox = append(s.Outbox, Output{Never, address})
		return
	}
	start := max(edge, s.Clear)
	s.Outbox = append(s.Outbox, Output{start, address})
	s.Busy = max(s.Busy, start)
	c.sendDue(edge)
}

// raise raises the request of an output that starts.
func (c *Core) raise(o Output) {
	c.State.Blocked, c.State.Busy = true, o.At
	c.wires.asked = append(c.wires.asked[:0], Call{At: o.At, Word: uint64(o.Address)})
}

// held says that the end of an output in hand is not known.
func (c *Core) held() bool {
	return c.State.Blocked || c.wires.out != nil && len(c.State.Outbox) > 0
}

// resume lets the work in hand go on so many edges from an edge or the end of
// the output on, whichever is later.
func (c *Core) resume(edge, after int64) {
	s := &c.State
	if c.held() {
		s.Walk.Held, s.Walk.Edge = true, after
		return
	}
	s.Walk.Edge = max(edge, s.Busy) + after
}

// next is the request that the joint of a port lets in next: a call (its place
// in Calls) or, -1, the injected events' sender, and the edge at which it is
// sampled. Ok is false without one.
func (l *Link) next() (call int, sampled int64, ok bool) {
	first := Never
	if len(l.Waiting) > 0 {
		first = l.Waiting[0].At
	}
	for i := range l.Calls {
		first = min(first, l.Calls[i].At)
	}
	if first == Never {
		return 0, 0, false
	}
	sampled, call = max(first, l.Free), -1
	for i := range l.Calls {
		if l.Calls[i].At <= sampled && (call < 0 || l.Calls[i].Wire < l.Calls[call].Wire) {
			call = i
		}
	}
	return call, sampled, true
}

// word is what a request of next asks.
func (l *Link) word(call int) uint64 {
	if call >= 0 {
		return l.Calls[call].Word
	}
	return l.Waiting[0].Word
}

// drop takes a request of next off the port.
func (l *Link) drop(call int) {
	if call >= 0 {
		if l.Calls = slices.Delete(l.Calls, call, call+1); len(l.Calls) == 0 {
			l.Calls = nil
		}
		return
	}
	if l.Waiting = l.Waiting[1:]; len(l.Waiting) == 0 {
		l.Waiting = nil
	}
}

// acknowledge raises the acknowledge of what the port serves behind an edge,
// and gives the edges by which its sender is later than one that acts between
// two edges.
func (c *Core) acknowledge(p int, edge int64) (late int64) {
	k := &c.img.Spec.Control
	if w := c.State.Walk.Wire; w > 0 {
		late = c.wires.in[w-1].Timing.From.React()
		c.wires.answer = append(c.wires.answer, answer{w - 1, edge})
	}
	l := &c.State.Ports[p]
	l.Free = k.port(p).Next(edge) + late
	c.State.Ended = max(c.State.Ended, l.Free)
	return late
}

// FitsAt verifies, beyond State.Fits, that a state is one of a core with these
// wires before edge t.
func (c *Core) FitsAt(s *State, t int64) error {
	if w := &s.Walk; w.Running && (w.Held && (w.Edge < 0 || w.Edge > maxEdges) || !w.Held && w.Edge < t) {
		return fmt.Errorf("event: work that was due at edge %d, need it at %d or later", w.Edge, t)
	}
	if c.wires.out == nil && (s.Blocked || s.Walk.Held) || s.Walk.Held && !s.Blocked && len(s.Outbox) == 0 {
		return fmt.Errorf("event: an output waits for a wire that is not there")
	}
	if s.Walk.Wire < 0 || s.Walk.Wire > len(c.wires.in) || s.Walk.Wire > 0 && c.wires.in[s.Walk.Wire-1].Port != s.Walk.Port {
		return fmt.Errorf("event: work for wire %d of %d", s.Walk.Wire, len(c.wires.in))
	}
	for p := range s.Ports {
		for i, x := range s.Ports[p].Calls {
			if x.Wire < 0 || x.Wire >= len(c.wires.in) || c.wires.in[x.Wire].Port != p || i >= len(c.wires.in) {
				return fmt.Errorf("event: call %d of wire %d at port %d, which has no such wire", i, x.Wire, p)
			}
		}
	}
	return nil
}

// Pending is the request that a port has let in and not served: its word, the
// edge at which it is first sampled, and whether a wired sender calls.
func (c *Core) Pending(port int) (word uint64, sampled int64, call, ok bool) {
	l := &c.State.Ports[port]
	k, sampled, ok := l.next()
	if w := &c.State.Walk; !ok || w.Running && !w.Head && w.Port == port {
		return 0, 0, false, false // none, or the one before it is in hand
	}
	return l.word(k), sampled, k >= 0, true
}

// AtEase says that the core has nothing in hand, in its queue or at its ports,
// and no output that is not over.
func (c *Core) AtEase() bool {
	s := &c.State
	if s.Walk.Running || len(s.Queue)+len(s.Outbox) > 0 || s.Blocked {
		return false
	}
	for p := range s.Ports {
		if _, _, ok := s.Ports[p].next(); ok {
			return false
		}
	}
	return true
}

// Stalled says that an output waits for its acknowledge, and since when.
func (c *Core) Stalled() (since int64, stalled bool) { return c.State.Busy, c.State.Blocked }
