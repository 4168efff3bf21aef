package chip

import (
	"fmt"
	"math"
	"slices"

	"hillock/core"
	"hillock/isa/fixed"
)

// Vars gives the values of register fields. A field of scope core is asked
// for with Core, a field of scope neuron with Neuron (i counts the neurons of
// the group from 0). false means that the field is not set: its default is
// used, and without a default binding fails.
type Vars interface {
	Core(name string) (int64, bool)
	Neuron(name string, i int) (int64, bool)
}

// bindMaxNeurons bounds the neurons of one bound group.
const bindMaxNeurons = 1 << 20

// binding evaluates one expression for the neurons of a group. It computes
// again only when a variable has another value than for the last neuron.
type binding struct {
	f      *Family
	e      *Expr
	fields []*Field // parallel to e.vars
	last   []int64
	value  int64
	fresh  bool
}

// bindExpr compiles an expression over the fields of the family.
func (f *Family) bindExpr(src string) (*binding, error) {
	e, err := CompileExpr(src)
	if err != nil {
		return nil, err
	}
	b := &binding{f: f, e: e, last: make([]int64, len(e.vars))}
	for _, name := range e.vars {
		x := f.field(name)
		if x == nil {
			return nil, fmt.Errorf("variable %q is no field of description %q", name, f.Name)
		}
		b.fields = append(b.fields, x)
	}
	return b, nil
}

// at is the value for neuron i; i < 0 stands for the core.
func (b *binding) at(v Vars, i int) (int64, error) {
	for k, x := range b.fields {
		val, err := x.value(v, i)
		if err != nil {
			return 0, err
		}
		if b.fresh = b.fresh && val == b.last[k]; !b.fresh {
			b.last[k] = val
		}
	}
	if b.fresh {
		return b.value, nil
	}
	var err error
	b.value, err = b.e.Eval(func(name string) (int64, bool) {
		for k, n := range b.e.vars {
			if n == name {
				return b.last[k], true
			}
		}
		return 0, false
	})
	b.fresh = err == nil
	return b.value, err
}

// value asks for a field and holds it against its range.
func (x *Field) value(v Vars, i int) (int64, error) {
	var val int64
	ok := false
	switch {
	case v == nil:
	case x.Scope == descCore:
		val, ok = v.Core(x.Name)
	case i < 0:
		return 0, fmt.Errorf("field %q has scope %s, need scope %s", x.Name, x.Scope, descCore)
	default:
		val, ok = v.Neuron(x.Name, i)
	}
	switch {
	case !ok && x.HasDefault:
		return x.Default, nil
	case !ok:
		return 0, fmt.Errorf("field %q is not set and has no default", x.Name)
	case val < x.Lo || val > x.Hi:
		return 0, fmt.Errorf("field %q is %d, need %d..%d", x.Name, val, x.Lo, x.Hi)
	}
	return val, nil
}

// coreValue evaluates an expression over core fields; "" is def.
func (f *Family) coreValue(src string, v Vars, def, lo, hi int64) (int64, error) {
	if src == "" {
		return def, nil
	}
	x, err := f.coreExpr(src, v)
	if err == nil && (x < lo || x > hi) {
		err = fmt.Errorf("%q is %d, need %d..%d", src, x, lo, hi)
	}
	return x, err
}

// coreExpr evaluates an expression over core fields.
func (f *Family) coreExpr(src string, v Vars) (int64, error) {
	b, err := f.bindExpr(src)
	if err != nil {
		return 0, err
	}
	return b.at(v, -1)
}

// column evaluates an expression for n neurons; the result has length 1 when
// all are equal.
func (f *Family) column(src string, n int, v Vars) ([]int32, error) {
	if src == "" {
		return []int32{0}, nil
	}
	b, err := f.bindExpr(src)
	if err != nil {
		return nil, err
	}
	var out []int32
	for i := range n {
		x, err := b.at(v, i)
		if err == nil && (x < math.MinInt32 || x > math.MaxInt32) {
			err = fmt.Errorf("%q is %d, need 32 bits signed", src, x)
		}
		if err != nil {
			return nil, fmt.Errorf("neuron %d: %w", i, err)
		}
		if len(out) == 1 && i > 0 {
			if int32(x) == out[0] {
				continue
			}
			out = slices.Repeat(out, i) // the neurons so far were equal
		}
		out = append(out, int32(x))
	}
	return out, nil
}

