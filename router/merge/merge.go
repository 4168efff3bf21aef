package merge

import (
	"fmt"
	"math/bits"
)

// Word is a packet under way: what is left of its way, in tiles, and the
// caller's name for it.
type Word struct {
	DX, DY int16
	Tag    int32
}

// Net is a grid of routers. Methods that take a tile need one of the grid.
type Net struct {
	depth, width, height int
	rising               bool
	perTile              int // merges
	perTileFIFOs         int
	perTileInputs        int
	fifos                []fifo // of all tiles, then that of words from outside
	words                []Word // Depth for each FIFO
	merges               []node
	from                 []int32 // FIFOs that each merge asks, -1 = none
	fromOff              []int32 // per merge of a router: its part of from, then the sum
	to                   [][9]way
	entry                [9]way
	entries              int
	queue                []Word // from outside, unbounded
	head                 int
	full                 []int32  // full FIFOs of each merge, then of each entry
	live                 []uint64 // merges that have something to do
	awake                int      // of live
	asks                 []int32
	moved                bool // a word moved in the last step
}

type fifo struct {
	n, head        int32
	writer, reader int32 // index into full; merge, -1 = none
}

// node is a merge at a tile.
type node struct {
	valid bool
	ask   int32 // FIFO that was asked, -1 = none
	to    int32 // FIFO of word, -1 = the tile
	word  Word
}

// way is a branch: FIFO of a router, -1 = the tile.
type way struct {
	fifo int32
	x, y int16
}

// none is the way out of the network.
var none = way{fifo: -1}

// New makes a grid of routers, checked whole, all of it empty.
func New(s *Spec, width, height int) (*Net, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if width < 1 || height < 1 || width > maxSide || height > maxSide {
		return nil, fmt.Errorf("merge: grid of %d x %d tiles, need 1..%d each", width, height, maxSide)
	}
	if h := s.Host; h.X < 0 || h.Y < 0 || h.X >= width || h.Y >= height {
		return nil, fmt.Errorf("merge: words from outside enter at (%d, %d), need a tile of the grid of %d x %d", h.X, h.Y, width, height)
	}
	tiles, names := width*height, s.names()
	if tiles > maxTiles || tiles*len(names)*s.Depth > maxWords {
		return nil, fmt.Errorf("merge: grid of %d x %d tiles with %d FIFOs of %d words, need at most %d tiles and %d words", width, height, len(names), s.Depth, maxTiles, maxWords)
	}
	n := &Net{depth: s.Depth, width: width, height: height, rising: s.Rising, perTile: len(s.Merges), perTileFIFOs: len(names), entries: len(s.Entry),
		fifos: make([]fifo, tiles*len(names)+1), merges: make([]node, tiles*len(s.Merges)),
		words: make([]Word, tiles*len(names)*s.Depth), full: make([]int32, tiles*(len(s.Merges)+1)), live: make([]uint64, (tiles*len(s.Merges)+63)/64)}
	number := map[string]int32{}
	for i, name := range names {
		number[name] = int32(i)
	}
	n.entry = ways9(s.Entry, number)
	for i := range s.Merges {
		n.to = append(n.to, ways9(s.Merges[i].To, number))
		n.fromOff = append(n.fromOff, int32(len(n.from)))
		n.from = append(n.from, make([]int32, len(s.Merges[i].From))...)
	}
	n.perTileInputs = len(n.from)
	n.fromOff = append(n.fromOff, int32(n.perTileInputs))
	n.wire(s, number)
	if n.fifos[len(n.fifos)-1].reader < 0 {
		return nil, fmt.Errorf("merge: words from outside come in place of FIFO %q at (%d, %d), need one that a merge there reads from beyond the edge", s.Host.FIFO, s.Host.X, s.Host.Y)
	}
	return n, nil
}

