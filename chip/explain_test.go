package chip

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
)

// TestExplainEqualsTheTick explains every neuron before a tick, runs the tick,
// and compares; every arrival must come from a neuron that fired.
func TestExplainEqualsTheTick(t *testing.T) {
	img := ringImage(t, 4, 9, 11)
	m, err := New(img, Options{})
	require.NoError(t, err)
	rec := NewRecorder(img, false)
	routed := 0
	for tick := range int64(60) {
		before := m.Snapshot()
		in := drive(tick, nil)
		fired := map[Origin]bool{}
		for _, s := range in {
			fired[Origin{0, int(s.Index)}] = true
		}
		for _, s := range rec.Last() {
			fired[Origin{int(s.Pop), int(s.Index)}] = true
		}
		var all []*Explanation
		for i := range img.Pops[1].N {
			x, err := m.Explain(1, i, in)
			require.NoError(t, err)
			all = append(all, x)
			for _, a := range x.Arrivals {
				require.True(t, fired[x.Origins[a.Event]], "%v", x.Origins[a.Event])
				routed += x.Origins[a.Event].Pop
			}
		}
		require.Empty(t, cmp.Diff(before, m.Snapshot(), cmpopts.EquateEmpty()))
		require.NoError(t, m.Run(1, drive, rec.Tick))
		out := map[Origin]int32{}
		for _, s := range rec.Last() {
			out[Origin{int(s.Pop), int(s.Index)}] = s.Payload
		}
		for i, x := range all {
			require.Equal(t, out[Origin{1, i}], x.Out)
			for w, v := range x.After {
				require.Equal(t, m.Core(x.Site.Core).State.Words[x.Site.Group][w][x.Site.Lane], v)
			}
		}
	}
	require.Greater(t, routed, 100, "packets between cores were explained")
}

func TestSchedule(t *testing.T) {
	img := ringImage(t, 2, 5, 11)
	s := parseEvents(t, "tick,population,index\n2,in,4\n2,in,1\n5,in,4\n")
	p, n, err := Plan(img, s, "e.csv")
	require.NoError(t, err)
	require.Equal(t, int64(6), n)
	require.Equal(t, []Injection{{0, 4, 1}, {0, 1, 1}}, p.At(2))
	require.Equal(t, []Injection{{0, 4, 1}}, p.Source(5, nil))
	require.Empty(t, p.At(3))
	require.Equal(t, p.At(2), p.At(2))
	_, _, err = Plan(img, parseEvents(t, "tick,population,index\n2,p,4\n"), "e.csv")
	require.ErrorContains(t, err, "no input")
	p, n, err = Plan(img, nil, "")
	require.NoError(t, err)
	require.Zero(t, n)
	require.Empty(t, p.At(0))
}
