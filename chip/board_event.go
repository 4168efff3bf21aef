package chip

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"hillock/core"
	"hillock/core/event"
)

// BoardPart is a chip without ticks on a board: an image of one core.
type BoardPart struct {
	Name  string // before the names of its populations, with a dot between
	Image *Image
}

// BoardLink sends addresses First..Last of the output link of part From to the
// inlet of part To, address First to its index Base and so on.
type BoardLink struct {
	From, To    int
	First, Last int
	Inlet       string
	Base        int
	// Wired: the output link is wired to the inlet's port, request to request and
	// acknowledge to acknowledge. It carries all addresses of the output, of
	// which no other link takes any. Otherwise the link goes through the network.
	Wired bool
}

// maxParts bounds the chips of a board of chips without ticks.
const maxParts = 1 << 12

// EventBoard puts chips without ticks on a board, all on one clock, and links
// their outputs to their inputs.
//
// A wired output is exact to the edge: its sender waits for the acknowledge of
// the receiver. A link through the network is a model: an output is with a
// sender before the receiving port an edge after the edge behind which it is
// requested, that sender queues without bound, and the acknowledge that the
// output sees is that of its image.
func EventBoard(parts []BoardPart, links []BoardLink) (*Image, error) {
	if len(parts) < 1 || len(parts) > maxParts {
		return nil, fmt.Errorf("chip: board of %d chips, need 1..%d", len(parts), maxParts)
	}
	out := &Image{Mesh: Mesh{X: len(parts), Y: 1, CoresPerTile: 1, ChipX: 1, ChipY: 1}}
	for i, p := range parts {
		if err := out.place(i, p, parts); err != nil {
			return nil, err
		}
	}
	out.describe(parts)
	if err := out.link(parts, links); err != nil {
		return nil, err
	}
	return out, out.Check()
}

// describe names what the board is of: the description of its chips or, where
// they are several, all of them. Then it runs at the clock of the slowest, and
// has an energy table only if all have the same.
func (img *Image) describe(parts []BoardPart) {
	first := parts[0].Image
	img.Chip, img.ChipHash, img.Latency, img.Energy, img.Fidelity = first.Chip, first.ChipHash, first.Latency, first.Energy, slices.Clone(first.Fidelity)
	var hashes []string
	for _, p := range parts {
		x := p.Image
		if slices.Contains(hashes, x.ChipHash) {
			continue
		}
		if hashes = append(hashes, x.ChipHash); len(hashes) == 1 {
			continue
		}
		img.Chip += "+" + x.Chip
		if !bytes.Equal(img.Energy, x.Energy) {
			img.Energy = nil
		}
		if edgeTime(x) > edgeTime(first) {
			first, img.Latency = x, x.Latency
		}
		for _, f := range x.Fidelity {
			f.Feature = x.Chip + "." + f.Feature
			img.Fidelity = append(img.Fidelity, f)
		}
	}
	if len(hashes) > 1 {
		img.ChipHash = Hash([]byte(strings.Join(hashes, " ")))
	}
}

// edgeTime is the time of an edge of a chip alone, 0 = not known.
func edgeTime(img *Image) int64 {
	if len(img.Latency.Sync) == 0 {
		return 0
	}
	return img.Latency.Sync[0].Fs
}

// place adds a part as core i.
func (img *Image) place(i int, p BoardPart, parts []BoardPart) error {
	x := p.Image
	switch {
	case len(x.Cores) != 1 || x.Cores[0].Image.Event == nil:
		return fmt.Errorf("chip: part %q: image of chip %s with %d cores, need one core that serves events", p.Name, x.Chip, len(x.Cores))
	case p.Name == "" || slices.ContainsFunc(parts[:i], func(o BoardPart) bool { return o.Name == p.Name }):
		return fmt.Errorf("chip: part %q: need a name that no other part has", p.Name)
	case len(x.Cores[0].Image.Out) > 0:
		return fmt.Errorf("chip: part %q sends already, need an image without links", p.Name)
	}
	img.Parts = append(img.Parts, Part{p.Name, x.Chip, x.ChipHash})
	base := len(img.Pops)
	for _, pop := range x.Pops {
		pop.Name = p.Name + "." + pop.Name
		img.Pops = append(img.Pops, pop)
	}
	ci := *x.Cores[0].Image
	c := Core{ID: i, Image: &ci}
	for _, r := range x.Cores[0].Runs {
		r.Pop += base
		c.Runs = append(c.Runs, r)
	}
	img.Cores = append(img.Cores, c)
	for _, in := range x.Inputs {
		in.Pop += base
		in.Dst = slices.Clone(in.Dst)
		for k := range in.Dst {
			in.Dst[k].Core = uint16(i)
		}
		img.Inputs = append(img.Inputs, in)
	}
	return nil
}

// way is one output that goes to an in-axon of a core.
type way struct{ comp, core, axon int }

