package science

import (
	"math"
	"os"
	"slices"
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

// reckonLabel is the label by whole numbers alone, from the published steps of
// the chip, written independently of its description.
func reckonLabel(o ReckOnOptions, img []uint16) int {
	h, k := o.Net.Pops[1].N, o.Net.Pops[2].N
	wi, si := reckonWhole(o.Net.Projs[0], h)
	wo, _ := reckonWhole(o.Net.Projs[1], k)
	thr, alpha := int(math.Floor(o.Net.Pops[1].Theta[0]*si*8))+1, int(math.Round(o.Net.Pops[1].AV[0]*32768))
	u, z, out, score := make([]int, h), make([]bool, h), make([]int, k), make([]int, k)
	for t := range o.Ticks + 1 {
		if t > 0 {
			for i := range out {
				out[i] = out[i] * int(o.Kappa) >> 7
			}
			for i := range u {
				if z[i] = u[i] >= thr; z[i] {
					u[i] = 0
				}
				u[i] = u[i] * alpha >> 15
			}
			score[slices.Index(out, slices.Max(out))]++
			for i := range out {
				out[i] += wo[h*k+i]
				for j := range z {
					if z[j] {
						out[i] += wo[j*k+i]
					}
				}
			}
		}
		for j := range len(img) + 1 {
			for i := range u {
				if t < o.Ticks && (j == len(img) || spikes(img[j], t, o.Ticks)) {
					u[i] += 8 * wi[j*h+i]
				}
			}
		}
	}
	return slices.Index(score, slices.Max(score))
}

// reckonWhole are the rounded weights [source][target], the bias behind them.
func reckonWhole(q *graph.Projection, post int) (out []int, scale float64) {
	pre := len(q.W) / post
	top := 0.0
	for _, w := range append(slices.Clone(q.W), q.Bias...) {
		top = max(top, w, -w)
	}
	scale = 127 / top
	for j := range pre {
		for i := range post {
			out = append(out, int(math.RoundToEven(q.W[i*pre+j]*scale)))
		}
	}
	for _, b := range q.Bias {
		out = append(out, int(math.RoundToEven(b*scale)))
	}
	return out, scale
}

// checkReckOn holds the labels against those computed without the machine and
// the hidden layer against the float reference; the neuron that is the drive of
// outputs spikes once per tick.
func checkReckOn(t *testing.T, o ReckOnOptions, r *ReckOnResult) {
	t.Helper()
	for i, label := range r.Labels {
		assert.Equal(t, reckonLabel(o, o.Test.Images[i]), label, "image %d", i)
	}
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
