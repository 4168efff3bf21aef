package rule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"hillock/chip"
	"hillock/isa"
	"hillock/isa/asm"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]Product{
		"2^-2*y0*x1 - 2^-3*x1*x0": {
			{Dep: "y0", Mant: 1, Exp: -2, Factors: []Factor{{Var: "x1"}}}, {Dep: "x0", Mant: -1, Exp: -3, Factors: []Factor{{Var: "x1"}}}},
		"x0*y0*2 - x0*1 + u2*1": {
			{Dep: "x0", Mant: 2, Factors: []Factor{{Var: "y0"}}}, {Dep: "x0", Mant: -1}, {Dep: "u", K: 2, Mant: 1}},
		"2**-3 * y0*(x1-3)*sgn(w) + -4*x0*(5+t)": {
			{Dep: "y0", Mant: 1, Exp: -3, Factors: []Factor{{Var: "x1", Const: -3}, {Var: "w", Sgn: true}}}, {Dep: "x0", Mant: -4, Factors: []Factor{{Var: "t", Const: 5}}}},
		"u1*x0*(3)*sign(d-1)": {{Dep: "u", K: 1, Mant: 1, Factors: []Factor{{Var: "x0"}, {Var: "C", Const: 3}, {Var: "d", Const: -1, Sgn: true}}}},
	} {
		got, err := Parse("dw", text)
		require.NoError(t, err, text)
		require.Equal(t, Target{"dw", want}, got, text)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "need a factor, have the end",
		"x1*y1":             "nothing says when it applies",
		"x0*z3":             `unknown variable "z3"`,
		"x0*wT":             "transposed weight",
		"x0*w'":             "transposed weight",
		"x0*r1":             "reward",
		"x0*3^2":            "power 3^2",
		"x0*2^99":           "power 2^99",
		"x0 y0":             "need + or -",
		"x0*(x1*y1)":        "need ), + or -",
		"x0*(x1+y1)":        "one variable",
		"x0*(3-x1)":         "one variable",
		"x0*sgn(x1)":        "sign of x1",
		"x0*sgn w":          "need (",
		"x0*70000":          "below 65536",
		"x0*60000*60000":    "scale",
		"u31":               "need u0..u30",
		"u*x1":              "need u0..u30",
		"x0*/2":             "need a number",
		"x0*(":              "have the end",
		"x0*(x1":            "need ), + or -",
		"x0*":               "have the end",
		"x0" + tail(17):     "more than 16 factors",
		manyProducts(65):    "more than 64 products",
		string(blank(5000)): "text of 5000 bytes",
	} {
		_, err := Parse("dw", text)
		require.ErrorContains(t, err, want, "%.40q", text)
	}
}

func tail(n int) string         { return strings.Repeat("*x1", n) }
func manyProducts(n int) string { return "x0" + strings.Repeat(" + x0", n-1) }
func blank(n int) []byte        { return []byte(strings.Repeat(" ", n)) }

// settings are those of a test.
type settings map[string]int64

func (s settings) Whole(name string) (int64, bool) { v, ok := s[name]; return v, ok }
func (s settings) Real(string) (float64, bool)     { return 8, true }

func model(t testing.TB, family, name string) *chip.LearnModel {
	f, err := chip.LoadNamed(family)
	require.NoError(t, err)
	m := f.LearnModel(name)
	require.NotNil(t, m)
	return m
}

// The program of the research note, word for word but for operands read from
// memory and gates numbered as they come.
func TestCompileGivesTheKnownProgram(t *testing.T) {
	m := model(t, "loihi2", "two-factor")
	target, err := Parse("dw", "y0*x1*2^-2 - x0*y1*2^-3")
	require.NoError(t, err)
	progs, err := Compile(m, []Target{target}, "mixed", settings{"t_epoch": 4})
	require.NoError(t, err)
	require.Len(t, progs, 1)
	require.Equal(t, []chip.GateOf{{Dep: "y0"}, {Dep: "x0"}}, progs[0].Gates)
	want := `LDC t4 #-32769 | LDC t5 #32767 | SHL t0 s0 7
SMP #2 | LDC t1 #1 | LDC t2 #0 | ADD t2 t2 p3 | SAT t2 t2 8 | MUL t1 t1 t2 | TST F EVT #1
SHR t1 t1 0 | SHL t1 t1 5 | MAX t1 t1 t4 | MIN t1 t1 t5 | ?F ADD t0 t0 t1 | MAX t0 t0 t4 | MIN t0 t0 t5
SMP #1 | LDC t1 #-1 | LDC t2 #0 | ADD t2 t2 p5 | SAT t2 t2 8 | MUL t1 t1 t2 | TST F EVT #2
SHR t1 t1 0 | SHL t1 t1 4 | MAX t1 t1 t4 | MIN t1 t1 t5 | ?F ADD t0 t0 t1 | MAX t0 t0 t4 | MIN t0 t0 t5
RND t1 #0 | ADD t0 t0 t1 | SHR s0 t0 7 | STW | END`
	p, err := asm.Assemble(want, "want", asm.Options{Kind: isa.Rule})
	require.NoError(t, err)
	require.Equal(t, p.Words(), progs[0].Prog.Words())
	_, err = m.Bind(settings{"t_epoch": 4}, progs)
	require.NoError(t, err)
}

