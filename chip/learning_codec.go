package chip

import (
	"hillock/core"
	"hillock/core/learn"
	"hillock/isa"
)

// codeLearning codes the learning plans of a core.
func codeLearning(c *codec, l *core.Learning) {
	p := &l.Plan
	c.text(&p.Name, "plan name")
	integer(c, &p.Epoch, "ticks of an epoch")
	integer(c, &p.First, "first epoch")
	for space := range p.Words {
		list(c, &p.Words[space], 5, "learning words", func(w *learn.Word) {
			c.text(&w.Name, "word name")
			codeLayout(c, &w.Layout)
			c.flag(&w.Stored)
			ints(c, &w.Init, "start values")
		})
	}
	list(c, &p.Steps, 16, "learning steps", func(s *learn.Step) { codeStep(c, s) })
	ints(c, &l.Axons, "plastic in-axons")
}

func codeStep(c *codec, s *learn.Step) {
	c.text(&s.Name, "step name")
	integer(c, &s.On, "trigger")
	integer(c, &s.At, "moment")
	integer(c, &s.Every, "period")
	integer(c, &s.Offset, "offset")
	integer(c, &s.Over, "space walked over")
	codeProgramOf(c, isa.Rule, &s.Prog)
	codeRefs(c, &s.State, "state words of a step")
	codeRefs(c, &s.Params, "parameters of a step")
	list(c, &s.Tables, 1, "look-up tables", func(t *[]int32) { ints(c, t, "table entries") })
	list(c, &s.Draws, 3, "draw formats", func(d *learn.Draw) {
		integer(c, &d.Stream, "stream")
		integer(c, &d.Bits, "bits")
		c.flag(&d.Each)
	})
	list(c, &s.Gates, 3, "gates", func(g *learn.Gate) {
		codeRef(c, &g.Ref)
		integer(c, &g.Every, "epochs of a gate")
	})
	integer(c, &s.Passes, "passes")
	c.flag(&s.Keep)
	codeRefs(c, &s.Views, "views")
}

func codeRefs(c *codec, refs *[]learn.Ref, what string) {
	list(c, refs, 2, what, func(r *learn.Ref) { codeRef(c, r) })
}

func codeRef(c *codec, r *learn.Ref) {
	integer(c, &r.Space, "space")
	integer(c, &r.Word, "word")
}

// codeLearnState codes what learning changes.
func codeLearnState(c *codec, s *learn.State) {
	for space := range s.Words {
		codeRows(c, &s.Words[space], "learning words")
	}
}
