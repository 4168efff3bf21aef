package compiler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core"
)

// passEncode writes the image. A network that does not fit has none.
func passEncode(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	img := u.imageFrame()
	for c := range u.Cores {
		ci, err := u.encodeCore(c)
		if err != nil {
			return fmt.Errorf("core %d: %w", u.Cores[c].ID, err)
		}
		img.Cores = append(img.Cores, ci)
	}
	img.Modulators = u.modulators()
	img.Meta = u.meta()
	u.Image = img
	return nil
}

// imageFrame is the image without cores: the chip's tables, populations, inputs.
func (u *Unit) imageFrame() *chip.Image {
	f := u.Family
	img := &chip.Image{
		Chip: f.Name, ChipHash: f.Hash, Fidelity: f.Fidelity,
		Mesh: f.Mesh, Latency: f.Latency, Energy: f.Energy,
	}
	for k, p := range u.Net.Pops {
		pop := chip.Population{Name: p.Name, N: p.N, Input: p.Kind == graph.Input, Output: p.Output, Depth: u.Pops[k].Depth}
		if p.Kind == graph.Readout {
			pop.Read = 1 + u.stateWord(u.Pops[k].group, stateV)
		}
		if r := u.Pops[k].raw; r != nil {
			pop.Read = r.read
		}
		if p.Code != graph.Rate {
			pop.Window = window(p)
		}
		img.Pops = append(img.Pops, pop)
		if p.Kind == graph.Input {
			img.Inputs = append(img.Inputs, u.inputMap(k))
		}
	}
	return img
}

func (u *Unit) inputMap(pop int) chip.InputMap {
	n := u.Net.Pops[pop].N
	m := chip.InputMap{Pop: pop, Off: make([]uint32, n+1)}
	for i := range n {
		if u.inputs[pop] != nil {
			m.Dst = append(m.Dst, u.inputs[pop][i]...)
		}
		m.Off[i+1] = uint32(len(m.Dst))
	}
	return m
}

// portsUsed counts the ports up to the last that a program reads or an in-axon
// feeds; the others need no accumulators.
func portsUsed(img *core.Image) int {
	used := 1
	for i := range img.Groups {
		for p, reads := range img.Groups[i].Prog.Reads {
			if reads {
				used = max(used, p+1)
			}
		}
	}
	for _, a := range img.Axons {
		used = max(used, int(a.Port)+1)
	}
	return min(used, len(img.Ports))
}

// encodeCore fills one core's memories.
func (u *Unit) encodeCore(c int) (chip.Core, error) {
	plan := &u.Cores[c]
	img, err := u.regs.bind.core(settings{core: u.coreSettings(plan)})
	if err != nil {
		return chip.Core{}, err
	}
	img.N = int(plan.Use.Compartments)
	out := chip.Core{ID: plan.ID}
	for rest := plan.Slices; len(rest) > 0; {
		on := ofOnePop(rest)
		g, err := u.encodeGroup(plan, on)
		if err != nil {
			return chip.Core{}, err
		}
		img.Groups = append(img.Groups, g)
		rest = rest[len(on):]
	}
	for _, s := range plan.Slices {
		out.Runs = append(out.Runs, chip.Run{Pop: s.Pop, First: s.First, Base: s.Base, N: s.N})
	}
	if err := encodeAxons(&img, plan.alloc); err != nil {
		return chip.Core{}, err
	}
	img.Learning = u.learning(plan.alloc)
	img.Ports = img.Ports[:portsUsed(&img)]
	encodeOut(&img, plan)
	out.Image = &img
	return out, nil
}

// coreSettings are the values of core variables.
func (u *Unit) coreSettings(plan *CorePlan) map[string]int64 {
	v := map[string]int64{varMaxDelay: plan.Use.MaxDelay}
	if len(plan.Slices) > 0 && u.Pops[plan.Slices[0].Pop].raw != nil {
		maps.Copy(v, u.Pops[plan.Slices[0].Pop].raw.core)
		return v
	}
	if len(plan.Slices) > 0 {
		v[varVMin] = u.Pops[plan.Slices[0].Pop].VMin
	}
	if f := u.regs.field(varVMax); f.have {
		v[varVMax] = f.hi
	}
	return v
}

// gather is the values of the neurons on slices.
func gather(v []int64, on []Slice) []int64 {
	if len(on) == 1 {
		return v[on[0].First : on[0].First+on[0].N]
	}
	var out []int64
	for _, s := range on {
		out = append(out, v[s.First:s.First+s.N]...)
	}
	return out
}

