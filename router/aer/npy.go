package aer

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Npy arrays, as far as events need them: one dimension, whole numbers or
// strings. (NumPy enhancement proposal 1; the header is a Python dictionary
// with keys in alphabetical order.)

const npyMagic = "\x93NUMPY"

var (
	npyDict  = regexp.MustCompile(`^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(?:True|False),\s*'shape':\s*\(\s*([0-9]+)\s*,?\s*\),?\s*\}\s*$`)
	npyDescr = regexp.MustCompile(`^([<>=|]?)([iuUS])([0-9]{1,6})$`)
)

// column reads a one-dimensional npy array element by element.
type column struct {
	name string
	r    *bufio.Reader
	n    int64 // elements
	kind byte  // i, u, U or S
	big  bool
	cell []byte // one element as stored
}

// newColumn reads the header of an array.
func newColumn(name string, r io.Reader) (*column, error) {
	c := &column{name: name, r: bufio.NewReaderSize(r, 1<<15)}
	head, err := npyHeader(c.r)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", name, err)
	}
	m := npyDict.FindStringSubmatch(head)
	if m == nil {
		return nil, fmt.Errorf("array %s: header %q, need a one-dimensional array", name, clip(head))
	}
	if c.n, err = strconv.ParseInt(m[2], 10, 64); err != nil || c.n > MaxSpikes {
		return nil, fmt.Errorf("array %s: %s elements, need at most %d", name, clip(m[2]), MaxSpikes)
	}
	d := npyDescr.FindStringSubmatch(m[1])
	if d == nil {
		return nil, fmt.Errorf("array %s: element type %q, need integers or strings", name, clip(m[1]))
	}
	width, _ := strconv.Atoi(d[3])
	c.kind, c.big = d[2][0], d[1] == ">"
	ok := width == 1 || width == 2 || width == 4 || width == 8
	switch c.kind {
	case 'U':
		width *= 4
		ok = width <= 4*MaxName
	case 'S':
		ok = width <= MaxName
	}
	if !ok {
		return nil, fmt.Errorf("array %s: element type %q has %d bytes", name, m[1], width)
	}
	c.cell = make([]byte, width)
	return c, nil
}

func npyHeader(r io.Reader) (string, error) {
	var pre [12]byte
	if _, err := io.ReadFull(r, pre[:10]); err != nil {
		return "", fmt.Errorf("too short for npy: %w", err)
	}
	if string(pre[:6]) != npyMagic {
		return "", fmt.Errorf("no npy signature, have %q", pre[:6])
	}
	n := uint32(binary.LittleEndian.Uint16(pre[8:]))
	if pre[6] >= 2 {
		if _, err := io.ReadFull(r, pre[10:]); err != nil {
			return "", fmt.Errorf("too short for npy: %w", err)
		}
		n = binary.LittleEndian.Uint32(pre[8:])
	}
	if pre[6] < 1 || pre[6] > 3 || n > 1<<16 {
		return "", fmt.Errorf("npy version %d.%d, header of %d bytes; need version 1 to 3, at most %d bytes", pre[6], pre[7], n, 1<<16)
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", fmt.Errorf("npy header of %d bytes is cut: %w", n, err)
	}
	return string(head), nil
}

// next reads the next element into cell.
func (c *column) next() error {
	if _, err := io.ReadFull(c.r, c.cell); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("array %s: %w", c.name, err)
	}
	return nil
}

// end checks that nothing follows the last element (and, in a zip member, its
// checksum).
func (c *column) end() error {
	if _, err := c.r.ReadByte(); err != io.EOF {
		if err == nil {
			err = fmt.Errorf("more bytes than %d elements of %d bytes", c.n, len(c.cell))
		}
		return fmt.Errorf("array %s: %w", c.name, err)
	}
	return nil
}

// number is the element as a whole number within bounds.
func (c *column) number(low, high int64) (int64, error) {
	var v uint64
	for i, b := range c.cell {
		if c.big {
			v = v<<8 | uint64(b)
		} else {
			v |= uint64(b) << (8 * i)
		}
	}
	shift := 64 - 8*len(c.cell)
	n := int64(v)
	switch {
	case c.kind == 'i':
		n = int64(v<<shift) >> shift
	case c.kind != 'u':
		return 0, fmt.Errorf("array %s: strings, need integers", c.name)
	case v > math.MaxInt64:
		return 0, fmt.Errorf("%s %d, need %d to %d", c.name, v, low, high)
	}
	if n < low || n > high {
		return 0, fmt.Errorf("%s %d, need %d to %d", c.name, n, low, high)
	}
	return n, nil
}

// text is the element as a string; whole numbers give their decimal digits.
func (c *column) text() (string, error) {
	var b []byte
	switch c.kind {
	case 'i', 'u':
		n, err := c.number(math.MinInt64, math.MaxInt64)
		return strconv.FormatInt(n, 10), err
	case 'S':
		b = c.cell
	default:
		var order binary.ByteOrder = binary.LittleEndian
		if c.big {
			order = binary.BigEndian
		}
		for i := 0; i < len(c.cell); i += 4 {
			r := order.Uint32(c.cell[i:])
			if r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
				return "", fmt.Errorf("%s has the character code %#x", c.name, r)
			}
			b = utf8.AppendRune(b, rune(r))
		}
	}
	return strings.TrimRight(string(b), "\x00"), nil
}

// npyHead is the header of a one-dimensional array of n elements.
func npyHead(descr string, n int) []byte {
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }", descr, n)
	pad := 63 - (10+len(dict))%64
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dict)+pad+1))
	return append(append(b, dict...), strings.Repeat(" ", pad)+"\n"...)
}
