package dataset

import (
	"encoding/binary"
	"fmt"
)

// idxBytes is the element type of unsigned bytes in an IDX file. The file is:
// two zero bytes, the element type, the number of dimensions, each dimension as
// 32 bits big-endian, the elements with the last dimension fastest.
const idxBytes = 8

// idxKind tells whether b is an IDX file of any element type, and its number of
// dimensions.
func idxKind(b []byte) (dims int, ok bool) {
	if len(b) < 4 || b[0] != 0 || b[1] != 0 || b[2] < 8 || b[2] > 14 || b[3] == 0 {
		return 0, false
	}
	return int(b[3]), true
}

// idxBody gives the dimensions and elements of an IDX file of bytes.
func idxBody(b []byte, name string) (dims []int, body []byte, err error) {
	n := int(b[3])
	switch {
	case b[2] != idxBytes:
		return nil, nil, fmt.Errorf("dataset: %s: IDX element type %#x, need unsigned bytes (%#x)", name, b[2], idxBytes)
	case len(b) < 4+4*n:
		return nil, nil, fmt.Errorf("dataset: %s: %d bytes, the header of an IDX file of %d dimensions has %d", name, len(b), n, 4+4*n)
	}
	body = b[4+4*n:]
	total := 1
	for i := range n {
		d := int(binary.BigEndian.Uint32(b[4+4*i:]))
		if d == 0 || d > len(body)/total {
			return nil, nil, fmt.Errorf("dataset: %s: dimension %d of %d is %d, the file holds %d bytes of elements", name, i, n, d, len(body))
		}
		total *= d
		dims = append(dims, d)
	}
	if total != len(body) {
		return nil, nil, fmt.Errorf("dataset: %s: dimensions %v need %d bytes of elements, have %d", name, dims, total, len(body))
	}
	return dims, body, nil
}

func decodeIDX(b []byte, name string) (*Set, error) {
	dims, body, err := idxBody(b, name)
	if err != nil {
		return nil, err
	}
	if len(dims) < 2 {
		return nil, fmt.Errorf("dataset: %s: IDX of 1 dimension, images need 2 or more (is it the labels?)", name)
	}
	s := &Set{Shape: dims[1:], Max: 255}
	pixels := len(body) / dims[0]
	if pixels > MaxPixels {
		return nil, fmt.Errorf("dataset: %s: %d pixels per image, need at most %d", name, pixels, MaxPixels)
	}
	all := make([]uint16, len(body))
	for i, v := range body {
		all[i] = uint16(v)
	}
	s.split(all, pixels)
	return s, nil
}

// split cuts the pixels of all images into images that share their memory.
func (s *Set) split(all []uint16, pixels int) {
	s.Images = make([][]uint16, 0, len(all)/pixels)
	for i := 0; i+pixels <= len(all); i += pixels {
		s.Images = append(s.Images, all[i:i+pixels:i+pixels])
	}
}

func idxLabels(b []byte, name string) ([]int, error) {
	_, body, err := idxBody(b, name)
	if err != nil {
		return nil, err
	}
	out := make([]int, len(body))
	for i, v := range body {
		out[i] = int(v)
	}
	return out, nil
}
