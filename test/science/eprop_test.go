package science

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"hillock/internal/dataset"
)

// epropOptions is the network that was searched: 64 pixels, 64 hidden neurons,
// 10 outputs, 8 ticks.
func epropOptions(train, test *dataset.Set, learn int64, seed uint64) EpropOptions {
	return EpropOptions{Train: train, Test: test, Hidden: 64, Ticks: 8, Passes: 1, Learn: learn, Seed: seed}
}

// TestEprop learns a few digits on the chip, all weights.
func TestEprop(t *testing.T) {
	train, test := digits(t)
	o := epropOptions(firstOf(train, 60), firstOf(test, 25), 7, 2)
	r, err := Eprop(o)
	require.NoError(t, err)
	require.Equal(t, []int{3, 9}, r.Correct)
	require.Equal(t, "86b86b6243ca1315debb6d0917d3eacf2d3e93095b4e8a4f3089e015a5422c85", r.Hash)
	o.Passes = 0
	start, err := Eprop(o)
	require.NoError(t, err)
	require.NotEqual(t, start.Hash, r.Hash)
	require.Equal(t, start.Correct[0], r.Correct[0])
	o.Passes, o.Learn = 1, 0
	none, err := Eprop(o)
	require.NoError(t, err)
	require.Equal(t, start.Hash, none.Hash) // nothing learns, nothing changes
	require.Equal(t, none.Correct[0], none.Correct[1])
}

func TestEpropErrors(t *testing.T) {
	train, test := digits(t)
	for _, change := range []func(*EpropOptions){
		func(o *EpropOptions) { o.Train = nil }, func(o *EpropOptions) { o.Hidden = 7 }, func(o *EpropOptions) { o.Ticks = 17 },
		func(o *EpropOptions) { o.Learn = 8 },
	} {
		o := epropOptions(train, test, 7, 1)
		change(&o)
		_, err := Eprop(o)
		require.Error(t, err)
	}
}

// TestWholeEprop learns 1,500 digits, each shown once, with seeds that were not
// searched: all weights, or those of the outputs alone.
func TestWholeEprop(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("minutes; HILLOCK_SCIENCE=whole runs it")
	}
	train, test := digits(t)
	for _, x := range []struct {
		learn int64
		seed  uint64
	}{{7, 2}, {7, 3}, {4, 2}, {4, 3}} {
		t.Run(fmt.Sprintf("learn %d seed %d", x.learn, x.seed), func(t *testing.T) {
			r, err := Eprop(epropOptions(firstOf(train, 1500), test, x.learn, x.seed))
			require.NoError(t, err)
			t.Logf("%d of %d, %d edges, weights %s", r.Correct, r.Images, r.Edges, r.Hash)
			require.Greater(t, r.Correct[1], r.Images/2)
		})
	}
}
