package hdf5

import "math/bits"

// fractal is the header of a fractal heap, the store of dense links and
// attributes. Its address space is cut into rows of width blocks; blocks of
// the first two rows have the starting size, every later row doubles it.
type fractal struct {
	d        *decoder
	path     string
	idLen    int
	width    uint64
	start    uint64 // size of the smallest block
	maxBlock uint64 // size of the largest direct block
	offBytes int    // bytes of an offset in the heap's address space
	lenBytes int    // bytes of an object's length
	root     uint64
	rootRows int // rows of the root indirect block, 0: the root is direct
	summed   bool
	checked  map[uint64]bool // blocks whose head has been read
}

// fractalHeap reads the fractal heap header at addr.
func (d *decoder) fractalHeap(path string, addr uint64) (*fractal, error) {
	c := d.seek(path, "fractal heap", addr)
	begin := c.pos
	if c.magic("FRHP") {
		c.version(0, 0)
	}
	f := &fractal{d: d, path: path, idLen: c.u16(), checked: map[uint64]bool{}}
	filters := c.u16()
	f.summed = c.u8()&2 != 0
	maxObject := c.u32()
	c.size() // next huge object
	c.addr() // tree of huge objects
	c.size() // free space
	c.addr()
	for i := 0; i < 8; i++ {
		c.size() // statistics of managed, huge and tiny objects
	}
	f.width, f.start, f.maxBlock = c.uint(2), c.size(), c.size()
	maxBits := c.u16()
	c.u16() // rows at the start
	f.root, f.rootRows = c.addr(), c.u16()
	if c.err == nil && filters > 0 {
		c.unsupported("filtered heaps are not read")
	}
	if c.checksum(begin) != nil {
		return nil, c.err
	}
	pow2 := func(v uint64) bool { return v > 0 && v&(v-1) == 0 && v <= 1<<32 }
	if !pow2(f.width) || !pow2(f.start) || !pow2(f.maxBlock) || f.maxBlock < f.start || maxBits > 64 || f.rootRows > 64 {
		return nil, c.fail("need widths and block sizes that are powers of two, found width %d, blocks of %d to %d, %d address bits, %d rows", f.width, f.start, f.maxBlock, maxBits, f.rootRows)
	}
	f.offBytes = (maxBits + 7) / 8
	f.lenBytes = min((bits.Len64(f.maxBlock)+6)/8, byteWidth(uint64(maxObject)))
	return f, nil
}

// object reads a heap ID at c and returns where the object lies.
func (f *fractal) object(c *cursor) (span, error) {
	id := f.d.within(c.path, "heap ID", span{c.pos, min(c.pos+f.idLen, c.end)})
	c.take(f.idLen)
	if c.err != nil {
		return span{}, c.err
	}
	head := id.u8()
	switch kind := head >> 4 & 3; {
	case id.err != nil:
		return span{}, id.err
	case head>>6 != 0:
		return span{}, id.unsupported("version %d is not read", head>>6)
	case kind == 1:
		return span{}, id.unsupported("huge objects are not read")
	case kind == 2:
		return f.tiny(id, head)
	}
	off, n := id.uint(f.offBytes), id.uint(f.lenBytes)
	if id.err != nil {
		return span{}, id.err
	}
	if f.rootRows == 0 {
		return f.direct(f.root, f.start, 0, off, n)
	}
	return f.locate(f.root, f.rootRows, 0, off, n)
}

// tiny returns an object kept inside its own ID.
func (f *fractal) tiny(id *cursor, head int) (span, error) {
	n := head&15 + 1
	if f.idLen > 18 { // longer IDs spend a second byte on the length
		n = (head&15)<<8 + id.u8() + 1
	}
	at := id.pos
	id.skip(n)
	return span{at, at + n}, id.err
}

