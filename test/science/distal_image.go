package science

import (
	"embed"

	"hillock/chip"
	"hillock/core"
	"hillock/core/learn"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

//go:embed distal_*.uasm
var distalText embed.FS

// Sizes and constants of the experiment.
const (
	distalInputs = 50
	distalStart  = 30   // weight of every synapse
	distalTop    = 127  // what a spike sets a trace to
	distalReward = 2048 // dopamine of a reward
)

// The words of the plan, by their places in their spaces.
var (
	distalW   = learn.Ref{Space: learn.Synapse, Word: 0}
	distalTag = learn.Ref{Space: learn.Synapse, Word: 1}
	distalX   = learn.Ref{Space: learn.Pre, Word: 0}
	distalY   = learn.Ref{Space: learn.Post, Word: 0}
	distalDop = learn.Ref{Space: learn.Post, Word: 1}
)

// The streams of the plan's draws.
const (
	distalOfTag = iota
	distalOfWeight
)

// distalAssembly assembles the programs; the first error sticks.
type distalAssembly struct{ err error }

func (a *distalAssembly) program(kind isa.Kind, name string) *isa.Program {
	file := "distal_" + name + ".uasm"
	text, err := distalText.ReadFile(file)
	var p *isa.Program
	if err == nil {
		p, err = asm.Assemble(string(text), file, asm.Options{Kind: kind})
	}
	if a.err == nil {
		a.err = err
	}
	return p
}

// step is a step that visits all items of a space every tick.
func (a *distalAssembly) step(name, file string, at learn.Moment, state learn.Ref, params ...learn.Ref) learn.Step {
	return learn.Step{Name: name, At: at, Every: 1, Over: state.Space, Passes: 1,
		Prog: a.program(isa.Rule, file), State: []learn.Ref{state}, Params: params}
}

// distalPlan is the learning of the synapses. A tag can fall below -2^15 at no
// more than 158 a tick against a loss of one 1024th: 19 bits hold it.
func distalPlan(a *distalAssembly, unmodulated bool) learn.Plan {
	p := learn.Plan{Name: "distal-reward", Epoch: 1}
	p.Words[learn.Synapse] = []learn.Word{
		{Name: "w", Layout: fixed.Layout{Width: 8, Over: fixed.SatU}, Stored: true},
		{Name: "tag", Layout: fixed.Layout{Width: 19, Over: fixed.Sat}}}
	trace := fixed.Layout{Width: 7, Over: fixed.SatU}
	p.Words[learn.Pre] = []learn.Word{{Name: "x1", Layout: trace}}
	p.Words[learn.Post] = []learn.Word{{Name: "y1", Layout: trace}, {Name: "dopamine", Layout: fixed.Layout{Width: 12, Over: fixed.SatU}}}
	dop := distalDop
	if unmodulated {
		dop = constant(40)
	}
	tag := a.step("tag", "tag", learn.Delivered, distalTag, distalY, constant(1023), constant(5))
	tag.Draws = []learn.Draw{{Stream: distalOfTag, Bits: 10, Each: true}}
	weight := a.step("weight", "weight", learn.Fired, distalW, distalTag, dop, constant(1<<18-1))
	weight.Draws = []learn.Draw{{Stream: distalOfWeight, Bits: 18, Each: true}}
	weight.Every, weight.Offset = 16, 15
	p.Steps = []learn.Step{
		a.step("x1", "trace", learn.Delivered, distalX, constant(1), constant(distalTop)),
		tag,
		a.step("y1", "trace", learn.Fired, distalY, constant(1), constant(distalTop)),
		a.step("pair", "pair", learn.Fired, distalTag, distalY, constant(distalTop), distalX, constant(32767)),
		a.step("dopamine", "dopamine", learn.Fired, distalDop, constant(1)),
		weight,
	}
	return p
}

// constant is a parameter with a fixed value.
func constant(v int32) learn.Ref { return learn.Ref{Space: learn.Const, Word: v} }

// distalCore is one neuron with its plastic synapses.
func distalCore(unmodulated bool) (*core.Image, error) {
	var a distalAssembly
	neuron := a.program(isa.Neuron, "neuron")
	plan := distalPlan(&a, unmodulated)
	if a.err != nil {
		return nil, a.err
	}
	c := &core.Image{N: 1, Ring: 1, Ports: make([]core.Port, 1), Formats: make([]core.Format, 1),
		Draws: []core.DrawFormat{{Lo: 0, Hi: 511}}, OutOff: make([]uint32, 2),
		Groups: []core.Group{{Name: "post", N: 1, Prog: neuron, Substeps: 1, Cap: 1,
			State: []fixed.Layout{{Width: 16, Over: fixed.Sat}}, Words: []string{"v"},
			Params: [][]int32{{1000}, {400}}, Meaning: []string{"drive", "threshold"}}}}
	own := core.Learning{Plan: plan}
	for i := range distalInputs {
		c.Axons = append(c.Axons, core.Axon{Off: uint32(i), N: 1, Words: 1})
		c.Syn = append(c.Syn, core.Synapse{Mant: distalStart})
		own.Axons = append(own.Axons, uint16(i))
	}
	c.Learning = []core.Learning{own}
	return c, nil
}

// distalImage is n cores, each a run of the experiment of its own: run k has
// the inputs 50k .. 50k+49.
func distalImage(n int, unmodulated bool) (*chip.Image, error) {
	c, err := distalCore(unmodulated)
	if err != nil {
		return nil, err
	}
	img := &chip.Image{Chip: "distal-reward", Mesh: chip.Mesh{X: n, Y: 1, CoresPerTile: 1},
		Pops: []chip.Population{{Name: "pre", N: n * distalInputs, Input: true}, {Name: "post", N: n, Output: true}}}
	in := chip.InputMap{Off: []uint32{0}}
	for k := range n {
		img.Cores = append(img.Cores, chip.Core{ID: k, Image: c, Runs: []chip.Run{{Pop: 1, First: k, N: 1}}})
		for i := range distalInputs {
			in.Dst = append(in.Dst, chip.Target{Core: uint16(k), Axon: uint16(i)})
			in.Off = append(in.Off, uint32(len(in.Dst)))
		}
	}
	img.Inputs = []chip.InputMap{in}
	return img, nil
}
