package science

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestODINDigits(t *testing.T) {
	train, test := digits(t)
	start := time.Now()
	r, err := ODINDigits(EventDigitsOptions{Seed: 1, Passes: 1, Ticks: 4, HiddenThreshold: 24, OutputThreshold: 12, Rate: 0.01, Sharpness: 0.5, Train: firstOf(train, 1000), Test: firstOf(test, 20)})
	require.NoError(t, err)
	t.Log(r.Trained, r.Correct, r.Images, r.Differ, r.Inputs, r.Spikes, r.Edges, time.Since(start))
	for i, n := range r.Counts {
		if n != 0 {
			t.Log(i, n)
		}
	}
}
