package main

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/test/eval"
)

// The embedded network and data: see NOTICE.
var (
	//go:embed demo/digits.nir.gz
	demoNetwork []byte
	//go:embed demo/digits.csv.gz
	demoData []byte
)

func newDemo() *cobra.Command {
	e := evalFlags{encode: "phase:1,0,1,16", layout: "flat", ticks: 16, workers: 1, calibN: 1}
	e.family, e.seed = "loihi1", 1
	cmd := &cobra.Command{
		Use: "demo", Short: "The main job on embedded data: compile a digit classifier, run it, report", Args: needArgs(0, 0, ""),
		Long: `Compile a network of 64-96-10 spiking neurons (trained with snnTorch) for a chip, run
all 1,797 test digits, and report accuracy, spikes, time and energy. Everything it
needs is inside the program.`,
		Example: "  hillock demo\n  hillock demo --json -n 100",
		RunE:    func(cmd *cobra.Command, _ []string) error { return e.demo(cmd) },
	}
	e.add(cmd)
	f := cmd.Flags()
	e.addEnergy(cmd)
	f.StringVar(&e.family, "chip", "loihi1", "chip family, path of a description, or all: every family side by side")
	f.IntVarP(&e.n, "images", "n", 0, "number of images (0: all 1,797)")
	f.StringVar(&e.html, "html", "", "write a report page")
	f.StringVar(&e.engine, "engine", "", "oracle or vector")
	f.IntVar(&e.workers, "workers", 1, "goroutines that step cores")
	f.StringVar(&e.point, "point", "", "operating point of the energy table")
	f.Int64Var(&e.seed, "seed", 1, "seed, recorded in the image")
	return cmd
}

func (e *evalFlags) demo(cmd *cobra.Command) error {
	if err := e.check("demo"); err != nil {
		return err
	}
	if e.family == allChips {
		return e.runAll(cmd, "demo", func(f *evalFlags) error { return f.demo(cmd) })
	}
	out, err := e.report(cmd, e.html, e.censusFile)
	if err != nil {
		return err
	}
	start := time.Now()
	in, err := eval.Decode(demoData, "digits.csv.gz", e.encode, e.layout, e.ticks)
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(demoNetwork))
	if err != nil {
		return err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	net, err := netfile.Network(b, "digits.nir", nir.Options{Reset: "zero"})
	if err != nil {
		return err
	}
	f, err := loadChip(e.family)
	if err != nil {
		return err
	}
	o := eval.Options{N: e.n, Progress: progress(cmd.ErrOrStderr(), e.quiet)}
	float, err := eval.Float(net, in, o)
	if err != nil {
		return err
	}
	r, err := compiler.Compile(net, f, compiler.Options{Seed: e.seed})
	if err != nil {
		return e.refuse(cmd, err, "digits.nir", f.Name)
	}
	run, err := eval.Chip(r.Image, in, o, chip.Options{Engine: e.engine, Workers: e.workers, Noise: seededNoise(e.seed)})
	if err != nil {
		return err
	}
	rep, err := e.evaluate(r.Image, run, float, &compiled{r, assumptionsJSON(net.Assumptions)}, time.Since(start))
	if err != nil {
		return err
	}
	if err := addDemoBaseline(rep.census.Network, len(run.Pred)); err != nil {
		return err
	}
	if e.html != "" {
		if err := e.writePage(cmd, r.Image, eval.Spiking(r.Image, in), run, rep); err != nil {
			return err
		}
	}
	rep.json.Schema = "hillock/demo/1"
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
	rep.text(out, r.Image, run, float)
	if e.energy {
		if err := e.printReport(cmd, out, rep); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "demo took %.2f s; next: hillock eval -h\n", time.Since(start).Seconds())
	return nil
}
