package mesh

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// books checks that nothing is lost or made up: for every link and VC, credits
// at one end, flits and credits under way and places taken at the other sum up
// to the buffer; and the flits of all packets are somewhere.
func books(t require.TestingT, m *Mesh) {
	taken := make([]int, len(m.credit))
	far := map[uint32]int{} // entry of credit by input VC
	flits := int64(0)
	for r := range m.rt {
		rt := &m.rt[r]
		for i := range m.ports * int(m.vcs) {
			k := rt.inp[m.port[i]].up + uint32(m.vc[i])
			if m.port[i] < local0 && k == 0 && rt.inp[m.port[i]].up == 0 && !m.joined(r, int(m.port[i])) {
				continue
			}
			far[uint32(r)<<laneBits|uint32(i)] = int(k)
			require.LessOrEqual(t, int(rt.in[i].n), m.spec.Buffer)
			taken[k] += int(rt.in[i].n)
			flits += int64(rt.in[i].n)
		}
	}
	for i := range m.wheel {
		for _, e := range m.wheel[i].arrive {
			taken[far[e.vc]]++
			flits++
		}
		for _, k := range m.wheel[i].credit {
			taken[k]++
		}
		flits += int64(len(m.wheel[i].eject))
	}
	for r := range m.rt {
		for v := range 4 * int(m.vcs) {
			if k := r<<laneBits | v; m.joined(r, int(m.port[v])) {
				require.GreaterOrEqual(t, int(m.credit[k]), 0)
				require.Equal(t, m.spec.Buffer, int(m.credit[k])+taken[k], "router %d output VC %d", r, v)
			}
		}
	}
	for k := len(m.rt) << laneBits; k < len(m.credit); k++ {
		require.Equal(t, m.spec.Buffer, int(m.credit[k])+taken[k], "source entry %d", k)
	}
	if m.spec.Flits == 1 {
		waiting := int64(0)
		for i := range m.src {
			if m.src[i].left > 0 {
				waiting++
			}
		}
		require.Equal(t, m.inFlight, flits+waiting)
	}
}

// joined says whether a port of a router has a neighbour.
func (m *Mesh) joined(r, p int) bool {
	x, y := int(m.rt[r].x), int(m.rt[r].y)
	switch p {
	case xPlus:
		return x < m.spec.W-1
	case xMinus:
		return x > 0
	case yPlus:
		return y < m.spec.H-1
	case yMinus:
		return y > 0
	}
	return true
}

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
				books(t, m)
			}
			if c%5000 == 4999 {
				require.Greater(t, m.stats.done, done, "no packet ended in 5000 cycles")
				done = m.stats.done
			}
		}
		stop(m)
		for c := 0; m.inFlight > 0; c++ {
			m.Step()
			require.Less(t, c, 200000, "the mesh does not run empty")
		}
		for range len(m.wheel) {
			m.Step()
		}
		books(t, m)
		require.Equal(t, m.stats.made, m.stats.done)
	})
}

// stop lets no source generate another packet.
func stop(m *Mesh) {
	for i := range m.src {
		m.src[i].next = never
	}
	for i := range m.traffic.asleep {
		m.traffic.asleep[i] = -1
	}
	m.traffic.count = 0
}

// TestAMillionCyclesAtFullLoad is the whole of it on the usual mesh.
func TestAMillionCyclesAtFullLoad(t *testing.T) {
	cycles := 5000
	if os.Getenv("HILLOCK_LONG") != "" {
		cycles = 1000000
	}
	for _, a := range []Alloc{Split, Joint} {
		s := Default()
		s.Alloc = a
		m, err := New(s)
		require.NoError(t, err)
		require.NoError(t, m.Start(Traffic{Load: 1, Seed: 3}))
		for done := int64(0); m.now < int64(cycles); {
			for range 1000 {
				m.Step()
			}
			books(t, m)
			require.Greater(t, m.stats.done, done+20000)
			done = m.stats.done
		}
	}
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
		stop(m)
		for c := 0; m.inFlight > 0; c++ {
			m.Step()
			require.Less(t, c, 200000)
		}
		for range len(m.wheel) {
			m.Step()
		}
		books(t, m)
		require.Equal(t, m.stats.made, m.stats.done+m.stats.lost)
		require.Equal(t, m.stats.lost, m.Count(Dropped)+m.Count(DeadLink)+m.Count(Overdue))
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
