package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// span is a range of file bytes [pos, end).
type span struct{ pos, end int }

// decoder is the state of one Decode call.
type decoder struct {
	b       []byte
	base    int // byte of the superblock: addresses count from here
	offSize int // bytes of an address
	lenSize int // bytes of a length
	lenient bool

	work    int64 // structure bytes that may still be parsed
	raw     int64 // stored data bytes that may still be produced
	mem     int64 // bytes of values that may still be produced
	objects int64 // objects that may still be read

	heaps map[uint64]map[uint16]span // global heap collections read so far
	open  map[uint64]string          // groups between the root and here
	zlib  inflater
}

// unsupportedError marks what the format allows and this reader does not
// read; such attributes are skipped instead of failing the file.
type unsupportedError struct{ msg string }

func (e *unsupportedError) Error() string { return e.msg }

func isUnsupported(err error) bool {
	var u *unsupportedError
	return errors.As(err, &u)
}

func (d *decoder) fail(path string, off int, format string, a ...any) error {
	return fmt.Errorf("hdf5: %s at byte %d: %s", path, off, fmt.Sprintf(format, a...))
}

func (d *decoder) unsupported(path string, off int, format string, a ...any) error {
	return &unsupportedError{d.fail(path, off, format, a...).Error()}
}

// undefined reports whether addr is the format's "no address" (all bits set).
func (d *decoder) undefined(addr uint64) bool {
	return addr == 1<<(8*uint(d.offSize))-1
}

// chargeWork takes n bytes from the structure allowance.
func (d *decoder) chargeWork(path string, off int, n int) error {
	d.work -= int64(n)
	if d.work < 0 {
		return d.fail(path, off, "structure too tangled: more than %d bytes of it to read in a file of %d bytes", workFactor*int64(len(d.b))+minWork, len(d.b))
	}
	return nil
}

// chargeRaw takes n bytes from the stored-data allowance.
func (d *decoder) chargeRaw(path string, off int, n int64) error {
	if n < 0 || n > d.raw {
		return d.fail(path, off, "data too large: need %d more bytes, the limit for a file of %d bytes leaves %d", n, len(d.b), d.raw)
	}
	d.raw -= n
	return nil
}

// chargeMem takes n bytes from the memory allowance.
func (d *decoder) chargeMem(path string, off int, n int64) error {
	if n < 0 || n > d.mem {
		return d.fail(path, off, "values too large: need %d more bytes of memory, the limit of %d leaves %d", n, int64(MaxDecoded), d.mem)
	}
	d.mem -= n
	return nil
}

// chargeObject counts one group, dataset or attribute.
func (d *decoder) chargeObject(path string, off int) error {
	d.objects--
	if d.objects < 0 {
		return d.fail(path, off, "too many objects for a file of %d bytes (limit %d)", len(d.b), min(int64(len(d.b))/8+64, MaxObjects))
	}
	return nil
}

// stored returns the n file bytes at addr, called what in errors.
func (d *decoder) stored(path, what string, addr, n uint64) ([]byte, int, error) {
	have := uint64(len(d.b) - d.base)
	off := d.base + int(min(addr, uint64(math.MaxInt-d.base)))
	if d.undefined(addr) {
		return nil, off, d.fail(path, d.base, "%s has no address", what)
	}
	if addr > have && n == 0 {
		return nil, off, d.fail(path, off, "%s starts past the end of the file (need more than %d bytes, have %d)", what, off, len(d.b))
	}
	if addr > have || n > have-addr {
		return nil, off, d.fail(path, off, "%s of %d bytes runs past the end of the file (need %d, have %d)", what, n, addUp(addr, n, uint64(d.base)), len(d.b))
	}
	return d.b[off : off+int(n)], off, nil
}

// addUp sums without wrapping around.
func addUp(v ...uint64) uint64 {
	var s uint64
	for _, x := range v {
		if s+x < s {
			return ^uint64(0)
		}
		s += x
	}
	return s
}

// cursor reads little-endian fields from a range of the file. The first error
// sticks and everything after it reads as zero.
type cursor struct {
	d          *decoder
	path, what string
	pos, end   int
	err        error
}

// seek starts a cursor at a file address; it may run to the file's end.
func (d *decoder) seek(path, what string, addr uint64) *cursor {
	c := &cursor{d: d, path: path, what: what, pos: d.base, end: len(d.b)}
	if _, _, err := d.stored(path, what, addr, 0); err != nil {
		c.err = err
		return c
	}
	c.pos += int(addr)
	return c
}

// within starts a cursor on a known range.
func (d *decoder) within(path, what string, s span) *cursor {
	return &cursor{d: d, path: path, what: what, pos: s.pos, end: s.end}
}

func (c *cursor) left() int { return c.end - c.pos }

func (c *cursor) fail(format string, a ...any) error {
	if c.err == nil {
		c.err = c.d.fail(c.path, c.pos, "%s: %s", c.what, fmt.Sprintf(format, a...))
	}
	return c.err
}

func (c *cursor) unsupported(format string, a ...any) error {
	if c.err == nil {
		c.err = c.d.unsupported(c.path, c.pos, "%s: %s", c.what, fmt.Sprintf(format, a...))
	}
	return c.err
}

// take returns the next n bytes, charged to the structure allowance.
func (c *cursor) take(n int) []byte {
	if c.err == nil {
		c.err = c.d.chargeWork(c.path, c.pos, n)
	}
	return c.skip(n)
}

// skip returns the next n bytes without charging them.
func (c *cursor) skip(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > c.left() {
		c.fail("need %d bytes, have %d", n, c.left())
		return nil
	}
	p := c.d.b[c.pos : c.pos+n]
	c.pos += n
	return p
}

// uint reads an unsigned integer of n bytes, n at most 8.
func (c *cursor) uint(n int) uint64 {
	var v uint64
	for i, x := range c.take(n) {
		v |= uint64(x) << (8 * uint(i))
	}
	return v
}

func (c *cursor) u8() int      { return int(c.uint(1)) }
func (c *cursor) u16() int     { return int(c.uint(2)) }
func (c *cursor) u32() uint32  { return uint32(c.uint(4)) }
func (c *cursor) addr() uint64 { return c.uint(c.d.offSize) }
func (c *cursor) size() uint64 { return c.uint(c.d.lenSize) }

// magic reads and checks a four-byte signature.
func (c *cursor) magic(want string) bool {
	at := c.pos
	p := c.take(len(want))
	if c.err == nil && string(p) != want {
		c.pos = at
		c.fail("need signature %q, found %q", want, p)
	}
	return c.err == nil
}

// version reads a one-byte version that must be in [lo, hi].
func (c *cursor) version(lo, hi int) int {
	v := c.u8()
	if c.err == nil && (v < lo || v > hi) {
		c.pos--
		c.unsupported("version %d is not read (need %d to %d)", v, lo, hi)
	}
	return v
}

// checksum verifies the four bytes at the cursor over everything from start.
func (c *cursor) checksum(start int) error {
	end := c.pos
	p := c.take(4)
	if c.err != nil {
		return c.err
	}
	if c.err = c.d.chargeWork(c.path, c.pos, end-start); c.err != nil || c.d.lenient {
		return c.err
	}
	want, got := binary.LittleEndian.Uint32(p), lookup3(c.d.b[start:end])
	if want != got {
		return c.fail("checksum of bytes %d to %d is %08x, stored is %08x", start, end, got, want)
	}
	return nil
}
