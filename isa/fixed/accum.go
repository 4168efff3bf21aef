package fixed

import "math"

// The numbers of ISO/IEC TR 18037 as the ARM compilers have them: an accum is a
// signed number with 15 fraction bits in 32 bits, a fract an unsigned one with 32
// fraction bits. Their arithmetic here is what GCC generates for ARMv5 and what
// the library spinn_common (1e3a090) computes; checked by running both.

// AccumBits is the number of fraction bits of an accum.
const AccumBits = 15

// MulAccum is the product of two accums, rounded to minus infinity; it wraps.
func MulAccum(a, b int32) int32 { return int32(int64(a) * int64(b) >> AccumBits) }

// DivAccum is the quotient of two accums. The library extends the sign and
// divides without one: only quotients of numbers that are not negative mean
// what they should. A division by 0 gives 0, which the library does not define.
func DivAccum(a, b int32) int32 {
	if b == 0 {
		return 0
	}
	return int32(uint64(int64(a)) << AccumBits / uint64(int64(b)))
}

// Arguments of the exponential above expTop do not fit an accum, those below
// expLow give less than it can hold.
const (
	expTop = 363408
	expLow = -340695
)

// ExpAccum is e^x of an accum as an accum, cut off; the largest accum above
// its range.
func ExpAccum(x int32) int32 {
	switch {
	case x > expTop:
		return math.MaxInt32
	case x < expLow:
		return 0
	}
	return int32(exp64(x) >> (32 - AccumBits))
}

// ExpFract is e^x of an accum as a fract, for x below 0. e^0 does not fit: its
// low 32 bits are 0. Above the range of ExpAccum it is 2^31-1, as in the library.
func ExpFract(x int32) uint32 {
	switch {
	case x > expTop:
		return math.MaxInt32
	case x < expLow:
		return 0
	}
	return uint32(exp64(x))
}

// expWhole[z+13] is e^z in units of 2^-32, rounded to the nearest.
var expWhole = [...]uint64{
	9708, 26389, 71733, 194991, 530041, 1440801, 3916503, 10646160, 28939262, 78665070, 213833830, 581260615,
	1580030169, 4294967296, 11674931555, 31735754293, 86266724208, 234497268814, 637429664642, 1732713474316,
	4710003551159, 12803117065094, 34802480465680, 94602950235157, 257157480542844, 699026506411923,
}

// expSixteenth[i] is 1 - e^(-i/16) in units of 2^-32, rounded to the nearest.
var expSixteenth = [...]uint32{
	0, 260218914, 504671961, 734314346, 950043403, 1152702096, 1343082321, 1521927990,
	1689937949, 1847768698, 1996036966, 2135322113, 2266168400, 2389087112, 2504558555, 2613033936,
}

// exp64 is e^x in units of 2^-32: the next whole power, less sixteenths, less a
// polynomial of second degree for the rest.
func exp64(x int32) uint64 {
	whole, rest := int(x>>AccumBits), uint32(x)&(1<<AccumBits-1)
	if rest == 0 {
		return expWhole[whole+13]
	}
	rest = 1<<AccumBits - rest
	t := expWhole[whole+14]
	t -= scale64(t, expSixteenth[rest>>11])
	low := uint64(rest&(1<<11-1)) << 17
	y := (4293434720-2081624032*low>>32)*low>>32 + 5294
	return t - scale64(t, uint32(y))
}

// scale64 is x*y/2^32; the low part is rounded up from 2^31-1 on.
func scale64(x uint64, y uint32) uint64 {
	low := uint64(uint32(x)) * uint64(y)
	up := uint64(0)
	if uint32(low) >= math.MaxInt32 {
		up = 1
	}
	return low>>32 + up + x>>32*uint64(y)
}
