package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/analog"
	"hillock/compiler/graph"
	"hillock/power"
	"hillock/test/eval"
)

// evalFlags are the flags of eval; demo fills them without a command line.
type evalFlags struct {
	compileFlags
	data, labels   string
	encode, layout string
	ticks          int
	first, n       int
	decide         string
	counts, html   string
	engine         string
	workers        int
	point          string
	curve          string
	calibData      string
	calibN         int
	products       string
	energy         bool
	censusFile     string
	serial         string
	collect        func(*evalReport) // takes the report instead of its being printed
	float          **eval.Result     // the float reference, once for all chips; nil = computed by each run
}

// addEnergy adds the flags of energy that eval and demo share.
func (e *evalFlags) addEnergy(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&e.energy, "energy", false, "print the full energy report, all 16 items of its checklist")
	cmd.Flags().StringVar(&e.censusFile, "census", "", "write the census of the set, for hillock energy")
}

func newEval() *cobra.Command {
	var e evalFlags
	cmd := &cobra.Command{
		Use: "eval NETWORK-or-IMAGE --data D", Short: "Run a labelled set: accuracy, spikes, time, energy", Args: needArgs(1, 1, "1 operand NETWORK-or-IMAGE"),
		Long: `Run every image of a labelled set and report accuracy, spikes per layer, time and
energy per inference. A network is compiled first; --chip float runs the float64
reference instead of a chip. State is reset between images; the class with most
output spikes wins, the lowest on ties.`,
		Example: `  hillock eval model.nir --chip loihi1 --data digits.csv.gz --encode phase:1,0,1,16 --ticks 16 --reset zero
  hillock eval model.onnx --chip loihi1 --data t10k-images-idx3-ubyte.gz --encode rate --curve 4,8,16,32 --html curve.html
  hillock eval model.nir --chip float --data t10k-images-idx3-ubyte.gz --encode phase:16,127,255,16 --ticks 24 -n 200`,
		RunE: func(cmd *cobra.Command, args []string) error { return e.run(cmd, args[0]) },
	}
	e.add(cmd)
	f := cmd.Flags()
	e.addEnergy(cmd)
	f.StringVar(&e.family, "chip", "loihi1", "chip family, path of a description, float, or all: every family side by side")
	f.StringVar(&e.data, "data", "", "labelled set: csv, IDX or npz, gzip or not")
	f.StringVar(&e.labels, "labels", "", "labels of an IDX set")
	f.StringVar(&e.encode, "encode", "rate", "phase:A,B,C,L, rate, bernoulli:SEED or none; deep networks also current, graded:L, ttfs:L, bits:L")
	f.StringVar(&e.layout, "layout", "flat", "flat, rows:S or chw")
	f.IntVar(&e.ticks, "ticks", 16, "ticks in which the first layer receives input")
	f.IntVar(&e.first, "first", 0, "first image")
	f.IntVarP(&e.n, "images", "n", 0, "number of images (0: all)")
	f.StringVar(&e.decide, "decide", "", "counts or potential (default: counts; potential where the output never spikes)")
	f.StringVar(&e.curve, "curve", "", "deep networks: accuracy, spikes and events for these ticks, as 4,8,16,32")
	f.StringVar(&e.calibData, "calib", "", "deep networks: labelled set to calibrate on (default: the training set beside the data, else the data)")
	f.IntVar(&e.calibN, "calib-images", 1000, "deep networks: calibration images at most")
	f.StringVar(&e.products, "products", "exact", "8-bit ONNX with --chip float: exact; sums32, on codes with 32-bit sums; pairs16, with pairs of products limited to 16 bits, which is what ONNX Runtime does on x86 processors without VNNI")
	f.StringVar(&e.serial, "serial", "", "scattered or ascending: input spikes one per tick in that order, biases as events of a clock: what a chip does that answers event by event")
	f.StringVar(&e.counts, "counts", "", "write counts, pred, label, layer_spikes to this npz")
	f.StringVar(&e.html, "html", "", "write a report page")
	f.StringVar(&e.engine, "engine", "", "oracle or vector")
	f.IntVar(&e.workers, "workers", 1, "goroutines that step cores")
	f.StringVar(&e.point, "point", "", "operating point of the energy table")
	f.Int64Var(&e.seed, "seed", 1, "seed, recorded in the image")
	e.deep.add(cmd)
	e.net.add(cmd)
	return cmd
}

