package event

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/isa"
	"hillock/isa/fixed"
)

// waiter is a core whose event "go" sends 1, then 2, waits for both to be
// acknowledged, then for "flag", which is taken aside, and sends 3.
func waiter(t testing.TB) *Image {
	take := prog(t, isa.Instr{Op: isa.MOV, D: isa.S0, A: isa.PAY})
	send := func(v, start int64) Walk {
		return Walk{Start: start, Emit: []Emission{{On: OnLast, To: ToOutput, Value: Operand{Value: v}}}}
	}
	last := send(3, 1)
	last.Until = []Term{{L: Operand{From: Stored}, R: Operand{Value: 1}}}
	return &Image{Spec: Spec{
		Items: 1, Outs: 4,
		Memories: []Memory{{Name: "flag", Words: 1, Bits: 1, Lanes: 1}},
		Fields:   []Field{{Name: "flag", Layout: fixed.Layout{Width: 1, Over: fixed.WrapU}}},
		Programs: []Program{{Name: "take", Prog: take, State: []Operand{{From: Stored}}}},
		Control: Control{
			Order: []Choice{Request}, Sync: 2, Hold: 3, PerAck: 1, Return: 3, ReturnPerAck: 1,
			Ports: []Port{{Name: "go", Bits: 1, Sender: 1}, {Name: "flag", Bits: 1, Sender: 1}},
			Input: []Row{
				{Name: "go", Tail: 1, Walks: []Walk{send(1, 1), send(2, 1), {Name: "all sent", Sent: true}, last}},
				{Name: "flag", Port: 1, Tail: 1, Aside: true, Walks: []Walk{{Programs: []int{0}, Pay: &Weight{Value: Operand{From: Word, Width: 1}}}}},
			},
		},
	}}
}

// outputs runs a core and gives the edges at which its outputs start. With
// every it steps every edge and goes through a clone of the state each time.
func outputs(t testing.TB, img *Image, flags []Arrival, every bool) (out []int64) {
	c, err := New(img)
	require.NoError(t, err)
	c.Watch = func(n Note) {
		if n.Kind == Sent {
			out = append(out, n.Edge)
		}
	}
	c.Inject(0, 0, 0)
	for _, f := range flags {
		c.Inject(1, f.At, f.Word)
	}
	for edge := int64(0); edge < 1000; edge++ {
		next := c.Next(edge)
		if next == Never {
			return out
		}
		if every {
			next = edge
			require.NoError(t, c.State.Fits(img))
			c.State = c.State.Clone()
		}
		c.Edge(next)
		edge = next
	}
	t.Fatal("no rest")
	return nil
}

// TestWaits: decision at edge 2, first output at 3. It keeps the controller
// for 3 edges and the delay, and the link for 3 and the delay more.
func TestWaits(t *testing.T) {
	img := waiter(t)
	require.Equal(t, []int64{3, 9}, outputs(t, img, nil, false)) // waits for ever, at rest
	require.Equal(t, []int64{3, 9, 33}, outputs(t, img, []Arrival{{5, 0}, {30, 1}}, false))
	require.Equal(t, []int64{3, 9, 15}, outputs(t, img, []Arrival{{0, 1}}, false)) // behind the link's return
	img.AckDelay = 2
	require.Equal(t, []int64{3, 13, 23}, outputs(t, img, []Arrival{{0, 1}}, false))
	rapid.Check(t, func(r *rapid.T) {
		img.AckDelay = rapid.Int64Range(0, 3).Draw(r, "ack")
		var flags []Arrival
		for range rapid.IntRange(0, 4).Draw(r, "n") {
			flags = append(flags, Arrival{rapid.Int64Range(0, 40).Draw(r, "at"), rapid.Uint64Range(0, 1).Draw(r, "flag")})
		}
		require.Equal(t, outputs(t, img, flags, true), outputs(t, img, flags, false))
	})
}

// TestAsideDoesNotWait refuses rows that would have to.
func TestAsideDoesNotWait(t *testing.T) {
	img := waiter(t)
	img.Spec.Control.Input[1].Walks[0].Sent = true
	require.ErrorContains(t, img.Check(), "waits")
	img = waiter(t)
	img.Spec.Control.Return = -1
	require.ErrorContains(t, img.Check(), "edges of the controller")
}

// TestNoEdgeTakesForEver refuses walks over more items than an edge can have.
func TestNoEdgeTakesForEver(t *testing.T) {
	img := waiter(t)
	k := &img.Spec.Control.Input[0].Walks[0]
	k.Start, k.Step = 0, 0
	k.Last, k.Sources = Operand{Value: 1 << 16}, &Operand{From: Word, Width: 1}
	require.NoError(t, img.Check())
	k.Sources = &Operand{Value: 1 << 16}
	require.ErrorContains(t, img.Check(), "may serve 16777217 items or more at one edge")
	k.Step = 1
	require.NoError(t, img.Check())
	k.Step, k.Sources = 0, nil
	k.Sub = []Walk{{Last: Operand{Value: 1 << 10}}}
	require.ErrorContains(t, img.Check(), "at one edge")
}
