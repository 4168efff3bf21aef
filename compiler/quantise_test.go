package compiler

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type vectorRow struct {
	Quantiser, Sign string
	Bits, Exp       int
	Clip            int64
	W               []float64
	Eff             []int32
}

type vectorFile struct {
	Bias, Mant, Exp []int64
	Weights         []vectorRow
}

func vectors(t *testing.T) vectorFile {
	raw, err := os.ReadFile("testdata/quantisers.json")
	require.NoError(t, err)
	var v vectorFile
	require.NoError(t, json.Unmarshal(raw, &v))
	return v
}

// TestQuantisersEqualVectors compares with values that public emulators
// computed.
func TestQuantisersEqualVectors(t *testing.T) {
	v := vectors(t)
	for i, b := range v.Bias {
		m, e := QuantiseBias(b, 4095, 7)
		assert.Equal(t, [2]int64{v.Mant[i], v.Exp[i]}, [2]int64{m, e}, "bias %d", b)
	}
	signs := map[string]Sign{"mixed": Mixed, "exc": Excitatory, "inh": Inhibitory}
	for k, r := range v.Weights {
		c := WeightCode{Width: 8, Bits: r.Bits, Sign: signs[r.Sign], Exp: r.Exp}
		for i, w := range r.W {
			m, _, err := QuantiseWeight(r.Quantiser, w, c)
			require.NoError(t, err)
			require.Equal(t, r.Eff[i], c.Format(6, r.Clip).Contribution(int32(m)), "row %d %s %s %d bits exp %d, weight %g", k, r.Quantiser, r.Sign, r.Bits, r.Exp, w)
		}
	}
}

func TestQuantiseWeightTable(t *testing.T) {
	c := WeightCode{Width: 8, Bits: 8}
	for _, r := range []struct {
		q       string
		w       float64
		mant    int64
		clipped bool
	}{
		{RoundEvenSym, 3, 2, false}, {RoundEvenSym, 1, 0, false}, {RoundEvenSym, -3, -2, false},
		{RoundEvenSym, 300, 127, true}, {RoundEvenSym, -300, -127, true}, {RoundEvenSym, 254, 127, false},
		{TowardZero, 3.9, 1, false}, {TowardZero, -3.9, -1, false}, {TowardZero, -300, -128, true},
		{Floor, 3, 1, false}, {Floor, -3, -2, false}, {Floor, 300, 127, true},
	} {
		m, clipped, err := QuantiseWeight(r.q, r.w, c)
		require.NoError(t, err)
		assert.Equal(t, r.mant, m, "%s %g", r.q, r.w)
		assert.Equal(t, r.clipped, clipped, "%s %g", r.q, r.w)
	}
}

func TestQuantiseWeightRefuses(t *testing.T) {
	for _, c := range []WeightCode{{}, {Width: 8, Bits: 9, Sign: Excitatory}, {Width: 8, Bits: 8, Exp: 99}, {Width: 40, Bits: 8}} {
		_, _, err := QuantiseWeight(Floor, 1, c)
		assert.Error(t, err, fmt.Sprint(c))
	}
	_, _, err := QuantiseWeight("no such", 1, WeightCode{Width: 8, Bits: 8})
	assert.ErrorContains(t, err, "no such")
	_, _, err = QuantiseWeight(Floor, math.NaN(), WeightCode{Width: 8, Bits: 8})
	assert.Error(t, err)
}

func TestQuantiseBiasEdges(t *testing.T) {
	for _, r := range [][5]int64{
		{0, 4095, 7, 0, 0}, {4095, 4095, 7, 4095, 0}, {4096, 4095, 7, 2048, 1}, {8190, 4095, 7, 4095, 1},
		{8191, 4095, 7, 2048, 2}, {1 << 40, 4095, 7, 4095, 7}, {math.MinInt64, 4095, 7, -4095, 7}, {5, 0, 7, 0, 0}, {4097, 4095, 7, 2048, 1}, {4099, 4095, 7, 2050, 1},
	} {
		m, e := QuantiseBias(r[0], r[1], int(r[2]))
		assert.Equal(t, [2]int64{r[3], r[4]}, [2]int64{m, e}, "bias %d", r[0])
	}
}

func TestQuantiseBiasNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.Int64Range(-524160, 524160).Draw(t, "b")
		m, e := QuantiseBias(b, 4095, 7)
		if m < -4095 || m > 4095 || e < 0 || e > 7 {
			t.Fatalf("%d -> %d, %d", b, m, e)
		}
		if d := b - m<<uint(e); d > 1<<uint(e)/2+0 && e > 0 || d < -(1<<uint(e)/2) && e > 0 || e == 0 && d != 0 {
			t.Fatalf("%d -> %d << %d, off by %d", b, m, e, d)
		}
	})
}

// TestReachIsStored checks that the largest mantissa that the scale pass aims
// at survives every quantiser unclipped, in both signs where the mode has both.
func TestReachIsStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := WeightCode{Width: 8, Bits: rapid.IntRange(2, 8).Draw(t, "bits"), Sign: Sign(rapid.IntRange(0, 2).Draw(t, "sign"))}
		q := rapid.SampledFrom([]string{RoundEvenSym, TowardZero, Floor}).Draw(t, "quantiser")
		r := float64(c.Reach())
		for _, w := range []float64{r, -r} {
			if c.Sign == Excitatory && w < 0 || c.Sign == Inhibitory && w > 0 {
				continue
			}
			m, clipped, err := QuantiseWeight(q, w, c)
			if err != nil || clipped || float64(m<<uint(c.Lsb())) != w {
				t.Fatalf("%s %+v: %g -> %d, clipped %v, %v", q, c, w, m, clipped, err)
			}
		}
	})
}

// TestNearestWeightIsNearest holds float weights, rounded for every quantiser,
// against the distance to their neighbours on the grid of stored mantissas.
func TestNearestWeightIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := WeightCode{Width: 8, Bits: rapid.IntRange(1, 8).Draw(t, "bits"), Sign: Sign(rapid.IntRange(0, 2).Draw(t, "sign"))}
		q := rapid.SampledFrom([]string{RoundEvenSym, TowardZero, Floor}).Draw(t, "quantiser")
		r := float64(c.Reach())
		lo, hi := -r, r
		switch c.Sign {
		case Excitatory:
			lo = 0
		case Inhibitory:
			hi = 0
		}
		w := rapid.Float64Range(lo, hi).Draw(t, "w")
		m, clipped, err := NearestWeight(q, w, c)
		step := float64(int64(1) << uint(c.Lsb()))
		if got := float64(m) * step; err != nil || clipped || math.Abs(got-w) > step/2 {
			t.Fatalf("%s %+v: %g -> %g of steps of %g, clipped %v, %v", q, c, w, got, step, clipped, err)
		}
	})
}

func TestNearestWeightTable(t *testing.T) {
	c := WeightCode{Width: 8, Bits: 8}
	for _, r := range []struct {
		q       string
		w       float64
		mant    int64
		clipped bool
	}{
		{Floor, 3, 2, false}, {Floor, -1, 0, false}, {Floor, -1.1, -1, false}, {Floor, 300, 127, true}, {Floor, -300, -128, true},
		{TowardZero, 3.9, 2, false}, {TowardZero, -3.9, -2, false}, {TowardZero, 254.9, 127, false}, {TowardZero, 255.1, 127, true},
		{RoundEvenSym, 3, 2, false}, {RoundEvenSym, 300, 127, true},
	} {
		m, clipped, err := NearestWeight(r.q, r.w, c)
		require.NoError(t, err)
		assert.Equal(t, r.mant, m, "%s %g", r.q, r.w)
		assert.Equal(t, r.clipped, clipped, "%s %g", r.q, r.w)
	}
	_, _, err := NearestWeight(Floor, math.NaN(), c)
	assert.Error(t, err)
	_, _, err = NearestWeight("no such", 1, c)
	assert.ErrorContains(t, err, "no such")
}
