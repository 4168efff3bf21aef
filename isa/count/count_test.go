package count_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/isa/count"
)

func TestNames(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{}
	for e := range count.NumEvents {
		s := e.String()
		require.Regexp(t, word, s, "event %d", e)
		require.False(t, seen[s], s)
		seen[s] = true
		back, err := count.Parse(s)
		require.NoError(t, err)
		require.Equal(t, e, back)
	}
	require.Equal(t, "event(200)", count.Event(200).String())
	_, err := count.Parse("spike")
	require.EqualError(t, err, `count: unknown event "spike" (hillock energy --events lists them)`)
	_, err = count.Parse("")
	require.Error(t, err)
}

// TestOrder freezes names that reports and price tables rely on.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		e    count.Event
		want string
	}{
		{count.SynSparse, "synaptic_events_sparse"}, {count.SynDense, "synaptic_events_dense"}, {count.SynConv, "synaptic_events_conv"},
		{count.Updates, "neuron_updates"}, {count.Spikes, "spikes"}, {count.HopsX, "hops_x"}, {count.HopsY, "hops_y"},
		{count.Barriers, "barriers"}, {count.InstrX, "instructions_x"}, {count.InstrA, "instructions_a"}, {count.InstrM, "instructions_m"},
		{count.InstrL, "instructions_l"}, {count.InstrS, "instructions_s"}, {count.InstrW, "instructions_w"},
		{count.Lost, "lost"}, {count.Merged, "merged"},
	} {
		require.Equal(t, c.want, c.e.String())
	}
	require.Equal(t, count.InstrW, count.InstrX+5, "instruction counts are in class order")
}

func TestArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b count.Counts
		for e := range a {
			a[e] = rapid.Int64Range(0, 1<<61).Draw(t, "a")
			b[e] = rapid.Int64Range(0, 1<<61).Draw(t, "b")
		}
		sum := a
		sum.Add(&b)
		for e := range sum {
			require.Equal(t, a[e]+b[e], sum[e])
		}
		require.Equal(t, a, sum.Sub(&b))
		require.Equal(t, b, sum.Sub(&a))
		require.Equal(t, a[count.SynSparse]+a[count.SynDense]+a[count.SynConv], a.SynapticEvents())
	})
}
