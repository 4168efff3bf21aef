package graph

import "math/bits"

// Ticks is the length of the window of one value in an exact code: the ticks
// in which its spikes lie.
func (c Code) Ticks(levels int) int {
	switch c {
	case TTFS:
		return max(levels, 1)
	case BitSerial:
		return max(bits.Len(uint(max(levels, 0))), 1)
	}
	return 1
}

// Spike is the payload of the spike that a value 0..levels sends at a tick of
// its window, 0 for none. See Graded, TTFS and BitSerial.
func (c Code) Spike(value, levels, tick int) int {
	switch {
	case value <= 0 || tick < 0:
		return 0
	case c == Graded && tick == 0:
		return value
	case c == TTFS && tick == levels-value:
		return 1
	case c == BitSerial && tick < c.Ticks(levels):
		return value >> (c.Ticks(levels) - 1 - tick) & 1
	}
	return 0
}

// String is the name of the code on the command line and in descriptions.
func (c Code) String() string {
	return [...]string{"rate", "graded", "ttfs", "bit-serial"}[min(c, BitSerial)]
}
