package asm

import (
	"math"
	"strconv"
	"strings"

	"hillock/isa"
)

// ldc is the name of the pseudo-instruction that loads any 32-bit constant.
const ldc = "LDC"

// ops is the inverse of the table's names; it is only looked up.
var ops = func() map[string]isa.Op {
	m := make(map[string]isa.Op, isa.NumOps)
	for _, r := range isa.Table {
		m[r.Name] = r.Op
	}
	return m
}()

func opNamed(s string) (isa.Op, bool) {
	op, ok := ops[s]
	return op, ok
}

// rounding reports a rounding word: the part of an operation's name after
// the dot, which may also stand at the end of the instruction.
func rounding(s string) bool { return s == "tz" || s == "ha" || s == "st" }

// args walks the tokens of a statement.
type args struct {
	statement
	name   string // of the operation, for errors
	usage  string
	consts map[string]int64
	names  []string // of memory fields
}

// parse translates one statement into one word, or two for a long LDC.
func parse(st statement, consts map[string]int64, fields []string) ([]isa.Instr, error) {
	a := args{statement: st, consts: consts, names: fields}
	i := isa.Instr{D: isa.Z, A: isa.Z, B: isa.Z}
	if t := a.toks[0]; t.text[0] == '?' {
		p, ok := isa.ParsePred(t.text)
		if !ok {
			return nil, t.errorf("predicate %s, need ?F, ?!F, ?G, ?!G, ?H or ?!H", quote(t.text))
		}
		i.Pred, a.toks = p, a.toks[1:]
	}
	t, ok := a.next()
	if !ok {
		return nil, a.end.errorf("a predicate without an instruction")
	}
	a.name = t.text
	if t.text == ldc {
		a.usage = "LDC d #v"
		return a.constant(i)
	}
	if i.Op, ok = opNamed(t.text); !ok {
		return nil, t.errorf("unknown operation %s%s", quote(t.text), caseHint(t.text))
	}
	a.usage = Usage(i.Op)
	if err := a.fields(&i); err != nil {
		return nil, err
	}
	if t, ok := a.next(); ok {
		return nil, t.errorf("%s after the instruction, need %s", quote(t.text), a.usage)
	}
	return []isa.Instr{i}, nil
}

func caseHint(s string) string {
	up := strings.ToUpper(s)
	if len(s) > 8 || up == s {
		return ""
	}
	if _, ok := opNamed(up); ok || up == ldc {
		return ", need upper case: " + up
	}
	return ""
}

// fields reads what the form of the operation asks for.
func (a *args) fields(i *isa.Instr) (err error) {
	switch isa.Table[i.Op].Form {
	case isa.FormD1:
		return a.operands(i, "da")
	case isa.FormD2:
		if err = a.operands(i, "dab"); err == nil {
			err = a.shiftAndRounding(i)
		}
	case isa.FormD3:
		return a.operands(i, "dab")
	case isa.FormD1S:
		if err = a.operands(i, "da"); err == nil {
			err = a.count(i)
		}
	case isa.FormWidth:
		if err = a.operands(i, "da"); err == nil {
			i.Sh, err = a.small("a width")
		}
	case isa.FormTable:
		what := "a table"
		if i.Op == isa.RDX {
			what = "a state word"
		}
		if err = a.operands(i, "da"); err == nil {
			i.Sh, err = a.small(what)
		}
	case isa.FormCmp:
		return a.compare(i)
	case isa.FormSrc:
		if i.Op == isa.SPK && len(a.toks) == 0 {
			return nil // SPK alone is SPK Z
		}
		return a.operands(i, "a")
	case isa.FormSrcK:
		if err = a.operands(i, "a"); err == nil {
			i.Sh, err = a.small("a tap")
		}
	case isa.FormDraw:
		if err = a.operands(i, "d"); err == nil {
			i.Sh, err = a.small("a draw format")
		}
	case isa.FormImm11:
		if err = a.operands(i, "da"); err == nil {
			i.Imm, err = a.imm(-1<<10, 1<<10-1)
		}
	case isa.FormImm17:
		if err = a.operands(i, "d"); err == nil {
			i.Imm, err = a.imm(-1<<16, 1<<16-1)
		}
	case isa.FormImm15:
		if err = a.operands(i, "d"); err == nil {
			i.Imm, err = a.imm(0, 1<<15-1)
		}
	case isa.FormSkip:
		i.Sh, err = a.small("a number")
	case isa.FormTest:
		if err = a.test(i); err == nil {
			err = a.combination(i)
		}
	case isa.FormLoad:
		if err = a.operands(i, "d"); err == nil {
			i.Imm, err = a.field()
		}
	case isa.FormStore:
		if err = a.operands(i, "a"); err == nil {
			i.Imm, err = a.field()
		}
	}
	return err
}

// constant expands LDC: one LDI if the value has 17 bits, else LDI and LDIH.
func (a *args) constant(i isa.Instr) ([]isa.Instr, error) {
	if err := a.operands(&i, "d"); err != nil {
		return nil, err
	}
	at := a.here()
	v, err := a.number("a constant", math.MinInt32, math.MaxUint32)
	if err != nil {
		return nil, err
	}
	if t, ok := a.next(); ok {
		return nil, t.errorf("%s after the instruction, need %s", quote(t.text), a.usage)
	}
	x := int32(uint32(v))
	low, high := i, i
	low.Op, low.Imm = isa.LDI, x<<15>>15
	if low.Imm == x {
		return []isa.Instr{low}, nil
	}
	if i.D >= isa.S0 && i.D < isa.P0 {
		return nil, at.errorf("LDC %s with %d takes two words, and the layout of %s would change the value between them: need a t register", i.D, x, i.D)
	}
	high.Op, high.Imm = isa.LDIH, int32(uint32(x)>>17)
	return []isa.Instr{low, high}, nil
}

