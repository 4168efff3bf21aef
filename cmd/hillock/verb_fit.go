package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler"
	"hillock/compiler/graph"
	"hillock/compiler/remedy"
	"hillock/test/eval"
)

type misfitJSON struct {
	Population string       `json:"population"`
	Core       int          `json:"core"`
	Resource   string       `json:"resource"`
	Need       int64        `json:"need"`
	Have       int64        `json:"have"`
	Because    string       `json:"because"`
	Remedies   []remedyJSON `json:"remedies"`
}

// remedyJSON is a change after which the compiler was run again, and fits.
type remedyJSON struct {
	Change   string `json:"change"` // flags to add
	Kind     string `json:"kind"`   // exact, late, approximate
	Ticks    int    `json:"ticks"`  // late: by how many
	Cores    int    `json:"cores"`
	Verified bool   `json:"verified"`
}

// misfitsJSON lists misfits with their remedies, which are parallel to them or
// nil where none were looked for.
func misfitsJSON(ms []compiler.Misfit, remedies [][]remedy.Found) []misfitJSON {
	out := make([]misfitJSON, 0, len(ms))
	for i, m := range ms {
		x := misfitJSON{m.Population, m.Core, m.Resource, m.Need, m.Have, m.Because, []remedyJSON{}}
		if i < len(remedies) {
			for _, r := range remedies[i] {
				x.Remedies = append(x.Remedies, remedyJSON{r.Text(), string(r.Kind), r.Ticks, r.Cores, true})
			}
		}
		out = append(out, x)
	}
	return out
}

// printRemedies lists what makes the network fit, each change once with the
// misfits that it is for.
func printRemedies(w io.Writer, ms []compiler.Misfit, remedies [][]remedy.Found) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	seen := map[string]bool{} // looked up only
	for i := range remedies {
		for _, r := range remedies[i] {
			text := r.Text()
			if seen[text] {
				continue
			}
			if len(seen) == 0 {
				fmt.Fprintln(t, "remedies (each was compiled, and fits)\tspikes\tcores\tagainst")
			}
			seen[text] = true
			var against []string
			for k := range remedies {
				at := strings.TrimSpace(ms[k].Population + " " + ms[k].Resource)
				if slices.ContainsFunc(remedies[k], func(o remedy.Found) bool { return o.Text() == text }) && !slices.Contains(against, at) {
					against = append(against, at)
				}
			}
			kind := string(r.Kind)
			if r.Kind == remedy.Late {
				kind = fmt.Sprintf("late, %s", many(r.Ticks, "tick"))
			}
			if len(against) > 3 {
				against = append(against[:3], fmt.Sprintf("and %d more", len(against)-3))
			}
			fmt.Fprintf(t, "  %s\t%s\t%d\t%s\n", text, kind, r.Cores, strings.Join(against, ", "))
		}
	}
	if len(seen) == 0 && len(remedies) > 0 {
		fmt.Fprintln(t, "no remedy was found that fits")
	}
	t.Flush()
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
	r, remedies, as, err := c.fitFile(b, path, f)
	if err != nil {
		return err
	}
	if err := printFit(cmd, &c.common, f, r, remedies, assumptionsJSON(as)); err != nil {
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

// fitFile runs the passes over a file of any kind of network, and where it
// does not fit looks for remedies.
func (c *compileFlags) fitFile(b []byte, path string, f *chip.Family) (*compiler.FitResult, [][]remedy.Found, []graph.Assumption, error) {
	o := c.effort.options(compiler.Options{Strict: c.net.o.Strict})
	raw, err := c.net.raw(b, path)
	if err != nil {
		return nil, nil, nil, err
	}
	if raw != nil {
		if err := c.effort.refuse(path); err != nil {
			return nil, nil, nil, err
		}
		r, err := compiler.FitRaw(raw, f, o)
		if err != nil || r.Fits {
			return r, nil, nil, err
		}
		return r, remedy.FindRaw(raw, f, o, r), nil, nil
	}
	var convert remedy.Convert
	if isDeep(b) {
		convert = func(f *chip.Family) (*graph.Network, error) { return c.fitted(b, path, f) }
	}
	net, err := c.fitted(b, path, f)
	if err != nil {
		return nil, nil, nil, err
	}
	as := net.Assumptions
	net, f, o, err = c.effort.apply(net, f, o)
	if err != nil {
		return nil, nil, nil, err
	}
	r, err := compiler.Fit(net, f, o)
	if err != nil || r.Fits {
		return r, nil, as, err
	}
	return r, remedy.Find(net, f, o, r, convert), as, nil
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
	if c.net.o.Strict { // what conversion itself chooses is no gap in the file
		deep.Net.Assumptions = slices.DeleteFunc(deep.Net.Assumptions, func(a graph.Assumption) bool { return a.Flag == "" })
	}
	return deep.Net, nil
}

// fitTicks is the inference that fit assumes where nothing says how long one is.
const fitTicks = 16

func printFit(cmd *cobra.Command, c *common, f *chip.Family, r *compiler.FitResult, remedies [][]remedy.Found, as []assumptionJSON) error {
	out := cmd.OutOrStdout()
	if c.json {
		return printJSON(out, struct {
			Schema      string           `json:"schema"`
			Chip        string           `json:"chip"`
			Fits        bool             `json:"fits"`
			Cores       int              `json:"cores"`
			Misfits     []misfitJSON     `json:"misfits"`
			Assumptions []assumptionJSON `json:"assumptions"`
		}{"hillock/fit/1", f.Name, r.Fits, r.Cores, misfitsJSON(r.Misfits, remedies), as})
	}
	if r.Fits {
		_, err := fmt.Fprintf(out, "fits %s: %s\n", f.Name, many(r.Cores, "core"))
		return err
	}
	fmt.Fprintf(out, "does not fit %s (%s planned): %s\n", f.Name, many(r.Cores, "core"), many(len(r.Misfits), "misfit"))
	printMisfits(out, r.Misfits)
	printRemedies(out, r.Misfits, remedies)
	return nil
}
