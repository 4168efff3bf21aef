package science

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The hashes are those of the science set's reference: histograms of the
// states after 10,000 ticks.
func TestSampling(t *testing.T) {
	for seed, want := range map[uint64]string{1: "e5567b3f1d55480c", 2: "69730c59fae5a1af", 3: "7ba4d7b35fc954d4"} {
		for _, engine := range []string{"oracle", "vector"} {
			for _, workers := range []int{1, 2, 8} {
				r, err := Sampling(seed, 10_000, engine, workers)
				require.NoError(t, err)
				assert.Equal(t, want, r.Hash, "seed %d, %s, %d workers", seed, engine, workers)
				assert.Less(t, r.TV, 0.07)
			}
		}
	}
}

func TestXOR(t *testing.T) {
	for _, engine := range []string{"oracle", "vector"} {
		got, err := XOR(engine, 2)
		require.NoError(t, err)
		assert.Equal(t, [4]int64{0, 2, 2, 0}, got)
	}
}

// The long runs of the same reference: 10^5 and 10^6 ticks, seeds 1, 2, 3.
// They take minutes: HILLOCK_SCIENCE=whole asks for them.
func TestWholeSampling(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("minutes; HILLOCK_SCIENCE=whole runs it")
	}
	for _, c := range []struct {
		ticks int64
		want  [3]string
	}{
		{100_000, [3]string{"bd40bcf1a64fc03a", "4e21102c017705b7", "77af12b468f01949"}},
		{1_000_000, [3]string{"1271726fada1e3cb", "e81a73f5868d6d72", "a04a3711cb7bda47"}},
	} {
		for n, want := range c.want {
			for _, workers := range []int{1, 2, 8} {
				r, err := Sampling(uint64(n+1), c.ticks, "vector", workers)
				require.NoError(t, err)
				assert.Equal(t, want, r.Hash, "seed %d, %d ticks, %d workers", n+1, c.ticks, workers)
				t.Logf("seed %d, %d ticks, %d workers: total variation %.6f", n+1, c.ticks, workers, r.TV)
			}
		}
	}
}
