package aer_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/router/aer"
)

// line is a wire that a synchroniser of some flip-flops takes in: tap[0] is the
// wire itself, the last is what logic sees.
type line struct{ tap []bool }

func newLine(depth int64) *line { return &line{make([]bool, depth+1)} }

// clock takes the wire in at an edge, seen is what logic saw before it.
func (l *line) clock() {
	for i := len(l.tap) - 1; i > 0; i-- {
		l.tap[i] = l.tap[i-1]
	}
}

func (l *line) seen() bool { return l.tap[len(l.tap)-1] }

// TestLinkAgainstFlipFlops steps both sides of a link flip-flop by flip-flop:
// a sender that lowers its request when it sees the acknowledge and is busy
// until it sees it fall, a receiver that serves for some edges before it
// acknowledges and then waits for the request to fall.
func TestLinkAgainstFlipFlops(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		deep, shallow := rapid.Int64Range(1, 4).Draw(r, "sender"), rapid.Int64Range(1, 4).Draw(r, "receiver")
		serve := rapid.Int64Range(0, 9).Draw(r, "serve")
		// Gap of a sender between edges: low is sampled an edge after the rise, seen
		// shallow edges on, and the next request is sampled behind the fall.
		link := aer.Link{From: aer.Output{Sync: deep, Hold: 2 * (deep + 1), PerAck: 2}, To: aer.Input{Sync: shallow, Gap: shallow + 2}}
		require.True(t, link.FourPhase())

		req, ack := newLine(shallow), newLine(deep)
		saw, busy, wait, serving := false, true, false, int64(-1)
		rise, lowered, dropped, free := int64(-1), int64(-1), int64(-1), int64(-1)
		req.tap[0] = true // rises behind edge 0
		for e := int64(1); e < 100 && free < 0; e++ {
			sees, seesReq := ack.seen(), req.seen()
			newReq, newAck := req.tap[0], ack.tap[0]
			switch {
			case sees:
				newReq = false
			case saw:
				busy, free = false, e
			}
			switch {
			case wait && !seesReq:
				wait, newAck = false, false
			case serving > 0:
				if serving--; serving == 0 {
					wait, newAck = true, true
				}
			case serving < 0 && seesReq:
				if serving = serve; serve == 0 {
					wait, newAck = true, true
				}
			}
			saw = sees
			req.clock()
			ack.clock()
			if newAck != ack.tap[0] {
				if ack.tap[0] = newAck; newAck {
					rise = e
				} else {
					dropped = e
				}
			}
			if newReq != req.tap[0] {
				req.tap[0], lowered = newReq, e
			}
		}
		require.False(t, busy)
		require.Equal(t, link.To.Seen(1)+serve, rise)
		require.Equal(t, link.Lowered(rise), lowered)
		require.Equal(t, link.Dropped(rise), dropped)
		require.Equal(t, link.Busy(rise), free)
		require.Equal(t, free+1, link.Clear(rise))
	})
}

func TestLinkOfBenchSides(t *testing.T) {
	out := aer.Output{Sync: 2, Hold: 6, PerAck: 2}
	in := aer.Input{Sync: 2, Gap: 4}
	require.EqualValues(t, 10+6+2*3, out.Echo(10, 3))
	require.EqualValues(t, 12, in.Seen(10))
	require.EqualValues(t, 14, in.Next(10))
	link := aer.Link{From: out, To: in}
	require.EqualValues(t, []int64{103, 106, 109, 110}, []int64{link.Lowered(100), link.Dropped(100), link.Busy(100), link.Clear(100)})
	// one that does not wait for the fall must see it before it asks again
	link.From = aer.Output{Sync: 2, Hold: 4, PerAck: 1}
	require.True(t, link.FourPhase())
	require.EqualValues(t, []int64{103, 106, 104, 109}, []int64{link.Lowered(100), link.Dropped(100), link.Busy(100), link.Clear(100)})
	for _, bad := range []aer.Link{{From: aer.Output{Sync: 2, Hold: 6}, To: in}, {From: aer.Output{Sync: 2, Hold: 2, PerAck: 2}, To: in}, {From: out, To: aer.Input{Sync: 2, Gap: 2}}} {
		require.False(t, bad.FourPhase())
	}
}
