package firmware

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"unicode/utf8"
)

// Magic starts every stream, in either direction; its last byte is the version
// of the protocol.
const Magic = "hillock host\x00\x00\x00\x01"

// MaxPayload is the longest payload of a frame in bytes; MaxBlock the longest
// tail.
const (
	MaxBlock   = 1 << 16
	MaxPayload = MaxBlock + 32
)

// A frame is the operation (8 bits), the length of the payload (32 bits,
// little-endian), the payload and the CRC-32C of all of that (32 bits).
const (
	frameHead = 5
	frameSum  = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Message is what one frame says: a command, its answer or a notice. Args are
// the values of the fields in the order of the table.
type Message struct {
	Op    Op
	Args  []int64
	Bytes []byte  // a tail of Bytes or Text
	Words []int32 // a tail of Words or Spikes
}

// Append adds the frame of the message to dst. Equal messages have equal
// frames.
func (m Message) Append(dst []byte) ([]byte, error) {
	name, f, ok := form(m.Op)
	if !ok {
		return nil, fmt.Errorf("firmware: operation %d does not exist", m.Op)
	}
	if err := m.check(f); err != nil {
		return nil, fmt.Errorf("firmware: %s: %w", name, err)
	}
	start := len(dst)
	dst = append(dst, byte(m.Op), 0, 0, 0, 0)
	for i, x := range f.Fields {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(m.Args[i]))
		dst = dst[:len(dst)-8+x.Bits/8]
	}
	dst = append(dst, m.Bytes...)
	for _, w := range m.Words {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(w))
	}
	binary.LittleEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-frameHead))
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli)), nil
}

// check holds a message against its form.
func (m *Message) check(f *Form) error {
	if len(m.Args) != len(f.Fields) {
		return fmt.Errorf("%d fields, need %d", len(m.Args), len(f.Fields))
	}
	for i, x := range f.Fields {
		if lo, hi := x.bounds(); m.Args[i] < lo || m.Args[i] > hi {
			return fmt.Errorf("%s is %d, need %d..%d", x.Name, m.Args[i], lo, hi)
		}
	}
	text := f.Tail == Bytes || f.Tail == Text
	numbers := f.Tail == Words || f.Tail == Spikes
	switch {
	case len(m.Bytes) > 0 && !text || len(m.Words) > 0 && !numbers:
		return fmt.Errorf("%d bytes and %d words behind the fields, which have no place", len(m.Bytes), len(m.Words))
	case len(m.Bytes) > MaxBlock || len(m.Words) > MaxBlock/4:
		return fmt.Errorf("%d bytes behind the fields, need at most %d", len(m.Bytes)+4*len(m.Words), MaxBlock)
	case f.Tail == Spikes && len(m.Words)%3 != 0:
		return fmt.Errorf("%d numbers of spikes, need three per spike", len(m.Words))
	case f.Tail == Text && !utf8.Valid(m.Bytes):
		return errors.New("a sentence that is not UTF-8")
	}
	return nil
}

// bounds is the range of a field. 64-bit fields are counted in int64.
func (f *Field) bounds() (lo, hi int64) {
	switch {
	case f.Kind == Named:
		return 0, int64(len(f.Names) - 1)
	case f.Kind == Signed:
		return -1 << (f.Bits - 1), 1<<(f.Bits-1) - 1
	case f.Bits == 64:
		return 0, 1<<63 - 1
	}
	return 0, 1<<f.Bits - 1
}

