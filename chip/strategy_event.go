package chip

import (
	"slices"
	"strings"

	"hillock/core/event"
)

// choiceNames are the choices at a decision edge, as descriptions write them.
var choiceNames = [event.NumChoices]string{"full", "request", "queue", "deferred"}

// EventStrategies are the named behaviours that the section event of a
// description chooses: decision_order, the choices at a decision edge, of which
// the first that is there decides; and event_rows, what not every controller
// has: aside (events that do not wait for the controller) and wheel (a ring of
// queues that turns).
func (f *Family) EventStrategies() []Strategy {
	if f.Event == nil {
		return nil
	}
	k := &f.Event.Control
	var order, rows []string
	for _, c := range k.Order {
		order = append(order, choiceNames[c])
	}
	aside := slices.ContainsFunc(k.Input, func(r event.Row) bool { return r.Aside })
	for _, x := range []struct {
		is   bool
		name string
	}{{aside, "aside"}, {k.Wheel != nil, "wheel"}} {
		if x.is {
			rows = append(rows, x.name)
		}
	}
	if rows == nil {
		rows = []string{"none"}
	}
	return []Strategy{{"decision_order", strings.Join(order, " ")}, {"event_rows", strings.Join(rows, " ")}, {"serial_port", serialStrategy(f.Event.Transfers)}}
}

// serialStrategy says when a serial port reaches memories.
func serialStrategy(x *event.Transfers) string {
	switch {
	case x == nil:
		return "none"
	case x.Aside:
		return "aside"
	case x.Gate.Waits:
		return "decision waits"
	case x.Gate.Over >= 0:
		return "decision spoils"
	}
	return "decision"
}
