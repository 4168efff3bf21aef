package core

import (
	"cmp"
	"fmt"
	"slices"

	"hillock/core/learn"
	"hillock/isa/count"
	"hillock/router"
)

// MaxRules bounds the plans of one core.
const MaxRules = 16

// Learning is one plan of a core and the in-axons whose synapses follow it.
type Learning struct {
	Plan  learn.Plan
	Axons []uint16 // ascending; no other in-axon may use their synapses
	// Roles are the kinds of the in-axons, see learn.Plan.Roles; none = all 0.
	Roles []uint8 `json:",omitempty"`
}

// plastic is a running plan.
type plastic struct {
	unit    *learn.Unit
	lanes   *learn.Lanes // runs the unit in its place; nil = none
	net     *learn.Net
	syn     []uint32 // synapse of the plan -> synapse of the core
	axon    []uint16 // and its in-axon
	weights []int32  // stored mantissas of the image
	env     learn.Env
	arrived []learn.Event
	absent  []bool  // synapses that are not there; nil = the plan says all are
	missing []int32 // and how many of them each source has
	serves  bool    // the plan has steps that come before delivery
}

// netOf gathers the synapses of a plan in the order of its in-axons.
func (img *Image) netOf(l *Learning) *plastic {
	p := &plastic{net: &learn.Net{NPre: len(l.Axons), NPost: img.N, Role: l.Roles}}
	for i, n := range l.Axons {
		a := &img.Axons[n]
		for k, s := range img.List(a.Off, a.N, nil) {
			p.net.Pre = append(p.net.Pre, int32(i))
			p.net.Post = append(p.net.Post, int32(s.Target))
			p.net.Delay = append(p.net.Delay, s.Delay)
			p.syn, p.axon = append(p.syn, a.Off+uint32(k)), append(p.axon, n)
			p.weights = append(p.weights, img.Formats[a.Format].mantissa(s.Mant))
		}
	}
	return p
}

// checkLearning verifies the plans; in-axons are known to be good.
func (img *Image) checkLearning() error {
	if len(img.Learning) > MaxRules {
		return fmt.Errorf("core: %d learning plans, need at most %d", len(img.Learning), MaxRules)
	}
	if len(img.Learning) == 0 {
		return nil
	}
	owner := make([]int, len(img.Axons))
	for r := range img.Learning {
		l := &img.Learning[r]
		for k, n := range l.Axons {
			switch {
			case int(n) >= len(img.Axons):
				return fmt.Errorf("core: learning plan %d: in-axon %d of %d", r, n, len(img.Axons))
			case k > 0 && n <= l.Axons[k-1]:
				return fmt.Errorf("core: learning plan %d: in-axon %d after %d, need ascending order", r, n, l.Axons[k-1])
			case owner[n] > 0:
				return fmt.Errorf("core: learning plan %d: in-axon %d, which plan %d has", r, n, owner[n]-1)
			case img.Axons[n].Kernel > 0:
				return fmt.Errorf("core: learning plan %d: in-axon %d is a shared kernel, need a synapse list", r, n)
			}
			owner[n] = r + 1
		}
	}
	if err := img.checkShared(owner); err != nil {
		return err
	}
	for r := range img.Learning {
		p := img.netOf(&img.Learning[r])
		if err := img.Learning[r].Plan.Check(p.net); err != nil {
			return fmt.Errorf("core: learning plan %d: %w", r, err)
		}
		layout := img.Learning[r].Plan.Words[learn.Synapse][0].Layout
		for i, w := range p.weights {
			if layout.Apply(int64(w)) != w {
				return fmt.Errorf("core: learning plan %d: weight %d of synapse %d does not fit %d bits, %s", r, w, p.syn[i], layout.Width, layout.Over)
			}
		}
	}
	return nil
}

