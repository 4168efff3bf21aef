package text

import (
	"fmt"
	"math"

	"hillock/compiler/graph"
)

// population is a population of either kind of file.
type population struct {
	raw  *graph.RawPop
	kind string // input, neuron, readout
	lif  lif
}

// lif are neutral parameters; slices have one value per neuron, nil = left out.
type lif struct {
	keepU, keepV, tauU, tauV, drive, threshold, resetTo, start []float64
	reset                                                      string
}

func (d *decoder) populations(n *node) {
	if d.is(n, list, "populations") && len(n.kids) == 0 {
		d.fail(n.at, "populations: need at least one")
	}
	total, placed := 0, false
	d.items(n, "populations", func(i int, v *node) {
		p := population{raw: &graph.RawPop{At: d.place(v.at)}}
		d.population(v, &p)
		if d.err != nil {
			return
		}
		if first, twice := d.index[p.raw.Name]; twice {
			d.fail(v.at, "population %q twice, first at %s", p.raw.Name, d.pops[first].raw.At)
		}
		if total += p.raw.N; total > graph.MaxRawNeurons {
			d.fail(v.at, "population %q: need at most %d neurons in all, have %d", p.raw.Name, graph.MaxRawNeurons, total)
		}
		placed = placed || !p.raw.Input
		d.index[p.raw.Name] = i
		d.pops = append(d.pops, p)
		d.f.Raw.Pops = append(d.f.Raw.Pops, p.raw)
	})
	if d.err == nil && !placed {
		d.fail(n.at, "populations: all are inputs, need one of kind neuron")
	}
}

func (d *decoder) population(v *node, p *population) {
	p.kind = "neuron"
	r := p.raw
	d.object(v, "a population",
		field{"name", true, d.name(&r.Name, "name")},
		field{"n", true, d.whole(&r.N, "n", 1, graph.MaxRawNeurons)},
		field{"kind", false, d.word(&p.kind, "kind", "input", "neuron", "readout")},
		field{"group", false, d.name(&r.Group, "group")},
		field{"fields", false, func(n *node) { d.fields(n, r) }},
		field{"lif", false, func(n *node) { d.lif(n, p) }},
		field{"read", false, d.name(&r.Read, "read")},
		field{"output", false, d.bool(&r.Output, "output")})
	if d.err != nil {
		return
	}
	r.Input = p.kind == "input"
	plain := v.member("lif")
	for _, name := range [...]string{"group", "fields", "read", "lif"} {
		if m := v.member(name); m != nil && r.Input {
			d.fail(m.at, "population %q is an input and has no %q", r.Name, name)
		} else if m != nil && name != "lif" {
			d.speaksRaw(m.at, fmt.Sprintf("%q", name))
		}
	}
	switch {
	case r.Input:
	case plain != nil:
		d.speaksPlain(plain.at, `"lif"`)
	case p.kind == "readout":
		d.fail(v.at, "population %q is a readout and has no \"lif\"", r.Name)
	case v.member("group") == nil && v.member("fields") == nil:
		d.fail(v.at, "population %q needs \"lif\" (neutral parameters), or \"fields\" or \"group\" of the chip", r.Name)
	}
}

func (d *decoder) fields(n *node, r *graph.RawPop) {
	d.named(n, "fields", func(name string, _ int32, v *node) {
		r.Fields = append(r.Fields, graph.RawField{Name: name, Values: d.wholes(v, "field "+name, r.N)})
	})
}

