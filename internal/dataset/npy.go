package dataset

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// The npy format (NumPy enhancement proposal 1): a signature, a version, the
// length of a header, the header (a Python dictionary with its keys in
// alphabetical order), the elements. The npyio library is not used for reading:
// it panics on damaged headers.

const npyMagic = "\x93NUMPY"

var (
	npyDict  = regexp.MustCompile(`^\{\s*'descr':\s*(.*),\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([0-9, ]*)\),?\s*\}\s*$`)
	npyDescr = regexp.MustCompile(`^'([<>=|]?)([iufb])([1248])'$`)
)

// header is what the header of an array of numbers says; kind 0 is an array of
// something else.
type header struct {
	kind     byte // i, u, f, b
	width    int  // bytes per element
	big      bool
	fortran  bool // first dimension fastest
	shape    []int
	elements int
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

func parseHeader(head string) (h header, err error) {
	m := npyDict.FindStringSubmatch(head)
	if m == nil {
		return h, fmt.Errorf("npy header %q, need descr, fortran_order and shape", clip(head))
	}
	h.fortran, h.elements, h.shape = m[2] == "True", 1, []int{}
	for _, f := range strings.Split(m[3], ",") {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		d, err := strconv.Atoi(f)
		if err != nil || d > MaxUnpacked || d > 0 && h.elements > MaxUnpacked/d || len(h.shape) == 32 {
			return h, fmt.Errorf("npy shape (%s), need at most 32 dimensions and %d elements", clip(m[3]), MaxUnpacked)
		}
		h.shape, h.elements = append(h.shape, d), h.elements*d
	}
	d := npyDescr.FindStringSubmatch(m[1])
	if d == nil {
		return h, nil
	}
	h.kind, h.width, h.big = d[2][0], int(d[3][0]-'0'), d[1] == ">"
	if h.kind == 'f' && h.width < 4 || h.kind == 'b' && h.width != 1 {
		h.kind = 0 // half floats and the like
	}
	return h, nil
}

// decodeElements turns stored bytes into a slice, in C order.
func decodeElements(b []byte, h header) any {
	var order binary.ByteOrder = binary.LittleEndian
	if h.big {
		order = binary.BigEndian
	}
	if h.fortran && len(h.shape) > 1 {
		b = fortranToC(b, h)
	}
	switch string(h.kind) + strconv.Itoa(h.width) {
	case "u1", "b1":
		return b
	case "i1":
		return cells(b, 1, func(c []byte) int8 { return int8(c[0]) })
	case "u2":
		return cells(b, 2, order.Uint16)
	case "i2":
		return cells(b, 2, func(c []byte) int16 { return int16(order.Uint16(c)) })
	case "u4":
		return cells(b, 4, order.Uint32)
	case "i4":
		return cells(b, 4, func(c []byte) int32 { return int32(order.Uint32(c)) })
	case "u8":
		return cells(b, 8, order.Uint64)
	case "i8":
		return cells(b, 8, func(c []byte) int64 { return int64(order.Uint64(c)) })
	case "f4":
		return cells(b, 4, func(c []byte) float32 { return math.Float32frombits(order.Uint32(c)) })
	default: // f8
		return cells(b, 8, func(c []byte) float64 { return math.Float64frombits(order.Uint64(c)) })
	}
}

func cells[T any](b []byte, width int, read func([]byte) T) []T {
	out := make([]T, len(b)/width)
	for i := range out {
		out[i] = read(b[i*width:])
	}
	return out
}

// fortranToC reorders elements so that the last dimension is fastest.
func fortranToC(b []byte, h header) []byte {
	out := make([]byte, len(b))
	stride := make([]int, len(h.shape)) // in elements, of the stored order
	n := 1
	for i, d := range h.shape {
		stride[i] = n
		n *= d
	}
	at := make([]int, len(h.shape))
	from := 0
	for to := 0; to < len(b); to += h.width {
		copy(out[to:to+h.width], b[from*h.width:])
		for k := len(at) - 1; k >= 0; k-- { // count up, last dimension first
			at[k]++
			from += stride[k]
			if at[k] < h.shape[k] {
				break
			}
			from -= at[k] * stride[k]
			at[k] = 0
		}
	}
	return out
}

// dataLen is the length of a slice of numbers, -1 for anything else.
func dataLen(data any) int {
	switch d := data.(type) {
	case []uint8:
		return len(d)
	case []uint16:
		return len(d)
	case []uint32:
		return len(d)
	case []uint64:
		return len(d)
	case []int8:
		return len(d)
	case []int16:
		return len(d)
	case []int32:
		return len(d)
	case []int64:
		return len(d)
	case []float32:
		return len(d)
	case []float64:
		return len(d)
	}
	return -1
}

// eachSmall visits elements that float64 holds exactly.
func eachSmall(data any, visit func(int, float64)) {
	switch d := data.(type) {
	case []uint8:
		each(d, visit)
	case []uint16:
		each(d, visit)
	case []uint32:
		each(d, visit)
	case []int8:
		each(d, visit)
	case []int16:
		each(d, visit)
	case []int32:
		each(d, visit)
	case []float32:
		each(d, visit)
	}
}

func each[T uint8 | uint16 | uint32 | int8 | int16 | int32 | float32](d []T, visit func(int, float64)) {
	for i, v := range d {
		visit(i, float64(v))
	}
}

// elementType is the type of a slice as npy names it, "" if it has none.
func elementType(data any) string {
	switch data.(type) {
	case []uint8:
		return "|u1"
	case []uint16:
		return "<u2"
	case []uint32:
		return "<u4"
	case []uint64:
		return "<u8"
	case []int8:
		return "|i1"
	case []int16:
		return "<i2"
	case []int32:
		return "<i4"
	case []int64:
		return "<i8"
	case []float32:
		return "<f4"
	case []float64:
		return "<f8"
	}
	return ""
}

func writeNpy(w io.Writer, descr string, shape []int, data any) error {
	dims := ""
	for _, d := range shape {
		dims += strconv.Itoa(d) + ", "
	}
	if len(shape) != 1 {
		dims = strings.TrimSuffix(dims, " ")
		dims = strings.TrimSuffix(dims, ",")
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, strings.TrimSuffix(dims, " "))
	pad := 63 - (10+len(dict))%64
	if len(dict)+pad+1 > math.MaxUint16 {
		return fmt.Errorf("%d dimensions", len(shape))
	}
	out := bufio.NewWriterSize(w, 1<<15)
	out.WriteString(npyMagic + "\x01\x00")
	if err := binary.Write(out, binary.LittleEndian, uint16(len(dict)+pad+1)); err != nil {
		return err
	}
	out.WriteString(dict + strings.Repeat(" ", pad) + "\n")
	if err := binary.Write(out, binary.LittleEndian, data); err != nil {
		return err
	}
	return out.Flush()
}
