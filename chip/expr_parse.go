package chip

import (
	"fmt"
	"strconv"
)

// exprBinary lists the binary operators from the loosest level to the
// tightest; within a level longer spellings come first.
var exprBinary = [...][]struct {
	text string
	op   exprOp
}{
	{{"||", exprLogOr}},
	{{"&&", exprLogAnd}},
	{{"|", exprOr}},
	{{"^", exprXor}},
	{{"&", exprAnd}},
	{{"==", exprEq}, {"!=", exprNe}},
	{{"<=", exprLe}, {">=", exprGe}, {"<", exprLt}, {">", exprGt}},
	{{"<<", exprShl}, {">>", exprShr}},
	{{"+", exprAdd}, {"-", exprSub}},
	{{"*", exprMul}, {"/", exprDiv}, {"%", exprMod}},
}

// exprTokens are all operators and signs, longer ones first.
var exprTokens = [...]string{
	"||", "&&", "==", "!=", "<=", ">=", "<<", ">>",
	"|", "^", "&", "<", ">", "+", "-", "*", "/", "%", "!", "~", "?", ":", "(", ")", ",",
}

// exprParser is a recursive descent over the source; tok is the next token,
// at byte pos.
type exprParser struct {
	e        *Expr
	tok      string // "" = end
	pos, end int
	depth    int
}

// CompileExpr parses an expression. Errors are of type *ExprError.
func CompileExpr(src string) (*Expr, error) {
	if len(src) > exprMaxLen {
		return nil, exprErrorf(exprMaxLen+1, "expression of %d bytes, need at most %d", len(src), exprMaxLen)
	}
	p := &exprParser{e: &Expr{src: src}}
	if err := p.next(); err != nil {
		return nil, err
	}
	if _, err := p.cond(); err != nil {
		return nil, err
	}
	if p.tok != "" {
		return nil, p.fail("the end of the expression")
	}
	return p.e, nil
}

func (p *exprParser) fail(need string) error {
	have := fmt.Sprintf("%q", p.tok)
	if p.tok == "" {
		have = "the end"
	}
	return exprErrorf(p.pos+1, "need %s, have %s", need, have)
}

// next reads the token that follows.
func (p *exprParser) next() error {
	s, i := p.e.src, p.end
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	p.pos, p.end, p.tok = i, i, ""
	if i == len(s) {
		return nil
	}
	for p.end < len(s) && exprWord(s[p.end]) {
		p.end++
	}
	if p.end == i {
		for _, t := range exprTokens {
			if len(s)-i >= len(t) && s[i:i+len(t)] == t {
				p.end = i + len(t)
				break
			}
		}
	}
	if p.end == i {
		return exprErrorf(i+1, "byte %q has no meaning here", s[i])
	}
	p.tok = s[i:p.end]
	return nil
}

func exprDigit(c byte) bool { return c >= '0' && c <= '9' }