// check refuses flags before anything is loaded.
func (e *evalFlags) check(verb string) error {
	if e.serial != "" && (e.html != "" || e.curve != "" || e.energy || e.censusFile != "" || e.family == "float" || e.family == allChips) {
		return fmt.Errorf("%s: --serial runs one chip, and its ticks are no time: need no --html, --curve, --energy and --census, and another --chip than float and all", verb)
	}
	if e.decide != "" && e.decide != "counts" && e.decide != "potential" {
		return fmt.Errorf("%s: --decide %q, need counts or potential", verb, e.decide)
	}
	if e.calibN < 1 {
		return fmt.Errorf("%s: --calib-images %d, need at least 1", verb, e.calibN)
	}
	if e.html != "" && e.family == "float" {
		return fmt.Errorf("%s: --html: the report page is of a chip, need another --chip than float", verb)
	}
	if e.family == "float" && (e.energy || e.censusFile != "") {
		return fmt.Errorf("%s: --energy and --census are of a chip, need another --chip than float", verb)
	}
	if e.curve != "" && (e.energy || e.censusFile != "") {
		return fmt.Errorf("%s: --curve runs a chip several times: need no --energy and no --census", verb)
	}
	if e.curve != "" && (e.counts != "" || e.family == "float") {
		return fmt.Errorf("%s: --curve runs a chip several times: need another --chip than float and no --counts", verb)
	}
	return checkWorkers(verb, e.workers)
}

// arithmetic reads --products, which a deep network without a chip takes.
func (e *evalFlags) arithmetic(deep bool) (analog.Arithmetic, error) {
	a, err := analog.ParseArithmetic(e.products)
	if err != nil {
		return a, fmt.Errorf("eval: --products %q, need exact, sums32 or pairs16", e.products)
	}
	if a != analog.Exact && (!deep || e.family != "float") {
		return a, fmt.Errorf("eval: --products %s: need an 8-bit deep network (ONNX) and --chip float", e.products)
	}
	return a, nil
}

func (e *evalFlags) run(cmd *cobra.Command, path string) error {
	if e.data == "" {
		return fmt.Errorf("eval: need --data FILE")
	}
	if err := e.check("eval"); err != nil {
		return err
	}
	if e.family == allChips {
		return e.runAll(cmd, "eval", func(f *evalFlags) error { return f.run(cmd, path) })
	}
	out, err := e.report(cmd, e.counts, e.html, e.censusFile)
	if err != nil {
		return err
	}
	b, err := readInput(cmd, path)
	if err != nil {
		return err
	}
	if _, err := e.arithmetic(isDeep(b)); err != nil {
		return err
	}
	o := eval.Options{First: e.first, N: e.n, Decide: e.decide, Serial: e.serial, Progress: progress(cmd.ErrOrStderr(), e.quiet)}
	if bytes.HasPrefix(b, []byte(chip.ImageMagic)) {
		img, err := decodeImage(b, path)
		if err != nil {
			return err
		}
		in, err := e.input()
		if err != nil {
			return err
		}
		return e.onChip(cmd, out, img, in, o, nil, nil)
	}
	if isDeep(b) && e.serial != "" {
		return fmt.Errorf("eval: --serial needs a spiking network or an image, %s is a deep network: compile it first", path)
	}
	if isDeep(b) {
		return e.runDeep(cmd, out, b, path, o)
	}
	if e.curve != "" {
		return fmt.Errorf("eval: --curve needs a deep network (ONNX), %s is a spiking one", path)
	}
	net, err := e.net.network(b, path)
	if err != nil {
		return err
	}
	in, err := e.input()
	if err != nil {
		return err
	}
	float, err := e.reference(net, in, o)
	if err != nil {
		return err
	}
	if e.family == "float" {
		e.printAssumptions(cmd, net.Assumptions)
		return e.reportFloat(cmd, out, float, assumptionsJSON(net.Assumptions))
	}
	r, as, err := e.compile(cmd, b, path)
	if err != nil {
		return err
	}
	return e.onChip(cmd, out, r.Image, in, o, float, &compiled{r, as})
}

// reference is the float reference of a network.
func (e *evalFlags) reference(net *graph.Network, in eval.Input, o eval.Options) (*eval.Result, error) {
	if e.float != nil && *e.float != nil {
		return *e.float, nil
	}
	r, err := eval.Float(net, in, o)
	if e.float != nil && err == nil {
		*e.float = r
	}
	return r, err
}

type compiled struct {
	*compiler.Result
	assumptions []assumptionJSON
}

// evalJSON is the object of the eval verb.
type evalJSON struct {
	Schema        string            `json:"schema"`
	Chip          string            `json:"chip"`
	Fidelity      map[string]string `json:"fidelity"`
	Cores         int               `json:"cores"`
	Accuracy      float64           `json:"accuracy"`
	FloatAccuracy *float64          `json:"float_accuracy"`
	Images        int               `json:"images"`
	Correct       int               `json:"correct"`
	TicksPerImage int               `json:"ticks_per_image"`
	DrainTicks    int               `json:"drain_ticks"`
	SynPerImage   float64           `json:"synaptic_events_per_image"`
	Layers        []layerJSON       `json:"layer_spikes_per_image"`
	Energy        *power.Span       `json:"energy_per_image"`
	EnergyAtTick  *power.Span       `json:"energy_per_image_at_1ms_tick"`
	EnergyPoint   string            `json:"energy_point,omitempty"`
	EnergyByPoint []pointJSON       `json:"energy_per_image_by_point"`
	Unpriced      []string          `json:"unpriced"`
	TimePerImage  float64           `json:"time_s_per_image"`
	Counts        map[string]int64  `json:"counts"`
	Trace         string            `json:"trace_hash"`
	Machine       string            `json:"machine_hash"`
	Lost          int64             `json:"lost"`
	Late          int64             `json:"late"`
	Merged        int64             `json:"merged"`
	Assumptions   []assumptionJSON  `json:"assumptions"`
	Points        []curvePoint      `json:"points,omitempty"` // of --curve; the rest is of its last point
	Whole         *wholeJSON        `json:"whole_number_network,omitempty"`
	Seconds       float64           `json:"seconds"`

	Report *power.ReportJSON `json:"energy_report,omitempty"` // of --energy
}

