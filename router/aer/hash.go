package aer

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
)

// Hasher computes the trace hash of a run as it goes: the first 128 bits of
// SHA-256, in hex, over the spikes sorted by tick, population name (as bytes),
// index and payload. Per spike the digest reads
//
//	tick     64-bit two's complement, little-endian
//	length   of the population's name in bytes, 32 bits, little-endian
//	name     of the population
//	index    32-bit two's complement, little-endian
//	payload  32-bit two's complement, little-endian
//
// so it depends neither on the order of the population table nor on the order
// in which a tick's spikes arrive. No spikes give the digest of no bytes. A
// spike outside the population table counts under the empty name.
type Hasher struct {
	sum    hash.Hash
	prefix [][]byte // per population: length and name, ready to hash
	rank   []int32
	last   int64
	begun  bool
	broken bool
	wait   []keyed // spikes of tick last, not hashed yet
	buf    []byte
	room   []byte
}

// keyed is a spike of one tick with its place in canonical order.
type keyed struct {
	at      uint64 // rank+1 in the upper half, index with the sign flipped below
	payload int32
	pop     int32
}

// hashChunk is how many bytes are collected before they are hashed.
const hashChunk = 1 << 14

// NewHasher makes a hasher for spikes whose Pop indexes pops.
func NewHasher(pops []string) *Hasher {
	h := &Hasher{sum: sha256.New(), rank: ranks(pops), buf: make([]byte, 0, hashChunk)}
	h.prefix = append(h.prefix, binary.LittleEndian.AppendUint32(nil, 0))
	for _, p := range pops {
		h.prefix = append(h.prefix, append(binary.LittleEndian.AppendUint32(nil, uint32(len(p))), p...))
	}
	return h
}

// Tick adds the spikes of tick t, in any order; their own Tick is not read, and
// the slice is left as it is. Ticks must not decrease (one tick may come in
// several calls); if they do, Sum is empty from then on. After warm-up Tick
// does not allocate.
func (h *Hasher) Tick(t int64, spikes []Spike) {
	if len(spikes) == 0 {
		return
	}
	if h.begun && t != h.last {
		h.broken = h.broken || t < h.last
		h.flush(h.sum)
		h.wait = h.wait[:0]
	}
	h.begun, h.last = true, t
	for _, s := range spikes {
		k := keyed{at: uint64(uint32(s.Index) ^ 1<<31), payload: s.Payload, pop: -1}
		if s.Pop >= 0 && int(s.Pop) < len(h.rank) {
			k.pop = s.Pop
			k.at |= uint64(h.rank[s.Pop]+1) << 32
		}
		h.wait = append(h.wait, k)
	}
}

func compareKeyed(a, b keyed) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Compare(a.payload, b.payload)
}

// flush hashes the waiting spikes of tick last into sum.
func (h *Hasher) flush(sum hash.Hash) {
	if !slices.IsSortedFunc(h.wait, compareKeyed) {
		slices.SortFunc(h.wait, compareKeyed)
	}
	for _, k := range h.wait {
		h.buf = binary.LittleEndian.AppendUint64(h.buf, uint64(h.last))
		h.buf = append(h.buf, h.prefix[k.pop+1]...)
		h.buf = binary.LittleEndian.AppendUint32(h.buf, uint32(k.at)^1<<31)
		h.buf = binary.LittleEndian.AppendUint32(h.buf, uint32(k.payload))
		if len(h.buf) >= hashChunk/2 {
			sum.Write(h.buf)
			h.buf = h.buf[:0]
		}
	}
	sum.Write(h.buf)
	h.buf = h.buf[:0]
}

// Sum is the trace hash of all spikes so far: 32 hex digits, or nothing if
// ticks came out of order. It may be asked at any time.
func (h *Hasher) Sum() string {
	if h.broken {
		return ""
	}
	// A digest of this package can always be copied; the copy takes the tick
	// that may still grow.
	whole, err := h.sum.(hash.Cloner).Clone()
	if err != nil {
		return ""
	}
	h.flush(whole)
	return hex.EncodeToString(whole.Sum(h.room[:0])[:16])
}

// hashSorted hashes spikes whose ticks do not decrease.
func hashSorted(pops []string, spikes []Spike) string {
	h := NewHasher(pops)
	for i := 0; i < len(spikes); {
		j := i + 1
		for j < len(spikes) && spikes[j].Tick == spikes[i].Tick {
			j++
		}
		h.Tick(spikes[i].Tick, spikes[i:j])
		i = j
	}
	return h.Sum()
}
