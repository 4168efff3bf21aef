package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"hillock/chip"
)

// printRouters shows described routers and the states of a core's tick.
func printRouters(out io.Writer, r *chip.Routers) {
	if r == nil {
		return
	}
	edge := "falling"
	if r.Router.Rising {
		edge = "rising"
	}
	fmt.Fprintf(out, "\nrouters: a cycle of %d fs, FIFOs of %s, merges work on the %s edge (%s)\n", r.ClockFs, many(r.Router.Depth, "word"), edge, r.Source)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for i := range r.Router.Merges {
		m := &r.Router.Merges[i]
		var from, to []string
		for _, in := range m.From {
			if in.DX != 0 || in.DY != 0 {
				in.FIFO += fmt.Sprintf("(%+d,%+d)", in.DX, in.DY)
			}
			from = append(from, in.FIFO)
		}
		for _, b := range m.To {
			to = append(to, b.FIFO)
		}
		if len(to) == 0 {
			to = []string{"the core"}
		}
		fmt.Fprintf(t, "  %s\tasks %s\tfeeds %s\n", m.Name, strings.Join(from, ", "), strings.Join(to, ", "))
	}
	t.Flush()
	fmt.Fprintf(out, "\nsequencer: effects show after %s (%s)\n", many(int(r.Sequencer.Shows), "cycle"), r.Sequencer.Source)
	for _, s := range r.Sequencer.States {
		fmt.Fprintf(t, "  %s\tper %s\tcycles %s\t%s\n", s.Name, s.Per, s.Cycles, s.Does)
	}
	t.Flush()
}
