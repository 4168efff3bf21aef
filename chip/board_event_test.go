package chip

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/router/aer"
)

// spikesOf runs an image to rest, at least to tick last, and gives its spikes.
func spikesOf(t *testing.T, img *Image, o Options, last int64, source Source) (*Recorder, []aer.Spike) {
	m, err := New(img, o)
	require.NoError(t, err)
	rec := NewRecorder(img, true)
	for m.Tick() < last || !m.AtRest() {
		require.NoError(t, m.Run(1, source, rec.Tick))
		require.Less(t, m.Tick(), int64(1_000_000))
	}
	return rec, rec.Spikes
}

// TestEventBoard: what a chip on a board does is what it does alone with the
// outputs of its neighbour as its input, an edge later.
func TestEventBoard(t *testing.T) {
	a := eventImage(t, rand.New(rand.NewPCG(5, 1)))
	b := eventImage(t, rand.New(rand.NewPCG(5, 2)))
	drive := func(tick int64, dst []Injection) []Injection {
		if tick >= 3000 {
			return dst
		}
		return eventDrive(tick, dst)
	}
	board, err := EventBoard([]BoardPart{{"a", a}, {"b", b}}, []BoardLink{{From: 0, To: 1, First: 2, Last: 12, Inlet: "sources", Base: 7}})
	require.NoError(t, err)
	again, err := DecodeImage(board.Encode(), "board")
	require.NoError(t, err)

	_, alone := spikesOf(t, a, Options{}, 3000, drive)
	behind := map[int64][]Injection{}
	last := int64(0)
	for _, s := range alone {
		if s.Pop == 1 && s.Index >= 2 && s.Index <= 12 {
			behind[s.Tick+1] = append(behind[s.Tick+1], Injection{Pop: 3, Index: s.Index - 2 + 7, Payload: 1})
			last = s.Tick + 2
		}
	}
	_, second := spikesOf(t, b, Options{}, last, func(tick int64, dst []Injection) []Injection { return append(dst, behind[tick]...) })
	require.Greater(t, len(second), 10)

	var hash string
	for _, workers := range []int{1, 2} {
		rec, spikes := spikesOf(t, again, Options{Workers: workers}, 3000, drive)
		var got [2][]aer.Spike
		pops := int32(len(a.Pops))
		for _, s := range spikes {
			part := s.Pop / pops
			s.Pop %= pops
			got[part] = append(got[part], s)
		}
		require.Equal(t, alone, got[0])
		require.Equal(t, second, got[1])
		if hash == "" {
			hash = rec.MachineHash()
		}
		require.Equal(t, hash, rec.MachineHash())
	}
}

// TestEventRing links two chips in a ring, and one output to both.
func TestEventRing(t *testing.T) {
	a := eventImage(t, rand.New(rand.NewPCG(5, 3)))
	board, err := EventBoard([]BoardPart{{"a", a}, {"b", a}}, []BoardLink{
		{From: 0, To: 1, First: 0, Last: 20, Inlet: "sources"}, {From: 0, To: 0, First: 20, Last: 20, Inlet: "sources", Base: 3}, {From: 1, To: 0, First: 4, Last: 5, Inlet: "sources"}})
	require.NoError(t, err)
	require.Equal(t, []int32{0, 1}, board.Cores[0].Image.Boxes)
	require.Len(t, board.Cores[0].Image.Out, 22)
	require.Len(t, board.Cores[1].Image.Out, 2)
	m, err := New(board, Options{})
	require.NoError(t, err)
	rec := NewRecorder(board, false)
	require.NoError(t, m.Run(3000, eventDrive, rec.Tick))
	require.Greater(t, rec.Total[len(a.Pops)], int64(10))
}

func TestEventBoardRefuses(t *testing.T) {
	a := eventImage(t, rand.New(rand.NewPCG(5, 1)))
	two := []BoardPart{{"a", a}, {"b", a}}
	linked, err := EventBoard([]BoardPart{{"a", a}}, []BoardLink{{Inlet: "sources"}})
	require.NoError(t, err)
	for _, x := range []struct {
		parts []BoardPart
		link  BoardLink
		want  string
	}{
		{nil, BoardLink{}, "board of 0 chips"},
		{[]BoardPart{{"a", a}, {"a", a}}, BoardLink{Inlet: "sources"}, `part "a": need a name that no other`},
		{two, BoardLink{Last: 254, Inlet: "sources", Wired: true}, "outputs 0..254 of 256: a wire carries all"},
		{two, BoardLink{Last: 255, Inlet: "sources", Base: 1, Wired: true}, "at indices 1..256 of inlet"},
		{two, BoardLink{Last: 255, Inlet: "aer", Wired: true}, "takes whole words"},
		{two, BoardLink{Last: 255, Inlet: "x", Wired: true}, `no inlet "x"`},
		{[]BoardPart{{"a", linked}}, BoardLink{Inlet: "sources"}, "sends already"},
		{two, BoardLink{To: 2}, "parts 0 and 2, have 2"},
		{two, BoardLink{First: 250, Last: 256, Inlet: "sources"}, "outputs 250..256"},
		{two, BoardLink{First: 2, Last: 1, Inlet: "sources"}, "outputs 2..1"},
		{two, BoardLink{Inlet: "aer"}, "takes whole words"},
		{two, BoardLink{Inlet: "nothing"}, `no inlet "nothing"`},
		{two, BoardLink{Inlet: "sources", Base: 256}, "indices 256..256"},
		{two, BoardLink{Inlet: "sources", Base: -1}, "indices -1"},
	} {
		_, err := EventBoard(x.parts, []BoardLink{x.link})
		require.ErrorContains(t, err, x.want)
	}
}
