package chip

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"hillock/core/learn"
	"hillock/isa"
)

// LearnVars gives the settings of a learning model: whole numbers, and time
// constants as real numbers of ticks. false means that one is not set.
type LearnVars interface {
	Whole(name string) (int64, bool)
	Real(name string) (float64, bool)
}

// maxLearnTable bounds the entries of one look-up table.
const maxLearnTable = 1 << 16

// Value evaluates an expression over the settings of the model and over extra.
func (m *LearnModel) Value(src string, v LearnVars, extra func(name string) (int64, bool)) (int64, error) {
	e, err := CompileExpr(src)
	if err != nil {
		return 0, err
	}
	for _, name := range e.vars {
		if s := m.setting(name); s != nil {
			if _, err := s.value(v); err != nil {
				return 0, err
			}
		}
	}
	return e.Eval(func(name string) (int64, bool) {
		if s := m.setting(name); s != nil {
			x, err := s.value(v)
			return x, err == nil
		}
		if extra != nil {
			return extra(name)
		}
		return 0, false
	})
}

func (m *LearnModel) setting(name string) *Setting {
	for i := range m.Settings {
		if m.Settings[i].Name == name {
			return &m.Settings[i]
		}
	}
	return nil
}

func (s *Setting) value(v LearnVars) (int64, error) {
	x, ok := int64(0), false
	if v != nil {
		x, ok = v.Whole(s.Name)
	}
	switch {
	case !ok && s.HasDefault:
		return s.Default, nil
	case !ok:
		return 0, fmt.Errorf("setting %q is not given and has no default", s.Name)
	case x < s.Lo || x > s.Hi:
		return 0, fmt.Errorf("setting %q is %d, need %d..%d", s.Name, x, s.Lo, s.Hi)
	}
	return x, nil
}

// Bind makes the plan of a model. Rules are the programs of the steps that
// hold a rule, see compiler/rule.
func (m *LearnModel) Bind(v LearnVars, rules []RuleProgram) (learn.Plan, error) {
	p := learn.Plan{Name: m.Name, First: m.First}
	fail := func(err error) (learn.Plan, error) {
		return learn.Plan{}, fmt.Errorf("chip: learning model %q: %w", m.Name, err)
	}
	var err error
	if p.Epoch, err = m.Value(m.Epoch, v, nil); err != nil {
		return fail(err)
	}
	for s := range m.Words {
		for k, w := range m.Words[s] {
			p.Words[s] = append(p.Words[s], learn.Word{Name: w.Name, Layout: w.Layout, Stored: w.Stored})
			if w.Live {
				p.Live, p.Words[s][k].Init = int32(k), []int32{1}
			}
		}
	}
	p.Roles, p.Past.Depth = m.Roles, m.Depth
	for _, w := range m.Past {
		p.Past.Words = append(p.Past.Words, learn.Word{Name: w.Name, Layout: w.Layout})
	}
	for i := range m.Steps {
		step, err := m.bindStep(&p, &m.Steps[i], v, rules)
		if err != nil {
			return fail(fmt.Errorf("step %q: %w", m.Steps[i].Name, err))
		}
		p.Steps = append(p.Steps, step)
	}
	return p, nil
}

func (m *LearnModel) bindStep(p *learn.Plan, t *LearnStep, v LearnVars, rules []RuleProgram) (learn.Step, error) {
	s := learn.Step{Name: t.Name, On: t.On, At: t.At, Over: t.Over, Prog: t.Prog, Keep: t.Keep, Every: 1, Passes: 1}
	passes := int64(1)
	for _, x := range [...]struct {
		src string
		to  *int64
	}{{t.Every, &s.Every}, {t.Offset, &s.Offset}, {t.Passes, &passes}} {
		if x.src == "" {
			continue
		}
		var err error
		if *x.to, err = m.Value(x.src, v, nil); err != nil {
			return s, err
		}
	}
	if passes < 1 || passes > learn.MaxPasses {
		return s, fmt.Errorf("%d passes, need 1..%d", passes, learn.MaxPasses)
	}
	s.Passes = int(passes)
	m.bindPast(&s, t)
	if err := m.bindReads(p, &s, t, v); err != nil || t.Rule == nil {
		return s, err
	}
	return s, m.bindRule(&s, t, rules)
}

