package step

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hillock/core"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
	"hillock/test/why"
)

// maxRows bounds the lines of one listing.
const maxRows = 64

func (d *Debugger) print(r *Reply, arg string) error {
	switch {
	case arg == "":
		d.report(r)
		for p := range d.img.Pops {
			if !d.img.Pops[p].Input {
				r.say("%s: %d of %d spiked", d.img.Pops[p].Name, d.spikes(p, -1), d.img.Pops[p].N)
			}
		}
		return nil
	case arg == "mod":
		for i := range d.img.Cores {
			r.say("core %d: %s", d.img.Cores[i].ID, modulators(d.m.Core(i)))
		}
		return nil
	case oneNeuron.MatchString(arg):
		return d.printNeuron(r, arg)
	}
	if p, err := d.population(arg); err == nil {
		return d.printPopulation(r, p)
	}
	e, err := d.compile(arg)
	if err != nil {
		return err
	}
	v, err := d.eval(e)
	if err != nil {
		return err
	}
	r.Value = &v
	r.say("%s = %d", arg, v)
	return nil
}

func (d *Debugger) when() string {
	if d.tick() < 0 {
		return "at the start"
	}
	return fmt.Sprintf("after tick %d", d.tick())
}

func modulators(c *core.Core) string {
	var s []string
	for k, v := range c.State.Mods {
		s = append(s, fmt.Sprintf("mod%d %d", k, v))
	}
	return strings.Join(s, ", ")
}

// printNeuron shows state words, parameters, inputs and modulators.
func (d *Debugger) printNeuron(r *Reply, arg string) error {
	pop, index, at, err := d.neuron(arg)
	if err != nil {
		return err
	}
	if d.eventCore(at) != nil {
		r.say("%s %s", arg, d.when())
		d.printItem(r, at)
		return nil
	}
	c := d.m.Core(at.Core)
	g := &c.Image.Groups[at.Group]
	show := func(name string, v int64, more string) {
		r.Values = append(r.Values, why.Value{Name: name, Value: v})
		r.Text = append(r.Text, strings.TrimRight(fmt.Sprintf("  %-10s %11d  %s", name, v, more), " "))
	}
	r.say("%s %s", arg, d.when())
	show("spike", d.spikes(pop, index), "payload of its last spike, 0 = none in this tick")
	for w, word := range c.State.Words[at.Group] {
		show(why.WordName(g, w), int64(word[at.Lane]), fmt.Sprintf("%s, %s", isa.S0+isa.Operand(w), layout(g, w)))
	}
	for p, row := range c.State.Params[at.Group] {
		meaning := ""
		if p < len(g.Meaning) {
			meaning = g.Meaning[p]
		}
		show((isa.P0 + isa.Operand(p)).String(), int64(row[min(at.Lane, len(row)-1)]), meaning)
	}
	for p := range c.Image.Ports {
		for delay := range c.Image.Ring {
			if v := d.pending(at, p, delay); v != 0 || delay == 0 {
				name := "in" + strconv.Itoa(p)
				if delay > 0 {
					name += "+" + strconv.Itoa(delay)
				}
				show(name, v, fmt.Sprintf("gathered for tick %d", d.m.Tick()+int64(delay)))
			}
		}
	}
	for k, v := range c.State.Mods {
		show("mod"+strconv.Itoa(k), int64(v), "of its core")
	}
	return nil
}

// layout is the width and overflow of a state word in program text.
func layout(g *core.Group, w int) string {
	l := g.State[w]
	if l.Over == fixed.None {
		return l.Over.String()
	}
	return fmt.Sprintf("%s %d", l.Over, l.Width)
}

// printPopulation lists state words and spikes of the first neurons.
func (d *Debugger) printPopulation(r *Reply, pop int) error {
	p := &d.img.Pops[pop]
	if p.Input {
		r.say("%s: %d neurons, driven from outside", p.Name, p.N)
		return nil
	}
	r.say("%s: %d neurons %s", p.Name, p.N, d.when())
	for i := range min(p.N, maxRows) {
		at, err := d.img.Locate(pop, i)
		if err != nil {
			return err
		}
		c := d.m.Core(at.Core)
		s := fmt.Sprintf("  %d:", i)
		if d.eventCore(at) != nil {
			if v := d.spikes(pop, i); v != 0 {
				r.say("%s spike %d", s, v)
			}
			continue
		}
		for w, word := range c.State.Words[at.Group] {
			s += fmt.Sprintf(" %s %d", why.WordName(&c.Image.Groups[at.Group], w), word[at.Lane])
		}
		if v := d.spikes(pop, i); v != 0 {
			s += fmt.Sprintf(", spike %d", v)
		}
		r.Text = append(r.Text, s)
	}
	if p.N > maxRows {
		r.say("  and %d more", p.N-maxRows)
	}
	return nil
}

// list shows the programs of the image, equal ones once, or one neuron's.
func (d *Debugger) list(r *Reply, arg string) error {
	if arg != "" {
		_, _, at, err := d.neuron(arg)
		if err != nil {
			return err
		}
		if d.eventCore(at) != nil {
			return fmt.Errorf("step: %s is on a core without ticks, whose events choose the program: list shows all", arg)
		}
		g := &d.img.Cores[at.Core].Image.Groups[at.Group]
		r.say("%s runs group %s", arg, g.Name)
		program(r, g)
		return nil
	}
	d.listEvents(r)
	var seen []string
	for i := range d.img.Cores {
		groups := d.img.Cores[i].Image.Groups
		for k := range groups {
			key := groups[k].Name + "\n" + asm.FormatWords(groups[k].Prog.Words())
			if slices.Contains(seen, key) || len(seen) == maxRows {
				continue
			}
			seen = append(seen, key)
			r.say("group %s, first on core %d", groups[k].Name, d.img.Cores[i].ID)
			program(r, &groups[k])
		}
	}
	return nil
}

func program(r *Reply, g *core.Group) {
	for w := range g.State {
		r.say("  %s = %s, %s", isa.S0+isa.Operand(w), why.WordName(g, w), layout(g, w))
	}
	for p, m := range g.Meaning {
		if m != "" {
			r.say("  %s = %s", isa.P0+isa.Operand(p), m)
		}
	}
	for n, in := range g.Prog.Instrs {
		r.say("%4d  %s", n, asm.InstrText(in))
	}
}

// where says how far the run is, or where a neuron sits.
func (d *Debugger) where(r *Reply, arg string) error {
	if arg == "" {
		r.say("chip %s, %d cores; %d ticks computed; snapshots every %d ticks", d.img.Chip, len(d.img.Cores), d.m.Tick(), d.every)
		d.report(r)
		return nil
	}
	_, _, at, err := d.neuron(arg)
	if err != nil {
		return err
	}
	c := &d.img.Cores[at.Core]
	if d.eventCore(at) != nil {
		r.say("%s: core %d, item %d of a core without ticks", arg, c.ID, at.Comp)
		return nil
	}
	g := &c.Image.Groups[at.Group]
	r.say("%s: core %d, tile %d, compartment %d of %d; group %s, lane %d of %d; %d out-axons", arg, c.ID, c.ID/d.img.Mesh.CoresPerTile, at.Comp, c.Image.N,
		g.Name, at.Lane, g.N, c.Image.OutOff[at.Comp+1]-c.Image.OutOff[at.Comp])
	return nil
}
