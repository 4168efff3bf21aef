// Package fixed holds the integer formats of chip registers: width, overflow
// and rounding. Every engine and every pass uses these functions, so that one
// word has one meaning everywhere.
package fixed

import (
	"fmt"
	"math"
)

// Overflow says what a register does with a value that does not fit it.
type Overflow uint8

// The overflow behaviours found on public chips.
const (
	None  Overflow = iota // no register limit: the value keeps its low 32 bits
	Wrap                  // two's complement wrap to the width
	Sat                   // clip to [-2^(w-1), 2^(w-1)-1]
	Sym                   // clip to +/-(2^(w-1)-1)
	SatU                  // clip to [0, 2^w-1]
	WrapU                 // keep the low w bits as an unsigned number
)

var overflowNames = [...]string{"none", "wrap", "sat", "sym", "satu", "wrapu"}

// String returns the name used in chip descriptions.
func (o Overflow) String() string {
	if int(o) < len(overflowNames) {
		return overflowNames[o]
	}
	return fmt.Sprintf("overflow(%d)", uint8(o))
}

// ParseOverflow is the inverse of String.
func ParseOverflow(s string) (Overflow, error) {
	for i, n := range overflowNames {
		if n == s {
			return Overflow(i), nil
		}
	}
	return 0, fmt.Errorf("fixed: unknown overflow %q, have none, wrap, sat, sym, satu, wrapu", s)
}

// Layout is the format of one register: its width in bits, 1..32 (0 = 32, no
// limit), and its overflow behaviour.
type Layout struct {
	Width uint8
	Over  Overflow
}

// Apply fits x to the layout.
func (l Layout) Apply(x int64) int32 {
	switch l.Over {
	case Wrap:
		s := 64 - uint(l.Width)
		return int32(x << s >> s)
	case Sat:
		return int32(clip(x, -(1 << (l.Width - 1)), 1<<(l.Width-1)-1))
	case Sym:
		return int32(clip(x, -(1<<(l.Width-1) - 1), 1<<(l.Width-1)-1))
	case SatU:
		return int32(clip(x, 0, 1<<l.Width-1))
	case WrapU:
		return int32(x & (1<<l.Width - 1))
	}
	return int32(x)
}

// Bounds are the ends of a layout that clips, beyond which it changes a number;
// false for the others.
func (l Layout) Bounds() (clips bool, lo, hi int64) {
	switch l.Over {
	case Sat, Sym, SatU:
		return true, int64(l.Apply(math.MinInt64)), int64(l.Apply(math.MaxInt64))
	}
	return false, 0, 0
}

// Valid reports an unknown overflow kind or a width that the kind cannot hold
// in an int32.
func (l Layout) Valid() error {
	if l.Over > WrapU {
		return fmt.Errorf("fixed: unknown overflow %d, need 0..%d", uint8(l.Over), uint8(WrapU))
	}
	limit := uint8(32)
	if l.Over == SatU || l.Over == WrapU {
		limit = 31
	}
	if l.Over != None && (l.Width < 1 || l.Width > limit) {
		return fmt.Errorf("fixed: width %d with overflow %s, need 1..%d", l.Width, l.Over, limit)
	}
	return nil
}

func clip(x, lo, hi int64) int64 { return min(max(x, lo), hi) }

// ShiftFloor is the arithmetic right shift (rounding to minus infinity).
func ShiftFloor(x int64, n uint) int64 { return x >> n }

// ShiftZero divides by 2^n and rounds toward zero. It is exact for every x
// and n.
func ShiftZero(x int64, n uint) int64 {
	q := int64(magnitude(x) >> n)
	if x < 0 {
		return -q
	}
	return q
}

// ShiftHalfAway divides by 2^n and rounds half away from zero: the highest
// bit that falls off rounds the magnitude up. It is exact for every x and n.
func ShiftHalfAway(x int64, n uint) int64 {
	if n == 0 {
		return x
	}
	m := magnitude(x)
	q := int64(m>>n + m>>(n-1)&1)
	if x < 0 {
		return -q
	}
	return q
}

// magnitude is |x|, also for the smallest int64.
func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// Shift is x*2^n for positive n and the floor of x/2^-n for negative n.
func Shift(x int64, n int) int64 {
	if n < 0 {
		return x >> uint(-n)
	}
	return x << uint(n)
}
