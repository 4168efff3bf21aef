package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/router/aer"
	"hillock/test/diff"
	"hillock/test/why"
)

type diffFlags struct {
	common
	in     string
	ticks  int64
	imageA string
	imageB string
	spikes bool
	engine string
	seed   int64
	scopeA string
	scopeB string
	piped  [2]*opened // operands that are no files, opened already
}

func newDiff() *cobra.Command {
	var d diffFlags
	cmd := &cobra.Command{
		Use: "diff A B", Short: "Find the first tick, neuron and field in which two traces, images or waves differ", Args: needArgs(2, 2, "2 operands A B"),
		Long: `Compare two traces (trace files, csv or npz events), or two images that are run
with the same events. Of images, state words are compared as well as spikes, and
the first neuron that differs is explained instruction by instruction on both
sides; the first instruction with another result is named. With --image-a and
--image-b, traces are compared and their difference is explained from the images.

Of two waves (VCD), the signals that both have are compared by their names with
scopes, and the first time is named at which one differs; it stops there. Of a
folder that 'hillock vectors' wrote and the log that its bench printed, the first
edge, output, input or memory word is named that is not what the set expects.

Exit status 1 if they differ.`,
		Example: "  hillock diff before.spk after.spk\n  hillock diff a.csv b.csv --json\n  hillock diff a.img b.img --in spikes.csv\n" +
			"  hillock diff a.spk b.spk --image-a a.img --image-b b.img --in spikes.csv\n" +
			"  hillock diff set/core.vcd design.vcd --scope-b bench.dut --scope-a core\n  hillock diff set bench.log",
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd, args) },
	}
	d.add(cmd)
	f := cmd.Flags()
	f.StringVar(&d.in, "in", "", "events that both images are run with: csv, npz or a trace file")
	f.Int64Var(&d.ticks, "ticks", 0, "ticks to run (0: as long as the events, plus the depth of the network)")
	f.StringVar(&d.imageA, "image-a", "", "the image that made trace A")
	f.StringVar(&d.imageB, "image-b", "", "the image that made trace B")
	f.BoolVar(&d.spikes, "spikes", false, "compare the spikes of images only, not their state words")
	f.StringVar(&d.engine, "engine", "", "oracle or vector")
	f.StringVar(&d.scopeA, "scope-a", "", "of wave A, the signals below this scope, such as bench.dut")
	f.StringVar(&d.scopeB, "scope-b", "", "of wave B, the signals below this scope")
	f.Int64Var(&d.seed, "seed", 1, "seed of random draws")
	return cmd
}

func (d *diffFlags) run(cmd *cobra.Command, args []string) error {
	if d.ticks < 0 || d.ticks > maxTicks {
		return fmt.Errorf("diff: --ticks %d, need 0..%d", d.ticks, int64(maxTicks))
	}
	if done, err := d.streamed(cmd, args); done {
		return err
	}
	var b [2][]byte
	images := 0
	for i, a := range args {
		var err error
		if b[i], err = d.operand(cmd, i, a); err != nil {
			return err
		}
		if bytes.HasPrefix(b[i], []byte(chip.ImageMagic[:len(chip.ImageMagic)-1])) {
			images++
		}
	}
	switch {
	case images == 1:
		return fmt.Errorf("diff: %s and %s: need two images or two traces, have one of each", args[0], args[1])
	case images == 2 && (d.imageA != "" || d.imageB != ""):
		return fmt.Errorf("diff: --image-a and --image-b explain traces, %s and %s are images", args[0], args[1])
	case images == 2:
		return d.images(cmd, args, b)
	case (d.imageA == "") != (d.imageB == ""):
		return fmt.Errorf("diff: need both --image-a and --image-b, have one")
	case d.imageA == "" && (d.in != "" || d.ticks != 0 || d.spikes):
		return fmt.Errorf("diff: --in, --ticks and --spikes are for images, %s and %s are events", args[0], args[1])
	}
	return d.traces(cmd, args, b)
}

// operand reads an operand whole.
func (d *diffFlags) operand(cmd *cobra.Command, i int, path string) ([]byte, error) {
	if p := d.piped[i]; p != nil {
		defer p.close()
		return readAll(p, path)
	}
	return readInput(cmd, path)
}

