package text

import (
	"math"

	"hillock/compiler/graph"
)

func (d *decoder) learning(n *node) {
	d.named(n, "learning", func(name string, at int32, v *node) {
		d.speaksRaw(at, "\"learning\"")
		r := &graph.RawRule{Name: name, At: d.place(at)}
		d.object(v, "learning "+name,
			field{"model", true, d.name(&r.Model, "model")},
			field{"settings", false, func(n *node) { r.Settings = d.settings(n, "settings") }},
			field{"times", false, func(n *node) { d.times(n, r) }},
			field{"start", false, func(n *node) { r.Start = d.settings(n, "start") }},
			field{"rule", false, func(n *node) {
				d.named(n, "rule", func(name string, _ int32, v *node) {
					t := graph.RawTarget{Name: name, At: d.place(v.at)}
					d.text(&t.Text, "equation "+name)(v)
					r.Targets = append(r.Targets, t)
				})
			}})
		d.rules[name] = len(d.f.Raw.Rules)
		d.f.Raw.Rules = append(d.f.Raw.Rules, r)
		d.used = append(d.used, false)
	})
}

func (d *decoder) settings(n *node, what string) []graph.RawField {
	var out []graph.RawField
	d.named(n, what, func(name string, _ int32, v *node) {
		out = append(out, graph.RawField{Name: name, Values: []int64{d.integer(v, what+" "+name, math.MinInt64, math.MaxInt64)}})
	})
	return out
}

func (d *decoder) times(n *node, r *graph.RawRule) {
	d.named(n, "times", func(name string, _ int32, v *node) {
		x := d.real(v, "time "+name)
		if x < 0 {
			d.fail(v.at, "time %s is %g ticks, need 0 or more", name, x)
		}
		r.Times = append(r.Times, graph.RawTime{Name: name, Value: x})
	})
}

func (d *decoder) modulators(n *node) {
	d.items(n, "modulators", func(_ int, v *node) {
		d.speaksRaw(v.at, "\"modulators\"")
		m := graph.RawModulator{At: d.place(v.at)}
		d.object(v, "a modulator",
			field{"register", true, d.whole(&m.Register, "register", 0, 3)},
			field{"population", true, d.popOf(&m.Pop, "population")},
			field{"keep", true, d.whole32(&m.Keep, "keep", 0, 4096)},
			field{"gain", true, d.whole32(&m.Gain, "gain", math.MinInt32, math.MaxInt32)},
			field{"top", false, d.whole32(&m.Top, "top", 0, math.MaxInt32)})
		if d.err != nil {
			return
		}
		if d.pops[m.Pop].raw.Input {
			d.fail(v.member("population").at, "population %q is an input: a register follows neurons of the chip", d.pops[m.Pop].raw.Name)
		}
		for _, other := range d.f.Raw.Modulators {
			if other.Register == m.Register {
				d.fail(v.member("register").at, "register %d is driven by %s already", m.Register, other.At)
			}
		}
		d.f.Raw.Modulators = append(d.f.Raw.Modulators, m)
	})
}
