package dataset

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Array is a named array of numbers, last dimension fastest. Data is one of
// []uint8, []uint16, []uint32, []uint64, []int8, []int16, []int32, []int64,
// []float32, []float64, with the product of Shape many elements (one for the
// empty shape). Booleans read as uint8.
type Array struct {
	Name  string
	Shape []int
	Data  any
}

// Len is the number of elements.
func (a *Array) Len() int { return dataLen(a.Data) }

// Float64s are the elements as float64 (rounded where 64-bit integers need it).
func (a *Array) Float64s() []float64 {
	out := make([]float64, a.Len())
	switch d := a.Data.(type) {
	case []float64:
		copy(out, d)
	case []uint64:
		for i, v := range d {
			out[i] = float64(v)
		}
	case []int64:
		for i, v := range d {
			out[i] = float64(v)
		}
	default:
		eachSmall(a.Data, func(i int, v float64) { out[i] = v })
	}
	return out
}

// ReadNpz reads all numeric arrays of an npz file, in the order of the file;
// members of other kinds (strings, objects) are left out. All arrays together
// unpack to at most MaxUnpacked bytes.
func ReadNpz(b []byte, file string) ([]Array, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: npz: %w (%d bytes; the zip directory stands at the end: is the file cut short?)", file, err, len(b))
	}
	room := int64(MaxUnpacked)
	var out []Array
	for _, f := range z.File {
		name, isNpy := strings.CutSuffix(f.Name, ".npy")
		if !isNpy {
			continue
		}
		a, skip, err := readMember(f, &room)
		if err != nil {
			return nil, fmt.Errorf("dataset: %s: array %s: %w", file, clip(name), err)
		}
		if !skip {
			a.Name = name
			out = append(out, a)
		}
	}
	return out, nil
}

// Find gives the array with a name, or nil.
func Find(arrays []Array, name string) *Array {
	for i := range arrays {
		if arrays[i].Name == name {
			return &arrays[i]
		}
	}
	return nil
}

// readMember unpacks an array, taking its bytes off room.
func readMember(f *zip.File, room *int64) (a Array, skip bool, err error) {
	r, err := f.Open()
	if err != nil {
		return a, false, err
	}
	defer r.Close()
	in := bufio.NewReaderSize(r, 1<<14)
	head, err := npyHeader(in)
	if err != nil {
		return a, false, err
	}
	h, err := parseHeader(head)
	if err != nil || h.kind == 0 {
		return a, err == nil, err
	}
	need := int64(h.elements) * int64(h.width)
	if need > *room {
		return a, false, fmt.Errorf("%d bytes, the limit leaves %d", need, *room)
	}
	*room -= need
	body, err := io.ReadAll(io.LimitReader(in, need+1)) // grows as it reads: a false header costs nothing
	switch {
	case err != nil:
		return a, false, err
	case int64(len(body)) != need:
		return a, false, fmt.Errorf("shape %v needs %d bytes, have %d or more", h.shape, need, len(body))
	}
	a.Shape = h.shape
	a.Data = decodeElements(body, h)
	return a, false, nil
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}

// decodeNpz makes a set of the arrays x and y.
func decodeNpz(b []byte, name string) (*Set, error) {
	arrays, err := ReadNpz(b, name)
	if err != nil {
		return nil, err
	}
	x, y := Find(arrays, "x"), Find(arrays, "y")
	if x == nil || len(x.Shape) < 2 || x.Shape[0] == 0 {
		return nil, fmt.Errorf("dataset: %s: need an array x [image, ...] of numbers; have %s", name, listArrays(arrays))
	}
	s := &Set{Shape: x.Shape[1:]}
	pixels := x.Len() / x.Shape[0]
	if pixels < 1 || pixels > MaxPixels {
		return nil, fmt.Errorf("dataset: %s: x has shape %v, need 1 to %d pixels per image", name, x.Shape, MaxPixels)
	}
	all, err := x.whole16(name, pixels)
	if err != nil {
		return nil, err
	}
	s.split(all, pixels)
	for _, v := range all {
		s.Max = max(s.Max, int(v))
	}
	if _, bytes := x.Data.([]uint8); bytes {
		s.Max = 255
	}
	if y == nil {
		return s, nil // the caller wants labels from somewhere
	}
	if len(y.Shape) != 1 {
		return nil, fmt.Errorf("dataset: %s: y has shape %v, need [image]", name, y.Shape)
	}
	labels, err := y.whole16(name, 1)
	if err != nil {
		return nil, err
	}
	for _, v := range labels {
		s.Labels = append(s.Labels, int(v))
	}
	return s, nil
}

func listArrays(arrays []Array) string {
	if len(arrays) == 0 {
		return "none"
	}
	var out []string
	for _, a := range arrays[:min(len(arrays), 8)] {
		out = append(out, fmt.Sprintf("%s %v", clip(a.Name), a.Shape))
	}
	return strings.Join(out, ", ")
}

// whole16 gives the elements as whole numbers of 16 bits, row being the number
// of elements per image.
func (a *Array) whole16(file string, row int) ([]uint16, error) {
	if d, ok := a.Data.([]uint16); ok {
		return d, nil
	}
	out := make([]uint16, a.Len())
	for i, v := range a.Float64s() {
		if v != math.Trunc(v) || v < 0 || v > MaxLabel {
			return nil, fmt.Errorf("dataset: %s:%d: %s element %d is %v, need a whole number 0 to %d", file, i/row, a.Name, i%row, v, MaxLabel)
		}
		out[i] = uint16(v)
	}
	return out, nil
}

// NpzWriter writes named arrays as a zip of npy members, deflated. Equal arrays
// in equal order give equal bytes (the time stamps are fixed).
type NpzWriter struct {
	z    *zip.Writer
	seen map[string]bool
}

// NewNpzWriter starts an npz file on w; Close ends it but does not close w.
func NewNpzWriter(w io.Writer) *NpzWriter {
	return &NpzWriter{zip.NewWriter(w), map[string]bool{}}
}

// zipTime is the time stamp of every member: the earliest a zip can hold.
var zipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Add writes one array: data is a slice of one of the types that Array.Data may
// hold, with the product of shape many elements, last dimension fastest.
func (z *NpzWriter) Add(name string, shape []int, data any) error {
	descr := elementType(data)
	switch {
	case descr == "":
		return fmt.Errorf("dataset: array %s: elements of type %T, need a slice of integers or floats", name, data)
	case name == "" || strings.ContainsAny(name, "/\\\x00") || z.seen[name]:
		return fmt.Errorf("dataset: array name %q is empty, taken or holds a slash", name)
	}
	n := 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > math.MaxInt/d {
			return fmt.Errorf("dataset: array %s: shape %v", name, shape)
		}
		n *= d
	}
	if have := dataLen(data); n != have {
		return fmt.Errorf("dataset: array %s: shape %v needs %d elements, have %d", name, shape, n, have)
	}
	z.seen[name] = true
	w, err := z.z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Deflate, Modified: zipTime})
	if err == nil {
		err = writeNpy(w, descr, shape, data)
	}
	if err != nil {
		return fmt.Errorf("dataset: array %s: %w", name, err)
	}
	return nil
}

// Close writes the directory of the file.
func (z *NpzWriter) Close() error {
	if err := z.z.Close(); err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	return nil
}
