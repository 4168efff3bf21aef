package core

import "fmt"

// Generator is a random generator that a core steps through: every draw of its
// programs is the next number, compartments ascending, each in program order.
// Without one, draws are a function of seed, compartment and tick.
type Generator uint8

// The generators.
const (
	Numbered Generator = iota // none: a NoiseSource
	// Kiss64 is Marsaglia's generator of period 2^124 from a linear congruence,
	// a shift register and a multiply-with-carry, 32 bits at a time, in the form
	// of spinn_common 1e3a090, random.c.
	Kiss64
)

// NumSeeds is the number of words of a generator's state.
const NumSeeds = 4

// The congruence and the multiplier of Kiss64; a carry stays below kissCarry.
const (
	kissFactor   = 314527869
	kissTerm     = 1234567
	kissMultiple = 4294584393
	kissCarry    = 698769068
	kissShift    = 13031301 // what stands for a shift register of 0
)

// start is the state that a seed gives: a shift register of 0 and a carry that
// is too large would shorten the period.
func (g Generator) start(seed [NumSeeds]uint32) [NumSeeds]uint32 {
	if g != Kiss64 {
		return [NumSeeds]uint32{}
	}
	if seed[1] == 0 {
		seed[1] = kissShift
	}
	seed[3] = seed[3]%kissCarry + 1
	return seed
}

// next is the next 32 bits.
func (g Generator) next(s *[NumSeeds]uint32) uint32 {
	s[0] = kissFactor*s[0] + kissTerm
	s[1] ^= s[1] << 5
	s[1] ^= s[1] >> 7
	s[1] ^= s[1] << 22
	t := kissMultiple*uint64(s[2]) + uint64(s[3])
	s[2], s[3] = uint32(t), uint32(t>>32)
	return s[0] + s[1] + s[2]
}

// checkGenerator verifies a kind of generator and that it has no seed if there
// is none.
func (img *Image) checkGenerator() error {
	switch {
	case img.Generator > Kiss64:
		return fmt.Errorf("core: generator %d, need 0..%d", img.Generator, Kiss64)
	case img.Generator == Numbered && img.Seed != [NumSeeds]uint32{}:
		return fmt.Errorf("core: seed %v without a generator", img.Seed)
	}
	return nil
}

// draw is draw k of a compartment in this tick, in the range of f: of a
// generator the high bits of its next number.
func (c *Core) draw(comp int32, k int, f DrawFormat) int32 {
	if c.Image.Generator == Numbered {
		return c.Noise(comp, c.State.Tick, k, f)
	}
	span := uint64(int64(f.Hi)-int64(f.Lo)) + 1 // at most 2^32
	high := uint64(c.Image.Generator.next(&c.State.Rand)) * span >> 32
	return int32(int64(f.Lo) + int64(high))
}
