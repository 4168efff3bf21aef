package fixed_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/isa/fixed"
)

var kinds = []fixed.Overflow{fixed.None, fixed.Wrap, fixed.Sat, fixed.Sym, fixed.SatU, fixed.WrapU}

func pow2(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }

// reference fits x to a layout in unbounded integers, by the words of the
// definition: clip to a range, or the one number of the range that equals x
// modulo 2^w.
func reference(l fixed.Layout, x int64) int64 {
	w := uint(l.Width)
	lo, hi := new(big.Int).Neg(pow2(31)), new(big.Int).Sub(pow2(31), big.NewInt(1))
	clip, mod := false, pow2(32)
	switch l.Over {
	case fixed.Wrap, fixed.Sat, fixed.Sym:
		lo.Neg(pow2(w - 1))
		hi.Sub(pow2(w-1), big.NewInt(1))
		if l.Over == fixed.Sym {
			lo.Neg(hi)
		}
		clip, mod = l.Over != fixed.Wrap, pow2(w)
	case fixed.SatU, fixed.WrapU:
		lo.SetInt64(0)
		hi.Sub(pow2(w), big.NewInt(1))
		clip, mod = l.Over == fixed.SatU, pow2(w)
	}
	v := big.NewInt(x)
	switch {
	case clip && v.Cmp(lo) < 0:
		v = lo
	case clip && v.Cmp(hi) > 0:
		v = hi
	case !clip:
		v.Sub(v, lo)
		v.Mod(v, mod) // Euclidean: 0 <= v < mod
		v.Add(v, lo)
	}
	return v.Int64()
}

// edges are numbers at which some width or shift changes its mind.
func edges() []int64 {
	out := []int64{0, math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1}
	for n := range uint(63) {
		for d := int64(-2); d <= 2; d++ {
			out = append(out, int64(1)<<n+d, -(int64(1)<<n)+d, 3<<n+d, -(3<<n)+d)
		}
	}
	return out
}

func layouts() []fixed.Layout {
	var out []fixed.Layout
	for _, k := range kinds {
		for w := range uint8(34) {
			if l := (fixed.Layout{Width: w, Over: k}); l.Valid() == nil {
				out = append(out, l)
			}
		}
	}
	return out
}

func TestApplyEdges(t *testing.T) {
	for _, l := range layouts() {
		for _, x := range edges() {
			if got, want := int64(l.Apply(x)), reference(l, x); got != want {
				t.Fatalf("%s %d of %d: have %d, need %d", l.Over, l.Width, x, got, want)
			}
		}
	}
}

func TestApplyRandom(t *testing.T) {
	all := layouts()
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom(all).Draw(t, "layout")
		x := rapid.Int64().Draw(t, "x")
		got := l.Apply(x)
		require.Equal(t, reference(l, x), int64(got))
		require.Equal(t, got, l.Apply(int64(got)), "a fitted value fits")
	})
}

// roundings pairs each shift with its definition on quotient and remainder.
var roundings = []struct {
	name string
	have func(int64, uint) int64
	need func(q, r, d *big.Int) *big.Int // floor quotient, remainder 0 <= r < d
}{
	{"floor", fixed.ShiftFloor, func(q, r, d *big.Int) *big.Int { return q }},
	{"zero", fixed.ShiftZero, func(q, r, d *big.Int) *big.Int {
		if q.Sign() < 0 && r.Sign() != 0 {
			return q.Add(q, big.NewInt(1))
		}
		return q
	}},
	{"half away", fixed.ShiftHalfAway, func(q, r, d *big.Int) *big.Int {
		c := new(big.Int).Lsh(r, 1).Cmp(d)
		if c > 0 || c == 0 && q.Sign() >= 0 {
			return q.Add(q, big.NewInt(1))
		}
		return q
	}},
}

func TestShiftEdges(t *testing.T) {
	for _, k := range roundings {
		for _, x := range edges() {
			for n := range uint(70) {
				d := pow2(n)
				q, r := new(big.Int).DivMod(big.NewInt(x), d, new(big.Int))
				if got, want := k.have(x, n), k.need(q, r, d).Int64(); got != want {
					t.Fatalf("%s: %d / 2^%d: have %d, need %d", k.name, x, n, got, want)
				}
			}
		}
	}
}

func TestShiftRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n := rapid.Int64().Draw(t, "x"), uint(rapid.IntRange(0, 66).Draw(t, "n"))
		d := pow2(n)
		for _, k := range roundings {
			q, r := new(big.Int).DivMod(big.NewInt(x), d, new(big.Int))
			require.Equal(t, k.need(q, r, d).Int64(), k.have(x, n), k.name)
		}
	})
}

func TestShift(t *testing.T) {
	for _, x := range edges() {
		for n := -70; n <= 70; n++ {
			want := big.NewInt(x)
			if n < 0 {
				want.Rsh(want, uint(-n)) // floor
			} else {
				want.Lsh(want, uint(n))
			}
			low := new(big.Int).And(want, new(big.Int).Sub(pow2(64), big.NewInt(1)))
			require.Equal(t, int64(low.Uint64()), fixed.Shift(x, n), "%d by %d", x, n)
		}
	}
}

func TestValid(t *testing.T) {
	for _, c := range []struct {
		l  fixed.Layout
		ok bool
	}{
		{fixed.Layout{}, true}, {fixed.Layout{Width: 200}, true},
		{fixed.Layout{Width: 0, Over: fixed.Wrap}, false}, {fixed.Layout{Width: 1, Over: fixed.Wrap}, true},
		{fixed.Layout{Width: 32, Over: fixed.Sym}, true}, {fixed.Layout{Width: 33, Over: fixed.Sat}, false},
		{fixed.Layout{Width: 31, Over: fixed.SatU}, true}, {fixed.Layout{Width: 32, Over: fixed.SatU}, false},
		{fixed.Layout{Width: 32, Over: fixed.WrapU}, false}, {fixed.Layout{Width: 8, Over: fixed.WrapU + 1}, false},
	} {
		require.Equal(t, c.ok, c.l.Valid() == nil, "%+v", c.l)
	}
}

// TestNoPanic: layouts that Valid refuses still give some number.
func TestNoPanic(t *testing.T) {
	for over := range 256 {
		for w := range 256 {
			l := fixed.Layout{Width: uint8(w), Over: fixed.Overflow(over)}
			require.NotPanics(t, func() { l.Apply(math.MinInt64); l.Apply(math.MaxInt64) })
		}
	}
}

func TestNames(t *testing.T) {
	for _, k := range kinds {
		back, err := fixed.ParseOverflow(k.String())
		require.NoError(t, err)
		require.Equal(t, k, back)
	}
	require.Equal(t, "overflow(6)", fixed.Overflow(6).String())
	_, err := fixed.ParseOverflow("clip")
	require.EqualError(t, err, `fixed: unknown overflow "clip", have none, wrap, sat, sym, satu, wrapu`)
}