// compare reads flag, a, b and the combination.
func (a *args) compare(i *isa.Instr) error {
	t, ok := a.next()
	if !ok {
		return a.missing("a flag")
	}
	if i.Flag, ok = isa.ParseFlag(t.text); !ok {
		return t.errorf("%s: flag %s, need F, G or H", a.name, quote(t.text))
	}
	if err := a.operands(i, "ab"); err != nil {
		return err
	}
	return a.combination(i)
}

// combination reads the optional combination of a comparison.
func (a *args) combination(i *isa.Instr) error {
	t, ok := a.next()
	if !ok {
		return nil
	}
	if i.Comb, i.Src, ok = isa.ParseComb(t.text); !ok {
		return t.errorf("%s: combination %s, need set, and, andn or or, with g or h behind it for another flag than F", a.name, quote(t.text))
	}
	return nil
}

// test reads flag, a and the mask.
func (a *args) test(i *isa.Instr) error {
	t, ok := a.next()
	if !ok {
		return a.missing("a flag")
	}
	if i.Flag, ok = isa.ParseFlag(t.text); !ok {
		return t.errorf("%s: flag %s, need F, G or H", a.name, quote(t.text))
	}
	err := a.operands(i, "a")
	if err == nil {
		var v int64
		v, err = a.number("a mask", 1, 1<<11-1)
		i.Imm = int32(v)
	}
	return err
}

// field reads the name or number of a memory field.
func (a *args) field() (int32, error) {
	if len(a.toks) > 0 {
		for n, name := range a.names {
			if a.toks[0].text == name {
				a.toks = a.toks[1:]
				return int32(n), nil
			}
		}
	}
	v, err := a.number("a field", 0, 1<<11-1)
	return int32(v), err
}

// count reads the shift count: an operand, a number, or both.
func (a *args) count(i *isa.Instr) error {
	if len(a.toks) == 0 {
		return a.missing("a shift count")
	}
	if o, ok := isa.ParseOperand(a.toks[0].text); ok {
		i.B, a.toks = o, a.toks[1:]
	} else if rounding(a.toks[0].text) {
		return a.missing("a shift count")
	}
	return a.shiftAndRounding(i)
}

// shiftAndRounding reads the optional end of an arithmetic instruction.
func (a *args) shiftAndRounding(i *isa.Instr) (err error) {
	if len(a.toks) > 0 && !rounding(a.toks[0].text) {
		if i.Sh, err = a.small("a shift"); err != nil {
			return err
		}
	}
	t, ok := a.next()
	if !ok {
		return nil
	}
	if !rounding(t.text) {
		return t.errorf("%s after the instruction, need %s", quote(t.text), a.usage)
	}
	if i.Op, ok = opNamed(a.name + "." + t.text); !ok {
		return t.errorf("%s has no rounding %s", a.name, quote(t.text))
	}
	return nil
}

// operands reads the named operands, a letter each: d, a or b.
func (a *args) operands(i *isa.Instr, names string) error {
	for n := range len(names) {
		t, ok := a.next()
		if !ok {
			return a.missing("operand " + names[n:n+1])
		}
		o, ok := isa.ParseOperand(t.text)
		if !ok {
			return t.errorf("%s: operand %c is %s, need t0..t7, s0..s15, p0..p23, IN0..IN3, PAY, EVT, MOD0..MOD3, OUT, TCK or Z", a.name, names[n], quote(t.text))
		}
		switch names[n] {
		case 'd':
			i.D = o
		case 'a':
			i.A = o
		case 'b':
			i.B = o
		}
	}
	return nil
}

// small reads a number of the 5-bit field.
func (a *args) small(what string) (uint8, error) {
	v, err := a.number(what, 0, 31)
	return uint8(v), err
}

func (a *args) imm(lo, hi int64) (int32, error) {
	v, err := a.number("an immediate", lo, hi)
	return int32(v), err
}

// number reads a decimal or 0x number or a constant, with optional # and sign.
func (a *args) number(what string, lo, hi int64) (int64, error) {
	t, ok := a.next()
	if !ok {
		return 0, a.missing(what)
	}
	s := strings.TrimPrefix(t.text, "#")
	v, ok := a.consts[s]
	if !ok {
		name, neg := strings.CutPrefix(s, "-")
		if v, ok = a.consts[name]; ok && neg {
			v = -v
		}
	}
	if !ok {
		var err error
		if v, err = parseInt(s); err != nil {
			return 0, t.errorf("%s: %s is %s, need a number or a constant", a.name, what, quote(t.text))
		}
	}
	if v < lo || v > hi {
		return 0, t.errorf("%s: %s is %d, need %d..%d", a.name, what, v, lo, hi)
	}
	return v, nil
}

// parseInt reads decimal and 0x numbers; no octal, no underscores.
func parseInt(s string) (int64, error) {
	digits, neg := strings.CutPrefix(s, "-")
	base := 10
	if hex, ok := strings.CutPrefix(digits, "0x"); ok {
		digits, base = hex, 16
	}
	if strings.HasPrefix(digits, "-") || strings.HasPrefix(digits, "+") {
		return 0, strconv.ErrSyntax
	}
	v, err := strconv.ParseInt(digits, base, 64)
	if neg {
		v = -v
	}
	return v, err
}

func (a *args) next() (token, bool) {
	if len(a.toks) == 0 {
		return token{}, false
	}
	t := a.toks[0]
	a.toks = a.toks[1:]
	return t, true
}

func (a *args) here() pos {
	if len(a.toks) == 0 {
		return a.end
	}
	return a.toks[0].pos
}

func (a *args) missing(what string) error {
	return a.here().errorf("%s: %s is missing, need %s", a.name, what, a.usage)
}
