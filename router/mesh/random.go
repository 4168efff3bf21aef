package mesh

import (
	"math"
	"math/bits"
)

// The random streams. Each number is a function of seed, stream, node and
// place in the stream, so nothing depends on the order of evaluation.
const (
	streamGap uint64 = iota + 1
	streamTarget
	streamSubnet
	streamDrop
	streamFault
)

// mix is a random number of 64 bits: two rounds of the finaliser of splitmix64
// (Steele, Lea, Flood, OOPSLA 2014) over a sum of odd multiples of its
// arguments.
func mix(seed, node, place, stream uint64) uint64 {
	z := finish(seed + stream*0x9e3779b97f4a7c15 + node*0xd1342543de82ef95)
	return finish(z + place*0xda942042e4dd58b5 + 0x9e3779b97f4a7c15)
}

func finish(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below maps a random number to 0..n-1.
func below(r, n uint64) uint64 {
	hi, _ := bits.Mul64(r, n)
	return hi
}

// gaps is the distribution of the cycles from one packet to the next when each
// cycle has one with the same probability: survive[k] is the probability, in
// 64-bit fixed point, that the first k+1 cycles have none.
type gaps struct {
	always  bool
	survive []uint64
	from    [256]uint16 // by the top byte of a random number: entries certainly above it
}

// gapTable is the number of cycles that one draw can decide.
const gapTable = 512

// newGaps is the distribution for a rate of 0 < rate <= 1 packets per cycle.
func newGaps(rate float64) gaps {
	if rate >= 1 {
		return gaps{always: true}
	}
	q := -uint64(math.Ldexp(rate, 64)) // 2^64 (1 - rate)
	g := gaps{survive: make([]uint64, 0, gapTable)}
	for s := q; len(g.survive) < gapTable && s > 0; s, _ = bits.Mul64(s, q) {
		g.survive = append(g.survive, s)
	}
	for b := range g.from {
		for n := int(g.from[b]); n < len(g.survive) && g.survive[n]>>56 > uint64(b); n++ {
			g.from[b] = uint16(n + 1)
		}
	}
	return g
}

// draw is the next gap of a node, at least 1.
func (g *gaps) draw(seed, node uint64, place *uint64) int64 {
	if g.always {
		return 1
	}
	for n := int64(0); ; n += int64(len(g.survive)) {
		u := mix(seed, node, *place, streamGap)
		*place++
		// The gap is 1 + the number of entries above u.
		lo := int(g.from[u>>56])
		for lo < len(g.survive) && g.survive[lo] > u {
			lo++
		}
		if lo < len(g.survive) || len(g.survive) < gapTable {
			return n + 1 + int64(lo)
		}
	}
}
