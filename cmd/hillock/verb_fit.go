package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
	"hillock/test/eval"
)

type misfitJSON struct {
	Population string `json:"population"`
	Core       int    `json:"core"`
	Resource   string `json:"resource"`
	Need       int64  `json:"need"`
	Have       int64  `json:"have"`
	Because    string `json:"because"`
	Remedies   []any  `json:"remedies"`
}

func misfitsJSON(ms []compiler.Misfit) []misfitJSON {
	out := make([]misfitJSON, 0, len(ms))
	for _, m := range ms {
		out = append(out, misfitJSON{m.Population, m.Core, m.Resource, m.Need, m.Have, m.Because, []any{}})
	}
	return out
}

func printMisfits(w io.Writer, ms []compiler.Misfit) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "population\tcore\tresource\tneed\thave\tbecause")
	for _, m := range ms {
		at := "-"
		if m.Core >= 0 {
			at = fmt.Sprint(m.Core)
		}
		pop := m.Population
		if pop == "" {
			pop = "-" // the whole network
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%s\n", pop, at, m.Resource, m.Need, m.Have, m.Because)
	}
	t.Flush()
}

func newFit() *cobra.Command {
	var c compileFlags
	cmd := &cobra.Command{
		Use: "fit NETWORK --chip NAME", Short: "Say whether a network fits a chip, and every reason why not", Args: needArgs(1, 1, "1 operand NETWORK"),
		Long: "Compile without writing anything and list all misfits at once: population, core,\nresource, need, have and the reason. Exit status 1 if it does not fit.",
		Example: `  hillock fit model.nir --chip loihi1
  hillock fit model.nir --chip ./mychip.json --reset zero --json
  hillock fit model.onnx --chip loihi2 --encode ttfs:15`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.fit(cmd, args[0]) },
	}
	c.add(cmd)
	cmd.Flags().StringVar(&c.family, "chip", "loihi1", "chip family or path of a description")
	cmd.Flags().StringVar(&c.calib.encode, "encode", "rate", "code of a deep network, as in eval")
	c.deep = deepFlags{scale: defaultScale, correct: defaultCorrect}
	c.net.add(cmd)
	c.effort.add(cmd)
	return cmd
}

func (c *compileFlags) fit(cmd *cobra.Command, path string) error {
	if err := c.effort.check("fit"); err != nil {
		return err
	}
	f, err := loadChip(c.family)
	if err != nil {
		return err
	}
	b, err := readInput(cmd, path)
	if err != nil {
		return err
	}
	r, as, err := c.fitFile(b, path, f)
	if err != nil {
		return err
	}
	if err := printFit(cmd, &c.common, f, r, assumptionsJSON(as)); err != nil {
		return err
	}
	if !c.json {
		c.printAssumptions(cmd, as)
	}
	if !r.Fits {
		return answerNo("%s does not fit %s: %s", path, f.Name, many(len(r.Misfits), "misfit"))
	}
	return nil
}

// fitFile runs the passes over a file of any kind of network.
func (c *compileFlags) fitFile(b []byte, path string, f *chip.Family) (*compiler.FitResult, []graph.Assumption, error) {
	o := c.effort.options(compiler.Options{Strict: c.net.o.Strict})
	raw, err := c.net.raw(b, path)
	if err != nil {
		return nil, nil, err
	}
	if raw != nil {
		r, err := compiler.FitRaw(raw, f, o)
		return r, nil, err
	}
	net, err := c.fitted(b, path, f)
	if err != nil {
		return nil, nil, err
	}
	r, err := compiler.Fit(net, f, o)
	return r, net.Assumptions, err
}

// fitted is the network of a file as the chip would get it; a deep network is
// converted without data, with the largest ranges that any input can give.
func (c *compileFlags) fitted(b []byte, path string, f *chip.Family) (*graph.Network, error) {
	if !isDeep(b) {
		return c.net.network(b, path)
	}
	d, err := c.readDeep(b, path, c.calib.encode, fitTicks)
	if err != nil {
		return nil, err
	}
	if err := d.calibrate("", "", nil, 0); err != nil {
		return nil, err
	}
	deep, err := eval.Convert(d.model, f, d.opts)
	if err != nil {
		return nil, err
	}
	deep.Net.Assumptions = append(append([]graph.Assumption{}, d.as...), deep.Net.Assumptions...)
	return deep.Net, nil
}

// fitTicks is the inference that fit assumes where nothing says how long one is.
const fitTicks = 16

func printFit(cmd *cobra.Command, c *common, f *chip.Family, r *compiler.FitResult, as []assumptionJSON) error {
	out := cmd.OutOrStdout()
	if c.json {
		return printJSON(out, struct {
			Schema      string           `json:"schema"`
			Chip        string           `json:"chip"`
			Fits        bool             `json:"fits"`
			Cores       int              `json:"cores"`
			Misfits     []misfitJSON     `json:"misfits"`
			Assumptions []assumptionJSON `json:"assumptions"`
		}{"hillock/fit/1", f.Name, r.Fits, r.Cores, misfitsJSON(r.Misfits), as})
	}
	if r.Fits {
		_, err := fmt.Fprintf(out, "fits %s: %s\n", f.Name, many(r.Cores, "core"))
		return err
	}
	fmt.Fprintf(out, "does not fit %s (%s planned): %s\n", f.Name, many(r.Cores, "core"), many(len(r.Misfits), "misfit"))
	printMisfits(out, r.Misfits)
	return nil
}
