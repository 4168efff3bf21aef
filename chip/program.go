package chip

import (
	"fmt"
	"strings"

	"hillock/isa"
	"hillock/isa/asm"
)

// maxConsts bounds the assembly-time constants of a group.
const maxConsts = 64

// ConstTemplate is an assembly-time constant of a group's microcode, such as
// a shift count: an expression over fields of scope core that have defaults.
type ConstTemplate struct{ Name, Expr string }

// ProgramText is one file that a program was assembled from.
type ProgramText struct{ Name, Text string }

// consts reads {"NAME": expression, ...}. A program is checked when its
// description is loaded, so every field of the expressions needs a default.
func (d *descDecoder) consts(n *descNode, g *GroupTemplate) {
	g.Consts = nil
	d.named(n, "consts", func(name string, at descPos, v *descNode) {
		if len(g.Consts) == maxConsts {
			d.fail(at, "constant %s is number %d, need at most %d", name, maxConsts+1, maxConsts)
			return
		}
		c := ConstTemplate{Name: name}
		d.expr(&c.Expr, "constant "+name, true)(v)
		g.Consts = append(g.Consts, c)
	})
}

// assemble translates the texts of a group, one after the other, with its
// constants at the defaults of their fields.
func (d *descDecoder) assemble(g *GroupTemplate) (*isa.Program, error) {
	consts, err := d.f.constants(g, nil)
	if err != nil {
		return nil, err
	}
	return assembleTexts(isa.Neuron, g.Texts, consts, func(name string) (string, error) {
		b, err := descOpen(d.src, name)
		if err == nil && len(g.Consts) > 0 {
			g.Sources = append(g.Sources, ProgramText{name, string(b)})
		}
		return string(b), err
	})
}

// assembleRule translates the texts of a learning rule.
func (d *descDecoder) assembleRule(texts []string) (*isa.Program, error) {
	return assembleTexts(isa.Rule, texts, nil, func(name string) (string, error) {
		b, err := descOpen(d.src, name)
		return string(b), err
	})
}

// assembleTexts translates texts, one after the other.
func assembleTexts(kind isa.Kind, texts []string, consts []asm.Const, open func(name string) (string, error)) (*isa.Program, error) {
	o := asm.Options{Include: open, Consts: consts, Kind: kind}
	if len(texts) == 1 {
		src, err := open(texts[0])
		if err != nil {
			return nil, err
		}
		return asm.Assemble(src, texts[0], o)
	}
	var all strings.Builder
	for _, t := range texts {
		fmt.Fprintf(&all, "include %s\n", t)
	}
	return asm.Assemble(all.String(), "program", o)
}

// constants evaluates the constants of a group; nil vars are the defaults.
func (f *Family) constants(t *GroupTemplate, v Vars) ([]asm.Const, error) {
	var out []asm.Const
	for _, c := range t.Consts {
		x, err := f.coreExpr(c.Expr, v)
		if err != nil {
			return nil, fmt.Errorf("constant %s: %w", c.Name, err)
		}
		out = append(out, asm.Const{Name: c.Name, Value: x})
	}
	return out, nil
}

// bindProgram is the program of a group with the constants that the fields
// give; without constants it is the same for every core.
func (f *Family) bindProgram(t *GroupTemplate, v Vars) (*isa.Program, error) {
	if len(t.Consts) == 0 {
		return t.Prog, nil
	}
	consts, err := f.constants(t, v)
	if err != nil {
		return nil, err
	}
	return assembleTexts(isa.Neuron, t.Texts, consts, func(name string) (string, error) {
		for _, s := range t.Sources {
			if s.Name == name {
				return s.Text, nil
			}
		}
		return "", fmt.Errorf("microcode %q, which the description did not load", name)
	})
}
