package conform

import (
	"fmt"
	"math"

	"hillock/chip"
	"hillock/core"
	"hillock/core/learn"
)

// accumRule is the learning rule of a file and where its synapses are.
type accumRule struct {
	model    *chip.LearnModel
	settings learnVars
	learn    core.Learning
	rows     []accumRow
	served   [][]accumServed // [step]: rows as they are after the step
	nm       bool
	live     []int32 // per synapse of the plan: it delivers
}

// accumRow is a plastic row: in-axons by role, numbers within the plan.
type accumRow struct {
	row   int
	pre   []int32 // sources of the plan
	order []int32 // synapse of the plan of each entry of the row
}

// accumServed is what was recorded of one row that was served.
type accumServed struct {
	row         int
	time, trace int64
	words       []int64
}

// accumRules are the learning models by the name of a file's rule.
var accumRules = [...]struct{ rule, model string }{{"add", "pair-add"}, {"mul", "pair-mul"}, {"nm", "pair-dopamine"}}

// The roles of sources, in the order of the family.
const (
	roleReward     = 2
	rolePunishment = 3
)

// learning reads the rule of a file, if it has one.
func (k *accumCore) learning() error {
	if !k.doc.has("stdp") {
		return nil
	}
	d, err := k.doc.object("stdp")
	if err != nil {
		return err
	}
	name, err := d.text("rule")
	if err != nil {
		return err
	}
	k.rule = &accumRule{nm: name == "nm"}
	for _, x := range accumRules {
		if x.rule == name {
			k.rule.model = k.fam.LearnModel(x.model)
		}
	}
	if k.rule.model == nil {
		return d.fail("rule", "", "add, mul or nm", clip(name))
	}
	if err := k.ruleSettings(d); err != nil {
		return err
	}
	if k.rule.learn.Plan, err = k.rule.model.Bind(&k.rule.settings, nil); err != nil {
		return err
	}
	return k.ruleTables(d)
}

// ruleSettings reads bounds and amounts by synapse type and what all share.
func (k *accumCore) ruleSettings(d *doc) error {
	s := &k.rule.settings
	dendritic, err := d.integer("backprop_delay", 0, 1)
	if err != nil {
		return err
	}
	s.add("dendritic", dendritic)
	s.add("delay_bits", int64(k.config.logDelay))
	have := 0
	err = d.each("weight", d.raw("weight"), "", func(c *cursor, i int) error {
		if have = i + 1; have > accumTypes {
			return d.fail("weight", "", fmt.Sprintf("%d synapse types", accumTypes), "more")
		}
		w, err := parseObject(fmt.Sprintf("stdp.weight[%d]", i), c.value())
		if err != nil {
			return err
		}
		role := "." + k.rule.model.Roles[i].Name
		s.add("shift"+role, k.config.shift[i])
		for _, x := range [...]struct{ name, setting, nm string }{{"min", "w_min", "e_min"}, {"max", "w_max", "e_max"}, {"a2_plus", "a_plus", "a_plus"}, {"a2_minus", "a_minus", "a_minus"}} {
			v, err := w.integer(x.name, math.MinInt32, math.MaxInt32)
			if err != nil {
				return err
			}
			if k.rule.nm {
				x.setting = x.nm
			}
			s.add(x.setting+role, v)
		}
		return nil
	})
	if err == nil && have != accumTypes {
		err = d.fail("weight", "", fmt.Sprintf("%d synapse types", accumTypes), fmt.Sprint(have))
	}
	if err != nil {
		return err
	}
	if err := s.times(d, "tau_plus", "tau_minus"); err != nil || !k.rule.nm {
		return err
	}
	return k.dopamineSettings(d)
}

// times reads time constants in steps.
func (l *learnVars) times(d *doc, names ...string) error {
	for _, name := range names {
		tau, err := d.real(name, 0, math.MaxInt32, -1)
		if err != nil {
			return err
		}
		l.reals = append(l.reals, realSetting{name, tau})
	}
	return nil
}

func (k *accumCore) dopamineSettings(d *doc) error {
	s := &k.rule.settings
	s.add("sign.reward", 1)
	s.add("sign.punishment", -1)
	nm, err := d.object("neuromodulation")
	if err != nil {
		return err
	}
	for _, x := range [...]struct{ name, setting string }{{"constant", "integral"}, {"max_weight", "w_max"}, {"min_weight", "w_min"}} {
		v, err := nm.integer(x.name, math.MinInt32, math.MaxInt32)
		if err != nil {
			return err
		}
		s.add(x.setting, v)
	}
	return s.times(nm, "tau_c", "tau_d")
}

