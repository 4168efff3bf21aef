package compiler

import (
	"maps"
	"slices"

	"hillock/compiler/graph"
)

// splitRounds bounds the search for a number of slices, fanRounds how often
// cores are formed again because one has too many out-axons.
const (
	splitRounds = 64
	fanRounds   = 8
	lostCores   = 256 // cores that are still tried for a slice once there are more than the chip has
)

// passSplit cuts each population into the fewest equal slices that fit a core
// each, then packs slices first-fit, in population order, into as few cores as
// possible; with an effort, neurons are then divided by their traffic if that
// is better. The result depends on the network, the limits and the effort only.
func passSplit(u *Unit) error {
	for range fanRounds {
		u.assign()
		if !u.countFan() {
			break
		}
	}
	if err := u.remap(); err != nil {
		return err
	}
	if have, ok := u.limit(limCores); ok && int64(len(u.Cores)) > have {
		u.misfit(Misfit{"", -1, limCores, int64(len(u.Cores)), have, "the chip has no more cores; " + u.tightest()})
	}
	return nil
}

// assign cuts and packs all populations.
func (u *Unit) assign() {
	u.Cores = nil
	for k := range u.Pops {
		if u.Pops[k].Src.Kind == graph.Input {
			continue
		}
		cut, allocs := u.cut(k)
		for i, s := range cut {
			u.pack(s, allocs[i])
		}
	}
}

// countFan counts the out-axons of every neuron for the present cores, and
// says whether a core has too many of them. The next round of assign uses the
// counts.
func (u *Unit) countFan() bool {
	fan := make([][]int64, len(u.Pops))
	for k := range u.Pops {
		fan[k] = make([]int64, u.Pops[k].Src.N)
	}
	for c := range u.Cores {
		u.Cores[c].alloc.each(func(b *rows, j int) { fan[b.key.pre][j]++ })
	}
	u.fan = fan
	over := false
	for c := range u.Cores {
		core := &u.Cores[c]
		core.Use.OutAxons = u.outAxons(core.Slices)
		if have, ok := u.limit(limOutAxons); ok && core.Use.OutAxons > have {
			over = true
		}
	}
	return over
}

func (u *Unit) outAxons(on []Slice) int64 {
	if u.fan == nil {
		return 0
	}
	var n int64
	for _, s := range on {
		n += sum(u.fan[s.Pop][s.First : s.First+s.N])
	}
	return n
}

// limit is a limit of the description; ok is false if the chip has none.
func (u *Unit) limit(name string) (int64, bool) { return u.regs.bind.limit(name) }

// excess is the largest ratio of need to limit over a core's resources, but
// for those that are beyond mending.
func (u *Unit) excess(use Usage, stuck map[string]bool) float64 {
	worst := 0.0
	limits := u.limitValues()
	for i, need := range use.limited() {
		if c := &limits[i]; c.ok && need > c.have && !stuck[c.name] {
			worst = max(worst, float64(need)/float64(max(c.have, 1)))
		}
	}
	return worst
}

// coreLimit is one resource of a core with its need and limit.
type coreLimit struct {
	name       string
	need, have int64
	ok         bool
	because    string
}

func (u *Unit) coreLimits(use Usage) []coreLimit {
	list := slices.Clone(u.limitValues())
	for i, need := range use.limited() {
		list[i].need = need
	}
	return list
}

// limited lists the needs that have limits, in the order of limitValues.
func (use *Usage) limited() [7]int64 {
	return [...]int64{use.Compartments, use.InAxons, use.Words, use.OutAxons, use.Thresholds, use.Profiles, use.Formats}
}

// limitValues are the limits of a core, looked up once.
func (u *Unit) limitValues() []coreLimit {
	if u.limits != nil {
		return u.limits
	}
	list := []coreLimit{
		{name: limCompartments, because: "every neuron is a compartment"},
		{name: limInAxons, because: "every source neuron needs an in-axon on the core, one per weight format"},
		{name: limWords, because: "synapse lists of the core's in-axons"},
		{name: limOutAxons, because: "every neuron needs an out-axon per destination core and weight format"},
		{name: limThresholds, because: "distinct thresholds on one core"},
		{name: limProfiles, because: "distinct decays and delays on one core"},
		{name: limFormats, because: "distinct synapse formats on one core"},
	}
	for i := range list {
		list[i].have, list[i].ok = u.limit(list[i].name)
	}
	if m := u.regs.memory.Words; m > 0 && !list[2].ok {
		list[2].have, list[2].ok = m, true
	}
	if f := u.Family.Weights.Formats; f > 0 && !list[6].ok {
		list[6].have, list[6].ok = f, true
	}
	u.limits = list
	return list
}

// cut finds the fewest balanced slices of a population that fit a core each.
// Needs that a single neuron alone exceeds are reported and then ignored, so
// that the size of the rest is still found.
func (u *Unit) cut(pop int) ([]Slice, []*allocation) {
	p := &u.Pops[pop]
	n := p.Src.N
	parts := 1
	if c, ok := u.limit(limCompartments); ok && c > 0 {
		parts = max(1, (n+int(c)-1)/int(c))
	}
	var stuck map[string]bool
	quick := u.convolved(pop)
	for round := 0; ; round++ {
		cut := balanced(pop, n, parts)
		last := parts == n || round == splitRounds
		allocs, worst := u.tryCut(cut, stuck, quick && !last)
		if worst > 0 && stuck == nil {
			stuck = u.beyondMending(pop)
			worst = 0
			for _, a := range allocs {
				worst = max(worst, u.excess(a.use, stuck))
			}
			if worst == 0 && len(allocs) < len(cut) {
				continue // a quick trial stopped at what is beyond mending
			}
		}
		if worst == 0 || last {
			p.Parts, p.stuck = parts, stuck
			return cut, allocs
		}
		step := min(worst, 2) * 0.9
		if quick {
			step = max(step, 1.02) // the number of trials stays small for thousands of slices
		}
		parts = min(n, max(parts+1, int(float64(parts)*step)))
	}
}

