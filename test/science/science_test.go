package science

import (
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
