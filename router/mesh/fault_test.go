package mesh

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// deliver runs one list on a fresh 4 x 4 mesh.
func deliver(t *testing.T, change func(*Spec), f Faults, list ...Message) (*Mesh, []int64) {
	s := Default()
	s.W, s.H, s.VCs = 4, 4, 1
	change(&s)
	m, err := New(s)
	require.NoError(t, err)
	require.NoError(t, m.SetFaults(f))
	m.SetTick(7)
	at := make([]int64, len(list))
	_, err = m.Deliver(list, at, 1000)
	require.NoError(t, err)
	return m, at
}

func same(*Spec) {}

func TestDeadLinkLosesWhatIsRoutedOverIt(t *testing.T) {
	m, at := deliver(t, same, Faults{Links: []Link{{1, xPlus}}}, Message{0, 3, 0}, Message{0, 1, 5}, Message{3, 0, 9}, Message{0, 13, 9})
	require.Equal(t, []int64{Lost, 5 + 10, 9 + 18, 9 + 22}, at)
	require.Equal(t, []Event{{Kind: DeadLink, Tick: 7, Cycle: 6, Router: 1, X: 1, Port: xMinus, Packet: 0, Tag: 0, Src: 0, Dst: 3}}, m.Events())
}

func TestDeadRouter(t *testing.T) {
	m, at := deliver(t, same, Faults{Routers: []int{5}}, Message{5, 0, 0}, Message{4, 5, 0}, Message{4, 7, 50}, Message{0, 15, 0})
	require.Equal(t, []int64{Lost, Lost, Lost, 30}, at)
	require.EqualValues(t, 1, m.Count(DeadSource))
	require.EqualValues(t, 2, m.Count(DeadLink))
}

func TestStuckBufferBlocks(t *testing.T) {
	stuck := Faults{Stuck: []Buffer{{0, xPlus, 0}}}
	m, at := deliver(t, same, stuck, Message{0, 3, 0}, Message{0, 4, 0}, Message{15, 0, 0})
	require.Equal(t, []int64{Lost, Lost, 30}, at, "the second waits behind the first")
	require.EqualValues(t, 2, m.Count(Blocked))
	m, at = deliver(t, func(s *Spec) { s.DropAfter = 20 }, stuck, Message{0, 3, 0}, Message{0, 4, 0})
	require.EqualValues(t, Lost, at[0])
	require.Less(t, at[1], int64(40), "goes on when the first was dropped")
	require.EqualValues(t, 1, m.Count(Overdue))
	m, _ = deliver(t, func(s *Spec) { s.BlockedAfter = 20 }, stuck, Message{0, 3, 0})
	require.Equal(t, int64(22), m.Events()[0].Cycle)
}

func TestDropProbability(t *testing.T) {
	s := Default()
	s.Flits = 3
	m, err := New(s)
	require.NoError(t, err)
	require.NoError(t, m.SetFaults(Faults{Drop: 0.05, Seed: 4}))
	p, err := m.Measure(Traffic{Pattern: Neighbor, Load: .05, Seed: 1}, Window{0, 20000})
	require.NoError(t, err)
	// Along each axis seven of eight nodes are one link away, one is seven.
	lost := 1 - (7*.95+pow(.95, 7))/8*(7*.95+pow(.95, 7))/8
	require.InEpsilon(t, lost, float64(p.Lost)/float64(p.Lost+p.Packets), 0.05)
	require.True(t, p.Stable)
}

func pow(x float64, n int) float64 {
	p := 1.0
	for range n {
		p *= x
	}
	return p
}

func TestFaultsAreChecked(t *testing.T) {
	m, err := New(Default())
	require.NoError(t, err)
	for _, f := range []Faults{{Links: []Link{{64, 0}}}, {Links: []Link{{0, 4}}}, {Routers: []int{-1}}, {Stuck: []Buffer{{0, 0, 2}}}, {Drop: 2}} {
		require.ErrorContains(t, m.SetFaults(f), "mesh: ")
	}
	require.Empty(t, RandomFaults(Default(), 1, 0, 0, 0, 0).Links)
	require.Len(t, RandomFaults(Default(), 1, 1, 0, 0, 0).Links, 256)
}

func TestSpecsAreChecked(t *testing.T) {
	for _, change := range []func(*Spec){
		func(s *Spec) { s.W = 0 }, func(s *Spec) { s.VCs = 17 }, func(s *Spec) { s.VCs = 13 }, func(s *Spec) { s.Crossbar = 0 },
		func(s *Spec) { s.W, s.H = 4096, 4096 }, func(s *Spec) { s.W, s.H, s.Buffer = 300, 300, 16384 }, func(s *Spec) { s.Credit = -1 },
	} {
		s := Default()
		change(&s)
		_, err := New(s)
		require.ErrorContains(t, err, "mesh: ")
	}
	m, err := New(Default())
	require.NoError(t, err)
	for _, x := range []Traffic{{Load: 2}, {Load: -1}, {Pattern: 9}, {Pattern: Hotspot}, {Pattern: Hotspot, Hotspots: []int{64}}} {
		require.ErrorContains(t, m.Start(x), "mesh: ")
	}
	_, err = m.Deliver([]Message{{0, 64, 0}}, make([]int64, 1), 0)
	require.ErrorContains(t, err, "mesh: message 0")
	_, err = m.Measure(Traffic{}, Window{0, 0})
	require.ErrorContains(t, err, "mesh: window")
}

func TestAMessageWaitsForItsTurn(t *testing.T) {
	_, at := deliver(t, same, Faults{}, Message{0, 0, 1 << 40}, Message{0, 1, 3}, Message{0, 1, 3}, Message{0, 1, 3})
	require.Equal(t, []int64{1<<40 + 6, 13, 15, 17}, at, "with one VC a link takes a packet every other cycle")
}

func TestAStuckBufferDoesNotHoldTheMeasurement(t *testing.T) {
	m, err := New(Default())
	require.NoError(t, err)
	require.NoError(t, m.SetFaults(Faults{Stuck: []Buffer{{9, xPlus, 0}}}))
	p, err := m.Measure(Traffic{Load: .01, Seed: 1}, Window{0, 2000})
	require.NoError(t, err)
	require.False(t, p.Stable)
	require.Positive(t, p.Left)
	require.Less(t, p.Cycles, int64(60000))
}
