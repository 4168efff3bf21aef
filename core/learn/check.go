package learn

import (
	"fmt"

	"hillock/isa"
	"hillock/isa/fixed"
)

// Bounds of one plan, so that a small file cannot ask for unbounded work.
const (
	MaxSteps  = 64
	MaxWords  = 32
	MaxPasses = 64
	maxItems  = 1 << 22 // words of all items together, and of all passes kept
)

// spaceNames are the names of the spaces in errors.
var spaceNames = [...]string{"synapse", "pre", "post", "neuron", "const", "phase", "pass", "entry", "tail", "role", "delay"}

// String is the name of the space.
func (s Space) String() string {
	if int(s) < len(spaceNames) {
		return spaceNames[s]
	}
	return fmt.Sprintf("space(%d)", uint8(s))
}

// Check verifies every index and size of a plan over its synapses, so that no
// run can read or write outside it.
func (p *Plan) Check(n *Net) error {
	switch {
	case len(p.Words[Synapse]) == 0 || !p.Words[Synapse][0].Stored:
		return fmt.Errorf("learn: the first word of a synapse must be its stored weight")
	case p.Epoch < 1:
		return fmt.Errorf("learn: epoch of %d ticks, need at least 1", p.Epoch)
	case len(p.Steps) > MaxSteps:
		return fmt.Errorf("learn: %d steps, need at most %d", len(p.Steps), MaxSteps)
	}
	if err := p.checkLive(); err != nil {
		return err
	}
	if err := p.checkPast(n); err != nil {
		return err
	}
	all := len(p.Past.Words) * n.NPost * p.Past.Depth
	if all > maxItems {
		return fmt.Errorf("learn: %d words of the past of all targets, need at most %d", all, maxItems)
	}
	for s := range p.Words {
		if err := p.checkWords(Space(s), n); err != nil {
			return err
		}
		if all += len(p.Words[s]) * n.items(Space(s)); all > maxItems {
			return fmt.Errorf("learn: %d words of all items, need at most %d", all, maxItems)
		}
	}
	kept := 0
	for k := range p.Steps {
		step := &p.Steps[k]
		if err := p.checkStep(step); err != nil {
			return fmt.Errorf("learn: step %d (%s): %w", k, step.Name, err)
		}
		if step.Keep {
			if kept += step.Passes * n.items(step.Over) * len(step.State); kept > maxItems {
				return fmt.Errorf("learn: step %d (%s): %d words kept of passes, need at most %d", k, step.Name, kept, maxItems)
			}
		}
	}
	return nil
}

// checkLive wants the word that says whether a synapse is there to be 1 bit of
// synapse memory that is not the weight.
func (p *Plan) checkLive() error {
	if p.Live == 0 {
		return nil
	}
	if p.Live < 0 || int(p.Live) >= len(p.Words[Synapse]) {
		return fmt.Errorf("learn: presence is word %d of a synapse, need 1..%d or none", p.Live, len(p.Words[Synapse])-1)
	}
	w := &p.Words[Synapse][p.Live]
	if !w.Stored || w.Layout.Width != 1 || w.Layout.Over != fixed.SatU && w.Layout.Over != fixed.WrapU {
		return fmt.Errorf("learn: word %q says whether a synapse is there, need 1 stored bit without a sign", w.Name)
	}
	return nil
}

func (p *Plan) checkWords(s Space, n *Net) error {
	if len(p.Words[s]) > MaxWords {
		return fmt.Errorf("learn: %d words per %s, need at most %d", len(p.Words[s]), s, MaxWords)
	}
	for w := range p.Words[s] {
		x := &p.Words[s][w]
		if err := x.Layout.Valid(); err != nil {
			return fmt.Errorf("learn: word %q: %w", x.Name, err)
		}
		if x.Stored && s != Synapse {
			return fmt.Errorf("learn: word %q of space %s is stored, need space %s", x.Name, s, Synapse)
		}
		if m := n.items(s); len(x.Init) > 1 && len(x.Init) != m {
			return fmt.Errorf("learn: word %q has %d start values, need 0, 1 or %d", x.Name, len(x.Init), m)
		}
		for i, v := range x.Init {
			if x.Layout.Apply(int64(v)) != v {
				return fmt.Errorf("learn: word %q: start value %d of item %d does not fit %d bits, %s", x.Name, v, i, x.Layout.Width, x.Layout.Over)
			}
		}
	}
	return nil
}

