package chip

import (
	"fmt"

	"hillock/core/learn"
)

// planPast is what the section PAST of an image file holds of a plan that looks
// at the past of its targets, or whose sources have roles. Without such plans
// there is no section.
type planPast struct {
	Core, Plan int // indices into Image.Cores and its plans
	Sources    []uint8
	Past       learn.Past
	Roles      []learn.Role
	ByRole     [][]int32
	Steps      []stepPast
}

// stepPast is what a step has to do with it.
type stepPast struct {
	Roles    uint32
	Append   bool
	Walk     learn.Walk
	From, To learn.Ref
}

// pasts lists the plans that need the section.
func (img *Image) pasts() []planPast {
	var out []planPast
	for i := range img.Cores {
		for r := range img.Cores[i].Image.Learning {
			l := &img.Cores[i].Image.Learning[r]
			p := &l.Plan
			if len(l.Roles)+p.Past.Depth+len(p.Roles)+len(p.ByRole) == 0 {
				continue
			}
			x := planPast{Core: i, Plan: r, Sources: l.Roles, Past: p.Past, Roles: p.Roles, ByRole: p.ByRole}
			for _, s := range p.Steps {
				x.Steps = append(x.Steps, stepPast{s.Roles, s.Append, s.Walk, s.From, s.To})
			}
			out = append(out, x)
		}
	}
	return out
}

// codePasts codes the section PAST.
func (img *Image) codePasts(c *codec) {
	all := img.pasts()
	if !c.write {
		all = nil
	}
	list(c, &all, 8, "plans with a past", func(k *planPast) { k.code(c) })
	for i := range all {
		if c.write || c.err != nil {
			return
		}
		if err := img.setPast(&all[i]); err != nil {
			c.err = fmt.Errorf("chip: %s: %w", c.where, err)
			return
		}
	}
}

func (k *planPast) code(c *codec) {
	integer(c, &k.Core, "core index")
	integer(c, &k.Plan, "plan")
	ints(c, &k.Sources, "roles of in-axons")
	integer(c, &k.Past.Depth, "entries of the past")
	list(c, &k.Past.Words, 3, "words of the past", func(w *learn.Word) {
		c.text(&w.Name, "word name")
		codeLayout(c, &w.Layout)
	})
	list(c, &k.Roles, 2, "roles", func(r *learn.Role) {
		c.text(&r.Name, "role")
		c.flag(&r.Silent)
	})
	list(c, &k.ByRole, 1, "constants by role", func(v *[]int32) { ints(c, v, "constants of a role") })
	list(c, &k.Steps, 7, "steps", func(s *stepPast) {
		integer(c, &s.Roles, "roles of a step")
		c.flag(&s.Append)
		integer(c, &s.Walk, "walk")
		codeRef(c, &s.From)
		codeRef(c, &s.To)
	})
}

func (img *Image) setPast(k *planPast) error {
	if k.Core < 0 || k.Core >= len(img.Cores) || k.Plan < 0 || k.Plan >= len(img.Cores[k.Core].Image.Learning) {
		return fmt.Errorf("plan %d of core index %d, of %d cores", k.Plan, k.Core, len(img.Cores))
	}
	l := &img.Cores[k.Core].Image.Learning[k.Plan]
	if len(k.Steps) != len(l.Plan.Steps) {
		return fmt.Errorf("plan %d of core index %d: %d steps, need %d", k.Plan, k.Core, len(k.Steps), len(l.Plan.Steps))
	}
	l.Roles, l.Plan.Past, l.Plan.Roles, l.Plan.ByRole = k.Sources, k.Past, k.Roles, k.ByRole
	for i, x := range k.Steps {
		s := &l.Plan.Steps[i]
		s.Roles, s.Append, s.Walk, s.From, s.To = x.Roles, x.Append, x.Walk, x.From, x.To
	}
	return nil
}
