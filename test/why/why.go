// Package why writes down what one neuron did in one tick: its inputs and the
// operands and result of every instruction, with the names of the image.
package why

import (
	"fmt"
	"strconv"
	"strings"

	"hillock/chip"
	"hillock/core"
	"hillock/isa"
	"hillock/isa/asm"
)

// Value is a number with its name.
type Value struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

// Arrival is one synaptic event. Weight is what it adds for a payload of 1; a
// weight format may shift the sum of a tick once, so weights need not add up.
type Arrival struct {
	From    string `json:"from"` // POPULATION[INDEX], or "" if not known
	Axon    int    `json:"axon"`
	Port    int    `json:"port"`
	Delay   int    `json:"delay"` // ticks from now on
	Weight  int64  `json:"weight"`
	Payload int64  `json:"payload"`
}

// Step is one instruction.
type Step struct {
	Substep  int     `json:"substep"`
	Word     int     `json:"word"` // of the program, from 0
	Text     string  `json:"text"`
	Ran      bool    `json:"ran"`      // its predicate held
	Operands []Value `json:"operands"` // before it
	Target   string  `json:"target"`   // what it writes, "" = nothing
	Result   int64   `json:"result"`   // at full width; of a comparison 0 or 1
	Value    int64   `json:"value"`    // of the target afterwards, also if it did not run
}

// Story is one neuron in one tick.
type Story struct {
	Tick        int64     `json:"tick"`
	Population  string    `json:"population"`
	Index       int       `json:"index"`
	Core        int       `json:"core"`
	Compartment int       `json:"compartment"`
	Group       string    `json:"group"`
	Event       []string  `json:"event,omitempty"`    // of a core without ticks: what it worked on, in words
	Programs    []string  `json:"programs,omitempty"` // of a core without ticks: one per substep
	Before      []Value   `json:"before"`
	Inputs      []Value   `json:"inputs"`
	Arrivals    []Arrival `json:"arrivals"`
	Events      int       `json:"events"` // arrivals in all
	Params      []Value   `json:"parameters"`
	Steps       []Step    `json:"steps"`
	After       []Value   `json:"after"`
	Spike       int64     `json:"spike"` // payload, 0 = none
}

// Tell explains a neuron of a machine in its coming tick, given the spikes from
// outside in that tick. The machine stays as it is.
func Tell(m *chip.Machine, pop, index int, in []chip.Injection) (*Story, error) {
	if at, err := m.Image().Locate(pop, index); err == nil && m.Image().Cores[at.Core].Image.Event != nil {
		return tellEvent(m, pop, index, in)
	}
	x, err := m.Explain(pop, index, in)
	if err != nil {
		return nil, err
	}
	img := m.Image()
	g := &img.Cores[x.Site.Core].Image.Groups[x.Site.Group]
	s := &Story{Tick: x.Tick, Population: img.Pops[pop].Name, Index: index, Core: x.ID, Compartment: x.Site.Comp, Group: g.Name,
		Events: x.Events, Spike: int64(x.Out), Arrivals: []Arrival{}}
	for w := range x.Before {
		s.Before = append(s.Before, Value{WordName(g, w), int64(x.Before[w])})
		s.After = append(s.After, Value{WordName(g, w), int64(x.After[w])})
	}
	for p, v := range x.Inputs {
		s.Inputs = append(s.Inputs, Value{(isa.IN0 + isa.Operand(p)).String(), int64(v)})
	}
	for p, row := range m.Core(x.Site.Core).State.Params[x.Site.Group] {
		s.Params = append(s.Params, Value{(isa.P0 + isa.Operand(p)).String(), int64(row[min(x.Site.Lane, len(row)-1)])})
	}
	for _, a := range x.Arrivals {
		s.Arrivals = append(s.Arrivals, Arrival{From: originName(img, x.Origins[a.Event]), Axon: int(a.Axon), Port: a.Port, Delay: a.Delay,
			Weight: int64(a.Weight), Payload: int64(a.Payload)})
	}
	for _, t := range x.Steps {
		s.Steps = append(s.Steps, step(g, t))
	}
	return s, nil
}

func originName(img *chip.Image, o chip.Origin) string {
	if o.Pop < 0 {
		return ""
	}
	return Neuron(img.Pops[o.Pop].Name, o.Index)
}

// Neuron is how a neuron is written: POPULATION[INDEX].
func Neuron(pop string, index int) string { return pop + "[" + strconv.Itoa(index) + "]" }

// WordName is the name of state word w of a group: its own, or s0, s1, ...
func WordName(g *core.Group, w int) string {
	if w < len(g.Words) && g.Words[w] != "" {
		return g.Words[w]
	}
	return (isa.S0 + isa.Operand(w)).String()
}

