package dataset

import (
	"bytes"
	"fmt"
	"strconv"
)

// decodeCSV reads lines of numbers. The last column is the label, unless the
// labels come from elsewhere.
func decodeCSV(b []byte, name string, labelled bool) (*Set, error) {
	s := &Set{}
	row := 0
	for len(b) > 0 {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		row++
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			continue
		}
		if err := s.addLine(line, labelled); err != nil {
			return nil, fmt.Errorf("dataset: %s:%d: %w", name, row, err)
		}
	}
	return s, nil
}

func (s *Set) addLine(line []byte, labelled bool) error {
	fields := bytes.Count(line, []byte(",")) + 1
	pixels := fields
	if !labelled {
		pixels--
	}
	if s.Shape == nil {
		if pixels < 1 || pixels > MaxPixels {
			return fmt.Errorf("%d columns, need pixels and a label, at most %d", fields, MaxPixels)
		}
		s.Shape = []int{pixels}
	}
	if pixels != s.Shape[0] {
		return fmt.Errorf("%d columns, the lines before have %d", fields, fields-pixels+s.Shape[0])
	}
	img := make([]uint16, pixels)
	for i := range img {
		var cell []byte
		cell, line, _ = bytes.Cut(line, []byte(","))
		v, err := cellNumber(cell, i)
		if err != nil {
			return err
		}
		img[i] = v
		s.Max = max(s.Max, int(v))
	}
	s.Images = append(s.Images, img)
	if labelled {
		return nil
	}
	v, err := cellNumber(line, pixels)
	s.Labels = append(s.Labels, int(v))
	return err
}

// cellNumber reads an unsigned 16-bit number; column counts from 0.
func cellNumber(cell []byte, column int) (uint16, error) {
	cell = bytes.TrimSpace(cell)
	v := 0
	for _, c := range cell {
		if c < '0' || c > '9' || v > MaxLabel {
			v = MaxLabel + 1
			break
		}
		v = 10*v + int(c-'0')
	}
	if len(cell) == 0 || v > MaxLabel {
		return 0, fmt.Errorf("column %d holds %s, need a whole number 0 to %d (a set has no header line)", column+1, strconv.Quote(string(cell[:min(len(cell), 20)])), MaxLabel)
	}
	return uint16(v), nil
}

// decodeLabels reads an IDX file of labels or text with one number a line.
func decodeLabels(b []byte, name string) ([]int, error) {
	if dims, isIDX := idxKind(b); isIDX {
		if dims != 1 {
			return nil, fmt.Errorf("dataset: %s: IDX of %d dimensions, labels need 1", name, dims)
		}
		return idxLabels(b, name)
	}
	var out []int
	for row := 1; len(b) > 0; row++ {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		v, err := cellNumber(line, 0)
		if err != nil {
			return nil, fmt.Errorf("dataset: %s:%d: %w", name, row, err)
		}
		out = append(out, int(v))
	}
	return out, nil
}
