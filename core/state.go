package core

import (
	"hillock/core/learn"
	"hillock/isa"
)

// State is what ticks change: plain data, complete, nothing else. A snapshot
// of State restores a core exactly.
type State struct {
	Tick int64
	// Words[g][w][i] is state word w of compartment i of group g.
	Words [][][]int32
	// Acc[p][slot*N+c] is the accumulator of port p, ring slot, compartment.
	Acc [][]int32
	// Params[g][p] are the values of parameter p of group g: the Image's, or
	// what the host wrote instead. Rows are replaced, never changed.
	Params [][][]int32
	// Mods are the neuromodulator registers.
	Mods [isa.NumMOD]int32
	// Learn[r] is what plan r of the Image changes, learned weights included.
	Learn []learn.State
}

func newState(img *Image) State {
	s := State{Words: make([][][]int32, len(img.Groups)), Acc: make([][]int32, len(img.Ports)), Params: make([][][]int32, len(img.Groups))}
	for g := range img.Groups {
		s.Params[g] = make([][]int32, len(img.Groups[g].Params))
		s.Words[g] = make([][]int32, len(img.Groups[g].State))
		for w := range s.Words[g] {
			s.Words[g][w] = make([]int32, img.Groups[g].N)
		}
	}
	for p := range s.Acc {
		s.Acc[p] = make([]int32, img.Ring*img.N)
	}
	s.reset(img)
	return s
}

// reset puts every field back to its configured start value.
func (s *State) reset(img *Image) {
	s.Tick = 0
	s.Mods = [isa.NumMOD]int32{}
	for g := range s.Words {
		copy(s.Params[g], img.Groups[g].Params)
		for w, word := range s.Words[g] {
			var start []int32
			if w < len(img.Groups[g].Init) {
				start = img.Groups[g].Init[w]
			}
			switch len(start) {
			case 0:
				clear(word)
			case len(word):
				copy(word, start)
			default:
				for i := range word {
					word[i] = start[0]
				}
			}
		}
	}
	for _, a := range s.Acc {
		clear(a)
	}
}

// CopyFrom makes s equal to o, which must come from the same Image.
func (s *State) CopyFrom(o *State) {
	s.Tick, s.Mods = o.Tick, o.Mods
	for g := range s.Words {
		for w := range s.Words[g] {
			copy(s.Words[g][w], o.Words[g][w])
		}
	}
	for p := range s.Acc {
		copy(s.Acc[p], o.Acc[p])
	}
	for g := range s.Params {
		copy(s.Params[g], o.Params[g])
	}
	for r := range s.Learn {
		s.Learn[r].CopyFrom(&o.Learn[r])
	}
}
