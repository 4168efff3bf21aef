package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/internal/page"
	"hillock/isa/count"
	"hillock/power"
	"hillock/router/aer"
	"hillock/test/eval"
)

// writePage writes the report page of an evaluated set.
func (e *evalFlags) writePage(cmd *cobra.Command, img *chip.Image, in eval.Feed, r *eval.Result, rep *evalReport) error {
	p := page.New("hillock eval: "+img.Chip, fidelityLine(img.Chip, img.Fidelity))
	j := &rep.json
	rows := [][]string{
		{"accuracy", fmt.Sprintf("%.2f %% (%d of %d)", 100*j.Accuracy, j.Correct, j.Images)},
		{"ticks per image", fmt.Sprintf("%d, of these %d to drain", j.TicksPerImage, j.DrainTicks)},
		{"synaptic events per image", fmt.Sprintf("%.1f", j.SynPerImage)},
		{"time per image", fmt.Sprintf("%.3f us, analytic", 1e6*j.TimePerImage)},
		{"lost, late, merged", fmt.Sprintf("%d, %d, %d", j.Lost, j.Late, j.Merged)},
		{"trace hash", j.Trace},
	}
	if j.FloatAccuracy != nil {
		rows = append(rows[:1], append([][]string{{"float reference", fmt.Sprintf("%.2f %%", 100**j.FloatAccuracy)}}, rows[1:]...)...)
	}
	p.Table("Result", []string{"what", "value"}, rows)
	var bars []page.Bar
	for _, l := range j.Layers {
		bars = append(bars, page.Bar{Label: l.Population, Low: l.Spikes, Value: l.Spikes, High: l.Spikes})
	}
	p.Bars("Spikes per image and population", "spikes", bars)
	if err := e.addFirstImage(p, img, in, r); err != nil {
		return err
	}
	addCores(p, img, r.Total)
	energyBars(p, rep.pairs)
	if e.energy {
		pair, all, err := e.fullReport(cmd, rep)
		if err != nil {
			return err
		}
		addEnergy(p, pair, all)
	}
	addAssumptions(p, j.Assumptions)
	return writeOutput(cmd, e.html, p.Render)
}

// addFirstImage runs the first image once more and shows its spikes.
func (e *evalFlags) addFirstImage(p *page.Page, img *chip.Image, in eval.Feed, r *eval.Result) error {
	m, err := chip.New(img, chip.Options{Engine: e.engine, Workers: e.workers, Noise: seededNoise(e.seed)})
	if err != nil {
		return err
	}
	if err := in.Begin(m, r.First); err != nil {
		return err
	}
	src := func(tick int64, dst []chip.Injection) []chip.Injection {
		if tick < int64(in.Ticks()) {
			dst = in.Inject(r.First, int(tick), dst)
		}
		return dst
	}
	rec := chip.NewRecorder(img, true)
	if err := m.Show(int64(r.Ticks), src, rec.Tick); err != nil {
		return err
	}
	heading := fmt.Sprintf("Image %d, class %d, decided %d", r.First, r.Label[0], r.Pred[0])
	p.Raster(heading+": spikes", rasterOf(img, rec.Spikes, int64(r.Ticks)))
	p.Lines(heading+": rates", "tick", "spikes per neuron and tick", ratesOf(img, rec.Spikes, int64(r.Ticks)))
	return nil
}

// addCores shows the compartments of every core of the chip.
func addCores(p *page.Page, img *chip.Image, c count.Counts) {
	load := make([]float64, img.Mesh.X*img.Mesh.Y*img.Mesh.CoresPerTile)
	for _, k := range img.Cores {
		load[k.ID] = float64(k.Image.N)
	}
	p.Cores("Compartments per core", page.CoreLoad{X: img.Mesh.X, Y: img.Mesh.Y, CoresPerTile: img.Mesh.CoresPerTile,
		ColumnMajor: img.Mesh.ColumnMajor, Load: load, Unit: "compartments"})
	var rows [][]string
	for e := count.Event(0); e < count.NumEvents; e++ {
		if c[e] != 0 {
			rows = append(rows, []string{e.String(), fmt.Sprint(c[e])})
		}
	}
	p.Table("Counted events", []string{"event", "count"}, rows)
}

func addAssumptions(p *page.Page, as []assumptionJSON) {
	if len(as) == 0 {
		return
	}
	var rows [][]string
	for _, a := range as {
		rows = append(rows, []string{a.What, a.Value, a.Why, a.Flag})
	}
	p.Table("Assumptions: what the file does not say", []string{"what", "value", "why", "flag"}, rows)
}

// writePage writes the report page of a run: raster, rates, core load, energy.
func (r *runFlags) writePage(cmd *cobra.Command, img *chip.Image, m *chip.Machine, rec *chip.Recorder, ticks int64) error {
	p := page.New("hillock run: "+img.Chip, fidelityLine(img.Chip, img.Fidelity))
	p.Table("Result", []string{"what", "value"}, [][]string{
		{"ticks", fmt.Sprint(ticks)}, {"time", fmt.Sprintf("%.3f us, %s", 1e6*r.elapsed(m).Seconds(), r.timing)},
		{"trace hash", rec.TraceHash()}, {"machine hash", rec.MachineHash()},
	})
	p.Raster("Spikes", rasterOf(img, rec.Spikes, ticks))
	p.Lines("Rates", "tick", "spikes per neuron and tick", ratesOf(img, rec.Spikes, ticks))
	r.addTime(p, img)
	c := r.counts(m)
	addCores(p, img, c)
	if len(img.Energy) > 0 {
		pair, err := priced(img, r.point, census(img, c, r.elapsed(m), ticks, 0))
		if err != nil {
			return err
		}
		energyBars(p, []*power.Pair{pair})
	}
	return writeOutput(cmd, r.html, p.Render)
}

func rasterOf(img *chip.Image, spikes []aer.Spike, ticks int64) page.Raster {
	r := page.Raster{TickMax: ticks - 1}
	at := make([]int32, len(img.Pops))
	for i, p := range img.Pops {
		if at[i] = -1; !p.Input {
			at[i] = int32(len(r.Pops))
			r.Pops, r.Sizes = append(r.Pops, p.Name), append(r.Sizes, p.N)
		}
	}
	for _, s := range spikes {
		if at[s.Pop] >= 0 {
			r.Ticks, r.Pop, r.Index = append(r.Ticks, s.Tick), append(r.Pop, at[s.Pop]), append(r.Index, s.Index)
		}
	}
	return r
}

// ratesOf bins the spikes of each population into at most 200 points.
func ratesOf(img *chip.Image, spikes []aer.Spike, ticks int64) []page.Series {
	bin := max(1, (ticks+199)/200)
	n := int((ticks + bin - 1) / bin)
	var out []page.Series
	for i, p := range img.Pops {
		if p.Input {
			continue
		}
		s := page.Series{Label: p.Name, X: make([]float64, n), Y: make([]float64, n)}
		for k := range s.X {
			s.X[k] = float64(int64(k) * bin)
		}
		for _, e := range spikes {
			if int(e.Pop) == i {
				s.Y[e.Tick/bin] += 1 / float64(p.N) / float64(bin)
			}
		}
		out = append(out, s)
	}
	return out
}
