package chip

import (
	"fmt"
	"strconv"

	"hillock/core/learn"
	"hillock/isa"
	"hillock/isa/fixed"
)

// LearnModel is one kind of learning that a family's synapses can have: words,
// steps and the microcode from which rules are put together.
type LearnModel struct {
	Name     string
	Inherits string // model that this one was derived from, "" = none
	Source   string
	Epoch    string // expression over settings: ticks
	First    int64  // number of the first epoch
	Settings []Setting
	Times    []string // real settings: time constants in ticks, 0 = nothing stays
	Words    [learn.NumSpaces][]LearnWord
	Draws    []LearnDraw // in the order of their streams
	Factors  []LearnFactor
	Consts   []LearnConst // assembly-time constants of rule texts
	Product  RuleText     // what follows the factors of a product
	Steps    []LearnStep
	Roles    []learn.Role // kinds of sources, none = all are alike
	Depth    int          // entries of the past of a target, 0 = none
	Past     []LearnWord  // words of an entry
}

// Setting is a whole number that a user of a model chooses.
type Setting struct {
	Name       string
	Lo, Hi     int64
	HasDefault bool
	Default    int64
	PerRole    bool // it has a value for each role, asked for as NAME.ROLE
}

// LearnWord is one word of a space.
type LearnWord struct {
	Name   string
	Layout fixed.Layout
	Stored bool
	Live   bool // says whether the synapse is there: see learn.Plan.Live
}

// LearnDraw is a named draw format; its stream is its place in the list.
type LearnDraw struct {
	Name string
	Bits uint8
	Each bool
}

// LearnFactor is a variable of rules: its word, which is parameter p of every
// rule step by its place in the list, and the width that it is clipped to
// (0 = it is not).
type LearnFactor struct {
	Name, Word string
	Bits       int64
}

// LearnConst is a named expression over settings and, in rule texts, over
// fraction (fraction bits that the rule's products need), width (of the
// factors of a product, together) and exp (exponent of a product's scale).
type LearnConst struct{ Name, Expr string }

// RuleText is microcode that becomes part of a rule: file names and contents.
type RuleText struct{ Files, Texts []string }

// LearnTable describes a look-up table over a trace: the whole part, the
// fraction or a scaled form of x * factor; or one over ticks, which is what stays
// of 2^Bits and ends with its first 0.
type LearnTable struct {
	Decay   string // exp: e^(-ticks/time); linear: 1 - ticks/time; linear15: that in 15 digits
	Time    string // "" = Fixed ticks
	Fixed   int64
	Ticks   string // expression
	Entries int64
	Part    string // whole, fraction (in units of 2^-bits), scaled (by 2^bits); curve: over ticks
	Bits    int64
}

// LearnStep is a step of a model; expressions and names are settled by Bind.
type LearnStep struct {
	Name          string
	On            learn.Trigger
	At            learn.Moment
	Over          learn.Space
	Every, Offset string
	Passes        string // "" = 1
	Files         []string
	Prog          *isa.Program // nil in steps that hold a rule
	State, Params []string
	Views, Draws  []string
	Tables        []LearnTable
	Keep          bool
	Roles         []string // names, none = all
	Append        bool
	Walk          learn.Walk
	From, To      string
	Rule          *RuleFrame // nil = the program is fixed
}

// RuleFrame is the microcode around the products of a rule.
type RuleFrame struct {
	Gates         []RuleGate // words behind the dependencies x0 and y0
	Begin, Finish RuleText
	Product       RuleText // instead of the model's, empty = that
	Targets       []RuleTarget
}

// RuleGate says which word opens a dependency; "" = it is always shut here.
type RuleGate struct{ Dep, Word string }

// RuleTarget is what frames the products of one target, such as dw: the end
// may differ by sign mode.
type RuleTarget struct {
	Name  string
	Begin RuleText
	Ends  []RuleEnd
}

// RuleEnd is the end of a target for one sign mode; "any" serves all.
type RuleEnd struct {
	Mode string
	Text RuleText
}

// RuleProgram is a rule as microcode for one step of a model. Gate n is bit n
// of EVT.
type RuleProgram struct {
	Step  string
	Prog  *isa.Program
	Gates []GateOf
}

// GateOf is the dependency behind a gate: x0, y0, or u with its exponent K
// (open in every 2^K-th epoch).
type GateOf struct {
	Dep string
	K   int
}

// LearnModel is the model of a name, nil if there is none.
func (f *Family) LearnModel(name string) *LearnModel {
	for i := range f.Learning {
		if f.Learning[i].Name == name {
			return &f.Learning[i]
		}
	}
	return nil
}

// word finds a word by name.
func (m *LearnModel) word(name string) (learn.Ref, bool) {
	for s := range m.Words {
		for w := range m.Words[s] {
			if m.Words[s][w].Name == name {
				return learn.Ref{Space: learn.Space(s), Word: int32(w)}, true
			}
		}
	}
	for w := range m.Past {
		if m.Past[w].Name == name {
			return learn.Ref{Space: learn.Entry, Word: int32(w)}, true
		}
	}
	return learn.Ref{}, false
}

// draw finds a draw format by name.
func (m *LearnModel) draw(name string) (learn.Draw, bool) {
	for k, d := range m.Draws {
		if d.Name == name {
			return learn.Draw{Stream: int32(k), Bits: d.Bits, Each: d.Each}, true
		}
	}
	return learn.Draw{}, false
}

// Stream is the number of the stream of a named draw format, -1 if there is
// none.
func (m *LearnModel) Stream(name string) int32 {
	if d, ok := m.draw(name); ok {
		return d.Stream
	}
	return -1
}

// WordOf is the place of a named word.
func (m *LearnModel) WordOf(name string) (learn.Space, int, error) {
	r, ok := m.word(name)
	if !ok {
		return 0, 0, fmt.Errorf("chip: learning model %q has no word %q", m.Name, name)
	}
	return r.Space, int(r.Word), nil
}

// canon appends what the model's microcode means, for the description's hash.
func (m *LearnModel) canon(b []byte) []byte {
	text := func(t RuleText) {
		for _, s := range t.Texts {
			b = append(append(b, '\n'), s...)
		}
	}
	text(m.Product)
	for i := range m.Steps {
		s := &m.Steps[i]
		b = append(append(b, '\n'), s.Name...)
		if s.Prog != nil {
			for _, w := range s.Prog.Words() {
				b = strconv.AppendUint(append(b, ' '), uint64(w), 16)
			}
		}
		if s.Rule == nil {
			continue
		}
		text(s.Rule.Begin)
		text(s.Rule.Product)
		for _, t := range s.Rule.Targets {
			text(t.Begin)
			for _, e := range t.Ends {
				text(e.Text)
			}
		}
		text(s.Rule.Finish)
	}
	return b
}
