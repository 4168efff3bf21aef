package simd

// supported asks the processor for AVX2, and the
// system whether it saves the vector registers: Intel's manual, volume 1,
// section 14.3, wants all of OSXSAVE, XMM and YMM state, and AVX before AVX2.
func supported() bool {
	const osxsave, avx, avx2, xmmAndYmm = 1 << 27, 1 << 28, 1 << 5, 6
	last, _, _, _ := cpuid(0, 0)
	if last < 7 {
		return false
	}
	_, _, c, _ := cpuid(1, 0)
	if c&(osxsave|avx) != osxsave|avx || xgetbv()&xmmAndYmm != xmmAndYmm {
		return false
	}
	_, b, _, _ := cpuid(7, 0)
	return b&avx2 != 0
}
