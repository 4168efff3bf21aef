package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/core/alu"
	"hillock/isa"
	"hillock/isa/fixed"
)

// meaning is what an operation of the table is in the instruction set.
func meaning(op Op, s *Step, a, b, c int32) int64 {
	x, y, sh := int64(a), int64(b), uint(s.Sh)
	plain := map[Op]isa.Op{Mov: isa.MOV, Mul: isa.MUL, MulZero: isa.MULZ, MulHalf: isa.MULH, MulHigh: isa.MULHSU, AddShift: isa.ADD, SubShift: isa.SUB,
		And: isa.AND, Or: isa.OR, Xor: isa.XOR, Min: isa.MIN, Max: isa.MAX, Abs: isa.ABS, Sign: isa.SGN}
	switch op {
	case Set:
		return int64(s.Imm)
	case Add, Sub:
		return alu.Arith(map[Op]isa.Op{Add: isa.ADD, Sub: isa.SUB}[op], x, y, 0)
	case AddSet:
		return x + int64(s.Imm)
	case MulZeroAdd:
		return int64(int32(alu.Arith(isa.MULZ, x, y, sh))) + int64(c)
	case Shr, ShrZero, ShrHalf:
		return alu.Arith(map[Op]isa.Op{Shr: isa.SHR, ShrZero: isa.SHRZ, ShrHalf: isa.SHRH}[op], x, 0, sh)
	case Between:
		return alu.Arith(isa.MAX, alu.Arith(isa.MIN, x, y, 0), int64(c), 0)
	case Clip:
		return min(max(x, int64(s.ClipLo)), int64(s.ClipHi))
	case Narrow:
		return alu.Arith(isa.WRAP, x, 0, uint(32-s.Narrow))
	case High:
		return alu.High(int32(uint32(s.Imm)>>17), x)
	}
	return alu.Arith(plain[op], x, y, sh)
}

var edges = []int32{0, 1, -1, 2, 63, 64, 4095, 4096, -4096, 1<<21 - 1, 1 << 21, 1<<23 - 1, 1 << 23, -1 << 23, 1<<31 - 1, -1<<31 + 1, -1 << 31, 1 << 30, -1 << 30}

func value32(t *rapid.T) int32 {
	return rapid.OneOf(rapid.SampledFrom(edges), rapid.Int32(), rapid.Int32Range(-70, 70)).Draw(t, "v")
}

// step draws constants that one instruction could have.
func step(t *rapid.T, op Op, mode Mode) (*Step, fixed.Layout) {
	s := &Step{D: 0, A: 1, B: 2, C: 3, E: 4, M: RowFlag, Imm: value32(t), Inv: -rapid.Int32Range(0, 1).Draw(t, "inv")}
	s.Sh = rapid.Int32Range(0, 31).Draw(t, "sh")
	if op == ShrHalf {
		s.Sh = max(s.Sh, 1)
	}
	s.SetShift(s.Sh, op == MulHalf)
	w := rapid.IntRange(1, 31).Draw(t, "operand width")
	l := fixed.Layout{Width: uint8(w), Over: rapid.SampledFrom([]fixed.Overflow{fixed.Sat, fixed.SatU}).Draw(t, "operand over")}
	s.ClipLo, s.ClipHi = Range(l)
	s.Narrow = int32(32 - w)
	if op == High {
		s.Imm = int32(uint32(s.Imm) << 17)
	}
	out := fixed.Layout{Width: uint8(rapid.IntRange(1, 31).Draw(t, "width")), Over: map[Mode]fixed.Overflow{Low: fixed.None, Wrap: fixed.Wrap, Keep: fixed.WrapU, Clamp: fixed.Sat}[mode]}
	if mode == Clamp {
		out.Over = rapid.SampledFrom([]fixed.Overflow{fixed.Sat, fixed.Sym, fixed.SatU}).Draw(t, "over")
	}
	require.Equal(t, mode, s.SetLayout(out))
	return s, out
}

// block makes a block of rows with room for 300 lanes, of random numbers.
func block(t *rapid.T, n int) *Block {
	b := &Block{}
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "rows"), 1))
	for k := range b.Rows {
		row := make([]int32, n+8)
		for i := range row {
			switch r.IntN(3) {
			case 0:
				row[i] = edges[r.IntN(len(edges))]
			case 1:
				row[i] = int32(r.Uint32()) >> r.IntN(32)
			default:
				row[i] = int32(r.Uint32())
			}
			if k >= RowFlag && k < RowScratch {
				row[i] = -int32(r.IntN(2))
			}
			if k == RowZero {
				row[i] = 0
			}
		}
		b.Rows[k] = row
	}
	return b
}