// operandName is the name of an operand in explanations.
func operandName(g *core.Group, o isa.Operand) string {
	if o >= isa.S0 && o < isa.P0 {
		return WordName(g, int(o-isa.S0))
	}
	return o.String()
}

func step(g *core.Group, t core.InstrTrace) Step {
	in := t.Instr
	s := Step{Substep: t.Substep, Word: t.Word, Text: asm.InstrText(in), Ran: t.Ran, Operands: []Value{}, Result: t.Result, Value: t.Value}
	s.name(in, t.A, t.B, func(o isa.Operand) string { return operandName(g, o) })
	return s
}

// name gives a step its operands and its target.
func (s *Step) name(in isa.Instr, a, b int64, operandName func(isa.Operand) string) {
	if !s.Ran {
		s.Result = s.Value
	}
	form := isa.Table[in.Op].Form
	use := func(o isa.Operand, v int64) {
		if o != isa.Z {
			s.Operands = append(s.Operands, Value{operandName(o), v})
		}
	}
	switch form {
	case isa.FormNone, isa.FormDraw, isa.FormImm17, isa.FormImm15, isa.FormSkip, isa.FormLoad:
	case isa.FormD2, isa.FormD3, isa.FormD1S, isa.FormCmp:
		use(in.A, a)
		use(in.B, b)
	default:
		use(in.A, a)
	}
	switch form {
	case isa.FormCmp, isa.FormTest:
		s.Target = in.Flag.String()
	case isa.FormSrc:
		if in.Op == isa.SPK {
			s.Target = isa.OUT.String()
		}
	case isa.FormNone, isa.FormSrcK, isa.FormSkip, isa.FormStore:
	default:
		if in.D != isa.Z {
			s.Target = operandName(in.D)
		}
	}
}

// maxArrivals bounds the arrivals that a text lists.
const maxArrivals = 32

// Text writes the story, one line per fact.
func (s *Story) Text() []string {
	out := []string{
		fmt.Sprintf("tick %d, %s: core %d, compartment %d, group %s", s.Tick, Neuron(s.Population, s.Index), s.Core, s.Compartment, s.Group),
		"before: " + list(s.Before),
	}
	if len(s.Event) > 0 {
		out = s.eventHead()
		if len(s.Steps) == 0 {
			return out
		}
	}
	for i, a := range s.Arrivals {
		if i == maxArrivals {
			break
		}
		out = append(out, "arrives: "+a.String())
	}
	if n := s.Events - min(len(s.Arrivals), maxArrivals); n > 0 {
		out = append(out, fmt.Sprintf("arrives: %d more", n))
	}
	out = append(out, "inputs: "+list(s.Inputs))
	for i := range s.Steps {
		if k := s.Steps[i].Substep; k < len(s.Programs) && (i == 0 || s.Steps[i-1].Substep != k) {
			out = append(out, "program "+s.Programs[k])
		}
		out = append(out, s.Steps[i].String())
	}
	spike := "no spike"
	if s.Spike != 0 {
		spike = fmt.Sprintf("spike with payload %d", s.Spike)
	}
	return append(out, "after: "+list(s.After)+"; "+spike)
}

// String is the arrival in one line.
func (a *Arrival) String() string {
	from := a.From
	if from == "" {
		from = "a neuron that is not known"
	}
	s := fmt.Sprintf("weight %d from %s by in-axon %d to IN%d", a.Weight, from, a.Axon, a.Port)
	if a.Payload != 1 {
		s += fmt.Sprintf(", times payload %d", a.Payload)
	}
	if a.Delay > 0 {
		s += fmt.Sprintf(", due in %d ticks", a.Delay)
	}
	return s
}

// String is the instruction in one line: word, text, operands, what it did.
func (s *Step) String() string {
	word := strconv.Itoa(s.Word)
	if s.Substep > 0 {
		word = fmt.Sprintf("%d.%d", s.Substep, s.Word)
	}
	return strings.TrimRight(fmt.Sprintf("%4s  %-26s  %s", word, s.Text, s.did()), " ")
}

func (s *Step) did() string {
	switch {
	case !s.Ran:
		return "not done"
	case s.Target == "":
		return list(s.Operands)
	}
	do := s.Target + " = " + s.number(s.Value)
	if s.Result != s.Value {
		do += fmt.Sprintf(" (%d before it was stored)", s.Result)
	}
	if len(s.Operands) == 0 {
		return do
	}
	return list(s.Operands) + ": " + do
}

// number writes a flag as a word.
func (s *Step) number(v int64) string {
	if s.Target != "F" && s.Target != "G" && s.Target != "H" {
		return strconv.FormatInt(v, 10)
	}
	return strconv.FormatBool(v != 0)
}

func list(vs []Value) string {
	var s []string
	for _, v := range vs {
		s = append(s, v.Name+" "+strconv.FormatInt(v.Value, 10))
	}
	return strings.Join(s, ", ")
}
