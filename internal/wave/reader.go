package wave

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds of a dump that is read: signals declared, bytes of one word of the
// text, and levels of scopes.
const (
	MaxVars  = 1 << 20
	maxToken = 1 << 20
	maxDepth = 256
)

// Var is a declared variable of a dump.
type Var struct {
	Name   string // scopes and name with dots between; [i] stays, a range of all bits does not
	Width  int    // bits
	Signal int    // number of the signal that it shows; several variables may show one
}

// Change is a new value of a signal.
type Change struct {
	At     int64 // in units of the dump
	Signal int
	// Value is its text in the least digits (IEEE 1364-2001, 18.2.1): 0, 1, x
	// and z, extended to the left by 0 behind 0 or 1 and by itself otherwise;
	// of a real number its text; of an event the time, so that each differs.
	Value string
}

// Unset is the value of a signal before its first change.
const Unset = "x"

// kind is how the changes of a signal are read.
type kind uint8

const (
	bits kind = iota
	number
	fired
)

// Reader reads a value change dump (IEEE 1364-2001, section 18) one change at
// a time; it holds the declarations and one word of the text.
type Reader struct {
	Vars    []Var
	Signals int
	Unit    int64 // femtoseconds of a unit of time; 0 = the dump does not say

	// Cut says, at the end of the dump, that its last line has no end.
	Cut bool

	in     *bufio.Reader
	buf    []byte // of a word
	name   string
	line   int // of the word read last
	next   int // of the word to be read
	byCode map[string]int
	widths []int
	kinds  []kind
	scopes []string
	at     int64
}

// Sniff says whether a text that starts like this may be a dump.
func Sniff(head []byte) bool {
	w := strings.TrimLeft(string(head), " \t\r\n")
	for _, k := range []string{"$comment", "$date", "$version", "$timescale", "$scope", "$var", "$enddefinitions"} {
		if rest, ok := strings.CutPrefix(w, k); ok && (rest == "" || strings.Contains(" \t\r\n", rest[:1])) {
			return true
		}
	}
	return false
}

// NewReader reads the declarations of a dump. Name is for errors.
func NewReader(in io.Reader, name string) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, 1<<16), name: name, next: 1, byCode: map[string]int{}, at: -1}
	for {
		t, err := r.word()
		switch {
		case err == io.EOF:
			return nil, r.errorf("ends within the declarations, need $enddefinitions")
		case err != nil:
			return nil, err
		}
		if err := r.declare(t); err != nil {
			return nil, err
		}
		if t == "$enddefinitions" {
			return r, nil
		}
	}
}

// errorf is an error at the line of the last word.
func (r *Reader) errorf(format string, a ...any) error {
	return fmt.Errorf("%s:%d: wave: %s", r.name, r.line, fmt.Sprintf(format, a...))
}

// word is the next word of the text.
func (r *Reader) word() (string, error) {
	b := r.buf[:0]
	defer func() { r.buf = b }()
	r.line = r.next
	for {
		c, err := r.in.ReadByte()
		switch {
		case err == io.EOF && len(b) > 0:
			r.Cut = true
			return string(b), nil
		case err == io.EOF:
			return "", err
		case err != nil:
			return "", r.errorf("%v", err)
		}
		blank := c == ' ' || c == '\n' || c == '\t' || c == '\r'
		if c == '\n' {
			r.next++
		}
		switch {
		case blank && len(b) > 0:
			return string(b), nil
		case blank:
			r.line = r.next
		case c < ' ' || c > '~':
			return "", r.errorf("byte %#02x, need text", c)
		case len(b) == maxToken:
			return "", r.errorf("a word of more than %d bytes", maxToken)
		default:
			b = append(b, c)
		}
	}
}

// section is the words up to $end; those past most are dropped.
func (r *Reader) section(keyword string, most int) ([]string, error) {
	var out []string
	for {
		t, err := r.word()
		switch {
		case err == io.EOF:
			return nil, r.errorf("ends within %s, need $end", keyword)
		case err != nil:
			return nil, err
		case t == "$end":
			return out, nil
		case len(out) < most:
			out = append(out, t)
		}
	}
}

// declare reads one declaration, whose keyword was read.
func (r *Reader) declare(keyword string) error {
	if !strings.HasPrefix(keyword, "$") {
		return r.errorf("%s, need a declaration", quoted(keyword))
	}
	w, err := r.section(keyword, 16)
	if err != nil {
		return err
	}
	switch keyword {
	case "$timescale":
		return r.timescale(strings.Join(w, ""))
	case "$scope":
		switch {
		case len(w) != 2:
			return r.errorf("$scope of %d words, need kind and name", len(w))
		case len(r.scopes) == maxDepth:
			return r.errorf("more than %d levels of scopes", maxDepth)
		}
		r.scopes = append(r.scopes, w[1])
	case "$upscope":
		if len(r.scopes) == 0 {
			return r.errorf("$upscope without a scope")
		}
		r.scopes = r.scopes[:len(r.scopes)-1]
	case "$var":
		return r.variable(w)
	}
	return nil // $date, $version, $comment and what tools add
}

// units are the units of time in femtoseconds.
var units = []struct {
	name string
	fs   int64
}{{"fs", 1}, {"ps", 1e3}, {"ns", 1e6}, {"us", 1e9}, {"ms", 1e12}, {"s", 1e15}}