func exprWord(c byte) bool {
	return c == '_' || exprDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// add appends a node; its operands are there already.
func (p *exprParser) add(n exprNode) (int, error) {
	if len(p.e.nodes) == exprMaxNodes {
		return 0, exprErrorf(n.col, "more than %d operations", exprMaxNodes)
	}
	p.e.nodes = append(p.e.nodes, n)
	return len(p.e.nodes) - 1, nil
}

func (p *exprParser) deeper() error {
	if p.depth++; p.depth > exprMaxDepth {
		return exprErrorf(p.pos+1, "nested more than %d deep", exprMaxDepth)
	}
	return nil
}

// expect takes the next token, which must be t.
func (p *exprParser) expect(t, need string) error {
	if p.tok != t {
		return p.fail(need)
	}
	return p.next()
}

// cond is "x ? y : z" or a binary expression.
func (p *exprParser) cond() (int, error) {
	if err := p.deeper(); err != nil {
		return 0, err
	}
	defer func() { p.depth-- }()
	x, err := p.binary(0)
	if err != nil || p.tok != "?" {
		return x, err
	}
	n := exprNode{op: exprCond, col: p.pos + 1, x: x}
	if err := p.next(); err != nil {
		return 0, err
	}
	if n.y, err = p.cond(); err != nil {
		return 0, err
	}
	if err := p.expect(":", "\":\""); err != nil {
		return 0, err
	}
	if n.z, err = p.cond(); err != nil {
		return 0, err
	}
	return p.add(n)
}

// binary parses operators of a level and all tighter ones, left to right.
func (p *exprParser) binary(level int) (int, error) {
	if level == len(exprBinary) {
		return p.unary()
	}
	x, err := p.binary(level + 1)
	for err == nil {
		op, ok := exprConst, false
		for _, b := range exprBinary[level] {
			if b.text == p.tok {
				op, ok = b.op, true
			}
		}
		if !ok {
			return x, nil
		}
		n := exprNode{op: op, col: p.pos + 1, x: x}
		if err = p.next(); err != nil {
			break
		}
		if n.y, err = p.binary(level + 1); err != nil {
			break
		}
		x, err = p.add(n)
	}
	return 0, err
}

func (p *exprParser) unary() (int, error) {
	op, col := exprConst, p.pos+1
	switch p.tok {
	case "-":
		op = exprNeg
	case "!":
		op = exprNot
	case "~":
		op = exprCom
	case "+":
	default:
		return p.primary()
	}
	if err := p.deeper(); err != nil {
		return 0, err
	}
	defer func() { p.depth-- }()
	if err := p.next(); err != nil {
		return 0, err
	}
	x, err := p.unary()
	if err != nil || op == exprConst {
		return x, err
	}
	return p.add(exprNode{op: op, col: col, x: x})
}

func (p *exprParser) primary() (int, error) {
	switch {
	case p.tok == "(":
		if err := p.next(); err != nil {
			return 0, err
		}
		x, err := p.cond()
		if err != nil {
			return 0, err
		}
		return x, p.expect(")", "\")\"")
	case p.tok == "" || !exprWord(p.tok[0]):
		return 0, p.fail("a number, a name or \"(\"")
	case exprDigit(p.tok[0]):
		return p.number()
	}
	name, at := p.tok, p.pos
	if err := p.next(); err != nil {
		return 0, err
	}
	if p.tok == "(" {
		return p.call(name, at)
	}
	v := -1
	for i, have := range p.e.vars {
		if have == name {
			v = i
		}
	}
	if v < 0 {
		v = len(p.e.vars)
		p.e.vars = append(p.e.vars, name)
	}
	return p.add(exprNode{op: exprVar, col: at + 1, val: int64(v)})
}

// number is decimal without leading zeros, or hexadecimal after 0x.
func (p *exprParser) number() (int, error) {
	s, base := p.tok, 10
	if len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		s, base = s[2:], 16
	} else if len(s) > 1 && s[0] == '0' {
		return 0, exprErrorf(p.pos+1, "number %q starts with 0, need decimal or 0x", s)
	}
	v, err := strconv.ParseInt(s, base, 64)
	if err != nil {
		return 0, exprErrorf(p.pos+1, "%q is no number of 64 bits", p.tok)
	}
	n := exprNode{op: exprConst, col: p.pos + 1, val: v}
	if err := p.next(); err != nil {
		return 0, err
	}
	return p.add(n)
}

var exprFuncs = [...]struct {
	name     string
	op       exprOp
	min, max int // arguments
}{
	{"abs", exprAbs, 1, 1},
	{"clip", exprClip, 3, 3},
	{"div15", exprDiv15, 2, 2},
	{"exp15", exprExp15, 1, 1},
	{"exp32", exprExp32, 1, 1},
	{"log2up", exprLog2Up, 1, 1},
	{"low32", exprLow32, 1, 1},
	{"max", exprMax, 2, 16},
	{"min", exprMin, 2, 16},
	{"mul15", exprMul15, 2, 2},
}

// call parses the arguments of a function; "(" is the next token.
func (p *exprParser) call(name string, at int) (int, error) {
	f := -1
	for i := range exprFuncs {
		if exprFuncs[i].name == name {
			f = i
		}
	}
	if f < 0 {
		return 0, exprErrorf(at+1, "no function %q, have abs, clip, div15, exp15, exp32, log2up, low32, max, min, mul15", name)
	}
	def := exprFuncs[f]
	var args []int
	for sep := "("; sep != ""; {
		if err := p.next(); err != nil {
			return 0, err
		}
		x, err := p.cond()
		if err != nil {
			return 0, err
		}
		args, sep = append(args, x), ""
		if p.tok == "," && len(args) < def.max {
			sep = ","
		}
	}
	if len(args) < def.min {
		return 0, p.fail(fmt.Sprintf("\",\" (%s takes %d arguments)", name, def.min))
	}
	if err := p.expect(")", "\")\""); err != nil {
		return 0, err
	}
	return p.fold(def.op, at+1, args)
}

// fold turns min and max of many arguments into a chain of two.
func (p *exprParser) fold(op exprOp, col int, args []int) (int, error) {
	n := exprNode{op: op, col: col, x: args[0]}
	switch len(args) {
	case 1:
		return p.add(n)
	case 3:
		if op == exprClip {
			n.y, n.z = args[1], args[2]
			return p.add(n)
		}
	}
	for _, y := range args[1:] {
		n.y = y
		var err error
		if n.x, err = p.add(n); err != nil {
			return 0, err
		}
	}
	return n.x, nil
}
