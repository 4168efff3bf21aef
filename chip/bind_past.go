package chip

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hillock/core/learn"
)

// roleVars are the settings of one role: those that have a value per role are
// asked for as NAME.ROLE.
type roleVars struct {
	LearnVars
	m    *LearnModel
	role string
}

// Whole is a setting that is a whole number.
func (v roleVars) Whole(name string) (int64, bool) {
	if v.LearnVars == nil {
		return 0, false
	}
	if s := v.m.setting(name); s != nil && s.PerRole {
		name += "." + v.role
	}
	return v.LearnVars.Whole(name)
}

// bindPast settles what a step has to do with roles and the past.
func (m *LearnModel) bindPast(s *learn.Step, t *LearnStep) {
	for _, name := range t.Roles {
		s.Roles |= 1 << m.role(name)
	}
	s.Append, s.Walk = t.Append, t.Walk
	if t.Walk != learn.Whole {
		s.From, _ = m.word(t.From)
		s.To, _ = m.word(t.To)
	}
}

// byRole evaluates an expression for every role that a step is for, if it reads
// a setting that roles have; false if it does not.
func (m *LearnModel) byRole(src string, v LearnVars, p *learn.Plan, roles uint32) (learn.Ref, bool, error) {
	e, err := CompileExpr(src)
	if err != nil {
		return learn.Ref{}, false, err
	}
	if !slices.ContainsFunc(e.vars, func(name string) bool { s := m.setting(name); return s != nil && s.PerRole }) {
		return learn.Ref{}, false, nil
	}
	values := make([]int32, max(1, len(m.Roles)))
	for r := range m.Roles {
		if roles != 0 && roles>>r&1 == 0 {
			continue
		}
		x, err := m.Value(src, roleVars{v, m, m.Roles[r].Name}, nil)
		if err == nil && (x < math.MinInt32 || x > math.MaxInt32) {
			err = fmt.Errorf("%q is %d, need 32 bits signed", src, x)
		}
		if err != nil {
			return learn.Ref{}, true, fmt.Errorf("role %s: %w", m.Roles[r].Name, err)
		}
		values[r] = int32(x)
	}
	p.ByRole = append(p.ByRole, values)
	return learn.Ref{Space: learn.ByRole, Word: int32(len(p.ByRole) - 1)}, true, nil
}

// beyondParam settles a parameter that is neither a word nor an expression.
func (m *LearnModel) beyondParam(src string) (learn.Ref, bool) {
	switch src {
	case "phase":
		return learn.Ref{Space: learn.Phase}, true
	case "pass":
		return learn.Ref{Space: learn.Pass}, true
	case "delay":
		return learn.Ref{Space: learn.Delay}, true
	}
	rest, ok := strings.CutPrefix(src, "tail.")
	r, known := m.word(rest)
	return learn.Ref{Space: learn.Tail, Word: r.Word}, ok && known
}

// curve is a table over ticks: what stays of 2^Bits after each, rounded down. It
// ends with its first 0.
func (t *LearnTable) curve(tau, ticks float64) ([]int32, error) {
	var out []int32
	for i := range t.Entries {
		y := math.Floor(math.Ldexp(decayFactor(t.Decay, tau, ticks*float64(i)), int(t.Bits)))
		if y < math.MinInt32 || y > math.MaxInt32 {
			return nil, fmt.Errorf("entry %d is %v, need 32 bits signed", i, y)
		}
		if out = append(out, int32(y)); y == 0 {
			return out, nil
		}
	}
	return nil, fmt.Errorf("%d entries do not reach 0, need a shorter time", t.Entries)
}
