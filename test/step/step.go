// Package step is the debugger of an image: it advances a machine tick by tick,
// goes back, shows what is in it and explains what a neuron did.
package step

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"hillock/chip"
	"hillock/router/aer"
	"hillock/test/why"
)

// Options are the surroundings of a session.
type Options struct {
	Chip   chip.Options
	Events *aer.Stream // input, nil = none
	Name   string      // of the events' file, for errors
	Limit  int64       // most ticks of one command, 0 = DefaultLimit
}

// DefaultLimit is the most ticks that one command advances.
const DefaultLimit = 1_000_000

// Bounds of the snapshots that a session keeps to go back. With more ticks they
// lie further apart.
const (
	maxSaves  = 64
	saveBytes = 256 << 20
)

// Debugger is one session.
type Debugger struct {
	img   *chip.Image
	opt   Options
	m     *chip.Machine
	past  *chip.Machine // for explanations; nil until the first
	in    *chip.Schedule
	saves []*chip.Snapshot // by tick, the first at 0
	most  int              // how many of them
	every int64            // ticks between them
	last  []aer.Spike      // of the tick computed last
}

// Reply is the answer to one command.
type Reply struct {
	Command string      `json:"command"`
	Tick    int64       `json:"tick"` // computed last, -1 = none
	Text    []string    `json:"text"`
	Reached *bool       `json:"reached,omitempty"` // of until
	Value   *int64      `json:"value,omitempty"`   // of print with an expression
	Values  []why.Value `json:"values,omitempty"`  // of print with a neuron
	Why     *why.Story  `json:"why,omitempty"`
	Quit    bool        `json:"-"`
}

// New loads an image at tick 0.
func New(img *chip.Image, o Options) (*Debugger, error) {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	in, _, err := chip.Plan(img, o.Events, o.Name)
	if err != nil {
		return nil, err
	}
	m, err := chip.New(img, o.Chip)
	if err != nil {
		return nil, err
	}
	d := &Debugger{img: img, opt: o, m: m, in: in, every: 1}
	first := m.Snapshot()
	d.saves = append(d.saves, first)
	d.most = int(max(2, min(maxSaves, saveBytes/max(1, sizeOf(first)))))
	return d, nil
}

// sizeOf is about how many bytes of memory a snapshot keeps for itself.
func sizeOf(s *chip.Snapshot) (n int64) {
	for i := range s.Cores {
		for _, g := range s.Cores[i].State.Words {
			for _, w := range g {
				n += 4 * int64(len(w))
			}
		}
		for _, a := range s.Cores[i].State.Acc {
			n += 4 * int64(len(a))
		}
	}
	return n
}

// Machine is the machine in its present tick.
func (d *Debugger) Machine() *chip.Machine { return d.m }

// tick is the tick computed last, -1 at the start.
func (d *Debugger) tick() int64 { return d.m.Tick() - 1 }

// advance computes n ticks, keeping snapshots; stop may end it after a tick.
func (d *Debugger) advance(n int64, stop func() (bool, error)) (int64, error) {
	for k := range n {
		if err := d.m.Run(1, d.in.Source, nil); err != nil {
			return k, err
		}
		d.save()
		if stop == nil && k < n-1 {
			continue
		}
		if err := d.look(); err != nil {
			return k + 1, err
		}
		if stop == nil {
			continue
		}
		if yes, err := stop(); yes || err != nil {
			return k + 1, err
		}
	}
	return n, nil
}

// save keeps a snapshot every few ticks. When there are too many, every other
// one goes.
func (d *Debugger) save() {
	t := d.m.Tick()
	if t%d.every != 0 || t <= d.saves[len(d.saves)-1].Tick {
		return
	}
	d.saves = append(d.saves, d.m.Snapshot())
	if len(d.saves) <= d.most {
		return
	}
	d.every *= 2
	kept := d.saves[:0]
	for _, s := range d.saves {
		if s.Tick%d.every == 0 {
			kept = append(kept, s)
		}
	}
	d.saves = kept
}

// look notes the spikes of the tick computed last.
func (d *Debugger) look() error {
	d.last = nil
	if d.m.Tick() == 0 {
		return nil
	}
	r := chip.NewRecorder(d.img, false)
	if err := r.Tick(d.tick(), d.m); err != nil {
		return err
	}
	d.last = r.Last()
	return nil
}

// seek brings a machine to the start of a tick that was reached before: from
// the snapshot before it, then forward with the same input.
func (d *Debugger) seek(m *chip.Machine, tick int64) error {
	from := d.saves[0]
	for _, s := range d.saves {
		if s.Tick <= tick {
			from = s
		}
	}
	if err := m.Restore(from); err != nil {
		return err
	}
	return m.Run(tick-from.Tick, d.in.Source, nil)
}

// commands is the help page: what is typed and what it does.
var commands = [...]struct{ name, args, doc string }{
	{"step", "[N]", "compute N ticks (1)"},
	{"until", "EXPR", "compute ticks until the expression is not 0"},
	{"back", "[N]", "go back N ticks (1), exactly"},
	{"print", "[EXPR | POP[INDEX] | POP | mod]", "spikes of the last tick, or a value, a neuron, a population, the modulators"},
	{"why", "POP[INDEX]", "what a neuron computed in the last tick, instruction by instruction"},
	{"list", "[POP[INDEX]]", "the programs of the image, or that of a neuron"},
	{"where", "[POP[INDEX]]", "the tick and the machine, or the place of a neuron"},
	{"help", "", "this list"},
	{"quit", "", "the end"},
}

