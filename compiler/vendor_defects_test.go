package compiler

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
)

// The tests of this file hold defects that were found, by running it, in a
// quantiser that a vendor of chips publishes. None of them may be ours.

// twoLayers is a recurrent hidden layer and an output, of different magnitude.
func twoLayers() *graph.Network {
	r := rand.New(rand.NewPCG(3, 4))
	n := &graph.Network{Name: "two", Pops: []*graph.Population{input("in", 6), lif("hidden", 8, 0.5, 1), lif("out", 3, 0.5, 1)}}
	n.Projs = []*graph.Projection{
		join("wi", 0, 1, randomWeights(r, 8, 6, 0.3)), join("wr", 1, 1, randomWeights(r, 8, 8, 0.1)), join("wo", 1, 2, randomWeights(r, 3, 8, 0.01)),
	}
	n.Projs[1].Recurrent = true
	n.Pops[1].C = fill(8, 0.5)
	n.Pops[2].Theta, n.Pops[2].C = fill(3, 0.03), fill(3, 0.001)
	n.Pops[2].Output = true
	return n
}

func compileNamed(t *testing.T, n *graph.Network) *Result {
	t.Helper()
	f, err := chip.LoadNamed("loihi1")
	require.NoError(t, err)
	r, err := Compile(n, f, Options{})
	require.NoError(t, err)
	return r
}

// drive is the bias of a neuron in units of the network.
func drive(p *Pop, i int) float64 {
	return math.Ldexp(float64(p.BiasMant[i]), int(p.BiasEx[i])) / p.Scale
}

// TestOutlierStaysInItsField: there, a clip at two standard deviations did not
// clip, and one outlier gave a weight of 754 in a field of 8 bits.
func TestOutlierStaysInItsField(t *testing.T) {
	for _, outlier := range []float64{3, 50, 1000, -1000} {
		n := twoLayers()
		n.Projs[0].W[5] = outlier
		r := compileNamed(t, n)
		for k := range r.Unit.Projs {
			q := &r.Unit.Projs[k]
			lo, hi := q.Code.bounds()
			for _, m := range q.Mant {
				w := int64(m) << q.Code.Lsb()
				require.True(t, w >= lo && w <= hi, "%s: mantissa %d outside %d..%d", q.Src.Name, w, lo, hi)
			}
			assert.Zero(t, q.Loss.Clipped, q.Src.Name)
		}
	}
}

// TestBiasHasTheScaleOfItsLayer: there, the output's bias was scaled with the
// hidden layer's factor (0.001 became 0 where 33 was right), and with a scale
// per neuron the hidden bias was not scaled at all.
func TestBiasHasTheScaleOfItsLayer(t *testing.T) {
	r := compileNamed(t, twoLayers())
	hidden, out := &r.Unit.Pops[1], &r.Unit.Pops[2]
	assert.Greater(t, out.Scale, 10*hidden.Scale)
	for i := range 8 {
		assert.InEpsilon(t, 0.5, drive(hidden, i), 0.01)
	}
	for i := range 3 {
		assert.InEpsilon(t, 0.001, drive(out, i), 0.01)
	}
}

// TestOutputThresholdLeavesOthersAlone: there, an output threshold beyond its
// register scaled the recurrent weights of the hidden layer down, from 127 to 2.
func TestOutputThresholdLeavesOthersAlone(t *testing.T) {
	want := compileNamed(t, twoLayers())
	n := twoLayers()
	n.Pops[2].Theta = fill(3, 1e6)
	have := compileNamed(t, n)
	assert.Equal(t, want.Unit.Pops[1].Scale, have.Unit.Pops[1].Scale)
	for _, k := range []int{0, 1} {
		assert.Equal(t, want.Unit.Projs[k].Mant, have.Unit.Projs[k].Mant)
	}
	assert.NotEqual(t, want.Unit.Pops[2].Scale, have.Unit.Pops[2].Scale)
	assert.Zero(t, have.Unit.Pops[2].Loss.ThreshClipped)
}

// TestCompileLeavesTheNetworkAlone: there, the caller's array of biases was
// overwritten.
func TestCompileLeavesTheNetworkAlone(t *testing.T) {
	n, want := twoLayers(), twoLayers()
	compileNamed(t, n)
	assert.Empty(t, cmp.Diff(want, n))
}

// TestLargestWeightIsTestedOnce: there, one limit was compared with < in one
// place and <= in another. A layer whose largest weight is the scale's reason
// sits exactly at the end of the field: it is stored, in both signs, unclipped.
func TestLargestWeightIsTestedOnce(t *testing.T) {
	for _, sign := range []float64{1, -1} {
		n := twoLayers()
		n.Projs[0].W[5] = sign * 4
		q := &compileNamed(t, n).Unit.Projs[0]
		top := int64(0)
		for _, m := range q.Mant {
			top = max(top, int64(m)<<q.Code.Lsb(), -int64(m)<<q.Code.Lsb())
		}
		assert.Equal(t, q.Code.Reach(), top)
		assert.Zero(t, q.Loss.Clipped)
	}
}
