package hdf5

import "math/bits"

// maxSupers bounds the super blocks of an extensible array: those before it
// hold more chunks than a dataset can have elements.
const maxSupers = 40

// entry is one element of a chunk array.
type entry struct {
	addr, size uint64
	mask       uint32
}

// arrayReader reads the elements of fixed and extensible arrays.
type arrayReader struct {
	k       *chunker
	coded   bool
	elem    int // bytes of an element
	page    int // elements of a page
	entries []entry
	need    int64 // no more entries than this are of interest
}

// client reads and checks the head that both kinds of array share.
func (r *arrayReader) client(c *cursor) {
	id := c.u8()
	if c.err == nil && (id > 1 || (id == 1) != (len(r.k.filters) > 0)) {
		c.fail("array of kind %d for chunks with %d filters", id, len(r.k.filters))
	}
	r.coded = id == 1
}

// width checks the element size.
func (r *arrayReader) width(c *cursor) {
	o := r.k.d.offSize
	if n := r.elem - o - 4; c.err == nil && (!r.coded && r.elem != o || r.coded && (n < 1 || n > 8)) {
		c.fail("array elements of %d bytes (need %d, or %d to %d with filters)", r.elem, o, o+5, o+12)
	}
}

// read appends n elements from c.
func (r *arrayReader) read(c *cursor, n int) {
	if c.err == nil && n > c.left()/r.elem {
		c.fail("need %d elements of %d bytes, have %d bytes", n, r.elem, c.left())
	}
	for i := 0; i < n && c.err == nil; i++ {
		e := entry{addr: c.addr(), size: uint64(r.k.bytes)}
		if r.coded {
			e.size, e.mask = c.uint(r.elem-r.k.d.offSize-4), c.u32()
		}
		if c.err == nil && int64(len(r.entries)) < r.need {
			r.entries = append(r.entries, e)
		}
	}
}

// absent appends n elements that were never written.
func (r *arrayReader) absent(c *cursor, n int64) {
	n = min(n, r.need-int64(len(r.entries)))
	if n <= 0 || c.err != nil {
		return
	}
	if n > r.k.d.work/8 {
		c.fail("%d chunks without storage are too many for a file of %d bytes", n, len(r.k.d.b))
		return
	}
	c.err = r.k.d.chargeWork(c.path, c.pos, int(n)*8)
	for ; n > 0 && c.err == nil; n-- {
		r.entries = append(r.entries, entry{addr: 1<<(8*uint(r.k.d.offSize)) - 1})
	}
}

// pages reads n elements in pages with a checksum behind each; bit i of init,
// counted from the top of its bytes, says whether page i was ever written.
func (r *arrayReader) pages(c *cursor, n int, init []byte) {
	for i := 0; n > 0 && c.err == nil; i++ {
		m := min(n, r.page)
		n -= m
		if i/8 < len(init) && init[i/8]<<uint(i%8)&0x80 == 0 {
			c.skip(m*r.elem + 4)
			r.absent(c, int64(m))
			continue
		}
		start := c.pos
		r.read(c, m)
		c.checksum(start)
	}
}

// place hands every chunk of the dataset to the chunker.
func (r *arrayReader) place(order, limits []int) error {
	return r.k.each(order, limits, func(origin []int, n int64) error {
		if n >= int64(len(r.entries)) {
			return nil // never written
		}
		e := r.entries[n]
		return r.k.place(origin, e.addr, e.size, e.mask)
	})
}

// product multiplies, up to 1<<40.
func product(v []int) int64 {
	n := int64(1)
	for _, k := range v {
		if k > 0 && n > 1<<40/int64(k) {
			return 1 << 40
		}
		n *= int64(k)
	}
	return n
}

