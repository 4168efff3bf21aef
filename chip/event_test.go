package chip

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/core/event"
)

// eventImage is a busy core without ticks: random weights and thresholds, its
// spikes go back to its queue.
func eventImage(t testing.TB, r *rand.Rand) *Image {
	f, err := LoadNamed("tinyodin")
	require.NoError(t, err)
	s := EventSetup{AckDelay: 2, Registers: []RegisterValue{{"max_neur", 20}}, Memories: []MemoryWords{{Name: "neurons"}, {Name: "synapses"}}}
	for range 21 {
		s.Memories[0].Chunks = append(s.Memories[0].Chunks, uint64(r.IntN(30)+5)<<12|uint64(r.IntN(3))<<24)
	}
	for range 21 * 32 {
		s.Memories[1].Chunks = append(s.Memories[1].Chunks, uint64(r.Uint32()))
	}
	e, err := f.BindEvent(s)
	require.NoError(t, err)
	return f.EventImage(e)
}

// eventDrive feeds the raw words of the input link.
func eventDrive(tick int64, dst []Injection) []Injection {
	r := rand.New(rand.NewPCG(uint64(tick), 5))
	if r.IntN(40) == 0 {
		dst = append(dst, Injection{Pop: 2, Payload: int32(r.IntN(1 << 10))})
	}
	if r.IntN(40) == 0 {
		dst = append(dst, Injection{Pop: 3, Index: int32(r.IntN(21)), Payload: 1})
	}
	return dst
}

func TestEventImageRoundTrips(t *testing.T) {
	img := eventImage(t, rand.New(rand.NewPCG(1, 1)))
	b := img.Encode()
	back, err := DecodeImage(b, "event.img")
	require.NoError(t, err)
	require.Equal(t, b, back.Encode())
	var text bytes.Buffer
	require.NoError(t, img.WriteText(&text))
	again, err := ReadImageText(text.Bytes(), "event.txt")
	require.NoError(t, err)
	require.Equal(t, b, again.Encode())
	for n := range b { // a damaged file is refused, never a panic
		if n%97 == 0 {
			_, err := DecodeImage(append(append([]byte(nil), b[:n]...), b[n:]...)[:n], "cut")
			require.Error(t, err)
		}
	}
}

// TestEventSnapshotGoesOn stops a core in the middle of its work and lets
// others go on from there.
func TestEventSnapshotGoesOn(t *testing.T) {
	img := eventImage(t, rand.New(rand.NewPCG(2, 1)))
	a, err := New(img, Options{})
	require.NoError(t, err)
	running := 0
	for range 20 {
		require.NoError(t, a.Run(31, eventDrive, nil))
		s := a.Snapshot()
		if s.Cores[0].State.Event.Walk.Running {
			running++
		}
		file, err := DecodeSnapshot(s.Encode(), "x.state")
		require.NoError(t, err)
		require.Equal(t, s.Encode(), file.Encode())
		b, err := New(img, Options{})
		require.NoError(t, err)
		require.NoError(t, b.Restore(file))
		require.NoError(t, a.Run(57, eventDrive, nil))
		require.NoError(t, b.Run(57, eventDrive, nil))
		require.Equal(t, a.Snapshot().Encode(), b.Snapshot().Encode())
	}
	require.Greater(t, running, 5)
	n := a.Counts()
	require.Greater(t, n.SynapticEvents(), int64(500))
}

// TestEventSnapshotKeepsEveryField fills the state with noise.
func TestEventSnapshotKeepsEveryField(t *testing.T) {
	img := eventImage(t, rand.New(rand.NewPCG(3, 1)))
	m, err := New(img, Options{})
	require.NoError(t, err)
	require.NoError(t, m.Run(300, eventDrive, nil))
	s, plain := m.Snapshot(), m.Snapshot()
	for _, x := range []*Snapshot{s, plain} { // nothing to fill would prove nothing
		e := x.Cores[0].State.Event
		e.Wheel = [][]uint64{{0}}
		e.Streams, e.Queue, e.Walk.Old = [][]uint64{{0}}, []uint64{0}, []uint64{0}
		e.Ports[0].Waiting, e.Outbox = make([]event.Arrival, 2), make([]event.Output, 2)
		e.Walk.Running, e.Walk.Head, e.Walk.Pushing, e.Walk.Popping = false, false, false, false
	}
	noise(t, reflect.ValueOf(s.Cores[0].State.Event).Elem(), "State.Event", rand.New(rand.NewPCG(1, 2)))
	seen := map[string]bool{}
	changed(t, reflect.ValueOf(*plain.Cores[0].State.Event), reflect.ValueOf(*s.Cores[0].State.Event), "State.Event", seen)
	for path, yes := range seen {
		require.True(t, yes, "%s was not filled", path)
	}
	file, err := DecodeSnapshot(s.Encode(), "noise.state")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(s, file, cmpopts.EquateEmpty()))
	clone := s.Cores[0].State.Event.Clone()
	require.Empty(t, cmp.Diff(*s.Cores[0].State.Event, clone, cmpopts.EquateEmpty()))
	require.Error(t, m.Restore(s), "memories of other bits than the image's")
}
