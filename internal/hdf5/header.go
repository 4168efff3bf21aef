package hdf5

// Message types of object headers.
const (
	msgSpace    = 0x01
	msgLinkInfo = 0x02
	msgType     = 0x03
	msgFillOld  = 0x04
	msgFill     = 0x05
	msgLink     = 0x06
	msgExternal = 0x07
	msgLayout   = 0x08
	msgGroup    = 0x0a
	msgFilters  = 0x0b
	msgAttr     = 0x0c
	msgContinue = 0x10
	msgSymbols  = 0x11
	msgAttrInfo = 0x15
	msgLastKind = 0x18

	flagShared   = 0x02 // the body only points to the message
	flagMustKnow = 0x80
)

// message is one header message: where its body lies.
type message struct {
	typ, flags int
	body       span
}

// header is an object header with all its continuation blocks.
type header struct {
	addr uint64
	off  int
	msgs []message
}

func (h *header) find(typ int) (message, bool) {
	for _, m := range h.msgs {
		if m.typ == typ {
			return m, true
		}
	}
	return message{}, false
}

func (h *header) has(typ int) bool {
	_, ok := h.find(typ)
	return ok
}

func (h *header) isGroup() bool {
	return h.has(msgSymbols) || h.has(msgLinkInfo) || h.has(msgLink) || h.has(msgGroup)
}

func (h *header) isDataset() bool { return h.has(msgLayout) }

// header reads the object header at addr.
func (d *decoder) header(path string, addr uint64) (*header, error) {
	c := d.seek(path, "object header", addr)
	h := &header{addr: addr, off: c.pos}
	if c.err != nil {
		return nil, c.err
	}
	if c.left() >= 4 && string(d.b[c.pos:c.pos+4]) == "OHDR" {
		return h, d.header2(c, h)
	}
	return h, d.header1(c, h)
}

// header1 reads version 1: a count of messages and a size.
func (d *decoder) header1(c *cursor, h *header) error {
	c.version(1, 1)
	c.take(1)
	c.take(2 + 4) // message count, reference count
	size := c.u32()
	c.take(4) // padding to eight bytes
	if c.err == nil && int64(size) > int64(c.left()) {
		c.fail("need %d bytes of messages, have %d", size, c.left())
	}
	if c.err != nil {
		return c.err
	}
	blocks := []span{{c.pos, c.pos + int(size)}}
	for i := 0; i < len(blocks); i++ {
		c := d.within(c.path, "object header", blocks[i])
		for c.left() >= 8 {
			typ, n, flags := c.u16(), c.u16(), c.u8()
			c.take(3)
			next, err := d.message(c, h, typ, n, flags)
			if err != nil {
				return err
			}
			if blocks, err = addBlock(c, blocks, next); err != nil {
				return err
			}
		}
	}
	return nil
}

// header2 reads version 2: signed and checksummed blocks.
func (d *decoder) header2(c *cursor, h *header) error {
	c.take(4)
	c.version(2, 2)
	flags := c.u8()
	if flags&0x20 != 0 {
		c.take(16) // times
	}
	if flags&0x10 != 0 {
		c.take(4) // limits of compact and dense attributes
	}
	size := c.uint(1 << uint(flags&3))
	if c.err == nil && size > uint64(c.left()) {
		c.fail("need %d bytes of messages, have %d", size, c.left())
	}
	if c.err != nil {
		return c.err
	}
	first := span{c.pos, c.pos + int(size)}
	c.pos = first.end
	if err := c.checksum(h.off); err != nil {
		return err
	}
	blocks := []span{first}
	for i := 0; i < len(blocks); i++ {
		var err error
		if blocks, err = d.block2(c.path, h, blocks, i, flags); err != nil {
			return err
		}
	}
	return nil
}

// block2 reads block i of a version 2 header; blocks after the first carry a
// signature in front and a checksum behind.
func (d *decoder) block2(path string, h *header, blocks []span, i, flags int) ([]span, error) {
	c := d.within(path, "object header", blocks[i])
	if i > 0 {
		start := c.pos
		c.end -= 4
		if !c.magic("OCHK") {
			return nil, c.err
		}
		sum := d.within(path, "object header", span{c.end, blocks[i].end})
		if err := sum.checksum(start); err != nil {
			return nil, err
		}
	}
	head := 4
	if flags&0x04 != 0 {
		head = 6 // with creation order
	}
	for c.left() >= head {
		typ, n, fl := c.u8(), c.u16(), c.u8()
		c.take(head - 4)
		next, err := d.message(c, h, typ, n, fl)
		if err != nil {
			return nil, err
		}
		if blocks, err = addBlock(c, blocks, next); err != nil {
			return nil, err
		}
	}
	return blocks, nil
}

// message records the message whose body starts at c; of a continuation it
// returns the block to read next.
func (d *decoder) message(c *cursor, h *header, typ, n, flags int) (span, error) {
	at := c.pos
	c.skip(n)
	if c.err != nil {
		return span{}, c.err
	}
	if typ > msgLastKind && flags&flagMustKnow != 0 {
		return span{}, c.unsupported("message type %#x is unknown and marked as needed", typ)
	}
	body := span{at, at + n}
	if typ != msgContinue {
		if typ != 0 {
			h.msgs = append(h.msgs, message{typ, flags, body})
		}
		return span{}, nil
	}
	m := d.within(c.path, "header continuation", body)
	addr, size := m.addr(), m.size()
	if m.err != nil {
		return span{}, m.err
	}
	_, off, err := d.stored(c.path, "header continuation", addr, size)
	if err != nil {
		return span{}, err
	}
	if size < 8 {
		return span{}, m.fail("need a block of 8 bytes or more, found %d", size)
	}
	return span{off, off + int(size)}, nil
}

// addBlock queues a continuation block, once.
func addBlock(c *cursor, blocks []span, next span) ([]span, error) {
	if next.end == 0 {
		return blocks, nil
	}
	for _, b := range blocks {
		if b.pos == next.pos {
			return nil, c.fail("continuation block at byte %d is linked twice", next.pos)
		}
	}
	if len(blocks) >= maxBlocks {
		return nil, c.fail("more than %d continuation blocks", maxBlocks)
	}
	return append(blocks, next), nil
}

// body returns a cursor on a message's body, following a pointer to the
// object that holds it if the message is shared.
func (d *decoder) body(path, what string, m message) *cursor {
	c := d.within(path, what, m.body)
	if m.flags&flagShared == 0 {
		return c
	}
	return d.shared(c, m.typ)
}

// shared reads a pointer to a message kept elsewhere and returns a cursor on
// that message of the given type.
func (d *decoder) shared(c *cursor, typ int) *cursor {
	v := c.version(1, 3)
	kind := c.u8()
	if v == 1 {
		c.take(6)
	}
	if c.err == nil && v == 3 && kind == 1 {
		c.unsupported("a message in the shared message table is not read")
	}
	addr := c.addr()
	if c.err != nil {
		return c
	}
	h, err := d.header(c.path, addr)
	if err != nil {
		c.err = err
		return c
	}
	m, ok := h.find(typ)
	if !ok || m.flags&flagShared != 0 {
		c.fail("need a message of type %#x in the object at byte %d, found none", typ, h.off)
		return c
	}
	return d.within(c.path, c.what, m.body)
}
