// Package router moves packets between cores. This file is the functional
// level: every packet arrives exactly one tick after it was sent, in the
// order of its source core, then of emission. Hops are counted on the tile
// grid with dimension order (x, then y).
package router

import "fmt"

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
	boxes [][]Box // by source core, in box order
	in    [][]ref // by target core, sources ascending
}

// Box carries the packets of one source core to one target core.
type Box struct {
	Dst    int32
	DX, DY int64 // hops of each packet
	half   [2][]Packet
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
	return n, nil
}

// Open empties the halves that core src fills at this parity.
func (n *Net) Open(src int, parity int) []Box {
	bs := n.boxes[src]
	for b := range bs {
		bs[b].half[parity] = bs[b].half[parity][:0]
	}
	return bs
}

// Send puts a packet into a box of an opened parity.
func (b *Box) Send(parity int, e Packet) { b.half[parity] = append(b.half[parity], e) }

// Sources is the number of boxes that feed core dst.
func (n *Net) Sources(dst int) int { return len(n.in[dst]) }

// Receive gives what arrived for core dst from its k-th source at a parity.
func (n *Net) Receive(dst, k int, parity int) []Packet {
	r := n.in[dst][k]
	return n.boxes[r.src][r.box].half[parity]
}

// Clear empties every box of both parities.
func (n *Net) Clear() {
	for s := range n.boxes {
		n.Open(s, 0)
		n.Open(s, 1)
	}
}

// Boxes are the boxes of core src, in the order of its image.
func (n *Net) Boxes(src int) []Box { return n.boxes[src] }

// Half is what lies in the half of a parity.
func (b *Box) Half(parity int) []Packet { return b.half[parity] }

// Refill makes the half of a parity hold exactly these packets.
func (b *Box) Refill(parity int, p []Packet) { b.half[parity] = append(b.half[parity][:0], p...) }

// Source is the k-th source of core dst: the sending core and its box.
func (n *Net) Source(dst, k int) (src, box int) {
	r := n.in[dst][k]
	return int(r.src), int(r.box)
}
