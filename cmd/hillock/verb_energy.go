package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hillock/isa/count"
	"hillock/power"
)

// energyFlags are the flags of energy.
type energyFlags struct {
	common
	events, tables, published, compare bool
	table, point, supply, budget, tick string
	expect, html, derive, sweep        string
	node                               float64
}

func newEnergy() *cobra.Command {
	var e energyFlags
	cmd := &cobra.Command{
		Use: "energy CENSUS-or-RUN", Short: "Price counted events: energy with sources and bounds", Args: needArgs(0, 1, "at most 1 operand"),
		Long: `Price a census (documented JSON, docs/energy.md) or the JSON of a run with the energy
table of its chip. Every line has its coefficient, kind and source; events without a
price are listed, never zero. Priced twice: as run, and at a real-time tick.`,
		Example: `  hillock run digits.img --in spikes.csv --json > run.json && hillock energy run.json
  hillock energy census.json --point davies2018 --budget 20W --json
  hillock energy census.json --compare
  hillock energy --published`,
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd, args) },
	}
	e.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&e.events, "events", false, "list the event names of a census")
	f.BoolVar(&e.tables, "tables", false, "list the energy tables inside the program")
	f.BoolVar(&e.published, "published", false, "price the published cases inside the program and print every deviation")
	f.BoolVar(&e.compare, "compare", false, "price the census by every table inside the program, side by side")
	f.StringVar(&e.table, "table", "", "energy table: a file, or the name of one inside the program (default: the chip's)")
	f.StringVar(&e.point, "point", "", "operating point of the table (default: the census', then the first)")
	f.StringVar(&e.supply, "supply", "", "move the point to this supply, as 0.775V (static linear, per event quadratic; assumed)")
	f.StringVar(&e.budget, "budget", "20W", "power of the brain block")
	f.StringVar(&e.tick, "tick", "1ms", "real-time tick of the second price")
	f.StringVar(&e.expect, "expect", "", "hold the result against this file of published values; status 1 outside its bounds")
	f.StringVar(&e.derive, "derive", "", "price by first-order bounds from the memories in this chip's description; without a census print that table")
	f.Float64Var(&e.node, "node", defaultNode, "feature size in nm of --derive")
	f.StringVar(&e.sweep, "sweep", "", "energy over a range: activity, supply, clock or precision; with --html as a picture")
	f.StringVar(&e.html, "html", "", "write a report page")
	return cmd
}

func (e *energyFlags) run(cmd *cobra.Command, args []string) error {
	switch {
	case e.events:
		return e.listEvents(cmd)
	case e.tables:
		return e.listTables(cmd)
	case e.published:
		return e.runPublished(cmd)
	case e.derive != "" && len(args) == 0:
		return e.printDerived(cmd)
	case len(args) != 1:
		return fmt.Errorf("energy: need a census or the JSON of a run")
	}
	out, err := e.report(cmd, e.html)
	if err != nil {
		return err
	}
	c, err := readCensusFile(cmd, args[0])
	if err != nil {
		return err
	}
	switch {
	case e.expect != "":
		return e.runExpected(cmd, out, args[0], c)
	case e.compare:
		return e.runCompare(out, c)
	case e.sweep != "":
		return e.runSweep(cmd, out, c)
	}
	return e.runReport(cmd, out, args[0], c)
}

// runReport prices a census and prints the whole report.
func (e *energyFlags) runReport(cmd *cobra.Command, out io.Writer, path string, c *power.Census) error {
	p, all, err := e.price(cmd, c)
	if err != nil {
		return refusal(path, err)
	}
	w, err := power.ParsePower(e.budget)
	if err != nil {
		return err
	}
	p.SetBudget(w)
	if e.html != "" {
		if err := e.writePage(cmd, p, all); err != nil {
			return err
		}
	}
	if e.json {
		j := p.JSON()
		j.Points = power.PointsJSON(all)
		return printJSON(out, j)
	}
	if err := p.Text(out); err != nil || len(all) < 2 {
		return err
	}
	fmt.Fprintln(out, "\nevery point of the table, at the time as counted")
	return power.ComparePoints(out, all)
}

// refusal turns a census that nobody can price into an answer of no.
func refusal(path string, err error) error {
	var r *power.Refusal
	if errors.As(err, &r) {
		return answerNo("energy: %s: refused: %s", path, r.Reason)
	}
	return err
}

// price prices c at the chosen point, and at every point of its table.
func (e *energyFlags) price(cmd *cobra.Command, c *power.Census) (*power.Pair, []*power.Report, error) {
	if c.Unpublished != "" {
		return nil, nil, &power.Refusal{Reason: c.Unpublished}
	}
	t, err := e.tableFor(cmd, c)
	if err != nil {
		return nil, nil, err
	}
	every, err := power.ParseTime(e.tick)
	if err != nil {
		return nil, nil, err
	}
	point := e.point
	if e.supply != "" {
		if point == "" {
			point = c.Point
		}
		if t, err = atSupply(t, point, e.supply); err != nil {
			return nil, nil, err
		}
		point = t.Points[0].Name
	}
	p, err := power.PricePair(t, point, *c, every)
	if err != nil {
		return nil, nil, err
	}
	all, err := power.PriceAll(t, *c)
	return p, all, err
}

func atSupply(t *power.Table, point, supply string) (*power.Table, error) {
	v, err := power.ParseVolts(supply)
	if err != nil {
		return nil, err
	}
	return t.AtVolts(point, v)
}

func (e *energyFlags) listEvents(cmd *cobra.Command) error {
	if e.json {
		return printJSON(cmd.OutOrStdout(), eventsJSON())
	}
	for v := count.Event(0); v < count.NumEvents; v++ {
		fmt.Fprintln(cmd.OutOrStdout(), v)
	}
	return nil
}

// eventsJSON is the object of energy --events.
func eventsJSON() any {
	var names []string
	for e := count.Event(0); e < count.NumEvents; e++ {
		names = append(names, e.String())
	}
	return struct {
		Schema string   `json:"schema"`
		Events []string `json:"events"`
	}{power.EnergySchema, names}
}

// tableJSON is one line of energy --tables.
type tableJSON struct {
	Table  string   `json:"table"`
	Chip   string   `json:"chip"`
	Hash   string   `json:"hash"`
	Points []string `json:"points"`
}

func (e *energyFlags) listTables(cmd *cobra.Command) error {
	names, err := tableNames()
	if err != nil {
		return err
	}
	var list []tableJSON
	for _, name := range names {
		t, err := namedTable(name)
		if err != nil {
			return err
		}
		row := tableJSON{Table: name, Chip: t.Chip, Hash: t.Hash}
		for i := range t.Points {
			row.Points = append(row.Points, t.Points[i].Name)
		}
		list = append(list, row)
	}
	out := cmd.OutOrStdout()
	if e.json {
		return printJSON(out, struct {
			Schema string      `json:"schema"`
			Tables []tableJSON `json:"tables"`
		}{power.EnergySchema, list})
	}
	for _, row := range list {
		fmt.Fprintf(out, "%-14s chip %-12s points: %s\n", row.Table, row.Chip, strings.Join(row.Points, ", "))
	}
	return nil
}
