package chip

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// descMaxErrors is how many errors of one description are reported.
const descMaxErrors = 20

// descDecoder turns a merged tree into a Family and gathers errors.
type descDecoder struct {
	src  Files
	f    *Family
	errs []error
}

func (d *descDecoder) fail(at descPos, format string, args ...any) {
	if len(d.errs) < descMaxErrors {
		d.errs = append(d.errs, at.errorf(format, args...))
	}
}

func (d *descDecoder) err() error { return errors.Join(d.errs...) }

// descField is one field of an object: how its value is read.
type descField struct {
	name string
	must bool
	read func(n *descNode)
}

// kind reports a value of a wrong kind.
func (d *descDecoder) kind(n *descNode, want descKind, what string) bool {
	if n.kind != want {
		d.fail(n.at, "%s: need %s, have %s", what, want, n.kind)
	}
	return n.kind == want
}

// object reads fields in the order of the table, which may differ from the
// file's, and refuses fields that the table does not have.
func (d *descDecoder) object(n *descNode, what string, fields ...descField) {
	if !d.kind(n, descObject, what) {
		return
	}
	for i, k := range n.keys {
		known := false
		for _, f := range fields {
			known = known || f.name == k.name
		}
		if !known {
			names := make([]string, len(fields))
			for i, f := range fields {
				names[i] = f.name
			}
			d.fail(n.keys[i].at, "unknown field %q of %s, have %s", k.name, what, strings.Join(names, ", "))
		}
	}
	for _, f := range fields {
		if v := n.member(f.name); v != nil {
			f.read(v)
		} else if f.must {
			d.fail(n.at, "%s has no %q", what, f.name)
		}
	}
}

// named visits the members of an object whose keys are names.
func (d *descDecoder) named(n *descNode, what string, each func(name string, at descPos, v *descNode)) {
	if !d.kind(n, descObject, what) {
		return
	}
	for i, k := range n.keys {
		if !descName(k.name) {
			d.fail(k.at, "name %q in %s, need letters, digits, - and _, a letter first, at most 64", k.name, what)
			continue
		}
		each(k.name, k.at, n.kids[i])
	}
}

func descName(s string) bool {
	if s == "" || len(s) > 64 || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' {
		return false
	}
	for i := range len(s) {
		if s[i] != '-' && !exprWord(s[i]) {
			return false
		}
	}
	return true
}

// items visits the items of a list.
func (d *descDecoder) items(n *descNode, what string, limit int, each func(v *descNode)) {
	if !d.kind(n, descArray, what) {
		return
	}
	if len(n.kids) > limit {
		d.fail(n.at, "%s: %d items, need at most %d", what, len(n.kids), limit)
		return
	}
	for _, v := range n.kids {
		each(v)
	}
}

// text reads a string that is not empty.
func (d *descDecoder) text(to *string, what string) func(*descNode) {
	return func(n *descNode) {
		if !d.kind(n, descString, what) {
			return
		}
		if *to = n.text; strings.TrimSpace(n.text) == "" {
			d.fail(n.at, "%s is empty", what)
		}
	}
}

// word reads one of a few words.
func (d *descDecoder) word(to *string, what string, words ...string) func(*descNode) {
	return func(n *descNode) {
		if !d.kind(n, descString, what) {
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

// whole reads a whole number between lo and hi.
func (d *descDecoder) whole(n *descNode, what string, lo, hi int64) int64 {
	if !d.kind(n, descNumber, what) {
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

func (d *descDecoder) int64(to *int64, what string, lo, hi int64) func(*descNode) {
	return func(n *descNode) { *to = d.whole(n, what, lo, hi) }
}

func (d *descDecoder) int(to *int, what string, lo, hi int64) func(*descNode) {
	return func(n *descNode) { *to = int(d.whole(n, what, lo, hi)) }
}

func (d *descDecoder) bool(to *bool, what string) func(*descNode) {
	return func(n *descNode) {
		if d.kind(n, descBool, what) {
			*to = n.text == "true"
		}
	}
}

func (d *descDecoder) texts(to *[]string, what string) func(*descNode) {
	return func(n *descNode) {
		*to = nil
		d.items(n, what, 256, func(v *descNode) {
			var s string
			d.text(&s, what)(v)
			*to = append(*to, s)
		})
	}
}

func (d *descDecoder) wholes(to *[]int64, what string, lo, hi int64) func(*descNode) {
	return func(n *descNode) {
		*to = nil
		d.items(n, what, 64, func(v *descNode) { *to = append(*to, d.whole(v, what, lo, hi)) })
		for i := 1; i < len(*to); i++ {
			if (*to)[i] <= (*to)[i-1] {
				d.fail(n.kids[i].at, "%s: %d after %d, need ascending numbers", what, (*to)[i], (*to)[i-1])
				return
			}
		}
	}
}

// expr reads an expression: a string, or a whole number. coreOnly says that
// it may use no variable of a neuron.
func (d *descDecoder) expr(to *string, what string, coreOnly bool) func(*descNode) {
	return func(n *descNode) {
		if n.kind == descNumber {
			*to = strconv.FormatInt(d.whole(n, what, 0, math.MaxInt64), 10)
			return
		}
		if n.kind != descString {
			d.fail(n.at, "%s: need an expression in quotes or a number, have %s", what, n.kind)
			return
		}
		*to = n.text
		e, err := CompileExpr(n.text)
		if err != nil {
			d.exprError(n, what, err)
			return
		}
		for _, v := range e.nodes {
			if v.op != exprVar {
				continue
			}
			name := e.vars[v.val]
			switch f := d.f.field(name); {
			case f == nil:
				d.exprError(n, what, exprErrorf(v.col, "variable %q is no field of this description", name))
			case coreOnly && f.Scope != descCore:
				d.exprError(n, what, exprErrorf(v.col, "field %q has scope %s, need scope %s", name, f.Scope, descCore))
			}
		}
	}
}

// exprError reports an error at its place inside the string, if the string
// has no escapes.
func (d *descDecoder) exprError(n *descNode, what string, err error) {
	at := n.at
	var e *ExprError
	if errors.As(err, &e) && n.plain {
		at.col += e.Col
		err = errors.New(e.Msg)
	}
	d.fail(at, "%s %q: %w", what, n.text, err)
}

func (f *Family) field(name string) *Field {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// Limit is the value of a named limit; false if the description has none of
// that name.
func (f *Family) Limit(name string) (int64, bool) {
	for _, l := range f.Limits {
		if l.Name == name {
			return l.Value, true
		}
	}
	return 0, false
}

// LimitSource says where a named limit is known from, "" if there is none.
func (f *Family) LimitSource(name string) string {
	for _, l := range f.Limits {
		if l.Name == name {
			return l.Source
		}
	}
	return ""
}

// Strategy is the value of a named strategy; false if the description does
// not choose it.
func (f *Family) Strategy(name string) (string, bool) {
	for _, s := range f.Strategies {
		if s.Name == name {
			return s.Value, true
		}
	}
	return "", false
}

// Group is the template of a named group, nil if there is none.
func (f *Family) Group(name string) *GroupTemplate {
	for i := range f.Core.Groups {
		if f.Core.Groups[i].Name == name {
			return &f.Core.Groups[i]
		}
	}
	return nil
}

// groupNames lists the groups, for errors.
func (f *Family) groupNames() string {
	names := make([]string, len(f.Core.Groups))
	for i, g := range f.Core.Groups {
		names[i] = g.Name
	}
	return fmt.Sprintf("%q", names)
}