// Do executes one command. An empty line repeats nothing and answers nothing.
func (d *Debugger) Do(line string) (*Reply, error) {
	line = strings.TrimSpace(line)
	r := &Reply{Command: line, Text: []string{}}
	name, arg, _ := strings.Cut(line, " ")
	err := d.do(r, name, strings.TrimSpace(arg))
	r.Tick = d.tick()
	return r, err
}

func (d *Debugger) do(r *Reply, name, arg string) error {
	switch name {
	case "", "#":
		return nil
	case "step", "s":
		return d.step(r, arg)
	case "until", "u":
		return d.until(r, arg)
	case "back", "b":
		return d.back(r, arg)
	case "print", "p":
		return d.print(r, arg)
	case "why", "w":
		return d.why(r, arg)
	case "list", "l":
		return d.list(r, arg)
	case "where":
		return d.where(r, arg)
	case "help", "h":
		for _, c := range commands {
			r.say("%-6s %-34s %s", c.name, c.args, c.doc)
		}
		return nil
	case "quit", "q":
		r.Quit = true
		return nil
	}
	return fmt.Errorf("step: command %q, have step, until, back, print, why, list, where, help, quit", cut(name))
}

// Script executes commands, one to a line, until their end or a quit; '#'
// starts a comment line. Every reply goes to each. Name is the script, for
// errors, which name the line.
func (d *Debugger) Script(text, name string, each func(*Reply) error) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		r, err := d.Do(line)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if err := each(r); err != nil || r.Quit {
			return err
		}
	}
	return nil
}

// Print writes a reply for people.
func (r *Reply) Print(w io.Writer) error {
	for _, l := range r.Text {
		if _, err := fmt.Fprintln(w, l); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reply) say(format string, args ...any) {
	r.Text = append(r.Text, fmt.Sprintf(format, args...))
}

// number reads an optional count of ticks.
func (d *Debugger) number(arg string) (int64, error) {
	if arg == "" {
		return 1, nil
	}
	n, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || n < 1 || n > d.opt.Limit {
		return 0, fmt.Errorf("step: %q ticks, need 1..%d", cut(arg), d.opt.Limit)
	}
	return n, nil
}

func (d *Debugger) step(r *Reply, arg string) error {
	n, err := d.number(arg)
	if err != nil {
		return err
	}
	if _, err := d.advance(n, nil); err != nil {
		return err
	}
	d.report(r)
	return nil
}

// report says where the machine is now and what fired there.
func (d *Debugger) report(r *Reply) {
	if d.tick() < 0 {
		r.say("at the start, no tick was computed")
		return
	}
	r.say("tick %d: %s", d.tick(), d.fired())
}

// maxFired bounds the neurons that a line names.
const maxFired = 12

func (d *Debugger) fired() string {
	if len(d.last) == 0 {
		return "no spikes"
	}
	var s []string
	for _, x := range d.last[:min(len(d.last), maxFired)] {
		one := why.Neuron(d.img.Pops[x.Pop].Name, int(x.Index))
		if x.Payload != 1 {
			one += fmt.Sprintf(" (%d)", x.Payload)
		}
		s = append(s, one)
	}
	if n := len(d.last) - len(s); n > 0 {
		s = append(s, fmt.Sprintf("and %d more", n))
	}
	word := "spikes"
	if len(d.last) == 1 {
		word = "spike"
	}
	return fmt.Sprintf("%d %s: %s", len(d.last), word, strings.Join(s, " "))
}

func (d *Debugger) until(r *Reply, arg string) error {
	e, err := d.compile(arg)
	if err != nil {
		return err
	}
	reached := false
	n, err := d.advance(d.opt.Limit, func() (bool, error) {
		v, err := d.eval(e)
		reached = err == nil && v != 0
		return reached, err
	})
	if err != nil {
		return err
	}
	r.Reached = &reached
	if !reached {
		r.say("%s is still 0 after %d ticks", arg, n)
	}
	d.report(r)
	return nil
}

func (d *Debugger) back(r *Reply, arg string) error {
	n, err := d.number(arg)
	if err != nil {
		return err
	}
	if n > d.m.Tick() {
		return fmt.Errorf("step: %d ticks back, need at most %d", n, d.m.Tick())
	}
	if err := d.seek(d.m, d.m.Tick()-n); err != nil {
		return err
	}
	if err := d.look(); err != nil {
		return err
	}
	d.report(r)
	return nil
}

func (d *Debugger) why(r *Reply, arg string) error {
	pop, index, _, err := d.neuron(arg)
	if err != nil {
		return err
	}
	if d.tick() < 0 {
		return fmt.Errorf("step: no tick was computed yet: nothing to explain")
	}
	if d.past == nil {
		if d.past, err = chip.New(d.img, d.opt.Chip); err != nil {
			return err
		}
	}
	if err := d.seek(d.past, d.tick()); err != nil {
		return err
	}
	if r.Why, err = why.Tell(d.past, pop, index, d.in.At(d.tick())); err != nil {
		return err
	}
	r.Text = append(r.Text, r.Why.Text()...)
	return nil
}

// cut is a word of the input, of readable length.
func cut(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
