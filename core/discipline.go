package core

import (
	"fmt"

	"hillock/core/event"
	"hillock/core/simd"
	"hillock/router"
)

// A core with Image.Event serves events at clock edges: a tick is one edge,
// its in-axons are the inlets of the event core, its compartments the items and
// then the addresses of the output link. Everything else of the Image that
// belongs to groups and synapse lists is empty.

// checkEvent verifies the image of such a core.
func (img *Image) checkEvent() error {
	if err := img.Event.Check(); err != nil {
		return err
	}
	s := &img.Event.Spec
	switch {
	case len(img.Groups)+len(img.Ports)+len(img.Axons)+len(img.Learning)+len(img.Relays)+img.Rows > 0:
		return fmt.Errorf("core: an event core has groups, ports, in-axons, learning plans, relays or rows, need none")
	case img.N != s.Items+s.Outs || img.Ring != 1:
		return fmt.Errorf("core: %d compartments and a ring of %d slots, need %d and 1", img.N, img.Ring, s.Items+s.Outs)
	case s.Axons() > 1<<16:
		return fmt.Errorf("core: %d neurons of inlets, need at most %d", s.Axons(), 1<<16)
	}
	return img.checkOut()
}

// newEvent makes the core of an image that serves events.
func newEvent(img *Image, engineName string) (*Core, error) {
	var e *event.Core
	var err error
	if engineName == "vector" {
		e, err = event.NewVector(img.Event, simd.Best())
	} else {
		e, err = event.New(img.Event)
	}
	if err != nil {
		return nil, err
	}
	c := &Core{Image: img, changed: true, Spikes: make([]Spike, 0, 8), events: e}
	c.State = State{Event: &e.State}
	e.Counts = &c.Counts
	return c, nil
}

// Event is the part of the core that serves events, nil for a core with ticks.
func (c *Core) Event() *event.Core { return c.events }

// deliverEvent gives packets to the senders of the core's links.
func (c *Core) deliverEvent(packets []router.Packet) {
	for _, p := range packets {
		c.events.Deliver(int(p.Axon), p.Payload, c.State.Tick)
	}
	c.active = c.active || len(packets) > 0
}

// updateEvent is one clock edge.
func (c *Core) updateEvent() {
	c.Spikes = c.Spikes[:0]
	c.events.Edge(c.State.Tick)
	for _, s := range c.events.Spikes {
		c.Spikes = append(c.Spikes, Spike{s.Index, s.Payload})
	}
	c.State.Tick++
	c.changed = len(c.Spikes) > 0 || c.events.Next(c.State.Tick) != event.Never
}
