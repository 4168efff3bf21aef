package event

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/core/simd"
	"hillock/isa"
	"hillock/isa/fixed"
)

const randomItems = 24

// randomProgram draws instructions until enough of them are legal.
func randomProgram(r *rand.Rand, learns bool, fields int) *isa.Program {
	var list []isa.Instr
	operand := func() isa.Operand {
		from := []isa.Operand{isa.T0, isa.T0, isa.S0, isa.P0, isa.IN0, isa.PAY, isa.EVT, isa.OUT, isa.Z}
		o := from[r.IntN(len(from))]
		switch {
		case learns && (o == isa.IN0 || o == isa.PAY || o == isa.EVT):
			return isa.Z
		case o == isa.T0:
			return o + isa.Operand(r.IntN(4))
		case o == isa.S0 || o == isa.P0:
			return o + isa.Operand(r.IntN(2))
		}
		return o
	}
	n := 4 + r.IntN(20)
	for len(list) < n {
		in := isa.Instr{Op: isa.Op(r.IntN(int(isa.NumOps))), Pred: isa.Pred(r.IntN(int(isa.IfNotH) + 1)), D: isa.T0 + isa.Operand(r.IntN(4)),
			A: operand(), B: operand(), Sh: uint8(r.IntN(6)), Flag: isa.Flag(r.IntN(3)), Comb: isa.Comb(r.IntN(4)), Imm: int32(r.IntN(64))}
		if r.IntN(3) == 0 {
			in.D = isa.S0 + isa.Operand(r.IntN(2))
		}
		if in.Comb != isa.Set {
			in.Src = isa.Flag(r.IntN(3))
		}
		switch in.Op {
		case isa.END, isa.RDX, isa.ACT, isa.SMP:
			continue
		case isa.RND:
			if in.Sh = uint8(r.IntN(2)); r.IntN(4) > 0 {
				continue
			}
		case isa.LUT:
			in.Sh = 0
		case isa.LDF, isa.STF:
			in.Imm = int32(r.IntN(fields))
		}
		next := append(list[:len(list):len(list)], in)
		if _, err := isa.NewProgramOf(isa.Event, append(next[:len(next):len(next)], isa.Instr{Op: isa.END})); err == nil {
			list = next
		}
	}
	p, _ := isa.NewProgramOf(isa.Event, append(list, isa.Instr{Op: isa.END}))
	return p
}

// randomImage is a core whose fields, programs, walks and conditions are drawn.
func randomImage(r *rand.Rand) *Image {
	overs := []fixed.Overflow{fixed.Wrap, fixed.Sat, fixed.Sym, fixed.SatU, fixed.WrapU}
	layout := func(w int) fixed.Layout {
		return fixed.Layout{Width: uint8(w), Over: overs[r.IntN(len(overs))]}
	}
	const row = randomItems
	s := Spec{Items: row, Outs: 64, Tables: [][]int32{{5, -3, 8, 100}},
		Memories: []Memory{{Name: "own", Words: row, Bits: 100, Lanes: 1}, {Name: "four", Words: row / 4, Bits: 70, Lanes: 4}, {Name: "w", Words: row * row / 8, Bits: 64, Lanes: 8, Row: row},
			{Name: "r", Words: 1, Bits: 5, Lanes: 1}, {Name: "q", Words: 1, Bits: 1, Lanes: 1}},
		Fields: []Field{
			{Name: "a", Bit: r.IntN(4), Layout: layout(6 + r.IntN(6))}, {Name: "b", Bit: 20, Layout: layout(1 + r.IntN(20))}, {Name: "c", Bit: 55, Layout: layout(9 + r.IntN(12))}, {Name: "model", Bit: 90, Layout: layout(2)},
			{Name: "d", Memory: 1, Bit: r.IntN(2), Stride: 16, Layout: layout(1 + r.IntN(15))}, {Name: "all", Memory: 1, Bit: 65, Layout: layout(4)},
			{Name: "w", Memory: 2, Stride: 8, Layout: layout(5)}, {Name: "m", Memory: 2, Bit: 5, Stride: 8, Layout: layout(1 + r.IntN(3))},
			{Name: "r", Memory: 3, Layout: fixed.Layout{Width: 5, Over: fixed.WrapU}}, {Name: "q", Memory: 4, Layout: fixed.Layout{Width: 1, Over: fixed.WrapU}},
			{Name: "$x", Memory: -1, Layout: layout(8)}, {Name: "ab", Bit: 5, Layout: layout(20)}, // the latter shares bits with others
		},
		Streams: []Stream{{Name: "s", Taps: [2]int{1, 15}, Length: 15, Seeds: []uint64{77, 1234}}, {Name: "n", Taps: [2]int{3, 17}, Length: 17, Seeds: []uint64{99}}},
		Draws:   []Draw{{Stream: 0, Bits: 7, Signed: true, Look: r.IntN(2) == 0}, {Stream: r.IntN(2), Bits: 5, Shift: Operand{From: Stored, Field: 9}}},
	}
	state := [][]int{{0, 4}, {1, 2}, {2, 10}, {0, 1}, {4, 5}}[r.IntN(5)]
	pick := func() Operand { return Operand{From: Stored, Field: r.IntN(10), Right: r.IntN(2)} }
	program := func(learns bool, state []int) Program {
		return Program{Prog: randomProgram(r, learns, len(s.Fields)), State: []Operand{{From: Stored, Field: state[0]}, {From: Stored, Field: state[1]}}, Params: []Operand{pick(), pick()}}
	}
	s.Programs = []Program{program(false, state), program(false, state), program(r.IntN(8) > 0, []int{6, 7})}
	reg := func(f int) Operand { return Operand{From: Stored, Field: f} }
	dst := Operand{From: Dst}
	k := Walk{Name: "all", Src: Operand{From: Word, Width: 5}, First: Operand{Value: int64(r.IntN(3))}, Last: Operand{Value: randomItems - 1 - int64(r.IntN(3))}, Group: []int{1, 1, 2, 4}[r.IntN(4)],
		Programs: []int{r.IntN(2), r.IntN(2)}, Event: 5, Start: int64(r.IntN(3)), Step: int64(r.IntN(3)),
		Pay: &Weight{Value: reg(6), Gate: []Operand{reg(7), reg(9)}, Neg: Operand{From: Stored, Field: 3, BySrc: true}, Shift: Operand{Value: int64(r.IntN(3))}},
		Emit: []Emission{
			{On: OnSpike, To: ToQueue, Value: dst, When: []Term{{L: reg(9), R: Operand{}}}}, {On: OnSpike, To: ToOutput, Value: dst},
			{On: OnItem, To: ToOutput, Value: reg(0), When: []Term{{L: dst, R: reg(8)}, {L: Operand{From: Fired}, R: reg(9)}}},
			{On: OnLast, To: ToOutput, Value: Operand{From: Src}},
		}}
	if r.IntN(2) == 0 {
		k.Model = &Operand{From: Stored, Field: 3}
	}
	if r.IntN(3) == 0 {
		k.Keep = []Term{{L: dst, Rel: AtLeast, R: Operand{Value: 5}}}
	}
	if r.IntN(2) == 0 {
		k.Learn = &Learn{Program: 2, Granule: []int{8, 4, 2}[r.IntN(3)], Memory: 2, When: []Term{{L: reg(9), R: Operand{Value: int64(r.IntN(2))}}}}
	}
	if r.IntN(5) == 0 {
		k.Sources = &Operand{Value: 2}
	}
	push := []Piece{{Value: Operand{From: Word, Width: 5}, Width: 5}}
	s.Control = Control{Order: []Choice{FullQueue, Request, HeadOfQueue}, Depth: 3, Bits: 5, Sync: 2, Hold: int64(r.IntN(5)), PerAck: 1, Ports: []Port{{Name: "in", Bits: 5, Sender: 3}},
		Input: []Row{{Name: "push", Push: push, PushAt: 1, Tail: 2}}, Head: []Row{{Name: "serve", Tail: 1, Pop: int64(r.IntN(2)), Walks: []Walk{k}}}}
	img := &Image{Spec: s, AckDelay: int64(r.IntN(2)), Init: make([][]uint64, len(s.Memories))}
	for m, x := range s.Memories {
		for i := range x.Words * x.chunks() {
			v := r.Uint64()
			if top := x.Bits % 64; top != 0 && i%x.chunks() == x.chunks()-1 {
				v &= 1<<top - 1
			}
			img.Init[m] = append(img.Init[m], v)
		}
	}
	return img
}

