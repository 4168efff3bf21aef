package hdf5

import (
	"bytes"
	"fmt"
)

// class is a datatype's class in the format's numbering.
type class int

const (
	classInt    class = 0
	classFloat  class = 1
	classString class = 3
	classEnum   class = 8
	classVlen   class = 9
	classArray  class = 10
)

var classNames = [...]string{"integer", "float", "time", "string", "bit field", "opaque", "compound", "reference", "enum", "vlen", "array", "complex"}

// dtype is a datatype this reader understands.
type dtype struct {
	class  class
	size   int // bytes of one stored element
	big    bool
	signed bool
	vstr   bool // variable-length string
	pad    int  // of strings: 0 zero-terminated, 1 zero-padded, 2 space-padded
	brain  bool // bfloat16
	name   string
	dims   []int  // of arrays
	elem   *dtype // of vlen and arrays
}

// kind returns which slice values of this type go to.
func (t *dtype) kind() Kind {
	switch {
	case t.class == classFloat:
		return Float
	case t.class == classString || t.vstr:
		return String
	case t.elem != nil:
		return t.elem.kind()
	}
	return Int
}

// datatype reads a datatype message body at c.
func (d *decoder) datatype(c *cursor, depth int) (*dtype, error) {
	head := c.take(8)
	if c.err != nil {
		return nil, c.err
	}
	v, cl := int(head[0]>>4), class(head[0]&15)
	bits := int(head[1]) | int(head[2])<<8
	size := uint64(head[4]) | uint64(head[5])<<8 | uint64(head[6])<<16 | uint64(head[7])<<24
	if depth > maxTypes {
		return nil, c.fail("types nested more than %d deep", maxTypes)
	}
	if size == 0 || size > MaxDecoded {
		return nil, c.fail("type of %d bytes (need 1 to %d)", size, int64(MaxDecoded))
	}
	t := &dtype{class: cl, size: int(size), big: bits&1 != 0}
	switch cl {
	case classInt:
		return t, d.intType(c, t, bits)
	case classFloat:
		return t, d.floatType(c, t, bits)
	case classString:
		t.pad, t.name, t.big = bits&15, "string", false
		return t, c.err
	case classEnum:
		return t, d.enumType(c, t, v, bits, depth)
	case classVlen:
		return t, d.vlenType(c, t, bits, depth)
	case classArray:
		return t, d.arrayType(c, t, v, depth)
	}
	name := fmt.Sprintf("class %d", cl)
	if int(cl) < len(classNames) {
		name = classNames[cl]
	}
	return nil, c.unsupported("%s data is not read", name)
}

func (d *decoder) intType(c *cursor, t *dtype, bits int) error {
	off, prec := c.u16(), c.u16()
	t.signed = bits&8 != 0
	if c.err != nil {
		return c.err
	}
	ok := t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8
	if !ok || off != 0 || prec != 8*t.size {
		return c.unsupported("integer of %d bits at bit %d in %d bytes is not read (need 8, 16, 32 or 64)", prec, off, t.size)
	}
	t.name = fmt.Sprintf("uint%d", prec)
	if t.signed {
		t.name = t.name[1:]
	}
	return nil
}

// floatLayout is the property block of a float type: offset and precision,
// exponent place and size, mantissa place and size, exponent bias.
var floatLayouts = []struct {
	name  string
	size  int
	brain bool
	props [12]byte
}{
	{"float16", 2, false, [12]byte{0, 0, 16, 0, 10, 5, 0, 10, 15}},
	{"bfloat16", 2, true, [12]byte{0, 0, 16, 0, 7, 8, 0, 7, 127}},
	{"float32", 4, false, [12]byte{0, 0, 32, 0, 23, 8, 0, 23, 127}},
	{"float64", 8, false, [12]byte{0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3}},
}

func (d *decoder) floatType(c *cursor, t *dtype, bits int) error {
	p := c.take(12)
	if c.err != nil {
		return c.err
	}
	vax, norm, sign := bits&0x40 != 0, bits>>4&3, bits>>8
	for _, l := range floatLayouts {
		if l.size == t.size && bytes.Equal(p, l.props[:]) && !vax && norm == 2 && sign == 8*t.size-1 {
			t.name, t.brain = l.name, l.brain
			return nil
		}
	}
	return c.unsupported("float of %d bytes in a format other than IEEE 16, 32, 64 or bfloat16 is not read", t.size)
}

