package chip

import (
	"math"
	"slices"
	"strings"

	"hillock/core/learn"
	"hillock/isa"
	"hillock/isa/asm"
	"hillock/isa/fixed"
)

// learning reads {"source": ..., "models": {NAME: {...}}}.
func (d *descDecoder) learning(n *descNode) {
	d.object(n, "learning", descField{"models", true, func(n *descNode) {
		d.named(n, "models", func(name string, _ descPos, v *descNode) {
			m := LearnModel{Name: name}
			d.learnModel(v, &m)
			d.f.Learning = append(d.f.Learning, m)
		})
	}})
}

func (d *descDecoder) learnModel(v *descNode, m *LearnModel) {
	m.Epoch = "1"
	d.object(v, "learning model "+m.Name,
		descField{"inherits", false, d.text(&m.Inherits, "inherits")},
		descField{"source", true, d.text(&m.Source, "source")},
		descField{"settings", true, func(n *descNode) { d.settings(n, m) }},
		descField{"times", false, d.texts(&m.Times, "times")},
		descField{"epoch", false, func(n *descNode) { d.setExpr(n, m, &m.Epoch, "epoch") }},
		descField{"first", false, d.int64(&m.First, "first", 0, math.MaxInt32)},
		descField{"roles", false, func(n *descNode) { d.learnRoles(n, m) }},
		descField{"depth", false, d.int(&m.Depth, "depth", 2, 256)},
		descField{"words", true, func(n *descNode) { d.learnWords(n, m) }},
		descField{"draws", false, func(n *descNode) { d.learnDraws(n, m) }},
		descField{"consts", false, func(n *descNode) { d.learnConsts(n, m) }},
		descField{"factors", false, func(n *descNode) { d.factors(n, m) }},
		descField{"product", false, func(n *descNode) { d.ruleText(n, m, &m.Product, "product") }},
		descField{"steps", true, func(n *descNode) { d.learnSteps(n, m) }})
}

func (d *descDecoder) settings(n *descNode, m *LearnModel) {
	d.named(n, "settings", func(name string, _ descPos, v *descNode) {
		s := Setting{Name: name}
		d.object(v, "setting "+name,
			descField{"lo", true, d.int64(&s.Lo, "lo", math.MinInt32, math.MaxInt32)},
			descField{"hi", true, d.int64(&s.Hi, "hi", math.MinInt32, math.MaxInt32)},
			descField{"default", false, func(n *descNode) {
				s.HasDefault = true
				s.Default = d.whole(n, "default", s.Lo, max(s.Lo, s.Hi))
			}},
			descField{"per_role", false, d.bool(&s.PerRole, "per_role")})
		if s.Lo > s.Hi {
			d.fail(v.at, "setting %s has the range %d..%d, need lo <= hi", name, s.Lo, s.Hi)
		}
		m.Settings = append(m.Settings, s)
	})
}

// setExpr reads an expression over settings and the named extra variables.
func (d *descDecoder) setExpr(n *descNode, m *LearnModel, to *string, what string, extra ...string) {
	if n.kind == descNumber {
		d.expr(to, what, true)(n)
		return
	}
	if d.text(to, what)(n); n.kind != descString {
		return
	}
	e, err := CompileExpr(n.text)
	if err != nil {
		d.fail(n.at, "%s: %w", what, err)
		return
	}
	for _, name := range e.vars {
		if m.setting(name) == nil && !strings.Contains(" "+strings.Join(extra, " ")+" ", " "+name+" ") {
			d.fail(n.at, "%s: variable %q is no setting of learning model %s", what, name, m.Name)
		}
	}
}

func (d *descDecoder) learnWords(n *descNode, m *LearnModel) {
	space := func(s learn.Space) descField {
		return descField{s.String(), s == learn.Synapse, func(n *descNode) {
			d.named(n, s.String(), func(name string, at descPos, v *descNode) {
				w := LearnWord{Name: name}
				if _, twice := m.word(name); twice || m.setting(name) != nil {
					d.fail(at, "word %q is there twice, or is a setting", name)
				}
				d.layoutOr(v, &w)
				if w.Stored && s != learn.Synapse {
					d.fail(at, "word %q of %s is stored, need space %s", name, s, learn.Synapse)
				}
				if w.Live {
					d.liveWord(at, m, &w)
				}
				m.Words[s] = append(m.Words[s], w)
			})
		}}
	}
	d.object(n, "words", space(learn.Synapse), space(learn.Pre), space(learn.Post), descField{"past", false, func(n *descNode) { d.pastWords(n, m) }})
	if (m.Depth > 0) != (len(m.Past) > 0) {
		d.fail(n.at, "a past of %d entries with %d words, need both or none", m.Depth, len(m.Past))
	}
}

// liveWord holds a word that says whether a synapse is there.
func (d *descDecoder) liveWord(at descPos, m *LearnModel, w *LearnWord) {
	words := m.Words[learn.Synapse]
	twice := slices.ContainsFunc(words, func(x LearnWord) bool { return x.Live })
	unsigned := w.Layout.Over == fixed.SatU || w.Layout.Over == fixed.WrapU
	if !w.Stored || w.Layout.Width != 1 || !unsigned || len(words) == 0 || twice {
		d.fail(at, "word %q is live, need one such word of 1 stored bit without a sign, behind the weight", w.Name)
	}
}

