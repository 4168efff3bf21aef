package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler/graph"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/compiler/import/text"
)

// netFlags say how a network file is read where the file is silent.
type netFlags struct {
	o  nir.Options
	dt secondsValue
}

func (n *netFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&n.o.Dialect, "dialect", "", "reading of the file: auto, nir, snntorch, norse, sinabs, rockpool, lava")
	f.Var(&n.dt, "dt", "time per tick, as 1ms or 0.001 (default: assumed from the file)")
	f.StringVar(&n.o.Reset, "reset", "", "reset of a spike: file, zero, subtract, zero-late, subtract-late")
	f.StringVar(&n.o.Compare, "compare", "", "threshold comparison: gt or ge")
	f.StringVar(&n.o.Multispike, "multispike", "", "several spikes per tick: on or off")
	f.StringVar(&n.o.Floor, "floor", "", "lower bound of the membrane: a number or none")
	f.BoolVar(&n.o.Strict, "strict", false, "refuse what the file leaves open instead of assuming it")
}

func (n *netFlags) network(b []byte, name string) (*graph.Network, error) {
	if flag := n.spiking(); flag != "" && netfile.IsText(b) {
		return nil, textSays(flag, name)
	}
	if !netfile.IsNIR(b) && !netfile.IsText(b) {
		return nil, fmt.Errorf("%s: need a network (NIR in HDF5, or text), have %s of %d bytes", name, kindOf(b), len(b))
	}
	return netfile.Network(b, name, n.options())
}

// text reads a network in text, which leaves nothing open.
func (n *netFlags) text(b []byte, name string) (*text.File, error) {
	if flag := n.spiking(); flag != "" {
		return nil, textSays(flag, name)
	}
	return netfile.Text(b, name)
}

func textSays(flag, name string) error {
	return fmt.Errorf("--%s: how a NIR file is read; %s is a network in text, which says it itself", flag, name)
}

// raw is the network of a text in a chip's own numbers, nil if it is another kind.
func (n *netFlags) raw(b []byte, name string) (*graph.Raw, error) {
	if !netfile.IsText(b) {
		return nil, nil
	}
	f, err := n.text(b, name)
	if err != nil {
		return nil, err
	}
	return f.Raw, nil
}

// spiking is the first flag given that only says how spiking neurons are
// read, "" if none.
func (n *netFlags) spiking() string {
	given := [...]struct {
		flag string
		on   bool
	}{{"dialect", n.o.Dialect != "" && n.o.Dialect != "auto"}, {"dt", n.dt != 0}, {"reset", n.o.Reset != ""}, {"compare", n.o.Compare != ""}, {"multispike", n.o.Multispike != ""}, {"floor", n.o.Floor != ""}}
	for _, g := range given {
		if g.on {
			return g.flag
		}
	}
	return ""
}

// options are the reader's options of the flags.
func (n *netFlags) options() nir.Options {
	o := n.o
	o.DT = float64(n.dt)
	return o
}

// assumptionJSON is an assumption as verbs print it.
type assumptionJSON struct {
	What  string `json:"what"`
	Value string `json:"value"`
	Why   string `json:"why"`
	Flag  string `json:"flag,omitempty"`
}

func assumptionsJSON(as []graph.Assumption) []assumptionJSON {
	out := make([]assumptionJSON, 0, len(as))
	for _, a := range as {
		out = append(out, assumptionJSON(a))
	}
	return out
}

func (c *common) printAssumptions(cmd *cobra.Command, as []graph.Assumption) {
	for _, a := range as {
		flag := ""
		if a.Flag != "" {
			flag = fmt.Sprintf(" (set it with %s)", dashed(a.Flag))
		}
		c.notice(cmd, "assumed: %s = %s: %s%s", a.What, a.Value, a.Why, flag)
	}
}

func dashed(flag string) string {
	if strings.HasPrefix(flag, "-") {
		return flag
	}
	return "--" + flag
}

// fidelityLine is the first line of any run: what is emulated, how exactly.
func fidelityLine(name string, fs []chip.Fidelity) string {
	if len(fs) == 0 {
		return fmt.Sprintf("chip %s: fidelity unknown", name)
	}
	var parts []string
	for _, f := range fs {
		s := f.Feature + " " + f.Label
		if f.Against != "" && strings.HasPrefix(f.Label, "exact") {
			s += " (" + shortly(f.Against) + ")"
		}
		parts = append(parts, s)
	}
	return "chip " + name + ": " + strings.Join(parts, "; ")
}

// shortly is the name of a reference without the details behind it.
func shortly(against string) string {
	if at := strings.IndexAny(against, ":,;"); at > 0 {
		return against[:at]
	}
	return against
}

const floatLine = "chip float: the float64 reference of the network, no hardware; no time, no energy"

// fidelityJSON is the object of labels by feature, in order of the features.
func fidelityJSON(fs []chip.Fidelity) map[string]string {
	out := map[string]string{} // encoding/json sorts the keys
	for _, f := range fs {
		out[f.Feature] = f.Label
	}
	return out
}
