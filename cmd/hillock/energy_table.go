package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/chip/families"
	"hillock/power"
)

const tableSuffix = ".energy.json"

// tableNames are the energy tables inside the program, sorted. Some are of
// chips that have no description yet: they price a census.
func tableNames() ([]string, error) {
	files, err := fs.ReadDir(families.FS, ".")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), tableSuffix); ok {
			out = append(out, name)
		}
	}
	return out, nil
}

// namedTable is a table of the program, fs.ErrNotExist if it has none of that
// name.
func namedTable(name string) (*power.Table, error) {
	b, err := fs.ReadFile(families.FS, name+tableSuffix)
	if err != nil {
		return nil, err
	}
	return power.ParseTable(b, name+tableSuffix)
}

// energyTable is the table that --table names (a table of the program or a
// file), else that of the census' chip.
func energyTable(cmd *cobra.Command, table, family string) (*power.Table, error) {
	switch {
	case table != "":
		return chosenTable(cmd, table)
	case family == "":
		return nil, fmt.Errorf("energy: the census names no chip: give --table NAME-or-FILE")
	}
	f, err := chip.Load(family, chip.Embedded())
	switch {
	case err == nil && len(f.Energy) > 0:
		return power.ParseTable(f.Energy, f.EnergyFile)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	t, own := namedTable(family)
	switch {
	case own == nil:
		return t, nil
	case err == nil:
		return nil, fmt.Errorf("energy: chip %s has no energy table: every event is unpriced; give --table NAME-or-FILE to price it by another, or --derive %s for first-order bounds", family, family)
	}
	return nil, fmt.Errorf("energy: no description %q and no energy table of that name in the program: give --table NAME-or-FILE", family)
}

func chosenTable(cmd *cobra.Command, table string) (*power.Table, error) {
	if table != "-" {
		if _, err := os.Stat(table); errors.Is(err, fs.ErrNotExist) {
			t, own := namedTable(table)
			if own == nil {
				return t, nil
			}
			if !strings.ContainsAny(table, "./\\") {
				names, err := tableNames()
				if err != nil {
					return nil, err
				}
				return nil, fmt.Errorf("energy: no file and no energy table %q; the program has %s", table, strings.Join(names, ", "))
			}
		}
	}
	b, err := readInput(cmd, table)
	if err != nil {
		return nil, err
	}
	return power.ParseTable(b, table)
}

// readCensusFile reads a census or the JSON of a run.
func readCensusFile(cmd *cobra.Command, path string) (*power.Census, error) {
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
	return readCensus(b, path)
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
	out := map[string]any{"schema": power.CensusSchema, "chip": r.Chip, "chip_hash": r.ChipHash, "source": "counted by hillock run", "seconds": *r.Time, "ticks": r.Ticks,
		"chips_powered": r.Chips, "cores_powered": r.Cores, "boundary": "chip", "counts": r.Counts}
	again, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return power.ParseCensus(again, path)
}
