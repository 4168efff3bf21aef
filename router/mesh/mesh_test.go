package mesh

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestZeroLoadIsTheFormula(t *testing.T) {
	for _, change := range []func(*Spec){
		func(*Spec) {}, func(s *Spec) { s.Routing = 1 }, func(s *Spec) { s.Routing = 2 }, func(s *Spec) { s.Crossbar = 2 },
		func(s *Spec) { s.Alloc = Joint }, func(s *Spec) { s.Flits = 4 }, func(s *Spec) { s.Credit = 3 },
		func(s *Spec) { s.LinkX, s.LinkY = 3, 5 }, func(s *Spec) { s.VCs, s.Buffer = 1, 8; s.W, s.H = 16, 5 },
		func(s *Spec) { s.CyclesPerFlit = 3 }, func(s *Spec) { s.Concentration, s.Subnets = 4, 2; s.W = 4 },
	} {
		s := Default()
		change(&s)
		m, err := New(s)
		require.NoError(t, err)
		got, err := m.ZeroLoad()
		require.NoError(t, err)
		require.Len(t, got, s.W+s.H-1)
		for _, h := range got {
			hx := min(h.Hops, s.W-1)
			require.Equal(t, s.ZeroLoad(hx, h.Hops-hx), h.Latency, "%+v hops %d", s, h.Hops)
		}
	}
}

func TestUnloadedIsTheLatencyOfFewPackets(t *testing.T) {
	for _, x := range []Traffic{{Pattern: Uniform}, {Pattern: Neighbor}, {Pattern: Hotspot, Hotspots: []int{3, 20}}, {Pattern: Transpose}, {Pattern: BitComp}} {
		s := Default()
		s.LinkX, s.LinkY = 2, 3
		want, err := Unloaded(s, x)
		require.NoError(t, err)
		m, err := New(s)
		require.NoError(t, err)
		x.Load, x.Seed = 0.0005, 2
		p, err := m.Measure(x, Window{0, 200000})
		require.NoError(t, err)
		require.InEpsilon(t, want, p.Latency, 0.02, x.Pattern)
	}
}

func TestSweep(t *testing.T) {
	c, err := Sweep(Default(), Faults{}, Traffic{Seed: 1}, []float64{0.02, 0.3}, Window{1000, 4000}, true, nil)
	require.NoError(t, err)
	require.Len(t, c.Points, 2)
	require.InEpsilon(t, 0.3975, c.Knee, 0.05)
	require.InEpsilon(t, 0.385, c.Saturation, 0.05)
	require.Len(t, c.ZeroLoad, 15)
}

func TestSubnetsShareTheLoad(t *testing.T) {
	s := Default()
	s.VCs, s.Subnets = 1, 2
	for _, s.Choose = range []Choice{RoundRobin, RandomSubnet} {
		m, err := New(s)
		require.NoError(t, err)
		p, err := m.Measure(Traffic{Load: .3, Seed: 1}, Window{1000, 4000})
		require.NoError(t, err)
		require.True(t, p.Stable, "one network of one VC is full at 0.19")
		require.Less(t, p.Latency, 45.0)
	}
}

// TestRarePackets: gaps of many laps of the wheel of sources end in their
// cycle.
func TestRarePackets(t *testing.T) {
	s := Default()
	s.W, s.H = 16, 16
	m, err := New(s)
	require.NoError(t, err)
	require.NoError(t, m.Start(Traffic{Load: 2e-6, Seed: 5}))
	next := map[int64]int{}
	for i := range m.src {
		next[m.src[i].next]++
	}
	for range 1500000 {
		want, made := next[m.now], m.serial
		delete(next, m.now)
		for i := range m.src {
			if want > 0 && m.src[i].next == m.now {
				at := m.src[i].drawn
				next[m.now+m.traffic.gap(uint64(i), &at)]++
			}
		}
		m.Step()
		require.EqualValues(t, want, m.serial-made)
	}
	require.Greater(t, m.serial, uint64(600))
}
