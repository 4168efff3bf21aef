package conform

import (
	"fmt"

	"hillock/chip"
	"hillock/compiler"
	"hillock/core"
)

// speckFamily is the description that replays convolution layers.
const speckFamily = "speck"

// speckPool is the window of the recorded sum pooling.
const speckPool = 2

// speckLayer is a file of kind speck-layer: one convolution layer of
// integrate-and-fire neurons, recorded after every step.
type speckLayer struct {
	doc   *doc
	fam   *chip.Family
	group string
	shape chip.TierShape
	steps int
	ints  speckInts

	in                 []int64 // [step][channel][row][column]
	current, v, spikes []int64 // the same, nil = not recorded
	pooled             []int64 // of windows of speckPool, nil = not recorded
	memory             bool    // the file says what the layer takes of a core
	entries            [len(speckMemories)]int64
}

// speckMemories are the memories of a core, as files and description call them.
var speckMemories = [...]string{"kernel", "neuron", "bias"}

// speckInts are the integers of a layer.
type speckInts struct {
	weight, bias     []int64 // bias nil = none
	threshold, floor int64
}

// replaySpeck replays a file of kind speck-layer.
func replaySpeck(d *doc, c *checker) error {
	fam, err := chip.LoadNamed(speckFamily)
	if err != nil {
		return err
	}
	k := &speckLayer{doc: d, fam: fam}
	for _, step := range [...]func() error{k.geometry, k.behaviour, k.integers, k.record} {
		if err := step(); err != nil {
			return err
		}
	}
	if err := k.quantise(c); err != nil {
		return err
	}
	if err := k.memories(c); err != nil {
		return err
	}
	img, err := k.machine()
	if err != nil {
		return err
	}
	return c.onEngines(func(e string) error { return k.run(c, img, e) })
}

// quantise holds the integers of the file against those of the layer scaler.
func (k *speckLayer) quantise(c *checker) error {
	if !k.doc.has("float_params") {
		return nil
	}
	l, err := k.floats()
	if err != nil {
		return err
	}
	got, err := compiler.ScaleJointly(l, compiler.JointCode{WeightBits: 8, StateBits: 16, Quirks: true})
	if err != nil {
		return k.doc.fail("float_params", "", "parameters that can be quantised", err.Error())
	}
	for i, w := range k.ints.weight {
		c.equalAt("int_params.weight", i, w, got.Weights[i], nowhere)
	}
	for i, b := range k.ints.bias {
		c.equalAt("int_params.bias", i, b, got.Bias[i], nowhere)
	}
	c.equalAt("int_params.threshold", 0, k.ints.threshold, got.Threshold, nowhere)
	c.equalAt("int_params.min_v_mem", 0, k.ints.floor, got.Floor, nowhere)
	return nil
}

// memories holds what the layer takes of a core against the description.
func (k *speckLayer) memories(c *checker) error {
	if !k.memory {
		return nil
	}
	needs, err := k.fam.Tiers.Needs(k.shape)
	if err != nil {
		return err
	}
	for i, name := range speckMemories {
		for j := range needs {
			if k.fam.Tiers.Memories[j].Name == name {
				c.equalAt("memory."+name, -1, k.entries[i], needs[j], nowhere)
			}
		}
	}
	return nil
}

// machine is the image: the layer on one core and, where its pooled spikes are
// recorded, a layer behind it whose neurons repeat what they receive.
func (k *speckLayer) machine() (*chip.Image, error) {
	layer, err := k.layer()
	if err != nil {
		return nil, err
	}
	n, nIn := layer.N, k.shape.In[0]*k.shape.In[1]*k.shape.In[2]
	in := chip.InputMap{Pop: popInput, Off: make([]uint32, nIn+1)}
	for i := range nIn {
		in.Dst = append(in.Dst, chip.Target{Core: 0, Axon: uint16(i)})
		in.Off[i+1] = uint32(i + 1)
	}
	img := &chip.Image{Chip: k.fam.Name, ChipHash: k.fam.Hash, Mesh: k.fam.Mesh,
		Pops:   []chip.Population{{Name: "neurons", N: n, Output: true}, {Name: "inputs", N: nIn, Input: true}},
		Cores:  []chip.Core{{ID: 0, Image: layer, Runs: []chip.Run{{Pop: popNeurons, N: n}}}},
		Inputs: []chip.InputMap{in}}
	if k.pooled == nil {
		return img, nil
	}
	sums, err := k.repeaters()
	if err != nil {
		return nil, err
	}
	k.pool(layer, sums.N)
	img.Pops = append(img.Pops, chip.Population{Name: "pooled", N: sums.N, Output: true, Depth: 1})
	img.Cores = append(img.Cores, chip.Core{ID: 1, Image: sums, Runs: []chip.Run{{Pop: 2, N: sums.N}}})
	return img, nil
}

