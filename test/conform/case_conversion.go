package conform

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"path/filepath"
	"strings"

	"hillock/chip"
	"hillock/core"
	"hillock/internal/dataset"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

// The neuron of the reference: no leak, a threshold that is reached and not
// only passed, and a window of ticks outside which nothing happens, because on
// a chip every layer is one tick behind the one before.
const conversionNeuron = `
; s0 v   s1 time since the window began   p0 bias   p1 threshold   p2 ticks of the window
ADD  t0 s0 IN0
ADD  t0 t0 p0
CLE  F Z s1
CLT  F s1 p2 and
?F MOV s0 t0
CLE  G p1 s0 and
%s
?G SPK Z
CLT  F s1 p2
?F ADDI s1 s1 #1
END
`

// The two resets of the settings.
const (
	conversionSubtract = "?G SUB s0 s0 p1"
	conversionZero     = "?G MOV s0 Z"
)

// conversion is a converted network of whole numbers and its settings.
type conversion struct {
	layers []conversionLayer
	w      [][]int8 // [layer][in*out]
	set    *dataset.Set
	images int
	seed   uint64
}

type conversionLayer struct {
	In        int     `json:"in"`
	Out       int     `json:"out"`
	Threshold int64   `json:"threshold"`
	Bias      []int64 `json:"bias"`
}

type conversionWant struct {
	Correct int64     `json:"correct"`
	Spikes  []int64   `json:"spikes"`
	Events  int64     `json:"synaptic_events"`
	Logits  [][]int64 `json:"logits_first3"`
	Hash    string    `json:"logits_hash"`
}

// replayConversion replays a converted network on images: the weights lie
// beside the file (.w.gz instead of .json), the images in the folder mnist
// beside the file's folder.
func replayConversion(d *doc, c *checker) error {
	k := &conversion{}
	if err := k.read(d); err != nil {
		return err
	}
	expected, err := d.object("expected")
	if err != nil {
		return err
	}
	if len(expected.keys) == 0 {
		return d.fail("expected", "", "at least one setting", "none")
	}
	for i, name := range expected.keys {
		var want conversionWant
		if err := json.Unmarshal(expected.vals[i], &want); err != nil {
			return expected.fail(name, "", "recorded results", misread(err))
		}
		if err := k.check(expected, name, &want); err != nil {
			return err
		}
		run, err := k.setting(name)
		if err != nil {
			return expected.fail(name, "", "INPUT/T<ticks>/soft<0 or 1>half<0 or 1>", err.Error())
		}
		for _, engine := range c.engines {
			c.engine = engine
			if err := k.compare(c, name, run, &want); err != nil {
				return err
			}
		}
		c.engine = ""
	}
	return nil
}

// check wants the results of a setting to be complete.
func (k *conversion) check(d *doc, name string, w *conversionWant) error {
	n := k.layers[len(k.layers)-1].Out
	if len(w.Spikes) != len(k.layers) {
		return d.fail(name, "spikes", fmt.Sprintf("%d values", len(k.layers)), fmt.Sprint(len(w.Spikes)))
	}
	if first := min(3, k.images); len(w.Logits) != first {
		return d.fail(name, "logits_first3", fmt.Sprintf("%d images", first), fmt.Sprint(len(w.Logits)))
	}
	for i, l := range w.Logits {
		if len(l) != n {
			return d.fail(name, fmt.Sprintf("logits_first3, image %d", i), fmt.Sprintf("%d values", n), fmt.Sprint(len(l)))
		}
	}
	return nil
}

// misread says what a decoder of JSON stumbled over, without its types.
func misread(err error) string {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return fmt.Sprintf("%s as %s", t.Value, t.Field)
	}
	return err.Error()
}

// maxConversionSide bounds the neurons of a layer, so that all fit one core.
const maxConversionSide = 1 << 14

// maxConversionBias bounds biases.
const maxConversionBias = 1 << 20

