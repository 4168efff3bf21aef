package hdf5

// Chunk indexes of layout version 4.
const (
	indexSingle     = 1
	indexImplicit   = 2
	indexFixed      = 3
	indexExtensible = 4
	indexTree2      = 5
)

// chunker assembles one chunked dataset.
type chunker struct {
	d       *decoder
	path    string
	l       *layout
	s       *space
	filters []filter
	bytes   int   // of one plain chunk
	grid    []int // chunks along each axis
	out     []byte
	elem    int
}

// chunked returns the data of a chunked dataset; the caller has charged it.
func (d *decoder) chunked(path string, h *header, l *layout, t *dtype, s *space) ([]byte, error) {
	if len(l.chunk) != len(s.dims) || l.elem != t.size {
		return nil, d.fail(path, l.at, "chunks of %d axes and elements of %d bytes in a dataset of %d axes and %d bytes", len(l.chunk), l.elem, len(s.dims), t.size)
	}
	k := &chunker{d: d, path: path, l: l, s: s, elem: t.size, bytes: t.size}
	for i, n := range l.chunk {
		k.bytes *= n
		k.grid = append(k.grid, (s.dims[i]+n-1)/n)
	}
	if m, ok := h.find(msgFilters); ok {
		var err error
		if k.filters, err = d.pipeline(d.body(path, "filter pipeline", m)); err != nil {
			return nil, err
		}
	}
	var err error
	if k.out, err = d.blank(path, h, t, s.n); err != nil || d.undefined(l.addr) {
		return k.out, err
	}
	switch l.index {
	case 0:
		err = k.tree1(l.addr, -1)
	case indexSingle:
		err = k.single()
	case indexImplicit:
		err = k.implicit()
	case indexFixed:
		err = k.fixedArray()
	case indexExtensible:
		err = k.extensibleArray()
	case indexTree2:
		err = k.tree2()
	}
	return k.out, err
}

// place reads the stored chunk of size bytes at addr, undoes the filters and
// copies it to where its first element origin lies. A chunk with no address
// was never written.
func (k *chunker) place(origin []int, addr, size uint64, mask uint32) error {
	if k.d.undefined(addr) {
		return nil
	}
	p, off, err := k.d.stored(k.path, "chunk", addr, size)
	if err != nil {
		return err
	}
	if err := k.d.chargeRaw(k.path, off, int64(k.bytes)); err != nil {
		return err
	}
	fs := k.filters
	if k.l.flags&1 != 0 && k.partial(origin) {
		fs = nil
	}
	if p, err = k.d.unfilter(k.path, off, fs, mask, p, k.bytes, k.elem); err != nil {
		return err
	}
	k.copy(0, 0, 0, origin, p)
	return nil
}

// partial reports whether the chunk at origin reaches over the dataset's edge.
func (k *chunker) partial(origin []int) bool {
	for i, o := range origin {
		if o+k.l.chunk[i] > k.s.dims[i] {
			return true
		}
	}
	return false
}

// copy moves the part of chunk p inside the dataset to its place. dst and src
// count elements of the axes before axis.
func (k *chunker) copy(axis, dst, src int, origin []int, p []byte) {
	n := min(k.l.chunk[axis], k.s.dims[axis]-origin[axis])
	dst = dst*k.s.dims[axis] + origin[axis]
	src *= k.l.chunk[axis]
	if axis == len(origin)-1 {
		copy(k.out[dst*k.elem:(dst+n)*k.elem], p[src*k.elem:(src+n)*k.elem])
		return
	}
	for i := 0; i < n; i++ {
		k.copy(axis+1, dst+i, src+i, origin, p)
	}
}

// tree1 walks a version 1 B-tree of chunks.
func (k *chunker) tree1(addr uint64, level int) error {
	c := k.d.seek(k.path, "chunk B-tree", addr)
	n, lv := c.tree1(1, level)
	for i := 0; i < n; i++ {
		size, mask := c.u32(), c.u32()
		keys := span{c.pos, c.pos + 8*len(k.grid)}
		c.take(8 * (len(k.grid) + 1))
		child := c.addr()
		if c.err != nil {
			return c.err
		}
		if lv > 0 {
			if err := k.tree1(child, lv-1); err != nil {
				return err
			}
			continue
		}
		origin, inside, err := k.origin(k.d.within(k.path, "chunk key", keys), false)
		if err != nil {
			return err
		}
		if inside {
			if err := k.place(origin, child, uint64(size), mask); err != nil {
				return err
			}
		}
	}
	return c.err
}

