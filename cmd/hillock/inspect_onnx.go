package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hillock/compiler/analog"
	"hillock/compiler/import/onnx"
)

// inspectONNX lists the nodes of an ONNX file and the layers they become.
func inspectONNX(cmd *cobra.Command, c *common, b []byte, name string) error {
	g, err := onnx.Parse(b, name)
	if err != nil {
		return err
	}
	refused := ""
	m, err := g.Model()
	if err != nil {
		refused, m = err.Error(), &analog.Model{}
	}
	as := onnxAssumptions(m)
	nodes := make([]nodeJSON, 0, len(g.Nodes)+1)
	for _, n := range onnx.Describe(g) {
		nodes = append(nodes, nodeJSON{Name: n.Name, Type: n.Type, Fields: n.Fields, From: n.From})
	}
	facts := []factJSON{fact("opset", g.Opset()), fact("ir_version", g.IR), fact("producer", strings.TrimSpace(g.Producer+" "+g.ProducerVersion))}
	for i := range m.Layers {
		facts = append(facts, fact("layer", layerText(&m.Layers[i])))
	}
	if c.json {
		return printJSON(cmd.OutOrStdout(), inspectJSON{"hillock/inspect/1", "onnx", fmt.Sprint(g.IR), nodes, as, refused, facts})
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: ONNX network, opset %d, %d nodes\n", name, g.Opset(), len(g.Nodes))
	printNodes(out, nodes)
	for _, f := range facts[2:] {
		fmt.Fprintf(out, "%s: %s\n", f.Key, f.Value)
	}
	printReading(out, as, refused)
	return nil
}

// onnxAssumptions are the decisions of the importer.
func onnxAssumptions(m *analog.Model) []assumptionJSON {
	out := []assumptionJSON{}
	if len(m.Provenance) == 0 {
		return out
	}
	for _, why := range m.Provenance[1:] {
		out = append(out, assumptionJSON{What: "import", Value: "inference", Why: why})
	}
	return out
}

// layerText writes a layer of the analogue network: name, kind, shapes, what
// follows the sum.
func layerText(l *analog.Layer) string {
	kind := [...]string{analog.Dense: "dense", analog.Conv: "conv", analog.Pool: "pool", analog.MaxPool: "max pool", analog.Sum: "sum"}[l.Kind]
	text := fmt.Sprintf("%s %s %s -> %s", l.Name, kind, shapeText(l.In), shapeText(l.Out))
	switch l.Act {
	case analog.Relu:
		text += " relu"
	case analog.Clip:
		text += fmt.Sprintf(" clip %g..%g", l.Lo, l.Hi)
	}
	if q := l.Quant; q != nil {
		text += fmt.Sprintf(" steps of %g from %d to %d, zero %d", q.Scale, q.Lo, q.Hi, q.Zero)
	}
	return text
}

func shapeText(s analog.Shape) string { return fmt.Sprintf("%dx%dx%d", s[0], s[1], s[2]) }
