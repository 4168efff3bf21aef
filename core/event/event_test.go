package event

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/isa"
	"hillock/isa/count"
	"hillock/isa/fixed"
)

// prog makes an event program.
func prog(t testing.TB, in ...isa.Instr) *isa.Program {
	for i := range in {
		for _, o := range []*isa.Operand{&in[i].D, &in[i].A, &in[i].B} {
			if *o == 0 {
				*o = isa.Z
			}
		}
	}
	p, err := isa.NewProgramOf(isa.Event, append(in, isa.Instr{Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z}))
	require.NoError(t, err)
	return p
}

// counter is a core of 4 items of 8 bits: an event of 2 bits goes to the queue,
// its service adds the item's number to every item, and item 3 bursts.
func counter(t testing.TB) *Image {
	add := isa.Instr{Op: isa.ADD, D: isa.S0, A: isa.S0, B: isa.PAY}
	spike := isa.Instr{Op: isa.SPK, A: isa.P0}
	one := Operand{Value: 1}
	return &Image{Spec: Spec{
		Items: 4, Outs: 4,
		Memories: []Memory{{Name: "items", Words: 4, Bits: 8, Lanes: 1}, {Name: "on", Words: 1, Bits: 1, Lanes: 1}, {Name: "burst", Words: 4, Bits: 4, Lanes: 1}},
		Fields: []Field{
			{Name: "v", Memory: 0, Layout: fixed.Layout{Width: 8, Over: fixed.WrapU}},
			{Name: "on", Memory: 1, Layout: fixed.Layout{Width: 1, Over: fixed.WrapU}},
			{Name: "burst", Memory: 2, Layout: fixed.Layout{Width: 4, Over: fixed.WrapU}},
		},
		Programs: []Program{{Name: "add", Prog: prog(t, add, spike), State: []Operand{{From: Stored}}, Params: []Operand{{From: Stored, Field: 2}}}},
		Control: Control{
			Order: []Choice{FullQueue, Request, HeadOfQueue}, Depth: 2, Bits: 2, Sync: 2, Hold: 4, PerAck: 1,
			Ports: []Port{{Name: "in", Bits: 2, Sender: 3}},
			Input: []Row{{Name: "push", Push: []Piece{{Value: Operand{From: Word, Width: 2}, Width: 2}}, PushAt: 1, Tail: 2}},
			Head: []Row{{Name: "serve", Tail: 1, Walks: []Walk{{Name: "all", Last: Operand{Value: 3}, Start: 1, Step: 1, Programs: []int{0},
				Pay: &Weight{Value: Operand{From: Word, Width: 2}},
				Emit: []Emission{
					{On: OnSpike, To: ToWheel, Value: Operand{From: Dst}, Gap: &Operand{Value: 1}, Last: 8},
					{On: OnSpike, To: ToOutput, Value: Operand{From: Dst}},
				}}}}},
			Wheel: &Wheel{When: []Term{{L: Operand{From: Stored, Field: 1}, R: one}}, Slots: 7, Depth: 2, Period: Operand{Value: 9},
				Head: []Row{{Name: "burst", Tail: 1, Walks: []Walk{{Name: "mark", First: Operand{From: Word, Width: 2}, Last: Operand{From: Word, Width: 2}, Start: 1,
					Emit: []Emission{{On: OnLast, To: ToOutput, Value: Operand{From: Word, Bit: 8, Width: 1}}}}}}}},
		},
	}}
}

// watched runs a core until it rests, over every edge or only those that Next
// names, and gives what it told.
func watched(t testing.TB, img *Image, events []Arrival, every bool) ([]Note, State) {
	c, err := New(img)
	require.NoError(t, err)
	var notes []Note
	c.Watch = func(n Note) { notes = append(notes, n) }
	for _, e := range events {
		c.Inject(0, e.At, e.Word)
	}
	for edge := int64(0); edge < 100000; {
		next := c.Next(edge)
		if next == Never {
			return notes, c.State
		}
		if every {
			next = edge
		}
		c.Edge(next)
		edge = next + 1
	}
	t.Fatal("no rest")
	return nil, State{}
}

// TestEdgesWithoutWorkMayBeLeftOut holds Next against stepping every edge.
func TestEdgesWithoutWorkMayBeLeftOut(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		img := counter(t)
		img.AckDelay = rapid.Int64Range(0, 3).Draw(r, "ack")
		img.Init = [][]uint64{nil, {uint64(rapid.IntRange(0, 1).Draw(r, "on"))}, rapid.SliceOfN(rapid.Uint64Range(0, 3), 4, 4).Draw(r, "burst")}
		var events []Arrival
		at := int64(0)
		for range rapid.IntRange(0, 12).Draw(r, "n") {
			at += rapid.Int64Range(0, 30).Draw(r, "gap")
			events = append(events, Arrival{at, rapid.Uint64Range(0, 3).Draw(r, "word")})
		}
		a, x := watched(t, img, events, true)
		b, y := watched(t, img, events, false)
		require.Equal(t, a, b)
		require.Equal(t, x, y)
	})
}

