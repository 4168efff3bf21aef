package hdf5

import (
	"fmt"
	"sort"
	"strings"
)

// link is one named child of a group.
type link struct {
	name string
	addr uint64
	off  int    // where the link is stored
	skip string // why it has no address, else empty
}

// group reads the group of header h and everything below it.
func (d *decoder) group(path, name string, h *header, depth int) (*Group, error) {
	if err := d.chargeObject(path, h.off); err != nil {
		return nil, err
	}
	if depth > MaxDepth {
		return nil, d.fail(path, h.off, "groups nested more than %d deep", MaxDepth)
	}
	if above, ok := d.open[h.addr]; ok {
		return nil, d.fail(path, h.off, "group contains itself: it is also %s", above)
	}
	d.open[h.addr] = path
	defer delete(d.open, h.addr)
	g := &Group{Name: name}
	links, err := d.links(path, h)
	if err != nil {
		return nil, err
	}
	sort.SliceStable(links, func(i, j int) bool { return links[i].name < links[j].name })
	for i, l := range links {
		if i > 0 && links[i-1].name == l.name {
			return nil, d.fail(path, l.off, "two links are named %q", l.name)
		}
		if err := d.child(g, path, l, depth); err != nil {
			return nil, err
		}
	}
	if g.Attrs, g.Skipped, err = d.attributes(path, h, g.Skipped); err != nil {
		return nil, err
	}
	return g, nil
}

// child reads what one link leads to into g.
func (d *decoder) child(g *Group, path string, l link, depth int) error {
	if l.name == "" || strings.Contains(l.name, "/") {
		return d.fail(path, l.off, "need a link name without slashes, found %q", l.name)
	}
	if l.skip != "" {
		g.Skipped = append(g.Skipped, l.name+": "+l.skip)
		return nil
	}
	below := strings.TrimSuffix(path, "/") + "/" + l.name
	h, err := d.header(below, l.addr)
	if err != nil {
		return err
	}
	switch {
	case h.isDataset():
		ds, err := d.dataset(below, l.name, h)
		if err != nil {
			return err
		}
		g.Datasets = append(g.Datasets, ds)
	case h.isGroup():
		sub, err := d.group(below, l.name, h, depth+1)
		if err != nil {
			return err
		}
		g.Groups = append(g.Groups, sub)
	case h.has(msgType):
		g.Skipped = append(g.Skipped, l.name+": named datatype")
	default:
		return d.fail(below, h.off, "need a group, dataset or datatype, found an object with %d messages of other kinds", len(h.msgs))
	}
	return nil
}

