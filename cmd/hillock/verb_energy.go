package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/isa/count"
	"hillock/power"
)

func newEnergy() *cobra.Command {
	var c common
	var events bool
	var table, point, budget, tick string
	cmd := &cobra.Command{
		Use: "energy CENSUS-or-RUN", Short: "Price counted events: energy with sources and bounds", Args: needArgs(0, 1, "at most 1 operand"),
		Long: `Price a census (documented JSON) or the JSON of a run with the energy table of its
chip. Every line has its coefficient, kind and source; events without a price are
listed, never zero. Priced twice: as run, and at a real-time tick.`,
		Example: `  hillock run digits.img --in spikes.csv --json > run.json && hillock energy run.json
  hillock energy census.json --point davies2018 --budget 20W --json
  hillock energy --events`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if events && c.json {
				return printJSON(cmd.OutOrStdout(), eventsJSON())
			}
			if events {
				for e := count.Event(0); e < count.NumEvents; e++ {
					fmt.Fprintln(cmd.OutOrStdout(), e)
				}
				return nil
			}
			if len(args) != 1 {
				return fmt.Errorf("energy: need a census or the JSON of a run")
			}
			p, err := priceFile(cmd, args[0], table, point, tick)
			if err != nil {
				return err
			}
			w, err := power.ParsePower(budget)
			if err != nil {
				return err
			}
			p.SetBudget(w)
			if c.json {
				return printJSON(cmd.OutOrStdout(), p.JSON())
			}
			return p.Text(cmd.OutOrStdout())
		},
	}
	c.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&events, "events", false, "list the event names of a census")
	f.StringVar(&table, "table", "", "energy table file (default: the chip's)")
	f.StringVar(&point, "point", "", "operating point of the table (default: the census', then the first)")
	f.StringVar(&budget, "budget", "20W", "power of the brain block")
	f.StringVar(&tick, "tick", "1ms", "real-time tick of the second price")
	return cmd
}

// eventsJSON is the object of energy --events.
func eventsJSON() any {
	var names []string
	for e := count.Event(0); e < count.NumEvents; e++ {
		names = append(names, e.String())
	}
	return struct {
		Schema string   `json:"schema"`
		Events []string `json:"events"`
	}{power.EnergySchema, names}
}

func priceFile(cmd *cobra.Command, path, table, point, tick string) (*power.Pair, error) {
	b, err := readInput(cmd, path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(b, []byte(chip.ImageMagic)) {
		return nil, fmt.Errorf("%s: an image has no counts yet: run it with --json and price the output", path)
	}
	if err := needText(b, path, "a census or the JSON of a run"); err != nil {
		return nil, err
	}
	c, err := readCensus(b, path)
	if err != nil {
		return nil, err
	}
	t, err := energyTable(cmd, table, c.Chip)
	if err != nil {
		return nil, err
	}
	every, err := power.ParseTime(tick)
	if err != nil {
		return nil, err
	}
	return power.PricePair(t, point, *c, every)
}

// readCensus accepts a census or the JSON of a run.
func readCensus(b []byte, path string) (*power.Census, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	err := json.Unmarshal(b, &head)
	if err == nil && head.Schema != "" && head.Schema != runSchema && head.Schema != power.CensusSchema {
		return nil, fmt.Errorf("%s: need schema %s or %s, have %q", path, power.CensusSchema, runSchema, head.Schema)
	}
	if err != nil || head.Schema != runSchema {
		return power.ParseCensus(b, path) // says what is wrong, and where
	}
	var r runJSON
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Time == nil {
		return nil, fmt.Errorf("%s: the run has no time (--timing functional): static energy cannot be priced", path)
	}
	out := map[string]any{"schema": power.CensusSchema, "chip": r.Chip, "seconds": *r.Time, "ticks": r.Ticks,
		"chips_powered": r.Chips, "cores_powered": r.Cores, "boundary": "chip", "counts": r.Counts}
	again, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return power.ParseCensus(again, path)
}

func energyTable(cmd *cobra.Command, table, family string) (*power.Table, error) {
	if table != "" {
		b, err := readInput(cmd, table)
		if err != nil {
			return nil, err
		}
		return power.ParseTable(b, table)
	}
	if family == "" {
		return nil, fmt.Errorf("energy: the census names no chip: give --table FILE")
	}
	f, err := chip.Load(family, chip.Embedded())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("energy: no description %q in the program: give --table FILE", family)
	case err != nil:
		return nil, err
	case len(f.Energy) == 0:
		return nil, fmt.Errorf("energy: chip %s has no energy table: every event is unpriced; give --table FILE to price it by another", family)
	}
	return power.ParseTable(f.Energy, f.EnergyFile)
}
