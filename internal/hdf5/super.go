package hdf5

import "fmt"

const signature = "\x89HDF\r\n\x1a\n"

// superblock finds and reads the superblock and returns the address of the
// root group's object header. A file may start with a user block of 512 bytes
// or a power of two times that.
func (d *decoder) superblock() (uint64, error) {
	at := 0
	for !hasSignature(d.b, at) {
		at = max(512, 2*at)
		if at > len(d.b)-len(signature) {
			return 0, fmt.Errorf("hdf5: no HDF5 signature at byte 0 (file of %d bytes)", len(d.b))
		}
	}
	d.base, d.offSize, d.lenSize = at, 8, 8
	c := d.seek("superblock", "file head", 0)
	c.take(len(signature))
	v := c.version(0, 3)
	if v >= 2 {
		return d.superblock2(c, at)
	}
	c.take(4) // versions of the parts, reserved
	d.widths(c)
	c.take(1 + 2 + 2 + 4) // reserved, group leaf and internal k, flags
	if v == 1 {
		c.take(4) // chunk index k, reserved
	}
	c.addr() // base address: where the signature really is counts
	c.addr() // free space
	d.fileEnd(c)
	c.addr() // driver information
	c.addr() // root symbol table entry: name
	root := c.addr()
	return root, c.err
}

// superblock2 reads versions 2 and 3 from behind the version byte.
func (d *decoder) superblock2(c *cursor, start int) (uint64, error) {
	d.widths(c)
	c.take(1) // flags
	c.addr()  // base address
	c.addr()  // extension
	d.fileEnd(c)
	root := c.addr()
	return root, c.checksum(start)
}

func hasSignature(b []byte, at int) bool {
	return at+len(signature) <= len(b) && string(b[at:at+len(signature)]) == signature
}

// widths reads the sizes of addresses and lengths.
func (d *decoder) widths(c *cursor) {
	o, l := c.u8(), c.u8()
	if c.err != nil {
		return
	}
	ok := func(n int) bool { return n == 2 || n == 4 || n == 8 }
	if !ok(o) || !ok(l) {
		c.pos -= 2
		c.fail("need addresses and lengths of 2, 4 or 8 bytes, found %d and %d", o, l)
		return
	}
	d.offSize, d.lenSize = o, l
}

// fileEnd reads the end-of-file address and refuses a file cut short. This one
// address counts from byte 0 also behind a user block.
func (d *decoder) fileEnd(c *cursor) {
	at := c.pos
	end := c.addr()
	if c.err == nil && !d.lenient && end > uint64(len(d.b)) {
		c.pos = at
		c.fail("the file is cut short: need %d bytes, have %d", end, len(d.b))
	}
}
