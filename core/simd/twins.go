package simd

import "hillock/isa/fixed"

func towardZero(x int64, sh uint) int64 { return (x + x>>63&(1<<sh-1)) >> sh }

func halfAway(x int64, sh uint) int64 { return fixed.ShiftHalfAway(x, sh) }

func sign(a int32) int64 {
	if a == 0 {
		return 0
	}
	return int64(a>>31 | 1)
}

func loadWrapGo(b *Block, s *Step, n int) {
	d, a, e, m := b.Rows[s.D][:n], b.Rows[s.A][:n], b.Rows[s.E][:n], b.Rows[s.M][:n]
	left, wrap, sh := uint(s.Left)&63, uint(s.Wrap)&63, uint(s.Sh)&63
	for i, x := range a {
		y := x << left >> wrap
		if y>>sh != x {
			b.Over++
		}
		d[i] = y
		m[i] = e[i] | y
	}
}

func loadClipGo(b *Block, s *Step, n int) {
	d, a, e, m := b.Rows[s.D][:n], b.Rows[s.A][:n], b.Rows[s.E][:n], b.Rows[s.M][:n]
	for i, x := range a {
		y := min(max(x, s.Lo), s.Hi)
		if y != x {
			b.Over++
		}
		d[i] = y
		m[i] = e[i] | y
	}
}

func commitGo(b *Block, s *Step, n int) {
	d, a, e, m := b.Rows[s.D][:n], b.Rows[s.A][:n], b.Rows[s.E][:n], b.Rows[s.M][:n]
	for i, x := range a {
		m[i] = e[i] | (x ^ d[i])
		d[i] = x
	}
}

func finishGo(b *Block, s *Step, n int) {
	a, o := b.Rows[s.A][:n], b.Rows[s.B][:n]
	clear(b.Fired[:(n+7)/8])
	for i := range a {
		if o[i] != 0 {
			b.Fired[i/8] |= 1 << (i % 8)
		}
		if a[i]|o[i] != 0 {
			b.Active++
		}
	}
}
