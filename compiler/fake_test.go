package compiler

import (
	"hillock/chip"
	"hillock/core"
	"hillock/isa"
	"hillock/isa/fixed"
)

// fakeFamily is a small chip with known limits. Its neuron is the plain one:
// decay, add, compare, reset, refractory hold.
func fakeFamily() *chip.Family {
	return &chip.Family{
		Name: "fake", Hash: "h",
		Mesh: chip.Mesh{X: 2, Y: 2, CoresPerTile: 2},
		Fields: []chip.Field{
			{Name: varDecayU, Lo: 0, Hi: 4095, Scope: "neuron"}, {Name: varDecayV, Lo: 0, Hi: 4095, Scope: "neuron"},
			{Name: varThresh, Lo: 1, Hi: 131071, Scope: "neuron"},
			{Name: varBiasMant, Lo: -4095, Hi: 4095, Scope: "neuron"}, {Name: varBiasExp, Lo: 0, Hi: 7, Scope: "neuron"},
			{Name: varRefract, Lo: 1, Hi: 63, Scope: "neuron"}, {Name: varStart, Lo: 0, Hi: 63, Scope: "neuron"},
			{Name: varVMin, Lo: -8388607, Hi: 0, Scope: "core"}, {Name: varVMax, Lo: 511, Hi: 8388607, Scope: "core"},
			{Name: varMaxDelay, Lo: 0, Hi: 7, Scope: "core"},
		},
		Weights: chip.WeightFormat{Quantiser: RoundEvenSym, Bits: []int64{0, 1, 2, 3, 4, 5, 6, 8}, ExpLo: -7, ExpHi: 7, Scale: 6, MantLo: -256, MantHi: 255, Formats: 8},
		Core: chip.CoreTemplate{
			Ports:  []chip.PortTemplate{{Acc: fixed.Layout{Width: 22, Over: fixed.Wrap}}},
			Groups: []chip.GroupTemplate{{Name: "plain", State: []chip.StateTemplate{{Name: "u", Layout: fixed.Layout{Width: 24, Over: fixed.Wrap}}, {Name: "v"}, {Name: "refract"}}}},
		},
	}
}

// fakeBinder binds fakeFamily without files.
type fakeBinder struct {
	limits map[string]int64
	mem    chip.SynapseMemory
}

func newFakeBinder() *fakeBinder {
	return &fakeBinder{
		limits: map[string]int64{limCores: 8, limCompartments: 1024, limInAxons: 4096, limOutAxons: 4096, limMaxDelay: 7, limThresholds: 16, limProfiles: 32},
		mem:    chip.SynapseMemory{Words: 16384, WordBits: 64, GroupSynapses: 64, HeaderBits: 10, DelayBits: 6, IndexBits: []int64{0, 6, 7, 8, 9, 10, 11, 12}},
	}
}

func (b *fakeBinder) limit(name string) (int64, bool) { v, ok := b.limits[name]; return v, ok }
func (b *fakeBinder) memory() chip.SynapseMemory      { return b.mem }

func (b *fakeBinder) core(v settings) (core.Image, error) {
	d, _ := v.Core(varMaxDelay)
	return core.Image{Ring: int(d) + 1, Ports: []core.Port{{Acc: fixed.Layout{Width: 22, Over: fixed.Wrap}}}}, nil
}

// fakeProgram has s0 u, s1 v, s2 hold; p0, p1 decay factors, p2 bias, p3
// threshold, p4 refractory ticks, p5 and p6 bounds of v.
func fakeProgram() *isa.Program {
	i := func(op isa.Op, pr isa.Pred, d, a, b isa.Operand, sh uint8) isa.Instr {
		return isa.Instr{Op: op, Pred: pr, D: d, A: a, B: b, Sh: sh}
	}
	const s, p, z = isa.S0, isa.P0, isa.Z
	prog, err := isa.NewProgram([]isa.Instr{
		i(isa.MULZ, 0, isa.T0, s, p, 12), i(isa.ADD, 0, s, isa.T0, isa.IN0, 0),
		i(isa.ADD, 0, isa.T0+1, s, p+2, 0),
		i(isa.MULZ, 0, isa.T0+2, s+1, p+1, 12), i(isa.ADD, 0, isa.T0+1, isa.T0+2, isa.T0+1, 0),
		i(isa.MIN, 0, isa.T0+1, isa.T0+1, p+6, 0), i(isa.MAX, 0, s+1, isa.T0+1, p+5, 0),
		i(isa.CLT, 0, z, z, s+2, 0), i(isa.MOV, isa.IfF, s+1, z, z, 0),
		i(isa.CLT, 0, z, p+3, s+1, 0), i(isa.MOV, isa.IfF, s+1, z, z, 0), i(isa.MOV, isa.IfF, s+2, p+4, z, 0), i(isa.SPK, isa.IfF, z, z, z, 0),
		{Op: isa.ADDI, D: s + 2, A: s + 2, B: z, Imm: -1}, i(isa.END, 0, z, z, z, 0),
	})
	if err != nil {
		panic(err) // a test with a wrong program cannot start
	}
	return prog
}

func (b *fakeBinder) group(name string, n int, v settings) (core.Group, error) {
	g := core.Group{Name: name, N: n, Prog: fakeProgram(), Substeps: 1, Params: make([][]int32, 7),
		State: []fixed.Layout{{Width: 24, Over: fixed.Wrap}, {Width: 32, Over: fixed.Wrap}, {Width: 6, Over: fixed.SatU}}}
	get := func(k string, i int) int64 { x, _ := v.Neuron(k, i); return x }
	for i := range n {
		for k, x := range [...]int64{
			4096 - get(varDecayU, i) - 1, 4096 - get(varDecayV, i), get(varBiasMant, i) << uint(get(varBiasExp, i)),
			get(varThresh, i) * 64, get(varRefract, i), get(varVMin, i), get(varVMax, i),
		} {
			g.Params[k] = append(g.Params[k], int32(x))
		}
	}
	g.Init = [][]int32{{0}, {0}, {int32(get(varStart, 0))}}
	return g, nil
}
