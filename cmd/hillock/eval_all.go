package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/power"
	"hillock/test/eval"
)

// allChips is the --chip that runs every family of the program.
const allChips = "all"

// besideJSON is one family of a run with --chip all.
type besideJSON struct {
	Chip   string            `json:"chip"`
	Misfit string            `json:"misfit,omitempty"` // why it did not run
	Limits []misfitJSON      `json:"misfits"`          // what binds, with need and have; empty = it ran
	Result *evalJSON         `json:"result,omitempty"`
	Points []power.PointJSON `json:"points"` // of every table of the chip, free-running; empty = no table
}

// runAll runs one network on every family and prints the families side by
// side. one runs a single family and leaves its report in rep.
func (e *evalFlags) runAll(cmd *cobra.Command, verb string, one func(f *evalFlags) error) error {
	if e.html != "" || e.counts != "" || e.censusFile != "" || e.curve != "" || e.energy {
		return fmt.Errorf("%s: --chip all prints a comparison only: need one chip for --html, --counts, --census, --curve or --energy", verb)
	}
	var rows []besideJSON
	var first error
	ran := 0
	var float *eval.Result
	for i, name := range chip.Names() {
		f := *e
		f.float, f.family, f.silent, f.quiet = &float, name, true, e.quiet || i > 0
		var rep *evalReport
		f.collect = func(r *evalReport) { rep = r }
		row := besideJSON{Chip: name, Points: []power.PointJSON{}, Limits: []misfitJSON{}}
		err := one(&f)
		var no *noError
		switch {
		case errors.As(err, &no):
			row.Misfit, row.Limits, ran = no.msg, misfitsJSON(no.misfits, nil), ran+1
		case err != nil:
			row.Misfit = err.Error()
			if first == nil {
				first = err
			}
		default:
			row.Result, ran = &rep.json, ran+1
			if row.Points, err = besidePoints(&rep.census); err != nil {
				return err
			}
		}
		rows = append(rows, row)
	}
	if ran == 0 {
		return first
	}
	out := cmd.OutOrStdout()
	if e.json {
		return printJSON(out, struct {
			Schema string       `json:"schema"`
			Chips  []besideJSON `json:"chips"`
		}{"hillock/" + verb + "/1", rows})
	}
	return printBeside(out, rows)
}

// besidePoints prices the census of a family by every table of its chip.
func besidePoints(c *power.Census) ([]power.PointJSON, error) {
	names, err := tableNames()
	if err != nil {
		return nil, err
	}
	out := []power.PointJSON{}
	own, err := ownTable(c.Chip)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		t, err := namedTable(name)
		if err != nil {
			return nil, err
		}
		if t.Chip != c.Chip && (own == nil || t.Name != own.Name) {
			continue
		}
		all, err := power.PriceAll(t, *c)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			if len(r.Point.Coefficients) > 0 || r.Point.Static == nil { // a measured workload prices no other
				out = append(out, power.PointsJSON([]*power.Report{r})...)
			}
		}
	}
	return out, nil
}

// ownTable is the energy table of a description, nil if it has none.
func ownTable(family string) (*power.Table, error) {
	f, err := chip.LoadNamed(family)
	if err != nil || len(f.Energy) == 0 {
		return nil, err
	}
	return power.ParseTable(f.Energy, f.EnergyFile)
}

// printBeside prints one line per chip, then what every table makes of the
// counts of those that ran.
func printBeside(out io.Writer, rows []besideJSON) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "chip\tcores\taccuracy\tticks\tenergy per image, or the limits that bind")
	for _, r := range rows {
		if j := r.Result; j != nil {
			fmt.Fprintf(w, "%s\t%d\t%.2f %%\t%d\t%s\n", r.Chip, j.Cores, 100*j.Accuracy, j.TicksPerImage, besideEnergy(&r))
			continue
		}
		fmt.Fprintf(w, "%s\t-\t-\t-\t%s\n", r.Chip, binding(&r))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	fmt.Fprintln(w, "chip\tevents/image\ttime/image\ttable, point\tenergy/image\tlow\thigh\theadline\tweakest")
	for _, r := range rows {
		if r.Result != nil {
			printPoints(w, &r)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "free-running; counted events without a price are in no total (headline partial); chips without a description price a census: hillock energy CENSUS --compare")
	return err
}

// noCoefficients stands for an energy that nobody can state with a source.
const noCoefficients = "no sourced coefficients"

// besideEnergy is the energy at the first point that has a price.
func besideEnergy(r *besideJSON) string {
	n := float64(r.Result.Images)
	for _, p := range r.Points {
		if p.Total != nil && p.WeakestKind != "assumed" {
			return fmt.Sprintf("%.4g uJ (%.4g to %.4g), %s, %s", 1e6*p.Total.Nominal.Joules()/n, 1e6*p.Total.Low.Joules()/n, 1e6*p.Total.High.Joules()/n, p.Point, p.Headline)
		}
	}
	return noCoefficients
}

// bindingShown is the number of misfits that a line names.
const bindingShown = 3

// binding is why a chip did not run: the first resources with need and have,
// those that a chip has too little of before those that it does not have.
func binding(r *besideJSON) string {
	if len(r.Limits) == 0 {
		return r.Misfit
	}
	var parts []string
	for _, m := range tightest(r.Limits) {
		parts = append(parts, fmt.Sprintf("%s: need %d, have %d", m.Resource, m.Need, m.Have))
	}
	n := len(parts) - bindingShown
	s := strings.Join(parts[:min(len(parts), bindingShown)], "; ")
	if n > 0 {
		s += fmt.Sprintf("; %d more", n)
	}
	return s
}

// tightest is the misfit of largest need per resource.
func tightest(all []misfitJSON) []misfitJSON {
	var out []misfitJSON
	for _, m := range all {
		k := slices.IndexFunc(out, func(x misfitJSON) bool { return x.Resource == m.Resource })
		switch {
		case k < 0:
			out = append(out, m)
		case m.Need > out[k].Need:
			out[k] = m
		}
	}
	slices.SortStableFunc(out, func(a, b misfitJSON) int { return int(min(b.Have, 1) - min(a.Have, 1)) })
	return out
}

// printPoints prints the energy of a chip by every table and point.
func printPoints(w io.Writer, r *besideJSON) {
	j := r.Result
	head := fmt.Sprintf("%s\t%.1f\t%.3f us", r.Chip, j.SynPerImage, 1e6*j.TimePerImage)
	if len(r.Points) == 0 {
		fmt.Fprintf(w, "%s\tno energy table\tnot known\t\t\t\t\n", head)
	}
	for _, p := range r.Points {
		total := "not known\t-\t-"
		if p.Total != nil {
			n := float64(j.Images)
			total = fmt.Sprintf("%.4g uJ\t%.4g\t%.4g", 1e6*p.Total.Nominal.Joules()/n, 1e6*p.Total.Low.Joules()/n, 1e6*p.Total.High.Joules()/n)
		}
		fmt.Fprintf(w, "%s\t%s, %s\t%s\t%s\t%s\n", head, p.Table, p.Point, total, p.Headline, p.WeakestKind)
		head = "\t\t"
	}
}
