package aer

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// TraceMagic starts every trace file; its last byte is the format version.
const TraceMagic = "hillock trace\x00\x00\x01"

// A trace file is the magic, then sections: a four-letter tag, the length of
// the payload (64 bits, little-endian), its CRC-32C (32 bits), the payload.
// Sections come in the order HEAD, META, POPS, SPIK, PROB, INCI (only if there
// are incidents), HASH. Numbers are
// varints (the protocol-buffer kind: seven bits a byte, low first; signed ones
// zigzag), strings a length and bytes.
//
//	HEAD  ticks
//	META  count, then key and value each
//	POPS  count, then name each
//	SPIK  count of spikes, then runs: spikes of one tick and population
//	PROB  count, then population, index, field, count of values, and the
//	      values as signed differences (modulo 2^64) to the one before
//	INCI  count, then tick less that of the one before, cycle, kind, and the
//	      places (see Incident) plus 1 each, in canonical order
//	HASH  the trace hash, 16 bytes
//
// A run is: tick less that of the run before; population; count n, at least 1;
// mode (0: all payloads 1; 1: one payload for all follows, signed; 2: n
// payloads follow); the first index; n-1 differences of the indices; the
// payloads. Runs and the spikes in them are in canonical order (tick,
// population name, index, payload), so equal traces have equal bytes, and a
// file whose bytes are not canonical is refused.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	payloadPlain = iota
	payloadSame
	payloadEach
)

// WriteTrace writes a trace file. Spikes may come in any order and are left so.
func WriteTrace(w io.Writer, t *Trace) error {
	if err := t.check(); err != nil {
		return fmt.Errorf("aer: %w", err)
	}
	spikes := sorted(t.Pops, t.Spikes)
	sum, err := hex.DecodeString(hashSorted(t.Pops, spikes))
	if err != nil {
		return fmt.Errorf("aer: %w", err)
	}
	out := &sectionWriter{w: w}
	out.raw([]byte(TraceMagic))
	out.section("HEAD", binary.AppendUvarint(nil, uint64(t.Ticks)))
	out.section("META", appendMeta(nil, t.Meta))
	out.section("POPS", appendPops(nil, t.Pops))
	out.section("SPIK", appendSpikes(nil, spikes))
	out.section("PROB", appendProbes(nil, t.Probes))
	if len(t.Incidents) > 0 {
		out.section("INCI", appendIncidents(nil, t.Incidents))
	}
	out.section("HASH", sum)
	if out.err != nil {
		return fmt.Errorf("aer: %w", out.err)
	}
	return nil
}

// check refuses what a trace file cannot hold.
func (t *Trace) check() error {
	if err := t.Stream().check(); err != nil {
		return err
	}
	if t.Ticks < 0 {
		return fmt.Errorf("%d ticks, need at least 0", t.Ticks)
	}
	for i, m := range t.Meta {
		if len(m.Key) > MaxName || len(m.Value) > MaxValue {
			return fmt.Errorf("remark %d has a key of %d and a value of %d bytes, need at most %d and %d", i, len(m.Key), len(m.Value), MaxName, MaxValue)
		}
	}
	if err := checkIncidents(t.Incidents); err != nil {
		return err
	}
	for i, p := range t.Probes {
		if p.Pop < 0 || int(p.Pop) >= len(t.Pops) || p.Index < 0 || len(p.Field) > MaxName {
			return fmt.Errorf("probe %d has population %d of %d, index %d, a field name of %d bytes", i, p.Pop, len(t.Pops), p.Index, len(p.Field))
		}
	}
	return nil
}

type sectionWriter struct {
	w   io.Writer
	err error
}

func (s *sectionWriter) raw(b []byte) {
	if s.err == nil {
		_, s.err = s.w.Write(b)
	}
}

func (s *sectionWriter) section(tag string, b []byte) {
	head := binary.LittleEndian.AppendUint64([]byte(tag), uint64(len(b)))
	s.raw(binary.LittleEndian.AppendUint32(head, crc32.Checksum(b, castagnoli)))
	s.raw(b)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendMeta(b []byte, meta []KV) []byte {
	b = binary.AppendUvarint(b, uint64(len(meta)))
	for _, m := range meta {
		b = appendString(appendString(b, m.Key), m.Value)
	}
	return b
}

func appendPops(b []byte, pops []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(pops)))
	for _, p := range pops {
		b = appendString(b, p)
	}
	return b
}

func appendSpikes(b []byte, spikes []Spike) []byte {
	b = binary.AppendUvarint(b, uint64(len(spikes)))
	tick := int64(0)
	for i := 0; i < len(spikes); {
		j := i + 1
		for j < len(spikes) && spikes[j].Tick == spikes[i].Tick && spikes[j].Pop == spikes[i].Pop {
			j++
		}
		b = binary.AppendUvarint(b, uint64(spikes[i].Tick-tick))
		tick = spikes[i].Tick
		b = appendRun(b, spikes[i:j])
		i = j
	}
	return b
}

func appendRun(b []byte, run []Spike) []byte {
	b = binary.AppendUvarint(b, uint64(run[0].Pop))
	b = binary.AppendUvarint(b, uint64(len(run)))
	mode := payloadSame
	if run[0].Payload == PlainPayload {
		mode = payloadPlain
	}
	if slices.ContainsFunc(run, func(x Spike) bool { return x.Payload != run[0].Payload }) {
		mode = payloadEach
	}
	b = append(b, byte(mode))
	last := int32(0)
	for _, x := range run {
		b = binary.AppendUvarint(b, uint64(x.Index-last))
		last = x.Index
	}
	switch mode {
	case payloadSame:
		b = binary.AppendVarint(b, int64(run[0].Payload))
	case payloadEach:
		for _, x := range run {
			b = binary.AppendVarint(b, int64(x.Payload))
		}
	}
	return b
}

func appendProbes(b []byte, probes []Probe) []byte {
	b = binary.AppendUvarint(b, uint64(len(probes)))
	for _, p := range probes {
		b = binary.AppendUvarint(b, uint64(p.Pop))
		b = binary.AppendUvarint(b, uint64(p.Index))
		b = appendString(b, p.Field)
		b = binary.AppendUvarint(b, uint64(len(p.Values)))
		last := int64(0)
		for _, v := range p.Values {
			b = binary.AppendVarint(b, v-last)
			last = v
		}
	}
	return b
}

// ReadTrace reads and checks a trace file; file is for errors, which give byte
// positions. Spikes come in canonical order. Memory is at most a fixed multiple
// of len(b).
func ReadTrace(b []byte, file string) (*Trace, error) {
	t, err := decodeTrace(b)
	if err == nil {
		err = t.check()
	}
	if err == nil {
		same := &comparer{rest: b}
		err = WriteTrace(same, t)
		if err == nil && (same.differs || len(same.rest) != 0) {
			err = fmt.Errorf("aer: bytes are not canonical from %d on", len(b)-len(same.rest))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("aer: %s: %w", file, unprefixed{err})
	}
	return t, nil
}

// unprefixed drops the package name of an error that gets it anew.
type unprefixed struct{ error }

func (u unprefixed) Error() string {
	return string(bytes.TrimPrefix([]byte(u.error.Error()), []byte("aer: ")))
}

func (u unprefixed) Unwrap() error { return u.error }

// comparer is a writer that compares what it is given with what is expected.
type comparer struct {
	rest    []byte
	differs bool
}

func (c *comparer) Write(b []byte) (int, error) {
	if !c.differs && bytes.HasPrefix(c.rest, b) {
		c.rest = c.rest[len(b):]
	} else {
		c.differs = true
	}
	return len(b), nil
}
