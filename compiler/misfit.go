package compiler

import (
	"fmt"
	"strings"
)

// Misfit is one reason why a network does not fit a chip. Core is a core of
// the plan, -1 if the misfit belongs to no core. Need and Have count the
// resource; a missing feature has Need 1 and Have 0.
type Misfit struct {
	Population string
	Core       int
	Resource   string
	Need, Have int64
	Because    string
}

// String is one line: what, where, need, have, why.
func (m Misfit) String() string {
	where := m.Population
	if where == "" {
		where = "network"
	}
	if m.Core >= 0 {
		where += fmt.Sprintf(", core %d", m.Core)
	}
	return fmt.Sprintf("%s: %s: need %d, have %d: %s", where, m.Resource, m.Need, m.Have, m.Because)
}

// FitError holds every misfit found, in the order of the passes.
type FitError struct{ Misfits []Misfit }

// Error lists all misfits, one a line.
func (e *FitError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "compiler: the network does not fit: %d misfits", len(e.Misfits))
	for _, m := range e.Misfits {
		b.WriteString("\n  ")
		b.WriteString(m.String())
	}
	return b.String()
}

// misfit records a misfit once and lets the passes go on.
func (u *Unit) misfit(m Misfit) {
	for _, have := range u.Misfits {
		if have == m {
			return
		}
	}
	u.Misfits = append(u.Misfits, m)
}

// note records a line for the report and the image's provenance.
func (u *Unit) note(format string, args ...any) {
	u.Notes = append(u.Notes, fmt.Sprintf(format, args...))
}