func (r *Reader) timescale(s string) error {
	for _, u := range units {
		n, ok := strings.CutSuffix(s, u.name)
		if ok && (n == "1" || n == "10" || n == "100") {
			x, _ := strconv.ParseInt(n, 10, 64)
			r.Unit = x * u.fs
			return nil
		}
	}
	return r.errorf("$timescale %s, need 1, 10 or 100 and s, ms, us, ns, ps or fs", quoted(s))
}

// variable declares a variable: kind, bits, code, name and maybe bits of it.
func (r *Reader) variable(w []string) error {
	if len(w) < 4 {
		return r.errorf("$var of %d words, need kind, width, code and name", len(w))
	}
	width, err := strconv.Atoi(w[1])
	switch {
	case err != nil || width < 0 || width > maxToken:
		return r.errorf("$var of %s bits, need 0..%d", quoted(w[1]), maxToken)
	case len(r.Vars) == MaxVars:
		return r.errorf("more than %d variables", MaxVars)
	}
	k := bits
	switch w[0] {
	case "real", "realtime", "string":
		k = number
	case "event":
		k = fired
	}
	s, known := r.byCode[w[2]]
	switch {
	case !known:
		s = r.Signals
		r.byCode[w[2]] = s
		r.Signals++
		r.widths, r.kinds = append(r.widths, width), append(r.kinds, k)
	case r.widths[s] != width || r.kinds[s] != k:
		return r.errorf("code %s has %d bits, was declared with %d", quoted(w[2]), width, r.widths[s])
	}
	name := strings.Join(append(append([]string(nil), r.scopes...), whole(strings.Join(w[3:], ""), width)), ".")
	r.Vars = append(r.Vars, Var{Name: name, Width: width, Signal: s})
	return nil
}

// whole drops a range of as many bits as the variable has: a simulator writes
// it, another does not.
func whole(name string, width int) string {
	at := strings.LastIndexByte(name, '[')
	if at <= 0 || !strings.HasSuffix(name, "]") {
		return name
	}
	hi, lo, two := strings.Cut(name[at+1:len(name)-1], ":")
	a, err1 := strconv.Atoi(hi)
	b, err2 := strconv.Atoi(lo)
	if two && err1 == nil && err2 == nil && max(a, b)-min(a, b) == width-1 {
		return name[:at]
	}
	return name
}

// quoted is a word for an error, cut where it is long.
func quoted(s string) string {
	if len(s) > 40 {
		s = s[:40] + "..."
	}
	return strconv.Quote(s)
}

// Next is the next change; io.EOF ends the dump.
func (r *Reader) Next() (Change, error) {
	for {
		t, err := r.word()
		if err != nil {
			return Change{}, err
		}
		switch t[0] {
		case '#':
			if err := r.stamp(t); err != nil {
				return Change{}, err
			}
		case '$':
			if err := r.command(t); err != nil {
				return Change{}, err
			}
		default:
			return r.change(t)
		}
	}
}

// At is the time of the dump so far, in its units; -1 before the first.
func (r *Reader) At() int64 { return r.at }

func (r *Reader) stamp(t string) error {
	at, err := strconv.ParseInt(t[1:], 10, 64)
	switch {
	case err != nil || at < 0 || t[1] == '+':
		return r.errorf("time %s, need a number from 0", quoted(t))
	case at < r.at:
		return r.errorf("time %d after %d, need times that go up", at, r.at)
	}
	r.at = at
	return nil
}

// command reads past a keyword among the changes. Those of a dump command are
// changes like others; a block that is switched off says x.
func (r *Reader) command(t string) error {
	switch t {
	case "$dumpvars", "$dumpall", "$dumpon", "$dumpoff", "$end":
		return nil
	case "$comment", "$vcdclose":
		_, err := r.section(t, 0)
		return err
	}
	return r.errorf("%s, need a change of a value", quoted(t))
}

// change reads the change that starts with a word.
func (r *Reader) change(t string) (Change, error) {
	c := Change{At: max(r.at, 0)} // before the first time: the beginning
	code := t[1:]
	switch t[0] {
	case '0', '1', 'x', 'X', 'z', 'Z':
		c.Value = t[:1]
	case 'b', 'B', 'r', 'R', 's':
		var err error
		line := r.line
		if code, err = r.word(); err == io.EOF {
			r.line = line
			return c, r.errorf("ends after the value %s, need its code", quoted(t))
		} else if err != nil {
			return c, err
		}
		c.Value = t[1:]
	default:
		return c, r.errorf("%s, need a change of a value", quoted(t))
	}
	var known bool
	if c.Signal, known = r.byCode[code]; !known {
		return c, r.errorf("code %s of value %s is not declared", quoted(code), quoted(t))
	}
	return c, r.settle(&c, t)
}

// settle brings the value of a change to its one form.
func (r *Reader) settle(c *Change, t string) error {
	switch r.kinds[c.Signal] {
	case fired:
		c.Value = "#" + strconv.FormatInt(c.At, 10)
		return nil
	case number:
		return nil
	}
	v := strings.ToLower(c.Value)
	if v == "" || strings.Trim(v, "01xz") != "" || strings.Contains("rRs", t[:1]) {
		return r.errorf("value %s, need binary digits", quoted(t))
	}
	k := 0
	for k+1 < len(v) && (v[k] == '0' && v[k+1] <= '1' || v[k] > '1' && v[k] == v[k+1]) {
		k++
	}
	if n := len(v) - k; n > max(r.widths[c.Signal], 1) {
		return r.errorf("value %s of %d digits, its signal has %d bits", quoted(t), n, r.widths[c.Signal])
	}
	c.Value = v[k:]
	return nil
}