// layoutOr reads a layout with optional members "stored" and "live".
func (d *descDecoder) layoutOr(n *descNode, w *LearnWord) {
	rest := *n
	for _, f := range [...]struct {
		name string
		to   *bool
	}{{"stored", &w.Stored}, {"live", &w.Live}} {
		if s := n.member(f.name); n.kind == descObject && s != nil {
			d.bool(f.to, f.name)(s)
			rest.drop(f.name)
		}
	}
	d.layout(&w.Layout)(&rest)
}

func (d *descDecoder) learnDraws(n *descNode, m *LearnModel) {
	d.named(n, "draws", func(name string, _ descPos, v *descNode) {
		x := LearnDraw{Name: name}
		bits, scope := int64(1), "step"
		d.object(v, "draw "+name,
			descField{"bits", true, d.int64(&bits, "bits", 1, 31)},
			descField{"per", false, d.word(&scope, "per", "step", "item")})
		x.Bits, x.Each = uint8(bits), scope == "item"
		m.Draws = append(m.Draws, x)
	})
}

func (d *descDecoder) learnConsts(n *descNode, m *LearnModel) {
	d.named(n, "consts", func(name string, _ descPos, v *descNode) {
		c := LearnConst{Name: name}
		d.setExpr(v, m, &c.Expr, "constant "+name, "fraction", "width", "exp")
		m.Consts = append(m.Consts, c)
	})
}

func (d *descDecoder) factors(n *descNode, m *LearnModel) {
	d.named(n, "factors", func(name string, at descPos, v *descNode) {
		f := LearnFactor{Name: name}
		d.object(v, "factor "+name,
			descField{"word", false, d.text(&f.Word, "word")},
			descField{"bits", false, d.int64(&f.Bits, "bits", 0, 31)})
		if f.Word == "" {
			f.Word = name
		}
		if _, ok := m.word(f.Word); !ok {
			d.fail(at, "factor %s: no word %q", name, f.Word)
		}
		if len(m.Factors) == isa.NumP {
			d.fail(at, "factor %s is number %d, need at most %d", name, len(m.Factors)+1, isa.NumP)
			return
		}
		m.Factors = append(m.Factors, f)
	})
}

// ruleText reads microcode of a rule and assembles it on trial: its constants
// have values only when a rule is made.
func (d *descDecoder) ruleText(n *descNode, m *LearnModel, to *RuleText, what string) {
	*to = RuleText{}
	d.texts(&to.Files, what)(n)
	for _, name := range to.Files {
		b, err := descOpen(d.src, name)
		if err != nil {
			d.fail(n.at, "%s: %w", what, err)
			return
		}
		to.Texts = append(to.Texts, string(b))
		var consts []asm.Const
		for _, c := range m.Consts {
			consts = append(consts, asm.Const{Name: c.Name, Value: 1})
		}
		if _, err := asm.Assemble(string(b)+"\nEND\n", name, asm.Options{Kind: isa.Rule, Consts: consts}); err != nil {
			d.fail(n.at, "%s: %w", what, err)
		}
	}
}

func (d *descDecoder) learnSteps(n *descNode, m *LearnModel) {
	d.named(n, "steps", func(name string, at descPos, v *descNode) {
		s := LearnStep{Name: name}
		on, when, over, walk := "", "", "", learnWalks[0]
		var prog *descNode
		d.object(v, "step "+name,
			descField{"on", true, d.word(&on, "on", "tick", "arrive", "fire")},
			descField{"at", true, d.word(&when, "at", "delivered", "fired", "served")},
			descField{"over", true, d.word(&over, "over", "synapse", "pre", "post")},
			descField{"every", false, func(n *descNode) { d.setExpr(n, m, &s.Every, "every") }},
			descField{"offset", false, func(n *descNode) { d.setExpr(n, m, &s.Offset, "offset") }},
			descField{"passes", false, func(n *descNode) { d.setExpr(n, m, &s.Passes, "passes") }},
			descField{"program", false, func(n *descNode) { prog = n; d.texts(&s.Files, "program")(n) }},
			descField{"state", true, d.texts(&s.State, "state")},
			descField{"params", false, func(n *descNode) { d.learnParams(n, m, &s) }},
			descField{"views", false, d.texts(&s.Views, "views")},
			descField{"draws", false, d.texts(&s.Draws, "draws")},
			descField{"tables", false, func(n *descNode) { d.learnTables(n, m, &s) }},
			descField{"keep", false, d.bool(&s.Keep, "keep")},
			descField{"roles", false, d.texts(&s.Roles, "roles")},
			descField{"append", false, d.bool(&s.Append, "append")},
			descField{"walk", false, d.word(&walk, "walk", learnWalks...)},
			descField{"from", false, d.text(&s.From, "from")},
			descField{"to", false, d.text(&s.To, "to")},
			descField{"rule", false, func(n *descNode) { d.ruleFrame(n, m, &s) }})
		s.On = learn.Trigger(max(0, index(on, "tick", "arrive", "fire")))
		s.At = learn.Moment(max(0, index(when, "delivered", "fired", "served")))
		s.Over = learn.Space(max(0, index(over, "synapse", "pre", "post")))
		s.Walk = learn.Walk(max(0, index(walk, learnWalks...)))
		d.learnNames(v, m, &s)
		d.learnPast(v, m, &s)
		switch {
		case (prog != nil) == (s.Rule != nil):
			d.fail(at, "step %s needs either %q or %q", name, "program", "rule")
		case prog != nil && len(s.Files) > 0:
			var err error
			if s.Prog, err = d.assembleRule(s.Files); err != nil {
				d.fail(prog.at, "step %s: %w", name, err)
			}
		}
		m.Steps = append(m.Steps, s)
	})
}

