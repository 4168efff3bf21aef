package science

import (
	"embed"
	"fmt"

	"hillock/chip"
	"hillock/core"
	"hillock/core/learn"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

//go:embed dfa_*.uasm
var dfaText embed.FS

// dfaProgram assembles one of the texts.
func dfaProgram(name string, kind isa.Kind) (*isa.Program, error) {
	read := func(name string) (string, error) {
		b, err := dfaText.ReadFile(name + ".uasm")
		return string(b), err
	}
	src, err := read(name)
	if err != nil {
		return nil, fmt.Errorf("science: %w", err)
	}
	return asm.Assemble(src, name+".uasm", asm.Options{Kind: kind, Include: read})
}

// The network: the hidden layer lies on seven cores, the output layer on an
// eighth.
const (
	dfaHidden  = 100
	dfaClasses = 10
	dfaOutCore = 7 // cores before it hold hidden neurons

	dfaThreshold = 256
	dfaStart     = dfaThreshold / 2
	dfaLowest    = -4 * dfaThreshold
	dfaTarget    = 8 // spikes that the right output should send
)

// The ticks of an image. Input comes in ticks 0 to dfaTicks-1, hidden neurons
// run in the same, output neurons one later; then the label is shown, and its
// error travels for a tick.
const (
	dfaTicks    = 16
	dfaLabel    = dfaTicks + 1
	dfaFeedback = dfaLabel + 1
	dfaEpoch    = dfaFeedback + 1
)

// Populations of the image.
const (
	dfaPopInput = iota
	dfaPopLabel
	dfaPopHidden
	dfaPopOutput
)

// State words that the host or learning reads: see the programs.
const (
	dfaWordSpikes = 2
	dfaWordFed    = 3 // hidden: feedback
	dfaWordTotal  = 3 // output: total input
	dfaWordError  = 4
)

// dfaSpan is which of the hidden neurons core c holds: n of them from first.
func dfaSpan(c, hidden int) (first, n int) {
	first = c * hidden / dfaOutCore
	return first, (c+1)*hidden/dfaOutCore - first
}

// dfaNet is the network before training.
type dfaNet struct {
	inputs   int
	hidden   int     // at least one per core
	w1       []int32 // [input][hidden]
	feedback []int32 // [hidden][output]
	shift1   int32   // of the rule of w1
	shift2   int32   // of the rule of w2, which starts at 0
	closed   []int32 // [hidden] contexts in which a neuron takes no part, one bit each; nil = none
}

// newDFANet draws the weights that a seed begins with.
func newDFANet(seed uint64, inputs, hidden int) *dfaNet {
	d := &dfaNet{inputs: inputs, hidden: hidden, shift1: 9, shift2: 7}
	for p := range inputs {
		for j := range hidden {
			d.w1 = append(d.w1, int32(u32(seed+9, uint64(p), uint64(j))>>16*65/65536)-32)
		}
	}
	for j := range hidden {
		for k := range dfaClasses {
			d.feedback = append(d.feedback, int32(u32(seed+10, uint64(j), uint64(k))&1)*2-1)
		}
	}
	return d
}

// image is the network on a machine of eight cores.
func (d *dfaNet) image() (*chip.Image, error) {
	img := &chip.Image{Chip: "direct feedback alignment", Mesh: chip.Mesh{X: dfaOutCore + 1, Y: 1, CoresPerTile: 1}, Pops: []chip.Population{
		dfaPopInput:  {Name: "input", N: d.inputs, Input: true},
		dfaPopLabel:  {Name: "label", N: dfaClasses, Input: true},
		dfaPopHidden: {Name: "hidden", N: d.hidden, Read: 1 + dfaWordSpikes},
		dfaPopOutput: {Name: "output", N: dfaClasses, Depth: 1, Output: true, Read: 1 + dfaWordSpikes},
	}}
	for c := range dfaOutCore {
		ci, err := d.hiddenCore(c)
		if err != nil {
			return nil, err
		}
		first, n := dfaSpan(c, d.hidden)
		img.Cores = append(img.Cores, chip.Core{ID: c, Image: ci, Runs: []chip.Run{{Pop: dfaPopHidden, First: first, N: n}}})
	}
	ci, err := d.outputCore()
	if err != nil {
		return nil, err
	}
	img.Cores = append(img.Cores, chip.Core{ID: dfaOutCore, Image: ci, Runs: []chip.Run{{Pop: dfaPopOutput, N: dfaClasses}}})
	img.Inputs = []chip.InputMap{d.inputMap(), d.labelMap()}
	return img, img.Check()
}

// inputMap sends a pixel's spikes to every core of the hidden layer.
func (d *dfaNet) inputMap() chip.InputMap {
	m := chip.InputMap{Pop: dfaPopInput, Off: []uint32{0}}
	for p := range d.inputs {
		for c := range dfaOutCore {
			m.Dst = append(m.Dst, chip.Target{Core: uint16(c), Axon: uint16(p)})
		}
		m.Off = append(m.Off, uint32(len(m.Dst)))
	}
	return m
}

// labelMap sends a label to its output neuron, and to all the news of it.
func (d *dfaNet) labelMap() chip.InputMap {
	m := chip.InputMap{Pop: dfaPopLabel, Off: []uint32{0}}
	for k := range dfaClasses {
		m.Dst = append(m.Dst, chip.Target{Core: dfaOutCore, Axon: uint16(d.hidden + k)}, chip.Target{Core: dfaOutCore, Axon: uint16(d.hidden + dfaClasses)})
		m.Off = append(m.Off, uint32(len(m.Dst)))
	}
	return m
}

// dfaGroup is one group of n neurons alone on a core with some ports.
func dfaGroup(name string, n, ports, words int, last int32) (*core.Image, error) {
	prog, err := dfaProgram("dfa_"+name, isa.Neuron)
	if err != nil {
		return nil, err
	}
	return &core.Image{N: n, Ring: 1, Ports: make([]core.Port, ports), Formats: []core.Format{{}}, OutOff: []uint32{0}, Groups: []core.Group{{
		Name: name, N: n, Prog: prog, Substeps: 1, State: make([]fixed.Layout, words),
		Params: [][]int32{{dfaThreshold}, {dfaStart}, {dfaLowest}, {dfaTicks}, {last}},
		Init:   [][]int32{{dfaStart}},
	}}}, nil
}

// dfaAxon adds an in-axon with one synapse per weight, to compartment to and on.
func dfaAxon(ci *core.Image, port uint8, to int, weights ...int32) {
	ci.Axons = append(ci.Axons, core.Axon{Off: uint32(len(ci.Syn)), N: uint32(len(weights)), Port: port})
	for i, w := range weights {
		ci.Syn = append(ci.Syn, core.Synapse{Target: uint16(to + i), Mant: int16(w)})
	}
}

// hiddenCore has in-axons of the inputs, which learn, and behind them those of
// the output neurons: the fixed feedback, whose weights are multiplied by the
// errors that spikes carry.
func (d *dfaNet) hiddenCore(c int) (*core.Image, error) {
	first, n := dfaSpan(c, d.hidden)
	ci, err := dfaGroup("hidden", n, 2, 4, dfaFeedback)
	if err != nil {
		return nil, err
	}
	closed := []int32{0}
	if d.closed != nil {
		closed = d.closed[first : first+n]
	}
	ci.Groups[0].Params = append(ci.Groups[0].Params, closed)
	ci.Payload, ci.Boxes = core.Graded, []int32{dfaOutCore}
	for p := range d.inputs {
		dfaAxon(ci, 0, 0, d.w1[p*d.hidden+first:][:n]...)
	}
	for k := range dfaClasses {
		column := make([]int32, n)
		for j := range column {
			column[j] = d.feedback[(first+j)*dfaClasses+k]
		}
		dfaAxon(ci, 1, 0, column...)
	}
	for j := range n {
		ci.Out = append(ci.Out, core.OutAxon{Axon: uint16(first + j)})
		ci.OutOff = append(ci.OutOff, uint32(len(ci.Out)))
	}
	target := learn.Ref{Space: learn.Neuron, Word: dfaWordFed}
	return ci, dfaLearned(ci, "w1", d.inputs, dfaFeedback, target, d.shift1,
		learn.Ref{Space: learn.Neuron, Word: dfaWordSpikes}, learn.Ref{Space: learn.Const, Word: dfaTicks})
}

// outputCore has in-axons of the hidden neurons, which learn, then one for
// each label, then one for the news that there is a label.
func (d *dfaNet) outputCore() (*core.Image, error) {
	ci, err := dfaGroup("output", dfaClasses, 3, 5, dfaEpoch-1)
	if err != nil {
		return nil, err
	}
	for range d.hidden {
		dfaAxon(ci, 0, 0, make([]int32, dfaClasses)...)
	}
	news := make([]int32, dfaClasses)
	for k := range news {
		dfaAxon(ci, 1, k, dfaTarget)
		news[k] = 1
	}
	dfaAxon(ci, 2, 0, news...)
	for c := range dfaOutCore {
		ci.Boxes = append(ci.Boxes, int32(c))
	}
	for k := range dfaClasses {
		for c := range dfaOutCore {
			ci.Out = append(ci.Out, core.OutAxon{Box: uint16(c), Axon: uint16(d.inputs + k)})
		}
		ci.OutOff = append(ci.OutOff, uint32(len(ci.Out)))
	}
	target := learn.Ref{Space: learn.Neuron, Word: dfaWordError}
	return ci, dfaLearned(ci, "w2", d.hidden, dfaLabel, target, d.shift2)
}

// dfaLearned makes the first n in-axons plastic: each counts its spikes, and at a
// tick of the image the rule runs once over all synapses. Parameters p0 to p3
// of a rule are the count, the factor at the target, the shift and its mask.
func dfaLearned(ci *core.Image, rule string, n int, at int64, target learn.Ref, shift int32, more ...learn.Ref) error {
	l := core.Learning{Plan: learn.Plan{Name: rule, Epoch: dfaEpoch}}
	for i := range n {
		l.Axons = append(l.Axons, uint16(i))
	}
	l.Plan.Words[learn.Synapse] = []learn.Word{{Name: "w", Layout: fixed.Layout{Width: 8, Over: fixed.Sym}, Stored: true}}
	l.Plan.Words[learn.Pre] = []learn.Word{{Name: "spikes"}}
	w, spikes := learn.Ref{Space: learn.Synapse}, learn.Ref{Space: learn.Pre}
	params := append([]learn.Ref{spikes, target, {Space: learn.Const, Word: shift}, {Space: learn.Const, Word: int32(uint32(1)<<shift - 1)}}, more...)
	l.Plan.Steps = []learn.Step{
		{Name: "dfa_count", On: learn.Arrive, Over: learn.Pre, State: []learn.Ref{spikes}},
		{Name: "dfa_" + rule, On: learn.Tick, At: learn.Fired, Every: dfaEpoch, Offset: at, Over: learn.Synapse, State: []learn.Ref{w}, Params: params,
			Draws: []learn.Draw{{Bits: uint8(shift), Each: true}}},
		{Name: "dfa_clear", On: learn.Tick, At: learn.Fired, Every: dfaEpoch, Offset: dfaEpoch - 1, Over: learn.Pre, State: []learn.Ref{spikes}},
	}
	for k := range l.Plan.Steps {
		s := &l.Plan.Steps[k]
		s.Passes = 1
		var err error
		if s.Prog, err = dfaProgram(s.Name, isa.Rule); err != nil {
			return err
		}
	}
	ci.Learning = []core.Learning{l}
	return nil
}
