package chip

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"hillock/isa"
)

// What parts of a memory's words may be repeated over, and what a memory has a
// word for.
const (
	perCompartment = "compartment"
	perAxon        = "in_axon"
	perSynapse     = "synapse"
	eachAxon       = "in_axons"
	eachType       = "axon_types"
	eachComp       = "compartments"
)

// maxLayoutParts bounds memories, sizes and parts of a layout.
const maxLayoutParts = 256

// memoryLayout reads the section "layout": how cores lie in the memories of a design.
func (d *descDecoder) memoryLayout(n *descNode) {
	l := &Layout{}
	d.f.Layout = l
	d.object(n, "layout",
		descField{"source", true, d.text(&l.Source, "source")},
		descField{"sizes", false, func(n *descNode) { d.layoutSizes(n, l) }},
		descField{"memories", true, func(n *descNode) {
			d.named(n, "memories", func(name string, at descPos, v *descNode) {
				if len(l.Memories) == maxLayoutParts {
					d.fail(at, "memory %s is number %d, need at most %d", name, maxLayoutParts+1, maxLayoutParts)
					return
				}
				d.layoutMemory(v, l, name)
			})
		}},
		descField{"number", false, func(n *descNode) { l.Number = d.layoutExpr(n, l, "number", coreNames) }},
		descField{"packet", false, func(n *descNode) { l.Packet = d.layoutParts(n, l, "packet", packetNames) }})
}

func (d *descDecoder) layoutSizes(n *descNode, l *Layout) {
	d.named(n, "sizes", func(name string, at descPos, v *descNode) {
		if slices.Contains(coreNames[3:], name) || len(l.Sizes) == maxLayoutParts {
			d.fail(at, "size %s: need a name that is not one of %s, and at most %d sizes", name, strings.Join(coreNames[3:], ", "), maxLayoutParts)
			return
		}
		s := LayoutSize{Name: name}
		d.object(v, "size "+name,
			descField{"value", true, func(n *descNode) { s.Value = d.layoutExpr(n, l, "value", append(paramNames(), coreNames...)) }},
			descField{"source", true, d.text(&s.Source, "source")})
		l.Sizes = append(l.Sizes, s)
	})
}

func (d *descDecoder) layoutMemory(v *descNode, l *Layout, name string) {
	m := LayoutMemory{Name: name, File: name + "_{n}.mem", Radix: 16}
	d.object(v, "memory "+name,
		descField{"per", true, d.word(&m.Per, "per", perCompartment, perAxon, perSynapse)},
		descField{"groups", false, func(n *descNode) {
			d.texts(&m.Groups, "groups")(n)
			for _, g := range m.Groups {
				if d.f.Group(g) == nil {
					d.fail(n.at, "memory of group %q, have %s", g, d.f.groupNames())
				}
			}
		}},
		descField{"file", false, func(n *descNode) {
			if d.text(&m.File, "file")(n); strings.ContainsAny(m.File, "/\\") || !strings.Contains(m.File, "{n}") {
				d.fail(n.at, "file %q, need a name without a folder, with {n} where the number of the core stands", m.File)
			}
		}},
		descField{"radix", false, func(n *descNode) {
			if d.int(&m.Radix, "radix", 2, 16)(n); m.Radix != 2 && m.Radix != 16 {
				d.fail(n.at, "radix %d, need 2 or 16", m.Radix)
			}
		}},
		descField{"words", false, func(n *descNode) { m.Words = d.layoutExpr(n, l, "words", coreNames) }},
		descField{"parts", true, func(n *descNode) { m.Parts = d.layoutParts(n, l, m.Per, nil) }})
	l.Memories = append(l.Memories, m)
}

// layoutParts reads the parts of a word, the most significant first.
func (d *descDecoder) layoutParts(n *descNode, l *Layout, per string, names []string) []LayoutPart {
	var out []LayoutPart
	d.items(n, "parts", maxLayoutParts, func(v *descNode) {
		p := LayoutPart{}
		d.object(v, "part",
			descField{"name", true, d.text(&p.Name, "name")},
			descField{"bits", true, func(n *descNode) { p.Bits = d.layoutExpr(n, l, "bits", coreNames) }},
			descField{"each", false, d.word(&p.Each, "each", eachAxon, eachType, eachComp)},
			descField{"low_first", false, d.bool(&p.LowFirst, "low_first")},
			descField{"idle", false, func(n *descNode) { p.Idle = d.layoutExpr(n, l, "idle", coreNames) }},
			descField{"value", true, func(n *descNode) {
				use := names
				if use == nil {
					use = d.partNames(per, p.Each)
				}
				p.Value = d.layoutExpr(n, l, "value", append(slices.Clone(coreNames), use...))
			}})
		if p.Each == eachComp && per == perCompartment || p.Each == eachAxon && per == perAxon || (names != nil || per == perSynapse) && p.Each != "" {
			d.fail(v.at, "part %s: repeated over what it is already about", p.Name)
		}
		out = append(out, p)
	})
	return out
}

// partNames are the variables of a part's value besides sizes.
func (d *descDecoder) partNames(per, each string) []string {
	out := []string{"i"}
	switch {
	case per == perSynapse:
		return append(out, "target", "late", "weight")
	case per == perAxon:
		out = append(out, "type", "first", "count", "exponent")
		if each == eachComp {
			out = append(out, "synapse", "weight")
		}
		return out
	case each == eachAxon:
		out = append(out, "synapse", "weight", "type")
	case each == eachType:
		out = append(out, "weight")
	}
	out = append(append(out, destNames...), paramNames()...)
	for _, g := range d.f.Core.Groups {
		for _, s := range g.State {
			out = append(out, s.Name)
		}
	}
	return out
}

// paramNames are the parameters of neurons. Sizes see those of a core's first
// neuron.
func paramNames() []string {
	var out []string
	for k := range isa.NumP {
		out = append(out, "p"+strconv.Itoa(k))
	}
	return out
}

// layoutExpr reads an expression over sizes and some names.
func (d *descDecoder) layoutExpr(n *descNode, l *Layout, what string, names []string) *Expr {
	text := n.text
	if n.kind == descNumber {
		text = strconv.Itoa(int(d.whole(n, what, 0, math.MaxInt32)))
	} else if !d.kind(n, descString, what) {
		return nil
	}
	e, err := CompileExpr(text)
	if err != nil {
		d.exprError(n, what, err)
		return nil
	}
	for _, v := range e.Vars() {
		if !slices.Contains(names, v) && !slices.ContainsFunc(l.Sizes, func(s LayoutSize) bool { return s.Name == v }) {
			d.fail(n.at, "%s %q: no variable %q here, have the sizes and %s", what, text, v, strings.Join(names, ", "))
		}
	}
	return e
}
