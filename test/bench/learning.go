package bench

import (
	"fmt"

	"hillock/chip"
	"hillock/compiler/rule"
	"hillock/core"
)

// pairSTDP are the settings of the learning workload.
type pairSTDP struct{}

// Whole gives impulses and the length of an epoch in ticks.
func (pairSTDP) Whole(name string) (int64, bool) {
	switch name {
	case "t_epoch":
		return 4, true
	case "x1_impulse", "y1_impulse":
		return 32, true
	}
	return 0, false
}

// Real gives time constants in ticks.
func (pairSTDP) Real(name string) (float64, bool) {
	if name == "x1_tau" || name == "y1_tau" {
		return 20, true
	}
	return 0, false
}

// learners is the size of the learning workload: cores, and inputs and
// neurons of each.
const (
	learnCores = 4
	learnSide  = 256
)

// buildLearning makes cores whose inputs reach all neurons through synapses
// that learn by pairs of spikes: 262,144 plastic synapses, an epoch of 4 ticks.
func buildLearning() (*Net, error) {
	f, err := chip.LoadNamed("loihi2")
	if err != nil {
		return nil, err
	}
	l, err := pairRule(f)
	if err != nil {
		return nil, err
	}
	const inputs = learnCores * learnSide
	img := newImage(f, "stdp", learnCores, inputs)
	img.Pops = append(img.Pops, chip.Population{Name: "inputs", N: inputs, Input: true})
	in := chip.InputMap{Pop: 1, Off: make([]uint32, inputs+1)}
	neurons := cuba{keepU: 3072, keepV: 3968, threshold: 64000, refract: 2}
	neurons.drive(inputs)
	for i := range neurons.bias {
		neurons.bias[i] -= 400 // within the register; about 3 % still fire
	}
	for c := range learnCores {
		ci, err := cubaCore(f, "lif", neurons.slice(c*learnSide, learnSide), learnSide)
		if err != nil {
			return nil, err
		}
		list := make([]core.Synapse, learnSide)
		for a := range learnSide {
			for t := range list {
				list[t] = core.Synapse{Target: uint16(t), Mant: int16(below(draw(streamLearn, uint64((c*learnSide+a)*learnSide+t+1)), 17)) - 8}
			}
			addList(ci, list, true)
			in.Dst = append(in.Dst, chip.Target{Core: uint16(c), Axon: uint16(a)})
			in.Off[c*learnSide+a+1] = uint32(len(in.Dst))
		}
		ci.Learning = []core.Learning{*l}
		img.Cores = append(img.Cores, chip.Core{ID: c, Image: ci, Runs: []chip.Run{{First: c * learnSide, N: learnSide}}})
	}
	img.Inputs = []chip.InputMap{in}
	return &Net{Image: img, Input: func() chip.Source { return onPop(1, bernoulli(inputs, 3, 256)) }}, nil
}

// pairRule is the plan of pair STDP for in-axons 0..learnSide-1.
func pairRule(f *chip.Family) (*core.Learning, error) {
	m := f.LearnModel("two-factor")
	if m == nil {
		return nil, fmt.Errorf("bench: %s has no learning model two-factor", f.Name)
	}
	target, err := rule.Parse("dw", "x1*y0*2^-3 - y1*x0*2^-3")
	if err != nil {
		return nil, err
	}
	progs, err := rule.Compile(m, []rule.Target{target}, "mixed", pairSTDP{})
	if err != nil {
		return nil, err
	}
	l := &core.Learning{}
	if l.Plan, err = m.Bind(pairSTDP{}, progs); err != nil {
		return nil, err
	}
	for a := range learnSide {
		l.Axons = append(l.Axons, uint16(a))
	}
	return l, nil
}

// onPop moves the spikes of a source to another population.
func onPop(pop int32, s chip.Source) chip.Source {
	return func(tick int64, dst []chip.Injection) []chip.Injection {
		n := len(dst)
		dst = s(tick, dst)
		for i := n; i < len(dst); i++ {
			dst[i].Pop = pop
		}
		return dst
	}
}
