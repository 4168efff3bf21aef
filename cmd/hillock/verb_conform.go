package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hillock/test/conform"
)

func newConform() *cobra.Command {
	var c common
	var verbose bool
	var engine string
	var workers int
	cmd := &cobra.Command{
		Use: "conform PATH...", Short: "Replay golden vectors of emulators and chips through the machine", Args: needArgs(1, -1, "at least 1 operand PATH"),
		Long: `Walk files and folders for *.json and *.json.gz, replay each by its kind on every
engine, and compare every recorded field. Exit status 1 if a file fails or has a
kind that is not replayed.`,
		Example: "  hillock conform vectors/loihi/nengo_random_0.json\n  hillock conform vectors --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			o := conform.Options{Workers: workers}
			if engine != "" {
				o.Engines = strings.Split(engine, ",")
			}
			r, err := conform.Run(args, o)
			if err != nil {
				return err
			}
			if c.json {
				err = printJSON(cmd.OutOrStdout(), struct {
					Schema string `json:"schema"`
					*conform.Report
				}{"hillock/conform/1", r})
			} else {
				err = printConform(cmd, r, verbose)
			}
			if err != nil {
				return err
			}
			if !r.OK() {
				return answerNo("conform: %d of %d files failed, %d unsupported", r.Failed, r.Files, r.Unsupported)
			}
			return nil
		},
	}
	c.add(cmd)
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "a line for every file")
	cmd.Flags().StringVar(&engine, "engine", "", "engines to run, comma-separated (default: all)")
	cmd.Flags().IntVar(&workers, "workers", 2, "files replayed at a time")
	return cmd
}

func printConform(cmd *cobra.Command, r *conform.Report, verbose bool) error {
	out := cmd.OutOrStdout()
	for _, f := range r.Results {
		if verbose || f.Status != conform.Passed {
			fmt.Fprintf(out, "%-11s %s (%s) %d values compared, %d differ", f.Status, f.File, f.Kind, f.Compared, f.Mismatches)
			if f.Reason != "" {
				fmt.Fprintf(out, ": %s", f.Reason)
			}
			fmt.Fprintln(out)
		}
	}
	for _, f := range r.Failures {
		if f.Field == "" {
			f.Field = "the file"
		}
		fmt.Fprintf(out, "%s: %s", f.File, f.Field)
		if f.Tick >= 0 {
			fmt.Fprintf(out, ", tick %d", f.Tick)
		}
		if f.Index >= 0 {
			fmt.Fprintf(out, ", index %d", f.Index)
		}
		fmt.Fprintf(out, ": want %s, got %s", f.Want, f.Got)
		if f.Engine != "" {
			fmt.Fprintf(out, " (%s)", f.Engine)
		}
		fmt.Fprintln(out)
	}
	_, err := fmt.Fprintf(out, "%d files: %d passed, %d failed, %d skipped, %d unsupported\n", r.Files, r.Passed, r.Failed, r.Skipped, r.Unsupported)
	return err
}
