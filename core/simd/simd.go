// Package simd holds the loops of the vector engine: one function per
// operation, store mode and predication, over rows of 32-bit lanes. Each has an
// AVX2 form, written by the generator in asmgen, and a twin in plain Go; both
// compute the same bits. Machines without AVX2, and processes started with
// HILLOCK_NOSIMD=1 in their environment, run the twins.
package simd

import "os"

//go:generate go -C asmgen run . -pkg simd -out ../zloops_amd64.s

// Lanes is the number of lanes of a block at most: every row that is in use
// stays in a first-level cache.
const Lanes = 256

// Wide is the number of lanes at most of a loop for a whole program: it touches
// few rows.
const Wide = 1024

// Width is the number of lanes that an AVX2 loop works on at a time: it can be
// called for multiples of it only.
const Width = 8

// Numbers of rows. The first 61 are the operand numbers of the instruction set.
const (
	RowState   = 8  // state words as they were before the tick
	RowParam   = 24 // parameters
	RowInput   = 48 // inputs after the accumulators' format
	RowOut     = 55 // what has been put out
	RowZero    = 57 // zeros
	RowFlag    = 61 // flags, lanes 0 or -1
	RowScratch = 64 // state words of this tick, while it runs
	RowAcc     = 80 // accumulators of the ports
	RowSeen    = 84 // not 0: the compartment had input or changed
	NumRows    = 85
)

// Block is what a program works on: rows of at least n lanes each where a loop
// is called for n, and what the loops count.
type Block struct {
	Rows   [NumRows][]int32
	Over   int64           // inputs that lost bits, see LoadWrap and LoadClip
	Active int64           // lanes that Finish found active
	Fired  [Wide / 8]uint8 // bit i%8 of byte i/8: lane i put something out
}

// Step is one call of a loop: the rows and constants of an instruction. Which
// of them a loop uses is said by its operation and mode. Rows may coincide.
type Step struct {
	D, E, A, B, C, M int32 // rows: result, lanes not selected, operands, mask
	Inv              int32 // the mask is row M exclusive-or Inv; lanes 0 or -1
	Imm              int32 // Set, AddSet: the constant; High: bits 31..17; Clear: the mask
	Not              int32 // comparisons: exclusive-or of the result, 0 or -1
	Keep             int32 // mode Keep: bits that stay
	Lo, Hi           int32 // mode Clamp and LoadClip: range of the result
	ClipLo, ClipHi   int32 // Clip: range of the result
	Sh               int32 // shift of the operation, or of the inputs in LoadWrap
	Left             int32 // products: 32 - Sh; LoadWrap: Sh + Wrap
	Less             int32 // ShrHalf: Sh - 1
	Wrap             int32 // mode Wrap and LoadWrap: 32 - width
	Narrow           int32 // Narrow: 32 - width
	_                int32
	Bias             int64 // MulZero: 2^Sh - 1; MulHalf: -1, or 0 if Sh is 0: added if negative
	Half             int64 // MulHalf: 2^(Sh-1), or 0 if Sh is 0
	Top              int64 // products in mode Clamp: 2^(63-Sh)
}

// Func is a loop over the first n lanes of the rows of a step. An AVX2 loop
// needs n to be a multiple of Width, and above 0.
type Func func(b *Block, s *Step, n int)

// Op is an operation with a numeric result. The result is exact in 64 bits
// before the mode makes it 32.
type Op uint8

// The operations, on rows A, B and C.
const (
	Mov        Op = iota // a
	Set                  // Imm
	Add                  // a + b
	Sub                  // a - b
	AddSet               // a + Imm
	AddShift             // a + (b << Sh)
	SubShift             // a - (b << Sh)
	Mul                  // a b / 2^Sh, rounded down
	MulZero              // rounded toward zero
	MulHalf              // rounded half away from zero
	MulZeroAdd           // the low 32 bits of MulZero, plus c
	MulHigh              // a times unsigned b / 2^32, rounded down
	Shr                  // a / 2^Sh, rounded down
	ShrZero              // rounded toward zero
	ShrHalf              // rounded half away from zero, Sh of 1 or more
	And
	Or
	Xor
	Min
	Max
	Between // the larger of c and the smaller of a and b
	Abs     // |a|
	Sign    // -1, 0, 1
	Clip    // a within ClipLo..ClipHi
	Narrow  // the low bits of a, sign extended
	High    // Imm, and the low 17 bits of a
	NumOps
)

// Mode says how a result is stored in 32 bits.
type Mode uint8

// The modes.
const (
	Low   Mode = iota // the low 32 bits
	Wrap              // the low bits, sign extended
	Keep              // the low bits
	Clamp             // clipped to Lo..Hi, which contains 0
	NumModes
)

// Compare is a comparison: its result has lanes 0 or -1, exclusive-or Not.
type Compare uint8

// The comparisons.
const (
	Less  Compare = iota // a < b
	Below                // a < b, read as unsigned
	Equal                // a == b
	Clear                // a and Imm == 0
	NumCompares
)

// Join says how a comparison x is combined with the source flag, row C.
type Join uint8

// The joins.
const (
	JoinAlone  Join = iota // x
	JoinAnd                // c and x
	JoinAndNot             // (not c) and x
	JoinOr                 // c or x
	NumJoins
)

// Table is one form of all loops. The last index is 1 for the loop that keeps
// row E in lanes that the mask does not select.
type Table struct {
	Value [NumOps][NumModes][2]Func
	Flag  [NumCompares][NumJoins][2]Func
	// LoadWrap reads accumulators, row A: D is a << Sh in 32 - Wrap bits that
	// wrap. Row M becomes E or D; the lanes that lost bits are added to Over.
	LoadWrap Func
	// LoadClip is LoadWrap for a clipped to Lo..Hi, without shift.
	LoadClip Func
	// Commit makes row A the state word D; row M becomes E or what changed.
	Commit Func
	// Finish adds to Active the lanes where row A or B is not 0, and writes
	// Fired for the lanes where B is not.
	Finish Func
	// Cuba runs the program of a current-based neuron, see cuba.go.
	Cuba Func
	// CubaShared is Cuba where all parameters but p2 are the same for all
	// lanes: it reads the first Width of their rows.
	CubaShared Func
	// Vector says that the loops need multiples of Width.
	Vector bool
}

var (
	twin, vector Table
	best         = &twin
)

func init() {
	fillTwins(&twin)
	if supported() {
		vector.Vector = true
		fillVector(&vector)
		if os.Getenv("HILLOCK_NOSIMD") != "1" {
			best = &vector
		}
	}
}

// Best is the form that this process uses: AVX2 where the machine has it and
// HILLOCK_NOSIMD is not 1, else the twins.
func Best() *Table { return best }

// Twins are the loops in plain Go.
func Twins() *Table { return &twin }

// AVX2 are the vector loops, whatever HILLOCK_NOSIMD says; false if the machine
// cannot run them.
func AVX2() (*Table, bool) { return &vector, vector.Vector }
