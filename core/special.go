package core

import (
	"slices"

	"hillock/core/simd"
	"hillock/isa/fixed"
)

// special is a program that has a loop of its own, which keeps every value in a
// register. It is found by what the core runs, word for word, not by name.
type special struct {
	words []uint32       // the program
	state []fixed.Layout // of its state words
	port  Port           // the only port
	pick  func(*simd.Table) simd.Func
	// pickShared is the loop for parameters that all neurons share, but for
	// parameter own.
	pickShared func(*simd.Table) simd.Func
	own        int
	// within are the ranges that the loop needs of the first parameters.
	within  [][2]int32
	checked []*int32 // first values of the rows that were looked at last
	fits    bool     // and what was found
}

// specials are the programs with a loop of their own.
var specials = []special{{
	words: []uint32{ // the current-based neuron of the manual, see simd/cuba.go
		0x1800430c, 0x0c100600, 0x0c024340, 0x60020f38, 0x18044b2c, 0x0c021020, 0x48020bc0, 0x4c120ba0,
		0x6401c940, 0x0893cf20, 0x6400d920, 0x0893cf20, 0x0894e720, 0x78f3cf20, 0x981457ff, 0x0073cf20},
	state:  []fixed.Layout{{Width: 24, Over: fixed.Wrap}, {Width: 32, Over: fixed.Wrap}, {Width: 6, Over: fixed.SatU}},
	port:   Port{Acc: fixed.Layout{Width: 22, Over: fixed.Wrap}},
	pick:   func(t *simd.Table) simd.Func { return t.Cuba },
	within: [][2]int32{{0, 4096}, {0, 4096}},

	pickShared: func(t *simd.Table) simd.Func { return t.CubaShared },
	own:        2,
}}

// findSpecial is a copy of the entry that a group matches, or nil. One run of
// the program per tick puts out 1 at most, so no cap changes it.
func findSpecial(img *Image, grp *Group) *special {
	if len(img.Ports) != 1 || grp.Substeps != 1 {
		return nil
	}
	words := grp.Prog.Words()
	for _, s := range specials {
		if slices.Equal(words, s.words) && slices.Equal(grp.State, s.state) && img.Ports[0] == s.port {
			s.checked = make([]*int32, len(s.within))
			return &s
		}
	}
	return nil
}

// holds says that the parameters are in the ranges of the loop. Rows are
// replaced and never changed, so each is looked at once.
func (s *special) holds(params [][]int32) bool {
	if s == nil {
		return false
	}
	same := true
	for k := range s.within {
		same = same && s.checked[k] == &params[k][0]
	}
	if same {
		return s.fits
	}
	s.fits = true
	for k, r := range s.within {
		s.checked[k] = &params[k][0]
		s.fits = s.fits && slices.Min(params[k]) >= r[0] && slices.Max(params[k]) <= r[1]
	}
	return s.fits
}

// shares says that all neurons have the same parameters, but for the own one.
func (s *special) shares(params, uniform [][]int32) bool {
	for k := range params {
		if k != s.own && (uniform[k] == nil || len(params[k]) != 1) {
			return false
		}
	}
	return true
}

func (s *special) run(b *simd.Block, loops *simd.Table, shared, whole bool, n int) {
	if !whole {
		loops = simd.Twins()
	}
	if shared {
		s.pickShared(loops)(b, nil, n)
		return
	}
	s.pick(loops)(b, nil, n)
}
