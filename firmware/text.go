package firmware

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxText is the longest command text that Parse reads, in bytes.
const MaxText = 1 << 26

// String is the message as one line of text: its name, its fields in the order
// of the table, then the tail: bytes as hexadecimal digits, words and spikes as
// numbers, a sentence in quotes. Answers have a "!" behind the name.
func (m Message) String() string {
	name, f, ok := form(m.Op)
	if !ok {
		return fmt.Sprintf("operation(%d)", uint8(m.Op))
	}
	s := []string{name}
	for i := range f.Fields {
		if i < len(m.Args) {
			s = append(s, f.Fields[i].value(m.Args[i]))
		}
	}
	switch f.Tail {
	case Bytes:
		if len(m.Bytes) > 0 {
			s = append(s, hex.EncodeToString(m.Bytes))
		}
	case Text:
		s = append(s, strconv.Quote(string(m.Bytes)))
	}
	for _, w := range m.Words {
		s = append(s, strconv.FormatInt(int64(w), 10))
	}
	return strings.Join(s, " ")
}

// Usage is the pattern of a command in text, such as "read space core group
// word first count".
func Usage(op Op) string {
	name, f, ok := form(op)
	if !ok {
		return ""
	}
	s := []string{name}
	for _, x := range f.Fields {
		s = append(s, x.Name)
	}
	if f.Tail != NoTail {
		s = append(s, [...]string{Bytes: "hex", Words: "value...", Spikes: "spike...", Text: "sentence"}[f.Tail])
	}
	return strings.Join(s, " ")
}

// Parse reads commands from text, one to a line; a ';' starts a comment that
// ends with its line. Name is for errors, which name line, need and have.
func Parse(text, name string) ([]Message, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("%s: firmware: %d bytes of commands, need at most %d", name, len(text), MaxText)
	}
	var out []Message
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, _, _ = strings.Cut(line, ";")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		m, err := parseLine(words)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: firmware: %w", name, n, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func parseLine(words []string) (Message, error) {
	k := slices.IndexFunc(Table[:], func(r Row) bool { return r.Name == words[0] })
	if k < 0 {
		return Message{}, fmt.Errorf("command %q, have %s", short(words[0]), commandNames())
	}
	row := &Table[k]
	m, rest := Message{Op: row.Op}, words[1:]
	if len(rest) < len(row.Form.Fields) {
		return m, fmt.Errorf("%s: %d words, need %q", row.Name, len(rest), Usage(row.Op))
	}
	for i := range row.Form.Fields {
		v, err := row.Form.Fields[i].parse(rest[i])
		if err != nil {
			return m, fmt.Errorf("%s: %w", row.Name, err)
		}
		m.Args = append(m.Args, v)
	}
	rest = rest[len(row.Form.Fields):]
	switch {
	case row.Form.Tail == Bytes && len(rest) <= 1:
		b, err := hex.DecodeString(strings.Join(rest, ""))
		if err != nil {
			return m, fmt.Errorf("%s: %q, need pairs of hexadecimal digits", row.Name, short(rest[0]))
		}
		m.Bytes = b
	case row.Form.Tail == Words:
		for _, r := range rest {
			v, err := strconv.ParseInt(r, 0, 32)
			if err != nil {
				return m, fmt.Errorf("%s: value %q, need a whole number of 32 bits", row.Name, short(r))
			}
			m.Words = append(m.Words, int32(v))
		}
	case len(rest) > 0:
		return m, fmt.Errorf("%s: %d words too many, need %q", row.Name, len(rest), Usage(row.Op))
	}
	if err := m.check(&row.Form); err != nil {
		return m, fmt.Errorf("%s: %w", row.Name, err)
	}
	return m, nil
}

func (f *Field) parse(s string) (int64, error) {
	switch f.Kind {
	case Named:
		if k := slices.Index(f.Names, s); k >= 0 {
			return int64(k), nil
		}
		return 0, fmt.Errorf("%s is %q, need one of %s", f.Name, short(s), strings.Join(f.Names, ", "))
	case Check:
		v, err := strconv.ParseUint(s, 16, f.Bits)
		if err != nil || len(s) != f.Bits/4 {
			return 0, fmt.Errorf("%s is %q, need %d hexadecimal digits", f.Name, short(s), f.Bits/4)
		}
		return int64(v), nil
	}
	lo, hi := f.bounds()
	v, err := strconv.ParseInt(s, 0, 64)
	if err != nil || v < lo || v > hi {
		return 0, fmt.Errorf("%s is %q, need a whole number %d..%d", f.Name, short(s), lo, hi)
	}
	return v, nil
}

func commandNames() string {
	var s []string
	for _, r := range Table {
		s = append(s, r.Name)
	}
	return strings.Join(s, ", ")
}

// short is a word of the input, cut to a readable length.
func short(s string) string {
	if len(s) > 32 {
		return s[:32] + "..."
	}
	return s
}
