package chip

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/core"
	"hillock/core/event"
)

// randomEvents is a core without ticks of a family with random memories,
// registers and links.
func randomEvents(t testing.TB, family string, r *rand.Rand) *Image {
	f, err := LoadNamed(family)
	require.NoError(t, err)
	s := EventSetup{AckDelay: int64(r.IntN(4))}
	for _, m := range f.Event.Memories {
		n := m.Words * ((m.Bits + 63) / 64)
		switch {
		case m.Words == 1 && m.Bits <= 32:
			v := int64(r.Uint32()) & (1<<m.Bits - 1) & int64(r.Uint32())
			switch m.Name { // what descriptions refuse otherwise
			case "bursts_as_intended":
				v = 1
			case "LOCAL_TICK":
				v = 0
			}
			s.Registers = append(s.Registers, RegisterValue{m.Name, v})
		case r.IntN(4) > 0:
			top := uint64(1<<((m.Bits-1)%64+1) - 1)
			if m.Bits%64 == 0 {
				top = 1<<64 - 1
			}
			words := make([]uint64, n)
			for i := range words {
				if words[i] = r.Uint64(); i%((m.Bits+63)/64) == (m.Bits-1)/64 {
					words[i] &= top
				}
			}
			s.Memories = append(s.Memories, MemoryWords{m.Name, words})
		}
	}
	e, err := f.BindEvent(s)
	require.NoError(t, err)
	return f.EventImage(e)
}

// eventPair is a machine that steps every edge on one engine, and one that may
// leave edges out on another.
type eventPair struct {
	m     [2]*Machine
	notes [2][]event.Note
}

func newEventPair(t testing.TB, img *Image, engines [2]string, watch bool) *eventPair {
	p := &eventPair{}
	for i := range p.m {
		m, err := New(img, Options{Engine: engines[i]})
		require.NoError(t, err)
		p.m[i] = m
		m.sched.held[0] = true // Core would also forget what is computed ahead
		if watch {
			m.cores[0].Event().Watch = func(n event.Note) { p.notes[i] = append(p.notes[i], n) }
		}
	}
	return p
}

// each does the same to both.
func (p *eventPair) each(do func(m *Machine)) {
	for _, m := range p.m {
		do(m)
	}
}

// run advances both; the second may look at every edge as well.
func (p *eventPair) run(t testing.TB, n int64, look bool) {
	sink := func(int64, *Machine) error { return nil }
	require.NoError(t, p.m[0].Run(n, nil, sink))
	if !look {
		sink = nil
	}
	require.NoError(t, p.m[1].Run(n, nil, sink))
}

func (p *eventPair) equal(t testing.TB) {
	require.Equal(t, p.notes[0], p.notes[1])
	a, b := p.m[0].Snapshot(), p.m[1].Snapshot()
	if string(a.Encode()) != string(b.Encode()) {
		require.Equal(t, a, b)
	}
}

// TestEventEngines holds the engines against each other: State, counts, spikes
// and notes at any edge, with host writes and arrivals at any edge.
func TestEventEngines(t *testing.T) {
	for _, family := range []string{"tinyodin", "odin", "reckon"} {
		t.Run(family, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
				img := randomEvents(t, family, r)
				p := newEventPair(t, img, [2]string{"oracle", "vector"}, rapid.Bool().Draw(rt, "watch"))
				for range 12 {
					eventStep(t, p, img, r)
					p.equal(t)
				}
			})
		})
	}
}

// eventStep lets something happen to both machines.
func eventStep(t testing.TB, p *eventPair, img *Image, r *rand.Rand) {
	spec := &img.Cores[0].Image.Event.Spec
	switch r.IntN(8) {
	case 0, 1, 2:
		port := r.IntN(len(spec.Control.Ports))
		words := make([]uint64, 1+r.IntN(3))
		for i := range words {
			words[i] = r.Uint64() & (1<<spec.Control.Ports[port].Bits - 1)
		}
		at := int64(r.IntN(50))
		p.each(func(m *Machine) {
			for _, w := range words {
				m.cores[0].Event().Inject(port, m.tick+at, w)
			}
		})
	case 3:
		k := r.IntN(len(spec.Memories))
		mem := &spec.Memories[k]
		if mem.Name == "bursts_as_intended" || mem.Name == "LOCAL_TICK" {
			break // a state that is refused cannot be restored
		}
		parts := (mem.Bits + 31) / 32
		at := Place{Space: Memories, Group: k, First: r.IntN(mem.Words * parts)}
		v := int32(r.Uint32())
		if top := mem.Bits - 32*(at.First%parts); top < 32 {
			v &= 1<<top - 1
		}
		p.each(func(m *Machine) {
			require.NoError(t, m.Write(at, []int32{v}))
		})
	case 4:
		s := p.m[r.IntN(2)].Snapshot()
		p.each(func(m *Machine) { require.NoError(t, m.Restore(s)) })
	}
	p.run(t, 1+int64(r.IntN(3)*r.IntN(700)), r.IntN(3) == 0)
}

