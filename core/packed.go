package core

import (
	"encoding/binary"
	"slices"
)

// Packed is synapse lists in about a third of the memory of Image.Syn, exact
// and in the same order. It stores byte codes: what follows from the synapse
// before is not stored. It does not change.
type Packed struct {
	n, comps int
	at       []uint32 // where each run of packedRun synapses starts in codes
	codes    []byte
}

// packedRun synapses are coded one after the other; a run starts from a synapse
// of zeros, so that lists can be read without what is before their run.
const packedRun = 64

// The first byte of a code. A smaller one is the distance to the last target
// modulo compartments, before 8 bits of mantissa; the delay is the last one.
const (
	packedTarget = 254 // target (16 bits), mantissa (8 bits); the delay is the last one
	packedAll    = 255 // target (16 bits), delay (8 bits), mantissa (16 bits)
)

// synapseBytes is the size of a Synapse in memory.
const synapseBytes = 6

// Pack stores the synapses in Packed and leaves Syn nil, if that takes less
// memory. Nothing that the image means changes, but who reads Syn finds none;
// List and Synapses serve both. Nobody else may use the image meanwhile.
func (img *Image) Pack() {
	if img.Packed != nil || len(img.Syn) == 0 || len(img.Syn) > maxListed {
		return
	}
	p := &Packed{n: len(img.Syn), comps: max(img.N, 1), at: make([]uint32, 0, (len(img.Syn)+packedRun-1)/packedRun)}
	codes := make([]byte, 0, 9*len(img.Syn)/4)
	for run := range slices.Chunk(img.Syn, packedRun) {
		p.at = append(p.at, uint32(len(codes)))
		codes = p.code(codes, run)
	}
	if len(codes)+4*len(p.at) < synapseBytes*len(img.Syn) {
		p.codes = slices.Clip(append(make([]byte, 0, len(codes)), codes...))
		img.Packed, img.Syn = p, nil
	}
}

// Unpack is the opposite of Pack.
func (img *Image) Unpack() {
	if img.Packed != nil {
		img.Syn = img.List(0, uint32(img.Packed.n), make([]Synapse, 0, img.Packed.n))
		img.Packed = nil
	}
}

// code appends the codes of a run.
func (p *Packed) code(b []byte, run []Synapse) []byte {
	var last Synapse
	for _, s := range run {
		gap := int(s.Target) - int(last.Target)
		if gap < 0 {
			gap += p.comps
		}
		short := s.Delay == last.Delay && int16(int8(s.Mant)) == s.Mant
		switch {
		case short && gap >= 0 && gap < packedTarget && p.step(last.Target, gap) == s.Target:
			b = append(b, byte(gap), byte(s.Mant))
		case short:
			b = append(binary.LittleEndian.AppendUint16(append(b, packedTarget), s.Target), byte(s.Mant))
		default:
			b = append(binary.LittleEndian.AppendUint16(append(b, packedAll), s.Target), s.Delay)
			b = binary.LittleEndian.AppendUint16(b, uint16(s.Mant))
		}
		last = s
	}
	return b
}

// step is the target at a distance behind another.
func (p *Packed) step(from uint16, gap int) uint16 {
	to := int(from) + gap
	if to >= p.comps {
		to -= p.comps
	}
	return uint16(to)
}

// next reads a code that names its target into s, which holds the synapse
// before, and gives what follows.
func next(b []byte, s *Synapse) []byte {
	s.Target = binary.LittleEndian.Uint16(b[1:])
	if b[0] == packedTarget {
		s.Mant = int16(int8(b[3]))
		return b[4:]
	}
	s.Delay, s.Mant = b[3], int16(binary.LittleEndian.Uint16(b[4:]))
	return b[6:]
}

// Synapses is the number of synapses that lists hold.
func (img *Image) Synapses() int {
	if img.Packed != nil {
		return img.Packed.n
	}
	return len(img.Syn)
}

// List gives synapses off..off+n-1, which must be below Synapses: of Syn itself,
// or in buf, which grows as needed, if they are packed. Callers do not change
// them.
func (img *Image) List(off, n uint32, buf []Synapse) []Synapse {
	p := img.Packed
	if p == nil {
		return img.Syn[off : off+n]
	}
	if buf = buf[:0]; n == 0 {
		return buf
	}
	var s Synapse
	first := off / packedRun * packedRun
	b, skip := p.codes[p.at[first/packedRun]:], off-first
	for i := range skip + n {
		if i%packedRun == 0 {
			s = Synapse{}
		}
		if k := b[0]; k < packedTarget {
			s.Target, s.Mant, b = p.step(s.Target, int(k)), int16(int8(b[1])), b[2:]
		} else {
			b = next(b, &s)
		}
		if i >= skip {
			buf = append(buf, s)
		}
	}
	return buf
}

// EachPart visits all synapses in order, a part at a time; off is the number of the
// first. A false answer ends it.
func (img *Image) EachPart(visit func(off uint32, part []Synapse) bool) {
	if img.Packed == nil {
		visit(0, img.Syn)
		return
	}
	buf, all := make([]Synapse, 0, packedRun), uint32(img.Packed.n)
	for off := uint32(0); off < all; off += packedRun {
		if !visit(off, img.List(off, min(packedRun, all-off), buf)) {
			return
		}
	}
}