// diffJSON is the object of the diff verb.
type diffJSON struct {
	Schema string `json:"schema"`
	*diff.Result
	Ticks      int64           `json:"ticks,omitempty"`
	Neurons    int             `json:"neurons,omitempty"`
	Arithmetic *why.Comparison `json:"arithmetic,omitempty"`
}

// images compares two images.
func (d *diffFlags) images(cmd *cobra.Command, args []string, b [2][]byte) error {
	r, err := d.runs(cmd, args, b, cmd.OutOrStdout())
	if err != nil {
		return err
	}
	return d.answer(cmd, args, &r.Result, r)
}

// runs runs both images; the first two lines say what is emulated.
func (d *diffFlags) runs(cmd *cobra.Command, names []string, b [2][]byte, out io.Writer) (*diff.RunResult, error) {
	var img [2]*chip.Image
	for i := range img {
		var err error
		if img[i], err = decodeImage(b[i], names[i]); err != nil {
			return nil, err
		}
	}
	if d.in == "" && d.ticks == 0 {
		return nil, fmt.Errorf("diff: images are run: need --in FILE or --ticks N")
	}
	o := diff.RunOptions{Name: d.in, Ticks: d.ticks, Spikes: d.spikes, Chip: chip.Options{Engine: d.engine, Noise: seededNoise(d.seed)}}
	if d.in != "" {
		t, err := readInputs(cmd, d.in, img[0])
		if err != nil {
			return nil, err
		}
		o.Events = t
		if n := len(o.Events.Spikes); n > 0 && o.Events.Spikes[n-1].Tick >= maxTicks/2 {
			return nil, fmt.Errorf("%s: the last event is in tick %d, need below %d", d.in, o.Events.Spikes[n-1].Tick, int64(maxTicks/2))
		}
	}
	r, err := diff.Runs(img[0], img[1], o)
	if err != nil {
		return nil, err
	}
	if !d.json {
		for i, which := range [...]string{"a", "b"} {
			fmt.Fprintf(out, "%s: %s\n", which, fidelityLine(img[i].Chip, img[i].Fidelity))
		}
	}
	return r, nil
}

// traces compares two traces and, if there are images, explains from them.
func (d *diffFlags) traces(cmd *cobra.Command, args []string, b [2][]byte) error {
	var t [2]*aer.Trace
	for i, a := range args {
		var err error
		if t[i], err = aer.Read(b[i], a); err != nil {
			return err
		}
	}
	r := diff.Traces(t[0], t[1])
	if r.Equal || d.imageA == "" {
		return d.answer(cmd, args, &r, nil)
	}
	names := []string{d.imageA, d.imageB}
	var img [2][]byte
	for i, name := range names {
		var err error
		if img[i], err = readInput(cmd, name); err != nil {
			return err
		}
	}
	x, err := d.runs(cmd, names, img, cmd.OutOrStdout())
	if err != nil {
		return err
	}
	where := "the images do not differ"
	if !x.Equal {
		where = "the images differ first at " + x.First.String()
	}
	r.Explanation = append(append(r.Explanation, where), x.Explanation...)
	return d.answer(cmd, args, &r, x)
}

// answer prints a result; a difference is an answer of no.
func (d *diffFlags) answer(cmd *cobra.Command, args []string, r *diff.Result, x *diff.RunResult) error {
	if d.json {
		j := diffJSON{Schema: "hillock/diff/1", Result: r}
		if x != nil {
			j.Ticks, j.Neurons, j.Arithmetic = x.Ticks, x.Neurons, x.Arithmetic
		}
		if err := printJSON(cmd.OutOrStdout(), j); err != nil {
			return err
		}
	} else if err := r.Text(cmd.OutOrStdout()); err != nil {
		return err
	}
	if !r.Equal {
		return answerNo("%s and %s differ", args[0], args[1])
	}
	return nil
}

// readEvents reads a trace or a file of events, whatever its kind.
func readEvents(cmd *cobra.Command, path string) (*aer.Trace, error) {
	b, err := readInput(cmd, path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(b, []byte(chip.ImageMagic)) {
		return nil, fmt.Errorf("%s: need events or a trace, have an image of %d bytes", path, len(b))
	}
	return aer.Read(b, path)
}
