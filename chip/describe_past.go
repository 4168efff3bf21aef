package chip

import (
	"slices"
	"strings"

	"hillock/core/learn"
)

// learnWalks are the names of learn.Walk.
var learnWalks = []string{"whole", "window", "newest", "before"}

// learnRoles reads {"ROLE": {"silent": flag}, ...}.
func (d *descDecoder) learnRoles(n *descNode, m *LearnModel) {
	d.named(n, "roles", func(name string, _ descPos, v *descNode) {
		r := learn.Role{Name: name}
		d.object(v, "role "+name, descField{"silent", false, d.bool(&r.Silent, "silent")})
		m.Roles = append(m.Roles, r)
	})
}

// pastWords reads the words of an entry of the past.
func (d *descDecoder) pastWords(n *descNode, m *LearnModel) {
	d.named(n, "past", func(name string, at descPos, v *descNode) {
		w := LearnWord{Name: name}
		if _, twice := m.word(name); twice || m.setting(name) != nil {
			d.fail(at, "word %q is there twice, or is a setting", name)
		}
		d.layout(&w.Layout)(v)
		m.Past = append(m.Past, w)
	})
}

// learnPast holds what a step has to do with roles and the past.
func (d *descDecoder) learnPast(v *descNode, m *LearnModel, s *LearnStep) {
	for _, name := range s.Roles {
		if m.role(name) < 0 {
			d.fail(v.at, "step %s: no role %q", s.Name, name)
		}
	}
	if (s.Walk != learn.Whole) != (s.From != "" && s.To != "") {
		d.fail(v.at, "step %s: a walk over the past has the words from and to, others have not", s.Name)
	}
	for _, name := range [...]string{s.From, s.To} {
		if _, ok := m.word(name); name != "" && !ok {
			d.fail(v.at, "step %s: no word %q", s.Name, name)
		}
	}
}

// role is the number of a role, -1 if there is none of the name.
func (m *LearnModel) role(name string) int {
	return slices.IndexFunc(m.Roles, func(r learn.Role) bool { return r.Name == name })
}

// beyond says that a parameter is neither a word nor an expression.
func (m *LearnModel) beyond(name string) bool {
	if rest, ok := strings.CutPrefix(name, "tail."); ok {
		r, known := m.word(rest)
		return known && r.Space == learn.Entry
	}
	return name == "phase" || name == "pass" || name == "delay"
}
