package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/router/aer"
	"hillock/test/vectors"
)

type vectorsFlags struct {
	common
	in, dir, chip string
	set           []string
	ticks         int64
	spi           string
	period        int64
	transfers     string
}

func newVectors() *cobra.Command {
	var v vectorsFlags
	cmd := &cobra.Command{
		Use: "vectors IMAGE", Short: "Export test vectors for a chip's register-transfer design", Args: needArgs(1, 1, "1 operand IMAGE"),
		Long: `Run an image of a chip without ticks and write, into a folder, its memories for
$readmemh, the stimulus with clock edges, the expected outputs and states of
every event, and a SystemVerilog bench. With --spi the bench programs the chip
over its serial port instead of writing into its memories, as a netlist needs.
Of a chip with ticks whose description has the section layout: memories of every
core, the stimulus tick by tick, the expected spikes, outputs and words of every
tick, and a bench.`,
		Example: "  hillock vectors core.img --in events.csv -o set\n  hillock vectors core.img --in events.csv -o set --ticks 50000000 --json\n  hillock vectors net.img --in events.csv -o set --set weight_bits=12",
		RunE:    func(cmd *cobra.Command, args []string) error { return v.run(cmd, args[0]) },
	}
	v.add(cmd)
	cmd.Flags().StringVar(&v.in, "in", "", "events: csv, npz or a trace file; a tick is a clock edge")
	cmd.Flags().StringVarP(&v.dir, "output", "o", "", "folder for the files")
	cmd.Flags().Int64Var(&v.ticks, "ticks", 0, fmt.Sprintf("most edges to run (0: %d); of a chip with ticks: how many (0: until the events have drained)", vectors.DefaultLimit))
	cmd.Flags().StringVar(&v.chip, "chip", "", "chip with ticks: path of the description, if it is your own")
	cmd.Flags().StringArrayVar(&v.set, "set", nil, "chip with ticks: size of its layout, NAME=VALUE (repeatable)")
	cmd.Flags().StringVar(&v.spi, "spi", "", "program over the serial port: full, or sparse (without what is 0, for memories that start at 0)")
	cmd.Flags().Int64Var(&v.period, "spi-period", 0, "clock edges of a bit on the serial port (0: the fewest)")
	cmd.Flags().StringVar(&v.transfers, "transfers", "", "transfers during the run: lines EDGE PERIOD HEAD DATA..., words in hexadecimal")
	return cmd
}

// options are those of the export.
func (v *vectorsFlags) options(cmd *cobra.Command) (o vectors.Options, err error) {
	o = vectors.Options{Limit: v.ticks, Program: v.spi != "", Sparse: v.spi == "sparse", Period: v.period}
	if v.spi != "" && v.spi != "full" && v.spi != "sparse" {
		return o, fmt.Errorf("vectors: --spi %q, need full or sparse", v.spi)
	}
	if v.transfers == "" {
		return o, nil
	}
	b, err := readInput(cmd, v.transfers)
	if err != nil {
		return o, err
	}
	o.Transfers, err = vectors.ReadTransfers(b, v.transfers)
	return o, err
}

func (v *vectorsFlags) run(cmd *cobra.Command, path string) error {
	if v.in == "" || v.dir == "" {
		return fmt.Errorf("vectors: need --in EVENTS and -o DIR")
	}
	if v.ticks < 0 || v.ticks > maxTicks {
		return fmt.Errorf("vectors: --ticks %d, need 0..%d", v.ticks, int64(maxTicks))
	}
	img, err := readImage(cmd, path)
	if err != nil {
		return err
	}
	s, err := readInputs(cmd, v.in, img)
	if err != nil {
		return err
	}
	in, last, err := chip.Plan(img, s, v.in)
	if err != nil {
		return err
	}
	if err := v.fits(img); err != nil {
		return err
	}
	o, err := v.options(cmd)
	if err != nil {
		return err
	}
	var files []vectors.File
	if img.Ticks() {
		files, err = v.ticked(img, s, last)
	} else {
		files, err = vectors.Export(img, in, last, o)
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(v.dir, 0o777); err != nil {
		return fmt.Errorf("vectors: %w", err)
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
		err := writeOutput(cmd, filepath.Join(v.dir, f.Name), func(w io.Writer) error { _, err := w.Write(f.Data); return err })
		if err != nil {
			return err
		}
	}
	return v.print(cmd, img, names)
}

// fits refuses flags that mean nothing for the chip.
func (v *vectorsFlags) fits(img *chip.Image) error {
	switch {
	case img.Ticks() && (v.spi != "" || v.period != 0 || v.transfers != ""):
		return fmt.Errorf("vectors: chip %s has ticks and no serial port: --spi, --spi-period and --transfers are for chips without ticks", img.Chip)
	case !img.Ticks() && (v.chip != "" || len(v.set) > 0):
		return fmt.Errorf("vectors: the image of chip %s holds its layouts: --chip and --set are for chips with ticks", img.Chip)
	}
	return nil
}

// ticked exports an image of a chip with ticks.
func (v *vectorsFlags) ticked(img *chip.Image, s *aer.Stream, last int64) ([]vectors.File, error) {
	o := vectors.TickOptions{Ticks: cmp.Or(v.ticks, last)}
	var err error
	if o.Sizes, err = parseSettings("vectors", v.set); err != nil {
		return nil, err
	}
	f, err := chip.LoadNamed(cmp.Or(v.chip, img.Chip))
	if err != nil {
		return nil, fmt.Errorf("vectors: %w; give the description with --chip", err)
	}
	return vectors.ExportTicks(f, img, s, o)
}

func (v *vectorsFlags) print(cmd *cobra.Command, img *chip.Image, names []string) error {
	out := cmd.OutOrStdout()
	if v.json {
		return printJSON(out, struct {
			Schema string   `json:"schema"`
			Chip   string   `json:"chip"`
			Dir    string   `json:"dir"`
			Files  []string `json:"files"`
		}{"hillock/vectors/1", img.Chip, v.dir, names})
	}
	fmt.Fprintln(out, fidelityLine(img.Chip, img.Fidelity))
	fmt.Fprintf(out, "%d files in %s\n", len(names), v.dir)
	for _, n := range names {
		fmt.Fprintln(out, "  "+n)
	}
	return nil
}
