package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hillock/chip"
)

func newChips() *cobra.Command {
	var c common
	var lint string
	cmd := &cobra.Command{
		Use: "chips [NAME]", Short: "List chip descriptions, or show one with limits, sources and fidelity", Args: needArgs(0, 1, "at most 1 operand"),
		Example: "  hillock chips\n  hillock chips loihi1\n  hillock chips akida\n  hillock chips --lint ./mychip.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if lint != "" {
				f, err := chip.LoadPath(lint)
				if err != nil {
					return err
				}
				if c.json {
					return printJSON(out, lintJSON{"hillock/chips/1", lint, f.Name, f.Hash, true})
				}
				fmt.Fprintf(out, "%s: description of %s is well formed\n", lint, f.Name)
				return nil
			}
			if len(args) == 1 && isKnown(args[0]) {
				return showKnown(cmd, &c, args[0])
			}
			if len(args) == 1 {
				f, err := chip.LoadNamed(args[0])
				if err != nil {
					return err
				}
				return showChip(cmd, &c, f)
			}
			return listChips(cmd, &c)
		},
	}
	c.add(cmd)
	cmd.Flags().StringVar(&lint, "lint", "", "check a description file")
	return cmd
}

// lintJSON is the object of chips --lint; a bad description is an error.
type lintJSON struct {
	Schema string `json:"schema"`
	File   string `json:"file"`
	Name   string `json:"name"`
	Hash   string `json:"hash"`
	Good   bool   `json:"well_formed"`
}

func listChips(cmd *cobra.Command, c *common) error {
	type row struct {
		Name  string `json:"name"`
		Title string `json:"title"`
	}
	var rows []row
	for _, n := range chip.Names() {
		f, err := chip.LoadNamed(n)
		if err != nil {
			return err
		}
		rows = append(rows, row{f.Name, f.Title})
	}
	known, err := knownRows()
	if err != nil {
		return err
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), struct {
			Schema string     `json:"schema"`
			Chips  []row      `json:"chips"`
			Known  []knownRow `json:"known"`
		}{"hillock/chips/1", rows, known})
	}
	for _, r := range rows {
		fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\n", r.Name, r.Title)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "float\tthe float64 reference, no hardware\n")
	fmt.Fprintln(cmd.OutOrStdout(), "\nknown, cannot be run exactly (hillock chips NAME says why, and what is published):")
	for _, k := range known {
		fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\n", k.Name, k.Title)
	}
	return nil
}

type limitJSON struct {
	Name   string `json:"name"`
	Value  int64  `json:"value"`
	Per    string `json:"per"`
	Source string `json:"source"`
}

func showChip(cmd *cobra.Command, c *common, f *chip.Family) error {
	out := cmd.OutOrStdout()
	if c.json {
		limits := map[string]int64{}
		sources := make([]limitJSON, 0, len(f.Limits))
		for _, l := range f.Limits {
			limits[l.Name] = l.Value
			sources = append(sources, limitJSON(l))
		}
		strategies := map[string]string{}
		for _, s := range slices.Concat(f.Strategies, f.EventStrategies()) {
			strategies[s.Name] = s.Value
		}
		network := ""
		if f.Latency.Network.Described() {
			network = networkText(f)
		}
		return printJSON(out, struct {
			Schema     string            `json:"schema"`
			Name       string            `json:"name"`
			Title      string            `json:"title"`
			Hash       string            `json:"hash"`
			Fidelity   map[string]string `json:"fidelity"`
			Strategies map[string]string `json:"strategies"`
			Limits     map[string]int64  `json:"limits"`
			Sources    []limitJSON       `json:"limit_sources"`
			Deviations []string          `json:"deviations"`
			Notes      []string          `json:"notes"`
			Roles      map[string]string `json:"roles"`
			Neurons    []modelJSON       `json:"neurons"`
			Learning   []modelJSON       `json:"learning"`
			Network    string            `json:"network,omitempty"`
		}{"hillock/chips/1", f.Name, f.Title, f.Hash, fidelityJSON(f.Fidelity), strategies, limits, sources, notNil(f.Deviations), notNil(f.Notes), rolesOf(f), neuronsOf(f), learningOf(f), network})
	}
	fmt.Fprintf(out, "%s: %s\nhash %s\n\nfidelity\n", f.Name, f.Title, f.Hash)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, x := range f.Fidelity {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", x.Feature, x.Label, x.Against, x.Source)
	}
	t.Flush()
	fmt.Fprintln(out, "\nlimits")
	for _, l := range f.Limits {
		fmt.Fprintf(t, "  %s\t%d\tper %s\t%s\n", l.Name, l.Value, l.Per, l.Source)
	}
	t.Flush()
	if f.Tiers != nil {
		showTiers(out, t, f.Tiers)
	}
	fmt.Fprintln(out, "\nstrategies")
	for _, s := range slices.Concat(f.Strategies, f.EventStrategies()) {
		fmt.Fprintf(t, "  %s\t%s\n", s.Name, s.Value)
	}
	t.Flush()
	printRouters(out, f.Routers)
	fmt.Fprintln(out, "\nneurons")
	for _, g := range neuronsOf(f) {
		fmt.Fprintf(t, "  %s\t%d words\t%s\n", g.Name, g.Words, g.Source)
	}
	for _, r := range f.Roles {
		if r.Group == "" {
			fmt.Fprintf(t, "  no %s\t\t%s\n", r.Name, r.Lacks)
		}
	}
	t.Flush()
	if len(f.Learning) > 0 {
		fmt.Fprintln(out, "\nlearning")
		for _, m := range learningOf(f) {
			fmt.Fprintf(t, "  %s\t%d steps\t%s\n", m.Name, m.Words, m.Source)
		}
		t.Flush()
	}
	if n := &f.Latency.Network; n.Described() {
		fmt.Fprintf(out, "\nnetwork\n  %s\n  %s\n", networkText(f), n.Source)
	}
	for _, d := range f.Deviations {
		fmt.Fprintf(out, "deviation: %s\n", d)
	}
	for _, n := range f.Notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
	return nil
}