// fixedArray reads chunks indexed by a fixed array.
func (k *chunker) fixedArray() error {
	limits := k.limits()
	r := &arrayReader{k: k, need: product(limits)}
	c := k.d.seek(k.path, "fixed array", k.l.addr)
	start := c.pos
	if c.magic("FAHD") {
		c.version(0, 0)
	}
	r.client(c)
	r.elem = c.u8()
	pageBits := c.u8()
	n := c.size()
	block := c.addr()
	if c.checksum(start) != nil {
		return c.err
	}
	r.width(c)
	if c.err == nil && (pageBits > 30 || n > uint64(len(k.d.b))) {
		c.fail("pages of 2^%d elements, %d elements in a file of %d bytes", pageBits, n, len(k.d.b))
	}
	if c.err != nil || k.d.undefined(block) {
		return c.err
	}
	r.page = 1 << uint(pageBits)
	if err := r.fixedBlock(block, int(n)); err != nil {
		return err
	}
	return r.place(k.axes(), limits)
}

// fixedBlock reads the data block of a fixed array of n elements.
func (r *arrayReader) fixedBlock(addr uint64, n int) error {
	c := r.k.d.seek(r.k.path, "fixed array block", addr)
	start := c.pos
	if c.magic("FADB") {
		c.version(0, 0)
	}
	r.client(c)
	c.addr() // header
	if n <= r.page {
		r.read(c, n)
		return c.checksum(start)
	}
	init := c.take(((n+r.page-1)/r.page + 7) / 8)
	if c.checksum(start) != nil {
		return c.err
	}
	r.pages(c, n, init)
	return c.err
}

// extensible is the geometry of an extensible array: some elements in the
// index block, then super blocks of ever more and larger data blocks, of
// which the first few are listed in the index block too.
type extensible struct {
	arrayReader
	first    int // elements in the index block
	blockMin int // elements of the smallest data block
	ptrMin   int // data blocks of the first super block that is not inlined
	offBytes int
	supers   int
}

// extensibleArray reads chunks indexed by an extensible array.
func (k *chunker) extensibleArray() error {
	order, limits, need := k.unlimitedFirst()
	e := &extensible{arrayReader: arrayReader{k: k, need: need}}
	c := k.d.seek(k.path, "extensible array", k.l.addr)
	start := c.pos
	if c.magic("EAHD") {
		c.version(0, 0)
	}
	e.client(c)
	e.elem = c.u8()
	maxBits := c.u8()
	e.first, e.blockMin, e.ptrMin = c.u8(), c.u8(), c.u8()
	pageBits := c.u8()
	for i := 0; i < 6; i++ {
		c.size() // statistics
	}
	block := c.addr()
	if c.checksum(start) != nil {
		return c.err
	}
	e.width(c)
	pow2 := func(n int) bool { return n > 0 && n&(n-1) == 0 }
	if c.err == nil && (!pow2(e.blockMin) || !pow2(e.ptrMin) || maxBits > 64 || maxBits < bits.Len(uint(e.blockMin)) || pageBits > 30) {
		c.fail("%d index bits, data blocks of %d, pointers %d, pages of 2^%d", maxBits, e.blockMin, e.ptrMin, pageBits)
	}
	if c.err != nil || k.d.undefined(block) {
		return c.err
	}
	e.page, e.offBytes = 1<<uint(pageBits), (maxBits+7)/8
	e.supers = min(1+maxBits-(bits.Len(uint(e.blockMin))-1), maxSupers)
	if err := e.indexBlock(block); err != nil {
		return err
	}
	return e.place(order, limits)
}

// unlimitedFirst returns the order in which axes count in an extensible
// array, the unlimited one slowest, the chunks along each and the number of
// chunks up to the end of the dataset.
func (k *chunker) unlimitedFirst() (order, limits []int, need int64) {
	order, limits = k.axes(), k.limits()
	for i, m := range limits {
		if m == 0 {
			copy(order[1:i+1], order[:i])
			order[0] = i
			break
		}
	}
	all := []int{k.grid[order[0]]}
	for _, a := range order[1:] {
		all = append(all, limits[a])
	}
	return order, limits, product(all)
}

