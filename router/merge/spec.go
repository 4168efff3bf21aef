// Package merge is a network of routers that are nothing but merges and the
// FIFOs between them, one clock cycle at a time. A merge asks its FIFOs in a
// fixed order, takes one word every other cycle and puts it into the FIFO that
// the rest of the word's way chooses; while one of its own FIFOs is full it
// stands still with what it holds. Which merges there are, who feeds whom, how
// deep FIFOs are and which edge of the clock works what is data: a Spec.
package merge

import (
	"fmt"
	"math/bits"
	"strings"
)

// Bounds of a Spec.
const (
	maxDepth  = 1 << 12
	maxMerges = 32
	maxFIFOs  = 64
	maxSide   = 4096
	maxTiles  = 1 << 16
	maxWords  = 1 << 24
)

// Turns is the set of offsets for which a branch is taken. Only signs matter:
// bit 3*(sign dy + 1) + sign dx + 1.
type Turns uint16

// AllTurns are all nine pairs of signs.
const AllTurns Turns = 1<<9 - 1

// Turn is the set that holds the signs of one offset.
func Turn(dx, dy int) Turns { return 1 << (3*(sign(dy)+1) + sign(dx) + 1) }

func sign(v int) int { return min(max(v, -1), 1) }

// Branch is one way out of a merge or into the router: a FIFO, for which
// offsets it is taken, and what is added to the offset then.
type Branch struct {
	FIFO         string
	Turns        Turns
	StepX, StepY int
}

// Input is a FIFO that a merge reads: that of the tile at (DX, DY) from its own.
type Input struct {
	FIFO   string
	DX, DY int
}

// Merge is one merge of a router. Without branches its words leave the
// network: they are the tile's.
type Merge struct {
	Name string
	From []Input // asked in this order
	To   []Branch
}

// Host says where words from outside enter: at tile (X, Y), in place of the
// neighbour's FIFO that would be read from beyond the edge of the grid.
type Host struct {
	X, Y int
	FIFO string
}

// Spec describes the router that stands at every tile.
type Spec struct {
	Depth  int      // words that a FIFO holds
	Rising bool     // merges work on the rising edge and FIFOs on the falling one, else the reverse
	Entry  []Branch // FIFOs for words of the tile's own core
	Merges []Merge
	Host   Host
}

// names are the FIFOs of a router, first those of the entry.
func (s *Spec) names() []string {
	var out []string
	for _, b := range s.Entry {
		out = append(out, b.FIFO)
	}
	for i := range s.Merges {
		for _, b := range s.Merges[i].To {
			out = append(out, b.FIFO)
		}
	}
	return out
}

// Check verifies a description: bounds, that every offset has exactly one way
// at every branching, and that every FIFO has one writer and one reader.
func (s *Spec) Check() error {
	names := s.names()
	switch {
	case s.Depth < 1 || s.Depth > maxDepth:
		return fmt.Errorf("merge: FIFOs of %d words, need 1..%d", s.Depth, maxDepth)
	case len(s.Merges) < 1 || len(s.Merges) > maxMerges:
		return fmt.Errorf("merge: %d merges, need 1..%d", len(s.Merges), maxMerges)
	case len(names) > maxFIFOs:
		return fmt.Errorf("merge: %d FIFOs, need at most %d", len(names), maxFIFOs)
	}
	if err := ways("entry", s.Entry); err != nil {
		return err
	}
	readers := map[string]int{}
	for i := range s.Merges {
		m := &s.Merges[i]
		if len(m.To) > 0 {
			if err := ways("merge "+m.Name, m.To); err != nil {
				return err
			}
		}
		for _, in := range m.From {
			if max(in.DX, -in.DX, in.DY, -in.DY) > 1 {
				return fmt.Errorf("merge: merge %s reads FIFO %q of the tile at (%d, %d), need a neighbour", m.Name, in.FIFO, in.DX, in.DY)
			}
			readers[in.FIFO]++
		}
	}
	return s.single(names, readers)
}

// ways verifies the branches at one place.
func ways(place string, list []Branch) error {
	var seen Turns
	for _, b := range list {
		if b.Turns&seen != 0 || b.Turns&^AllTurns != 0 || b.Turns == 0 {
			return fmt.Errorf("merge: %s: FIFO %q has turns %09b besides %09b, need some of 9 that no other has", place, b.FIFO, b.Turns, seen)
		}
		if max(b.StepX, -b.StepX, b.StepY, -b.StepY) > 1 {
			return fmt.Errorf("merge: %s: FIFO %q steps (%d, %d), need -1..1", place, b.FIFO, b.StepX, b.StepY)
		}
		seen |= b.Turns
	}
	if seen != AllTurns {
		return fmt.Errorf("merge: %s: %d of 9 pairs of signs have a FIFO, need all", place, bits.OnesCount16(uint16(seen)))
	}
	return nil
}

func (s *Spec) single(names []string, readers map[string]int) error {
	seen := map[string]bool{}
	for _, name := range names {
		switch {
		case seen[name]:
			return fmt.Errorf("merge: FIFO %q is written at two places", name)
		case readers[name] != 1:
			return fmt.Errorf("merge: FIFO %q is read by %d merges, need 1", name, readers[name])
		}
		seen[name] = true
	}
	for i := range s.Merges {
		for _, in := range s.Merges[i].From {
			if !seen[in.FIFO] {
				return fmt.Errorf("merge: merge %s reads FIFO %q, have %s", s.Merges[i].Name, in.FIFO, strings.Join(names, ", "))
			}
		}
	}
	return nil
}
