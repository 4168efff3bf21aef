package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hillock/compiler"
	"hillock/compiler/graph"
	"hillock/internal/page"
	"hillock/test/eval"
)

// calibFlags name a labelled set that calibrates ranges and activity.
type calibFlags struct {
	data, encode, layout string
	ticks, n             int
}

func (k *calibFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&k.data, "calib", "", "labelled set that calibrates ranges and spike rates (default: worst-case bounds)")
	f.StringVar(&k.encode, "encode", "rate", "encoding of the calibration set, as in eval")
	f.StringVar(&k.layout, "layout", "flat", "layout of the calibration set, as in eval")
	f.IntVar(&k.ticks, "ticks", 16, "ticks of input per calibration image")
	f.IntVar(&k.n, "images", 100, "calibration images")
}

// checkDeep refuses what calibrating a deep network cannot mean.
func (k *calibFlags) checkDeep() error {
	if k.n < 1 {
		return fmt.Errorf("compile: --images %d, need at least 1", k.n)
	}
	return wholeImage("compile", k.layout)
}

// wholeImage refuses layouts that show a deep network less than an image.
func wholeImage(verb, layout string) error {
	if layout != "flat" && layout != "chw" {
		return fmt.Errorf("%s: --layout %s: a deep network takes a whole image, need flat or chw", verb, layout)
	}
	return nil
}

// samples is the calibration set for a network, nil if there is none.
func (k *calibFlags) samples(net *graph.Network) (compiler.Samples, error) {
	if k.data == "" {
		return nil, nil
	}
	in, err := eval.Load(k.data, "", k.encode, k.layout, k.ticks)
	if err != nil {
		return nil, err
	}
	ports := net.Inputs()
	if len(ports) != 1 || net.Pops[ports[0]].N != in.Width() {
		return nil, fmt.Errorf("%s: calibration drives %d input neurons, the network has %d input populations, the first with %d neurons",
			k.data, in.Width(), len(ports), net.Pops[ports[0]].N)
	}
	if k.n < 1 {
		return nil, fmt.Errorf("compile: --images %d, need at least 1", k.n)
	}
	return eval.Samples(in, k.n), nil
}

// compilePage is the report page of a compilation.
func compilePage(r *compiler.Result, hash string) *page.Page {
	rep := r.Report
	p := page.New("hillock compile: "+rep.Chip, fidelityLine(r.Image.Chip, r.Image.Fidelity))
	p.Table("Image", []string{"what", "value"}, [][]string{
		{"image hash", hash}, {"cores", fmt.Sprint(rep.Cores)}, {"neurons", fmt.Sprint(rep.Neurons)}, {"synapses", fmt.Sprint(rep.Synapses)},
		{"bytes per synapse", fmt.Sprintf("%.3f", rep.BytesPerSynapse)},
		{"packets, hops, busiest link", fmt.Sprintf("%.6g, %.6g, %.6g", rep.Mapping.Packets, rep.Mapping.Hops, rep.Mapping.MaxLink)},
	})
	var rows [][]string
	var errs []page.Bar
	for _, l := range rep.Layers {
		rows = append(rows, []string{l.Name, fmt.Sprint(l.Neurons), fmt.Sprint(l.Cores), fmt.Sprint(l.Depth), fmt.Sprintf("%.6g", l.Scale), fmt.Sprint(l.Synapses),
			fmt.Sprintf("%.3g", l.WeightError), fmt.Sprint(l.WeightsClipped), fmt.Sprint(l.WeightsZeroed), fmt.Sprintf("%.3g", l.ThresholdError), fmt.Sprintf("%.3g", l.DecayError), fmt.Sprintf("%.3g", l.BiasError), fmt.Sprint(l.Saturated)})
		errs = append(errs, page.Bar{Label: l.Name, Value: 100 * l.WeightError})
	}
	p.Table("Layers: what quantising changed", strings.Fields("layer neurons cores depth scale synapses weight-error clipped zeroed threshold-error decay-error bias-error saturated"), rows)
	p.Bars("Weight error: rms error over rms weight", "%", errs)
	addMapping(p, r)
	p.Text("Notes", strings.Join(append(append([]string{}, rep.Assumptions...), rep.Notes...), "\n"))
	return p
}
