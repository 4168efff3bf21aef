package chip

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"hillock/core"
	"hillock/core/event"
	"hillock/isa/count"
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
		e.Ports[0].Calls = make([]event.Call, 2)
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

// TestEventMemoriesByHost reads and writes packed words between edges.
func TestEventMemoriesByHost(t *testing.T) {
	f, err := LoadNamed("odin")
	require.NoError(t, err)
	e, err := f.BindEvent(EventSetup{Memories: []MemoryWords{{"neurons", []uint64{0x0123456789abcdef, 0xfedcba9876543210}}}})
	require.NoError(t, err)
	m, err := New(f.EventImage(e), Options{})
	require.NoError(t, err)
	at := Place{Space: Memories, Group: e.Spec.Memory("neurons")}
	got := make([]int32, 5)
	require.NoError(t, m.Read(at, got))
	require.Equal(t, []int32{-0x76543211, 0x01234567, 0x76543210, -0x1234568, 0}, got)
	at.First = 255*4 + 2
	require.NoError(t, m.Write(at, []int32{-1, 7}))
	v, _ := m.Core(0).Event().Value("lif_ca", 0, 255) // bits 78..80
	require.EqualValues(t, 7, v)
	at.First++
	require.ErrorContains(t, m.Write(at, []int32{1, 2}), "2 parts from 1023 on")
	at = Place{Space: Memories, Group: e.Spec.Memory("monitor_neur")}
	require.ErrorContains(t, m.Write(at, []int32{256}), "bits above 7")
	require.NoError(t, m.Write(at, []int32{255}))
	at.Group = 99
	require.ErrorContains(t, m.Read(at, got), "no memory 99")
	require.Error(t, m.Read(Place{Space: StateWords}, got))
	require.Error(t, m.Write(Place{Space: Accumulators}, []int32{1}))
}

// TestEventCoresInARow sends the outputs of one core to another over the
// network, on one worker and on two.
func TestEventCoresInARow(t *testing.T) {
	var hash string
	for _, workers := range []int{1, 2} {
		img := eventImage(t, rand.New(rand.NewPCG(5, 1)))
		img.Mesh = Mesh{X: 2, Y: 1, CoresPerTile: 1}
		second := *img.Cores[0].Image
		img.Cores = append(img.Cores, Core{ID: 1, Image: &second, Runs: []Run{{Pop: len(img.Pops), First: 0, Base: 0, N: second.N}}})
		img.Pops = append(img.Pops, Population{Name: "behind", N: second.N, Output: true})
		first := img.Cores[0].Image
		first.Boxes = []int32{1}
		for comp := range first.N {
			if comp >= first.Event.Spec.Items { // outputs 0.. are sources 0.. of the next
				first.Out = append(first.Out, core.OutAxon{Axon: uint16(1 + comp - first.Event.Spec.Items)})
			}
			first.OutOff[comp+1] = uint32(len(first.Out))
		}
		second.OutOff = make([]uint32, second.N+1)
		m, err := New(img, Options{Workers: workers})
		require.NoError(t, err)
		rec := NewRecorder(img, false)
		require.NoError(t, m.Run(4000, eventDrive, rec.Tick))
		require.Greater(t, rec.Total[1], int64(10))
		require.Greater(t, rec.Total[4], int64(10))
		require.Equal(t, m.net1[0][count.PacketsOut], m.net1[1][count.PacketsIn])
		if hash == "" {
			hash = rec.MachineHash()
		}
		require.Equal(t, hash, rec.MachineHash())
	}
}

// TestBurstAsItWasMeant follows a burst of two more spikes: their sweeps come
// when their places in the ring are in front, and the last one frees the neuron.
func TestBurstAsItWasMeant(t *testing.T) {
	f, err := LoadNamed("odin")
	require.NoError(t, err)
	neuron := []uint64{2<<12 | 1<<15 | 1<<19, 0} // 2 extra spikes, 2 places apart; threshold 1
	for range 255 {
		neuron = append(neuron, 1|255<<9, 1<<63) // the others stay silent
	}
	set := func(intended int64) EventSetup {
		return EventSetup{Registers: []RegisterValue{{"burst_timeref", 999}, {"bursts_as_intended", intended}}, Memories: []MemoryWords{{"neurons", neuron}}}
	}
	_, err = f.BindEvent(set(0))
	require.ErrorContains(t, err, "bursts_as_intended")
	e, err := f.BindEvent(set(1))
	require.NoError(t, err)
	m, err := New(f.EventImage(e), Options{})
	require.NoError(t, err)
	c := m.Core(0).Event()
	var turns [][2]int64 // slot + 1, edge
	var free []int64     // the lock at these edges
	c.Watch = func(n event.Note) {
		if n.Kind == event.Popped && n.Index > 0 {
			lock, _ := c.Value("bulock", 0, 0)
			turns, free = append(turns, [2]int64{n.Index, n.Edge}), append(free, lock)
		}
	}
	const excite = 7<<5 | 1 // virtual event of weight 7 for neuron 0; two toggle the accumulator's bit 3
	c.Inject(0, 0, excite)
	c.Inject(0, 0, excite)
	require.NoError(t, m.Run(8000, nil, nil))
	require.True(t, m.AtRest())
	require.EqualValues(t, 3, m.Counts()[count.SynDense]/256, "the spike's own sweep and two more")
	require.Equal(t, [][2]int64{{3, 2000 + 512}, {5, 4000 + 512}}, turns)
	require.Equal(t, []int64{1, 0}, free)
}