// TestEventEnginesOnBoards runs chips in a ring on 1, 2 and 8 workers, with and
// without a look at every edge.
func TestEventEnginesOnBoards(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	var parts []BoardPart
	var links []BoardLink
	for i := range 3 {
		parts = append(parts, BoardPart{fmt.Sprint("c", i), eventImage(t, r)})
		links = append(links, BoardLink{From: i, To: (i + 1) % 3, First: 4, Last: 8, Inlet: "sources", Base: i})
	}
	img, err := EventBoard(parts, links)
	require.NoError(t, err)
	sameOnBoards(t, img)
	img.Latency.PerEvent = []EventTime{{Event: "neuron_updates", Fs: 70, Stage: "generate"}, {Event: "packets_in", Fs: 90, Stage: "process"}}
	img.Latency.Sync = []SyncTime{{Tiles: 1, Fs: 11}}
	sameOnBoards(t, img)
}

// sameOnBoards runs an image on all engines, numbers of workers and ways to
// look at it.
func sameOnBoards(t *testing.T, img *Image) {
	var first []byte
	for _, o := range []Options{{Engine: "oracle"}, {Engine: "oracle", Workers: 2}, {}, {Workers: 2}, {Workers: 8}} {
		for _, look := range []bool{true, false} {
			m, err := New(img, o)
			require.NoError(t, err)
			sink := func(int64, *Machine) error { return nil }
			if !look {
				sink = nil
			}
			var states []byte
			for k := range 30 {
				for c := range 3 { // at the same time, and not at the same edges
					require.NoError(t, m.Run(1, func(_ int64, dst []Injection) []Injection {
						return append(dst, Injection{Pop: int32(2 + 4*((c+k)%3)), Payload: int32(k * 77 % 1024)}, Injection{Pop: int32(3 + 4*((c+k)%3)), Index: int32(k % 21), Payload: 1})
					}, sink))
				}
				require.NoError(t, m.Run(211, nil, sink))
				states = append(states, m.Snapshot().Encode()...)
			}
			if first == nil {
				first = states
				n := m.Counts()
				require.Greater(t, n.SynapticEvents(), int64(400))
			}
			require.Equal(t, first, states, "%+v, look %v", o, look)
		}
	}
}

// TestLastSpikeIsHeardOnce: a core that rests after its last output does not
// show it again.
func TestLastSpikeIsHeardOnce(t *testing.T) {
	f, err := LoadNamed("tinyodin")
	require.NoError(t, err)
	neurons := make([]uint64, 256)
	neurons[3] = 1 << 12
	e, err := f.BindEvent(EventSetup{Registers: []RegisterValue{{"open_loop", 1}}, Memories: []MemoryWords{{"neurons", neurons}}})
	require.NoError(t, err)
	for _, engine := range core.Engines() {
		m, err := New(f.EventImage(e), Options{Engine: engine})
		require.NoError(t, err)
		rec := NewRecorder(m.Image(), false)
		require.NoError(t, m.Run(200, func(tick int64, dst []Injection) []Injection {
			if tick == 5 {
				dst = append(dst, Injection{Pop: 2, Payload: 2<<8 | 5<<4 | 3}) // weight 5 for neuron 3
			}
			return dst
		}, rec.Tick))
		require.EqualValues(t, 1, rec.Total[0])
		require.EqualValues(t, 1, rec.Total[1])
		require.Empty(t, m.Spikes(0))
	}
}

// TestPassedTicksAreToldOf holds a run that passes over quiet edges, with its
// profile and recorder, against one that looks at all of them.
func TestPassedTicksAreToldOf(t *testing.T) {
	img := eventImage(t, rand.New(rand.NewPCG(4, 1)))
	var hash [2]string
	var profile [2]Profile
	var snapshot [2][]byte
	var looks [2]int
	for i := range profile {
		o := Options{}
		if i == 1 {
			o.Passed = profile[i].Pass
			o.Next = func(tick int64) int64 { return tick + (50-tick%50)%50 }
		}
		m, err := New(img, o)
		require.NoError(t, err)
		rec := NewRecorder(img, false)
		require.NoError(t, m.Run(5000, func(tick int64, dst []Injection) []Injection {
			if tick%50 == 0 {
				return eventDrive(tick, append(dst, Injection{Pop: 3, Index: int32(tick % 21), Payload: 1}))
			}
			return dst
		}, func(tick int64, m *Machine) error {
			looks[i]++
			if err := profile[i].Tick(tick, m); err != nil {
				return err
			}
			return rec.Tick(tick, m)
		}))
		hash[i], snapshot[i] = rec.MachineHash(), m.Snapshot().Encode()
	}
	require.Equal(t, hash[0], hash[1])
	require.Equal(t, snapshot[0], snapshot[1])
	require.Equal(t, profile[0], profile[1])
	require.Equal(t, 5000, looks[0])
	require.Less(t, looks[1], 2500)
}