// BindGroup evaluates the template of a named group for n neurons. Base is 0.
// A column of parameters or start values has length 1 when all neurons agree,
// else n. Layouts, cap and sub-steps come from the template, the program too
// unless it has assembly-time constants.
func (f *Family) BindGroup(name string, n int, v Vars) (core.Group, error) {
	t := f.Group(name)
	if t == nil {
		return core.Group{}, fmt.Errorf("chip: description %q has no group %q, have %s", f.Name, name, f.groupNames())
	}
	if n < 1 || n > bindMaxNeurons {
		return core.Group{}, fmt.Errorf("chip: group %q of %d neurons, need 1..%d", name, n, bindMaxNeurons)
	}
	wrap := func(what string, err error) error { return fmt.Errorf("chip: group %q, %s: %w", name, what, err) }
	g := core.Group{Name: name, N: n, Cap: t.Cap, State: make([]fixed.Layout, len(t.State))}
	for i, s := range t.State {
		g.State[i] = s.Layout
		g.Words = append(g.Words, s.Name)
	}
	var err error
	if g.Prog, err = f.bindProgram(t, v); err != nil {
		return core.Group{}, wrap("microcode", err)
	}
	g.Meaning = append(g.Meaning, t.Params...)
	steps, err := f.coreValue(t.Substeps, v, 1, 1, 64)
	if err != nil {
		return core.Group{}, wrap("sub-steps", err)
	}
	g.Substeps = int(steps)
	for k, src := range t.Params {
		p, err := f.column(src, n, v)
		if err != nil {
			return core.Group{}, wrap(fmt.Sprintf("parameter p%d", k), err)
		}
		g.Params = append(g.Params, p)
	}
	for k, src := range t.Init {
		p, err := f.column(src, n, v)
		if err != nil {
			return core.Group{}, wrap("start value of "+t.State[k].Name, err)
		}
		g.Init = append(g.Init, p)
	}
	return g, nil
}

// GroupFields lists the register fields that parameters and start values of a
// group read, in the order of the description.
func (f *Family) GroupFields(name string) []string {
	read := map[string]bool{}
	if t := f.Group(name); t != nil {
		for _, list := range [...][]string{t.Params, t.Init} {
			for _, src := range list {
				e, err := CompileExpr(src)
				if src == "" || err != nil {
					continue
				}
				for _, v := range e.vars {
					read[v] = true
				}
			}
		}
	}
	var out []string
	for _, x := range f.Fields {
		if read[x.Name] {
			out = append(out, x.Name)
		}
	}
	return out
}

// BindCore evaluates the template of a core: an image in which only Ring,
// Rows, Ports, Draws and Payload are set.
func (f *Family) BindCore(v Vars) (core.Image, error) {
	ring, err := f.coreValue(f.Core.Ring, v, 1, 1, 256)
	if err != nil {
		return core.Image{}, fmt.Errorf("chip: ring: %w", err)
	}
	rows, err := f.coreValue(f.Core.Rows, v, 0, 2, 256)
	if err != nil {
		return core.Image{}, fmt.Errorf("chip: rows: %w", err)
	}
	img := core.Image{Ring: int(ring), Rows: int(rows), Draws: append([]core.DrawFormat(nil), f.Core.Draws...)}
	switch v, _ := f.Strategy("axon_payload"); v {
	case "graded":
		img.Payload = core.Graded
	case "repeated":
		img.Payload = core.Repeated
	case "counted":
		img.Payload = core.Counted
	}
	if err := f.bindGenerator(&img, v); err != nil {
		return core.Image{}, err
	}
	order, _ := f.Strategy("service_order")
	img.OwnFirst = order == "own-ext"
	stage, _ := f.Strategy("stage")
	for i, p := range f.Core.Ports {
		shift, err := f.coreValue(p.ReadShift, v, 0, 0, 31)
		if err != nil {
			return core.Image{}, fmt.Errorf("chip: read shift of port %d: %w", i, err)
		}
		port := core.Port{Acc: p.Acc, When: p.When, ReadShift: uint8(shift), Bucket: stage == "bucket", Keep: p.Keep != ""}
		if port.Keep && len(f.Core.Groups) > 0 {
			w, _ := f.Core.Groups[0].word(p.Keep)
			port.Word = uint8(w)
		}
		img.Ports = append(img.Ports, port)
	}
	return img, nil
}
