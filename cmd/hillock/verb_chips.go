package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hillock/chip"
)

func newChips() *cobra.Command {
	var c common
	var lint string
	cmd := &cobra.Command{
		Use: "chips [NAME]", Short: "List chip descriptions, or show one with limits, sources and fidelity", Args: needArgs(0, 1, "at most 1 operand"),
		Example: "  hillock chips\n  hillock chips loihi1\n  hillock chips --lint ./mychip.json",
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
	if c.json {
		return printJSON(cmd.OutOrStdout(), struct {
			Schema string `json:"schema"`
			Chips  []row  `json:"chips"`
		}{"hillock/chips/1", rows})
	}
	for _, r := range rows {
		fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\n", r.Name, r.Title)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "float\tthe float64 reference, no hardware\n")
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
		for _, s := range f.Strategies {
			strategies[s.Name] = s.Value
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
		}{"hillock/chips/1", f.Name, f.Title, f.Hash, fidelityJSON(f.Fidelity), strategies, limits, sources, notNil(f.Deviations), notNil(f.Notes), rolesOf(f), neuronsOf(f), learningOf(f)})
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
	fmt.Fprintln(out, "\nstrategies")
	for _, s := range f.Strategies {
		fmt.Fprintf(t, "  %s\t%s\n", s.Name, s.Value)
	}
	t.Flush()
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
	for _, d := range f.Deviations {
		fmt.Fprintf(out, "deviation: %s\n", d)
	}
	for _, n := range f.Notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
	return nil
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