// decodePayload reads the payload of a frame.
func decodePayload(op Op, p []byte) (Message, error) {
	m := Message{Op: op}
	name, f, ok := form(op)
	if !ok {
		return m, fmt.Errorf("operation %d does not exist", op)
	}
	fail := func(err error) (Message, error) { return m, fmt.Errorf("%s: %w", name, err) }
	for _, x := range f.Fields {
		n := x.Bits / 8
		if len(p) < n {
			return fail(fmt.Errorf("the payload ends before field %s", x.Name))
		}
		var wide [8]byte
		copy(wide[:], p[:n])
		v := int64(binary.LittleEndian.Uint64(wide[:]))
		if x.Kind == Signed {
			v = v << (64 - x.Bits) >> (64 - x.Bits)
		}
		m.Args, p = append(m.Args, v), p[n:]
	}
	switch f.Tail {
	case NoTail:
		if len(p) > 0 {
			return fail(fmt.Errorf("%d bytes behind the last field", len(p)))
		}
	case Bytes, Text:
		m.Bytes = append(m.Bytes, p...)
	default:
		if len(p)%4 != 0 {
			return fail(fmt.Errorf("%d bytes behind the fields, need words of 4", len(p)))
		}
		for ; len(p) > 0; p = p[4:] {
			m.Words = append(m.Words, int32(binary.LittleEndian.Uint32(p)))
		}
	}
	if err := m.check(f); err != nil {
		return fail(err)
	}
	return m, nil
}

// TransferWords is the cost of the message on the host's link: the 32-bit words
// of its frame.
func (m Message) TransferWords() int {
	_, f, ok := form(m.Op)
	if !ok {
		return 0
	}
	return (f.bytes() + len(m.Bytes) + 4*len(m.Words) + 3) / 4
}

// bytes is the length of a frame without its tail.
func (f *Form) bytes() int {
	n := frameHead + frameSum
	for _, x := range f.Fields {
		n += x.Bits / 8
	}
	return n
}

// Reader reads the messages of a stream. It keeps one frame in memory.
type Reader struct {
	r    io.Reader
	name string
	pos  int64
	buf  []byte
}

// NewReader checks the signature of a stream. Name is for errors.
func NewReader(r io.Reader, name string) (*Reader, error) {
	head := make([]byte, len(Magic))
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if string(head[:n]) != Magic {
		return nil, fmt.Errorf("%s: firmware: no stream signature at byte 0, have %q", name, head[:n])
	}
	return &Reader{r: r, name: name, pos: int64(n)}, nil
}

// Next is the next message, or io.EOF behind the last one.
func (d *Reader) Next() (Message, error) {
	fail := func(format string, args ...any) (Message, error) {
		return Message{}, fmt.Errorf("%s: firmware: frame at byte %d: "+format, append([]any{d.name, d.pos}, args...)...)
	}
	var head [frameHead]byte
	n, err := io.ReadFull(d.r, head[:])
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return Message{}, io.EOF
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return Message{}, err
	case err != nil:
		return fail("need %d bytes of head, have %d", frameHead, n)
	}
	size := binary.LittleEndian.Uint32(head[1:])
	if size > MaxPayload {
		return fail("payload of %d bytes, need at most %d", size, MaxPayload)
	}
	d.buf = append(d.buf[:0], head[:]...)
	d.buf = append(d.buf, make([]byte, int(size)+frameSum)...)
	if n, err = io.ReadFull(d.r, d.buf[frameHead:]); err != nil {
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return Message{}, err
		}
		return fail("need %d bytes behind the head, have %d", int(size)+frameSum, n)
	}
	end := frameHead + int(size)
	if want, have := crc32.Checksum(d.buf[:end], castagnoli), binary.LittleEndian.Uint32(d.buf[end:]); want != have {
		return fail("checksum %08x, need %08x: the stream is damaged", have, want)
	}
	m, err := decodePayload(Op(head[0]), d.buf[frameHead:end])
	if err != nil {
		return fail("%v", err)
	}
	d.pos += int64(len(d.buf))
	return m, nil
}

// value writes the value of a field as text.
func (f *Field) value(v int64) string {
	switch {
	case f.Kind == Named && v >= 0 && v < int64(len(f.Names)):
		return f.Names[v]
	case f.Kind == Check:
		return fmt.Sprintf("%08x", uint32(v))
	}
	return strconv.FormatInt(v, 10)
}
