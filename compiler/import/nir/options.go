package nir

import (
	"fmt"
	"math"
	"strconv"

	"hillock/compiler/graph"
)

// Options are the decisions that a user may take instead of the importer. The
// zero value assumes everything and says so.
type Options struct {
	DT         float64 // seconds per tick; 0 = assume
	Reset      string  // "", file, zero, subtract, zero-late, subtract-late
	Compare    string  // "", gt, ge
	Multispike string  // "", on, off
	Floor      string  // "", none, -theta, or a number
	Dialect    string  // "", auto, nir, snntorch, norse, sinabs, rockpool, lava
	Strict     bool    // refuse to assume anything
}

// dialect is how one family of tools turns a file into steps.
type dialect struct {
	dt      float64 // its step; 0 = has none of its own
	reset   string  // as Options.Reset
	asks    bool    // the reset is a setting that the tool does not export
	ge      bool
	multi   bool
	floor   string
	exact   bool // exponential decay instead of Euler
	perStep bool // time constants in steps, gains as stored
}

var dialects = map[string]dialect{
	"nir":      {reset: "file"},
	"snntorch": {dt: 1e-4, reset: "subtract-late", asks: true},
	"norse":    {dt: 1e-3, reset: "zero"},
	"sinabs":   {dt: 1, reset: "subtract", ge: true, multi: true, floor: "-theta", exact: true, perStep: true},
	"rockpool": {reset: "subtract", exact: true},
	"lava":     {dt: 1e-4, reset: "zero"},
}

var resets = map[string]graph.Reset{
	"zero": graph.ResetZero, "subtract": graph.ResetSubtract,
	"zero-late": graph.ResetZeroLate, "subtract-late": graph.ResetSubtractLate,
}

// check refuses options that are not among those listed.
func (o Options) check() error {
	bad := func(name, need, have string) error {
		return fmt.Errorf("nir: option %s: need %s, have %q", name, need, have)
	}
	if math.IsNaN(o.DT) || math.IsInf(o.DT, 0) || o.DT < 0 {
		return bad("dt", "seconds above 0 (0 = assume)", fmt.Sprint(o.DT))
	}
	if _, ok := resets[o.Reset]; !ok && o.Reset != "" && o.Reset != "file" {
		return bad("reset", "file, zero, subtract, zero-late or subtract-late", o.Reset)
	}
	if o.Compare != "" && o.Compare != "gt" && o.Compare != "ge" {
		return bad("compare", "gt or ge", o.Compare)
	}
	if o.Multispike != "" && o.Multispike != "on" && o.Multispike != "off" {
		return bad("multispike", "on or off", o.Multispike)
	}
	if _, err := floorOf(o.Floor, []float64{1}); err != nil {
		return bad("floor", "none, -theta or a finite number", o.Floor)
	}
	if _, ok := dialects[o.Dialect]; !ok && o.Dialect != "" && o.Dialect != "auto" {
		return bad("dialect", "auto, nir, snntorch, norse, sinabs, rockpool or lava", o.Dialect)
	}
	return nil
}

// floorOf gives the lower bound of every neuron; nil = none.
func floorOf(how string, theta []float64) ([]float64, error) {
	if how == "" || how == "none" {
		return nil, nil
	}
	f := make([]float64, len(theta))
	if how == "-theta" {
		for i, t := range theta {
			f[i] = -t
		}
		return f, nil
	}
	x, err := strconv.ParseFloat(how, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, fmt.Errorf("nir: floor: need a finite number, have %q", how)
	}
	for i := range f {
		f[i] = x
	}
	return f, nil
}
