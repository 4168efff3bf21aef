// Package science runs the integer experiments of the science set on the
// emulator: neurons and rules are microcode, and what is not on the chip (an
// environment, a teacher) is said at each experiment. Every experiment has a
// published result or a hash of its final state to be equal to, but the digits on
// chips without ticks, which are held against the same network computed without
// the machine.
package science

// Random numbers of the set: R(seed, a, b) of 64 bits, its upper 32 as u32.
func u32(seed, a, b uint64) uint32 {
	const g = 0x9e3779b97f4a7c15
	return uint32(mix(mix(seed+a*g)+b*g) >> 32)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// hash is FNV-1a of 64 bits over values as little-endian 32-bit words.
type hash uint64

func newHash() hash { return 0xcbf29ce484222325 }

func (h *hash) add(v int32) {
	for k := range 4 {
		*h = (*h ^ hash(byte(v>>(8*k)))) * 0x100000001b3
	}
}
