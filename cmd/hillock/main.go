// Command hillock compiles spiking networks to neuromorphic chips, runs them
// on a bit-exact emulator and reports accuracy, time and energy.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"hillock/compiler"
	"hillock/internal/atomicfile"
)

// Exit statuses of the command-line contract.
const (
	exitFine     = 0
	exitNo       = 1 // the answer is no: does not fit, differs, a test failed
	exitBad      = 2 // usage or bad input
	exitInternal = 3 // a bug in hillock
)

// noError is an answer of no: printed like an error, with exit status 1.
type noError struct {
	msg     string
	misfits []compiler.Misfit // why a network does not fit, where that is the answer
}

func (e *noError) Error() string { return e.msg }

func answerNo(format string, args ...any) error { return &noError{msg: fmt.Sprintf(format, args...)} }

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the whole program behind os.Exit; script tests call it too.
func run(args []string, in io.Reader, out, errw io.Writer) (status int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(errw, "hillock: internal error: %v\n%s\nThis is a bug in hillock. Please report it with the command line, the input files and the text above.\n", p, debug.Stack())
			atomicfile.Cleanup()
			status = exitInternal
		}
	}()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	defer close(interrupts) // ends the goroutine; no signal is sent any more
	defer signal.Stop(interrupts)
	go func() {
		if _, ok := <-interrupts; ok {
			atomicfile.Cleanup()
			fmt.Fprintln(errw, "hillock: interrupted; no half-written file was left")
			os.Exit(exitBad)
		}
	}()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errw)
	err := root.ExecuteContext(ctx)
	var no *noError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &no):
		if no.msg != "" {
			fmt.Fprintf(errw, "hillock: %v\n", err)
		}
		return exitNo
	}
	fmt.Fprintf(errw, "hillock: %v\n", err)
	return exitBad
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "hillock",
		Short: "Compile spiking networks to neuromorphic chips, run them bit-exactly, report accuracy, time and energy",
		Long: `hillock takes a trained spiking network, compiles it to the memories of a
neuromorphic chip, runs it on an emulator that is bit-exact to a named
reference, and reports accuracy, time and energy.

Exit status: 0 fine; 1 the answer is no (does not fit, differs, a test failed);
2 usage or bad input; 3 internal error.`,
		Example: `  hillock demo
  hillock eval model.nir --chip loihi1 --data digits.csv.gz --encode phase:1,0,1,16 --ticks 16 --reset zero`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newDemo(), newInspect(), newFit(), newCompile(), newRun(), newEval(), newEnergy(),
		newAsm(), newDisasm(), newConvert(), newConform(), newTest(), newDiff(), newStep(), newHost(), newMap(), newImage(), newBoard(), newVectors(), newChips(), newBench(), newNoc(), newVersion())
	for _, c := range root.Commands() {
		c.DisableFlagsInUseLine = true
		c.Flags().SortFlags = false
	}
	settleRoot(root)
	return root
}
