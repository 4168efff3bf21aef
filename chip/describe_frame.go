package chip

import (
	"math"
	"slices"

	"hillock/core/event"
)

// FrameTemplate is how a host shows samples to any network on a chip without
// ticks; what depends on the network is added by a compiler.
type FrameTemplate struct {
	Before, Step, After []FrameWord
	// Leak takes the leak off every potential; nil = no word does. Where there is
	// one, samples are told apart by it; otherwise After clears all state.
	Leak   *FrameWord
	Source string
}

// EventNetwork is how a network of neurons is written into the memories of a
// core without ticks.
type EventNetwork struct {
	Inlet     int // of event.Spec.Inlets: neuron i of it is input address i
	Potential int // field that must reach the field Threshold
	Threshold int
	// Leak is the field of what a leak word takes off; -1 = potentials decay.
	Leak int
	// Decay is the part of a potential that a step keeps, Keep that of an output
	// that adds up; One = 0: there is no such thing.
	Decay, Keep EventRatio
	// Stepped: neurons spike when the next step's words come, so every layer
	// costs a step. Otherwise their spikes act within the step.
	Stepped   bool
	Weights   []EventWeights
	Neuron    []EventSetting // fields of a neuron
	Unused    []EventSetting // of an item that is none
	Registers []EventSetting
	Source    string
}

// EventRatio is a register's unit of 1 and its range.
type EventRatio struct{ One, Lo, Hi int64 }

// EventWeights says where a weight is stored.
type EventWeights struct {
	From  string // inputs, neurons, or sources: both, in one space of addresses
	To    string // neurons, or outputs, which add up and do not spike
	Field int
	// Sign is a field of the source that makes all its weights negative; -1 =
	// weights have signs of their own.
	Sign int
	// Mark is a field that is 1 where there is a weight; -1 = none.
	Mark  int
	Shift int64 // places that weights are shifted left when they act
}

// EventSetting is a field and its value, an expression over EventVars.
type EventSetting struct {
	Field int
	Expr  *Expr
}

// EventVars are the variables of settings: of a neuron its threshold, leak,
// decay and whether a spike subtracts the threshold (1) or clears the potential
// (0); of registers subtract too, the decay of outputs (keep) and how many
// addresses of inputs, neurons and outputs are in use.
var EventVars = []string{"threshold", "leak", "decay", "subtract", "keep", "inputs", "neurons", "outputs"}

// EventValues are the values of EventVars, in their order.
type EventValues [8]int64

// Value evaluates a setting.
func (s *EventSetting) Value(v *EventValues) (int64, error) {
	return s.Expr.Eval(func(name string) (int64, bool) {
		k := slices.Index(EventVars, name)
		return v[max(k, 0)], k >= 0
	})
}

// frame reads how a host shows samples. Ports are known by then.
func (e *eventDecoder) frame(n *descNode) {
	t := &FrameTemplate{}
	e.object(n, "frame",
		descField{"before", false, e.frameWords(&t.Before)},
		descField{"step", false, e.frameWords(&t.Step)},
		descField{"after", false, e.frameWords(&t.After)},
		descField{"leak", false, func(n *descNode) {
			t.Leak = &FrameWord{}
			e.frameWord(t.Leak)(n)
		}},
		descField{"source", true, e.text(&t.Source, "source")})
	e.f.Frame = t
}

func (e *eventDecoder) frameWords(to *[]FrameWord) func(*descNode) {
	return eventList(e, to, "words", e.frameWord)
}

func (e *eventDecoder) frameWord(to *FrameWord) func(*descNode) {
	return func(n *descNode) {
		port := ""
		to.Times = 1
		e.object(n, "word",
			descField{"port", true, e.text(&port, "port")},
			descField{"word", true, e.int64(&to.Word, "word", 0, math.MaxInt64)},
			descField{"times", false, e.int(&to.Times, "times", 1, maxFrameTimes)})
		if to.Port = e.find(n, port, "port", len(e.spec.Control.Ports), func(i int) string { return e.spec.Control.Ports[i].Name }); to.Port < 0 {
			return
		}
		if err := to.check(e.spec.Control.Ports); err != nil {
			e.fail(n.at, "%w", err)
		}
	}
}

// network reads where weights, thresholds and leaks of a network go. Inlets are
// known by then.
func (e *eventDecoder) network(n *descNode) {
	t := &EventNetwork{Inlet: -1, Leak: -1}
	e.object(n, "network",
		descField{"inlet", true, func(n *descNode) {
			if e.kind(n, descString, "inlet") {
				t.Inlet = e.find(n, n.text, "inlet", len(e.spec.Inlets), func(i int) string { return e.spec.Inlets[i].Name })
			}
		}},
		descField{"potential", true, e.fieldName(&t.Potential)},
		descField{"threshold", true, e.fieldName(&t.Threshold)},
		descField{"leak", false, e.fieldName(&t.Leak)},
		descField{"decay", false, e.ratio(&t.Decay)},
		descField{"keep", false, e.ratio(&t.Keep)},
		descField{"stepped", false, e.bool(&t.Stepped, "stepped")},
		descField{"weights", true, eventList(e, &t.Weights, "weights", e.netWeights)},
		descField{"neuron", true, e.settings(&t.Neuron)},
		descField{"unused", false, e.settings(&t.Unused)},
		descField{"registers", false, e.settings(&t.Registers)},
		descField{"source", true, e.text(&t.Source, "source")})
	if (t.Leak < 0) == (t.Decay.One == 0) {
		e.fail(n.at, "network: need one of leak and decay")
	}
	e.f.Network = t
}

