// Package sanafe reads what the simulator SANA-FE reads: an architecture
// (geometry and a table of energies and times), a network with its mapping as
// YAML, and the older netlist; and makes a chip image of them. The formats are
// from its documentation and the behaviour of version 2.2.9. What an image of a
// chip with integer registers cannot hold is refused, in one error that names
// the place.
package sanafe

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The bounds of what is read.
const (
	maxTiles   = 4096
	maxCores   = 1 << 14
	maxNeurons = 1 << 18
	maxEdges   = 1 << 22
	maxDepth   = 64 // of YAML
)

// Cost is what one event costs.
type Cost struct{ Joules, Seconds float64 }

// SyncTime is the barrier time from Tiles tiles in use on.
type SyncTime struct {
	Tiles   int
	Seconds float64
}

// Arch is an architecture whose cores are all alike: tile = x*H + y,
// core = tile*CoresPerTile + place.
type Arch struct {
	Name               string
	W, H, CoresPerTile int
	Buffer             int // messages that a link holds
	Neurons            int // per core, at most
	Sync               []SyncTime
	HopX, HopY         Cost
	MessageIn          Cost
	MessageOut         Cost
	Synapse            Cost // per synaptic event, the dendrite included
	Access             Cost // per mapped neuron and step
	Update             Cost // per neuron with input, bias or potential
	Spike              Cost
	SomaName           string // of the unit that the costs are from
	SynapseName        string
}

// Neuron is a mapped neuron: it fires when its potential is above Threshold.
type Neuron struct {
	Threshold, Bias float64
	Reset           float64 // potential after a spike
	Leak            float64 // factor of the potential per step
	Core            int32   // -1 = not mapped
	Order           int32   // of its mapping
}

// Group is Neurons First..First+N-1 of a network.
type Group struct {
	Name     string
	First, N int
}

// Edge is a synapse between two neurons of a network.
type Edge struct {
	Src, Dst int32
	Weight   float64
}

// Network is a network with its mapping.
type Network struct {
	Name    string
	Groups  []Group
	Neurons []Neuron
	Edges   []Edge
	mapped  int32
}

// fresh is a neuron with the values of a new one.
func fresh() Neuron { return Neuron{Leak: 1, Core: -1} }

// group adds n neurons.
func (n *Network) group(name string, size int) error {
	for _, g := range n.Groups {
		if g.Name == name {
			return fmt.Errorf("group %q: need each name once, have it again", clip(name))
		}
	}
	if size < 0 || len(n.Neurons)+size > maxNeurons {
		return fmt.Errorf("group %q of %d neurons: need at most %d neurons in all", clip(name), size, maxNeurons)
	}
	n.Groups = append(n.Groups, Group{name, len(n.Neurons), size})
	for range size {
		n.Neurons = append(n.Neurons, fresh())
	}
	return nil
}

// find is the neurons first..first+count-1 that "g", "g.3" or "g.0..5" names.
func (n *Network) find(s string) (first, count int, err error) {
	name, part, has := strings.Cut(strings.TrimSpace(s), ".")
	for _, g := range n.Groups {
		if g.Name != name {
			continue
		}
		if !has {
			return g.First, g.N, nil
		}
		lo, hi, err := span(part)
		if err != nil || hi >= g.N {
			return 0, 0, fmt.Errorf("%q: need neurons 0..%d of the group", clip(s), g.N-1)
		}
		return g.First + lo, hi - lo + 1, nil
	}
	return 0, 0, fmt.Errorf("%q: need a group of the network, have none of that name", clip(s))
}

func (n *Network) edge(src, dst int, w float64) error {
	if len(n.Edges) >= maxEdges {
		return fmt.Errorf("edges: need at most %d", maxEdges)
	}
	n.Edges = append(n.Edges, Edge{int32(src), int32(dst), w})
	return nil
}

// place maps a neuron to a core, "tile.core".
func (n *Network) place(a *Arch, i int, at string) error {
	t, c, ok := strings.Cut(at, ".")
	tile, err1 := strconv.Atoi(t)
	core, err2 := strconv.Atoi(c)
	if !ok || err1 != nil || err2 != nil || tile < 0 || core < 0 || tile >= a.W*a.H || core >= a.CoresPerTile {
		return fmt.Errorf("core %q: need tile.core with tiles 0..%d and cores 0..%d", clip(at), a.W*a.H-1, a.CoresPerTile-1)
	}
	x := &n.Neurons[i]
	if x.Core >= 0 {
		return fmt.Errorf("neuron %d: need one core each, have a second one", i)
	}
	x.Core, x.Order = int32(tile*a.CoresPerTile+core), n.mapped
	n.mapped++
	return nil
}