// ruleTables holds the tables of a file, as far as they go, against those that
// the family computes; beyond its end a table is 0.
func (k *accumCore) ruleTables(d *doc) error {
	have := map[string][]int32{}
	plan := &k.rule.learn.Plan
	for i := range plan.Steps {
		switch s := &plan.Steps[i]; s.Name {
		case "source":
			have["lut_plus"] = s.Tables[0]
		case "target":
			have["lut_minus"] = s.Tables[0]
		case "window":
			if k.rule.nm {
				have["lut_c"], have["lut_d"] = s.Tables[1], s.Tables[2]
			}
		}
	}
	for _, name := range [...]string{"lut_plus", "lut_minus", "lut_c", "lut_d"} {
		from := d
		if name == "lut_c" || name == "lut_d" {
			if !k.rule.nm {
				continue
			}
			var err error
			if from, err = d.object("neuromodulation"); err != nil {
				return err
			}
		}
		want, err := from.ints(name, -1, math.MinInt16, math.MaxInt16)
		if err != nil {
			return err
		}
		for i, w := range want {
			table := have[name]
			if got := int64(table[min(i, len(table)-1)]); got != w {
				return from.fail(name, fmt.Sprintf("entry %d", i), fmt.Sprintf("what stays of 2048, which is %d", got), fmt.Sprint(w))
			}
		}
		if len(want) < len(have[name])-1 {
			return from.fail(name, "", fmt.Sprintf("%d entries", len(have[name])-1), fmt.Sprint(len(want)))
		}
	}
	return nil
}

// plasticRow makes the in-axons of the part of a row that learns, one per
// synapse type, or of a modulating source.
func (k *accumCore) plasticRow(d *doc, i int) ([]uint16, error) {
	if k.rule == nil {
		return nil, nil
	}
	if d.has("neuromodulation") {
		return k.modulator(d)
	}
	weights, err := d.ints("plastic_weights", -1, 0, math.MaxUint16)
	if err != nil {
		return nil, err
	}
	controls, err := d.ints("plastic_controls", len(weights), 0, math.MaxUint16)
	if err != nil || len(weights) == 0 {
		return nil, err
	}
	var syn [accumTypes][]core.Synapse
	var place [accumTypes][]int
	for j, c := range controls {
		typ, s, err := k.synapseWord(d, "plastic_controls", j, uint32(c), uint16(weights[j]))
		if err != nil {
			return nil, err
		}
		syn[typ], place[typ] = append(syn[typ], s), append(place[typ], j)
	}
	row := accumRow{row: i, order: make([]int32, len(weights))}
	var axons []uint16
	for typ := range syn {
		if len(syn[typ]) == 0 {
			continue
		}
		for n, j := range place[typ] {
			row.order[j] = int32(k.plastic() + n)
		}
		row.pre = append(row.pre, int32(len(k.rule.learn.Axons)))
		axons = k.learnAxon(axons, uint8(typ), uint8(typ), syn[typ])
	}
	k.rule.rows = append(k.rule.rows, row)
	return axons, nil
}

// plastic is the number of synapses of the plan so far.
func (k *accumCore) plastic() int {
	n := 0
	for _, a := range k.rule.learn.Axons {
		n += int(k.image.Axons[a].N)
	}
	return n
}

func (k *accumCore) learnAxon(axons []uint16, port, role uint8, syn []core.Synapse) []uint16 {
	k.rule.learn.Axons = append(k.rule.learn.Axons, uint16(len(k.image.Axons)))
	k.rule.learn.Roles = append(k.rule.learn.Roles, role)
	for _, s := range syn {
		live := int32(1) // a delay field of 0, the longest delay here, delivers nothing
		if int(s.Delay) == 1<<k.config.logDelay-1 {
			live = 0
		}
		k.rule.live = append(k.rule.live, live)
	}
	return k.addAxon(axons, port, syn)
}

