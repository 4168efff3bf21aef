package bench

import (
	"fmt"
	"math"
	"slices"

	"hillock/chip"
	"hillock/core"
)

// cuba are the settings of current-based neurons: what stays of u and v after
// a tick in units of 1/4096, threshold, and refractory time. Bias and start of
// v are per neuron; nil is 0.
type cuba struct {
	keepU, keepV       int64
	threshold, refract int64
	bias, start        []int64
}

// Core gives the fields of a core: there are none to set.
func (c *cuba) Core(string) (int64, bool) { return 0, false }

// Neuron gives the register fields of a neuron.
func (c *cuba) Neuron(name string, i int) (int64, bool) {
	switch name {
	case "decay_u":
		return 4096 - 1 - c.keepU, true // the chip adds 1
	case "decay_v":
		return 4096 - c.keepV, true
	case "vth_mant":
		return c.threshold / 64, true
	case "refract":
		return c.refract, true
	case "bias_mant":
		return at(c.bias, i)
	case "v_start":
		return at(c.start, i)
	}
	return 0, false
}

func at(v []int64, i int) (int64, bool) {
	if v == nil {
		return 0, false
	}
	return v[i], true
}

// slice is the settings of n neurons from first on.
func (c cuba) slice(first, n int) *cuba {
	if c.bias != nil {
		c.bias = c.bias[first : first+n]
	}
	if c.start != nil {
		c.start = c.start[first : first+n]
	}
	return &c
}

// drive gives n neurons biases that make them fire about every 30th tick, and
// scattered starts.
func (c *cuba) drive(n int) {
	for i := range n {
		k := uint64(i + 1)
		c.bias = append(c.bias, int64(2400+below(draw(streamBias, k), 1801)))
		c.start = append(c.start, int64(below(draw(streamStart, k), 64000)))
	}
}

// family is the description whose neurons and synapses W1 to W3 use. Biases
// up to 4200 are plain integers in the other simulators; the chip would write
// the upper ones as mantissa and exponent and lose their last bit, so that
// the limit of the mantissa is lifted.
func family() (*chip.Family, error) {
	f, err := chip.LoadNamed("loihi1")
	if err != nil {
		return nil, err
	}
	open := *f
	open.Fields = slices.Clone(f.Fields)
	for i := range open.Fields {
		if open.Fields[i].Name == "bias_mant" {
			open.Fields[i].Hi = math.MaxInt16
		}
	}
	return &open, nil
}

// cubaCore is a core of n neurons of a group of the family, without synapses.
func cubaCore(f *chip.Family, group string, c *cuba, n int) (*core.Image, error) {
	img, err := f.BindCore(c)
	if err != nil {
		return nil, err
	}
	g, err := f.BindGroup(group, n, c)
	if err != nil {
		return nil, err
	}
	img.N, img.Groups = n, []core.Group{g}
	img.Formats = []core.Format{{Scale: int(f.Weights.Scale)}}
	img.OutOff = make([]uint32, n+1)
	return &img, nil
}

// addList appends an in-axon with its synapses.
func addList(img *core.Image, list []core.Synapse, dense bool) {
	a := core.Axon{Off: uint32(len(img.Syn)), N: uint32(len(list)), Dense: dense, Words: listWords(len(list), dense)}
	img.Axons = append(img.Axons, a)
	img.Syn = append(img.Syn, list...)
}

// listWords is the synapse memory of a list in 64-bit words: 10 bits of header
// for 64 synapses, 8 bits of weight, and 10 bits of index unless dense.
func listWords(n int, dense bool) uint32 {
	bits := (n+63)/64*10 + n*8
	if !dense {
		bits += n * 10
	}
	return uint32((bits + 63) / 64)
}

