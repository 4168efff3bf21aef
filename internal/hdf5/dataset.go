package hdf5

// dataset reads the dataset of header h.
func (d *decoder) dataset(path, name string, h *header) (*Dataset, error) {
	if err := d.chargeObject(path, h.off); err != nil {
		return nil, err
	}
	if h.has(msgExternal) {
		return nil, d.unsupported(path, h.off, "data in external files is not read")
	}
	t, s, err := d.shape(path, h)
	if err != nil {
		return nil, err
	}
	ds := &Dataset{Name: name, Dims: s.dims, Kind: t.kind(), Offset: int64(h.off), TypeName: t.name}
	if s.n > 0 {
		raw, err := d.data(path, h, t, s)
		if err != nil {
			return nil, err
		}
		if err := d.values(path, h.off, ds, t, raw, s.n); err != nil {
			return nil, err
		}
	}
	ds.Attrs, ds.Skipped, err = d.attributes(path, h, nil)
	return ds, err
}

// shape reads a dataset's type and dataspace.
func (d *decoder) shape(path string, h *header) (*dtype, *space, error) {
	mt, ok := h.find(msgType)
	ms, ok2 := h.find(msgSpace)
	if !ok || !ok2 {
		return nil, nil, d.fail(path, h.off, "need a datatype and a dataspace message, found %t and %t", ok, ok2)
	}
	t, err := d.datatype(d.body(path, "datatype", mt), 0)
	if err != nil {
		return nil, nil, err
	}
	s, err := d.dataspace(d.body(path, "dataspace", ms))
	return t, s, err
}

// layout says how a dataset's bytes are stored.
type layout struct {
	class   int // 0 compact, 1 contiguous, 2 chunked
	at      int // of the message
	addr    uint64
	size    uint64 // of contiguous data; ^0 if not stated
	compact span
	chunk   []int // chunk shape
	elem    int   // element size as stated
	index   int   // 0: version 1 B-tree, else the numbers of layout version 4
	flags   int
	mask    uint32 // of a single filtered chunk
	array   [5]int // parameters of an extensible array
}

// data returns the stored elements of a dataset as they are in the file.
func (d *decoder) data(path string, h *header, t *dtype, s *space) ([]byte, error) {
	m, _ := h.find(msgLayout)
	l, err := d.layout(d.body(path, "data layout", m))
	if err != nil {
		return nil, err
	}
	if int64(s.n) > MaxDecoded/int64(t.size) {
		return nil, d.fail(path, h.off, "dataset of %d elements of %d bytes, the limit is %d bytes", s.n, t.size, int64(MaxDecoded))
	}
	if err := d.chargeValues(path, h.off, t, s.n); err != nil {
		return nil, err
	}
	total := int64(s.n) * int64(t.size)
	if err := d.chargeRaw(path, h.off, total); err != nil {
		return nil, err
	}
	switch {
	case l.class == 2:
		return d.chunked(path, h, l, t, s)
	case l.class == 0:
		if have := int64(l.compact.end - l.compact.pos); have < total {
			return nil, d.fail(path, l.at, "compact data: need %d bytes, have %d", total, have)
		}
		return d.b[l.compact.pos : l.compact.pos+int(total)], nil
	case d.undefined(l.addr):
		return d.blank(path, h, t, s.n)
	}
	if l.size < uint64(total) {
		return nil, d.fail(path, l.at, "contiguous data: need %d bytes, have %d", total, l.size)
	}
	p, _, err := d.stored(path, "contiguous data", l.addr, uint64(total))
	return p, err
}

// blank returns n elements of the fill value. The caller has charged them.
func (d *decoder) blank(path string, h *header, t *dtype, n int) ([]byte, error) {
	out := make([]byte, n*t.size)
	fill, err := d.fillValue(path, h)
	if err != nil || len(fill) == 0 {
		return out, err
	}
	if len(fill) != t.size {
		return nil, d.fail(path, h.off, "fill value of %d bytes for elements of %d", len(fill), t.size)
	}
	for done := copy(out, fill); done < len(out); done *= 2 {
		copy(out[done:], out[:done])
	}
	return out, nil
}

