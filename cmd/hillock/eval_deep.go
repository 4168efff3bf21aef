package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler/analog"
	"hillock/compiler/graph"
	"hillock/internal/dataset"
	"hillock/internal/page"
	"hillock/test/eval"
)

// curvePoint is one line of --curve.
type curvePoint struct {
	Ticks        int     `json:"ticks"`
	Accuracy     float64 `json:"accuracy"`
	Spikes       float64 `json:"spikes_per_image"`
	InputSpikes  float64 `json:"input_spikes_per_image"`
	SynEvents    float64 `json:"synaptic_events_per_image"`
	Multiplies   float64 `json:"host_multiplies_per_image"`
	Energy       float64 `json:"energy_per_image"` // nominal, free-running, 0 = no table
	TotalTicks   int     `json:"ticks_with_drain"`
	TraceHash    string  `json:"trace_hash"`
	Differing    int     `json:"differs_from_whole_number_network"`
	TimePerImage float64 `json:"time_s_per_image"`
}

// runDeep evaluates a deep network: its float forward pass, and the spiking
// network that it becomes on a chip.
func (e *evalFlags) runDeep(cmd *cobra.Command, out io.Writer, b []byte, path string, o eval.Options) error {
	if err := wholeImage("eval", e.layout); err != nil {
		return err
	}
	set, err := dataset.Load(e.data, e.labels)
	if err != nil {
		return err
	}
	d, err := e.readDeep(b, path, e.encode, e.ticks)
	if err != nil {
		return err
	}
	fo := o
	fo.Decide = ""
	a, err := e.arithmetic(true)
	if err != nil {
		return err
	}
	float, err := eval.Analog(d.model, a, set, fo)
	if err != nil {
		return err
	}
	if e.family == "float" {
		as := productsOf(d.model, a)
		e.printAssumptions(cmd, as)
		return e.reportFloat(cmd, out, float, assumptionsJSON(as))
	}
	f, err := loadChip(e.family)
	if err != nil {
		return err
	}
	if err := d.calibrate(e.calibData, e.data, set, e.calibN); err != nil {
		return err
	}
	if e.curve != "" {
		return e.runCurve(cmd, out, d, path, f, set, o, float)
	}
	start := time.Now()
	deep, res, as, err := e.compileDeep(cmd, d, path, f, false)
	if err != nil {
		return err
	}
	r, err := deep.Run(set, o, chip.Options{Engine: e.engine, Workers: e.workers, Noise: seededNoise(e.seed)})
	if err != nil {
		return err
	}
	rep, err := e.evaluate(res.Image, r, float, &compiled{res, as}, time.Since(start))
	if err != nil {
		return err
	}
	if err := e.compareWhole(rep, deep, set, o, r); err != nil {
		return err
	}
	if len(d.model.OnCodes()) > 0 { // the file itself is an 8-bit network
		acc := float.Accuracy()
		rep.census.Network.AnnAccuracy = &acc
	} else {
		rep.census.Network.AnnSource += "; the float network of the file decides " + fmt.Sprintf("%.4g", float.Accuracy()) + ", an 8-bit version was not measured"
	}
	feed, err := deep.Feed(set)
	if err != nil {
		return err
	}
	return e.finish(cmd, out, res.Image, feed, r, rep, float)
}

// productsOf says in which arithmetic an 8-bit network was computed: the file
// leaves it open.
func productsOf(m *analog.Model, a analog.Arithmetic) []graph.Assumption {
	if len(m.OnCodes()) == 0 {
		return nil
	}
	why := "as the standard says, without the roundings of a processor; ONNX Runtime with 32-bit sums is sums32, on x86 processors without VNNI pairs16"
	switch a {
	case analog.Sums32:
		why = "products of 8-bit codes are added in 32 bits and requantised in float32"
	case analog.Pairs16:
		why = "products of 8-bit codes are added in pairs limited to 16 bits, as ONNX Runtime does on x86 processors without VNNI, and requantised in float32"
	}
	if a != analog.Exact {
		why += fmt.Sprintf("; %d of %d layers have such codes, the others are in float64", len(m.OnCodes()), len(m.Layers))
	}
	return []graph.Assumption{{What: "products", Value: a.String(), Why: why, Flag: "products"}}
}

// compareWhole puts the whole-number network beside a run in an exact code.
func (e *evalFlags) compareWhole(rep *evalReport, d *eval.Deep, set *dataset.Set, o eval.Options, r *eval.Result) error {
	if d.Integer == nil {
		return nil
	}
	whole, err := d.Whole(set, o)
	if err != nil {
		return err
	}
	classes, values := r.Differs(whole)
	a := whole.Accuracy()
	rep.json.Whole = &wholeJSON{Accuracy: a, Classes: classes, Values: values, Levels: d.Levels}
	return nil
}

// wholeJSON compares an exact code with the network of whole numbers.
type wholeJSON struct {
	Accuracy float64 `json:"accuracy"`
	Levels   int     `json:"levels"`
	Classes  int     `json:"images_of_another_class"`
	Values   int     `json:"images_of_another_value"`
}

