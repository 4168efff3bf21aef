package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler"
)

type compileFlags struct {
	common
	net    netFlags
	family string
	out    string
	dump   []string
	seed   int64
	page   string
	config string
	arch   string
	calib  calibFlags
	deep   deepFlags
	effort effortFlags
}

func newCompile() *cobra.Command {
	var c compileFlags
	cmd := &cobra.Command{
		Use: "compile NETWORK --chip NAME -o IMAGE", Short: "Compile a network to the image of a chip", Args: needArgs(1, 1, "1 operand NETWORK"),
		Long: "Quantise, split, place and encode a network. The image holds everything a run\nneeds; the same input and flags give the same bytes. Files that give a chip core\nby core (models of IBM's tool chain, input files of RANC's simulator) are encoded\nas they stand, for the chip that they are of.",
		Example: `  hillock compile model.nir --chip loihi1 --reset zero -o digits.img
  hillock compile model.nir --chip loihi1 --calib digits.csv.gz --encode phase:1,0,1,16 --html report.html -o digits.img
  hillock compile corelet.json -o corelet.img
  hillock compile my.net.json --chip loihi2 -o my.img
  hillock compile snn.yaml --arch loihi.yaml -o mapped.img
  hillock compile model.nir --chip loihi1 --effort high -o small.img
  hillock compile model.onnx --chip loihi1 --calib train-images-idx3-ubyte.gz --encode rate --ticks 32 -o mnist.img`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args[0]) },
	}
	c.add(cmd)
	f := cmd.Flags()
	f.StringVar(&c.family, "chip", "loihi1", "chip family or path of a description")
	f.StringVarP(&c.out, "output", "o", "", "image file to write")
	f.StringVar(&c.config, "config", "", "configuration of the simulator beside a file of crossbar cores (RANC)")
	f.StringVar(&c.arch, "arch", "", "architecture of SANA-FE (YAML): NETWORK is a mapped network or netlist for it")
	f.Int64Var(&c.seed, "seed", 1, "seed, recorded in the image")
	f.StringArrayVar(&c.dump, "dump", nil, "print the unit after this pass (repeatable; 'all')")
	f.StringVar(&c.page, "html", "", "write a report page")
	c.calib.add(cmd)
	c.deep.add(cmd)
	c.net.add(cmd)
	c.effort.add(cmd)
	return cmd
}

func (c *compileFlags) run(cmd *cobra.Command, path string) error {
	if err := knownPasses(c.dump); err != nil {
		return err
	}
	if err := c.effort.check("compile"); err != nil {
		return err
	}
	out, err := c.report(cmd, c.out, c.page)
	if err != nil {
		return err
	}
	b, err := readInput(cmd, path)
	if err != nil {
		return err
	}
	if c.arch != "" {
		return c.compileMapped(cmd, out, b, path)
	}
	if b, ok := cellsFile(b); ok {
		return c.compileCells(cmd, out, b, path)
	}
	r, as, err := c.compile(cmd, b, path)
	if err != nil {
		return err
	}
	bytes := r.Image.Encode()
	if c.out != "" {
		if err := writeOutput(cmd, c.out, func(w io.Writer) error { _, err := w.Write(bytes); return err }); err != nil {
			return err
		}
	}
	hash := chip.Hash(bytes)
	if c.page != "" {
		if err := writeOutput(cmd, c.page, compilePage(r, hash).Render); err != nil {
			return err
		}
	}
	return c.print(cmd, out, r, as, hash, len(bytes))
}

// compile loads the description and the network and runs all passes; misfits
// are printed and end in exit status 1.
func (c *compileFlags) compile(cmd *cobra.Command, b []byte, path string) (*compiler.Result, []assumptionJSON, error) {
	f, err := loadChip(c.family)
	if err != nil {
		return nil, nil, err
	}
	if isDeep(b) {
		d, err := c.readDeep(b, path, c.calib.encode, c.calib.ticks)
		if err != nil {
			return nil, nil, err
		}
		if err := c.calib.checkDeep(); err != nil {
			return nil, nil, err
		}
		d.opts.Dump = c.dumper(cmd)
		if err := d.calibrate(c.calib.data, "", nil, c.calib.n); err != nil {
			return nil, nil, err
		}
		_, r, as, err := c.compileDeep(cmd, d, path, f, false)
		return r, as, err
	}
	raw, err := c.net.raw(b, path)
	if err != nil {
		return nil, nil, err
	}
	if raw != nil {
		return c.compileRaw(cmd, raw, path, f)
	}
	net, err := c.net.network(b, path)
	if err != nil {
		return nil, nil, err
	}
	c.printAssumptions(cmd, net.Assumptions)
	o := c.effort.options(compiler.Options{Seed: c.seed, Strict: c.net.o.Strict, Dump: c.dumper(cmd)})
	if o.Calib, err = c.calib.samples(net); err != nil {
		return nil, nil, err
	}
	net, f, o, err = c.effort.apply(net, f, o)
	if err != nil {
		return nil, nil, err
	}
	r, err := compiler.Compile(net, f, o)
	if err != nil {
		return nil, nil, c.refuse(cmd, err, path, f.Name)
	}
	return r, assumptionsJSON(net.Assumptions), nil
}