// fillValue returns the stored bytes of the fill value, empty for zero.
func (d *decoder) fillValue(path string, h *header) ([]byte, error) {
	m, ok := h.find(msgFill)
	if !ok {
		if m, ok = h.find(msgFillOld); !ok {
			return nil, nil
		}
		c := d.body(path, "fill value", m)
		return c.take(int(c.u32())), c.err
	}
	c := d.body(path, "fill value", m)
	if v := c.version(1, 3); v == 3 {
		if c.u8()&0x20 == 0 {
			return nil, c.err
		}
	} else {
		c.take(2) // times of allocation and writing
		if defined := c.u8(); v == 2 && defined == 0 {
			return nil, c.err
		}
	}
	n := int(int32(c.u32()))
	if n <= 0 {
		return nil, c.err
	}
	return c.take(n), c.err
}

// layout reads a data layout message body.
func (d *decoder) layout(c *cursor) (*layout, error) {
	l := &layout{at: c.pos, size: ^uint64(0)}
	v := c.version(1, 5)
	if v < 3 {
		return l, d.layout1(c, l)
	}
	l.class = c.u8()
	switch l.class {
	case 0:
		n := c.u16()
		l.compact = span{c.pos, c.pos + n}
		c.skip(n)
	case 1:
		l.addr, l.size = c.addr(), c.size()
	case 2:
		if v > 3 {
			return l, d.layout4(c, l)
		}
		rank := c.u8()
		l.addr = c.addr()
		return l, c.chunkShape(l, rank, 4)
	case 3:
		c.unsupported("virtual datasets are not read")
	default:
		c.fail("class %d (need 0 to 3)", l.class)
	}
	return l, c.err
}

// layout1 reads versions 1 and 2 from behind the version byte.
func (d *decoder) layout1(c *cursor, l *layout) error {
	rank := c.u8()
	l.class = c.u8()
	c.take(5)
	if l.class > 2 {
		return c.fail("class %d (need 0 to 2)", l.class)
	}
	if l.class != 0 {
		l.addr = c.addr()
	}
	if l.class == 2 {
		return c.chunkShape(l, rank, 4)
	}
	c.take(4 * rank)
	if l.class == 0 {
		n := int(c.u32())
		l.compact = span{c.pos, c.pos + n}
		c.skip(n)
	}
	return c.err
}

// layout4 reads the chunked class of versions 4 and 5.
func (d *decoder) layout4(c *cursor, l *layout) error {
	l.flags = c.u8()
	rank := c.u8()
	width := c.u8()
	if c.err == nil && (width < 1 || width > 8) {
		c.fail("chunk extents of %d bytes (need 1 to 8)", width)
	}
	if c.chunkShape(l, rank, width) != nil {
		return c.err
	}
	l.index = c.u8()
	switch l.index {
	case indexSingle:
		if l.flags&2 != 0 {
			l.size, l.mask = c.size(), c.u32()
		}
	case indexImplicit:
	case indexFixed:
		c.take(1) // bits of a page: repeated in the array's head
	case indexExtensible:
		for i := range l.array {
			l.array[i] = c.u8()
		}
	case indexTree2:
		c.take(4 + 1 + 1) // node size and percentages: repeated in the tree
	default:
		return c.unsupported("chunk index %d is not read (need 1 to 5)", l.index)
	}
	l.addr = c.addr()
	return c.err
}

// chunkShape reads rank extents of width bytes, the last of which is the
// element size.
func (c *cursor) chunkShape(l *layout, rank, width int) error {
	if c.err == nil && (rank < 2 || rank > maxRank+1) {
		c.fail("chunks of %d axes (need 2 to %d, the element size counts as one)", rank, maxRank+1)
	}
	n := uint64(1)
	for i := 0; i < rank && c.err == nil; i++ {
		k := c.uint(width)
		if c.err == nil && (k == 0 || k > MaxDecoded) {
			c.fail("chunk extent %d of axis %d (need 1 to %d)", k, i, int64(MaxDecoded))
		}
		if n *= k; n > MaxDecoded {
			c.fail("chunk of %d bytes or more, the limit is %d", n, int64(MaxDecoded))
		}
		l.chunk = append(l.chunk, int(k))
	}
	if c.err == nil {
		l.elem = l.chunk[rank-1]
		l.chunk = l.chunk[:rank-1]
	}
	return c.err
}
