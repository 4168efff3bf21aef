package main

import (
	"fmt"
	"io"
	"time"

	"hillock/chip"
	"hillock/isa/count"
	"hillock/power"
	"hillock/test/eval"
)

// evalReport is what eval prints, with the priced pairs behind it.
type evalReport struct {
	json   evalJSON
	pairs  []*power.Pair // one per operating point, the chosen one first
	census power.Census
	table  []byte // the image's energy table, empty = none
	serial bool   // a tick was one event
}

func (e *evalFlags) evaluate(img *chip.Image, r, float *eval.Result, comp *compiled, took time.Duration) (*evalReport, error) {
	n := len(r.Pred)
	rep := &evalReport{json: evalJSON{
		Schema: "hillock/eval/1", Chip: img.Chip, Fidelity: fidelityJSON(img.Fidelity), Cores: len(img.Cores),
		Accuracy: r.Accuracy(), Images: n, Correct: r.Correct(), TicksPerImage: r.Ticks, DrainTicks: r.Drain,
		SynPerImage: float64(r.Total.SynapticEvents()) / float64(n), Layers: layersJSON(r),
		TimePerImage: r.Time.Seconds() / float64(n), Counts: countsJSON(r.Total), Trace: r.Trace, Machine: r.Machine,
		Lost: r.Total[count.Lost], Late: r.Total[count.Late], Merged: r.Total[count.Merged],
		Assumptions: []assumptionJSON{}, EnergyByPoint: []pointJSON{}, Unpriced: []string{}, Seconds: took.Seconds(),
	}}
	if float != nil {
		a := float.Accuracy()
		rep.json.FloatAccuracy = &a
	}
	if comp != nil {
		rep.json.Assumptions = comp.assumptions
	}
	rep.census, rep.table = fullCensus(img, r, float), img.Energy
	return rep, rep.price(img, r, e.point)
}

// price fills in the energy at every operating point; an image without an
// energy table keeps its energy null, with every count unpriced.
func (rep *evalReport) price(img *chip.Image, r *eval.Result, point string) error {
	c := rep.census
	if len(img.Energy) == 0 {
		for e := count.Event(0); e < count.NumEvents; e++ {
			if r.Total[e] > 0 {
				rep.json.Unpriced = append(rep.json.Unpriced, e.String())
			}
		}
		return nil
	}
	t, err := power.ParseTable(img.Energy, img.Chip+" energy table")
	if err != nil {
		return err
	}
	first, err := priced(img, point, c)
	if err != nil {
		return err
	}
	rep.pairs = append(rep.pairs, first)
	for i := range t.Points {
		if t.Points[i].Name == first.Counted.Point.Name {
			continue
		}
		p, err := power.PricePair(t, t.Points[i].Name, c, millisecond)
		if err != nil {
			return err
		}
		rep.pairs = append(rep.pairs, p)
	}
	for _, p := range rep.pairs {
		rep.json.EnergyByPoint = append(rep.json.EnergyByPoint, pointJSON{p.Counted.Point.Name, perInference(p.Counted), perInference(p.AtTick)})
	}
	rep.json.Energy, rep.json.EnergyAtTick = perInference(first.Counted), perInference(first.AtTick)
	rep.json.EnergyPoint = first.Counted.Point.Name
	for _, u := range first.Counted.Unpriced {
		rep.json.Unpriced = append(rep.json.Unpriced, u.Event.String())
	}
	return nil
}

func perInference(r *power.Report) *power.Span {
	s, ok := r.PerInference()
	if !ok {
		return nil
	}
	return &s
}

