package chip

import (
	"fmt"

	"hillock/core"
	"hillock/core/learn"
	"hillock/isa"
)

// coreLearning are the plans of one core in an image file. The section LRNG
// holds them for the cores that have any; without such cores there is no
// section.
type coreLearning struct {
	Core  int // index into Image.Cores
	Plans []core.Learning
}

// learning lists the cores that learn.
func (img *Image) learning() []coreLearning {
	var out []coreLearning
	for i := range img.Cores {
		if l := img.Cores[i].Image.Learning; len(l) > 0 {
			out = append(out, coreLearning{i, l})
		}
	}
	return out
}

// codeLearning codes the section LRNG.
func (img *Image) codeLearning(c *codec) {
	all := img.learning()
	list(c, &all, 2, "learning cores", func(k *coreLearning) {
		integer(c, &k.Core, "core index")
		list(c, &k.Plans, 6, "learning plans", func(l *core.Learning) { codeLearning(c, l) })
	})
	for _, k := range all {
		if c.write || c.err != nil {
			return
		}
		if k.Core < 0 || k.Core >= len(img.Cores) {
			c.fail(fmt.Sprintf("a core of %d", len(img.Cores)), k.Core)
			return
		}
		img.Cores[k.Core].Image.Learning = k.Plans
	}
}

func codeLearning(c *codec, l *core.Learning) {
	ints(c, &l.Axons, "plastic in-axons")
	p := &l.Plan
	c.text(&p.Name, "plan name")
	integer(c, &p.Epoch, "ticks of an epoch")
	integer(c, &p.First, "first epoch")
	for s := range p.Words {
		list(c, &p.Words[s], 5, "words", func(w *learn.Word) {
			c.text(&w.Name, "word name")
			codeLayout(c, &w.Layout)
			codeMemory(c, p, w, learn.Space(s))
			ints(c, &w.Init, "start values")
		})
	}
	list(c, &p.Steps, 16, "steps", func(s *learn.Step) { codeStep(c, s) })
}

// codeMemory codes whether a word is stored (1) and, beyond, says whether the
// synapse is there (2).
func codeMemory(c *codec, p *learn.Plan, w *learn.Word, s learn.Space) {
	v := uint64(0)
	synapse := p.Words[learn.Synapse]
	switch {
	case c.write && s == learn.Synapse && p.Live > 0 && int(p.Live) < len(synapse) && w == &synapse[p.Live]:
		v = 2
	case w.Stored:
		v = 1
	}
	c.uint(&v, 2, "memory of a word")
	if c.write {
		return
	}
	w.Stored = v > 0
	if v < 2 {
		return
	}
	k := -1
	for i := range synapse {
		if w == &synapse[i] {
			k = i
		}
	}
	if s != learn.Synapse || k < 1 || p.Live > 0 {
		c.fail("one word of a synapse, behind its weight, that says whether it is there", fmt.Sprintf("word %d of %s", k, s))
		return
	}
	p.Live = int32(k)
}

func codeStep(c *codec, s *learn.Step) {
	c.text(&s.Name, "step name")
	integer(c, &s.On, "trigger")
	integer(c, &s.At, "moment")
	integer(c, &s.Every, "period")
	integer(c, &s.Offset, "offset")
	integer(c, &s.Over, "space")
	codeProgramOf(c, &s.Prog, isa.Rule)
	codeRefs(c, &s.State, "state words")
	codeRefs(c, &s.Params, "parameters")
	list(c, &s.Tables, 1, "look-up tables", func(t *[]int32) { ints(c, t, "table entries") })
	list(c, &s.Draws, 3, "draws", func(d *learn.Draw) {
		integer(c, &d.Stream, "stream")
		integer(c, &d.Bits, "bits")
		c.flag(&d.Each)
	})
	list(c, &s.Gates, 3, "gates", func(g *learn.Gate) {
		codeRef(c, &g.Ref)
		integer(c, &g.Every, "epochs")
	})
	integer(c, &s.Passes, "passes")
	c.flag(&s.Keep)
	codeRefs(c, &s.Views, "views")
}

func codeRefs(c *codec, r *[]learn.Ref, what string) {
	list(c, r, 2, what, func(r *learn.Ref) { codeRef(c, r) })
}

func codeRef(c *codec, r *learn.Ref) {
	integer(c, &r.Space, "space")
	integer(c, &r.Word, "word")
}
