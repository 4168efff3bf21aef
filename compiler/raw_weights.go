package compiler

import (
	"fmt"
	"math"
	"slices"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/compiler/rule"
	"hillock/core"
	"hillock/core/learn"
)

// rawRules makes the plans that projections use: one per rule and sign mode,
// and another one where synapses are only reserved, as words start otherwise.
func (u *Unit) rawRules() error {
	for _, q := range u.raw.Projs {
		if q.Rule < 0 {
			continue
		}
		if u.planOf(q) >= 0 {
			continue
		}
		if err := u.rawRule(plan{rule: q.Rule, mode: u.planMode(q), reserved: q.Reserved}); err != nil {
			return err
		}
	}
	return nil
}

// planOf is the plan of a projection that learns, -1 if it is not made yet.
func (u *Unit) planOf(q *graph.RawProj) int {
	return slices.IndexFunc(u.plans, func(p plan) bool {
		return p.rule == q.Rule && p.mode == u.planMode(q) && p.reserved == q.Reserved
	})
}

// planMode is the sign mode that tells the plans of a rule apart. Sources of all
// roles share a plan, as they share the past of their targets.
func (u *Unit) planMode(q *graph.RawProj) string {
	if m := u.Family.LearnModel(u.raw.Rules[q.Rule].Model); m != nil && len(m.Roles) > 0 {
		return signMode("")
	}
	return signMode(q.Sign)
}

// rawRole is the role of a projection's sources in its plan.
func (u *Unit) rawRole(r *rawProj, s *graph.RawProj) {
	roles := u.plans[r.plan].plan.Roles
	r.role = slices.IndexFunc(roles, func(x learn.Role) bool { return x.Name == s.Role })
	if s.Role == "" && len(roles) == 0 {
		r.role = 0
		return
	}
	if s.Role == "" && s.Port < len(roles) {
		r.role = s.Port
	}
	if r.role < 0 {
		r.role = 0
		if len(u.plans[r.plan].plan.Steps) > 0 { // else the plan itself is a misfit
			u.projMisfit(s, "role "+s.Role, 1, 0, "the learning model has no such role of sources")
		}
	}
}

// signMode is the sign mode of synapses that learn.
func signMode(sign string) string {
	if sign == "" {
		return "mixed"
	}
	return sign
}

// rawRule binds a learning model. An equation that cannot be read is an
// error; what the chip's model cannot do is a misfit.
func (u *Unit) rawRule(p plan) error {
	r := u.raw.Rules[p.rule]
	var targets []rule.Target
	for _, t := range r.Targets {
		x, err := rule.Parse(t.Name, t.Text)
		if err != nil {
			return fmt.Errorf("%s: learning %q: %w", t.At, r.Name, err)
		}
		targets = append(targets, x)
	}
	fail := func(resource, because string) error {
		u.misfit(Misfit{"", -1, resource, 1, 0, fmt.Sprintf("%s: learning %q: %s", r.At, r.Name, because)})
		u.plans = append(u.plans, p)
		return nil
	}
	m := u.Family.LearnModel(r.Model)
	if m == nil {
		return fail("learning model "+r.Model, fmt.Sprintf("the chip has %s", learnNames(u.Family)))
	}
	if name, ok := unknownSetting(m, r); ok {
		return fail("learning setting "+name, fmt.Sprintf("model %s has no such setting or time", m.Name))
	}
	var err error
	if p.plan, err = bindRule(m, r, targets, p.mode); err != nil {
		return fail("learning rule", err.Error())
	}
	if live := p.plan.Live; p.reserved && live == 0 {
		return fail("reserved synapses", fmt.Sprintf("model %s has no word that says whether a synapse is there", m.Name))
	} else if p.reserved {
		p.plan.Words[learn.Synapse][live].Init = []int32{0}
	}
	for _, w := range p.plan.Words[learn.Synapse][1:] {
		if w.Stored {
			p.bits += int64(w.Layout.Width)
		}
	}
	u.plans = append(u.plans, p)
	return nil
}