// networkText is the described network in one line.
func networkText(f *chip.Family) string {
	n := &f.Latency.Network
	s := fmt.Sprintf("mesh of %d x %d tiles with %s, cycle %.6g ns, %s of %s of %s, %s, link cycles %d along x and %d along y", f.Mesh.X, f.Mesh.Y, many(f.Mesh.CoresPerTile, "core"),
		1e9*chip.Femtoseconds(n.CycleFs).Seconds(), many(n.Subnets, "subnet"), many(n.VCs, "VC"), many(n.Buffer, "flit"), n.Alloc, n.LinkX, n.LinkY)
	if n.DropAfter > 0 {
		s += fmt.Sprintf(", drops after %d cycles", n.DropAfter)
	}
	if n.PeriodFs > 0 {
		s += fmt.Sprintf(", a tick of %.6g us", 1e6*chip.Femtoseconds(n.PeriodFs).Seconds())
	}
	return s
}

// showTiers prints what a core that holds one layer has room for.
func showTiers(out io.Writer, t *tabwriter.Writer, l *chip.TierTemplate) {
	fmt.Fprintf(out, "\ntiers, one per core: %s\n", l.Source)
	for _, m := range l.Memories {
		fmt.Fprintf(t, "  %s\t%v\t%s\t%s\n", m.Name, m.Cores, m.Entries, m.Source)
	}
	for _, r := range l.Rules {
		have := fmt.Sprintf("at most %d", r.Max)
		if len(r.Of) > 0 {
			have = fmt.Sprintf("one of %v", r.Of)
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", r.Name, have, r.Value, r.Source)
	}
	t.Flush()
}

// modelJSON is a neuron or learning model of a description: instruction words
// of its program, or steps of its plan.
type modelJSON struct {
	Name   string `json:"name"`
	Words  int    `json:"words"`
	Source string `json:"source"`
}

func neuronsOf(f *chip.Family) []modelJSON {
	out := []modelJSON{}
	for _, g := range f.Core.Groups {
		out = append(out, modelJSON{g.Name, len(g.Prog.Instrs), g.Source})
	}
	if f.Event != nil {
		for _, p := range f.Event.Programs {
			out = append(out, modelJSON{p.Name, len(p.Prog.Instrs), f.EventSource})
		}
	}
	return out
}

func learningOf(f *chip.Family) []modelJSON {
	out := []modelJSON{}
	for _, m := range f.Learning {
		out = append(out, modelJSON{m.Name, len(m.Steps), m.Source})
	}
	return out
}

// rolesOf says which group plays a role, or what the chip lacks for it.
func rolesOf(f *chip.Family) map[string]string {
	out := map[string]string{} // encoding/json sorts the keys
	for _, r := range f.Roles {
		if out[r.Name] = r.Group; r.Group == "" {
			out[r.Name] = "lacks: " + r.Lacks
		}
	}
	return out
}

func notNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