// links collects the children of a group from all three forms of storage.
func (d *decoder) links(path string, h *header) ([]link, error) {
	var out []link
	for _, m := range h.msgs {
		switch m.typ {
		case msgSymbols:
			c := d.body(path, "symbol table message", m)
			tree, heap := c.addr(), c.addr()
			if c.err != nil {
				return nil, c.err
			}
			names, err := d.localHeap(path, heap)
			if err != nil {
				return nil, err
			}
			if out, err = d.symbolTree(path, tree, -1, names, out); err != nil {
				return nil, err
			}
		case msgLink:
			l, err := d.linkMessage(d.body(path, "link message", m))
			if err != nil {
				return nil, err
			}
			out = append(out, l)
		case msgLinkInfo:
			var err error
			if out, err = d.denseLinks(path, m, out); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// localHeap returns the data range of the local heap at addr.
func (d *decoder) localHeap(path string, addr uint64) (span, error) {
	c := d.seek(path, "local heap", addr)
	if c.magic("HEAP") {
		c.version(0, 0)
		c.take(3)
	}
	size := c.size()
	c.size() // free list
	data := c.addr()
	if c.err != nil {
		return span{}, c.err
	}
	_, off, err := d.stored(path, "local heap data", data, size)
	return span{off, off + int(size)}, err
}

// symbolTree walks a version 1 B-tree of symbol nodes. level is what the node
// must have, -1 for the root.
func (d *decoder) symbolTree(path string, addr uint64, level int, names span, out []link) ([]link, error) {
	c := d.seek(path, "group B-tree", addr)
	n, lv := c.tree1(0, level)
	for i := 0; i < n && c.err == nil; i++ {
		c.size() // key: offset of a name
		child := c.addr()
		if c.err != nil {
			break
		}
		var err error
		if lv > 0 {
			out, err = d.symbolTree(path, child, lv-1, names, out)
		} else {
			out, err = d.symbolNode(path, child, names, out)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, c.err
}

// tree1 reads the head of a version 1 B-tree node and returns the number of
// its entries and its level. typ is 0 for groups, 1 for chunks.
func (c *cursor) tree1(typ, level int) (n, lv int) {
	if !c.magic("TREE") {
		return 0, 0
	}
	t, lv, n := c.u8(), c.u8(), c.u16()
	c.addr() // siblings
	c.addr()
	if c.err == nil && (t != typ || level >= 0 && lv != level) {
		c.fail("need a node of type %d at level %d, found type %d at level %d", typ, level, t, lv)
	}
	return n, lv
}

// symbolNode reads the entries of one symbol table node.
func (d *decoder) symbolNode(path string, addr uint64, names span, out []link) ([]link, error) {
	c := d.seek(path, "symbol table node", addr)
	if c.magic("SNOD") {
		c.version(1, 1)
		c.take(1)
	}
	n := c.u16()
	for i := 0; i < n && c.err == nil; i++ {
		l := link{off: c.pos}
		nameOff := c.addr()
		l.addr = c.addr()
		cached := c.u32()
		c.take(4 + 16)
		if c.err != nil {
			break
		}
		if cached == 2 {
			l.skip = "soft link"
		}
		var err error
		if l.name, err = d.heapName(path, names, nameOff); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, c.err
}

// heapName reads a zero-terminated name from a local heap's data.
func (d *decoder) heapName(path string, heap span, off uint64) (string, error) {
	if off >= uint64(heap.end-heap.pos) {
		return "", d.fail(path, heap.pos, "local heap: name at offset %d, have %d bytes", off, heap.end-heap.pos)
	}
	p := d.b[heap.pos+int(off) : heap.end]
	for i := 0; i < len(p) && i <= maxName; i++ {
		if p[i] == 0 {
			return string(p[:i]), d.chargeWork(path, heap.pos, i)
		}
	}
	return "", d.fail(path, heap.pos+int(off), "local heap: name without an end in %d bytes", min(len(p), maxName))
}

// linkMessage reads one link in the newer form.
func (d *decoder) linkMessage(c *cursor) (link, error) {
	l := link{off: c.pos}
	c.version(1, 1)
	flags := c.u8()
	kind := 0
	if flags&0x08 != 0 {
		kind = c.u8()
	}
	if flags&0x04 != 0 {
		c.take(8) // creation order
	}
	if flags&0x10 != 0 {
		c.take(1) // character set
	}
	n := c.uint(1 << uint(flags&3))
	if c.err == nil && n > maxName {
		c.fail("name of %d bytes, the limit is %d", n, maxName)
	}
	l.name = string(c.take(int(n)))
	switch kind {
	case 0:
		l.addr = c.addr()
	case 1:
		l.skip = "soft link"
	case 64:
		l.skip = "external link"
	default:
		l.skip = fmt.Sprintf("link of type %d", kind)
	}
	return l, c.err
}

// denseLinks reads the links that a link info message says are in a fractal
// heap; none if the group keeps them as messages.
func (d *decoder) denseLinks(path string, m message, out []link) ([]link, error) {
	c := d.body(path, "link info message", m)
	c.version(0, 0)
	if c.u8()&1 != 0 {
		c.take(8) // highest creation order
	}
	heapAddr, tree := c.addr(), c.addr()
	if c.err != nil || d.undefined(heapAddr) {
		return out, c.err
	}
	heap, err := d.fractalHeap(path, heapAddr)
	if err != nil {
		return nil, err
	}
	err = d.tree2(path, tree, treeLinkNames, func(c *cursor) error {
		c.take(4) // hash of the name
		body, err := heap.object(c)
		if err != nil {
			return err
		}
		l, err := d.linkMessage(d.within(path, "link message", body))
		out = append(out, l)
		return err
	})
	return out, err
}
