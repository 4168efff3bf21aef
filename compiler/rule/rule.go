// Package rule turns learning rules, sums of products per target, into
// microcode for the learning models of chip descriptions.
package rule

import (
	"fmt"
	"slices"
	"strings"

	"hillock/chip"
	"hillock/isa"
	"hillock/isa/asm"
)

// Target is one equation: the sum of products that a synapse word changes by,
// such as dw.
type Target struct {
	Name     string
	Products []Product
}

// Product is Mant * 2^Exp times its factors, where its dependency is open: x0
// and y0 when the source or target fired, u in every 2^K-th epoch.
type Product struct {
	Dep     string
	K       int
	Mant    int64
	Exp     int
	Factors []Factor
}

// Factor is a variable and a constant, together, or the sign of that. The
// variable "C" is the constant alone.
type Factor struct {
	Var   string
	Const int64
	Sgn   bool
}

// Bounds of one rule.
const (
	maxProducts = 64
	maxFactors  = 16
	maxExp      = 31
	maxK        = 30
	gateBits    = 11 // of the mask of TST
)

// The widths of factors that are no words: a dependency, a constant.
const (
	flagBits  = 1
	constBits = 8
)

// compiler is one rule on its way into one model.
type compiler struct {
	m        *chip.LearnModel
	v        chip.LearnVars
	fraction int64
	gates    []chip.GateOf
	out      []isa.Instr
}

// Compile makes the programs of a rule, one for each step of the model that
// holds a rule. Mode is the sign mode of the synapses. Targets that the model
// has and the rule does not name stay as they are.
func Compile(m *chip.LearnModel, rule []Target, mode string, v chip.LearnVars) ([]chip.RuleProgram, error) {
	var out []chip.RuleProgram
	for i := range m.Steps {
		step := &m.Steps[i]
		if step.Rule == nil {
			continue
		}
		c := &compiler{m: m, v: v, fraction: fraction(rule)}
		if err := c.step(step, rule, mode); err != nil {
			return nil, fmt.Errorf("rule: model %s, step %s: %w", m.Name, step.Name, err)
		}
		p, err := isa.NewProgramOf(isa.Rule, append(c.out, isa.Instr{Op: isa.END, D: isa.Z, A: isa.Z, B: isa.Z}))
		if err != nil {
			return nil, fmt.Errorf("rule: model %s, step %s: %w", m.Name, step.Name, err)
		}
		out = append(out, chip.RuleProgram{Step: step.Name, Prog: p, Gates: c.gates})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("rule: learning model %s holds no rule: its programs are fixed", m.Name)
	}
	return out, nil
}

// fraction is the number of fraction bits that the scales of a rule need.
func fraction(rule []Target) int64 {
	n := 0
	for _, t := range rule {
		for _, p := range t.Products {
			n = max(n, -p.Exp)
		}
	}
	return int64(n)
}

func (c *compiler) step(step *chip.LearnStep, rule []Target, mode string) error {
	f := step.Rule
	for i, t := range rule {
		known := slices.ContainsFunc(f.Targets, func(x chip.RuleTarget) bool { return x.Name == t.Name })
		twice := slices.ContainsFunc(rule[:i], func(x Target) bool { return x.Name == t.Name })
		if !known || twice {
			return fmt.Errorf("target %q is unknown or there twice", t.Name)
		}
	}
	if err := c.text(f.Begin, nil); err != nil {
		return err
	}
	for _, ft := range f.Targets {
		for i := range rule {
			if rule[i].Name != ft.Name || len(rule[i].Products) == 0 {
				continue
			}
			if err := c.target(step, &ft, &rule[i], mode); err != nil {
				return fmt.Errorf("%s: %w", ft.Name, err)
			}
		}
	}
	return c.text(f.Finish, nil)
}

func (c *compiler) target(step *chip.LearnStep, ft *chip.RuleTarget, t *Target, mode string) error {
	if len(t.Products) > maxProducts {
		return fmt.Errorf("%d products, need at most %d", len(t.Products), maxProducts)
	}
	end := slices.IndexFunc(ft.Ends, func(e chip.RuleEnd) bool { return e.Mode == mode || e.Mode == "any" })
	if end < 0 {
		return fmt.Errorf("the model has no sign mode %q", mode)
	}
	if err := c.text(ft.Begin, nil); err != nil {
		return err
	}
	for i := range t.Products {
		if err := c.product(step, &t.Products[i]); err != nil {
			return fmt.Errorf("product %d: %w", i, err)
		}
	}
	return c.text(ft.Ends[end].Text, nil)
}

