package mesh

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func drawSpec(t *rapid.T) Spec {
	s := Default()
	n := func(name string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	s.W, s.H, s.Concentration, s.Subnets = n("w", 1, 5), n("h", 1, 5), n("c", 1, 3), n("nets", 1, 2)
	s.Choose = Choice(n("choose", 0, 2))
	s.VCs, s.Buffer, s.Flits, s.Alloc = n("vcs", 1, 4), n("buffer", 1, 9), n("flits", 1, 5), Alloc(n("alloc", 0, 1))
	s.Routing, s.Crossbar, s.Credit, s.CreditLink = n("routing", 0, 3), n("crossbar", 1, 3), n("credit", 0, 3), n("wire", 0, 3)
	s.LinkX, s.LinkY, s.InjectLink, s.EjectLink, s.CyclesPerFlit = n("lx", 1, 4), n("ly", 1, 4), n("in", 1, 3), n("out", 1, 3), n("slow", 1, 3)
	return s
}

// TestNothingIsLostAndNothingLocks runs random meshes at load 1, then lets them
// run empty. HILLOCK_LONG=1 makes it more than a million cycles.
func TestNothingIsLostAndNothingLocks(t *testing.T) {
	cycles := 300
	if os.Getenv("HILLOCK_LONG") != "" {
		cycles = 15000
	}
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		m, err := New(s)
		require.NoError(t, err)
		hot := rapid.IntRange(0, s.Nodes()-1).Draw(t, "hot")
		p := rapid.SampledFrom([]Pattern{Uniform, Neighbor, Hotspot}).Draw(t, "pattern")
		require.NoError(t, m.Start(Traffic{Pattern: p, Hotspots: []int{hot}, Load: 1, Seed: rapid.Uint64().Draw(t, "seed")}))
		done := int64(0)
		for c := range cycles {
			m.Step()
			if c%97 == 0 {
				require.NoError(t, m.Audit())
			}
			if c%5000 == 4999 {
				require.Greater(t, m.stats.done, done, "no packet ended in 5000 cycles")
				done = m.stats.done
			}
		}
		drain(t, m)
		require.Equal(t, m.stats.made, m.stats.done)
	})
}

// stop lets no source generate another packet.
func stop(m *Mesh) {
	for i := range m.src {
		m.src[i].next = never
	}
	for i := range m.traffic.asleep {
		m.traffic.asleep[i], m.traffic.later[i] = -1, -1
	}
	m.traffic.count = 0
}

// TestAMillionCyclesAtFullLoad runs the usual mesh at load 1 under every
// pattern, with both allocations, one and two VCs, by routers and by blocks,
// 120,000 cycles together; HILLOCK_LONG=1 makes it a million for each. Packets
// end in every thousand cycles, and when no more are made all of them end.
func TestAMillionCyclesAtFullLoad(t *testing.T) {
	cycles := int64(3000)
	if os.Getenv("HILLOCK_LONG") != "" {
		cycles = 1000000
	}
	for p := range Pattern(len(patternNames)) {
		for n := range 8 {
			s := Default()
			s.Alloc, s.VCs = Alloc(n&1), 1+n>>1&1
			m, err := New(s)
			require.NoError(t, err)
			if m.turns.fits = n&4 == 0; m.turns.fits {
				m.turns.many = 1
			}
			require.NoError(t, m.Start(Traffic{Pattern: p, Hotspots: []int{27, 28, 35, 36}, Load: 1, Seed: uint64(n)}))
			for done := int64(0); m.now < cycles; {
				for range 1000 {
					m.Step()
				}
				require.NoError(t, m.Audit())
				require.Greater(t, m.stats.done, done+1000, "%v %v %d VCs", p, s.Alloc, s.VCs)
				done = m.stats.done
			}
			require.Equal(t, m.turns.fits, m.turns.wide)
			drain(t, m)
			require.Equal(t, m.stats.made, m.stats.done)
		}
	}
}