// dumper prints the unit after the passes of --dump, nil if there are none.
func (c *compileFlags) dumper(cmd *cobra.Command) func(string, *compiler.Unit) {
	if len(c.dump) == 0 {
		return nil
	}
	return func(pass string, u *compiler.Unit) {
		for _, d := range c.dump {
			if d == pass || d == "all" {
				fmt.Fprintf(cmd.ErrOrStderr(), "== after %s\n", pass)
				if err := u.Dump(cmd.ErrOrStderr()); err != nil {
					return
				}
			}
		}
	}
}

// refuse prints the misfits of a network that does not fit, and makes them an
// answer of no; other errors stay as they are.
func (c *common) refuse(cmd *cobra.Command, err error, path, family string) error {
	var fe *compiler.FitError
	if !errors.As(err, &fe) {
		return err
	}
	if c.silent {
		return &noError{"does not fit: " + many(len(fe.Misfits), "misfit"), fe.Misfits}
	}
	if c.json {
		err := printJSON(cmd.OutOrStdout(), struct {
			Schema  string       `json:"schema"`
			Fits    bool         `json:"fits"`
			Misfits []misfitJSON `json:"misfits"`
		}{"hillock/" + verbName(cmd) + "/1", false, misfitsJSON(fe.Misfits, nil)})
		if err != nil {
			return err
		}
	} else {
		printMisfits(cmd.OutOrStdout(), fe.Misfits)
	}
	return answerNo("%s does not fit %s: %s", path, family, many(len(fe.Misfits), "misfit"))
}

// loadChip loads the description of --chip where a chip is needed.
func loadChip(name string) (*chip.Family, error) {
	if name == "float" {
		return nil, fmt.Errorf("--chip float: the float reference is no chip and has no image; 'hillock eval --chip float' runs it")
	}
	if isKnown(name) {
		return nil, fmt.Errorf("--chip %s: this chip cannot be run exactly; 'hillock chips %s' says why and what is known of it", name, name)
	}
	return chip.LoadNamed(name)
}

func (c *compileFlags) print(cmd *cobra.Command, out io.Writer, r *compiler.Result, as []assumptionJSON, hash string, size int) error {
	rep := r.Report
	perNeuron := float64(r.Image.NeuronBytes()) / float64(max(r.Image.Neurons(), 1))
	if c.json {
		return printJSON(out, struct {
			Schema string `json:"schema"`
			Hash   string `json:"image_hash"`
			Bytes  int    `json:"image_bytes"`
			*compiler.Report
			PerNeuron   float64           `json:"bytes_per_neuron"` // of the emulator
			Assumptions []assumptionJSON  `json:"assumptions"`
			Fidelity    map[string]string `json:"fidelity"`
		}{"hillock/compile/1", hash, size, rep, perNeuron, as, fidelityJSON(r.Image.Fidelity)})
	}
	fmt.Fprintln(out, fidelityLine(r.Image.Chip, r.Image.Fidelity))
	fmt.Fprintf(out, "image %s: %d bytes, %d cores, %d neurons, %d synapses, %.2f bytes per synapse, %.1f per neuron in the emulator\n",
		hash, size, rep.Cores, rep.Neurons, rep.Synapses, rep.BytesPerSynapse, perNeuron)
	for _, l := range rep.Layers {
		fmt.Fprintf(out, "layer %s\n", l)
	}
	m := rep.Mapping
	fmt.Fprintf(out, "mapping: %.6g packets, %.6g hops, busiest link %.6g; multicast trees %.6g hops; busiest core %.6g packets\n", m.Packets, m.Hops, m.MaxLink, m.Tree, m.MaxCore)
	for _, n := range rep.Notes {
		fmt.Fprintf(out, "note: %s\n", n)
	}
	if c.out == "" {
		c.notice(cmd, "no image was written: give -o FILE")
	}
	return nil
}

// knownPasses refuses a pass that does not exist, with the list of passes.
func knownPasses(dump []string) error {
	for _, d := range dump {
		ok := d == "all"
		names := ""
		for _, p := range compiler.Passes() {
			ok = ok || p.Name == d
			names += " " + p.Name
		}
		if !ok {
			return fmt.Errorf("compile: --dump %q is no pass; have all%s", d, names)
		}
	}
	return nil
}
