package hdf5

import (
	"encoding/binary"
	"math/bits"
)

// lookup3 is Bob Jenkins' hash of that name with an initial value of zero,
// the checksum of all newer structures.
func lookup3(p []byte) uint32 {
	a := 0xdeadbeef + uint32(len(p))
	b, c := a, a
	if len(p) == 0 {
		return c
	}
	le := binary.LittleEndian.Uint32
	for len(p) > 12 {
		a, b, c = mix3(a+le(p), b+le(p[4:]), c+le(p[8:]))
		p = p[12:]
	}
	var t [12]byte
	copy(t[:], p)
	return final3(a+le(t[:]), b+le(t[4:]), c+le(t[8:]))
}

func mix3(a, b, c uint32) (uint32, uint32, uint32) {
	rot := bits.RotateLeft32
	a = (a - c) ^ rot(c, 4)
	c += b
	b = (b - a) ^ rot(a, 6)
	a += c
	c = (c - b) ^ rot(b, 8)
	b += a
	a = (a - c) ^ rot(c, 16)
	c += b
	b = (b - a) ^ rot(a, 19)
	a += c
	c = (c - b) ^ rot(b, 4)
	b += a
	return a, b, c
}

func final3(a, b, c uint32) uint32 {
	rot := bits.RotateLeft32
	c = (c ^ b) - rot(b, 14)
	a = (a ^ c) - rot(c, 11)
	b = (b ^ a) - rot(a, 25)
	c = (c ^ b) - rot(b, 16)
	a = (a ^ c) - rot(c, 4)
	b = (b ^ a) - rot(a, 14)
	return (c ^ b) - rot(b, 24)
}

// fletcher32 sums p as big-endian 16-bit words, a last odd byte as the high
// half of a word; both halves are sums modulo 65535.
func fletcher32(p []byte) uint32 {
	var s1, s2 uint64
	for len(p) > 0 {
		n := min(len(p), 2*360)
		for i := 0; i < n; i += 2 {
			w := uint64(p[i]) << 8
			if i+1 < n {
				w |= uint64(p[i+1])
			}
			s1 += w
			s2 += s1
		}
		p = p[n:]
		s1, s2 = fold16(s1), fold16(s2)
	}
	s1, s2 = fold16(s1), fold16(s2)
	return uint32(s2)<<16 | uint32(s1)
}

// fold16 reduces by adding the carries back (one's complement), so that a
// non-zero multiple of 65535 stays 65535 and does not become 0.
func fold16(s uint64) uint64 {
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return s
}
