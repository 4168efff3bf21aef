package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/core"
	"hillock/isa/count"
)

// TestPins holds every workload at its shortest pinned length against the
// spike counts of other simulators, on every engine.
func TestPins(t *testing.T) {
	for _, w := range Works() {
		if w.OnDemand || len(w.Pins) == 0 {
			continue
		}
		n, err := w.Build()
		require.NoError(t, err)
		for _, e := range core.Engines() {
			if e == "oracle" && testing.Short() {
				continue
			}
			p := w.Pins[0]
			m, err := chip.New(n.Image, chip.Options{Engine: e})
			require.NoError(t, err)
			require.NoError(t, m.Run(p.Ticks, n.Source, nil))
			c := m.Counts()
			require.Equal(t, p.Spikes, c[count.Spikes], "%s on %s after %d ticks", w.Name, e, p.Ticks)
		}
	}
}