// link makes the out-axons of all cores.
func (img *Image) link(parts []BoardPart, links []BoardLink) error {
	ways := make([][]way, len(parts))
	for n, l := range links {
		if l.From < 0 || l.From >= len(parts) || l.To < 0 || l.To >= len(parts) {
			return fmt.Errorf("chip: link %d: parts %d and %d, have %d", n, l.From, l.To, len(parts))
		}
		spec := &img.Cores[l.From].Image.Event.Spec
		if l.First < 0 || l.Last < l.First || l.Last >= spec.Outs {
			return fmt.Errorf("chip: link %d: outputs %d..%d of part %q, which has %d", n, l.First, l.Last, parts[l.From].Name, spec.Outs)
		}
		if slices.ContainsFunc(links[:n], func(o BoardLink) bool { return o.From == l.From && (o.Wired || l.Wired) }) {
			return fmt.Errorf("chip: link %d: part %q sends already: a wire is its only link, several receivers need links through the network", n, parts[l.From].Name)
		}
		if l.Wired {
			if err := img.solder(l); err != nil {
				return fmt.Errorf("chip: link %d from part %q to %q: %w", n, parts[l.From].Name, parts[l.To].Name, err)
			}
			continue
		}
		axon, err := img.inlet(l)
		if err != nil {
			return fmt.Errorf("chip: link %d to part %q: %w", n, parts[l.To].Name, err)
		}
		for k := l.First; k <= l.Last; k++ {
			ways[l.From] = append(ways[l.From], way{spec.Items + k, l.To, axon + k - l.First})
		}
	}
	for i := range ways {
		send(img.Cores[i].Image, ways[i])
	}
	img.label(parts, links)
	return nil
}

// solder adds the wire of a link.
func (img *Image) solder(l BoardLink) error {
	from, to := &img.Cores[l.From].Image.Event.Spec, &img.Cores[l.To].Image.Event.Spec
	if l.First != 0 || l.Last != from.Outs-1 {
		return fmt.Errorf("outputs %d..%d of %d: a wire carries all, need a link through the network for some", l.First, l.Last, from.Outs)
	}
	w, err := event.Join(from, to, l.Inlet, l.Base)
	if err != nil {
		return err
	}
	img.Wires = append(img.Wires, Wire{From: l.From, To: l.To, Port: w.Port, Word: w.Word, Scale: w.Scale})
	return nil
}

// label says how exact the links are.
func (img *Image) label(parts []BoardPart, links []BoardLink) {
	if len(img.Wires) > 0 {
		img.Fidelity = append(img.Fidelity, img.labelWires(parts))
	}
	if len(img.Wires) < len(links) {
		img.Fidelity = append(img.Fidelity, Fidelity{Feature: "links", Label: "modelled",
			Source: "a packet of the network is an edge on its way; the acknowledge is the sender's own and does not wait for the receiver"})
	}
}

// labelWires says how exact wires are: as exact as the edges of their two ends.
func (img *Image) labelWires(parts []BoardPart) Fidelity {
	out := Fidelity{Feature: "wires", Label: "exact against published RTL",
		Source: "both ends' edges of the four-phase handshake, added up on one clock; the joint before a port that takes input from outside as well is no part of a chip"}
	var against []string
	for i, p := range parts {
		if !slices.ContainsFunc(img.Wires, func(w Wire) bool { return w.From == i || w.To == i }) {
			continue
		}
		k := slices.IndexFunc(p.Image.Fidelity, func(f Fidelity) bool { return f.Feature == "timing" })
		if k < 0 || p.Image.Fidelity[k].Label != out.Label {
			out.Label, out.Against = "modelled", ""
			return out
		}
		if a := p.Image.Fidelity[k].Against; !slices.Contains(against, a) {
			against = append(against, a)
		}
	}
	out.Against = strings.Join(against, ", ")
	return out
}

// inlet is the in-axon at which a link begins to write.
func (img *Image) inlet(l BoardLink) (int, error) {
	axon := 0
	for _, x := range img.Cores[l.To].Image.Event.Spec.Inlets {
		switch {
		case x.Name != l.Inlet:
			axon += x.N
			continue
		case x.ByPayload:
			return 0, fmt.Errorf("inlet %q takes whole words, need one with an index for every word", x.Name)
		case l.Base < 0 || l.Base > x.N-(l.Last-l.First+1):
			return 0, fmt.Errorf("indices %d..%d of inlet %q, which has %d", l.Base, l.Base+l.Last-l.First, x.Name, x.N)
		}
		return axon + l.Base, nil
	}
	return 0, fmt.Errorf("no inlet %q", l.Inlet)
}

// send makes the out-axons of a core, in the order of links for each output.
func send(ci *core.Image, ways []way) {
	slices.SortStableFunc(ways, func(a, b way) int { return a.comp - b.comp })
	for _, w := range ways {
		ci.Boxes = append(ci.Boxes, int32(w.core))
	}
	slices.Sort(ci.Boxes)
	ci.Boxes = slices.Compact(ci.Boxes)
	ci.OutOff = make([]uint32, ci.N+1)
	k := 0
	for comp := range ci.N {
		for ; k < len(ways) && ways[k].comp == comp; k++ {
			box, _ := slices.BinarySearch(ci.Boxes, int32(ways[k].core))
			ci.Out = append(ci.Out, core.OutAxon{Box: uint16(box), Axon: uint16(ways[k].axon)})
		}
		ci.OutOff[comp+1] = uint32(len(ci.Out))
	}
}
