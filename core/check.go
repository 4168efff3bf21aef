package core

import (
	"fmt"
	"slices"
	"sort"

	"hillock/isa"
)

// maxSlots bounds the accumulators of one port, so that a small file cannot
// ask for unbounded memory.
const maxSlots = 1 << 22

// Check verifies every index and size of an image, so that no run can read
// or write outside it.
func (img *Image) Check() error {
	if img.Event != nil {
		return img.checkEvent()
	}
	switch {
	case img.N < 1 || img.N > MaxCompartments:
		return fmt.Errorf("core: %d compartments, need 1..%d", img.N, MaxCompartments)
	case img.Ring < 1 || img.Ring > 256:
		return fmt.Errorf("core: ring of %d slots, need 1..256", img.Ring)
	case img.N*img.Ring > maxSlots:
		return fmt.Errorf("core: %d compartments x %d ring slots, need at most %d accumulators", img.N, img.Ring, maxSlots)
	case len(img.Ports) < 1 || len(img.Ports) > isa.NumIN:
		return fmt.Errorf("core: %d ports, need 1..%d", len(img.Ports), isa.NumIN)
	}
	for p, port := range img.Ports {
		if err := port.Acc.Valid(); err != nil {
			return fmt.Errorf("core: port %d: %w", p, err)
		}
		if port.ReadShift > 31 {
			return fmt.Errorf("core: port %d: read shift %d, need 0..31", p, port.ReadShift)
		}
		if port.Bucket && port.When == AtEvent {
			return fmt.Errorf("core: port %d: buckets are summed before the accumulator, need overflow at the read", p)
		}
	}
	for f, fm := range img.Formats {
		if s := fm.Lsb + fm.Exp; s < -31 || s > 23 || fm.Scale < 0 || fm.Scale > 23 {
			return fmt.Errorf("core: format %d: shift %d and scale %d, need -31..23 and 0..23", f, s, fm.Scale)
		}
	}
	for _, port := range img.Ports {
		if port.Bucket && len(img.Formats)*img.N*img.Ring > maxSlots {
			return fmt.Errorf("core: %d weight formats with a bucket for %d compartments x %d ring slots each, need at most %d places", len(img.Formats), img.N, img.Ring, maxSlots)
		}
	}
	if err := img.checkGenerator(); err != nil {
		return err
	}
	if err := img.checkGroups(); err != nil {
		return err
	}
	for p := range img.Ports {
		if err := img.checkKept(p, &img.Ports[p]); err != nil {
			return err
		}
	}
	if err := img.checkRelays(); err != nil {
		return err
	}
	if err := img.checkAxons(); err != nil {
		return err
	}
	if err := img.checkLearning(); err != nil {
		return err
	}
	return img.checkOut()
}

func (img *Image) checkGroups() error {
	base := 0
	for g := range img.Groups {
		grp := &img.Groups[g]
		if grp.Base != base || grp.N < 1 || grp.N > img.N-base {
			return fmt.Errorf("core: group %q has compartments %d..%d, need to start at %d and end before %d", grp.Name, grp.Base, grp.Base+grp.N-1, base, img.N)
		}
		base += grp.N
		if err := img.checkGroup(grp); err != nil {
			return fmt.Errorf("core: group %q: %w", grp.Name, err)
		}
	}
	if base != img.N {
		return fmt.Errorf("core: groups cover %d compartments, need %d", base, img.N)
	}
	return img.checkLinks()
}

// checkLinks verifies that what programs read of other compartments exists and
// belongs to another group.
func (img *Image) checkLinks() error {
	for g := range img.Groups {
		grp := &img.Groups[g]
		for _, l := range grp.Prog.Links {
			for _, comp := range grp.Params[l.Param] {
				at := sort.Search(len(img.Groups), func(o int) bool { return int(comp) < img.Groups[o].Base+img.Groups[o].N })
				switch {
				case comp < 0 || at == len(img.Groups):
					return fmt.Errorf("core: group %q reads compartment %d of %d", grp.Name, comp, img.N)
				case at == g:
					return fmt.Errorf("core: group %q reads compartment %d, which is its own: need another group", grp.Name, comp)
				case l.Word >= len(img.Groups[at].State):
					return fmt.Errorf("core: group %q reads state word %d of compartment %d, which has %d", grp.Name, l.Word, comp, len(img.Groups[at].State))
				}
			}
		}
	}
	return nil
}

