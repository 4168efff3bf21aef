package sanafe

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseNetwork reads a network and its mappings, as YAML.
func ParseNetwork(b []byte, a *Arch) (*Network, error) {
	root, err := parse(b)
	if err != nil {
		return nil, err
	}
	top, err := root.need("network")
	if err != nil {
		return nil, err
	}
	n := &Network{}
	if f, ok := top.field("name"); ok {
		n.Name = f.Value
	}
	groups, err := top.need("groups")
	if err != nil {
		return nil, err
	}
	for _, g := range groups.Content {
		if err := n.readGroup(node{g}, a); err != nil {
			return nil, err
		}
	}
	if edges, ok := top.field("edges"); ok {
		for _, p := range edges.pairs() {
			if err := n.readEdge(p[0], p[1], a); err != nil {
				return nil, err
			}
		}
	}
	maps, err := root.need("mappings")
	if err != nil {
		return nil, err
	}
	for _, p := range maps.pairs() {
		if err := n.readMapping(p[0], p[1], a); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// attributes sets what a list of attributes says; those under the name of a
// unit go to the same neuron.
func (x *Neuron) attributes(n node, a *Arch) error {
	for _, p := range n.pairs() {
		if key := p[0].Value; key == "soma" || key == "dendrite" || key == "synapse" {
			if err := x.attributes(p[1], a); err != nil {
				return err
			}
		} else if key == "soma_hw_name" && p[1].Value != a.SomaName || key == "synapse_hw_name" && p[1].Value != a.SynapseName {
			return p[1].fail("%s: need the first unit, have %q", key, clip(p[1].Value))
		} else if err := x.set(key, p[1].Value); err != nil {
			return p[1].fail("%w", err)
		}
	}
	return nil
}

func (n *Network) readGroup(g node, a *Arch) error {
	name, err := g.need("name")
	if err != nil {
		return err
	}
	list, err := g.need("neurons")
	if err != nil {
		return err
	}
	size := 0
	for _, p := range list.entries() {
		_, hi, err := span(p[0].Value)
		if err != nil {
			return p[0].fail("neurons: %w", err)
		}
		size = max(size, hi+1)
	}
	if err := n.group(name.Value, size); err != nil {
		return name.fail("%w", err)
	}
	own := n.Neurons[len(n.Neurons)-size:]
	model := fresh()
	if at, ok := g.field("attributes"); ok {
		if err := model.attributes(at, a); err != nil {
			return err
		}
	}
	seen := make([]bool, size)
	for _, p := range list.entries() {
		x := model
		if err := x.attributes(p[1], a); err != nil {
			return err
		}
		lo, hi, _ := span(p[0].Value)
		for i := lo; i <= hi; i++ {
			if seen[i] {
				return p[0].fail("neuron %d of group %q: need it once", i, clip(name.Value))
			}
			own[i], seen[i] = x, true
		}
	}
	for i, s := range seen {
		if !s {
			return list.fail("group %q: need all neurons up to %d, have none of number %d", clip(name.Value), size-1, i)
		}
	}
	return nil
}

// entries are pairs; an entry that is only a name has no value.
func (n node) entries() (out [][2]node) {
	if n.Kind != yaml.SequenceNode {
		return n.pairs()
	}
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode {
			out = append(out, [2]node{{c}, {&yaml.Node{Line: c.Line}}})
		} else {
			out = append(out, node{c}.pairs()...)
		}
	}
	return out
}

// readEdge reads "a.0 -> b.1" or, between groups, a dense matrix by rows of
// sources.
func (n *Network) readEdge(key, at node, a *Arch) error {
	from, to, ok := strings.Cut(key.Value, "->")
	if !ok {
		return key.fail("edge %q: need source -> target", clip(key.Value))
	}
	s, ns, err := n.find(from)
	if err != nil {
		return key.fail("edge: %w", err)
	}
	d, nd, err := n.find(to)
	if err != nil {
		return key.fail("edge: %w", err)
	}
	weights, err := edgeWeights(at, a, ns*nd)
	if err != nil {
		return err
	}
	if len(n.Edges)+ns*nd > maxEdges {
		return key.fail("edges: need at most %d", maxEdges)
	}
	for i := range ns * nd {
		if err := n.edge(s+i/nd, d+i%nd, weights[i%len(weights)]); err != nil {
			return key.fail("%w", err)
		}
	}
	return nil
}

// edgeWeights are the weights of an edge: one, or as many as synapses.
func edgeWeights(at node, a *Arch, count int) ([]float64, error) {
	out := []float64{0}
	for _, p := range at.pairs() {
		v := p[1]
		switch p[0].Value {
		case "weight", "w":
			list := []*yaml.Node{v.Node}
			if v.Kind == yaml.SequenceNode {
				if list = v.Content; len(list) != count {
					return nil, v.fail("weight: need 1 or %d, have %d", count, len(list))
				}
			}
			out = out[:0]
			for _, w := range list {
				x, err := number(w.Value)
				if err != nil {
					return nil, v.fail("weight: %w", err)
				}
				out = append(out, x)
			}
		case "type":
			if v.Value != "dense" {
				return nil, v.fail("type: need dense, have %q", clip(v.Value))
			}
		case "synapse_hw_name":
			if v.Value != a.SynapseName {
				return nil, v.fail("synapse_hw_name: need the first unit, have %q", clip(v.Value))
			}
		case "synapse", "dendrite":
			inner, err := edgeWeights(v, a, count)
			if err != nil {
				return nil, err
			}
			if _, has := v.field("weight"); has {
				out = inner
			}
		default:
			return nil, p[0].fail("attribute %q of an edge: not supported", clip(p[0].Value))
		}
	}
	if len(out) == 0 {
		out = []float64{0}
	}
	return out, nil
}

func (n *Network) readMapping(key, at node, a *Arch) error {
	first, count, err := n.find(key.Value)
	if err != nil {
		return key.fail("mapping: %w", err)
	}
	core := ""
	for _, p := range at.pairs() {
		switch v := p[1].Value; p[0].Value {
		case "core":
			core = v
		case "soma":
			if v != a.SomaName {
				return p[1].fail("soma: need the first unit, have %q", clip(v))
			}
		case "synapse", "dendrite":
		default:
			return p[0].fail("attribute %q of a mapping: not supported", clip(p[0].Value))
		}
	}
	for i := first; i < first+count; i++ {
		if err := n.place(a, i, core); err != nil {
			return key.fail("mapping: %w", err)
		}
	}
	return nil
}

// ParseNetlist reads a network in the older format of lines: g (number of
// neurons), n (a neuron), e (an edge), & (a mapping), each with attributes
// key=value. Groups are numbered.
func ParseNetlist(b []byte, a *Arch) (*Network, error) {
	n := &Network{}
	in := bufio.NewScanner(bytes.NewReader(b))
	in.Buffer(nil, 1<<20)
	line := 0
	for in.Scan() {
		line++
		w := strings.Fields(in.Text())
		if len(w) == 0 || strings.HasPrefix(w[0], "#") {
			continue
		}
		var err error
		if w[0] == "g" {
			err = n.lineGroup(w[1:])
		} else {
			err = n.line(w, a)
		}
		if err != nil {
			return nil, fmt.Errorf("sanafe: line %d: %w", line, err)
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("sanafe: line %d: %w", line+1, err)
	}
	return n, nil
}

func (n *Network) lineGroup(w []string) error {
	if len(w) == 0 {
		return fmt.Errorf("group: need a number of neurons")
	}
	_, size, err := span(w[0])
	if err != nil {
		return err
	}
	model := fresh()
	if err := model.words(w[1:]); err != nil {
		return err
	}
	if err := n.group(fmt.Sprint(len(n.Groups)), size); err != nil {
		return err
	}
	for i := len(n.Neurons) - size; i < len(n.Neurons); i++ {
		n.Neurons[i] = model
	}
	return nil
}

// words sets attributes of the form key=value.
func (x *Neuron) words(w []string) error {
	for _, s := range w {
		k, v, _ := strings.Cut(s, "=")
		if err := x.set(k, v); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) line(w []string, a *Arch) error {
	if len(w) < 2 {
		return fmt.Errorf("%q: need a name behind it", clip(w[0]))
	}
	switch w[0] {
	case "n":
		i, count, err := n.find(w[1])
		if err != nil {
			return err
		}
		for k := i; k < i+count; k++ {
			if err := n.Neurons[k].words(w[2:]); err != nil {
				return err
			}
		}
		return nil
	case "e":
		return n.lineEdge(w[1], w[2:])
	case "&":
		name, core, _ := strings.Cut(w[1], "@")
		i, count, err := n.find(name)
		for k := i; err == nil && k < i+count; k++ {
			err = n.place(a, k, core)
		}
		return err
	}
	return fmt.Errorf("%q: need g, n, e or &", clip(w[0]))
}

func (n *Network) lineEdge(name string, w []string) error {
	from, to, ok := strings.Cut(name, "->")
	s, ns, err := n.find(from)
	if err != nil {
		return err
	}
	d, nd, err := n.find(to)
	if err != nil {
		return err
	}
	if !ok || ns != 1 || nd != 1 {
		return fmt.Errorf("edge %q: need one neuron -> one neuron", clip(name))
	}
	weight := 0.0
	for _, x := range w {
		k, v, _ := strings.Cut(x, "=")
		if k != "w" && k != "weight" {
			return fmt.Errorf("attribute %q of an edge: not supported", clip(k))
		}
		if weight, err = number(v); err != nil {
			return err
		}
	}
	return n.edge(s, d, weight)
}
