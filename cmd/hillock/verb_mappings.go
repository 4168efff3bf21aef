package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"hillock/test/golden"
)

func newTest() *cobra.Command {
	var c common
	var run string
	var update, verbose bool
	cmd := &cobra.Command{
		Use: "test DIR", Short: "Run mapping regressions: network, chip, input, expected trace and limits", Args: needArgs(1, 1, "1 operand DIR"),
		Long: `Run the *.txtar cases of a folder. A case names a network or an image, a chip, an
input or a labelled set, and what must come out: trace hash, spikes, accuracy
band, cores. A failure names the line that does not hold. docs/mappings.md has
the format.`,
		Example: "  hillock test examples/mappings\n  hillock test mydir --run digits -v\n  hillock test mydir --update",
		RunE: func(cmd *cobra.Command, args []string) error {
			o := golden.Options{Update: update}
			if run != "" {
				re, err := regexp.Compile(run)
				if err != nil {
					return fmt.Errorf("test: --run: %w", err)
				}
				o.Run = re
			}
			r, err := golden.Run(args[0], o)
			if err != nil {
				return err
			}
			if r.Passed+r.Failed == 0 && run != "" {
				return fmt.Errorf("test: --run %q matches none of %s", run, many(r.Skipped, "case"))
			}
			if c.json {
				err = printJSON(cmd.OutOrStdout(), struct {
					Schema string `json:"schema"`
					*golden.Report
				}{"hillock/test/1", r})
			} else {
				err = printTest(cmd, r, verbose)
			}
			if err != nil {
				return err
			}
			if r.Failed > 0 {
				return answerNo("test: %d of %d cases failed", r.Failed, r.Failed+r.Passed)
			}
			return nil
		},
	}
	c.add(cmd)
	cmd.Flags().StringVar(&run, "run", "", "only cases whose file name matches this expression")
	cmd.Flags().BoolVar(&update, "update", false, "write what the runs give as the new expectation")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "a line for every case")
	return cmd
}

func printTest(cmd *cobra.Command, r *golden.Report, verbose bool) error {
	out := cmd.OutOrStdout()
	for _, k := range r.Cases {
		switch {
		case k.Failure != "":
			fmt.Fprintf(out, "FAIL %s\n  %s\n", k.File, k.Failure)
		case k.Updated:
			fmt.Fprintf(out, "updated %s\n", k.File)
		case verbose:
			fmt.Fprintf(out, "ok   %s\n", k.File)
		}
	}
	_, err := fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", r.Passed, r.Failed, r.Skipped)
	return err
}
