package bench

import (
	"slices"

	"hillock/chip"
	"hillock/core"
)

// ascending gives the distinct values in ascending order.
func ascending(v []int) []int { return slices.Compact(slices.Sorted(slices.Values(v))) }

// place is where v stands in an ascending list that has it.
func place(list []int, v int) int {
	at, _ := slices.BinarySearch(list, v)
	return at
}

// convLayer is a layer of a convolution net, spread over cores of equal size.
type convLayer struct {
	in, out     [3]int32 // channels, rows, columns
	stride, pad int32
	cores       int
	threshold   int64
}

const window = 3

// The convolution net: two channels of events, then 8 channels of the same
// size, then 16 of half the sides. 12288 neurons on 12 cores.
var convLayers = [...]convLayer{
	{in: [3]int32{2, 32, 32}, out: [3]int32{8, 32, 32}, stride: 1, pad: 1, cores: 8, threshold: 12800},
	{in: [3]int32{8, 32, 32}, out: [3]int32{16, 16, 16}, stride: 2, pad: 1, cores: 4, threshold: 12800},
}

func volume(v [3]int32) int { return int(v[0] * v[1] * v[2]) }

// buildConvolution makes a net whose kernels are stored once per core. About
// 5 % of the 2048 inputs spike in a tick.
func buildConvolution() (*Net, error) {
	f, err := family()
	if err != nil {
		return nil, err
	}
	img := newImage(f, "conv", 12, 0)
	img.Pops = []chip.Population{{Name: "events", N: volume(convLayers[0].in), Input: true}}
	for l := range convLayers {
		y := &convLayers[l]
		img.Pops = append(img.Pops, chip.Population{Name: []string{"edges", "parts"}[l], N: volume(y.out), Output: l == 1, Depth: l})
		for k := range y.cores {
			c, err := y.core(f, l, k)
			if err != nil {
				return nil, err
			}
			c.ID = len(img.Cores)
			img.Cores = append(img.Cores, c)
		}
	}
	first, second := &convLayers[0], &convLayers[1]
	for k := range first.cores {
		forward(img.Cores[k].Image, k*volume(first.out)/first.cores, first.cores, second.cores)
	}
	img.Inputs = []chip.InputMap{convInputs(first)}
	return &Net{Image: img, Input: func() chip.Source { return bernoulli(volume(first.in), 5, 256) }}, nil
}

// core is part k of the layer: every source neuron has an in-axon in it.
func (y *convLayer) core(f *chip.Family, layer, k int) (chip.Core, error) {
	n := volume(y.out) / y.cores
	ci, err := cubaCore(f, "cuba", &cuba{keepU: 2048, keepV: 3900, threshold: y.threshold, refract: 1}, n)
	if err != nil {
		return chip.Core{}, err
	}
	kern := core.Kernel{In: y.in, Out: y.out, Size: [2]int32{window, window}, Stride: [2]int32{y.stride, y.stride}, Pad: [2]int32{y.pad, y.pad},
		Dilation: [2]int32{1, 1}, Groups: 1, First: int32(k * n), N: int32(n)}
	for i := range y.in[0] * y.out[0] * window * window {
		kern.Mant = append(kern.Mant, int16(below(draw(streamKernel+uint64(layer), uint64(i+1)), 65))-28)
	}
	ci.Kernels = []core.Kernel{kern}
	for s := range volume(y.in) {
		reach := uint32(0)
		kern.Each(int32(s), func(int32, int32) { reach++ })
		ci.Axons = append(ci.Axons, core.Axon{Off: uint32(s), N: reach, Words: (reach*8 + 63) / 64, Kernel: 1})
	}
	return chip.Core{Image: ci, Runs: []chip.Run{{Pop: layer + 1, First: k * n, N: n}}}, nil
}

// forward sends neuron first+i of a layer to in-axon first+i of all cores of
// the next one.
func forward(ci *core.Image, first, base, cores int) {
	for b := range cores {
		ci.Boxes = append(ci.Boxes, int32(base+b))
	}
	for i := range ci.N {
		for b := range cores {
			ci.Out = append(ci.Out, core.OutAxon{Box: uint16(b), Axon: uint16(first + i)})
		}
		ci.OutOff[i+1] = uint32(len(ci.Out))
	}
}

// convInputs sends every input to all cores of the first layer.
func convInputs(y *convLayer) chip.InputMap {
	in := chip.InputMap{Off: make([]uint32, volume(y.in)+1)}
	for i := range volume(y.in) {
		for c := range y.cores {
			in.Dst = append(in.Dst, chip.Target{Core: uint16(c), Axon: uint16(i)})
		}
		in.Off[i+1] = uint32(len(in.Dst))
	}
	return in
}

// bernoulli makes each of n inputs spike with the chance of percent/100 per
// tick; after so many ticks they repeat. They are drawn beforehand.
func bernoulli(n, percent, ticks int) chip.Source {
	list := make([][]int32, ticks)
	for t := range list {
		for i := range n {
			if below(draw(streamEvents, uint64(t*n+i+1)), 100) < percent {
				list[t] = append(list[t], int32(i))
			}
		}
	}
	return func(tick int64, dst []chip.Injection) []chip.Injection {
		for _, i := range list[tick%int64(len(list))] {
			dst = append(dst, chip.Injection{Index: i, Payload: 1})
		}
		return dst
	}
}