// newImage is an image of the family with room for the cores.
func newImage(f *chip.Family, name string, cores, neurons int) *chip.Image {
	img := &chip.Image{Chip: f.Name, ChipHash: f.Hash, Fidelity: f.Fidelity, Mesh: f.Mesh, Latency: f.Latency, Energy: f.Energy,
		Pops: []chip.Population{{Name: "neurons", N: neurons}}, Meta: []chip.KV{{Key: "network", Value: name}}}
	if have := img.Mesh.X * img.Mesh.Y * img.Mesh.CoresPerTile; cores > have {
		side := int(math.Ceil(math.Sqrt(float64(cores) / float64(img.Mesh.CoresPerTile))))
		img.Mesh.X, img.Mesh.Y = side, side // a larger chip of the same kind
	}
	return img
}

// listNet is a network of equal cores in which every neuron of a core has one
// list of synapses on each of a few cores.
type listNet struct {
	name       string
	cores, per int
	neurons    cuba
	reach      []int // target cores relative to the own, modulo cores
	dense      bool  // count synaptic events as those of dense rows
	// list appends the synapses of a neuron on target core d of reach.
	list func(dst []core.Synapse, neuron, d int) []core.Synapse
}

// build makes the image core by core; only the result is held.
func (n *listNet) build() (*Net, error) {
	f, err := family()
	if err != nil {
		return nil, err
	}
	img := newImage(f, n.name, n.cores, n.cores*n.per)
	ordinal := n.ordinals()
	for c := range n.cores {
		ci, err := cubaCore(f, "cuba", n.neurons.slice(c*n.per, n.per), n.per)
		if err != nil {
			return nil, fmt.Errorf("bench: %s: %w", n.name, err)
		}
		n.lists(ci, c)
		ci.Pack() // so that a large image never lies there unpacked
		n.routes(ci, c, ordinal)
		img.Cores = append(img.Cores, chip.Core{ID: c, Image: ci, Runs: []chip.Run{{First: c * n.per, N: n.per}}})
	}
	return &Net{Image: img}, nil
}

// source is a core that sends, by way d of reach.
type source struct{ core, d int }

// sources lists the senders of a core, ascending.
func (n *listNet) sources(c int) []source {
	var out []source
	for d, off := range n.reach {
		out = append(out, source{((c-off)%n.cores + n.cores) % n.cores, d})
	}
	slices.SortFunc(out, func(a, b source) int { return a.core - b.core })
	return out
}

// ordinals tells for a sending core and way the how-manieth sender it is.
func (n *listNet) ordinals() [][]int {
	out := make([][]int, n.cores)
	for c := range out {
		out[c] = make([]int, len(n.reach))
	}
	for c := range n.cores {
		for k, s := range n.sources(c) {
			out[s.core][s.d] = k
		}
	}
	return out
}

// lists fills the synapse memory of a core: one in-axon per neuron of each
// sender.
func (n *listNet) lists(ci *core.Image, c int) {
	var list []core.Synapse
	for _, s := range n.sources(c) {
		for i := range n.per {
			list = n.list(list[:0], s.core*n.per+i, s.d)
			if ci.Syn == nil {
				ci.Syn = make([]core.Synapse, 0, (len(list)+len(list)/32)*n.per*len(n.reach))
			}
			addList(ci, list, n.dense)
		}
	}
}

// routes writes the out-axons of a core, targets ascending.
func (n *listNet) routes(ci *core.Image, c int, ordinal [][]int) {
	type way struct{ core, d int }
	var ways []way
	for d, off := range n.reach {
		ways = append(ways, way{(c + off) % n.cores, d})
	}
	slices.SortFunc(ways, func(a, b way) int { return a.core - b.core })
	for _, w := range ways {
		ci.Boxes = append(ci.Boxes, int32(w.core))
	}
	for i := range n.per {
		for box, w := range ways {
			ci.Out = append(ci.Out, core.OutAxon{Box: uint16(box), Axon: uint16(ordinal[c][w.d]*n.per + i)})
		}
		ci.OutOff[i+1] = uint32(len(ci.Out))
	}
}
