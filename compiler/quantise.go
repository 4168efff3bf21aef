package compiler

import (
	"fmt"
	"math"

	"hillock/core"
	"hillock/isa/fixed"
)

// Sign is the sign mode of a stored weight.
type Sign uint8

// The sign modes. A mixed weight spends one stored bit on its sign.
const (
	Mixed Sign = iota
	Excitatory
	Inhibitory
)

// The names of the weight quantisers that a family can choose.
const (
	RoundEvenSym = "round-even-sym" // nearest, ties to even, symmetric clip
	TowardZero   = "toward-zero"    // bits below the stored ones are cut off the magnitude
	Floor        = "floor"          // clip to the legal range, then arithmetic shift
)

// WeightCode says how a weight of Width magnitude bits is stored: in Bits
// bits, one of them the sign if Sign is Mixed, and with exponent Exp.
type WeightCode struct {
	Width  int // magnitude bits of a full mantissa, 1..15
	Bits   int // stored bits, 1..Width
	Sign   Sign
	Exp    int
	Lo, Hi int64 // legal full mantissas (quantiser floor), both 0 = -2^Width..2^Width-1
}

// Lsb is the number of low bits that are not stored.
func (c WeightCode) Lsb() int {
	n := c.Width - c.Bits
	if c.Sign == Mixed {
		n++
	}
	return n
}

// Format is the core's view of the code. scale is the family's fixed left
// shift, clip its limit on one contribution (0 = none).
func (c WeightCode) Format(scale int, clip int64) core.Format {
	return core.Format{Lsb: c.Lsb(), Exp: c.Exp, Scale: scale, Clip: clip}
}

// bounds is the legal range of a full mantissa.
func (c WeightCode) bounds() (lo, hi int64) {
	lo, hi = c.Lo, c.Hi
	if lo == 0 && hi == 0 {
		lo, hi = -(1 << c.Width), 1<<c.Width-1
	}
	if c.Sign == Excitatory {
		lo = 0
	}
	if c.Sign == Inhibitory {
		hi = 0
	}
	return lo, hi
}

// Reach is the largest full mantissa whose both signs the code can store.
func (c WeightCode) Reach() int64 {
	lsb := c.Lsb()
	m := int64(1)<<max(c.Width-lsb, 0) - 1
	lo, hi := c.bounds()
	top := hi
	switch c.Sign {
	case Mixed:
		top = min(-lo, hi)
	case Inhibitory:
		top = -lo
	}
	return min(m<<lsb, top>>lsb<<lsb)
}

// QuantiseWeight turns a full mantissa w (in units of 2^(scale+Exp)) into the
// stored one by the named quantiser, and says whether w was out of range.
// One event of the stored mantissa contributes c.Format(scale,
// clip).Contribution(mant).
func QuantiseWeight(quantiser string, w float64, c WeightCode) (mant int64, clipped bool, err error) {
	lsb := c.Lsb()
	if c.Width < 1 || c.Width > 16 || c.Bits < 0 || lsb < 0 || lsb > 16 || c.Exp < -24 || c.Exp > 24 {
		return 0, false, fmt.Errorf("compiler: weight code %d of %d bits, exponent %d: need width 1..16, bits 0..width, exponent -24..24", c.Bits, c.Width, c.Exp)
	}
	if math.IsNaN(w) || math.Abs(w) > 1<<40 {
		return 0, false, fmt.Errorf("compiler: weight %g, need a number within +/-2^40", w)
	}
	switch quantiser {
	case RoundEvenSym:
		mant, clipped = roundEvenSym(w, lsb, c)
	case TowardZero:
		mant, clipped = towardZero(w, lsb, c)
	case Floor:
		mant, clipped = floorMant(w, lsb, c)
	default:
		return 0, false, fmt.Errorf("compiler: weight quantiser %q, have %s, %s, %s", quantiser, RoundEvenSym, TowardZero, Floor)
	}
	return mant, clipped, nil
}

// NearestWeight is QuantiseWeight for a weight that was never a whole mantissa:
// a quantiser that cuts bits off gets the nearest mantissa that has none of
// them, ties to even, so that it does not bias the weights.
func NearestWeight(quantiser string, w float64, c WeightCode) (mant int64, clipped bool, err error) {
	if quantiser == TowardZero || quantiser == Floor {
		lsb := c.Lsb()
		w = math.Ldexp(math.RoundToEven(math.Ldexp(w, -lsb)), lsb)
	}
	return QuantiseWeight(quantiser, w, c)
}

// roundEvenSym rounds to nearest even in the stored unit. Where the exponent
// drops stored bits, it rounds once more in the unit that survives, so that
// the chip's shift loses nothing.
func roundEvenSym(w float64, lsb int, c WeightCode) (int64, bool) {
	m := float64(int64(1)<<max(c.Width-lsb, 0) - 1)
	k := math.RoundToEven(math.Ldexp(w, -lsb))
	clipped := math.Abs(k) > m
	k = math.Min(math.Max(k, -m), m)
	if s := lsb + c.Exp; s < 0 {
		k = math.Trunc(math.Ldexp(math.RoundToEven(math.Ldexp(k, s)), -s))
		k = math.Min(math.Max(k, -m), m)
	}
	return oneSided(int64(k), clipped, c)
}

// towardZero cuts the bits that are not stored off the magnitude.
func towardZero(w float64, lsb int, c WeightCode) (int64, bool) {
	lo, hi := c.bounds()
	x := int64(math.Trunc(w))
	y := min(max(x, lo), hi)
	return fixed.ShiftZero(y, uint(lsb)), x != y
}

// floorMant clips and shifts arithmetically. An inhibitory weight is stored
// as a magnitude of Width bits, so its shift cuts toward zero.
func floorMant(w float64, lsb int, c WeightCode) (int64, bool) {
	lo, hi := c.bounds()
	if c.Sign == Inhibitory {
		lo = max(lo, 1-1<<c.Width)
		x := int64(math.Trunc(w))
		y := min(max(x, lo), hi)
		return fixed.ShiftZero(y, uint(lsb)), x != y
	}
	x := int64(math.Floor(w))
	y := min(max(x, lo), hi)
	return fixed.ShiftFloor(y, uint(lsb)), x != y
}

func oneSided(k int64, clipped bool, c WeightCode) (int64, bool) {
	if c.Sign == Excitatory && k < 0 || c.Sign == Inhibitory && k > 0 {
		return 0, true
	}
	return k, clipped
}

// QuantiseBias writes b as mant << exp: the smallest exponent of 0..expMax at
// which the magnitude fits mantMax, then the nearest mantissa, ties to even. A
// value beyond mantMax << expMax saturates.
func QuantiseBias(b int64, mantMax int64, expMax int) (mant, exp int64) {
	if mantMax < 1 || expMax < 0 || b == 0 {
		return 0, 0
	}
	neg := b < 0
	mag := uint64(b)
	if neg {
		mag = -mag
	}
	for e := uint(0); e <= uint(min(expMax, 62)); e++ {
		exp = int64(e)
		// |b| <= mantMax * 2^e without overflow of the product
		q, rest := mag>>e, mag&(1<<e-1)
		if q > uint64(mantMax) || q == uint64(mantMax) && rest != 0 {
			continue
		}
		half := uint64(0)
		if e > 0 {
			half = 1 << (e - 1)
		}
		if e > 0 && (rest > half || rest == half && q&1 == 1) {
			q++
		}
		return signed(int64(q), neg), exp
	}
	return signed(mantMax, neg), exp
}

func signed(m int64, neg bool) int64 {
	if neg {
		return -m
	}
	return m
}