// origin reads a chunk's coordinates: in elements, or in chunks if scaled. It
// reports false for a chunk outside the dataset, which a shrunk one may have.
func (k *chunker) origin(c *cursor, scaled bool) ([]int, bool, error) {
	out := make([]int, len(k.grid))
	for i, n := range k.l.chunk {
		v := c.uint(8)
		if c.err != nil {
			return nil, false, c.err
		}
		if !scaled {
			if v%uint64(n) != 0 {
				return nil, false, c.fail("coordinate %d of axis %d is no multiple of the chunk's %d", v, i, n)
			}
			v /= uint64(n)
		}
		if v >= uint64(k.grid[i]) {
			return nil, false, nil
		}
		out[i] = int(v) * n
	}
	return out, true, nil
}

// tree2 walks a version 2 B-tree of chunks.
func (k *chunker) tree2() error {
	typ := treeChunks
	if len(k.filters) > 0 {
		typ = treeChunksCoded
	}
	return k.d.tree2(k.path, k.l.addr, typ, func(c *cursor) error {
		addr, size, mask := c.addr(), uint64(k.bytes), uint32(0)
		if typ == treeChunksCoded {
			if n := c.left() - 4 - 8*len(k.grid); c.err == nil && (n < 1 || n > 8) {
				c.fail("chunk size in %d bytes (need 1 to 8)", n)
			} else {
				size, mask = c.uint(n), c.u32()
			}
		}
		origin, inside, err := k.origin(c, true)
		if err != nil || !inside {
			return err
		}
		return k.place(origin, addr, size, mask)
	})
}

// single reads the one chunk that covers the whole dataset.
func (k *chunker) single() error {
	size := uint64(k.bytes)
	if k.l.flags&2 != 0 {
		size = k.l.size
	}
	for i, n := range k.grid {
		if n != 1 {
			return k.d.fail(k.path, k.l.at, "single chunk of %d along axis %d of %d", k.l.chunk[i], i, k.s.dims[i])
		}
	}
	fs := k.filters
	if k.l.flags&2 == 0 {
		k.filters = nil
	}
	err := k.place(make([]int, len(k.grid)), k.l.addr, size, k.l.mask)
	k.filters = fs
	return err
}

// limits returns the chunks along each axis at the dataset's largest extent,
// by which array indexes count; 0 for an unlimited axis.
func (k *chunker) limits() []int {
	out := append([]int(nil), k.grid...)
	for i, m := range k.s.most {
		out[i] = max(0, (m+k.l.chunk[i]-1)/k.l.chunk[i])
		if m > 0 && out[i] < k.grid[i] {
			out[i] = k.grid[i]
		}
	}
	return out
}

// each calls f with the origin of every chunk of the dataset and its number
// in an index whose axes, in the given order, have the given limits.
func (k *chunker) each(order, limits []int, f func(origin []int, n int64) error) error {
	pos := make([]int, len(k.grid))
	origin := make([]int, len(k.grid))
	for {
		var n int64
		for i, a := range order {
			if i > 0 {
				n *= int64(limits[a])
			}
			n += int64(pos[a])
			if n < 0 || n > 1<<40 {
				return k.d.fail(k.path, k.l.at, "chunk number %d, the limit is %d", n, int64(1)<<40)
			}
			origin[a] = pos[a] * k.l.chunk[a]
		}
		if err := k.d.chargeWork(k.path, k.l.at, 8); err != nil {
			return err
		}
		if err := f(origin, n); err != nil {
			return err
		}
		a := len(pos) - 1
		for ; a >= 0; a-- {
			if pos[a]++; pos[a] < k.grid[a] {
				break
			}
			pos[a] = 0
		}
		if a < 0 {
			return nil
		}
	}
}

// axes returns 0 … rank-1.
func (k *chunker) axes() []int {
	out := make([]int, len(k.grid))
	for i := range out {
		out[i] = i
	}
	return out
}

// implicit reads chunks that lie one behind the other.
func (k *chunker) implicit() error {
	return k.each(k.axes(), k.limits(), func(origin []int, n int64) error {
		if n > int64(len(k.d.b)) {
			return k.d.fail(k.path, k.l.at, "chunk %d of %d bytes in a file of %d bytes", n, k.bytes, len(k.d.b))
		}
		return k.place(origin, addUp(k.l.addr, uint64(n)*uint64(k.bytes)), uint64(k.bytes), 0)
	})
}