// TestBurstGoesOn follows a burst of two more spikes through the wheel.
func TestBurstGoesOn(t *testing.T) {
	img := counter(t)
	img.Init = [][]uint64{nil, {1}, {0, 0, 0, 3}}
	notes, s := watched(t, img, []Arrival{{0, 1}}, false)
	var sent, pushed [][2]int64
	for _, n := range notes {
		switch n.Kind {
		case Sent:
			sent = append(sent, [2]int64{n.Edge, n.Value})
		case Pushed:
			pushed = append(pushed, [2]int64{n.Index, n.Value})
		}
	}
	// the event is sampled at 0, decided at 2, queued at 3, served from 5 on:
	// items at 6..9. Slot 0 is in front until edge 9, so the rest of the burst
	// goes to slots 2 and 4, the last one marked.
	require.Equal(t, [][2]int64{{0, 1}, {3, 3}, {5, 3 | 1<<8}}, pushed)
	require.Equal(t, [][2]int64{{9, 3}, {21, 0}, {41, 1}}, sent)
	for _, q := range s.Wheel {
		require.Empty(t, q)
	}
}

// TestFullQueueLoses pushes more than there is room for.
func TestFullQueueLoses(t *testing.T) {
	c, err := New(counter(t))
	require.NoError(t, err)
	for i := range uint64(3) {
		c.push(i, 5)
	}
	require.Equal(t, []uint64{0, 1}, c.State.Queue)
	require.EqualValues(t, 1, c.Counts[count.Lost])
}

func TestCheckRefuses(t *testing.T) {
	for _, x := range []struct {
		change func(*Image)
		has    string
	}{
		{func(i *Image) { i.Spec.Items = 0 }, "0 items"},
		{func(i *Image) { i.Spec.Fields[0].Bit = 1 }, `field "v"`},
		{func(i *Image) {
			for range 5 {
				i.Spec.Memories = append(i.Spec.Memories, Memory{Words: 1 << 20, Bits: 64, Lanes: 1})
			}
		}, "more than"},
		{func(i *Image) { i.Spec.Memories[0].Words = 1 << 25 }, `memory "items"`},
		{func(i *Image) { i.Spec.Control.Input[0].Mask = 1 }, "no row takes every event"},
		{func(i *Image) { i.Spec.Control.Head[0].Mask = 1 }, "no row takes every head"},
		{func(i *Image) { i.Spec.Control.Head[0].Tail = 0 }, "tail"},
		{func(i *Image) { i.Spec.Control.Head[0].Walks[0].Programs[0] = 1 }, "program 1 of 1"},
		{func(i *Image) {
			i.Spec.Control.Head[0].Walks[0].Pay.Value.Field = -1
			i.Spec.Control.Head[0].Walks[0].Pay.Value.From = Stored
		}, "field -1"},
		{func(i *Image) { i.Spec.Control.Wheel.Slots = 0 }, "wheel of 0"},
		{func(i *Image) { i.Spec.Control.Wheel = nil }, "to a wheel"},
		{func(i *Image) { i.Init = [][]uint64{{256}} }, "bits above 7"},
		{func(i *Image) { i.Init = [][]uint64{{1, 2, 3, 4, 5}} }, "5 chunks"},
		{func(i *Image) { i.Spec.Programs[0].State = nil }, "microcode uses 1"},
		{func(i *Image) { i.Spec.Refusals = []Refusal{{nil, "never"}} }, "never"},
	} {
		img := counter(t)
		x.change(img)
		_, err := New(img)
		require.ErrorContains(t, err, x.has, x.has)
	}
}

// TestStreams holds the serial form of generators against the registers that a
// chip has: one of 15 bits a step and one of 7.
func TestStreams(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := rapid.Uint64Range(1, 1<<15-1).Draw(r, "register")
		s := Stream{Taps: [2]int{1, 15}, Length: 15}
		var bits uint64
		for i := range 15 { // bit i: exclusive-or of register bits 0..i
			bits |= (bits>>max(i-1, 0)&1 ^ d>>i&1) << i
			if i == 0 {
				bits = d & 1
			}
		}
		state := bits
		for range 40 {
			var out uint64
			for i := range 15 {
				before := uint64(0)
				if i > 0 {
					before = out >> (i - 1) & 1
				}
				out |= (before ^ d>>i&1) << i
			}
			got, next := s.take(state, 15)
			require.Equal(t, out, got)
			state = next
			d = out&^1 | (out>>14^out)&1
		}
	})
}

// Bits of fields may lie across two chunks.
func TestExtract(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		word := rapid.SliceOfN(rapid.Uint64(), 3, 3).Draw(r, "word")
		bit, width := rapid.IntRange(0, 150).Draw(r, "bit"), rapid.IntRange(1, 32).Draw(r, "width")
		v := rapid.Uint64().Draw(r, "value")
		other, owidth := rapid.IntRange(0, 150).Draw(r, "other"), 4
		was := extract(word, other, owidth)
		insert(word, bit, width, v)
		require.Equal(t, v&(1<<width-1), extract(word, bit, width))
		if other+owidth <= bit || other >= bit+width {
			require.Equal(t, was, extract(word, other, owidth))
		}
	})
}
