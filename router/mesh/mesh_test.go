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

func TestCreditLoop(t *testing.T) {
	for _, x := range []struct {
		vcs, buf, credit int
		want             float64
	}{{1, 1, 1, 1. / 7}, {1, 2, 1, 2. / 7}, {1, 3, 1, 3. / 7}, {1, 4, 1, .5}, {2, 1, 1, .2815}, {2, 2, 1, .563}, {2, 3, 1, .8445}, {2, 4, 1, 1}, {4, 1, 1, .491}, {4, 2, 1, .979625}, {1, 1, 0, 1. / 6}, {2, 1, 0, .328}, {1, 1, 2, .125}, {2, 1, 2, .2465}, {2, 2, 2, .493}, {2, 2, 0, .654125}} {
		s := Default()
		s.H, s.VCs, s.Buffer, s.Credit = 1, x.vcs, x.buf, x.credit
		m, err := New(s)
		require.NoError(t, err)
		p, err := m.Measure(Traffic{Pattern: Neighbor, Load: 1, Seed: 1}, Window{1000, 8400})
		require.NoError(t, err)
		t.Log(x, p.Accepted, p.Accepted/x.want-1)
	}
}

func TestCurvesLog(t *testing.T) {
	for _, x := range []struct {
		vcs, buf int
		alloc    Alloc
		loads    []float64
	}{{2, 8, Split, []float64{.02, .1, .2, .25, .3, .35, .38, .39}}, {1, 8, Split, []float64{.02, .1, .15, .175, .1875}}, {1, 8, Joint, []float64{.1, .2, .3, .34, .36}}} {
		s := Default()
		s.VCs, s.Buffer, s.Alloc = x.vcs, x.buf, x.alloc
		m, err := New(s)
		require.NoError(t, err)
		for _, l := range append(x.loads, 1) {
			p, err := m.Measure(Traffic{Pattern: Uniform, Load: l, Seed: 1}, Window{5000, 20000})
			require.NoError(t, err)
			t.Logf("%v %.4f %.3f %.4f %v", x.alloc, l, p.Latency, p.Accepted, p.Stable)
		}
	}
}
