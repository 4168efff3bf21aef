package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/internal/page"
	"hillock/power"
)

// siliconOf reads from a description what bounds the energy of its chip: the
// synapse memory of a core, and the state, accumulators and input currents of
// its neurons. The largest neuron model counts, as the memory must hold it.
func siliconOf(f *chip.Family, node float64) (*power.Silicon, error) {
	limit := func(name string) (int64, error) {
		v, ok := f.Limit(name)
		if !ok {
			return 0, fmt.Errorf("energy: --derive: the description of %s has no limit %q", f.Name, name)
		}
		return v, nil
	}
	cores, err := limit("cores")
	if err != nil {
		return nil, err
	}
	neurons, err := limit("compartments")
	if err != nil {
		return nil, err
	}
	weight, ok := f.Limit("weight_bits")
	for _, b := range f.Weights.Bits {
		if !ok {
			weight = max(weight, b)
		}
	}
	state, acc := int64(0), int64(0)
	for i := range f.Core.Groups {
		bits := int64(0)
		for _, s := range f.Core.Groups[i].State {
			bits += int64(s.Layout.Width)
		}
		state = max(state, bits)
	}
	for _, p := range f.Core.Ports {
		acc += int64(p.Acc.Width)
	}
	if f.Memory.Words == 0 {
		return nil, fmt.Errorf("energy: --derive: the description of %s has no synapse memory", f.Name)
	}
	return &power.Silicon{
		Name: f.Name, Node: node, Cores: cores, WordBits: f.Memory.WordBits, SynapseBits: f.Memory.Words * f.Memory.WordBits,
		WeightBits: max(weight, 1), NeuronBits: max(state+acc, 1), Neurons: neurons,
		Source: fmt.Sprintf("description %s: %d words of %d bits, %d neurons of %d bits of state and %d of accumulators per core", f.Hash, f.Memory.Words, f.Memory.WordBits, neurons, state, acc),
	}, nil
}

// defaultNode is the feature size in nm of a derived table if nobody says.
const defaultNode = 28

// derivedTable makes an energy table, as a file and checked, from a description.
func derivedTable(f *chip.Family, node float64) ([]byte, *power.Table, error) {
	s, err := siliconOf(f, node)
	if err != nil {
		return nil, nil, err
	}
	b, err := s.TableJSON()
	if err != nil {
		return nil, nil, err
	}
	t, err := power.ParseTable(b, f.Name+" (derived)")
	return b, t, err
}

// derived is the table of --derive.
func (e *energyFlags) derived() ([]byte, *power.Table, error) {
	if e.table != "" {
		return nil, nil, errors.New("energy: --derive makes a table: need no --table")
	}
	f, err := chip.LoadNamed(e.derive)
	if err != nil {
		return nil, nil, err
	}
	return derivedTable(f, e.node)
}

// printDerived writes the derived table itself, to edit and use with --table.
func (e *energyFlags) printDerived(cmd *cobra.Command) error {
	b, _, err := e.derived()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", b)
	return err
}

// tableFor is the table that prices c: derived, chosen or the chip's own.
func (e *energyFlags) tableFor(cmd *cobra.Command, c *power.Census) (*power.Table, error) {
	if e.derive != "" {
		_, t, err := e.derived()
		return t, err
	}
	return energyTable(cmd, e.table, c.Chip)
}

// runSweep prints and draws the energy over a range.
func (e *energyFlags) runSweep(cmd *cobra.Command, out io.Writer, c *power.Census) error {
	if c.Unpublished != "" {
		return refusal("census", &power.Refusal{Reason: c.Unpublished})
	}
	t, err := e.tableFor(cmd, c)
	if err != nil {
		return err
	}
	s, err := power.NewSweep(t, *c, e.sweep)
	if err != nil {
		return err
	}
	if e.html != "" {
		p := page.New("hillock energy: sweep", fmt.Sprintf("table %s, over %s", t.Name, s.Over))
		p.Lines("Energy over "+s.Over, s.Over, "J", sweepSeries(s))
		for _, n := range s.Notes {
			p.Text("", n)
		}
		if err := writeOutput(cmd, e.html, p.Render); err != nil {
			return err
		}
	}
	if !e.json {
		return s.Text(out)
	}
	type pointJSON struct {
		Curve string     `json:"curve"`
		X     float64    `json:"x"`
		J     power.Span `json:"j"`
	}
	var points []pointJSON
	for _, k := range s.Curves {
		for i, x := range k.X {
			points = append(points, pointJSON{k.Label, x, k.Y[i]})
		}
	}
	return printJSON(out, struct {
		Schema string      `json:"schema"`
		Sweep  string      `json:"sweep"`
		Over   string      `json:"over"`
		Points []pointJSON `json:"points"`
		Notes  []string    `json:"notes"`
	}{power.EnergySchema, e.sweep, s.Over, points, s.Notes})
}

// sweepSeries is three lines per curve: nominal, low and high.
func sweepSeries(s *power.Sweep) []page.Series {
	var out []page.Series
	for _, k := range s.Curves {
		nominal := page.Series{Label: k.Label, X: k.X}
		low := page.Series{Label: k.Label + ", low", X: k.X}
		high := page.Series{Label: k.Label + ", high", X: k.X}
		for _, y := range k.Y {
			nominal.Y, low.Y, high.Y = append(nominal.Y, y.Nominal), append(low.Y, y.Low), append(high.Y, y.High)
		}
		out = append(out, nominal, low, high)
	}
	return out
}