func (k *conversion) read(d *doc) error {
	if err := json.Unmarshal(d.raw("layers"), &k.layers); err != nil || len(k.layers) == 0 {
		return d.fail("layers", "", "a list of layers", describe(d.raw("layers")))
	}
	total, weights := 0, 0
	for i, l := range k.layers {
		switch {
		case l.In < 1 || l.Out < 1 || l.In > maxConversionSide || l.Out > maxConversionSide || l.Threshold < 1 || l.Threshold > 1<<20:
			return d.fail("layers", fmt.Sprintf("layer %d", i), fmt.Sprintf("1..%d neurons on both sides and a threshold of 1..%d", maxConversionSide, 1<<20), fmt.Sprintf("%d, %d, %d", l.In, l.Out, l.Threshold))
		case len(l.Bias) != l.Out:
			return d.fail("layers", fmt.Sprintf("layer %d, bias", i), fmt.Sprintf("%d values", l.Out), fmt.Sprint(len(l.Bias)))
		case i > 0 && l.In != k.layers[i-1].Out:
			return d.fail("layers", fmt.Sprintf("layer %d", i), fmt.Sprintf("%d inputs", k.layers[i-1].Out), fmt.Sprint(l.In))
		}
		if err := l.checkBias(d, i); err != nil {
			return err
		}
		total += l.Out
		weights += l.In * l.Out
	}
	if total > core.MaxCompartments {
		return d.fail("layers", "", fmt.Sprintf("at most %d neurons", core.MaxCompartments), fmt.Sprint(total))
	}
	n, err := d.integer("images", 1, 1<<20)
	if err != nil {
		return err
	}
	k.images = int(n)
	if d.has("bernoulli_seed") {
		s, err := d.integer("bernoulli_seed", 0, math.MaxInt64)
		if err != nil {
			return err
		}
		k.seed = uint64(s)
	}
	return k.companions(d, weights)
}

// checkBias keeps the drive of a layer, up to 255 times its bias, in a word.
func (l *conversionLayer) checkBias(d *doc, layer int) error {
	for i, b := range l.Bias {
		if b < -maxConversionBias || b > maxConversionBias {
			return d.fail("layers", fmt.Sprintf("layer %d, bias, entry %d", layer, i), fmt.Sprintf("%d..%d", -maxConversionBias, maxConversionBias), fmt.Sprint(b))
		}
	}
	return nil
}

// companions reads the files beside the vector file.
func (k *conversion) companions(d *doc, weights int) error {
	base := strings.TrimSuffix(strings.TrimSuffix(d.file, ".gz"), ".json")
	b, err := readFile(base+".w.gz", int64(weights)+1)
	if err != nil {
		return d.fail("weights", base+".w.gz", fmt.Sprintf("%d bytes of weights", weights), err.Error())
	}
	if len(b) != weights {
		return d.fail("weights", base+".w.gz", fmt.Sprintf("%d bytes of weights", weights), fmt.Sprint(len(b)))
	}
	for _, l := range k.layers {
		w := make([]int8, l.In*l.Out)
		for i := range w {
			w[i] = int8(b[i])
		}
		b = b[len(w):]
		k.w = append(k.w, w)
	}
	images := filepath.Join(filepath.Dir(d.file), "..", "mnist", "t10k-images-idx3-ubyte.gz")
	if k.set, err = dataset.Load(images, ""); err != nil {
		return d.fail("images", "", fmt.Sprintf("the test images of MNIST at %s", images), err.Error())
	}
	if k.set.Len() < k.images || k.set.Pixels() != k.layers[0].In {
		return d.fail("images", images, fmt.Sprintf("%d images of %d pixels", k.images, k.layers[0].In), fmt.Sprintf("%d of %d", k.set.Len(), k.set.Pixels()))
	}
	return nil
}

// conversionRun is one setting.
type conversionRun struct {
	input string
	ticks int
	soft  bool
	half  bool
	img   *chip.Image
}

