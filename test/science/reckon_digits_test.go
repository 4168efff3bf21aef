package science

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/compiler/graph"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/test/eval"
)

// reckonOptions is the network of the examples on the test set.
func reckonOptions(t testing.TB, kappa int64) ReckOnOptions {
	b, err := os.ReadFile("../../examples/mappings/digits.nir")
	require.NoError(t, err)
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	require.NoError(t, err)
	_, test := digits(t)
	return ReckOnOptions{Net: net, Test: test, Ticks: 16, Kappa: kappa}
}

// hiddenSpikes are those of the float reference over the first n images.
func hiddenSpikes(t *testing.T, net *graph.Network, n int) (sum int64) {
	in, err := eval.Load("../../examples/mappings/digits.csv.gz", "", "phase:1,0,1,16", "flat", 16)
	require.NoError(t, err)
	r, err := eval.Float(net, in, eval.Options{N: n})
	require.NoError(t, err)
	for _, l := range r.Layer {
		sum += l[1]
	}
	return sum
}

// checkReckOn holds the hidden layer against the float reference; the neuron
// that is the drive of outputs spikes once per tick.
func checkReckOn(t *testing.T, o ReckOnOptions, r *ReckOnResult) {
	t.Helper()
	assert.InEpsilon(t, hiddenSpikes(t, o.Net, r.Images), r.Spikes[1]-int64(o.Ticks*r.Images), 0.02)
	n := float64(r.Images)
	t.Logf("kappa %d: %d of %d right; per image %.1f input and %.1f hidden spikes, %.0f edges", o.Kappa, r.Correct, r.Images, float64(r.Spikes[0])/n, float64(r.Spikes[1])/n, float64(r.Edges)/n)
}

func TestReckOnDigits(t *testing.T) {
	o := reckonOptions(t, 128)
	o.Test = firstOf(o.Test, 20)
	want, err := ReckOnDigits(o)
	require.NoError(t, err)
	checkReckOn(t, o, want)
	assert.GreaterOrEqual(t, want.Correct, 18)
	assert.Empty(t, want.Image.Energy, "the docs say that there are no sourced coefficients")
	o.Engine, o.Workers = "oracle", 2
	got, err := ReckOnDigits(o)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	o.Net.Pops[1].Reset = graph.ResetSubtract
	_, err = ReckOnDigits(o)
	require.ErrorContains(t, err, "reset to zero")
}

// All images: minutes.
func TestWholeReckOnDigits(t *testing.T) {
	if os.Getenv("HILLOCK_SCIENCE") != "whole" {
		t.Skip("minutes; HILLOCK_SCIENCE=whole runs it")
	}
	for _, kappa := range []int64{128, 115} {
		o := reckonOptions(t, kappa)
		r, err := ReckOnDigits(o)
		require.NoError(t, err)
		checkReckOn(t, o, r)
		assert.Greater(t, r.Correct, r.Images*90/100)
	}
}
