package bench

import (
	"hillock/chip"
	"hillock/core"
)

// recurrent are the neurons of W1 and W3.
func recurrent(n int) cuba {
	c := cuba{keepU: 3072, keepV: 3968, threshold: 64000, refract: 2}
	c.drive(n)
	return c
}

// strips is a list of n targets, one in each run of per/n neurons, with
// weights of -8..8.
func strips(dst []core.Synapse, stream, key uint64, n, width int) []core.Synapse {
	for k := range n {
		x := draw(stream, key*uint64(n)+uint64(k)+1)
		dst = append(dst, core.Synapse{Target: uint16(width*k + below(x, width)), Mant: int16((x>>40)%17) - 8})
	}
	return dst
}

// buildW1: each neuron to 4 cores with 32 targets in each, 4096 in-axons a
// core, 2,097,152 synapses. The synapse memory is larger than the chip's.
func buildW1() (*Net, error) {
	n := listNet{name: "W1", cores: 16, per: 1024, neurons: recurrent(16384), reach: []int{0, 1, 4, 9}}
	n.list = func(dst []core.Synapse, neuron, d int) []core.Synapse {
		return strips(dst, streamList, uint64(neuron*4+d), 32, 32)
	}
	return n.build()
}

// buildW3: every ordered pair is linked with probability 1/10; 3277 neurons
// excite with 4, 819 inhibit with -16.
func buildW3() (*Net, error) {
	const per = 1024
	n := listNet{name: "W3", cores: 4, per: per, neurons: recurrent(4096), reach: []int{0, 1, 2, 3}}
	n.list = func(dst []core.Synapse, neuron, d int) []core.Synapse {
		w := int16(4)
		if neuron >= 3277 {
			w = -16
		}
		first := (neuron/per + d) % 4 * per
		for t := range per {
			if below(draw(streamPair, uint64(neuron*4096+first+t+1)), 10) == 0 {
				dst = append(dst, core.Synapse{Target: uint16(t), Mant: w})
			}
		}
		return dst
	}
	return n.build()
}

// buildSanafe is the network with which the project measured SANA-FE: neurons
// with i mod 33 = 0 fire in every tick, all weights are 0. The bias is above
// the lowest threshold that the chip can be given.
func buildSanafe() (*Net, error) {
	n := listNet{name: "sanafe", cores: 16, per: 1024, reach: []int{1, 3, 5, 11}, dense: true, // as the peer's unit there
		neurons: cuba{keepU: 0, keepV: 4096, threshold: 64, refract: 1, bias: make([]int64, 16384)}}
	for i := 0; i < len(n.neurons.bias); i += 33 {
		n.neurons.bias[i] = 100
	}
	n.list = func(dst []core.Synapse, neuron, _ int) []core.Synapse {
		for j := range 32 {
			dst = append(dst, core.Synapse{Target: uint16((37*neuron + 31*j) % 1024)})
		}
		return dst
	}
	return n.build()
}

// The inputs of W2.
const (
	pixels      = 784
	inputTicks  = 64  // of one input
	inputsOfW2  = 100 // then they repeat
	levelsOfW2  = 256
	thresholdW2 = 256000
)

// buildW2: three dense layers with random weights, which classify nothing.
func buildW2() (*Net, error) {
	f, err := family()
	if err != nil {
		return nil, err
	}
	sizes := []int{pixels, 256, 128, 10}
	img := newImage(f, "W2", 3, 0)
	img.Pops = []chip.Population{{Name: "pixels", N: pixels, Input: true}}
	for l, n := range sizes[1:] {
		ci, err := cubaCore(f, "cuba", &cuba{keepU: 2048, keepV: 3900, threshold: thresholdW2, refract: 1}, n)
		if err != nil {
			return nil, err
		}
		denseLayer(ci, l, sizes[l], n)
		if last := l == 2; !last {
			ci.Boxes = []int32{int32(l + 1)}
			for i := range n {
				ci.Out = append(ci.Out, core.OutAxon{Axon: uint16(i)})
				ci.OutOff[i+1] = uint32(i + 1)
			}
		}
		img.Pops = append(img.Pops, chip.Population{Name: []string{"hidden", "features", "classes"}[l], N: n, Output: l == 2, Depth: l})
		img.Cores = append(img.Cores, chip.Core{ID: l, Image: ci, Runs: []chip.Run{{Pop: l + 1, N: n}}})
	}
	in := chip.InputMap{Off: make([]uint32, pixels+1)}
	for i := range pixels {
		in.Dst = append(in.Dst, chip.Target{Axon: uint16(i)})
		in.Off[i+1] = uint32(i + 1)
	}
	img.Inputs = []chip.InputMap{in}
	return &Net{Image: img, Input: pixelSource}, nil
}

// denseLayer fills a core with all-to-all synapses of weights -32..34.
func denseLayer(ci *core.Image, layer, nIn, n int) {
	list := make([]core.Synapse, n)
	for s := range nIn {
		for t := range n {
			x := draw(uint64(streamDense+layer), uint64(s*n+t+1))
			list[t] = core.Synapse{Target: uint16(t), Mant: int16((x>>40)%67) - 32}
		}
		addList(ci, list, true)
	}
}

// pixelSource codes a fifth of the pixels of each input as evenly spaced
// spikes. They are listed beforehand: making them is not measured.
func pixelSource() chip.Source {
	ticks := make([][]int32, inputsOfW2*inputTicks)
	for i := range inputsOfW2 {
		for p := range pixels {
			x := draw(streamPixel, uint64(i*pixels+p+1))
			if (x>>40)%5 != 0 {
				continue
			}
			v := below(x, levelsOfW2)
			for k := range inputTicks {
				if (k+1)*v/levelsOfW2 > k*v/levelsOfW2 {
					ticks[i*inputTicks+k] = append(ticks[i*inputTicks+k], int32(p))
				}
			}
		}
	}
	return func(tick int64, dst []chip.Injection) []chip.Injection {
		for _, p := range ticks[tick%int64(len(ticks))] {
			dst = append(dst, chip.Injection{Index: p, Payload: 1})
		}
		return dst
	}
}

// buildBig is a million neurons with a hundred million synapses, of the kind
// of W1, made core by core.
func buildBig() (*Net, error) {
	const cores, per = 977, 1024
	n := listNet{name: "big", cores: cores, per: per, neurons: recurrent(cores * per), reach: []int{0, 1, 40, 333}}
	n.list = func(dst []core.Synapse, neuron, d int) []core.Synapse {
		return strips(dst, streamBig, uint64(neuron*4+d), 25, 40)
	}
	return n.build()
}