// bindRule makes the plan of a rule.
func bindRule(m *chip.LearnModel, r *graph.RawRule, targets []rule.Target, mode string) (learn.Plan, error) {
	var progs []chip.RuleProgram
	var err error
	if holdsRule(m) {
		progs, err = rule.Compile(m, targets, mode, r)
	} else if len(targets) > 0 {
		err = fmt.Errorf("the programs of model %s are fixed; it takes no equations", m.Name)
	}
	if err != nil {
		return learn.Plan{}, err
	}
	p, err := m.Bind(r, progs)
	if err == nil {
		err = startWords(m, r, &p)
	}
	return p, err
}

// startWords sets the start values of words.
func startWords(m *chip.LearnModel, r *graph.RawRule, p *learn.Plan) error {
	for _, s := range r.Start {
		space, w, err := m.WordOf(s.Name)
		if err != nil {
			return err
		}
		x := &p.Words[space][w]
		switch v := s.Values[0]; {
		case space == learn.Synapse && w == 0:
			return fmt.Errorf("start of %q: the weights of the projections are its start values", s.Name)
		case v < math.MinInt32 || v > math.MaxInt32 || int64(x.Layout.Apply(v)) != v:
			return fmt.Errorf("start of %q is %d, which does not fit %d bits, %s", s.Name, v, x.Layout.Width, x.Layout.Over)
		default:
			x.Init = []int32{int32(v)}
		}
	}
	return nil
}

func holdsRule(m *chip.LearnModel) bool {
	return slices.ContainsFunc(m.Steps, func(s chip.LearnStep) bool { return s.Rule != nil })
}

func learnNames(f *chip.Family) string {
	if len(f.Learning) == 0 {
		return "no learning models"
	}
	s := ""
	for i := range f.Learning {
		if i > 0 {
			s += ", "
		}
		s += f.Learning[i].Name
	}
	return s
}

// isSetting says that a name is that of a setting, or of its value for a role.
func isSetting(m *chip.LearnModel, x *chip.Setting, name string) bool {
	if !x.PerRole {
		return x.Name == name
	}
	return slices.ContainsFunc(m.Roles, func(r learn.Role) bool { return name == x.Name+"."+r.Name })
}

// unknownSetting finds a setting or time that the model does not have.
func unknownSetting(m *chip.LearnModel, r *graph.RawRule) (string, bool) {
	for _, s := range r.Settings {
		if !slices.ContainsFunc(m.Settings, func(x chip.Setting) bool { return isSetting(m, &x, s.Name) }) {
			return s.Name, true
		}
	}
	for _, t := range r.Times {
		if !slices.Contains(m.Times, t.Name) {
			return t.Name, true
		}
	}
	return "", false
}

// rawProjection stores weights as they are, or says which cannot be.
func (u *Unit) rawProjection(q *Proj, s *graph.RawProj) {
	r := &rawProj{src: s, off: make([]int32, u.raw.Pops[s.Pre].N+1), mant: make([]int16, len(s.Synapses)), plan: -1}
	q.raw = r
	into := make([]int, u.raw.Pops[s.Post].N)
	for _, x := range s.Synapses {
		r.delayed = r.delayed || x.Delay > 0
		r.off[x.Pre+1]++
		into[x.Post]++
	}
	for j := range u.raw.Pops[s.Pre].N {
		r.off[j+1] += r.off[j]
	}
	r.most = slices.Max(into)
	if s.Rule >= 0 {
		r.plan = u.planOf(s)
		r.bits = u.plans[r.plan].bits
		u.rawRole(r, s)
	}
	if n := int64(len(u.Family.Core.Ports)); int64(s.Port) >= n {
		u.projMisfit(s, "port", int64(s.Port)+1, n, "the core has no such synaptic input")
	}
	u.rawCode(q, s)
	u.rawStore(q, s)
	u.rawDelays(s)
}

func (u *Unit) projMisfit(q *graph.RawProj, resource string, need, have int64, because string) {
	u.misfit(Misfit{u.raw.Pops[q.Post].Name, -1, resource, need, have, fmt.Sprintf("%s: projection %q: %s", q.At, q.Name, because)})
}