func (d *decoder) lif(n *node, p *population) {
	l := &p.lif
	l.reset = "zero"
	size := &p.raw.N
	spikes := p.kind == "neuron"
	d.object(n, "lif",
		field{"keep_u", false, d.reals(&l.keepU, "keep_u", size)},
		field{"tau_u", false, d.reals(&l.tauU, "tau_u", size)},
		field{"keep_v", false, d.reals(&l.keepV, "keep_v", size)},
		field{"tau_v", false, d.reals(&l.tauV, "tau_v", size)},
		field{"drive", false, d.reals(&l.drive, "drive", size)},
		field{"threshold", spikes, d.reals(&l.threshold, "threshold", size)},
		field{"reset", false, d.word(&l.reset, "reset", "zero", "subtract", "none")},
		field{"reset_to", false, d.reals(&l.resetTo, "reset_to", size)},
		field{"start", false, d.reals(&l.start, "start", size)})
	if d.err != nil {
		return
	}
	if !spikes {
		for _, name := range [...]string{"threshold", "reset", "reset_to"} {
			if m := n.member(name); m != nil {
				d.fail(m.at, "a readout does not spike and has no %q", name)
			}
		}
	}
	l.keepU = d.keep(n, "u", l.keepU, l.tauU)
	l.keepV = d.keep(n, "v", l.keepV, l.tauV)
	if l.keepV == nil {
		d.fail(n.at, "lif has no \"keep_v\" or \"tau_v\"")
	}
}

// keep is what stays of a word per tick, by keep or by tau.
func (d *decoder) keep(n *node, word string, keep, tau []float64) []float64 {
	at := n.member("keep_" + word)
	if t := n.member("tau_" + word); t != nil {
		if at != nil {
			d.fail(t.at, "both \"keep_%s\" and \"tau_%s\", need one", word, word)
		}
		at = t
		for _, x := range tau {
			if !(x > 0) {
				d.fail(t.at, "tau_%s is %g ticks, need more than 0", word, x)
				x = 1
			}
			keep = append(keep, math.Exp(-1/x))
		}
	}
	for _, x := range keep {
		if !(x >= 0 && x <= 1) {
			d.fail(at.at, "keep_%s is %g, need 0..1", word, x)
		}
	}
	return keep
}

// neutral makes the neutral network of a file without a chip's own numbers.
func (d *decoder) neutral() *graph.Network {
	net := &graph.Network{Name: d.f.Name, Provenance: []string{d.source.name + ": network in text"}}
	for i := range d.pops {
		net.Pops = append(net.Pops, d.pops[i].neutral())
	}
	cells := 0
	for _, q := range d.f.Raw.Projs {
		pre, post := d.pops[q.Pre].raw.N, d.pops[q.Post].raw.N
		if cells += pre * post; cells > maxMatrix {
			d.err = fmt.Errorf("text: %s: projection %s: need at most %d entries of matrices (pre x post) in all, have %d", q.At, q.Name, maxMatrix, cells)
			return nil
		}
	}
	for i, q := range d.f.Raw.Projs {
		nPre := d.pops[q.Pre].raw.N
		g := &graph.Projection{Name: q.Name, Pre: q.Pre, Post: q.Post, Recurrent: q.Pre >= q.Post, W: make([]float64, nPre*d.pops[q.Post].raw.N)}
		for k, s := range q.Synapses {
			g.W[int(s.Post)*nPre+int(s.Pre)] = d.weights[i][k]
			g.Delay = int(s.Delay)
		}
		net.Projs = append(net.Projs, g)
	}
	return net
}

func (p *population) neutral() *graph.Population {
	n := p.raw.N
	g := &graph.Population{Name: p.raw.Name, N: n, Output: p.raw.Output}
	if g.Kind = graph.Input; p.raw.Input {
		return g
	}
	same := func(v []float64, x float64) []float64 {
		if v != nil {
			return v
		}
		out := make([]float64, n)
		for i := range out {
			out[i] = x
		}
		return out
	}
	l := &p.lif
	g.AJ, g.AV, g.GJ, g.GV, g.C = same(l.keepU, 0), l.keepV, same(nil, 1), same(nil, 1), same(l.drive, 0)
	g.V0 = l.start
	if g.Kind = graph.Readout; p.kind == "readout" {
		return g
	}
	g.Kind, g.Theta, g.VReset = graph.CubaLIF, l.threshold, same(l.resetTo, 0)
	g.Reset = map[string]graph.Reset{"zero": graph.ResetZero, "subtract": graph.ResetSubtract, "none": graph.ResetNone}[l.reset]
	return g
}