// checkShared refuses plastic synapses that two in-axons read.
func (img *Image) checkShared(owner []int) error {
	var own []int // plastic in-axons by place
	for n := range img.Axons {
		if owner[n] > 0 && img.Axons[n].N > 0 {
			own = append(own, n)
		}
	}
	slices.SortFunc(own, func(a, b int) int { return cmp.Compare(img.Axons[a].Off, img.Axons[b].Off) })
	before := make([]uint32, img.Synapses()+1) // plastic synapses below this one
	for i, n := range own {
		a := &img.Axons[n]
		if i > 0 && img.Axons[own[i-1]].Off+img.Axons[own[i-1]].N > a.Off {
			return fmt.Errorf("core: in-axons %d and %d share synapse %d, which learns", own[i-1], n, a.Off)
		}
		for s := a.Off; s < a.Off+a.N; s++ {
			before[s+1] = 1
		}
	}
	for s := range img.Synapses() {
		before[s+1] += before[s]
	}
	for n := range img.Axons {
		if a := &img.Axons[n]; a.Kernel == 0 && owner[n] == 0 && before[a.Off+a.N] != before[a.Off] {
			return fmt.Errorf("core: in-axon %d reads synapses %d..%d, of which some learn for another", n, a.Off, a.Off+a.N-1)
		}
	}
	return nil
}

// startLearning makes the units of the plans.
func (c *Core) startLearning() {
	c.rules = nil
	if len(c.Image.Learning) > 0 {
		c.source = make([]source, len(c.Image.Axons))
	}
	for r := range c.Image.Learning {
		l := &c.Image.Learning[r]
		p := c.Image.netOf(l)
		c.startPlan(p, &l.Plan)
		p.env = learn.Env{Rule: int32(r), Mods: &c.State.Mods, Neuron: c.neuronWord, Neurons: c.neurons(), Counts: &c.Counts, Repeated: c.Image.Payload == Repeated}
		p.arrived = make([]learn.Event, 0, len(l.Axons))
		for i, n := range l.Axons {
			role := 0
			if len(l.Roles) > 0 {
				role = int(l.Roles[i])
			}
			c.source[n] = source{rule: int32(r) + 1, item: int32(i), silent: role < len(l.Plan.Roles) && l.Plan.Roles[role].Silent}
		}
		p.serves = slices.ContainsFunc(l.Plan.Steps, func(s learn.Step) bool { return s.At == learn.Served })
		if l.Plan.Live > 0 {
			p.absent, p.missing = make([]bool, len(p.syn)), make([]int32, len(l.Axons))
		}
		c.rules = append(c.rules, p)
		c.State.Learn = append(c.State.Learn, learn.NewState(&l.Plan, p.net, p.weights))
	}
	c.adoptAll()
}

// startPlan makes the runner of a plan, of the kind of the core's engine.
func (c *Core) startPlan(p *plastic, plan *learn.Plan) {
	p.unit, p.lanes = nil, nil
	if v, ok := c.eng.(*vector); ok {
		p.lanes = learn.NewLanes(plan, p.net, v.loops)
		p.unit = p.lanes.Unit
		return
	}
	p.unit = learn.New(plan, p.net)
}

// neurons are the state words of all groups. State keeps its arrays as long as
// the core lives.
func (c *Core) neurons() []learn.Neurons {
	var out []learn.Neurons
	for g := range c.Image.Groups {
		grp := &c.Image.Groups[g]
		out = append(out, learn.Neurons{First: int32(grp.Base), N: int32(grp.N), Words: c.State.Words[g]})
	}
	return out
}

// source says which item of which plan an in-axon is; rule 0 = none.
type source struct {
	rule, item int32
	silent     bool // its spikes reach the plan alone
}

// neuronWord is a state word of a compartment, 0 if its group has no such
// word.
func (c *Core) neuronWord(comp, word int32) int32 {
	for g := range c.Image.Groups {
		if grp := &c.Image.Groups[g]; int(comp) < grp.Base+grp.N {
			if int(word) < len(grp.State) {
				return c.State.Words[g][word][int(comp)-grp.Base]
			}
			return 0
		}
	}
	return 0
}

// arrive notes a spike that came in at a plastic in-axon.
func (c *Core) arrive(e router.Packet) {
	if s := c.source[e.Axon]; s.rule > 0 {
		p := c.rules[s.rule-1]
		if p.absent != nil {
			c.uncount(&c.Image.Axons[e.Axon], p.missing[s.item])
		}
		p.arrived = append(p.arrived, learn.Event{Item: s.item, Payload: e.Payload})
		if p.serves {
			c.serveRule(int(s.rule-1), p, learn.Event{Item: s.item, Payload: e.Payload})
		}
	}
}

