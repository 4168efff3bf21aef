package core

import (
	"fmt"
	"slices"

	"hillock/core/event"
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
	// Due[row*words + word] are the bits of the axon store, empty without one.
	Due []uint64
	// Rand is the state of the random generator, zeros without one.
	Rand [NumSeeds]uint32
	// Learn[r] is what plan r of the Image changes, learned weights included.
	Learn []learn.State
	// Event is the state of a core without ticks, else nil.
	Event *event.State
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
	if img.Rows > 0 {
		s.Due = make([]uint64, img.Rows*img.rowWords())
	}
	s.reset(img)
	return s
}

// reset puts every field back to its configured start value.
func (s *State) reset(img *Image) {
	s.Tick = 0
	s.Mods = [isa.NumMOD]int32{}
	s.Rand = img.Generator.start(img.Seed)
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
	clear(s.Due)
	s.keep(img)
}

// CopyFrom makes s equal to o, which must come from the same Image.
func (s *State) CopyFrom(o *State) {
	s.Tick, s.Mods, s.Rand = o.Tick, o.Mods, o.Rand
	if s.Event != nil {
		*s.Event = o.Event.Clone()
	}
	copy(s.Due, o.Due)
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

// Clone is a copy of s that shares no array which ticks change. Rows of
// parameters are shared: they are replaced, never changed.
func (s *State) Clone() State {
	c := State{Tick: s.Tick, Mods: s.Mods, Rand: s.Rand, Due: slices.Clone(s.Due), Words: make([][][]int32, len(s.Words)), Acc: make([][]int32, len(s.Acc)), Params: make([][][]int32, len(s.Params))}
	for g := range s.Words {
		c.Words[g] = make([][]int32, len(s.Words[g]))
		for w := range s.Words[g] {
			c.Words[g][w] = slices.Clone(s.Words[g][w])
		}
	}
	for p := range s.Acc {
		c.Acc[p] = slices.Clone(s.Acc[p])
	}
	for g := range s.Params {
		c.Params[g] = slices.Clone(s.Params[g])
	}
	for r := range s.Learn {
		c.Learn = append(c.Learn, s.Learn[r].Clone())
	}
	if s.Event != nil {
		e := s.Event.Clone()
		c.Event = &e
	}
	return c
}

// Fits verifies that a state is one of this image: that every array has its
// length, and every state word a value that its layout can hold. A row of
// parameters is the image's own, or has one value per compartment.
func (s *State) Fits(img *Image) error {
	if s.Tick < 0 {
		return fmt.Errorf("core: state of tick %d, need 0 or more", s.Tick)
	}
	if (s.Event != nil) != (img.Event != nil) {
		return fmt.Errorf("core: state of another discipline than the image's")
	}
	if s.Event != nil {
		return s.Event.Fits(img.Event)
	}
	if img.Generator == Numbered && s.Rand != [NumSeeds]uint32{} {
		return fmt.Errorf("core: state of a generator, which the core does not have")
	}
	if len(s.Learn) != len(img.Learning) {
		return fmt.Errorf("core: state of %d learning plans, need %d", len(s.Learn), len(img.Learning))
	}
	for r := range s.Learn {
		l := &img.Learning[r]
		if err := s.Learn[r].Fits(&l.Plan, img.netOf(l).net); err != nil {
			return fmt.Errorf("core: learning plan %q: %w", l.Plan.Name, err)
		}
	}
	if len(s.Words) != len(img.Groups) || len(s.Params) != len(img.Groups) || len(s.Acc) != len(img.Ports) {
		return fmt.Errorf("core: state of %d groups, %d of parameters, and %d ports, need %d and %d", len(s.Words), len(s.Params), len(s.Acc), len(img.Groups), len(img.Ports))
	}
	for p := range s.Acc {
		if len(s.Acc[p]) != img.Ring*img.N {
			return fmt.Errorf("core: %d accumulators of port %d, need %d", len(s.Acc[p]), p, img.Ring*img.N)
		}
	}
	if err := s.dueFits(img); err != nil {
		return err
	}
	for g := range img.Groups {
		if err := s.groupFits(g, &img.Groups[g]); err != nil {
			return fmt.Errorf("core: group %q: %w", img.Groups[g].Name, err)
		}
	}
	return nil
}

func (s *State) groupFits(g int, grp *Group) error {
	if len(s.Words[g]) != len(grp.State) || len(s.Params[g]) != len(grp.Params) {
		return fmt.Errorf("%d state words and %d parameters, need %d and %d", len(s.Words[g]), len(s.Params[g]), len(grp.State), len(grp.Params))
	}
	for w, word := range s.Words[g] {
		if len(word) != grp.N {
			return fmt.Errorf("%d values of state word %d, need %d", len(word), w, grp.N)
		}
		for i, v := range word {
			if grp.State[w].Apply(int64(v)) != v {
				return fmt.Errorf("state word %d of compartment %d is %d, which does not fit %d bits, %s", w, i, v, grp.State[w].Width, grp.State[w].Over)
			}
		}
	}
	for p, row := range s.Params[g] {
		if len(row) != grp.N && !slices.Equal(row, grp.Params[p]) {
			return fmt.Errorf("%d values of parameter %d, need %d or those of the image", len(row), p, grp.N)
		}
	}
	return nil
}