func (b *Block) clone() *Block {
	c := *b
	for k := range c.Rows {
		c.Rows[k] = append([]int32(nil), b.Rows[k]...)
	}
	return &c
}

// forms are the loops to be compared and the numbers of lanes that they take.
func forms(t require.TestingT, f func(*Table) Func, n int) map[string]Func {
	fs := map[string]Func{"twin": f(Twins())}
	if v, ok := AVX2(); ok && n > 0 && n%Width == 0 {
		fs["avx2"] = f(v)
	}
	return fs
}

func lanes(t *rapid.T) int {
	n := rapid.IntRange(0, 300).Draw(t, "n")
	if rapid.Bool().Draw(t, "whole") {
		n = (n + 7) &^ 7
	}
	return n
}

func TestValuesEqualTheALU(t *testing.T) {
	for op := range NumOps {
		for mode := range NumModes {
			for m := range 2 {
				t.Run(fmt.Sprintf("%d/%d/%d", op, mode, m), func(t *testing.T) {
					rapid.Check(t, func(t *rapid.T) { checkValue(t, op, mode, m) })
				})
			}
		}
	}
}

func checkValue(t *rapid.T, op Op, mode Mode, masked int) {
	n := lanes(t)
	b := block(t, n)
	s, layout := step(t, op, mode)
	if rapid.Bool().Draw(t, "same row") {
		s.A, s.E = s.D, s.D
	}
	for name, f := range forms(t, func(t *Table) Func { return t.Value[op][mode][masked] }, n) {
		got := b.clone()
		f(got, s, n)
		want := b.clone()
		for i := range n {
			x := layout.Apply(meaning(op, s, b.Rows[s.A][i], b.Rows[s.B][i], b.Rows[s.C][i]))
			if masked == 1 && b.Rows[s.M][i]^s.Inv == 0 {
				x = b.Rows[s.E][i]
			}
			want.Rows[s.D][i] = x
		}
		require.Equal(t, want, got, "%s: op %d mode %d %+v", name, op, mode, s)
	}
}

func TestLayoutOfStepAndBlock(t *testing.T) {
	var s Step
	for want, have := range map[int]uintptr{20: unsafe.Offsetof(s.M), 24: unsafe.Offsetof(s.Inv), 28: unsafe.Offsetof(s.Imm), 32: unsafe.Offsetof(s.Not), 36: unsafe.Offsetof(s.Keep),
		40: unsafe.Offsetof(s.Lo), 44: unsafe.Offsetof(s.Hi), 48: unsafe.Offsetof(s.ClipLo), 52: unsafe.Offsetof(s.ClipHi), 56: unsafe.Offsetof(s.Sh), 60: unsafe.Offsetof(s.Left),
		64: unsafe.Offsetof(s.Less), 68: unsafe.Offsetof(s.Wrap), 72: unsafe.Offsetof(s.Narrow), 80: unsafe.Offsetof(s.Bias), 88: unsafe.Offsetof(s.Half), 96: unsafe.Offsetof(s.Top)} {
		require.Equal(t, uintptr(want), have)
	}
	var b Block
	require.Equal(t, uintptr(85*24), unsafe.Offsetof(b.Over))
	require.Equal(t, uintptr(85*24+8), unsafe.Offsetof(b.Active))
	require.Equal(t, uintptr(85*24+16), unsafe.Offsetof(b.Fired))
}

func TestFlagsEqualTheALU(t *testing.T) {
	ops := map[Compare]isa.Op{Less: isa.CLT, Below: isa.CLTU, Equal: isa.CEQ}
	combs := map[Join]isa.Comb{JoinAlone: isa.Set, JoinAnd: isa.And, JoinAndNot: isa.AndN, JoinOr: isa.Or}
	rapid.Check(t, func(t *rapid.T) {
		n := lanes(t)
		b := block(t, n)
		for cmp := range NumCompares {
			for join := range NumJoins {
				for masked := range 2 {
					s := &Step{D: RowFlag + 1, E: RowFlag + 1, A: 1, B: 2, C: RowFlag + 2, M: RowFlag, Imm: rapid.Int32Range(1, 2047).Draw(t, "imm")}
					s.Inv, s.Not = -rapid.Int32Range(0, 1).Draw(t, "inv"), -rapid.Int32Range(0, 1).Draw(t, "not")
					want := b.clone()
					for i := range n {
						x := b.Rows[1][i]&s.Imm == 0
						if cmp != Clear {
							x = alu.Compare(ops[cmp], int64(b.Rows[1][i]), int64(b.Rows[2][i]))
						}
						if masked == 0 || b.Rows[s.M][i]^s.Inv != 0 {
							want.Rows[s.D][i] = 0
							if alu.Combine(combs[join], b.Rows[s.C][i] != 0, x != (s.Not != 0)) {
								want.Rows[s.D][i] = -1
							}
						}
					}
					for name, f := range forms(t, func(t *Table) Func { return t.Flag[cmp][join][masked] }, n) {
						got := b.clone()
						f(got, s, n)
						require.Equal(t, want, got, "%s: compare %d join %d masked %d %+v", name, cmp, join, masked, s)
					}
				}
			}
		}
	})
}

