package hdf5

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// chargeValues takes what n decoded elements of type t need, before they are
// even read. What variable-length elements refer to comes later.
func (d *decoder) chargeValues(path string, off int, t *dtype, n int) error {
	each := int64(8)
	switch {
	case t.class == classArray:
		return d.chargeValues(path, off, t.elem, n*(t.size/t.elem.size))
	case t.vstr:
		each = 16
	case t.class == classString:
		each = 16 + int64(t.size)
	}
	if int64(n) > MaxDecoded/each {
		return d.fail(path, off, "%d values of %d bytes of memory each, the limit is %d bytes", n, each, int64(MaxDecoded))
	}
	return d.chargeMem(path, off, int64(n)*each)
}

// values converts n stored elements of type t into ds. off is the byte of the
// object, for errors.
func (d *decoder) values(path string, off int, ds *Dataset, t *dtype, raw []byte, n int) error {
	if t.class == classArray {
		ds.Dims = append(append([]int(nil), ds.Dims...), t.dims...)
		n *= t.size / t.elem.size
		t = t.elem
	}
	switch {
	case t.class == classString:
		ds.Strings = make([]string, n)
		for i := range ds.Strings {
			ds.Strings[i] = trim(raw[i*t.size:(i+1)*t.size], t.pad)
		}
		return nil
	case t.class == classVlen:
		return d.vlenValues(path, off, ds, t, raw, n)
	case t.class == classFloat:
		ds.Floats = make([]float64, 0, n)
	default:
		ds.Ints = make([]int64, 0, n)
	}
	return d.numbers(path, off, ds, t, raw, n)
}

// trim cuts a fixed string at its padding.
func trim(p []byte, pad int) string {
	switch pad {
	case 0:
		if i := bytes.IndexByte(p, 0); i >= 0 {
			p = p[:i]
		}
	case 1:
		p = bytes.TrimRight(p, "\x00")
	case 2:
		p = bytes.TrimRight(p, " ")
	}
	return string(p)
}

// numbers appends n numbers of type t from raw to ds.
func (d *decoder) numbers(path string, off int, ds *Dataset, t *dtype, raw []byte, n int) error {
	for i := 0; i < n; i++ {
		v := load(raw[i*t.size:(i+1)*t.size], t.big)
		if t.class == classFloat {
			ds.Floats = append(ds.Floats, toFloat(v, t))
			continue
		}
		if t.signed {
			shift := uint(64 - 8*t.size)
			v = uint64(int64(v<<shift) >> shift)
		} else if v > math.MaxInt64 {
			return d.fail(path, off, "element %d is %d, above the largest int64", len(ds.Ints), v)
		}
		ds.Ints = append(ds.Ints, int64(v))
	}
	return nil
}

// load reads an unsigned number of len(p) bytes: 1, 2, 4 or 8.
func load(p []byte, big bool) uint64 {
	var v uint64
	switch len(p) {
	case 1:
		return uint64(p[0])
	case 2:
		v = uint64(binary.LittleEndian.Uint16(p))
	case 4:
		v = uint64(binary.LittleEndian.Uint32(p))
	default:
		v = binary.LittleEndian.Uint64(p)
	}
	if big {
		v = bits.ReverseBytes64(v) >> uint(64-8*len(p))
	}
	return v
}

// toFloat widens the stored bits v to float64, exactly.
func toFloat(v uint64, t *dtype) float64 {
	switch {
	case t.size == 8:
		return math.Float64frombits(v)
	case t.size == 4:
		return float64(math.Float32frombits(uint32(v)))
	case t.brain:
		return float64(math.Float32frombits(uint32(v) << 16))
	}
	return half(uint16(v))
}

// half widens an IEEE half-precision number.
func half(v uint16) float64 {
	sign := uint64(v>>15) << 63
	exp, man := int(v>>10&31), uint64(v&1023)
	switch exp {
	case 0:
		return math.Copysign(math.Ldexp(float64(man), -24), math.Float64frombits(sign|1<<62))
	case 31:
		return math.Float64frombits(sign | 0x7ff<<52 | man<<42)
	}
	return math.Float64frombits(sign | uint64(exp-15+1023)<<52 | man<<42)
}

