package conform

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/chip/timing"
)

// The levels of a machine agree with what the messages of the peer's own order
// of work give, step by step.
func TestLevelsOfTheMachineAgreeWithThePeersMessages(t *testing.T) {
	a := peerArch()
	num := func(kv ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			if n, ok := kv[i+1].(int); ok {
				m[kv[i].(string)] = float64(n)
			}
		}
		return m
	}
	for name, params := range map[string]map[string]any{
		"fanin":     num("n", 40, "dest_core", 63, "synapses", 8),
		"transpose": num("per", 4),
		"random_a":  num("permille", 250, "cores", 16, "per", 64, "msgs", 4, "syn", 4, "seed", 7),
		"random_s":  num("permille", 120, "cores", 32, "per", 128, "msgs", 6, "syn", 8, "seed", 9),
		"random_d":  num("permille", 300, "cores", 8, "per", 64, "msgs", 8, "syn", 32, "seed", 3),
	} {
		net, err := peerNetwork(name, params)
		require.NoError(t, err)
		r, err := newPeerRun(a, net, "")
		require.NoError(t, err)
		levels := map[string]*chip.Machine{}
		for _, l := range []string{timing.Queued, timing.Mesh} {
			levels[l], err = chip.New(r.m.Image(), chip.Options{Timing: l})
			require.NoError(t, err)
		}
		for step := range 4 {
			_, err := r.step()
			require.NoError(t, err)
			q, err := r.queuedTime()
			require.NoError(t, err)
			m, err := r.meshTime(a)
			require.NoError(t, err)
			for l, want := range map[string]float64{timing.Queued: q, timing.Mesh: m} {
				before := levels[l].Elapsed()
				require.NoError(t, levels[l].Run(1, nil, nil))
				got := (levels[l].Elapsed() - before).Seconds()
				t.Logf("%s %s step %d: %.4g us, %+.4f %%", name, l, step, got*1e6, 100*(got/want-1))
				near := 5e-3
				if l == timing.Mesh { // without what the peer does at the end of a step
					near = 2e-2
				}
				require.LessOrEqual(t, math.Abs(got/want-1), near)
			}
		}
	}
}
