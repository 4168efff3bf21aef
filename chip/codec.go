package chip

import (
	"encoding/binary"
	"fmt"
)

// codec walks a structure once for writing and once for reading: one
// description of the format serves both, so that they cannot differ. The
// first error sticks; later calls do nothing.
type codec struct {
	write bool
	buf   []byte // written bytes, or the section being read
	pos   int
	where string // file and section, for errors
	err   error
}

func (c *codec) fail(need string, have any) {
	if c.err == nil {
		c.err = fmt.Errorf("chip: %s, byte %d: need %s, have %v", c.where, c.pos, need, have)
	}
}

// uint codes a number that is never negative.
func (c *codec) uint(x *uint64, limit uint64, what string) {
	if c.err != nil {
		return
	}
	if c.write {
		c.buf = binary.AppendUvarint(c.buf, *x)
		return
	}
	v, n := binary.Uvarint(c.buf[c.pos:])
	if n <= 0 {
		c.fail("a number for "+what, fmt.Sprintf("%d bytes left", len(c.buf)-c.pos))
		return
	}
	if v > limit {
		c.fail(fmt.Sprintf("%s of at most %d", what, limit), v)
		return
	}
	c.pos += n
	*x = v
}

// integer codes any whole number type.
func integer[T ~int | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](c *codec, x *T, what string) {
	if c.err != nil {
		return
	}
	if c.write {
		c.buf = binary.AppendVarint(c.buf, int64(*x))
		return
	}
	v, n := binary.Varint(c.buf[c.pos:])
	if n <= 0 {
		c.fail("a number for "+what, fmt.Sprintf("%d bytes left", len(c.buf)-c.pos))
		return
	}
	if int64(T(v)) != v {
		c.fail(fmt.Sprintf("%s that fits its field", what), v)
		return
	}
	c.pos += n
	*x = T(v)
}

// word codes 64 bits as they are.
func (c *codec) word(x *uint64, what string) {
	switch {
	case c.err != nil:
	case c.write:
		c.buf = binary.LittleEndian.AppendUint64(c.buf, *x)
	case len(c.buf)-c.pos < 8:
		c.fail(what, fmt.Sprintf("%d bytes left", len(c.buf)-c.pos))
	default:
		*x = binary.LittleEndian.Uint64(c.buf[c.pos:])
		c.pos += 8
	}
}

func (c *codec) flag(x *bool) {
	var v uint64
	if *x {
		v = 1
	}
	c.uint(&v, 1, "a flag")
	*x = v == 1
}

func (c *codec) text(s *string, what string) {
	n := c.count(len(*s), 1, what)
	if c.err != nil {
		return
	}
	if c.write {
		c.buf = append(c.buf, *s...)
		return
	}
	*s = string(c.buf[c.pos : c.pos+n])
	c.pos += n
}

// count codes a length; when reading, n elements of at least size bytes must
// still fit into the section, which bounds every allocation by the file.
func (c *codec) count(n, size int, what string) int {
	v := uint64(n)
	c.uint(&v, 1<<40, what)
	if c.err != nil {
		return 0
	}
	if left := uint64(len(c.buf) - c.pos); !c.write && v > left/uint64(size) {
		c.fail(fmt.Sprintf("room for %d %s", v, what), fmt.Sprintf("%d bytes left", left))
		return 0
	}
	return int(v)
}

// list codes a slice; each element takes at least size bytes in the file.
func list[T any](c *codec, s *[]T, size int, what string, each func(*T)) {
	n := c.count(len(*s), size, what)
	if !c.write && n > 0 {
		*s = make([]T, n)
	}
	for i := range *s {
		if c.err != nil {
			return
		}
		each(&(*s)[i])
	}
}

func ints[T ~int | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](c *codec, s *[]T, what string) {
	list(c, s, 1, what, func(x *T) { integer(c, x, what) })
}
