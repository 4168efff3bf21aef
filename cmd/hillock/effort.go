package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
	"hillock/compiler/remedy"
)

// effortFlags say how much work goes into the mapping to cores, and what is
// changed so that a network fits.
type effortFlags struct {
	name    string
	workers int
	changes []string
	effort  compiler.Effort
	parsed  []remedy.Change
}

func (e *effortFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.name, "effort", "packed", "mapping: packed (cores filled in the order of populations), or fast, normal, high (neurons divided and placed by traffic)")
	f.IntVar(&e.workers, "workers", runtime.GOMAXPROCS(0), "goroutines of the mapping; the result does not depend on it")
	f.StringArrayVar(&e.changes, "remedy", nil, "change the network as fit says (repeatable): "+strings.Join(remedy.Verbs(), ", "))
}

// check reads the flags.
func (e *effortFlags) check(verb string) (err error) {
	if e.effort, err = compiler.ParseEffort(e.name); err != nil {
		return fmt.Errorf("%s: --effort: %w", verb, err)
	}
	for _, s := range e.changes {
		c, err := remedy.Parse(s)
		if err != nil {
			return fmt.Errorf("%s: --remedy: %w", verb, err)
		}
		e.parsed = append(e.parsed, c)
	}
	return checkWorkers(verb, e.workers)
}

// apply makes the changes of --remedy.
func (e *effortFlags) apply(net *graph.Network, f *chip.Family, o compiler.Options) (*graph.Network, *chip.Family, compiler.Options, error) {
	return remedy.Apply(net, f, o, e.parsed)
}

// options adds what the flags say.
func (e *effortFlags) options(o compiler.Options) compiler.Options {
	o.Effort, o.Workers = e.effort, e.workers
	return o
}

// refuse says that a network in the chip's own numbers is not changed.
func (e *effortFlags) refuse(path string) error {
	if len(e.parsed) > 0 {
		return fmt.Errorf("--remedy: %s gives the chip's own numbers, which are encoded as they stand", path)
	}
	return nil
}