// serveRule runs the steps of a plan that come before delivery.
func (c *Core) serveRule(r int, p *plastic, e learn.Event) {
	c.enter(r, p)
	p.unit.Serve(&c.State.Learn[r], &p.env, e)
	c.adopt(r, p.unit.Changed)
}

// enter makes the surroundings of a plan those of this tick.
func (c *Core) enter(r int, p *plastic) {
	p.env.Tick, p.env.Draw, p.env.Tap, p.env.Core = c.State.Tick, c.Draw, nil, c.Number
	if c.LearnTap != nil {
		p.env.Tap = func(tap int, item, value int32) { c.LearnTap(r, tap, item, value) }
	}
}

// learn runs the steps of a moment and puts changed weights to work.
func (c *Core) learn(at learn.Moment) {
	if at == learn.Fired {
		c.fired = c.fired[:0]
		for _, s := range c.Spikes {
			c.fired = append(c.fired, learn.Event{Item: s.Comp, Payload: s.Payload})
		}
	}
	for r, p := range c.rules {
		c.enter(r, p)
		fired := c.fired
		if at == learn.Delivered {
			fired = nil
		}
		if p.lanes != nil {
			p.lanes.Run(&c.State.Learn[r], at, &p.env, p.arrived, fired)
		} else {
			p.unit.Run(&c.State.Learn[r], at, &p.env, p.arrived, fired)
		}
		c.adopt(r, p.unit.Changed)
		if at == learn.Fired {
			p.arrived = p.arrived[:0]
		}
	}
}

// adopt decodes the weights of synapses of a plan, so that the next spikes
// deliver them: nothing if a synapse is not there.
func (c *Core) adopt(rule int, list []int32) {
	p, plan := c.rules[rule], &c.Image.Learning[rule].Plan
	words := c.State.Learn[rule].Words[learn.Synapse]
	weights := words[0]
	for _, s := range list {
		n, w := p.axon[s], weights[s]
		if p.absent != nil && !p.present(s, words[plan.Live][s]) {
			w = 0
		}
		c.cells[p.syn[s]].w = c.weight(c.Image.Axons[n].Format, w, c.axon[n].form == formBucket)
	}
}

// present notes whether a synapse is there.
func (p *plastic) present(s, live int32) bool {
	if gone := live == 0; gone != p.absent[s] {
		p.absent[s] = gone
		if gone {
			p.missing[p.net.Pre[s]]++
		} else {
			p.missing[p.net.Pre[s]]--
		}
	}
	return live != 0
}

// uncount takes back the events of synapses that are not there: their memory is
// read, but nothing is delivered.
func (c *Core) uncount(a *Axon, missing int32) {
	if a.Dense {
		c.Counts[count.SynDense] -= int64(missing)
	} else {
		c.Counts[count.SynSparse] -= int64(missing)
	}
}

// adoptAll decodes all weights that can change.
func (c *Core) adoptAll() {
	for r, p := range c.rules {
		one := []int32{0}
		for s := range p.syn {
			one[0] = int32(s)
			c.adopt(r, one)
		}
	}
}

// SetLearning is a host write between ticks: a word of a space of a plan gets
// one value per item. Written weights act at once.
func (c *Core) SetLearning(rule int, space learn.Space, word int, values []int32) error {
	if rule < 0 || rule >= len(c.State.Learn) || space > learn.Post || word < 0 || word >= len(c.State.Learn[rule].Words[space]) {
		return fmt.Errorf("core: word %d of space %s of learning plan %d, which the core does not have", word, space, rule)
	}
	to := c.State.Learn[rule].Words[space][word]
	if len(values) != len(to) {
		return fmt.Errorf("core: %d values for a word of %s, need %d", len(values), space, len(to))
	}
	x := &c.Image.Learning[rule].Plan.Words[space][word]
	for i, v := range values {
		if x.Layout.Apply(int64(v)) != v {
			return fmt.Errorf("core: value %d of item %d of word %q does not fit %d bits, %s", v, i, x.Name, x.Layout.Width, x.Layout.Over)
		}
	}
	copy(to, values)
	c.Counts[count.HostWrites] += int64(len(values))
	if space == learn.Synapse && (word == 0 || word == int(c.Image.Learning[rule].Plan.Live)) {
		c.adoptAll()
	}
	return nil
}
