package core

import (
	"math/rand/v2"
	"testing"

	"hillock/core/simd"
	"hillock/isa"
)

// cubaAtEdges is the core of the benchmark with parameters of any value, decay
// factors at most seldom outside the range of the specialised loop.
func cubaAtEdges(tb testing.TB, r *rand.Rand) *Image {
	img := cubaImage(tb, 1+r.IntN(600), 20, 50)
	g := &img.Groups[0]
	g.Cap = int64(r.IntN(3))
	for p := range g.Params {
		row := make([]int32, []int{1, g.N}[r.IntN(2)])
		for i := range row {
			row[i] = randomValue(r)
			if p < 2 {
				row[i] = []int32{0, 1, 4095, 4096, int32(r.IntN(4097))}[r.IntN(5)]
			}
		}
		g.Params[p] = row
	}
	if r.IntN(8) == 0 {
		g.Params[r.IntN(2)][0] = []int32{4097, -1, 1<<31 - 1}[r.IntN(3)]
	}
	for a := range img.Syn {
		img.Syn[a].Mant = int16(r.Uint32())
	}
	img.Formats[0] = Format{Lsb: 1, Scale: r.IntN(12)}
	return img
}

func TestSpecialLoopEqualsOracle(t *testing.T) {
	used := 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 3))
		img := cubaAtEdges(t, r)
		if newVector(img, simd.Best()).plans[0].special.holds(img.Groups[0].Params) {
			used++
		}
		compareForms(t, seed, img, r, 5, false)
	}
	if used < 100 || used == 150 {
		t.Errorf("the specialised loop ran for %d of 150 images, need most and not all", used)
	}
}

func FuzzSpecial(f *testing.F) {
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		compareForms(t, seed, cubaAtEdges(t, r), r, 4, false)
	})
}

// A host that writes a parameter outside the range of the loop takes it out of
// use, and one within puts it back.
func TestSpecialLoopFollowsHostWrites(t *testing.T) {
	img := cubaImage(t, 300, 8, 40)
	for _, f := range engineForms()[1:] {
		a, b := engineForms()[0].core(t, img), f.core(t, img)
		for tick, x := range []int32{3000, 5000, -7, 4096, 4097, 0} {
			row := make([]int32, 300)
			for i := range row {
				row[i] = x
			}
			for _, c := range []*Core{a, b} {
				if err := c.SetParam(0, tick%2, row); err != nil {
					t.Fatal(err)
				}
				c.Update()
				c.Update()
			}
			compareCores(t, f.name, watched{Core: a}, watched{Core: b})
		}
	}
}

// pairs makes a program of pairs of instructions that one loop may replace, over
// few temporaries, so that many are read again and must not be replaced.
func pairs(r *rand.Rand) *isa.Program {
	var out []isa.Instr
	temp := func() isa.Operand { return isa.Operand(r.IntN(3)) }
	any := func() isa.Operand {
		return []isa.Operand{temp(), temp(), isa.S0 + isa.Operand(r.IntN(4)), isa.P0 + isa.Operand(r.IntN(5)), isa.Z, isa.OUT}[r.IntN(6)]
	}
	dest := func() isa.Operand { return []isa.Operand{temp(), isa.S0 + isa.Operand(r.IntN(4)), isa.Z}[r.IntN(3)] }
	pred := func() isa.Pred { return isa.Pred(max(0, r.IntN(18)-11)) }
	for range 1 + r.IntN(10) {
		t := temp()
		ops := [][2]isa.Op{{isa.MULZ, isa.ADD}, {isa.MIN, isa.MAX}, {isa.ADD, isa.WRAP}, {isa.SUB, isa.WRAP}, {isa.MULH, isa.WRAP}, {isa.ADDI, isa.WRAP}, {isa.CLT, isa.MOV}}[r.IntN(7)]
		a := isa.Instr{Op: ops[0], Pred: pred(), D: t, A: any(), B: any(), Sh: uint8(r.IntN(32)), Imm: int32(r.IntN(9) - 4), Flag: isa.Flag(r.IntN(3))}
		if ops[0] == isa.ADD && r.IntN(2) == 0 {
			a.Sh = 0
		}
		b := isa.Instr{Op: ops[1], Pred: pred(), D: dest(), A: t, B: any()}
		if r.IntN(2) == 0 {
			b.A, b.B = b.B, b.A
		}
		if ops[1] == isa.WRAP {
			b.A, b.Sh = t, uint8(1+r.IntN(31))
		}
		out = append(out, a, b)
		if r.IntN(6) == 0 {
			out = append(out, isa.Instr{Op: isa.SPK, Pred: pred(), A: any()})
		}
	}
	p, err := isa.NewProgram(append(out, isa.Instr{Op: isa.END}))
	if err != nil {
		panic(err)
	}
	return p
}

func comparePairs(t *testing.T, seed uint64) (joined int) {
	r := rand.New(rand.NewPCG(seed, 9))
	img := randomImage(r)
	for g := range img.Groups {
		img.Groups[g].Prog = pairs(r)
	}
	compareForms(t, seed, img, r, 4, false)
	for g := range img.Groups {
		list := img.Groups[g].Prog.Instrs
		b := &planner{grp: &img.Groups[g], loops: simd.Twins()}
		for k := range list {
			if _, ok := b.joined(list[k:]); ok {
				joined++
			}
		}
	}
	return joined
}

func TestJoinedPairsEqualOracle(t *testing.T) {
	joined := 0
	for seed := range uint64(400) {
		joined += comparePairs(t, seed)
	}
	if joined < 400 {
		t.Errorf("%d pairs were one loop, need more for a test", joined)
	}
}

func FuzzPairs(f *testing.F) {
	f.Fuzz(func(t *testing.T, seed uint64) { comparePairs(t, seed) })
}
