package hdf5

import "math/bits"

// Types of version 2 B-trees.
const (
	treeLinkNames   = 5
	treeAttrNames   = 8
	treeChunks      = 10
	treeChunksCoded = 11 // chunks that went through filters
)

// tree2 is the header of a version 2 B-tree.
type tree2 struct {
	d                 *decoder
	path              string
	typ               int
	nodeSize, recSize int
	countSize         int   // bytes of a child's record count
	totalSize         []int // by depth: bytes of a subtree's record count
	visit             func(*cursor) error
}

// tree2 walks the version 2 B-tree at addr, which must be of type typ, and
// calls visit with a cursor on each record.
func (d *decoder) tree2(path string, addr uint64, typ int, visit func(*cursor) error) error {
	c := d.seek(path, "B-tree header", addr)
	start := c.pos
	if c.magic("BTHD") {
		c.version(0, 0)
	}
	t := &tree2{d: d, path: path, typ: c.u8(), visit: visit}
	t.nodeSize, t.recSize = int(c.u32()), c.u16()
	depth := c.u16()
	c.take(2) // split and merge percentages
	root, n := c.addr(), c.u16()
	c.size() // records in all
	if c.checksum(start) != nil {
		return c.err
	}
	if t.typ != typ {
		return c.fail("need a tree of type %d, found %d", typ, t.typ)
	}
	if d.undefined(root) {
		return nil
	}
	if err := t.sizes(c, depth); err != nil {
		return err
	}
	if n > t.nodeSize/t.recSize {
		return c.fail("root of %d records of %d bytes in nodes of %d", n, t.recSize, t.nodeSize)
	}
	return t.node(root, n, depth)
}

// sizes computes the widths of the counts in internal nodes, which follow
// from how many records fit a node.
func (t *tree2) sizes(c *cursor, depth int) error {
	const overhead = 10
	if most := len(t.d.b); t.nodeSize > most {
		return c.fail("nodes of %d bytes in a file of %d", t.nodeSize, most)
	}
	if t.recSize == 0 || t.nodeSize < overhead+t.recSize || depth > 16 {
		return c.fail("need records that fit a node and a depth of 16 or less, found records of %d bytes, nodes of %d, depth %d", t.recSize, t.nodeSize, depth)
	}
	most := uint64((t.nodeSize - overhead) / t.recSize)
	t.countSize = byteWidth(most)
	t.totalSize = make([]int, depth+1)
	total := most
	for k := 1; k <= depth; k++ {
		ptr := t.pointer(k)
		if t.nodeSize < overhead+ptr {
			return c.fail("nodes of %d bytes hold no pointer of %d", t.nodeSize, ptr)
		}
		n := uint64((t.nodeSize - overhead - ptr) / (t.recSize + ptr))
		hi, lo := bits.Mul64(n+1, total)
		if hi != 0 || lo > 1<<62 {
			return c.fail("tree of depth %d holds more records than can be counted", depth)
		}
		total = lo + n
		t.totalSize[k] = byteWidth(total)
	}
	return nil
}

// pointer returns the bytes of a child pointer in a node of depth k.
func (t *tree2) pointer(k int) int {
	n := t.d.offSize + t.countSize
	if k > 1 {
		n += t.totalSize[k-1]
	}
	return n
}

// byteWidth returns the bytes needed to write v.
func byteWidth(v uint64) int { return max(1, (bits.Len64(v)+7)/8) }

// node walks the node at addr with n records, depth levels above the leaves.
func (t *tree2) node(addr uint64, n, depth int) error {
	what, sign := "B-tree leaf", "BTLF"
	if depth > 0 {
		what, sign = "B-tree node", "BTIN"
	}
	c := t.d.seek(t.path, what, addr)
	start := c.pos
	if c.magic(sign) {
		c.version(0, 0)
	}
	if typ := c.u8(); c.err == nil && typ != t.typ {
		return c.fail("need type %d, found %d", t.typ, typ)
	}
	recs := span{c.pos, c.pos + n*t.recSize}
	c.take(n * t.recSize)
	kids := c.pos
	if depth > 0 {
		c.take((n + 1) * t.pointer(depth))
	}
	if c.checksum(start) != nil {
		return c.err
	}
	for i := 0; i < n; i++ {
		at := recs.pos + i*t.recSize
		if err := t.visit(t.d.within(t.path, "B-tree record", span{at, at + t.recSize})); err != nil {
			return err
		}
	}
	if depth == 0 {
		return nil
	}
	return t.children(span{kids, c.pos - 4}, n+1, depth)
}

// children walks the n child pointers in s of a node of the given depth. The
// order of records is no part of the result, so nodes may come after records.
func (t *tree2) children(s span, n, depth int) error {
	c := t.d.within(t.path, "B-tree child", s)
	for i := 0; i < n; i++ {
		addr := c.addr()
		count := c.uint(t.countSize)
		if depth > 1 {
			c.take(t.totalSize[depth-1])
		}
		if c.err == nil && count > uint64(t.nodeSize/t.recSize) {
			c.fail("child of %d records of %d bytes in nodes of %d", count, t.recSize, t.nodeSize)
		}
		if c.err != nil {
			return c.err
		}
		if err := t.node(addr, int(count), depth-1); err != nil {
			return err
		}
	}
	return nil
}
