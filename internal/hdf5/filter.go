package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
)

// Filter numbers.
const (
	filterDeflate  = 1
	filterShuffle  = 2
	filterFletcher = 3
	filterLZF      = 32000
)

var filterNames = map[int]string{4: "szip", 5: "nbit", 6: "scale-offset", 307: "bzip2", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32015: "zstd", 32026: "blosc2"}

// filter is one stage of a chunk's pipeline.
type filter struct {
	id   int
	args []uint32
}

// pipeline reads a filter pipeline message body.
func (d *decoder) pipeline(c *cursor) ([]filter, error) {
	v := c.version(1, 2)
	n := c.u8()
	if v == 1 {
		c.take(6)
	}
	if c.err == nil && n > maxRank {
		c.fail("%d filters, the limit is %d", n, maxRank)
	}
	var out []filter
	for i := 0; i < n && c.err == nil; i++ {
		f := filter{id: c.u16()}
		name := 0
		if v == 1 || f.id >= 256 {
			name = c.u16()
		}
		c.take(2) // flags
		args := c.u16()
		if v == 1 {
			name = (name + 7) &^ 7
		}
		c.take(name)
		for k := 0; k < args && c.err == nil; k++ {
			f.args = append(f.args, c.u32())
		}
		if v == 1 && args%2 == 1 {
			c.take(4)
		}
		switch f.id {
		case filterDeflate, filterShuffle, filterFletcher, filterLZF:
		default:
			return nil, c.unsupported("filter %s is not read (need deflate, shuffle, fletcher32 or lzf)", filterName(f.id))
		}
		out = append(out, f)
	}
	return out, c.err
}

func filterName(id int) string {
	if s := filterNames[id]; s != "" {
		return fmt.Sprintf("%d (%s)", id, s)
	}
	return fmt.Sprint(id)
}

// unfilter undoes a pipeline, last stage first, on the stored bytes p found at
// byte off. Bits of mask name stages that were not applied. want is the size
// of the plain chunk.
func (d *decoder) unfilter(path string, off int, fs []filter, mask uint32, p []byte, want int, elem int) ([]byte, error) {
	limit := want + 4*len(fs) // checksums on the way
	for i := len(fs) - 1; i >= 0; i-- {
		if mask>>uint(i)&1 != 0 {
			continue
		}
		var err error
		switch f := fs[i]; f.id {
		case filterDeflate:
			p, err = d.inflate(path, off, p, limit)
		case filterShuffle:
			p, err = d.unshuffle(path, off, p, f, elem)
		case filterFletcher:
			p, err = d.checkFletcher(path, off, p)
		case filterLZF:
			p, err = d.unlzf(path, off, p, limit)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(p) != want {
		return nil, d.fail(path, off, "chunk holds %d bytes, need %d", len(p), want)
	}
	return p, nil
}

// inflater keeps a zlib reader for reuse between chunks.
type inflater struct {
	src bytes.Reader
	r   io.ReadCloser
}

// inflate decompresses p, refusing more than limit bytes.
func (d *decoder) inflate(path string, off int, p []byte, limit int) ([]byte, error) {
	room := min(int64(limit), MaxExpand*int64(len(p))+64)
	if err := d.chargeRaw(path, off, room); err != nil {
		return nil, err
	}
	z := &d.zlib
	z.src.Reset(p)
	var err error
	if z.r == nil {
		z.r, err = zlib.NewReader(&z.src)
	} else {
		err = z.r.(zlib.Resetter).Reset(&z.src, nil)
	}
	if err != nil {
		z.r = nil
		return nil, d.fail(path, off, "deflate: %v in a chunk of %d bytes", err, len(p))
	}
	out := make([]byte, room)
	n := 0
	for n < len(out) && err == nil {
		var k int
		k, err = z.r.Read(out[n:])
		n += k
	}
	if err == nil { // full: the stream must end here
		var one [1]byte
		var k int
		for k == 0 && err == nil {
			k, err = z.r.Read(one[:])
		}
		if k > 0 {
			return nil, d.fail(path, off, "deflate: a chunk of %d bytes expands to more than %d", len(p), room)
		}
	}
	if err != io.EOF {
		return nil, d.fail(path, off, "deflate: %v after %d bytes", err, n)
	}
	return out[:n], nil
}

// unshuffle gathers the bytes of each element, which were stored all first
// bytes first; a remainder follows as it was.
func (d *decoder) unshuffle(path string, off int, p []byte, f filter, elem int) ([]byte, error) {
	if len(f.args) > 0 && f.args[0] > 0 {
		if f.args[0] > 1<<20 {
			return nil, d.fail(path, off, "shuffle: element of %d bytes, the limit is %d", f.args[0], 1<<20)
		}
		elem = int(f.args[0])
	}
	n := len(p) / elem
	if elem == 1 || n < 2 {
		return p, nil
	}
	if err := d.chargeRaw(path, off, int64(len(p))); err != nil {
		return nil, err
	}
	out := make([]byte, len(p))
	for k := 0; k < elem; k++ {
		for i, x := range p[k*n : (k+1)*n] {
			out[i*elem+k] = x
		}
	}
	copy(out[n*elem:], p[n*elem:])
	return out, nil
}

// checkFletcher verifies and strips the checksum behind p. Files of one old
// release have its 16-bit halves byte-swapped; the format's own library
// accepts those too.
func (d *decoder) checkFletcher(path string, off int, p []byte) ([]byte, error) {
	if len(p) < 4 {
		return nil, d.fail(path, off, "fletcher32: need 4 bytes, have %d", len(p))
	}
	body := p[:len(p)-4]
	if err := d.chargeRaw(path, off, int64(len(body))); err != nil {
		return nil, err
	}
	got, want := fletcher32(body), binary.LittleEndian.Uint32(p[len(body):])
	swapped := got>>8&0x00ff00ff | got<<8&0xff00ff00
	if want != got && want != swapped && !d.lenient {
		return nil, d.fail(path, off, "fletcher32: sum of %d bytes is %08x, stored is %08x", len(body), got, want)
	}
	return body, nil
}

// unlzf undoes the byte-oriented Lempel-Ziv code that h5py calls lzf: a
// control byte below 32 starts a run of literals, any other a copy from
// behind.
func (d *decoder) unlzf(path string, off int, p []byte, limit int) ([]byte, error) {
	room := min(int64(limit), 264*int64(len(p)))
	if err := d.chargeRaw(path, off, room); err != nil {
		return nil, err
	}
	out := make([]byte, 0, room)
	for i := 0; i < len(p); {
		ctl := int(p[i])
		i++
		if ctl < 32 {
			if i+ctl+1 > len(p) || len(out)+ctl+1 > limit {
				return nil, d.fail(path, off, "lzf: literal run of %d bytes, have %d, room for %d", ctl+1, len(p)-i, limit-len(out))
			}
			out = append(out, p[i:i+ctl+1]...)
			i += ctl + 1
			continue
		}
		n := ctl >> 5
		if n == 7 && i < len(p) {
			n += int(p[i])
			i++
		}
		if i == len(p) {
			return nil, d.fail(path, off, "lzf: copy cut short after %d bytes", i)
		}
		back := (ctl&31)<<8 + int(p[i]) + 1
		i++
		n += 2
		if back > len(out) || len(out)+n > limit {
			return nil, d.fail(path, off, "lzf: copy of %d bytes from %d back, have %d, room for %d", n, back, len(out), limit-len(out))
		}
		for from := len(out) - back; n > 0; n-- {
			out = append(out, out[from])
			from++
		}
	}
	return out, nil
}