func (img *Image) checkGroup(g *Group) error {
	p := g.Prog
	switch {
	case p == nil:
		return fmt.Errorf("no program")
	case p.NumS > len(g.State) || len(g.State) > isa.NumS:
		return fmt.Errorf("%d state words, program needs %d, at most %d", len(g.State), p.NumS, isa.NumS)
	case p.NumP > len(g.Params) || len(g.Params) > isa.NumP:
		return fmt.Errorf("%d parameters, program needs %d, at most %d", len(g.Params), p.NumP, isa.NumP)
	case p.Draws > len(img.Draws):
		return fmt.Errorf("%d draw formats, program needs %d", len(img.Draws), p.Draws)
	case p.Kind != isa.Neuron:
		return fmt.Errorf("a %s program, need a neuron program", p.Kind)
	case p.Tables > len(g.Tables):
		return fmt.Errorf("%d look-up tables, program needs %d", len(g.Tables), p.Tables)
	case slices.ContainsFunc(g.Tables, func(t []int32) bool { return len(t) == 0 }):
		return fmt.Errorf("a look-up table without entries")
	case g.Substeps < 1 || g.Substeps > 64:
		return fmt.Errorf("%d sub-steps, need 1..64", g.Substeps)
	case g.Cap < 0:
		return fmt.Errorf("spike cap %d, need 0 or more", g.Cap)
	case len(g.Words) != 0 && len(g.Words) != len(g.State) || len(g.Meaning) != 0 && len(g.Meaning) != len(g.Params):
		return fmt.Errorf("%d names of state words and %d meanings of parameters, need 0 or %d and 0 or %d", len(g.Words), len(g.Meaning), len(g.State), len(g.Params))
	case len(g.Init) > len(g.State):
		return fmt.Errorf("%d start values for %d state words", len(g.Init), len(g.State))
	}
	for k := range p.Reads {
		if p.Reads[k] && k >= len(img.Ports) {
			return fmt.Errorf("program reads IN%d, the core has %d ports", k, len(img.Ports))
		}
	}
	for n, v := range g.Params {
		if len(v) != 1 && len(v) != g.N {
			return fmt.Errorf("parameter %d has %d values, need 1 or %d", n, len(v), g.N)
		}
	}
	for n, l := range g.State {
		if err := l.Valid(); err != nil {
			return fmt.Errorf("state word %d: %w", n, err)
		}
	}
	for n, v := range g.Init {
		if len(v) > 1 && len(v) != g.N {
			return fmt.Errorf("state word %d has %d start values, need 0, 1 or %d", n, len(v), g.N)
		}
		for i, x := range v {
			if g.State[n].Apply(int64(x)) != x {
				return fmt.Errorf("state word %d: start value %d of compartment %d does not fit %d bits, %s", n, x, i, g.State[n].Width, g.State[n].Over)
			}
		}
	}
	return nil
}

func (img *Image) checkAxons() error {
	if len(img.Axons) > 1<<16 {
		return fmt.Errorf("core: %d in-axons, need at most %d", len(img.Axons), 1<<16)
	}
	if img.Payload > Counted {
		return fmt.Errorf("core: payload mode %d, need 0..%d", img.Payload, Counted)
	}
	for n := range img.Kernels {
		if err := img.Kernels[n].check(img); err != nil {
			return fmt.Errorf("core: kernel %d: %w", n, err)
		}
	}
	for n := range img.Crossbars {
		if err := img.Crossbars[n].check(img); err != nil {
			return fmt.Errorf("core: crossbar %d: %w", n, err)
		}
	}
	if err := img.checkRows(); err != nil {
		return err
	}
	if err := img.checkListed(); err != nil {
		return err
	}
	walk := int64(0)
	for n, a := range img.Axons {
		if a.Kernel > 0 && int(a.Kernel) <= len(img.Kernels) {
			if walk += img.Kernels[a.Kernel-1].walk(); walk > maxWalk {
				return fmt.Errorf("core: in-axons up to %d walk %d window positions of kernels, need at most %d", n, walk, int64(maxWalk))
			}
		}
		switch {
		case int(a.Kernel) > len(img.Kernels)+len(img.Crossbars):
			return fmt.Errorf("core: in-axon %d: kernel %d of %d", n, a.Kernel-1, len(img.Kernels)+len(img.Crossbars))
		case a.Kernel > 0:
			if err := img.checkKernelAxon(&a); err != nil {
				return fmt.Errorf("core: in-axon %d: %w", n, err)
			}
		case uint64(a.Off)+uint64(a.N) > uint64(img.Synapses()):
			return fmt.Errorf("core: in-axon %d: synapses %d..%d of %d", n, a.Off, uint64(a.Off)+uint64(a.N), img.Synapses())
		}
	}
	portOf := make([]int, len(img.Formats))
	for n, a := range img.Axons {
		switch {
		case (a.Most > 0) != (img.Payload == Repeated):
			return fmt.Errorf("core: in-axon %d is served %d times at most, need 1 or more where payloads repeat and 0 elsewhere", n, a.Most)
		case int(a.Port) >= len(img.Ports):
			return fmt.Errorf("core: in-axon %d: port %d of %d", n, a.Port, len(img.Ports))
		case int(a.Format) >= len(img.Formats):
			return fmt.Errorf("core: in-axon %d: weight format %d of %d", n, a.Format, len(img.Formats))
		case img.Ports[a.Port].Bucket && portOf[a.Format] != 0 && portOf[a.Format] != int(a.Port)+1:
			return fmt.Errorf("core: in-axon %d: port %d with weight format %d, which port %d uses", n, a.Port, a.Format, portOf[a.Format]-1)
		}
		portOf[a.Format] = int(a.Port) + 1
	}
	return img.checkSynapses()
}

