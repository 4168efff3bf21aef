package hdf5

import "sort"

// attributes reads an object's attributes, sorted by name. What this reader
// does not understand goes to skipped.
func (d *decoder) attributes(path string, h *header, skipped []string) ([]*Dataset, []string, error) {
	var out []*Dataset
	add := func(m message) error {
		ds, name, err := d.attribute(path, h, m)
		switch {
		case err != nil && !isUnsupported(err):
			return err
		case err != nil:
			skipped = append(skipped, "@"+name+": "+err.Error())
		default:
			out = append(out, ds)
		}
		return nil
	}
	for _, m := range h.msgs {
		var err error
		switch m.typ {
		case msgAttr:
			err = add(m)
		case msgAttrInfo:
			err = d.denseAttributes(path, m, add)
			if isUnsupported(err) {
				skipped = append(skipped, "@: "+err.Error())
				err = nil
			}
		}
		if err != nil {
			return nil, nil, err
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	for i := 1; i < len(out); i++ {
		if out[i].Name == out[i-1].Name {
			return nil, nil, d.fail(path, h.off, "two attributes are named %q", out[i].Name)
		}
	}
	return out, skipped, nil
}

// denseAttributes reads the attributes kept in a fractal heap, if any.
func (d *decoder) denseAttributes(path string, m message, add func(message) error) error {
	c := d.body(path, "attribute info message", m)
	c.version(0, 0)
	if c.u8()&1 != 0 {
		c.take(2) // highest creation order
	}
	heapAddr, tree := c.addr(), c.addr()
	if c.err != nil || d.undefined(heapAddr) {
		return c.err
	}
	heap, err := d.fractalHeap(path, heapAddr)
	if err != nil {
		return err
	}
	return d.tree2(path, tree, treeAttrNames, func(c *cursor) error {
		body, err := heap.object(c)
		flags := c.u8()
		if err == nil {
			err = c.err
		}
		if err != nil {
			return err
		}
		return add(message{typ: msgAttr, flags: flags, body: body})
	})
}

// attribute reads one attribute message and returns its name also when it
// cannot be read further.
func (d *decoder) attribute(path string, h *header, m message) (*Dataset, string, error) {
	if err := d.chargeObject(path, h.off); err != nil {
		return nil, "", err
	}
	c := d.body(path, "attribute", m)
	name, tc, sc := d.attributeHead(c)
	if c.err != nil {
		return nil, name, c.err
	}
	t, err := d.datatype(tc, 0)
	if err != nil {
		return nil, name, err
	}
	s, err := d.dataspace(sc)
	if err != nil {
		return nil, name, err
	}
	if s.n > c.left()/t.size {
		return nil, name, c.fail("need %d elements of %d bytes, have %d bytes", s.n, t.size, c.left())
	}
	ds := &Dataset{Name: name, Dims: s.dims, Kind: t.kind(), Offset: int64(h.off), TypeName: t.name}
	p := c.take(s.n * t.size)
	if c.err != nil || s.n == 0 {
		return ds, name, c.err
	}
	if err := d.chargeValues(c.path, h.off, t, s.n); err != nil {
		return nil, name, err
	}
	return ds, name, d.values(c.path, h.off, ds, t, p, s.n)
}

// attributeHead reads an attribute's name and returns cursors on its datatype
// and dataspace; c is left at the values, its path extended by the name.
func (d *decoder) attributeHead(c *cursor) (name string, typ, space *cursor) {
	v := c.version(1, 3)
	flags := c.u8()
	nameLen, typeLen, spaceLen := c.u16(), c.u16(), c.u16()
	if v == 1 {
		flags = 0
	}
	if v == 3 {
		c.take(1) // character set
	}
	pad := func(n int) int {
		if v == 1 {
			return (n + 7) &^ 7
		}
		return n
	}
	raw := c.take(pad(nameLen))
	if c.err != nil {
		return "", c, c
	}
	name = trim(raw[:nameLen], 0)
	c.path += "@" + name
	part := func(n, typ int, shared bool) *cursor {
		s := d.within(c.path, "attribute", span{c.pos, c.pos + n})
		if c.skip(pad(n)); c.err == nil && shared {
			s = d.shared(s, typ)
		}
		return s
	}
	typ = part(typeLen, msgType, flags&1 != 0)
	space = part(spaceLen, msgSpace, flags&2 != 0)
	return name, typ, space
}