func (p *Plan) checkStep(s *Step) error {
	switch {
	case s.Prog == nil || s.Prog.Kind != isa.Rule:
		return fmt.Errorf("no program of a learning rule")
	case s.Over > Post:
		return fmt.Errorf("walk over %s, need synapse, pre or post", s.Over)
	case s.At > Served || s.On > Fire:
		return fmt.Errorf("unknown trigger %d or moment %d", s.On, s.At)
	case s.On == Arrive && s.Over == Post || s.On == Fire && s.Over == Pre:
		return fmt.Errorf("trigger and walk do not meet: a spike in reaches its source and its synapses, a spike out its target")
	case s.On == Fire && s.Over == Synapse:
		return fmt.Errorf("synapses of a target: lists are stored by source, a spike out cannot walk them")
	case s.On == Fire && s.At != Fired:
		return fmt.Errorf("spikes out are known only after the neurons ran")
	case s.On == Tick && (s.Every < 1 || s.Offset < 0):
		return fmt.Errorf("every %d ticks from tick %d, need at least 1 and 0", s.Every, s.Offset)
	case s.Passes < 1 || s.Passes > MaxPasses:
		return fmt.Errorf("%d passes, need 1..%d", s.Passes, MaxPasses)
	}
	if err := p.checkWalk(s); err != nil {
		return err
	}
	if err := s.checkProgram(); err != nil {
		return err
	}
	for k, r := range s.State {
		if r.Space != s.Over && !s.isEntry(r) || p.checkRef(s, r) != nil {
			return fmt.Errorf("s%d is word %d of %s, need a word of %s", k, r.Word, r.Space, s.Over)
		}
	}
	return p.checkReads(s)
}

// checkProgram holds the program against what the step declares.
func (s *Step) checkProgram() error {
	g := s.Prog
	switch {
	case g.NumS > len(s.State) || len(s.State) > isa.NumS:
		return fmt.Errorf("%d state words, program needs %d, at most %d", len(s.State), g.NumS, isa.NumS)
	case g.NumP > len(s.Params) || len(s.Params) > isa.NumP:
		return fmt.Errorf("%d parameters, program needs %d, at most %d", len(s.Params), g.NumP, isa.NumP)
	case g.Draws > len(s.Draws):
		return fmt.Errorf("%d draw formats, program needs %d", len(s.Draws), g.Draws)
	case g.Tables > len(s.Tables):
		return fmt.Errorf("%d look-up tables, program needs %d", len(s.Tables), g.Tables)
	case len(s.Gates) > 31:
		return fmt.Errorf("%d gates, need at most 31", len(s.Gates))
	}
	for k, t := range s.Tables {
		if len(t) == 0 {
			return fmt.Errorf("look-up table %d has no entries", k)
		}
	}
	for k, d := range s.Draws {
		if d.Bits < 1 || d.Bits > 31 {
			return fmt.Errorf("draw format %d has %d bits, need 1..31", k, d.Bits)
		}
	}
	for n, i := range g.Instrs {
		if i.Op == isa.SMP && int(i.Sh) > len(s.Views) {
			return fmt.Errorf("word %d: view %d, have %d", n, i.Sh, len(s.Views))
		}
		if i.Op == isa.STW && s.Over != Synapse {
			return fmt.Errorf("word %d: STW in a walk over %s, need %s", n, s.Over, Synapse)
		}
	}
	return nil
}

func (p *Plan) checkReads(s *Step) error {
	for k, r := range s.Params {
		if err := p.checkRef(s, r); err != nil {
			return fmt.Errorf("p%d: %w", k, err)
		}
	}
	for k, r := range s.Views {
		if err := p.checkRef(s, r); err != nil {
			return fmt.Errorf("view %d: %w", k+1, err)
		}
	}
	for k, g := range s.Gates {
		if g.Every > 0 {
			continue
		}
		if err := p.checkRef(s, g.Ref); err != nil {
			return fmt.Errorf("gate %d: %w", k, err)
		}
	}
	return nil
}

// checkRef says whether a step's walk can see a value.
func (p *Plan) checkRef(s *Step, r Ref) error {
	switch {
	case r.Space > Delay:
		return fmt.Errorf("unknown space %d", r.Space)
	case r.Space > Pass:
		return p.checkPastRef(s, r)
	case r.Space == Neuron && s.Over == Pre:
		return fmt.Errorf("a source has no neuron on this core")
	case r.Space == Neuron && (r.Word < 0 || r.Word >= isa.NumS):
		return fmt.Errorf("state word %d of a neuron, need 0..%d", r.Word, isa.NumS-1)
	case r.Space > Post:
		return nil
	case s.Over != Synapse && r.Space != s.Over:
		return fmt.Errorf("word of %s in a walk over %s", r.Space, s.Over)
	case r.Word < 0 || int(r.Word) >= len(p.Words[r.Space]):
		return fmt.Errorf("word %d of %s, have %d", r.Word, r.Space, len(p.Words[r.Space]))
	}
	return nil
}