func TestLoads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := lanes(t)
		b := block(t, n)
		l := fixed.Layout{Width: uint8(rapid.IntRange(1, 31).Draw(t, "width"))}
		l.Over = rapid.SampledFrom([]fixed.Overflow{fixed.Wrap, fixed.Sat, fixed.Sym, fixed.SatU}).Draw(t, "over")
		s := &Step{D: RowInput, A: RowAcc, E: RowSeen, M: RowSeen}
		pick := func(t *Table) Func { return t.LoadClip }
		if s.SetLayout(l) == Wrap {
			pick = func(t *Table) Func { return t.LoadWrap }
			s.Sh = rapid.Int32Range(0, 31).Draw(t, "shift")
			s.Left = s.Sh + s.Wrap
		}
		want := b.clone()
		for i, a := range b.Rows[RowAcc][:n] {
			raw := int64(a) << s.Sh
			x := l.Apply(raw)
			if int64(x) != raw {
				want.Over++
			}
			want.Rows[RowInput][i] = x
			want.Rows[RowSeen][i] |= x
		}
		for name, f := range forms(t, pick, n) {
			got := b.clone()
			f(got, s, n)
			require.Equal(t, want, got, "%s: %+v %+v", name, l, s)
		}
	})
}

func TestCommitAndFinish(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := min(lanes(t), Lanes)
		b := block(t, n)
		for i := range b.Rows[RowOut] { // seldom something
			if i%3 != 0 {
				b.Rows[RowOut][i], b.Rows[RowSeen][i], b.Rows[RowScratch][i] = 0, 0, b.Rows[RowState][i]
			}
		}
		commit := &Step{D: RowState, A: RowScratch, E: RowSeen, M: RowSeen}
		finish := &Step{A: RowSeen, B: RowOut}
		want := b.clone()
		for i := range n {
			want.Rows[RowSeen][i] |= b.Rows[RowState][i] ^ b.Rows[RowScratch][i]
			want.Rows[RowState][i] = b.Rows[RowScratch][i]
			if want.Rows[RowSeen][i] != 0 || b.Rows[RowOut][i] != 0 {
				want.Active++
			}
			if b.Rows[RowOut][i] != 0 {
				want.Fired[i/8] |= 1 << (i % 8)
			}
		}
		for name, f := range forms(t, func(t *Table) Func { return t.Commit }, n) {
			got := b.clone()
			f(got, commit, n)
			forms(t, func(t *Table) Func { return t.Finish }, n)[name](got, finish, n)
			require.Equal(t, want, got, name)
		}
	})
}

func TestCubaFormsAgree(t *testing.T) {
	cubaForms(t, func(t *Table) Func { return t.Cuba }, false)
}

func TestCubaSharedFormsAgree(t *testing.T) {
	cubaForms(t, func(t *Table) Func { return t.CubaShared }, true)
}

func cubaForms(t *testing.T, pick func(*Table) Func, shared bool) {
	rapid.Check(t, func(t *rapid.T) {
		n := min((lanes(t)+7)&^7, Lanes)
		b := block(t, n)
		for _, row := range b.Rows[RowParam : RowParam+2] {
			for i := range row {
				row[i] = int32(uint32(row[i]) % 4097)
			}
		}
		for k := range 7 {
			if row := b.Rows[RowParam+k]; k != 2 { // as the loop wants them
				for i := 1; i < Width && i < len(row) && shared; i++ {
					row[i] = row[0]
				}
			}
		}
		fs := forms(t, pick, n)
		want := b.clone()
		fs["twin"](want, nil, n)
		for name, f := range fs {
			got := b.clone()
			f(got, nil, n)
			require.Equal(t, want, got, name)
		}
	})
}

func TestEveryLoopIsThere(t *testing.T) {
	tables := []*Table{Twins()}
	if v, ok := AVX2(); ok {
		tables = append(tables, v)
	}
	for _, table := range tables {
		for _, modes := range table.Value {
			for _, fs := range modes {
				require.NotNil(t, fs[0])
				require.NotNil(t, fs[1])
			}
		}
		for _, joins := range table.Flag {
			for _, fs := range joins {
				require.NotNil(t, fs[0])
				require.NotNil(t, fs[1])
			}
		}
	}
}
