package chip

import "hillock/core/event"

// Ticks says whether the machine has ticks: false if every core serves events
// at clock edges, of which there is no natural number to run.
func (img *Image) Ticks() bool {
	for i := range img.Cores {
		if img.Cores[i].Image.Event == nil {
			return true
		}
	}
	return false
}

// AtRest says that no core has an event in hand, in its queue or on its links,
// and that none is on its way to another.
// It is for machines without ticks; for others it is always false.
func (m *Machine) AtRest() bool {
	for i := range m.cores {
		e := m.cores[i].Event()
		if e == nil || e.Next(m.tick) != event.Never {
			return false
		}
		for _, h := range m.net.Halves(i, m.inFlight()) {
			if len(h.Packets()) > 0 {
				return false
			}
		}
	}
	return true
}
