// Package router moves packets between cores. This file is the functional
// level: every packet arrives exactly one tick after it was sent, in the
// order of its source core, then of emission. Hops are counted on the tile
// grid with dimension order (x, then y).
package router

import (
	"fmt"
	"math/bits"
	"sync/atomic"
)

// Packet is a spike in the network: an in-axon of its target core and the
// payload of the spike (1 = plain).
type Packet struct {
	Axon    uint16
	Payload int32
}

// Grid is a tile mesh. Tiles are numbered column by column when ColumnMajor,
// row by row otherwise.
type Grid struct {
	X, Y, CoresPerTile int
	ColumnMajor        bool
}

// Tile is the tile of a core.
func (g Grid) Tile(coreID int) int { return coreID / g.CoresPerTile }

// Place is the position of a core's tile.
func (g Grid) Place(coreID int) (x, y int) {
	t := g.Tile(coreID)
	if g.ColumnMajor {
		return t / g.Y, t % g.Y
	}
	return t % g.X, t / g.X
}

// Hops is the number of tile hops between two cores along each axis.
func (g Grid) Hops(a, b int) (dx, dy int64) {
	ax, ay := g.Place(a)
	bx, by := g.Place(b)
	return int64(max(ax-bx, bx-ax)), int64(max(ay-by, by-ay))
}

// Net is the set of boxes between cores. A box belongs to one (source,
// target) pair; each has two halves, one filled this tick, one read.
type Net struct {
	boxes [][]Box     // by source core, in box order
	half  [2][][]Half // by parity and source core, in box order
	in    [][]ref     // by target core, sources ascending
	mail  [2]mail     // by parity
}

// mail says where packets lie: per target core a bit for each of its sources,
// and over all cores a bit for each target.
type mail struct {
	from  [][]uint64 // [target][source / 64]
	cores []uint64
}

// Box is the way from one source core to one target core.
type Box struct {
	Dst    int32
	DX, DY int64 // hops of each packet
}

// Half carries the packets of a box of one parity; it fills a cache line.
type Half struct {
	packets []Packet
	from    *uint64 // word of the target's sources
	bit     uint64  // this box in it
	core    *uint64 // word of the targets
	coreBit uint64
	_       uint64
}

type ref struct{ src, box int32 }

// New makes the boxes of a set of cores: dst[i] lists the target cores of
// core i (indices, ascending), id[i] its physical number on the grid.
func New(g Grid, id []int, dst [][]int32) (*Net, error) {
	if g.X < 1 || g.Y < 1 || g.CoresPerTile < 1 {
		return nil, fmt.Errorf("router: grid of %d x %d tiles with %d cores, need at least 1 of each", g.X, g.Y, g.CoresPerTile)
	}
	n := &Net{boxes: make([][]Box, len(dst)), in: make([][]ref, len(dst))}
	for s := range dst {
		n.boxes[s] = make([]Box, len(dst[s]))
		for b, d := range dst[s] {
			if d < 0 || int(d) >= len(dst) {
				return nil, fmt.Errorf("router: core %d sends to core %d, have %d cores", s, d, len(dst))
			}
			dx, dy := g.Hops(id[s], id[d])
			n.boxes[s][b] = Box{Dst: d, DX: dx, DY: dy}
			n.in[d] = append(n.in[d], ref{int32(s), int32(b)})
		}
	}
	for parity := range n.mail {
		n.open(parity)
	}
	return n, nil
}

// open makes the halves of a parity and their marks.
func (n *Net) open(parity int) {
	m := mail{from: make([][]uint64, len(n.in)), cores: make([]uint64, words(len(n.in)))}
	half := make([][]Half, len(n.boxes))
	for s := range half {
		half[s] = make([]Half, len(n.boxes[s]))
	}
	for d := range n.in {
		m.from[d] = make([]uint64, words(len(n.in[d])))
		for k, r := range n.in[d] {
			half[r.src][r.box] = Half{from: &m.from[d][k/64], bit: 1 << (k % 64), core: &m.cores[d/64], coreBit: 1 << (d % 64)}
		}
	}
	n.mail[parity], n.half[parity] = m, half
}

// words is the number of 64-bit words of n bits.
func words(n int) int { return (n + 63) / 64 }

// Send puts a packet into a half. Only the box's source core may send, and only
// into the parity that is not being read.
func (h *Half) Send(e Packet) {
	if len(h.packets) == 0 {
		atomic.OrUint64(h.from, h.bit)
		if atomic.LoadUint64(h.core)&h.coreBit == 0 {
			atomic.OrUint64(h.core, h.coreBit)
		}
	}
	h.packets = append(h.packets, e)
}

// Packets are what lies in a half.
func (h *Half) Packets() []Packet { return h.packets }

// Refill makes a half hold exactly these packets.
func (h *Half) Refill(p []Packet) {
	h.packets = h.packets[:0]
	for _, e := range p {
		h.Send(e)
	}
}

// Halves are the halves of a parity of core src, in the order of its boxes.
func (n *Net) Halves(src, parity int) []Half { return n.half[parity][src] }

// Boxes are the boxes of core src, in the order of its image.
func (n *Net) Boxes(src int) []Box { return n.boxes[src] }

// Sources is the number of boxes that feed core dst.
func (n *Net) Sources(dst int) int { return len(n.in[dst]) }

// Source is the k-th source of core dst: the sending core and its box.
func (n *Net) Source(dst, k int) (src, box int) {
	r := n.in[dst][k]
	return int(r.src), int(r.box)
}

// Waiting are the target cores for which packets lie in the halves of a
// parity, 64 to a word.
func (n *Net) Waiting(parity int) []uint64 { return n.mail[parity].cores }

// Take gives what lies at a parity for core dst, source by source, and empties
// the halves: the packets are valid until the source sends at this parity again.
func (n *Net) Take(dst, parity int, visit func([]Packet)) {
	from := n.mail[parity].from[dst]
	for w, set := range from {
		for ; set != 0; set &= set - 1 {
			r := n.in[dst][w*64+bits.TrailingZeros64(set)]
			h := &n.half[parity][r.src][r.box]
			visit(h.packets)
			h.packets = h.packets[:0]
		}
		from[w] = 0
	}
}

// Receive gives what lies for core dst from its k-th source at a parity.
func (n *Net) Receive(dst, k int, parity int) []Packet {
	r := n.in[dst][k]
	return n.half[parity][r.src][r.box].packets
}

// Clear empties every box of both parities.
func (n *Net) Clear() {
	for p := range n.half {
		for _, halves := range n.half[p] {
			for b := range halves {
				halves[b].packets = halves[b].packets[:0]
			}
		}
		clear(n.mail[p].cores)
		for d := range n.mail[p].from {
			clear(n.mail[p].from[d])
		}
	}
}
