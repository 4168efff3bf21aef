package compiler

import (
	"fmt"
	"maps"
	"slices"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core"
	"hillock/core/learn"
)

// rawPop is a population whose register fields the network gives.
type rawPop struct {
	src     *graph.RawPop
	fields  map[string][]int64 // of scope neuron, 1 or N values
	core    map[string]int64   // of scope core
	profile []int32            // per neuron: number of its settings
	thresh  []int64            // per neuron: its threshold field
	read    int                // 1 + the state word that the host reads
}

// rawProj is a projection by its synapses.
type rawProj struct {
	src  *graph.RawProj
	off  []int32 // synapses of source j: off[j] .. off[j+1], by target and delay
	mant []int16
	most int // synapses of the target that has most
	plan int // index into Unit.plans, -1 = the weights stay
	role int // of the sources in the plan
	bits int64
	// delayed says whether any synapse has a delay, so that all store one.
	delayed bool
}

// CompileRaw runs the passes of a network in the chip's own numbers. If it
// does not fit, the error is a *FitError with every misfit.
func CompileRaw(net *graph.Raw, f *chip.Family, o Options) (*Result, error) {
	r, err := FitRaw(net, f, o)
	if err != nil {
		return nil, err
	}
	if !r.Fits {
		return nil, &FitError{Misfits: r.Misfits}
	}
	return r.Result, nil
}

// FitRaw is Fit for a network in the chip's own numbers: nothing is scaled or
// rounded, and what the chip cannot hold as it stands is a misfit.
func FitRaw(net *graph.Raw, f *chip.Family, o Options) (*FitResult, error) {
	if net == nil || f == nil {
		return nil, fmt.Errorf("compiler: need a network and a chip description")
	}
	u := &Unit{raw: net, Family: f, Options: o}
	list := []Pass{{"check", "fields, weights and rules of the network against the description", passRaw}}
	for _, p := range passes {
		switch p.Name {
		case "split", "place", "allocate", "limits", "encode":
			list = append(list, p)
		}
	}
	if err := u.runAll(list); err != nil {
		return nil, err
	}
	return u.answer(), nil
}

// passRaw makes populations and projections of a raw network.
func passRaw(u *Unit) error {
	if err := u.raw.Validate(); err != nil {
		return err
	}
	u.regs = rawRegisters(u.Family, u.binder())
	u.Net = &graph.Network{Name: u.raw.Name, Provenance: u.raw.Provenance}
	for _, p := range u.raw.Pops {
		s := &graph.Population{Name: p.Name, N: p.N, Kind: graph.CubaLIF, Output: p.Output}
		if p.Input {
			s.Kind = graph.Input
		}
		u.Net.Pops = append(u.Net.Pops, s)
		u.Pops = append(u.Pops, Pop{Src: s, Rate: 1, Parts: 1, Scale: 1, Proof: "in the chip's own numbers, overflow not proven"})
	}
	for k, p := range u.raw.Pops {
		if !p.Input {
			u.rawPopulation(&u.Pops[k], p)
		}
	}
	u.rawProfiles()
	for _, q := range u.raw.Projs {
		u.Net.Projs = append(u.Net.Projs, &graph.Projection{Name: q.Name, Pre: q.Pre, Post: q.Post})
		u.Projs = append(u.Projs, Proj{Src: u.Net.Projs[len(u.Net.Projs)-1]})
	}
	if err := u.rawRules(); err != nil {
		return err
	}
	for i, q := range u.raw.Projs {
		u.rawProjection(&u.Projs[i], q)
	}
	u.rawDepths()
	return nil
}

// rawRegisters is what the passes need to know of a chip when they choose no
// register themselves.
func rawRegisters(f *chip.Family, b binder) registers {
	r := registers{bind: b, fields: map[string]span{}, memory: b.memory()}
	for _, d := range f.Fields {
		r.fields[d.Name] = span{lo: d.Lo, hi: d.Hi, usual: d.Default, set: d.HasDefault, have: true, core: d.Scope == "core"}
	}
	return r
}

// rawPopulation holds group and fields against the description.
func (u *Unit) rawPopulation(p *Pop, s *graph.RawPop) {
	r := &rawPop{src: s, fields: map[string][]int64{}, core: map[string]int64{}, profile: make([]int32, s.N), thresh: make([]int64, s.N)}
	p.raw = r
	if p.group = s.Group; p.group == "" {
		p.group = u.defaultGroup()
	}
	bad := u.Family.Group(p.group) == nil
	if bad {
		u.rawMisfit(s, fmt.Sprintf("neuron group %q", p.group), 1, 0, "the chip has no such group")
	}
	for _, f := range s.Fields {
		bad = !u.rawField(r, f) || bad
	}
	if s.Read != "" && u.Family.Group(p.group) != nil {
		if r.read = 1 + u.stateWord(p.group, s.Read); r.read == 0 {
			u.rawMisfit(s, "read", 1, 0, fmt.Sprintf("group %q has no state word %q", p.group, s.Read))
		}
	}
	if bad {
		return
	}
	core := maps.Clone(r.core)
	if u.regs.field(varMaxDelay).have {
		core[varMaxDelay] = u.regs.field(varMaxDelay).lo
	}
	if _, err := u.regs.bind.group(p.group, s.N, settings{core: core, neuron: r.fields}); err != nil {
		u.rawMisfit(s, "fields", 1, 0, err.Error())
	}
}

