package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/analog"
	"hillock/compiler/convert"
	"hillock/compiler/graph"
	"hillock/compiler/import/netfile"
	"hillock/internal/dataset"
	"hillock/test/eval"
)

// defaultScale lost least on the measured networks, see docs/RATIONALE.md.
const defaultScale = "percentile:99"

// defaultCorrect never lost against 0 on the measured networks, whatever the
// reset, see docs/RATIONALE.md.
const defaultCorrect = 1

// deepFlags say how a deep network (ONNX) becomes spikes.
type deepFlags struct {
	scale   string
	correct int
	widen   bool
}

func (d *deepFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&d.scale, "scale", defaultScale, "deep networks: activation that full rate stands for: percentile:P, max or error (least error)")
	f.BoolVar(&d.widen, "widen", false, "deep networks: scale neurons of small weights up, so that they use more of their mantissas")
	f.IntVar(&d.correct, "correct", defaultCorrect, "deep networks: rounds that scale each neuron's input until its mean rate is right")
}

// method reads --scale.
func (d *deepFlags) method() (convert.Method, float64, error) {
	name, arg, has := strings.Cut(d.scale, ":")
	switch {
	case name == "max" && !has:
		return convert.Max, 0, nil
	case name == "error" && !has:
		return convert.MinError, 0, nil
	case name == "percentile" && has:
		if p, err := strconv.ParseFloat(arg, 64); err == nil && p > 50 && p <= 100 {
			return convert.Percentile, p, nil
		}
	}
	return 0, 0, fmt.Errorf("--scale %q, need percentile:P with P above 50 up to 100, max or error", d.scale)
}

// deepRun is a deep network on its way to a chip.
type deepRun struct {
	model *analog.Model
	as    []graph.Assumption // of the conversion
	opts  eval.DeepOptions
}

// isDeep says whether a network file holds a deep network.
func isDeep(b []byte) bool { return netfile.IsONNX(b) }

// deep reads the model and settles how it is converted. calibPath "" takes
// calibration images from beside the data, or the data's own.
func (c *compileFlags) readDeep(b []byte, path, encode string, ticks int) (*deepRun, error) {
	if flag := c.net.spiking(); flag != "" {
		return nil, fmt.Errorf("--%s: how a spiking network is read; %s is a deep network, whose neurons the conversion chooses", flag, path)
	}
	if ticks < 1 || ticks > dataset.MaxTicks {
		return nil, fmt.Errorf("--ticks %d, need 1 to %d", ticks, dataset.MaxTicks)
	}
	m, err := netfile.Model(b, path)
	if err != nil {
		return nil, err
	}
	method, percent, err := c.deep.method()
	if err != nil {
		return nil, err
	}
	if c.deep.correct < 0 || c.deep.correct > 20 {
		return nil, fmt.Errorf("--correct %d, need 0..20", c.deep.correct)
	}
	return &deepRun{model: m, opts: eval.DeepOptions{Encode: encode, Ticks: ticks, Method: method, Percent: percent, Correct: c.deep.correct, Widen: c.deep.widen, Seed: c.seed, Strict: c.net.o.Strict,
		Map: c.effort.options(compiler.Options{})}}, nil
}

func (d *deepRun) assume(what, value, why, flag string) {
	d.as = append(d.as, graph.Assumption{What: what, Value: value, Why: why, Flag: flag})
}

// calibrate finds images to calibrate on: those of --calib; else the training
// images beside the data; else the data's own images, without their labels.
func (d *deepRun) calibrate(calib, data string, own *dataset.Set, n int) error {
	d.opts.Samples = n
	if calib == "" {
		if calib = trainingSibling(data); calib != "" {
			d.assume("calibration", filepath.Base(calib), "no --calib; the training images beside the data are used, not their labels", "calib")
		}
	}
	switch {
	case calib != "":
		set, err := dataset.Load(calib, "")
		if err != nil {
			return err
		}
		d.opts.Calib = set
	case own != nil:
		d.opts.Calib = own
		d.assume("calibration", own.Name, "no --calib; ranges come from the evaluated images themselves, not their labels", "calib")
	default:
		d.assume("calibration", "none", "no --calib; ranges are the largest that any input can give", "calib")
	}
	return nil
}

// trainingSibling is the training set beside a test set by the names of MNIST
// and its kin, "" if there is none.
func trainingSibling(data string) string {
	dir, name := filepath.Split(data)
	if !strings.Contains(name, "t10k-images") {
		return ""
	}
	path := filepath.Join(dir, strings.Replace(name, "t10k-images", "train-images", 1))
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// compileDeep converts and compiles for a chip.
func (c *compileFlags) compileDeep(cmd *cobra.Command, d *deepRun, path string, f *chip.Family, quiet bool) (*eval.Deep, *compiler.Result, []assumptionJSON, error) {
	deep, err := eval.Convert(d.model, f, d.opts)
	if err != nil {
		return nil, nil, nil, err
	}
	deep.Net.Assumptions = append(append([]graph.Assumption{}, d.as...), deep.Net.Assumptions...)
	net, f, o, err := c.effort.apply(deep.Net, f, d.opts.Map)
	if err != nil {
		return nil, nil, nil, err
	}
	deep.Adapt(net, o)
	if !quiet {
		c.printAssumptions(cmd, deep.Net.Assumptions)
	}
	r, err := deep.Compile(f)
	if err != nil {
		return nil, nil, nil, c.refuse(cmd, err, path, f.Name)
	}
	return deep, r, assumptionsJSON(deep.Net.Assumptions), nil
}
