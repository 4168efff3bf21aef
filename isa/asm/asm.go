// Package asm turns program text into instruction words and back. The
// language is described in docs/isa.md, which this package's tests generate.
package asm

//go:generate go test . -run TestManual -update

import (
	"errors"
	"fmt"
	"strconv"

	"hillock/isa"
)

// Limits on what Assemble reads.
const (
	MaxSource = 1 << 20 // bytes of text, every inclusion counted
	MaxDepth  = 8       // nested includes
	MaxConsts = 1024    // assembly-time constants
)

// Const is a named number that program text may use wherever it may use a
// number, such as a shift count that a family computes.
type Const struct {
	Name  string
	Value int64
}

// Options are the surroundings of a program text.
type Options struct {
	Consts  []Const
	Include func(name string) (string, error) // text of "include NAME"; nil = no includes
	Kind    isa.Kind                          // what the program is for
	Fields  []string                          // names of memory fields, by number: operands of LDF and STF
}

// Assemble translates program text into a checked program. The name file
// appears in errors, which read "asm: FILE:LINE:COLUMN: what, need, have";
// lines and columns (in bytes) count from 1.
func Assemble(src, file string, o Options) (*isa.Program, error) {
	consts, err := constTable(o.Consts)
	if err != nil {
		return nil, err
	}
	sc := scanner{include: o.Include}
	if err := sc.text(src, file, 0); err != nil {
		return nil, err
	}
	var (
		words []isa.Instr
		from  []pos // place of each word in the text
	)
	for _, st := range sc.out {
		in, err := parse(st, consts, o.Fields)
		if err != nil {
			return nil, err
		}
		for _, i := range in {
			words, from = append(words, i), append(from, st.toks[0].pos)
		}
		if len(words) > isa.MaxProgram {
			return nil, st.toks[0].errorf("%d words so far, need at most %d", len(words), isa.MaxProgram)
		}
	}
	p, err := isa.NewProgramOf(o.Kind, words)
	if err == nil {
		return p, nil
	}
	var bad *isa.WordError
	if errors.As(err, &bad) && bad.Word < len(from) {
		return nil, from[bad.Word].errorf("word %d (%s): %v", bad.Word, isa.Table[bad.Op].Name, bad.Err)
	}
	return nil, pos{file: file, line: 1, col: 1}.errorf("no instruction, need at least END")
}

// constTable checks the constants and makes them a look-up table.
func constTable(cs []Const) (map[string]int64, error) {
	if len(cs) > MaxConsts {
		return nil, fmt.Errorf("asm: %d constants, need at most %d", len(cs), MaxConsts)
	}
	m := make(map[string]int64, len(cs))
	for n, c := range cs {
		_, twice := m[c.Name]
		switch {
		case !isName(c.Name):
			return nil, fmt.Errorf("asm: constant %d is named %s, need letters, digits and _, not starting with a digit", n, quote(c.Name))
		case reserved(c.Name):
			return nil, fmt.Errorf("asm: constant %d is named %s, which is a word of the language", n, quote(c.Name))
		case twice:
			return nil, fmt.Errorf("asm: constant %s is given twice", quote(c.Name))
		}
		m[c.Name] = c.Value
	}
	return m, nil
}

func isName(s string) bool {
	for n := range len(s) {
		c := s[n]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (n == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// reserved reports a word that already has a meaning in program text.
func reserved(s string) bool {
	_, operand := isa.ParseOperand(s)
	_, op := opNamed(s)
	_, _, comb := isa.ParseComb(s)
	_, flag := isa.ParseFlag(s)
	return operand || op || comb || flag || rounding(s) || s == ldc || s == includeWord
}

// quote is a token in an error, cut to a readable length.
func quote(s string) string {
	if len(s) > 32 {
		s = s[:32] + "..."
	}
	return strconv.Quote(s)
}
