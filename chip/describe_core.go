package chip

import (
	"math"
	"strconv"
	"strings"

	"hillock/core"
	"hillock/isa"
	"hillock/isa/fixed"
	"hillock/power"
)

// core reads the template of a core. Groups come last: their programs use
// ports and draws.
func (d *descDecoder) core(n *descNode) {
	c := &d.f.Core
	d.object(n, "core",
		descField{"ring", true, d.expr(&c.Ring, "ring", true)},
		descField{"rows", false, d.expr(&c.Rows, "rows", true)},
		descField{"ports", true, d.ports},
		descField{"draws", false, d.draws},
		descField{"generator", false, d.generator},
		descField{"source", true, d.text(&c.Source, "source")},
		descField{"groups", true, d.groups})
	d.kept(n)
	if len(c.Groups) == 0 && n.kind == descObject && n.member("groups") != nil {
		d.fail(n.member("groups").at, "no group, need at least 1")
	}
}

func (d *descDecoder) ports(n *descNode) {
	d.items(n, "ports", isa.NumIN, func(v *descNode) {
		p := PortTemplate{When: core.AtRead}
		when := "read"
		d.object(v, "port",
			descField{"acc", true, d.layout(&p.Acc)},
			descField{"when", true, d.word(&when, "when", "read", "event")},
			descField{"read_shift", false, d.expr(&p.ReadShift, "read_shift", true)},
			descField{"keep", false, d.text(&p.Keep, "keep")})
		if p.Keep != "" && (when != "event" || p.ReadShift != "") {
			d.fail(v.at, "port keeps state word %q, need when event and no read shift", p.Keep)
		}
		if when == "event" {
			p.When = core.AtEvent
		}
		d.f.Core.Ports = append(d.f.Core.Ports, p)
	})
	if n.kind == descArray && len(n.kids) == 0 {
		d.fail(n.at, "no port, need 1..%d", isa.NumIN)
	}
}

func (d *descDecoder) draws(n *descNode) {
	d.items(n, "draws", 32, func(v *descNode) {
		var lo, hi int64
		d.object(v, "draw",
			descField{"lo", true, d.int64(&lo, "lo", math.MinInt32, math.MaxInt32)},
			descField{"hi", true, d.int64(&hi, "hi", math.MinInt32, math.MaxInt32)})
		if lo > hi {
			d.fail(v.at, "draw of %d..%d, need lo <= hi", lo, hi)
		}
		d.f.Core.Draws = append(d.f.Core.Draws, core.DrawFormat{Lo: int32(lo), Hi: int32(hi)})
	})
}

// generator reads {"kind": word, "seed": [expressions over core fields]}.
func (d *descDecoder) generator(n *descNode) {
	g := &d.f.Core.Generator
	d.object(n, "generator",
		descField{"kind", true, d.word(&g.Kind, "kind", "kiss64")},
		descField{"seed", true, func(n *descNode) {
			d.items(n, "seed", core.NumSeeds, func(v *descNode) {
				var src string
				d.expr(&src, "seed", true)(v)
				g.Seed = append(g.Seed, src)
			})
			if len(g.Seed) != core.NumSeeds {
				d.fail(n.at, "seed of %d words, need %d", len(g.Seed), core.NumSeeds)
			}
		}})
}

// layout reads {"width": bits, "over": word}; width is left out for "none".
func (d *descDecoder) layout(to *fixed.Layout) func(*descNode) {
	return func(n *descNode) {
		var width int64
		over := "none"
		d.object(n, "layout",
			descField{"width", false, d.int64(&width, "width", 1, 32)},
			descField{"over", true, d.word(&over, "over", "none", "wrap", "sat", "sym", "satu", "wrapu")})
		*to = fixed.Layout{Width: uint8(width)}
		to.Over, _ = fixed.ParseOverflow(over)
		if err := to.Valid(); err != nil {
			d.fail(n.at, "layout: %w", err)
		} else if to.Over == fixed.None && width != 0 {
			d.fail(n.at, "layout none has the width %d, need no width", width)
		}
	}
}

func (d *descDecoder) groups(n *descNode) {
	d.named(n, "groups", func(name string, _ descPos, v *descNode) {
		g := GroupTemplate{Name: name}
		var prog *descNode
		d.object(v, "group "+name,
			descField{"inherits", false, d.text(&g.Inherits, "inherits")},
			descField{"program", true, func(n *descNode) {
				prog = n
				d.texts(&g.Texts, "program")(n)
			}},
			descField{"consts", false, func(n *descNode) { d.consts(n, &g) }},
			descField{"state", true, func(n *descNode) { d.state(n, &g) }},
			descField{"params", true, func(n *descNode) { d.params(n, &g) }},
			descField{"init", false, func(n *descNode) { d.init(n, &g) }},
			descField{"substeps", false, d.expr(&g.Substeps, "substeps", true)},
			descField{"cap", false, d.int64(&g.Cap, "cap", 0, math.MaxInt32)},
			descField{"taps", false, d.texts(&g.Taps, "taps")},
			descField{"source", true, d.text(&g.Source, "source")})
		if prog != nil && len(g.Texts) > 0 {
			d.program(prog, &g)
		} else if prog != nil && prog.kind == descArray {
			d.fail(prog.at, "group %s has no microcode file, need at least 1", name)
		}
		d.f.Core.Groups = append(d.f.Core.Groups, g)
	})
}

