package asm

import (
	"fmt"
	"strings"

	"hillock/isa"
)

// maxTokens bounds one statement; the longest instruction has 7 tokens.
const maxTokens = 16

const includeWord = "include"

// pos is a place in a text.
type pos struct {
	file      string
	line, col int
}

func (p pos) errorf(format string, args ...any) error {
	return fmt.Errorf("asm: %s:%d:%d: %w", p.file, p.line, p.col, fmt.Errorf(format, args...))
}

// token is one word of the text.
type token struct {
	pos
	text string
}

// statement is one instruction or directive: at least one token.
type statement struct {
	toks []token
	end  pos // where a missing token would stand
}

// scanner cuts texts into statements, includes resolved.
type scanner struct {
	include func(string) (string, error)
	bytes   int // read so far, all inclusions
	out     []statement
}

// text scans one source; depth is the number of includes around it.
func (s *scanner) text(src, file string, depth int) error {
	s.bytes += len(src)
	if s.bytes > MaxSource {
		return pos{file, 1, 1}.errorf("%d bytes of text with this file, need at most %d", s.bytes, MaxSource)
	}
	line := 0
	for text := range strings.Lines(src) {
		line++
		text, _, _ = strings.Cut(strings.TrimRight(text, "\r\n"), ";")
		col := 1
		for part := range strings.SplitSeq(text, "|") {
			if err := s.statement(part, pos{file, line, col}, depth); err != nil {
				return err
			}
			col += len(part) + 1
		}
	}
	return nil
}

// statement scans the text between two separators.
func (s *scanner) statement(part string, at pos, depth int) error {
	var st statement
	for n := 0; n < len(part); {
		if isSpace(part[n]) {
			n++
			continue
		}
		m := n
		for m < len(part) && !isSpace(part[m]) {
			m++
		}
		if len(st.toks) == maxTokens {
			return at.errorf("more than %d words between two separators, need one instruction", maxTokens)
		}
		here := pos{at.file, at.line, at.col + n}
		st.toks = append(st.toks, token{here, part[n:m]})
		st.end = pos{at.file, at.line, at.col + m}
		n = m
	}
	if len(st.toks) == 0 {
		return nil
	}
	if st.toks[0].text == includeWord {
		return s.includeText(st, depth)
	}
	if len(s.out) == isa.MaxProgram { // every statement makes at least one word
		return st.toks[0].errorf("instruction %d, need at most %d", len(s.out)+1, isa.MaxProgram)
	}
	s.out = append(s.out, st)
	return nil
}

func (s *scanner) includeText(st statement, depth int) error {
	at := st.toks[0]
	if len(st.toks) != 2 {
		return at.errorf("include with %d names, need 1", len(st.toks)-1)
	}
	name := st.toks[1]
	if s.include == nil {
		return name.errorf("include %s, but this text may not include others", quote(name.text))
	}
	if depth == MaxDepth {
		return name.errorf("include %s is nested %d deep, need at most %d (does it include itself?)", quote(name.text), depth+1, MaxDepth)
	}
	src, err := s.include(name.text)
	if err != nil {
		return name.errorf("include %s: %w", quote(name.text), err)
	}
	return s.text(src, name.text, depth+1)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' }
