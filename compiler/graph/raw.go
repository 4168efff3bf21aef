package graph

// Raw is a network in a chip's own numbers: values of register fields instead
// of time constants, stored weights instead of real ones, learning models of
// the description instead of rules. It has a meaning only together with a
// chip's description; populations and projections may stand in any order.
type Raw struct {
	Name       string
	Pops       []*RawPop
	Projs      []*RawProj
	Rules      []*RawRule
	Modulators []RawModulator
	Provenance []string // one line per decision, file first
}

// RawPop is n neurons of one group of the chip, or n inputs. At says where it
// stands in its file.
type RawPop struct {
	Name   string
	N      int
	Input  bool
	Group  string // "" = the chip's default group
	Fields []RawField
	Output bool
	Read   string // state word that the host reads at the end, "" = spikes
	At     string
}

// RawField gives a register field one value for all neurons, or N values. A
// field that exists once per core has one.
type RawField struct {
	Name   string
	Values []int64
}

// RawProj is a list of synapses from Pre to Post, by pre, post and delay
// ascending. Bits 0 is the widest the chip has, Sign "" the narrowest of exc,
// inh and mixed that holds the weights (mixed if they learn). Rule is an index
// into Raw.Rules, -1 = the weights stay.
type RawProj struct {
	Name      string
	Pre, Post int
	Port      int
	Sign      string // exc, inh, mixed
	Bits, Exp int
	Rule      int
	Role      string // of the sources in the rule's learning model, "" = the one of the port's number
	Reserved  bool   // memory only: the synapses are not there until the rule makes them
	Synapses  []RawSynapse
	At        string
}

// RawSynapse is one synapse. Weight is the full mantissa: one event adds
// (Weight << Exp) << scale of the chip.
type RawSynapse struct {
	Pre, Post, Delay int32
	Weight           int32
}

// RawRule is one use of a learning model: settings, times in ticks, and the
// equations of the steps that hold a rule.
type RawRule struct {
	Name     string
	Model    string
	Settings []RawField // one value each
	Times    []RawTime
	Targets  []RawTarget
	Start    []RawField // start values of synapse words, one each
	At       string
}

// RawTime is a time constant in ticks.
type RawTime struct {
	Name  string
	Value float64
}

// RawTarget is one equation of a rule, such as dw.
type RawTarget struct{ Name, Text, At string }

// RawModulator lets the spikes of a population drive a modulator register.
type RawModulator struct {
	Register, Pop int
	Keep          int32 // of 4096, per tick
	Gain          int32 // per spike
	Top           int32 // 0 = none
	At            string
}

// Whole is a setting.
func (r *RawRule) Whole(name string) (int64, bool) {
	for _, s := range r.Settings {
		if s.Name == name {
			return s.Values[0], true
		}
	}
	return 0, false
}

// Real is a time constant, in ticks.
func (r *RawRule) Real(name string) (float64, bool) {
	for _, t := range r.Times {
		if t.Name == name {
			return t.Value, true
		}
	}
	return 0, false
}
