package conform

import (
	"fmt"

	"hillock/compiler"
)

// layerLeaks are the fields of shift counts, which are only rounded.
var layerLeaks = [...]string{"dash_mem", "dash_mem_out", "dash_syn", "dash_syn_2", "dash_syn_out"}

// replayXyloQuantise replays the vendor's quantisers, what they do against
// their own intention included. No engine takes part.
func replayXyloQuantise(d *doc, c *checker) error {
	code := compiler.LayerCode{WeightBits: 8, ThresholdBits: 16, Quirks: true}
	method, err := d.text("method")
	if err != nil {
		return err
	}
	fuzzy := false
	if d.has("fuzzy") {
		if fuzzy, err = d.flag("fuzzy"); err != nil {
			return err
		}
	}
	switch {
	case method == "channel":
		code.Scaler = compiler.ScaleChannel
	case method != "global":
		return d.fail("method", "", "global or channel", clip(method))
	case fuzzy:
		code.Scaler = compiler.ScaleSpread
	default:
		code.Scaler = compiler.ScaleGlobal
	}
	in, err := d.object("input")
	if err != nil {
		return err
	}
	want, err := d.object("output")
	if err != nil {
		return err
	}
	l, err := readLayers(in)
	if err != nil {
		return err
	}
	got, err := compiler.ScaleLayers(l, code)
	if err != nil {
		return d.fail("input", "", "parameters that can be quantised", err.Error())
	}
	return compareLayers(c, want, l, got)
}

// readLayers reads the float parameters; their shapes follow from the weights.
func readLayers(d *doc) (*compiler.Layers, error) {
	in, shape, err := d.tensor("weights_in", 3)
	if err != nil {
		return nil, err
	}
	rec, sRec, err := d.tensor("weights_rec", 3)
	if err != nil {
		return nil, err
	}
	out, sOut, err := d.tensor("weights_out", 2)
	if err != nil {
		return nil, err
	}
	l := &compiler.Layers{Inputs: shape[0], Hidden: sRec[0], Outputs: sOut[1], States: sRec[2], Reached: shape[1], Read: sOut[0], In: in, Rec: rec, Out: out}
	if sRec[1] != sRec[0] || shape[2] != sRec[2] {
		return nil, d.fail("weights_rec", "", "a square of the synaptic states of weights_in", fmt.Sprint(sRec))
	}
	for _, x := range [...]struct {
		name string
		must bool
		to   *[]float64
	}{{"threshold", true, &l.Threshold}, {"threshold_out", true, &l.ThresholdOut}, {"bias", false, &l.Bias}, {"bias_out", false, &l.BiasOut}} {
		if !x.must && !d.has(x.name) {
			continue
		}
		if *x.to, _, err = d.tensor(x.name, 1); err != nil {
			return nil, err
		}
	}
	for _, name := range layerLeaks {
		var v []float64
		if d.has(name) {
			if v, _, err = d.tensor(name, 1); err != nil {
				return nil, err
			}
		}
		l.Leaks = append(l.Leaks, v)
	}
	return l, nil
}

func compareLayers(c *checker, d *doc, l *compiler.Layers, got *compiler.LayerInts) error {
	type field struct {
		name string
		dims int
		v    []int64
	}
	fields := []field{{"weights_in", 3, got.In}, {"weights_rec", 3, got.Rec}, {"weights_out", 2, got.Out}, {"threshold", 1, got.Threshold},
		{"threshold_out", 1, got.ThresholdOut}, {"bias", 1, got.Bias}, {"bias_out", 1, got.BiasOut}}
	for i, name := range layerLeaks {
		fields = append(fields, field{name, 1, got.Leaks[i]})
	}
	for _, f := range fields {
		if f.v == nil && !d.has(f.name) {
			continue
		}
		want, _, err := d.tensor(f.name, f.dims)
		if err != nil {
			return err
		}
		if len(want) != len(f.v) {
			return d.fail(f.name, "", fmt.Sprintf("%d numbers", len(f.v)), fmt.Sprint(len(want)))
		}
		for i, x := range want {
			if x != float64(int64(x)) {
				return d.fail(f.name, fmt.Sprintf("entry %d", i), "an integer", fmt.Sprint(x))
			}
			c.equalAt(d.name(f.name), i, int64(x), f.v[i], nowhere)
		}
	}
	return nil
}
