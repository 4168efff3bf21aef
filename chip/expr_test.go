package chip

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func exprVars(name string) (int64, bool) {
	switch name {
	case "a":
		return 7, true
	case "b":
		return -3, true
	case "zero":
		return 0, true
	case "big":
		return math.MaxInt64, true
	case "small":
		return math.MinInt64, true
	}
	return 0, false
}

func TestExprValues(t *testing.T) {
	for _, c := range []struct {
		src  string
		want int64
	}{
		{"1", 1}, {" 0x1F ", 31}, {"-a", -7}, {"+a", 7}, {"!a", 0}, {"!zero", 1}, {"~a", -8}, {"- -a", 7},
		{"1 + 2 * 3", 7}, {"(1 + 2) * 3", 9}, {"10 - 3 - 2", 5}, {"2 * 3 % 4", 2}, {"12 / 2 / 3", 2},
		{"7 / 2", 3}, {"-7 / 2", -4}, {"7 / -2", -4}, {"-7 / -2", 3},
		{"7 % 3", 1}, {"-7 % 3", 2}, {"7 % -3", -2}, {"-7 % -3", -1}, {"small % -1", 0}, {"6 % 3", 0},
		{"1 << 4", 16}, {"1 << -1", 0}, {"-5 << -1", -3}, {"-5 >> 1", -3}, {"5 >> -2", 20}, {"-1 >> 200", -1},
		{"zero << 1000", 0}, {"-1 << 63", math.MinInt64}, {"1 << 62", 1 << 62}, {"a << small", 0}, {"zero >> small", 0},
		{"6 & 3", 2}, {"6 | 3", 7}, {"6 ^ 3", 5}, {"6 & 3 == 3", 0}, {"1 | 2 ^ 3 & 2", 1},
		{"1 < 2", 1}, {"2 <= 1", 0}, {"2 > 1", 1}, {"1 >= 2", 0}, {"a == 7", 1}, {"a != 7", 0}, {"1 + 1 < 3 << 1", 1},
		{"a && b", 1}, {"a && zero", 0}, {"zero || b", 1}, {"zero || zero", 0}, {"1 || 0 && 0", 1},
		{"zero && 1 / 0", 0}, {"a || 1 / 0", 1}, {"a ? 1 : 1 / 0", 1}, {"zero ? 1 / 0 : 2", 2},
		{"zero ? 1 : zero ? 2 : 3", 3}, {"1 ? 0 ? 4 : 5 : 6", 5},
		{"min(a, b)", -3}, {"max(a, b, 9, 2)", 9}, {"abs(b)", 3}, {"clip(a, 0, 5)", 5}, {"clip(b, 0, 5)", 0}, {"clip(3, 0, 5)", 3},
		{"log2up(1)", 0}, {"log2up(2)", 1}, {"log2up(3)", 2}, {"log2up(4)", 2}, {"log2up(5)", 3}, {"log2up(1 << 62)", 62}, {"log2up(big)", 63},
		{"small / 2", math.MinInt64 / 2}, {"big + small", -1}, {"small + 0", math.MinInt64},
		{"4096 - 100 - 1", 3995}, {"12 << 3", 96},
	} {
		e, err := CompileExpr(c.src)
		if err != nil {
			t.Errorf("%q: %v", c.src, err)
			continue
		}
		got, err := e.Eval(exprVars)
		if err != nil || got != c.want {
			t.Errorf("%q = %d, %v; want %d", c.src, got, err, c.want)
		}
	}
}

func TestExprErrors(t *testing.T) {
	deep := strings.Repeat("(", exprMaxDepth) + "1" + strings.Repeat(")", exprMaxDepth)
	for _, c := range []struct {
		src string
		col int
		has string
	}{
		{"", 1, "have the end"}, {"1 +", 4, "have the end"}, {"1 2", 3, `have "2"`}, {"(1", 3, `need ")"`},
		{"1 ? 2", 6, `need ":"`}, {"a $ b", 3, "byte '$'"}, {"a = b", 3, "byte '='"}, {"007", 1, "starts with 0"},
		{"9223372036854775808", 1, "64 bits"}, {"0xZ", 1, "64 bits"}, {"1a", 1, "64 bits"},
		{"foo(1)", 1, `no function "foo"`}, {"min(1)", 6, `need ","`}, {"abs(1, 2)", 6, `need ")"`}, {"min()", 5, "need a number"},
		{"clip(1, 2)", 10, `need ","`}, {"a +\nb", 4, "byte"}, {"é", 1, "byte"}, {deep, 65, "nested more"},
		{strings.Repeat("-", 65) + "1", 64, "nested more"}, {strings.Repeat("1", 1025), 1025, "1025 bytes"},
	} {
		_, err := CompileExpr(c.src)
		exprCheckError(t, c.src, err, c.col, c.has)
	}
	for _, c := range []struct {
		src string
		col int
		has string
	}{
		{"a + c", 5, `"c" has no value`}, {"a / zero", 3, "7 divided by 0"}, {"a % zero", 3, "divided by 0"},
		{"big + 1", 5, "does not fit"}, {"small - 1", 7, "does not fit"}, {"big * 2", 5, "does not fit"},
		{"small * -1", 7, "does not fit"}, {"-1 * small", 4, "does not fit"}, {"small / -1", 7, "does not fit"},
		{"-small", 1, "does not fit"}, {"abs(small)", 1, "does not fit"}, {"1 << 63", 3, "does not fit"},
		{"a >> small", 3, "does not fit"}, {"a << big", 3, "does not fit"}, {"clip(1, 3, 2)", 1, "ascending bounds"},
		{"1 + log2up(zero)", 5, "log2up of 0"}, {"log2up(b)", 1, "log2up of -3"},
	} {
		e, err := CompileExpr(c.src)
		if err != nil {
			t.Fatalf("%q: %v", c.src, err)
		}
		_, err = e.Eval(exprVars)
		exprCheckError(t, c.src, err, c.col, c.has)
	}
	if _, err := (&Expr{}).Eval(nil); err == nil {
		t.Error("an empty Expr has a value")
	}
}

