package fixed

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The exponential is near the real one wherever it fits, and exact at the
// edges that the library has.
func TestExpAccum(t *testing.T) {
	for x := int32(expLow); x <= expTop; x += 37 {
		want := math.Exp(float64(x) / (1 << AccumBits))
		require.InDelta(t, want*(1<<AccumBits), float64(ExpAccum(x)), 1.001+want*(1<<AccumBits)*3e-6, x)
		if x < 0 {
			require.InDelta(t, want, float64(ExpFract(x))/(1<<32), 1e-9+want*3e-6, x)
		}
	}
	for x, want := range map[int32]int32{0: 32768, 1: 32769, -1: 32766, 32768: 89072, -32768: 12054, 363407: 2147368115,
		expTop + 1: math.MaxInt32, math.MaxInt32: math.MaxInt32, expLow - 1: 0, math.MinInt32: 0} {
		require.Equal(t, want, ExpAccum(x), x)
	}
	for x, want := range map[int32]uint32{0: 0, -1: 4294830979, -32768: 1580030169, expLow: 131075, expLow - 1: 0, expTop + 1: math.MaxInt32} {
		require.Equal(t, want, ExpFract(x), x)
	}
}

func TestAccumArithmetic(t *testing.T) {
	require.EqualValues(t, -1, MulAccum(-1, 1), "floor")
	require.EqualValues(t, math.MinInt32, MulAccum(1<<30, 1<<16), "wraps")
	require.EqualValues(t, 10922, DivAccum(1<<15, 3<<15))
	require.EqualValues(t, 0, DivAccum(5, 0))
}

func TestBounds(t *testing.T) {
	for over, want := range map[Overflow][2]int64{Sat: {-8, 7}, Sym: {-7, 7}, SatU: {0, 15}} {
		clips, lo, hi := Layout{Width: 4, Over: over}.Bounds()
		require.True(t, clips, over)
		require.Equal(t, want, [2]int64{lo, hi}, over)
	}
	for _, over := range []Overflow{None, Wrap, WrapU} {
		clips, _, _ := Layout{Width: 4, Over: over}.Bounds()
		require.False(t, clips, over)
	}
}
