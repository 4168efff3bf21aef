package aer

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
)

func decodeTrace(b []byte) (*Trace, error) {
	if !strings.HasPrefix(string(b[:min(len(b), len(TraceMagic))]), TraceMagic) {
		return nil, fmt.Errorf("no trace signature at byte 0 (file of %d bytes)", len(b))
	}
	t := &Trace{}
	pos := len(TraceMagic)
	var sum string
	for _, s := range []struct {
		tag  string
		read func(*reader)
	}{
		{"HEAD", func(r *reader) { t.Ticks = int64(r.upTo(math.MaxInt64, "ticks")) }},
		{"META", func(r *reader) { r.meta(t) }},
		{"POPS", func(r *reader) { r.pops(t) }},
		{"SPIK", func(r *reader) { r.spikes(t) }},
		{"PROB", func(r *reader) { r.probes(t) }},
		{"INCI", func(r *reader) { r.incidents(t) }},
		{"HASH", func(r *reader) { sum = hex.EncodeToString(r.bytes(16)) }},
	} {
		if s.tag == "INCI" && !strings.HasPrefix(string(b[pos:min(len(b), pos+4)]), s.tag) {
			continue // there need not be one
		}
		r, err := openSection(b, pos, s.tag)
		if err != nil {
			return nil, err
		}
		s.read(r)
		if r.err == nil && r.pos != len(r.b) {
			r.fail("%d bytes after the last entry", len(r.b)-r.pos)
		}
		if r.err != nil {
			return nil, r.err
		}
		pos = r.pos
	}
	if pos != len(b) {
		return nil, fmt.Errorf("%d bytes after the last section, which ends at byte %d", len(b)-pos, pos)
	}
	if have := hashSorted(t.Pops, t.Spikes); have != sum {
		return nil, fmt.Errorf("spikes have the trace hash %q, the file says %s", have, sum)
	}
	return t, nil
}

// openSection checks the frame of the section at pos.
func openSection(b []byte, pos int, tag string) (*reader, error) {
	if len(b)-pos < 16 || string(b[pos:pos+4]) != tag {
		if len(b)-pos < 16 {
			return nil, fmt.Errorf("byte %d: the file is cut short: need section %s, have %d bytes more", pos, tag, len(b)-pos)
		}
		return nil, fmt.Errorf("byte %d: need section %s, have %q", pos, tag, b[pos:min(len(b), pos+4)])
	}
	n := binary.LittleEndian.Uint64(b[pos+4:])
	start := pos + 16
	if n > uint64(len(b)-start) {
		return nil, fmt.Errorf("byte %d: section %s of %d bytes, the file has %d more", pos, tag, n, len(b)-start)
	}
	end := start + int(n)
	want := binary.LittleEndian.Uint32(b[pos+12:])
	if have := crc32.Checksum(b[start:end], castagnoli); have != want {
		return nil, fmt.Errorf("byte %d: section %s has checksum %08x, need %08x", pos, tag, have, want)
	}
	return &reader{b: b[:end], pos: start, tag: tag}, nil
}

// reader reads one section; after the first error it gives zeros.
type reader struct {
	b   []byte // the file up to the end of the section
	pos int
	tag string
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("byte %d (section %s): %s", r.pos, r.tag, fmt.Sprintf(format, args...))
	}
}

func (r *reader) uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.b[r.pos:])
	if n <= 0 {
		r.fail("number is cut or longer than 64 bits")
		return 0
	}
	r.pos += n
	return v
}

func (r *reader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// upTo reads a number that may be at most limit.
func (r *reader) upTo(limit uint64, what string) uint64 {
	v := r.uvarint()
	if v > limit {
		r.fail("%s %d, need at most %d", what, v, limit)
		return 0
	}
	return v
}

// count reads a number of things that take at least one byte each.
func (r *reader) count(limit int, what string) int {
	return int(r.upTo(uint64(min(limit, len(r.b)-r.pos)), "count of "+what))
}

func (r *reader) bytes(n int) []byte {
	if r.err == nil && n > len(r.b)-r.pos {
		r.fail("need %d bytes, have %d", n, len(r.b)-r.pos)
	}
	if r.err != nil {
		return nil
	}
	r.pos += n
	return r.b[r.pos-n : r.pos]
}

func (r *reader) text(limit int, what string) string {
	return string(r.bytes(r.count(limit, "bytes of "+what)))
}

func (r *reader) meta(t *Trace) {
	for n := r.count(math.MaxInt32, "remarks"); n > 0 && r.err == nil; n-- {
		t.Meta = append(t.Meta, KV{r.text(MaxName, "a key"), r.text(MaxValue, "a value")})
	}
}

func (r *reader) pops(t *Trace) {
	for n := r.count(MaxPops, "populations"); n > 0 && r.err == nil; n-- {
		t.Pops = append(t.Pops, r.text(MaxName, "a name"))
	}
}

func (r *reader) spikes(t *Trace) {
	n := r.count(MaxSpikes, "spikes")
	if n > 0 {
		t.Spikes = make([]Spike, 0, n)
	}
	tick := int64(0)
	for len(t.Spikes) < n && r.err == nil {
		tick += int64(r.upTo(uint64(math.MaxInt64-tick), "tick step"))
		r.run(t, tick, n-len(t.Spikes))
	}
}

// run reads the spikes of one tick and population, at most room of them.
func (r *reader) run(t *Trace, tick int64, room int) {
	pop := r.upTo(math.MaxInt32, "population")
	if r.err == nil && int(pop) >= len(t.Pops) {
		r.fail("population %d of %d", pop, len(t.Pops))
	}
	n := r.count(room, "spikes of a run")
	if r.err == nil && n == 0 {
		r.fail("run of no spikes")
	}
	mode := r.upTo(payloadEach, "payload mode")
	first := len(t.Spikes)
	index := uint64(0)
	for i := 0; i < n && r.err == nil; i++ {
		index += r.upTo(math.MaxInt32-index, "index")
		t.Spikes = append(t.Spikes, Spike{tick, int32(pop), int32(index), PlainPayload})
	}
	if mode == payloadPlain {
		return
	}
	v := int32(0)
	for i := first; i < len(t.Spikes) && r.err == nil; i++ {
		if i == first || mode == payloadEach {
			v = r.payload()
		}
		t.Spikes[i].Payload = v
	}
}

func (r *reader) payload() int32 {
	v := r.varint()
	if v != int64(int32(v)) {
		r.fail("payload %d does not fit in 32 bits", v)
		return 0
	}
	return int32(v)
}

func (r *reader) probes(t *Trace) {
	for n := r.count(math.MaxInt32, "probes"); n > 0 && r.err == nil; n-- {
		p := Probe{Pop: int32(r.upTo(math.MaxInt32, "population")), Index: int32(r.upTo(math.MaxInt32, "index"))}
		p.Field = r.text(MaxName, "a field name")
		values := r.count(math.MaxInt32, "values")
		if values > 0 {
			p.Values = make([]int64, values)
		}
		last := int64(0)
		for i := range p.Values {
			last += r.varint()
			p.Values[i] = last
		}
		t.Probes = append(t.Probes, p)
	}
}