// modulator makes the in-axon of a source of reward or punishment.
func (k *accumCore) modulator(d *doc) ([]uint16, error) {
	kind, err := d.text("neuromodulation")
	if err != nil {
		return nil, err
	}
	role := uint8(roleReward)
	switch {
	case !k.rule.nm || kind != "reward" && kind != "punishment":
		return nil, d.fail("neuromodulation", "", "reward or punishment, and a rule that they act on", clip(kind))
	case kind == "punishment":
		role = rolePunishment
	}
	rows, err := d.length("targets")
	if err != nil {
		return nil, err
	}
	flat, err := d.matrix("targets", rows, 2, 0, math.MaxUint16)
	if err != nil {
		return nil, err
	}
	var syn []core.Synapse
	for j := 0; j < len(flat); j += 2 {
		if flat[j] >= int64(k.config.n) {
			return nil, d.fail("targets", fmt.Sprintf("row %d", j/2), span(0, int64(k.config.n)-1), fmt.Sprint(flat[j]))
		}
		syn = append(syn, core.Synapse{Target: uint16(flat[j]), Mant: int16(uint16(flat[j+1]))})
	}
	if len(syn) == 0 {
		return nil, nil
	}
	return k.learnAxon(nil, 0, role, syn), nil
}

// servedRows reads what was recorded of the plastic rows of every step.
func (k *accumCore) servedRows() error {
	if k.rule == nil {
		return nil
	}
	p := &k.rule.learn.Plan
	p.Words[learn.Synapse][p.Live].Init = k.rule.live
	k.image.Learning = []core.Learning{k.rule.learn}
	words := 1
	if k.rule.nm {
		words = 2
	}
	return k.doc.each("plastic", k.doc.raw("plastic"), "", func(c *cursor, t int) error {
		if t >= k.steps {
			return k.doc.fail("plastic", "", fmt.Sprintf("%d steps", k.steps), "more")
		}
		var all []accumServed
		err := k.doc.each("plastic", c.value(), fmt.Sprintf("step %d", t), func(c *cursor, i int) error {
			s, err := k.servedRow(c.value(), fmt.Sprintf("step %d, entry %d", t, i), words)
			all = append(all, s)
			return err
		})
		k.rule.served = append(k.rule.served, all)
		return err
	})
}

// servedRow reads [row, time, trace, words].
func (k *accumCore) servedRow(raw []byte, where string, words int) (s accumServed, err error) {
	var head []int64
	err = k.doc.each("plastic", raw, where, func(c *cursor, i int) error {
		if i < 3 {
			v, ok := number(c.value())
			if !ok {
				return k.doc.fail("plastic", where, "a number", "another value")
			}
			head = append(head, v)
			return nil
		}
		s.words, err = k.doc.row("plastic", c.value(), where, -1, 0, math.MaxUint16, nil)
		return err
	})
	if err != nil {
		return s, err
	}
	if len(head) != 3 {
		return s, k.doc.fail("plastic", where, "row, time, trace and words", fmt.Sprintf("%d numbers", len(head)))
	}
	s.row, s.time, s.trace = int(head[0]), head[1], head[2]
	r := k.rule.find(s.row)
	if r == nil || len(s.words) != words*len(r.order) {
		return s, k.doc.fail("plastic", where, "a plastic row and all its words", fmt.Sprintf("row %d, %d words", s.row, len(s.words)))
	}
	return s, nil
}

func (r *accumRule) find(row int) *accumRow {
	for i := range r.rows {
		if r.rows[i].row == row {
			return &r.rows[i]
		}
	}
	return nil
}

// learned compares the rows that were served at the start of a tick with those
// of the step before: times, traces and words.
func (k *accumCore) learned(c *checker, m *chip.Machine, step int) {
	if k.rule == nil || step < 0 || step >= len(k.rule.served) {
		return
	}
	s := &m.Core(0).State.Learn[0]
	pre, words := s.Words[learn.Pre], s.Words[learn.Synapse]
	for i := range k.rule.served[step] {
		x := &k.rule.served[step][i]
		row := k.rule.find(x.row)
		for _, p := range row.pre {
			c.equal("plastic.time", step, x.row, x.time, int64(pre[0][p]))
			c.equal("plastic.trace", step, x.row, x.trace, int64(pre[1][p]))
		}
		each := len(x.words) / len(row.order)
		for j, w := range x.words {
			c.equal("plastic.words", step, j, w, int64(words[j%each][row.order[j/each]]))
		}
	}
}