// bindReads settles what the program of a step reads.
func (m *LearnModel) bindReads(p *learn.Plan, s *learn.Step, t *LearnStep, v LearnVars) error {
	for k := range t.Tables {
		table, err := m.table(&t.Tables[k], v)
		if err != nil {
			return fmt.Errorf("table %d: %w", k, err)
		}
		s.Tables = append(s.Tables, table)
	}
	for _, name := range t.Draws {
		d, _ := m.draw(name)
		s.Draws = append(s.Draws, d)
	}
	for _, name := range t.State {
		r, _ := m.word(name)
		s.State = append(s.State, r)
	}
	for _, name := range t.Views {
		r, _ := m.word(name)
		s.Views = append(s.Views, r)
	}
	for k, src := range t.Params {
		r, err := m.bindParam(p, src, v, s.Roles)
		if err != nil {
			return fmt.Errorf("p%d: %w", k, err)
		}
		s.Params = append(s.Params, r)
	}
	return nil
}

// bindRule gives a step its rule: factors are its parameters.
func (m *LearnModel) bindRule(s *learn.Step, t *LearnStep, rules []RuleProgram) error {
	for _, f := range m.Factors {
		r, _ := m.word(f.Word)
		s.Params = append(s.Params, r)
	}
	for i := range rules {
		if rules[i].Step != t.Name {
			continue
		}
		s.Prog = rules[i].Prog
		for _, g := range rules[i].Gates {
			if g.Dep == "u" {
				s.Gates = append(s.Gates, learn.Gate{Every: 1 << g.K})
				continue
			}
			s.Gates = append(s.Gates, learn.Gate{Ref: m.gate(t.Rule, g.Dep)})
		}
		return nil
	}
	return fmt.Errorf("no rule is given for it")
}

// gate is the word behind a dependency, the constant 0 if it is shut.
func (m *LearnModel) gate(f *RuleFrame, dep string) learn.Ref {
	for _, g := range f.Gates {
		if r, ok := m.word(g.Word); ok && g.Dep == dep {
			return r
		}
	}
	return learn.Ref{Space: learn.Const}
}

// bindParam settles a parameter: a word, phase, pass, delay, tail.WORD, neuron.K
// or an expression over settings.
func (m *LearnModel) bindParam(p *learn.Plan, src string, v LearnVars, roles uint32) (learn.Ref, error) {
	if r, ok := m.word(src); ok {
		return r, nil
	}
	if r, ok := m.beyondParam(src); ok {
		return r, nil
	}
	if k, ok := neuronParam(src); ok {
		return learn.Ref{Space: learn.Neuron, Word: k}, nil
	}
	if r, ok, err := m.byRole(src, v, p, roles); ok || err != nil {
		return r, err
	}
	x, err := m.Value(src, v, nil)
	if err == nil && (x < math.MinInt32 || x > math.MaxInt32) {
		err = fmt.Errorf("%q is %d, need 32 bits signed", src, x)
	}
	return learn.Ref{Space: learn.Const, Word: int32(x)}, err
}

// neuronParam reads neuron.K, state word K of the target compartment.
func neuronParam(src string) (int32, bool) {
	digits, ok := strings.CutPrefix(src, "neuron.")
	k, err := strconv.Atoi(digits)
	return int32(k), ok && err == nil && k >= 0 && k < isa.NumS && strconv.Itoa(k) == digits
}

// table computes a look-up table of a decay.
func (m *LearnModel) table(t *LearnTable, v LearnVars) ([]int32, error) {
	ticks, err := m.Value(t.Ticks, v, nil)
	if err != nil {
		return nil, err
	}
	tau := float64(t.Fixed)
	if v != nil && t.Time != "" {
		tau, _ = v.Real(t.Time)
	}
	if !(tau >= 0) || math.IsInf(tau, 0) {
		return nil, fmt.Errorf("time %q is %v, need 0 or more ticks", t.Time, tau)
	}
	if t.Part == "curve" {
		return t.curve(tau, float64(ticks))
	}
	factor := decayFactor(t.Decay, tau, float64(ticks))
	out := make([]int32, t.Entries)
	for x := range out {
		y := factor * float64(x)
		whole := math.Floor(y)
		switch t.Part {
		case "fraction":
			y = math.Floor(math.Ldexp(y-whole, int(t.Bits)))
		case "scaled":
			y = math.Floor(math.Ldexp(y, int(t.Bits)))
		default:
			y = whole
		}
		if y < math.MinInt32 || y > math.MaxInt32 {
			return nil, fmt.Errorf("entry %d is %v, need 32 bits signed", x, y)
		}
		out[x] = int32(y)
	}
	return out, nil
}

// decayFactor is what stays of a trace. A time of 0 leaves nothing. linear15 is
// the linear form in 15 decimal digits, as many as generated code prints.
func decayFactor(kind string, tau, ticks float64) float64 {
	switch {
	case tau == 0:
		return 0
	case kind == "linear":
		return max(0, 1-ticks/tau)
	case kind == "linear15":
		f, _ := strconv.ParseFloat(strconv.FormatFloat(max(0, 1-ticks/tau), 'g', 15, 64), 64)
		return f
	}
	return math.Exp(-ticks / tau)
}
