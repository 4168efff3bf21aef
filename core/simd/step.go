package simd

import "hillock/isa/fixed"

// Range is the range of a layout that clips; both ends are 0 for others.
func Range(l fixed.Layout) (lo, hi int32) {
	switch l.Over {
	case fixed.Sat, fixed.Sym, fixed.SatU:
		const far = 1 << 40
		return l.Apply(-far), l.Apply(far)
	}
	return 0, 0
}

// SetShift sets what an operation with a shift of 0..31 needs; half = it rounds
// half away from zero.
func (s *Step) SetShift(sh int32, half bool) {
	s.Sh, s.Left, s.Less, s.Top = sh, 32-sh, sh-1, 1<<(63-uint(sh))
	s.Bias, s.Half = 1<<uint(sh)-1, 0
	if half {
		s.Bias = 0
		if sh > 0 {
			s.Bias, s.Half = -1, 1<<uint(sh-1)
		}
	}
}

// SetLayout makes results fit a layout and gives the mode that does so.
func (s *Step) SetLayout(l fixed.Layout) Mode {
	switch l.Over {
	case fixed.Wrap:
		s.Wrap = 32 - int32(l.Width)
		return Wrap
	case fixed.WrapU:
		s.Keep = 1<<l.Width - 1
		return Keep
	case fixed.Sat, fixed.Sym, fixed.SatU:
		s.Lo, s.Hi = Range(l)
		return Clamp
	}
	return Low
}
