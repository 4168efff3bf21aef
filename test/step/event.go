package step

import (
	"fmt"

	"hillock/chip"
	"hillock/core/event"
	"hillock/isa/asm"
	"hillock/test/why"
)

// eventCore is the core of a place if it serves events, else nil.
func (d *Debugger) eventCore(at chip.Site) *event.Core {
	if d.img.Cores[at.Core].Image.Event == nil {
		return nil
	}
	return d.m.Core(at.Core).Event()
}

// fields are the fields and registers that a compartment of a core without
// ticks has: those of memories with one index.
func fields(c *event.Core, comp int) (out []why.Value) {
	spec := &c.Image().Spec
	for i := range spec.Fields {
		f := &spec.Fields[i]
		if f.Memory < 0 || spec.Memories[f.Memory].Row > 0 || comp >= spec.Items {
			continue
		}
		if v, ok := c.Value(f.Name, 0, int64(comp)); ok {
			out = append(out, why.Value{Name: f.Name, Value: v})
		}
	}
	return append(out, why.Value{Name: "queue", Value: int64(len(c.State.Queue))})
}

// eventWord finds a field of a compartment, or queue, the entries that wait.
func (d *Debugger) eventWord(at chip.Site, word string) (func() (int64, error), error) {
	for k, v := range fields(d.eventCore(at), at.Comp) {
		if v.Name == word {
			return func() (int64, error) { return fields(d.eventCore(at), at.Comp)[k].Value, nil }, nil
		}
	}
	return nil, fmt.Errorf("word %q of a core without ticks, have the fields and registers of its description, queue, spike", cut(word))
}

// printItem shows the fields of a compartment.
func (d *Debugger) printItem(r *Reply, at chip.Site) {
	for _, v := range fields(d.eventCore(at), at.Comp) {
		r.Values = append(r.Values, v)
		r.Text = append(r.Text, fmt.Sprintf("  %-14s %11d", v.Name, v.Value))
	}
}

// listEvents shows the programs of cores without ticks.
func (d *Debugger) listEvents(r *Reply) {
	for i := range d.img.Cores {
		e := d.img.Cores[i].Image.Event
		for k := 0; e != nil && k < len(e.Spec.Programs); k++ {
			p := &e.Spec.Programs[k]
			r.say("program %s of core %d", p.Name, d.img.Cores[i].ID)
			for n, in := range p.Prog.Instrs {
				r.say("%4d  %s", n, asm.InstrText(in))
			}
		}
	}
}
