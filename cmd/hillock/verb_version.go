package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	var c common
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version, the Go release and the platform", Args: needArgs(0, 0, ""),
		Example: "  hillock version\n  hillock version --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := struct {
				Schema   string `json:"schema"`
				Version  string `json:"version"`
				Revision string `json:"revision"`
				Go       string `json:"go"`
				Platform string `json:"platform"`
			}{"hillock/version/1", "0.1.0-dev", "unknown", runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if b, ok := debug.ReadBuildInfo(); ok {
				for _, s := range b.Settings {
					if s.Key == "vcs.revision" {
						v.Revision = s.Value
					}
				}
			}
			if c.json {
				return printJSON(cmd.OutOrStdout(), v)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "hillock %s (%s) %s %s\n", v.Version, v.Revision, v.Go, v.Platform)
			return nil
		},
	}
	c.add(cmd)
	return cmd
}
