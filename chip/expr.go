package chip

import (
	"fmt"
	"math"
	"math/bits"
)

// Bounds of one expression. There are no loops, so that an evaluation takes
// at most one step per node.
const (
	exprMaxLen   = 1024 // bytes of source
	exprMaxDepth = 64   // nesting of operators, calls and parentheses
	exprMaxNodes = 1024
)

// Expr is a compiled expression of a description: an int64 formula over named
// variables. The language is in docs/families.md: operators and precedence
// are C's, / and % round toward minus infinity, a shift by a negative count
// shifts the other way, and whatever leaves int64 is an error.
type Expr struct {
	src   string
	nodes []exprNode // children before parents, the last one is the root
	vars  []string   // in the order of their first use
}

// exprNode is one operation; x, y and z are indices of its operands.
type exprNode struct {
	op      exprOp
	col     int // 1-based byte of the source, for errors
	x, y, z int
	val     int64 // constant, or index of a variable
}

type exprOp uint8

const (
	exprConst exprOp = iota
	exprVar
	exprNeg
	exprNot
	exprCom
	exprAbs
	exprAdd
	exprSub
	exprMul
	exprDiv
	exprMod
	exprShl
	exprShr
	exprAnd
	exprOr
	exprXor
	exprLt
	exprLe
	exprGt
	exprGe
	exprEq
	exprNe
	exprMin
	exprMax
	exprLogAnd
	exprLogOr
	exprCond
	exprClip
	exprLow32
	exprMul15
	exprDiv15
	exprExp15
	exprExp32
	exprLog2Up
)

// ExprError is an error of an expression, at a byte of its source.
type ExprError struct {
	Col int // from 1
	Msg string
}

// Error names the column.
func (e *ExprError) Error() string {
	return fmt.Sprintf("chip: expression column %d: %s", e.Col, e.Msg)
}

func exprErrorf(col int, format string, args ...any) error {
	return &ExprError{Col: col, Msg: fmt.Sprintf(format, args...)}
}

// String is the source.
func (e *Expr) String() string { return e.src }

// Equal says that two expressions have the same text.
func (e *Expr) Equal(o *Expr) bool {
	return e == o || e != nil && o != nil && e.src == o.src
}

// Vars lists the variables that the expression uses, in the order of their
// first use.
func (e *Expr) Vars() []string { return append([]string(nil), e.vars...) }

// Eval computes the value. vars gives the value of a variable, false if it
// has none. It fails (with an *ExprError) on an unknown variable, a division
// by zero and a result outside int64; an operand that ?:, && or || does not
// need is not computed and cannot fail.
func (e *Expr) Eval(vars func(name string) (int64, bool)) (int64, error) {
	if len(e.nodes) == 0 {
		return 0, exprErrorf(1, "no expression")
	}
	return e.at(len(e.nodes)-1, vars)
}

func (e *Expr) at(i int, vars func(string) (int64, bool)) (int64, error) {
	n := &e.nodes[i]
	switch n.op {
	case exprConst:
		return n.val, nil
	case exprVar:
		name := e.vars[n.val]
		if vars != nil {
			if v, ok := vars(name); ok {
				return v, nil
			}
		}
		return 0, exprErrorf(n.col, "variable %q has no value", name)
	}
	x, err := e.at(n.x, vars)
	if err != nil {
		return 0, err
	}
	switch n.op {
	case exprNeg, exprNot, exprCom, exprAbs, exprLog2Up:
		return n.unary(x)
	case exprLow32, exprExp15, exprExp32:
		return n.accum(x, 0)
	case exprLogAnd, exprLogOr:
		if (x != 0) == (n.op == exprLogOr) {
			return exprBool(x != 0), nil
		}
		y, err := e.at(n.y, vars)
		return exprBool(y != 0), err
	case exprCond:
		if x != 0 {
			return e.at(n.y, vars)
		}
		return e.at(n.z, vars)
	}
	y, err := e.at(n.y, vars)
	if err != nil {
		return 0, err
	}
	if n.op != exprClip {
		return n.binary(x, y)
	}
	z, err := e.at(n.z, vars)
	if err == nil && y > z {
		err = exprErrorf(n.col, "clip between %d and %d, need ascending bounds", y, z)
	}
	return min(max(x, y), z), err
}

