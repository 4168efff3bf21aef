package mesh

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawFlits is any mesh of packets of one flit.
func drawFlits(t *rapid.T) Spec {
	s := drawSpec(t)
	s.Flits = 1
	return s
}

func TestACastToOneNodeIsAMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawFlits(t)
		m, err := New(s)
		require.NoError(t, err)
		list, casts := make([]Message, rapid.IntRange(0, 80).Draw(t, "n")), []Cast{}
		node := rapid.Int32Range(0, int32(s.Nodes()-1))
		for i := range list {
			list[i] = Message{node.Draw(t, "src"), node.Draw(t, "dst"), rapid.Int64Range(0, 40).Draw(t, "cycle")}
			casts = append(casts, Cast{list[i].Src, []int32{list[i].Dst}, list[i].Cycle})
		}
		want, got := make([]int64, len(list)), make([]int64, len(list))
		ow, err := m.Deliver(list, want, 0)
		require.NoError(t, err)
		for range 2 {
			og, err := m.DeliverCasts(casts, got, 0)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, ow, og)
		}
		_, err = m.Deliver(list, got, 0)
		require.NoError(t, err)
		require.Equal(t, want, got, "after casts")
	})
}

// links is the links of the tree from a node, x then y.
func links(s Spec, c Cast) (n int64) {
	seen := map[[4]int]bool{}
	for _, d := range c.Dst {
		x, y := int(c.Src)/s.Concentration%s.W, int(c.Src)/s.Concentration/s.W
		tx, ty := int(d)/s.Concentration%s.W, int(d)/s.Concentration/s.W
		for x != tx || y != ty {
			from := [2]int{x, y}
			switch {
			case x < tx:
				x++
			case x > tx:
				x--
			case y < ty:
				y++
			default:
				y--
			}
			seen[[4]int{from[0], from[1], x, y}] = true
		}
	}
	return int64(len(seen))
}

// TestCastsArrive: every node is reached, not before a packet of its own would
// have been, and each link of the tree is crossed once, in any traffic.
func TestCastsArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawFlits(t)
		m, err := New(s)
		require.NoError(t, err)
		casts := make([]Cast, rapid.IntRange(1, 60).Draw(t, "n"))
		node := rapid.Int32Range(0, int32(s.Nodes()-1))
		want, least := int64(0), []int64{}
		for i := range casts {
			c := Cast{node.Draw(t, "src"), rapid.SliceOfN(node, 1, 12).Draw(t, "dst"), rapid.Int64Range(0, 20).Draw(t, "cycle")}
			casts[i] = c
			want += links(s, c)
			for _, d := range c.Dst {
				dx, dy := m.legs(c.Src, d)
				least = append(least, c.Cycle+int64(s.ZeroLoad(int(dx), int(dy))))
			}
		}
		at := make([]int64, len(least))
		o, err := m.DeliverCasts(casts, at, 0)
		require.NoError(t, err)
		require.Equal(t, len(at), o.Arrived)
		require.Equal(t, want, o.HopsX+o.HopsY)
		require.Zero(t, m.InFlight())
		for k := range at {
			require.GreaterOrEqual(t, at[k], least[k])
			require.LessOrEqual(t, at[k], o.Last)
		}
		for range len(m.wheel) {
			m.Step()
		}
		require.NoError(t, m.Audit())
	})
}

// TestABroadcast from a corner: a copy for each of the ways of a router leaves
// two cycles behind the one before.
func TestABroadcast(t *testing.T) {
	s := Default()
	m, err := New(s)
	require.NoError(t, err)
	all := make([]int32, 64)
	for i := range all {
		all[i] = int32(i)
	}
	at := make([]int64, 64)
	o, err := m.DeliverCasts([]Cast{{0, all, 0}}, at, 0)
	require.NoError(t, err)
	require.EqualValues(t, []int64{7, 56}, []int64{o.HopsX, o.HopsY})
	require.Equal(t, int64(10), at[1]-2*2, "the second node gets its copy after those to +x and +y")
	require.Less(t, o.Last, int64(s.ZeroLoad(7, 7)+40))
	list := []Cast{{0, all, 0}}
	for range 20 {
		_, err = m.DeliverCasts(list, at, 0)
		require.NoError(t, err)
	}
	require.Zero(t, testing.AllocsPerRun(20, func() { _, _ = m.DeliverCasts(list, at, 0) }))
}

func TestCastsLoseOnlyWhatIsBehindADefect(t *testing.T) {
	s := Default()
	s.W, s.H = 4, 4
	m, err := New(s)
	require.NoError(t, err)
	require.NoError(t, m.SetFaults(Faults{Links: []Link{{1, yPlus}}}))
	at := make([]int64, 4)
	o, err := m.DeliverCasts([]Cast{{0, []int32{3, 5, 13, 1}, 0}}, at, 0)
	require.NoError(t, err)
	require.Equal(t, 2, o.Lost)
	require.Equal(t, []int64{Lost, Lost}, at[1:3])
	require.Positive(t, at[0])
	require.Positive(t, at[3])
	require.EqualValues(t, 1, m.Count(DeadLink))
	require.NoError(t, m.SetFaults(Faults{Routers: []int{0}}))
	o, err = m.DeliverCasts([]Cast{{0, []int32{3, 5, 13, 1}, 0}}, at, 0)
	require.NoError(t, err)
	require.Equal(t, 4, o.Lost)
	require.NoError(t, m.SetFaults(Faults{Drop: 0.2, Seed: 3}))
	o, err = m.DeliverCasts([]Cast{{0, []int32{3, 5, 13, 1}, 0}, {9, []int32{3, 12}, 0}, {15, []int32{0, 0}, 4}}, make([]int64, 8), 0)
	require.NoError(t, err)
	require.Equal(t, 8, o.Arrived+o.Lost)
	require.Positive(t, m.Count(Dropped))
}

func TestCastsAreChecked(t *testing.T) {
	m, err := New(Default())
	require.NoError(t, err)
	for _, x := range []struct {
		c Cast
		n int
	}{{Cast{0, nil, 0}, 0}, {Cast{0, []int32{64}, 0}, 1}, {Cast{0, []int32{1, 2}, 0}, 1}, {Cast{0, []int32{1}, 0}, 2}, {Cast{-1, []int32{1}, 0}, 1}} {
		_, err := m.DeliverCasts([]Cast{x.c}, make([]int64, x.n), 0)
		require.ErrorContains(t, err, "mesh: ")
	}
	s := Default()
	s.Flits = 2
	m, err = New(s)
	require.NoError(t, err)
	_, err = m.DeliverCasts(nil, nil, 0)
	require.ErrorContains(t, err, "mesh: casts")
}
