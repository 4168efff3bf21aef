package chip

import (
	"fmt"
	"slices"
)

// RoleNames are the parts that groups can play for a compiler: spiking neurons
// whose spike sets the membrane to 0 or subtracts the threshold, the same with
// as many spikes in a tick as thresholds fit into the membrane, and neurons that
// send whole numbers exactly in one of three codes (graph.Code). Models that
// are given core by core have neurons behind a crossbar, a plainer group that
// serves where the fields that it does not read have their defaults, and pins.
// A core of two kinds of neurons has hidden ones and those that the host reads.
// Where neurons of one tick's synapses play zero and subtract, those with decaying
// synapses play current-zero and current-subtract.
var RoleNames = []string{"zero", "subtract", "zero-several", "subtract-several", "graded", "ttfs", "bit-serial", "crossbar", "crossbar-plain", "pins", "hidden", "output", "current-zero", "current-subtract"}

// RoleVars are the variables of a role's settings: what a network asks of a
// neuron behind a crossbar, in units of its membrane.
//
//	threshold  a spike from here on
//	leak       what the membrane loses towards 0 in a tick, 0 or more
//	drive      constant that is added in every tick
//	floor      magnitude of the membrane's lower bound
//	start      membrane at the start
var RoleVars = []string{"threshold", "leak", "drive", "floor", "start"}

// roles reads {"ROLE": GROUP, or {"group": GROUP, "set": {FIELD: EXPRESSION}}, or
// {"lacks": REASON}, ...}. Groups are known by then.
func (d *descDecoder) roles(n *descNode) {
	d.named(n, "roles", func(name string, at descPos, v *descNode) {
		if !slices.Contains(RoleNames, name) {
			d.fail(at, "unknown role %q, have %q", name, RoleNames)
			return
		}
		r := Role{Name: name}
		if v.kind == descString {
			if r.Group = v.text; d.f.Group(r.Group) == nil {
				d.fail(v.at, "role %s: group %q, have %s", name, r.Group, d.f.groupNames())
			}
		} else {
			d.roleObject(v, &r)
		}
		d.f.Roles = append(d.f.Roles, r)
	})
}

// roleObject reads a role with settings, or what the chip lacks for it.
func (d *descDecoder) roleObject(v *descNode, r *Role) {
	d.object(v, "role "+r.Name,
		descField{"lacks", false, d.text(&r.Lacks, "lacks")},
		descField{"group", false, d.text(&r.Group, "group")},
		descField{"set", false, func(n *descNode) {
			d.named(n, "set", func(field string, at descPos, v *descNode) {
				if d.f.field(field) == nil {
					d.fail(at, "role %s sets %q, which is no field of this description", r.Name, field)
				}
				s := RoleSetting{Field: field}
				d.roleExpr(v, r.Name, &s)
				r.Set = append(r.Set, s)
			})
		}})
	switch {
	case (r.Group == "") == (r.Lacks == "") || r.Group == "" && len(r.Set) > 0:
		d.fail(v.at, "role %s: need either a group, with or without settings, or what the chip lacks", r.Name)
	case r.Group != "" && d.f.Group(r.Group) == nil:
		d.fail(v.at, "role %s: group %q, have %s", r.Name, r.Group, d.f.groupNames())
	}
}

// roleExpr reads the expression of a setting.
func (d *descDecoder) roleExpr(v *descNode, role string, s *RoleSetting) {
	if v.kind != descString {
		d.fail(v.at, "role %s: need an expression in quotes", role)
		return
	}
	e, err := CompileExpr(v.text)
	if err != nil {
		d.exprError(v, "role "+role, err)
		return
	}
	for _, name := range e.vars {
		if !slices.Contains(RoleVars, name) {
			d.fail(v.at, "role %s: variable %q, have %q", role, name, RoleVars)
		}
	}
	s.Expr = e
}

// Value evaluates a setting; values are in the order of RoleVars.
func (s *RoleSetting) Value(values [5]int64) (int64, error) {
	x, err := s.Expr.Eval(func(name string) (int64, bool) {
		k := slices.Index(RoleVars, name)
		if k < 0 {
			return 0, false
		}
		return values[k], true
	})
	if err != nil {
		return 0, fmt.Errorf("chip: setting of field %q: %w", s.Field, err)
	}
	return x, nil
}

// Role is what the description says about a role; false if nothing.
func (f *Family) Role(name string) (Role, bool) {
	for _, r := range f.Roles {
		if r.Name == name {
			return r, true
		}
	}
	return Role{}, false
}