// layer is the core of the layer: one stored kernel, an in-axon per input.
func (k *speckLayer) layer() (*core.Image, error) {
	s := &k.shape
	n, per := s.Out[0]*s.Out[1]*s.Out[2], s.Out[1]*s.Out[2]
	bias := column{0}
	if k.ints.bias != nil {
		bias = make(column, n)
		for i := range bias {
			bias[i] = k.ints.bias[i/per]
		}
	}
	img, err := k.bound(k.group, n, vars{{"bias_mant", bias}, {"vth_mant", column{k.ints.threshold}}, {"vmin", column{k.ints.floor}}})
	if err != nil {
		return nil, err
	}
	mant := make([]int16, len(k.ints.weight))
	for i, w := range k.ints.weight {
		mant[i] = int16(w)
	}
	kern := core.Kernel{In: three(s.In), Out: three(s.Out), Size: two(s.Window), Stride: two(s.Stride), Pad: two(s.Pad), Dilation: [2]int32{1, 1},
		Groups: 1, N: int32(n), Mant: mant}
	img.Kernels = []core.Kernel{kern}
	for i := range s.In[0] * s.In[1] * s.In[2] {
		fan := 0
		kern.Each(int32(i), func(int32, int32) { fan++ })
		img.Axons = append(img.Axons, core.Axon{Off: uint32(i), N: uint32(fan), Kernel: 1})
	}
	return img, nil
}

// repeaters are neurons that spike once for every spike that they receive.
func (k *speckLayer) repeaters() (*core.Image, error) {
	s := &k.shape
	n := s.Out[0] * (s.Out[1] / speckPool) * (s.Out[2] / speckPool)
	img, err := k.bound("several-subtract", n, vars{{"vth_mant", column{1}}})
	if err != nil {
		return nil, err
	}
	for i := range n {
		img.Axons = append(img.Axons, core.Axon{Off: uint32(i), N: 1})
		img.Syn = append(img.Syn, core.Synapse{Target: uint16(i), Mant: 1})
	}
	return img, nil
}

// bound is a core of one group without synapses.
func (k *speckLayer) bound(group string, n int, v vars) (*core.Image, error) {
	img, err := k.fam.BindCore(v)
	if err != nil {
		return nil, err
	}
	g, err := k.fam.BindGroup(group, n, v)
	if err != nil {
		return nil, err
	}
	img.N, img.Groups, img.Formats, img.OutOff = n, []core.Group{g}, []core.Format{{}}, make([]uint32, n+1)
	return &img, nil
}

// pool leads the spikes of every window to one in-axon of the other core. Rows
// and columns that fill no window go nowhere.
func (k *speckLayer) pool(layer *core.Image, n int) {
	s := &k.shape
	rows, columns := s.Out[1]/speckPool, s.Out[2]/speckPool
	layer.Boxes = []int32{1}
	for i := range layer.N {
		c, y, x := i/(s.Out[1]*s.Out[2]), i/s.Out[2]%s.Out[1]/speckPool, i%s.Out[2]/speckPool
		if y < rows && x < columns {
			layer.Out = append(layer.Out, core.OutAxon{Axon: uint16((c*rows+y)*columns + x)})
		}
		layer.OutOff[i+1] = uint32(len(layer.Out))
	}
}

func three(v [3]int) [3]int32 { return [3]int32{int32(v[0]), int32(v[1]), int32(v[2])} }

func two(v [2]int) [2]int32 { return [2]int32{int32(v[0]), int32(v[1])} }

// run replays the layer and compares every step; what is pooled comes a tick
// later.
func (k *speckLayer) run(c *checker, img *chip.Image, engine string) error {
	m, err := chip.New(img, chip.Options{Engine: engine})
	if err != nil {
		return err
	}
	vWord, ok := word(k.fam, k.group, "v")
	if !ok {
		return fmt.Errorf("conform: group %q of %s has no state word v", k.group, k.fam.Name)
	}
	n, nIn := img.Cores[0].Image.N, img.Pops[popInput].N
	current := make([]int64, n)
	m.Core(0).Tap = func(_ int, comp, value int32) { current[comp] = int64(value) }
	source := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick >= int64(k.steps) {
			return dst
		}
		for i, x := range k.in[int(tick)*nIn:][:nIn] {
			if x > 0 {
				dst = append(dst, chip.Injection{Pop: popInput, Index: int32(i), Payload: int32(x)})
			}
		}
		return dst
	}
	return m.Run(int64(k.steps)+1, source, func(tick int64, m *chip.Machine) error {
		if step := int(tick) - 1; step >= 0 && k.pooled != nil {
			compareSpeck(c, "sumpool2", step, k.pooled, sent(m, 1, img.Cores[1].Image.N))
		}
		if step := int(tick); step < k.steps {
			compareSpeck(c, "current", step, k.current, current)
			v := make([]int64, n)
			for i, x := range m.Core(0).State.Words[0][vWord] {
				v[i] = int64(x)
			}
			compareSpeck(c, "v_mem", step, k.v, v)
			compareSpeck(c, "spikes", step, k.spikes, sent(m, 0, n))
		}
		return nil
	})
}

// sent are the spikes of a core's neurons in the last tick.
func sent(m *chip.Machine, core, n int) []int64 {
	out := make([]int64, n)
	for _, s := range m.Spikes(core) {
		out[s.Comp] = int64(s.Payload)
	}
	return out
}

func compareSpeck(c *checker, field string, step int, want, got []int64) {
	if want == nil {
		return
	}
	for i, x := range got {
		c.equal(field, step, i, want[step*len(got)+i], x)
	}
}