func ways9(list []Branch, number map[string]int32) [9]way {
	var out [9]way
	for i := range out {
		out[i] = none
		for _, b := range list {
			if b.Turns>>i&1 != 0 {
				out[i] = way{number[b.FIFO], int16(b.StepX), int16(b.StepY)}
			}
		}
	}
	return out
}

// wire connects FIFOs with who writes and reads them.
func (n *Net) wire(s *Spec, number map[string]int32) {
	tiles, per, inputs := n.width*n.height, n.perTileFIFOs, n.perTileInputs
	for i := range n.fifos {
		n.fifos[i].reader = -1
	}
	n.from = make([]int32, tiles*inputs)
	for t := range tiles {
		for f := range n.entries {
			n.fifos[t*per+f].writer = int32(tiles*n.perTile + t)
		}
		for m := range s.Merges {
			g := t*n.perTile + m
			n.merges[g].ask = -1
			for _, b := range s.Merges[m].To {
				n.fifos[t*per+int(number[b.FIFO])].writer = int32(g)
			}
			for k, in := range s.Merges[m].From {
				f := n.input(s, t, in, per, number)
				if n.from[t*inputs+int(n.fromOff[m])+k] = f; f >= 0 {
					n.fifos[f].reader = int32(g)
				}
			}
		}
	}
}

// input is the FIFO that an input at a tile is, -1 beyond the edge.
func (n *Net) input(s *Spec, tile int, in Input, per int, number map[string]int32) int32 {
	x, y := tile%n.width+in.DX, tile/n.width+in.DY
	switch {
	case x >= 0 && y >= 0 && x < n.width && y < n.height:
		return int32((y*n.width+x)*per) + number[in.FIFO]
	case in.FIFO == s.Host.FIFO && tile == s.Host.Y*n.width+s.Host.X:
		return int32(len(n.fifos) - 1)
	}
	return -1
}

// turn is the index of an offset's signs.
func (w *Word) turn() int { return 3*(sign(int(w.DY))+1) + sign(int(w.DX)) + 1 }

// Full says that a FIFO for words of the tile's core is full.
func (n *Net) Full(tile int) bool { return n.full[len(n.merges)+tile] > 0 }

// Idle says that nothing moves: a Step would change nothing.
func (n *Net) Idle() bool { return n.awake == 0 }

// Moved says that a word moved in the last step.
func (n *Net) Moved() bool { return n.moved }

// Held is the number of words in the network, those from outside that wait
// included.
func (n *Net) Held() int {
	held := len(n.queue) - n.head
	for i := range n.fifos[:len(n.fifos)-1] {
		held += int(n.fifos[i].n)
	}
	for i := range n.merges {
		m := &n.merges[i]
		shows := m.valid && n.full[i] == 0 // if one is full, the word went into it
		if n.rising {
			shows = m.valid && m.to < 0 || m.ask >= 0
		}
		if shows {
			held++
		}
	}
	return held
}

// Clear empties the network.
func (n *Net) Clear() {
	for i := range n.fifos {
		n.fifos[i].n, n.fifos[i].head = 0, 0
	}
	for i := range n.merges {
		n.merges[i] = node{ask: -1}
	}
	clear(n.full)
	clear(n.live)
	n.queue, n.head, n.awake, n.moved = n.queue[:0], 0, 0, false
}

// Enter puts a word of a tile's core into its FIFO at the coming edge of the
// FIFOs; false if that is full and the word is not taken.
func (n *Net) Enter(tile int, w Word) bool {
	to := n.entry[w.turn()]
	w.DX, w.DY = w.DX+to.x, w.DY+to.y
	return n.push(int32(tile*n.perTileFIFOs)+to.fifo, w)
}

// Host puts a word from outside into its queue at the coming edge of the FIFOs.
func (n *Net) Host(w Word) {
	n.queue = append(n.queue, w)
	n.wake(n.fifos[len(n.fifos)-1].reader)
}