// rawCode settles sign mode, width and exponent.
func (u *Unit) rawCode(q *Proj, s *graph.RawProj) {
	w := u.Family.Weights
	q.Code = u.storage()
	q.Code.Sign = signOf(s)
	if s.Bits > 0 {
		if !slices.Contains(w.Bits, int64(s.Bits)) || s.Bits > q.Code.Width {
			u.projMisfit(s, "weight bits", int64(s.Bits), int64(q.Code.Bits), fmt.Sprintf("the chip encodes %v bits", w.Bits))
		} else {
			q.Code.Bits = s.Bits
		}
	}
	if e := int64(s.Exp); e < w.ExpLo || e > w.ExpHi {
		u.projMisfit(s, "weight exponent", e, w.ExpHi, fmt.Sprintf("the chip has exponents %d..%d", w.ExpLo, w.ExpHi))
	} else {
		q.Code.Exp = s.Exp
	}
}

// signOf is the sign mode of a projection, found from its weights if it does
// not say one.
func signOf(s *graph.RawProj) Sign {
	mode := s.Sign
	if mode == "" && s.Rule < 0 {
		switch {
		case !slices.ContainsFunc(s.Synapses, func(x graph.RawSynapse) bool { return x.Weight < 0 }):
			mode = "exc"
		case !slices.ContainsFunc(s.Synapses, func(x graph.RawSynapse) bool { return x.Weight > 0 }):
			mode = "inh"
		}
	}
	switch mode {
	case "exc":
		return Excitatory
	case "inh":
		return Inhibitory
	}
	return Mixed
}

// rawStore stores the weights. Those that learn keep all bits of a mantissa,
// as what is learned does; others must be among those that the code can hold.
func (u *Unit) rawStore(q *Proj, s *graph.RawProj) {
	lost, first := int64(0), ""
	bad := func(i int, form string, args ...any) {
		if lost++; lost == 1 {
			x := s.Synapses[i]
			first = fmt.Sprintf("weight %d from neuron %d to neuron %d ", x.Weight, x.Pre, x.Post) + fmt.Sprintf(form, args...)
		}
	}
	lo, hi := q.Code.bounds()
	for i, x := range s.Synapses {
		w := int64(x.Weight)
		if w < lo || w > hi {
			bad(i, "is outside %d..%d", lo, hi)
			continue
		}
		if q.raw.plan >= 0 {
			q.raw.mant[i] = int16(w)
			words := u.plans[q.raw.plan].plan.Words[learn.Synapse]
			if len(words) > 0 && int64(words[0].Layout.Apply(w)) != w {
				bad(i, "does not fit the learning model's %d bits, %s", words[0].Layout.Width, words[0].Layout.Over)
			}
			continue
		}
		m, _, err := QuantiseWeight(u.Family.Weights.Quantiser, float64(w), q.Code)
		if err != nil {
			bad(i, "cannot be stored: %v", err)
			continue
		}
		if got := m << q.Code.Lsb(); got != w {
			bad(i, "would be stored as %d: %d bits of sign mode %s keep no smaller step than %d", got, q.Code.Bits, [...]string{"mixed", "exc", "inh"}[q.Code.Sign], 1<<q.Code.Lsb())
		}
		q.raw.mant[i] = int16(m)
	}
	if lost > 0 {
		u.projMisfit(s, "weights", lost, 0, first)
	}
}

// rawDelays holds the longest delay against the chip's.
func (u *Unit) rawDelays(s *graph.RawProj) {
	most := int64(0)
	for _, x := range s.Synapses {
		most = max(most, int64(x.Delay))
	}
	have, limited := u.maxDelay()
	if !limited {
		have = 0 // no field says that accumulators have a ring
	}
	if most > have {
		u.projMisfit(s, "delay", most, have, "the chip has no longer synaptic delay")
	}
}

// addRaw appends the synapses of a raw projection onto a slice. Weights of 0
// stay: they may learn, and a file names each synapse.
func (b *rows) addRaw(r *rawProj, s Slice) {
	order := func(x graph.RawSynapse, post int32) int { return int(x.Post) - int(post) }
	for j := range b.lists {
		from := int(r.off[j])
		all := r.src.Synapses[from:r.off[j+1]]
		lo, _ := slices.BinarySearchFunc(all, int32(s.First), order)
		hi, _ := slices.BinarySearchFunc(all, int32(s.First+s.N), order)
		for i := lo; i < hi; i++ {
			b.lists[j] = append(b.lists[j], core.Synapse{Target: uint16(s.Base + int(all[i].Post) - s.First), Delay: uint8(min(all[i].Delay, 255)), Mant: r.mant[from+i]})
		}
	}
}
