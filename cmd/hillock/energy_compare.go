package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/internal/page"
	"hillock/power"
)

// runCompare prices one census by every table of the program, point by point.
func (e *energyFlags) runCompare(out io.Writer, c *power.Census) error {
	if c.Unpublished != "" {
		return refusal("census", &power.Refusal{Reason: c.Unpublished})
	}
	names, err := tableNames()
	if err != nil {
		return err
	}
	var all []*power.Report
	for _, name := range names {
		t, err := namedTable(name)
		if err != nil {
			return err
		}
		r, err := power.PriceAll(t, *c)
		if err != nil {
			return err
		}
		all = append(all, r...)
	}
	if e.json {
		return printJSON(out, struct {
			Schema string            `json:"schema"`
			Chip   string            `json:"chip"`
			Points []power.PointJSON `json:"points"`
		}{power.EnergySchema, c.Chip, power.PointsJSON(all)})
	}
	fmt.Fprintf(out, "the counts of chip %s by every table of the program: the same events, not the same program on another chip\n", either(c.Chip, "not stated"))
	return power.ComparePoints(out, all)
}

func either(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// writePage writes the report page of a priced census.
func (e *energyFlags) writePage(cmd *cobra.Command, pair *power.Pair, all []*power.Report) error {
	r := pair.Counted
	p := page.New("hillock energy: "+r.TableChip, fmt.Sprintf("point %s of table %s", r.Point.Name, r.Table))
	addEnergy(p, pair, all)
	return writeOutput(cmd, e.html, p.Render)
}
