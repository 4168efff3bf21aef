package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hillock/compiler/graph"
	"hillock/compiler/import/text"
)

// inspectText lists the populations, projections and rules of a network in
// text.
func inspectText(cmd *cobra.Command, c *common, nf *netFlags, b []byte, name string) error {
	f, err := nf.text(b, name)
	if err != nil {
		return err
	}
	kind, nodes := "network in text, in a chip's own numbers", []nodeJSON(nil)
	if f.Raw != nil {
		nodes = rawNodes(f.Raw)
	} else {
		kind, nodes = "network in text, neutral parameters", netNodes(f.Net)
	}
	facts := []factJSON{fact("schema", text.Schema), fact("name", f.Name)}
	if c.json {
		return printJSON(cmd.OutOrStdout(), inspectJSON{"hillock/inspect/1", "text", "", nodes, []assumptionJSON{}, "", facts})
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: %s, %d nodes\n", name, kind, len(nodes))
	printNodes(out, nodes)
	return nil
}

func rawNodes(n *graph.Raw) []nodeJSON {
	var out []nodeJSON
	for k, p := range n.Pops {
		node := nodeJSON{Name: p.Name, Type: "neuron", Neurons: p.N, Shape: []int{p.N}}
		if p.Input {
			node.Type = "input"
		}
		if p.Group != "" {
			node.Fields = append(node.Fields, "group="+p.Group)
		}
		for _, f := range p.Fields {
			node.Fields = append(node.Fields, f.Name)
		}
		for _, q := range n.Projs {
			if q.Post == k {
				node.From = append(node.From, n.Pops[q.Pre].Name)
			}
		}
		out = append(out, node)
	}
	for _, q := range n.Projs {
		fields := []string{many(len(q.Synapses), "synapse")}
		if q.Rule >= 0 {
			fields = append(fields, "plastic="+n.Rules[q.Rule].Name)
		}
		out = append(out, nodeJSON{Name: q.Name, Type: "projection", Fields: fields, From: []string{n.Pops[q.Pre].Name}})
	}
	for _, r := range n.Rules {
		node := nodeJSON{Name: r.Name, Type: "learning", Fields: []string{"model=" + r.Model}}
		for _, t := range r.Targets {
			node.Fields = append(node.Fields, t.Name+" = "+t.Text)
		}
		out = append(out, node)
	}
	for _, m := range n.Modulators {
		out = append(out, nodeJSON{Name: fmt.Sprintf("MOD%d", m.Register), Type: "modulator",
			Fields: []string{fmt.Sprintf("keep=%d/4096 gain=%d top=%d", m.Keep, m.Gain, m.Top)}, From: []string{n.Pops[m.Pop].Name}})
	}
	return out
}

func netNodes(n *graph.Network) []nodeJSON {
	kinds := map[graph.Kind]string{graph.Input: "input", graph.CubaLIF: "neuron", graph.Readout: "readout"}
	var out []nodeJSON
	for k, p := range n.Pops {
		node := nodeJSON{Name: p.Name, Type: kinds[p.Kind], Neurons: p.N, Shape: []int{p.N}}
		for _, q := range n.Projs {
			if q.Post == k {
				node.From = append(node.From, n.Pops[q.Pre].Name)
			}
		}
		out = append(out, node)
	}
	return out
}
