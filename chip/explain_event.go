package chip

import (
	"fmt"

	"hillock/core/event"
	"hillock/router"
)

// EventExplanation is what the core of a neuron that has no ticks does at a
// clock edge.
type EventExplanation struct {
	*event.Explanation
	Site Site
	ID   int         // number of its core on the chip
	Spec *event.Spec // of its core
}

// ExplainEvent computes, on a copy, what the core of neuron index of population
// pop does at the coming clock edge if these spikes come from outside. The
// machine stays as it is.
func (m *Machine) ExplainEvent(pop, index int, in []Injection) (*EventExplanation, error) {
	at, err := m.img.Locate(pop, index)
	if err != nil {
		return nil, err
	}
	e := m.img.Cores[at.Core].Image.Event
	if e == nil {
		return nil, fmt.Errorf("chip: neuron %d of population %q is on a core with ticks", index, m.img.Pops[pop].Name)
	}
	events, _, err := m.arriving(at.Core, in)
	if err != nil {
		return nil, err
	}
	m.passOver(at.Core)
	x, err := event.Explain(e, m.cores[at.Core].State.Event, m.tick, func(c *event.Core) {
		for _, p := range events {
			c.Deliver(int(p.Axon), p.Payload, m.tick)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("chip: core %d: %w", m.img.Cores[at.Core].ID, err)
	}
	return &EventExplanation{x, at, m.img.Cores[at.Core].ID, &e.Spec}, nil
}

// arriving are the packets that core i gets in the coming tick, and where from.
func (m *Machine) arriving(i int, in []Injection) (events []router.Packet, from []Origin, err error) {
	for _, s := range in {
		var unspent int64
		err := m.address([]Injection{s}, func(core uint16, p router.Packet) {
			if int(core) == i {
				events = append(events, p)
				from = append(from, Origin{int(s.Pop), int(s.Index)})
			}
		}, &unspent)
		if err != nil {
			return nil, nil, err
		}
	}
	for k := range m.net.Sources(i) {
		packets := m.net.Receive(i, k, m.inFlight())
		events = append(events, packets...)
		from = append(from, m.origins(i, k, len(packets))...)
	}
	return events, from, nil
}