// curveTicks reads --curve.
func curveTicks(s string) ([]int, error) {
	var out []int
	for _, f := range strings.Split(s, ",") {
		t, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || t < 1 || t > dataset.MaxTicks {
			return nil, fmt.Errorf("eval: --curve %q: need ticks from 1 to %d between commas", s, dataset.MaxTicks)
		}
		out = append(out, t)
	}
	if len(out) > 64 {
		return nil, fmt.Errorf("eval: --curve with %d points, need at most 64", len(out))
	}
	return out, nil
}

// runCurve evaluates the network for several numbers of ticks.
func (e *evalFlags) runCurve(cmd *cobra.Command, out io.Writer, d *deepRun, path string, f *chip.Family, set *dataset.Set, o eval.Options, float *eval.Result) error {
	ticks, err := curveTicks(e.curve)
	if err != nil {
		return err
	}
	if _, _, exact, err := eval.ParseCode(e.encode); err != nil || exact {
		return fmt.Errorf("eval: --curve needs a code that has no length of its own (rate, bernoulli, current), have %s", e.encode)
	}
	var points []curvePoint
	var as []assumptionJSON
	var img *chip.Image
	var last *evalReport
	for k, t := range ticks {
		d.opts.Ticks = t
		deep, res, assumed, err := e.compileDeep(cmd, d, path, f, k > 0)
		if err != nil {
			return err
		}
		r, err := deep.Run(set, o, chip.Options{Engine: e.engine, Workers: e.workers, Noise: seededNoise(e.seed)})
		if err != nil {
			return err
		}
		rep, err := e.evaluate(res.Image, r, float, nil, 0)
		if err != nil {
			return err
		}
		points = append(points, pointOf(t, r, rep))
		as, img, last = assumed, res.Image, rep
	}
	if e.html != "" {
		if err := writeOutput(cmd, e.html, curvePage(img, points, float, as).Render); err != nil {
			return err
		}
	}
	if e.json {
		last.json.Points, last.json.Assumptions = points, as
		return printJSON(out, last.json)
	}
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	fmt.Fprintf(out, "float reference %.2f %% of %d images, input %s\n", 100*float.Accuracy(), len(float.Pred), e.encode)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ticks\taccuracy %\tinput spikes\tspikes\tsynaptic events\thost multiplies\ttime us\tenergy uJ\t")
	for _, p := range points {
		fmt.Fprintf(w, "%d\t%.2f\t%.1f\t%.1f\t%.0f\t%.0f\t%.1f\t%.4g\t\n", p.Ticks, 100*p.Accuracy, p.InputSpikes, p.Spikes, p.SynEvents, p.Multiplies, 1e6*p.TimePerImage, 1e6*p.Energy)
	}
	return w.Flush()
}

func pointOf(t int, r *eval.Result, rep *evalReport) curvePoint {
	p := curvePoint{Ticks: t, Accuracy: r.Accuracy(), SynEvents: rep.json.SynPerImage, TotalTicks: r.Ticks, TraceHash: r.Trace,
		Multiplies: float64(rep.json.Counts["host_multiplies"]) / float64(len(r.Pred)), TimePerImage: rep.json.TimePerImage}
	n := float64(len(r.Pred))
	p.Spikes, p.InputSpikes = float64(rep.json.Counts["spikes"])/n, float64(rep.json.Counts["host_in"])/n
	if rep.json.Energy != nil {
		p.Energy = rep.json.Energy.Nominal
	}
	return p
}

// curvePage shows accuracy against ticks, spikes and synaptic events.
func curvePage(img *chip.Image, points []curvePoint, float *eval.Result, as []assumptionJSON) *page.Page {
	p := page.New("hillock eval: accuracy against effort on "+img.Chip, fidelityLine(img.Chip, img.Fidelity))
	var rows [][]string
	acc, ref := make([]float64, len(points)), make([]float64, len(points))
	axes := map[string][]float64{}
	for i, c := range points {
		acc[i], ref[i] = 100*c.Accuracy, 100*float.Accuracy()
		axes["ticks"] = append(axes["ticks"], float64(c.Ticks))
		axes["spikes per image"] = append(axes["spikes per image"], c.Spikes)
		axes["synaptic events per image"] = append(axes["synaptic events per image"], c.SynEvents)
		rows = append(rows, []string{fmt.Sprint(c.Ticks), fmt.Sprintf("%.2f", 100*c.Accuracy), fmt.Sprintf("%.1f", c.InputSpikes), fmt.Sprintf("%.1f", c.Spikes),
			fmt.Sprintf("%.0f", c.SynEvents), fmt.Sprintf("%.0f", c.Multiplies), fmt.Sprintf("%.1f", 1e6*c.TimePerImage), fmt.Sprintf("%.4g", 1e6*c.Energy)})
	}
	p.Table("Points", []string{"ticks", "accuracy %", "input spikes", "spikes", "synaptic events", "host multiplies", "time us", "energy uJ"}, rows)
	for _, x := range []string{"ticks", "spikes per image", "synaptic events per image"} {
		p.Lines("Accuracy against "+x, x, "accuracy, %", []page.Series{{Label: "chip", X: axes[x], Y: acc}, {Label: "float reference", X: axes[x], Y: ref}})
	}
	addAssumptions(p, as)
	return p
}
