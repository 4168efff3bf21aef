package timing

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/router"
)

// small is a network of 2 x 2 tiles with two cores each.
func small() (Spec, Place) {
	s := Spec{CycleFs: 1e6, Subnets: 1, Choose: "round-robin", VCs: 1, Buffer: 2, Alloc: "split", Flits: 1, Crossbar: 1, LinkX: 1, LinkY: 1, Inject: 1, Eject: 1,
		CyclesPerFlit: 1, HopXFs: 4e6, HopYFs: 6e6, Hold: 2, Source: "made up"}
	p := Place{Grid: router.Grid{X: 2, Y: 2, CoresPerTile: 2, ColumnMajor: true}, Cores: []int{0, 1, 2, 4, 7}}
	return s, p
}

func drawWork(t *rapid.T, cores int) *Work {
	w := &Work{Gen: make([]int64, cores), Proc: make([]int64, cores), Host: make([]int64, cores), Idle: 1e6}
	ns := func(name string, hi int) int64 { return int64(rapid.IntRange(0, hi).Draw(t, name)) * 1e6 }
	for c := range cores {
		if !rapid.Bool().Draw(t, "runs") {
			continue
		}
		w.Cores = append(w.Cores, int32(c))
		ready := int64(0)
		for range rapid.IntRange(0, 12).Draw(t, "messages") {
			ready += ns("gen", 40)
			m := Message{Src: int32(c), Dst: rapid.Int32Range(0, int32(cores-1)).Draw(t, "dst"), Ready: ready, Proc: ns("proc", 60)}
			m.Memory = m.Proc / 2
			w.Messages = append(w.Messages, m)
		}
		w.Gen[c], w.Host[c] = ready+ns("rest", 30), ns("host", 30)
	}
	return w
}

// The critical path of a tick sums up to its end: nothing ends later, and
// nothing that is on the path waits for something that is not.
func TestThePathSumsUpToTheTick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p := small()
		q, err := NewQueued(s, p)
		require.NoError(t, err)
		m, err := NewMesh(s, p, MeshOptions{})
		require.NoError(t, err)
		for range 2 {
			w := drawWork(t, len(p.Cores))
			for lag, l := range map[*[]int64]Level{&q.(*queuedLevel).lag: q, &m.(*meshLevel).lag: m} {
				var b Bound
				require.NoError(t, l.Time(w, &b))
				end := w.Idle
				for _, c := range w.Cores {
					end = max(end, w.Gen[c]+(*lag)[c], w.Host[c])
				}
				for i, x := range l.Passages() {
					end = max(end, x.Done)
					msg := &w.Messages[i]
					require.GreaterOrEqual(t, x.Sent, msg.Ready-1)
					require.GreaterOrEqual(t, x.Arrived, x.Sent)
					require.GreaterOrEqual(t, x.Start, x.Arrived)
					require.InDelta(t, msg.Proc, x.Done-x.Start, 2)
				}
				require.InDelta(t, end, b.Work(), 2)
				require.GreaterOrEqual(t, min(b.Gen, b.Net, b.Proc), int64(0))
				require.Equal(t, map[Term]int64{Generate: b.Gen, Link: b.Net, Process: b.Proc}[b.Term], max(b.Gen, b.Net, b.Proc))
				require.Equal(t, b.Term == Link, b.Link != noLink)
			}
		}
	})
}

func TestTheBindingLinkIsTheCrowdedOne(t *testing.T) {
	s, p := small()
	s.LinkY = 500
	m, err := NewMesh(s, p, MeshOptions{BlockedAfter: 100})
	require.NoError(t, err)
	w := &Work{Cores: []int32{0, 3}, Gen: make([]int64, 5), Proc: make([]int64, 5), Host: make([]int64, 5)}
	for range 8 {
		w.Messages = append(w.Messages, Message{Src: 0, Dst: 2, Proc: 1e6})
	}
	var b Bound
	require.NoError(t, m.Time(w, &b))
	require.Equal(t, Link, b.Term)
	require.Equal(t, Traffic, b.Class)
	require.Equal(t, LinkID{0, 0, 2}, b.Link)
	require.NotEmpty(t, m.Incidents())
	require.Equal(t, Blocked, m.Incidents()[0].Kind)
}

func TestNetworksThatAreRefused(t *testing.T) {
	s, p := small()
	require.NoError(t, s.Check())
	for want, change := range map[string]func(*Spec){
		"without a clock": func(s *Spec) { s.CycleFs = 0 }, "VCs": func(s *Spec) { s.VCs = 0 }, "allocation": func(s *Spec) { s.Alloc = "" },
		"subnet choice": func(s *Spec) { s.Choose = "x" }, "y hop": func(s *Spec) { s.HopYFs = -1 }, "flits": func(s *Spec) { s.Flits = 0 },
	} {
		x := s
		change(&x)
		require.ErrorContains(t, x.Check(), want)
	}
	s.VCs = 16
	_, err := NewMesh(s, p, MeshOptions{})
	require.ErrorContains(t, err, "mesh: ")
	require.ErrorContains(t, Known("lunar"), "lunar")
	require.NoError(t, (&Spec{}).Check())
}