// vlenValues resolves n references into the global heap.
func (d *decoder) vlenValues(path string, off int, ds *Dataset, t *dtype, raw []byte, n int) error {
	if t.vstr {
		ds.Strings = make([]string, n)
	} else {
		ds.Rows = make([]int, n)
	}
	for i := 0; i < n; i++ {
		ref := raw[i*t.size : (i+1)*t.size]
		count := int64(load(ref[:4], false))
		addr := load(ref[4:4+d.offSize], false)
		if count == 0 || addr == 0 || d.undefined(addr) {
			continue
		}
		p, err := d.heapObject(path, addr, load(ref[4+d.offSize:], false))
		if err != nil {
			return err
		}
		if t.vstr {
			err = d.vlenString(path, off, ds, i, p, count, t.pad)
		} else {
			err = d.vlenNumbers(path, off, ds, i, p, count, t.elem)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) vlenString(path string, off int, ds *Dataset, i int, p []byte, count int64, pad int) error {
	if count > int64(len(p)) {
		return d.fail(path, off, "string %d of %d bytes, its heap object has %d", i, count, len(p))
	}
	if err := d.chargeMem(path, off, count); err != nil {
		return err
	}
	if err := d.chargeRaw(path, off, count); err != nil {
		return err
	}
	ds.Strings[i] = trim(p[:count], pad)
	return nil
}

func (d *decoder) vlenNumbers(path string, off int, ds *Dataset, i int, p []byte, count int64, t *dtype) error {
	need := count * int64(t.size)
	if need > int64(len(p)) {
		return d.fail(path, off, "sequence %d of %d bytes, its heap object has %d", i, need, len(p))
	}
	if err := d.chargeMem(path, off, 8*count); err != nil {
		return err
	}
	if err := d.chargeRaw(path, off, need); err != nil {
		return err
	}
	ds.Rows[i] = int(count)
	return d.numbers(path, off, ds, t, p[:need], int(count))
}

// heapObject returns object index of the global heap collection at addr.
func (d *decoder) heapObject(path string, addr, index uint64) ([]byte, error) {
	objs, ok := d.heaps[addr]
	if !ok {
		var err error
		if objs, err = d.collection(path, addr); err != nil {
			return nil, err
		}
		d.heaps[addr] = objs
	}
	s, ok := objs[uint16(index)]
	if !ok || index > math.MaxUint16 {
		return nil, d.fail(path, d.base+int(addr), "global heap: need object %d, found %d other objects", index, len(objs))
	}
	return d.b[s.pos:s.end], nil
}

// collection lists the objects of a global heap collection.
func (d *decoder) collection(path string, addr uint64) (map[uint16]span, error) {
	c := d.seek(path, "global heap", addr)
	start := c.pos
	if c.magic("GCOL") {
		c.version(1, 1)
		c.take(3)
	}
	size := c.size()
	pad := 8 - d.lenSize // heads are padded to whole multiples of 8 bytes
	c.take(pad)
	if c.err == nil && (size > uint64(len(d.b)-start) || size < uint64(c.pos-start)) {
		c.fail("collection of %d bytes, have %d", size, len(d.b)-start)
	}
	if c.err != nil {
		return nil, c.err
	}
	c.end = start + int(size)
	objs := map[uint16]span{}
	for c.left() >= 16 && c.err == nil {
		index := c.u16()
		c.take(2 + 4) // references, reserved
		n := c.size()
		c.take(pad)
		if index == 0 { // the free space behind the last object
			break
		}
		if c.err == nil && n > uint64(c.left()) {
			c.fail("object %d of %d bytes, have %d", index, n, c.left())
		}
		if c.err != nil {
			break
		}
		objs[uint16(index)] = span{c.pos, c.pos + int(n)}
		c.skip(min((int(n)+7)&^7, c.left()))
	}
	return objs, c.err
}
