package main

import (
	"fmt"
	"slices"

	. "github.com/mmcloughlin/avo/build"
)

// comparison gives lanes of 0 or -1; a step's constant Not turns them round, so
// that "at most", "differs" and "has a bit" need no loop of their own.
type comparison struct {
	name      string
	rows      []string
	constants []string
	bare      func(e *emitter) vec
	twin      string // Go expression of the bare comparison
}

var compares = []comparison{
	{"Less", []string{"a", "b"}, nil, func(e *emitter) vec {
		y := e.load("b")
		VPCMPGTD(e.at("a"), y, y)
		return y
	}, "a[i] < b[i]"},
	{"Below", []string{"a", "b"}, []string{"min"}, func(e *emitter) vec {
		a, b := e.load("a"), e.load("b")
		VPXOR(e.k("min"), a, a)
		VPXOR(e.k("min"), b, b)
		VPCMPGTD(a, b, b)
		return b
	}, "uint32(a[i]) < uint32(b[i])"},
	{"Equal", []string{"a", "b"}, nil, func(e *emitter) vec {
		y := e.load("a")
		VPCMPEQD(e.at("b"), y, y)
		return y
	}, "a[i] == b[i]"},
	{"Clear", []string{"a"}, []string{"imm", "zero"}, func(e *emitter) vec {
		y := e.load("a")
		VPAND(e.k("imm"), y, y)
		VPCMPEQD(e.k("zero"), y, y)
		return y
	}, "a[i]&imm == 0"},
}

// combs join a comparison x with the source flag c[i].
var combs = []struct{ name, twin string }{{"Alone", "x"}, {"And", "c[i] & x"}, {"AndNot", "^c[i] & x"}, {"Or", "c[i] | x"}}

func compare(c comparison, k struct{ name, twin string }, masked bool) loop {
	name := lower(c.name) + k.name + suffix(masked)
	rows, constants := append(slices.Clone(c.rows), "d"), append(slices.Clone(c.constants), "not")
	if k.name != "Alone" {
		rows = append(rows, "c")
	}
	if masked {
		rows, constants = append(rows, "e", "m"), append(constants, "inv")
	}
	e := begin(name, rows, constants)
	y := c.bare(e)
	VPXOR(e.k("not"), y, y)
	switch k.name {
	case "And":
		VPAND(e.at("c"), y, y)
	case "AndNot":
		f := e.load("c")
		VPANDN(y, f, y)
	case "Or":
		VPOR(e.at("c"), y, y)
	}
	e.store(y, masked)
	e.end()
	text := twinHead(name, rows, constants) + "for i := range d {\n"
	if masked {
		text += "if m[i]^inv == 0 {\nd[i] = e[i]\ncontinue\n}\n"
	}
	text += fmt.Sprintf("x := not\nif %s {\nx = ^not\n}\nd[i] = %s\n}\n}\n\n", c.twin, k.twin)
	return loop{fmt.Sprintf("Flag[%s][%s][%d]", c.name, "Join"+k.name, b2i(masked)), name, text}
}