// setting reads a name such as rate/T16/soft1half1 and builds its image.
func (k *conversion) setting(name string) (*conversionRun, error) {
	r := &conversionRun{}
	f := strings.Split(name, "/")
	if len(f) != 3 {
		return nil, fmt.Errorf("%d parts", len(f))
	}
	r.input = f[0]
	if r.input != "current" && r.input != "rate" && r.input != "bernoulli" {
		return nil, fmt.Errorf("input %q", f[0])
	}
	var soft, half int
	if n, err := fmt.Sscanf(f[1], "T%d", &r.ticks); n != 1 || err != nil || r.ticks < 1 || r.ticks > 4096 {
		return nil, fmt.Errorf("ticks %q", f[1])
	}
	if n, err := fmt.Sscanf(f[2], "soft%1dhalf%1d", &soft, &half); n != 2 || err != nil || soft > 1 || half > 1 {
		return nil, fmt.Errorf("reset and start %q", f[2])
	}
	r.soft, r.half = soft == 1, half == 1
	var err error
	r.img, err = k.image(r)
	return r, err
}

// image puts all layers on one core: axons of the input first, then those of
// each hidden layer.
func (k *conversion) image(r *conversionRun) (*chip.Image, error) {
	reset := conversionZero
	if r.soft {
		reset = conversionSubtract
	}
	prog, err := asm.Assemble(fmt.Sprintf(conversionNeuron, reset), "conversion neuron", asm.Options{})
	if err != nil {
		return nil, err
	}
	ci := &core.Image{Ring: 1, Ports: []core.Port{{}}, Formats: []core.Format{{}}, Boxes: []int32{0}}
	img := &chip.Image{Chip: "conversion", Mesh: chip.Mesh{X: 1, Y: 1, CoresPerTile: 1}}
	kc := chip.Core{Image: ci}
	if r.input != "current" {
		img.Pops = append(img.Pops, chip.Population{Name: "input", N: k.layers[0].In, Input: true})
		img.Inputs = append(img.Inputs, k.inputMap())
	}
	ci.OutOff = append(ci.OutOff, 0)
	for l := range k.layers {
		kc.Runs = append(kc.Runs, chip.Run{Pop: len(img.Pops), Base: ci.N, N: k.layers[l].Out})
		img.Pops = append(img.Pops, chip.Population{Name: fmt.Sprintf("layer%d", l+1), N: k.layers[l].Out, Depth: l, Output: l == len(k.layers)-1, Read: 1})
		k.layer(ci, l, r, prog)
	}
	img.Cores = []chip.Core{kc}
	return img, img.Check()
}

func (k *conversion) inputMap() chip.InputMap {
	n := k.layers[0].In
	m := chip.InputMap{Off: make([]uint32, n+1), Dst: make([]chip.Target, n)}
	for i := range n {
		m.Dst[i].Axon, m.Off[i+1] = uint16(i), uint32(i+1)
	}
	return m
}

// layer adds the neurons of a layer and the axons into it.
func (k *conversion) layer(ci *core.Image, l int, r *conversionRun, prog *isa.Program) {
	p := k.layers[l]
	last := l == len(k.layers)-1
	theta, bias := p.Threshold, make([]int32, p.Out)
	for i, b := range p.Bias {
		bias[i] = int32(b)
	}
	if l == 0 && r.input == "current" {
		theta *= 255
	}
	start := int32(0)
	if r.half && !last {
		start = int32(theta / 2)
	}
	if last {
		theta = math.MaxInt32 // it only sums up
	}
	ci.Groups = append(ci.Groups, core.Group{Name: fmt.Sprintf("layer%d", l+1), Base: ci.N, N: p.Out, Prog: prog, Substeps: 1,
		State: make([]fixed.Layout, 2), Params: [][]int32{bias, {int32(theta)}, {int32(r.ticks)}}, Init: [][]int32{{start}, {int32(-l)}}})
	if l > 0 || r.input != "current" {
		for j := range p.In {
			ci.Axons = append(ci.Axons, core.Axon{Off: uint32(len(ci.Syn)), N: uint32(p.Out)})
			for i := range p.Out {
				ci.Syn = append(ci.Syn, core.Synapse{Target: uint16(ci.N + i), Mant: int16(k.w[l][j*p.Out+i])})
			}
		}
	}
	ci.N += p.Out
	for j := range p.Out {
		if !last {
			ci.Out = append(ci.Out, core.OutAxon{Axon: uint16(len(ci.Axons) + j)})
		}
		ci.OutOff = append(ci.OutOff, uint32(len(ci.Out)))
	}
}

