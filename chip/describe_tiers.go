package chip

import (
	"fmt"
	"math"
	"strings"
)

// tiers reads the section of chips whose cores hold one layer each. Limits are
// known by then: every memory has an entry for each core.
func (d *descDecoder) tiers(n *descNode) {
	t := &TierTemplate{}
	d.object(n, "tiers",
		descField{"memories", true, func(n *descNode) { d.tierMemories(n, t) }},
		descField{"rules", false, func(n *descNode) { d.tierRules(n, t) }},
		descField{"source", true, d.text(&t.Source, "source")})
	if len(t.Memories) == 0 {
		d.fail(n.at, "tiers without a memory, need at least 1")
	}
	d.f.Tiers = t
}

func (d *descDecoder) tierMemories(n *descNode, t *TierTemplate) {
	cores, ok := d.f.Limit("cores")
	if !ok {
		d.fail(n.at, "tiers need the limit %q", "cores")
	}
	d.named(n, "memories", func(name string, at descPos, v *descNode) {
		m := TierMemory{Name: name}
		d.object(v, "memory "+name,
			descField{"entries", true, d.tierExpr(&m.Entries, "entries of "+name)},
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

func (d *descDecoder) tierRules(n *descNode, t *TierTemplate) {
	d.named(n, "rules", func(name string, _ descPos, v *descNode) {
		r := TierRule{Name: name, Max: math.MaxInt64}
		d.object(v, "rule "+name,
			descField{"value", true, d.tierExpr(&r.Value, "value of "+name)},
			descField{"max", false, d.int64(&r.Max, "max", 0, math.MaxInt64)},
			descField{"of", false, d.wholes(&r.Of, "of", 0, math.MaxInt64)},
			descField{"source", true, d.text(&r.Source, "source")})
		if v.kind == descObject && (v.member("max") == nil) == (v.member("of") == nil) {
			d.fail(v.at, "rule %s, need one of max and of", name)
		}
		t.Rules = append(t.Rules, r)
	})
}

// tierExpr reads an expression over the variables of a layer.
func (d *descDecoder) tierExpr(to *string, what string) func(*descNode) {
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
			if _, ok := (&TierShape{}).value(v); !ok {
				d.exprError(n, what, fmt.Errorf("variable %q is none of a layer, have %s", v, tierVarNames()))
			}
		}
	}
}

func tierVarNames() string {
	names := make([]string, len(tierVars))
	for i, v := range tierVars {
		names[i] = v.name
	}
	return strings.Join(names, ", ")
}