// locate finds the object of n bytes at offset off of the heap by way of the
// indirect block at addr, which covers the heap from base on.
func (f *fractal) locate(addr uint64, rows int, base, off, n uint64) (span, error) {
	for {
		row, col, size, first := f.cell(off - base)
		if row >= rows {
			return span{}, f.d.fail(f.path, f.d.base, "fractal heap: offset %d is in row %d of a block with %d rows", off, row, rows)
		}
		child, err := f.entry(addr, rows, row, col)
		if err != nil {
			return span{}, err
		}
		if size <= f.maxBlock {
			return f.direct(child, size, base+first, off, n)
		}
		next := bits.Len64(size) - bits.Len64(f.start*f.width) + 1
		if next >= rows || next < 1 {
			return span{}, f.d.fail(f.path, f.d.base, "fractal heap: indirect block of %d rows inside one of %d", next, rows)
		}
		addr, rows, base = child, next, base+first
	}
}

// cell returns the row, column, size and first offset of the block that holds
// offset off of an indirect block.
func (f *fractal) cell(off uint64) (row int, col, size, first uint64) {
	size = f.start
	rowStart := uint64(0)
	if q := off / (f.start * f.width); q > 0 {
		row = bits.Len64(q)
		size = f.start << uint(row-1)
		rowStart = f.width * size
	}
	if size == 0 { // shifted out: far beyond any block
		return 1 << 20, 0, 1, 0
	}
	col = (off - rowStart) / size
	return row, col, size, rowStart + col*size
}

// entry reads the child address at (row, col) of the indirect block at addr.
func (f *fractal) entry(addr uint64, rows, row int, col uint64) (uint64, error) {
	c := f.d.seek(f.path, "fractal heap indirect block", addr)
	begin := c.pos
	if f.checked[addr] {
		c.skip(5 + f.d.offSize + f.offBytes)
	} else {
		c.magic("FHIB")
		c.version(0, 0)
		c.addr() // heap header
		c.take(f.offBytes)
	}
	kids := c.pos
	if !f.checked[addr] {
		c.skip(rows * int(f.width) * f.d.offSize)
		if c.checksum(begin) != nil {
			return 0, c.err
		}
		f.checked[addr] = true
	}
	c.pos = kids
	c.skip((row*int(f.width) + int(col)) * f.d.offSize)
	return c.addr(), c.err
}

// direct returns the object at offset off of the heap inside the direct block
// at addr, whose size bytes begin at heap offset first.
func (f *fractal) direct(addr, size, first, off, n uint64) (span, error) {
	p, at, err := f.d.stored(f.path, "fractal heap block", addr, size)
	if err != nil {
		return span{}, err
	}
	head := uint64(5 + f.d.offSize + f.offBytes)
	if f.summed {
		head += 4
	}
	rel := off - first
	if rel < head || n > size || rel > size-n {
		return span{}, f.d.fail(f.path, at, "fractal heap block: object of %d bytes at offset %d, block of %d bytes with a head of %d", n, rel, size, head)
	}
	if !f.checked[addr] {
		if err := f.checkDirect(addr, p, at, int(head)); err != nil {
			return span{}, err
		}
		f.checked[addr] = true
	}
	return span{at + int(rel), at + int(rel+n)}, nil
}

// checkDirect verifies a direct block's head, and its checksum (taken with
// the checksum field itself as zero) if it has one.
func (f *fractal) checkDirect(addr uint64, p []byte, at, head int) error {
	c := f.d.seek(f.path, "fractal heap block", addr)
	if c.magic("FHDB") {
		c.version(0, 0)
	}
	if c.err != nil || !f.summed || f.d.lenient {
		return c.err
	}
	c.pos = at + head - 4
	want := c.u32()
	if err := f.d.chargeWork(f.path, at, len(p)); err != nil {
		return err
	}
	q := append([]byte(nil), p...)
	clear(q[head-4 : head])
	if got := lookup3(q); c.err == nil && got != want {
		return c.fail("checksum is %08x, stored is %08x", got, want)
	}
	return c.err
}
