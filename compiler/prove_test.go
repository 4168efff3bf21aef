package compiler

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/isa/count"
)

// quiet is a calibration set in which almost nothing spikes.
type quiet struct{ ticks int }

func (q quiet) Len() int      { return 1 }
func (q quiet) Ticks(int) int { return q.ticks }
func (q quiet) Fill(_, tick int, in [][]float64) {
	if tick == 0 {
		in[0][0] = 1
	}
}

// What is said to be unable to overflow never does, however hard it is driven;
// among networks scaled to a quiet calibration set there are some of both sorts.
func TestProofHolds(t *testing.T) {
	f, err := chip.LoadNamed("loihi1")
	require.NoError(t, err)
	seen := map[bool]int{}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := mlp(20+r.IntN(600), 1+r.IntN(40), 3)
		for _, q := range n.Projs {
			for i := range q.W {
				q.W[i] = r.NormFloat64()
				if r.IntN(2) == 0 {
					q.W[i] = -q.W[i] / 8
				}
			}
		}
		last := n.Pops[len(n.Pops)-1]
		last.Kind = graph.Readout
		o := Options{Ticks: 10}
		if r.IntN(2) == 0 {
			o.Calib = quiet{10}
		}
		res, err := Compile(n, f, o)
		require.NoError(t, err)
		m, err := chip.New(res.Image, chip.Options{})
		require.NoError(t, err)
		src := func(tick int64, dst []chip.Injection) []chip.Injection {
			for i := range n.Pops[0].N {
				if tick < 10 {
					dst = append(dst, chip.Injection{Index: int32(i), Payload: 1})
				}
			}
			return dst
		}
		require.NoError(t, m.Run(12, src, nil))
		counts := m.Counts()
		proven := true
		for k := range res.Unit.Pops {
			proven = proven && (k == 0 || res.Unit.Pops[k].proven)
		}
		seen[proven]++
		if proven {
			assert.Zero(t, counts[count.Overflowed], "seed %d", seed)
		}
	}
	assert.NotZero(t, seen[true])
	assert.NotZero(t, seen[false])
}

// Neurons of small weights use more of their mantissas, with one threshold
// factor each; nothing else of the network changes.
func TestWidenUsesMantissas(t *testing.T) {
	f, err := chip.LoadNamed("loihi1")
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(5, 5))
	n := mlp(30, 16, 3)
	for k, q := range n.Projs {
		for i := range q.W {
			q.W[i] = r.NormFloat64()
			if k == 0 && i/30%2 == 0 {
				q.W[i] /= 9
			}
		}
	}
	plain, err := Compile(n, f, Options{})
	require.NoError(t, err)
	wide, err := Compile(n, f, Options{Widen: true})
	require.NoError(t, err)
	p := wide.Unit.Pops[1]
	for i := range p.Norm {
		assert.InDelta(t, plain.Unit.Pops[1].Theta[i]*p.Norm[i], p.Theta[i], 1e-12)
		if i%2 == 0 {
			assert.GreaterOrEqual(t, p.Norm[i], 2.0, "neuron %d", i)
		}
	}
	assert.Less(t, errorOf(wide, 0, 30), errorOf(plain, 0, 30)/2, "rounding of the small rows")
	assert.LessOrEqual(t, wide.Unit.Cores[0].Use.Thresholds, int64(8))
}

// errorOf is the mean relative error of the even rows of a projection.
func errorOf(r *Result, proj, nPre int) float64 {
	q := &r.Unit.Projs[proj]
	form, scale, sum, n := r.Unit.form(q), r.Unit.Pops[q.Src.Post].Scale, 0.0, 0
	for i := 0; i < len(q.Gain); i += 2 {
		for j := range nPre {
			want := q.weight(i, j, nPre) * scale
			d := float64(form.Contribution(int32(q.Mant[j*len(q.Gain)+i]))) - want
			sum += d * d / (q.Gain[i] * q.Gain[i])
			n++
		}
	}
	return sum / float64(n) / (scale * scale)
}
