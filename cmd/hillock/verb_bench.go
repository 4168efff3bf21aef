package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hillock/test/bench"
)

type benchFlags struct {
	common
	o               bench.Options
	engine, workers string
	timing          string
	format          string
	list            bool
}

func newBench() *cobra.Command {
	var b benchFlags
	cmd := &cobra.Command{
		Use: "bench [WORK...]", Short: "Measure named workloads beside what the machine itself can do", Args: needArgs(0, -1, "workloads"),
		Long: `Run workloads in turn, repeat after repeat, with yardsticks of the machine in
between: reading memory in order and at random, and a plain loop over neurons.
Prints medians, by the CPU time of the thread where the system tells it.
Without operands, all workloads run that are not marked in --list.`,
		Example: `  hillock bench W1 W3 --repeat 5
  hillock bench W2 --ticks 640 --engine oracle --json
  hillock bench W1 tn63 --workers 1,2
  hillock bench W1 --format benchstat > new.txt`,
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args) },
	}
	b.add(cmd)
	f := cmd.Flags()
	f.Int64Var(&b.o.Ticks, "ticks", 0, "ticks of one repeat (0: the workload's own)")
	f.IntVar(&b.o.Repeat, "repeat", 10, "repeats; medians are printed")
	f.StringVar(&b.workers, "workers", "1", "goroutines that step cores, or several numbers to compare; above 1, rates are by wall time")
	f.StringVar(&b.engine, "engine", "", "oracle or vector, or both to compare: oracle,vector")
	f.StringVar(&b.timing, "timing", "", "level of times, or several to compare: functional,analytic,queued,mesh")
	f.StringVar(&b.format, "format", "table", "table or benchstat")
	f.BoolVar(&b.list, "list", false, "list the workloads and run none")
	return cmd
}

func (b *benchFlags) run(cmd *cobra.Command, args []string) error {
	if b.list {
		return b.print(cmd)
	}
	if err := b.check(); err != nil {
		return err
	}
	works, err := bench.Find(args...)
	if err != nil {
		return err
	}
	b.o.Yardsticks = b.format != "benchstat"
	b.o.Progress = progress(cmd.ErrOrStderr(), b.quiet)
	r, err := bench.Run(works, b.o)
	switch {
	case err != nil:
		return err
	case b.json:
		return printJSON(cmd.OutOrStdout(), benchJSON{"hillock/bench/1", r.Results, r.Yardsticks, r.CPUClock, r.ByWall, b.o.Repeat, [2]string{r.LoadBefore, r.LoadAfter}, r.PeakBytes})
	case b.format == "benchstat":
		return r.WriteBenchstat(cmd.OutOrStdout())
	}
	return r.Write(cmd.OutOrStdout())
}

// check settles the flags.
func (b *benchFlags) check() error {
	switch {
	case b.format != "table" && b.format != "benchstat":
		return fmt.Errorf("bench: --format: need table or benchstat, have %q", b.format)
	case b.format == "benchstat" && b.json:
		return fmt.Errorf("bench: --json and --format benchstat: need one of them")
	case b.o.Ticks < 0 || b.o.Ticks > maxTicks:
		return fmt.Errorf("bench: --ticks: need 0..%d, have %d", int64(maxTicks), b.o.Ticks)
	case b.o.Repeat < 1 || b.o.Repeat > bench.MaxRepeat:
		return fmt.Errorf("bench: --repeat: need 1..%d, have %d", bench.MaxRepeat, b.o.Repeat)
	}
	for _, word := range strings.Split(b.workers, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return fmt.Errorf("bench: --workers: need whole numbers with commas between, have %q", b.workers)
		}
		if err := checkWorkers("bench", n); err != nil {
			return err
		}
		b.o.Workers = append(b.o.Workers, n)
	}
	if b.engine != "" {
		b.o.Engines = strings.Split(b.engine, ",")
	}
	if b.timing != "" {
		b.o.Timing = strings.Split(b.timing, ",")
	}
	return nil
}

type benchJSON struct {
	Schema     string           `json:"schema"`
	Results    []bench.Result   `json:"results"`
	Yardsticks bench.Yardsticks `json:"yardsticks"`
	CPUClock   string           `json:"cpu_clock"`
	ByWall     bool             `json:"rates_by_wall"`
	Repeats    int              `json:"repeats"`
	Load       [2]string        `json:"load_average"` // before and after
	PeakBytes  int64            `json:"peak_bytes"`
}

type workJSON struct {
	Work     string `json:"work"`
	Title    string `json:"title"`
	Ticks    int64  `json:"ticks"`
	OnDemand bool   `json:"on_demand"`
}

// print lists the workloads.
func (b *benchFlags) print(cmd *cobra.Command) error {
	works := bench.Works()
	if b.json {
		out := struct {
			Schema string     `json:"schema"`
			Works  []workJSON `json:"works"`
		}{Schema: "hillock/bench/1"}
		for _, w := range works {
			out.Works = append(out.Works, workJSON{w.Name, w.Title, w.Ticks, w.OnDemand})
		}
		return printJSON(cmd.OutOrStdout(), out)
	}
	for _, w := range works {
		note := ""
		if w.OnDemand {
			note = " (only when named)"
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-8s %6d ticks  %s%s\n", w.Name, w.Ticks, w.Title, note); err != nil {
			return err
		}
	}
	return nil
}