// encodeGroup binds the neurons of a population's slices.
func (u *Unit) encodeGroup(plan *CorePlan, on []Slice) (core.Group, error) {
	p, n := &u.Pops[on[0].Pop], neurons(on)
	if p.raw != nil {
		g, err := u.rawGroup(plan, on)
		if err != nil {
			return g, fmt.Errorf("population %q: %w", p.Src.Name, err)
		}
		g.Name, g.Base, g.N = p.Src.Name, on[0].Base, n
		return g, nil
	}
	of := func(v []int64) []int64 { return gather(v, on) }
	one := func(x int64) []int64 { return []int64{x} }
	v := settings{core: u.coreSettings(plan), neuron: map[string][]int64{
		varDecayU: of(p.DecayU), varDecayV: of(p.DecayV), varThresh: of(p.Thresh),
		varOffsetU: one(p.OffU), varOffsetV: one(p.OffV),
		varBiasMant: of(p.BiasMant), varBiasExp: of(p.BiasEx),
		varRefract: one(int64(1 + p.Hold)), varStart: one(int64(p.Start)),
		varVMin: one(p.VMin), varUStart: of(p.UStart), varVStart: of(p.VStart),
	}}
	if f := u.regs.field(varVMax); f.have {
		v.neuron[varVMax] = one(f.hi)
	}
	if p.exact {
		for name, vals := range u.exactSettings(p, on) {
			v.neuron[name] = vals
		}
	}
	g, err := u.regs.bind.group(p.group, n, v)
	if err != nil {
		return g, fmt.Errorf("population %q: %w", p.Src.Name, err)
	}
	g.Name, g.Base, g.N = p.Src.Name, on[0].Base, n
	return g, nil
}

// encodeAxons writes formats, in-axons and synapses.
func encodeAxons(img *core.Image, a *allocation) error {
	var stored []storedFormat
	var last *rows
	a.each(func(b *rows, j int) {
		f := slices.Index(stored, b.store)
		if f < 0 {
			f = len(stored)
			stored = append(stored, b.store)
			img.Formats = append(img.Formats, b.store.form)
		}
		if b.conv != nil && b.conv.form != nil {
			if last != b {
				img.Kernels = append(img.Kernels, b.conv.stored())
			}
			last = b
			img.Axons = append(img.Axons, core.Axon{Off: uint32(b.conv.address(j)), N: uint32(b.conv.n(j)), Format: uint8(f), Words: uint32(b.conv.words(j)), Kernel: uint16(len(img.Kernels))})
			return
		}
		list := b.list(j)
		img.Axons = append(img.Axons, core.Axon{
			Off: uint32(len(img.Syn)), N: uint32(len(list)),
			Format: uint8(f), Port: uint8(b.key.port), Dense: b.store.indexBits == 0, Words: uint32(b.wordsOf(j)),
		})
		img.Syn = append(img.Syn, list...)
	})
	if len(img.Kernels) >= 1<<16 {
		return fmt.Errorf("%d kernels, need at most %d", len(img.Kernels), 1<<16-1)
	}
	if len(stored) > 256 {
		return fmt.Errorf("%d synapse formats, need at most 256", len(stored))
	}
	return nil
}

// encodeOut writes out-axons, their boxes in ascending order of cores.
func encodeOut(img *core.Image, plan *CorePlan) {
	for _, ts := range plan.out {
		for _, t := range ts {
			if !slices.Contains(img.Boxes, int32(t.Core)) {
				img.Boxes = append(img.Boxes, int32(t.Core))
			}
		}
	}
	slices.Sort(img.Boxes)
	img.OutOff = make([]uint32, img.N+1)
	for i, ts := range plan.out {
		for _, t := range ts {
			box, _ := slices.BinarySearch(img.Boxes, int32(t.Core))
			img.Out = append(img.Out, core.OutAxon{Box: uint16(box), Axon: t.Axon})
		}
		img.OutOff[i+1] = uint32(len(img.Out))
	}
}

// meta is the provenance that travels with the image.
func (u *Unit) meta() []chip.KV {
	kv := []chip.KV{
		{Key: "network", Value: u.Net.Name},
		{Key: "passes", Value: strings.Join(append(slices.Clone(u.Done), "encode"), " ")},
		{Key: "seed", Value: fmt.Sprint(u.Options.Seed)},
	}
	for _, p := range u.Net.Provenance {
		kv = append(kv, chip.KV{Key: "provenance", Value: p})
	}
	for _, a := range u.Net.Assumptions {
		kv = append(kv, chip.KV{Key: "assumption", Value: fmt.Sprintf("%s = %s: %s", a.What, a.Value, a.Why)})
	}
	for _, l := range newReport(u).Layers {
		kv = append(kv, chip.KV{Key: "layer", Value: l.String()})
	}
	for _, n := range u.Notes {
		kv = append(kv, chip.KV{Key: "note", Value: n})
	}
	return kv
}
