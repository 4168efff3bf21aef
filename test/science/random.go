// Package science runs published experiments on the emulator: what a paper's
// network does in its own words, as microcode, weights and spikes of a machine.
package science

import "hash/fnv"

// golden is 2^64 divided by the golden ratio, the step of SplitMix64 (Steele
// et al. 2014), whose finaliser is mix.
const golden = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// random32 is the 32-bit random number of a seed at two places: a function, so
// that any order of asking gives the same numbers.
func random32(seed, a, b uint64) uint32 {
	return uint32(mix(mix(seed+a*golden)+b*golden) >> 32)
}

// hash32 is FNV-1a (64 bits) over values as 32-bit words, low byte first.
func hash32(values []int32) uint64 {
	h := fnv.New64a()
	for _, v := range values {
		_, _ = h.Write([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
	}
	return h.Sum64()
}