// fieldName reads the name of a field of a memory.
func (e *eventDecoder) fieldName(to *int) func(*descNode) {
	return func(n *descNode) {
		if e.kind(n, descString, "field") {
			*to = max(e.fieldAt(n, n.text), 0)
		}
	}
}

// fieldAt is the index of a field of a memory, -1 with an error if there is none.
func (e *eventDecoder) fieldAt(n *descNode, name string) int {
	k := e.spec.Field(name)
	if k < 0 {
		e.fail(n.at, "unknown field %q", name)
	}
	return k
}

func (e *eventDecoder) ratio(to *EventRatio) func(*descNode) {
	return func(n *descNode) {
		e.object(n, "ratio",
			descField{"one", true, e.int64(&to.One, "one", 1, 1<<31)},
			descField{"lo", true, e.int64(&to.Lo, "lo", 0, 1<<31)},
			descField{"hi", true, e.int64(&to.Hi, "hi", to.Lo, 1<<31)})
	}
}

func (e *eventDecoder) netWeights(to *EventWeights) func(*descNode) {
	return func(n *descNode) {
		to.Sign, to.Mark = -1, -1
		e.object(n, "weights",
			descField{"from", true, e.word(&to.From, "from", "sources", "inputs", "neurons")},
			descField{"to", true, e.word(&to.To, "to", "neurons", "outputs")},
			descField{"field", true, e.fieldName(&to.Field)},
			descField{"sign", false, e.fieldName(&to.Sign)},
			descField{"mark", false, e.fieldName(&to.Mark)},
			descField{"shift", false, e.int64(&to.Shift, "shift", 0, 15)})
	}
}

// settings reads {"FIELD": EXPRESSION, ...}; a register is a field too.
func (e *eventDecoder) settings(to *[]EventSetting) func(*descNode) {
	return func(n *descNode) {
		e.named(n, "settings", func(name string, at descPos, v *descNode) {
			s := EventSetting{Field: e.fieldAt(v, name)}
			if !e.kind(v, descString, "setting") || s.Field < 0 {
				return
			}
			x, err := CompileExpr(v.text)
			if err != nil {
				e.exprError(v, "setting "+name, err)
				return
			}
			for _, name := range x.vars {
				if !slices.Contains(EventVars, name) {
					e.fail(v.at, "variable %q, have %q", name, EventVars)
				}
			}
			s.Expr = x
			*to = append(*to, s)
		})
	}
}

// checkNetwork holds the section network against what a compiler needs of it.
func (e *eventDecoder) checkNetwork(n *descNode) {
	t, s := e.f.Network, e.spec
	if t == nil || len(e.errs) > 0 {
		return
	}
	if e.f.Frame == nil {
		e.fail(n.at, "network without a frame, need both")
		return
	}
	if t.Decay.One == 0 && e.f.Frame.Leak == nil {
		e.fail(n.at, "network with a leak, need a word that takes it off in the frame")
	}
	if (t.Keep.One != 0) != slices.ContainsFunc(t.Weights, func(w EventWeights) bool { return w.To == "outputs" }) {
		e.fail(n.at, "network: need keep if weights go to outputs, and only then")
	}
	for _, need := range [...]struct{ from, to string }{{"inputs", "neurons"}, {"neurons", "neurons"}} {
		k := 0
		for _, w := range t.Weights {
			if (w.From == need.from || w.From == "sources") && w.To == need.to {
				k++
			}
			if m := s.Fields[w.Field].Memory; s.Memories[m].Row == 0 {
				e.fail(n.at, "weights in memory %q, need one with rows", s.Memories[m].Name)
			}
		}
		if k != 1 {
			e.fail(n.at, "network: %d places for weights from %s to %s, need 1", k, need.from, need.to)
		}
	}
}

// OneSpace says that inputs and neurons have one space of addresses.
func (t *EventNetwork) OneSpace() bool {
	return slices.ContainsFunc(t.Weights, func(w EventWeights) bool { return w.From == "sources" })
}

// Place is where weights from "inputs" or "neurons" to "neurons" or "outputs"
// are stored; nil if there is no such memory.
func (t *EventNetwork) Place(from, to string) *EventWeights {
	for i := range t.Weights {
		if w := &t.Weights[i]; (w.From == from || w.From == "sources") && w.To == to {
			return w
		}
	}
	return nil
}

// FirstAxon is the in-axon of neuron 0 of an inlet.
func FirstAxon(s *event.Spec, inlet int) int {
	at := 0
	for _, x := range s.Inlets[:inlet] {
		at += x.N
	}
	return at
}
