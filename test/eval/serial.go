package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"hillock/chip"
	"hillock/core"
)

// biasField is the parameter that adds a drive in every tick.
const biasField = "bias_mant"

// maxSerial bounds the ticks of one image of a serial run.
const maxSerial = 1 << 24

// The orders in which the spikes of a tick of the encoding are sent one by one.
const (
	Scattered = "scattered" // by a hash of image, tick and neuron
	Ascending = "ascending" // by neuron
)

// oneByOne is Chip for chips that have no ticks and answer event by event: the
// host sends one spike per tick and, before those of a tick of the encoding, the
// event of a clock that adds every neuron's bias once. What one event makes a
// layer send arrives at the next layer together. The difference to a run by ticks
// is what adding up the events of a tick changes.
func oneByOne(img *chip.Image, in Input, o Options, mo chip.Options) (*Result, error) {
	if o.Serial != Scattered && o.Serial != Ascending {
		return nil, fmt.Errorf("eval: order %q of spikes one by one, need %s or %s", o.Serial, Scattered, Ascending)
	}
	ip, _, err := chipPorts(img, in.Width())
	if err != nil {
		return nil, err
	}
	first, n, err := o.span(in.Len(), in.Ticks())
	if err != nil {
		return nil, err
	}
	clocked, err := clocked(img)
	if err != nil {
		return nil, err
	}
	f := &serial{in: in, pop: int32(ip), clock: int32(len(img.Pops)), scattered: o.Serial == Scattered}
	for i := first; i < first+n; i++ {
		f.load(i)
		f.longest = max(f.longest, len(f.list))
	}
	if f.longest > maxSerial {
		return nil, fmt.Errorf("eval: an image of %d events, need at most %d to send them one by one", f.longest, maxSerial)
	}
	return onChip(clocked, f, in.Label, in.Len(), o, mo)
}

// serial feeds one event per tick.
type serial struct {
	in         Input
	pop, clock int32
	scattered  bool
	list       []chip.Injection // of the image in hand
	longest    int
}

// load lists the events of an image.
func (f *serial) load(image int) {
	f.list = f.list[:0]
	var idx []int32
	for t := range f.in.Ticks() {
		f.list = append(f.list, chip.Injection{Pop: f.clock, Payload: 1})
		idx = f.in.Spikes(image, t, idx[:0])
		slices.SortFunc(idx, func(a, b int32) int {
			if f.scattered {
				return cmp.Or(cmp.Compare(scatter(image, t, a), scatter(image, t, b)), cmp.Compare(a, b))
			}
			return cmp.Compare(a, b)
		})
		for _, k := range idx {
			f.list = append(f.list, chip.Injection{Pop: f.pop, Index: k, Payload: 1})
		}
	}
}

// scatter orders the spikes of a tick: a hash (the finaliser of SplitMix64), as
// neighbours in a picture need not follow each other.
func scatter(image, tick int, neuron int32) uint64 {
	x := uint64(image)<<40 ^ uint64(tick)<<24 ^ uint64(neuron) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Ticks are those of the image with most events.
func (f *serial) Ticks() int { return f.longest }

// Begin lists the events of an image.
func (f *serial) Begin(_ *chip.Machine, image int) error {
	f.load(image)
	return nil
}

// Inject sends the event of a tick.
func (f *serial) Inject(_, tick int, dst []chip.Injection) []chip.Injection {
	if tick < len(f.list) {
		dst = append(dst, f.list[tick])
	}
	return dst
}

// clocked is an image whose biases are synapses of an input population of one
// neuron, the last.
func clocked(img *chip.Image) (*chip.Image, error) {
	out := *img
	out.Pops = append(slices.Clone(img.Pops), chip.Population{Name: "clock", N: 1, Input: true})
	out.Cores = slices.Clone(img.Cores)
	clock := chip.InputMap{Pop: len(img.Pops), Off: []uint32{0, 0}}
	for c := range out.Cores {
		ci, err := clockedCore(out.Cores[c].Image)
		if err != nil {
			return nil, fmt.Errorf("eval: core %d: %w", out.Cores[c].ID, err)
		}
		if len(ci.Axons) > len(out.Cores[c].Image.Axons) {
			clock.Dst = append(clock.Dst, chip.Target{Core: uint16(c), Axon: uint16(len(ci.Axons) - 1)})
		}
		out.Cores[c].Image = ci
	}
	clock.Off[1] = uint32(len(clock.Dst))
	out.Inputs = append(slices.Clone(img.Inputs), clock)
	return &out, nil
}

// clockedCore moves the biases of a core to a new in-axon, the last, if there
// are any.
func clockedCore(img *core.Image) (*core.Image, error) {
	out := *img
	out.Groups = slices.Clone(img.Groups)
	var list []core.Synapse
	for g := range out.Groups {
		grp := &out.Groups[g]
		p := slices.Index(grp.Meaning, biasField)
		if p < 0 {
			return nil, fmt.Errorf("group %q has no parameter that is field %q alone, so its drives cannot be events", grp.Name, biasField)
		}
		for i := range grp.N {
			b := grp.Params[p][0]
			if len(grp.Params[p]) > 1 {
				b = grp.Params[p][i]
			}
			if b > math.MaxInt16 || b < math.MinInt16 {
				return nil, fmt.Errorf("group %q: bias %d of neuron %d, need 16 bits", grp.Name, b, i)
			}
			if b != 0 {
				list = append(list, core.Synapse{Target: uint16(grp.Base + i), Mant: int16(b)})
			}
		}
		grp.Params = slices.Clone(grp.Params)
		grp.Params[p] = []int32{0}
	}
	if len(list) == 0 {
		return &out, nil
	}
	if len(img.Axons) > math.MaxUint16 || len(img.Formats) > math.MaxUint8 {
		return nil, fmt.Errorf("%d in-axons and %d formats leave no room for one of biases", len(img.Axons), len(img.Formats))
	}
	out.Formats = append(slices.Clone(img.Formats), core.Format{})
	out.Axons = append(slices.Clone(img.Axons), core.Axon{Off: uint32(img.Synapses()), N: uint32(len(list)), Format: uint8(len(img.Formats))})
	out.Syn = append(slices.Clone(img.List(0, uint32(img.Synapses()), nil)), list...)
	out.Packed = nil
	return &out, nil
}
