package chip

import "hillock/isa/fixed"

// accum computes the functions over numbers with 15 fraction bits in 32 bits,
// which chips without floating point fold their parameters with. Operands must
// fit 32 bits signed; low32 takes any.
func (n *exprNode) accum(x, y int64) (int64, error) {
	if n.op == exprLow32 {
		return int64(int32(x)), nil
	}
	a, b := int32(x), int32(y)
	switch {
	case int64(a) != x || int64(b) != y:
		return 0, exprErrorf(n.col, "operands %d and %d, need 32 bits signed", x, y)
	case n.op == exprMul15:
		return int64(fixed.MulAccum(a, b)), nil
	case n.op == exprExp15:
		return int64(fixed.ExpAccum(a)), nil
	case n.op == exprExp32:
		return int64(fixed.ExpFract(a)), nil
	case b == 0:
		return 0, exprErrorf(n.col, "%d divided by 0", x)
	}
	return int64(fixed.DivAccum(a, b)), nil
}
