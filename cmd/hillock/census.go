package main

import (
	"fmt"

	"hillock/chip"
	"hillock/isa/count"
	"hillock/power"
)

// millisecond is the real-time tick at which energy is priced a second time.
const millisecond = power.Femtoseconds(1_000_000_000_000)

// census is the counts of a run in the form that power prices. One chip is
// powered per mesh of cores; all cores that hold neurons are powered.
func census(img *chip.Image, c count.Counts, t chip.Femtoseconds, ticks, inferences int64) power.Census {
	return power.Census{
		Chip: img.Chip, Time: power.Femtoseconds(t), Ticks: ticks, ChipsPowered: int64(img.Chips()),
		CoresPowered: int64(len(img.Cores)), Inferences: inferences, Boundary: power.ChipBoundary, Counts: c,
	}
}

// priced is a census priced at the point of the table that is asked for.
func priced(img *chip.Image, point string, c power.Census) (*power.Pair, error) {
	if len(img.Energy) == 0 {
		return nil, fmt.Errorf("chip %s has no energy table: every event is unpriced", img.Chip)
	}
	t, err := power.ParseTable(img.Energy, img.Chip+".energy.json")
	if err != nil {
		return nil, err
	}
	return power.PricePair(t, point, c, millisecond)
}

// countsJSON prints every event class, zeros included.
func countsJSON(c count.Counts) map[string]int64 {
	out := map[string]int64{} // encoding/json sorts the keys
	for e := count.Event(0); e < count.NumEvents; e++ {
		out[e.String()] = c[e]
	}
	return out
}