// TestRandomCores holds the engines against each other on random programs,
// fields and walks, at random stops, and with taps.
func TestRandomCores(t *testing.T) {
	ahead := 0
	ahead += randomCore(t, 4321) // draws of two lanes in a walk that learns eight items at once
	rapid.Check(t, func(rt *rapid.T) { ahead += randomCore(t, rapid.Uint64().Draw(rt, "seed")) })
	t.Logf("%d cores were computed ahead", ahead)
	require.Greater(t, ahead, 10)
}

// randomCore compares the engines on one core; 1 if it was computed ahead.
func randomCore(t *testing.T, seed uint64) (ahead int) {
	r := rand.New(rand.NewPCG(seed, 3))
	img := randomImage(r)
	loops := simd.Best()
	if r.IntN(2) == 0 {
		loops = simd.Twins()
	}
	slow, err := New(img)
	require.NoError(t, err)
	fast, err := NewVector(img, loops)
	require.NoError(t, err)
	if fast.ahead != nil {
		ahead = 1
	}
	type sample struct {
		tap         int
		item, value int32
	}
	var taps [2][]sample
	if r.IntN(4) == 0 {
		for i, c := range []*Core{slow, fast} {
			c.Tap = func(tap int, item, value int32) { taps[i] = append(taps[i], sample{tap, item, value}) }
		}
	}
	for edge := int64(0); edge < 600; {
		if r.IntN(2) == 0 {
			word := r.Uint64() & 31
			slow.Inject(0, edge, word)
			fast.Inject(0, edge, word)
		}
		stop := edge + 1 + int64(r.IntN(80))
		for at := edge; at < stop; at++ {
			slow.Edge(at)
		}
		for at := fast.Until(edge); at < stop; at = fast.Until(at + 1) {
			fast.Edge(at)
		}
		edge = stop
		fast.Pass(edge)
		require.Empty(t, cmp.Diff(slow.State.Clone(), fast.State.Clone(), cmpopts.EquateEmpty()), "before edge %d", edge)
		require.Equal(t, *slow.Counts, *fast.Counts)
		require.Equal(t, taps[0], taps[1])
		if r.IntN(4) == 0 {
			m := r.IntN(len(img.Spec.Memories))
			i := r.IntN(len(slow.State.Mem[m]))
			slow.State.Mem[m][i], fast.State.Mem[m][i] = img.Init[m][i], img.Init[m][i]
			fast.Touch()
		}
	}
	return ahead
}
