package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hillock/power"
	"hillock/test/eval"
)

// input is the labelled set of the flags, encoded.
func (e *evalFlags) input() (eval.Input, error) {
	return eval.Load(e.data, e.labels, e.encode, e.layout, e.ticks)
}

func (e *evalFlags) writeCounts(cmd *cobra.Command, r *eval.Result) error {
	if e.counts == "" {
		return nil
	}
	return writeOutput(cmd, e.counts, r.WriteCounts)
}

// brainText is the two meanings of "share of a brain", side by side.
func brainText(b power.BrainJSON) string {
	if b.PowerShare == nil || b.EventShare == nil {
		return "not known"
	}
	return fmt.Sprintf("%.3g of its power; at equal power %.3g of its synaptic events per second (estimate: a brain makes 1e14 to 1e15)", *b.PowerShare, *b.EventShare)
}
