package isa

import "fmt"

// String is the name of the operand in program text: t0..t7, s0..s15,
// p0..p23, IN0..IN3, PAY, EVT, MOD0..MOD3, OUT, TCK or Z.
func (o Operand) String() string {
	switch {
	case o < S0:
		return fmt.Sprintf("t%d", uint8(o-T0))
	case o < P0:
		return fmt.Sprintf("s%d", uint8(o-S0))
	case o < IN0:
		return fmt.Sprintf("p%d", uint8(o-P0))
	case o < PAY:
		return fmt.Sprintf("IN%d", uint8(o-IN0))
	case o <= MD3:
		return [...]string{"PAY", "EVT", "MOD0", "OUT", "TCK", "Z", "MOD1", "MOD2", "MOD3"}[o-PAY]
	}
	return fmt.Sprintf("operand(%d)", uint8(o))
}

// operands is the inverse of Operand.String; it is only looked up.
var operands = func() map[string]Operand {
	m := make(map[string]Operand, MD3+1)
	for o := Operand(0); o <= MD3; o++ {
		m[o.String()] = o
	}
	return m
}()

// ParseOperand is the inverse of Operand.String.
func ParseOperand(s string) (Operand, bool) {
	o, ok := operands[s]
	return o, ok
}

var (
	predNames = [...]string{"", "?F", "?!F", "?G", "?!G", "?H", "?!H"}
	combNames = [...]string{"set", "and", "andn", "or"}
	flagNames = [...]string{"F", "G", "H"}
)

// String is the predicate in program text, empty for Always.
func (p Pred) String() string {
	if int(p) < len(predNames) {
		return predNames[p]
	}
	return fmt.Sprintf("pred(%d)", uint8(p))
}

// ParsePred is the inverse of Pred.String.
func ParsePred(s string) (Pred, bool) {
	n, ok := index(predNames[:], s)
	return Pred(n), ok
}

// CombText is a combination with its source flag in program text: and, andn
// and or combine with F, andg, orh and so on with the flag of their last letter.
func CombText(c Comb, src Flag) string {
	if src == FlagF || c == Set {
		return c.String()
	}
	return c.String() + string("fgh"[src%3])
}

// String is the combination in program text: set, and, andn or or.
func (c Comb) String() string {
	if int(c) < len(combNames) {
		return combNames[c]
	}
	return fmt.Sprintf("comb(%d)", uint8(c))
}

// ParseComb is the inverse of CombText.
func ParseComb(s string) (Comb, Flag, bool) {
	for src := FlagF; src <= FlagH; src++ {
		for c := Set; c <= Or; c++ {
			if s == CombText(c, src) {
				return c, src, true
			}
		}
	}
	return 0, 0, false
}

// String is the flag in program text: F, G or H.
func (f Flag) String() string {
	if int(f) < len(flagNames) {
		return flagNames[f]
	}
	return fmt.Sprintf("flag(%d)", uint8(f))
}

// ParseFlag is the inverse of Flag.String.
func ParseFlag(s string) (Flag, bool) {
	n, ok := index(flagNames[:], s)
	return Flag(n), ok
}

// String is the letter of the class in manuals and count names.
func (c Class) String() string {
	if c < NumClasses {
		return "XAMLSW"[c : c+1]
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

func index(names []string, s string) (int, bool) {
	for n, name := range names {
		if name == s {
			return n, true
		}
	}
	return 0, false
}
