package bench

import (
	"hillock/chip"
	"hillock/core"
)

// Workloads of one part each: what a network of many parts costs can be read
// from them.

// oneCore is a single core without out-axons.
func oneCore(f *chip.Family, name string, ci *core.Image) *chip.Image {
	img := newImage(f, name, 1, ci.N)
	img.Cores = []chip.Core{{Image: ci, Runs: []chip.Run{{N: ci.N}}}}
	return img
}

// buildNeurons is the neuron program alone: 1024 neurons that fire from their
// bias, with nothing to deliver. It stands beside the plain kernel.
func buildNeurons() (*Net, error) {
	f, err := family()
	if err != nil {
		return nil, err
	}
	c := recurrent(1024)
	ci, err := cubaCore(f, "cuba", &c, 1024)
	if err != nil {
		return nil, err
	}
	return &Net{Image: oneCore(f, "neurons", ci)}, nil
}

// buildDense is delivery through full rows: 1024 x 1024 synapses, an eighth of
// the inputs spike in a tick.
func buildDense() (*Net, error) {
	const n = 1024
	f, err := family()
	if err != nil {
		return nil, err
	}
	ci, err := cubaCore(f, "cuba", &cuba{keepU: 2048, keepV: 3900, threshold: 1 << 22, refract: 1}, n)
	if err != nil {
		return nil, err
	}
	denseLayer(ci, 3, n, n)
	img := oneCore(f, "dense", ci)
	img.Pops = append(img.Pops, chip.Population{Name: "inputs", N: n, Input: true})
	in := chip.InputMap{Pop: 1, Off: make([]uint32, n+1)}
	for i := range n {
		in.Dst = append(in.Dst, chip.Target{Axon: uint16(i)})
		in.Off[i+1] = uint32(i + 1)
	}
	img.Inputs = []chip.InputMap{in}
	return &Net{Image: img, Input: func() chip.Source { return onPop(1, bernoulli(n, 12, 64)) }}, nil
}

// buildIdle is 256 cores in which nothing ever changes.
func buildIdle() (*Net, error) {
	n := listNet{name: "idle", cores: 256, per: 1024, neurons: cuba{keepU: 3072, keepV: 3968, threshold: 64000, refract: 2}, reach: []int{1}}
	n.list = func(dst []core.Synapse, neuron, _ int) []core.Synapse {
		return append(dst, core.Synapse{Target: uint16(neuron % 1024), Mant: 1})
	}
	return n.build()
}
