package bench

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
)

// Write prints a table for people.
func (r *Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "work\tticks\tticks/s\tupdates/s\tevents/s\tns/event\tns/comp.\tns/core tick\tcpu s\twall s\tbest wall s\tB/neuron\tB/synapse\tof image\tallocs/tick\tspikes\t\t")
	for _, x := range r.Results {
		pin := ""
		if x.Pinned {
			pin = "as pinned"
		}
		fmt.Fprintf(t, "%s\t%d\t%.4g\t%.3g\t%.3g\t%.3g\t%.3g\t%.4g\t%.4f\t%.4f\t%.4f\t%.1f\t%.2f\t%.2f\t%.3f\t%d\t%s\t\n", x.label(), x.Ticks, x.TicksPerS, x.UpdatesPerS, x.EventsPerS,
			x.NsPerEvent, x.NsPerCompartment, x.NsPerCoreTick, x.CPU, x.Wall, x.BestWall, x.BytesPerNeuron, x.BytesPerSynapse, x.ImagePerSynapse, x.AllocsPerTick, x.Spikes, pin)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, x := range r.Results {
		if x.BuildS+x.LoadS > 1 {
			fmt.Fprintf(w, "%s: %d neurons and %d synapses made in %.2f s, loaded in %.2f s\n", x.label(), x.Neurons, x.Synapses, x.BuildS, x.LoadS)
		}
		if x.LearnPerS > 0 {
			fmt.Fprintf(w, "%s: %.3g learning updates/s\n", x.label(), x.LearnPerS)
		}
	}
	if y := r.Yardsticks; y.StreamBytesPerS > 0 {
		fmt.Fprintf(w, "yardsticks: stream of 256 MB %.3g GB/s; random line %.3g ns of 256 MB, %.3g ns of 8 MB; plain CUBA loop %.3g ns per compartment\n", y.StreamBytesPerS/1e9, y.Line256NS, y.Line8NS, y.PlainNS)
	}
	if r.PeakBytes > 0 {
		fmt.Fprintf(w, "peak memory %.0f MB (all workloads together, without yardsticks)\n", float64(r.PeakBytes)/1e6)
	}
	_, err := fmt.Fprintf(w, "%s; load average before %s, after %s\n", r.basis(), r.LoadBefore, r.LoadAfter)
	return err
}

// label is the workload with its engine and workers where they were chosen.
func (r *Result) label() string {
	s := r.Work
	if r.Engine != "" {
		s += "/" + r.Engine
	}
	if r.Timing != "" {
		s += "/" + r.Timing
	}
	if r.Workers > 1 {
		s += fmt.Sprintf("/x%d", r.Workers)
	}
	return s
}

// basis says what the rates rest on.
func (r *Report) basis() string {
	n := 0
	if len(r.Results) > 0 {
		n = len(r.Results[0].Repeats)
	}
	switch {
	case r.CPUClock == noClock:
		return fmt.Sprintf("medians of %d; rates by wall time: this system tells no CPU time", n)
	case r.ByWall:
		return fmt.Sprintf("medians of %d; rates by wall time, for there are several workers; cpu s is of the %s", n, r.CPUClock)
	}
	return fmt.Sprintf("medians of %d; rates by CPU time of the %s", n, r.CPUClock)
}

// WriteBenchstat prints one line per repeat in the format of go test -bench,
// which benchstat (golang.org/x/perf) compares.
func (r *Report) WriteBenchstat(w io.Writer) error {
	_, err := fmt.Fprintf(w, "goos: %s\ngoarch: %s\npkg: hillock/test/bench\n", runtime.GOOS, runtime.GOARCH)
	for _, x := range r.Results {
		for _, k := range x.Repeats {
			if err != nil {
				return err
			}
			n := float64(x.Ticks)
			_, err = fmt.Fprintf(w, "BenchmarkWork/%s\t%d\t%.1f ns/op\t%.1f cpu-ns/op\t%.4f cpu-ns/compartment", x.label(), x.Ticks,
				float64(k.Wall.Nanoseconds())/n, float64(k.CPU.Nanoseconds())/n, float64(k.CPU.Nanoseconds())/float64(max(x.Updates, 1)))
			if err == nil && x.Events > 0 {
				_, err = fmt.Fprintf(w, "\t%.4f cpu-ns/event", float64(k.CPU.Nanoseconds())/float64(x.Events))
			}
			if err == nil {
				_, err = fmt.Fprintln(w)
			}
		}
	}
	return err
}
