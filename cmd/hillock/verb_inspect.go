package main

import (
	"bytes"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/router/aer"
)

func newInspect() *cobra.Command {
	var c common
	var nf netFlags
	cmd := &cobra.Command{
		Use: "inspect FILE", Short: "Say what a file is: kind, nodes, shapes, assumptions", Args: cobra.ExactArgs(1),
		Long:    "The kind is decided by content. Networks are listed node by node, with every\nassumption that compiling them would make; images and traces with their sizes.",
		Example: "  hillock inspect model.nir\n  hillock inspect digits.img --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := readInput(cmd, args[0])
			if err != nil {
				return err
			}
			switch {
			case netfile.IsNIR(b):
				return inspectNIR(cmd, &c, &nf, b, args[0])
			case bytes.HasPrefix(b, []byte(chip.ImageMagic)):
				return inspectImage(cmd, &c, b, args[0])
			}
			return inspectOther(cmd, &c, b, args[0])
		},
	}
	c.add(cmd)
	nf.add(cmd)
	return cmd
}

// inspectJSON is the object of the inspect verb.
type inspectJSON struct {
	Schema      string           `json:"schema"`
	Kind        string           `json:"kind"`
	Version     string           `json:"version,omitempty"`
	Nodes       any              `json:"nodes"`
	Assumptions []assumptionJSON `json:"assumptions"`
	Refused     string           `json:"refused,omitempty"`
	Facts       []chip.KV        `json:"facts,omitempty"`
}

func inspectNIR(cmd *cobra.Command, c *common, nf *netFlags, b []byte, name string) error {
	f, err := nir.Parse(b, name)
	if err != nil {
		return err
	}
	nodes := f.Describe()
	refused, as := "", []assumptionJSON{}
	net, err := nir.ToNetwork(f, nf.o)
	if err != nil {
		refused = err.Error()
	} else {
		as = assumptionsJSON(net.Assumptions)
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), inspectJSON{"hillock/inspect/1", "nir", f.Version, nodes, as, refused, nil})
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: NIR network, format version %s, %d nodes\n", name, f.Version, len(nodes))
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, n := range nodes {
		fmt.Fprintf(t, "  %s\n", n)
	}
	t.Flush()
	for _, a := range as {
		fmt.Fprintf(out, "assumption: %s = %s: %s\n", a.What, a.Value, a.Why)
	}
	if refused != "" {
		fmt.Fprintf(out, "not compiled: %s\n", refused)
	}
	return nil
}

func inspectImage(cmd *cobra.Command, c *common, b []byte, name string) error {
	img, err := chip.DecodeImage(b, name)
	if err != nil {
		return err
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), inspectJSON{"hillock/inspect/1", "image", img.ChipHash, img.Pops, []assumptionJSON{}, "", img.Meta})
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: image %s for chip %s, %d cores\n", name, chip.Hash(b), img.Chip, len(img.Cores))
	for _, p := range img.Pops {
		fmt.Fprintf(out, "  population %s: %d neurons, depth %d%s\n", p.Name, p.N, p.Depth, map[bool]string{true: ", input"}[p.Input]+map[bool]string{true: ", output"}[p.Output])
	}
	for _, k := range img.Cores {
		fmt.Fprintf(out, "  core %d: %d compartments, %d in-axons, %d synapses, %d out-axons\n", k.ID, k.Image.N, len(k.Image.Axons), len(k.Image.Syn), len(k.Image.Out))
	}
	for _, m := range img.Meta {
		fmt.Fprintf(out, "  %s: %s\n", m.Key, m.Value)
	}
	return nil
}

func inspectOther(cmd *cobra.Command, c *common, b []byte, name string) error {
	kind := aer.Sniff(b)
	if kind == aer.Unknown {
		return fmt.Errorf("%s: unknown kind of file: %d bytes that start with %q; need a NIR network, an image, a trace or events", name, len(b), b[:min(8, len(b))])
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), inspectJSON{"hillock/inspect/1", kind.String(), "", []any{}, []assumptionJSON{}, "", nil})
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", name, kind)
	return nil
}
