// Package wave writes signals over time as VCD (IEEE 1364-2001, section 18),
// which GTKWave and other wave viewers read, and spans as the JSON of Chrome's
// trace viewer, which Perfetto reads. Times are femtoseconds.
package wave

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// MaxSignals bounds the signals of a VCD.
const MaxSignals = 1 << 16

// Signal is the number of a signal of a VCD.
type Signal int

// signal is one declared signal.
type signal struct {
	scope, name string
	width       int
	value       int64
	known       bool
}

// change is a new value of a signal.
type change struct {
	at    int64
	sig   Signal
	value int64
}

// VCD writes a value change dump. Declare the signals first; changes may come
// in any order between two calls of Advance.
type VCD struct {
	w       *bufio.Writer
	signals []signal
	pending []change
	now     int64
	begun   bool
	err     error
}

// NewVCD starts a dump on w.
func NewVCD(w io.Writer) *VCD { return &VCD{w: bufio.NewWriter(w), now: -1} }

// Add declares a signal of width bits in a scope; a width of 1 is a wire, more
// are a signed number.
func (v *VCD) Add(scope, name string, width int) (Signal, error) {
	switch {
	case v.begun:
		return 0, fmt.Errorf("wave: signal %q: need all signals before the first change", name)
	case len(v.signals) >= MaxSignals:
		return 0, fmt.Errorf("wave: need at most %d signals", MaxSignals)
	case width < 1 || width > 64:
		return 0, fmt.Errorf("wave: signal %q of %d bits: need 1 to 64", name, width)
	}
	v.signals = append(v.signals, signal{scope: word(scope), name: word(name), width: width})
	return Signal(len(v.signals) - 1), nil
}

// word makes a name that a VCD can hold: no white space.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '$' {
			return '_'
		}
		return r
	}, s)
	if s == "" {
		return "_"
	}
	return s
}

// id is the short name of a signal: printable characters, the least first.
func (s Signal) id() string {
	var b []byte
	for n := int(s); ; n = n/94 - 1 {
		b = append(b, byte('!'+n%94))
		if n < 94 {
			return string(b)
		}
	}
}

// Set changes a signal at a time, which must not be before that of the last
// Advance. Of several changes at one time the last one counts.
func (v *VCD) Set(at int64, s Signal, value int64) {
	v.pending = append(v.pending, change{at, s, value})
}

// Advance writes the changes before a time; those at it or later wait.
func (v *VCD) Advance(until int64) error {
	if !v.begun {
		v.head()
	}
	slices.SortStableFunc(v.pending, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.sig, b.sig)) })
	k := 0
	for ; k < len(v.pending) && v.pending[k].at < until; k++ {
		c := v.pending[k]
		if k+1 < len(v.pending) && v.pending[k+1].at == c.at && v.pending[k+1].sig == c.sig {
			continue // there is a later one
		}
		v.put(c)
	}
	v.pending = v.pending[:copy(v.pending, v.pending[k:])]
	return v.err
}

// Close writes what is left and the end of the dump.
func (v *VCD) Close(end int64) error {
	if err := v.Advance(end + 1); err != nil {
		return err
	}
	if end > v.now {
		v.printf("#%d\n", end)
	}
	if v.err == nil {
		v.err = v.w.Flush()
	}
	return v.err
}

func (v *VCD) printf(format string, args ...any) {
	if v.err == nil {
		_, v.err = fmt.Fprintf(v.w, format, args...)
	}
}

// head writes the declarations and the unknown values of the beginning.
func (v *VCD) head() {
	v.begun = true
	v.printf("$timescale 1 fs $end\n")
	scope := ""
	for i := range v.signals {
		s := &v.signals[i]
		if s.scope != scope {
			if scope != "" {
				v.printf("$upscope $end\n")
			}
			v.printf("$scope module %s $end\n", s.scope)
			scope = s.scope
		}
		kind := "wire"
		if s.width > 1 {
			kind = "integer"
		}
		v.printf("$var %s %d %s %s $end\n", kind, s.width, Signal(i).id(), s.name)
	}
	if scope != "" {
		v.printf("$upscope $end\n")
	}
	v.printf("$enddefinitions $end\n")
}

// put writes a change, unless it changes nothing.
func (v *VCD) put(c change) {
	s := &v.signals[c.sig]
	if s.known && s.value == c.value {
		return
	}
	if c.at != v.now {
		v.printf("#%d\n", c.at)
		v.now = c.at
	}
	s.value, s.known = c.value, true
	if s.width == 1 {
		v.printf("%d%s\n", c.value&1, c.sig.id())
		return
	}
	bits := uint64(c.value)
	if s.width < 64 {
		bits &= 1<<s.width - 1
	}
	v.printf("b%s %s\n", strconv.FormatUint(bits, 2), c.sig.id())
}