// product computes t1 = Mant times the factors, F = the dependency is open,
// and leaves scaling and adding up to the model.
func (c *compiler) product(step *chip.LearnStep, p *Product) error {
	if len(p.Factors) > maxFactors || p.Exp < -maxExp || p.Exp > maxExp || p.Mant < -1<<16 || p.Mant >= 1<<16 {
		return fmt.Errorf("%d factors and scale %d * 2^%d, need at most %d, 17 bits and an exponent of at most %d", len(p.Factors), p.Mant, p.Exp, maxFactors, maxExp)
	}
	bit, err := c.gate(p.Dep, p.K)
	if err != nil {
		return err
	}
	var s strings.Builder
	if len(step.Views) > 0 {
		fmt.Fprintf(&s, "SMP #%d\n", view(p.Dep))
	}
	fmt.Fprintf(&s, "LDC t1 #%d\n", p.Mant)
	width := int64(0)
	for i := range p.Factors {
		w, err := c.factor(&s, &p.Factors[i])
		if err != nil {
			return err
		}
		width += w
	}
	fmt.Fprintf(&s, "TST F EVT #%d\n", 1<<bit)
	if err := c.assemble(s.String(), "rule", nil); err != nil {
		return err
	}
	text := step.Rule.Product
	if len(text.Texts) == 0 {
		text = c.m.Product
	}
	return c.text(text, func(name string) (int64, bool) {
		switch name {
		case "width":
			return width, true
		case "exp":
			return int64(p.Exp), true
		}
		return 0, false
	})
}

// view is the moment at which a dependency reads traces: 1 the last spike of
// the source, 2 that of the target, 0 the end of the epoch.
func view(dep string) int { return 1 + slices.Index([]string{"x0", "y0"}, dep) }

// gate is the bit of EVT for a dependency, made when first asked for.
func (c *compiler) gate(dep string, k int) (int, error) {
	if dep != "x0" && dep != "y0" && dep != "u" || k < 0 || k > maxK {
		return 0, fmt.Errorf("dependency %q with exponent %d, need x0, y0 or u0..u%d", dep, k, maxK)
	}
	if dep != "u" {
		k = 0
	}
	g := chip.GateOf{Dep: dep, K: k}
	n := slices.Index(c.gates, g)
	if n < 0 {
		if n = len(c.gates); n == gateBits {
			return 0, fmt.Errorf("%d different dependencies, need at most %d", n+1, gateBits)
		}
		c.gates = append(c.gates, g)
	}
	return n, nil
}

// factor multiplies t1 by a factor, clipped to its width, which it returns.
func (c *compiler) factor(s *strings.Builder, f *Factor) (int64, error) {
	width := int64(flagBits)
	if f.Const < -1<<16 || f.Const >= 1<<16 {
		return 0, fmt.Errorf("constant %d, need 17 bits signed", f.Const)
	}
	fmt.Fprintf(s, "LDC t2 #%d\n", f.Const)
	clip := true
	switch f.Var {
	case "C":
		width = constBits
	case "x0", "y0":
		bit, err := c.gate(f.Var, 0)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(s, "TST G EVT #%d\n?G ADDI t2 t2 #1\n", 1<<bit)
	default:
		n := slices.IndexFunc(c.m.Factors, func(x chip.LearnFactor) bool { return x.Name == f.Var })
		if n < 0 {
			return 0, unknown(f.Var)
		}
		width, clip = c.m.Factors[n].Bits, c.m.Factors[n].Bits > 0
		fmt.Fprintf(s, "ADD t2 t2 p%d\n", n)
	}
	if f.Sgn {
		s.WriteString("SGN t2 t2\n")
	}
	if clip && c.clips() {
		fmt.Fprintf(s, "SAT t2 t2 %d\n", width+1)
	}
	s.WriteString("MUL t1 t1 t2\n")
	return width, nil
}

// clips says that the model has widths of factors at all.
func (c *compiler) clips() bool {
	return slices.ContainsFunc(c.m.Factors, func(f chip.LearnFactor) bool { return f.Bits > 0 })
}

// text appends microcode of the model with its constants.
func (c *compiler) text(t chip.RuleText, extra func(string) (int64, bool)) error {
	if len(t.Texts) == 0 {
		return nil
	}
	var consts []asm.Const
	for _, k := range c.m.Consts {
		x, err := c.m.Value(k.Expr, c.v, func(name string) (int64, bool) {
			if name == "fraction" {
				return c.fraction, true
			}
			if extra == nil {
				return 0, true
			}
			return extra(name)
		})
		if err != nil {
			return fmt.Errorf("constant %s: %w", k.Name, err)
		}
		consts = append(consts, asm.Const{Name: k.Name, Value: x})
	}
	for i, src := range t.Texts {
		if err := c.assemble(src, t.Files[i], consts); err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) assemble(src, file string, consts []asm.Const) error {
	p, err := asm.Assemble(src+"\nEND\n", file, asm.Options{Kind: isa.Rule, Consts: consts})
	if err != nil {
		return err
	}
	c.out = append(c.out, p.Instrs[:len(p.Instrs)-1]...)
	return nil
}