func (u *Unit) rawMisfit(p *graph.RawPop, resource string, need, have int64, because string) {
	u.misfit(Misfit{p.Name, -1, resource, need, have, fmt.Sprintf("%s: %s", p.At, because)})
}

// defaultGroup is the group that the description names, else its first.
func (u *Unit) defaultGroup() string {
	if g := strategy(u.Family, "default_group"); g != "" {
		return g
	}
	if len(u.Family.Core.Groups) > 0 {
		return u.Family.Core.Groups[0].Name
	}
	return ""
}

// rawField takes one field, or says why it cannot.
func (u *Unit) rawField(r *rawPop, f graph.RawField) bool {
	s := u.regs.field(f.Name)
	switch {
	case !s.have:
		u.rawMisfit(r.src, "field "+f.Name, 1, 0, "the chip has no such field")
		return false
	case f.Name == varMaxDelay:
		u.rawMisfit(r.src, "field "+f.Name, 1, 0, "it follows from the delays of the synapses; leave it out")
		return false
	case s.core && len(f.Values) != 1:
		u.rawMisfit(r.src, "field "+f.Name, int64(len(f.Values)), 1, "the field exists once per core")
		return false
	}
	for i, x := range f.Values {
		if x < s.lo || x > s.hi {
			have := s.hi
			if x < s.lo {
				have = s.lo
			}
			u.rawMisfit(r.src, "field "+f.Name, x, have, fmt.Sprintf("value %d is outside %d..%d", i, s.lo, s.hi))
			return false
		}
	}
	if s.core {
		r.core[f.Name] = f.Values[0]
	} else {
		r.fields[f.Name] = f.Values
	}
	return true
}

// rawProfiles numbers the distinct settings of neurons, without threshold,
// bias and start values, which are no part of a profile.
func (u *Unit) rawProfiles() {
	known := map[string]int32{}
	for k := range u.Pops {
		r := u.Pops[k].raw
		if r == nil {
			continue
		}
		names := slices.Sorted(maps.Keys(r.fields))
		for i := range r.src.N {
			key := u.Pops[k].group
			for _, name := range names {
				v := r.fields[name]
				x := v[min(i, len(v)-1)]
				switch name {
				case varThresh:
					r.thresh[i] = x
				case varBiasMant, varBiasExp, varUStart, varVStart:
				default:
					key = fmt.Sprintf("%s %s=%d", key, name, x)
				}
			}
			if _, ok := known[key]; !ok {
				known[key] = int32(len(known))
			}
			r.profile[i] = known[key]
		}
	}
}

// rawDepths finds by how many ticks each population trails the input: the
// shortest way to it, at most as many steps as there are populations.
func (u *Unit) rawDepths() {
	const far = 1 << 30
	depth := make([]int, len(u.Pops))
	for k := range depth {
		if u.Net.Pops[k].Kind != graph.Input {
			depth[k] = far
		}
	}
	for range depth {
		for _, q := range u.raw.Projs {
			if len(q.Synapses) == 0 || depth[q.Pre] == far {
				continue
			}
			way := int32(1 << 30)
			for _, s := range q.Synapses {
				way = min(way, s.Delay)
			}
			if !u.raw.Pops[q.Pre].Input {
				way++
			}
			depth[q.Post] = min(depth[q.Post], depth[q.Pre]+int(way))
		}
	}
	for k, d := range depth {
		if d < far {
			u.Pops[k].Depth = min(d, mostDepth)
		}
	}
}

// mostDepth is the largest depth that an image states.
const mostDepth = 4096

// rawGroup binds the neurons of a population's slices.
func (u *Unit) rawGroup(plan *CorePlan, on []Slice) (core.Group, error) {
	p := &u.Pops[on[0].Pop]
	v := settings{core: u.coreSettings(plan), neuron: map[string][]int64{}}
	for name, vals := range p.raw.fields {
		if len(vals) > 1 {
			vals = gather(vals, on)
		}
		v.neuron[name] = vals
	}
	return u.regs.bind.group(p.group, neurons(on), v)
}

// learning lists the plans of a core and their in-axons.
func (u *Unit) learning(a *allocation) []core.Learning {
	all := make([]core.Learning, len(u.plans))
	n := 0
	a.each(func(b *rows, _ int) {
		if b.key.plan > 0 {
			l := &all[b.key.plan-1]
			l.Axons = append(l.Axons, uint16(n))
			if len(u.plans[b.key.plan-1].plan.Roles) > 0 {
				l.Roles = append(l.Roles, uint8(b.key.role))
			}
		}
		n++
	})
	var out []core.Learning
	for k, l := range all {
		if len(l.Axons) > 0 {
			l.Plan = u.plans[k].plan
			out = append(out, l)
		}
	}
	return out
}

// plan is a learning plan for the synapses of one sign mode.
type plan struct {
	rule     int
	mode     string
	reserved bool // its synapses are not there at the start
	plan     learn.Plan
	bits     int64 // of the stored words of a synapse beside its weight
}

// modulators are the registers that populations drive.
func (u *Unit) modulators() []chip.Modulator {
	if u.raw == nil {
		return nil
	}
	var out []chip.Modulator
	for _, m := range u.raw.Modulators {
		out = append(out, chip.Modulator{Register: m.Register, Pop: m.Pop, Keep: m.Keep, Gain: m.Gain, Top: m.Top})
	}
	return out
}