func TestCompileRefuses(t *testing.T) {
	m, coin := model(t, "loihi2", "two-factor"), model(t, "loihi1-b2l", "coin")
	v := settings{"t_epoch": 1, "lsb": 0}
	one := func(name string, p Product) []Target { return []Target{{name, []Product{p}}} }
	x := Product{Dep: "x0", Mant: 1}
	for _, c := range []struct {
		m    *chip.LearnModel
		rule []Target
		mode string
		want string
	}{
		{m, one("dv", x), "mixed", `target "dv"`},
		{m, append(one("dw", x), one("dw", x)...), "mixed", "there twice"},
		{m, one("dw", x), "odd", `no sign mode "odd"`},
		{m, one("dw", Product{Dep: "x1", Mant: 1}), "exc", `dependency "x1"`},
		{m, one("dw", Product{Dep: "u", K: 31, Mant: 1}), "exc", "exponent 31"},
		{m, one("dw", Product{Dep: "x0", Mant: 1 << 20}), "exc", "17 bits"},
		{m, one("dw", Product{Dep: "x0", Mant: 1, Exp: -8}), "exc", "shift"},
		{m, one("dw", Product{Dep: "x0", Mant: 1, Factors: []Factor{{Var: "wT"}}}), "exc", "transposed"},
		{m, one("dw", Product{Dep: "x0", Mant: 1, Factors: []Factor{{Var: "x1", Const: 1 << 17}}}), "exc", "constant"},
		{coin, one("dw", Product{Dep: "x0", Mant: 1, Factors: []Factor{{Var: "t"}}}), "exc", `unknown variable "t"`},
		{coin, one("dt", x), "exc", `target "dt"`},
		{model(t, "loihi1", "pes"), one("dw", x), "exc", "holds no rule"},
	} {
		_, err := Compile(c.m, c.rule, c.mode, v)
		require.ErrorContains(t, err, c.want, fmt.Sprint(c.rule))
	}
	var gates []Product
	for k := range 12 {
		gates = append(gates, Product{Dep: "u", K: k, Mant: 1})
	}
	_, err := Compile(m, []Target{{"dw", gates}}, "exc", v)
	require.ErrorContains(t, err, "different dependencies")
}

// Whatever is parsed either compiles and binds or is refused with an error.
func TestRulesCompileOrAreRefused(t *testing.T) {
	models := []*chip.LearnModel{model(t, "loihi2", "two-factor"), model(t, "loihi2", "three-factor"), model(t, "loihi1-b2l", "coin")}
	parts := rapid.SampledFrom([]string{"x0", "y0", "u3", "x1", "y2", "w", "t", "(d-3)", "sgn(t+1)", "2^-4", "7", "2^3"})
	rapid.Check(t, func(r *rapid.T) {
		var products []string
		for range rapid.IntRange(1, 4).Draw(r, "products") {
			products = append(products, strings.Join(rapid.SliceOfN(parts, 1, 5).Draw(r, "parts"), "*"))
		}
		target, err := Parse("dw", strings.Join(products, " - "))
		if err != nil {
			return
		}
		m := rapid.SampledFrom(models).Draw(r, "model")
		v := settings{"t_epoch": 2, "lsb": 1}
		progs, err := Compile(m, []Target{target}, "mixed", v)
		if err != nil {
			return
		}
		if _, err := m.Bind(v, progs); err != nil {
			r.Fatal(err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2^-2*y0*x1 - 2^-3*x1*x0", "u2*t*2^-3", "x0*(y1+5)*sgn(w)", "-x0", "(", "2^"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := Parse("dw", s)
		if err == nil && len(target.Products) == 0 {
			t.Fatal("no product and no error")
		}
	})
}
