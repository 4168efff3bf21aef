// Package hdf5 reads the part of the HDF5 file format that network and
// spike-train files use, from memory and without any foreign library. It
// never writes.
//
// Read: superblocks 0 to 3; object headers 1 and 2; groups kept as symbol
// tables, as link messages and in dense form; contiguous, compact and chunked
// data with every chunk index; the filters deflate, shuffle, fletcher32 and
// lzf; integers of 8 to 64 bits, floats of 16, 32 and 64 bits and bfloat16,
// fixed and variable-length strings, enumerations, arrays of those, and
// variable-length sequences of numbers.
//
// Refused, with an error that names the place: compound, reference, opaque
// and bit-field data, virtual and external storage, other filters. Attributes
// of such a type are left out and named in Group.Skipped, and so are soft and
// external links.
//
// A file is treated as hostile: every count is checked against the bytes that
// must back it, memory and time are limited (see MaxDecoded), and all
// checksums of the newer structures are verified.
package hdf5

import "sort"

// Limits of one Decode call.
const (
	// MaxDecoded bounds the memory of all decoded values, in bytes: eight per
	// number, sixteen plus the length per string.
	MaxDecoded = 1<<31 - 1
	// MaxExpand bounds how many bytes of stored data may come out of one byte
	// of file; 1032 is what deflate can reach at most.
	MaxExpand = 1032
	// MaxObjects bounds the groups, datasets and attributes of one file.
	MaxObjects = 1 << 20
	// MaxDepth bounds the nesting of groups.
	MaxDepth = 64

	rawSteps   = 5       // times a stored byte is counted: dataset, chunk, three filters
	minRaw     = 1 << 20 // stored bytes always allowed, however small the file
	workFactor = 64      // bytes of structure that may be parsed per byte of file
	minWork    = 1 << 20 // structure bytes always allowed
	maxRank    = 32      // as the format says
	maxName    = 1 << 16 // bytes of an object name
	maxBlocks  = 1 << 12 // continuation blocks of one object header
	maxTypes   = 8       // nesting of datatypes
)

// Kind says which of a dataset's value slices is used.
type Kind uint8

// The kinds of values.
const (
	Int    Kind = iota + 1 // Ints: integers, enumerations, booleans
	Float                  // Floats: all floating-point types
	String                 // Strings: fixed and variable length
)

// String returns the kind's name.
func (k Kind) String() string {
	switch k {
	case Int:
		return "int"
	case Float:
		return "float"
	case String:
		return "string"
	}
	return "unknown"
}

// Group is a node of the file's tree. All lists are sorted by name.
type Group struct {
	Name     string // last part of the path; "/" for the root
	Groups   []*Group
	Datasets []*Dataset
	Attrs    []*Dataset // the group's own attributes
	Skipped  []string   // "name: reason" of each link or attribute left out
}

// Dataset is one array of values, or one attribute.
type Dataset struct {
	Name string
	// Dims is the shape, row-major; empty for a scalar, [0] for a null space.
	Dims []int
	Kind Kind
	// Exactly one of the three holds the values, flat in row-major order.
	Ints    []int64
	Floats  []float64
	Strings []string
	// Rows is set for variable-length sequences only: the length of each of
	// the Len sequences, whose values follow each other in Ints or Floats.
	Rows []int
	// Offset is the byte address of the object header, for errors.
	Offset int64
	// TypeName is the stored type: int8 … uint64, float16, bfloat16, float32,
	// float64, string, bool, enum, or vlen of one of them ("vlen float32").
	TypeName string
	// Attrs are the dataset's own attributes; nil in an attribute.
	Attrs []*Dataset
	// Skipped has "name: reason" of each attribute left out.
	Skipped []string
}

// Len returns the number of elements: the product of Dims, 1 for a scalar.
// For a variable-length sequence it counts sequences, not their values.
func (d *Dataset) Len() int {
	n := 1
	for _, k := range d.Dims {
		n *= k
	}
	return n
}

// Group returns the direct subgroup called name.
func (g *Group) Group(name string) (*Group, bool) {
	i := sort.Search(len(g.Groups), func(i int) bool { return g.Groups[i].Name >= name })
	if i < len(g.Groups) && g.Groups[i].Name == name {
		return g.Groups[i], true
	}
	return nil, false
}

// Dataset returns the dataset called name directly in g.
func (g *Group) Dataset(name string) (*Dataset, bool) { return find(g.Datasets, name) }

// Attr returns the attribute called name of g.
func (g *Group) Attr(name string) (*Dataset, bool) { return find(g.Attrs, name) }

// Attr returns the attribute called name of d.
func (d *Dataset) Attr(name string) (*Dataset, bool) { return find(d.Attrs, name) }

func find(list []*Dataset, name string) (*Dataset, bool) {
	i := sort.Search(len(list), func(i int) bool { return list[i].Name >= name })
	if i < len(list) && list[i].Name == name {
		return list[i], true
	}
	return nil, false
}

// Decode reads a whole HDF5 file held in b and returns its root group with
// all values decoded. The result shares no memory with b. Every error begins
// with "hdf5: " and names the object and the byte where reading failed.
func Decode(b []byte) (*Group, error) {
	return decode(b, false)
}

// decode is Decode; lenient skips checksums and the length check, so that
// fuzzing reaches the code behind them.
func decode(b []byte, lenient bool) (*Group, error) {
	n := int64(len(b))
	d := &decoder{
		b:       b,
		lenient: lenient,
		work:    workFactor*n + minWork,
		raw:     min(rawSteps*MaxExpand*n+minRaw, MaxDecoded),
		mem:     MaxDecoded,
		objects: min(n/8+64, MaxObjects),
		heaps:   map[uint64]map[uint16]span{},
		open:    map[uint64]string{},
	}
	root, err := d.superblock()
	if err != nil {
		return nil, err
	}
	h, err := d.header("/", root)
	if err != nil {
		return nil, err
	}
	if !h.isGroup() {
		return nil, d.fail("/", h.off, "need a group as the root object, found an object of another kind")
	}
	return d.group("/", "/", h, 0)
}
