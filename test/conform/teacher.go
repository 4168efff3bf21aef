package conform

import (
	"fmt"
	"math"
	"strconv"

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

// real is a field that must be a number of lo..hi; absent gives def.
func (d *doc) real(name string, lo, hi, def float64) (float64, error) {
	raw := d.raw(name)
	if raw == nil {
		return def, nil
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !(v >= lo && v <= hi) {
		return 0, d.fail(name, "", fmt.Sprintf("a number of %v..%v", lo, hi), describe(raw))
	}
	return v, nil
}

// uniforms appends an array of n numbers, each at least 0 and below 1.
func (d *doc) uniforms(name string, raw []byte, where string, n int, dst []float64) ([]float64, error) {
	have := 0
	err := d.each(name, raw, where, func(c *cursor, i int) error {
		text := c.value()
		v, err := strconv.ParseFloat(string(text), 64)
		if have = i + 1; err != nil || !(v >= 0 && v < 1) || have > maxCells {
			return d.fail(name, join(where, fmt.Sprintf("entry %d", i)), "a number of 0 up to 1", describe(text))
		}
		dst = append(dst, v)
		return nil
	})
	if err == nil && n >= 0 && have != n {
		err = d.fail(name, where, fmt.Sprintf("%d entries", n), strconv.Itoa(have))
	}
	return dst, err
}

// bitsOf is a uniform draw as a whole number of so many bits: it is below the
// number k exactly if the draw is below k / 2^bits.
func bitsOf(r float64, bits uint8) int32 { return int32(math.Floor(math.Ldexp(r, int(bits)))) }

// carryOf is a uniform draw for the form "add and shift": the sum with a
// fraction of so many bits carries exactly if the draw is below the fraction.
func carryOf(r float64, bits uint8) int32 { return 1<<bits - 1 - bitsOf(r, bits) }

// learnColumn is a recorded word of a space, row after row.
type learnColumn struct {
	field string
	space learn.Space
	word  int
	want  []int64 // [row][item]
}

// learnColumn reads a recorded word; nil if the file does not have it.
func (d *doc) learnColumn(m *chip.LearnModel, field, word string, rows, items int) (learnColumn, error) {
	c := learnColumn{field: field}
	if !d.has(field) {
		return c, nil
	}
	var err error
	if c.space, c.word, err = m.WordOf(word); err != nil {
		return c, err
	}
	c.want, err = d.matrix(field, rows, items, -1<<53, 1<<53)
	return c, err
}

// compare holds the words of a row against the state.
func (l *learnColumn) compare(c *checker, row int, s *learn.State) {
	if l.want == nil {
		return
	}
	got := s.Words[l.space][l.word]
	for i, x := range got {
		c.equal(l.field, row, i, l.want[row*len(got)+i], int64(x))
	}
}