// span reads "3" or "0..5"; both ends are part of it.
func span(s string) (lo, hi int, err error) {
	a, b, two := strings.Cut(strings.TrimSpace(s), "..")
	if lo, err = strconv.Atoi(a); err == nil {
		if hi = lo; two {
			hi, err = strconv.Atoi(b)
		}
	}
	if err != nil || lo < 0 || hi < lo || hi > maxNeurons {
		return 0, 0, fmt.Errorf("%q: need a number or a..b", clip(s))
	}
	return lo, hi, nil
}

// set takes an attribute of a neuron. Attributes that only say what is logged
// change nothing; others that are not known are refused.
func (x *Neuron) set(key, value string) error {
	switch key {
	case "log_spikes", "log_potential", "force_update", "log_v":
		if key == "force_update" && value != "false" && value != "0" {
			return fmt.Errorf("force_update: not supported")
		}
		return nil
	case "reset_mode":
		if value == "hard" {
			return nil
		}
	case "soma_hw_name", "synapse_hw_name", "dendrite_hw_name":
		return nil
	}
	v, err := number(value)
	if err != nil {
		return fmt.Errorf("%s: %w", clip(key), err)
	}
	switch key {
	case "threshold":
		x.Threshold = v
	case "bias":
		x.Bias = v
	case "leak_decay":
		x.Leak = v
	case "reset":
		x.Reset = v
	default:
		return fmt.Errorf("attribute %q: not supported", clip(key))
	}
	return nil
}

func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, fmt.Errorf("need a number, have %q", clip(s))
	}
	return v, nil
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "..."
	}
	return s
}

// node is a place in a YAML file.
type node struct{ *yaml.Node }

func parse(b []byte) (node, error) {
	var d yaml.Node
	if err := yaml.Unmarshal(b, &d); err != nil {
		return node{}, fmt.Errorf("sanafe: %w", err)
	}
	if len(d.Content) == 0 {
		return node{}, fmt.Errorf("sanafe: need YAML with fields, have nothing")
	}
	return node{d.Content[0]}, simple(d.Content[0], 0)
}

// simple refuses aliases, which can make a small file large, and deep nesting.
func simple(n *yaml.Node, depth int) error {
	if n.Kind == yaml.AliasNode || depth > maxDepth {
		return fmt.Errorf("sanafe: line %d: need YAML without aliases, at most %d deep", n.Line, maxDepth)
	}
	for _, c := range n.Content {
		if err := simple(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (n node) fail(format string, args ...any) error {
	return fmt.Errorf("sanafe: line %d: %w", n.Line, fmt.Errorf(format, args...))
}

// field is the value of a key, of a map or of a list of maps.
func (n node) field(key string) (node, bool) {
	for _, p := range n.pairs() {
		if p[0].Value == key {
			return p[1], true
		}
	}
	return node{}, false
}

// pairs are the keys and values of a map, or of all maps of a list.
func (n node) pairs() (out [][2]node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, [2]node{{n.Content[i]}, {n.Content[i+1]}})
		}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			if c.Kind == yaml.MappingNode {
				out = append(out, node{c}.pairs()...)
			}
		}
	}
	return out
}

// need is a field that must be there.
func (n node) need(key string) (node, error) {
	if f, ok := n.field(key); ok {
		return f, nil
	}
	return node{}, n.fail("need a field %q", key)
}

// real is a number in a field; def where there is none.
func (n node) real(key string, def float64) (float64, error) {
	f, ok := n.field(key)
	if !ok {
		return def, nil
	}
	v, err := number(f.Value)
	if err != nil {
		return 0, f.fail("%s: %w", key, err)
	}
	return v, nil
}

// whole is an integer of lo..hi in a field.
func (n node) whole(key string, def, lo, hi int) (int, error) {
	v, err := n.real(key, float64(def))
	if err == nil && (v != math.Trunc(v) || v < float64(lo) || v > float64(hi)) {
		err = n.fail("%s: need %d to %d, have %g", key, lo, hi, v)
	}
	return int(v), err
}