func index(s string, words ...string) int {
	for i, w := range words {
		if s == w {
			return i
		}
	}
	return -1
}

// learnNames holds the names of a step against the model.
func (d *descDecoder) learnNames(v *descNode, m *LearnModel, s *LearnStep) {
	for _, list := range [...][]string{s.State, s.Views} {
		for _, name := range list {
			if _, ok := m.word(name); !ok {
				d.fail(v.at, "step %s: no word %q", s.Name, name)
			}
		}
	}
	for _, name := range s.Draws {
		if _, ok := m.draw(name); !ok {
			d.fail(v.at, "step %s: no draw %q", s.Name, name)
		}
	}
}

// learnParams reads p0, p1, ...: words, phase, pass, neuron.K or expressions.
func (d *descDecoder) learnParams(n *descNode, m *LearnModel, s *LearnStep) {
	d.items(n, "params", isa.NumP, func(v *descNode) {
		var src string
		_, word := m.word(v.text)
		_, neuron := neuronParam(v.text)
		if v.kind == descString && (word || neuron || m.beyond(v.text)) {
			src = v.text
		} else {
			d.setExpr(v, m, &src, "parameter")
		}
		s.Params = append(s.Params, src)
	})
}

func (d *descDecoder) learnTables(n *descNode, m *LearnModel, s *LearnStep) {
	d.items(n, "tables", 32, func(v *descNode) {
		t := LearnTable{Ticks: "1"}
		d.object(v, "table",
			descField{"decay", true, d.word(&t.Decay, "decay", "exp", "linear", "linear15")},
			descField{"time", true, func(n *descNode) {
				if n.kind == descNumber {
					t.Fixed = d.whole(n, "time", 1, math.MaxInt32)
					return
				}
				if d.text(&t.Time, "time")(n); index(t.Time, m.Times...) < 0 {
					d.fail(n.at, "table: %q is no time of learning model %s", t.Time, m.Name)
				}
			}},
			descField{"ticks", false, func(n *descNode) { d.setExpr(n, m, &t.Ticks, "ticks") }},
			descField{"entries", true, d.int64(&t.Entries, "entries", 1, maxLearnTable)},
			descField{"part", true, d.word(&t.Part, "part", "whole", "fraction", "scaled", "curve")},
			descField{"bits", false, d.int64(&t.Bits, "bits", 0, 31)})
		s.Tables = append(s.Tables, t)
	})
}

func (d *descDecoder) ruleFrame(n *descNode, m *LearnModel, s *LearnStep) {
	f := &RuleFrame{}
	d.object(n, "rule",
		descField{"gates", false, func(n *descNode) {
			d.named(n, "gates", func(dep string, at descPos, v *descNode) {
				g := RuleGate{Dep: dep}
				d.text(&g.Word, "gate")(v)
				if _, ok := m.word(g.Word); !ok || index(dep, "x0", "y0") < 0 {
					d.fail(at, "gate %s of word %q, need x0 or y0 and a word", dep, g.Word)
				}
				f.Gates = append(f.Gates, g)
			})
		}},
		descField{"begin", false, func(n *descNode) { d.ruleText(n, m, &f.Begin, "begin") }},
		descField{"product", false, func(n *descNode) { d.ruleText(n, m, &f.Product, "product") }},
		descField{"targets", true, func(n *descNode) {
			d.named(n, "targets", func(name string, _ descPos, v *descNode) { d.ruleTarget(v, m, f, name) })
		}},
		descField{"finish", false, func(n *descNode) { d.ruleText(n, m, &f.Finish, "finish") }})
	s.Rule = f
}

func (d *descDecoder) ruleTarget(v *descNode, m *LearnModel, f *RuleFrame, name string) {
	t := RuleTarget{Name: name}
	d.object(v, "target "+name,
		descField{"begin", true, func(n *descNode) { d.ruleText(n, m, &t.Begin, "begin") }},
		descField{"end", true, func(n *descNode) {
			d.named(n, "end", func(mode string, _ descPos, v *descNode) {
				e := RuleEnd{Mode: mode}
				d.ruleText(v, m, &e.Text, "end")
				t.Ends = append(t.Ends, e)
			})
		}})
	f.Targets = append(f.Targets, t)
}
