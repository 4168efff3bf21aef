package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
)

// compileRaw compiles a network in the chip's own numbers, for which there is
// nothing to calibrate and nothing to assume.
func (c *compileFlags) compileRaw(cmd *cobra.Command, raw *graph.Raw, path string, f *chip.Family) (*compiler.Result, []assumptionJSON, error) {
	if c.calib.data != "" {
		return nil, nil, fmt.Errorf("--calib: %s gives the chip's own numbers, there is nothing to calibrate", path)
	}
	if err := c.effort.refuse(path); err != nil {
		return nil, nil, err
	}
	r, err := compiler.CompileRaw(raw, f, c.effort.options(compiler.Options{Seed: c.seed, Strict: c.net.o.Strict, Dump: c.dumper(cmd)}))
	if err != nil {
		return nil, nil, c.refuse(cmd, err, path, f.Name)
	}
	return r, []assumptionJSON{}, nil
}
