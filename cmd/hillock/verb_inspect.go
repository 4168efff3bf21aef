package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hillock/chip"
	"hillock/compiler/import/corelet"
	"hillock/compiler/import/netfile"
	"hillock/compiler/import/nir"
	"hillock/router/aer"
)

func newInspect() *cobra.Command {
	var c common
	var nf netFlags
	cmd := &cobra.Command{
		Use: "inspect FILE", Short: "Say what a file is: kind, nodes, shapes, assumptions", Args: needArgs(1, 1, "1 operand FILE"),
		Long:    "The kind is decided by content. Networks are listed node by node, with every\nassumption that compiling them would make; images and traces with their sizes.",
		Example: "  hillock inspect model.nir\n  hillock inspect my.net.json\n  hillock inspect digits.img --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := readInput(cmd, args[0])
			if err != nil {
				return err
			}
			switch {
			case netfile.IsNIR(b):
				return inspectNIR(cmd, &c, &nf, b, args[0])
			case netfile.IsText(b):
				return inspectText(cmd, &c, &nf, b, args[0])
			case netfile.IsONNX(b):
				return inspectONNX(cmd, &c, b, args[0])
			case bytes.HasPrefix(b, []byte(chip.ImageMagic)):
				return inspectImage(cmd, &c, b, args[0])
			}
			if b, ok := cellsFile(b); ok {
				return inspectCells(cmd, &c, b, args[0])
			}
			if b := unpacked(b); corelet.IsSpikes(b) {
				return inspectSpikes(cmd, &c, b, args[0])
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
	Facts       []factJSON       `json:"facts,omitempty"`
}

func inspectNIR(cmd *cobra.Command, c *common, nf *netFlags, b []byte, name string) error {
	f, err := nir.Parse(b, name)
	if err != nil {
		return err
	}
	nodes := nodesJSON(f.Describe())
	refused, as := "", []assumptionJSON{}
	net, err := nir.ToNetwork(f, nf.options())
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
	printNodes(out, nodes)
	printReading(out, as, refused)
	return nil
}

// printNodes lists the nodes of a network.
func printNodes(out io.Writer, nodes []nodeJSON) {
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, n := range nodes {
		from := ""
		if len(n.From) > 0 {
			from = "from " + strings.Join(n.From, ", ")
		}
		shape := ""
		if len(n.Shape) > 0 {
			shape = strings.ReplaceAll(strings.Trim(fmt.Sprint(n.Shape), "[]"), " ", "x")
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", n.Name, n.Type, shape, strings.Join(n.Fields, " "), from)
	}
	t.Flush()
}

// printReading says what was assumed, and why the network is not compiled.
func printReading(out io.Writer, as []assumptionJSON, refused string) {
	for _, a := range as {
		fmt.Fprintf(out, "assumption: %s = %s: %s\n", a.What, a.Value, a.Why)
	}
	if refused != "" {
		fmt.Fprintf(out, "not compiled: %s\n", refused)
	}
}

func inspectImage(cmd *cobra.Command, c *common, b []byte, name string) error {
	img, err := decodeImage(b, name)
	if err != nil {
		return err
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), inspectJSON{"hillock/inspect/1", "image", "", popsJSON(img), []assumptionJSON{}, "", imageFacts(img, b)})
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: image %s for chip %s, %d cores\n", name, chip.Hash(b), img.Chip, len(img.Cores))
	for _, p := range img.Pops {
		fmt.Fprintf(out, "  population %s: %d neurons, depth %d%s\n", p.Name, p.N, p.Depth, map[bool]string{true: ", input"}[p.Input]+map[bool]string{true: ", output"}[p.Output])
	}
	for _, k := range img.Cores {
		fmt.Fprintf(out, "  core %d: %d compartments, %d in-axons, %d synapses, %d out-axons\n", k.ID, k.Image.N, len(k.Image.Axons), k.Image.Synapses()+points(k.Image), len(k.Image.Out))
	}
	if img.Frame != nil {
		fmt.Fprintf(out, "  frame: %s\n", frameText(img))
	}
	for _, x := range boardFacts(img) {
		fmt.Fprintf(out, "  %s: %s\n", x.Key, x.Value)
	}
	for _, m := range img.Meta {
		fmt.Fprintf(out, "  %s: %s\n", m.Key, m.Value)
	}
	return nil
}

// frameText is the words with which a host frames a sample, by port.
func frameText(img *chip.Image) string {
	ports := img.Cores[0].Image.Event.Spec.Control.Ports
	words := func(list []chip.FrameWord) string {
		s := ""
		for _, w := range list {
			s += fmt.Sprintf(" %s %#x", ports[w.Port].Name, w.Word)
			if w.Times > 1 {
				s += fmt.Sprintf(" (%d times)", w.Times)
			}
		}
		if s == "" {
			return " nothing"
		}
		return s
	}
	f := img.Frame
	s := "before a sample" + words(f.Before) + "; behind the inputs of a step" + words(f.Step) + "; behind the last step" + words(f.After)
	if f.Reset {
		s += "; memories are written anew before a sample"
	}
	return s
}

// boardFacts are the parts and wires of a board of chips without ticks.
func boardFacts(img *chip.Image) (out []factJSON) {
	for i, p := range img.Parts {
		out = append(out, fact("part "+p.Name, fmt.Sprintf("core %d, chip %s, description %s", img.Cores[i].ID, p.Chip, p.ChipHash)))
	}
	for _, w := range img.Wires {
		port := img.Cores[w.To].Image.Event.Spec.Control.Ports[w.Port].Name
		out = append(out, fact("wire "+img.PartName(w.From), fmt.Sprintf("to %s, port %s: address a is the word %d + a*%d", img.PartName(w.To), port, w.Word, w.Scale)))
	}
	return out
}

// nodeJSON is a node of a network, or a population of an image or a trace.
type nodeJSON struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Fields  []string `json:"fields,omitempty"`
	From    []string `json:"from,omitempty"`
	Shape   []int    `json:"shape,omitempty"` // of the values that leave it
	Neurons int      `json:"neurons,omitempty"`
	Depth   *int     `json:"depth,omitempty"`
	Spikes  *int64   `json:"spikes,omitempty"`
}

func nodesJSON(in []nir.NodeInfo) []nodeJSON {
	out := make([]nodeJSON, 0, len(in))
	for _, n := range in {
		out = append(out, nodeJSON{Name: n.Name, Type: n.Type, Fields: n.Fields, From: n.From, Shape: n.Shape})
	}
	return out
}

func popsJSON(img *chip.Image) []nodeJSON {
	out := make([]nodeJSON, 0, len(img.Pops))
	for i := range img.Pops {
		p := &img.Pops[i]
		kind := "population"
		switch {
		case p.Input:
			kind = "input"
		case p.Output:
			kind = "output"
		}
		out = append(out, nodeJSON{Name: p.Name, Type: kind, Neurons: p.N, Depth: &p.Depth})
	}
	return out
}

// factJSON is one fact about a file.
type factJSON struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func fact(key string, value any) factJSON { return factJSON{key, fmt.Sprint(value)} }

func imageFacts(img *chip.Image, b []byte) []factJSON {
	out := []factJSON{fact("image_hash", chip.Hash(b)), fact("chip", img.Chip), fact("chip_hash", img.ChipHash), fact("cores", len(img.Cores))}
	out = append(out, boardFacts(img)...)
	for _, k := range img.Meta {
		out = append(out, factJSON(k))
	}
	return out
}

// inspectOther says the kind of a file that is neither network nor image, and
// the sizes of a trace or events.
func inspectOther(cmd *cobra.Command, c *common, b []byte, name string) error {
	kind := aer.Sniff(b)
	if kind == aer.Unknown {
		return fmt.Errorf("%s: unknown kind of file: %d bytes that start with %q; need a NIR or ONNX network, a network in text, an image, a trace or events", name, len(b), b[:min(8, len(b))])
	}
	inner := kind
	if kind == aer.Gzip {
		inner = aer.Sniff(gunzipHead(b))
	}
	j := inspectJSON{Schema: "hillock/inspect/1", Kind: kind.String(), Nodes: []any{}, Assumptions: []assumptionJSON{}}
	if kind == aer.Gzip {
		j.Kind = kindOf(b)
	}
	switch inner {
	case aer.TraceFile, aer.EventCSV, aer.EventNpz:
		t, err := aer.Read(b, name)
		if err != nil {
			return err
		}
		j.Nodes, j.Facts = traceFacts(t)
	case aer.JSONFile:
		j.Facts = jsonFacts(b)
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), j)
	}
	return j.text(cmd.OutOrStdout(), name)
}