// compare runs all images of a setting on one engine.
func (k *conversion) compare(c *checker, name string, r *conversionRun, want *conversionWant) error {
	m, err := chip.New(r.img, chip.Options{Engine: c.engine})
	if err != nil {
		return err
	}
	field := "expected." + name
	at := func(what string) func() string { return func() string { return what } }
	out, n := len(r.img.Pops)-1, k.layers[len(k.layers)-1].Out
	spikes := make([]int64, len(k.layers))
	sum := fnv.New64a()
	logits, correct := make([]int32, n), int64(0)
	rec := chip.NewRecorder(r.img, false)
	for i := range k.images {
		m.Reset()
		if err := k.show(m, rec, r, i, spikes); err != nil {
			return err
		}
		if err := m.ReadState(out, logits); err != nil {
			return err
		}
		best := 0
		for j, v := range logits {
			_, _ = sum.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
			if v > logits[best] {
				best = j
			}
		}
		if best == k.set.Labels[i] {
			correct++
		}
		if i < len(want.Logits) {
			for j, w := range want.Logits[i] {
				c.equalAt(field+".logits_first3", i*n+j, w, int64(logits[j]), at("logit"))
			}
		}
	}
	counts := m.Counts()
	c.equalAt(field+".correct", -1, want.Correct, correct, at("images"))
	c.equalAt(field+".synaptic_events", -1, want.Events, counts.SynapticEvents(), at("events"))
	for l, w := range want.Spikes {
		c.equalAt(field+".spikes", l, w, spikes[l], at("spikes"))
	}
	c.res.Compared++
	if got := fmt.Sprintf("%016x", sum.Sum64()); got != want.Hash {
		c.miss(Failure{Field: field + ".logits_hash", Tick: -1, Index: -1, Want: want.Hash, Got: got})
	}
	return nil
}

// show runs one image: spikes[0] counts input spikes, spikes[l] those of layer
// l within its window.
func (k *conversion) show(m *chip.Machine, rec *chip.Recorder, r *conversionRun, image int, spikes []int64) error {
	pix := k.set.Images[image]
	if r.input == "current" {
		if err := m.SetParam(0, 0, k.drive(pix)); err != nil {
			return err
		}
	}
	acc := make([]int, len(pix))
	for p := range acc {
		acc[p] = 127
	}
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		if r.input == "current" || tick >= int64(r.ticks) {
			return dst
		}
		for p, v := range pix {
			fire := false
			if r.input == "rate" {
				if acc[p] += int(v); acc[p] >= 255 {
					acc[p] -= 255
					fire = true
				}
			} else {
				u := scienceDraw(k.seed, uint64(image)*65536+uint64(tick), uint64(p)) >> 32
				fire = u*255 < uint64(v)<<32
			}
			if fire {
				spikes[0]++
				dst = append(dst, chip.Injection{Index: int32(p), Payload: 1})
			}
		}
		return dst
	}
	first := len(r.img.Pops) - len(k.layers)
	sink := func(tick int64, m *chip.Machine) error {
		if err := rec.Tick(tick, m); err != nil {
			return err
		}
		for _, s := range rec.Last() {
			if l := int(s.Pop) - first + 1; l >= 1 && l < len(spikes) {
				spikes[l]++
			}
		}
		return nil
	}
	return m.Run(int64(r.ticks+len(k.layers)-1), src, sink)
}

// drive is what the host computes for a current-driven first layer.
func (k *conversion) drive(pix []uint16) []int32 {
	l := k.layers[0]
	d := make([]int32, l.Out)
	for i := range d {
		d[i] = int32(255 * l.Bias[i])
	}
	for p, v := range pix {
		for i, w := range k.w[0][p*l.Out : (p+1)*l.Out] {
			d[i] += int32(w) * int32(v)
		}
	}
	return d
}

// scienceDraw is the generator of the science vectors, R(seed, a, b).
func scienceDraw(seed, a, b uint64) uint64 {
	const g = 0x9e3779b97f4a7c15
	mix := func(z uint64) uint64 {
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	return mix(mix(seed+a*g) + b*g)
}