func (n *Net) push(f int32, w Word) bool {
	q := &n.fifos[f]
	if int(q.n) == n.depth {
		return false
	}
	at := int(q.head + q.n)
	if at >= n.depth {
		at -= n.depth
	}
	n.words[int(f)*n.depth+at] = w
	if q.n++; int(q.n) == n.depth {
		n.full[q.writer]++
	}
	n.wake(q.reader)
	n.moved = true
	return true
}

func (n *Net) pop(f int32) Word {
	n.moved = true
	if int(f) == len(n.fifos)-1 {
		w := n.queue[n.head]
		if n.head++; n.head == len(n.queue) {
			n.queue, n.head = n.queue[:0], 0
		}
		return w
	}
	q := &n.fifos[f]
	w := n.words[int(f)*n.depth+int(q.head)]
	if int(q.n) == n.depth {
		n.full[q.writer]--
	}
	q.n--
	if q.head++; int(q.head) == n.depth {
		q.head = 0
	}
	return w
}

func (n *Net) empty(f int32) bool {
	if int(f) == len(n.fifos)-1 {
		return n.head == len(n.queue)
	}
	return n.fifos[f].n == 0
}

func (n *Net) wake(m int32) {
	if bit := uint64(1) << (m & 63); m >= 0 && n.live[m>>6]&bit == 0 {
		n.live[m>>6] |= bit
		n.awake++
	}
}

// Step is one clock cycle. visit gets the words that reach their tile: they are
// there at this cycle's rising edge.
func (n *Net) Step(visit func(tile int, tag int32)) {
	n.moved = false
	if n.awake == 0 {
		return
	}
	n.leave(visit)
	if n.rising {
		n.decide()
		n.shift()
		return
	}
	n.shift()
	n.decide()
}

// leave hands out the words that merges show to their tiles.
func (n *Net) leave(visit func(tile int, tag int32)) {
	for k, set := range n.live {
		for ; set != 0; set &= set - 1 {
			m := k<<6 + bits.TrailingZeros64(set)
			if x := &n.merges[m]; x.valid && x.to < 0 {
				visit(m/n.perTile, x.word.Tag)
				n.moved = true
			}
		}
	}
}

// shift is the edge of the FIFOs: what merges show goes in, what they asked for
// goes out, both judged by the words that were there before. A FIFO that was
// asked had a word and has no other reader, so all can go in first.
func (n *Net) shift() {
	n.asks = n.asks[:0]
	for k, set := range n.live {
		for ; set != 0; set &= set - 1 {
			m := int32(k<<6 + bits.TrailingZeros64(set))
			x := &n.merges[m]
			if x.ask >= 0 {
				n.asks = append(n.asks, m)
			}
			if x.valid && x.to >= 0 {
				n.push(x.to, x.word)
			}
		}
	}
	for _, m := range n.asks {
		x := &n.merges[m]
		x.word = n.pop(x.ask)
	}
}

// decide is the edge of the merges.
func (n *Net) decide() {
	for k, set := range n.live {
		for ; set != 0; set &= set - 1 {
			if m := int32(k<<6 + bits.TrailingZeros64(set)); n.full[m] == 0 {
				n.turn(m)
			}
		}
	}
}

// turn has a merge show the word that it asked for, or ask for one. A merge that
// has nothing to ask for sleeps until a word comes.
func (n *Net) turn(m int32) {
	x := &n.merges[m]
	tile, kind := int(m)/n.perTile, int(m)%n.perTile
	if x.ask >= 0 {
		to := n.to[kind][x.word.turn()]
		x.word.DX, x.word.DY = x.word.DX+to.x, x.word.DY+to.y
		x.valid, x.ask, x.to = true, -1, to.fifo
		if to.fifo >= 0 {
			x.to += int32(tile * n.perTileFIFOs)
		}
		return
	}
	x.valid = false
	for _, f := range n.from[tile*n.perTileInputs:][n.fromOff[kind]:n.fromOff[kind+1]] {
		if f >= 0 && !n.empty(f) {
			x.ask = f
			return
		}
	}
	n.live[m>>6] &^= 1 << (m & 63)
	n.awake--
}