func exprBool(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (n *exprNode) unary(x int64) (int64, error) {
	switch {
	case n.op == exprNot:
		return exprBool(x == 0), nil
	case n.op == exprCom:
		return ^x, nil
	case n.op == exprLog2Up && x < 1:
		return 0, exprErrorf(n.col, "log2up of %d, need 1 or more", x)
	case n.op == exprLog2Up:
		return int64(bits.Len64(uint64(x - 1))), nil
	case n.op == exprAbs && x >= 0:
		return x, nil
	case x == math.MinInt64:
		return 0, exprErrorf(n.col, "the negative of %d does not fit 64 bits", x)
	}
	return -x, nil
}

func (n *exprNode) binary(x, y int64) (int64, error) {
	switch n.op {
	case exprAdd, exprSub, exprMul, exprDiv, exprMod:
		return n.arithmetic(x, y)
	case exprShl:
		return n.shift(x, y)
	case exprShr:
		if y == math.MinInt64 {
			y++ // both are beyond any width
		}
		return n.shift(x, -y)
	case exprAnd:
		return x & y, nil
	case exprOr:
		return x | y, nil
	case exprXor:
		return x ^ y, nil
	case exprMin:
		return min(x, y), nil
	case exprMax:
		return max(x, y), nil
	case exprMul15, exprDiv15:
		return n.accum(x, y)
	}
	return exprBool(n.compare(x, y)), nil
}

func (n *exprNode) compare(x, y int64) bool {
	switch n.op {
	case exprLt:
		return x < y
	case exprLe:
		return x <= y
	case exprGt:
		return x > y
	case exprGe:
		return x >= y
	case exprEq:
		return x == y
	}
	return x != y
}

func (n *exprNode) arithmetic(x, y int64) (int64, error) {
	var r int64
	fits := true
	switch n.op {
	case exprAdd:
		r = x + y
		fits = (r > x) == (y > 0)
	case exprSub:
		r = x - y
		fits = (r < x) == (y > 0)
	case exprMul:
		r = x * y
		fits = x == 0 || r/x == y && !(x == -1 && y == math.MinInt64)
	default:
		return n.divide(x, y)
	}
	if !fits {
		return 0, exprErrorf(n.col, "%d %s %d does not fit 64 bits", x, n.sign(), y)
	}
	return r, nil
}

func (n *exprNode) sign() string {
	switch n.op {
	case exprAdd:
		return "+"
	case exprSub:
		return "-"
	}
	return "*"
}

// divide rounds toward minus infinity; the remainder has the divisor's sign.
func (n *exprNode) divide(x, y int64) (int64, error) {
	switch {
	case y == 0:
		return 0, exprErrorf(n.col, "%d divided by 0", x)
	case y == -1 && n.op == exprMod:
		return 0, nil
	case y == -1 && x == math.MinInt64:
		return 0, exprErrorf(n.col, "%d / -1 does not fit 64 bits", x)
	}
	q, r := x/y, x%y
	if r != 0 && (r < 0) != (y < 0) {
		q, r = q-1, r+y
	}
	if n.op == exprMod {
		return r, nil
	}
	return q, nil
}

// shift is x * 2^y, for negative y rounded toward minus infinity.
func (n *exprNode) shift(x, y int64) (int64, error) {
	if y <= 0 {
		return x >> min(uint64(-y), 63), nil
	}
	r := x << min(uint64(y), 64)
	if x != 0 && (y > 63 || r>>uint64(y) != x) {
		return 0, exprErrorf(n.col, "%d << %d does not fit 64 bits", x, y)
	}
	return r, nil
}
