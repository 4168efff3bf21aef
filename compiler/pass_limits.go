package compiler

import (
	"strings"

	emulated "hillock/core"
)

// passLimits checks every limit of the chip on the finished plan and reports
// all that are exceeded. Delays were checked per projection by passSchedule.
func passLimits(u *Unit) error {
	for c := range u.Cores {
		core := &u.Cores[c]
		for _, l := range u.coreLimits(core.Use) {
			if l.ok && l.need > l.have && !u.stuckOn(core, l.name) {
				u.misfit(Misfit{u.names(core), core.ID, l.name, l.need, l.have, l.because})
			}
		}
		if plans := len(u.learning(core.alloc)); plans > emulated.MaxRules {
			u.misfit(Misfit{u.names(core), core.ID, "learning plans", int64(plans), emulated.MaxRules, "distinct learning rules and sign modes on one core"})
		}
	}
	return nil
}

// stuckOn says that the limit was already reported for a population of the
// core.
func (u *Unit) stuckOn(c *CorePlan, limit string) bool {
	for _, s := range c.Slices {
		if u.Pops[s.Pop].stuck[limit] {
			return true
		}
	}
	return false
}

// names lists the populations on a core.
func (u *Unit) names(c *CorePlan) string {
	var names []string
	for _, s := range c.Slices {
		names = append(names, u.Net.Pops[s.Pop].Name)
	}
	return strings.Join(names, "+")
}
