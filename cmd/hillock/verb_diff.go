package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/router/aer"
	"hillock/test/diff"
)

func newDiff() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use: "diff A B", Short: "Find the first tick, neuron and field in which two traces differ", Args: needArgs(2, 2, "2 operands A B"),
		Long:    "Compare two traces (trace files, csv or npz events). Exit status 1 if they differ.",
		Example: "  hillock diff before.spk after.spk\n  hillock diff a.csv b.csv --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			var t [2]*aer.Trace
			for i, a := range args {
				var err error
				if t[i], err = readEvents(cmd, a); err != nil {
					return err
				}
			}
			r := diff.Traces(t[0], t[1])
			if c.json {
				err := printJSON(cmd.OutOrStdout(), struct {
					Schema string `json:"schema"`
					*diff.Result
				}{"hillock/diff/1", &r})
				if err != nil {
					return err
				}
			} else if err := r.Text(cmd.OutOrStdout()); err != nil {
				return err
			}
			if !r.Equal {
				return answerNo("%s and %s differ", args[0], args[1])
			}
			return nil
		},
	}
	c.add(cmd)
	return cmd
}

// readEvents reads a trace or a file of events, whatever its kind.
func readEvents(cmd *cobra.Command, path string) (*aer.Trace, error) {
	b, err := readInput(cmd, path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(b, []byte(chip.ImageMagic)) {
		return nil, fmt.Errorf("%s: need events or a trace, have an image of %d bytes", path, len(b))
	}
	return aer.Read(b, path)
}
