package mesh

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestADeliveryForgetsTheOneBefore delivers lists on a used and on a new mesh.
func TestADeliveryForgetsTheOneBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		used, err := New(s)
		require.NoError(t, err)
		for range 4 {
			list := make([]Message, rapid.IntRange(0, 60).Draw(t, "n"))
			node := rapid.Int32Range(0, int32(s.Nodes()-1))
			for i := range list {
				list[i] = Message{node.Draw(t, "src"), node.Draw(t, "dst"), rapid.Int64Range(0, 4000).Draw(t, "cycle")}
			}
			fresh, err := New(s)
			require.NoError(t, err)
			a, b := make([]int64, len(list)), make([]int64, len(list))
			oa, err := used.Deliver(list, a, 0)
			require.NoError(t, err)
			ob, err := fresh.Deliver(list, b, 0)
			require.NoError(t, err)
			require.Equal(t, b, a)
			require.Equal(t, ob, oa)
			require.Equal(t, len(list), oa.Arrived)
			for i, x := range list {
				dx, dy := used.legs(x.Src, x.Dst)
				least := s
				least.Flits = 1 // a bound that holds for slow links too
				require.GreaterOrEqual(t, a[i]-x.Cycle, int64(least.ZeroLoad(int(dx), int(dy))))
				require.LessOrEqual(t, a[i], oa.Last)
			}
		}
	})
}

func TestADeliveryCostsNothingOnALargeMesh(t *testing.T) {
	s := Default()
	s.W, s.H = 64, 64
	m, err := New(s)
	require.NoError(t, err)
	list := []Message{{0, 65, 0}, {5, 5, 1 << 50}}
	at := make([]int64, 2)
	deliver := func() {
		_, err := m.Deliver(list, at, 0)
		require.NoError(t, err)
	}
	for range 100 {
		deliver()
	}
	require.Equal(t, []int64{14, 1<<50 + 6}, at)
	require.Less(t, len(m.touched), 5)
	require.Zero(t, testing.AllocsPerRun(100, deliver))
}
