package text

import (
	"math"
	"strconv"
	"strings"
)

// decoder turns a tree into a network. It keeps the first error; after it,
// every method does nothing.
type decoder struct {
	*source
	err error
	f   File

	open    Open // files beside the network, nil = none
	pops    []population
	index   map[string]int // population by name
	rules   map[string]int // learning by name
	pairs   int            // of neurons, see spend
	total   int            // synapses so far
	weights [][]float64    // parallel to the projections and their synapses
	used    []bool         // rules that a projection uses
	raw     int32          // where the file first speaks of the chip's own numbers, -1 = nowhere
	plain   int32          // where it first gives neutral parameters, -1 = nowhere
}

func (d *decoder) fail(at int32, format string, args ...any) {
	if d.err == nil {
		d.err = d.errorf(at, format, args...)
	}
}

// field is a member of an object and how its value is read.
type field struct {
	name string
	must bool
	read func(n *node)
}

// is reports a value of a wrong kind.
func (d *decoder) is(n *node, want kind, what string) bool {
	if n.kind != want {
		d.fail(n.at, "%s: need %s, have %s", what, want, n.kind)
	}
	return d.err == nil
}

// object reads members in the order of the table and refuses others.
func (d *decoder) object(n *node, what string, fields ...field) {
	if !d.is(n, object, what) {
		return
	}
	for _, k := range n.keys {
		known := false
		for _, f := range fields {
			known = known || f.name == k.name
		}
		if !known {
			names := make([]string, len(fields))
			for i, f := range fields {
				names[i] = f.name
			}
			d.fail(k.at, "unknown field %q of %s, have %s", k.name, what, strings.Join(names, ", "))
		}
	}
	for _, f := range fields {
		if v := n.member(f.name); v != nil && d.err == nil {
			f.read(v)
		} else if v == nil && f.must {
			d.fail(n.at, "%s has no %q", what, f.name)
		}
	}
}

// named visits the members of an object whose keys are names.
func (d *decoder) named(n *node, what string, each func(name string, at int32, v *node)) {
	if !d.is(n, object, what) {
		return
	}
	for i, k := range n.keys {
		d.checkName(k.name, k.at, what)
		if d.err != nil {
			return
		}
		each(k.name, k.at, &n.kids[i])
	}
}

// items visits the items of a list.
func (d *decoder) items(n *node, what string, each func(i int, v *node)) {
	if !d.is(n, list, what) {
		return
	}
	for i := range n.kids {
		if d.err != nil {
			return
		}
		each(i, &n.kids[i])
	}
}

// checkName wants letters, digits, - _ and . with a letter first.
func (d *decoder) checkName(s string, at int32, what string) {
	ok := s != "" && len(s) <= 64 && (s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z')
	for i := 0; ok && i < len(s); i++ {
		c := s[i]
		ok = c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
	}
	if !ok {
		d.fail(at, "name %q of %s, need letters, digits, - _ and ., a letter first, at most 64", s, what)
	}
}

func (d *decoder) name(to *string, what string) func(*node) {
	return func(n *node) {
		if d.is(n, quoted, what) {
			*to = n.text
			d.checkName(n.text, n.at, what)
		}
	}
}

// text reads a text that is not empty.
func (d *decoder) text(to *string, what string) func(*node) {
	return func(n *node) {
		if *to = n.text; d.is(n, quoted, what) && strings.TrimSpace(n.text) == "" {
			d.fail(n.at, "%s is empty", what)
		}
	}
}

// word reads one of a few words.
func (d *decoder) word(to *string, what string, words ...string) func(*node) {
	return func(n *node) {
		if !d.is(n, quoted, what) {
			return
		}
		for _, w := range words {
			if w == n.text {
				*to = w
				return
			}
		}
		d.fail(n.at, "%s %q, need one of: %s", what, n.text, strings.Join(words, ", "))
	}
}

func (d *decoder) bool(to *bool, what string) func(*node) {
	return func(n *node) {
		if d.is(n, truth, what) {
			*to = n.text == "true"
		}
	}
}

// integer reads a whole number between lo and hi.
func (d *decoder) integer(n *node, what string, lo, hi int64) int64 {
	if !d.is(n, number, what) {
		return lo
	}
	v, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil {
		d.fail(n.at, "%s: need a whole number, have %s", what, n.text)
		return lo
	}
	if v < lo || v > hi {
		d.fail(n.at, "%s is %d, need %d..%d", what, v, lo, hi)
		return lo
	}
	return v
}

func (d *decoder) whole(to *int, what string, lo, hi int64) func(*node) {
	return func(n *node) { *to = int(d.integer(n, what, lo, hi)) }
}

func (d *decoder) whole32(to *int32, what string, lo, hi int64) func(*node) {
	return func(n *node) { *to = int32(d.integer(n, what, lo, hi)) }
}

// real reads a number that a float64 holds.
func (d *decoder) real(n *node, what string) float64 {
	if !d.is(n, number, what) {
		return 0
	}
	v, err := strconv.ParseFloat(n.text, 64)
	if err != nil || math.IsInf(v, 0) {
		d.fail(n.at, "%s: %s is beyond what 64 bits hold", what, n.text)
	}
	return v
}

// reals reads one number for all, or n of them.
func (d *decoder) reals(to *[]float64, what string, n *int) func(*node) {
	return func(v *node) {
		out := make([]float64, 0, len(v.kids))
		if v.kind != list {
			x := d.real(v, what)
			for range *n {
				out = append(out, x)
			}
			*to = out
			return
		}
		if len(v.kids) != *n {
			d.fail(v.at, "%s: need 1 or %d values, have %d", what, *n, len(v.kids))
		}
		d.items(v, what, func(_ int, x *node) { out = append(out, d.real(x, what)) })
		*to = out
	}
}

// wholes reads one whole number for all, or n of them.
func (d *decoder) wholes(v *node, what string, n int) []int64 {
	if v.kind != list {
		return []int64{d.integer(v, what, math.MinInt64, math.MaxInt64)}
	}
	if len(v.kids) != n {
		d.fail(v.at, "%s: need 1 or %d values, have %d", what, n, len(v.kids))
	}
	var out []int64
	d.items(v, what, func(_ int, x *node) { out = append(out, d.integer(x, what, math.MinInt64, math.MaxInt64)) })
	return out
}