// tryCut allocates slices one by one and gives the largest excess. A quick
// trial stops at the first slice with any: a large convolution has thousands
// of slices, and the first that does not fit says enough to cut finer.
func (u *Unit) tryCut(cut []Slice, stuck map[string]bool, quick bool) (allocs []*allocation, worst float64) {
	for _, s := range cut {
		a := u.allocate([]Slice{s})
		allocs = append(allocs, a)
		if worst = max(worst, u.excess(a.use, stuck)); worst > 0 && quick {
			break
		}
	}
	return allocs, worst
}

// beyondMending reports what single neurons of a population need more of than
// a core has.
func (u *Unit) beyondMending(pop int) map[string]bool {
	worst, stuck, who := map[string]coreLimit{}, map[string]bool{}, map[string]int{}
	if u.small(pop) {
		return stuck
	}
	for _, i := range u.suspects(pop) {
		for _, c := range u.coreLimits(u.allocate([]Slice{{Pop: pop, First: i, N: 1}}).use) {
			if c.ok && c.need > c.have && c.need > worst[c.name].need {
				worst[c.name], stuck[c.name], who[c.name] = c, true, i
			}
		}
	}
	for _, c := range u.coreLimits(Usage{}) {
		if w := worst[c.name]; stuck[c.name] {
			u.misfit(Misfit{u.Pops[pop].Src.Name, -1, c.name, w.need, w.have, "one neuron alone needs more than a core has, so no cut helps: " + c.because + u.blame(pop, who[c.name], c.name)})
		}
	}
	return stuck
}

// small says, without building lists, that no single neuron of a population
// can exceed a core, however its inputs are stored.
func (u *Unit) small(pop int) bool {
	var use Usage
	for _, q := range u.into(pop) {
		n := int64(u.Net.Pops[q.Src.Pre].N)
		if q.raw != nil {
			n = int64(q.raw.most)
			use.Words += n * u.axonWords(1, q.raw.bits)
		}
		if k := q.kernel; k != nil {
			n = min(n, int64(k.In[0]/k.Groups*k.Size[0]*k.Size[1]))
		}
		use.InAxons += n
		use.Words += n * u.axonWords(1, int64(q.Code.Bits)+u.regs.memory.DelayBits+indexBits(u.regs.memory, 0))
		use.Formats++
	}
	if u.fan != nil {
		use.OutAxons = slices.Max(u.fan[pop])
	}
	use.Compartments, use.Thresholds, use.Profiles = 1, 1, 1
	return u.excess(use, nil) == 0
}

// balanced cuts n neurons into parts whose sizes differ by at most one.
func balanced(pop, n, parts int) []Slice {
	out := make([]Slice, parts)
	first := 0
	for k := range out {
		size := n / parts
		if k < n%parts {
			size++
		}
		out[k] = Slice{Pop: pop, First: first, N: size}
		first += size
	}
	return out
}

// pack puts a slice on the first core where everything still fits, or on a
// new one. Two slices of one population never share a core: one would do.
func (u *Unit) pack(s Slice, alone *allocation) {
	from := 0
	if have, ok := u.limit(limCores); ok && int64(len(u.Cores)) > have {
		from = len(u.Cores) - min(len(u.Cores), lostCores) // it does not fit: only by how much is asked
	}
	for c := from; c < len(u.Cores); c++ {
		core := &u.Cores[c]
		if core.holds(s.Pop) || !u.sameCore(core, s) || u.excess(atLeast(core.Use, alone.use), nil) > 0 {
			continue
		}
		s.Base = int(core.Use.Compartments)
		try := append(append([]Slice(nil), core.Slices...), s)
		if a := u.allocate(try); u.excess(a.use, nil) == 0 {
			core.Slices, core.Use, core.alloc = try, a.use, a
			return
		}
	}
	s.Base = 0
	u.Cores = append(u.Cores, CorePlan{ID: -1, Slices: []Slice{s}, Use: alone.use, alloc: alone})
}

// atLeast bounds from below what two sets of slices need together. In-axons
// of the same source and format join, and each join saves at most two words:
// one rounded up and one header.
func atLeast(a, b Usage) Usage {
	return Usage{
		Compartments: a.Compartments + b.Compartments,
		OutAxons:     a.OutAxons + b.OutAxons,
		InAxons:      a.own + b.own + max(a.InAxons-a.own, b.InAxons-b.own),
		Words:        a.Words + b.Words - 2*min(a.InAxons-a.own, b.InAxons-b.own),
		Formats:      1,
	}
}

// holds says whether a slice of a population is on the core.
func (c *CorePlan) holds(pop int) bool {
	for _, s := range c.Slices {
		if s.Pop == pop {
			return true
		}
	}
	return false
}

// sameCore says whether a slice agrees with a core's registers that exist
// once per core.
func (u *Unit) sameCore(c *CorePlan, s Slice) bool {
	return u.samePops(c.Slices[0].Pop, s.Pop)
}

// samePops says whether two populations may share a core.
func (u *Unit) samePops(one, other int) bool {
	if a, b := u.Pops[one].raw, u.Pops[other].raw; a != nil && b != nil {
		return maps.Equal(a.core, b.core)
	}
	if f := u.regs.field(varVMin); f.have && f.core {
		return u.Pops[one].VMin == u.Pops[other].VMin
	}
	return true
}
