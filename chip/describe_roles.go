package chip

import "slices"

// RoleNames are the parts that groups can play for a compiler: spiking neurons
// whose spike sets the membrane to 0 or subtracts the threshold, the same with
// as many spikes in a tick as thresholds fit into the membrane, and neurons that
// send whole numbers exactly in one of three codes (graph.Code). Models that
// are given core by core have neurons behind a crossbar, a plainer group that
// serves where the fields that it does not read have their defaults, and pins.
var RoleNames = []string{"zero", "subtract", "zero-several", "subtract-several", "graded", "ttfs", "bit-serial", "crossbar", "crossbar-plain", "pins"}

// roles reads {"ROLE": GROUP or {"lacks": REASON}, ...}. Groups are known by
// then.
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
			d.object(v, "role "+name, descField{"lacks", true, d.text(&r.Lacks, "lacks")})
		}
		d.f.Roles = append(d.f.Roles, r)
	})
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
