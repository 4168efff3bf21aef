package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/power"
	"hillock/test/eval"
)

// fullCensus is the census of an evaluated set with everything that a report
// asks for: accuracy, the size of the network, the counts of every image.
func fullCensus(img *chip.Image, r, float *eval.Result) power.Census {
	n := int64(len(r.Pred))
	c := census(img, r.Total, r.Time, int64(r.Ticks)*n, n)
	c.Title = fmt.Sprintf("%d images of %d ticks on %s", n, r.Ticks, img.Chip)
	c.Source = "counted by hillock"
	c.ChipHash, c.Network = img.ChipHash, networkOf(img)
	a := r.Accuracy()
	c.Accuracy = &a
	if float != nil {
		f := float.Accuracy()
		c.FloatAccuracy = &f
	}
	for i := range r.PerImage {
		c.Samples = append(c.Samples, power.Sample{Time: power.Femtoseconds(r.Times[i]), Counts: r.PerImage[i]})
	}
	return c
}

// networkOf is the size of the mapped network: its stored synapses (zeros of
// dense rows included), the weights behind them (a shared kernel's once per
// core) and the state of its neurons. The conventional network that it is held
// against has the same layers, one multiplication per synapse.
func networkOf(img *chip.Image) *power.Network {
	w := &power.Network{WeightBits: 8, AnnSource: "the layers of the mapped network itself, one multiplication per stored synapse"}
	for i := range img.Cores {
		k := img.Cores[i].Image
		w.Neurons += int64(k.N)
		for j := range k.Axons {
			w.Synapses += int64(k.Axons[j].N)
		}
		w.AnnWeights += int64(k.Synapses())
		for j := range k.Kernels {
			w.AnnWeights += int64(len(k.Kernels[j].Mant))
		}
		for j := range k.Groups {
			bits := int64(0)
			for _, l := range k.Groups[j].State {
				bits += int64(l.Width)
			}
			w.StateBits = max(w.StateBits, bits)
		}
	}
	w.AnnMACs, w.AnnActivations = w.Synapses, w.Neurons
	return w
}

// writeCensus writes the census of a set, for the energy verb.
func (e *evalFlags) writeCensus(cmd *cobra.Command, c *power.Census) error {
	if e.censusFile == "" {
		return nil
	}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return writeOutput(cmd, e.censusFile, func(w io.Writer) error { _, err := fmt.Fprintf(w, "%s\n", b); return err })
}

// reportTable is the energy table of a full report: that of the image, else
// the one of the chip's name in the program, else first-order bounds from the
// chip's description.
func (e *evalFlags) reportTable(cmd *cobra.Command, rep *evalReport) (*power.Table, error) {
	name := rep.census.Chip
	if len(rep.table) > 0 {
		return power.ParseTable(rep.table, name+tableSuffix)
	}
	t, err := namedTable(name)
	if err == nil {
		return t, nil
	}
	f, err := chip.LoadNamed(e.family)
	if err != nil || f.Name != name {
		return energyTable(cmd, "", name) // says what is missing
	}
	_, t, err = derivedTable(f, defaultNode)
	if err == nil {
		e.notice(cmd, "%s has no energy table: first-order bounds from its description at %d nm, which is assumed; see hillock energy --derive", name, defaultNode)
	}
	return t, err
}

// fullReport prices the census of a set, and at every point of its table.
func (e *evalFlags) fullReport(cmd *cobra.Command, rep *evalReport) (*power.Pair, []*power.Report, error) {
	t, err := e.reportTable(cmd, rep)
	if err != nil {
		return nil, nil, err
	}
	p, err := power.PricePair(t, e.point, rep.census, millisecond)
	if err != nil {
		return nil, nil, err
	}
	all, err := power.PriceAll(t, rep.census)
	return p, all, err
}

// printReport prints the full energy report behind the summary of eval.
func (e *evalFlags) printReport(cmd *cobra.Command, out io.Writer, rep *evalReport) error {
	p, all, err := e.fullReport(cmd, rep)
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := p.Text(out); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nevery point of the table, at the time as counted")
	return power.ComparePoints(out, all)
}

// finishEnergy writes what --census and --energy ask for.
func (e *evalFlags) finishEnergy(cmd *cobra.Command, rep *evalReport) error {
	if err := e.writeCensus(cmd, &rep.census); err != nil {
		return err
	}
	if !e.energy || !e.json {
		return nil
	}
	p, all, err := e.fullReport(cmd, rep)
	if err != nil {
		return err
	}
	j := p.JSON()
	j.Points = power.PointsJSON(all)
	rep.json.Report = &j
	return nil
}
