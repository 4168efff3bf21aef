package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/power"
)

// caseJSON is one published case of energy --published or --expect.
type caseJSON struct {
	Case        string           `json:"case"`
	Title       string           `json:"title"`
	Refused     string           `json:"refused,omitempty"`
	Comparisons []comparisonJSON `json:"comparisons"`
}

type comparisonJSON struct {
	Table     string   `json:"table"`
	Point     string   `json:"point"`
	Quantity  string   `json:"quantity"`
	Published float64  `json:"published"`
	Kind      string   `json:"kind"`
	Source    string   `json:"source"`
	Predicted *float64 `json:"predicted"`
	Deviation *float64 `json:"deviation"`
	Within    string   `json:"within"` // yes, no, or - without bounds
	Use       string   `json:"recommended_for,omitempty"`
	Note      string   `json:"note,omitempty"`
}

// judged is one case with what came of it.
type judged struct {
	name    string
	x       *power.Expected
	list    []power.Comparison
	refused string
}

// judge prices c by everything that x names, or by the flags if it names
// nothing.
func (e *energyFlags) judge(cmd *cobra.Command, name string, c *power.Census, x *power.Expected) (*judged, error) {
	j := &judged{name: name, x: x}
	if c.Unpublished != "" {
		j.refused = c.Unpublished
		return j, nil
	}
	by := x.By
	if len(by) == 0 || e.table != "" || e.point != "" || e.supply != "" {
		by = []power.Prediction{{Table: e.table, Point: e.point}}
	}
	for _, b := range by {
		t, err := energyTable(cmd, b.Table, c.Chip)
		if err != nil {
			return nil, err
		}
		point := b.Point
		if b.Volts > 0 {
			t, err = t.AtVolts(point, b.Volts)
		} else if e.supply != "" {
			t, err = atSupply(t, point, e.supply)
		}
		if err != nil {
			return nil, err
		}
		if b.Volts > 0 || e.supply != "" {
			point = t.Points[0].Name
		}
		r, err := power.Price(t, point, *c)
		if err != nil {
			return nil, err
		}
		j.list = append(j.list, x.Compare(r, b)...)
	}
	return j, nil
}

func (j *judged) json() caseJSON {
	out := caseJSON{Case: j.name, Title: j.x.Title, Refused: j.refused, Comparisons: []comparisonJSON{}}
	for i := range j.list {
		c := &j.list[i]
		row := comparisonJSON{Table: c.Table, Point: c.Point, Quantity: c.Value.Quantity, Published: c.Value.Value,
			Kind: c.Value.Kind.String(), Source: c.Value.Source, Within: c.Accepted, Use: c.Use, Note: c.Note}
		if c.Known {
			row.Predicted, row.Deviation = &c.Predicted, &c.Deviation
		}
		out.Comparisons = append(out.Comparisons, row)
	}
	return out
}

func (j *judged) text(w io.Writer) error {
	if j.refused != "" {
		_, err := fmt.Fprintf(w, "%s: %s\n  refused: %s\n", j.name, j.x.Title, j.refused)
		return err
	}
	return power.CompareText(w, j.name+": "+j.x.Title, j.list)
}

// outside counts the comparisons beyond their bounds.
func (j *judged) outside() int {
	n := 0
	for _, c := range j.list {
		if c.Accepted == "no" {
			n++
		}
	}
	return n
}

func printCases(out io.Writer, asJSON bool, list []*judged) error {
	if asJSON {
		var cases []caseJSON
		for _, j := range list {
			cases = append(cases, j.json())
		}
		return printJSON(out, struct {
			Schema string     `json:"schema"`
			Cases  []caseJSON `json:"cases"`
		}{power.EnergySchema, cases})
	}
	for i, j := range list {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := j.text(out); err != nil {
			return err
		}
	}
	return nil
}

// runExpected prices one census against a file of published values.
func (e *energyFlags) runExpected(cmd *cobra.Command, out io.Writer, path string, c *power.Census) error {
	b, err := readInput(cmd, e.expect)
	if err != nil {
		return err
	}
	x, err := power.ParseExpected(b, e.expect)
	if err != nil {
		return err
	}
	j, err := e.judge(cmd, path, c, x)
	if err != nil {
		return err
	}
	if err := printCases(out, e.json, []*judged{j}); err != nil {
		return err
	}
	switch n := j.outside(); {
	case j.refused != "":
		return answerNo("energy: %s: refused: %s", path, j.refused)
	case n > 0:
		return answerNo("energy: %s: %s outside the bounds", path, many(n, "value"))
	}
	return nil
}

// runPublished prices every published case of the program.
func (e *energyFlags) runPublished(cmd *cobra.Command) error {
	if e.table != "" || e.point != "" || e.supply != "" || e.expect != "" {
		return errors.New("energy: --published takes its tables and points from the cases")
	}
	cases, err := power.Published()
	if err != nil {
		return err
	}
	var list []*judged
	outside, refused := 0, 0
	for _, c := range cases {
		j, err := e.judge(cmd, c.Name, c.Census, c.Expected)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		outside += j.outside()
		if j.refused != "" {
			refused++
		}
		list = append(list, j)
	}
	if err := printCases(cmd.OutOrStdout(), e.json, list); err != nil {
		return err
	}
	if !e.json {
		fmt.Fprintf(cmd.OutOrStdout(), "\n%s, %d refused, %d outside their bounds\n", many(len(list), "case"), refused, outside)
	}
	if outside > 0 {
		return answerNo("energy: %s outside the bounds", many(outside, "value"))
	}
	return nil
}
