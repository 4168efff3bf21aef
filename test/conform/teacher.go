package conform

import (
	"hillock/chip"
	"hillock/core"
	"hillock/core/learn"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

// popTeacher is the population that makes neurons of a learning bench fire.
const popTeacher = 2

// teacherProgram stands for neurons whose spikes, and third factors, a file
// gives: port 1 fires, parameters become state words. Tap 31 is where the
// accumulators of port 0 are looked at.
const teacherProgram = `
PRB Z #31
MOV t0 IN0
CLT F Z IN1
?F SPK
MOV s0 p0
MOV s1 p1
MOV s2 p2
END`

// teacherGroup is a group of n such neurons.
func teacherGroup(n int) (core.Group, error) {
	p, err := asm.Assemble(teacherProgram, "teacher", asm.Options{})
	g := core.Group{Name: "teacher", N: n, Prog: p, Substeps: 1, Cap: 1, Params: [][]int32{{0}, {0}, {0}}}
	g.State = []fixed.Layout{{}, {}, {}}
	return g, err
}

// plasticBench is one core whose inputs reach all its neurons through plastic
// synapses, in the order [input][neuron].
type plasticBench struct {
	n, nIn, steps int
	fam           *chip.Family
	vars          vars // of the core
	group         core.Group
	format        core.Format
	mant          []int32 // [input][neuron]
	plan          learn.Plan
	taught        bool // a teacher population fires the neurons
}

func (b *plasticBench) image() (*chip.Image, error) {
	ci, err := b.fam.BindCore(b.vars)
	if err != nil {
		return nil, err
	}
	mant := make([]int16, len(b.mant))
	for i, m := range b.mant {
		mant[i] = int16(m)
	}
	img := benchOf(b.fam, ci, b.group, b.nIn, []projection{{format: b.format, mant: mant, delay: column{0}}})
	own := img.Cores[0].Image
	l := core.Learning{Plan: b.plan}
	for i := range b.nIn {
		l.Axons = append(l.Axons, uint16(i))
	}
	own.Learning = []core.Learning{l}
	if b.taught {
		b.teach(img, own)
	}
	return img, nil
}

// teach adds a second port and an input population with one in-axon per
// neuron.
func (b *plasticBench) teach(img *chip.Image, own *core.Image) {
	own.Ports = append(own.Ports, core.Port{Acc: fixed.Layout{Width: 32, Over: fixed.Wrap}})
	own.Formats = append(own.Formats, core.Format{})
	in := chip.InputMap{Pop: popTeacher, Off: make([]uint32, b.n+1)}
	for i := range b.n {
		in.Dst = append(in.Dst, chip.Target{Core: 0, Axon: uint16(len(own.Axons))})
		in.Off[i+1] = uint32(i + 1)
		own.Axons = append(own.Axons, core.Axon{Off: uint32(len(own.Syn)), N: 1, Format: uint8(len(own.Formats) - 1), Port: 1})
		own.Syn = append(own.Syn, core.Synapse{Target: uint16(i), Mant: 1})
	}
	img.Pops = append(img.Pops, chip.Population{Name: "teacher", N: b.n, Input: true})
	img.Inputs = append(img.Inputs, in)
}

// learnVars are the settings of a learning model, read from a file.
type learnVars struct {
	whole vars
	reals []realSetting
}

type realSetting struct {
	name string
	v    float64
}

// Whole is a setting that is a whole number.
func (l *learnVars) Whole(name string) (int64, bool) { return l.whole.Core(name) }

// Real is a time constant.
func (l *learnVars) Real(name string) (float64, bool) {
	for _, r := range l.reals {
		if r.name == name {
			return r.v, true
		}
	}
	return 0, false
}

func (l *learnVars) add(name string, v int64) {
	l.whole = append(l.whole, variable{name, column{v}})
}
