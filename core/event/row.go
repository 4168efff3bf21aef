package event

// blockLanes is how many items of a walk are computed at once at most.
const blockLanes = 256

// column is where an operand of many items lies: found once, so that reading a
// row of items decides nothing per item.
type column struct {
	op   *Operand
	kind columnKind
	// Of fields of items: memory, chunks of a word, and item (src, dst) is number
	// src*row + dst.
	mem, chunks int
	row         int64
	lanes       int64
	log         int // lanes = 1 << log, -1 = no power of two
	bit, stride int
	mask, sign  uint64 // of the bits; the top bit of a signed field
	split       bool   // bits of some item lie in two chunks
	blank       bool   // scratch, 0 when a program starts
	width       int
}

// columnKind says how an operand differs from item to item.
type columnKind uint8

const (
	same   columnKind = iota // it does not within a source: constants, registers, the event, what belongs to the source
	index                    // the item's number
	single                   // a field of items that have words of their own
	shared                   // a field of items that share words
)

// column finds where an operand lies.
func (s *Spec) column(o *Operand) column {
	c := column{op: o}
	switch {
	case o.From == Dst:
		c.kind = index
		return c
	case o.From != Stored:
		return c
	case s.Fields[o.Field].Memory < 0:
		c.blank = true
		return c
	}
	f := &s.Fields[o.Field]
	m := &s.Memories[f.Memory]
	if m.Row == 0 && (o.BySrc || m.Words*m.Lanes == 1) {
		return c
	}
	c.kind, c.mem, c.chunks, c.row, c.lanes, c.log = shared, f.Memory, m.chunks(), int64(m.Row), int64(m.Lanes), log2(m.Lanes)
	c.bit, c.stride, c.width = f.Bit, f.Stride, int(f.Layout.Width)
	c.mask = 1<<c.width - 1
	if f.decode(c.mask) < 0 {
		c.sign = 1 << (c.width - 1)
	}
	if m.Lanes == 1 {
		c.kind = single
	}
	for k := range m.Lanes {
		c.split = c.split || (f.Bit+k*f.Stride)%64+c.width > 64
	}
	return c
}

// log2 is the logarithm of a power of two, -1 of any other number.
func log2(n int) int {
	for k := range 31 {
		if n == 1<<k {
			return k
		}
	}
	return -1
}

// within says that the items of a range of targets exist.
func (c *column) within(m *Memory, src, first, last int64) bool {
	if c.kind < single {
		return true
	}
	if c.row > 0 && (first < 0 || last >= c.row) {
		return false
	}
	lo := m.item(src, first)
	return lo >= 0 && m.item(src, last) < int64(m.Words*m.Lanes)
}

// place of item number i: first chunk of its word and bit.
func (c *column) place(i int64) (chunk, bit int) {
	switch {
	case c.kind == single:
		return int(i) * c.chunks, c.bit
	case c.log >= 0:
		return int(i>>c.log) * c.chunks, c.bit + int(i&(c.lanes-1))*c.stride
	}
	return int(i/c.lanes) * c.chunks, c.bit + int(i%c.lanes)*c.stride
}

// read fills a row with the values of an operand for items dst of a source, in
// ascending order, as the memories are. The items must exist.
func (c *Core) read(col *column, row []int32, dst []int32, at place) {
	if len(dst) == 0 {
		return
	}
	row = row[:len(dst)]
	switch {
	case col.blank:
		clear(row)
	case col.kind == same:
		fill(row, int32(c.value(col.op, at)))
	case col.kind == index:
		for i, d := range dst {
			row[i] = d >> col.op.Right
		}
	case col.split:
		for i, d := range dst {
			at.dst = int64(d)
			row[i] = int32(c.value(col.op, at))
		}
	default:
		col.extract(c.State.Mem[col.mem], row, dst, at.src*col.row)
		if right := col.op.Right; right > 0 {
			for i := range row {
				row[i] = int32(int64(row[i]) >> right)
			}
		}
	}
}

// extract reads bits that do not lie across chunks, of items base + dst.
func (col *column) extract(mem []uint64, row, dst []int32, base int64) {
	mask, sign := col.mask, col.sign
	switch {
	case col.kind == single:
		chunks, sh := col.chunks, col.bit%64
		mem = mem[int(base)*chunks+col.bit/64:]
		for i, d := range dst {
			v := mem[int(d)*chunks] >> sh & mask
			row[i] = int32(v ^ sign - sign)
		}
	case int(dst[len(dst)-1]-dst[0]) == len(dst)-1:
		col.extractRun(mem, row, base+int64(dst[0]))
	default:
		for i, d := range dst {
			chunk, bit := col.place(base + int64(d))
			v := mem[chunk+bit>>6] >> (bit & 63) & mask
			row[i] = int32(v ^ sign - sign)
		}
	}
}

// extractRun reads neighbours, chunk by chunk.
func (col *column) extractRun(mem []uint64, row []int32, first int64) {
	mask, sign, stride := col.mask, col.sign, col.stride
	for len(row) > 0 {
		chunk, bit := col.place(first)
		n := int(min(int64(len(row)), col.lanes-first%col.lanes))
		if stride > 0 {
			n = min(n, (63-bit&63)/stride+1)
		}
		x := mem[chunk+bit>>6] >> (bit & 63)
		for i := range row[:n] {
			row[i] = int32(x&mask ^ sign - sign)
			x >>= stride
		}
		row, first = row[n:], first+int64(n)
	}
}

// put writes a value into the field of an item.
func (col *column) put(mem []uint64, item int64, v int32) {
	chunk, bit := col.place(item)
	if mem = mem[chunk:]; col.split {
		insert(mem[:col.chunks], bit, col.width, uint64(uint32(v)))
		return
	}
	at := &mem[bit>>6]
	*at = *at&^(col.mask<<(bit&63)) | uint64(uint32(v))&col.mask<<(bit&63)
}

func fill(row []int32, v int32) {
	for i := range row {
		row[i] = v
	}
}