func (d *descDecoder) state(n *descNode, g *GroupTemplate) {
	d.named(n, "state", func(name string, at descPos, v *descNode) {
		if len(g.State) == isa.NumS {
			d.fail(at, "state word %s is number %d, need at most %d", name, len(g.State)+1, isa.NumS)
			return
		}
		s := StateTemplate{Name: name}
		d.layout(&s.Layout)(v)
		g.State = append(g.State, s)
	})
}

// params reads {"p0": expression, ...}; numbers may be left out.
func (d *descDecoder) params(n *descNode, g *GroupTemplate) {
	if !d.kind(n, descObject, "params") {
		return
	}
	for i, k := range n.keys {
		digits, ok := strings.CutPrefix(k.name, "p")
		no, err := strconv.Atoi(digits)
		if !ok || err != nil || no < 0 || no >= isa.NumP || strconv.Itoa(no) != digits {
			d.fail(k.at, "parameter %q, need p0..p%d", k.name, isa.NumP-1)
			continue
		}
		for len(g.Params) <= no {
			g.Params = append(g.Params, "")
		}
		d.expr(&g.Params[no], k.name, false)(n.kids[i])
	}
}

func (d *descDecoder) init(n *descNode, g *GroupTemplate) {
	g.Init = nil
	d.named(n, "init", func(name string, at descPos, v *descNode) {
		for i, s := range g.State {
			if s.Name != name {
				continue
			}
			for len(g.Init) <= i {
				g.Init = append(g.Init, "")
			}
			d.expr(&g.Init[i], "init of "+name, false)(v)
			return
		}
		d.fail(at, "init of %q, which is no state word of group %s", name, g.Name)
	})
}

// program assembles the microcode of a group and holds it against what the
// group declares.
func (d *descDecoder) program(n *descNode, g *GroupTemplate) {
	p, err := d.assemble(g)
	if err != nil {
		d.fail(n.at, "group %s: %w", g.Name, err)
		return
	}
	g.Prog = p
	if p.NumS > len(g.State) {
		d.fail(n.at, "group %s: microcode uses s%d, have %d state words", g.Name, p.NumS-1, len(g.State))
	}
	for _, no := range descParamsRead(p) {
		if no >= len(g.Params) || g.Params[no] == "" {
			d.fail(n.at, "group %s: microcode reads p%d, which has no expression", g.Name, no)
		}
	}
	if p.Draws > len(d.f.Core.Draws) {
		d.fail(n.at, "group %s: microcode uses draw format %d, have %d", g.Name, p.Draws-1, len(d.f.Core.Draws))
	}
	if p.Taps > len(g.Taps) {
		d.fail(n.at, "group %s: microcode uses tap %d, have %d names of taps", g.Name, p.Taps-1, len(g.Taps))
	}
	for k, reads := range p.Reads {
		if reads && k >= len(d.f.Core.Ports) {
			d.fail(n.at, "group %s: microcode reads IN%d, have %d ports", g.Name, k, len(d.f.Core.Ports))
		}
	}
}

// descParamsRead lists the parameters that a program reads, ascending.
func descParamsRead(p *isa.Program) []int {
	var seen [isa.NumP]bool
	for _, i := range p.Instrs {
		for _, o := range [...]isa.Operand{i.A, i.B} {
			if o >= isa.P0 && o < isa.P0+isa.NumP {
				seen[o-isa.P0] = true
			}
		}
	}
	var out []int
	for no, yes := range seen {
		if yes {
			out = append(out, no)
		}
	}
	return out
}

// energyTable reads the energy table's file and has package power check it.
func (d *descDecoder) energyTable(n *descNode) {
	d.text(&d.f.EnergyFile, "energy")(n)
	if n.kind != descString || d.f.EnergyFile == "" {
		return
	}
	b, err := descOpen(d.src, d.f.EnergyFile)
	if err != nil {
		d.fail(n.at, "energy: %w", err)
		return
	}
	if _, err := power.ParseTable(b, d.f.EnergyFile); err != nil {
		d.fail(n.at, "energy: %w", err)
		return
	}
	d.f.Energy = b
}