func exprCheckError(t *testing.T, src string, err error, col int, has string) {
	t.Helper()
	var e *ExprError
	if !errors.As(err, &e) || e.Col != col || !strings.Contains(e.Msg, has) {
		t.Errorf("%.40q: %v, want column %d with %q", src, err, col, has)
	}
}

func TestExprVars(t *testing.T) {
	e, err := CompileExpr("b + a * b - max(c, a)")
	if err != nil || strings.Join(e.Vars(), " ") != "b a c" || e.String() != "b + a * b - max(c, a)" {
		t.Errorf("vars %v of %q, %v", e.Vars(), e, err)
	}
}

// A random expression keeps its value when it is printed with all its
// parentheses.
func TestExprRandom(t *testing.T) {
	ops := []string{"+", "-", "*", "&", "|", "^", "<", "<=", ">", ">=", "==", "!=", "&&", "||", "<<", ">>", "/", "%"}
	var build func(t *rapid.T, depth int) (string, func() (int64, bool))
	build = func(t *rapid.T, depth int) (string, func() (int64, bool)) {
		if depth == 0 || rapid.Bool().Draw(t, "leaf") {
			v := rapid.Int64Range(0, 1000).Draw(t, "v")
			return strconv.FormatInt(v, 10), func() (int64, bool) { return v, true }
		}
		x, fx := build(t, depth-1)
		y, fy := build(t, depth-1)
		op := rapid.SampledFrom(ops).Draw(t, "op")
		return "(" + x + " " + op + " " + y + ")", func() (int64, bool) {
			a, ok1 := fx()
			b, ok2 := fy()
			return exprReference(op, a, b, ok1, ok2)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		src, want := build(t, 4)
		e, err := CompileExpr(src)
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		got, err := e.Eval(nil)
		v, ok := want()
		if ok != (err == nil) || ok && v != got {
			t.Fatalf("%q = %d, %v; want %d, %v", src, got, err, v, ok)
		}
	})
}

// exprReference is the meaning of an operator, in numbers without a limit so
// that it shares nothing with the evaluator. ok is false for an error.
func exprReference(op string, a, b int64, ok1, ok2 bool) (int64, bool) {
	truth := func(x bool) (int64, bool) {
		if x {
			return 1, true
		}
		return 0, true
	}
	if op == "&&" && ok1 && a == 0 || op == "||" && ok1 && a != 0 {
		return truth(op == "||")
	}
	if !ok1 || !ok2 {
		return 0, false
	}
	x, y := big.NewInt(a), big.NewInt(b)
	fits := func(z *big.Int) (int64, bool) { return z.Int64(), z.IsInt64() }
	shift := func(n *big.Int) (int64, bool) {
		if n.Sign() < 0 {
			return fits(new(big.Int).Rsh(x, uint(min(new(big.Int).Neg(n).Uint64(), 100))))
		}
		if x.Sign() == 0 {
			return 0, true
		}
		return fits(new(big.Int).Lsh(x, uint(min(n.Uint64(), 100))))
	}
	switch op {
	case "+":
		return fits(new(big.Int).Add(x, y))
	case "-":
		return fits(new(big.Int).Sub(x, y))
	case "*":
		return fits(new(big.Int).Mul(x, y))
	case "&":
		return a & b, true
	case "|":
		return a | b, true
	case "^":
		return a ^ b, true
	case "<":
		return truth(a < b)
	case "<=":
		return truth(a <= b)
	case ">":
		return truth(a > b)
	case ">=":
		return truth(a >= b)
	case "==":
		return truth(a == b)
	case "!=":
		return truth(a != b)
	case "&&", "||":
		return truth(b != 0)
	case "<<":
		return shift(y)
	case ">>":
		return shift(new(big.Int).Neg(y))
	}
	if b == 0 {
		return 0, false
	}
	m := new(big.Int).Mod(x, y) // never negative
	if m.Sign() != 0 && b < 0 {
		m.Add(m, y)
	}
	if op == "%" {
		return fits(m)
	}
	return fits(new(big.Int).Quo(new(big.Int).Sub(x, m), y))
}

func FuzzExpr(f *testing.F) {
	for _, s := range []string{"4096 - decay_u - u_decay_offset", "bias_mant << bias_exp", "a ? -b : zero == 0 ? -big : 0", "min(1, max(a, 2), 3)", "clip(a % 3, -1, ~0x10)", "((((", "1 << 63 >> 200 / zero"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := CompileExpr(src)
		if err != nil {
			var x *ExprError
			if !errors.As(err, &x) || x.Col < 1 || x.Col > max(len(src), exprMaxLen)+1 {
				t.Fatalf("%q: %v", src, err)
			}
			return
		}
		v, err := e.Eval(exprVars)
		w, err2 := e.Eval(exprVars)
		if v != w || (err == nil) != (err2 == nil) {
			t.Fatalf("%q: %d, %v and %d, %v", src, v, err, w, err2)
		}
	})
}
