package step

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"hillock/chip"
	"hillock/isa"
	"hillock/test/why"
)

// A reference is POP[INDEX].WORD, POP[INDEX] or POP.spikes. Names that are not
// of letters, digits and _ stand in double quotes.
var (
	reference = regexp.MustCompile(`("[^"]*"|[A-Za-z_][A-Za-z0-9_]*)(?:\[(\d+)\](?:\.([A-Za-z0-9_]+))?|\.([A-Za-z0-9_]+))`)
	oneNeuron = regexp.MustCompile(`^("[^"]*"|[^\s"\[\]]+)\[(\d+)\]$`)
)

// maxReferences bounds the references of one expression.
const maxReferences = 64

// expression is an expression with its references resolved.
type expression struct {
	e    *chip.Expr
	refs []func() (int64, error) // by number in the variable's name
}

// compile replaces the references of an expression by variables of the same
// length, so that columns in errors stay right.
func (d *Debugger) compile(src string) (*expression, error) {
	if src == "" {
		return nil, errors.New("step: no expression, need one such as out[3].v > 100")
	}
	x := &expression{}
	var out strings.Builder
	at := 0
	for _, m := range reference.FindAllStringSubmatchIndex(src, -1) {
		if len(x.refs) == maxReferences {
			return nil, fmt.Errorf("step: more than %d references in one expression", maxReferences)
		}
		part := func(k int) string {
			if m[2*k] < 0 {
				return ""
			}
			return src[m[2*k]:m[2*k+1]]
		}
		ref, err := d.resolve(part(1), part(2), part(3), part(4))
		if err != nil {
			return nil, fmt.Errorf("step: expression column %d: %w", m[0]+1, err)
		}
		name := "_" + strconv.Itoa(len(x.refs))
		out.WriteString(src[at:m[0]] + name + strings.Repeat(" ", max(0, m[1]-m[0]-len(name))))
		x.refs, at = append(x.refs, ref), m[1]
	}
	out.WriteString(src[at:])
	var err error
	if x.e, err = chip.CompileExpr(out.String()); err != nil {
		return nil, reword(err)
	}
	for _, v := range x.e.Vars() {
		if _, ok := x.ref(v); !ok && v != "tick" && v != "spikes" {
			return nil, fmt.Errorf("step: %q has no value, have tick, spikes, POP[INDEX].WORD and POP.spikes", cut(v))
		}
	}
	return x, nil
}

// reword makes an error of the expression language one of the debugger.
func reword(err error) error {
	var bad *chip.ExprError
	if errors.As(err, &bad) {
		return fmt.Errorf("step: expression column %d: %s", bad.Col, bad.Msg)
	}
	return err
}

func (x *expression) ref(name string) (func() (int64, error), bool) {
	k, err := strconv.Atoi(strings.TrimPrefix(name, "_"))
	if err != nil || name[0] != '_' || k >= len(x.refs) {
		return nil, false
	}
	return x.refs[k], true
}

func (d *Debugger) eval(x *expression) (int64, error) {
	var failed error
	v, err := x.e.Eval(func(name string) (int64, bool) {
		switch name {
		case "tick":
			return d.tick(), true
		case "spikes":
			return int64(len(d.last)), true
		}
		f, _ := x.ref(name)
		v, err := f()
		if err != nil && failed == nil {
			failed = err
		}
		return v, err == nil
	})
	if failed != nil {
		return 0, failed
	}
	if err != nil {
		return 0, reword(err)
	}
	return v, nil
}

// population finds a population by name; quotes are taken off.
func (d *Debugger) population(name string) (int, error) {
	name = strings.Trim(name, `"`)
	var have []string
	for i, p := range d.img.Pops {
		if p.Name == name {
			return i, nil
		}
		have = append(have, fmt.Sprintf("%s(%d)", p.Name, p.N))
	}
	if len(have) > 8 {
		have = append(have[:8], "...")
	}
	return 0, fmt.Errorf("population %q, have %s", cut(name), strings.Join(have, " "))
}

