package asm

import (
	"fmt"
	"strconv"
	"strings"

	"hillock/isa"
)

// formUsage is the operand part of each form in the notation of the manual:
// [x] may be left out.
var formUsage = [...]string{
	isa.FormNone:  "",
	isa.FormD1:    " d a",
	isa.FormD2:    " d a b [sh]",
	isa.FormD3:    " d a b",
	isa.FormD1S:   " d a [b] [sh]",
	isa.FormWidth: " d a w",
	isa.FormCmp:   " flag a b [comb]",
	isa.FormSrc:   " a",
	isa.FormSrcK:  " a #k",
	isa.FormDraw:  " d #k",
	isa.FormImm11: " d a #i",
	isa.FormImm17: " d #i",
	isa.FormImm15: " d #u",
	isa.FormTable: " d a #k",
	isa.FormSkip:  " #n",
	isa.FormTest:  " flag a #mask [comb]",
	isa.FormLoad:  " d #f",
	isa.FormStore: " a #f",
}

// Usage is the pattern of an operation in program text, such as
// "MUL d a b [sh] tz"; it is empty for an operation that does not exist.
func Usage(op isa.Op) string {
	if op >= isa.NumOps {
		return ""
	}
	row := isa.Table[op]
	name, round, ok := strings.Cut(row.Name, ".")
	if op == isa.SPK {
		return "SPK [a]"
	}
	if ok {
		round = " " + round
	}
	return name + formUsage[row.Form] + round
}

// InstrText is one instruction in canonical program text, without its line
// end. Only an instruction that can be encoded has one.
func InstrText(i isa.Instr) string {
	if i.Op >= isa.NumOps {
		return fmt.Sprintf("operation(%d)", uint8(i.Op))
	}
	name, round, _ := strings.Cut(isa.Table[i.Op].Name, ".")
	f := []string{i.Pred.String(), name}
	d, a, b, sh := i.D.String(), i.A.String(), i.B.String(), strconv.Itoa(int(i.Sh))
	imm := "#" + strconv.Itoa(int(i.Imm))
	switch isa.Table[i.Op].Form {
	case isa.FormD1:
		f = append(f, d, a)
	case isa.FormD2:
		f = append(f, d, a, b, omit(sh, i.Sh == 0))
	case isa.FormD3:
		f = append(f, d, a, b)
	case isa.FormD1S:
		f = append(f, d, a, omit(b, i.B == isa.Z), omit(sh, i.Sh == 0 && i.B != isa.Z))
	case isa.FormWidth:
		f = append(f, d, a, sh)
	case isa.FormTable:
		f = append(f, d, a, "#"+sh)
	case isa.FormCmp:
		f = append(f, i.Flag.String(), a, b, omit(isa.CombText(i.Comb, i.Src), i.Comb == isa.Set))
	case isa.FormTest:
		f = append(f, i.Flag.String(), a, imm, omit(isa.CombText(i.Comb, i.Src), i.Comb == isa.Set))
	case isa.FormLoad:
		f = append(f, d, imm)
	case isa.FormStore:
		f = append(f, a, imm)
	case isa.FormSrc:
		f = append(f, a)
	case isa.FormSrcK:
		f = append(f, a, "#"+sh)
	case isa.FormDraw:
		f = append(f, d, "#"+sh)
	case isa.FormImm11:
		f = append(f, d, a, imm)
	case isa.FormImm17, isa.FormImm15:
		f = append(f, d, imm)
	case isa.FormSkip:
		f = append(f, "#"+sh)
	}
	return join(append(f, round))
}

func omit(s string, yes bool) string {
	if yes {
		return ""
	}
	return s
}

// join puts one space between the parts that are not empty.
func join(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		if p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p)
	}
	return b.String()
}

// Disassemble is the program in canonical text, one instruction per line,
// every line ended. Assembling it again gives the same words.
func Disassemble(p *isa.Program) string {
	var b strings.Builder
	for _, i := range p.Instrs {
		b.WriteString(InstrText(i))
		b.WriteByte('\n')
	}
	return b.String()
}

// FormatWords writes words as 8 hexadecimal digits each, eight words to a
// line, every line ended. No words give an empty text.
func FormatWords(ws []uint32) string {
	b := make([]byte, 0, 9*len(ws))
	for n, w := range ws {
		b = fmt.Appendf(b, "%08x", w)
		if n%8 == 7 || n == len(ws)-1 {
			b = append(b, '\n')
		} else {
			b = append(b, ' ')
		}
	}
	return string(b)
}

// ParseWords reads words of 8 hexadecimal digits between white space; a ';'
// starts a comment that ends with its line. It reads at most isa.MaxProgram
// words.
func ParseWords(s string) ([]uint32, error) {
	if len(s) > MaxSource {
		return nil, fmt.Errorf("asm: words: %d bytes, need at most %d", len(s), MaxSource)
	}
	var ws []uint32
	line := 0
	for text := range strings.Lines(s) {
		line++
		text, _, _ = strings.Cut(text, ";")
		for f := range strings.FieldsSeq(text) {
			w, err := strconv.ParseUint(f, 16, 32)
			if err != nil || len(f) != 8 {
				return nil, fmt.Errorf("asm: words: line %d: %s is no word, need 8 hexadecimal digits", line, quote(f))
			}
			if len(ws) == isa.MaxProgram {
				return nil, fmt.Errorf("asm: words: line %d: more than %d words", line, isa.MaxProgram)
			}
			ws = append(ws, uint32(w))
		}
	}
	return ws, nil
}