// hole appends n elements of a block that was never written.
func (e *extensible) hole(n int64) error {
	c := e.k.d.seek(e.k.path, "extensible array", e.k.l.addr)
	e.absent(c, n)
	return c.err
}

// super returns the number of data blocks of super block u and their size.
func (e *extensible) super(u int) (blocks, elems int64) {
	return 1 << uint(u/2), int64(e.blockMin) << uint((u+1)/2)
}

func (e *extensible) full() bool { return int64(len(e.entries)) >= e.need }

// indexBlock reads all elements in order, until there are enough.
func (e *extensible) indexBlock(addr uint64) error {
	c := e.k.d.seek(e.k.path, "extensible array index", addr)
	start := c.pos
	if c.magic("EAIB") {
		c.version(0, 0)
	}
	e.client(c)
	c.addr() // header
	e.read(c, e.first)
	direct := 2 * (bits.Len(uint(e.ptrMin)) - 1) // super blocks listed here
	data := 2 * (e.ptrMin - 1)
	others := max(0, e.supers-direct)
	list := c.addresses(data + others)
	if c.checksum(start) != nil {
		return c.err
	}
	for u := 0; u < e.supers && !e.full(); u++ {
		blocks, elems := e.super(u)
		if u >= direct {
			if err := e.superBlock(list[data+u-direct], u); err != nil {
				return err
			}
			continue
		}
		for ; blocks > 0 && !e.full(); blocks-- {
			if err := e.dataBlock(list[0], elems, nil); err != nil {
				return err
			}
			list = list[1:]
			data--
		}
	}
	return nil
}

// addresses reads n addresses.
func (c *cursor) addresses(n int) []uint64 {
	if c.err == nil && n > c.left()/c.d.offSize {
		c.fail("need %d addresses, have %d bytes", n, c.left())
	}
	if c.err != nil {
		return nil
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = c.addr()
	}
	return out
}

// superBlock reads the data blocks of super block u.
func (e *extensible) superBlock(addr uint64, u int) error {
	blocks, elems := e.super(u)
	if e.k.d.undefined(addr) {
		return e.hole(blocks * elems)
	}
	c := e.k.d.seek(e.k.path, "extensible array super block", addr)
	start := c.pos
	if c.magic("EASB") {
		c.version(0, 0)
	}
	e.client(c)
	c.addr() // header
	c.take(e.offBytes)
	if c.err == nil && blocks > int64(c.left()) {
		c.fail("%d data blocks in %d bytes", blocks, c.left())
	}
	if c.err != nil {
		return c.err
	}
	perBlock := 0 // bytes that mark the pages written
	if elems > int64(e.page) {
		perBlock = int((elems/int64(e.page) + 7) / 8)
	}
	if perBlock > c.left()/int(blocks) {
		return c.fail("page marks of %d bytes for %d blocks in %d bytes", perBlock, blocks, c.left())
	}
	marks := c.take(perBlock * int(blocks))
	list := c.addresses(int(blocks))
	if c.checksum(start) != nil {
		return c.err
	}
	for i := 0; i < len(list) && !e.full(); i++ {
		if err := e.dataBlock(list[i], elems, marks[i*perBlock:(i+1)*perBlock]); err != nil {
			return err
		}
	}
	return nil
}

// dataBlock reads one data block of n elements.
func (e *extensible) dataBlock(addr uint64, n int64, marks []byte) error {
	if e.k.d.undefined(addr) {
		return e.hole(n)
	}
	c := e.k.d.seek(e.k.path, "extensible array block", addr)
	start := c.pos
	if c.magic("EADB") {
		c.version(0, 0)
	}
	e.client(c)
	c.addr() // header
	c.take(e.offBytes)
	if c.err == nil && n > int64(c.left()) {
		c.fail("%d elements in %d bytes", n, c.left())
	}
	if n > int64(e.page) {
		if c.checksum(start) != nil {
			return c.err
		}
		e.pages(c, int(n), marks)
		return c.err
	}
	e.read(c, int(n))
	return c.checksum(start)
}
