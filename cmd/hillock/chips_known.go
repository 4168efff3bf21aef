package main

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hillock/chip"
)

// knownRow is a chip of the list that has no description.
type knownRow struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Exact string `json:"exact"`
}

func knownRows() ([]knownRow, error) {
	out := []knownRow{}
	for _, n := range chip.KnownNames() {
		k, err := chip.LoadKnown(n)
		if err != nil {
			return nil, err
		}
		out = append(out, knownRow{k.Name, k.Title, k.Exact})
	}
	return out, nil
}

// isKnown says that a name is a chip without a description.
func isKnown(name string) bool { return slices.Contains(chip.KnownNames(), name) }

// showKnown prints what is known of a chip that cannot be run exactly.
func showKnown(cmd *cobra.Command, c *common, name string) error {
	k, err := chip.LoadKnown(name)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if c.json {
		fidelity := map[string]string{} // encoding/json sorts the keys
		for _, f := range []string{"neuron", "synapse", "learning", "timing", "energy"} {
			fidelity[f] = "not modelled"
		}
		return printJSON(out, struct {
			Schema     string            `json:"schema"`
			Name       string            `json:"name"`
			Title      string            `json:"title"`
			Runs       bool              `json:"runs"`
			Exact      string            `json:"exact"`
			Nearest    string            `json:"nearest"`
			Fidelity   map[string]string `json:"fidelity"`
			Strategies map[string]string `json:"strategies"`
			Limits     map[string]int64  `json:"limits"`
			Facts      []chip.KnownFact  `json:"facts"`
		}{"hillock/chips/1", k.Name, k.Title, false, k.Exact, k.Nearest, fidelity, map[string]string{}, map[string]int64{}, k.Facts})
	}
	fmt.Fprintf(out, "%s: %s\nhas no description here and cannot be run exactly: %s\n", k.Name, k.Title, k.Exact)
	if k.Nearest != "" {
		fmt.Fprintf(out, "nearest: %s\n", k.Nearest)
	}
	fmt.Fprintln(out, "\nknown")
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, f := range k.Facts {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", f.What, f.Value, f.Source)
	}
	return t.Flush()
}
