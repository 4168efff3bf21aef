package mesh

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawPlain is a mesh that blocks can run.
func drawPlain(t *rapid.T) Spec {
	s := Default()
	n := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	s.W, s.H, s.Concentration, s.Subnets = n("w", 1, 12), n("h", 1, 12), n("c", 1, 4), n("nets", 1, 2)
	s.Choose = Choice(n("choose", 0, 2))
	s.VCs, s.Buffer, s.Alloc = n("vcs", 1, 4), n("buffer", 1, 9), Alloc(n("alloc", 0, 1))
	s.Credit, s.CreditLink = n("credit", 0, 3), n("wire", 0, 3)
	s.LinkX, s.LinkY, s.InjectLink, s.EjectLink = n("lx", 1, 4), n("ly", 1, 4), n("in", 1, 3), n("out", 1, 3)
	return s
}

// TestBlocksDecideLikeRouters runs the same traffic three times: routers decide,
// blocks decide, and both in turns. What arrives is the same in every cycle.
func TestBlocksDecideLikeRouters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawPlain(t)
		x := Traffic{Load: rapid.SampledFrom([]float64{0.02, 0.2, 0.4, 1}).Draw(t, "load"), Seed: rapid.Uint64().Draw(t, "seed")}
		x.Pattern = rapid.SampledFrom([]Pattern{Uniform, Neighbor, Hotspot}).Draw(t, "pattern")
		x.Hotspots = []int{rapid.IntRange(0, s.Nodes()-1).Draw(t, "hot")}
		period := rapid.Int64Range(1, 70).Draw(t, "period")
		var m [3]*Mesh
		for k := range m {
			var err error
			m[k], err = New(s)
			require.NoError(t, err)
			require.NoError(t, m[k].Start(x))
			m[k].turns.look = never
		}
		if !m[1].turns.fits {
			t.Skip("too many VCs")
		}
		m[1].widen()
		for c := range int64(400) {
			if c%period == 0 {
				if m[2].turns.wide {
					m[2].narrow()
				} else {
					m[2].widen()
				}
			}
			for k := range m {
				m[k].Step()
				if c%50 == 0 {
					require.NoError(t, m[k].Audit())
				}
			}
			require.Equal(t, m[0].stats, m[1].stats, "cycle %d", c)
			require.Equal(t, m[0].stats, m[2].stats, "cycle %d, in turns", c)
		}
	})
}

// TestBlocksDeliverLikeRouters compares the arrival of every message.
func TestBlocksDeliverLikeRouters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawPlain(t)
		list := make([]Message, rapid.IntRange(0, 400).Draw(t, "n"))
		node := rapid.Int32Range(0, int32(s.Nodes()-1))
		for i := range list {
			list[i] = Message{node.Draw(t, "src"), node.Draw(t, "dst"), rapid.Int64Range(0, 100).Draw(t, "cycle")}
		}
		var at [2][]int64
		for k := range at {
			m, err := New(s)
			require.NoError(t, err)
			m.turns.fits = k == 1 && m.turns.fits
			m.turns.many = 0
			at[k] = make([]int64, len(list))
			for range 2 { // the second one on a used mesh
				_, err = m.Deliver(list, at[k], 0)
				require.NoError(t, err)
			}
		}
		require.Equal(t, at[0], at[1])
	})
}

// TestBlocksOnTheReference holds blocks to the packets of the reference.
func TestBlocksOnTheReference(t *testing.T) {
	n := 0
	for _, r := range readRecorded(t) {
		m, err := New(r.spec)
		require.NoError(t, err)
		if !m.turns.fits {
			continue
		}
		n++
		m.turns.many = 0
		got := make([]int64, len(r.list))
		_, err = m.Deliver(r.list, got, 0)
		require.NoError(t, err)
		require.Equal(t, r.want, got, r.name)
		require.True(t, m.turns.seen)
	}
	require.Greater(t, n, 4, "recorded runs of plain meshes")
}
