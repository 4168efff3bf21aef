package why

import (
	"fmt"
	"strings"

	"hillock/chip"
	"hillock/core/event"
	"hillock/isa"
	"hillock/isa/asm"
)

// tellEvent is Tell for a core without ticks: the runs of programs for the
// neuron at the coming clock edge; of an address of the output link, those of
// the item that sent it.
func tellEvent(m *chip.Machine, pop, index int, in []chip.Injection) (*Story, error) {
	x, err := m.ExplainEvent(pop, index, in)
	if err != nil {
		return nil, err
	}
	s := &Story{Tick: x.Edge, Population: m.Image().Pops[pop].Name, Index: index, Core: x.ID, Compartment: x.Site.Comp, Arrivals: []Arrival{}}
	runs := runsOf(x)
	for k := range runs {
		s.add(x.Spec, &runs[k], k)
	}
	s.Group = strings.Join(s.Programs, ", ")
	if len(runs) > 0 {
		s.Event = append(s.Event, happening(x.Spec, &runs[0])...)
	} else {
		s.Event = append(s.Event, waiting(x))
	}
	for _, n := range x.Notes {
		if n.Kind == event.Sent {
			s.Event = append(s.Event, fmt.Sprintf("an output begins: address %d", n.Value))
		}
	}
	return s, nil
}

// runsOf are the runs that belong to a compartment.
func runsOf(x *chip.EventExplanation) (out []event.Run) {
	if x.Site.Comp < x.Spec.Items {
		for _, r := range x.Runs {
			if r.Dst == int64(x.Site.Comp) {
				out = append(out, r)
			}
		}
		return out
	}
	for k, n := range x.Notes {
		if n.Kind != event.Sent || n.Value != int64(x.Site.Comp-x.Spec.Items) || x.Ran[k] == 0 {
			continue
		}
		last := x.Runs[x.Ran[k]-1].Dst
		for _, r := range x.Runs[:x.Ran[k]] {
			if r.Dst == last {
				out = append(out, r)
			}
		}
		return out
	}
	return nil
}

// add puts a run into the story as one of its substeps.
func (s *Story) add(spec *event.Spec, r *event.Run, substep int) {
	p := &spec.Programs[r.Program]
	name := p.Name
	if r.Learns {
		name += fmt.Sprintf(" (learning, synapse %d to %d)", r.Src, r.Dst)
	}
	if !r.Kept {
		name += " (results are thrown away)"
	}
	s.Programs = append(s.Programs, name)
	s.Before, s.After, s.Params = merge(s.Before, r.Before, false), merge(s.After, r.After, true), merge(s.Params, r.Params, false)
	if !r.Learns {
		s.Inputs = append(s.Inputs, Value{"IN0", int64(r.In0)}, Value{"PAY", int64(r.Pay)}, Value{"EVT", int64(r.Evt)})
		s.Spike = r.Out
	}
	for _, t := range r.Steps {
		x := Step{Substep: substep, Word: t.Word, Text: asm.InstrText(t.Instr), Ran: t.Ran, Operands: []Value{}, Result: t.Result, Value: t.Value}
		x.name(t.Instr, t.A, t.B, func(o isa.Operand) string { return spec.OperandName(r.Program, o) })
		switch isa.Table[t.Instr.Op].Form {
		case isa.FormLoad:
			x.Operands = append(x.Operands, Value{t.Field, t.A})
		case isa.FormStore:
			x.Target = t.Field
		}
		s.Steps = append(s.Steps, x)
	}
}

// merge adds the values of names that are not there yet, or all that are newer.
func merge(to []Value, from []event.Reading, newer bool) []Value {
next:
	for _, r := range from {
		for i := range to {
			if to[i].Name == r.Name {
				if newer {
					to[i].Value = r.Value
				}
				continue next
			}
		}
		to = append(to, Value{r.Name, r.Value})
	}
	return to
}

// happening says which event and walk a run belongs to.
func happening(spec *event.Spec, r *event.Run) []string {
	out := []string{"event " + eventText(r.Event)}
	walk := "walk"
	if r.Walk != "" {
		walk += " " + r.Walk
	}
	return append(out, fmt.Sprintf("%s: source %d, item %d", walk, r.Src, r.Dst))
}

func eventText(h event.Hand) string {
	return fmt.Sprintf("%#x of the %s, row %q", h.Word, h.From, h.Row)
}

// waiting says what a core does instead of computing an item.
func waiting(x *chip.EventExplanation) string {
	s := "nothing is computed for it at this edge"
	if len(x.Runs) > 0 {
		r := &x.Runs[len(x.Runs)-1]
		s += fmt.Sprintf("; item %d is, of event %s", r.Dst, eventText(r.Event))
	}
	switch {
	case x.Working && x.Walk != "":
		s += fmt.Sprintf("; next is item %d of walk %s of event %s, at edge %d", x.Dst, x.Walk, eventText(x.Event), x.Next)
	case x.Working:
		s += fmt.Sprintf("; in hand is event %s, next edge %d", eventText(x.Event), x.Next)
	case x.Next != event.Never:
		s += fmt.Sprintf("; the next edge at which anything happens is %d", x.Next)
	default:
		s += "; the core rests"
	}
	return s
}

// eventHead is the beginning of the text of a story of events.
func (s *Story) eventHead() []string {
	out := []string{fmt.Sprintf("edge %d, %s: core %d, compartment %d", s.Tick, Neuron(s.Population, s.Index), s.Core, s.Compartment)}
	out = append(out, s.Event...)
	if len(s.Steps) > 0 {
		out = append(out, "before: "+list(s.Before), "parameters: "+list(s.Params))
	}
	return out
}
