package compiler

import (
	"fmt"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/core"
)

// passTierConnect numbers the in-axons of every layer, one per place of what it
// reads: a block for each projection. Neurons whose spikes are pooled share one.
func passTierConnect(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	u.inputs = make([][][]chip.Target, len(u.Pops))
	for c := range u.Cores {
		u.Cores[c].out = make([][]chip.Target, u.Cores[c].Use.Compartments)
	}
	at := u.sites()
	for c := range u.Cores {
		plan := &u.Cores[c]
		pop := plan.Slices[0].Pop
		l, axon := &u.tiers[pop], 0
		for i, q := range u.forward(pop) {
			l.first = append(l.first, axon)
			if n := axon + q.kernel.Sources(); n > mostAxons {
				u.misfit(Misfit{u.Pops[pop].Src.Name, plan.ID, limInAxons, int64(n), mostAxons, "the image numbers in-axons with 16 bits"})
				return nil
			}
			for j := range u.Net.Pops[q.Src.Pre].N {
				if place, ok := pooledPlace(u.sourcePlane(q, l.pools[i]), l.pools[i], q.kernel, j); ok {
					u.connect(at, q.Src.Pre, j, chip.Target{Core: uint16(c), Axon: uint16(axon + place)})
				}
			}
			axon += q.kernel.Sources()
			plan.Use.Synapses += q.synapses()
			plan.Use.MaxDelay = max(plan.Use.MaxDelay, int64(q.Delay))
		}
		plan.Use.InAxons = int64(axon)
	}
	for c := range u.Cores {
		for _, ts := range u.Cores[c].out {
			u.Cores[c].Use.OutAxons += int64(len(ts))
		}
	}
	u.measureMapping()
	return nil
}

// sourcePlane is the source of a projection before pooling.
func (u *Unit) sourcePlane(q *Proj, pool int) [3]int {
	k := q.Src.Kernel
	switch {
	case k != nil:
		return k.In
	case pool == 1:
		return q.kernel.In
	}
	return u.tierPlane(q.Src.Pre)
}

// pooledPlace is the place of a source neuron in what a layer reads; false if
// its row or column fills no window.
func pooledPlace(in [3]int, pool int, k *graph.Kernel, neuron int) (int, bool) {
	c, y, x := neuron/(in[1]*in[2]), neuron/in[2]%in[1]/pool, neuron%in[2]/pool
	return (c*k.In[1]+y)*k.In[2] + x, y < k.In[1] && x < k.In[2]
}

// passTierEncode writes the image. A network that does not fit has none.
func passTierEncode(u *Unit) error {
	if len(u.Misfits) > 0 {
		return nil
	}
	img := u.imageFrame()
	for c := range u.Cores {
		ci, err := u.encodeTier(&u.Cores[c])
		if err != nil {
			return fmt.Errorf("core %d: %w", u.Cores[c].ID, err)
		}
		img.Cores = append(img.Cores, ci)
	}
	img.Meta = u.meta()
	u.Image = img
	return nil
}

// encodeTier fills the memories of a core.
func (u *Unit) encodeTier(plan *CorePlan) (chip.Core, error) {
	pop := plan.Slices[0].Pop
	p := &u.Pops[pop]
	v := settings{
		core:   map[string]int64{varThresh: p.Thresh[0], varVMin: p.VMin, varStart: int64(p.Start), varMaxDelay: plan.Use.MaxDelay},
		neuron: map[string][]int64{varBiasMant: p.BiasMant, varVStart: p.VStart},
	}
	img, err := u.regs.bind.core(v)
	if err != nil {
		return chip.Core{}, err
	}
	g, err := u.regs.bind.group(p.group, p.Src.N, v)
	if err != nil {
		return chip.Core{}, fmt.Errorf("population %q: %w", p.Src.Name, err)
	}
	g.Name = p.Src.Name
	img.N, img.Groups, img.Formats = p.Src.N, []core.Group{g}, []core.Format{{}}
	for _, q := range u.forward(pop) {
		w := kernelRows{q: q, on: plan.Slices[:1]}
		w.form, w.crop = tileOf(q.kernel, w.on)
		k := w.stored()
		img.Kernels = append(img.Kernels, k)
		for j := range q.kernel.Sources() {
			fan := 0
			k.Each(int32(j), func(int32, int32) { fan++ })
			img.Axons = append(img.Axons, core.Axon{Off: uint32(j), N: uint32(fan), Kernel: uint16(len(img.Kernels))})
		}
	}
	encodeOut(&img, plan)
	return chip.Core{ID: plan.ID, Image: &img, Runs: []chip.Run{{Pop: pop, N: p.Src.N}}}, nil
}