type layerJSON struct {
	Population string  `json:"population"`
	Spikes     float64 `json:"spikes"`
}

type pointJSON struct {
	Point string      `json:"point"`
	Free  *power.Span `json:"free_running"`
	Tick  *power.Span `json:"at_1ms_tick"`
}

func layersJSON(r *eval.Result) []layerJSON {
	out := make([]layerJSON, 0, len(r.Pops))
	for p, name := range r.Pops {
		sum := int64(0)
		for _, l := range r.Layer {
			sum += l[p]
		}
		out = append(out, layerJSON{name, float64(sum) / float64(len(r.Layer))})
	}
	return out
}

func (e *evalFlags) reportFloat(cmd *cobra.Command, out io.Writer, r *eval.Result, as []assumptionJSON) error {
	if err := e.writeCounts(cmd, r); err != nil {
		return err
	}
	acc := r.Accuracy()
	if e.json {
		return printJSON(out, evalJSON{Schema: "hillock/eval/1", Chip: "float", Fidelity: map[string]string{}, Accuracy: acc, FloatAccuracy: &acc,
			Images: len(r.Pred), Correct: r.Correct(), TicksPerImage: r.Ticks, Layers: layersJSON(r), Assumptions: as,
			EnergyByPoint: []pointJSON{}, Unpriced: []string{}, Counts: map[string]int64{}})
	}
	fmt.Fprintln(out, floatLine)
	if a, err := e.arithmetic(true); err == nil && a != analog.Exact {
		fmt.Fprintf(out, "8-bit layers on codes: %v\n", a)
	}
	printAccuracy(out, r, nil)
	printLayers(out, r)
	return nil
}

func printAccuracy(out io.Writer, r, float *eval.Result) {
	fmt.Fprintf(out, "accuracy: %.2f %% (%d of %d images)", 100*r.Accuracy(), r.Correct(), len(r.Pred))
	if float != nil {
		fmt.Fprintf(out, ", float reference %.2f %%", 100*float.Accuracy())
	}
	fmt.Fprintln(out)
}

func printLayers(out io.Writer, r *eval.Result) {
	for _, l := range layersJSON(r) {
		fmt.Fprintf(out, "spikes per image: %-12s %.2f\n", l.Population, l.Spikes)
	}
}

// onChip runs an image and prints the report; float and comp may be nil.
func (e *evalFlags) onChip(cmd *cobra.Command, out io.Writer, img *chip.Image, in eval.Input, o eval.Options, float *eval.Result, comp *compiled) error {
	start := time.Now()
	r, err := eval.Chip(img, in, o, chip.Options{Engine: e.engine, Workers: e.workers, Noise: seededNoise(e.seed)})
	if err != nil {
		return err
	}
	if e.serial != "" {
		img = oneByOne(img)
	}
	rep, err := e.evaluate(img, r, float, comp, time.Since(start))
	if err != nil {
		return err
	}
	rep.serial = e.serial != ""
	return e.finish(cmd, out, img, eval.Spiking(img, in), r, rep, float)
}

// oneByOne is an image as a run of --serial is reported: a tick is one event, so
// nothing has a price, and an order of ours is exact against nobody.
func oneByOne(img *chip.Image) *chip.Image {
	out := *img
	out.Energy = nil
	out.Fidelity = slices.Clone(img.Fidelity)
	for i := range out.Fidelity {
		if f := &out.Fidelity[i]; strings.HasPrefix(f.Label, "exact") {
			f.Label, f.Against = "modelled", ""
		}
	}
	return &out
}

// finish writes what the flags ask for and prints the report.
func (e *evalFlags) finish(cmd *cobra.Command, out io.Writer, img *chip.Image, in eval.Feed, r *eval.Result, rep *evalReport, float *eval.Result) error {
	if err := e.writeCounts(cmd, r); err != nil {
		return err
	}
	if e.html != "" {
		if err := e.writePage(cmd, img, in, r, rep); err != nil {
			return err
		}
	}
	if err := e.finishEnergy(cmd, rep); err != nil {
		return err
	}
	switch {
	case e.collect != nil:
		e.collect(rep)
		return nil
	case e.json:
		return printJSON(out, rep.json)
	}
	rep.text(out, img, r, float)
	if e.energy {
		return e.printReport(cmd, out, rep)
	}
	return nil
}