// drain lets the mesh run empty and looks at the books.
func drain(t require.TestingT, m *Mesh) {
	stop(m)
	for c := 0; m.inFlight > 0; c++ {
		m.Step()
		require.Less(t, c, 200000, "the mesh does not run empty")
	}
	for range len(m.wheel) {
		m.Step()
	}
	require.NoError(t, m.Audit())
}

func TestFaultyMeshesKeepTheirBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		s.DropAfter = rapid.SampledFrom([]int{0, 40}).Draw(t, "patience")
		m, err := New(s)
		require.NoError(t, err)
		f := RandomFaults(s, rapid.Uint64().Draw(t, "faults"), 0.1, 0.05, 0, 0.02)
		require.NoError(t, m.SetFaults(f))
		require.NoError(t, m.Start(Traffic{Load: 0.5, Seed: 1}))
		for range 400 {
			m.Step()
		}
		drain(t, m)
		require.Equal(t, m.stats.made, m.stats.done+m.stats.lost)
		require.Equal(t, m.stats.lost, m.Count(Dropped)+m.Count(DeadLink)+m.Count(Overdue))
	})
}

// TestStuckBuffersAreAccountedFor: where buffers hold packets for ever, what was
// generated is what ended, was lost, or is still there.
func TestStuckBuffersAreAccountedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		s.BlockedAfter = 100
		m, err := New(s)
		require.NoError(t, err)
		require.NoError(t, m.SetFaults(RandomFaults(s, rapid.Uint64().Draw(t, "faults"), 0.02, 0.02, 0.1, 0.01)))
		require.NoError(t, m.Start(Traffic{Load: 0.3, Seed: 1}))
		for c := range 600 {
			m.Step()
			if c%100 == 0 {
				require.NoError(t, m.Audit())
			}
			x := m.stats
			require.Equal(t, x.made, x.done+x.lost+m.inFlight)
		}
		for _, e := range m.Events() {
			require.True(t, e.Kind == Dropped || e.Kind == DeadLink || e.Kind == Blocked)
			require.Equal(t, int(e.Router), int(e.Y)*s.W+int(e.X))
			require.Less(t, e.Cycle, m.now)
		}
	})
}

func TestSameSeedSameRun(t *testing.T) {
	run := func(seed uint64) Point {
		m, err := New(Default())
		require.NoError(t, err)
		p, err := m.Measure(Traffic{Load: .3, Seed: seed}, Window{500, 2000})
		require.NoError(t, err)
		p.Seconds = 0
		return p
	}
	require.Equal(t, run(1), run(1))
	require.NotEqual(t, run(1), run(2))
}

func TestCyclesAllocateNothing(t *testing.T) {
	m, err := New(Default())
	require.NoError(t, err)
	require.NoError(t, m.Start(Traffic{Load: .38, Seed: 1}))
	for range 50000 {
		m.Step()
	}
	require.Zero(t, testing.AllocsPerRun(2000, m.Step))
}

func TestGapsAreBernoulli(t *testing.T) {
	for _, rate := range []float64{1, .7, .1, .004, 1e-4} {
		g, at := newGaps(rate), uint64(0)
		sum, one, n := int64(0), 0, 200000
		for range n {
			d := g.draw(9, 4, &at)
			sum += d
			if d == 1 {
				one++
			}
		}
		require.InEpsilon(t, 1/rate, float64(sum)/float64(n), 0.02, "%v", rate)
		if rate > 0.01 {
			require.InEpsilon(t, rate, float64(one)/float64(n), 0.03, "%v", rate)
		}
	}
}

func TestAuditFindsWhatIsWrong(t *testing.T) {
	for name, spoil := range map[string]func(m *Mesh){
		"credits":     func(m *Mesh) { m.credit[27<<laneBits]-- },
		"flits, need": func(m *Mesh) { m.inFlight++ },
		"need a":      func(m *Mesh) { m.rt[0].lane[0].n, m.rt[7].lane[0].n = 1, 1 },
	} {
		m, err := New(Default())
		require.NoError(t, err)
		require.NoError(t, m.Audit())
		spoil(m)
		require.Error(t, m.Audit(), name)
	}
}