func (rep *evalReport) text(out io.Writer, img *chip.Image, r, float *eval.Result) {
	j := &rep.json
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	printAccuracy(out, r, float)
	fmt.Fprintf(out, "ticks per image: %d (%d of input, %d to drain); cores: %d\n", r.Ticks, r.Ticks-r.Drain, r.Drain, j.Cores)
	if w := j.Whole; w != nil {
		fmt.Fprintf(out, "whole-number network (0..%d): %.2f %%; images of another class: %d, of another value: %d\n", w.Levels, 100*w.Accuracy, w.Classes, w.Values)
	}
	printLayers(out, r)
	fmt.Fprintf(out, "synaptic events per image: %.1f\n", j.SynPerImage)
	fmt.Fprintf(out, "lost %d, late %d, merged %d, accumulator overflows %d\n", j.Lost, j.Late, j.Merged, r.Total[count.Overflowed])
	fmt.Fprintf(out, "time per image (analytic, free-running): %.3f us\n", 1e6*j.TimePerImage)
	rep.energyText(out)
	fmt.Fprintf(out, "trace %s, machine %s\n", r.Trace, r.Machine)
}

func (rep *evalReport) energyText(out io.Writer) {
	if rep.serial {
		fmt.Fprintln(out, "no price: a tick is one event here, and no time")
	} else if len(rep.pairs) == 0 {
		fmt.Fprintf(out, "no price: %s\n", noPrice(rep.json.Chip))
	}
	for k, p := range rep.pairs {
		name := p.Counted.Point.Name
		if s := perInference(p.Counted); s != nil {
			fmt.Fprintf(out, "energy per image, %s, free-running: %s\n", name, spanText(*s))
		}
		if s := perInference(p.AtTick); s != nil {
			slow := ""
			if p.Counted.Time > p.AtTick.Time {
				slow = " if it kept that tick, for which it is too slow"
			}
			fmt.Fprintf(out, "energy per image, %s, at a 1 ms tick%s: %s\n", name, slow, spanText(*s))
		}
		n := float64(max(1, p.Counted.Inferences))
		for _, l := range p.Counted.JSON().Lines {
			if l.Event == count.HostMultiplies.String() && l.Count > 0 {
				fmt.Fprintf(out, "  of this the host's multiplies for the input currents, %.0f per image: %.4g uJ (%.4g to %.4g), %s\n",
					float64(l.Count)/n, 1e6*l.Joules.Joules()/n, 1e6*l.JoulesLow.Joules()/n, 1e6*l.JoulesHigh.Joules()/n, l.Kind)
			}
		}
		for _, s := range p.Counted.JSON().Static {
			fmt.Fprintf(out, "  static power of %d powered %s(s) over the run, per image: %.4g uJ free-running", s.Units, s.Per, 1e6*s.Joules.Joules()/n)
			for _, a := range p.AtTick.JSON().Static {
				if a.Per == s.Per {
					fmt.Fprintf(out, ", %.4g uJ at a 1 ms tick", 1e6*a.Joules.Joules()/n)
				}
			}
			fmt.Fprintln(out, map[bool]string{true: " (in the total)", false: " (the same watts seen per core, not added)"}[s.Headline])
		}
		if k == 0 {
			b := p.Counted.JSON().Brain
			fmt.Fprintf(out, "beside a 20 W brain: %s\n", brainText(b))
		}
	}
	if len(rep.json.Unpriced) > 0 {
		fmt.Fprintf(out, "unpriced events:")
		for _, u := range rep.json.Unpriced {
			fmt.Fprintf(out, " %s", u)
		}
		fmt.Fprintln(out)
	}
}

// noPrice says why the events of a chip have no price, in the words of the
// table of that name if the program has one.
func noPrice(name string) string {
	why := "the description of " + name + " has no energy table, every event is unpriced"
	if t, err := namedTable(name); err == nil && t.Points[0].Use != "" {
		return why + " (" + t.Points[0].Use + ")"
	}
	return why + "; --energy bounds it by the memories of the description"
}

func spanText(s power.Span) string {
	return fmt.Sprintf("%.4g uJ (%.4g to %.4g)", 1e6*s.Nominal, 1e6*s.Low, 1e6*s.High)
}