// checkSynapses verifies targets and delays.
func (img *Image) checkSynapses() (err error) {
	if img.Packed != nil && len(img.Syn) > 0 {
		return fmt.Errorf("core: %d synapses beside %d packed ones, need either", len(img.Syn), img.Synapses())
	}
	img.EachPart(func(off uint32, part []Synapse) bool {
		for n, s := range part {
			if int(s.Target) >= img.N || int(s.Delay) >= img.Ring {
				err = fmt.Errorf("core: synapse %d: target %d of %d, delay %d of %d slots", int(off)+n, s.Target, img.N, s.Delay, img.Ring)
				return false
			}
		}
		return true
	})
	return err
}

func (img *Image) checkOut() error {
	if len(img.OutOff) != img.N+1 || img.OutOff[0] != 0 || int(img.OutOff[img.N]) != len(img.Out) {
		return fmt.Errorf("core: out-axon offsets do not cover %d compartments and %d out-axons", img.N, len(img.Out))
	}
	for i := 0; i < img.N; i++ {
		if img.OutOff[i] > img.OutOff[i+1] {
			return fmt.Errorf("core: out-axon offsets of compartment %d go down", i)
		}
	}
	for n, o := range img.Out {
		if int(o.Box) >= len(img.Boxes) {
			return fmt.Errorf("core: out-axon %d: box %d of %d", n, o.Box, len(img.Boxes))
		}
	}
	for i := 1; i < len(img.Boxes); i++ {
		if img.Boxes[i] <= img.Boxes[i-1] {
			return fmt.Errorf("core: box %d to core %d after core %d, need ascending order", i, img.Boxes[i], img.Boxes[i-1])
		}
	}
	return nil
}

// maxListed bounds the synapses of all in-axons of a core, shared ones counted
// for each, so that a small file cannot ask for hours of decoding.
const maxListed = 1 << 28

// checkListed verifies that synapses which several in-axons share are stored
// in one format: they are decoded once.
func (img *Image) checkListed() error {
	total := uint64(0)
	for n, a := range img.Axons {
		if a.Kernel > 0 || uint64(a.Off)+uint64(a.N) > uint64(img.Synapses()) {
			continue // a range that is wrong is said by its own check
		}
		if total += uint64(a.N); total > maxListed {
			return fmt.Errorf("core: in-axons up to %d list %d synapses, need at most %d", n, total, maxListed)
		}
	}
	owner := make([]uint16, img.Synapses())
	for n, a := range img.Axons {
		if a.Kernel > 0 || uint64(a.Off)+uint64(a.N) > uint64(img.Synapses()) {
			continue
		}
		key := uint16(a.Format) + 1
		for s := a.Off; s < a.Off+a.N; s++ {
			if owner[s] != 0 && owner[s] != key {
				return fmt.Errorf("core: in-axon %d has weight format %d for synapse %d, which another in-axon stores in format %d", n, a.Format, s, owner[s]-1)
			}
			owner[s] = key
		}
	}
	return nil
}

// checkKernelAxon verifies the source of an in-axon of kernel form and its
// number of synapses, which counts and time rest on.
func (img *Image) checkKernelAxon(a *Axon) error {
	if x := img.crossbar(a); x != nil {
		switch {
		case uint64(a.Off) >= uint64(len(x.Types)):
			return fmt.Errorf("row %d of %d", a.Off, len(x.Types))
		case int(a.N) != x.Count(int(a.Off)):
			return fmt.Errorf("%d synapses, its row has %d", a.N, x.Count(int(a.Off)))
		}
		return nil
	}
	k := &img.Kernels[a.Kernel-1]
	if n := k.In[0] * k.In[1] * k.In[2]; uint64(a.Off) >= uint64(n) {
		return fmt.Errorf("source neuron %d of %d", a.Off, n)
	}
	have := uint32(0)
	k.Each(int32(a.Off), func(int32, int32) { have++ })
	if have != a.N {
		return fmt.Errorf("%d synapses, its kernel gives %d", a.N, have)
	}
	return nil
}
