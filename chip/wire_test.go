package chip

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/core/event"
)

// wiredBoard is a chain or, with ring, a ring of busy chips.
func wiredBoard(t testing.TB, chips int, ring bool) *Image {
	var parts []BoardPart
	var links []BoardLink
	for i := range chips {
		parts = append(parts, BoardPart{string(rune('a' + i)), eventImage(t, rand.New(rand.NewPCG(uint64(i), 6)))})
		if i < chips-1 || ring {
			links = append(links, BoardLink{From: i, To: (i + 1) % chips, Last: 255, Inlet: "sources", Wired: true})
		}
	}
	img, err := EventBoard(parts, links)
	require.NoError(t, err)
	file := img.Encode()
	again, err := DecodeImage(file, "board.img")
	require.NoError(t, err)
	require.Equal(t, file, again.Encode())
	return again
}

// TestWiresDoNotDependOnWorkers runs a chain with 1, 2 and 8 workers, watched
// and not, and with cores that never sleep.
func TestWiresDoNotDependOnWorkers(t *testing.T) {
	img := wiredBoard(t, 3, false)
	var hash string
	var state []byte
	for k, workers := range []int{1, 2, 8, 1} {
		m, err := New(img, Options{Workers: workers})
		require.NoError(t, err)
		acks, calls := 0, 0
		if k == 3 {
			for i := range 3 {
				m.Core(i).Event().Watch = func(n event.Note) {
					if n.Kind == event.Acked {
						acks++
					}
					if n.Name == event.CallName {
						calls++
					}
				}
			}
		}
		rec := NewRecorder(img, false)
		require.NoError(t, m.Run(20000, eventDrive, rec.Tick))
		if hash == "" {
			hash, state = rec.MachineHash(), m.Snapshot().Encode()
		}
		require.Equal(t, hash, rec.MachineHash())
		require.Equal(t, state, m.Snapshot().Encode())
		if k == 3 {
			require.Greater(t, acks, 50)
			require.InDelta(t, acks, calls, 4)
		}
	}
}

// TestStalledHandshakeInASnapshot lets other machines go on from the middle of
// handshakes.
func TestStalledHandshakeInASnapshot(t *testing.T) {
	img := wiredBoard(t, 3, false)
	a, err := New(img, Options{})
	require.NoError(t, err)
	stalled, held, called := 0, 0, 0
	for range 60 {
		require.NoError(t, a.Run(31, eventDrive, nil))
		s := a.Snapshot()
		stalled += len(a.Stalls())
		for i := range s.Cores {
			e := s.Cores[i].State.Event
			if e.Walk.Held {
				held++
			}
			called += len(e.Ports[0].Calls)
		}
		file, err := DecodeSnapshot(s.Encode(), "x.state")
		require.NoError(t, err)
		require.Equal(t, s.Encode(), file.Encode())
		b, err := New(img, Options{Workers: 2})
		require.NoError(t, err)
		require.NoError(t, b.Restore(file))
		require.NoError(t, a.Run(57, eventDrive, nil))
		require.NoError(t, b.Run(57, eventDrive, nil))
		require.Equal(t, a.Snapshot().Encode(), b.Snapshot().Encode())
	}
	require.Greater(t, stalled, 20)
	require.Greater(t, held, 10)
	require.Greater(t, called, 10)
}

// TestSnapshotOfOtherWiresIsRefused: a state that waits for wires that are not
// there would wait for ever.
func TestSnapshotOfOtherWiresIsRefused(t *testing.T) {
	img := wiredBoard(t, 2, false)
	m, err := New(img, Options{})
	require.NoError(t, err)
	for name, change := range map[string]func(s *Snapshot){
		"output":  func(s *Snapshot) { s.Cores[1].State.Event.Blocked = true },
		"held":    func(s *Snapshot) { s.Cores[0].State.Event.Walk.Held = true },
		"work":    func(s *Snapshot) { s.Cores[0].State.Event.Walk.Wire = 1 },
		"call":    func(s *Snapshot) { s.Cores[0].State.Event.Ports[0].Calls = []event.Call{{}} },
		"call 1 ": func(s *Snapshot) { s.Cores[1].State.Event.Ports[0].Calls = []event.Call{{Wire: 1}} },
	} {
		s := m.Snapshot()
		change(s)
		require.ErrorContains(t, m.Restore(s), "wire", name)
	}
}

// TestDeadlock: in a ring two outputs at a time lock each other up, and the
// machine comes to rest and says who waits for whom.
func TestDeadlock(t *testing.T) {
	img := wiredBoard(t, 2, true)
	var want []Stall
	for _, workers := range []int{1, 2} {
		m, err := New(img, Options{Workers: workers})
		require.NoError(t, err)
		// a word for each of the two: both work at once
		drive := func(tick int64, dst []Injection) []Injection {
			if tick < 200 && tick%5 == 0 {
				dst = append(dst, Injection{Pop: 2, Payload: int32(tick % 20)}, Injection{Pop: 6, Payload: int32(tick % 20)})
			}
			return dst
		}
		for m.Tick() < 200 || !m.AtRest() {
			require.NoError(t, m.Run(1, drive, nil))
			require.Less(t, m.Tick(), int64(1_000_000))
		}
		got := m.Deadlock()
		require.Len(t, got, 2)
		require.Equal(t, "a", got[0].From)
		require.Equal(t, "a", got[0].On)
		require.Contains(t, got[1].String(), "b waits since edge ")
		require.Contains(t, got[1].String(), " for the acknowledge of a, which waits for b")
		if want == nil {
			want = got
		}
		require.Equal(t, want, got)
		require.NoError(t, m.Run(500, nil, nil))
		require.Equal(t, want, m.Deadlock())
		m.Reset()
		require.Empty(t, m.Stalls())
	}
}

// TestBoardOfTwoDescriptions wires a chip to another one.
func TestBoardOfTwoDescriptions(t *testing.T) {
	a := eventImage(t, rand.New(rand.NewPCG(8, 6)))
	f, err := LoadNamed("odin")
	require.NoError(t, err)
	e, err := f.BindEvent(EventSetup{Registers: []RegisterValue{{"open_loop", 1}}})
	require.NoError(t, err)
	b := f.EventImage(e)
	img, err := EventBoard([]BoardPart{{"a", a}, {"b", b}}, []BoardLink{{From: 0, To: 1, Last: 255, Inlet: "sources", Wired: true}})
	require.NoError(t, err)
	require.Equal(t, "tinyodin+odin", img.Chip)
	require.Equal(t, []Part{{"a", "tinyodin", a.ChipHash}, {"b", "odin", b.ChipHash}}, img.Parts)
	require.NotEqual(t, a.ChipHash, img.ChipHash)
	require.Empty(t, img.Energy, "two tables do not make one")
	m, err := New(img, Options{})
	require.NoError(t, err)
	var words []int64
	m.Core(1).Event().Watch = func(n event.Note) {
		if n.Kind == event.Sampled {
			words = append(words, n.Value)
		}
	}
	require.NoError(t, m.Run(30000, eventDrive, nil))
	require.Greater(t, len(words), 10)
	for _, w := range words {
		require.EqualValues(t, 7, w&0xff)
	}
}
