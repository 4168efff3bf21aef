package core

import (
	"hillock/isa/count"
	"hillock/router"
)

// Payload says what a core does with the payload of a spike that arrives.
type Payload uint8

// The meanings of a payload.
const (
	Plain    Payload = iota // every spike counts once
	Graded                  // the weight is multiplied by the payload
	Repeated                // the list is served payload times, at most the in-axon's Most
	Counted                 // as Graded; the payload is a number of spikes, and all that they cost is counted so often
)

// Graded says that weights are multiplied by payloads.
func (p Payload) Graded() bool { return p == Graded || p == Counted }

// Spikes is how many spikes an event with a payload stands for.
func (p Payload) Spikes(payload int32) int64 {
	if p == Counted {
		return max(int64(payload), 1)
	}
	return 1
}

// Packets is how many packets a list stands for.
func (p Payload) Packets(list []router.Packet) int64 {
	n := int64(len(list))
	if p == Counted {
		for _, e := range list {
			n += p.Spikes(e.Payload) - 1
		}
	}
	return n
}

// deliverRepeated serves each event as often as its payload says.
func (c *Core) deliverRepeated(events []router.Packet) {
	for _, e := range events {
		n := int32(1) // an in-axon that does not exist loses one packet
		if int(e.Axon) < len(c.axon) {
			n = min(e.Payload, int32(c.Image.Axons[e.Axon].Most))
		}
		c.stir = c.stir || n > 0
		for ; n > 0; n-- {
			c.event(router.Packet{Axon: e.Axon, Payload: 1}, false)
		}
	}
}

// countMore counts the spikes of each event beyond the first.
func (c *Core) countMore(events []router.Packet) {
	for _, e := range events {
		if int(e.Axon) >= len(c.axon) {
			continue
		}
		x, more := &c.axon[e.Axon], Counted.Spikes(e.Payload)-1
		c.Counts[count.AxonEvents] += more
		c.Counts[count.SynWords] += more * int64(x.words)
		c.Counts[x.class%uint8(count.NumEvents)] += more * int64(x.n)
	}
}