// neuron reads POP[INDEX], and where on the chip it is.
func (d *Debugger) neuron(arg string) (pop, index int, at chip.Site, err error) {
	m := oneNeuron.FindStringSubmatch(arg)
	if m == nil {
		return 0, 0, at, fmt.Errorf("step: %q, need a neuron as POP[INDEX]", cut(arg))
	}
	if pop, err = d.population(m[1]); err != nil {
		return 0, 0, at, fmt.Errorf("step: %w", err)
	}
	if index, err = strconv.Atoi(m[2]); err != nil {
		return 0, 0, at, fmt.Errorf("step: index %q, need a whole number", cut(m[2]))
	}
	if at, err = d.img.Locate(pop, index); err != nil {
		return 0, 0, at, fmt.Errorf("step: %w", err)
	}
	return pop, index, at, nil
}

// resolve turns a reference into a function of the machine's present state.
func (d *Debugger) resolve(name, index, word, whole string) (func() (int64, error), error) {
	pop, err := d.population(name)
	if err != nil {
		return nil, err
	}
	if index == "" {
		if whole != "spikes" {
			return nil, fmt.Errorf("%q of a population, have spikes", cut(whole))
		}
		return func() (int64, error) { return d.spikes(pop, -1), nil }, nil
	}
	i, err := strconv.Atoi(index)
	if err != nil {
		return nil, fmt.Errorf("index %q, need a whole number", cut(index))
	}
	at, err := d.img.Locate(pop, i)
	if err != nil {
		return nil, err
	}
	if word == "" || word == "spike" {
		return func() (int64, error) { return d.spikes(pop, i), nil }, nil
	}
	return d.word(at, word)
}

// spikes is the payload of a neuron's spike in the last tick, 0 if it had none;
// of a whole population (index < 0) the number of spikes.
func (d *Debugger) spikes(pop, index int) (n int64) {
	for _, s := range d.last {
		switch {
		case int(s.Pop) != pop:
		case index < 0:
			n++
		case int(s.Index) == index:
			return int64(s.Payload)
		}
	}
	return n
}

// word finds a state word by name or number, a parameter, a pending input or a
// modulator of a neuron.
func (d *Debugger) word(at chip.Site, word string) (func() (int64, error), error) {
	img := d.img.Cores[at.Core].Image
	if img.Event != nil {
		return d.eventWord(at, word)
	}
	g := &img.Groups[at.Group]
	for w := range g.State {
		if word == why.WordName(g, w) || word == (isa.S0+isa.Operand(w)).String() {
			return func() (int64, error) { return int64(d.m.Core(at.Core).State.Words[at.Group][w][at.Lane]), nil }, nil
		}
	}
	for p := range g.Params {
		if word == (isa.P0 + isa.Operand(p)).String() {
			return func() (int64, error) {
				row := d.m.Core(at.Core).State.Params[at.Group][p]
				return int64(row[min(at.Lane, len(row)-1)]), nil
			}, nil
		}
	}
	for p := range img.Ports {
		if word == "in"+strconv.Itoa(p) {
			return func() (int64, error) { return d.pending(at, p, 0), nil }, nil
		}
	}
	for k := range isa.NumMOD {
		if word == "mod"+strconv.Itoa(k) {
			return func() (int64, error) { return int64(d.m.Core(at.Core).State.Mods[k]), nil }, nil
		}
	}
	var have []string
	for w := range g.State {
		have = append(have, why.WordName(g, w))
	}
	return nil, fmt.Errorf("word %q of group %s, have %s, s0.., p0.., in0.., mod0.., spike", cut(word), g.Name, strings.Join(have, ", "))
}

// pending is what a port has gathered so far for the tick after delay ticks.
func (d *Debugger) pending(at chip.Site, port, delay int) int64 {
	c := d.m.Core(at.Core)
	slot := (int(c.State.Tick%int64(c.Image.Ring)) + delay) % c.Image.Ring
	return int64(c.State.Acc[port][slot*c.Image.N+at.Comp])
}