// text prints kind, populations and facts.
func (j *inspectJSON) text(out io.Writer, name string) error {
	fmt.Fprintf(out, "%s: %s\n", name, j.Kind)
	if pops, ok := j.Nodes.([]nodeJSON); ok {
		for _, p := range pops {
			fmt.Fprintf(out, "  population %s: %s\n", p.Name, many(int(*p.Spikes), "spike"))
		}
	}
	for _, f := range j.Facts {
		if _, err := fmt.Fprintf(out, "  %s: %s\n", f.Key, f.Value); err != nil {
			return err
		}
	}
	return nil
}

func traceFacts(t *aer.Trace) ([]nodeJSON, []factJSON) {
	spikes := make([]int64, len(t.Pops))
	last := int64(-1)
	for _, s := range t.Spikes {
		spikes[s.Pop]++
		last = max(last, s.Tick)
	}
	pops := make([]nodeJSON, 0, len(t.Pops))
	for i, p := range t.Pops {
		pops = append(pops, nodeJSON{Name: p, Type: "population", Spikes: &spikes[i]})
	}
	facts := []factJSON{fact("spikes", len(t.Spikes)), fact("last_tick", last), fact("probes", len(t.Probes)), fact("incidents", len(t.Incidents)), fact("trace_hash", t.Stream().Hash())}
	if t.Ticks > 0 {
		facts = append(facts, fact("ticks", t.Ticks))
	}
	for _, k := range t.Meta {
		facts = append(facts, factJSON(k))
	}
	return pops, facts
}
