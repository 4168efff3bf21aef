package chip

import (
	"fmt"
	"math"
	"strings"
)

// layers reads the section of chips whose cores hold one layer each. Limits are
// known by then: every memory has an entry for each core.
func (d *descDecoder) layers(n *descNode) {
	t := &LayerTemplate{}
	d.object(n, "layers",
		descField{"memories", true, func(n *descNode) { d.layerMemories(n, t) }},
		descField{"rules", false, func(n *descNode) { d.layerRules(n, t) }},
		descField{"source", true, d.text(&t.Source, "source")})
	if len(t.Memories) == 0 {
		d.fail(n.at, "layers without a memory, need at least 1")
	}
	d.f.Layers = t
}

func (d *descDecoder) layerMemories(n *descNode, t *LayerTemplate) {
	cores, ok := d.f.Limit("cores")
	if !ok {
		d.fail(n.at, "layers need the limit %q", "cores")
	}
	d.named(n, "memories", func(name string, at descPos, v *descNode) {
		m := LayerMemory{Name: name}
		d.object(v, "memory "+name,
			descField{"entries", true, d.layerExpr(&m.Entries, "entries of "+name)},
			descField{"cores", true, func(n *descNode) {
				d.items(n, "cores", 1<<12, func(v *descNode) { m.Cores = append(m.Cores, d.whole(v, "cores", 0, 1<<40)) })
			}},
			descField{"source", true, d.text(&m.Source, "source")})
		if ok && int64(len(m.Cores)) != cores {
			d.fail(at, "memory %s of %d cores, need %d", name, len(m.Cores), cores)
		}
		t.Memories = append(t.Memories, m)
	})
}

func (d *descDecoder) layerRules(n *descNode, t *LayerTemplate) {
	d.named(n, "rules", func(name string, _ descPos, v *descNode) {
		r := LayerRule{Name: name, Max: math.MaxInt64}
		d.object(v, "rule "+name,
			descField{"value", true, d.layerExpr(&r.Value, "value of "+name)},
			descField{"max", false, d.int64(&r.Max, "max", 0, math.MaxInt64)},
			descField{"of", false, d.wholes(&r.Of, "of", 0, math.MaxInt64)},
			descField{"source", true, d.text(&r.Source, "source")})
		if v.kind == descObject && (v.member("max") == nil) == (v.member("of") == nil) {
			d.fail(v.at, "rule %s, need one of max and of", name)
		}
		t.Rules = append(t.Rules, r)
	})
}

// layerExpr reads an expression over the variables of a layer.
func (d *descDecoder) layerExpr(to *string, what string) func(*descNode) {
	return func(n *descNode) {
		if !d.kind(n, descString, what) {
			return
		}
		e, err := CompileExpr(n.text)
		if err != nil {
			d.exprError(n, what, err)
			return
		}
		*to = n.text
		for _, v := range e.vars {
			if _, ok := (&LayerShape{}).value(v); !ok {
				d.exprError(n, what, fmt.Errorf("variable %q is none of a layer, have %s", v, layerVarNames()))
			}
		}
	}
}

func layerVarNames() string {
	names := make([]string, len(layerVars))
	for i, v := range layerVars {
		names[i] = v.name
	}
	return strings.Join(names, ", ")
}