// enumType reads an enumeration as its integer base. A type of FALSE and TRUE
// is called bool.
func (d *decoder) enumType(c *cursor, t *dtype, v, members, depth int) error {
	base, err := d.datatype(c, depth+1)
	if err != nil {
		return err
	}
	if base.class != classInt || base.size != t.size {
		return c.fail("need an enum over an integer of %d bytes, found %s of %d", t.size, base.name, base.size)
	}
	t.big, t.signed, t.name = base.big, base.signed, "enum"
	var names []string
	for i := 0; i < members && c.err == nil; i++ {
		s := c.name0(v < 3)
		if i < 2 {
			names = append(names, s)
		}
	}
	c.skip(members * t.size)
	if len(names) == 2 && members == 2 && names[0] == "FALSE" && names[1] == "TRUE" {
		t.name = "bool"
	}
	return c.err
}

// name0 reads a zero-terminated name, padded to eight bytes if padded.
func (c *cursor) name0(padded bool) string {
	if c.err != nil {
		return ""
	}
	n := bytes.IndexByte(c.d.b[c.pos:c.end], 0)
	if n < 0 {
		c.fail("name without an end in %d bytes", c.left())
		return ""
	}
	step := n + 1
	if padded {
		step = (step + 7) &^ 7
	}
	p := c.take(step)
	if c.err != nil {
		return ""
	}
	return string(p[:n])
}

func (d *decoder) vlenType(c *cursor, t *dtype, bits, depth int) error {
	t.big = false
	if want := 4 + d.offSize + 4; t.size != want {
		return c.fail("need a variable-length reference of %d bytes, found %d", want, t.size)
	}
	if bits&15 == 1 {
		t.vstr, t.name, t.pad = true, "string", bits>>4&15
		return nil
	}
	elem, err := d.datatype(c, depth+1)
	if err != nil {
		return err
	}
	if elem.elem != nil || elem.kind() == String {
		return c.unsupported("variable-length sequences of %s are not read", elem.name)
	}
	t.elem, t.name = elem, "vlen "+elem.name
	return nil
}

func (d *decoder) arrayType(c *cursor, t *dtype, v, depth int) error {
	rank := c.u8()
	if v < 3 {
		c.take(3)
	}
	if c.err == nil && (rank == 0 || rank > maxRank) {
		c.fail("array of rank %d (need 1 to %d)", rank, maxRank)
	}
	n := uint64(1)
	for i := 0; i < rank && c.err == nil; i++ {
		k := uint64(c.u32())
		if n *= k; n > MaxDecoded || k == 0 {
			c.fail("array too large or empty: extent %d", k)
		}
		t.dims = append(t.dims, int(k))
	}
	if v < 3 {
		c.take(4 * rank) // permutation
	}
	if c.err != nil {
		return c.err
	}
	elem, err := d.datatype(c, depth+1)
	if err != nil {
		return err
	}
	if n*uint64(elem.size) != uint64(t.size) {
		return c.fail("array of %d elements of %d bytes in a type of %d", n, elem.size, t.size)
	}
	if elem.class == classArray {
		t.dims = append(t.dims, elem.dims...)
		elem = elem.elem
	}
	t.elem, t.name, t.big = elem, elem.name, false
	return nil
}

// space is a dataspace.
type space struct {
	dims, most []int // most: the limits, -1 for none; nil if as dims
	n          int   // elements
}

// dataspace reads a dataspace message body.
func (d *decoder) dataspace(c *cursor) (*space, error) {
	v := c.version(1, 2)
	rank, flags := c.u8(), c.u8()
	kind := c.u8()
	if v == 1 {
		kind = 1
		c.take(4)
	}
	if c.err == nil && rank > maxRank {
		c.fail("rank %d, the limit is %d", rank, maxRank)
	}
	if c.err == nil && v == 2 && kind == 2 {
		return &space{dims: []int{0}}, nil
	}
	s := &space{n: 1}
	n := uint64(1)
	for i := 0; i < rank; i++ {
		k := c.size()
		if c.err == nil && k > MaxDecoded {
			c.fail("extent %d of axis %d, the limit is %d", k, i, int64(MaxDecoded))
		}
		if n *= k; c.err == nil && n > MaxDecoded {
			c.fail("more than %d elements", int64(MaxDecoded))
		}
		s.dims = append(s.dims, int(k))
	}
	s.n = int(n)
	for i := 0; i < rank && flags&1 != 0; i++ {
		k := c.size()
		m := -1
		if k <= MaxDecoded {
			m = int(k)
		}
		s.most = append(s.most, m)
	}
	return s, c.err
}
