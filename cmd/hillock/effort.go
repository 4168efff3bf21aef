package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"hillock/compiler"
)

// effortFlags say how much work goes into the mapping to cores.
type effortFlags struct {
	name    string
	workers int
	effort  compiler.Effort
}

func (e *effortFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.name, "effort", "packed", "mapping: packed (cores filled in the order of populations), or fast, normal, high (neurons divided and placed by traffic)")
	f.IntVar(&e.workers, "workers", runtime.GOMAXPROCS(0), "goroutines of the mapping; the result does not depend on it")
}

// check reads the flags.
func (e *effortFlags) check(verb string) (err error) {
	if e.effort, err = compiler.ParseEffort(e.name); err != nil {
		return fmt.Errorf("%s: --effort: %w", verb, err)
	}
	return checkWorkers(verb, e.workers)
}

// options adds what the flags say.
func (e *effortFlags) options(o compiler.Options) compiler.Options {
	o.Effort, o.Workers = e.effort, e.workers
	return o
}
